//! The tombstone feed: every destroyed key or scope as an opaque id, signed by the store.
//!
//! It travels with every copy, so that a restore of an older copy destroys again what was destroyed since.

use sealkeep_crypto::codec::Writer;
use sealkeep_crypto::{SigningKey, Suite, VerifyingKey, hash};

use crate::id::KeyId;

/// One entry of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tombstoned {
    /// A key, or a whole scope (its slot is then all ones).
    pub(crate) id: KeyId,
    /// Unix seconds.
    pub(crate) when: u64,
    pub(crate) certificate: [u8; 32],
}

/// Length, running hash and signature of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FeedHead {
    pub(crate) count: u64,
    pub(crate) chain: [u8; 32],
    pub(crate) signature: [u8; 64],
}

const LABEL: &[u8] = b"sealkeep/v1/feed";

impl FeedHead {
    /// The head of an empty feed.
    pub(crate) fn empty(store: &[u8; 16], key: &SigningKey) -> Self {
        Self::signed(store, 0, [0; 32], key)
    }

    /// The head after further entries.
    pub(crate) fn extended(
        &self,
        suite: Suite,
        store: &[u8; 16],
        more: &[Tombstoned],
        key: &SigningKey,
    ) -> Self {
        if more.is_empty() {
            return self.clone();
        }
        let count = self.count + more.len() as u64;
        Self::signed(store, count, chain(suite, self.chain, more), key)
    }

    /// Whether the entries are all of the feed, and the head is signed by the store.
    pub(crate) fn verify(
        &self,
        suite: Suite,
        store: &[u8; 16],
        entries: &[Tombstoned],
        key: &VerifyingKey,
    ) -> bool {
        entries.len() as u64 == self.count
            && chain(suite, [0; 32], entries) == self.chain
            && key.verify(&statement(store, self.count, &self.chain), &self.signature).is_ok()
    }

    fn signed(store: &[u8; 16], count: u64, chain: [u8; 32], key: &SigningKey) -> Self {
        Self { count, chain, signature: key.sign(&statement(store, count, &chain)) }
    }
}

fn chain(suite: Suite, start: [u8; 32], entries: &[Tombstoned]) -> [u8; 32] {
    entries.iter().fold(start, |before, entry| {
        hash(suite, &[LABEL, &before, &entry.id.0, &entry.when.to_be_bytes(), &entry.certificate])
    })
}

fn statement(store: &[u8; 16], count: u64, chain: &[u8; 32]) -> Vec<u8> {
    let mut statement = LABEL.to_vec();
    statement.put(store);
    statement.put_u64(count);
    statement.put(chain);
    statement
}

#[cfg(test)]
mod tests {
    use sealkeep_crypto::Secret;

    use super::*;

    #[test]
    fn a_feed_is_whole_and_signed() {
        for suite in Suite::ALL {
            let key = SigningKey::from_seed(suite, &Secret::random());
            let entry = |byte| Tombstoned { id: KeyId([byte; 16]), when: 1, certificate: [0; 32] };
            let (store, entries) = ([9; 16], [entry(1), entry(2), entry(3)]);
            let head = FeedHead::empty(&store, &key).extended(suite, &store, &entries[..1], &key);
            let head = head.extended(suite, &store, &entries[1..], &key);
            assert!(head.verify(suite, &store, &entries, &key.verifying_key()));
            assert!(!head.verify(suite, &store, &entries[..2], &key.verifying_key()), "shortened");
            assert!(
                !head.verify(suite, &[8; 16], &entries, &key.verifying_key()),
                "another store's"
            );
            let other = SigningKey::from_seed(suite, &Secret::random());
            assert!(
                !head.verify(suite, &store, &entries, &other.verifying_key()),
                "another signer's"
            );
        }
    }
}
