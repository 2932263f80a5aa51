//! Making and signing statements.

use sealkeep_crypto::{SigningKey, Suite, random};
use serde_json::{Map, Value};

use super::super::digest::Digest;
use super::super::officer::OfficerId;
use super::{Common, ENVELOPE, MAX_STATEMENT, NotAStatement, SCHEMA, Said, Statement};
use crate::dsse::Envelope;

/// A statement that nobody has signed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Id of the key store.
    pub store: [u8; 16],
    /// Unix seconds.
    pub time: u64,
    /// Makes each statement another one.
    pub nonce: [u8; 16],
    /// Who is to sign, in this order.
    pub by: Vec<OfficerId>,
    /// Digest of the policy in force; none in `genesis`.
    pub policy: Option<Digest>,
    /// What it says.
    pub said: Said,
}

/// Why a statement was not signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSigned {
    /// It would not be one, or is not one.
    #[error(transparent)]
    NotAStatement(#[from] NotAStatement),
    /// The statement does not name this officer.
    #[error("the statement does not name {0} as a signer")]
    NotNamed(OfficerId),
    /// The officer's signature is there already.
    #[error("{0} has signed it already")]
    Already(OfficerId),
}

impl Draft {
    /// A draft with a fresh nonce.
    ///
    /// # Panics
    /// If the operating system has no randomness.
    #[must_use]
    pub fn new(
        store: [u8; 16],
        time: u64,
        policy: Option<Digest>,
        by: Vec<OfficerId>,
        said: impl Into<Said>,
    ) -> Self {
        Self { store, time, nonce: random::array(), by, policy, said: said.into() }
    }

    /// The payload: compact JSON, members in the order of their names.
    ///
    /// # Panics
    /// Never: it is made of texts and numbers.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let common = Common {
            schema: SCHEMA.to_owned(),
            kind: self.said.kind().to_owned(),
            store: self.store,
            time: self.time,
            nonce: self.nonce,
            by: self.by.clone(),
            policy: self.policy,
        };
        let common = serde_json::to_value(common).expect("texts and numbers");
        let mut members: Vec<(String, Value)> = [common, self.said.members()]
            .into_iter()
            .flat_map(|part| match part {
                Value::Object(members) => members,
                _ => Map::new(),
            })
            .collect();
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        let members: Map<String, Value> = members.into_iter().collect();
        serde_json::to_vec(&members).expect("texts and numbers")
    }

    /// The envelope, signed by these officers; others whom it names can [add](add_signature) theirs later.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub fn sign(&self, signers: &[(&OfficerId, &SigningKey)]) -> Result<Vec<u8>, NotSigned> {
        let mut bytes = Envelope::new(ENVELOPE, self.payload()).to_bytes();
        // Whether it is a statement does not depend on the suite.
        Statement::parse(Suite::Aes256Gcm, &bytes)?;
        for (id, key) in signers {
            bytes = add_signature(&bytes, id, key)?;
        }
        Ok(bytes)
    }
}

/// The envelope with one more signature, in its place.
///
/// # Errors
/// [`NotSigned`].
pub fn add_signature(
    envelope: &[u8],
    id: &OfficerId,
    key: &SigningKey,
) -> Result<Vec<u8>, NotSigned> {
    let mut statement = Statement::parse(key.suite(), envelope)?;
    let place = statement.by.iter().position(|by| by == id);
    let place = place.ok_or_else(|| NotSigned::NotNamed(id.clone()))?;
    if statement.signature_at(id).is_some() {
        return Err(NotSigned::Already(id.clone()));
    }
    let before = statement.by[..place].iter().filter(|id| statement.signature_at(id).is_some());
    let at = before.count();
    statement.envelope.sign(at, id.as_str(), key);
    let bytes = statement.to_bytes();
    if bytes.len() > MAX_STATEMENT { Err(NotAStatement::TooLong.into()) } else { Ok(bytes) }
}
