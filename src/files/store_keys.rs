//! The unlocked key store as the source of data keys for sealing and opening.

use std::sync::{Mutex, MutexGuard, PoisonError};

use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::{CopyOutcome, CopyState, KeyId, KeyStore};

use super::keys::{Keys, KeysError, Settled};

/// A key store that several threads ask for keys.
pub struct StoreKeys {
    inner: Mutex<Inner>,
}

struct Inner {
    store: KeyStore,
    /// Keys made since this was opened.
    made: u64,
    /// What became of each live copy at the last settling.
    copies: Vec<CopyOutcome>,
}

impl StoreKeys {
    /// Takes an unlocked store.
    #[must_use]
    pub fn new(store: KeyStore) -> Self {
        Self { inner: Mutex::new(Inner { store, made: 0, copies: Vec::new() }) }
    }

    /// What became of each live copy at the last [`Keys::settle`].
    #[must_use]
    pub fn copies(&self) -> Vec<CopyOutcome> {
        self.lock().copies.clone()
    }

    /// A thread that died while it held the store has left it as after a crash: the store's own
    /// recovery deals with that at the next call.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys for StoreKeys {
    fn create(
        &self,
        scope: &str,
        suite: Suite,
        labels: &[&[u8]],
    ) -> Result<Vec<(KeyId, Secret<32>)>, KeysError> {
        let mut inner = self.lock();
        let made = inner.store.create_keys(scope, suite, labels)?;
        inner.made += made.len() as u64;
        Ok(made.into_iter().map(|key| (key.id, key.secret)).collect())
    }

    fn open(&self, id: &KeyId) -> Result<(Suite, Secret<32>), KeysError> {
        let opened = self.lock().store.open_key(id)?;
        Ok((opened.suite, opened.secret))
    }

    fn settle(&self) -> Result<Settled, KeysError> {
        let mut inner = self.lock();
        inner.copies = inner.store.sync_live_copies()?;
        let current = |one: &CopyOutcome| matches!(one.state, CopyState::Current { .. });
        let copied = inner.copies.iter().any(current);
        Ok(Settled { uncopied: if copied { 0 } else { inner.made }, copied })
    }
}
