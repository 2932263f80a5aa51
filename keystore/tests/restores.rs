//! Restores that are told what cannot be, and lines of a store that went apart.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{Fixture, WAIT, copy_folder, make, opens};
use sealkeep_crypto::{Suite, hash};
use sealkeep_keystore::{
    Clearance, Error, KeyId, KeyStore, Location, OnFailure, RestoreOptions, RestoreReport,
};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of a commit record: kind and length, head, running hash.
const COMMIT: usize = 5 + 162 + 32;
/// Where numbers stand in a commit's head.
const INCARNATION: std::ops::Range<usize> = 0..2;
const EPOCH: std::ops::Range<usize> = 2..10;
const SEQUENCE: std::ops::Range<usize> = 18..26;

fn destroy(store: &mut KeyStore, target: KeyId, certificate: u8) {
    let clearance = Clearance::destroy_for_test(vec![target], [certificate; 32]);
    store.destroy(clearance).expect("destroyed");
}

fn restore(
    fixture: &Fixture,
    from: &Location,
    to: &str,
    evidence: &[&Location],
) -> Result<(KeyStore, RestoreReport), Error> {
    let options = RestoreOptions {
        evidence: evidence.iter().map(|place| place.dir.clone()).collect(),
        accept_loss: true,
        ..RestoreOptions::default()
    };
    KeyStore::restore(from, &fixture.at(to), &fixture.unlock(), &options, WAIT)
}

fn row_file(dir: &Path) -> PathBuf {
    let mut entries =
        fs::read_dir(dir).expect("readable").map(|entry| entry.expect("entry").path());
    entries.find(|path| path.to_string_lossy().contains("rows-")).expect("a row file")
}

/// Adds a commit that no store made: whoever can write to a copy can.
fn forge(dir: &Path, change: impl FnOnce(&mut [u8])) {
    let path = row_file(dir);
    let mut rows = fs::read(&path).expect("readable");
    let last = rows[rows.len() - COMMIT..].to_vec();
    let (record, running) = last.split_at(COMMIT - 32);
    let mut record = record.to_vec();
    change(&mut record[5..]);
    let running = hash(Suite::Aes256Gcm, &[running, &record]);
    rows.extend_from_slice(&record);
    rows.extend_from_slice(&running);
    fs::write(path, rows).expect("written");
}

#[test]
fn one_copy_that_says_what_cannot_be_stops_no_restore() {
    type Forgery = fn(&Path);
    let forgeries: [(&str, Forgery); 5] = [
        ("incarnation", |dir| forge(dir, |head| head[INCARNATION].fill(0xff))),
        ("sequence", |dir| {
            forge(dir, |head| head[SEQUENCE].copy_from_slice(&((1_u64 << 62) - 1).to_be_bytes()));
        }),
        ("epoch", |dir| {
            forge(dir, |head| head[EPOCH].copy_from_slice(&((1_u64 << 62) - 1).to_be_bytes()));
        }),
        ("intent", |dir| fs::write(dir.join("intent"), [7; 300]).expect("written")),
        ("endless intent", |dir| {
            let file = fs::File::create(dir.join("intent")).expect("created");
            file.set_len(1 << 40).expect("a sparse file");
        }),
    ];
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys = make(&mut store, "a", 2);
    let (good, bad) = (fixture.at("good"), fixture.at("bad"));
    for copy in [&good, &bad] {
        store.add_copy(copy, true, OnFailure::Warn, TIMEOUT).expect("registered");
    }
    store.sync_live_copies().expect("current");
    drop(store);
    let (kept_good, kept_bad) = (fixture.at("kept-good"), fixture.at("kept-bad"));
    copy_folder(&good.dir, &kept_good.dir);
    copy_folder(&bad.dir, &kept_bad.dir);
    for (name, forgery) in forgeries {
        forgery(&bad.dir);
        let named = restore(&fixture, &good, "named", &[&bad]).err().expect("refused");
        assert!(named.to_string().contains("/bad"), "{name}: {named}");
        let (mut again, report) = restore(&fixture, &good, name, &[]).expect(name);
        assert_eq!(report.unreached, std::slice::from_ref(&bad.dir), "{name}");
        assert_eq!(report.restore.incarnation, 2, "{name}");
        assert!(keys.iter().all(|key| opens(&mut again, key)), "{name}");
        again.sync_copies(|copy| copy.location == good).expect("current");
        assert!(KeyStore::check_copy(&good).expect("readable").cell_fits, "{name}");
        for (kept, place) in [(&kept_good, &good), (&kept_bad, &bad)] {
            fs::remove_dir_all(&place.dir).expect("removed");
            copy_folder(&kept.dir, &place.dir);
        }
    }
}

#[test]
fn keys_of_a_lost_scope_do_not_share_the_fate_of_the_scope_that_has_its_number() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    make(&mut store, "a", 1);
    let copy = fixture.at("copy");
    store.add_copy(&copy, false, OnFailure::Warn, TIMEOUT).expect("registered");
    let lost = make(&mut store, "made-after-the-copy", 3);
    drop(store);
    let (mut store, _) = restore(&fixture, &copy, "again", &[]).expect("restored");
    let other = make(&mut store, "of-the-same-number", 3);
    let scope = store.scope_id("of-the-same-number").expect("there");
    destroy(&mut store, scope, 1);
    for key in &lost {
        assert!(matches!(store.open_key(&key.0), Err(Error::Lost(_))), "no list named it");
    }
    assert!(other.iter().all(|key| !opens(&mut store, key)));
}

#[test]
fn a_scope_that_another_line_destroyed_keeps_what_was_made_in_it_since() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let early = make(&mut store, "patient", 300);
    let done = make(&mut store, "other", 2);
    let copy = fixture.at("copy");
    store.add_copy(&copy, false, OnFailure::Warn, TIMEOUT).expect("registered");
    let index = store.index_key(Suite::Aes256Gcm).expect("made");
    store.sync_copies(|_| true).expect("current");
    // The main line destroys the scope and is out of reach; the copy goes on as another line, where the scope lives.
    let scope = store.scope_id("patient").expect("there");
    destroy(&mut store, scope, 1);
    let other = store.scope_id("other").expect("there");
    destroy(&mut store, other, 2);
    drop(store);
    let (mut second, _) = restore(&fixture, &copy, "second", &[]).expect("restored");
    let late = make(&mut second, "patient", 5);
    let newer = fixture.at("newer");
    second.add_copy(&newer, false, OnFailure::Warn, TIMEOUT).expect("registered");
    drop(second);

    let main = fixture.place();
    let (mut third, report) = restore(&fixture, &newer, "third", &[&main]).expect("restored");
    assert_eq!(report.spared, [scope]);
    assert!(early.iter().chain(&done).all(|key| !opens(&mut third, key)), "listed, destroyed");
    assert!(late.iter().all(|key| opens(&mut third, key)), "no list ever had them");
    assert!(matches!(third.open_key(&index.id), Err(Error::Destroyed { .. })));
    make(&mut third, "patient", 1);
    let check = KeyStore::check(&fixture.at("third"), Some(&fixture.unlock()), WAIT);
    assert_eq!(check.expect("checked").problems, []);

    // A copy from before, told of everything: what the second line made is named by the scope that the first destroyed.
    // Both ways of asking say the same.
    let (mut fourth, report) = restore(&fixture, &copy, "fourth", &[&main]).expect("restored");
    assert!(report.spared.is_empty(), "that copy has none of the late ones");
    let asked = fourth.open_key(&late[0].0).expect_err("gone");
    let examined = KeyStore::examine(&fixture.at("fourth"), &fixture.unlock(), &[late[0].0], WAIT);
    let looked = examined.expect("readable").keys.remove(0).expect_err("gone");
    assert_eq!(asked.to_string(), looked.to_string());
    assert!(matches!(asked, Error::Destroyed { .. }), "{asked}");
}
