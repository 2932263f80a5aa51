//! The unlocked key store as the source of data keys for sealing and opening.

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::{
    self as keystore, CopyOutcome, CopyState, CopyStatus, KeyFilter, KeyId, KeyState, KeyStore,
};

use super::{Keys, KeysError, OpenedKey, Settled, Unavailable, VaultKeys};

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

    /// The registered copies of the store, and whether they hold everything that it held when it was opened.
    ///
    /// # Errors
    /// Whatever the store says.
    pub fn copy_status(&self) -> keystore::Result<Vec<CopyStatus>> {
        self.lock().store.copies()
    }

    /// Lets `work` use the store itself; nobody else is served meanwhile.
    pub fn with<R>(&self, work: impl FnOnce(&mut KeyStore) -> R) -> R {
        work(&mut self.lock().store)
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

    fn open_each(
        &self,
        ids: &[KeyId],
    ) -> Result<Vec<Result<(Suite, Secret<32>), KeysError>>, KeysError> {
        let opened = self.lock().store.open_keys(ids)?;
        let told = |one: keystore::Result<keystore::OpenedKey>| {
            Ok(one.map(|key| (key.suite, key.secret))?)
        };
        Ok(opened.into_iter().map(told).collect())
    }

    fn settle(&self) -> Result<Settled, KeysError> {
        let mut inner = self.lock();
        inner.copies = inner.store.sync_live_copies()?;
        let current = |one: &CopyOutcome| matches!(one.state, CopyState::Current { .. });
        let copied = inner.copies.iter().any(current);
        Ok(Settled { uncopied: if copied { 0 } else { inner.made }, copied })
    }
}

impl VaultKeys for StoreKeys {
    fn create_in(
        &self,
        suite: Suite,
        wanted: &[(&str, &[u8])],
    ) -> Result<Vec<(KeyId, Secret<32>)>, KeysError> {
        let mut inner = self.lock();
        let made = inner.store.create_keys_in(suite, wanted)?;
        inner.made += made.len() as u64;
        Ok(made.into_iter().map(|key| (key.id, key.secret)).collect())
    }

    fn open_many(&self, ids: &[KeyId]) -> Result<Vec<OpenedKey>, KeysError> {
        let opened = self.lock().store.open_keys(ids)?;
        let told = |one: keystore::Result<keystore::OpenedKey>| match one {
            Ok(key) => Ok(Ok((key.suite, key.secret))),
            Err(error) => unavailable(error).map(Err),
        };
        opened.into_iter().map(told).collect()
    }

    fn states(&self, ids: &[KeyId]) -> Result<Vec<Result<KeyState, Unavailable>>, KeysError> {
        let told = |one: keystore::Result<KeyState>| match one {
            Ok(state) => Ok(Ok(state)),
            Err(error) => unavailable(error).map(Err),
        };
        self.lock().store.key_states(ids)?.into_iter().map(told).collect()
    }

    fn index(&self, suite: Suite) -> Result<(KeyId, Secret<32>), KeysError> {
        let key = self.lock().store.index_key(suite)?;
        Ok((key.id, key.secret))
    }

    fn labelled(&self, scope: &str) -> Result<Vec<(KeyId, Vec<u8>)>, KeysError> {
        let filter = KeyFilter { scope: Some(scope.to_owned()), ..KeyFilter::default() };
        let mut found = Vec::new();
        self.lock().store.keys(&filter, |key| {
            if !key.state.is_destroyed() {
                found.push((key.id, key.label));
            }
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    fn raise_levels(&self, levels: &[(&str, u8)]) -> Result<(), KeysError> {
        Ok(self.lock().store.raise_levels(levels)?)
    }

    fn inherit_holds(&self, heirs: &[(KeyId, KeyId)]) -> Result<(), KeysError> {
        Ok(self.lock().store.inherit_holds(heirs)?)
    }
}

/// What an error says of the one key that was asked for; other errors are passed on.
fn unavailable(error: keystore::Error) -> Result<Unavailable, KeysError> {
    Ok(match error {
        keystore::Error::Destroyed { tombstone, .. } => Unavailable::Destroyed(tombstone),
        keystore::Error::Restricted(_) => Unavailable::Restricted,
        keystore::Error::Held(_) => Unavailable::Held,
        keystore::Error::Lost(_) => Unavailable::Lost,
        keystore::Error::NotOfThisStore(_) => Unavailable::Foreign,
        keystore::Error::NotUsable { state, .. } => Unavailable::NotUsable(state),
        error => return Err(error.into()),
    })
}
