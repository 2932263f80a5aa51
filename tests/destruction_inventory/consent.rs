//! Consent withdrawn: one person's data goes from all snapshots and copies at once, and everybody else's is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use sealkeep::backup::restore::{RestoreOptions, RestorePlan};
use sealkeep::destruction::Choice;
use sealkeep::destruction::Sources;
use sealkeep::destruction::inspection::{InspectOptions, inspect};
use sealkeep::envelope::Run;
use sealkeep::vault::Lock;
use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::Digest;

use super::scene::{REQUEST, WAIT, backup, copy_keys, freeze, look, names, sync};
use crate::support::{World, random};

const PATIENTS: usize = 40;
const NIGHTS: usize = 5;
const GONE: &str = "patients/0007/";

type Tree = BTreeMap<PathBuf, Vec<u8>>;

fn tree(top: &std::path::Path) -> Tree {
    let mut found = Tree::new();
    let mut waiting = vec![top.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let below = path.strip_prefix(top).unwrap().to_owned();
                found.insert(below, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Everybody's records, and what changes each night.
fn nights(world: &World) -> Vec<(sealkeep::vault::SnapshotId, Tree)> {
    let mut kept = Vec::new();
    for night in 0..NIGHTS {
        for patient in 0..PATIENTS {
            let dir = format!("patients/{patient:04}");
            if night == 0 {
                world.write(&format!("{dir}/history"), random(700));
                world.write(&format!("{dir}/scan"), random(30_000));
            }
            if (patient + night) % 4 == 0 {
                world.write(&format!("{dir}/history"), random(700 + night));
                world.write(&format!("{dir}/visit {night}"), random(300));
            }
        }
        if night == 1 {
            let data = world.data();
            let (from, to) = (format!("{GONE}scan"), format!("{GONE}second name"));
            fs::hard_link(data.join(from), data.join(to)).unwrap();
        }
        kept.push((backup(world), tree(&world.data())));
    }
    kept
}

#[test]
fn one_person_goes_from_all_snapshots_and_copies_and_nobody_else() {
    let world = World::new(Suite::Sm4Gcm);
    let kept = nights(&world);
    for copy in ["copy 1", "copy 2", "copy 3"] {
        sync(&world, copy);
    }
    copy_keys(&world, "keys copy", true);
    let found = look(&world, Choice::Subject("0007".into()));
    let theirs = names(&world, &found);
    let files: std::collections::BTreeSet<String> = kept
        .iter()
        .flat_map(|(_, tree)| tree.keys())
        .filter_map(|path| path.to_str().filter(|path| path.starts_with(GONE)))
        .map(str::to_owned)
        .collect();
    assert_eq!(theirs, files);
    let (frozen, _) = freeze(&world, [Choice::Subject("0007".into())]);
    let begun = Instant::now();
    world.destroy(frozen.targets.clone());
    println!("{} keys destroyed in {:?}", frozen.targets.len(), begun.elapsed());

    let (keys, vault) = world.opened();
    let unlock = world.unlock();
    let options = InspectOptions {
        request: REQUEST,
        execution: Digest([1; 32]),
        items: &frozen.items,
        overwriting: None,
        unlock: Some(&unlock),
        more_stores: Vec::new(),
        more_vaults: Vec::new(),
        sealed: Vec::new(),
        sample: 50,
        wait: WAIT,
    };
    let sources = Sources { keys: &keys, vault: Some(&vault) };
    let report = inspect(&sources, &options, &Run::quiet()).unwrap();
    assert!(report.passed, "{:#?}", report.places);
    assert_eq!(report.places.len(), 6);
    drop((keys, vault));

    for place in ["vault", "copy 1", "copy 2", "copy 3"] {
        let vault = world.vault_at(&world.path(place), Lock::Shared).unwrap();
        let (snapshots, _) = vault.snapshots().unwrap();
        for (id, was) in &kept {
            let snapshot = snapshots.iter().find(|one| one.id == *id).unwrap();
            let out = tempfile::tempdir_in(world.root()).unwrap();
            let options = RestoreOptions {
                relative_to: Some(world.data()),
                not_durable: true,
                ..RestoreOptions::default()
            };
            let plan = RestorePlan::new(&vault, snapshot, options).unwrap();
            let back = out.path().join("back");
            let report = plan.execute(&back, &Run::quiet()).unwrap();
            assert!(report.failures.is_empty(), "{:?}", report.failures);
            let others = was.iter().filter(|(path, _)| !path.starts_with(GONE));
            let others: Tree = others.map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
            assert!(tree(&back) == others, "{place}, {id}");
            assert!(report.destroyed.len() > 2);
        }
    }
}
