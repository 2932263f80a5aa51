//! The key store as its callers see it.

mod common;

use std::ops::ControlFlow;

use common::{Fixture, WAIT, copy_folder, make, opens};
use sealkeep_crypto::{Argon2Params, Suite};
use sealkeep_keystore::{
    Clearance, Error, InitOptions, KeyFile, KeyFilter, KeyId, KeyState, KeyStore, NewCustody,
    Share, ShareError, Unlock,
};

#[test]
fn keys_survive_closing_in_both_suites_and_across_page_boundaries() {
    for suite in Suite::ALL {
        let (fixture, mut store) = Fixture::new(suite);
        let mut keys = Vec::new();
        for count in [1, 254, 1, 1, 600, 256] {
            keys.extend(make(&mut store, "a/b", count));
        }
        keys.extend(make(&mut store, "c", 3));
        drop(store);
        let mut store = fixture.open().expect("opens");
        assert!(keys.iter().all(|key| opens(&mut store, key)));
        let report =
            KeyStore::check(&fixture.place(), Some(&fixture.unlock()), WAIT).expect("checked");
        assert_eq!((report.problems.as_slice(), report.keys, report.scopes), (&[][..], 1116, 2));
    }
}

#[test]
fn a_tree_of_three_levels() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let first = make(&mut store, "big", 65_530);
    let last = make(&mut store, "big", 300);
    assert!(
        [&first[0], &first[65_529], &last[0], &last[299]].iter().all(|key| opens(&mut store, key))
    );
    store.destroy(Clearance::destroy_for_test(vec![first[70].0], [1; 32])).expect("destroyed");
    let mut store = fixture.open().expect("opens");
    assert!(
        !opens(&mut store, &first[70])
            && opens(&mut store, &first[71])
            && opens(&mut store, &last[299])
    );
    let report = KeyStore::check(&fixture.place(), Some(&fixture.unlock()), WAIT).expect("checked");
    assert_eq!((report.problems.as_slice(), report.keys, report.destroyed), (&[][..], 65_829, 1));
}

#[test]
fn never_had_destroyed_held_and_lost_are_four_errors() {
    let (_fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys = make(&mut store, "s", 3);
    store.destroy(Clearance::destroy_for_test(vec![keys[0].0], [9; 32])).expect("destroyed");
    store.hold(&[keys[1].0]).expect("held");
    assert!(matches!(
        store.open_key(&keys[0].0),
        Err(Error::Destroyed { tombstone: Some(t), .. }) if t.certificate == [9; 32]
    ));
    assert!(matches!(store.open_key(&keys[1].0), Err(Error::Held(_))));
    assert!(matches!(store.open_key(&KeyId([1; 16])), Err(Error::NotOfThisStore(_))));
    let (_other, mut other) = Fixture::new(Suite::Aes256Gcm);
    assert!(matches!(other.open_key(&keys[2].0), Err(Error::NotOfThisStore(_))));
    // Lost is shown in `copies.rs`: it takes a restore.

    let twice = store.destroy(Clearance::destroy_for_test(vec![keys[2].0; 2], [9; 32]));
    assert!(matches!(twice, Err(Error::Clearance(_))), "a list names each target once");
    let refused = store.destroy(Clearance::destroy_for_test(vec![keys[2].0, keys[1].0], [9; 32]));
    assert!(matches!(refused, Err(Error::Clearance(_))), "a held key stops the whole list");
    assert!(opens(&mut store, &keys[2]));
    store.release(&[keys[1].0]).expect("released");
    assert!(opens(&mut store, &keys[1]));

    // A hold on a scope is a hold on all its keys, and on destroying it.
    let scope = store.scope_id("s").expect("there");
    store.hold(&[scope]).expect("held");
    assert!(matches!(store.open_key(&keys[2].0), Err(Error::Held(_))));
    for target in [scope, keys[2].0] {
        let refused = store.destroy(Clearance::destroy_for_test(vec![target], [9; 32]));
        assert!(matches!(refused, Err(Error::Clearance(_))));
    }
    store.release(&[scope]).expect("released");
    assert!(opens(&mut store, &keys[2]));
}

#[test]
fn a_scope_goes_in_one_act_and_its_name_with_it() {
    let (fixture, mut store) = Fixture::new(Suite::Sm4Gcm);
    let gone = make(&mut store, "patient/42", 700);
    let kept = make(&mut store, "patient/43", 2);
    let id = store.scope_id("patient/42").expect("there");
    store.destroy(Clearance::destroy_for_test(vec![id], [7; 32])).expect("destroyed");
    assert!(
        !opens(&mut store, &gone[0])
            && !opens(&mut store, &gone[699])
            && opens(&mut store, &kept[1])
    );
    assert!(matches!(store.scope_id("patient/42"), Err(Error::NoSuchScope(_))));
    assert_eq!(store.scopes().expect("listed")[0].name, None);
    // The name may be used again: it is a new scope with new numbers.
    let again = make(&mut store, "patient/42", 1);
    assert!(opens(&mut store, &again[0]) && !opens(&mut store, &gone[0]));
    let report = KeyStore::check(&fixture.place(), Some(&fixture.unlock()), WAIT).expect("checked");
    assert_eq!((report.problems.as_slice(), report.keys), (&[][..], 3));
    assert!(matches!(
        store.destroy(Clearance::destroy_for_test(vec![id], [7; 32])),
        Err(Error::Clearance(_))
    ));
}

#[test]
fn many_scopes_are_found_by_name() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys: Vec<_> =
        (0..700).map(|n| make(&mut store, &format!("patient/{n}"), 1).remove(0)).collect();
    let mut store = fixture.open().expect("opens");
    for n in [0, 254, 255, 256, 511, 699] {
        let more = make(&mut store, &format!("patient/{n}"), 1);
        assert!(opens(&mut store, &keys[n]) && opens(&mut store, &more[0]));
    }
    assert_eq!(store.scopes().expect("listed").len(), 700);
    let report = KeyStore::check(&fixture.place(), Some(&fixture.unlock()), WAIT).expect("checked");
    assert_eq!((report.problems.as_slice(), report.keys), (&[][..], 706));
}

#[test]
fn states_move_as_sp_800_57_says_and_only_so() {
    let (_fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let key = make(&mut store, "s", 1).remove(0);
    store.set_state(&[key.0], KeyState::Suspended).expect("may be suspended");
    assert!(matches!(
        store.open_key(&key.0),
        Err(Error::NotUsable { state: KeyState::Suspended, .. })
    ));
    store.set_state(&[key.0], KeyState::Active).expect("may be resumed");
    store.set_state(&[key.0], KeyState::Deactivated).expect("may be deactivated");
    assert!(opens(&mut store, &key));
    assert!(matches!(store.set_state(&[key.0], KeyState::Active), Err(Error::Transition { .. })));
    store.set_state(&[key.0], KeyState::Compromised).expect("may be compromised");
    assert!(store.open_key(&key.0).is_err() && store.open_compromised_key(&key.0).is_ok());
    assert!(matches!(
        store.set_state(&[key.0], KeyState::Destroyed),
        Err(Error::Transition { .. })
    ));
    store.destroy(Clearance::destroy_for_test(vec![key.0], [0; 32])).expect("destroyed");
    assert_eq!(store.key(&key.0).expect("its tombstone").state, KeyState::DestroyedCompromised);
}

#[test]
fn listing_filters() {
    let (_fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    store.create_keys("a/x", Suite::Aes256Gcm, &[b"one", b"two"]).expect("keys");
    let held = store.create_keys("ab", Suite::Sm4Gcm, &[b"three"]).expect("keys").remove(0);
    store.hold(&[held.id]).expect("held");
    let mut labels = |filter: KeyFilter| {
        let mut labels = Vec::new();
        let listed = store.keys(&filter, |key| {
            labels.push(String::from_utf8(key.label).expect("text"));
            ControlFlow::Continue(())
        });
        listed.expect("listed");
        labels
    };
    assert_eq!(labels(KeyFilter::default()), ["one", "two", "three"]);
    assert_eq!(
        labels(KeyFilter { scope: Some("a".into()), ..KeyFilter::default() }),
        ["one", "two"]
    );
    assert_eq!(labels(KeyFilter { label: Some(b"wo".to_vec()), ..KeyFilter::default() }), ["two"]);
    assert_eq!(labels(KeyFilter { held: Some(true), ..KeyFilter::default() }), ["three"]);
    assert_eq!(labels(KeyFilter { suite: Some(Suite::Sm4Gcm), ..KeyFilter::default() }), ["three"]);
    assert_eq!(labels(KeyFilter { uncopied: true, ..KeyFilter::default() }).len(), 3);
    assert_eq!(
        labels(KeyFilter { state: Some(KeyState::Suspended), ..KeyFilter::default() }).len(),
        0
    );
}

#[test]
fn rotation_rewraps_and_every_key_stays() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys = make(&mut store, "s", 600);
    assert_eq!(store.rotate_scope("s").expect("rotated"), 4);
    let mut store = fixture.open().expect("opens");
    assert!(keys.iter().all(|key| opens(&mut store, key)));
    assert!(matches!(store.rotate_scope("t"), Err(Error::NoSuchScope(_))));
}

#[test]
fn every_custody_opens_and_a_changed_one_does_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let place =
        sealkeep_keystore::Location::new(dir.path().join("keys"), Some(dir.path().join("cell")));
    let file = KeyFile::generate();
    let params = Argon2Params::FLOOR;
    for suite in Suite::ALL {
        let custody =
            [NewCustody::Passphrase { secret: b"one", params }, NewCustody::KeyFile(&file)];
        let options = InitOptions { suite, custody: &custody, shares: Some((2, 3)) };
        let (mut store, shares) = KeyStore::init(&place, &options, WAIT).expect("a new store");
        let key = make(&mut store, "s", 1).remove(0);
        drop(store);
        let open = |unlock: &Unlock<'_>| KeyStore::open(&place, unlock, WAIT);
        for unlock in
            [Unlock::Passphrase(b"one"), Unlock::KeyFile(&file), Unlock::Shares(&shares[1..])]
        {
            assert!(opens(&mut open(&unlock).expect("opens"), &key));
        }
        for unlock in [Unlock::Passphrase(b"two"), Unlock::KeyFile(&KeyFile::generate())] {
            assert!(matches!(open(&unlock), Err(Error::WrongCustody)));
        }
        assert!(matches!(
            open(&Unlock::Shares(&shares[..1])),
            Err(Error::Share(ShareError::TooFew { have: 1, need: 2 }))
        ));

        let drill = KeyStore::drill_shares(&place, &shares[..2], WAIT).expect("they work");
        assert_eq!((drill.given.as_slice(), drill.threshold, drill.total), (&[1, 2][..], 2, 3));

        // Recovery: shares open, a new passphrase is set, the old one is gone; absent custodies stay.
        let mut store = open(&Unlock::Shares(&shares[..2])).expect("opens");
        store.set_custody(&NewCustody::Passphrase { secret: b"new", params }).expect("set");
        assert!(opens(&mut store, &key));
        assert!(matches!(open(&Unlock::Passphrase(b"one")), Err(Error::WrongCustody)));
        assert!(open(&Unlock::Passphrase(b"new")).is_ok() && open(&Unlock::KeyFile(&file)).is_ok());

        let newer =
            open(&Unlock::KeyFile(&file)).expect("opens").new_shares(2, 2).expect("new shares");
        assert!(matches!(
            open(&Unlock::Shares(&shares[..2])),
            Err(Error::Share(ShareError::OtherSet))
        ));
        assert!(open(&Unlock::Shares(&newer)).is_ok());
        let text = String::from_utf8(newer[0].to_text().expose().to_vec()).expect("text");
        let mixed = [
            Share::parse(&text).expect("parses"),
            Share::parse(&share_text(&shares[0])).expect("parses"),
        ];
        assert!(matches!(
            KeyStore::drill_shares(&place, &mixed, WAIT),
            Err(Error::Share(ShareError::Mixed))
        ));
        std::fs::remove_dir_all(&place.dir).expect("removed");
        std::fs::remove_file(&place.cell).expect("removed");
    }
}

#[test]
fn weak_or_missing_custody_is_refused_and_leaves_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = sealkeep_keystore::Location::new(dir.path().join("keys"), None);
    let none = InitOptions { suite: Suite::Aes256Gcm, custody: &[], shares: None };
    assert!(matches!(KeyStore::init(&place, &none, WAIT), Err(Error::NoCustody)));
    let params = Argon2Params { memory_kib: 8, passes: 1, lanes: 1 };
    let weak = [NewCustody::Passphrase { secret: b"one", params }];
    let weak = InitOptions { suite: Suite::Aes256Gcm, custody: &weak, shares: None };
    assert!(matches!(KeyStore::init(&place, &weak, WAIT), Err(Error::Argon2Params)));
    assert!(!place.dir.exists());
    assert!(matches!(KeyStore::peek(&place, WAIT), Err(Error::NotAStore(_))));
    let file = KeyFile::generate();
    let good = InitOptions {
        suite: Suite::Aes256Gcm,
        custody: &[NewCustody::KeyFile(&file)],
        shares: None,
    };
    KeyStore::init(&place, &good, WAIT).expect("a new store");
    assert!(matches!(KeyStore::init(&place, &good, WAIT), Err(Error::AlreadyExists(_))));
}

#[test]
fn sessions_see_each_other_and_a_destroyed_key_is_gone_from_all() {
    let (fixture, mut one) = Fixture::new(Suite::Aes256Gcm);
    let mut two = fixture.open().expect("opens");
    let keys = make(&mut one, "s", 2);
    assert!(opens(&mut two, &keys[0]));
    let more = make(&mut two, "s", 1);
    assert!(opens(&mut one, &more[0]));
    one.destroy(Clearance::destroy_for_test(vec![keys[0].0], [0; 32])).expect("destroyed");
    assert!(!opens(&mut two, &keys[0]) && opens(&mut two, &keys[1]));
    two.set_custody(&NewCustody::KeyFile(&KeyFile::generate())).expect("set");
    assert!(
        matches!(one.open_key(&keys[1].0), Err(Error::WrongCustody)),
        "its custody was taken away"
    );
}

#[test]
fn an_old_database_or_an_old_cell_is_noticed() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let keys = make(&mut store, "s", 2);
    drop(store);
    let old = fixture.dir.path().join("old");
    copy_folder(&fixture.place().dir, &old);
    let mut store = fixture.open().expect("opens");
    store.destroy(Clearance::destroy_for_test(vec![keys[0].0], [0; 32])).expect("destroyed");
    drop(store);
    let now = fixture.dir.path().join("now");
    copy_folder(&fixture.place().dir, &now);

    // Yesterday's database beside today's cell.
    std::fs::copy(old.join("store.db"), fixture.place().dir.join("store.db")).expect("copied");
    let _ = std::fs::remove_file(fixture.place().dir.join("store.db-wal"));
    assert!(matches!(fixture.open(), Err(Error::DatabaseRolledBack { .. })));
    // Today's database beside yesterday's cell.
    std::fs::remove_dir_all(fixture.place().dir).expect("removed");
    copy_folder(&now, &fixture.place().dir);
    std::fs::copy(old.join("cell"), fixture.place().cell).expect("copied");
    assert!(matches!(fixture.open(), Err(Error::CellRolledBack(_))));
    // Another store's cell.
    let (other, _) = Fixture::new(Suite::Aes256Gcm);
    std::fs::copy(other.place().cell, fixture.place().cell).expect("copied");
    assert!(matches!(fixture.open(), Err(Error::ForeignCell(_))));
}

/// A limit, not a feature (`docs/threat-model.md`): the store alone has nothing to compare itself with.
#[test]
fn a_whole_store_put_back_is_not_noticed_by_itself() {
    let (fixture, mut store) = Fixture::new(Suite::Aes256Gcm);
    let key = make(&mut store, "s", 1).remove(0);
    drop(store);
    let yesterday = fixture.at("yesterday");
    copy_folder(&fixture.place().dir, &yesterday.dir);
    let mut store = fixture.open().expect("opens");
    store.destroy(Clearance::destroy_for_test(vec![key.0], [0; 32])).expect("destroyed");
    assert!(!opens(&mut store, &key));
    assert!(opens(&mut fixture.open_at(&yesterday).expect("opens"), &key));
}

fn share_text(share: &Share) -> String {
    String::from_utf8(share.to_text().expose().to_vec()).expect("text")
}

#[test]
fn the_index_key_dies_with_whatever_is_destroyed() {
    let (_fixture, mut store) = Fixture::new(Suite::Sm4Gcm);
    let made = store.create_keys("ward", Suite::Sm4Gcm, &[b"a", b"b"]).expect("done");
    let index = store.index_key(Suite::Sm4Gcm).expect("done");
    assert_eq!(store.index_key(Suite::Sm4Gcm).expect("done").id, index.id, "there is one");
    // Holding it changes nothing: it is no record of anybody.
    store.hold(&[index.id]).expect("done");
    let receipt =
        store.destroy(Clearance::destroy_for_test(vec![made[0].id], [1; 32])).expect("done");
    assert_eq!(receipt.targets.len(), 2);
    assert!(matches!(store.open_key(&index.id), Err(Error::Destroyed { .. })));
    let next = store.index_key(Suite::Sm4Gcm).expect("done");
    assert_ne!((next.id, next.secret.expose()), (index.id, index.secret.expose()));
    assert!(store.open_key(&made[1].id).is_ok());
    let refused = store.create_keys("sealkeep/index", Suite::Sm4Gcm, &[b"mine"]);
    assert!(matches!(refused, Err(Error::ScopeName(_))));
}

#[test]
fn many_keys_at_once_are_what_one_by_one_would_be() {
    let (_fixture, mut store) = Fixture::new(Suite::Sm4Gcm);
    let wanted: [(&str, &[u8]); 4] = [("b", b"1"), ("a", b"2"), ("b", b"3"), ("a", b"4")];
    let made = store.create_keys_in(Suite::Sm4Gcm, &wanted).expect("done");
    for ((scope, label), key) in wanted.iter().zip(&made) {
        let info = store.key(&key.id).expect("done");
        assert_eq!((info.scope.as_str(), &info.label[..]), (*scope, *label));
    }
    store.hold(&[made[1].id]).expect("done");
    store.destroy(Clearance::destroy_for_test(vec![made[2].id], [1; 32])).expect("done");
    let ids: Vec<KeyId> = made.iter().map(|key| key.id).chain([KeyId([0xee; 16])]).collect();
    let opened = store.open_keys(&ids).expect("done");
    let states = store.key_states(&ids).expect("done");
    for ((id, many), state) in ids.iter().zip(&opened).zip(&states) {
        let name = |error: &Error| format!("{error:?}");
        match (store.open_key(id), many, state) {
            (Ok(one), Ok(many), Ok(state)) => {
                assert_eq!((one.secret.expose(), one.state), (many.secret.expose(), *state));
            }
            (Err(one), Err(many), Err(state)) => {
                assert_eq!((name(&one), name(&one)), (name(many), name(state)));
            }
            other => panic!("{other:?}"),
        }
    }
}
