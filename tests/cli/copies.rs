//! Copies of a vault, media and drills, as an administrator meets them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::world::{Done, World, noise};

/// A key store, and a vault with one snapshot.
fn hospital() -> World {
    let world = World::with_store();
    world.write("config/sealkeep/config.toml", "vault = \"../../vault\"\n");
    world.write("data/scan", noise(40_000));
    world.write("data/readme", "for all");
    world.good(&["vault", "init"]);
    world.good(&["backup", "data"]);
    world
}

fn json(world: &World, args: &[&str]) -> Value {
    let done = world.run(&[args, &["--json"]].concat());
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {done:?}"))
}

fn says(done: &Done, code: i32, text: &str) {
    assert_eq!(done.code, code, "{done:?}");
    assert!(done.stdout.contains(text) || done.stderr.contains(text), "{text}: {done:?}");
}

fn fingerprint(world: &World) -> String {
    let status = json(world, &["status"]);
    status["fingerprint"].as_str().expect("text").to_owned()
}

/// The largest pack of a vault or copy.
fn pack(world: &World, place: &str) -> PathBuf {
    let folders = fs::read_dir(world.path(place).join("packs")).expect("a folder");
    let files =
        folders.flat_map(|entry| fs::read_dir(entry.expect("readable").path()).expect("a folder"));
    let largest = files
        .map(|entry| entry.expect("readable").path())
        .max_by_key(|path| path.metadata().expect("readable").len());
    largest.expect("there are packs")
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).expect("readable");
    bytes[20_000] ^= 1;
    fs::write(path, bytes).expect("writable");
}

#[test]
fn places_that_are_no_good_are_refused_and_not_registered() {
    let world = hospital();
    world.write("full/letter", "x");
    says(&world.run(&["copy", "add", "s3://bucket/copy"]), 2, "E-USAGE");
    says(&world.run(&["copy", "add", "vault/copy"]), 4, "E-COPY-INSIDE");
    says(&world.run(&["copy", "add", "vault"]), 4, "E-COPY-INSIDE");
    says(&world.run(&["copy", "add", "."]), 4, "E-COPY-INSIDE");
    says(&world.run(&["copy", "add", "full"]), 4, "E-VAULT-EXISTS");
    world.good(&["vault", "init", "--vault", "other"]);
    says(&world.run(&["copy", "add", "other"]), 4, "E-OTHER-VAULT");
    assert!(!world.path("vault/copy").exists());
    assert_eq!(world.names("full"), ["letter"]);
    assert_eq!(json(&world, &["copy", "list"])["copies"], Value::Array(Vec::new()));
    says(&world.good(&["copy", "add", "copy"]), 0, "W-COPY-DEVICE");
    says(&world.run(&["copy", "add", "copy"]), 4, "E-MEDIUM-KNOWN");
}

#[test]
fn copies_are_synced_and_one_that_is_away_stops_no_other() {
    let world = hospital();
    world.good(&["copy", "add", "one", "--kind", "nas", "--location", "Room 3", "--level", "4"]);
    world.good(&["copy", "add", "two"]);
    let list = json(&world, &["copy", "list"]);
    let first = &list["copies"][0];
    assert_eq!((&first["kind"], &first["location"]), (&"nas".into(), &"Room 3".into()));
    assert_eq!((&first["level"], &first["due"]), (&4.into(), &Value::Array(Vec::new())));

    world.write("data/more", "x");
    world.good(&["backup", "data"]);
    let before = world.names("one/heads");
    let plan = json(&world, &["copy", "sync", "one", "-n"]);
    assert_eq!(world.names("one/heads"), before);
    let done = json(&world, &["copy", "sync", "one"]);
    assert_ne!(world.names("one/heads"), before);
    for field in ["brought", "bytes", "removed", "head"] {
        assert_eq!(plan["copies"][0][field], done["copies"][0][field], "{field}: {plan} {done}");
    }
    assert_eq!((&plan["dry_run"], &done["dry_run"]), (&true.into(), &false.into()));

    fs::rename(world.path("one"), world.path("away")).expect("moved");
    let partly = world.run(&["copy", "sync"]);
    says(&partly, 3, "E-NOT-FOUND");
    says(&partly, 3, "two");
    fs::create_dir(world.path("one")).expect("an empty mount point");
    says(&world.run(&["copy", "sync", "one"]), 4, "E-COPY-EMPTY");
    assert_eq!(world.names("one"), [""; 0]);
    world.good(&["copy", "sync", "one", "--anew"]);
    world.good(&["copy", "check", "one"]);
}

#[test]
fn a_copy_is_checked_without_any_key_and_healed() {
    let world = hospital();
    let fingerprint = fingerprint(&world);
    world.good(&["copy", "add", "one"]);
    world.good(&["copy", "add", "two"]);
    says(&world.good(&["copy", "check"]), 0, "was read whole");
    assert!(json(&world, &["copy", "list"])["copies"][0]["last_check"]["time"].is_u64());
    let signed = world.names("vault/records");
    assert_eq!(signed.iter().filter(|name| name.contains("-copy-check-")).count(), 2);

    let rotten = pack(&world, "one");
    flip(&rotten);
    let name = rotten.file_name().expect("it has one").to_string_lossy().into_owned();
    let partly = world.run(&["copy", "check"]);
    says(&partly, 3, "E-VAULT-COPY-DAMAGED");
    assert!(partly.stdout.contains(&name), "{partly:?}");
    says(&world.run(&["status"]), 42, "repair");

    let plan = json(&world, &["copy", "repair", "one", "--from", "two", "-n"]);
    says(&world.run(&["copy", "check", "one"]), 26, &name);
    let healed = json(&world, &["copy", "repair", "one", "--from", "two"]);
    assert_eq!(plan["healed"].as_array().map(Vec::len), Some(1));
    assert_eq!((&plan["healed"], &plan["unhealed"]), (&healed["healed"], &healed["unhealed"]));
    world.good(&["copy", "check"]);
    flip(&pack(&world, "vault"));
    world.good(&["copy", "repair", "vault", "--from", "one"]);
    world.good(&["vault", "check", "--read-data"]);

    // All is lost but a copy: neither vault nor key store are there, and no configuration.
    for gone in ["vault", "keys", "config"] {
        fs::remove_dir_all(world.path(gone)).expect("it is there");
    }
    let alone = ["copy", "check", "two", "--fingerprint"];
    says(&world.good(&[&alone[..], &[&fingerprint]].concat()), 0, &fingerprint);
    says(&world.run(&[&alone[..], &[&"0".repeat(64)]].concat()), 4, "E-OTHER-VAULT");
    fs::remove_file(pack(&world, "two")).expect("it is there");
    says(&world.run(&[&alone[..], &[&fingerprint]].concat()), 26, "missing: packs/");
}

#[test]
fn a_check_is_told_even_where_it_cannot_be_noted() {
    let world = hospital();
    world.good(&["copy", "add", "one"]);
    fs::rename(world.path("keys"), world.path("elsewhere")).expect("moved");
    says(&world.good(&["copy", "check"]), 0, "W-NOT-NOTED");
}

#[test]
fn what_is_taken_out_of_use_stays_in_the_register() {
    let world = hospital();
    world.good(&["copy", "add", "never", "--no-sync"]);
    world.good(&["copy", "add", "once"]);
    says(&world.good(&["copy", "remove", "once", "-n"]), 0, "Dry run");
    assert_eq!(json(&world, &["copy", "list"])["copies"][1]["state"], "in-use");
    world.good(&["copy", "remove", "never"]);
    world.good(&["copy", "remove", "once", "--state", "lost"]);
    let list = json(&world, &["copy", "list"]);
    assert_eq!(list["copies"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["copies"][0]["state"], "lost");
    says(&world.run(&["copy", "remove", "nothing"]), 5, "E-MEDIUM-UNKNOWN");
}

#[test]
fn media_are_registered_and_audited() {
    let world = hospital();
    let added = json(&world, &["media", "add", "--kind", "tape", "--serial", "LTO-7"]);
    let id = added["id"].as_str().expect("text");
    assert_eq!(json(&world, &["media", "audit"])["due"], Value::Array(Vec::new()));
    world.good(&["media", "audit", id, "--by", "Li", "--not-found"]);
    assert_eq!(json(&world, &["media", "audit"])["due"][0]["due"][0]["what"], "search");
    says(&world.run(&["status"]), 42, id);
    world.good(&["media", "audit", id, "--by", "Li", "--note", "in the safe"]);
    assert_eq!(json(&world, &["media", "audit"])["due"], Value::Array(Vec::new()));
    world.good(&["media", "set", id, "--custodian", "Wang", "--state", "destroyed"]);
    says(&world.good(&["media", "list"]), 0, "No copies or media");
    let all = json(&world, &["media", "list", "--all"]);
    assert_eq!(
        (&all["media"][0]["custodian"], &all["media"][0]["serial"]),
        (&"Wang".into(), &"LTO-7".into())
    );
    says(&world.run(&["media", "audit", "00000000"]), 5, "E-MEDIUM-UNKNOWN");
}

#[test]
fn a_drill_goes_through_the_copy_that_was_named() {
    let world = hospital();
    world.good(&["copy", "add", "one"]);
    says(&world.run(&["status"]), 42, "there never was a drill");
    let scratch = world.path("scratch");
    fs::create_dir(&scratch).expect("a folder");
    let drill = ["drill", "--copy", "one", "--scratch", "scratch"];
    let all = json(&world, &[&drill[..], &["--all", "--every", "7"]].concat());
    assert_eq!((&all["passed"], &all["files"]), (&true.into(), &2.into()), "{all}");
    let record = fs::read_to_string(all["record"].as_str().expect("a path")).expect("it is there");
    assert!(record.contains("application/vnd.sealkeep.drill+json"), "{record}");
    let part = json(&world, &[&drill[..], &["--sample", "50%"]].concat());
    let half = all["objects"].as_u64().map(|objects| objects.div_ceil(2));
    assert_eq!(part["chosen"].as_u64(), half);
    assert!(!world.run(&["status"]).stdout.contains("never was a drill"));

    flip(&pack(&world, "one"));
    says(&world.run(&[&drill[..], &["--all"]].concat()), 3, "E-DRILL-FAILED");
    says(&world.run(&["status"]), 42, "it failed");
    world.good(&["drill", "--all", "--scratch", "scratch"]);
    assert_eq!(world.names("scratch"), [""; 0]);
}
