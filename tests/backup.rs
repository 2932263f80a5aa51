//! Backups as callers of the library see them.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/vault.rs"]
mod support;

use std::path::{Path, PathBuf};

use sealkeep::backup::BackupPlan;
use sealkeep::envelope::Run;
use sealkeep::vault::check::{ReadData, VaultProblem, check_vault};
use sealkeep::vault::prune::{PruneOptions, PrunePlan, PruneReport};
use sealkeep_crypto::Suite;
use support::{World, random};

fn assert_sound(world: &World) {
    let found = check_vault(&world.vault(), ReadData::All, &Run::quiet()).unwrap();
    assert!(found.problems.is_empty(), "{:#?}", found.problems);
    assert_eq!(found.unused, Vec::<String>::new());
}

#[test]
fn what_did_not_change_is_not_stored_again() {
    for suite in Suite::ALL {
        let world = World::new(suite);
        for at in 0..300 {
            world.write(&format!("ward{}/{at}", at % 7), format!("record {at}"));
        }
        world.write("big", vec![7; 3_000_000]);
        let first = world.backup();
        assert_eq!((first.new.files, first.total.files, first.failures.len()), (301, 301, 0));
        let second = world.backup();
        assert_eq!((second.unchanged, second.new.objects), (first.total, 0));
        assert_eq!((second.written.segments, second.written.chunks), (0, 0));
        world.write("ward3/3", "another record");
        world.write("ward3/new", "record 4");
        let third = world.backup();
        assert_eq!((third.changed.files, third.new.files), (1, 1));
        assert_eq!((third.written.chunks, third.written.shared), (1, 1));
        assert_sound(&world);
    }
}

/// What grows at its end only, folders named by date say, does not fall into a segment for each night.
#[test]
fn a_last_segment_goes_on_when_more_follows() {
    let world = World::new(Suite::Aes256Gcm);
    for night in 0..5 {
        world.write(&format!("2026-11-{night:02}/record"), format!("record {night}"));
        let id = world.backup().snapshot.unwrap();
        let vault = world.vault();
        let (snapshots, _) = vault.snapshots().unwrap();
        let snapshot = snapshots.iter().find(|one| one.id == id).unwrap();
        assert_eq!(vault.segments(snapshot).unwrap().len(), 1, "night {night}");
    }
    assert_eq!(world.backup().written.segments, 0);
    assert_sound(&world);
}

#[test]
fn snapshots_of_one_moment_have_an_order() {
    let world = World::new(Suite::Sm4Gcm);
    let made: Vec<_> = (0..5).map(|_| world.backup()).collect();
    for pair in made.windows(2) {
        assert_eq!(pair[1].parent, pair[0].snapshot, "each goes on from the one before");
    }
    let (listed, _) = world.vault().snapshots().unwrap();
    let listed: Vec<_> = listed.iter().map(|snapshot| Some(snapshot.id)).collect();
    assert_eq!(listed, made.iter().map(|report| report.snapshot).collect::<Vec<_>>());
}

fn prune(world: &World, max_unused: u8) -> PruneReport {
    let vault = world.vault_alone();
    let plan = PrunePlan::new(&vault, PruneOptions { max_unused }, &Run::quiet()).unwrap();
    plan.execute(&Run::quiet()).unwrap()
}

#[test]
fn what_no_snapshot_needs_is_pruned_and_the_rest_stays() {
    let world = World::new(Suite::Sm4Gcm);
    for at in 0..40 {
        world.write(&format!("{at}"), random(100_000));
    }
    let first = world.backup().snapshot.unwrap();
    for at in 0..30 {
        world.write(&format!("{at}"), random(100_000));
    }
    let second = world.backup();
    assert!(prune(&world, 0).freed < 20_000, "everything is needed");
    world.vault().forget(&[first]).unwrap();
    let before = world.vault_bytes();
    let report = prune(&world, 0);
    assert!(report.freed > 2_900_000 && report.rewritten > 0, "{report:?}");
    assert!(before - world.vault_bytes() > 2_900_000);
    assert_sound(&world);
    let again = world.backup();
    assert_eq!((again.unchanged, again.written.chunks), (second.total, 0));
    assert_eq!(prune(&world, 5).removed, 0);
    assert_sound(&world);
}

#[test]
fn a_vault_is_rebuilt_from_its_packs() {
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..20 {
        world.write(&format!("{at}"), random(100_000));
    }
    let first = world.backup().snapshot.unwrap();
    for at in 0..15 {
        world.write(&format!("{at}"), random(100_000));
    }
    let second = world.backup();
    world.vault().forget(&[first]).unwrap();
    prune(&world, 0);
    for name in ["vault", "index", "snapshots", "heads"] {
        let path = world.path("vault").join(name);
        std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path)).unwrap();
    }
    let rebuilt = world.rebuild();
    assert!(rebuilt.vault_file && rebuilt.refused.is_empty(), "{rebuilt:?}");
    assert_eq!((rebuilt.snapshots, rebuilt.incomplete), (1, 0));
    assert_sound(&world);
    let again = world.backup();
    assert_eq!((again.unchanged, again.parent), (second.total, second.snapshot));
}

#[test]
fn a_destroyed_object_leaves_others_and_is_not_taken_up_again() {
    let world = World::new(Suite::Sm4Gcm);
    world.write("a", "the same content");
    world.write("b", "the same content");
    world.write("c", random(200_000));
    world.backup();
    world.destroy(world.keys_of(&["a", "c"]));
    let found = check_vault(&world.vault(), ReadData::All, &Run::quiet()).unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    assert_eq!(found.destroyed, 2);
    let report = world.backup();
    let refused: Vec<_> = report.failures.iter().map(|failure| &failure.path).collect();
    assert_eq!(refused, [&world.data().join("a"), &world.data().join("c")]);
    assert_eq!(report.unchanged.files, 1);
    let renewed = sealkeep::backup::BackupOptions { renew_destroyed: true, ..world.options(None) };
    assert_eq!(world.backup_with(renewed).new.files, 2);
    assert_sound(&world);
}

#[test]
fn keys_and_vault_are_never_backed_up() {
    let world = World::new(Suite::Aes256Gcm);
    world.write("a", "a record");
    let own = vec![world.path("vault"), world.path("keys")];
    let options = || sealkeep::backup::BackupOptions { own: own.clone(), ..world.options(None) };
    let vault = world.vault();
    let whole = [world.root().to_owned()];
    let report =
        BackupPlan::new(&vault, &whole, options()).unwrap().execute(&Run::quiet()).unwrap();
    let mut left_out = report.own.clone();
    left_out.sort_unstable();
    assert_eq!(left_out, [world.path("keys"), world.path("vault")]);
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert!(BackupPlan::new(&vault, &own[1..], options()).is_err());
}

#[test]
fn what_a_lost_pack_held_is_stored_again() {
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..30 {
        world.write(&format!("{at}"), random(100_000));
    }
    world.backup();
    let packs = world.path("vault/packs");
    let of = |kind: u8| {
        let all = walk(&packs).into_iter();
        all.filter(move |path| std::fs::read(path).unwrap()[9] == kind)
    };
    for kind in [1, 2] {
        of(kind).for_each(|path| std::fs::remove_file(path).unwrap());
        let report = world.backup();
        assert!(report.failures.is_empty() && report.written.chunks > 0, "{report:?}");
        let (snapshots, _) = world.vault().snapshots().unwrap();
        let old: Vec<_> = snapshots.iter().rev().skip(1).map(|snapshot| snapshot.id).collect();
        world.vault().forget(&old).unwrap();
        let found = check_vault(&world.vault(), ReadData::All, &Run::quiet()).unwrap();
        let missing = |problem: &VaultProblem| match problem {
            VaultProblem::Pack { concerned, .. } => concerned.objects.is_empty(),
            _ => false,
        };
        assert!(found.problems.iter().all(missing), "{:#?}", found.problems);
    }
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
