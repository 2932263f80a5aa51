//! What the store itself knows of keys and scopes that an inventory names. Nothing is opened.

use std::collections::HashMap;

use sealkeep_crypto::Suite;

use super::KeyStore;
use super::batch::Batch;
use super::keys::Found;
use crate::error::{Error, Result};
use crate::id::{IdCipher, KeyId, WHOLE_SCOPE};
use crate::pager::PageSource;
use crate::state::KeyState;
use crate::txn::Txn;

/// What a line of an inventory says of a live key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// Its id.
    pub id: KeyId,
    /// The id of its scope, as [`KeyStore::scope_id`] gives it.
    pub scope: KeyId,
    /// Level of the scope, GB/T 39725 1–5; 0 when not classified.
    pub level: u8,
    /// Its state, or that of its scope.
    pub state: KeyState,
    /// What it was before it became pending destruction.
    pub before: Option<KeyState>,
    /// Digest of the request that it, or its scope, waits for.
    pub waits_for: Option<[u8; 32]>,
    /// Whether it or its scope is on hold.
    pub held: bool,
    /// The suite it was made for.
    pub suite: Suite,
    /// When it was made, Unix seconds.
    pub created: u64,
}

/// What a line of an inventory says of a live scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeFacts {
    /// Its id.
    pub id: KeyId,
    /// Its name.
    pub name: String,
    /// GB/T 39725 level 1–5; 0 when not classified.
    pub level: u8,
    /// Whether the scope itself is on hold; a key in it may be, too.
    pub held: bool,
    /// When it was made, Unix seconds.
    pub created: u64,
    /// How many of its keys are not destroyed.
    pub live: u32,
}

impl KeyStore {
    /// What is known of each of these keys; errors as [`KeyStore::open_key`], but for those of state and hold, which are facts.
    ///
    /// # Errors
    /// When a page cannot be read. What is wrong with a single key stands in its place.
    pub fn facts(&mut self, keys: &[KeyId]) -> Result<Vec<Result<KeyFacts>>> {
        let doomed = self.doomed()?;
        let found = self.read(|txn, ids| facts_of(txn, ids, keys))?;
        let judged = found.into_iter().zip(keys).map(|(one, id)| {
            if doomed.iter().any(|intent| self.names(intent, id)) {
                return Err(Error::Destroyed { id: *id, tombstone: None });
            }
            one.map_err(|error| self.lost_or_destroyed(error))
        });
        Ok(judged.collect())
    }

    /// What is known of each of these scopes, named by [`KeyStore::scope_id`].
    ///
    /// # Errors
    /// When a page cannot be read. In place of a scope: [`Error::NotOfThisStore`], [`Error::Lost`], [`Error::Destroyed`].
    pub fn scope_facts(&mut self, scopes: &[KeyId]) -> Result<Vec<Result<ScopeFacts>>> {
        self.read(|txn, ids| {
            let mut found = Vec::with_capacity(scopes.len());
            for id in scopes {
                let position = ids.position(id).filter(|position| position.slot == WHOLE_SCOPE);
                let Some(position) = position else {
                    found.push(Err(Error::NotOfThisStore(*id)));
                    continue;
                };
                let scope = txn.scope(position.scope)?;
                let scope = scope.filter(|one| one.incarnation == position.incarnation);
                let Some(scope) = scope else {
                    found.push(Err(Error::Lost(*id)));
                    continue;
                };
                let Some(name) = scope.name().map(str::to_owned) else {
                    found.push(Err(Error::Destroyed { id: *id, tombstone: None }));
                    continue;
                };
                let live = txn.living_keys(position.scope, &scope)?;
                let (level, held, created) = (scope.level, scope.held, scope.created);
                found.push(Ok(ScopeFacts { id: *id, name, level, held, created, live }));
            }
            Ok(found)
        })
    }
}

/// [`KeyStore::facts`] as one transaction sees them.
pub(super) fn facts_of<S: PageSource>(
    txn: &mut Txn<'_, S>,
    ids: &IdCipher,
    keys: &[KeyId],
) -> Result<Vec<Result<KeyFacts>>> {
    let batch = Batch::of(ids, keys);
    let mut known = HashMap::with_capacity(keys.len());
    batch.look(txn, |id, found| {
        match found {
            Err(error) if !error.is_about_a_key() => return Err(error),
            found => known.insert(*id, found.map(|found| facts(ids, &found))),
        };
        Ok(())
    })?;
    let of = |id: &KeyId| known.remove(id).unwrap_or(Err(Error::NotOfThisStore(*id)));
    Ok(keys.iter().map(of).collect())
}

fn facts(ids: &IdCipher, found: &Found) -> KeyFacts {
    let state = found.state();
    let own = found.record.state;
    KeyFacts {
        id: found.id,
        scope: found.scope(ids),
        level: found.level,
        state,
        before: match found.record.waits {
            Some(waits) => Some(waits.before),
            None => (state != own).then_some(own),
        },
        waits_for: found.waits_for(),
        held: found.held,
        suite: found.record.suite,
        created: found.record.created,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clearance::Clearance;
    use crate::custody::{KeyFile, NewCustody};
    use crate::store::{InitOptions, Location};

    #[test]
    fn facts_are_those_of_the_listing_and_open_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let key_file = KeyFile::generate();
        let options = InitOptions {
            suite: Suite::Sm4Gcm,
            custody: &[NewCustody::KeyFile(&key_file)],
            shares: None,
        };
        let place = Location::new(dir.path().join("keys"), None);
        let (mut store, _) = KeyStore::init(&place, &options, Duration::from_secs(10)).unwrap();
        let made = store.create_keys("ward/7", Suite::Aes256Gcm, &[b"a", b"b", b"c"]).unwrap();
        let ids: Vec<KeyId> = made.iter().map(|key| key.id).collect();
        store.set_level("ward/7", 4).unwrap();
        store.hold(&ids[..1]).unwrap();
        store.set_state(&ids[1..2], KeyState::Deactivated).unwrap();
        store.destroy(Clearance::destroy_for_test(ids[2..].to_vec(), [7; 32])).unwrap();

        let scope = store.scope_id("ward/7").unwrap();
        let facts = store.facts(&ids).unwrap();
        let first = *facts[0].as_ref().unwrap();
        assert_eq!((first.scope, first.level, first.held), (scope, 4, true));
        assert_eq!((first.suite, first.state), (Suite::Aes256Gcm, KeyState::Active));
        let second = facts[1].as_ref().unwrap();
        assert_eq!((second.held, second.state), (false, KeyState::Deactivated));
        assert!(matches!(facts[2], Err(Error::Destroyed { .. })));
        let foreign = store.facts(&[KeyId([9; 16])]).unwrap();
        assert!(matches!(foreign[0], Err(Error::NotOfThisStore(_))));

        let scopes = store.scope_facts(&[scope, ids[0]]).unwrap();
        let of = scopes[0].as_ref().unwrap();
        assert_eq!((of.name.as_str(), of.live, of.level, of.held), ("ward/7", 2, 4, false));
        assert!(matches!(scopes[1], Err(Error::NotOfThisStore(_))));
        store.release(&ids[..1]).unwrap();
        store.destroy(Clearance::destroy_for_test(vec![scope], [7; 32])).unwrap();
        assert!(matches!(store.scope_facts(&[scope]).unwrap()[0], Err(Error::Destroyed { .. })));
    }
}
