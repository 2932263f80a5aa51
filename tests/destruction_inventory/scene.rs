//! A hospital's data: patients in scopes of their own, several nights, copies.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::civil::{Date, date};
use sealkeep::destruction::request_files::RequestFiles;
use sealkeep::destruction::{Choice, Frozen, Options, Resolution, Result, Sources, resolve};
use sealkeep::envelope::Run;
use sealkeep::retention::Policy;
use sealkeep::vault::copy::{self, SyncOptions};
use sealkeep::vault::register::{self, Medium, MediumKind};
use sealkeep::vault::{Directory, SnapshotId, VaultFile};
use sealkeep_keystore::approval::{Digest, ItemKind};
use sealkeep_keystore::{Location, OnFailure};

use crate::support::World;

pub(crate) const RULES: &str = r#"
version = "1"
[[rule]]
match = "patients/{id}/**"
scope = "patient/{id}"
subjects = ["{id}"]
[[rule]]
match = "wards/**"
class = "outpatient"
level = 4
"#;

pub(crate) fn backup(world: &World) -> SnapshotId {
    backup_by(world, RULES)
}

pub(crate) fn backup_by(world: &World, rules: &str) -> SnapshotId {
    let report = world.backup_with(world.options(Some(rules)));
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    report.snapshot.unwrap()
}

pub(crate) const TODAY: Date = date(2026, 11, 22);

pub(crate) fn options(choices: impl Into<Vec<Choice>>) -> Options {
    Options {
        choices: choices.into(),
        retention: Policy::builtin(),
        today: TODAY,
        method: "zero".into(),
        overwrite_sealed: None,
        unclassified: false,
    }
}

pub(crate) fn look(world: &World, choice: Choice) -> Resolution {
    try_look(world, &options([choice])).unwrap()
}

pub(crate) fn try_look(world: &World, options: &Options) -> Result<Resolution> {
    let (keys, vault) = world.opened();
    resolve(&Sources { keys: &keys, vault: Some(&vault) }, options, &Run::quiet())
}

/// The files that were found, by their names below the data; folders left out.
pub(crate) fn names(world: &World, found: &Resolution) -> BTreeSet<String> {
    let top = format!("{}/", world.data().to_str().unwrap());
    let objects = found.found.iter().filter(|one| one.kind == ItemKind::Object);
    let below = objects.filter_map(|one| one.name.strip_prefix(&top));
    below.filter(|name| !world.data().join(name).is_dir()).map(str::to_owned).collect()
}

pub(crate) fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Freezes what was found, and keeps it for a request that has this digest.
pub(crate) fn freeze(world: &World, choices: impl Into<Vec<Choice>>) -> (Frozen, RequestFiles) {
    let (keys, vault) = world.opened();
    let sources = Sources { keys: &keys, vault: Some(&vault) };
    let found = resolve(&sources, &options(choices), &Run::quiet()).unwrap();
    let frozen = found.freeze(&keys).unwrap();
    let files = RequestFiles::of(&world.location());
    frozen.keep(&files, &REQUEST).unwrap();
    (frozen, files)
}

pub(crate) const REQUEST: Digest = Digest([0xab; 32]);
pub(crate) const WAIT: Duration = Duration::from_secs(10);

/// Brings a copy of the vault up to date and registers it, unless it is.
pub(crate) fn sync(world: &World, name: &str) {
    let main = Directory::open(&world.path("vault")).unwrap();
    let file = VaultFile::read(&main).unwrap();
    let place = world.path(name);
    fs::create_dir_all(&place).unwrap();
    let there = Directory::open(&place).unwrap();
    let options = SyncOptions { known: None, wait: WAIT, dry_run: false };
    let report = copy::sync(&main, &file, &there, &options, &Run::quiet()).unwrap();
    let vault = world.vault();
    let place = place.to_str().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    register::update(&main, &file, vault.keyring(), now, |register| {
        let id = match register.find(place) {
            Ok(known) => known.id.clone(),
            Err(_) => register.add(Medium::copy(MediumKind::Disk, place, now))?.id.clone(),
        };
        register.change(&id, |medium| {
            medium.synced(&report, now);
            Ok(())
        })?;
        Ok(())
    })
    .unwrap();
}

/// Registers a copy of the key store.
pub(crate) fn copy_keys(world: &World, name: &str, live: bool) -> Location {
    let place = Location::new(world.path(name), None);
    world.store().add_copy(&place, live, OnFailure::Warn, WAIT).unwrap();
    place
}

/// Copies a folder as it is.
pub(crate) fn duplicate(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            duplicate(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
