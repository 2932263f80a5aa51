//! Vaults read by a second implementation, in Python, that was written from `docs/spec/` alone.
//!
//! It needs `python3` with the packages `cryptography` and `zstandard`. Without them the tests say so and pass, unless
//! `SEALKEEP_REQUIRE_ALL=1` is set.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/listing.rs"]
mod listing;
#[path = "support/nasty.rs"]
mod nasty;
#[path = "support/vault.rs"]
mod support;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output};

use listing::described;
use nasty::{assert_same, make_nasty};
use sealkeep::backup::browse::Objects;
use sealkeep::backup::restore::{RestoreOptions, RestorePlan, find_snapshot};
use sealkeep::envelope::Run;
use sealkeep::vault::prune::{PruneOptions, PrunePlan};
use sealkeep_crypto::Suite;
use serde_json::{Value, json};
use support::{World, random};

/// Whether the second implementation can run here.
#[allow(clippy::print_stdout, reason = "says why the tests are skipped")]
fn available() -> bool {
    let import = "import zstandard; from cryptography.hazmat.primitives.kdf.argon2 import Argon2id";
    let found = Command::new("python3").args(["-c", import]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(
        std::env::var_os("SEALKEEP_REQUIRE_ALL").is_none_or(|value| value != "1"),
        "python3 with the packages cryptography (44 or newer) and zstandard is required"
    );
    println!("skipped: there is no python3 with the packages cryptography and zstandard");
    false
}

fn python(arguments: &[&str]) -> Output {
    let mut command = Command::new("python3");
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop"));
    command.arg("-B").args(arguments).output().unwrap()
}

/// What the second implementation says, and whether it finds nothing wrong.
fn said(world: &World, verb: &str, arguments: &[&str]) -> (Value, bool) {
    let [vault, keys, file] = ["vault", "keys", "key-file"].map(|name| text(world, name));
    let with =
        [&["sealkeep_vault.py", verb, "--keys", &keys, "--key-file", &file, &vault], arguments];
    parse(&python(&with.concat()))
}

fn parse(output: &Output) -> (Value, bool) {
    let error = String::from_utf8_lossy(&output.stderr);
    let said = serde_json::from_slice(&output.stdout);
    (said.unwrap_or_else(|_| panic!("{error}")), output.status.success())
}

fn text(world: &World, name: &str) -> String {
    world.path(name).into_os_string().into_string().unwrap()
}

const RULES: &str = r#"
    version = "7"
    [[rule]]
    match = "patients/{id}/**"
    scope = "patient/{id}"
    level = 4
    class = "inpatient"
    subjects = ["{id}", "病历"]
"#;

/// Two backups of a tree of everything, of which the first was forgotten and what only it needed pruned; one object is destroyed.
/// Its key, and the snapshot that has it.
fn lived_in(world: &World) -> (String, String) {
    make_nasty(world);
    if world.suite == Suite::Aes256Gcm {
        // Several segments; the other suite is slow in plain Python.
        (0..1_500).for_each(|at| world.write(&format!("many/{at}"), format!("{at}")));
    }
    for at in 0..40 {
        world.write(&format!("patients/{}/{at}", at % 3), random(60_000));
    }
    let options = || world.options(Some(RULES));
    let first = world.backup_with(options()).snapshot.unwrap();
    for at in 0..30 {
        world.write(&format!("patients/{}/{at}", at % 3), format!("record {at}\n").repeat(500));
    }
    fs::remove_file(world.data().join("plain/odd names/\u{fffd}\n'\"\\ $(x)")).unwrap();
    let second = world.backup_with(options());
    assert!(second.failures.is_empty() && second.unchanged.files > 10);
    world.vault().forget(&[first]).unwrap();
    let vault = world.vault_alone();
    let plan = PrunePlan::new(&vault, PruneOptions { max_unused: 0 }, &Run::quiet()).unwrap();
    assert!(plan.execute(&Run::quiet()).unwrap().rewritten > 0);
    drop(vault);
    world.vault().record("drill", &json!({ "objects": 3 })).unwrap();
    let key = world.keys_of(&["patients/1/37"])[0];
    world.destroy(vec![key]);
    // The next head names the record, and the catalogue is made anew.
    world.backup_with(options());
    (key.to_string(), second.snapshot.unwrap().to_string())
}

#[test]
fn a_vault_that_was_lived_in_is_found_sound_and_what_is_destroyed_is_named() {
    if !available() {
        return;
    }
    for suite in Suite::ALL {
        let world = World::new(suite);
        let (destroyed, _) = lived_in(&world);
        let (found, good) = said(&world, "check", &["--catalogue", &text(&world, "catalogue")]);
        assert!(good, "{found:#}");
        assert_eq!((&found["problems"], &found["strays"]), (&json!([]), &json!([])));
        assert_eq!(found["closed"], json!([destroyed]));
        assert_eq!(found["early"], 0, "a last segment was named again, and more followed");
        assert_eq!(found["records"], json!({ "drill": 1 }));
        let vault = world.vault();
        assert_eq!(found["fingerprint"], vault.file().fingerprint());
        assert_eq!(found["packs"], vault.packs().unwrap().packs().count());
        for counted in ["relocations", "listings", "chunks", "heads"] {
            assert!(found[counted].as_u64() > Some(0), "{counted}: {found:#}");
        }
    }
}

/// A vault of both implementations' restores: the same trees.
#[test]
fn a_snapshot_is_restored_without_our_program() {
    if !available() {
        return;
    }
    for suite in Suite::ALL {
        let world = World::new(suite);
        let (destroyed, snapshot) = lived_in(&world);
        let top = world.data().canonicalize().unwrap();
        let to = text(&world, "theirs");
        let (found, good) =
            said(&world, "restore", &[&snapshot, "--to", &to, "--below", top.to_str().unwrap()]);
        assert!(good, "{found:#}");
        assert_eq!(found["not_applied"], json!([]));
        assert_eq!(found["closed"].as_array().unwrap().len(), 1);
        assert_eq!(found["closed"][0]["key"], destroyed);
        assert_eq!(found["closed"][0]["why"], format!("key {destroyed} is destroyed"));
        let vault = world.vault();
        let snapshot = find_snapshot(&vault, Some(&snapshot)).unwrap().unwrap();
        let options = RestoreOptions { relative_to: Some(top), ..Default::default() };
        let plan = RestorePlan::new(&vault, &snapshot, options).unwrap();
        let report = plan.execute(&world.path("ours"), &Run::quiet()).unwrap();
        assert!(report.failures.is_empty() && report.destroyed.len() == 1);
        assert_same(&world.path("ours"), &world.path("theirs"));
        let blocks = |tree| fs::metadata(world.path(tree).join("sparse")).unwrap().blocks();
        assert_eq!(blocks("theirs"), blocks("ours"));
    }
}

#[test]
fn both_implementations_list_the_same() {
    if !available() {
        return;
    }
    let world = World::new(Suite::Aes256Gcm);
    let (destroyed, snapshot) = lived_in(&world);
    let (found, good) = said(&world, "ls", &[&snapshot]);
    assert!(good, "{:#}", found["problems"]);
    let vault = world.vault();
    let snapshot = find_snapshot(&vault, Some(&snapshot)).unwrap().unwrap();
    let objects = Objects::of(&vault, &snapshot).unwrap();
    let ours = objects.search(&Run::quiet(), |key, one| Some(described(key, one))).unwrap();
    let (closed, open): (Vec<_>, Vec<_>) =
        found["objects"].as_array().unwrap().iter().partition(|one| one.get("closed").is_some());
    assert_eq!(closed.iter().map(|one| &one["key"]).collect::<Vec<_>>(), [&json!(destroyed)]);
    assert_eq!(ours.closed.len(), 1);
    assert_eq!(open, ours.found.iter().collect::<Vec<_>>());
}

#[test]
fn without_keys_whatever_was_changed_is_named() {
    if !available() {
        return;
    }
    // In plain Python, the signatures of the other suite take seconds; what refuses is the same code.
    let world = World::new(Suite::Aes256Gcm);
    world.write("one", random(200_000));
    world.backup();
    world.vault().record("drill", &json!({})).unwrap();
    world.backup();
    let vault = text(&world, "vault");
    let check = || parse(&python(&["sealkeep_vault.py", "check", &vault]));
    assert!(check().1);
    for (name, length) in world.vault().storage().list("").unwrap() {
        // Without `vault` nothing can be said; `lock` is empty.
        if name == "vault" || name == "lock" {
            continue;
        }
        let path = world.path("vault").join(&name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[usize::try_from(length / 2).unwrap()] ^= 1;
        fs::write(&path, bad).unwrap();
        let (found, sound) = check();
        let named = name.rsplit('/').next().unwrap();
        assert!(!sound && found["problems"].to_string().contains(named), "{name}: {found:#}");
        fs::write(&path, good).unwrap();
    }
}

#[test]
fn the_second_implementation_reads_the_vectors() {
    if !available() {
        return;
    }
    let output = python(&["check_vault_vectors.py"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
