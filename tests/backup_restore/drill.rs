//! Single files dumped, and drills.

use sealkeep::backup::drill::{DrillReport, Sample, drill};
use sealkeep::backup::dump::{DumpError, dump};

use super::*;

fn dumped(world: &World, path: &str) -> Result<Vec<u8>, DumpError> {
    let vault = world.vault();
    let snapshot = find_snapshot(&vault, None).unwrap().unwrap();
    let path = world.data().canonicalize().unwrap().join(path);
    let mut out = Vec::new();
    let length = dump(&vault, &snapshot, &path, &mut out, &Run::quiet())?;
    assert_eq!(length, out.len() as u64);
    Ok(out)
}

#[test]
fn one_file_is_dumped() {
    let world = World::new(Suite::Aes256Gcm);
    make_nasty(&world);
    world.backup();
    for path in ["plain/large", "plain/empty", "sparse", "plain/a.txt"] {
        assert!(dumped(&world, path).unwrap() == fs::read(world.data().join(path)).unwrap());
    }
    assert!(matches!(dumped(&world, "plain"), Err(DumpError::NotAFile)));
    assert!(matches!(dumped(&world, "plain/link"), Err(DumpError::NotAFile)));
    assert!(matches!(dumped(&world, "plain/absent"), Err(DumpError::NotFound)));
    let destroyed = world.key_of(&world.data().canonicalize().unwrap().join("plain/large"));
    world.destroy(vec![destroyed]);
    let Err(DumpError::Destroyed { key, tombstone }) = dumped(&world, "plain/large") else {
        panic!("it is gone")
    };
    assert_eq!((key, tombstone.unwrap().certificate), (destroyed, [7; 32]));
}

fn drilled(world: &World, sample: Sample) -> DrillReport {
    let vault = world.vault();
    let snapshot = find_snapshot(&vault, None).unwrap().unwrap();
    let scratch = world.path("scratch");
    fs::create_dir_all(&scratch).unwrap();
    let report = drill(&vault, &snapshot, sample, &scratch, &Run::quiet()).unwrap();
    assert_eq!(fs::read_dir(scratch).unwrap().count(), 0);
    report
}

#[test]
fn a_drill_restores_and_compares_what_it_chose() {
    let world = World::new(Suite::Sm4Gcm);
    make_nasty(&world);
    let total = world.backup().total;
    let all = drilled(&world, Sample::All);
    assert!(all.passed(), "{:?}", all.failures);
    assert_eq!((all.objects, all.chosen), (total.objects, total.objects));
    assert_eq!((all.files, all.bytes), (total.files, total.bytes));
    assert_eq!(all.files + all.others, total.objects);
    let some = drilled(&world, Sample::Objects(5));
    assert_eq!((some.chosen, some.files + some.others), (5, 5));
    let many = drilled(&world, Sample::Objects(1_000_000));
    assert_eq!(many.chosen, total.objects);
}

#[test]
fn a_drill_tries_destroyed_objects_and_names_objects_by_key_alone() {
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..40 {
        world.write(&format!("patient {at}"), format!("record {at}"));
    }
    world.backup();
    let key = world.key_of(&world.data().canonicalize().unwrap().join("patient 7"));
    world.destroy(vec![key]);
    let report = drilled(&world, Sample::Objects(3));
    assert!(report.passed());
    assert_eq!(report.destroyed.len(), 1);
    assert_eq!(report.destroyed[0].key, key);
    let document = report.document("nas", Some(1_800_000_000)).to_string();
    assert!(document.contains(&key.to_string()) && document.contains("\"copy\":\"nas\""));
    assert!(!document.contains("patient"), "{document}");
}

#[test]
fn a_drill_finds_what_is_damaged() {
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..30 {
        world.write(&format!("{at:02}"), random(20_000));
    }
    world.backup();
    damage(&world, 300_000);
    let report = drilled(&world, Sample::All);
    assert!(!report.passed());
    assert_eq!((report.failures.len(), report.files), (1, 29));
    let key = world.key_of(&world.data().canonicalize().unwrap().join("00"));
    assert_ne!(report.failures[0].what, Failed::Key(key));
    assert!(matches!(report.failures[0].what, Failed::Key(_)));
}
