//! One bit flipped, in any file of a vault or a copy.

use std::fs;
use std::path::PathBuf;

use sealkeep::envelope::Run;
use sealkeep::vault::check::{ReadData, VaultProblem, check_vault};
use sealkeep::vault::register;
use sealkeep::vault::{Directory, Error, Lock, SnapshotId, copy};
use sealkeep_crypto::Suite;

use super::lost::{concerned, is_named};
use super::scene::{
    Tree, WAIT, assert_restores, below, check, check_copy, restore, snapshot, sync, thorough, tree,
};
use crate::support::{World, random};

/// A vault with every kind of file, and a copy of it.
fn scene() -> (World, SnapshotId, Tree) {
    let world = World::new(Suite::Sm4Gcm);
    for at in 0..24 {
        world.write(&format!("{at:02}"), random(3_000 * at));
    }
    world.backup();
    world.write("05", random(40_000));
    world.vault().record("drill", &serde_json::json!({ "objects": 3 })).unwrap();
    let vault = world.vault();
    register::update(&**vault.storage(), vault.file(), vault.keyring(), 7, |_| Ok(())).unwrap();
    drop(vault);
    let one = world.backup().snapshot.unwrap();
    sync(&world, "copy");
    let was = tree(&world.data());
    (world, one, was)
}

/// Where bits are flipped: at the ends, at the edges of the parts, and somewhere.
fn positions(name: &str, length: usize) -> Vec<usize> {
    let mut at = vec![0, length - 1];
    if name.starts_with("packs/") {
        at.extend([20, 47, 48, length - 10, length - 17]);
    }
    at.extend((0..if thorough() { 30 } else { 4 }).map(|_| below(length)));
    at.sort_unstable();
    at.dedup();
    at
}

#[test]
fn any_bit_of_the_vault_is_found_and_costs_only_what_it_concerns() {
    let (world, one, was) = scene();
    let mut tried = 0;
    for (path, bytes) in tree(&world.path("vault")) {
        let name = path.to_str().unwrap();
        if name == "lock" {
            continue;
        }
        for at in positions(name, bytes.len()) {
            let mut bad = bytes.clone();
            bad[at] ^= 1 << below(8);
            fs::write(world.path("vault").join(name), &bad).unwrap();
            judge(&world, one, &was, name, at);
            tried += 1;
        }
        fs::write(world.path("vault").join(name), &bytes).unwrap();
    }
    println!("{tried} bits");
    assert!(check(&world.vault()).problems.is_empty());
}

fn judge(world: &World, one: SnapshotId, was: &Tree, name: &str, at: usize) {
    let vault = match world.vault_at(&world.path("vault"), Lock::Shared) {
        Ok(vault) => vault,
        Err(Error::Refused { name: named, .. }) if name == "vault" => {
            return assert_eq!(named, "vault");
        }
        Err(error) => panic!("{name} at {at}: {error}"),
    };
    let found = check_vault(&vault, ReadData::All, &Run::quiet()).unwrap();
    assert!(is_named(&found, name), "{name} at {at}: {:#?}", found.problems);
    let others = found.problems.iter().filter(|problem| match problem {
        VaultProblem::Missing(_) => true,
        VaultProblem::Wrong(one, _) | VaultProblem::Pack { name: one, .. } => one != name,
        _ => false,
    });
    assert_eq!(others.count(), 0, "{name} at {at}: {:#?}", found.problems);
    let (snapshots, _) = vault.snapshots().unwrap();
    let Some(file) = snapshots.iter().find(|file| file.id == one) else {
        return assert!(name.starts_with("snapshots/"));
    };
    let (is, report) = restore(world, &vault, file);
    let lost: Vec<&PathBuf> = was.keys().filter(|path| is.get(*path) != was.get(*path)).collect();
    let named = concerned(world, &found);
    assert!(lost.iter().all(|path| named.contains(path)), "{name} at {at}: {lost:?} of {named:?}");
    // What is lost is told. A folder can fail alone: it is made for what is in it.
    assert!(lost.is_empty() || !report.failures.is_empty(), "{name} at {at}: {lost:?}");
    let told = report.failures.is_empty() || !named.is_empty();
    assert!(told, "{name} at {at}: {:#?}", report.failures);
    assert!(is.iter().all(|(path, bytes)| was[path] == *bytes));
}

#[test]
fn any_bit_of_a_copy_is_found_without_a_key_and_healed() {
    let (world, one, was) = scene();
    let good = tree(&world.path("copy"));
    for (path, bytes) in &good {
        let name = path.to_str().unwrap();
        if name == "lock" {
            continue;
        }
        for at in positions(name, bytes.len()) {
            let mut bad = bytes.clone();
            bad[at] ^= 1 << below(8);
            fs::write(world.path("copy").join(name), &bad).unwrap();
            let copy = Directory::open(&world.path("copy")).unwrap();
            let found = copy::check(&copy, None, WAIT, &Run::quiet());
            match found {
                Err(Error::Refused { name: named, .. }) if name == "vault" => {
                    assert_eq!(named, "vault");
                }
                other => {
                    let found = other.unwrap();
                    let named = found.rotten.iter().filter(|rotten| rotten.name == name);
                    assert!(named.count() > 0, "{name} at {at}: {found:#?}");
                    assert!(found.rotten.iter().all(|rotten| rotten.name == name), "{found:#?}");
                    assert!(found.missing.is_empty(), "{found:#?}");
                }
            }
        }
        let (place, from) =
            ["copy", "vault"].map(|one| Directory::open(&world.path(one)).unwrap()).into();
        let report = copy::repair(&place, &from, None, WAIT, &Run::quiet()).unwrap();
        assert_eq!(report.healed, [name.to_owned()]);
        assert!(tree(&world.path("copy")) == good, "{name}");
    }
    assert!(check_copy(&world, "copy").is_whole());
    let vault = world.vault_at(&world.path("copy"), Lock::Shared).unwrap();
    assert_restores(&world, &vault, &snapshot(&vault, one), &was);
}
