//! Disks that fill up in the middle of something. Needs the right to mount.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::statvfs;
use sealkeep::backup::BackupPlan;
use sealkeep::envelope::Run;
use sealkeep::vault::Result;
use sealkeep_crypto::Suite;

use super::scene::{
    assert_restores, assert_sound, check, check_copy, keep_only, prune, restore, skip, snapshot,
    surplus, sync, tree, try_prune, try_sync,
};
use crate::support::{World, random};

/// A small file system in memory over a folder, with what was in the folder.
struct Mount(PathBuf);

impl Mount {
    fn over(path: &Path) -> Option<Self> {
        let aside = path.with_extension("aside");
        if path.exists() {
            fs::rename(path, &aside).unwrap();
        }
        fs::create_dir(path).unwrap();
        let options = format!("size={SIZE}");
        let mut mount = Command::new("mount");
        let done = mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(path).output();
        let mounted = done.is_ok_and(|done| done.status.success()).then(|| Self(path.to_owned()));
        if aside.exists() {
            for (name, bytes) in tree(&aside) {
                let to = path.join(name);
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::write(to, bytes).unwrap();
            }
        }
        mounted
    }

    fn free(&self) -> u64 {
        statvfs(&self.0).unwrap().f_bavail
    }

    /// Has so many pages left.
    fn leave(&self, pages: u64) {
        let options = format!("remount,nr_blocks={}", self.used() + pages);
        assert!(
            Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success()
        );
        assert_eq!(self.free(), pages);
    }

    fn used(&self) -> u64 {
        let stat = statvfs(&self.0).unwrap();
        stat.f_blocks - stat.f_bfree
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Tries something with ever more room, until it succeeds: most steps at the end, where small files are written. Each time that
/// it does not, it must say that the disk is full, and `judge` what is left. Returns how often that was.
fn squeeze(
    mount: &Mount,
    needed: u64,
    mut act: impl FnMut() -> Result<()>,
    mut judge: impl FnMut(),
) -> usize {
    let coarse = (0..6).map(|part| needed * part / 8);
    let fine = needed.saturating_sub(24)..;
    let mut failed = 0;
    for pages in coarse.chain(fine) {
        mount.leave(pages);
        match act() {
            Ok(()) => break,
            Err(error) => assert!(error.is_full(), "with {pages} of {needed}: {error}"),
        }
        judge();
        failed += 1;
    }
    failed
}

fn backup(world: &World) -> Result<()> {
    let vault = world.vault();
    let plan = BackupPlan::new(&vault, &[world.data()], world.options(None)).unwrap();
    plan.execute(&Run::quiet()).map(drop)
}

fn scene() -> Option<(World, Mount)> {
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..20 {
        world.write(&format!("{at}"), random(40_000));
    }
    let Some(mount) = Mount::over(&world.path("vault")) else {
        skip("nothing can be mounted here");
        return None;
    };
    Some((world, mount))
}

#[test]
fn a_backup_on_a_full_disk_fails_and_gives_back_what_it_took() {
    let Some((world, mount)) = scene() else { return };
    let first = world.backup().snapshot.unwrap();
    let was = tree(&world.data());
    (0..20).for_each(|at| world.write(&format!("{at}"), random(100_000)));
    let needed = 20 * 100_000 / 4_096 + 12;
    let failed = squeeze(
        &mount,
        needed,
        || backup(&world),
        || {
            let vault = world.vault();
            assert!(check(&vault).problems.is_empty());
            assert_restores(&world, &vault, &snapshot(&vault, first), &was);
            let (snapshots, _) = vault.snapshots().unwrap();
            if snapshots.len() == 1 {
                // Listings are this machine's own, and go with the next prune.
                let left = surplus(&world).into_iter().filter(|name| name.contains('/'));
                assert_eq!(left.collect::<Vec<_>>(), Vec::<String>::new());
            }
        },
    );
    assert!(failed > 8, "{failed}");
    mount.leave(1_000);
    // One that failed when only the head was missing counts, and has the same content.
    let (snapshots, _) = world.vault().snapshots().unwrap();
    keep_only(&world, snapshots.iter().find(|one| one.id != first).unwrap().id);
    prune(&world);
    assert_sound(&world);
    let vault = world.vault();
    let last = vault.snapshots().unwrap().0.pop().unwrap();
    assert_restores(&world, &vault, &last, &tree(&world.data()));
}

#[test]
fn a_prune_on_a_full_disk_loses_nothing() {
    let Some((world, mount)) = scene() else { return };
    world.backup();
    (0..10).for_each(|at| world.write(&format!("{at}"), random(40_000)));
    let last = world.backup().snapshot.unwrap();
    keep_only(&world, last);
    // What a killed backup has left goes first, so that there is room for what has to be written.
    let stray = world.path("vault/packs/00/00000000000000000000000000000000");
    let before = mount.used();
    let failed = squeeze(
        &mount,
        115,
        || try_prune(&world).map(drop),
        || {
            // Once the new index is there the old packs are in none, and go first next time.
            let moved = !world.vault().packs().unwrap().superseded().is_empty();
            assert!(moved || mount.used() <= before, "{} of {before} pages", mount.used());
            let vault = world.vault();
            assert!(check(&vault).problems.is_empty());
            assert_restores(&world, &vault, &snapshot(&vault, last), &tree(&world.data()));
        },
    );
    assert!(failed > 8, "{failed}");
    mount.leave(1_000);
    fs::create_dir_all(stray.parent().unwrap()).unwrap();
    fs::write(&stray, random(100_000)).unwrap();
    mount.leave(0);
    prune(&world);
    assert!(!stray.exists());
    assert_sound(&world);
    assert_eq!(surplus(&world), Vec::<String>::new());
}

#[test]
fn a_sync_to_a_full_disk_goes_on_where_there_is_room() {
    let world = World::new(Suite::Aes256Gcm);
    (0..20).for_each(|at| world.write(&format!("{at}"), random(40_000)));
    world.backup();
    sync(&world, "copy");
    let Some(mount) = Mount::over(&world.path("copy")) else {
        return skip("nothing can be mounted here");
    };
    (0..20).for_each(|at| world.write(&format!("{at}"), random(40_000)));
    world.backup();
    let failed = squeeze(
        &mount,
        215,
        || try_sync(&world, "copy").map(drop),
        || {
            assert!(check_copy(&world, "copy").is_whole());
            let path = world.path("copy");
            let vault = world.vault_at(&path, sealkeep::vault::Lock::Shared).unwrap();
            let (snapshots, _) = vault.snapshots().unwrap();
            for one in &snapshots {
                assert!(restore(&world, &vault, one).1.failures.is_empty());
            }
        },
    );
    assert!(failed > 4, "{failed}");
    assert!(check_copy(&world, "copy").is_whole());
}

const SIZE: &str = "32m";
