//! What every check stands on: the store's suite, id and key, and what the certificate is about.

use data_encoding::HEXLOWER;
use sealkeep_crypto::{Suite, VerifyingKey};
use sealkeep_keystore::approval::{Digest, OfficerKey};

use crate::destruction::certificate::bundle::Bundle;

pub(super) struct Ground {
    pub(super) suite: Suite,
    pub(super) store: [u8; 16],
    pub(super) incarnation: u16,
    pub(super) key: VerifyingKey,
    pub(super) genesis: Digest,
    pub(super) request: Digest,
}

impl Ground {
    /// Reads it; nothing of it is verified.
    pub(super) fn of(bundle: &Bundle) -> Result<Self, String> {
        let store = &bundle.store;
        let suite: Suite = store.suite.parse().map_err(|_| "the suite is not known")?;
        let id = HEXLOWER.decode(store.id.as_bytes()).ok().and_then(|id| id.try_into().ok());
        let key: OfficerKey = store.key.parse().map_err(|_| "the store's key is none")?;
        if key.0.suite() != suite {
            return Err("the store's key is of another suite".to_owned());
        }
        if store.incarnation == 0 {
            return Err("incarnations are counted from 1".to_owned());
        }
        let digest = |text: &str| text.parse().map_err(|_| "a digest is none".to_owned());
        Ok(Self {
            suite,
            store: id.ok_or("the store's id is none")?,
            incarnation: store.incarnation,
            key: key.0,
            genesis: digest(&bundle.genesis)?,
            request: digest(&bundle.request)?,
        })
    }

    /// The digest of these bytes.
    pub(super) fn digest(&self, bytes: &[u8]) -> Digest {
        Digest::of(self.suite, bytes)
    }
}
