//! A key store, a vault and a tree to back up, for tests.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sealkeep::backup::browse::Objects;
use sealkeep::backup::restore::find_snapshot;
use sealkeep::backup::rules::Rules;
use sealkeep::backup::{BackupOptions, BackupPlan, BackupReport};
use sealkeep::envelope::Run;
use sealkeep::keys::StoreKeys;
use sealkeep::vault::rebuild::{Rebuilt, rebuild};
use sealkeep::vault::{Access, Directory, Lock, SharedKeys, Storage, Vault, VaultFile};
use sealkeep_crypto::Suite;
use sealkeep_keystore::{
    CheckReport, Clearance, InitOptions, KeyFile, KeyId, KeyStore, Location, NewCustody, Unlock,
};

/// Everything that a backup needs, in a scratch folder.
pub(crate) struct World {
    root: PathBuf,
    /// Removes it in the end; another process than the one that made it does not.
    _scratch: Option<tempfile::TempDir>,
    pub(crate) suite: Suite,
    key_file: KeyFile,
}

impl World {
    /// A key store, an empty vault and an empty folder `data`.
    pub(crate) fn new(suite: Suite) -> Self {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let root = scratch.path().to_owned();
        let key_file = KeyFile::generate();
        std::fs::write(root.join(KEY_FILE), key_file.to_text().expose()).expect("written");
        let custody = [NewCustody::KeyFile(&key_file)];
        let options = InitOptions { suite, custody: &custody, shares: None };
        let (store, _) = KeyStore::init(&place(&root), &options, WAIT).expect("a key store");
        let world = Self { root, _scratch: Some(scratch), suite, key_file };
        std::fs::create_dir(world.data()).expect("a folder");
        std::fs::create_dir(world.path("catalogue")).expect("a folder");
        let storage = Arc::new(Directory::create(&world.path("vault")).expect("a folder"));
        let keys = Arc::new(StoreKeys::new(store));
        Vault::init(storage, keys, suite, PACK_SIZE, world.access(Lock::Shared)).expect("a vault");
        world
    }

    /// The world in this folder, that another process has made.
    pub(crate) fn again(root: &Path) -> Self {
        let text = std::fs::read(root.join(KEY_FILE)).expect("a world is there");
        let key_file = KeyFile::parse(&text).expect("a key file");
        let storage = Directory::open(&root.join("vault")).expect("opens");
        let suite = VaultFile::read(&storage).expect("a vault").suite();
        Self { root: root.to_owned(), _scratch: None, suite, key_file }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// What is backed up.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file below [`World::data`].
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.data().join(name);
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        std::fs::write(path, content).expect("written");
    }

    /// The key store, opened anew.
    pub(crate) fn store(&self) -> KeyStore {
        let unlock = Unlock::KeyFile(&self.key_file);
        KeyStore::open(&place(&self.root), &unlock, WAIT).expect("opens")
    }

    /// Reads all of the key store.
    pub(crate) fn check_store(&self) -> CheckReport {
        let unlock = Unlock::KeyFile(&self.key_file);
        KeyStore::check(&place(&self.root), Some(&unlock), WAIT).expect("can be read")
    }

    /// The vault and its source of keys, opened anew.
    pub(crate) fn opened(&self) -> (Arc<StoreKeys>, Vault) {
        let keys = Arc::new(StoreKeys::new(self.store()));
        let storage: Arc<dyn Storage> =
            Arc::new(Directory::open(&self.path("vault")).expect("opens"));
        let shared: SharedKeys = Arc::clone(&keys) as SharedKeys;
        let vault = Vault::open(storage, shared, self.access(Lock::Shared)).expect("opens");
        (keys, vault)
    }

    /// What opens the key store and its copies.
    pub(crate) fn unlock(&self) -> Unlock<'_> {
        Unlock::KeyFile(&self.key_file)
    }

    /// Where the key store lies.
    pub(crate) fn location(&self) -> Location {
        place(&self.root)
    }

    fn access(&self, lock: Lock) -> Access {
        Access { lock, wait: WAIT, catalogue: Some(self.path("catalogue")) }
    }

    /// The vault, opened anew.
    pub(crate) fn vault(&self) -> Vault {
        self.vault_at(&self.path("vault"), Lock::Shared).expect("opens")
    }

    /// The vault alone.
    pub(crate) fn vault_alone(&self) -> Vault {
        self.vault_at(&self.path("vault"), Lock::Exclusive).expect("opens")
    }

    pub(crate) fn vault_at(&self, path: &Path, lock: Lock) -> sealkeep::vault::Result<Vault> {
        let storage: Arc<dyn Storage> = Arc::new(Directory::open(path)?);
        let keys = Arc::new(StoreKeys::new(self.store()));
        Vault::open(storage, keys, self.access(lock))
    }

    /// Options with these rules, or none.
    pub(crate) fn options(&self, rules: Option<&str>) -> BackupOptions {
        let rules = match rules {
            Some(text) => Rules::parse(text, "backup", self.suite),
            None => Rules::builtin("backup", self.suite),
        };
        BackupOptions::new(rules.expect("good rules"))
    }

    /// Backs up `data`.
    pub(crate) fn backup(&self) -> BackupReport {
        self.backup_with(self.options(None))
    }

    pub(crate) fn backup_with(&self, options: BackupOptions) -> BackupReport {
        let vault = self.vault();
        let plan = BackupPlan::new(&vault, &[self.data()], options).expect("a plan");
        plan.execute(&Run::quiet()).expect("backed up")
    }

    /// Bytes of all files of the vault.
    pub(crate) fn vault_bytes(&self) -> u64 {
        let storage = Directory::open(&self.path("vault")).expect("opens");
        storage.list("").expect("listed").iter().map(|(_, length)| length).sum()
    }

    /// The keys of these files below [`World::data`] in the newest snapshot.
    pub(crate) fn keys_of(&self, names: &[&str]) -> Vec<KeyId> {
        names.iter().map(|name| self.key_of(&self.data().join(name))).collect()
    }

    /// Makes indexes anew.
    pub(crate) fn rebuild(&self) -> Rebuilt {
        let storage: Arc<dyn Storage> =
            Arc::new(Directory::open(&self.path("vault")).expect("opens"));
        let keys: SharedKeys = Arc::new(StoreKeys::new(self.store()));
        rebuild(&storage, &keys, self.access(Lock::Exclusive), &Run::quiet()).expect("rebuilt")
    }

    /// The key of the object at an absolute path, in the newest snapshot.
    pub(crate) fn key_of(&self, path: &Path) -> KeyId {
        let vault = self.vault();
        let snapshot = find_snapshot(&vault, None).expect("listed").expect("there is one");
        let path = path.strip_prefix("/").expect("it is absolute").as_os_str().as_bytes();
        let objects = Objects::of(&vault, &snapshot).expect("opens");
        objects.get(path).expect("listed").expect("it is there").key
    }

    /// Destroys keys.
    pub(crate) fn destroy(&self, keys: Vec<KeyId>) {
        self.store().destroy(Clearance::destroy_for_test(keys, [7; 32])).expect("destroyed");
    }
}

fn place(dir: &Path) -> Location {
    Location::new(dir.join("keys"), None)
}

const KEY_FILE: &str = "key-file";
const WAIT: Duration = Duration::from_secs(10);
const PACK_SIZE: u32 = 1 << 20;

/// Bytes that cannot be compressed.
pub(crate) fn random(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    sealkeep_crypto::random::fill(&mut bytes);
    bytes
}
