//! Who works with the store, and the entries that say so: no key is handed out without one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use sealkeep_crypto::{Suite, hash};
use serde_json::{Map, Value};

use super::KeyStore;
use super::keys::{Found, OpenedKey, find, in_feed, open_found};
use crate::approval::register::GrantRecord;
use crate::error::{Error, Result};
use crate::id::KeyId;
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
        let actor = self.actor.clone();
        let (rules, glass) = self.access_rules()?;
        let use_of_data = USES.contains(&actor.operation_or("open").as_str());
        if rules.purpose && use_of_data && actor.purpose.trim().is_empty() {
            return Err(Error::PurposeNeeded);
        }
        let mut grant = None;
        let opened = self.write(Kind::Append, None, |txn, ids| {
            let mut found = Vec::with_capacity(wanted.len());
            let mut requests = BTreeSet::new();
            for id in wanted {
                let one = find(txn, ids, id);
                requests.extend(one.as_ref().ok().and_then(Found::waits_for));
                let one = one.and_then(|found| {
                    let scope = found.scope(ids);
                    let broken = glass.iter().find(|record| record.covers(&scope));
                    if broken.is_none() && rules.restricts(found.level) {
                        return Err(Error::Restricted(found.id));
                    }
                    let suspended = found.state() == KeyState::Suspended;
                    if let Some(record) = broken
                        && (suspended || rules.restricts(found.level))
                    {
                        grant = Some(record.digest.0);
                    }
                    let broken = broken.is_some();
                    open_found(found, |state| {
                        usable(state) || (broken && state == KeyState::Suspended)
                    })
                });
                found.push(match one {
                    Err(Error::Lost(_)) if in_feed(txn.source(), ids, id) => {
                        Err(Error::Destroyed { id: *id, tombstone: None })
                    }
                    Err(error) if !error.is_about_a_key() => return Err(error),
                    one => one,
                });
            }
            log_opened(txn, &actor, wanted, (&found, &requests), grant);
            Ok(((found, use_of_data && !requests.is_empty()), Vec::new()))
        });
        let ((found, paused), _) = opened.map_err(unrecorded)?;
        if paused {
            // A request is paused by this entry: an older database must not take it back.
            self.write(Kind::Epoch, None, |_, _| Ok(((), Vec::new()))).map_err(unrecorded)?;
        }
        Ok(found)
    }
}

impl KeyStore {
    /// What the policy says of opening, and every glass that is broken now.
    fn access_rules(&mut self) -> Result<(AccessRules, Vec<GrantRecord>)> {
        self.read(|_, _| Ok(()))?;
        let Some(head) = &self.session.root.ledger else {
            return Ok((AccessRules::default(), Vec::new()));
        };
        let (rules, now) = (head.rules, head.time.time.max(self.clock.read().wall));
        if rules.glass_until <= now {
            return Ok((rules, Vec::new()));
        }
        let register = self.register()?;
        Ok((rules, register.grants().filter(|record| now < record.until).cloned().collect()))
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
        txn.count_opened(1);
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

fn log_opened<S: PageSource>(
    txn: &mut Txn<'_, S>,
    actor: &Actor,
    wanted: &[KeyId],
    (found, requests): (&[Result<OpenedKey>], &BTreeSet<Hash>),
    grant: Option<Hash>,
) {
    let mut access = Access { grant, ..actor.access("open") };
    let (mut ids, mut bytes, mut opened) = (0, 0, 0);
    let mut pending = Vec::new();
    for (id, one) in wanted.iter().zip(found) {
        match one {
            Ok(_) => {
                access.keys.push(*id);
                (opened, bytes) = (opened + 1, bytes + ID_BYTES);
            }
            Err(error) => {
                let reason = reason(error);
                if reason == KeyState::PendingDestruction.name() {
                    pending.push(*id);
                }
                bytes += ID_BYTES + reason.len() + 3;
                access.refused.insert(*id, reason.to_owned());
            }
        }
        ids += 1;
        if ids == IDS_IN_ENTRY || bytes >= BYTES_OF_IDS {
            let next = Access { grant, ..actor.access("open") };
            let full = std::mem::replace(&mut access, next);
            txn.log(Event::Access(full));
            (ids, bytes) = (0, 0);
        }
    }
    if ids > 0 {
        txn.log(Event::Access(access));
    }
    txn.count_opened(opened);
    let operation = actor.operation_or("open");
    if USES.contains(&operation.as_str()) {
        for some in pending.chunks(IDS_IN_ENTRY) {
            let requests = requests.iter().map(|request| HEXLOWER.encode(request)).collect();
            let about = [
                ("operation", operation.as_str().into()),
                ("keys", ids_value(some)),
                ("requests", requests),
            ];
            txn.log(Event::Alarm(Alarm { alarm: AlarmKind::PendingUse, detail: detail(about) }));
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

/// Operations for which somebody wants the data of a key: with one that is to be destroyed, that is an alarm.
const USES: [&str; 4] = ["open", "restore", "dump", "export"];
/// Ids in one entry.
pub(super) const IDS_IN_ENTRY: usize = 1024;
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
    fn texts_are_bounded_and_plain() {
        let long = "病".repeat(1000);
        assert_eq!(bounded(long).len(), 999);
        assert_eq!(bounded("a\u{1b}[2J\nb".into()), "a[2Jb");
    }
}
