//! Making, opening and changing keys.

use sealkeep_crypto::{Secret, SecretVec, Suite};

use super::KeyStore;
use super::access::{Actor, IDS_IN_ENTRY, ids_value, unrecorded};
use crate::clearance::Intent;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::now;
use crate::id::{IdCipher, KeyId, Position, WHOLE_SCOPE};
use crate::leaf::{Body, KeyRecord, MAX_LABEL};
use crate::pager::PageSource;
use crate::scope::{INDEX_SCOPE, ScopeBody, ScopeRecord, check_name};
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
    /// [`Error::ScopeName`], [`Error::ScopePending`], [`Error::ScopeFull`], [`Error::LabelTooLong`],
    /// [`Error::Busy`], and what the file system says; then no key was made.
    pub fn create_keys(
        &mut self,
        scope: &str,
        suite: Suite,
        labels: &[&[u8]],
    ) -> Result<Vec<NewKey>> {
        let wanted: Vec<(&str, &[u8])> = labels.iter().map(|label| (scope, *label)).collect();
        self.create_keys_in(suite, &wanted)
    }

    /// [`KeyStore::create_keys`] for several scopes in one commit: each key is wanted by scope and label. They come in the
    /// order in which they were asked for.
    ///
    /// # Errors
    /// As [`KeyStore::create_keys`].
    pub fn create_keys_in(
        &mut self,
        suite: Suite,
        wanted: &[(&str, &[u8])],
    ) -> Result<Vec<NewKey>> {
        for (at, (scope, label)) in wanted.iter().enumerate() {
            if at == 0 || wanted[at - 1].0 != *scope {
                check_name(scope)?;
            }
            if *scope == INDEX_SCOPE {
                return Err(Error::ScopeName(scope.to_string()));
            }
            if label.len() > MAX_LABEL {
                return Err(Error::LabelTooLong);
            }
        }
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let moment = now();
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by_key(|&at| wanted[at].0);
        let actor = self.actor.clone();
        let made = self.write(Kind::Append, None, |txn, ids| {
            let mut keys: Vec<Option<NewKey>> = wanted.iter().map(|_| None).collect();
            let mut made = Vec::new();
            for group in order.chunk_by(|&a, &b| wanted[a].0 == wanted[b].0) {
                let labels: Vec<&[u8]> = group.iter().map(|&at| wanted[at].1).collect();
                let scope = wanted[group[0]].0;
                let (scope, new) = add(txn, ids, scope, suite, &labels, moment)?;
                made.push((scope, new.len() as u64));
                for (&at, key) in group.iter().zip(new) {
                    keys[at] = Some(key);
                }
            }
            actor.log_made(txn, &made);
            let keys = keys.into_iter().map(|key| key.expect("each is in one group")).collect();
            Ok((keys, Vec::new()))
        })?;
        Ok(made.0)
    }

    /// The key for indexes of what other keys protect: names, tags of content. It is made when there is none, and dies in the
    /// same act as any other key of this store that is destroyed, so that no index outlives what it tells of.
    ///
    /// # Errors
    /// As [`KeyStore::create_keys`].
    pub fn index_key(&mut self, suite: Suite) -> Result<NewKey> {
        let (moment, actor) = (now(), self.actor.clone());
        let made = self.write(Kind::Append, None, |txn, ids| {
            let key = match index_key(txn, ids)? {
                Some(key) => {
                    actor.log_one(txn, key.id);
                    key
                }
                None => {
                    let (scope, mut new) = add(txn, ids, INDEX_SCOPE, suite, &[b""], moment)?;
                    actor.log_made(txn, &[(scope, 1)]);
                    new.remove(0)
                }
            };
            Ok((key, Vec::new()))
        });
        made.map(|(key, _)| key).map_err(unrecorded)
    }

    /// The key behind an id, to open with. That it was asked for is in the ledger when this returns, which costs a commit:
    /// where there are many, ask with [`KeyStore::open_keys`].
    ///
    /// # Errors
    /// [`Error::NotOfThisStore`], [`Error::Destroyed`], [`Error::Held`], [`Error::Lost`],
    /// [`Error::NotUsable`] in a state that does not open, and [`Error::Unrecorded`].
    pub fn open_key(&mut self, id: &KeyId) -> Result<OpenedKey> {
        only(self.hand_out(&[*id], opens)?)
    }

    /// [`KeyStore::open_key`] for many, at one moment and with one commit.
    ///
    /// # Errors
    /// [`Error::Unrecorded`], and when a page cannot be read. What is wrong with a single key stands in its place.
    pub fn open_keys(&mut self, ids: &[KeyId]) -> Result<Vec<Result<OpenedKey>>> {
        self.hand_out(ids, opens)
    }

    /// What may be done with each of these keys now, without handing any out; errors as [`KeyStore::open_key`].
    ///
    /// # Errors
    /// When a page cannot be read.
    pub fn key_states(&mut self, ids: &[KeyId]) -> Result<Vec<Result<KeyState>>> {
        self.each(
            ids,
            |found| if found.held { Err(Error::Held(found.id)) } else { Ok(found.state()) },
        )
    }

    /// [`KeyStore::open_key`] for a caller that accepts a compromised key (SP 800-57 part 1 §7: to process only,
    /// under control).
    ///
    /// # Errors
    /// As [`KeyStore::open_key`].
    pub fn open_compromised_key(&mut self, id: &KeyId) -> Result<OpenedKey> {
        let usable = |state| opens(state) || state == KeyState::Compromised;
        only(self.hand_out(&[*id], usable)?)
    }

    /// Moves keys to another state, all or none, as a new epoch: an old page cannot undo it.
    ///
    /// # Errors
    /// [`Error::Transition`] for a move that [`KeyState::may_become`] does not allow, and as [`KeyStore::open_key`].
    pub fn set_state(&mut self, keys: &[KeyId], next: KeyState) -> Result<()> {
        let (moment, actor) = (now(), self.actor.clone());
        let changed = self.write(Kind::Epoch, None, |txn, ids| {
            for some in keys.chunks(IDS_IN_ENTRY) {
                let about = [("state", next.name().into()), ("keys", ids_value(some))];
                txn.log(actor.act("set-state", about));
            }
            for id in keys {
                let Found { position, mut record, pending, .. } = find(txn, ids, id)?;
                if pending.is_some() || !record.state.may_become(next) {
                    let from = pending.map_or(record.state, |_| KeyState::PendingDestruction);
                    return Err(Error::Transition { id: *id, from, to: next });
                }
                (record.state, record.changed) = (next, moment);
                txn.put_key(position.scope, position.slot, &record)?;
            }
            Ok(((), Vec::new()))
        });
        changed.map(drop).map_err(|error| self.lost_or_destroyed(error))
    }

    /// Puts keys, or whole scopes by [`KeyStore::scope_id`], on hold, all or none, without any statement: for tests. Whoever
    /// holds something [submits](KeyStore::submit) a statement.
    ///
    /// # Errors
    /// As [`KeyStore::open_key`]; what is destroyed cannot be held.
    #[cfg(any(test, feature = "test-door"))]
    pub fn hold(&mut self, targets: &[KeyId]) -> Result<()> {
        self.set_hold(targets, true)
    }

    /// Releases keys and scopes from hold without any statement: for tests.
    ///
    /// # Errors
    /// As [`KeyStore::hold`].
    #[cfg(any(test, feature = "test-door"))]
    pub fn release(&mut self, targets: &[KeyId]) -> Result<()> {
        self.set_hold(targets, false)
    }

    /// Classifies a scope: GB/T 39725 level 1 to 5, or 0 for none. Once there is a policy, levels only rise.
    ///
    /// # Errors
    /// [`Error::NoSuchScope`], [`Error::LevelLowered`].
    ///
    /// # Panics
    /// When the level is above 5.
    pub fn set_level(&mut self, name: &str, level: u8) -> Result<()> {
        assert!(level <= 5, "GB/T 39725 has five levels");
        let actor = self.actor.clone();
        let changed = self.write(Kind::Epoch, None, |txn, ids| {
            let (number, mut record) = existing_scope(txn, name)?;
            // Which approvals a destruction takes depends on it.
            if txn.root.heads[1] != [0; 32] && level < record.level {
                return Err(Error::LevelLowered { from: record.level, to: level });
            }
            record.level = level;
            classify(txn, ids, &actor, number, &record)?;
            Ok(((), Vec::new()))
        });
        changed.map(drop)
    }

    /// Raises scopes to these levels, 1 to 5, all in one commit; those that are as high already are left as they are, as are names of
    /// which there is no scope. Where nothing is to be raised, nothing is written.
    ///
    /// # Errors
    /// As any change.
    ///
    /// # Panics
    /// If a level is above 5.
    pub fn raise_levels(&mut self, wanted: &[(&str, u8)]) -> Result<()> {
        assert!(wanted.iter().all(|(_, level)| *level <= 5), "GB/T 39725 has five levels");
        if self.read(|txn, _| lower(txn, wanted))?.is_empty() {
            return Ok(());
        }
        let actor = self.actor.clone();
        let changed = self.write(Kind::Epoch, None, |txn, ids| {
            for (number, record) in lower(txn, wanted)? {
                classify(txn, ids, &actor, number, &record)?;
            }
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
        let (moment, actor) = (now(), self.actor.clone());
        let rotated = self.write(Kind::Epoch, None, |txn, ids| {
            let (number, mut record) = existing_scope(txn, name)?;
            let scope = ids.scope(number, record.incarnation).to_string();
            txn.log(actor.act("rotate", [("scope", scope.into())]));
            let pages = if record.count == 0 { 0 } else { txn.touch_tree(number, &record)? };
            record.rotated = moment;
            txn.put_scope(number, &record)?;
            Ok((pages, Vec::new()))
        })?;
        Ok(rotated.0)
    }

    /// What `look` finds for each key, all at one moment.
    fn each<R>(
        &mut self,
        wanted: &[KeyId],
        look: impl Fn(Found) -> Result<R>,
    ) -> Result<Vec<Result<R>>> {
        let doomed = self.doomed()?;
        let found = self.read(|txn, ids| {
            let mut found = Vec::with_capacity(wanted.len());
            for id in wanted {
                let one = find(txn, ids, id).and_then(&look);
                if let Err(error) = &one
                    && !error.is_about_a_key()
                {
                    return one.map(|_| Vec::new());
                }
                found.push(one);
            }
            Ok(found)
        })?;
        let judged = wanted.iter().zip(found).map(|(id, one)| {
            if doomed.iter().any(|intent| self.names(intent, id)) {
                return Err(Error::Destroyed { id: *id, tombstone: None });
            }
            one.map_err(|error| self.lost_or_destroyed(error))
        });
        Ok(judged.collect())
    }

    #[cfg(any(test, feature = "test-door"))]
    fn set_hold(&mut self, targets: &[KeyId], held: bool) -> Result<()> {
        let moment = now();
        let operation = if held { "held" } else { "released" };
        let set = self.write(Kind::Epoch, None, |txn, ids| {
            txn.log(super::access::done_to(txn.root.suite, operation, targets, None));
            set_hold(txn, ids, targets, held, moment)?;
            Ok(((), Vec::new()))
        });
        set.map(drop).map_err(|error| self.lost_or_destroyed(error))
    }

    /// A key that is not in the tree may have been made after the copy that this store was restored from, and
    /// destroyed since: the feed knows.
    pub(super) fn lost_or_destroyed(&self, error: Error) -> Error {
        match error {
            Error::Lost(id) if in_feed(&self.db, &self.ids, &id) => {
                Error::Destroyed { id, tombstone: None }
            }
            error => error,
        }
    }

    /// Destructions that were begun and are not finished.
    pub(super) fn doomed(&self) -> Result<Vec<Intent>> {
        if !self.db.has_intents()? {
            return Ok(Vec::new());
        }
        self.db.intents()?.iter().map(|(_, signed)| self.verify_intent(signed)).collect()
    }

    /// Whether an intent names a key or its scope.
    pub(super) fn names(&self, intent: &Intent, id: &KeyId) -> bool {
        let Some(position) = self.ids.position(id) else { return false };
        let its_scope = |target: &KeyId| {
            let scope = self.ids.position(target).filter(|target| target.slot == WHOLE_SCOPE);
            scope.is_some_and(|scope| may_hold(scope, position))
        };
        intent.targets.iter().any(|target| target == id || its_scope(target))
    }
}

/// Puts keys and scopes on hold, or releases them.
pub(super) fn set_hold<S: PageSource>(
    txn: &mut Txn<'_, S>,
    ids: &IdCipher,
    targets: &[KeyId],
    held: bool,
    moment: u64,
) -> Result<()> {
    for id in targets {
        let position = ids.position(id).ok_or(Error::NotOfThisStore(*id))?;
        if position.slot == WHOLE_SCOPE {
            let mut scope = txn
                .scope(position.scope)?
                .filter(|scope| scope.incarnation == position.incarnation)
                .ok_or(Error::Lost(*id))?;
            if scope.tombstone().is_some() {
                // What is gone needs no release.
                if !held {
                    continue;
                }
                return Err(Error::Destroyed { id: *id, tombstone: None });
            }
            scope.held = held;
            txn.put_scope(position.scope, &scope)?;
        } else {
            let found = match find(txn, ids, id) {
                Err(Error::Destroyed { .. } | Error::Lost(_)) if !held => continue,
                found => found?,
            };
            let Found { mut record, .. } = found;
            (record.held, record.changed) = (held, moment);
            txn.put_key(position.scope, position.slot, &record)?;
        }
    }
    Ok(())
}

/// A live key, where it stands, whether it or its scope is on hold, and whether its scope is to be destroyed.
pub(super) struct Found {
    pub(super) id: KeyId,
    pub(super) position: Position,
    pub(super) record: KeyRecord,
    pub(super) held: bool,
    /// The request by which its scope is to be destroyed as a whole.
    pub(super) pending: Option<[u8; 32]>,
    /// Level of its scope.
    pub(super) level: u8,
    /// The incarnation that made its scope.
    pub(super) scope_incarnation: u16,
}

impl Found {
    /// What stands for its scope in a list.
    pub(super) fn scope(&self, ids: &IdCipher) -> KeyId {
        let incarnation = self.scope_incarnation;
        ids.id(Position { scope: self.position.scope, slot: WHOLE_SCOPE, incarnation })
    }

    /// The request that it, or its scope, waits for.
    pub(super) fn waits_for(&self) -> Option<[u8; 32]> {
        self.pending.or(self.record.waits.map(|waits| waits.request))
    }

    /// Its state, or that of its scope.
    pub(super) fn state(&self) -> KeyState {
        if self.pending.is_some() { KeyState::PendingDestruction } else { self.record.state }
    }
}

/// Finds a live key by id.
pub(super) fn find<S: PageSource>(
    txn: &mut Txn<'_, S>,
    ids: &IdCipher,
    id: &KeyId,
) -> Result<Found> {
    let position = ids.position(id).ok_or(Error::NotOfThisStore(*id))?;
    let scope = txn.scope(position.scope)?.ok_or(Error::Lost(*id))?;
    let record = txn.key(position.scope, &scope, position.slot)?;
    judge(id, position, &scope, record)
}

/// What stands where an id points.
pub(super) fn judge(
    id: &KeyId,
    position: Position,
    scope: &ScopeRecord,
    record: Option<KeyRecord>,
) -> Result<Found> {
    if let Some(dead) = scope.tombstone() {
        // Lost in a restore, and the number of its scope was used again since.
        let another = position.incarnation < scope.incarnation;
        if another || position.slot >= scope.count {
            return Err(Error::Lost(*id));
        }
        let (when, certificate) = (dead.when, dead.certificate);
        let tombstone = Some(crate::leaf::Tombstone { when, certificate, fingerprint: [0; 16] });
        return Err(Error::Destroyed { id: *id, tombstone });
    }
    let record = record.ok_or(Error::Lost(*id))?;
    if record.incarnation != position.incarnation {
        return Err(Error::Lost(*id));
    }
    if let Some(tombstone) = record.tombstone() {
        return Err(Error::Destroyed { id: *id, tombstone: Some(tombstone) });
    }
    let held = record.held || scope.held;
    let (pending, level, scope_incarnation) = (scope.pending, scope.level, scope.incarnation);
    Ok(Found { id: *id, position, record, held, pending, level, scope_incarnation })
}

/// Scopes that are lower than wanted, as they are to be.
fn lower<S: PageSource>(
    txn: &mut Txn<'_, S>,
    wanted: &[(&str, u8)],
) -> Result<Vec<(u32, ScopeRecord)>> {
    let mut found = Vec::new();
    for (name, level) in wanted {
        match existing_scope(txn, name) {
            Err(Error::NoSuchScope(_)) => {}
            Err(error) => return Err(error),
            Ok((number, record)) if record.level < *level => {
                found.push((number, ScopeRecord { level: *level, ..record }));
            }
            Ok(_) => {}
        }
    }
    Ok(found)
}

/// Writes a scope with another level, and tells the ledger.
fn classify<S: PageSource>(
    txn: &mut Txn<'_, S>,
    ids: &IdCipher,
    actor: &Actor,
    number: u32,
    record: &ScopeRecord,
) -> Result<()> {
    let scope = ids.scope(number, record.incarnation).to_string();
    txn.log(actor.act("set-level", [("scope", scope.into()), ("level", record.level.into())]));
    txn.put_scope(number, record)
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

/// Whether the store's feed names a key or its scope.
pub(super) fn in_feed(db: &Db, ids: &IdCipher, id: &KeyId) -> bool {
    is_named(ids, id, |id| db.is_tombstoned(id).unwrap_or(false))
}

/// Whether a feed names a key or its scope, of whichever incarnation that was; `named` tells whether it names an id.
pub(super) fn is_named(ids: &IdCipher, id: &KeyId, named: impl Fn(&KeyId) -> bool) -> bool {
    let Some(position) = ids.position(id) else { return false };
    let mut incarnations = 1..=position.incarnation;
    named(id) || incarnations.any(|incarnation| named(&ids.scope(position.scope, incarnation)))
}

/// Whether a key can have been made in a scope: by the incarnation that made the scope, or a later one. A number that was
/// lost in a restore is used again by another scope.
fn may_hold(scope: Position, key: Position) -> bool {
    scope.scope == key.scope && scope.incarnation <= key.incarnation
}

/// Whether a key opens in this state.
fn opens(state: KeyState) -> bool {
    matches!(state, KeyState::Active | KeyState::Deactivated)
}

/// The one thing that came of asking for one.
fn only(mut opened: Vec<Result<OpenedKey>>) -> Result<OpenedKey> {
    opened.pop().expect("one for one")
}

/// The key, if it may be used.
pub(super) fn open_found(found: Found, usable: impl FnOnce(KeyState) -> bool) -> Result<OpenedKey> {
    if found.held {
        return Err(Error::Held(found.id));
    }
    let state = found.state();
    let KeyRecord { suite, body, .. } = found.record;
    match body {
        Body::Live { key, .. } if usable(state) => Ok(OpenedKey { suite, state, secret: key }),
        _ => Err(Error::NotUsable { id: found.id, state }),
    }
}

/// Adds one key for each label to a scope, which is made when it is not there. Returns the scope's id, too.
fn add<S: PageSource>(
    txn: &mut Txn<'_, S>,
    ids: &IdCipher,
    scope: &str,
    suite: Suite,
    labels: &[&[u8]],
    moment: u64,
) -> Result<(KeyId, Vec<NewKey>)> {
    let (number, mut record) = scope_or_new(txn, scope, moment)?;
    if record.pending.is_some() {
        return Err(Error::ScopePending(scope.to_owned()));
    }
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
            waits: None,
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
        keys.push(NewKey { id: ids.id(Position { scope: number, slot, incarnation }), secret });
    }
    txn.add_keys(number, &mut record, &records)?;
    Ok((ids.scope(number, record.incarnation), keys))
}

/// The index key, if there is one that may be used.
fn index_key<S: PageSource>(txn: &mut Txn<'_, S>, ids: &IdCipher) -> Result<Option<NewKey>> {
    let (number, scope) = match existing_scope(txn, INDEX_SCOPE) {
        Err(Error::NoSuchScope(_)) => return Ok(None),
        found => found?,
    };
    let Some(slot) = scope.count.checked_sub(1) else { return Ok(None) };
    let record = txn.key(number, &scope, slot)?;
    Ok(record.and_then(|record| match record.body {
        Body::Live { key, .. } => {
            let position = Position { scope: number, slot, incarnation: record.incarnation };
            Some(NewKey { id: ids.id(position), secret: key })
        }
        Body::Dead(_) => None,
    }))
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
                pending: None,
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
