//! Several at once: backups, restores, checks and syncs share a vault, prune has it alone, and a lock dies with who holds it.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sealkeep::backup::{BackupOptions, BackupPlan};
use sealkeep::envelope::Run;
use sealkeep::vault::{Directory, Error, Lock, Storage};
use sealkeep_crypto::Suite;

use super::kill::start_holder;
use super::scene::{
    WAIT, assert_restores, assert_sound, check, check_copy, forget_but, prune, snapshot, surplus,
    sync, tree,
};
use crate::support::{World, random};

fn world() -> World {
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..60 {
        world.write(&format!("ward{}/{at}", at % 4), random(5_000));
    }
    world
}

/// A backup that leaves checkpoints whenever it can, and removes them in the end.
fn backup_in_steps(world: &World) {
    let options = BackupOptions { checkpoint: Duration::ZERO, ..world.options(None) };
    world.backup_with(options);
}

#[test]
fn backup_restore_check_and_sync_go_on_side_by_side() {
    let world = world();
    let first = world.backup().snapshot.unwrap();
    let was = tree(&world.data());
    sync(&world, "copy");
    let done = AtomicBool::new(false);
    let until_done = |act: &dyn Fn()| {
        while !done.load(Ordering::Relaxed) {
            act();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            until_done(&|| {
                let vault = world.vault();
                assert_restores(&world, &vault, &snapshot(&vault, first), &was);
            });
        });
        scope.spawn(|| {
            until_done(&|| {
                let found = check(&world.vault());
                assert!(found.problems.is_empty(), "{:#?}", found.problems);
            });
        });
        scope.spawn(|| {
            until_done(&|| {
                let report = sync(&world, "copy");
                assert!(report.damaged.is_empty(), "{report:?}");
                let found = check_copy(&world, "copy");
                assert!(found.is_whole(), "{found:#?}");
            });
        });
        for round in 0..3 {
            (0..5).for_each(|at| world.write(&format!("ward0/{}", at * 4), random(3_000 + round)));
            backup_in_steps(&world);
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_sound(&world);
    sync(&world, "copy");
    let found = check_copy(&world, "copy");
    assert!(found.is_whole() && found.stray.is_empty(), "{found:#?}");
}

#[test]
fn two_backups_at_once_both_count() {
    let world = world();
    fs::create_dir(world.path("other")).unwrap();
    fs::write(world.path("other/file"), random(70_000)).unwrap();
    backup_in_steps(&world);
    for other in ["data", "other"] {
        (0..8).for_each(|at| world.write(&format!("ward1/{}", 1 + at * 4), random(9_000)));
        let ids = thread::scope(|scope| {
            let at_once = ["data", other].map(|source| {
                let world = &world;
                scope.spawn(move || {
                    let vault = world.vault();
                    let options =
                        BackupOptions { checkpoint: Duration::ZERO, ..world.options(None) };
                    let plan = BackupPlan::new(&vault, &[world.path(source)], options).unwrap();
                    plan.execute(&Run::quiet()).unwrap().snapshot.unwrap()
                })
            });
            at_once.map(|one| one.join().unwrap())
        });
        let vault = world.vault();
        assert_restores(&world, &vault, &snapshot(&vault, ids[0]), &tree(&world.data()));
        if other == "data" {
            assert_restores(&world, &vault, &snapshot(&vault, ids[1]), &tree(&world.data()));
        }
        assert_sound(&world);
    }
    forget_but(&world, 1);
    prune(&world);
    assert_sound(&world);
    assert_eq!(surplus(&world), Vec::<String>::new());
}

#[test]
fn prune_waits_for_a_backup_and_is_refused_when_it_takes_too_long() {
    let world = world();
    world.backup();
    (0..60).for_each(|at| world.write(&format!("ward{}/{at}", at % 4), random(6_000)));
    let place = Directory::open(&world.path("vault")).unwrap();
    let mut vault = Some(world.vault());
    let busy = place.lock(Lock::Exclusive, Duration::from_millis(50));
    assert!(matches!(busy, Err(Error::Busy(_))), "{busy:?}");
    let id = thread::scope(|scope| {
        let pruned = scope.spawn(|| {
            prune(&world);
            Instant::now()
        });
        thread::sleep(Duration::from_millis(300));
        let open = vault.as_ref().unwrap();
        let plan = BackupPlan::new(open, &[world.data()], world.options(None)).unwrap();
        let id = plan.execute(&Run::quiet()).unwrap().snapshot.unwrap();
        let backed_up = Instant::now();
        drop(vault.take());
        assert!(pruned.join().unwrap() >= backed_up, "it did not wait");
        id
    });
    let vault = world.vault();
    assert_restores(&world, &vault, &snapshot(&vault, id), &tree(&world.data()));
    assert_sound(&world);
}

#[test]
fn a_lock_dies_with_its_holder() {
    let world = world();
    world.backup();
    let place = Directory::open(&world.path("vault")).unwrap();
    for (held, wanted) in [("hold", Lock::Shared), ("hold shared", Lock::Exclusive)] {
        let mut holder = start_holder(&world, held);
        let busy = place.lock(wanted, Duration::from_millis(50));
        assert!(matches!(busy, Err(Error::Busy(_))), "{held}: {busy:?}");
        holder.kill().unwrap();
        holder.wait().unwrap();
        place.lock(wanted, WAIT).unwrap();
    }
}
