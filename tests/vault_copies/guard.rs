//! A vault that was emptied, exchanged or put back must not take its copies with it.

use std::fs;

use sealkeep::vault::copy::SyncOptions;
use sealkeep::vault::{Error, Refused};
use sealkeep_crypto::Suite;

use super::scene::{OPTIONS, Scene, clone_dir};

/// Refused for this reason, and nothing in the copy was touched.
fn refused(scene: &Scene, options: &SyncOptions) -> Error {
    let before = scene.files("copy");
    let error = scene.sync_with("copy", options).unwrap_err();
    assert_eq!(scene.files("copy"), before);
    error
}

#[test]
fn an_emptied_vault_changes_no_copy() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    scene.copied("copy");
    for name in scene.names("main", "heads/") {
        scene.remove("main", &name);
    }
    assert!(matches!(refused(&scene, &OPTIONS), Error::NoHead(_)));
    // Somebody made a new head for what is left of it.
    for name in scene.names("main", "packs/") {
        scene.remove("main", &name);
    }
    scene.head(&[]);
    assert!(matches!(refused(&scene, &OPTIONS), Error::CopyAhead { copy: 3, vault: 1 }));
}

#[test]
fn a_copy_of_another_vault_is_not_touched() {
    let (scene, other) = (Scene::with_backups(Suite::Sm4Gcm), Scene::with_backups(Suite::Sm4Gcm));
    other.copied("copy");
    clone_dir(&other.path("copy"), &scene.path("copy"));
    let error = refused(&scene, &OPTIONS);
    assert!(matches!(error, Error::Refused { reason: Refused::ForeignVault, .. }), "{error}");
}

#[test]
fn a_directory_with_something_else_in_it_is_not_touched() {
    let scene = Scene::with_backups(Suite::Sm4Gcm);
    scene.empty("copy");
    fs::write(scene.path("copy").join("thesis.odt"), "important").unwrap();
    assert!(matches!(refused(&scene, &OPTIONS), Error::NotEmpty(_)));
}

#[test]
fn a_vault_that_was_put_back_changes_no_copy() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    clone_dir(&scene.path("main"), &scene.path("earlier"));
    scene.backup();
    scene.backup();
    scene.copied("copy");
    fs::remove_dir_all(scene.path("main")).unwrap();
    fs::rename(scene.path("earlier"), scene.path("main")).unwrap();
    assert!(matches!(refused(&scene, &OPTIONS), Error::CopyAhead { copy: 5, vault: 3 }));
    // It goes on from there, and comes to the same number, and beyond.
    scene.backup();
    scene.backup();
    assert!(matches!(refused(&scene, &OPTIONS), Error::CopyDiverged(5)));
    scene.backup();
    assert!(matches!(refused(&scene, &OPTIONS), Error::CopyDiverged(5)));
    // Long after, when it has no head so old any more, the register still knows what the copy had.
    for _ in 0..17 {
        scene.head(&[]);
    }
    let known = SyncOptions { known: Some(3), ..OPTIONS };
    assert!(matches!(refused(&scene, &known), Error::CopyDiverged(5)));
}

#[test]
fn a_copy_that_was_away_for_long_is_brought_up_to_date() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    scene.copied("copy");
    for _ in 0..20 {
        scene.head(&[]);
    }
    scene.backup();
    let report = scene.sync_with("copy", &SyncOptions { known: Some(3), ..OPTIONS }).unwrap();
    assert_eq!((report.before, report.head), (Some(3), 24));
    assert!(scene.is_same("main", "copy"));
}

#[test]
fn a_copy_whose_newest_head_is_damaged_may_know_more_than_the_vault() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    clone_dir(&scene.path("main"), &scene.path("earlier"));
    scene.backup();
    scene.copied("copy");
    scene.flip("copy", "heads/0000000000000004");
    // The vault has that head: the copy gets it again.
    assert_eq!(scene.sync("copy").brought, 1);
    assert!(scene.is_same("main", "copy"));
    scene.flip("copy", "heads/0000000000000004");
    fs::remove_dir_all(scene.path("main")).unwrap();
    fs::rename(scene.path("earlier"), scene.path("main")).unwrap();
    assert!(matches!(refused(&scene, &OPTIONS), Error::CopyAhead { copy: 4, vault: 3 }));
}
