//! The ground a crash is played on: a prepared store, kept aside byte for byte and put back before every run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sealkeep_crypto::Suite;
use sealkeep_keystore::{
    Clearance, Error, InitOptions, KeyFile, KeyId, KeyStore, Location, NewCustody, OnFailure,
    Result, Share, Unlock,
};

use crate::common::{WAIT, copy_folder, make};

/// Keys in scope `a`: enough for two leaf pages and one above them.
pub(crate) const MANY: usize = 258;
/// Keys in scope `b`.
pub(crate) const FEW: usize = 4;

/// The files of one run, as the driver and the judge find them. The same paths in every run, because the store
/// notes where its copy lies.
pub(crate) struct Field(pub(crate) PathBuf);

impl Field {
    pub(crate) fn main(&self) -> Location {
        Location::new(self.0.join("main"), None)
    }

    /// The live copy, where there is one.
    pub(crate) fn copy(&self) -> Location {
        Location::new(self.0.join("copy"), None)
    }

    /// An empty place: for a new copy, a new store, a restored one.
    pub(crate) fn empty(&self) -> Location {
        Location::new(self.0.join("empty"), None)
    }

    /// One of the two key files: the first opens the prepared store.
    pub(crate) fn key_file(&self, number: usize) -> KeyFile {
        let text = fs::read(self.0.join(format!("key{number}"))).expect("a key file");
        KeyFile::parse(&text).expect("a key file")
    }

    /// Ids of the prepared keys, scope `a` first.
    pub(crate) fn ids(&self) -> Vec<KeyId> {
        let text = fs::read_to_string(self.0.join("ids")).expect("the list of keys");
        text.lines().map(|line| line.parse().expect("a key id")).collect()
    }

    /// Opens the main store with the key file that fits, and says which that is.
    pub(crate) fn open(&self, place: &Location) -> Result<(KeyStore, usize)> {
        match KeyStore::open(place, &Unlock::KeyFile(&self.key_file(0)), WAIT) {
            Ok(store) => Ok((store, 0)),
            Err(Error::WrongCustody) => {
                KeyStore::open(place, &Unlock::KeyFile(&self.key_file(1)), WAIT)
                    .map(|store| (store, 1))
            }
            Err(error) => Err(error),
        }
    }
}

/// A prepared store and the place where runs are played.
pub(crate) struct Ground {
    dir: tempfile::TempDir,
    /// The prepared keys.
    pub(crate) keys: Vec<(KeyId, [u8; 32])>,
    /// Recovery shares of the prepared store, two of three.
    pub(crate) shares: Vec<Share>,
}

impl Ground {
    /// Prepares a store, with a live copy or without one.
    pub(crate) fn new(copied: bool) -> Self {
        let dir = tempfile::tempdir_in(scratch()).expect("a folder");
        let field = Field(dir.path().join("field"));
        fs::create_dir(&field.0).expect("a folder");
        let custody = [KeyFile::generate(), KeyFile::generate()];
        for (number, key_file) in custody.iter().enumerate() {
            fs::write(field.0.join(format!("key{number}")), key_file.to_text().expose())
                .expect("written");
        }
        let options = InitOptions {
            suite: Suite::Aes256Gcm,
            custody: &[NewCustody::KeyFile(&custody[0])],
            shares: Some((2, 3)),
        };
        let (mut store, shares) = KeyStore::init(&field.main(), &options, WAIT).expect("a store");
        if copied {
            store.add_copy(&field.copy(), true, OnFailure::Refuse, WAIT).expect("a copy");
        }
        let mut keys = make(&mut store, "a", MANY);
        keys.extend(make(&mut store, "b", FEW));
        store.hold(&[keys[1].0]).expect("held");
        store.destroy(Clearance::destroy_for_test(vec![keys[0].0], [7; 32])).expect("destroyed");
        store.sync_live_copies().expect("copied");
        drop(store);
        let ids: String = keys.iter().map(|(id, _)| format!("{id}\n")).collect();
        fs::write(field.0.join("ids"), ids).expect("written");
        let ground = Self { dir, keys, shares };
        copy_folder(&ground.field().0, &ground.kept("prepared"));
        ground
    }

    pub(crate) fn field(&self) -> Field {
        Field(self.dir.path().join("field"))
    }

    /// Puts the prepared files back.
    pub(crate) fn reset(&self) {
        self.put_back("prepared");
    }

    /// Keeps the field as it is under a name.
    pub(crate) fn keep(&self, name: &str) {
        let kept = self.kept(name);
        let _ = fs::remove_dir_all(&kept);
        copy_folder(&self.field().0, &kept);
    }

    /// Puts back what was kept.
    pub(crate) fn put_back(&self, name: &str) {
        let field = self.field().0;
        let _ = fs::remove_dir_all(&field);
        copy_folder(&self.kept(name), &field);
    }

    /// Lays out these files, and only these.
    pub(crate) fn lay_out(&self, files: &BTreeMap<PathBuf, Vec<u8>>) {
        let _ = fs::remove_dir_all(self.field().0);
        for (path, bytes) in files {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, bytes).expect("written");
        }
    }

    /// A path beside the field.
    pub(crate) fn kept(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// Memory where there is some: a killed process leaves the page cache as it is, so the medium does not matter here.
fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    match tempfile::tempdir_in(memory) {
        Ok(_) => memory.to_owned(),
        Err(_) => std::env::temp_dir(),
    }
}
