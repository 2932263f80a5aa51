//! Healing a copy from another, and the vault from a copy.

use std::fs;
use std::time::Duration;

use sealkeep::envelope::Run;
use sealkeep::vault::copy::{RepairReport, Unhealed, repair};
use sealkeep::vault::{Error, Lock, Result, Storage};
use sealkeep_crypto::Suite;

use super::scene::{Scene, clone_dir};

fn try_repair(scene: &Scene, place: &str, from: &str) -> Result<RepairReport> {
    let trusted = scene.vault.fingerprint();
    let (place, from) = (scene.open(place), scene.open(from));
    repair(&place, &from, Some(&trusted), Duration::ZERO, &Run::quiet())
}

fn healed(scene: &Scene, place: &str, from: &str) -> Vec<String> {
    let report = try_repair(scene, place, from).unwrap();
    assert_eq!(report.unhealed, []);
    report.healed
}

#[test]
fn any_file_that_is_missing_or_rotten_is_healed() {
    for suite in Suite::ALL {
        let scene = Scene::with_backups(suite);
        scene.copied("copy");
        scene.copied("other");
        for name in scene.names("copy", "") {
            scene.flip("copy", &name);
            assert_eq!(healed(&scene, "copy", "other"), [name.as_str()]);
            assert!(scene.is_same("copy", "other"));
            if name.starts_with("heads/") {
                continue;
            }
            scene.remove("copy", &name);
            assert_eq!(healed(&scene, "copy", "other"), [name.as_str()]);
            assert!(scene.is_same("copy", "other"));
            fs::write(scene.path("copy").join(&name), "short").unwrap();
            assert_eq!(healed(&scene, "copy", "other"), [name.as_str()]);
        }
        assert_eq!(healed(&scene, "copy", "other"), [""; 0]);
    }
}

#[test]
fn the_vault_is_healed_from_a_copy() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    scene.copied("copy");
    let before = scene.files("main");
    for folder in ["packs/", "index/", "snapshots/", "heads/"] {
        for name in scene.names("main", folder).into_iter().skip(1) {
            if scene.path("copy").join(&name).exists() {
                scene.flip("main", &name);
            }
        }
    }
    assert!(!healed(&scene, "main", "copy").is_empty());
    assert_eq!(scene.files("main"), before);
}

#[test]
fn what_no_one_has_is_named_and_left_as_it_is() {
    let scene = Scene::with_backups(Suite::Sm4Gcm);
    scene.copied("copy");
    scene.copied("other");
    let packs = scene.names("copy", "packs/");
    scene.flip("copy", &packs[0]);
    scene.flip("other", &packs[0]);
    scene.remove("copy", &packs[1]);
    scene.remove("other", &packs[1]);
    scene.flip("copy", &packs[2]);
    let rotten = fs::read(scene.path("copy").join(&packs[0])).unwrap();
    let report = try_repair(&scene, "copy", "other").unwrap();
    assert_eq!(report.healed, [packs[2].as_str()]);
    let unhealed = [
        Unhealed { name: packs[0].clone(), missing: false },
        Unhealed { name: packs[1].clone(), missing: true },
    ];
    assert_eq!(report.unhealed, unhealed);
    assert_eq!(fs::read(scene.path("copy").join(&packs[0])).unwrap(), rotten);
}

#[test]
fn a_copy_without_any_head_goes_by_that_of_the_other() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    scene.copied("copy");
    scene.remove("copy", "heads/0000000000000003");
    assert_eq!(healed(&scene, "copy", "main"), ["heads/0000000000000003"]);
    assert!(scene.check("copy").is_whole());
}

#[test]
fn nothing_is_healed_from_another_vault_or_while_others_read() {
    let (scene, other) = (Scene::with_backups(Suite::Sm4Gcm), Scene::with_backups(Suite::Sm4Gcm));
    scene.copied("copy");
    other.copied("copy");
    clone_dir(&other.path("copy"), &scene.path("foreign"));
    let before = scene.files("foreign");
    assert!(matches!(try_repair(&scene, "foreign", "copy"), Err(Error::Refused { .. })));
    assert!(matches!(try_repair(&scene, "copy", "foreign"), Err(Error::Refused { .. })));
    // Not even if the file that says whose it is is gone.
    scene.remove("foreign", "vault");
    assert!(matches!(try_repair(&scene, "foreign", "copy"), Err(Error::NotAVault(_))));
    assert_eq!(scene.files("foreign").len(), before.len() - 1);
    let reader = scene.open("copy").lock(Lock::Shared, Duration::ZERO).unwrap();
    assert!(matches!(try_repair(&scene, "copy", "main"), Err(Error::Busy(_))));
    drop(reader);
}
