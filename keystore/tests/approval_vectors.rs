//! `docs/spec/vectors/approval`: histories, what of them is accepted, and why the rest is not; read here and by a second
//! implementation in Python.
//!
//! `SEALKEEP_BLESS=1` writes them anew, with fresh signatures. The Python part needs `python3` with the package `cryptography`;
//! without it the test says so and passes, unless `SEALKEEP_REQUIRE_ALL=1` is set.

#![allow(clippy::unwrap_used)]

#[path = "approval_vectors/play.rs"]
mod play;
#[path = "approval_vectors/scenes.rs"]
mod scenes;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use sealkeep_crypto::Suite;
use sealkeep_keystore::KeyId;
use sealkeep_keystore::approval::register::{Entered, Inventories};
use sealkeep_keystore::approval::{Digest, Register};
use serde::{Deserialize, Serialize};

/// A file of vectors.
#[derive(Serialize, Deserialize)]
struct Vectors {
    suite: String,
    /// Id of the key store.
    store: String,
    /// For each request, the ids of keys and scopes in its inventory.
    inventories: BTreeMap<Digest, Vec<KeyId>>,
    /// Histories that cases begin with; all of them is accepted.
    preludes: BTreeMap<String, Vec<Line>>,
    cases: Vec<Case>,
}

#[derive(Serialize, Deserialize)]
struct Case {
    name: String,
    /// The prelude.
    after: String,
    entries: Vec<Line>,
    /// How far requests have come at the end.
    states: BTreeMap<Digest, String>,
}

/// An entry of the ledger, and what becomes of it.
#[derive(Clone, Serialize, Deserialize)]
struct Line {
    index: u64,
    body: String,
    /// `accepted`, or the code of the refusal.
    expect: String,
}

impl Inventories for Vectors {
    fn touches(&self, request: &Digest, ids: &[KeyId]) -> bool {
        self.inventories.get(request).is_some_and(|known| ids.iter().any(|id| known.contains(id)))
    }
}

fn path(suite: Suite) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/spec/vectors/approval");
    root.join(format!("v1-{suite}.json"))
}

fn replay(vectors: &Vectors, case: &Case) {
    let suite: Suite = vectors.suite.parse().unwrap();
    let store = data_encoding::HEXLOWER.decode(vectors.store.as_bytes()).unwrap();
    let mut register = Register::new(store.try_into().unwrap(), suite);
    let prelude = vectors.preludes.get(&case.after).into_iter().flatten();
    for line in prelude.chain(&case.entries) {
        let entered = Entered::read(suite, line.index, line.body.as_bytes()).unwrap().unwrap();
        let came = match register.apply(&entered, vectors) {
            Ok(_) => "accepted",
            Err(refusal) => refusal.code(),
        };
        assert_eq!(came, line.expect, "{}: entry {}", case.name, line.index);
    }
    let states = register.requests().map(|record| (record.digest, record.state.name().to_owned()));
    assert_eq!(states.collect::<BTreeMap<_, _>>(), case.states, "{}", case.name);
}

/// Writes them anew, once, if that is asked for.
fn bless() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        for suite in Suite::ALL {
            if std::env::var_os("SEALKEEP_BLESS").is_some() {
                fs::create_dir_all(path(suite).parent().unwrap()).unwrap();
                let mut text = serde_json::to_string_pretty(&scenes::all(suite)).unwrap();
                text.push('\n');
                fs::write(path(suite), text).unwrap();
            }
        }
    });
}

#[test]
fn histories_end_as_they_are_written() {
    bless();
    for suite in Suite::ALL {
        let vectors: Vectors = serde_json::from_slice(&fs::read(path(suite)).unwrap()).unwrap();
        assert!(vectors.cases.len() > 20);
        vectors.cases.iter().for_each(|case| replay(&vectors, case));
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "says why the test is skipped")]
fn python_agrees() {
    let import = "import cryptography, tomllib";
    let found = Command::new("python3").args(["-c", import]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        let required = std::env::var_os("SEALKEEP_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!required, "python3 (3.11) with the package cryptography is required");
        println!("skipped: there is no python3 (3.11) with the package cryptography");
        return;
    }
    bless();
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/interop/sealkeep_approval.py");
    let mut command = Command::new("python3");
    let output = command.arg("-B").arg(script).args(Suite::ALL.map(path)).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 2);
}
