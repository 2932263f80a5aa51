//! The key store read by a second implementation, in Python, that was written from `docs/spec/` alone.
//!
//! It needs `python3` with the package `cryptography`. Without it the tests say so and pass, unless
//! `SEALKEEP_REQUIRE_ALL=1` is set.

#[path = "../keystore/tests/common/listing.rs"]
mod listing;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use listing::listing;
use sealkeep::envelope::{Metadata, Run, Sealer, SegmentSize};
use sealkeep_crypto::{Argon2Params, Suite};
use sealkeep_keystore::{
    Clearance, InitOptions, KeyFile, KeyState, KeyStore, Location, NewCustody, NewKey, OnFailure,
};
use serde_json::Value;

const WAIT: Duration = Duration::from_secs(10);

fn interop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop")
}

fn python(arguments: &[&str]) -> Output {
    let mut command = Command::new("python3");
    command.current_dir(interop()).args(["-B"]).args(arguments);
    command.output().expect("python3 was there a moment ago")
}

fn succeeds(arguments: &[&str]) -> Vec<u8> {
    let output = python(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    output.stdout
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

/// A store, what opens it, and a file sealed with one of its keys.
struct Fixture {
    dir: tempfile::TempDir,
    store: KeyStore,
    keys: Vec<NewKey>,
}

impl Fixture {
    fn new(suite: Suite) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let write = |name: &str, bytes: &[u8]| {
            fs::write(dir.path().join(name), bytes).expect("written");
        };
        let file = KeyFile::generate();
        let passphrase = NewCustody::Passphrase {
            secret: "病历 and more".as_bytes(),
            params: Argon2Params::FLOOR,
        };
        let custody = [NewCustody::KeyFile(&file), passphrase];
        let options = InitOptions { suite, custody: &custody, shares: Some((3, 5)) };
        let place =
            Location::new(dir.path().join("store"), Some(dir.path().join("elsewhere.cell")));
        let (mut store, shares) = KeyStore::init(&place, &options, WAIT).expect("a new store");
        write("key-file", file.to_text().expose());
        write("passphrase", "病历 and more\n".as_bytes());
        for share in &shares {
            write(&format!("share-{}", share.index()), share.to_text().expose());
        }
        let keys = store.create_keys("研究/1", suite, &[b"one", b"", b"\xFF\x00", b"d", b"e"]);
        Self { dir, store, keys: keys.expect("keys") }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).into_os_string().into_string().expect("UTF-8")
    }

    /// What the second implementation lists of a folder with its cell.
    fn listed(&self, folder: &str, cell: &str, custody: &[&str]) -> Value {
        let (folder, cell) = (self.path(folder), self.path(cell));
        let mut arguments =
            vec!["sealkeep_keystore.py", "list", &folder, "--cell", &cell, "--secrets"];
        arguments.extend(custody);
        serde_json::from_slice(&succeeds(&arguments)).expect("JSON")
    }

    fn change(&mut self, suite: Suite) {
        let store = &mut self.store;
        store.create_keys("second", Suite::Sm4Gcm, &[&b"x"[..]; 300]).expect("keys");
        store.create_keys("third", Suite::Aes256Gcm, &[&b"y"[..]; 2]).expect("keys");
        store.set_state(&[self.keys[1].id], KeyState::Suspended).expect("may become");
        store.hold(&[self.keys[2].id]).expect("held");
        let second = store.scope_id("second").expect("there");
        store.hold(&[second]).expect("held");
        store.rotate_scope("研究/1").expect("rotated");
        let gone = store.scope_id("third").expect("there");
        for target in [self.keys[3].id, gone] {
            store.destroy(Clearance::destroy_for_test(vec![target], [7; 32])).expect("destroyed");
        }
        store.create_keys("third", suite, &[b"again"]).expect("a new scope of the same name");
    }

    fn seal(&self, key: &NewKey, suite: Suite, name: &str, content: &[u8]) {
        let segment = SegmentSize::from_log2(12).expect("the smallest");
        let sealer =
            Sealer::new(&key.secret, key.id, suite, segment, &Metadata::stream()).expect("fits");
        let mut sealed = Vec::new();
        sealer.seal_stream(content, &mut sealed, &Run::quiet().single()).expect("memory takes it");
        fs::write(self.path(name), sealed).expect("written");
    }
}

#[test]
fn both_implementations_find_the_same_keys_in_a_store_in_use() {
    if !available() {
        return;
    }
    for suite in Suite::ALL {
        let mut fixture = Fixture::new(suite);
        fixture.change(suite);
        let expected = listing(&mut fixture.store);
        let [key_file, passphrase] = ["key-file", "passphrase"].map(|name| fixture.path(name));
        let shares = [5, 1, 4].map(|n| fixture.path(&format!("share-{n}")));
        let by_shares = ["--share", &shares[0], "--share", &shares[1], "--share", &shares[2]];
        let custodies: [&[&str]; 3] =
            [&["--key-file", &key_file], &["--passphrase-file", &passphrase], &by_shares];
        for custody in custodies {
            assert_eq!(fixture.listed("store", "elsewhere.cell", custody), expected, "{custody:?}");
        }
    }
}

#[test]
fn both_implementations_find_the_same_keys_in_a_copy() {
    if !available() {
        return;
    }
    for suite in Suite::ALL {
        let mut fixture = Fixture::new(suite);
        let copy = Location::new(fixture.dir.path().join("copy"), None);
        fixture.store.add_copy(&copy, true, OnFailure::Refuse, WAIT).expect("registered");
        fixture.change(suite);
        fixture.store.sync_live_copies().expect("current");
        let key_file = fixture.path("key-file");
        let found = fixture.listed("copy", "copy/cell", &["--key-file", &key_file]);
        assert_eq!(found, listing(&mut fixture.store));
    }
}

#[test]
fn data_can_be_recovered_without_our_program_and_destroyed_data_cannot() {
    if !available() {
        return;
    }
    for suite in Suite::ALL {
        let mut fixture = Fixture::new(suite);
        let content: Vec<u8> = (0..10_000_u32).flat_map(u32::to_le_bytes).collect();
        let refused = ["is suspended", "is held", "is destroyed"];
        for (n, key) in fixture.keys.iter().enumerate().take(4) {
            fixture.seal(key, suite, &format!("{n}.sealed"), &content);
        }
        fixture.change(suite);
        let [store, cell, key_file] =
            ["store", "elsewhere.cell", "key-file"].map(|name| fixture.path(name));
        let recover = |n: usize| {
            let [sealed, out] =
                [format!("{n}.sealed"), format!("{n}.out")].map(|name| fixture.path(&name));
            let custody = ["--cell", &cell, "--key-file", &key_file];
            let verb = ["sealkeep_keystore.py", "recover", &store];
            (python(&[&verb[..], &custody[..], &[&sealed, &out]].concat()), out)
        };
        let (output, out) = recover(0);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(fs::read(out).expect("recovered") == content);
        // What refuses is the same code in both suites, and slow in plain Python.
        let refused = if suite == Suite::Aes256Gcm { &refused[..] } else { &[] };
        for (n, why) in refused.iter().enumerate() {
            let (output, out) = recover(n + 1);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && said.contains(why), "{said}");
            assert!(!Path::new(&out).exists());
        }
    }
}

#[test]
fn the_second_implementation_reads_the_vectors() {
    if !available() {
        return;
    }
    succeeds(&["gm.py"]);
    succeeds(&["check_keystore_vectors.py"]);
}
