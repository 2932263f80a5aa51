//! Bringing copies up to date, whatever happens on the way.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sealkeep::envelope::Run;
use sealkeep::vault::copy::sync;
use sealkeep::vault::{Error, IndexFile, Lock, PackKind, Storage};
use sealkeep_crypto::Suite;

use super::scene::{OPTIONS, Scene};

#[test]
fn a_copy_is_the_vault_byte_for_byte_and_a_second_sync_brings_nothing() {
    for suite in Suite::ALL {
        let scene = Scene::with_backups(suite);
        scene.empty("copy");
        let report = scene.sync("copy");
        assert!(scene.is_same("main", "copy"));
        assert_eq!((report.before, report.head, report.present), (None, 3, 0));
        assert_eq!(report.brought, scene.names("copy", "").len() as u64);
        let again = scene.sync("copy");
        assert_eq!((again.brought, again.bytes, again.present), (0, 0, report.brought));
        assert!(scene.check("copy").is_whole());
    }
}

#[test]
fn only_what_is_new_is_brought_and_what_is_gone_is_removed() {
    let scene = Scene::with_backups(Suite::Sm4Gcm);
    scene.copied("copy");
    scene.backup();
    let report = scene.sync("copy");
    assert_eq!((report.before, report.head), (Some(3), 4));
    // Two packs, index, record, snapshot, head.
    assert_eq!((report.brought, report.removed), (6, 0));
    assert!(scene.is_same("main", "copy"));
    scene.prune();
    let report = scene.sync("copy");
    // Six packs, three index files, three snapshots.
    assert_eq!((report.brought, report.removed, report.left.len()), (3, 12, 0));
    assert!(scene.is_same("main", "copy"));
    assert_eq!(scene.check("copy").stray, [""; 0]);
}

#[test]
fn an_interrupted_sync_leaves_the_copy_usable_and_is_continued() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    scene.copied("copy");
    scene.backup();
    scene.backup();
    let whole: u64 = 800_000;
    for stop_after in (0..whole).step_by(90_000) {
        let (cancel, done) = (AtomicBool::new(false), AtomicU64::new(0));
        let progress = |bytes| {
            if done.fetch_add(bytes, Ordering::Relaxed) + bytes > stop_after {
                cancel.store(true, Ordering::Relaxed);
            }
        };
        let run = Run { cancel: &cancel, progress: &progress, ..Run::quiet() };
        let (main, copy) = (scene.open("main"), scene.open("copy"));
        let ended = sync(&main, &scene.vault, &copy, &OPTIONS, &run);
        let check = scene.check("copy");
        assert!(check.is_whole(), "{check:?}");
        match ended {
            Err(Error::Cancelled) => assert_eq!(check.head.unwrap().0, 3),
            other => assert_eq!(other.unwrap().head, 5),
        }
    }
    scene.sync("copy");
    assert!(scene.is_same("main", "copy"));
}

#[test]
fn what_the_vault_has_wrong_is_reported_and_does_not_spread() {
    let scene = Scene::with_backups(Suite::Sm4Gcm);
    let packs = scene.names("main", "packs/");
    let snapshots = scene.names("main", "snapshots/");
    scene.flip("main", &packs[0]);
    scene.remove("main", &packs[1]);
    scene.flip("main", &snapshots[0]);
    scene.empty("copy");
    let report = scene.sync("copy");
    let mut damaged = vec![packs[0].clone(), packs[1].clone(), snapshots[0].clone()];
    damaged.sort();
    assert_eq!(report.damaged, damaged);
    let check = scene.check("copy");
    assert_eq!((check.missing, check.rotten.len()), (damaged, 0));
    // A sync on top of good copies takes nothing away from them.
    scene.prune();
    scene.flip("main", &scene.names("main", "packs/")[0]);
    let report = scene.sync("copy");
    assert_eq!((report.damaged.len(), report.removed), (1, 0));
    assert!(!report.left.is_empty());
}

#[test]
fn a_file_cut_short_in_the_copy_is_brought_again() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    scene.copied("copy");
    for name in [&scene.names("copy", "packs/")[1], &scene.names("copy", "index/")[0]] {
        fs::write(scene.path("copy").join(name), "short").unwrap();
        assert_eq!(scene.sync("copy").brought, 1);
        assert!(scene.is_same("main", "copy"));
    }
}

#[test]
fn while_the_copy_is_read_nothing_is_removed_from_it() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    scene.copied("copy");
    scene.prune();
    let reader = scene.open("copy").lock(Lock::Shared, OPTIONS.wait).unwrap();
    let report = scene.sync("copy");
    assert_eq!((report.removed, report.left.len()), (0, 8));
    drop(reader);
    assert_eq!(scene.sync("copy").removed, 8);
    assert!(scene.is_same("main", "copy"));
}

#[test]
fn a_pack_too_large_for_memory_is_copied_as_well() {
    let scene = Scene::new(Suite::Aes256Gcm);
    let main = scene.open("main");
    let pack = scene.pack(&main, PackKind::Content, 65 << 20);
    let name = pack.id.name();
    IndexFile::new(vec![], vec![pack], vec![]).write(&main, &scene.keys).unwrap();
    scene.head(&[]);
    scene.copied("copy");
    assert!(scene.is_same("main", "copy"));
    scene.remove("copy", &name);
    scene.flip("main", &name);
    assert_eq!(scene.sync("copy").damaged, [name]);
}

#[test]
fn several_syncs_at_once_make_one_copy() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    scene.empty("copy");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| scene.sync("copy"));
        }
    });
    assert!(scene.is_same("main", "copy"));
    assert!(scene.check("copy").is_whole());
}
