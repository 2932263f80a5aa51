//! A vault, as an administrator meets it: backed up, looked into, restored, thinned out.

use std::fs;
use std::time::Duration;

use sealkeep_keystore::{Clearance, KeyFile, KeyId, KeyStore, Location, Unlock};
use serde_json::Value;

use crate::world::{Done, World};

const RULES: &str = r#"
version = "2026-01"
[[rule]]
match = "patients/{id}/**"
scope = "patient/{id}"
level = 4
class = "inpatient"
subjects = ["{id}"]
"#;

/// A key store, an empty vault, rules, and something to back up.
fn hospital() -> World {
    let world = World::with_store();
    world.write(
        "config/sealkeep/config.toml",
        "vault = \"../../vault\"\n[backup]\nscope-rules = \"../../rules.toml\"\n",
    );
    world.write("rules.toml", RULES);
    world.write("data/patients/0001/notes", "first");
    world.write("data/patients/0002/notes", "second");
    world.write("data/readme", "for all");
    world.good(&["vault", "init"]);
    world
}

fn json(world: &World, args: &[&str]) -> Value {
    let done = world.run(&[args, &["--json"]].concat());
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {done:?}"))
}

fn ids(world: &World) -> Vec<String> {
    let document = json(world, &["snapshots"]);
    let rows = document["snapshots"].as_array().expect("a list").clone();
    rows.iter().map(|row| row["id"].as_str().expect("text").to_owned()).collect()
}

/// Destroys the keys of everything about a subject, through the door that tests have.
fn destroy(world: &World, subject: &str) -> Vec<String> {
    let found = json(world, &["find", "--subject", subject]);
    let rows = found["objects"].as_array().expect("a list");
    let keys: Vec<String> =
        rows.iter().map(|row| row["key"].as_str().expect("text").to_owned()).collect();
    let file = fs::read(world.path("admin.key")).expect("the key file");
    let file = KeyFile::parse(&file).expect("it is one");
    let location = Location::new(world.path("keys"), None);
    let mut store =
        KeyStore::open(&location, &Unlock::KeyFile(&file), Duration::from_secs(10)).expect("opens");
    let ids: Vec<KeyId> = keys.iter().map(|key| key.parse().expect("an id")).collect();
    store.destroy(Clearance::destroy_for_test(ids, [7; 32])).expect("destroyed");
    keys
}

fn same(world: &World, one: &str, other: &str) -> bool {
    let run = std::process::Command::new("diff")
        .args(["-r", "--no-dereference"])
        .args([world.path(one), world.path(other)])
        .output();
    let run = run.expect("diff is there");
    assert!(run.stderr.is_empty(), "{}", String::from_utf8_lossy(&run.stderr));
    run.status.success()
}

fn says(done: &Done, code: i32, text: &str) {
    assert_eq!(done.code, code, "{done:?}");
    assert!(done.stdout.contains(text) || done.stderr.contains(text), "{text}: {done:?}");
}

#[test]
fn what_was_backed_up_comes_back() {
    let world = hospital();
    world.good(&["backup", "data", "--tag", "first"]);
    let mirror = world.path("data");
    let mirror = mirror.to_str().expect("scratch names are UTF-8");
    world.good(&["restore", "latest", "-o", "back", "--relative-to", mirror]);
    assert!(same(&world, "data", "back"));

    world.write("data/readme", "for everybody");
    fs::remove_file(world.path("data/patients/0002/notes")).expect("it is there");
    world.good(&["backup", "data"]);
    let snapshots = ids(&world);
    let [old, new] = &snapshots[..] else { panic!("two: {snapshots:?}") };
    let changes = world.good(&["diff", &old[..8], &new[..8]]).stdout;
    assert!(changes.contains(&format!("M  {mirror}/readme\n")), "{changes}");
    assert!(changes.contains(&format!("-  {mirror}/patients/0002/notes\n")), "{changes}");
    assert_eq!(world.good(&["dump", old, "data/readme"]).stdout, "for all");
    assert_eq!(world.good(&["dump", "latest", "data/readme"]).stdout, "for everybody");
    assert_eq!(world.good(&["dump", "latest", "data/readme", "--tag", "first"]).stdout, "for all");
    says(&world.run(&["dump", "latest", "data/nothing"]), 5, "E-NOT-IN-SNAPSHOT");
    says(&world.run(&["dump", "latest", "data"]), 4, "E-NOT-A-FILE");

    says(
        &world.run(&["restore", "latest", "-o", "back", "--relative-to", mirror]),
        3,
        "E-RESTORE-EXISTS",
    );
    let update =
        ["restore", "latest", "-o", "back", "--relative-to", mirror, "--existing", "update"];
    world.good(&update);
    assert_eq!(fs::read(world.path("back/readme")).expect("restored"), b"for everybody");
    let part = ["restore", old, "data/patients/0002", "-o", "part", "--relative-to", mirror];
    says(&world.good(&[&part[..], &["-n"]].concat()), 0, "Nothing was written");
    assert!(!world.path("part").exists());
    world.good(&part);
    assert_eq!(world.names("part"), ["patients"]);
    assert_eq!(fs::read(world.path("part/patients/0002/notes")).expect("restored"), b"second");
    world.good(&["vault", "check", "--read-data"]);
}

#[test]
fn a_destroyed_patient_is_gone_and_nothing_else_is() {
    let world = hospital();
    world.good(&["backup", "data"]);
    let keys = destroy(&world, "0001");
    assert_eq!(keys.len(), 2);
    let done = world.run(&["restore", "latest", "-o", "back"]);
    says(&done, 41, "destroyed 2.");
    for key in &keys {
        assert!(done.stdout.contains(&format!("destroyed: {key}")), "{done:?}");
    }
    assert!(done.stdout.contains(&"07".repeat(32)), "the certificate is named: {done:?}");
    let back = format!("back{}", world.path("data").display());
    assert!(!world.path(&back).join("patients/0001").exists());
    assert_eq!(
        fs::read(world.path(&back).join("patients/0002/notes")).expect("restored"),
        b"second"
    );
    let document = json(&world, &["restore", "latest", "-o", "again"]);
    assert_eq!(document["destroyed"].as_array().map(Vec::len), Some(2));
    assert_eq!(document["files"], 2);
    let asked = world.run(&["dump", "latest", "data/patients/0001/notes"]);
    says(&asked, 31, &keys[0][..0]);
    says(&world.good(&["vault", "check", "--read-data"]), 0, "destroyed 2");
    says(&world.good(&["find", "--subject", "0001"]), 0, "Found 0 objects");

    // It does not come back unnoticed.
    let done = world.run(&["backup", "data"]);
    says(&done, 3, "E-OBJECT-DESTROYED");
    assert!(done.stderr.contains("patients/0001"), "{done:?}");
    world.good(&["backup", "data", "--renew-destroyed"]);
    world.good(&["restore", "latest", "-o", "renewed"]);
    world.good(&["forget", "--keep-last", "1", "--prune"]);
    says(&world.good(&["vault", "check", "--read-data"]), 0, "destroyed 0");
}

#[test]
fn forgetting_follows_the_plan_that_was_shown() {
    let world = hospital();
    for number in 0..3 {
        world.write("data/readme", number.to_string());
        world.good(&["backup", "data", "--tag", &format!("t{number}")]);
    }
    world.good(&["backup", "rules.toml"]);
    let before = ids(&world);
    let plan = json(&world, &["forget", "--keep-last", "1", "--keep-tag", "t0", "-n"]);
    assert_eq!(ids(&world), before);
    let forgotten = |plan: &Value| -> Vec<String> {
        let groups = plan["groups"].as_array().expect("a list").iter();
        let all = groups.flat_map(|group| group["forgotten"].as_array().expect("a list").clone());
        all.map(|id| id.as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(forgotten(&plan), [before[1].clone()]);
    let done = json(&world, &["forget", "--keep-last", "1", "--keep-tag", "t0"]);
    assert_eq!(forgotten(&done), forgotten(&plan));
    assert_eq!(ids(&world), [before[0].clone(), before[2].clone(), before[3].clone()]);
    says(&world.run(&["forget"]), 2, "E-USAGE");
    says(&world.run(&["forget", "0", "--keep-last", "1"]), 2, "E-USAGE");
    says(&world.run(&["forget", "xyz"]), 5, "E-SNAPSHOT-UNKNOWN");
    world.good(&["forget", &before[3][..12]]);
    assert_eq!(ids(&world).len(), 2);
}

#[test]
fn objects_are_found_by_what_the_rules_said() {
    let world = hospital();
    world.good(&["backup", "data"]);
    let found = |args: &[&str]| -> Vec<String> {
        let document = json(&world, &[&["find"], args].concat());
        let top = format!("{}/", world.path("data").display());
        let rows = document["objects"].as_array().expect("a list").iter();
        let path = |row: &Value| row["path"].as_str().expect("text").to_owned();
        rows.map(path).map(|path| path.strip_prefix(&top).unwrap_or("").to_owned()).collect()
    };
    assert_eq!(found(&["notes"]), ["patients/0001/notes", "patients/0002/notes"]);
    assert_eq!(found(&["--subject", "0002"]), ["patients/0002", "patients/0002/notes"]);
    assert_eq!(found(&["notes", "--scope", "patient/0001"]), ["patients/0001/notes"]);
    assert_eq!(found(&["notes", "--scope", "patient"]).len(), 2);
    assert_eq!(found(&["readme", "--level", "4"]), [""; 0]);
    assert_eq!(found(&["--level", "L1+"]).len(), 4);
    assert_eq!(found(&["--class", "inpatient", "--expires-before", "2030-01-01"]), [""; 0]);
    assert_eq!(found(&["--class", "inpatient", "--expires-before", "9000-01-01"]).len(), 4);
}

#[test]
fn what_is_due_is_listed_and_nothing_is_destroyed() {
    let world = hospital();
    let old = fs::File::options().write(true).open(world.path("data/patients/0001/notes"));
    let day = std::time::UNIX_EPOCH + Duration::from_secs(500_000_000); // 5 November 1985
    old.and_then(|file| file.set_modified(day)).expect("a file of ours");
    world.good(&["backup", "data"]);
    let document = json(&world, &["retention", "due"]);
    let due = document["due"].as_array().expect("a list");
    assert_eq!((due.len(), document["unclassified"].as_u64()), (1, Some(3)));
    assert_eq!(
        (due[0]["last_day"].as_str(), due[0]["level"].as_u64()),
        (Some("2015-11-05"), Some(4))
    );
    let document = json(&world, &["retention", "due", "--on", "2015-11-05"]);
    assert_eq!(document["due"].as_array().map(Vec::len), Some(0));
    world.good(&["restore", "latest", "-o", "back"]);

    world.write("policy.toml", "version = \"1\"\nreviewed = 2000-01-01\nreview-by = 2001-01-01\n");
    let done = world.good(&["retention", "due", "--policy", "policy.toml"]);
    says(&done, 0, "W-POLICY-REVIEW");
    says(&done, 0, "W-CLASS");
    world.write("policy.toml", "version = \"1\"\nreviewed = tomorrow\n");
    let done = world.run(&["retention", "policy", "--policy", "policy.toml"]);
    says(&done, 2, "line 2: ");
    let text = world.good(&["retention", "policy", "--text"]).stdout;
    world.write("policy.toml", text);
    world.good(&["retention", "policy", "--policy", "policy.toml"]);
}

#[test]
fn sources_come_from_the_configuration_and_status_tells_what_is_late() {
    let world = hospital();
    says(&world.run(&["backup"]), 2, "E-USAGE");
    says(&world.run(&["status"]), 42, "OVERDUE");
    let config =
        "vault = \"../../vault\"\n[backup]\nsources = [\"../../data\"]\nexclude = [\"readme\"]\n";
    world.write("config/sealkeep/config.toml", config);
    world.good(&["backup"]);
    assert_eq!(json(&world, &["find", "readme"])["objects"].as_array().map(Vec::len), Some(0));
    let status = json(&world, &["status"]);
    let overdue = |about: &str| -> bool {
        let rows = status["rows"].as_array().expect("a list").iter();
        let mut rows = rows.filter(|row| row["about"] == about);
        rows.any(|row| row["overdue"] == true)
    };
    assert!(!overdue("backup") && overdue("key-copy"), "{status}");
    std::thread::sleep(Duration::from_millis(1_100));
    let status = world.run(&["status", "--max-age", "0s"]);
    says(&status, 42, "OVERDUE  newest snapshot");
}

#[test]
fn lists_of_sources_are_read_as_they_are() {
    let world = hospital();
    world.write("odd\nname", "x");
    world.write("list", "odd\nname\0data/readme\0");
    world.good(&["backup", "--files-from", "list"]);
    let files = json(&world, &["ls", "latest"]);
    let mut names: Vec<String> = files["objects"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row["path"].as_str()?.rsplit('/').next().map(str::to_owned))
        .collect();
    names.sort();
    assert_eq!(names, ["odd\nname", "readme"]);
}

#[test]
fn a_lost_index_is_made_anew() {
    let world = hospital();
    world.good(&["backup", "data"]);
    for gone in ["index", "snapshots", "heads", "catalogue"] {
        fs::remove_dir_all(world.path("vault").join(gone)).expect("it is there");
    }
    fs::remove_file(world.path("vault/vault")).expect("it is there");
    says(&world.run(&["snapshots"]), 25, "E-NOT-A-VAULT");
    says(&world.good(&["vault", "rebuild"]), 0, "Rebuilt from");
    world.good(&["restore", "latest", "-o", "back"]);
    world.good(&["vault", "check", "--read-data"]);
}

#[test]
fn a_changed_bit_is_named_and_everything_else_is_restored() {
    let world = hospital();
    let noise = crate::world::noise(40_000);
    world.write("data/scan", &noise);
    world.good(&["backup", "data"]);
    let packs = fs::read_dir(world.path("vault/packs")).expect("a folder");
    let files =
        packs.flat_map(|entry| fs::read_dir(entry.expect("readable").path()).expect("a folder"));
    let largest = files
        .map(|entry| entry.expect("readable").path())
        .max_by_key(|path| path.metadata().expect("readable").len());
    let largest = largest.expect("there are packs");
    let mut bytes = fs::read(&largest).expect("readable");
    bytes[20_000] ^= 1;
    fs::write(&largest, bytes).expect("writable");
    let done = world.run(&["vault", "check", "--read-data"]);
    says(&done, 26, "E-VAULT-DAMAGED");
    let name = largest.file_name().expect("it has one").to_string_lossy().into_owned();
    assert!(done.stdout.contains(&name) && done.stdout.contains("data/scan"), "{done:?}");
    let done = world.run(&["restore", "latest", "-o", "back"]);
    says(&done, 3, "E-RESTORE-DAMAGED");
    assert!(done.stderr.contains("data/scan"), "{done:?}");
    let back = world.path(format!("back{}", world.path("data").display()));
    assert_eq!(fs::read(back.join("readme")).expect("restored"), b"for all");
    assert!(!back.join("scan").exists());
}

#[test]
fn every_command_gives_one_document() {
    let world = hospital();
    world.good(&["backup", "data"]);
    for (args, schema) in [
        (&["backup", "data", "-n"][..], "sealkeep.backup/1"),
        (&["snapshots"], "sealkeep.snapshots/1"),
        (&["ls", "latest"], "sealkeep.ls/1"),
        (&["find", "notes"], "sealkeep.find/1"),
        (&["diff", "latest", "latest"], "sealkeep.diff/1"),
        (&["restore", "latest", "-o", "back", "-n"], "sealkeep.restore/1"),
        (&["forget", "--keep-last", "9"], "sealkeep.forget/1"),
        (&["prune"], "sealkeep.prune/1"),
        (&["retention", "due"], "sealkeep.retention-due/1"),
        (&["retention", "policy"], "sealkeep.retention-policy/1"),
        (&["rules", "explain", "data/readme"], "sealkeep.rules-explain/1"),
        (&["status"], "sealkeep.status/1"),
        (&["vault", "check"], "sealkeep.vault-check/1"),
        (&["vault", "rebuild"], "sealkeep.vault-rebuild/1"),
        (&["restore", "nothing", "-o", "back"], "sealkeep.error/1"),
        (&["vault", "init"], "sealkeep.error/1"),
    ] {
        assert_eq!(json(&world, args)["schema"], schema, "{args:?}");
    }
}
