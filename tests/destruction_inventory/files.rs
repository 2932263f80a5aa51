//! Sealed files, plain files, the annex, and what lies beside the key store.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};

use sealkeep::destruction::execution::{self, Execution};
use sealkeep::destruction::overwrite::Overwriting;
use sealkeep::destruction::request_files::{Part, RequestFiles};
use sealkeep::destruction::{Choice, Error, Frozen, Options, Physical, Sources, annex, resolve};
use sealkeep::envelope::Run;
use sealkeep::files::{SealOptions, SealPlan, SealTarget};
use sealkeep::keys::StoreKeys;
use sealkeep::vault::register::{self, Medium, MediumKind};
use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::cast::{Cast, QUICK_POLICY};
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
        unclassified: false,
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
    for _ in 0..2 {
        files.remove(&REQUEST, Part::Targets).unwrap();
        files.remove_work(&REQUEST).unwrap();
        assert!(matches!(files.read(&REQUEST, Part::Targets), Err(Error::Missing(_))));
    }
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
    assert_eq!((done.wipes.len(), done.failed.len()), (1, 2), "each is told once");
    let again = overwriting.execute(&files, &REQUEST, &frozen.items, &Run::quiet()).unwrap();
    assert_eq!(again, done);
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
fn what_is_lost_while_an_overwriting_is_cut_off_is_not_told_as_overwritten() {
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..6 {
        world.write(&format!("{at}"), random(3 << 20));
    }
    let (frozen, files, _) = freeze_files(&world, &options([Choice::Plain(world.data())]));
    let overwriting = load(&files, &frozen, world.suite);
    let cancel = AtomicBool::new(false);
    let progress = |_: u64| cancel.store(true, Ordering::Relaxed);
    let run = Run { cancel: &cancel, progress: &progress, ..Run::quiet() };
    assert!(overwriting.execute(&files, &REQUEST, &frozen.items, &run).is_err());
    let taken = overwriting.still_there();
    assert!(!taken.is_empty());
    fs::create_dir(world.path("elsewhere")).unwrap();
    for entry in fs::read_dir(world.data()).unwrap() {
        let entry = entry.unwrap();
        fs::rename(entry.path(), world.path("elsewhere").join(entry.file_name())).unwrap();
    }
    let done = overwriting.execute(&files, &REQUEST, &frozen.items, &Run::quiet()).unwrap();
    assert_eq!(done.wipes.len() + done.failed.len(), 6);
    for item in taken {
        assert!(done.failed.iter().any(|one| one.item == item), "{item}: {:?}", done.wipes);
    }
}

/// `begun` is written before the journal of the wipe is, and what comes between may fail.
#[test]
fn what_was_begun_without_a_journal_is_not_told_as_overwritten() {
    let world = World::new(Suite::Aes256Gcm);
    let options = plain(&world);
    let (frozen, files, _) = freeze_files(&world, &options);
    let overwriting = load(&files, &frozen, world.suite);
    let [a, b, c]: [u64; 3] = overwriting.still_there().try_into().unwrap();
    let work = world.location().dir.join(format!("requests/{REQUEST}.wiping"));
    fs::create_dir_all(work.join("journal-0")).unwrap();
    let begun = format!(r#"{{"refused":{{"{b}":"changed since"}},"settled":{{}}}}"#);
    fs::write(work.join("begun-0"), begun).unwrap();
    fs::remove_file(world.data().join("deep/c")).unwrap();
    let done = overwriting.execute(&files, &REQUEST, &frozen.items, &Run::quiet()).unwrap();
    let wiped: Vec<u64> = done.wipes.iter().map(|one| one.item).collect();
    let failed: Vec<u64> = done.failed.iter().map(|one| one.item).collect();
    assert_eq!((wiped, failed), (vec![a], vec![b, c]));
    assert!(!world.data().join("a").exists() && world.data().join("deep/b").exists());
    assert_eq!(done.failed[0].why, "changed since");
}

#[test]
fn what_is_begun_when_no_journal_can_be_is_overwritten_later() {
    let world = World::new(Suite::Sm4Gcm);
    let options = plain(&world);
    let (frozen, files, _) = freeze_files(&world, &options);
    let overwriting = load(&files, &frozen, world.suite);
    let journal = world.location().dir.join(format!("requests/{REQUEST}.wiping/journal-0"));
    fs::create_dir_all(journal.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/proc/self/fdinfo", &journal).unwrap();
    let refused = overwriting.execute(&files, &REQUEST, &frozen.items, &Run::quiet());
    assert!(matches!(refused, Err(Error::Io { .. })), "{refused:?}");
    assert_eq!(overwriting.still_there().len(), 3);
    fs::remove_file(&journal).unwrap();
    let done = overwriting.execute(&files, &REQUEST, &frozen.items, &Run::quiet()).unwrap();
    assert_eq!((done.wipes.len(), done.failed.len()), (3, 0), "{:?}", done.failed);
    assert!(overwriting.still_there().is_empty());
}

#[test]
fn a_file_that_cannot_be_overwritten_makes_the_execution_partial() {
    let world = World::new(Suite::Sm4Gcm);
    let chosen = plain(&world);
    let keys = StoreKeys::new(world.store());
    let began = keys.with(|store| store.ledger_clock()).unwrap().0;
    let clock = |passed: u64| {
        keys.with(|store| store.set_clock_for_test(began + passed, passed * 1000));
    };
    clock(0);
    let id = keys.with(|store| store.status()).unwrap().peek.store;
    let cast = Cast::new(id, world.suite).with_policy(QUICK_POLICY);
    let genesis = cast.genesis(began, &keys.with(|store| store.public_key()));
    keys.with(|store| store.submit(&genesis, None)).unwrap();

    let found = resolve(&Sources { keys: &keys, vault: None }, &chosen, &Run::quiet()).unwrap();
    let frozen = found.freeze(&keys).unwrap();
    let files = RequestFiles::of(&world.location());
    let said = Cast::request("1", frozen.level, frozen.summary.clone());
    let asked = cast.sign(began, &["wang"], said);
    let request = cast.digest(&asked);
    frozen.keep(&files, &request).unwrap();
    let lines = execution::lines(&files, &request).unwrap();
    let submit = |statement: &[u8]| keys.with(|store| store.submit(statement, Some(&lines)));
    submit(&asked).unwrap();
    let root = frozen.summary.root;
    for (step, officer) in [(1, "li"), (2, "zhang")] {
        submit(&cast.sign(began, &[officer], Cast::approve(request, root, step))).unwrap();
    }
    clock(5);
    submit(&cast.sign(began + 5, &["sun"], Cast::execute(request, root))).unwrap();
    fs::write(world.data().join("a"), "somebody wrote something else since").unwrap();

    let execution = Execution {
        keys: &keys,
        files: &files,
        catalogue: None,
        program: "sealkeep".into(),
        host: "archive-1".into(),
    };
    let done = execution.carry_out(request, None, &Run::quiet()).unwrap();
    assert!(done.partial && done.resumed);
    let register = keys.with(|store| store.register()).unwrap();
    assert_eq!(register.request(&request).unwrap().state.name(), "partial");
    let read = || files.read_as(&request, Part::Execution, world.suite, &done.execution);
    assert_eq!(read().unwrap(), done.record);
    let (record, _) = keys.with(|store| store.read_record(&done.record)).unwrap();
    assert_eq!((record.wipes.len(), record.failed.len()), (2, 1));

    // Another record, or another report, takes the place of none that was signed.
    let report = |text: &str| {
        files.write_as(&request, Part::Inspection, world.suite, text.as_bytes()).unwrap()
    };
    let (first, second) = (report("first"), report("second"));
    for (digest, text) in [(first, "first"), (second, "second")] {
        let kept = files.read_as(&request, Part::Inspection, world.suite, &digest).unwrap();
        assert_eq!(kept, text.as_bytes());
    }
    let name = format!("requests/{request}.execution-{}", &done.execution.to_string()[..16]);
    fs::write(world.location().dir.join(name), "{}").unwrap();
    assert!(matches!(read(), Err(Error::Altered { .. })));
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
fn the_level_of_a_medium_counts() {
    let world = World::new(Suite::Aes256Gcm);
    world.write("a", "a");
    backup(&world);
    let (keys, vault) = world.opened();
    let medium = Medium { copy: false, level: 4, ..Medium::copy(MediumKind::Disk, "a safe", 1) };
    let id = register::update(&**vault.storage(), vault.file(), vault.keyring(), 1, |register| {
        Ok(register.add(medium.clone())?.id.clone())
    });
    let chosen = options([Choice::Medium(id.unwrap(), Physical::default())]);
    let sources = Sources { keys: &keys, vault: Some(&vault) };
    let frozen = resolve(&sources, &chosen, &Run::quiet()).unwrap().freeze(&keys).unwrap();
    assert_eq!((frozen.level, frozen.items[0].level), (4, Some(4)));
    let files = RequestFiles::of(&world.location());
    let (store, began) =
        keys.with(|store| (store.status().unwrap().peek.store, store.ledger_clock().unwrap().0));
    let cast = Cast::new(store, world.suite).with_policy(QUICK_POLICY);
    let genesis = cast.genesis(began, &keys.with(|store| store.public_key()));
    keys.with(|store| store.submit(&genesis, None)).unwrap();
    let said = Cast::request("1", frozen.level, frozen.summary.clone());
    let asked = cast.sign(began, &["wang"], said);
    let request = cast.digest(&asked);
    frozen.keep(&files, &request).unwrap();
    let lines = execution::lines(&files, &request).unwrap();
    keys.with(|store| store.submit(&asked, Some(&lines))).unwrap();
}

#[test]
fn what_is_overwritten_by_another_method_says_so_in_its_line() {
    let world = World::new(Suite::Sm4Gcm);
    let chosen = plain(&world);
    let keys = StoreKeys::new(world.store());
    let sources = Sources { keys: &keys, vault: None };
    let mut found = resolve(&sources, &chosen, &Run::quiet()).unwrap();
    assert!(matches!(found.overwrite_by("none"), Err(Error::Method(_))));
    found.overwrite_by("hmg-is5-enhanced").unwrap();
    let files = RequestFiles::of(&world.location());
    found.survey(&files).unwrap();
    let frozen = found.freeze(&keys).unwrap();
    frozen.keep(&files, &REQUEST).unwrap();
    assert!(frozen.items[0].line().contains("method=hmg-is5-enhanced"));
    load(&files, &frozen, world.suite);
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
