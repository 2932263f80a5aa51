//! The permission to do what cannot be undone.

use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use sealkeep_crypto::{SigningKey, VerifyingKey};

use crate::id::KeyId;

/// Permission to destroy exactly the listed keys and scopes. It is used up by use.
///
/// Only the approval code makes one, from a complete and valid set of signed statements. Tests make theirs
/// with the feature `test-door`, which no build for people has.
#[derive(Debug)]
pub struct Clearance {
    /// Keys, or scopes by [`KeyStore::scope_id`](crate::KeyStore::scope_id).
    pub(crate) targets: Vec<KeyId>,
    /// Digest of the certificate or approved request.
    pub(crate) certificate: [u8; 32],
}

#[cfg(any(test, feature = "test-door"))]
impl Clearance {
    /// A clearance to destroy, without any approval: for tests.
    pub fn destroy_for_test(targets: Vec<KeyId>, certificate: [u8; 32]) -> Self {
        Self { targets, certificate }
    }
}

/// A destruction that has begun: written down, signed by the store, before anything is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) targets: Vec<KeyId>,
    pub(crate) certificate: [u8; 32],
    /// Unix seconds.
    pub(crate) when: u64,
}

impl Intent {
    pub(crate) fn encode(&self, store: &[u8; 16]) -> Vec<u8> {
        let mut out = Vec::with_capacity(96 + 16 * self.targets.len());
        out.put(b"sealkeep/v1/intent");
        out.put(store);
        out.put(&self.certificate);
        out.put_u64(self.when);
        self.targets.iter().for_each(|target| out.put(&target.0));
        out
    }

    /// Its body and the store's signature over it.
    pub(crate) fn signed(&self, store: &[u8; 16], signer: &SigningKey) -> Vec<u8> {
        let mut signed = self.encode(store);
        let signature = signer.sign(&signed);
        signed.extend_from_slice(&signature);
        signed
    }

    /// Reads one, which must be signed by this store: nobody destroys by leaving a file.
    pub(crate) fn verified(signed: &[u8], store: &[u8; 16], key: &VerifyingKey) -> Option<Self> {
        let (body, signature) = signed.split_last_chunk::<64>()?;
        key.verify(body, signature).ok()?;
        Self::decode(body, store).ok()
    }

    pub(crate) fn decode(bytes: &[u8], store: &[u8; 16]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, "intent");
        if reader.take(18)? != b"sealkeep/v1/intent" || reader.array()? != *store {
            return Err(reader.malformed());
        }
        let (certificate, when) = (reader.array()?, reader.u64()?);
        let mut targets = Vec::new();
        while !reader.is_empty() {
            targets.push(KeyId(reader.array()?));
        }
        Ok(Self { targets, certificate, when })
    }
}
