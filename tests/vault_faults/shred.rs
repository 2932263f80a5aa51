//! Destroyed and held objects: nothing of the former can be read in any copy, nothing of the others is lost.

use std::fs;
use std::ops::ControlFlow;

use sealkeep::vault::{Lock, SegmentId, SnapshotFile, SnapshotId, Vault, open_box};
use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::approval::cast::Cast;
use sealkeep_keystore::approval::policy::default_text;
use sealkeep_keystore::approval::statement::{Hold, HoldReason, Release};
use sealkeep_keystore::approval::{Digest, Said, Text};
use sealkeep_keystore::{KeyFilter, KeyId};

use super::scene::{
    Tree, assert_same, assert_sound, check, forget_but, keep_only, prune, put_back, restore,
    snapshot, sync, tree,
};
use crate::support::{World, random};

const RULES: &str = r#"
version = "1"
[[rule]]
match = "patients/{id}/**"
scope = "patient/{id}"
"#;

fn backup(world: &World) -> SnapshotId {
    world.backup_with(world.options(Some(RULES))).snapshot.unwrap()
}

/// The same content in one scope and in two, hard links, and large files that have chunks in common.
fn shared_content() -> World {
    let world = World::new(Suite::Aes256Gcm);
    for patient in ["0001", "0002"] {
        for name in ["a", "b", "c"] {
            world.write(&format!("patients/{patient}/{name}"), "the same finding ".repeat(99));
        }
    }
    let large = random(3_000_000);
    world.write("patients/0001/scan", &large);
    world.write("patients/0001/scan again", &large);
    let mut changed = large.clone();
    changed[1_500_000..1_500_100].fill(7);
    world.write("patients/0001/scan changed", changed);
    world.write("patients/0002/scan", &large);
    let data = world.data();
    fs::hard_link(data.join("patients/0001/a"), data.join("patients/0001/second name")).unwrap();
    world
}

const SHREDDED: [&str; 3] = ["patients/0001/a", "patients/0001/scan", "patients/0002/b"];

/// What must be left of a tree.
fn without(was: &Tree, gone: &[&str]) -> Tree {
    let stays = |path: &std::path::Path| gone.iter().all(|name| std::path::Path::new(name) != path);
    was.iter().filter(|(path, _)| stays(path)).map(|(p, b)| (p.clone(), b.clone())).collect()
}

fn assert_left(world: &World, vault: &Vault, one: &SnapshotFile, left: &Tree, destroyed: usize) {
    let (is, report) = restore(world, vault, one);
    assert!(report.failures.is_empty(), "{:#?}", report.failures);
    assert_eq!(report.destroyed.len(), destroyed);
    assert_same(&is, left);
}

#[test]
fn shredding_one_object_leaves_every_other_readable() {
    let world = shared_content();
    let one = backup(&world);
    sync(&world, "copy");
    let was = tree(&world.data());
    let mut gone: Vec<&str> = Vec::new();
    for name in SHREDDED {
        gone.push(name);
        world.destroy(world.keys_of(&[name]));
        let left = without(&was, &gone);
        for place in ["vault", "copy"] {
            let path = world.path(place);
            let vault = world.vault_at(&path, Lock::Shared).unwrap();
            assert_left(&world, &vault, &snapshot(&vault, one), &left, gone.len());
        }
        let report = prune(&world);
        assert_eq!(report.destroyed, gone.len() as u64);
        let vault = world.vault();
        assert_left(&world, &vault, &snapshot(&vault, one), &left, gone.len());
        assert_sound(&world);
        sync(&world, "copy");
    }
    assert_eq!(check(&world.vault()).destroyed, 3);
}

#[test]
fn a_whole_scope_takes_nothing_of_others_with_it() {
    let world = shared_content();
    let one = backup(&world);
    let was = tree(&world.data());
    let scope: Vec<String> = was
        .keys()
        .map(|path| path.to_str().unwrap().to_owned())
        .filter(|path| path.starts_with("patients/0001/"))
        .collect();
    let names: Vec<&str> = scope.iter().map(String::as_str).collect();
    let before = world.vault_bytes();
    world.destroy(world.keys_of(&names));
    prune(&world);
    assert!(before - world.vault_bytes() > 3_000_000, "what it used is free");
    let vault = world.vault();
    assert_left(&world, &vault, &snapshot(&vault, one), &without(&was, &names), names.len());
    assert_sound(&world);
}

#[test]
fn a_destroyed_object_that_lies_there_still_is_never_taken_up_again() {
    let world = shared_content();
    backup(&world);
    world.destroy(world.keys_of(&SHREDDED));
    let left = without(&tree(&world.data()), &SHREDDED);
    for night in 0..4 {
        world.write("other", random(1_000 + night));
        let report = world.backup_with(world.options(Some(RULES)));
        let refused: Vec<_> = report.failures.iter().map(|failure| failure.path.clone()).collect();
        assert_eq!(refused, SHREDDED.map(|name| world.data().join(name)), "night {night}");
        let vault = world.vault();
        let (is, _) = restore(&world, &vault, &snapshot(&vault, report.snapshot.unwrap()));
        drop(vault);
        assert_same(&without(&is, &["other"]), &left);
        if night % 2 == 1 {
            fs::remove_dir_all(world.path("catalogue")).unwrap();
            fs::create_dir(world.path("catalogue")).unwrap();
            forget_but(&world, 1);
            prune(&world);
        }
    }
}

/// All keys that can be had now, of the vault and of objects.
fn live_keys(world: &World) -> Vec<(KeyId, Suite, Secret<32>)> {
    let mut store = world.store();
    let mut ids = Vec::new();
    store
        .keys(&KeyFilter::default(), |info| {
            ids.push(info.id);
            ControlFlow::Continue(())
        })
        .unwrap();
    let opened = store.open_keys(&ids).unwrap().into_iter().zip(ids);
    let mut keys: Vec<_> =
        opened.filter_map(|(key, id)| key.ok().map(|key| (id, key.suite, key.secret))).collect();
    let index = store.index_key(world.suite).unwrap();
    keys.push((index.id, world.suite, index.secret));
    keys
}

type Keys = [(KeyId, Suite, Secret<32>)];

/// What any of these keys opens anywhere in these bytes, unpacked. Boxes are found by the lengths before them; a listing is one
/// after the id of its key.
fn all_that_opens(bytes: &[u8], contexts: &[Vec<u8>], keys: &Keys) -> Vec<Vec<u8>> {
    let mut boxes: Vec<&[u8]> = bytes.get(16..).into_iter().collect();
    for at in 0..bytes.len().saturating_sub(4) {
        let length = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        boxes.extend(bytes.get(at + 4..at + 4 + length).filter(|sealed| sealed.len() >= 64));
    }
    let mut found = Vec::new();
    for (_, suite, key) in keys {
        for label in LABELS {
            for (sealed, context) in
                boxes.iter().flat_map(|one| contexts.iter().map(move |c| (one, c)))
            {
                if let Ok(plain) = open_box(*suite, key.expose(), label, &[context], sealed) {
                    found.push(zstd::decode_all(&plain[..]).unwrap_or_else(|_| plain.to_vec()));
                }
            }
        }
    }
    found
}

/// What boxes in this file may be bound to: the vault, and the ids that follow it or are the file's name.
fn contexts(vault: [u8; 16], name: &std::path::Path, bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut contexts = vec![vault.to_vec()];
    for at in 0..bytes.len() {
        // A segment's id comes after its length, those of signed files after suite and vault.
        let id = match bytes[at..].first_chunk::<8>() {
            Some(b"SKSEGMT1") => bytes.get(at + 12..at + 28),
            Some(b"SKSNAPS1" | b"SKINDEX1") => bytes.get(at + 29..at + 45),
            _ => None,
        };
        contexts.extend(id.map(|id| [&vault[..], id].concat()));
    }
    let id = name.to_str().and_then(SegmentId::parse);
    contexts.extend(id.map(|id| [&vault[..], &id.0].concat()));
    contexts
}

const LABELS: [&str; 6] =
    ["record", "locators", "relocations", "manifest", "description", "listing"];

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn nothing_of_a_destroyed_object_can_be_read_anywhere() {
    let world = World::new(Suite::Sm4Gcm);
    let secret = "Zhang San, HIV positive";
    world.write("zhang-san.txt", secret);
    world.write("li-si.txt", "Li Si, in good health");
    backup(&world);
    sync(&world, "copy");
    put_back(&world.path("catalogue"), &world.path("old catalogue"));
    put_back(&world.path("copy"), &world.path("old copy"));
    let look = || {
        let (keys, vault) = (live_keys(&world), world.vault().id());
        let mut all = Vec::new();
        for place in ["vault", "copy", "old copy", "catalogue", "old catalogue"] {
            for (name, bytes) in tree(&world.path(place)) {
                all.extend(all_that_opens(&bytes, &contexts(vault, &name, &bytes), &keys));
                all.push(bytes);
            }
        }
        all
    };
    let found = look();
    let has =
        |found: &[Vec<u8>], text: &str| found.iter().any(|one| contains(one, text.as_bytes()));
    assert!(has(&found, "zhang-san.txt") && has(&found, "li-si.txt"), "the search finds nothing");
    world.destroy(world.keys_of(&["zhang-san.txt"]));
    // A listing made anew is searched as well.
    assert_eq!(check(&world.vault()).destroyed, 1);
    backup(&world);
    let found = look();
    assert!(has(&found, "li-si.txt"));
    assert!(!has(&found, "zhang-san") && !has(&found, secret));
}

#[test]
fn a_held_object_is_not_restored_and_outlives_forget_and_prune() {
    for catalogue_lost in [false, true] {
        let world = World::new(Suite::Aes256Gcm);
        world.write("held", random(300_000));
        world.write("free", random(300_000));
        let one = backup(&world);
        let was = tree(&world.data());
        let [key] = world.keys_of(&["held"])[..] else { panic!() };
        let (cast, hold) = hold(&world, key);
        if catalogue_lost {
            fs::remove_dir_all(world.path("catalogue")).unwrap();
            fs::create_dir(world.path("catalogue")).unwrap();
        }
        let vault = world.vault();
        let (is, report) = restore(&world, &vault, &snapshot(&vault, one));
        drop(vault);
        assert_same(&is, &without(&was, &["held"]));
        assert_eq!((report.failures.len(), report.destroyed.len()), (1, 0));
        world.write("held", random(200_000));
        world.write("free", random(200_000));
        let second = backup(&world);
        let states = world.store().key_states(&world_keys(&world)).unwrap();
        let held = states.iter().filter(|state| state.is_err()).count();
        assert_eq!(held, 2, "the new version is held too");
        keep_only(&world, second);
        let report = prune(&world);
        assert_eq!(report.held_segments, 1, "{report:?}");
        assert_sound(&world);
        assert!(world.vault_bytes() > 700_000, "{}", world.vault_bytes());
        // Released, it comes back once the vault is rebuilt with the snapshot that had it.
        let release = Release { hold, opinion: Text::default() };
        submit(&world, &cast, &["zhang", "liu"], release);
        let states = world.store().key_states(&world_keys(&world)).unwrap();
        assert!(states.iter().all(Result::is_ok), "released with what was born under the hold");
        keep_only(&world, second);
        prune(&world);
        assert!(world.vault_bytes() < 600_000, "{}", world.vault_bytes());
    }
}

/// Founds a register, and puts a key on hold.
fn hold(world: &World, key: KeyId) -> (Cast, Digest) {
    let (store, now) = (world.store().status().unwrap().peek.store, clock(world));
    let today = jiff::Timestamp::from_second(i64::try_from(now).unwrap()).unwrap();
    let yesterday = jiff::tz::Offset::UTC.to_datetime(today).date().yesterday().unwrap();
    let cast = Cast::new(store, world.suite).with_policy(&default_text(yesterday));
    let genesis = cast.genesis(now, &world.store().public_key());
    world.store().submit(&genesis, None).unwrap();
    let (targets, review) = (vec![key], now + 86_400);
    let hold = Hold { targets, reason: HoldReason::Other, basis: Text::default(), review };
    let hold = submit(world, &cast, &["zhang"], hold);
    (cast, hold)
}

fn submit(world: &World, cast: &Cast, by: &[&str], said: impl Into<Said>) -> Digest {
    let statement = cast.sign(clock(world), by, said);
    world.store().submit(&statement, None).unwrap().digest
}

fn clock(world: &World) -> u64 {
    world.store().ledger_clock().unwrap().0
}

/// All keys of objects.
fn world_keys(world: &World) -> Vec<KeyId> {
    let mut ids = Vec::new();
    let filter = KeyFilter { label: Some(b"vault".to_vec()), ..KeyFilter::default() };
    world
        .store()
        .keys(&filter, |info| {
            ids.push(info.id);
            ControlFlow::Continue(())
        })
        .unwrap();
    ids
}
