//! What was backed up comes back as it was.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "backup_restore/browse.rs"]
mod browse;
#[path = "backup_restore/drill.rs"]
mod drill;
#[path = "support/nasty.rs"]
mod nasty;
#[path = "support/vault.rs"]
mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use nasty::{assert_same, look, make_nasty};
use sealkeep::backup::Overwrite;
use sealkeep::backup::restore::{
    Failed, RestoreError, RestoreOptions, RestorePlan, RestoreReport, find_snapshot,
};
use sealkeep::envelope::Run;
use sealkeep::vault::{self, PackKind};
use sealkeep_crypto::Suite;
use support::{World, random};

fn restore(world: &World, options: RestoreOptions) -> RestoreReport {
    let vault = world.vault();
    let snapshot = find_snapshot(&vault, None).unwrap().unwrap();
    let plan = RestorePlan::new(&vault, &snapshot, options).unwrap();
    plan.execute(&world.path("out"), &Run::quiet()).unwrap()
}

/// Options by which `data` becomes the output folder.
fn whole(world: &World) -> RestoreOptions {
    RestoreOptions { relative_to: Some(world.data().canonicalize().unwrap()), ..Default::default() }
}

fn assert_clean(report: &RestoreReport) {
    assert!(report.failures.is_empty(), "{:#?}", report.failures);
    assert!(report.notes.is_empty(), "{:#?}", report.notes);
    assert!(report.stopped.is_none() && report.not_found.is_empty());
    assert!(report.destroyed.is_empty());
}

#[test]
fn a_tree_of_everything_comes_back_as_it_was() {
    for suite in Suite::ALL {
        let world = World::new(suite);
        make_nasty(&world);
        let backup = world.backup();
        assert!(backup.failures.is_empty(), "{:?}", backup.failures);
        let before = look(&world.data());
        let report = restore(&world, whole(&world));
        assert_clean(&report);
        assert_eq!(report.restored.files, backup.total.files);
        assert_same(&world.data(), &world.path("out"));
        assert_eq!(look(&world.data()), before, "restoring touches nothing else");
        let sparse = fs::metadata(world.path("out/sparse")).unwrap();
        assert!(sparse.blocks() * 512 < 1 << 20, "{} blocks", sparse.blocks());
    }
}

#[test]
fn a_part_comes_with_the_folders_on_the_way_and_nothing_else() {
    let world = World::new(Suite::Aes256Gcm);
    make_nasty(&world);
    world.backup();
    let data = world.data().canonicalize().unwrap();
    let report = restore(
        &world,
        RestoreOptions {
            paths: vec![data.join("plain/odd names"), data.join("absent")],
            ..whole(&world)
        },
    );
    assert_eq!(report.not_found, [data.join("absent")]);
    assert_eq!(report.restored.files, 1);
    let found = look(&world.path("out"));
    let original = look(&world.data());
    assert_eq!(found.len(), 4);
    for (path, look) in found {
        assert_eq!(look, original[&path], "{}", path.display());
    }
}

#[test]
fn patterns_choose_and_without_a_prefix_the_whole_path_is_made() {
    let world = World::new(Suite::Aes256Gcm);
    make_nasty(&world);
    world.backup();
    let report =
        restore(&world, RestoreOptions { patterns: vec!["*.txt".into()], ..Default::default() });
    assert_clean(&report);
    let data = world.data().canonicalize().unwrap();
    let path = world.path("out").join(data.strip_prefix("/").unwrap());
    assert_eq!(
        fs::read(path.join("plain/a.txt")).unwrap(),
        fs::read(data.join("plain/a.txt")).unwrap()
    );
    assert_eq!(fs::read_dir(path.join("plain")).unwrap().count(), 1);
}

#[test]
fn one_name_of_several_is_restored_by_itself() {
    let world = World::new(Suite::Aes256Gcm);
    make_nasty(&world);
    world.backup();
    let data = world.data().canonicalize().unwrap();
    let report =
        restore(&world, RestoreOptions { paths: vec![data.join("twins/second")], ..whole(&world) });
    assert_clean(&report);
    let restored = world.path("out/twins/second");
    assert_eq!(fs::read(&restored).unwrap(), fs::read(data.join("twins/first")).unwrap());
    assert_eq!(fs::metadata(restored).unwrap().nlink(), 1);
}

#[test]
fn a_rehearsal_counts_the_same_and_writes_nothing() {
    let world = World::new(Suite::Aes256Gcm);
    make_nasty(&world);
    world.backup();
    let vault = world.vault();
    let snapshot = find_snapshot(&vault, None).unwrap().unwrap();
    let plan = || RestorePlan::new(&vault, &snapshot, whole(&world)).unwrap();
    let rehearsed = plan().rehearse(&Run::quiet()).unwrap();
    assert!(!world.path("out").exists());
    let done = plan().execute(&world.path("out"), &Run::quiet()).unwrap();
    assert_eq!(rehearsed.restored, done.restored);
}

#[test]
fn destroyed_objects_are_named_and_everything_else_comes_back() {
    let world = World::new(Suite::Sm4Gcm);
    for at in 0..20 {
        world.write(&format!("{at:02}"), format!("record {at}"));
    }
    world.write("same", "record 7");
    world.backup();
    let data = world.data().canonicalize().unwrap();
    let key = world.key_of(&data.join("07"));
    world.destroy(vec![key]);
    let report = restore(&world, whole(&world));
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert_eq!(report.restored.files, 20);
    let [destroyed] = &report.destroyed[..] else { panic!("{:?}", report.destroyed) };
    assert_eq!((destroyed.key, &destroyed.path), (key, &None));
    assert_eq!(destroyed.tombstone.unwrap().certificate, [7; 32]);
    assert!(!world.path("out/07").exists());
    // Content that it shared is still there.
    assert_eq!(fs::read(world.path("out/same")).unwrap(), b"record 7");
    let options = || RestoreOptions { overwrite: Overwrite::Always, ..whole(&world) };
    let report = restore(&world, RestoreOptions { paths: vec![data.join("07")], ..options() });
    assert_eq!(report.destroyed[0].path, Some(data.join("07")));
    assert_eq!((report.restored.files, report.not_found.len()), (0, 0));
    let report = restore(&world, RestoreOptions { paths: vec![data.join("15")], ..options() });
    assert_eq!((report.restored.files, report.destroyed.len()), (1, 0));
}

#[test]
fn what_is_there_stays_unless_told_otherwise() {
    let world = World::new(Suite::Aes256Gcm);
    world.write("a", "stored");
    world.write("b", "stored");
    world.backup();
    fs::create_dir(world.path("out")).unwrap();
    fs::write(world.path("out/a"), "there before").unwrap();
    let report = restore(&world, whole(&world));
    let [failure] = &report.failures[..] else { panic!("{:?}", report.failures) };
    assert!(matches!(failure.error, RestoreError::Place(_)), "{failure:?}");
    assert_eq!(failure.what, Failed::Path(world.data().canonicalize().unwrap().join("a")));
    assert_eq!(fs::read(world.path("out/a")).unwrap(), b"there before");
    assert_eq!(fs::read(world.path("out/b")).unwrap(), b"stored");
    let report =
        restore(&world, RestoreOptions { overwrite: Overwrite::IfChanged, ..whole(&world) });
    assert_clean(&report);
    assert_eq!((report.restored.files, report.restored.kept), (1, 1));
    assert_eq!(fs::read(world.path("out/a")).unwrap(), b"stored");
}

/// Changes a bit of the only content pack; where it is and what is in it now.
fn damage(world: &World, at: usize) -> (PathBuf, Vec<u8>) {
    let packs = world.vault().packs().unwrap();
    let content = packs.packs().find(|pack| pack.kind == PackKind::Content);
    let path = world.path("vault").join(content.unwrap().id.name());
    let mut bytes = fs::read(&path).unwrap();
    bytes[at] ^= 1;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, &bytes).unwrap();
    (path, bytes)
}

#[test]
fn a_damaged_pack_fails_those_who_need_what_is_damaged() {
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..50 {
        world.write(&format!("{at:02}"), random(20_000));
    }
    world.backup();
    let (path, bytes) = damage(&world, 300_000);
    let report = restore(&world, whole(&world));
    let [failure] = &report.failures[..] else { panic!("{:?}", report.failures) };
    assert!(matches!(failure.error, RestoreError::Damaged(_)), "{failure:?}");
    assert_eq!(report.restored.files, 49);
    assert_eq!(fs::read_dir(world.path("out")).unwrap().count(), 49);
    fs::remove_dir_all(world.path("out")).unwrap();
    fs::write(&path, &bytes[..500_000]).unwrap();
    let report = restore(&world, whole(&world));
    let cut = report.failures.len() as u64;
    assert!(cut > 10 && cut < 40, "{cut}");
    assert_eq!(report.restored.files + cut, 50);
}

#[test]
fn held_objects_are_failures_and_are_named_if_they_were_asked_for() {
    let world = World::new(Suite::Aes256Gcm);
    world.write("held", "evidence");
    world.write("other", "other");
    world.backup();
    let path = world.data().canonicalize().unwrap().join("held");
    let key = world.key_of(&path);
    world.store().hold(&[key]).unwrap();
    let report = restore(&world, whole(&world));
    assert_eq!((report.restored.files, report.destroyed.len()), (1, 0));
    assert_eq!(report.failures.len(), 1);
    assert_eq!(report.failures[0].what, Failed::Key(key));
    assert!(matches!(report.failures[0].error, RestoreError::Key(_)));
    fs::remove_dir_all(world.path("out")).unwrap();
    let report = restore(&world, RestoreOptions { paths: vec![path.clone()], ..whole(&world) });
    assert_eq!(report.failures[0].what, Failed::Path(path));
}

#[test]
fn a_lost_segment_takes_no_other_with_it() {
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..3_000 {
        world.write(&format!("{}/{at}", at % 7), "x");
    }
    world.backup();
    let packs = world.vault().packs().unwrap();
    let manifest = packs.packs().find(|pack| pack.kind == PackKind::Manifest).unwrap();
    let path = world.path("vault").join(manifest.id.name());
    let mut bytes = fs::read(&path).unwrap();
    // Within the first segment, behind the head of the pack and its own.
    bytes[100] ^= 1;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, &bytes).unwrap();
    let report = restore(&world, whole(&world));
    let [failure] = &report.failures[..] else { panic!("{:?}", report.failures) };
    let Failed::Segment(_, entries) = failure.what else { panic!("{failure:?}") };
    let restored = report.restored.files + report.restored.directories;
    assert_eq!(restored + u64::from(entries), 3_008);
}

#[test]
fn whatever_has_a_name_when_it_ends_early_is_whole() {
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..40 {
        world.write(&format!("{at:02}"), random(200_000));
    }
    world.backup();
    let vault = world.vault();
    let snapshot = find_snapshot(&vault, None).unwrap().unwrap();
    let plan = RestorePlan::new(&vault, &snapshot, whole(&world)).unwrap();
    let cancel = AtomicBool::new(false);
    let progress = |_| cancel.store(true, Ordering::Relaxed);
    let run = Run { cancel: &cancel, progress: &progress, ..Run::quiet() };
    let report = plan.execute(&world.path("out"), &run).unwrap();
    assert!(matches!(report.stopped, Some(RestoreError::Vault(vault::Error::Cancelled))));
    for entry in fs::read_dir(world.path("out")).unwrap() {
        let name = entry.unwrap().file_name();
        let original = fs::read(world.data().join(&name)).unwrap();
        assert!(fs::read(world.path("out").join(name)).unwrap() == original);
    }
}
