//! The stores in `docs/spec/vectors/keystore/`: files written by every released version stay readable.
//!
//! `write_the_vectors` says how they were made. It is run once for each version of the format; what it wrote is never
//! replaced, since these files are the format.

mod common;
#[path = "common/listing.rs"]
mod listing;

use std::fs;
use std::path::{Path, PathBuf};

use common::{WAIT, copy_folder};
use listing::listing;
use sealkeep_crypto::{Argon2Params, Suite};
use sealkeep_keystore::{
    Clearance, InitOptions, KeyFile, KeyId, KeyState, KeyStore, Location, NewCustody, NewKey,
    OnFailure, RestoreOptions, Share, Unlock,
};
use serde_json::{Value, json};

const PASSPHRASE: &str = "a passphrase of the vectors, 病历";

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/spec/vectors/keystore")
}

/// One case, copied to where it may be changed: opening a store locks it and may write its log.
struct Case {
    dir: tempfile::TempDir,
    expect: Value,
}

impl Case {
    fn all() -> Vec<Self> {
        let cases = fs::read_dir(vectors()).expect("there are vectors");
        let cases: Vec<_> = cases.map(|entry| Self::at(&entry.expect("an entry").path())).collect();
        assert!(cases.len() >= Suite::ALL.len());
        cases
    }

    fn at(path: &Path) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        copy_folder(path, dir.path());
        let expect = fs::read(path.join("expect.json")).expect("says what must be found");
        Self { dir, expect: serde_json::from_slice(&expect).expect("JSON") }
    }

    fn place(&self, name: &str) -> Location {
        Location::new(self.dir.path().join(name), None)
    }

    fn key_file(&self) -> KeyFile {
        let text = fs::read(self.dir.path().join("key-file")).expect("there");
        KeyFile::parse(&text).expect("a key file")
    }

    fn shares(&self, which: &[u8]) -> Vec<Share> {
        let read = |n: &u8| fs::read_to_string(self.dir.path().join(format!("share-{n}")));
        which.iter().map(|n| Share::parse(&read(n).expect("there")).expect("a share")).collect()
    }
}

#[test]
fn stores_open_with_every_custody_and_hold_what_they_held() {
    for case in Case::all() {
        let (file, passphrase) = (case.key_file(), PASSPHRASE.as_bytes());
        let (some, others) = (case.shares(&[1, 3]), case.shares(&[3, 2]));
        let unlocks = [
            Unlock::KeyFile(&file),
            Unlock::Passphrase(passphrase),
            Unlock::Shares(&some),
            Unlock::Shares(&others),
        ];
        for unlock in &unlocks {
            let mut store = KeyStore::open(&case.place("store"), unlock, WAIT).expect("opens");
            assert_eq!(listing(&mut store), case.expect["stores"]["store"]);
        }
        for name in ["store", "restored"] {
            let report = KeyStore::check(&case.place(name), Some(&unlocks[0]), WAIT);
            assert_eq!(report.expect("checked").problems, [], "{name}");
        }
        let mut restored =
            KeyStore::open(&case.place("restored"), &unlocks[0], WAIT).expect("opens");
        assert_eq!(listing(&mut restored), case.expect["stores"]["restored"]);
    }
}

#[test]
fn copies_can_be_restored() {
    for case in Case::all() {
        let (file, copy) = (case.key_file(), case.place("copy"));
        let check = KeyStore::check_copy(&copy).expect("checked");
        assert_eq!((check.torn, check.cell_fits, check.unsettled), (0, true, false));
        let (unlock, options) = (Unlock::KeyFile(&file), RestoreOptions::default());
        let to = case.place("again");
        let (mut store, _) =
            KeyStore::restore(&copy, &to, &unlock, &options, WAIT).expect("restored");
        let (found, expected) = (listing(&mut store), &case.expect["stores"]["copy"]);
        assert_eq!((&found["keys"], &found["scopes"]), (&expected["keys"], &expected["scopes"]));
    }
}

/// How the vectors were made: `cargo test -p sealkeep-keystore --test vectors -- --ignored write_the_vectors`
/// with `SEALKEEP_WRITE_VECTORS` set to the folder they go to. Without it, nothing is written.
#[test]
#[ignore = "writes new vectors"]
fn write_the_vectors() {
    let Some(out) = std::env::var_os("SEALKEEP_WRITE_VECTORS").map(PathBuf::from) else {
        println!("skipped: SEALKEEP_WRITE_VECTORS names no folder");
        return;
    };
    for suite in Suite::ALL {
        write_case(&out.join(format!("v1-{}", suite.name())), suite);
    }
}

fn write_case(out: &Path, suite: Suite) {
    fs::create_dir_all(out).expect("made");
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| Location::new(dir.path().join(name), None);
    let file = KeyFile::generate();
    let passphrase =
        NewCustody::Passphrase { secret: PASSPHRASE.as_bytes(), params: Argon2Params::FLOOR };
    let custody = [NewCustody::KeyFile(&file), passphrase];
    let options = InitOptions { suite, custody: &custody, shares: Some((2, 3)) };
    let (mut store, shares) = KeyStore::init(&at("store"), &options, WAIT).expect("a new store");
    fs::write(out.join("passphrase"), PASSPHRASE).expect("written");
    fs::write(out.join("key-file"), file.to_text().expose()).expect("written");
    for share in &shares {
        fs::write(out.join(format!("share-{}", share.index())), share.to_text().expose())
            .expect("written");
    }

    let (records, gone) = fill(&mut store, suite);
    store.add_copy(&at("copy"), false, OnFailure::Warn, WAIT).expect("registered");
    let copied = listing(&mut store);
    change(&mut store, &records, gone);
    let kept = listing(&mut store);
    // One suite with the log that an unclosed store leaves, the other without.
    if suite == Suite::Aes256Gcm {
        drop(store);
    }
    keep(&at("store").dir, &out.join("store"));
    keep(&at("copy").dir, &out.join("copy"));

    let evidence = RestoreOptions {
        evidence: vec![at("store").dir],
        accept_loss: true,
        ..RestoreOptions::default()
    };
    let unlock = Unlock::KeyFile(&file);
    let (mut restored, report) =
        KeyStore::restore(&at("copy"), &at("restored"), &unlock, &evidence, WAIT)
            .expect("restored");
    assert_eq!(report.destroyed_again, 2);
    restored.create_keys("ward/7", suite, &[b"after the restore"]).expect("a key");
    let restored_listing = listing(&mut restored);
    drop(restored);
    keep(&at("restored").dir, &out.join("restored"));

    let expect = json!({
        "comment": "a store, a copy that is older, and a store restored from the copy that learnt of the destructions",
        "stores": { "store": kept, "copy": copied, "restored": restored_listing },
    });
    let lines = expect.to_string().replace("},{", "},\n{") + "\n";
    fs::write(out.join("expect.json"), lines).expect("written");
}

/// Keys over a page's edge, a name that is not ASCII, and in one suite more scopes than one page of names holds.
fn fill(store: &mut KeyStore, suite: Suite) -> (Vec<NewKey>, KeyId) {
    let labels: Vec<String> = (0..257).map(|n| format!("scan-{n}")).collect();
    let labels: Vec<&[u8]> = labels.iter().map(|label| label.as_bytes()).collect();
    store.create_keys("ward/7", suite, &labels).expect("keys");
    let records =
        store.create_keys("研究/病历", Suite::Aes256Gcm, &[b"", b"a", b"b", b"c", b"d", b"\xFF"]);
    store.create_keys("gone", Suite::Sm4Gcm, &[&b"x"[..]; 3]).expect("keys");
    if suite == Suite::Aes256Gcm {
        for n in 0..260 {
            store.create_keys(&format!("patient/{n}"), suite, &[b"y"]).expect("a key");
        }
    }
    (records.expect("keys"), store.scope_id("gone").expect("there"))
}

/// Every state that can be reached without approvals; a destroyed key and a destroyed scope; keys the copy lacks.
fn change(store: &mut KeyStore, records: &[NewKey], gone: KeyId) {
    store.create_keys("ward/7", Suite::Sm4Gcm, &[b"later", b"still later"]).expect("keys");
    let states = [KeyState::Suspended, KeyState::Deactivated, KeyState::Compromised];
    for (key, state) in records[1..].iter().zip(states) {
        store.set_state(&[key.id], state).expect("may become");
    }
    store.hold(&[records[4].id]).expect("held");
    for target in [records[0].id, gone] {
        store.destroy(Clearance::destroy_for_test(vec![target], [0xC5; 32])).expect("destroyed");
    }
}

/// What a reader needs of a store or copy: not the lock, not SQLite's shared memory.
fn keep(from: &Path, to: &Path) {
    copy_folder(from, to);
    for name in ["lock", "store.db-shm"] {
        let _ = fs::remove_file(to.join(name));
    }
}
