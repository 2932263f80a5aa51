//! What statements say, kind by kind.

use serde::{Deserialize, Serialize};

use super::super::digest::Digest;
use super::super::json;
use super::super::officer::{Officer, OfficerId, OfficerKey, Qualification};
use super::super::request::Request;
use super::super::text::Text;
use crate::id::KeyId;

/// Founds the register: first officers, first policy, the key of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The store's public key.
    pub key: OfficerKey,
    /// The first officers.
    pub officers: Vec<Officer>,
    /// The first policy.
    pub policy_text: String,
}

/// Makes somebody an officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enroll {
    /// The new officer.
    pub officer: Officer,
    /// Whom the new one takes the place of: the same person with another key. That one is revoked.
    #[serde(deserialize_with = "Option::deserialize")]
    pub replaces: Option<OfficerId>,
}

/// Records a qualification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Qualify {
    /// Whose.
    pub officer: OfficerId,
    /// Takes the place of the one before.
    pub qualification: Qualification,
}

/// Ends a suspension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reinstate {
    /// Whose.
    pub officer: OfficerId,
}

/// Lets an officer sign nothing for the time being.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspend {
    /// Whom.
    pub officer: OfficerId,
    /// Why.
    pub reason: Text,
}

/// Ends being an officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// Whom.
    pub officer: OfficerId,
    /// Why.
    pub reason: Text,
    /// Whether somebody else may have had the key.
    pub compromised: bool,
}

/// Says that somebody leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaver {
    /// Who.
    pub officer: OfficerId,
    /// Unix seconds.
    pub left: u64,
}

/// Puts a new policy in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPolicy {
    /// The policy, TOML.
    pub policy_text: String,
}

/// Says that the time of the ledger is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// What they found.
    pub opinion: Text,
}

/// Puts keys or scopes on hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Ids of keys or scopes.
    pub targets: Vec<KeyId>,
    /// Why.
    pub reason: HoldReason,
    /// The law, contract or case.
    pub basis: Text,
    /// When it is to be looked at again, Unix seconds.
    pub review: u64,
}

/// Why something is held (PIPL art. 47).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldReason {
    /// A law asks for it to be kept.
    StatutoryRetention,
    /// It cannot be deleted for technical reasons.
    TechnicallyHard,
    /// A court or an authority may ask for it.
    LegalProceedings,
    /// As the basis says.
    Other,
}

/// Says that a hold is still needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldReview {
    /// Digest of the hold.
    pub hold: Digest,
    /// The next review, Unix seconds.
    pub review: u64,
    /// What they found.
    pub opinion: Text,
}

/// Ends a hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Digest of the hold.
    pub hold: Digest,
    /// Why.
    pub opinion: Text,
}

/// Opens in an emergency what is otherwise restricted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakGlass {
    /// Ids of scopes; none: all.
    pub scopes: Vec<KeyId>,
    /// Why.
    pub reason: Text,
    /// Unix seconds.
    pub until: u64,
}

/// Says afterwards why the glass was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Justify {
    /// Digest of the `break-glass`.
    pub grant: Digest,
    /// The explanation.
    pub text: Text,
}

/// Approves one step of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// Digest of the request.
    pub request: Digest,
    /// Root of its inventory.
    pub inventory: Digest,
    /// The step, from 1.
    pub step: u32,
    /// What they think.
    pub opinion: Text,
}

/// Ends a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reject {
    /// Digest of the request.
    pub request: Digest,
    /// Root of its inventory.
    pub inventory: Digest,
    /// Why.
    pub opinion: Text,
}

/// The applicant takes a request back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// Digest of the request.
    pub request: Digest,
    /// Why.
    pub opinion: Text,
}

/// Stops a request while it waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// Digest of the request.
    pub request: Digest,
    /// Why.
    pub opinion: Text,
}

/// Lets a request go on that an alarm had paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Digest of the request.
    pub request: Digest,
    /// What they found.
    pub opinion: Text,
}

/// The order to destroy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execute {
    /// Digest of the request.
    pub request: Digest,
    /// Root of its inventory.
    pub inventory: Digest,
}

/// Somebody was present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Digest of the request.
    pub request: Digest,
    /// Root of its inventory.
    pub inventory: Digest,
    /// Digest of the record of execution.
    pub execution: Digest,
    /// What they saw.
    pub opinion: Text,
}

/// Somebody tried to open what was destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspect {
    /// Digest of the request.
    pub request: Digest,
    /// Root of its inventory.
    pub inventory: Digest,
    /// Digest of the record of execution.
    pub execution: Digest,
    /// Digest of the report of inspection.
    pub report: Digest,
    /// Whether nothing could be opened.
    pub passed: bool,
}

/// What a statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is named as what it holds")]
pub enum Said {
    Genesis(Genesis),
    Enroll(Enroll),
    Qualify(Qualify),
    Reinstate(Reinstate),
    Suspend(Suspend),
    Revoke(Revoke),
    Leaver(Leaver),
    Policy(SetPolicy),
    Clock(Clock),
    Hold(Hold),
    HoldReview(HoldReview),
    Release(Release),
    BreakGlass(BreakGlass),
    Justify(Justify),
    Request(Request),
    Approve(Approve),
    Reject(Reject),
    Withdraw(Withdraw),
    Cancel(Cancel),
    Resume(Resume),
    Execute(Execute),
    Witness(Witness),
    Inspect(Inspect),
}

macro_rules! kinds {
    ($($name:ident = $text:literal),* $(,)?) => {
        impl Said {
            /// The names of all kinds.
            pub const KINDS: &[&str] = &[$($text),*];

            /// The name of the kind.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$name(_) => $text),* }
            }

            pub(super) fn read(kind: &str, members: serde_json::Value) -> Result<Self, String> {
                match kind {
                    $($text => json::from_value(members).map(Self::$name),)*
                    _ => Err(format!("unknown kind `{kind}`")),
                }
            }

            pub(super) fn members(&self) -> serde_json::Value {
                match self { $(Self::$name(said) => serde_json::to_value(said)),* }
                    .expect("what is said is made of texts and numbers")
            }
        }

        $(impl From<kinds!(@type $name)> for Said {
            fn from(said: kinds!(@type $name)) -> Self {
                Self::$name(said)
            }
        })*
    };
    (@type Policy) => { SetPolicy };
    (@type $name:ident) => { $name };
}

kinds! {
    Genesis = "genesis",
    Enroll = "enroll",
    Qualify = "qualify",
    Reinstate = "reinstate",
    Suspend = "suspend",
    Revoke = "revoke",
    Leaver = "leaver",
    Policy = "policy",
    Clock = "clock",
    Hold = "hold",
    HoldReview = "hold-review",
    Release = "release",
    BreakGlass = "break-glass",
    Justify = "justify",
    Request = "request",
    Approve = "approve",
    Reject = "reject",
    Withdraw = "withdraw",
    Cancel = "cancel",
    Resume = "resume",
    Execute = "execute",
    Witness = "witness",
    Inspect = "inspect",
}

impl Said {
    /// The request that it is about, if it is about one that was made before.
    #[must_use]
    pub fn about(&self) -> Option<Digest> {
        match self {
            Self::Approve(Approve { request, .. })
            | Self::Reject(Reject { request, .. })
            | Self::Withdraw(Withdraw { request, .. })
            | Self::Cancel(Cancel { request, .. })
            | Self::Resume(Resume { request, .. })
            | Self::Execute(Execute { request, .. })
            | Self::Witness(Witness { request, .. })
            | Self::Inspect(Inspect { request, .. }) => Some(*request),
            _ => None,
        }
    }

    /// Whether it is about who may say what: officers and policy.
    #[must_use]
    pub fn is_about_people(&self) -> bool {
        matches!(
            self,
            Self::Genesis(_)
                | Self::Enroll(_)
                | Self::Qualify(_)
                | Self::Reinstate(_)
                | Self::Suspend(_)
                | Self::Revoke(_)
                | Self::Leaver(_)
                | Self::Policy(_)
        )
    }

    /// Whether the key store accepts it only with the request's inventory.
    #[must_use]
    pub fn needs_inventory(&self) -> bool {
        matches!(self, Self::Request(_) | Self::Approve(_) | Self::Execute(_))
    }

    /// The inventory that it repeats.
    #[must_use]
    pub fn inventory(&self) -> Option<Digest> {
        match self {
            Self::Approve(Approve { inventory, .. })
            | Self::Reject(Reject { inventory, .. })
            | Self::Execute(Execute { inventory, .. })
            | Self::Witness(Witness { inventory, .. })
            | Self::Inspect(Inspect { inventory, .. }) => Some(*inventory),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_said_in_two_forms() {
        let hold = |target: &str, reason: serde_json::Value| json!({ "targets": [target], "reason": reason, "basis": "law", "review": 1 });
        let id = "00112233445566778899aabbccddeeff";
        assert!(Said::read("hold", hold(id, json!("other"))).is_ok());
        assert!(Said::read("hold", hold(&id.to_uppercase(), json!("other"))).is_err());
        assert!(Said::read("hold", hold(id, json!({ "other": null }))).is_err());
        assert!(Said::read("hold", json!([[id], "other", "law", 1])).is_err());
        let qualified =
            |paper: serde_json::Value| json!({ "officer": "a", "qualification": paper });
        assert!(Said::read("qualify", qualified(json!({ "number": "1", "until": 2 }))).is_ok());
        assert!(Said::read("qualify", qualified(json!(["1", 2]))).is_err());
    }
}
