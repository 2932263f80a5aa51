//! Statements: what officers say and sign (`docs/spec/approval.md` §3).

mod draft;
mod kinds;

pub use draft::{Draft, NotSigned, add_signature};
pub use kinds::{
    Approve, BreakGlass, Cancel, Clock, Enroll, Execute, Genesis, Hold, HoldReason, HoldReview,
    Inspect, Justify, Leaver, Qualify, Reinstate, Reject, Release, Resume, Revoke, Said, SetPolicy,
    Suspend, Withdraw, Witness,
};

use sealkeep_crypto::{Suite, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::digest::{self, Digest};
use super::json;
use super::officer::OfficerId;
use crate::dsse::{Envelope, Refused};

/// A statement that was read. Nothing in it is to be believed before the signatures of everybody in `by` have been
/// [verified](Self::verify), and nothing follows from it before the register has accepted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// H(payload): what others name it by.
    pub digest: Digest,
    /// Id of the key store.
    pub store: [u8; 16],
    /// When it was signed by the signer's clock, Unix seconds.
    pub time: u64,
    /// Makes each statement another one.
    pub nonce: [u8; 16],
    /// Who signs.
    pub by: Vec<OfficerId>,
    /// Digest of the policy in force; none in `genesis`.
    pub policy: Option<Digest>,
    /// What it says.
    pub said: Said,
    envelope: Envelope,
}

/// Why something is not a statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAStatement {
    /// Longer than [`MAX_STATEMENT`].
    #[error("a statement has at most {MAX_STATEMENT} bytes")]
    TooLong,
    /// Not an envelope around a statement.
    #[error("not the envelope of a statement")]
    Envelope(#[from] Refused),
    /// The payload is not one.
    #[error("the payload is not a statement: {0}")]
    Payload(String),
    /// Signers are missing or twice in `by`, or too many.
    #[error("the list of signers is empty, too long, or names somebody twice")]
    Signers,
    /// Signatures by others than those in `by`, or in another order.
    #[error("the signatures are not by those whom the statement names, in their order")]
    Signatures,
}

/// Bytes that an envelope may have: what fits into an entry of the ledger.
pub const MAX_STATEMENT: usize = 44_000;

/// Persons who may sign one statement.
pub const MAX_SIGNERS: usize = 16;

/// The kind of envelope that statements come in.
pub const ENVELOPE: &str = "statement";

const SCHEMA: &str = "sealkeep/statement/v1";

impl Statement {
    /// Reads a statement, signed by all, some or none of those whom it names.
    ///
    /// # Errors
    /// [`NotAStatement`].
    pub fn parse(suite: Suite, bytes: &[u8]) -> Result<Self, NotAStatement> {
        if bytes.len() > MAX_STATEMENT {
            return Err(NotAStatement::TooLong);
        }
        let envelope = Envelope::parse(ENVELOPE, bytes)?;
        let (common, said) = read_payload(envelope.payload()).map_err(NotAStatement::Payload)?;
        check_signers(&common.by)?;
        check_order(&common.by, &envelope)?;
        Ok(Self {
            digest: Digest::of(suite, envelope.payload()),
            store: common.store,
            time: common.time,
            nonce: common.nonce,
            by: common.by,
            policy: common.policy,
            said,
            envelope,
        })
    }

    /// Those in `by` whose signatures are not there yet.
    #[must_use]
    pub fn missing(&self) -> Vec<&OfficerId> {
        self.by.iter().filter(|id| self.signature_at(id).is_none()).collect()
    }

    /// Verifies this officer's signature under `key`.
    ///
    /// # Errors
    /// `Malformed` if there is none, `Unauthentic` if it does not hold.
    pub fn verify(&self, id: &OfficerId, key: &VerifyingKey) -> Result<(), Refused> {
        let at = self.signature_at(id).ok_or(Refused::Malformed)?;
        self.envelope.check(&self.envelope.signatures()[at], key)
    }

    /// The envelope's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.envelope.to_bytes()
    }

    /// What is signed, as it was written.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.envelope.payload()
    }

    fn signature_at(&self, id: &OfficerId) -> Option<usize> {
        self.envelope.signatures().iter().position(|signature| signature.key_id == id.as_str())
    }
}

/// What every statement has.
#[derive(Serialize, Deserialize)]
struct Common {
    schema: String,
    kind: String,
    #[serde(with = "digest")]
    store: [u8; 16],
    time: u64,
    #[serde(with = "digest")]
    nonce: [u8; 16],
    by: Vec<OfficerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<Digest>,
}

const COMMON: [&str; 7] = ["schema", "kind", "store", "time", "nonce", "by", "policy"];

fn read_payload(payload: &[u8]) -> Result<(Common, Said), String> {
    let mut members: Map<String, Value> = json::read(payload)?;
    let take = |name: &str| members.remove(name).map(|value| (name.to_owned(), value));
    let common: Map<String, Value> = COMMON.into_iter().filter_map(take).collect();
    let common: Common = json::from_value(common.into())?;
    if common.schema != SCHEMA {
        return Err(format!("unknown schema `{}`", common.schema));
    }
    let said = Said::read(&common.kind, members.into())?;
    if common.policy.is_none() != matches!(said, Said::Genesis(_)) {
        return Err("`policy` is missing, or there before there was one".to_owned());
    }
    Ok((common, said))
}

fn check_signers(by: &[OfficerId]) -> Result<(), NotAStatement> {
    let twice = (1..by.len()).any(|at| by[..at].contains(&by[at]));
    if by.is_empty() || by.len() > MAX_SIGNERS || twice {
        return Err(NotAStatement::Signers);
    }
    Ok(())
}

/// Signatures stand in the order of `by`; some may still be missing.
fn check_order(by: &[OfficerId], envelope: &Envelope) -> Result<(), NotAStatement> {
    let mut left = by.iter();
    let in_turn = |id: &str| left.any(|next| next.as_str() == id);
    let mut ids = envelope.signatures().iter().map(|signature| signature.key_id.as_str());
    if ids.all(in_turn) { Ok(()) } else { Err(NotAStatement::Signatures) }
}
