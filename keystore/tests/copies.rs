//! Copies of the key store: nothing is lost with the main store, and nothing destroyed comes back.

mod common;

use std::fs;
use std::time::Duration;

use common::{Fixture, WAIT, copy_folder, make, opens};
use sealkeep_crypto::Suite;
use sealkeep_keystore::{
    Clearance, CopyState, Error, KeyFile, KeyFilter, KeyStore, Location, NewCustody, OnFailure,
    RestoreOptions, Unlock,
};

const TIMEOUT: Duration = Duration::from_secs(5);

fn destroy(
    store: &mut KeyStore,
    key: &(sealkeep_keystore::KeyId, [u8; 32]),
) -> sealkeep_keystore::Receipt {
    store.destroy(Clearance::destroy_for_test(vec![key.0], [5; 32])).expect("destroyed")
}

fn restore(fixture: &Fixture, from: &Location, to: &Location) -> Result<KeyStore, Error> {
    KeyStore::restore(from, to, &fixture.unlock(), &RestoreOptions::default(), WAIT)
        .map(|(store, _)| store)
}

#[test]
fn losing_the_main_store_loses_nothing() {
    for suite in Suite::ALL {
        let (fixture, mut store) = Fixture::new(suite);
        let early = make(&mut store, "a", 300);
        let copy = fixture.at("copy");
        store.add_copy(&copy, true, OnFailure::Refuse, TIMEOUT).expect("registered");
        let late = make(&mut store, "a", 300);
        let outcomes = store.sync_live_copies().expect("current");
        assert!(matches!(outcomes[0].state, CopyState::Current { .. }));
        assert!(store.copies().expect("listed")[0].current);
        drop(store);
        fs::remove_dir_all(fixture.place().dir).expect("the main store is lost");

        let mut store = restore(&fixture, &copy, &fixture.at("again")).expect("restored");
        assert!(early.iter().chain(&late).all(|key| opens(&mut store, key)));
        let new = make(&mut store, "a", 2);
        assert!(early.iter().chain(&late).all(|key| key.0 != new[0].0), "no id is used twice");
        let status = store.status().expect("status");
        assert_eq!((status.peek.incarnation, status.restores.len()), (2, 1));
        // The copy follows the new main store.
        store.sync_live_copies().expect("current");
        let check = KeyStore::check_copy(&copy).expect("checked");
        assert_eq!((check.torn, check.cell_fits, check.unsettled), (0, true, false));
        let report =
            KeyStore::check(&fixture.at("again"), Some(&fixture.unlock()), WAIT).expect("checked");
        assert_eq!(report.problems, []);
    }
}

#[test]
fn the_cost_of_a_sync_follows_what_changed() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    make(&mut store, "a", 20_000);
    let copy = fixture.at("copy");
    let first = store.add_copy(&copy, true, OnFailure::Refuse, TIMEOUT).expect("registered");
    let bytes = |state: &CopyState| match state {
        CopyState::Current { bytes, .. } => *bytes,
        CopyState::Behind(reason) => panic!("{reason}"),
    };
    make(&mut store, "b", 1);
    let second = store.sync_live_copies().expect("current").remove(0);
    let third = store.sync_live_copies().expect("current").remove(0);
    assert!(bytes(&first.state) > 1_000_000);
    assert!((1..10_000).contains(&bytes(&second.state)), "{}", bytes(&second.state));
    assert_eq!(bytes(&third.state), 0);
}

#[test]
fn a_key_destroyed_with_a_live_copy_is_gone_from_both() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys = make(&mut store, "a", 3);
    let copy = fixture.at("copy");
    store.add_copy(&copy, true, OnFailure::Refuse, TIMEOUT).expect("registered");
    let cell_before = fs::read(&copy.cell).expect("readable");
    let receipt = destroy(&mut store, &keys[0]);
    assert!(matches!(receipt.copies[0].state, CopyState::Current { erased: Some(_), .. }));
    let cell_after = fs::read(&copy.cell).expect("readable");
    // One slot is in use and the other is zero; now it is the other way round.
    let in_use = |cell: &[u8]| {
        let (first, second) = cell.split_at(cell.len() / 2);
        (first.iter().any(|byte| *byte != 0), second.iter().any(|byte| *byte != 0))
    };
    let ((a, b), (c, d)) = (in_use(&cell_before), in_use(&cell_after));
    assert!(a != b && c != d && a != c);
    assert!(!copy.dir.join("intent").exists());

    let mut restored = restore(&fixture, &copy, &fixture.at("again")).expect("restored");
    assert!(!opens(&mut restored, &keys[0]) && opens(&mut restored, &keys[1]));
}

#[test]
fn an_older_copy_is_refused_and_then_destroys_again_what_was_destroyed() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys = make(&mut store, "a", 3);
    let scope = make(&mut store, "patient", 300);
    let (offline, live) = (fixture.at("offline"), fixture.at("live"));
    store.add_copy(&offline, false, OnFailure::Warn, TIMEOUT).expect("registered");
    store.add_copy(&live, true, OnFailure::Refuse, TIMEOUT).expect("registered");
    let lost = make(&mut store, "a", 2);
    let receipt = destroy(&mut store, &keys[0]);
    let behind =
        receipt.copies.iter().find(|outcome| outcome.copy.location == offline).expect("listed");
    assert!(matches!(behind.state, CopyState::Behind(_)), "a copy out of reach is residual");
    destroy(&mut store, &lost[1]);
    let id = store.scope_id("patient").expect("there");
    store.destroy(Clearance::destroy_for_test(vec![id], [6; 32])).expect("destroyed");
    drop(store);

    let evidence = RestoreOptions {
        evidence: vec![live.dir.clone()],
        accept_loss: false,
        ..RestoreOptions::default()
    };
    let refused =
        KeyStore::restore(&offline, &fixture.at("no"), &fixture.unlock(), &evidence, WAIT);
    assert!(matches!(refused, Err(Error::CopyOutdated { .. })));
    assert!(!fixture.at("no").dir.exists());

    for (name, place) in [("from-copy", live.dir.clone()), ("from-main", fixture.place().dir)] {
        let evidence = RestoreOptions {
            evidence: vec![place],
            accept_loss: true,
            ..RestoreOptions::default()
        };
        let to = fixture.at(name);
        let (mut store, report) =
            KeyStore::restore(&offline, &to, &fixture.unlock(), &evidence, WAIT).expect("restored");
        assert_eq!(report.destroyed_again, 3);
        assert!(!opens(&mut store, &keys[0]) && opens(&mut store, &keys[1]));
        assert!(!opens(&mut store, &scope[7]));
        // Made after the copy: one was destroyed since, one is lost. Different errors.
        assert!(matches!(store.open_key(&lost[0].0), Err(Error::Lost(_))));
        assert!(matches!(
            store.open_key(&lost[1].0),
            Err(Error::Destroyed { tombstone: None, .. })
        ));
        // A new key in the lost one's slot is not taken for it.
        make(&mut store, "a", 2);
        assert!(matches!(store.open_key(&lost[0].0), Err(Error::Lost(_))));
        let report = KeyStore::check(&to, Some(&fixture.unlock()), WAIT).expect("checked");
        assert_eq!(report.problems, []);
        fs::remove_dir_all(&to.dir).expect("removed");
    }
}

#[test]
fn a_copy_that_cannot_be_reached_is_never_silent() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys = make(&mut store, "a", 2);
    let (strict, lenient) = (fixture.at("strict"), fixture.at("lenient"));
    store.add_copy(&lenient, true, OnFailure::Warn, TIMEOUT).expect("registered");
    fs::rename(&lenient.dir, fixture.at("away").dir).expect("unplugged");
    make(&mut store, "a", 1);
    let outcome = store.sync_live_copies().expect("goes on").remove(0);
    assert!(matches!(outcome.state, CopyState::Behind(_)));
    let mut uncopied = 0;
    store
        .keys(&KeyFilter { uncopied: true, ..KeyFilter::default() }, |_| {
            uncopied += 1;
            std::ops::ControlFlow::Continue(())
        })
        .expect("listed");
    assert_eq!(uncopied, 3, "their page was written after the copy");

    store.add_copy(&strict, true, OnFailure::Refuse, TIMEOUT).expect("registered");
    fs::rename(&strict.dir, fixture.at("away2").dir).expect("unplugged");
    assert!(matches!(store.sync_live_copies(), Err(Error::CopyUnreachable { .. })));
    let refused = store.destroy(Clearance::destroy_for_test(vec![keys[0].0], [0; 32]));
    assert!(matches!(refused, Err(Error::CopyUnreachable { .. })));
    let mut store = fixture.open().expect("opens");
    assert!(opens(&mut store, &keys[0]), "nothing was destroyed");

    fs::rename(fixture.at("away2").dir, &strict.dir).expect("plugged in");
    let receipt = destroy(&mut store, &keys[0]);
    assert!(receipt.copies.iter().any(|outcome| matches!(outcome.state, CopyState::Behind(_))));
    fs::rename(fixture.at("away").dir, &lenient.dir).expect("plugged in");
    let outcomes = store.sync_copies(|_| true).expect("synced");
    assert!(outcomes.iter().all(|outcome| matches!(outcome.state, CopyState::Current { .. })));
}

#[test]
fn damaged_and_foreign_copies_are_made_whole_again() {
    let (fixture, mut store) = Fixture::new(Suite::Sm4Gcm);
    let keys = make(&mut store, "a", 400);
    let copy = fixture.at("copy");
    store.add_copy(&copy, true, OnFailure::Refuse, TIMEOUT).expect("registered");
    let rows = || {
        let mut entries =
            fs::read_dir(&copy.dir).expect("readable").map(|entry| entry.expect("entry").path());
        entries.find(|path| path.to_string_lossy().contains("rows-")).expect("a row file")
    };
    // Torn, changed in the middle, emptied of its cell, or rolled back by a sync tool.
    let mut bytes = fs::read(rows()).expect("readable");
    let whole = bytes.clone();
    bytes.extend_from_slice(b"\x01\x00\x00\x10\x00torn");
    fs::write(rows(), &bytes).expect("written");
    assert_eq!(KeyStore::check_copy(&copy).expect("checked").torn, 9);
    make(&mut store, "a", 1);
    store.sync_live_copies().expect("current");
    let mut bytes = fs::read(rows()).expect("readable");
    bytes[200] ^= 1;
    fs::write(rows(), &bytes).expect("written");
    assert!(KeyStore::check_copy(&copy).is_err());
    fs::write(rows(), &whole).expect("written");
    fs::write(&copy.cell, vec![7; 270_336]).expect("written");
    assert!(!KeyStore::check_copy(&copy).expect("checked").cell_fits);
    make(&mut store, "a", 1);
    store.sync_live_copies().expect("current");
    let check = KeyStore::check_copy(&copy).expect("checked");
    assert_eq!((check.torn, check.cell_fits, check.unsettled), (0, true, false));
    let mut again = restore(&fixture, &copy, &fixture.at("again")).expect("restored");
    assert!(keys.iter().all(|key| opens(&mut again, key)));
    assert!(matches!(KeyStore::check_copy(&fixture.place()), Err(Error::NotACopy(_))));
}

#[test]
fn a_registration_that_was_cut_short_can_be_made_again() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let copy = fixture.at("copy");
    store.add_copy(&copy, false, OnFailure::Warn, TIMEOUT).expect("registered");
    assert!(store.add_copy(&copy, false, OnFailure::Warn, TIMEOUT).is_err(), "registered already");
    // As a kill before the registration leaves it: identity and an erased cell.
    assert!(store.remove_copy(&copy.dir).expect("removed").is_ok());
    assert!(store.add_copy(&copy, false, OnFailure::Warn, TIMEOUT).is_err(), "rows are there");
    for entry in fs::read_dir(&copy.dir).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.to_string_lossy().contains("rows-") {
            fs::remove_file(path).expect("removed");
        }
    }
    let (_other, mut others) = Fixture::new(Suite::Aes256Gcm);
    assert!(others.add_copy(&copy, false, OnFailure::Warn, TIMEOUT).is_err(), "another store's");
    store.add_copy(&copy, true, OnFailure::Refuse, TIMEOUT).expect("registered");
    make(&mut store, "a", 1);
    assert!(matches!(
        store.sync_live_copies().expect("current")[0].state,
        CopyState::Current { .. }
    ));
}

#[test]
fn a_copy_that_knows_more_is_never_overwritten() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let copy = fixture.at("copy");
    store.add_copy(&copy, true, OnFailure::Refuse, TIMEOUT).expect("registered");
    drop(store);
    let yesterday = fixture.at("yesterday");
    copy_folder(&fixture.place().dir, &yesterday.dir);
    let mut store = fixture.open().expect("opens");
    let newer = make(&mut store, "a", 3);
    store.sync_live_copies().expect("current");
    drop(store);
    // Yesterday's whole store is put back: its copy holds keys that are nowhere else.
    fs::remove_dir_all(fixture.place().dir).expect("removed");
    copy_folder(&yesterday.dir, &fixture.place().dir);
    let mut store = fixture.open().expect("opens");
    make(&mut store, "a", 1);
    let refused = store.sync_live_copies();
    assert!(
        matches!(refused, Err(Error::CopyUnreachable { reason, .. }) if reason.contains("does not know"))
    );
    let mut again = restore(&fixture, &copy, &fixture.at("again")).expect("restored");
    assert!(newer.iter().all(|key| opens(&mut again, key)));
    // And the machine that was restored from does not overwrite the copy of the restored store either.
    again.sync_live_copies().expect("current");
    assert!(matches!(store.sync_live_copies(), Err(Error::CopyUnreachable { .. })));
}

#[test]
fn a_restore_asks_the_registered_copies_and_unites_forked_feeds() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys = make(&mut store, "a", 4);
    let (stick, live) = (fixture.at("stick"), fixture.at("live"));
    store.add_copy(&stick, false, OnFailure::Warn, TIMEOUT).expect("registered");
    store.add_copy(&live, true, OnFailure::Warn, TIMEOUT).expect("registered");
    store.sync_copies(|_| true).expect("synced");
    let old_stick = fixture.at("old-stick");
    copy_folder(&stick.dir, &old_stick.dir);
    destroy(&mut store, &keys[0]);
    destroy(&mut store, &keys[1]);
    drop(store);

    // Nobody names the live copy as evidence: it is registered, and asked.
    let refused = restore(&fixture, &old_stick, &fixture.at("no"));
    assert!(matches!(refused, Err(Error::CopyOutdated { .. })));
    // A restore that cannot reach it goes another way, and its feed forks.
    fs::rename(&live.dir, fixture.at("away").dir).expect("unplugged");
    let fork = fixture.at("fork");
    let (mut forked, report) =
        KeyStore::restore(&old_stick, &fork, &fixture.unlock(), &RestoreOptions::default(), WAIT)
            .expect("restored");
    assert!(report.unreached.contains(&live.dir));
    destroy(&mut forked, &keys[2]);
    drop(forked);
    // With both pieces of evidence every destruction is known, whichever feed has it.
    let options = RestoreOptions {
        evidence: vec![fixture.place().dir, fork.dir.clone()],
        accept_loss: true,
        ..RestoreOptions::default()
    };
    let (mut both, report) =
        KeyStore::restore(&old_stick, &fixture.at("both"), &fixture.unlock(), &options, WAIT)
            .expect("restored");
    assert_eq!((report.destroyed_again, report.restore.incarnation), (3, 3));
    assert!(keys[..3].iter().all(|key| !opens(&mut both, key)) && opens(&mut both, &keys[3]));
}

#[test]
fn a_scope_number_used_again_after_a_restore_is_another_scope() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let copy = fixture.at("copy");
    store.add_copy(&copy, false, OnFailure::Warn, TIMEOUT).expect("registered");
    let gone = make(&mut store, "first", 3);
    let first = store.scope_id("first").expect("there");
    store.destroy(Clearance::destroy_for_test(vec![first], [1; 32])).expect("destroyed");
    drop(store);
    let options = RestoreOptions {
        evidence: vec![fixture.place().dir],
        accept_loss: true,
        ..RestoreOptions::default()
    };
    let (mut store, _) =
        KeyStore::restore(&copy, &fixture.at("again"), &fixture.unlock(), &options, WAIT)
            .expect("restored");
    let kept = make(&mut store, "second", 3);
    let second = store.scope_id("second").expect("there");
    assert_ne!(first, second);
    assert!(
        gone.iter().all(|key| !opens(&mut store, key))
            && kept.iter().all(|key| opens(&mut store, key))
    );
    assert!(matches!(
        store.destroy(Clearance::destroy_for_test(vec![first], [1; 32])),
        Err(Error::Clearance(_))
    ));
    store.destroy(Clearance::destroy_for_test(vec![second], [1; 32])).expect("destroyed");
    assert!(kept.iter().all(|key| !opens(&mut store, key)), "a receipt means that it is gone");
}

#[test]
fn another_stores_cell_is_never_touched() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let copy = Location::new(fixture.at("copy").dir, Some(fixture.dir.path().join("stick")));
    store.add_copy(&copy, true, OnFailure::Refuse, TIMEOUT).expect("registered");
    let (other, _) = Fixture::new(Suite::Aes256Gcm);
    fs::copy(other.place().cell, &copy.cell).expect("another stick is plugged in");
    make(&mut store, "a", 1);
    assert!(matches!(store.sync_live_copies(), Err(Error::CopyUnreachable { .. })));
    assert!(store.remove_copy(&copy.dir).expect("given up").is_err());
    assert_eq!(
        fs::read(&copy.cell).expect("readable"),
        fs::read(other.place().cell).expect("readable")
    );
    // It stays in the books: a receipt names it until it is found and erased.
    let key = make(&mut store, "a", 1).remove(0);
    let receipt = destroy(&mut store, &key);
    assert!(receipt.copies.iter().any(|outcome| outcome.copy.given_up));
}

#[test]
fn damage_in_what_was_acknowledged_is_found_and_mended_by_a_sync() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    make(&mut store, "a", 600);
    let copy = fixture.at("copy");
    store.add_copy(&copy, true, OnFailure::Refuse, TIMEOUT).expect("registered");
    for at in [3, 200] {
        let mut entries =
            fs::read_dir(&copy.dir).expect("readable").map(|entry| entry.expect("entry").path());
        let rows =
            entries.find(|path| path.to_string_lossy().contains("rows-")).expect("a row file");
        let mut bytes = fs::read(&rows).expect("readable");
        bytes[at] ^= 1;
        fs::write(&rows, &bytes).expect("written");
        assert!(KeyStore::check_copy(&copy).is_err());
        let outcome = store.sync_copies(|_| true).expect("synced").remove(0);
        assert!(matches!(outcome.state, CopyState::Current { .. }));
        assert_eq!(KeyStore::check_copy(&copy).expect("checked").torn, 0);
    }
}

#[test]
fn taking_custody_away_reaches_the_copies() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let copy = fixture.at("copy");
    store.add_copy(&copy, true, OnFailure::Refuse, TIMEOUT).expect("registered");
    let new = KeyFile::generate();
    store.set_custody(&NewCustody::KeyFile(&new)).expect("set");
    store.sync_live_copies().expect("current");
    assert!(matches!(restore(&fixture, &copy, &fixture.at("no")), Err(Error::WrongCustody)));
    let options = RestoreOptions::default();
    assert!(
        KeyStore::restore(&copy, &fixture.at("yes"), &Unlock::KeyFile(&new), &options, WAIT)
            .is_ok()
    );

    assert!(store.remove_copy(&copy.dir).expect("removed").is_ok());
    assert!(fs::read(&copy.cell).expect("readable").iter().all(|byte| *byte == 0));
    assert!(store.copies().expect("listed").is_empty());
    assert!(matches!(store.remove_copy(&copy.dir), Err(Error::NoSuchCopy(_))));
}

#[test]
fn an_intent_that_this_store_did_not_sign_destroys_nothing() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys = make(&mut store, "a", 1);
    let copy = fixture.at("copy");
    store.add_copy(&copy, false, OnFailure::Warn, TIMEOUT).expect("registered");
    drop(store);
    let mut forged = b"sealkeep/v1/intent".to_vec();
    forged.extend_from_slice(&[0; 16 + 32 + 8]);
    forged.extend_from_slice(&keys[0].0.0);
    forged.extend_from_slice(&[1; 64]);
    fs::write(copy.dir.join("intent"), forged).expect("written");
    assert!(restore(&fixture, &copy, &fixture.at("again")).is_err());
    fs::remove_file(copy.dir.join("intent")).expect("removed");
    assert!(opens(
        &mut restore(&fixture, &copy, &fixture.at("again")).expect("restored"),
        &keys[0]
    ));
}

#[test]
fn a_second_folder_that_calls_itself_the_copy_is_not_taken_for_it() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let copy = fixture.at("copy");
    store.add_copy(&copy, true, OnFailure::Refuse, TIMEOUT).expect("registered");
    let (other, mut others) = Fixture::new(Suite::Aes256Gcm);
    let foreign = other.at("copy");
    others.add_copy(&foreign, true, OnFailure::Refuse, TIMEOUT).expect("registered");
    fs::remove_dir_all(&copy.dir).expect("removed");
    copy_folder(&foreign.dir, &copy.dir);
    make(&mut store, "a", 1);
    assert!(matches!(store.sync_live_copies(), Err(Error::CopyUnreachable { .. })));
    let again = KeyStore::check_copy(&copy).expect("the other store's copy is untouched");
    assert_eq!(again.torn, 0);
}
