//! What sealing and opening need of a key store.

use std::error::Error;

use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::KeyId;

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

    /// Called before success is reported: brings the live copies of the source up to date.
    ///
    /// # Errors
    /// If a copy could not be reached and the policy of the source is to refuse then.
    fn settle(&self) -> Result<Settled, KeysError>;
}

/// How well the keys made so far are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Keys that exist only once: no copy of the key store has them yet.
    pub uncopied: u64,
    /// Whether some copy holds everything, keys made earlier included.
    pub copied: bool,
}
