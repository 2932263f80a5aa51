//! Making, opening and changing keys.

use sealkeep_crypto::{Secret, SecretVec, Suite};

use super::KeyStore;
use crate::clearance::{Act, Clearance};
use crate::error::{Error, Result};
use crate::files::now;
use crate::id::{IdCipher, KeyId, Position, WHOLE_SCOPE};
use crate::leaf::{Body, KeyRecord, MAX_LABEL};
use crate::pager::PageSource;
use crate::scope::{ScopeBody, ScopeRecord, check_name};
use crate::state::KeyState;
use crate::txn::{Kind, Txn};

/// A key that was just made. It is durable, and nobody else has it yet.
#[derive(Debug)]
pub struct NewKey {
    /// Its id, to go into the sealed file.
    pub id: KeyId,
    /// The data key.
    pub secret: Secret<32>,
}

/// A key that may be used to open.
#[derive(Debug)]
pub struct OpenedKey {
    /// The suite it was made for.
    pub suite: Suite,
    /// Its state: active or deactivated, or compromised when that was accepted.
    pub state: KeyState,
    /// The data key.
    pub secret: Secret<32>,
}

impl KeyStore {
    /// Makes one key for each label, in one commit, in a scope that is made when it is not there.
    /// When this returns, the keys are durable in the main store; see [`KeyStore::sync_live_copies`] for copies.
    ///
    /// # Errors
    /// [`Error::ScopeName`], [`Error::ScopeDestroyed`], [`Error::ScopeFull`], [`Error::LabelTooLong`],
    /// [`Error::Busy`], and what the file system says; then no key was made.
    pub fn create_keys(
        &mut self,
        scope: &str,
        suite: Suite,
        labels: &[&[u8]],
    ) -> Result<Vec<NewKey>> {
        check_name(scope)?;
        if labels.iter().any(|label| label.len() > MAX_LABEL) {
            return Err(Error::LabelTooLong);
        }
        if labels.is_empty() {
            return Ok(Vec::new());
        }
        let moment = now();
        let made = self.write(Kind::Append, None, |txn, ids| {
            let (number, mut record) = scope_or_new(txn, scope, moment)?;
            let incarnation = txn.root.incarnation;
            let full = || Error::ScopeFull(scope.to_owned());
            let count = u32::try_from(labels.len()).map_err(|_| full())?;
            record.count.checked_add(count).filter(|end| *end < WHOLE_SCOPE).ok_or_else(full)?;
            let mut keys = Vec::with_capacity(labels.len());
            let mut records = Vec::with_capacity(labels.len());
            for (slot, label) in (record.count..).zip(labels) {
                let secret = Secret::random();
                let record = KeyRecord {
                    state: KeyState::Active,
                    held: false,
                    suite,
                    incarnation,
                    created: moment,
                    changed: moment,
                    body: Body::Live {
                        key: secret.duplicate(),
                        label: SecretVec::from_vec(label.to_vec()),
                    },
                };
                records.push(record.encode());
                keys.push(NewKey {
                    id: ids.id(Position { scope: number, slot, incarnation }),
                    secret,
                });
            }
            txn.add_keys(number, &mut record, &records)?;
            Ok((keys, Vec::new()))
        })?;
        Ok(made.0)
    }

    /// The key behind an id, to open with.
    ///
    /// # Errors
    /// [`Error::NotOfThisStore`], [`Error::Destroyed`], [`Error::Held`], [`Error::Lost`], and
    /// [`Error::NotUsable`] in a state that does not open.
    pub fn open_key(&mut self, id: &KeyId) -> Result<OpenedKey> {
        self.open_if(id, |state| matches!(state, KeyState::Active | KeyState::Deactivated))
    }

    /// [`KeyStore::open_key`] for a caller that accepts a compromised key (SP 800-57 part 1 §7: to process only,
    /// under control).
    ///
    /// # Errors
    /// As [`KeyStore::open_key`].
    pub fn open_compromised_key(&mut self, id: &KeyId) -> Result<OpenedKey> {
        use KeyState::{Active, Compromised, Deactivated};
        self.open_if(id, |state| matches!(state, Active | Deactivated | Compromised))
    }

    /// Moves keys to another state, all or none, as a new epoch: an old page cannot undo it.
    ///
    /// # Errors
    /// [`Error::Transition`] for a move that [`KeyState::may_become`] does not allow, and as [`KeyStore::open_key`].
    pub fn set_state(&mut self, keys: &[KeyId], next: KeyState) -> Result<()> {
        let moment = now();
        let changed = self.write(Kind::Epoch, None, |txn, ids| {
            for id in keys {
                let Found { position, mut record, .. } = find(txn, ids, id)?;
                if !record.state.may_become(next) {
                    return Err(Error::Transition { id: *id, from: record.state, to: next });
                }
                (record.state, record.changed) = (next, moment);
                txn.put_key(position.scope, position.slot, &record)?;
            }
            Ok(((), Vec::new()))
        });
        changed.map(drop).map_err(|error| self.lost_or_destroyed(error))
    }

    /// Puts keys, or whole scopes by [`KeyStore::scope_id`], on hold, all or none, as a new epoch: nobody opens them
    /// until they are released.
    ///
    /// # Errors
    /// As [`KeyStore::open_key`]; what is destroyed cannot be held.
    pub fn hold(&mut self, targets: &[KeyId]) -> Result<()> {
        self.set_hold(targets, true)
    }

    /// Releases keys and scopes from hold. Takes a clearance, because holding is a duty to somebody else.
    ///
    /// # Errors
    /// [`Error::Clearance`] when the clearance is for something else, and as [`KeyStore::hold`].
    pub fn release(&mut self, clearance: Clearance) -> Result<()> {
        if clearance.act != Act::Release {
            return Err(Error::Clearance("it is not for a release".into()));
        }
        self.set_hold(&clearance.targets, false)
    }

    /// Classifies a scope: GB/T 39725 level 1 to 5, or 0 for none.
    ///
    /// # Errors
    /// [`Error::NoSuchScope`].
    ///
    /// # Panics
    /// When the level is above 5.
    pub fn set_level(&mut self, name: &str, level: u8) -> Result<()> {
        assert!(level <= 5, "GB/T 39725 has five levels");
        let changed = self.write(Kind::Epoch, None, |txn, _| {
            let (number, mut record) = existing_scope(txn, name)?;
            record.level = level;
            txn.put_scope(number, &record)?;
            Ok(((), Vec::new()))
        });
        changed.map(drop)
    }

    /// Replaces the scope's own key and every page key below it: data keys are wrapped anew, no data is touched.
    /// Returns the pages wrapped anew.
    ///
    /// # Errors
    /// [`Error::NoSuchScope`].
    pub fn rotate_scope(&mut self, name: &str) -> Result<u32> {
        let moment = now();
        let rotated = self.write(Kind::Epoch, None, |txn, _| {
            let (number, mut record) = existing_scope(txn, name)?;
            let pages = if record.count == 0 { 0 } else { txn.touch_tree(number, &record)? };
            record.rotated = moment;
            txn.put_scope(number, &record)?;
            Ok((pages, Vec::new()))
        })?;
        Ok(rotated.0)
    }

    fn open_if(&mut self, id: &KeyId, usable: impl FnOnce(KeyState) -> bool) -> Result<OpenedKey> {
        if self.is_doomed(id)? {
            return Err(Error::Destroyed { id: *id, tombstone: None });
        }
        self.read(|txn, ids| {
            let found = find(txn, ids, id)?;
            if found.held {
                return Err(Error::Held(*id));
            }
            let KeyRecord { state, suite, body, .. } = found.record;
            match body {
                Body::Live { key, .. } if usable(state) => {
                    Ok(OpenedKey { suite, state, secret: key })
                }
                _ => Err(Error::NotUsable { id: *id, state }),
            }
        })
        .map_err(|error| self.lost_or_destroyed(error))
    }

    fn set_hold(&mut self, targets: &[KeyId], held: bool) -> Result<()> {
        let moment = now();
        let set = self.write(Kind::Epoch, None, |txn, ids| {
            for id in targets {
                let position = ids.position(id).ok_or(Error::NotOfThisStore(*id))?;
                if position.slot == WHOLE_SCOPE {
                    let mut scope = txn
                        .scope(position.scope)?
                        .filter(|scope| scope.incarnation == position.incarnation)
                        .ok_or(Error::Lost(*id))?;
                    if scope.tombstone().is_some() {
                        return Err(Error::Destroyed { id: *id, tombstone: None });
                    }
                    scope.held = held;
                    txn.put_scope(position.scope, &scope)?;
                } else {
                    let Found { mut record, .. } = find(txn, ids, id)?;
                    (record.held, record.changed) = (held, moment);
                    txn.put_key(position.scope, position.slot, &record)?;
                }
            }
            Ok(((), Vec::new()))
        });
        set.map(drop).map_err(|error| self.lost_or_destroyed(error))
    }

    /// A key that is not in the tree may have been made after the copy that this store was restored from, and
    /// destroyed since: the feed knows.
    pub(super) fn lost_or_destroyed(&self, error: Error) -> Error {
        match error {
            Error::Lost(id) if self.in_feed(&id) => Error::Destroyed { id, tombstone: None },
            error => error,
        }
    }

    /// Whether the feed names a key or its scope, of whichever incarnation that was.
    fn in_feed(&self, id: &KeyId) -> bool {
        let Some(position) = self.ids.position(id) else { return false };
        let scope =
            |incarnation| self.ids.id(Position { slot: WHOLE_SCOPE, incarnation, ..position });
        let named = |id: &KeyId| self.db.is_tombstoned(id).unwrap_or(false);
        named(id) || (1..=position.incarnation).any(|incarnation| named(&scope(incarnation)))
    }

    /// Whether a destruction that was begun, and is not finished, names a key or its scope.
    fn is_doomed(&self, id: &KeyId) -> Result<bool> {
        if !self.db.has_intents()? {
            return Ok(false);
        }
        let same_scope = |target: &KeyId| {
            let positions = (self.ids.position(target), self.ids.position(id));
            matches!(positions, (Some(a), Some(b)) if a.slot == WHOLE_SCOPE && a.scope == b.scope)
        };
        for (_, signed) in self.db.intents()? {
            let intent = self.verify_intent(&signed)?;
            if intent.targets.iter().any(|target| target == id || same_scope(target)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A live key, where it stands, and whether it or its scope is on hold.
pub(super) struct Found {
    pub(super) position: Position,
    pub(super) record: KeyRecord,
    pub(super) held: bool,
}

/// Finds a live key by id.
pub(super) fn find<S: PageSource>(
    txn: &mut Txn<'_, S>,
    ids: &IdCipher,
    id: &KeyId,
) -> Result<Found> {
    let position = ids.position(id).ok_or(Error::NotOfThisStore(*id))?;
    let scope = txn.scope(position.scope)?.ok_or(Error::Lost(*id))?;
    if let Some(dead) = scope.tombstone() {
        if position.slot >= scope.count {
            return Err(Error::Lost(*id));
        }
        let (when, certificate) = (dead.when, dead.certificate);
        let tombstone = Some(crate::leaf::Tombstone { when, certificate, fingerprint: [0; 16] });
        return Err(Error::Destroyed { id: *id, tombstone });
    }
    let record = txn.key(position.scope, &scope, position.slot)?.ok_or(Error::Lost(*id))?;
    if record.incarnation != position.incarnation {
        return Err(Error::Lost(*id));
    }
    if let Some(tombstone) = record.tombstone() {
        return Err(Error::Destroyed { id: *id, tombstone: Some(tombstone) });
    }
    let held = record.held || scope.held;
    Ok(Found { position, record, held })
}

/// Finds a live scope by name.
pub(super) fn existing_scope<S: PageSource>(
    txn: &mut Txn<'_, S>,
    name: &str,
) -> Result<(u32, ScopeRecord)> {
    let missing = || Error::NoSuchScope(name.to_owned());
    let number = txn.find_name(name)?.ok_or_else(missing)?;
    let record =
        txn.scope(number)?.filter(|record| record.name() == Some(name)).ok_or_else(missing)?;
    Ok((number, record))
}

fn scope_or_new<S: PageSource>(
    txn: &mut Txn<'_, S>,
    name: &str,
    moment: u64,
) -> Result<(u32, ScopeRecord)> {
    match existing_scope(txn, name) {
        Err(Error::NoSuchScope(_)) => {
            let record = ScopeRecord {
                held: false,
                level: 0,
                incarnation: txn.root.incarnation,
                created: moment,
                rotated: moment,
                count: 0,
                body: ScopeBody::Live {
                    name: SecretVec::from_vec(name.as_bytes().to_vec()),
                    height: 0,
                    top: None,
                },
            };
            let number = txn.add_scope(&record)?;
            txn.add_name(name, number)?;
            Ok((number, record))
        }
        found => found,
    }
}
