//! Media that are full or cannot be written to. Needs the right to mount; without it, nothing is tested here.

use std::fs;
use std::path::Path;
use std::process::Command;

use sealkeep::vault::Error;
use sealkeep_crypto::Suite;

use super::scene::{OPTIONS, Scene};

/// A file system in memory; none if it may not be mounted.
struct Mount<'m>(&'m Path);

impl<'m> Mount<'m> {
    fn new(path: &'m Path, options: &str) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(path).output();
        mount.is_ok_and(|done| done.status.success()).then_some(Self(path))
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let done = Command::new("mount").args(["-o", &options]).arg(self.0).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_ends_the_sync_and_room_lets_it_go_on() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    let path = scene.path("copy");
    let Some(mount) = Mount::new(&path, "size=500k") else { return };
    for size in ["500k", "600k", "700k"] {
        mount.remount(&format!("size={size}"));
        let error = scene.sync_with("copy", &OPTIONS).unwrap_err();
        assert!(error.is_full(), "{error}");
    }
    mount.remount("size=8m");
    let report = scene.sync("copy");
    assert!(report.present > 0 && report.brought > 0, "{report:?}");
    assert!(scene.is_same("main", "copy"));
}

#[test]
fn a_copy_that_cannot_be_written_to_can_be_checked() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    let path = scene.path("copy");
    let Some(mount) = Mount::new(&path, "size=8m") else { return };
    scene.sync("copy");
    for lock in [true, false] {
        mount.remount("ro");
        assert!(scene.check("copy").is_whole());
        scene.backup();
        assert!(matches!(scene.sync_with("copy", &OPTIONS), Err(Error::Io { .. })));
        mount.remount("rw");
        if lock {
            scene.remove("copy", "lock");
        }
    }
}
