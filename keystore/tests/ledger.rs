//! The ledger of a store: what is recorded, when, and what somebody finds who changed it.

mod common;

use std::ops::ControlFlow;
use std::time::Duration;

use common::{Fixture, WAIT, copy_folder, make};
use sealkeep_crypto::Suite;
use sealkeep_keystore::ledger::{
    Access, AlarmKind, Body, Checkpoint, Entry, Event, InclusionProof, Note, StoreEvent, Verifier,
    empty_root, verify_consistency,
};
use sealkeep_keystore::{
    Actor, Clearance, Error, KeyFile, KeyId, KeyState, KeyStore, LedgerFault, NewCustody,
    OnFailure, RestoreOptions,
};

const START: u64 = 1_800_000_000;

fn entries(store: &mut KeyStore) -> Vec<Entry> {
    let mut entries = Vec::new();
    let read = store.ledger_entries(0..u64::MAX, |entry| {
        entries.push(entry.clone());
        ControlFlow::Continue(())
    });
    read.expect("readable");
    entries
}

fn bodies(store: &mut KeyStore) -> Vec<Body> {
    entries(store).iter().map(|entry| entry.parse().expect("an entry")).collect()
}

/// What happened last, `count` entries, each as `class operation`.
fn last(store: &mut KeyStore, count: usize) -> Vec<String> {
    let bodies = bodies(store);
    let name = |body: &Body| match &body.event {
        Event::Statement { .. } => "statement".to_owned(),
        Event::Access(access) => format!("access {}", access.operation),
        Event::Act(act) => format!("act {}", act.operation),
        Event::Store(event) => format!("store {}", event.operation),
        Event::Alarm(alarm) => format!("alarm {:?}", alarm.alarm),
        _ => "?".to_owned(),
    };
    bodies[bodies.len() - count..].iter().map(name).collect()
}

fn accesses(store: &mut KeyStore) -> Vec<Access> {
    let bodies = bodies(store).into_iter();
    let access = |body: Body| match body.event {
        Event::Access(access) => Some(access),
        _ => None,
    };
    bodies.filter_map(access).collect()
}

fn checkpoint(store: &mut KeyStore) -> (String, Checkpoint) {
    let text = store.checkpoint().expect("signed");
    let note: Note = text.parse().expect("a note");
    let checkpoint = store.verifier_key().checkpoint(&note).expect("the store's");
    (text, checkpoint)
}

fn assert_sound(store: &mut KeyStore, fixture: &Fixture) {
    let report = store.check_ledger(&[]).expect("readable");
    assert_eq!(report.faults, []);
    let status = store.ledger_status().expect("readable");
    assert_eq!((report.entries, report.root), (status.size, status.root));
    let report = KeyStore::check(&fixture.place(), Some(&fixture.unlock()), WAIT).expect("checked");
    assert_eq!((report.problems.as_slice(), report.entries), (&[][..], status.size));
}

fn filler(number: u64) -> Event {
    // Every few, one that has a page of its own.
    let text = "x".repeat(if number.is_multiple_of(7) { 900 } else { 20 });
    Event::Access(Access { operation: "filler".into(), purpose: text, ..Access::default() })
}

#[test]
fn every_use_of_keys_has_its_entry() {
    for suite in Suite::ALL {
        let (fixture, mut store) = Fixture::new(suite);
        assert_eq!(last(&mut store, 1), ["store begin"]);
        store.act_as(Actor {
            who: "li\n.na".into(),
            source: "192.0.2.7".into(),
            purpose: "ward \"round\" 查房".into(),
            operation: "restore".into(),
        });
        let keys = make(&mut store, "ward/7", 4);
        let scope = store.scope_id("ward/7").expect("there");
        let made = accesses(&mut store).pop().expect("an entry");
        assert_eq!((made.count, made.scopes), (Some(4), vec![scope]));

        store.hold(&[keys[0].0]).expect("held");
        store.destroy(Clearance::destroy_for_test(vec![keys[1].0], [9; 32])).expect("destroyed");
        let ids: Vec<KeyId> = keys.iter().map(|key| key.0).chain([KeyId([1; 16])]).collect();
        let opened = store.open_keys(&ids).expect("done");
        assert_eq!(opened.iter().filter(|one| one.is_ok()).count(), 2);
        let access = accesses(&mut store).pop().expect("an entry");
        assert_eq!(access.keys, ids[2..4]);
        let refused = |at: usize| access.refused.get(&ids[at]).map(String::as_str);
        assert_eq!(
            [refused(0), refused(1), refused(4)],
            [Some("held"), Some("destroyed"), Some("foreign")]
        );
        assert_eq!(
            (access.operation.as_str(), access.who.as_str(), access.source.as_str()),
            ("restore", "li.na", "192.0.2.7")
        );
        assert_eq!(access.purpose, "ward \"round\" 查房");

        let before = store.ledger_status().expect("readable").size;
        store.key_states(&ids).expect("done");
        assert!(store.open_keys(&[]).expect("done").is_empty());
        assert_eq!(store.ledger_status().expect("readable").size, before, "no key was asked for");
        let index = store.index_key(suite).expect("a key").id;
        assert_eq!(store.index_key(suite).expect("a key").id, index);
        assert_eq!(accesses(&mut store).pop().expect("an entry").keys, [index]);
        assert!(store.open_key(&ids[0]).is_err());
        assert_eq!(store.ledger_status().expect("readable").size, before + 3, "refusals count");
        drop(store);
        let mut store = fixture.open().expect("opens");
        assert_sound(&mut store, &fixture);
    }
}

#[test]
fn every_change_has_its_entry_in_the_same_commit() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys = make(&mut store, "s", 3);
    let ids: Vec<KeyId> = keys.iter().map(|key| key.0).collect();
    let commits = |store: &mut KeyStore| {
        let status = store.status().expect("readable");
        (status.peek.sequence, store.ledger_status().expect("readable").size)
    };
    let mut before = commits(&mut store);
    let mut one = |store: &mut KeyStore, expected: &str| {
        assert_eq!(last(store, 1), [expected]);
        let now = commits(store);
        assert_eq!((now.0 - before.0, now.1 - before.1), (1, 1), "{expected}");
        before = now;
    };
    store.set_state(&ids[..1], KeyState::Suspended).expect("set");
    one(&mut store, "act set-state");
    store.set_level("s", 3).expect("set");
    one(&mut store, "act set-level");
    store.rotate_scope("s").expect("rotated");
    one(&mut store, "act rotate");
    store.hold(&ids[..1]).expect("held");
    one(&mut store, "store held");
    store.release(&ids[..1]).expect("released");
    one(&mut store, "store released");
    store.destroy(Clearance::destroy_for_test(ids[..2].to_vec(), [7; 32])).expect("destroyed");
    one(&mut store, "store destroyed");
    let destroyed = bodies(&mut store).pop().expect("an entry").event;
    let Event::Store(StoreEvent { detail, request, .. }) = destroyed else { panic!("a store's") };
    assert_eq!((detail["count"].as_u64(), request), (Some(2), Some([7; 32])));
    let other = KeyFile::generate();
    store.new_shares(2, 3).expect("shares");
    one(&mut store, "act custody");
    store.set_custody(&NewCustody::KeyFile(&other)).expect("set");
    one(&mut store, "act custody");
    let copy = fixture.at("copy");
    store.add_copy(&copy, true, OnFailure::Refuse, Duration::from_secs(10)).expect("a copy");
    one(&mut store, "act copy");
    store.remove_copy(&copy.dir).expect("removed").expect("erased");
    one(&mut store, "act copy");
    assert_eq!(store.check_ledger(&[]).expect("readable").faults, []);
    assert!(store.set_level("nowhere", 1).is_err());
    assert_eq!(commits(&mut store), before, "what is refused leaves nothing");
}

#[test]
fn long_lists_are_several_entries_and_pages_of_their_own() {
    let (fixture, mut store) = Fixture::new(Suite::Sm4Gcm);
    let ids: Vec<KeyId> = make(&mut store, "s", 3000).into_iter().map(|key| key.0).collect();
    store.hold(&ids[..2500]).expect("held");
    let before = store.ledger_status().expect("readable").size;
    store.open_keys(&ids).expect("done");
    let all = accesses(&mut store);
    let new: Vec<&Access> = all.iter().rev().take_while(|one| one.count.is_none()).collect();
    assert_eq!(store.ledger_status().expect("readable").size - before, new.len() as u64);
    assert!(new.len() >= 3);
    assert_eq!(new.iter().map(|one| one.refused.len()).sum::<usize>(), 2500);
    let opened: Vec<KeyId> = new.iter().rev().flat_map(|one| one.keys.clone()).collect();
    assert_eq!(opened, ids[2500..]);
    assert_sound(&mut store, &fixture);

    // Each key in a scope of its own.
    let names: Vec<String> = (0..1500).map(|n| format!("patient/{n}")).collect();
    let wanted: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    store.create_keys_in(Suite::Sm4Gcm, &wanted).expect("made");
    let all = accesses(&mut store);
    let counts: Vec<Option<u64>> = all[all.len() - 2..].iter().map(|one| one.count).collect();
    assert_eq!(counts, [Some(1024), Some(476)]);
    assert_sound(&mut store, &fixture);
}

#[test]
fn proofs_hold_at_every_size() {
    for suite in Suite::ALL {
        let (fixture, mut store) = Fixture::new(suite);
        let verifier = store.verifier_key();
        let mut roots = vec![(0, empty_root(suite))];
        for some in [1_u64, 1, 250, 5, 300, 1, 700] {
            let first = store.log_for_test((0..some).map(filler).collect()).expect("logged");
            let (_, now) = checkpoint(&mut store);
            assert_eq!(now.size, first + some);
            roots.push((now.size, now.root));
        }
        let (size, root) = *roots.last().expect("some");
        for entry in entries(&mut store).iter().step_by(37) {
            let proof: InclusionProof =
                store.prove(entry.index).expect("proved").parse().expect("a proof");
            let leaf = entry.leaf_hash(suite);
            assert_eq!(proof.verify(&leaf, &verifier).map(|found| found.size), Ok(size));
        }
        let (proofs, note) = store.prove_many(&[0, 255, 256, size - 1]).expect("proved");
        for (entry, hashes) in proofs {
            let proof = InclusionProof { index: entry.index, hashes, checkpoint: note.clone() };
            assert!(proof.verify(&entry.leaf_hash(suite), &verifier).is_ok());
        }
        for (from, old) in &roots {
            let proof = store.prove_consistency(*from, size).expect("proved");
            assert!(verify_consistency(suite, *from, old, size, &root, &proof), "from {from}");
        }
        assert!(matches!(store.prove(size), Err(Error::NoSuchEntry(_))));
        assert!(matches!(store.prove_consistency(0, size + 1), Err(Error::NoSuchEntry(_))));
        assert_sound(&mut store, &fixture);
    }
}

#[test]
fn a_tree_with_all_its_levels() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    for _ in 0..7 {
        let event = || Event::Access(Access { operation: "o".into(), ..Access::default() });
        store.log_for_test((0..10_000).map(|_| event()).collect()).expect("logged");
    }
    drop(store);
    let mut store = fixture.open().expect("opens");
    let size = store.ledger_status().expect("readable").size;
    assert!(size > 65_536 + 256, "hashes over 65,536 entries are stored");
    let verifier = store.verifier_key();
    for index in [0, 1, 65_535, 65_536, size - 1] {
        let proof: InclusionProof = store.prove(index).expect("proved").parse().expect("a proof");
        let (found, _) = store.prove_many(&[index]).expect("proved");
        assert!(proof.verify(&found[0].0.leaf_hash(Suite::Aes256Gcm), &verifier).is_ok());
    }
    let sampled = store.prove_consistency(65_537, size).expect("proved");
    assert!(!sampled.is_empty());
    assert_sound(&mut store, &fixture);
}

#[test]
fn what_the_register_is_made_from_is_found_again() {
    let (_fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let statement = Event::statement(&[b'x'; 2000]);
    for round in 0..300 {
        store.log_for_test(vec![filler(round), statement.clone()]).expect("logged");
    }
    let found = store.registered_entries().expect("readable");
    assert_eq!(found.len(), 301, "and the beginning");
    assert_eq!(found[7].index, 14);
    assert_eq!(found[7].parse().expect("an entry").event, statement);
    assert_eq!(store.check_ledger(&[]).expect("readable").faults, []);
}

#[test]
fn nothing_is_handed_out_that_cannot_be_recorded() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys = make(&mut store, "s", 2);
    let database = rusqlite::Connection::open(fixture.place().dir.join("store.db")).expect("opens");
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON page BEGIN SELECT RAISE(ABORT, 'full'); END";
    database.execute_batch(refuse).expect("set");
    assert!(matches!(store.open_key(&keys[0].0), Err(Error::Unrecorded(_))));
    assert!(matches!(store.open_keys(&[keys[0].0]), Err(Error::Unrecorded(_))));
    assert!(matches!(store.open_compromised_key(&keys[0].0), Err(Error::Unrecorded(_))));
    assert!(matches!(store.index_key(Suite::Aes256Gcm), Err(Error::Unrecorded(_))));
    assert!(matches!(store.log_for_test(vec![filler(1)]), Err(Error::Unrecorded(_))));
    assert!(store.key(&keys[0].0).is_ok(), "looking is not using");
    database.execute_batch("DROP TRIGGER full").expect("taken away");
    assert!(store.open_key(&keys[0].0).is_ok());
    let long = Event::statement(&vec![b'x'; 60_000]);
    assert!(matches!(store.log_for_test(vec![long]), Err(Error::Unrecorded(_))));
    assert_sound(&mut store, &fixture);
}

#[test]
fn many_keys_within_an_hour_are_an_alarm_once() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    store.set_clock_for_test(START, 1_000);
    store.set_alarm_limit_for_test(100).expect("set");
    let ids: Vec<KeyId> = make(&mut store, "s", 101).into_iter().map(|key| key.0).collect();
    store.open_keys(&ids[..100]).expect("done");
    assert!(store.alarms().iter().all(|alarm| alarm.alarm != AlarmKind::Volume));
    store.open_key(&ids[100]).expect("opens");
    assert_eq!(last(&mut store, 2), ["access open", "alarm Volume"]);
    let volume = |store: &KeyStore| {
        store.alarms().iter().filter(|alarm| alarm.alarm == AlarmKind::Volume).count()
    };
    assert_eq!(volume(&store), 1);
    store.open_keys(&ids).expect("done");
    assert_eq!(volume(&store), 1, "it was told");
    store.set_clock_for_test(START + 3600, 3_601_000);
    store.open_keys(&ids).expect("done");
    assert_eq!(volume(&store), 2, "another hour");
    store.set_clock_for_test(START + 7200, 7_201_000);
    store.act_as(Actor { operation: "backup".to_owned(), ..Actor::default() });
    store.open_keys(&ids).expect("done");
    assert_eq!(volume(&store), 2, "a backup opens them all to compare");
    drop(store);
    let mut store = fixture.open().expect("opens");
    assert_eq!(volume(&store), 0, "raised by another session");
    assert_eq!(store.ledger_status().expect("readable").alarm_limit, 100);
}

#[test]
fn time_goes_forward_and_a_clock_that_jumps_is_told() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let tick = |store: &mut KeyStore, wall: u64, seconds: u64| {
        store.set_clock_for_test(wall, seconds * 1000);
        store.log_for_test(vec![filler(1)]).expect("logged");
        let status = store.ledger_status().expect("readable");
        (status.time, status.counted)
    };
    // From the machine's clocks to the ones of this test is a restart.
    let (start, counted) = tick(&mut store, START + 1_000_000_000, 10);
    let at = |seconds| (start + seconds, counted + seconds);
    assert_eq!(tick(&mut store, start + 60, 70), at(60));
    assert_eq!(tick(&mut store, start + 864_000, 80), (start + 864_000, counted + 70));
    assert_eq!(last(&mut store, 2), ["access filler", "alarm Clock"]);
    assert_eq!(tick(&mut store, start + 80, 90), (start + 864_000, counted + 70));
    assert_eq!(last(&mut store, 2), ["access filler", "alarm Clock"]);
    assert_eq!(tick(&mut store, start + 90, 100), (start + 864_000, counted + 80));
    assert_eq!(last(&mut store, 2), ["alarm Clock", "access filler"]);
    assert_sound(&mut store, &fixture);
}

#[test]
fn a_ledger_that_was_put_back_or_rewritten_is_found_with_an_older_checkpoint() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    store.log_for_test(vec![filler(1)]).expect("logged");
    drop(store);
    let kept = fixture.at("kept");
    copy_folder(&fixture.place().dir, &kept.dir);
    let mut store = fixture.open().expect("opens");
    let (first, _) = checkpoint(&mut store);
    store.log_for_test(vec![filler(2)]).expect("logged");
    let (second, _) = checkpoint(&mut store);
    let report = store.check_ledger(&[first.clone(), second.clone()]).expect("readable");
    assert_eq!((report.faults.as_slice(), report.consistent), (&[][..], 2));
    drop(store);

    // All files of an older day, cell and all.
    let mut old = fixture.open_at(&kept).expect("opens");
    let report = old.check_ledger(&[first.clone(), second.clone()]).expect("readable");
    assert_eq!(report.faults, [LedgerFault::Cut { at: 1, size: 3, entries: 2 }]);
    old.log_for_test(vec![filler(3), filler(4)]).expect("logged");
    let report = old.check_ledger(&[first.clone(), second.clone()]).expect("readable");
    assert_eq!(report.faults, [LedgerFault::Rewritten { at: 1, size: 3 }]);
    let (_, mut other) = Fixture::new(Suite::Aes256Gcm);
    let (foreign, _) = checkpoint(&mut other);
    let forged = second.replacen("\n3\n", "\n2\n", 1);
    let report = old.check_ledger(&[foreign, forged, "nothing".into()]).expect("readable");
    assert_eq!(report.faults, [0, 1, 2].map(LedgerFault::Foreign));
}

#[test]
fn the_ledger_goes_on_through_a_restore() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let copy = fixture.at("copy");
    let keys = make(&mut store, "s", 2);
    store.log_for_test(vec![filler(0)]).expect("logged");
    store.add_copy(&copy, false, OnFailure::Refuse, Duration::from_secs(10)).expect("a copy");
    let (kept, kept_at) = checkpoint(&mut store);
    store.log_for_test(vec![filler(1)]).expect("logged");
    let (lost, _) = checkpoint(&mut store);
    store.destroy(Clearance::destroy_for_test(vec![keys[0].0], [3; 32])).expect("destroyed");
    let old_key: Verifier = store.verifier_key();
    drop(store);
    let again = fixture.at("again");
    let options = RestoreOptions {
        evidence: vec![fixture.place().dir],
        accept_loss: true,
        actor: Actor { who: "wang".into(), ..Actor::default() },
    };
    let (mut store, report) =
        KeyStore::restore(&copy, &again, &fixture.unlock(), &options, WAIT).expect("restored");
    assert_eq!(last(&mut store, 3), ["store restored", "act restore", "store destroyed"]);
    assert_eq!(report.restore.incarnation, 2);
    assert_ne!(store.verifier_key(), old_key, "another origin");
    let (now, _) = checkpoint(&mut store);
    let report = store.check_ledger(&[kept, lost, now]).expect("readable");
    let expected = LedgerFault::LostByRestore { at: 1, size: kept_at.size + 1, kept: kept_at.size };
    assert_eq!((report.faults.as_slice(), report.consistent), (&[expected][..], 2));
    let report = KeyStore::check(&again, Some(&fixture.unlock()), WAIT).expect("checked");
    assert_eq!(report.problems, []);
    assert!(store.open_key(&keys[1].0).is_ok() && store.open_key(&keys[0].0).is_err());
}
