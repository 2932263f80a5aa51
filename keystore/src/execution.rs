//! The record of an execution: what the store destroyed, and how far that reaches (`docs/spec/approval.md` §8).

use serde::{Deserialize, Serialize};

/// Kind of the DSSE envelope that carries a record.
pub const RECORD_KIND: &str = "execution";
/// The `schema` of a record.
pub const RECORD_SCHEMA: &str = "sealkeep/execution/v1";

/// What an execution did. Signed by the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecutionRecord {
    /// [`RECORD_SCHEMA`].
    pub schema: String,
    /// Id of the store, 32 hexadecimal digits.
    pub store: String,
    /// Digest of the request.
    pub request: String,
    /// Root of its inventory.
    pub inventory: String,
    /// Who gave the order.
    pub executor: Executor,
    /// Digest of the execute statement.
    pub order: String,
    /// Name and version of the program.
    pub program: String,
    /// The machine it ran on.
    pub host: String,
    /// Time of the ledger when it began, Unix seconds.
    pub started: u64,
    /// Time of the ledger when it ended, Unix seconds.
    pub ended: u64,
    /// Ledger entry that says that it began.
    pub begun: u64,
    /// Ledger entry of the commit that destroyed the keys; none if there were no keys.
    pub destroyed: Option<u64>,
    /// Whether everything was done.
    pub state: ExecutionState,
    /// What became of keys; none if there were none.
    pub keys: Option<KeysRecord>,
    /// What was overwritten.
    pub wipes: Vec<WipeRecord>,
    /// What could not be done.
    pub failed: Vec<FailedItem>,
}

/// Whether an execution did everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExecutionState {
    /// Everything was done.
    Executed,
    /// Some overwriting failed; the keys are gone.
    Partial,
}

/// Who gave the order to execute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executor {
    /// Officer id.
    pub officer: String,
    /// The person.
    pub person: String,
    /// Number of the qualification, if there is one.
    pub qualification: Option<String>,
}

/// What became of keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysRecord {
    /// Keys and scopes that the request named.
    pub targets: u64,
    /// H over their ids in order.
    pub digest: String,
    /// The epoch in which they are gone.
    pub epoch: u64,
    /// Number of the commit.
    pub sequence: u64,
    /// Whether an index key was destroyed with them.
    pub index_key: bool,
    /// Root cells whose old root was erased.
    pub cells: Vec<CellRecord>,
    /// Registered copies of the key store.
    pub copies: Vec<CopyState>,
}

/// One root cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellRecord {
    /// Where it lies.
    pub place: String,
    /// Whether its old root was overwritten and found overwritten.
    pub erased: bool,
    /// How that was read back.
    pub read_back: String,
    /// What it lies on.
    pub medium: String,
    /// Whether the old root must be counted as still there.
    pub residual: bool,
}

/// One registered copy of the key store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyState {
    /// Its id, 32 hexadecimal digits.
    pub id: String,
    /// Where it lies.
    pub place: String,
    /// `current`, `behind` or `given-up`.
    pub state: String,
    /// Whether the keys must be counted as still there.
    pub residual: bool,
}

/// What became of one item that was to be overwritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WipeRecord {
    /// Number of the item.
    pub item: u64,
    /// Verdict of the wipe report.
    pub verdict: String,
    /// Digest of the wipe report.
    pub report: String,
}

/// An item that could not be destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailedItem {
    /// Number of the item.
    pub item: u64,
    /// A short reason, without names.
    pub why: String,
}
