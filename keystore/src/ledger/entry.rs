//! Entries: what stands in the ledger, as JSON, and the salted commitment that the tree is made of.

use std::collections::BTreeMap;

use sealkeep_crypto::{Suite, hash};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::merkle::{Hash, leaf_hash};
use crate::id::KeyId;

/// The longest body, in bytes.
pub const MAX_BODY: usize = 60_000;

/// One entry as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the ledger, from 0.
    pub index: u64,
    /// Random: without it, the commitment tells nothing about the body.
    pub salt: [u8; 16],
    /// The bytes as they were written: these count, nobody encodes them again.
    pub body: Vec<u8>,
}

impl Entry {
    /// The commitment, which is the leaf of the tree.
    #[must_use]
    pub fn commitment(&self, suite: Suite) -> Hash {
        commitment(suite, &self.salt, &self.body)
    }

    /// The leaf's hash, which proofs start from.
    #[must_use]
    pub fn leaf_hash(&self, suite: Suite) -> Hash {
        leaf_hash(suite, &self.commitment(suite))
    }

    /// What the body says. Members that this version does not know are ignored.
    ///
    /// # Errors
    /// [`NotAnEntry`].
    pub fn parse(&self) -> Result<Body, NotAnEntry> {
        Body::parse(&self.body)
    }
}

/// The commitment to a body: H("sealkeep/v1/ledger/entry" ‖ salt ‖ body).
#[must_use]
pub fn commitment(suite: Suite, salt: &[u8; 16], body: &[u8]) -> Hash {
    hash(suite, &[LABEL, salt, body])
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// Unix seconds; never less than that of the entry before.
    pub time: u64,
    /// Seconds since the first entry that passed beyond doubt (`docs/spec/ledger.md` §4).
    pub counted: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Body {
    /// Reads the bytes of a body.
    ///
    /// # Errors
    /// [`NotAnEntry`].
    pub fn parse(body: &[u8]) -> Result<Self, NotAnEntry> {
        if body.len() > MAX_BODY {
            return Err(NotAnEntry("it is too long".into()));
        }
        serde_json::from_slice(body).map_err(|error| NotAnEntry(error.to_string()))
    }

    /// The bytes of a body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text, numbers and maps with text for keys")
    }
}

/// What happened, by class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "class", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// Officers said something that was accepted.
    Statement {
        /// The DSSE envelope, base64 of its bytes.
        statement: String,
    },
    /// Keys were used, made or asked for.
    Access(Access),
    /// The store was administered.
    Act(Act),
    /// The store did something itself.
    Store(StoreEvent),
    /// Somebody must look at something.
    Alarm(Alarm),
    /// A class that this version does not know.
    #[serde(other)]
    Other,
}

/// Use of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// What for: `open`, `seal`, `restore`, `backup`, …
    pub operation: String,
    /// The account that ran the program.
    pub who: String,
    /// Where from: `local`, or the address of the remote end.
    pub source: String,
    /// What the caller gave as a reason.
    pub purpose: String,
    /// Keys that were handed out, at most 1,024.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyId>,
    /// How many keys were made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// In which scopes, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<KeyId>,
    /// Keys that were asked for and not handed out, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<KeyId, String>,
    /// Digest of the break-glass statement under which it was done.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hex")]
    pub grant: Option<Hash>,
}

/// Administration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// What was done: `custody`, `rotate`, `set-state`, `set-level`, `copy`, …
    pub operation: String,
    /// The account that ran the program.
    pub who: String,
    /// Where from.
    pub source: String,
    /// To what.
    #[serde(default)]
    pub detail: Map<String, Value>,
}

/// What the store did itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreEvent {
    /// What: `begin`, `destroy-begun`, `destroyed`, `released`, `held`, `restored`, …
    pub operation: String,
    /// To what.
    #[serde(default)]
    pub detail: Map<String, Value>,
    /// Digest of the request that it was done for.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hex")]
    pub request: Option<Hash>,
}

/// What somebody must look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Which kind.
    pub alarm: AlarmKind,
    /// What it is about.
    #[serde(default)]
    pub detail: Map<String, Value>,
}

/// Kinds of alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AlarmKind {
    /// More keys were handed out within an hour than the policy calls usual.
    Volume,
    /// A key that is to be destroyed was asked for.
    PendingUse,
    /// The glass was broken.
    BreakGlass,
    /// The clock jumped.
    Clock,
    /// A kind that this version does not know.
    #[serde(other)]
    Other,
}

impl AlarmKind {
    /// The name, as it stands in entries.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::PendingUse => "pending-use",
            Self::BreakGlass => "break-glass",
            Self::Clock => "clock",
            Self::Other => "other",
        }
    }
}

impl Event {
    /// The entry of an accepted statement: the bytes of its envelope.
    #[must_use]
    pub fn statement(envelope: &[u8]) -> Self {
        Self::Statement { statement: data_encoding::BASE64.encode(envelope) }
    }

    /// The bytes of the envelope, if this is a statement's entry and they are there.
    #[must_use]
    pub fn envelope(&self) -> Option<Vec<u8>> {
        match self {
            Self::Statement { statement } => crate::base64::decode(statement),
            _ => None,
        }
    }

    /// Whether the register of officers and requests is made from it.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        matches!(self, Self::Statement { .. } | Self::Store(_) | Self::Alarm(_))
    }
}

/// The bytes are not the body of an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an entry of a ledger: {0}")]
pub struct NotAnEntry(String);

/// A digest as hexadecimal text.
mod hex {
    use data_encoding::HEXLOWER;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Hash;

    pub(super) fn serialize<S: Serializer>(
        digest: &Option<Hash>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match digest {
            Some(digest) => serializer.serialize_str(&HEXLOWER.encode(digest)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Hash>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(Error::custom)?;
        let digest = bytes.try_into().map_err(|_| Error::custom("a digest has 32 bytes"))?;
        Ok(Some(digest))
    }
}

/// What is hashed before salt and body.
pub(crate) const LABEL: &[u8] = b"sealkeep/v1/ledger/entry";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Body, NotAnEntry> {
        Body::parse(text.as_bytes())
    }

    #[test]
    fn bodies_have_the_members_of_the_specification() {
        let id = KeyId([1; 16]);
        let access = Access {
            operation: "open".into(),
            who: "li".into(),
            source: "local".into(),
            purpose: "ward round".into(),
            keys: vec![id],
            refused: BTreeMap::from([(KeyId([2; 16]), "held".into())]),
            ..Access::default()
        };
        let detail = Map::from_iter([("count".into(), 2.into())]);
        let store = StoreEvent { operation: "destroyed".into(), detail, request: Some([0xab; 32]) };
        let alarm = Alarm { alarm: AlarmKind::PendingUse, detail: Map::new() };
        let cases = [
            (
                Event::Access(access),
                r#"{"time":7,"counted":3,"class":"access","operation":"open","who":"li","source":"local","purpose":"ward round","keys":["01010101010101010101010101010101"],"refused":{"02020202020202020202020202020202":"held"}}"#,
            ),
            (
                Event::Store(store),
                r#"{"time":7,"counted":3,"class":"store","operation":"destroyed","detail":{"count":2},"request":"abababababababababababababababababababababababababababababababab"}"#,
            ),
            (
                Event::Alarm(alarm),
                r#"{"time":7,"counted":3,"class":"alarm","alarm":"pending-use","detail":{}}"#,
            ),
            (
                Event::statement(b"{}"),
                r#"{"time":7,"counted":3,"class":"statement","statement":"e30="}"#,
            ),
        ];
        for (event, text) in cases {
            let body = Body { time: 7, counted: 3, event };
            assert_eq!(String::from_utf8(body.to_bytes()).expect("text"), text);
            assert_eq!(read(text), Ok(body));
        }
        assert_eq!(Event::statement(b"{}").envelope().as_deref(), Some(&b"{}"[..]));
    }

    #[test]
    fn what_is_not_known_is_ignored_and_what_is_missing_is_not() {
        let body = read(r#"{"time":1,"counted":0,"class":"weather","rain":true}"#);
        assert_eq!(body, Ok(Body { time: 1, counted: 0, event: Event::Other }));
        let act = r#"{"x":1,"time":1,"counted":0,"class":"act","operation":"o","who":"","source":"","more":[]}"#;
        assert!(matches!(read(act), Ok(Body { event: Event::Act(_), .. })));
        for bad in [
            r#"{"counted":0,"class":"act","operation":"o","who":"","source":""}"#,
            r#"{"time":1,"counted":0,"class":"act","who":"","source":""}"#,
            r#"{"time":-1,"counted":0,"class":"weather"}"#,
            r#"{"time":1,"counted":0,"class":"store","operation":"o","request":"00"}"#,
            "[]",
            "",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(Body::parse(&vec![b' '; MAX_BODY + 1]).is_err());
    }

    #[test]
    fn a_commitment_binds_salt_and_body() {
        for suite in Suite::ALL {
            let entry = Entry { index: 0, salt: [1; 16], body: b"{}".to_vec() };
            let other = Entry { salt: [2; 16], ..entry.clone() };
            assert_ne!(entry.commitment(suite), other.commitment(suite));
            let other = Entry { body: b"{ }".to_vec(), ..entry.clone() };
            assert_ne!(entry.leaf_hash(suite), other.leaf_hash(suite));
        }
    }
}
