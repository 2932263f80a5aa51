//! The records of an execution and of an inspection (`docs/spec/approval.md` §§8, 9).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::approval::json;

/// What the key store says that it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    /// `sealkeep/execution/v1`.
    pub schema: String,
    /// Id of the key store.
    pub store: String,
    /// Digest of the request.
    pub request: String,
    /// Root of the inventory.
    pub inventory: String,
    /// Who carried it out.
    pub executor: Executor,
    /// Digest of the `execute` statement.
    pub order: String,
    /// Name and version of the program.
    pub program: String,
    /// Name of the machine.
    pub host: String,
    /// When it began, in Unix seconds.
    pub started: u64,
    /// When it ended.
    pub ended: u64,
    /// Number of the entry `destroy-begun`.
    pub begun: u64,
    /// Number of the entry `destroyed`.
    pub destroyed: Option<u64>,
    /// `executed` or `partial`.
    pub state: String,
    /// The keys, if there were any.
    pub keys: Option<Keys>,
    /// What was overwritten.
    pub wipes: Vec<Wiped>,
    /// What did not go well.
    pub failed: Vec<Failed>,
}

impl Execution {
    /// Reads a record in which no member stands twice.
    ///
    /// # Errors
    /// What is wrong, in the parser's words.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        json::read(bytes)
    }
}

/// Who carried a destruction out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executor {
    /// The officer's id.
    pub officer: String,
    /// The person.
    pub person: String,
    /// The qualification.
    pub qualification: Option<Qualification>,
}

/// What shows that somebody may execute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Qualification {
    /// The number of the paper.
    pub number: String,
    /// When it ends, in Unix seconds.
    pub until: u64,
}

/// The keys that were destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// How many keys and scopes.
    pub targets: u64,
    /// H over their ids, in order.
    pub digest: String,
    /// The epoch in which they are gone.
    pub epoch: u64,
    /// The commit.
    pub sequence: u64,
    /// Whether the key of the vault's index was destroyed too.
    pub index_key: bool,
    /// Where old roots were overwritten.
    pub cells: Vec<Cell>,
    /// Copies of the key store.
    pub copies: Vec<StoreCopy>,
}

/// One root cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Where it lies.
    pub place: String,
    /// Whether the old root was overwritten.
    pub erased: bool,
    /// From where it was read back.
    pub read_back: String,
    /// What it lies on.
    pub medium: String,
    /// Whether the old root must be counted as still there.
    pub residual: bool,
}

/// A copy of the key store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreCopy {
    /// Its id.
    pub id: String,
    /// Where it lies.
    pub place: String,
    /// `current`, `behind` or `given-up`.
    pub state: String,
    /// Whether its old root must be counted as still there.
    pub residual: bool,
}

/// A file or device that was overwritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wiped {
    /// The item of the inventory.
    pub item: u64,
    /// What can be claimed of it.
    pub verdict: String,
    /// Digest of the report.
    pub report: String,
}

/// An item with which something went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// The item of the inventory.
    pub item: u64,
    /// What.
    pub why: String,
}

/// What an inspection tried, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspection {
    /// `sealkeep/inspection/v1`.
    pub schema: String,
    /// Digest of the request.
    pub request: String,
    /// Digest of the record of execution.
    pub execution: String,
    /// When it began, in Unix seconds.
    pub started: u64,
    /// When it ended.
    pub ended: u64,
    /// Name and version of the program.
    pub program: String,
    /// Where opening was tried.
    pub places: Vec<Place>,
    /// Whether nothing opened, and everything was refused because it was destroyed.
    pub passed: bool,
}

impl Inspection {
    /// Reads a report in which no member stands twice.
    ///
    /// # Errors
    /// What is wrong, in the parser's words.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        json::read(bytes)
    }
}

/// One place of an inspection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// `vault`, `vault-copy`, `keystore`, `keystore-copy`, `file` or `device`.
    pub what: String,
    /// Its id.
    pub id: String,
    /// Where it is.
    pub place: String,
    /// Whether it could be reached.
    pub reachable: bool,
    /// Items that were tried.
    pub items: u64,
    /// Refusals, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Items that opened.
    pub opened: u64,
    /// Others, which must still open.
    pub others: Others,
    /// Until when something may be left there, in Unix seconds.
    pub residual_until: Option<u64>,
}

/// What was not destroyed, tried for comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Others {
    /// How many.
    pub tried: u64,
    /// How many of them opened.
    pub opened: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_stands_twice_is_refused() {
        let report = |refused: &str| {
            format!(
                r#"{{"schema":"s","request":"r","execution":"e","started":1,"ended":2,"program":"p","places":[{{"what":"vault","id":"v","place":"/v","reachable":true,"items":1,"refused":{refused},"opened":0,"others":{{"tried":0,"opened":0}},"residual_until":null}}],"passed":true}}"#
            )
        };
        let good = report(r#"{"destroyed":1}"#);
        assert_eq!(Inspection::read(good.as_bytes()).unwrap().places[0].refused["destroyed"], 1);
        let twice = report(r#"{"destroyed":0,"destroyed":1}"#);
        assert!(serde_json::from_str::<Inspection>(&twice).is_ok(), "serde takes the last");
        assert!(Inspection::read(twice.as_bytes()).is_err());
    }
}
