//! What was kept from before a destruction, put back: old states of the key store, its copies, those of the vault.

use std::fs;
use std::path::Path;

use super::scene::{GROUND, NUMBER, Scene, copy};

/// A scene where the request is executed; what was before has the ending `before`, what is after `after`.
fn executed() -> Scene {
    let scene = Scene::new(true);
    scene.approved(None);
    scene.keep(&GROUND, "before");
    let done = scene.execute();
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    scene.keep(&GROUND, "after");
    scene
}

/// Takes files of the key store from what was kept.
fn take(scene: &Scene, names: &[&str], tag: &str) {
    for name in names {
        let from = scene.path(format!("keys.{tag}/{name}"));
        let to = scene.path(format!("keys/{name}"));
        match from.exists() {
            true => drop(fs::copy(from, to).unwrap()),
            false => drop(fs::remove_file(to)),
        }
    }
}

/// Nothing of what was destroyed opens, whatever else does.
fn assert_nothing_opens(scene: &Scene, what: &str) {
    for scan in 1..4 {
        let file = scene.path(format!("ward/patients/0042/scan{scan}"));
        for vault in ["vault", "copy", "vault.before", "copy.before"] {
            let args = ["--vault", vault, "dump", "latest", file.to_str().unwrap()];
            let done = scene.run("", &args);
            assert_ne!(done.code, 0, "{what}: {vault} opens");
            assert!(done.stdout.is_empty(), "{what}: {vault}: {}", done.stdout);
        }
    }
}

#[test]
fn old_states_of_database_and_vault_bring_nothing_back() {
    let scene = executed();
    for vault in ["vault", "copy", "vault.before", "copy.before"] {
        scene.assert_destroyed(vault);
    }
    // The old database with the cell of now, with its journals and without.
    for database in [&DATABASE[..], &DATABASE[..1]] {
        scene.put_back(&GROUND, "after");
        take(&scene, database, "before");
        assert_nothing_opens(&scene, "the old database");
    }
    // The old cell with the database of now.
    scene.put_back(&GROUND, "after");
    take(&scene, &["cell"], "before");
    assert_nothing_opens(&scene, "the old cell");
    // With what is of now, the store is as it was left.
    scene.put_back(&GROUND, "after");
    scene.assert_destroyed("vault");
    scene.certify();
}

#[test]
fn old_pages_of_the_database_bring_nothing_back() {
    let scene = executed();
    let [old, new] = ["before", "after"]
        .map(|tag| fs::read(scene.path(format!("keys.{tag}/store.db"))).unwrap());
    let pages: Vec<usize> = (0..old.len().min(new.len()) / PAGE)
        .filter(|at| page(&old, *at) != page(&new, *at))
        .collect();
    assert!(!pages.is_empty(), "the database did not change");
    for at in pages {
        scene.put_back(&["keys"], "after");
        let mut mixed = new.clone();
        mixed[at * PAGE..(at + 1) * PAGE].copy_from_slice(page(&old, at));
        fs::write(scene.path("keys/store.db"), mixed).unwrap();
        assert_nothing_opens(&scene, &format!("page {at}"));
    }
}

fn page(bytes: &[u8], at: usize) -> &[u8] {
    &bytes[at * PAGE..(at + 1) * PAGE]
}

#[test]
fn a_registered_copy_of_the_key_store_brings_nothing_back() {
    let scene = executed();
    fs::remove_dir_all(scene.path("keys")).unwrap();
    scene.good("", &["keystore", "restore", "--from", "live"]);
    for vault in ["vault", "copy"] {
        scene.assert_destroyed(vault);
    }
    // What belongs to the request was in the copy as well.
    assert_ne!(scene.part("inventory"), None);
    scene.certify();
}

#[test]
fn what_waits_goes_on_with_a_key_store_that_was_restored() {
    let scene = Scene::new(true);
    scene.approved(None);
    fs::remove_dir_all(scene.path("keys")).unwrap();
    scene.good("", &["keystore", "restore", "--from", "live"]);
    let done = scene.execute();
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    scene.assert_destroyed("vault");
    scene.certify();
}

/// The copy's rows of before the destruction, with its cell of now: the root that they need is gone.
#[test]
fn old_rows_of_a_copy_bring_nothing_back() {
    let scene = executed();
    fs::remove_dir_all(scene.path("keys")).unwrap();
    let rows = fs::read_dir(scene.path("live.before")).unwrap().map(|entry| entry.unwrap().path());
    let rows = rows.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("rows-"));
    assert_eq!(rows.map(|path| replace_rows(&scene, &path)).count(), 1);
    let done = scene.run("", &["keystore", "restore", "--from", "live", "--accept-loss"]);
    assert_ne!(done.code, 0, "{}", done.stdout);
    assert!(!scene.path("keys/store.db").exists());
}

/// The live copy has these rows, and no others.
fn replace_rows(scene: &Scene, rows: &Path) {
    for entry in fs::read_dir(scene.path("live")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("rows-") {
            fs::remove_file(path).unwrap();
        }
    }
    fs::copy(rows, scene.path("live").join(rows.file_name().unwrap())).unwrap();
}

/// Nobody told the key store of it, so nothing was destroyed there: what `destroy inspect` is for.
#[test]
fn a_whole_backup_that_nobody_registered_is_found_by_inspection() {
    let scene = executed();
    copy(&scene.path("keys.before"), &scene.path("forgotten"));
    assert_opens(&scene, &scene.path("forgotten"));
    for witness in ["zhou", "wu"] {
        scene.good(witness, &["destroy", "witness", NUMBER, "--yes"]);
    }
    let inspect = ["destroy", "inspect", NUMBER, "--backup", "forgotten", "--yes"];
    scene.ends(45, "zheng", &inspect);
    assert_ne!(scene.state(), "done");
    scene.assert_not_certified();
    // Put in the place of the key store, it is seen to be older than the live copy.
    scene.put_back(&["keys"], "before");
    scene.ends(24, "zhang", &["destroy", "cancel", NUMBER, "--yes"]);
    // Once it is gone, the inspection may be done again.
    scene.put_back(&GROUND, "after");
    fs::remove_dir_all(scene.path("forgotten")).unwrap();
    scene.certify();
}

/// What was destroyed since opens with this key store and the live copy of then: as long as it waits, it takes a cancellation.
fn assert_opens(scene: &Scene, keys: &Path) {
    scene.put_back(&["live"], "before");
    let scratch = scene.path("opened");
    copy(keys, &scratch);
    let file = scene.path("ward/patients/0042/scan2");
    let keys = ["--keystore", scratch.to_str().unwrap()];
    scene.good("zhang", &[&keys[..], &["destroy", "cancel", NUMBER, "--yes"]].concat());
    let dump = [&keys[..], &["dump", "latest", file.to_str().unwrap()]].concat();
    let done = scene.good("", &dump);
    assert_eq!(done.stdout.as_bytes(), fs::read(file).unwrap());
    fs::remove_dir_all(scratch).unwrap();
    scene.put_back(&["live"], "after");
}

const DATABASE: [&str; 3] = ["store.db", "store.db-wal", "store.db-shm"];

const PAGE: usize = 4096;
