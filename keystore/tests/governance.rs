//! What officers decide and the store does: the whole way of a request, and everything that must not open it.

mod common;
#[path = "governance/doors.rs"]
mod doors;
#[path = "governance/histories.rs"]
mod histories;
#[path = "governance/holds.rs"]
mod holds;

use common::{Fixture, WAIT, make, opens};
use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::cast::Cast;
use sealkeep_keystore::approval::inventory::{self, ItemKind, Method};
use sealkeep_keystore::approval::policy::default_text;
use sealkeep_keystore::approval::register::{Refusal, RequestState};
use sealkeep_keystore::approval::statement::{BreakGlass, Hold, HoldReason, Release};
use sealkeep_keystore::approval::{Digest, Item, Request, Said};
use sealkeep_keystore::{Actor, Error, KeyId, KeyState, KeyStore, Ran, Wiping};

/// A store with officers, and a clock that tests set.
struct Office {
    fixture: Fixture,
    store: KeyStore,
    cast: Cast,
    began: u64,
    now: u64,
}

/// A request that was made.
struct Asked {
    digest: Digest,
    root: Digest,
    lines: String,
}

impl Office {
    fn new(suite: Suite) -> Self {
        let (fixture, mut store) = Fixture::new(suite);
        let began = begin(&mut store);
        let status = store.status().expect("readable");
        let cast = Cast::new(status.peek.store, suite).with_policy(&quick_policy());
        let genesis = cast.genesis(began, &store.public_key());
        store.submit(&genesis, None).expect("founded");
        Self { fixture, store, cast, began, now: began }
    }

    fn pass(&mut self, seconds: u64) {
        self.now += seconds;
        self.store.set_clock_for_test(self.now, (self.now - self.began) * 1000);
    }

    fn say(
        &mut self,
        by: &[&str],
        said: impl Into<Said>,
        asked: Option<&Asked>,
    ) -> Result<(), Error> {
        let statement = self.cast.sign(self.now, by, said);
        self.store.submit(&statement, asked.map(|asked| asked.lines.as_str())).map(drop)
    }

    fn lines(&mut self, keys: &[KeyId], scopes: &[KeyId]) -> String {
        let mut items: Vec<Item> = Vec::new();
        for facts in self.store.scope_facts(scopes).expect("readable") {
            let facts = facts.expect("a scope");
            items.push(Item {
                kind: ItemKind::Scope,
                scope: Some(facts.id),
                level: Some(facts.level),
                ..blank(items.len())
            });
        }
        for facts in self.store.facts(keys).expect("readable") {
            let facts = facts.expect("a key");
            items.push(Item {
                kind: ItemKind::Key,
                key: Some(facts.id),
                scope: Some(facts.scope),
                state: Some(facts.state),
                held: facts.held,
                level: Some(facts.level),
                suite: Some(facts.suite),
                created: Some(facts.created),
                ..blank(items.len())
            });
        }
        items.iter().map(|item| item.line() + "\n").collect()
    }

    fn request(&self, number: &str, lines: &str) -> Request {
        let read = inventory::read(self.cast.suite, lines.lines()).expect("an inventory");
        Cast::request(number, read.level, read.summary)
    }

    fn ask(&mut self, number: &str, keys: &[KeyId], scopes: &[KeyId]) -> Result<Asked, Error> {
        let lines = self.lines(keys, scopes);
        let request = self.request(number, &lines);
        let root = request.inventory.root;
        let statement = self.cast.sign(self.now, &["wang"], request);
        let accepted = self.store.submit(&statement, Some(&lines))?;
        Ok(Asked { digest: accepted.digest, root, lines })
    }

    fn approve(&mut self, asked: &Asked) -> Result<(), Error> {
        self.say(&["li"], Cast::approve(asked.digest, asked.root, 1), Some(asked))?;
        self.say(&["zhang"], Cast::approve(asked.digest, asked.root, 2), Some(asked))
    }

    fn state(&mut self, asked: &Asked) -> RequestState {
        let register = self.store.register().expect("readable");
        register.request(&asked.digest).expect("accepted").state
    }

    fn execute(&mut self, asked: &Asked) -> Result<(), Error> {
        self.say(&["sun"], Cast::execute(asked.digest, asked.root), Some(asked))?;
        self.store.execute(asked.digest, &asked.lines)?;
        let record = self.store.record_execution(asked.digest, &asked.lines, Ran::default())?;
        self.store.finish_execution(&record).map(drop)
    }

    fn reopen(&mut self) {
        self.store = self.fixture.open().expect("opens");
        self.pass(0);
    }
}

/// Puts a clock into a new store that tests set, at the time that it is.
fn begin(store: &mut KeyStore) -> u64 {
    let (now, _) = store.ledger_clock().expect("readable");
    store.set_clock_for_test(now, 0);
    now
}

/// A policy under which nobody waits long.
fn quick_policy() -> String {
    let today = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = i64::try_from(today.expect("after 1970").as_secs()).expect("before 292277026596");
    let today = jiff::Timestamp::from_second(seconds).expect("a date");
    let yesterday = jiff::tz::Offset::UTC.to_datetime(today).date().yesterday();
    default_text(yesterday.expect("a date")).replace("7d", "2s")
}

fn blank(item: usize) -> Item {
    Item {
        item: item as u64,
        kind: ItemKind::Key,
        key: None,
        scope: None,
        state: None,
        held: false,
        level: None,
        suite: None,
        created: None,
        size: None,
        digest: None,
        tag: None,
        method: Method::CryptoErase { wipe: None },
        copies: Vec::new(),
        class: None,
        due: None,
        extra: None,
    }
}

fn ids(keys: &[(KeyId, [u8; 32])]) -> Vec<KeyId> {
    keys.iter().map(|(id, _)| *id).collect()
}

#[test]
fn from_the_request_to_the_last_witness() {
    for suite in Suite::ALL {
        let mut office = Office::new(suite);
        let keys = make(&mut office.store, "ward/1", 3);
        let other = make(&mut office.store, "ward/2", 2);
        let asked = office.ask("2026-001", &ids(&keys[..2]), &[]).expect("accepted");
        assert_eq!(office.store.key(&keys[0].0).expect("there").state, KeyState::Deactivated);
        assert!(opens(&mut office.store, &keys[0]), "frozen keys still open");

        office.approve(&asked).expect("approved");
        assert_eq!(office.state(&asked), RequestState::Waiting);
        let refused = office.store.open_key(&keys[0].0);
        assert!(matches!(
            refused,
            Err(Error::NotUsable { state: KeyState::PendingDestruction, .. })
        ));
        // Somebody tried to use a key that waits: the request is paused until somebody resumes it.
        office.pass(5);
        let early = office.say(&["sun"], Cast::execute(asked.digest, asked.root), Some(&asked));
        assert!(matches!(early, Err(Error::Refused(Refusal::Paused))), "{early:?}");
        office.say(&["liu"], Cast::resume(asked.digest), None).expect("resumed");

        office.execute(&asked).expect("executed");
        assert!(!opens(&mut office.store, &keys[0]) && !opens(&mut office.store, &keys[1]));
        assert!(opens(&mut office.store, &keys[2]) && opens(&mut office.store, &other[0]));
        assert_eq!(office.state(&asked), RequestState::Executed);

        let register = office.store.register().expect("readable");
        let execution = register.request(&asked.digest).and_then(|record| record.execution);
        let execution = execution.expect("finished");
        for witness in ["zhou", "wu"] {
            let said = Cast::witness(asked.digest, asked.root, execution);
            office.say(&[witness], said, None).expect("witnessed");
        }
        let report = Digest([7; 32]);
        let said = Cast::inspect(asked.digest, asked.root, execution, report, true);
        office.say(&["zheng"], said, None).expect("inspected");
        office.reopen();
        assert_eq!(office.state(&asked), RequestState::Done);
        let place = office.fixture.place();
        let check = KeyStore::check(&place, Some(&office.fixture.unlock()), WAIT).expect("checked");
        assert_eq!(check.problems, []);
    }
}

#[test]
fn a_whole_scope_and_what_is_added_to_it() {
    let mut office = Office::new(Suite::Aes256Gcm);
    let keys = make(&mut office.store, "patient/42", 300);
    let scope = office.store.scope_id("patient/42").expect("there");
    let missing = office.ask("1", &ids(&keys[..299]), &[scope]);
    assert!(matches!(missing, Err(Error::Stale { item: 0, .. })), "a key is not listed");
    let asked = office.ask("2", &ids(&keys), &[scope]).expect("accepted");
    make(&mut office.store, "patient/42", 1);
    let stale = office.say(&["li"], Cast::approve(asked.digest, asked.root, 1), Some(&asked));
    assert!(matches!(stale, Err(Error::Stale { item: 0, .. })), "a key was added");

    let keys = make(&mut office.store, "patient/43", 5);
    let scope = office.store.scope_id("patient/43").expect("there");
    let asked = office.ask("3", &ids(&keys), &[scope]).expect("accepted");
    office.approve(&asked).expect("approved");
    let added = office.store.create_keys("patient/43", Suite::Aes256Gcm, &[b"x"]);
    assert!(matches!(added, Err(Error::ScopePending(_))));
    office.pass(5);
    office.execute(&asked).expect("executed");
    assert!(keys.iter().all(|key| !opens(&mut office.store, key)));
    make(&mut office.store, "patient/43", 1);
}

#[test]
fn cancelled_keys_are_what_they_were() {
    let mut office = Office::new(Suite::Sm4Gcm);
    let keys = make(&mut office.store, "a", 2);
    office.store.set_state(&[keys[1].0], KeyState::Compromised).expect("set");
    let first = office.ask("1", &ids(&keys), &[]).expect("accepted");
    let second = office.ask("2", &ids(&keys), &[]).expect("accepted");
    office.approve(&first).expect("approved");
    let taken = office.approve(&second);
    assert!(matches!(taken, Err(Error::Stale { item: 0, .. })), "they wait for the first request");
    office.say(&["wang"], Cast::withdraw(second.digest), None).expect("withdrawn");
    let state = office.store.key(&keys[0].0).expect("there").state;
    assert_eq!(state, KeyState::PendingDestruction);
    office.say(&["wang"], Cast::withdraw(first.digest), Some(&first)).expect("withdrawn");
    assert!(opens(&mut office.store, &keys[0]));
    assert_eq!(office.store.key(&keys[1].0).expect("there").state, KeyState::Compromised);
    office.pass(5);
    let gone = office.say(&["sun"], Cast::execute(first.digest, first.root), Some(&first));
    assert!(matches!(gone, Err(Error::Refused(Refusal::State(RequestState::Withdrawn)))));
}

#[test]
fn held_and_changed_objects_stop_a_request() {
    let mut office = Office::new(Suite::Aes256Gcm);
    let keys = make(&mut office.store, "a", 3);
    let asked = office.ask("1", &ids(&keys), &[]).expect("accepted");
    let hold = Hold {
        targets: vec![keys[1].0],
        reason: HoldReason::LegalProceedings,
        basis: "case 7".try_into().expect("short"),
        review: office.now + 1000,
    };
    office.say(&["zhang"], hold, None).expect("held");
    let register = office.store.register().expect("readable");
    let hold = register.holds().next().expect("one").digest;
    let refused = office.say(&["li"], Cast::approve(asked.digest, asked.root, 1), Some(&asked));
    assert!(matches!(refused, Err(Error::Refused(Refusal::Held) | Error::Stale { .. })));
    let release = Release { hold, opinion: "over".try_into().expect("short") };
    let alone = office.say(&["zhang"], release.clone(), None);
    assert!(matches!(alone, Err(Error::Refused(Refusal::Persons { .. }))));
    office.say(&["zhang", "liu"], release, None).expect("released");
    office.approve(&asked).expect("approved");

    // What the store knows counts, not what the list says: another list, or one that was edited, is refused.
    let edited = asked.lines.replace("level=0", "level=1");
    let statement = office.cast.sign(office.now, &["sun"], Cast::execute(asked.digest, asked.root));
    office.pass(5);
    let refused = office.store.submit(&statement, Some(&edited));
    assert!(matches!(refused, Err(Error::OtherInventory)));
    let refused = office.store.submit(&statement, None);
    assert!(matches!(refused, Err(Error::InventoryNeeded(_))));
    office.store.set_level("a", 4).expect("set");
    let refused = office.store.submit(&statement, Some(&asked.lines));
    assert!(matches!(refused, Err(Error::Stale { .. })), "it is classified otherwise now");
    let lowered = office.store.set_level("a", 0);
    assert!(matches!(lowered, Err(Error::LevelLowered { from: 4, to: 0 })));
    assert!(office.store.execute(asked.digest, &asked.lines).is_err(), "nobody ordered it");
    office.say(&["li"], Cast::cancel(asked.digest), Some(&asked)).expect("cancelled");
    assert!(keys.iter().all(|key| opens(&mut office.store, key)));
}

#[test]
fn an_emergency_opens_what_is_suspended_and_nothing_else() {
    let mut office = Office::new(Suite::Aes256Gcm);
    let keys = make(&mut office.store, "a", 3);
    let scope = office.store.scope_id("a").expect("there");
    office.store.set_state(&[keys[0].0], KeyState::Suspended).expect("set");
    office.store.hold(&[keys[1].0]).expect("held");
    assert!(office.store.open_key(&keys[0].0).is_err());
    let until = office.now + 3600;
    let reason = "emergency".try_into().expect("short");
    let grant = BreakGlass { scopes: vec![scope], reason, until };
    office.say(&["li"], grant, None).expect("broken");
    assert!(!office.store.alarms().is_empty());
    assert!(opens(&mut office.store, &keys[0]), "suspended keys open while the glass is broken");
    assert!(matches!(office.store.open_key(&keys[1].0), Err(Error::Held(_))));
    office.pass(3601);
    assert!(office.store.open_key(&keys[0].0).is_err());
    let register = office.store.register().expect("readable");
    assert_eq!(register.overdue_justifications(office.now + 80 * 3600).count(), 1);
}

#[test]
fn a_policy_can_ask_for_a_purpose_and_restrict_a_level() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let began = begin(&mut store);
    let status = store.status().expect("readable");
    let policy = format!("{}\n[access]\npurpose = true\nrestricted_from = 5\n", quick_policy());
    let cast = Cast::new(status.peek.store, Suite::Aes256Gcm).with_policy(&policy);
    store.submit(&cast.genesis(began, &store.public_key()), None).expect("founded");
    let mut office = Office { fixture, store, cast, began, now: began };
    let low = make(&mut office.store, "low", 1);
    let high = make(&mut office.store, "high", 1);
    office.store.set_level("high", 5).expect("set");
    assert!(matches!(office.store.open_key(&low[0].0), Err(Error::PurposeNeeded)));
    let actor = Actor { purpose: "ward round".into(), ..Actor::default() };
    office.store.act_as(actor.clone());
    assert!(opens(&mut office.store, &low[0]));
    assert!(matches!(office.store.open_key(&high[0].0), Err(Error::Restricted(_))));
    let reason = "emergency".try_into().expect("short");
    let grant = BreakGlass { scopes: Vec::new(), reason, until: office.now + 60 };
    office.say(&["li"], grant, None).expect("broken");
    assert!(opens(&mut office.store, &high[0]));
}

#[test]
fn nobody_else_founds_and_nothing_is_said_twice() {
    let (_fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let began = begin(&mut store);
    let status = store.status().expect("readable");
    let cast = Cast::new(status.peek.store, Suite::Aes256Gcm).with_policy(&quick_policy());
    let stranger = Cast::key_of(Suite::Aes256Gcm, "stranger").verifying_key();
    let refused = store.submit(&cast.genesis(began, &stranger), None);
    assert!(matches!(refused, Err(Error::OtherStoreKey)));
    let genesis = cast.genesis(began, &store.public_key());
    store.submit(&genesis, None).expect("founded");
    let before = store.ledger_status().expect("readable").size;
    assert!(matches!(store.submit(&genesis, None), Err(Error::Refused(Refusal::Duplicate(_)))));
    let again = cast.genesis(began + 1, &store.public_key());
    assert!(matches!(store.submit(&again, None), Err(Error::Refused(Refusal::Founded))));
    assert_eq!(store.ledger_status().expect("readable").size, before, "refusals leave no entry");
}

#[test]
fn what_was_to_be_overwritten_must_be_accounted_for() {
    let mut office = Office::new(Suite::Aes256Gcm);
    let file = Item {
        kind: ItemKind::File,
        size: Some(10),
        tag: Some([1; 16]),
        method: Method::Wipe("zero".into()),
        ..blank(0)
    };
    let lines = file.line() + "\n";
    let request = office.request("1", &lines);
    let root = request.inventory.root;
    let statement = office.cast.sign(office.now, &["wang"], request);
    let digest = office.store.submit(&statement, Some(&lines)).expect("accepted").digest;
    let asked = Asked { digest, root, lines };
    office.approve(&asked).expect("approved");
    office.pass(5);
    office.say(&["sun"], Cast::execute(digest, root), Some(&asked)).expect("ordered");
    assert!(office.store.execute(digest, &asked.lines).expect("no keys").is_none());
    let nothing = office.store.record_execution(digest, &asked.lines, Ran::default());
    assert!(matches!(nothing, Err(Error::Unaccounted(0))));
    let failed = sealkeep_keystore::record::Failed { item: 0, why: "in use".into() };
    let wiping = Wiping { done: Vec::new(), failed: vec![failed] };
    let ran = Ran { wiping, ..Ran::default() };
    let record = office.store.record_execution(digest, &asked.lines, ran).expect("recorded");
    let mut forged = record.clone();
    let at = forged.len() - 20;
    forged[at] ^= 1;
    assert!(office.store.finish_execution(&forged).is_err());
    office.store.finish_execution(&record).expect("finished");
    assert_eq!(office.state(&asked), RequestState::Partial);
    assert!(office.store.finish_execution(&record).is_err(), "once");
}
