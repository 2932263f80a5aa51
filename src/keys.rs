//! What the data side needs of a key store.

mod fetched;
mod store;

use std::error::Error;

use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::{KeyId, KeyState, Tombstone};

pub(crate) use fetched::Fetched;
pub use store::StoreKeys;

/// An error of the key store, passed on as it is; callers that know the key store downcast it.
pub type KeysError = Box<dyn Error + Send + Sync>;

/// A source of data keys. The key store is one; a key server can be another.
pub trait Keys: Sync {
    /// Makes one data key for each label under a scope, all of one suite, and returns them in the order of the labels.
    /// They are durable when this returns: a file may be sealed under them at once.
    ///
    /// # Errors
    /// Whatever the source says. No key is made then.
    fn create(
        &self,
        scope: &str,
        suite: Suite,
        labels: &[&[u8]],
    ) -> Result<Vec<(KeyId, Secret<32>)>, KeysError>;

    /// The data key with this id and the suite it was made for.
    ///
    /// # Errors
    /// Never had, destroyed, held and lost are different errors of the source.
    fn open(&self, id: &KeyId) -> Result<(Suite, Secret<32>), KeysError>;

    /// [`Keys::open`] for many. A source that records who asked does so once for all of them.
    ///
    /// # Errors
    /// If the source cannot be read, or cannot record it. Why a single key does not open stands in its place.
    #[expect(clippy::type_complexity, reason = "an answer for each, as of `open`")]
    fn open_each(
        &self,
        ids: &[KeyId],
    ) -> Result<Vec<Result<(Suite, Secret<32>), KeysError>>, KeysError> {
        Ok(ids.iter().map(|id| self.open(id)).collect())
    }

    /// Called before success is reported: brings the live copies of the source up to date.
    ///
    /// # Errors
    /// If a copy could not be reached and the policy of the source is to refuse then.
    fn settle(&self) -> Result<Settled, KeysError>;
}

/// What a vault needs beyond [`Keys`]: many keys at a time, and to know of keys that do not open.
pub trait VaultKeys: Keys {
    /// Makes a key for each scope and label, in one act, in this order; durable when it returns.
    ///
    /// # Errors
    /// Whatever the source says. No key is made then.
    fn create_in(
        &self,
        suite: Suite,
        wanted: &[(&str, &[u8])],
    ) -> Result<Vec<(KeyId, Secret<32>)>, KeysError>;

    /// [`Keys::open`] for many at one moment.
    ///
    /// # Errors
    /// If the source cannot be read. Why a single key does not open stands in its place.
    fn open_many(&self, ids: &[KeyId]) -> Result<Vec<OpenedKey>, KeysError>;

    /// The states of many keys at one moment; none is opened.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn states(&self, ids: &[KeyId]) -> Result<Vec<Result<KeyState, Unavailable>>, KeysError>;

    /// The key for indexes of what other keys protect. It dies with any key that is destroyed; then there is a new one.
    ///
    /// # Errors
    /// Whatever the source says.
    fn index(&self, suite: Suite) -> Result<(KeyId, Secret<32>), KeysError>;

    /// The keys of a scope with their labels, destroyed ones left out. Nothing if there is no such scope.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn labelled(&self, scope: &str) -> Result<Vec<(KeyId, Vec<u8>)>, KeysError>;

    /// Raises scopes to at least these levels; what is as high already stays as it is.
    ///
    /// # Errors
    /// Whatever the source says.
    fn raise_levels(&self, levels: &[(&str, u8)]) -> Result<(), KeysError>;

    /// Puts new keys under the holds that older ones are under: pairs of an older key and its heir.
    ///
    /// # Errors
    /// Whatever the source says.
    fn inherit_holds(&self, heirs: &[(KeyId, KeyId)]) -> Result<(), KeysError>;
}

/// A data key and the suite it was made for, or why it does not open.
pub type OpenedKey = Result<(Suite, Secret<32>), Unavailable>;

/// Why a key does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It was destroyed; what is left of it, where that is known.
    #[error("its key was destroyed")]
    Destroyed(Option<Tombstone>),
    /// It, or its scope, is on hold.
    #[error("its key is on hold")]
    Held,
    /// It should be in the key store and is not.
    #[error("its key is lost")]
    Lost,
    /// It was never in this key store.
    #[error("its key is not of this key store")]
    Foreign,
    /// The policy restricts keys of its level, and nobody has broken the glass.
    #[error("its key is restricted by the policy")]
    Restricted,
    /// It is in a state that does not open.
    #[error("its key is {0}")]
    NotUsable(KeyState),
}

/// How well the keys made so far are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Keys that exist only once: no copy of the key store has them yet.
    pub uncopied: u64,
    /// Whether some copy holds everything, keys made earlier included.
    pub copied: bool,
}
