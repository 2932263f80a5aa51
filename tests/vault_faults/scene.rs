//! What these tests have in common: trees, snapshots that are restored and compared, copies, and whether a vault is sound.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealkeep::backup::restore::{RestoreOptions, RestorePlan, RestoreReport};
use sealkeep::envelope::Run;
use sealkeep::vault::check::{ReadData, VaultCheck, check_vault};
use sealkeep::vault::copy::{self, CopyCheck, SyncOptions, SyncReport};
use sealkeep::vault::prune::{PruneOptions, PrunePlan, PruneReport};
use sealkeep::vault::{Directory, Head, Result, SnapshotFile, SnapshotId, Vault, VaultFile, head};

use crate::support::World;

/// The content of files by their paths below some folder.
pub(crate) type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// All files below a folder, whatever they are called.
pub(crate) fn tree(top: &Path) -> Tree {
    let mut found = Tree::new();
    let mut waiting = vec![top.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.symlink_metadata().unwrap().is_dir() {
                waiting.push(path);
            } else {
                let below = path.strip_prefix(top).unwrap().to_owned();
                found.insert(below, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Copies a folder as it is, in place of what is there.
pub(crate) fn put_back(from: &Path, to: &Path) {
    if to.exists() {
        fs::remove_dir_all(to).unwrap();
    }
    fs::create_dir(to).unwrap();
    for (name, bytes) in tree(from) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// What a restore brings, and what it says.
pub(crate) fn restore(world: &World, vault: &Vault, one: &SnapshotFile) -> (Tree, RestoreReport) {
    let out = tempfile::tempdir_in(world.root()).unwrap();
    let options = RestoreOptions {
        relative_to: Some(world.data()),
        not_durable: true,
        ..RestoreOptions::default()
    };
    let plan = RestorePlan::new(vault, one, options).unwrap();
    let report = plan.execute(&out.path().join("back"), &Run::quiet()).unwrap();
    let back = out.path().join("back");
    (if back.exists() { tree(&back) } else { Tree::new() }, report)
}

/// Restores a snapshot of which everything must come back, as it was.
pub(crate) fn assert_restores(world: &World, vault: &Vault, one: &SnapshotFile, was: &Tree) {
    let (is, report) = restore(world, vault, one);
    assert!(report.failures.is_empty(), "{:#?}", report.failures);
    assert!(report.destroyed.is_empty() && report.stopped.is_none());
    assert_same(&is, was);
}

/// Says which paths differ, and not how.
pub(crate) fn assert_same(is: &Tree, was: &Tree) {
    let differ = |path: &&PathBuf| is.get(*path) != was.get(*path);
    let paths: BTreeSet<&PathBuf> = is.keys().chain(was.keys()).filter(differ).collect();
    assert!(paths.is_empty(), "{paths:?}");
}

/// The snapshot with this id.
pub(crate) fn snapshot(vault: &Vault, id: SnapshotId) -> SnapshotFile {
    let (snapshots, _) = vault.snapshots().unwrap();
    snapshots.into_iter().find(|one| one.id == id).unwrap()
}

pub(crate) fn check(vault: &Vault) -> VaultCheck {
    check_vault(vault, ReadData::All, &Run::quiet()).unwrap()
}

/// Nothing is wrong, and nothing is there that nobody names.
pub(crate) fn assert_sound(world: &World) {
    let found = check(&world.vault());
    assert!(found.problems.is_empty(), "{:#?}", found.problems);
    assert_eq!(found.unused, Vec::<String>::new());
}

pub(crate) fn try_prune(world: &World) -> Result<PruneReport> {
    let vault = world.vault_alone();
    PrunePlan::new(&vault, PruneOptions { max_unused: 0 }, &Run::quiet())?.execute(&Run::quiet())
}

pub(crate) fn prune(world: &World) -> PruneReport {
    try_prune(world).unwrap()
}

/// Forgets all snapshots but so many complete ones, the last; of those of one second, any.
pub(crate) fn forget_but(world: &World, keep: usize) {
    let vault = world.vault_alone();
    let (snapshots, _) = vault.snapshots().unwrap();
    let complete: Vec<_> = snapshots.iter().filter(|one| one.complete).collect();
    let kept: Vec<_> = complete.iter().rev().take(keep).map(|one| one.id).collect();
    let gone: Vec<_> = snapshots.iter().map(|one| one.id).filter(|id| !kept.contains(id)).collect();
    vault.forget(&gone).unwrap();
}

/// Forgets all snapshots but this one.
pub(crate) fn keep_only(world: &World, id: SnapshotId) {
    let vault = world.vault_alone();
    let (snapshots, _) = vault.snapshots().unwrap();
    let others: Vec<_> = snapshots.iter().map(|one| one.id).filter(|one| *one != id).collect();
    vault.forget(&others).unwrap();
}

/// Brings the copy in this folder up to date; there is one afterwards.
pub(crate) fn try_sync(world: &World, name: &str) -> Result<SyncReport> {
    let main = Directory::open(&world.path("vault"))?;
    let vault = VaultFile::read(&main)?;
    fs::create_dir_all(world.path(name)).unwrap();
    let copy = Directory::open(&world.path(name))?;
    let options = SyncOptions { known: None, wait: WAIT, dry_run: false };
    copy::sync(&main, &vault, &copy, &options, &Run::quiet())
}

pub(crate) fn sync(world: &World, name: &str) -> SyncReport {
    try_sync(world, name).unwrap()
}

pub(crate) fn check_copy(world: &World, name: &str) -> CopyCheck {
    let copy = Directory::open(&world.path(name)).unwrap();
    copy::check(&copy, None, WAIT, &Run::quiet()).unwrap()
}

/// The head that counts.
pub(crate) fn newest_head(world: &World) -> Head {
    let storage = Directory::open(&world.path("vault")).unwrap();
    let vault = VaultFile::read(&storage).unwrap();
    head::newest(&storage, &vault).unwrap().head.unwrap()
}

/// Files in the folder of the vault that nobody can account for, unfinished ones and old listings among them.
pub(crate) fn surplus(world: &World) -> Vec<String> {
    let vault = world.vault();
    let head = newest_head(world);
    let packs = vault.packs().unwrap();
    let packs: BTreeSet<String> = packs.packs().map(|pack| pack.id.name()).collect();
    let (snapshots, _) = vault.snapshots().unwrap();
    let segments = snapshots.iter().flat_map(|one| vault.segments(one).unwrap());
    let listings: BTreeSet<String> = segments.map(|one| one.id.to_string()).collect();
    let known = |name: &String| {
        name == "lock"
            || head.file(name).is_some()
            || packs.contains(name)
            || Head::number(name).is_some_and(|number| number <= head.sequence)
    };
    let there = |name: &str| {
        tree(&world.path(name)).into_keys().map(|path| path.to_str().unwrap().to_owned())
    };
    let files = there("vault").filter(|name| !known(name));
    files.chain(there("catalogue").filter(|name| !listings.contains(name))).collect()
}

/// A number below `end`, by chance.
pub(crate) fn below(end: usize) -> usize {
    usize::try_from(u64::from_be_bytes(sealkeep_crypto::random::array()) % end as u64).unwrap()
}

/// Whether as much is to be tried as makes sense.
pub(crate) fn thorough() -> bool {
    std::env::var_os("SEALKEEP_REQUIRE_ALL").is_some_and(|value| value == "1")
}

/// Says why a test is not run here. With `SEALKEEP_REQUIRE_ALL=1` that is a failure.
pub(crate) fn skip(why: &str) {
    assert!(!thorough(), "cannot be skipped: {why}");
    // Straight to the descriptor: the test runner would swallow it otherwise.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// A child that was just started has our locks until it is another program.
pub(crate) const WAIT: Duration = Duration::from_secs(10);
