//! What stands in a certificate (`docs/spec/certificate.md` §1), as it is written.

use std::fmt;

use data_encoding::BASE64;
use sealkeep_keystore::base64;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// The `schema` of a certificate.
pub const SCHEMA: &str = "sealkeep/certificate/v1";

/// The payload of a certificate. Members that are not known are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// [`SCHEMA`].
    pub schema: String,
    /// The number of the request.
    pub number: String,
    /// Digest of the request.
    pub request: String,
    /// Time of the ledger when it was issued, in Unix seconds.
    pub issued: u64,
    /// What issued it.
    pub program: Program,
    /// The key store that destroyed.
    pub store: StoreIdentity,
    /// Digest of the genesis statement.
    pub genesis: String,
    /// Entries of the ledger, in its order.
    pub entries: Vec<Entry>,
    /// The frozen list.
    pub inventory: Inventory,
    /// The record of execution, as the store signed it.
    pub execution: Bytes,
    /// Reports of wipes.
    pub wipe_reports: Vec<Bytes>,
    /// The report of inspection.
    pub inspection: Option<Bytes>,
    /// A checkpoint of the ledger over at least all entries.
    pub checkpoint: String,
    /// Checkpoints with cosignatures of witnesses.
    pub cosigned: Vec<Cosigned>,
    /// A tlog-proof of the last entry.
    pub proof: String,
    /// What follows from all of that.
    pub claims: Vec<Claim>,
    /// What may be left, and where.
    pub residual: Vec<Residual>,
    /// What was never part of it.
    pub not_covered: Vec<String>,
}

impl Bundle {
    /// The JSON that is signed.
    ///
    /// # Panics
    /// Never: it is made of texts, numbers and lists.
    #[must_use]
    pub fn to_payload(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts, numbers and lists")
    }
}

/// A program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Who the key store is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreIdentity {
    /// Its id, 32 hexadecimal digits.
    pub id: String,
    /// The name of its suite.
    pub suite: String,
    /// Its public key, as statements write keys.
    pub key: String,
    /// When it was made, in Unix seconds.
    pub created: u64,
    /// Its incarnation: how often it was restored, and one.
    pub incarnation: u16,
}

/// An entry of the ledger, with what shows that it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its number.
    pub index: u64,
    /// The salt of its commitment.
    pub salt: Bytes,
    /// Its bytes.
    pub body: Bytes,
    /// The path to the root of [`Bundle::checkpoint`], from the leaf's sibling up.
    pub proof: Vec<Bytes>,
}

/// The frozen list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// The root of the tree over its lines.
    pub root: String,
    /// One line for each item.
    pub lines: Vec<String>,
}

/// A checkpoint that others signed too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cosigned {
    /// The signed note.
    pub checkpoint: String,
    /// That [`Bundle::checkpoint`] only added to it.
    pub consistency: Vec<Bytes>,
}

/// Something that the certificate claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its name.
    pub claim: String,
    /// How strong it is.
    pub grade: String,
    /// What it rests on.
    pub assumes: Vec<String>,
    /// The same in words.
    pub text: Text,
}

/// Words in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// A place where something may be left.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residual {
    /// What kind of place.
    pub what: String,
    /// Which one.
    pub place: String,
    /// Why it may be left there.
    pub why: String,
    /// Until when, in Unix seconds, if anybody knows.
    pub until: Option<u64>,
}

/// Bytes, written as base64 (RFC 4648 §4).
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl From<[u8; 32]> for Bytes {
    fn from(hash: [u8; 32]) -> Self {
        Self(hash.to_vec())
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({})", BASE64.encode(&self.0))
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base64")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
                base64::decode(text).map(Bytes).ok_or_else(|| E::custom("not base64"))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
