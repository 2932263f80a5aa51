//! Keys in memory, for tests and benchmarks of the data side alone.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sealkeep::keys::{Keys, KeysError, Settled};
use sealkeep_crypto::{Secret, Suite, random};
use sealkeep_keystore::KeyId;

/// A key source that forgets everything when dropped.
#[derive(Default)]
pub(crate) struct MemoryKeys {
    keys: Mutex<BTreeMap<KeyId, (Suite, Secret<32>)>>,
    /// How often keys were made.
    pub(crate) groups: AtomicUsize,
    refuse: bool,
}

impl MemoryKeys {
    /// Says no to every creation.
    pub(crate) fn refusing() -> Self {
        Self { refuse: true, ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.lock().unwrap().len()
    }

    /// Forgets a key, as if destroyed.
    pub(crate) fn destroy(&self, id: &KeyId) {
        self.keys.lock().unwrap().remove(id).unwrap();
    }
}

impl Keys for MemoryKeys {
    fn create(
        &self,
        _scope: &str,
        suite: Suite,
        labels: &[&[u8]],
    ) -> Result<Vec<(KeyId, Secret<32>)>, KeysError> {
        if self.refuse {
            return Err("refused".into());
        }
        self.groups.fetch_add(1, Ordering::Relaxed);
        let mut keys = self.keys.lock().unwrap();
        let mut make = |_: &&[u8]| {
            let (id, key) = (KeyId(random::array()), Secret::random());
            keys.insert(id, (suite, key.duplicate()));
            (id, key)
        };
        Ok(labels.iter().map(&mut make).collect())
    }

    fn open(&self, id: &KeyId) -> Result<(Suite, Secret<32>), KeysError> {
        let keys = self.keys.lock().unwrap();
        keys.get(id)
            .map(|(suite, key)| (*suite, key.duplicate()))
            .ok_or_else(|| "no such key".into())
    }

    fn settle(&self) -> Result<Settled, KeysError> {
        Ok(Settled { uncopied: self.len() as u64, copied: false })
    }
}
