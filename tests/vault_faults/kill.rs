//! Killed at any moment: every finished snapshot restores, from the vault and from the copy, and the next run cleans up.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use sealkeep::backup::BackupOptions;
use sealkeep::vault::{Lock, SnapshotId, Vault};
use sealkeep_crypto::Suite;
use sealkeep_keystore::Problem;

use super::scene::{
    Tree, assert_restores, assert_sound, below, check, check_copy, forget_but, prune, restore,
    surplus, sync, thorough, tree,
};
use crate::support::{World, random};

/// What is killed. Started by the tests below, as a process of its own.
#[test]
#[ignore = "the program that the other tests kill"]
fn act() {
    // Run with all the others, it has nothing to do.
    let Some(root) = env::var_os(WORLD) else { return };
    let world = World::again(Path::new(&root));
    println!("{READY}");
    match &*env::var(ACT).unwrap() {
        "backup" => {
            let options = world.options(None);
            world.backup_with(BackupOptions { checkpoint: Duration::from_millis(20), ..options });
        }
        "prune" => {
            forget_but(&world, 1);
            prune(&world);
        }
        "sync" => drop(sync(&world, "copy")),
        "hold" => hold(&world.vault_alone()),
        "hold shared" => hold(&world.vault()),
        other => panic!("{other}"),
    }
    println!("{DONE}");
}

/// Keeps a vault open until somebody kills us.
fn hold(_vault: &Vault) {
    println!("{DONE}");
    sleep(Duration::from_secs(600));
}

/// A process that holds a lock of the vault.
pub(crate) fn start_holder(world: &World, how: &str) -> Child {
    let mut child = start(world, how);
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().ends_with(DONE)));
    child
}

#[test]
fn a_killed_backup_costs_nothing_but_itself() {
    kill_many("backup", kills() * 2 / 5);
}

#[test]
fn a_killed_prune_costs_nothing() {
    kill_many("prune", kills() * 2 / 5);
}

#[test]
fn a_killed_sync_costs_nothing() {
    kill_many("sync", kills() / 5);
}

/// How often something is killed in all.
fn kills() -> usize {
    match env::var("SEALKEEP_KILLS") {
        Ok(number) => number.parse().unwrap(),
        Err(_) if thorough() => 200,
        Err(_) => 40,
    }
}

fn kill_many(act: &'static str, times: usize) {
    let mut mill = Mill::new();
    let mut span = mill.round(act, None).unwrap();
    let mut killed = 0;
    while killed < times {
        let after = span.mul_f64(below(1_100) as f64 / 1_000.0);
        match mill.round(act, Some(after)) {
            None => killed += 1,
            // It was quicker this time.
            Some(shorter) => span = span.min(shorter),
        }
    }
    println!("{act}: {killed} kills within {span:?}");
}

fn start(world: &World, act: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "vault_faults::kill::act", "--ignored", "--nocapture"])
        .env(ACT, act)
        .env(WORLD, world.root())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A vault that is worked on round by round.
struct Mill {
    world: World,
    /// What each finished snapshot has.
    finished: BTreeMap<SnapshotId, Tree>,
}

impl Mill {
    fn new() -> Self {
        let world = World::new(Suite::Aes256Gcm);
        for at in 0..40 {
            world.write(&format!("ward{}/{at}", at % 5), format!("record {at} ").repeat(at));
        }
        world.write("scan", random(1_500_000));
        let mut mill = Self { world, finished: BTreeMap::new() };
        mill.backup();
        sync(&mill.world, "copy");
        mill
    }

    fn backup(&mut self) {
        let id = self.world.backup().snapshot.unwrap();
        self.finished.insert(id, tree(&self.world.data()));
    }

    /// Changes something, does something, perhaps kills it, judges what is left, and cleans up. Returns how long it took if it
    /// came to its end.
    fn round(&mut self, act: &str, kill: Option<Duration>) -> Option<Duration> {
        if act != "backup" {
            self.change();
            self.backup();
        }
        self.change();
        let took = self.run(act, kill);
        self.judge(act);
        self.tidy();
        took
    }

    fn change(&self) {
        for _ in 0..4 {
            let at = below(40);
            self.world.write(&format!("ward{}/{at}", at % 5), random(1_000 + below(60_000)));
        }
        let mut scan = std::fs::read(self.world.data().join("scan")).unwrap();
        let at = below(scan.len() - 1_000);
        scan[at..at + 1_000].copy_from_slice(&random(1_000));
        self.world.write("scan", scan);
    }

    fn run(&self, act: &str, kill: Option<Duration>) -> Option<Duration> {
        let mut child = start(&self.world, act);
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut wait_for = |word| said.any(|line| line.unwrap().ends_with(word));
        assert!(wait_for(READY), "{act} does not begin");
        let start = Instant::now();
        if let Some(after) = kill {
            sleep(after);
            child.kill().unwrap();
        }
        let done = wait_for(DONE);
        let took = start.elapsed();
        let status = child.wait().unwrap();
        assert!(done || status.signal() == Some(9), "{act}: {status}");
        done.then_some(took)
    }

    fn judge(&mut self, act: &str) {
        let world = &self.world;
        let keys = world.check_store();
        let wrong = keys.problems.iter().find(|problem| **problem != Problem::Unsettled);
        assert!(wrong.is_none(), "{wrong:?}");
        let vault = world.vault();
        let found = check(&vault);
        assert!(found.problems.is_empty(), "{:#?}", found.problems);
        let (snapshots, _) = vault.snapshots().unwrap();
        for one in snapshots.iter().filter(|one| !one.complete) {
            let (_, report) = restore(world, &vault, one);
            assert!(report.failures.is_empty(), "{:#?}", report.failures);
        }
        let complete: Vec<_> = snapshots.iter().filter(|one| one.complete).collect();
        for one in &complete {
            let was = self.finished.entry(one.id).or_insert_with(|| tree(&world.data()));
            assert_restores(world, &vault, one, was);
        }
        if act != "prune" {
            let lost = self.finished.keys().find(|id| complete.iter().all(|one| one.id != **id));
            assert_eq!(lost, None, "a snapshot is gone");
        }
        assert!(!complete.is_empty());
        self.judge_copy();
    }

    fn judge_copy(&self) {
        let found = check_copy(&self.world, "copy");
        assert!(found.is_whole(), "{found:#?}");
        let path = self.world.path("copy");
        let vault = self.world.vault_at(&path, Lock::Shared).unwrap();
        let (snapshots, bad) = vault.snapshots().unwrap();
        assert!(bad.is_empty() && !snapshots.is_empty());
        for one in snapshots.iter().filter(|one| one.complete) {
            if let Some(was) = self.finished.get(&one.id) {
                assert_restores(&self.world, &vault, one, was);
            }
        }
    }

    /// The next run, after which nothing is left of the one before.
    fn tidy(&mut self) {
        self.backup();
        forget_but(&self.world, 1);
        let report = prune(&self.world);
        assert_eq!(report.unused, 0, "{report:?}");
        assert_sound(&self.world);
        assert_eq!(surplus(&self.world), Vec::<String>::new());
        sync(&self.world, "copy");
        let found = check_copy(&self.world, "copy");
        assert!(found.is_whole() && found.stray.is_empty(), "{found:#?}");
        let (left, _) = self.world.vault().snapshots().unwrap();
        self.finished.retain(|id, _| left.iter().any(|one| one.id == *id));
        assert_eq!((left.len(), self.finished.len()), (1, 1));
        assert!(self.world.check_store().problems.is_empty());
    }
}

const ACT: &str = "SEALKEEP_FAULT_ACT";
const WORLD: &str = "SEALKEEP_FAULT_WORLD";
const READY: &str = "begins now";
const DONE: &str = "done";
