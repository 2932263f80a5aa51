//! What the tests of the key store share.
#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealkeep_crypto::Suite;
use sealkeep_keystore::{
    Error, InitOptions, KeyFile, KeyId, KeyStore, Location, NewCustody, Result, Unlock,
};

pub(crate) const WAIT: Duration = Duration::from_secs(10);

/// A store in a folder of its own, opened with a key file.
pub(crate) struct Fixture {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) key_file: KeyFile,
}

impl Fixture {
    pub(crate) fn new(suite: Suite) -> (Self, KeyStore) {
        let fixture =
            Self { dir: tempfile::tempdir().expect("a folder"), key_file: KeyFile::generate() };
        let options =
            InitOptions { suite, custody: &[NewCustody::KeyFile(&fixture.key_file)], shares: None };
        let (store, _) = KeyStore::init(&fixture.place(), &options, WAIT).expect("a new store");
        (fixture, store)
    }

    pub(crate) fn place(&self) -> Location {
        Location::new(self.dir.path().join("keys"), None)
    }

    pub(crate) fn at(&self, name: &str) -> Location {
        Location::new(self.dir.path().join(name), None)
    }

    pub(crate) fn unlock(&self) -> Unlock<'_> {
        Unlock::KeyFile(&self.key_file)
    }

    pub(crate) fn open(&self) -> Result<KeyStore> {
        self.open_at(&self.place())
    }

    pub(crate) fn open_at(&self, place: &Location) -> Result<KeyStore> {
        KeyStore::open(place, &self.unlock(), WAIT)
    }
}

/// Makes `count` keys and returns their ids and secrets.
pub(crate) fn make(store: &mut KeyStore, scope: &str, count: usize) -> Vec<(KeyId, [u8; 32])> {
    let labels = vec![&b"label"[..]; count];
    let made = store.create_keys(scope, Suite::Aes256Gcm, &labels).expect("keys");
    made.into_iter().map(|key| (key.id, *key.secret.expose())).collect()
}

/// Whether the key opens and is the one that was made.
pub(crate) fn opens(store: &mut KeyStore, key: &(KeyId, [u8; 32])) -> bool {
    match store.open_key(&key.0) {
        Ok(opened) => {
            assert_eq!(opened.secret.expose(), &key.1, "another key under this id");
            true
        }
        Err(Error::Destroyed { .. }) => false,
        Err(error) => panic!("key {} neither opens nor is destroyed: {error}", key.0),
    }
}

/// Copies every file of a folder, byte for byte.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("readable") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// Every file below a folder.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
