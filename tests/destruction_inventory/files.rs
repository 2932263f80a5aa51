//! Sealed files, plain files, the annex, and what lies beside the key store.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};

use sealkeep::destruction::overwrite::{self, Overwriting};
use sealkeep::destruction::request_files::{Part, RequestFiles};
use sealkeep::destruction::{Choice, Error, Frozen, Options, Physical, Sources, annex, resolve};
use sealkeep::envelope::Run;
use sealkeep::files::{SealOptions, SealPlan, SealTarget};
use sealkeep::keys::StoreKeys;
use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::{Digest, ItemKind};

use super::scene::{REQUEST, backup, freeze, options};
use crate::support::{World, random};

/// Freezes without a vault, and keeps it.
fn freeze_files(world: &World, options: &Options) -> (Frozen, RequestFiles, StoreKeys) {
    let keys = StoreKeys::new(world.store());
    let found = resolve(&Sources { keys: &keys, vault: None }, options, &Run::quiet()).unwrap();
    let frozen = found.freeze(&keys).unwrap();
    let files = RequestFiles::of(&world.location());
    frozen.keep(&files, &REQUEST).unwrap();
    (frozen, files, keys)
}

fn load(files: &RequestFiles, frozen: &Frozen, suite: Suite) -> Overwriting {
    Overwriting::load(files, &REQUEST, &frozen.items, suite).unwrap().unwrap()
}

#[test]
fn sealed_files_are_found_by_their_keys() {
    let world = World::new(Suite::Sm4Gcm);
    world.write("a", "one");
    world.write("b", "two");
    let keys = StoreKeys::new(world.store());
    let target = SealTarget::Path(world.path("sealed"));
    let plan = SealPlan::new(&[world.data()], &target, SealOptions::new("letters", Suite::Sm4Gcm));
    assert_eq!(plan.unwrap().execute(&keys, &Run::quiet()).files, 2);
    drop(keys);
    let twin = world.path("sealed/zz copy.sealed");
    fs::copy(world.path("sealed/a.sealed"), twin).unwrap();
    fs::write(world.path("sealed/readme"), "not sealed").unwrap();
    let wiped = Options {
        overwrite_sealed: Some("zero".into()),
        ..options([Choice::Sealed(world.path("sealed"))])
    };
    let (frozen, files, keys) = freeze_files(&world, &wiped);
    let sealed: Vec<_> = frozen.items.iter().filter(|one| one.kind == ItemKind::Sealed).collect();
    assert_eq!(sealed.len(), 3, "the files and their folder: {:?}", frozen.names);
    assert!(frozen.not_covered.iter().any(|text| text.as_str().contains("1 further sealed")));
    let a = frozen.names.iter().position(|name| name.ends_with("a.sealed")).unwrap();
    let bytes = fs::read(world.path("sealed/a.sealed")).unwrap();
    let item = &frozen.items[a];
    assert_eq!(item.size, Some(bytes.len() as u64));
    let digest = sealkeep_crypto::hash(Suite::Sm4Gcm, &[&bytes]);
    assert_eq!(item.digest.as_ref().unwrap().bytes, digest);
    assert_eq!(item.method.to_string(), "crypto-erase+zero");

    let overwriting = load(&files, &frozen, world.suite);
    assert!(overwriting.check(&frozen.items).is_empty());
    let done = overwriting.execute(&files, &REQUEST, &frozen.items, &Run::quiet()).unwrap();
    assert_eq!((done.wipes.len(), done.failed.len()), (3, 0), "{:?}", done.failed);
    assert!(!world.path("sealed/a.sealed").exists() && world.path("sealed/readme").exists());
    drop(keys);
    // A file of another key store is not ours to destroy.
    let other = World::new(Suite::Sm4Gcm);
    let keys = StoreKeys::new(other.store());
    let foreign = options([Choice::Sealed(world.path("sealed/zz copy.sealed"))]);
    let sources = Sources { keys: &keys, vault: None };
    assert!(matches!(resolve(&sources, &foreign, &Run::quiet()), Err(Error::KeyStore(_))));
    let plain = options([Choice::Sealed(world.path("sealed/readme"))]);
    assert!(matches!(resolve(&sources, &plain, &Run::quiet()), Err(Error::Sealed { .. })));
}

fn plain(world: &World) -> Options {
    for name in ["a", "deep/b", "deep/c"] {
        world.write(name, random(10_000));
    }
    options([Choice::Plain(world.data())])
}

#[test]
fn plain_files_are_overwritten_as_listed_and_their_names_forgotten() {
    let world = World::new(Suite::Aes256Gcm);
    let options = plain(&world);
    let (frozen, files, _) = freeze_files(&world, &options);
    let listed = frozen.items.iter().filter(|one| one.kind == ItemKind::File).count();
    assert_eq!(listed, 3);
    assert!(frozen.not_covered.iter().any(|text| text.as_str().contains("2 folders")));
    let overwriting = load(&files, &frozen, world.suite);
    assert_eq!(overwriting.still_there().len(), 3);
    let done = overwriting.execute(&files, &REQUEST, &frozen.items, &Run::quiet()).unwrap();
    assert_eq!((done.wipes.len(), done.failed.len()), (3, 0), "{:?}", done.failed);
    let digest = Digest::of(world.suite, &done.reports[0]).to_string();
    assert!(done.wipes.iter().all(|one| one.report == digest && one.verdict != "failed"));
    let report = String::from_utf8(done.reports[0].clone()).unwrap();
    assert!(!report.contains("deep"), "no names: {report}");
    assert!(overwriting.still_there().is_empty() && !world.data().join("a").exists());
    let again = overwriting.execute(&files, &REQUEST, &frozen.items, &Run::quiet()).unwrap();
    assert_eq!(again, done, "what is done is told again");
    overwrite::forget(&files, &REQUEST).unwrap();
    assert!(matches!(files.read(&REQUEST, Part::Targets), Err(Error::Missing(_))));
    overwrite::forget(&files, &REQUEST).unwrap();
}

#[test]
fn what_is_not_what_was_listed_is_left_alone() {
    let world = World::new(Suite::Aes256Gcm);
    let options = plain(&world);
    let (frozen, files, _) = freeze_files(&world, &options);
    let overwriting = load(&files, &frozen, world.suite);
    let data = world.data();
    fs::write(data.join("a"), "somebody wrote something else since").unwrap();
    fs::remove_file(data.join("deep/b")).unwrap();
    fs::write(data.join("deep/b"), random(10_000)).unwrap();
    fs::write(data.join("deep/new"), "new").unwrap();
    assert_eq!(overwriting.check(&frozen.items).len(), 2);
    let done = overwriting.execute(&files, &REQUEST, &frozen.items, &Run::quiet()).unwrap();
    assert_eq!(done.failed.len(), 2);
    assert!(done.wipes.iter().all(|one| done.failed.iter().all(|failed| failed.item != one.item)));
    let kept = fs::read_to_string(data.join("a")).unwrap();
    assert_eq!(kept, "somebody wrote something else since");
    assert!(data.join("deep/b").exists() && data.join("deep/new").exists());
    assert!(!data.join("deep/c").exists(), "what is as listed is overwritten");
}

#[test]
fn an_overwriting_that_was_cut_off_goes_on() {
    let world = World::new(Suite::Sm4Gcm);
    for at in 0..6 {
        world.write(&format!("{at}"), random(3 << 20));
    }
    let (frozen, files, _) = freeze_files(&world, &options([Choice::Plain(world.data())]));
    let overwriting = load(&files, &frozen, world.suite);
    let cancel = AtomicBool::new(false);
    let progress = |_: u64| cancel.store(true, Ordering::Relaxed);
    let run = Run { cancel: &cancel, progress: &progress, ..Run::quiet() };
    let cut = overwriting.execute(&files, &REQUEST, &frozen.items, &run);
    assert!(matches!(cut, Err(Error::Cancelled)), "{cut:?}");
    let overwriting = load(&files, &frozen, world.suite);
    let done = overwriting.execute(&files, &REQUEST, &frozen.items, &Run::quiet()).unwrap();
    assert_eq!((done.wipes.len(), done.failed.len()), (6, 0), "{:?}", done.failed);
    assert_eq!(fs::read_dir(world.data()).unwrap().count(), 0);
}

#[test]
fn the_list_of_files_cannot_be_exchanged() {
    let world = World::new(Suite::Aes256Gcm);
    let options = plain(&world);
    let (frozen, files, _) = freeze_files(&world, &options);
    let bytes = files.read(&REQUEST, Part::Targets).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let hex: String = world
        .data()
        .join("a")
        .to_str()
        .unwrap()
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let other: String = world
        .path("key-file")
        .to_str()
        .unwrap()
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert!(text.contains(&hex));
    for altered in [text.replace(&hex, &other), text.replacen("10000", "10001", 1), "[]".into()] {
        files.write(&REQUEST, Part::Targets, altered.as_bytes()).unwrap();
        let loaded = Overwriting::load(&files, &REQUEST, &frozen.items, world.suite);
        assert!(matches!(loaded, Err(Error::Altered { .. })), "{altered}");
    }
}

#[test]
fn media_are_recorded_with_what_is_known_of_them() {
    let world = World::new(Suite::Sm4Gcm);
    let photo = world.path("photo");
    fs::write(&photo, "shreds").unwrap();
    let physical = Physical {
        medium: "HGST 4 TB, serial K7".into(),
        vendor: "某销毁公司".into(),
        how: "shredded to 2 mm".into(),
        evidence: vec![photo],
    };
    let (frozen, _, _) = freeze_files(&world, &options([Choice::Unregistered(physical)]));
    let line = frozen.items[0].line();
    let extra = frozen.items[0].extra.as_ref().unwrap().as_str();
    assert!(line.contains("kind=medium") && line.contains("method=physical"));
    for part in ["serial K7", "某销毁公司", "2 mm", "evidence: sm3:"] {
        assert!(extra.contains(part), "{extra}");
    }
}

#[test]
fn names_are_read_with_the_key_store_and_die_with_their_key() {
    let world = World::new(Suite::Aes256Gcm);
    world.write("patients/0042/scan", "x");
    backup(&world);
    let (frozen, files) = freeze(&world, [Choice::Subject("0042".into())]);
    let read = |files: &RequestFiles| {
        let keys = StoreKeys::new(world.store());
        let root = &frozen.summary.root;
        annex::read(&keys, world.suite, files, &REQUEST, root, &frozen.items)
            .map(|(names, _)| names)
    };
    assert_eq!(read(&files).unwrap(), frozen.names);
    let (items, inventory) = files.read_inventory(&REQUEST, world.suite, &frozen.summary).unwrap();
    assert_eq!((items.len(), &inventory.targets), (frozen.items.len(), &frozen.targets));
    let kept = world.location().dir.join(format!("requests/{REQUEST}.names"));
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);

    let mut lines = files.read(&REQUEST, Part::Inventory).unwrap();
    lines[8] ^= 1;
    files.write(&REQUEST, Part::Inventory, &lines).unwrap();
    assert!(files.read_inventory(&REQUEST, world.suite, &frozen.summary).is_err());
    world.destroy(frozen.targets.clone());
    assert!(matches!(read(&files), Err(Error::Keys(_))));
}
