//! What a request says (`docs/spec/approval.md` §6).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::inventory::ItemKind;
use super::text::{Name, Text};

/// Asks for the destruction of what is in an inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The number of the form. Each is used once.
    pub number: Name,
    /// What made it due.
    pub trigger: Trigger,
    /// Why.
    pub reason: Text,
    /// The law or rule.
    pub basis: Text,
    /// Whose data it is.
    pub owner: Text,
    /// The department that applies.
    pub department: Text,
    /// Highest level of the items, 0 to 5.
    pub level: u8,
    /// Anything else.
    pub remark: Text,
    /// What is to be destroyed.
    pub inventory: Summary,
    /// Registered copies of vaults and of the key store.
    pub copies: Vec<RegisteredCopy>,
    /// What stays readable somewhere for a while.
    pub residual: Vec<Text>,
    /// What is not destroyed by this.
    pub not_covered: Vec<Text>,
}

/// An inventory in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Root of the Merkle tree over the lines.
    pub root: Digest,
    /// Number of items.
    pub items: u64,
    /// Sum of their sizes.
    pub bytes: u64,
    /// H over the ids of the targets, in order.
    pub targets: Digest,
    /// Items of each kind; kinds of which there are none are left out.
    pub kinds: BTreeMap<ItemKind, u64>,
}

/// A copy that somebody registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisteredCopy {
    /// What it is a copy of.
    pub what: CopyOf,
    /// Its id.
    pub id: Name,
    /// Where it lies.
    pub place: Text,
    /// Whether it could be reached.
    pub reachable: bool,
    /// When it was last, Unix seconds.
    #[serde(deserialize_with = "Option::deserialize")]
    pub seen: Option<u64>,
}

/// What a copy is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "they say what they are")]
pub enum CopyOf {
    VaultCopy,
    KeystoreCopy,
}

/// What makes a destruction due (PIPL art. 47).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The time for which it had to be kept is over.
    RetentionExpired,
    /// The service is no longer given.
    ServiceEnded,
    /// It has served its purpose.
    PurposeMet,
    /// It cannot serve its purpose any more.
    PurposeImpossible,
    /// The person took consent back.
    ConsentWithdrawn,
    /// It should not have been handled at all.
    Unlawful,
    /// As the reason says.
    Other,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Self; 7] = [
        Self::RetentionExpired,
        Self::ServiceEnded,
        Self::PurposeMet,
        Self::PurposeImpossible,
        Self::ConsentWithdrawn,
        Self::Unlawful,
        Self::Other,
    ];

    /// The name in requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RetentionExpired => "retention-expired",
            Self::ServiceEnded => "service-ended",
            Self::PurposeMet => "purpose-met",
            Self::PurposeImpossible => "purpose-impossible",
            Self::ConsentWithdrawn => "consent-withdrawn",
            Self::Unlawful => "unlawful",
            Self::Other => "other",
        }
    }
}
