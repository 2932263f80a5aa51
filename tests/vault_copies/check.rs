//! What is wrong with a copy is found without any key, and named exactly.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use sealkeep::envelope::Run;
use sealkeep::vault::copy::check;
use sealkeep::vault::pack::PackPart;
use sealkeep::vault::{Error, Refused, Storage};
use sealkeep_crypto::Suite;

use super::scene::{Scene, clone_dir};

#[test]
fn a_flipped_bit_in_any_file_is_found_and_named() {
    for suite in Suite::ALL {
        let scene = Scene::with_backups(suite);
        scene.copied("copy");
        for name in scene.names("copy", "") {
            let good = fs::read(scene.path("copy").join(&name)).unwrap();
            for _ in 0..5 {
                scene.flip("copy", &name);
                let trusted = scene.vault.fingerprint();
                let found =
                    check(&scene.open("copy"), Some(&trusted), Duration::ZERO, &Run::quiet());
                match found {
                    Err(Error::Refused { name: refused, .. }) => {
                        assert_eq!((refused.as_str(), name.as_str()), ("vault", "vault"));
                    }
                    other => {
                        let found = other.unwrap();
                        let names: Vec<&str> =
                            found.rotten.iter().map(|rotten| rotten.name.as_str()).collect();
                        assert_eq!(names, [&name], "{found:?}");
                        assert!(!found.is_whole() && found.missing.is_empty());
                    }
                }
                fs::write(scene.path("copy").join(&name), &good).unwrap();
            }
        }
        assert!(scene.check("copy").is_whole());
    }
}

#[test]
fn the_block_of_a_pack_that_is_wrong_is_named() {
    let scene = Scene::with_backups(Suite::Sm4Gcm);
    scene.copied("copy");
    let packs = scene.open("copy").list("packs/").unwrap();
    let (name, _) = packs.iter().find(|(_, length)| *length > 300_000).unwrap();
    let path = scene.path("copy").join(name);
    let mut bytes = fs::read(&path).unwrap();
    bytes[200_000] ^= 1;
    fs::write(path, bytes).unwrap();
    let rotten = scene.check("copy").rotten;
    assert_eq!(rotten.len(), 1);
    let fault = rotten[0].fault;
    assert_eq!((fault.part, fault.offset, fault.length), (PackPart::Data, 196_608, 65_536));
}

#[test]
fn a_missing_file_is_named() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    scene.copied("copy");
    for name in scene.names("copy", "") {
        if name == "vault" || name.starts_with("heads/") {
            continue;
        }
        let good = fs::read(scene.path("copy").join(&name)).unwrap();
        scene.remove("copy", &name);
        let found = scene.check("copy");
        assert_eq!((found.missing, found.rotten.len()), (vec![name.clone()], 0));
        // The packs that only a missing index file knows cannot be told from strays.
        assert_eq!(found.stray.is_empty(), !name.starts_with("index/"));
        fs::write(scene.path("copy").join(&name), &good).unwrap();
    }
}

#[test]
fn a_head_taken_away_or_put_back_shows_in_its_number() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    scene.copied("copy");
    scene.backup();
    scene.sync("copy");
    assert_eq!(scene.check("copy").head.unwrap().0, 4);
    scene.remove("copy", "heads/0000000000000004");
    let found = scene.check("copy");
    assert_eq!(found.head.unwrap().0, 3);
    // Two packs, index, record, snapshot.
    assert_eq!(found.stray.len(), 5);
    scene.remove("copy", "heads/0000000000000003");
    let found = scene.check("copy");
    assert!(found.head.is_none() && !found.is_whole());
}

#[test]
fn strays_are_named_and_harm_nothing() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    scene.copied("copy");
    let pack = format!("packs/ab/{}", "ab".repeat(16));
    let mut planted = vec![
        "README".to_owned(),
        format!("index/{}", "cd".repeat(16)),
        pack,
        format!("snapshots/{}", "ef".repeat(16)),
    ];
    for name in &planted {
        let path = scene.path("copy").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "planted").unwrap();
    }
    planted.sort();
    let found = scene.check("copy");
    assert_eq!(found.stray, planted);
    assert!(found.is_whole());
    let report = scene.sync("copy");
    assert_eq!((report.removed, report.foreign), (3, vec!["README".to_owned()]));
    assert_eq!(scene.check("copy").stray, ["README"]);
}

#[test]
fn a_link_in_place_of_a_file_is_not_followed() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    for folder in ["packs/", "index/", "snapshots/"] {
        let _ = fs::remove_dir_all(scene.path("copy"));
        scene.copied("copy");
        let name = &scene.names("copy", folder)[0];
        scene.remove("copy", name);
        symlink(scene.path("main").join(name), scene.path("copy").join(name)).unwrap();
        let found = scene.check("copy");
        assert_eq!(found.rotten.len(), 1, "{found:?}");
        assert_eq!(
            (&found.rotten[0].name, found.rotten[0].fault.part),
            (name, PackPart::Unreadable)
        );
        assert_eq!(scene.sync("copy").brought, 1);
        assert!(scene.is_same("main", "copy"));
    }
}

#[test]
fn whose_vault_it_is_shows_in_the_fingerprint() {
    let (scene, other) = (Scene::new(Suite::Sm4Gcm), Scene::with_backups(Suite::Sm4Gcm));
    other.copied("copy");
    clone_dir(&other.path("copy"), &scene.path("copy"));
    let copy = scene.open("copy");
    let trusted = scene.vault.fingerprint();
    let found = check(&copy, Some(&trusted), Duration::ZERO, &Run::quiet());
    assert!(matches!(found, Err(Error::Refused { reason: Refused::ForeignVault, .. })));
    let found = check(&copy, None, Duration::ZERO, &Run::quiet()).unwrap();
    assert_eq!(found.fingerprint, other.vault.fingerprint());
    assert!(matches!(
        check(&scene.empty("nothing"), None, Duration::ZERO, &Run::quiet()),
        Err(Error::NotAVault(_))
    ));
}
