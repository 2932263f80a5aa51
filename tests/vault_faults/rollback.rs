//! Old states that are put back, and what is lost.

use std::fs;

use sealkeep::backup::browse::Objects;
use sealkeep::vault::Error;
use sealkeep_crypto::Suite;

use super::scene::{
    assert_restores, assert_same, assert_sound, check, check_copy, forget_but, keep_only,
    newest_head, prune, put_back, restore, snapshot, sync, tree, try_sync,
};
use crate::support::{World, random};

fn world() -> World {
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..30 {
        world.write(&format!("{at:02}"), random(2_000 * at));
    }
    world
}

#[test]
fn an_old_catalogue_does_no_harm_and_tells_nothing_of_what_was_destroyed() {
    let world = world();
    world.backup();
    put_back(&world.path("catalogue"), &world.path("old"));
    world.destroy(world.keys_of(&["07"]));
    world.write("08", random(9_000));
    world.backup();
    let was = tree(&world.data());
    put_back(&world.path("old"), &world.path("catalogue"));
    let vault = world.vault();
    let (snapshots, _) = vault.snapshots().unwrap();
    let path = world.data().join("07");
    let path = path.strip_prefix("/").unwrap();
    for one in &snapshots {
        let objects = Objects::of(&vault, one).unwrap();
        let found = objects.get(path.to_str().unwrap().as_bytes()).unwrap();
        assert!(found.is_none(), "{found:?}");
    }
    drop(vault);
    put_back(&world.path("old"), &world.path("catalogue"));
    let report = world.backup();
    // Which of two snapshots of one second is compared with, is open: one file may be another there.
    assert!(report.unchanged.files >= 28 && report.failures.len() == 1, "{report:?}");
    let vault = world.vault();
    let (is, _) = restore(&world, &vault, &snapshot(&vault, report.snapshot.unwrap()));
    let left = was.into_iter().filter(|(path, _)| path.to_str() != Some("07")).collect();
    assert_same(&is, &left);
    drop(vault);
    forget_but(&world, 1);
    prune(&world);
    assert_sound(&world);
}

#[test]
fn a_vault_put_back_is_noticed_by_its_copies() {
    let world = world();
    world.backup();
    put_back(&world.path("vault"), &world.path("old"));
    world.write("03", random(5_000));
    let second = world.backup().snapshot.unwrap();
    let was = tree(&world.data());
    sync(&world, "copy");
    let copied = tree(&world.path("copy"));
    put_back(&world.path("old"), &world.path("vault"));
    let ahead = try_sync(&world, "copy");
    assert!(matches!(ahead, Err(Error::CopyAhead { copy: 3, vault: 2 })), "{ahead:?}");
    // It goes on from there: the numbers are the same again, and the heads are others.
    world.backup();
    let diverged = try_sync(&world, "copy");
    assert!(matches!(diverged, Err(Error::CopyDiverged(3))), "{diverged:?}");
    world.backup();
    let diverged = try_sync(&world, "copy");
    assert!(matches!(diverged, Err(Error::CopyDiverged(3))), "{diverged:?}");
    assert!(tree(&world.path("copy")) == copied);
    assert_sound(&world);
    let path = world.path("copy");
    let vault = world.vault_at(&path, sealkeep::vault::Lock::Shared).unwrap();
    assert_restores(&world, &vault, &snapshot(&vault, second), &was);
}

/// Old heads alone, old index files alone, old snapshots alone: packs and key store are those of now.
#[test]
fn parts_put_back_are_harmless_or_named() {
    let world = world();
    world.backup();
    put_back(&world.path("vault"), &world.path("old"));
    world.write("03", random(50_000));
    let second = world.backup().snapshot.unwrap();
    keep_only(&world, second);
    prune(&world);
    let was = tree(&world.data());
    put_back(&world.path("vault"), &world.path("good"));
    for part in ["heads", "index", "snapshots"] {
        put_back(&world.path("old").join(part), &world.path("vault").join(part));
        let found = check(&world.vault());
        assert!(!found.problems.is_empty(), "{part}");
        let vault = world.vault();
        if part == "heads" {
            assert_restores(&world, &vault, &snapshot(&vault, second), &was);
        }
        drop(vault);
        let rebuilt = world.rebuild();
        assert_eq!((rebuilt.refused.len(), rebuilt.incomplete), (0, 0), "{part}: {rebuilt:?}");
        let vault = world.vault();
        assert_restores(&world, &vault, &snapshot(&vault, second), &was);
        drop(vault);
        put_back(&world.path("good"), &world.path("vault"));
    }
    assert_sound(&world);
}

#[test]
fn everything_but_packs_and_keys_can_be_lost() {
    let world = world();
    world.backup();
    world.write("03", random(50_000));
    let last = world.backup().snapshot.unwrap();
    keep_only(&world, last);
    prune(&world);
    let was = tree(&world.data());
    let head = newest_head(&world).sequence;
    sync(&world, "copy");
    for everything in [false, true] {
        fs::remove_dir_all(world.path("catalogue")).unwrap();
        fs::create_dir(world.path("catalogue")).unwrap();
        if everything {
            for folder in ["index", "snapshots", "heads"] {
                fs::remove_dir_all(world.path("vault").join(folder)).unwrap();
            }
            fs::remove_file(world.path("vault/vault")).unwrap();
            assert!(world.rebuild().vault_file);
            assert!(newest_head(&world).sequence < head);
        }
        let vault = world.vault();
        assert_restores(&world, &vault, &snapshot(&vault, last), &was);
        drop(vault);
        assert_sound(&world);
    }
    let report = world.backup();
    assert_eq!(report.unchanged.files, 30);
    // To its copies it is another vault, or an older one: they stay as they are.
    assert!(try_sync(&world, "copy").is_err());
    assert!(check_copy(&world, "copy").is_whole());
}
