//! The ledger read by a second implementation, in Python, that was written from `docs/spec/` alone.
//!
//! It needs `python3` with the package `cryptography`. Without it the tests say so and pass, unless
//! `SEALKEEP_REQUIRE_ALL=1` is set.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use sealkeep_crypto::{Secret, SigningKey, Suite};
use sealkeep_keystore::ledger::{Verifier, consistency_to_text, cosign};
use sealkeep_keystore::{
    Actor, Clearance, InitOptions, KeyFile, KeyId, KeyStore, Location, NewCustody,
};
use serde_json::{Value, json};

const WAIT: Duration = Duration::from_secs(10);

fn python(arguments: &[&str]) -> Output {
    let mut command = Command::new("python3");
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop"));
    command.arg("-B").args(arguments).output().expect("python3 was there a moment ago")
}

fn succeeds(arguments: &[&str]) -> Value {
    let output = python(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Whether the second implementation can run here.
#[allow(clippy::print_stdout, reason = "says why the tests are skipped")]
fn available() -> bool {
    let import = "from cryptography.hazmat.primitives.kdf.argon2 import Argon2id";
    let found = Command::new("python3").args(["-c", import]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(
        std::env::var_os("SEALKEEP_REQUIRE_ALL").is_none_or(|value| value != "1"),
        "python3 with the package cryptography (44 or newer) is required"
    );
    println!("skipped: there is no python3 with the package cryptography (44 or newer)");
    false
}

/// A store whose ledger has long and short entries, over the edge of a page.
fn used(dir: &Path, suite: Suite) -> (KeyStore, KeyFile) {
    let file = KeyFile::generate();
    let custody = [NewCustody::KeyFile(&file)];
    let options = InitOptions { suite, custody: &custody, shares: None };
    let place = Location::new(dir.join("store"), None);
    let (mut store, _) = KeyStore::init(&place, &options, WAIT).expect("a new store");
    store.act_as(Actor { who: "li.na".into(), purpose: "查房".into(), ..Actor::default() });
    let labels = vec![&b"label"[..]; 300];
    let made = store.create_keys("ward", suite, &labels).expect("keys");
    let ids: Vec<KeyId> = made.iter().map(|key| key.id).collect();
    let rounds = if suite == Suite::Aes256Gcm { 270 } else { 20 };
    for round in 0..rounds {
        store.open_keys(&ids[..1 + round % 40]).expect("opened");
    }
    store.destroy(Clearance::destroy_for_test(ids[..2].to_vec(), [7; 32])).expect("destroyed");
    fs::write(dir.join("key-file"), file.to_text().expose()).expect("written");
    (store, file)
}

#[test]
fn both_implementations_find_the_same_entries_and_take_the_same_proofs() {
    if !available() {
        return;
    }
    for suite in Suite::ALL {
        let dir = tempfile::tempdir().expect("a folder");
        let path =
            |name: &str| dir.path().join(name).into_os_string().into_string().expect("UTF-8");
        let write = |name: &str, text: &str| {
            fs::write(dir.path().join(name), text).expect("written");
            path(name)
        };
        let (mut store, _file) = used(dir.path(), suite);
        let old = write("old", &store.checkpoint().expect("signed"));
        let old_size = store.ledger_status().expect("readable").size;
        store.hold(&[]).expect("an entry");
        let status = store.ledger_status().expect("readable");
        let mut expected = Vec::new();
        let read = store.ledger_entries(0..u64::MAX, |entry| {
            let salt: String = entry.salt.iter().map(|byte| format!("{byte:02x}")).collect();
            let body = std::str::from_utf8(&entry.body).expect("JSON");
            expected.push(json!({ "index": entry.index, "salt": salt, "body": body }));
            ControlFlow::Continue(())
        });
        read.expect("readable");
        let found = succeeds(&[
            "sealkeep_ledger.py",
            "list",
            &path("store"),
            "--key-file",
            &path("key-file"),
        ]);
        assert_eq!(found["size"], status.size);
        assert_eq!(found["entries"], json!(expected));

        let key = SigningKey::from_seed(suite, &Secret::random());
        let note = store.checkpoint().expect("signed");
        let note = write("note", &cosign(&note, "wang.wu", &key, 1_800_000_000).expect("signed"));
        let log = store.verifier_key().to_string();
        let vkeys = format!("{log},{}", Verifier::witness("wang.wu", key.verifying_key()));
        let said = succeeds(&["sealkeep_ledger.py", "note", &vkeys, &note]);
        assert_eq!(said["signed"]["wang.wu"], 1_800_000_000);

        for index in [0, 1, status.size - 1] {
            let (entries, _) = store.prove_many(&[index]).expect("proved");
            let encode = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
            let entry = &entries[0].0;
            let entry = json!({ "salt": encode(&entry.salt), "body": encode(&entry.body) });
            let entry = write("entry", &entry.to_string());
            let proof = write("proof", &store.prove(index).expect("proved"));
            let said = succeeds(&["sealkeep_ledger.py", "proof", &log, &entry, &proof]);
            assert_eq!((&said["index"], &said["size"]), (&json!(index), &json!(status.size)));
        }
        let proof = store.prove_consistency(old_size, status.size).expect("proved");
        let proof = write("growth", &consistency_to_text(&proof));
        let said = succeeds(&["sealkeep_ledger.py", "consistency", &log, &old, &note, &proof]);
        assert_eq!(said, json!({ "from": old_size, "to": status.size }));
        let refused = python(&["sealkeep_ledger.py", "consistency", &log, &note, &old, &proof]);
        assert!(!refused.status.success());
    }
}

#[test]
fn the_second_implementation_reads_the_vectors() {
    if !available() {
        return;
    }
    let output = python(&["check_ledger_vectors.py"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
