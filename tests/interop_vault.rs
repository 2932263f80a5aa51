//! Vaults read by a second implementation, in Python, that was written from `docs/spec/` alone.
//!
//! It needs `python3` with the packages `cryptography` and `zstandard`. Without them the tests say so and pass, unless
//! `SEALKEEP_REQUIRE_ALL=1` is set.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/nasty.rs"]
mod nasty;
#[path = "support/vault.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output};

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
/// Its key.
fn lived_in(world: &World) -> String {
    world.key_file();
    make_nasty(world);
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
    key.to_string()
}

#[test]
fn a_vault_that_was_lived_in_is_found_sound_and_what_is_destroyed_is_named() {
    if !available() {
        return;
    }
    for suite in Suite::ALL {
        let world = World::new(suite);
        let destroyed = lived_in(&world);
        let (found, good) = said(&world, "check", &[&text(&world, "catalogue")]);
        assert!(good, "{found:#}");
        assert_eq!((&found["problems"], &found["strays"]), (&json!([]), &json!([])));
        assert_eq!(found["closed"], json!([destroyed]));
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
        let destroyed = lived_in(&world);
        let top = world.data().canonicalize().unwrap();
        let to = text(&world, "theirs");
        let (found, good) =
            said(&world, "restore", &["--to", &to, "--below", top.to_str().unwrap()]);
        assert!(good, "{found:#}");
        assert_eq!(found["not_applied"], json!([]));
        assert_eq!(found["closed"].as_array().unwrap().len(), 1);
        assert_eq!(found["closed"][0]["key"], destroyed);
        assert_eq!(found["closed"][0]["why"], format!("key {destroyed} is destroyed"));
        let vault = world.vault();
        let snapshot = find_snapshot(&vault, None).unwrap().unwrap();
        let options = RestoreOptions { relative_to: Some(top), ..Default::default() };
        let plan = RestorePlan::new(&vault, &snapshot, options).unwrap();
        let report = plan.execute(&world.path("ours"), &Run::quiet()).unwrap();
        assert!(report.failures.is_empty() && report.destroyed.len() == 1);
        assert_same(&world.path("ours"), &world.path("theirs"));
        let blocks = |tree| fs::metadata(world.path(tree).join("sparse")).unwrap().blocks();
        assert_eq!(blocks("theirs"), blocks("ours"));
        if std::env::var_os("KEEPIT").is_some() {
            std::mem::forget(world);
        }
    }
}
