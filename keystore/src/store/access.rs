//! Who works with the store, and the entries that say so: no key is handed out without one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use sealkeep_crypto::{Suite, hash};
use serde_json::{Map, Value};

use super::KeyStore;
use super::keys::{OpenedKey, find, in_feed, open_found};
use crate::approval::Register;
use crate::clock::Moment;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::id::{IdCipher, KeyId};
use crate::ledger::{Access, Act, Alarm, AlarmKind, Event, Hash, StoreEvent};
use crate::pager::PageSource;
use crate::root::AccessRules;
use crate::state::KeyState;
use crate::txn::{Kind, Txn};

/// Who does something with the store, as the ledger shall say it.
///
/// It is what the program was told: an unlocked store on a machine that somebody else controls records what that one says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// The account that runs the program.
    pub who: String,
    /// Where from: `local`, or the address of the remote end.
    pub source: String,
    /// What for, in the caller's words.
    pub purpose: String,
    /// The operation: `open`, `restore`, `backup`, … Where it is empty, `open` for keys that are opened, `seal` for those that
    /// are made.
    pub operation: String,
}

/// Tells of the alarms that a session raises.
#[derive(Clone, Debug, Default)]
pub struct AlarmBell(Arc<Mutex<Vec<Alarm>>>);

impl AlarmBell {
    /// The alarms until now.
    #[must_use]
    pub fn rung(&self) -> Vec<Alarm> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn ring(&self, alarms: Vec<Alarm>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(alarms);
    }
}

impl KeyStore {
    /// Says who works with the store from here on. Control characters are taken out, and each text is cut after 1,000 bytes.
    pub fn act_as(&mut self, actor: Actor) {
        let Actor { who, source, purpose, operation } = actor;
        let [who, source, purpose, operation] = [who, source, purpose, operation].map(bounded);
        self.actor = Actor { who, source, purpose, operation };
    }

    /// Who works with the store.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Alarms that this session has raised: each is in the ledger, too.
    #[must_use]
    pub fn alarms(&self) -> Vec<Alarm> {
        self.alarms.rung()
    }

    /// What tells of this session's alarms, even after the store was closed.
    #[must_use]
    pub fn alarm_bell(&self) -> AlarmBell {
        self.alarms.clone()
    }

    /// Hands out those of the keys that may be used. Which they are, and which were refused, is durable in the ledger before
    /// this returns; if it cannot be written, nothing is handed out.
    pub(super) fn hand_out(
        &mut self,
        wanted: &[KeyId],
        usable: fn(KeyState) -> bool,
    ) -> Result<Vec<Result<OpenedKey>>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        self.hand_out_recorded(wanted, usable).map_err(unrecorded)
    }

    fn hand_out_recorded(
        &mut self,
        wanted: &[KeyId],
        usable: fn(KeyState) -> bool,
    ) -> Result<Vec<Result<OpenedKey>>> {
        let lock = self.lock()?;
        self.refresh_locked()?;
        self.finish_intents(&lock)?;
        let moment = self.clock.read();
        let mut door = self.door(moment)?;
        let actor = self.actor.clone();
        let use_of_data = actor.uses_data("open");
        if door.rules.purpose && use_of_data && actor.purpose.trim().is_empty() {
            return Err(Error::PurposeNeeded);
        }
        if !use_of_data {
            // Backups and checks of what is restricted go on: they give it to nobody.
            door.rules.restricted_from = 0;
        }
        let (asked, _) = self.write_locked(&lock, Kind::Append, None, |txn, ids| {
            txn.moment = Some(moment);
            let mut asked = Vec::with_capacity(wanted.len());
            for id in wanted {
                asked.push(door.judge(txn, ids, *id, usable)?);
            }
            log_opened(txn, &actor, &asked);
            Ok((asked, Vec::new()))
        })?;
        if use_of_data && asked.iter().any(|one| one.waits.is_some()) {
            // A request is paused by this entry: an older database must not take it back.
            self.write_locked(&lock, Kind::Epoch, None, |_, _| Ok(((), Vec::new())))?;
        }
        Ok(asked.into_iter().map(|one| one.key).collect())
    }

    /// Who is let in now. Under the lock: nobody breaks the glass, and no policy changes, until the keys are handed out.
    fn door(&mut self, moment: Moment) -> Result<Door> {
        let Some(head) = &self.session.root.ledger else { return Ok(Door::default()) };
        let rules = head.rules;
        let mut door = Door { rules, ..Door::default() };
        if rules.glass_until <= head.time.time {
            return Ok(door);
        }
        let mut txn = Txn::new(&self.db, &mut self.pager, &self.session.root);
        txn.moment = Some(moment);
        door.time = txn.stamp().time;
        if !txn.clock_jumped() {
            door.register = Some(self.register_locked()?);
        }
        Ok(door)
    }
}

/// What the policy says of opening, and who broke which glass.
#[derive(Default)]
struct Door {
    rules: AccessRules,
    /// Where a glass may be broken: not if the clock was set since the last entry.
    register: Option<Register>,
    time: u64,
}

/// A key that was asked for.
struct Asked {
    id: KeyId,
    /// Its scope, if it was found.
    scope: Option<KeyId>,
    /// The request that it waits for.
    waits: Option<Hash>,
    /// The statement without which it would not have been handed out.
    grant: Option<Hash>,
    key: Result<OpenedKey>,
}

impl Door {
    /// # Errors
    /// When a page cannot be read; what is wrong with the key stands in its place.
    fn judge(
        &self,
        txn: &mut Txn<'_, Db>,
        ids: &IdCipher,
        id: KeyId,
        usable: fn(KeyState) -> bool,
    ) -> Result<Asked> {
        let refused = |key| Asked { id, scope: None, waits: None, grant: None, key: Err(key) };
        let found = match find(txn, ids, &id) {
            Err(Error::Lost(_)) if in_feed(txn.source(), ids, &id) => {
                return Ok(refused(Error::Destroyed { id, tombstone: None }));
            }
            Err(error) if error.is_about_a_key() => return Ok(refused(error)),
            found => found?,
        };
        let (scope, waits) = (found.scope(ids), found.waits_for());
        let broken = self.register.as_ref().and_then(|register| {
            let grant = register.glass(&scope, self.time)?;
            Some(grant.digest.0)
        });
        let restricted = self.rules.restricts(found.level);
        let grant = broken.filter(|_| restricted || found.state() == KeyState::Suspended);
        let key = if restricted && grant.is_none() {
            Err(Error::Restricted(id))
        } else {
            let suspended = |state| grant.is_some() && state == KeyState::Suspended;
            open_found(found, |state| usable(state) || suspended(state))
        };
        Ok(Asked { id, scope: Some(scope), waits, grant, key })
    }
}

impl AccessRules {
    fn restricts(&self, level: u8) -> bool {
        self.restricted_from > 0 && level >= self.restricted_from
    }
}

impl Actor {
    /// What stands for the operation where none was given.
    fn operation_or(&self, usual: &str) -> String {
        if self.operation.is_empty() { usual.to_owned() } else { self.operation.clone() }
    }

    fn access(&self, usual: &str) -> Access {
        Access {
            operation: self.operation_or(usual),
            who: self.who.clone(),
            source: self.source.clone(),
            purpose: self.purpose.clone(),
            ..Access::default()
        }
    }

    /// The entry of an administrative act.
    pub(super) fn act<const N: usize>(&self, operation: &str, about: [(&str, Value); N]) -> Event {
        Event::Act(Act {
            operation: operation.to_owned(),
            who: self.who.clone(),
            source: self.source.clone(),
            detail: detail(about),
        })
    }

    /// Entries of keys that are made in the same commit: so many in each of these scopes.
    pub(super) fn log_made<S: PageSource>(&self, txn: &mut Txn<'_, S>, made: &[(KeyId, u64)]) {
        for some in made.chunks(IDS_IN_ENTRY) {
            let count = some.iter().map(|(_, count)| count).sum();
            let scopes = some.iter().map(|(scope, _)| *scope).collect();
            txn.log(Event::Access(Access { count: Some(count), scopes, ..self.access("seal") }));
        }
    }

    /// The entry of a single key that is handed out.
    pub(super) fn log_one<S: PageSource>(&self, txn: &mut Txn<'_, S>, key: KeyId) {
        txn.log(Event::Access(Access { keys: vec![key], ..self.access("open") }));
        txn.count_opened(u64::from(self.uses_data("open")));
    }

    /// Whether what keys are opened for hands data to somebody. The rest (a backup that compares, a listing that is made anew)
    /// opens all keys of a vault as a matter of course.
    fn uses_data(&self, usual: &str) -> bool {
        USES.contains(&self.operation_or(usual).as_str())
    }
}

/// The entry of something that the store did to keys or scopes.
pub(super) fn done_to(
    suite: Suite,
    operation: &str,
    targets: &[KeyId],
    request: Option<Hash>,
) -> Event {
    let digest = data_encoding::HEXLOWER.encode(&digest_of(suite, targets));
    let about = [("count", targets.len().into()), ("digest", digest.into())];
    let operation = operation.to_owned();
    Event::Store(StoreEvent { operation, detail: detail(about), request })
}

/// The members of an entry's detail.
pub(super) fn detail<const N: usize>(about: [(&str, Value); N]) -> Map<String, Value> {
    about.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Ids as they stand in a detail.
pub(super) fn ids_value(ids: &[KeyId]) -> Value {
    ids.iter().map(ToString::to_string).collect()
}

/// H over ids, in order.
fn digest_of(suite: Suite, ids: &[KeyId]) -> Hash {
    let parts: Vec<&[u8]> = ids.iter().map(|id| &id.0[..]).collect();
    hash(suite, &parts)
}

/// The entries of keys that were asked for: those under a broken glass in entries of their own, one for each glass.
fn log_opened<S: PageSource>(txn: &mut Txn<'_, S>, actor: &Actor, asked: &[Asked]) {
    let mut by_grant: BTreeMap<Option<Hash>, Vec<&Asked>> = BTreeMap::new();
    asked.iter().for_each(|one| by_grant.entry(one.grant).or_default().push(one));
    for (grant, some) in by_grant {
        log_under(txn, actor, grant, &some);
    }
    if !actor.uses_data("open") {
        return;
    }
    txn.count_opened(asked.iter().filter(|one| one.key.is_ok()).count() as u64);
    let operation = actor.operation_or("open");
    let waiting: Vec<(KeyId, Hash)> =
        asked.iter().filter_map(|one| Some((one.id, one.waits?))).collect();
    for some in waiting.chunks(KEYS_IN_ALARM) {
        let keys: Vec<KeyId> = some.iter().map(|(id, _)| *id).collect();
        let requests: BTreeSet<Hash> = some.iter().map(|(_, request)| *request).collect();
        let about = [
            ("operation", operation.as_str().into()),
            ("keys", ids_value(&keys)),
            ("requests", requests.iter().map(|request| HEXLOWER.encode(request)).collect()),
        ];
        txn.log(Event::Alarm(Alarm { alarm: AlarmKind::PendingUse, detail: detail(about) }));
    }
}

fn log_under<S: PageSource>(
    txn: &mut Txn<'_, S>,
    actor: &Actor,
    grant: Option<Hash>,
    asked: &[&Asked],
) {
    let empty = || Access { grant, ..actor.access("open") };
    let (mut access, mut scopes) = (empty(), BTreeSet::new());
    let (mut ids, mut bytes) = (0, 0);
    for (at, one) in asked.iter().enumerate() {
        match &one.key {
            Ok(_) => {
                access.keys.push(one.id);
                if one.scope.is_some_and(|scope| scopes.insert(scope)) {
                    bytes += ID_BYTES;
                }
            }
            Err(error) => {
                let reason = reason(error);
                bytes += reason.len() + 3;
                access.refused.insert(one.id, reason.to_owned());
            }
        }
        (ids, bytes) = (ids + 1, bytes + ID_BYTES);
        if ids == IDS_IN_ENTRY || bytes >= BYTES_OF_IDS || at + 1 == asked.len() {
            let full = std::mem::replace(&mut access, empty());
            let scopes = std::mem::take(&mut scopes).into_iter().collect();
            txn.log(Event::Access(Access { scopes, ..full }));
            (ids, bytes) = (0, 0);
        }
    }
}

/// Why a key was not handed out, as the ledger says it.
fn reason(error: &Error) -> &'static str {
    match error {
        Error::Destroyed { .. } => "destroyed",
        Error::Held(_) => "held",
        Error::NotOfThisStore(_) => "foreign",
        Error::NotUsable { state, .. } => state.name(),
        Error::Restricted(_) => "restricted",
        _ => "lost",
    }
}

/// What went wrong with the ledger or beneath it, when a key was to be handed out.
pub(super) fn unrecorded(error: Error) -> Error {
    match error {
        Error::Io { .. } | Error::Database(_) | Error::NotErased(_) => {
            Error::Unrecorded(error.to_string())
        }
        error => error,
    }
}

fn bounded(text: String) -> String {
    let mut text: String = text.chars().filter(|c| !c.is_control()).collect();
    let end = (0..=LONGEST_TEXT.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or(0));
    text
}

/// Operations for which somebody wants the data of a key. With one that is to be destroyed that is an alarm, and so are very many.
const USES: [&str; 4] = ["open", "restore", "dump", "export"];
/// Ids in one entry.
pub(super) const IDS_IN_ENTRY: usize = 1024;
/// Keys in one alarm: with a request of 67 bytes for each they leave room for the rest of an entry.
const KEYS_IN_ALARM: usize = 512;
/// About as many bytes of ids leave room for the rest of an entry.
const BYTES_OF_IDS: usize = 50_000;
/// An id in quotes, and a comma.
const ID_BYTES: usize = 35;
const LONGEST_TEXT: usize = 1000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::pending::pend;
    use crate::{InitOptions, KeyFile, Location, NewCustody};

    #[test]
    fn asking_for_a_key_that_is_to_be_destroyed_is_an_alarm_for_whoever_wants_its_data() {
        let dir = tempfile::tempdir().expect("a folder");
        let place = Location::new(dir.path().join("keys"), None);
        let custody = [NewCustody::KeyFile(&KeyFile::generate())];
        let options = InitOptions { suite: Suite::Aes256Gcm, custody: &custody, shares: None };
        let (mut store, _) =
            KeyStore::init(&place, &options, Duration::from_secs(5)).expect("a new store");
        let made = store.create_keys("s", Suite::Aes256Gcm, &[b"a", b"b"]).expect("keys");
        let id = made[0].id;
        let pended = store.write(Kind::Epoch, None, |txn, ids| {
            pend(txn, ids, &[id], [9; 32], 1)?;
            Ok(((), Vec::new()))
        });
        pended.expect("pending");
        let rings = |store: &mut KeyStore, operation: &str| {
            store.act_as(Actor { operation: operation.into(), ..Actor::default() });
            let before = store.alarms().len();
            let opened = store.open_keys(&[made[1].id, id]).expect("recorded");
            assert!(opened[0].is_ok() && matches!(opened[1], Err(Error::NotUsable { .. })));
            let alarms = store.alarms();
            alarms[before..].iter().map(|one| (one.alarm, one.detail.clone())).collect::<Vec<_>>()
        };
        for operation in ["", "open", "restore", "dump", "export"] {
            let [(kind, about)] = &rings(&mut store, operation)[..] else { panic!("one alarm") };
            assert_eq!(*kind, AlarmKind::PendingUse);
            assert_eq!(about["keys"], ids_value(&[id]));
        }
        assert!(rings(&mut store, "check").is_empty(), "it only looks whether it is whole");
        assert_eq!(store.check_ledger(&[]).expect("readable").faults, []);
    }

    #[test]
    fn however_many_requests_wait_the_alarm_fits_into_entries() {
        let dir = tempfile::tempdir().expect("a folder");
        let place = Location::new(dir.path().join("keys"), None);
        let custody = [NewCustody::KeyFile(&KeyFile::generate())];
        let options = InitOptions { suite: Suite::Aes256Gcm, custody: &custody, shares: None };
        let (mut store, _) =
            KeyStore::init(&place, &options, Duration::from_secs(5)).expect("a new store");
        let labels = vec![&b"a"[..]; 1100];
        let made = store.create_keys("s", Suite::Aes256Gcm, &labels).expect("keys");
        let keys: Vec<KeyId> = made.iter().map(|key| key.id).collect();
        let pended = store.write(Kind::Epoch, None, |txn, ids| {
            for (at, id) in keys[1..].iter().enumerate() {
                let mut request = [9; 32];
                request[..8].copy_from_slice(&(at as u64).to_be_bytes());
                pend(txn, ids, &[*id], request, 1)?;
            }
            Ok(((), Vec::new()))
        });
        pended.expect("pending");
        let opened = store.open_keys(&keys).expect("recorded");
        assert_eq!(opened.iter().filter(|one| one.is_ok()).count(), 1);
        let counts = store.alarms().into_iter().map(|alarm| {
            let count = |name: &str| alarm.detail[name].as_array().map_or(0, Vec::len);
            (count("keys"), count("requests"))
        });
        assert_eq!(counts.collect::<Vec<_>>(), [(512, 512), (512, 512), (75, 75)]);
    }

    #[test]
    fn texts_are_bounded_and_plain() {
        let long = "病".repeat(1000);
        assert_eq!(bounded(long).len(), 999);
        assert_eq!(bounded("a\u{1b}[2J\nb".into()), "a[2Jb");
    }
}
