//! Keys asked for together before they are needed one by one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::KeyId;

use super::{Keys, KeysError, Settled};

type Answer = Result<(Suite, Secret<32>), KeysError>;

/// A source of keys that has asked for some already: the source is asked once for a whole group of files, which costs it one
/// commit.
pub(crate) struct Fetched<'k> {
    keys: &'k dyn Keys,
    answers: Mutex<HashMap<KeyId, Answer>>,
}

impl<'k> Fetched<'k> {
    /// Asks for these keys.
    ///
    /// # Errors
    /// As [`Keys::open_each`].
    pub(crate) fn ask(keys: &'k dyn Keys, mut ids: Vec<KeyId>) -> Result<Self, KeysError> {
        ids.sort_unstable();
        ids.dedup();
        let answers = if ids.is_empty() { Vec::new() } else { keys.open_each(&ids)? };
        let answers = ids.into_iter().zip(answers).collect();
        Ok(Self { keys, answers: Mutex::new(answers) })
    }
}

impl Keys for Fetched<'_> {
    fn create(
        &self,
        scope: &str,
        suite: Suite,
        labels: &[&[u8]],
    ) -> Result<Vec<(KeyId, Secret<32>)>, KeysError> {
        self.keys.create(scope, suite, labels)
    }

    fn open(&self, id: &KeyId) -> Answer {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Ok((suite, key))) = answers.get(id) {
            return Ok((*suite, key.duplicate()));
        }
        // Why one does not open can be told once; another file under the same key asks again.
        let refused = answers.remove(id);
        drop(answers);
        refused.unwrap_or_else(|| self.keys.open(id))
    }

    fn settle(&self) -> Result<Settled, KeysError> {
        self.keys.settle()
    }
}
