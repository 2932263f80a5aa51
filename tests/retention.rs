//! What is due, as callers of the library see it.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/vault.rs"]
mod support;

use std::fs::File;
use std::time::{Duration, UNIX_EPOCH};

use jiff::civil::date;
use sealkeep::envelope::Run;
use sealkeep::retention::{DueReport, Policy, day_of, due};
use sealkeep_crypto::Suite;
use sealkeep_keystore::KeyId;
use support::World;

const RULES: &str = r#"
version = "1"
[[rule]]
match = "wards/**"
class = "outpatient"
level = 4
[[rule]]
match = "new/**"
class = "unheard-of"
"#;

/// Files that were modified so many seconds after the beginning of 1970.
fn touched(world: &World, files: &[(&str, u64)]) {
    for (name, seconds) in files {
        world.write(name, *name);
        let file = File::options().write(true).open(world.data().join(name)).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(*seconds)).unwrap();
    }
}

fn backup(world: &World) {
    let report = world.backup_with(world.options(Some(RULES)));
    assert!(report.failures.is_empty(), "{:?}", report.failures);
}

fn look(world: &World, on: jiff::civil::Date) -> DueReport {
    due(&world.vault(), &Policy::builtin(), on, &Run::quiet()).unwrap()
}

fn keys(report: &DueReport) -> Vec<(KeyId, String)> {
    let name = |path: &[u8]| String::from_utf8_lossy(path).rsplit('/').next().unwrap().to_owned();
    report.due.iter().map(|due| (due.key, name(&due.path))).collect()
}

/// 9 September 2001, at UTC+8.
const THEN: u64 = 1_000_000_000;

#[test]
fn what_is_held_or_destroyed_is_not_due() {
    let world = World::new(Suite::Aes256Gcm);
    touched(&world, &[("wards/a", THEN), ("wards/b", THEN - 86_400), ("wards/c", THEN)]);
    touched(&world, &[("new/d", THEN), ("other", THEN)]);
    backup(&world);
    let last = date(2016, 9, 9);
    assert_eq!(day_of(THEN.try_into().unwrap()), date(2001, 9, 9));
    // Folders are as young as this test.
    assert_eq!(keys(&look(&world, last)).len(), 1, "the last day still counts");
    let report = look(&world, last.tomorrow().unwrap());
    let found = keys(&report);
    let names: Vec<&str> = found.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["b", "a", "c"]);
    assert_eq!(report.unknown.into_iter().collect::<Vec<_>>(), [("unheard-of".to_owned(), 2)]);
    assert_eq!((report.unclassified, report.held, report.destroyed), (2, 0, 0));

    world.store().hold(&[found[0].0]).unwrap();
    let report = look(&world, date(2020, 1, 1));
    assert_eq!((keys(&report), report.held), (found[1..].to_vec(), 1));

    world.destroy(vec![found[1].0]);
    let report = look(&world, date(2020, 1, 1));
    assert_eq!(keys(&report), found[2..]);
    assert_eq!((report.held, report.destroyed, report.closed), (1, 1, 0));
}

#[test]
fn all_versions_of_an_object_count() {
    let world = World::new(Suite::Sm4Gcm);
    touched(&world, &[("wards/a", THEN)]);
    backup(&world);
    // An older state comes back; the younger one is still in the first snapshot, under the same key.
    world.write("wards/a", "an older state");
    let file = File::options().write(true).open(world.data().join("wards/a")).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(THEN - 400 * 86_400)).unwrap();
    backup(&world);
    let report = look(&world, date(2016, 9, 9));
    assert_eq!(keys(&report), []);
    let report = look(&world, date(2016, 9, 10));
    assert_eq!((report.due.len(), report.due[0].class.start), (1, THEN.try_into().unwrap()));
    assert_eq!(report.due[0].size, 14, "the newest version is described");
}
