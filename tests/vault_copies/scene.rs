//! Vaults with made-up content, and directories to copy them to.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealkeep::envelope::Run;
use sealkeep::vault::copy::{CopyCheck, SyncOptions, SyncReport, check, sync};
use sealkeep::vault::{
    Directory, Head, IndexFile, Keyring, PackIndex, PackInfo, PackKind, PackWriter, Result,
    SignedFile, SnapshotId, Storage, VaultFile, head,
};
use sealkeep_crypto::codec::Writer;
use sealkeep_crypto::{Secret, Suite, random};
use sealkeep_keystore::{KeyId, dsse};

pub(crate) const OPTIONS: SyncOptions =
    SyncOptions { known: None, wait: Duration::ZERO, dry_run: false };

pub(crate) struct Scene {
    dir: tempfile::TempDir,
    pub(crate) keys: Keyring,
    pub(crate) vault: VaultFile,
}

impl Scene {
    /// An empty vault.
    pub(crate) fn new(suite: Suite) -> Self {
        let id = random::array();
        let keys = Keyring::new(suite, id, Secret::random(), &Secret::random());
        let vault = VaultFile {
            vault: id,
            created: 1,
            pack_size: 1 << 20,
            maintenance: KeyId([1; 16]),
            signing: KeyId([2; 16]),
            public: keys.public(),
        };
        let scene = Self { dir: tempfile::tempdir().unwrap(), keys, vault };
        let main = Directory::create(&scene.path("main")).unwrap();
        scene.vault.write(&main, scene.keys.signer()).unwrap();
        scene.head(&[]);
        scene
    }

    /// A vault with two backups.
    pub(crate) fn with_backups(suite: Suite) -> Self {
        let scene = Self::new(suite);
        scene.backup();
        scene.backup();
        scene
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The files of a place, as a process that begins now sees them.
    pub(crate) fn open(&self, name: &str) -> Directory {
        Directory::open(&self.path(name)).unwrap()
    }

    pub(crate) fn empty(&self, name: &str) -> Directory {
        Directory::create(&self.path(name)).unwrap()
    }

    pub(crate) fn head(&self, without: &[String]) -> Head {
        head::write_next(&self.open("main"), &self.vault, &self.keys, 7, without).unwrap()
    }

    /// What a backup leaves: packs, an index file, a record, a snapshot, a head.
    pub(crate) fn backup(&self) -> Head {
        let main = self.open("main");
        let packs = vec![
            self.pack(&main, PackKind::Content, 300_000),
            self.pack(&main, PackKind::Manifest, 70_000),
        ];
        IndexFile::new(vec![], packs, vec![]).write(&main, &self.keys).unwrap();
        let id = hex(&random::array::<16>());
        let drill = dsse::sign("drill", b"{}", self.keys.signer(), "fingerprint");
        main.put_bytes(&format!("records/0001-drill-{id}"), &drill).unwrap();
        self.snapshot(&main);
        self.head(&[])
    }

    /// A snapshot, signed, with boxes that nobody opens here.
    fn snapshot(&self, main: &Directory) {
        let id = SnapshotId::random();
        let mut payload = Vec::new();
        payload.put(&id.0);
        payload.put_u64(7);
        payload.put_u8(1);
        payload.put(&[3; 16]);
        payload.put_bytes32(&random::array::<100>());
        payload.put_bytes32(&random::array::<400>());
        let signer = self.keys.signer();
        let bytes = SignedFile::seal(b"SKSNAPS1", self.vault.vault, &payload, signer);
        main.put_bytes(&format!("snapshots/{id}"), &bytes).unwrap();
    }

    /// A new pack with one blob of this length.
    pub(crate) fn pack(&self, storage: &Directory, kind: PackKind, length: usize) -> PackInfo {
        let suite = self.keys.suite();
        let mut writer = PackWriter::create(storage, suite, kind, self.vault.vault).unwrap();
        let mut blob = vec![0; length];
        random::fill(&mut blob);
        writer.append(&blob).unwrap();
        writer.finish().unwrap()
    }

    /// What forgetting and pruning of everything but one new pack leaves.
    pub(crate) fn prune(&self) -> Head {
        let main = self.open("main");
        let before = PackIndex::load(&main, &self.keys).unwrap();
        let new = self.pack(&main, PackKind::Content, 1_000);
        let superseded = before.current().to_vec();
        IndexFile::new(superseded.clone(), vec![new], vec![]).write(&main, &self.keys).unwrap();
        let mut gone: Vec<String> = superseded.iter().map(|index| index.name()).collect();
        gone.extend(main.list("snapshots/").unwrap().into_iter().map(|(name, _)| name));
        let head = self.head(&gone);
        gone.extend(before.packs().map(|pack| pack.id.name()));
        gone.iter().for_each(|name| main.delete(name).unwrap());
        head
    }

    pub(crate) fn sync_with(&self, copy: &str, options: &SyncOptions) -> Result<SyncReport> {
        sync(&self.open("main"), &self.vault, &self.open(copy), options, &Run::quiet())
    }

    pub(crate) fn sync(&self, copy: &str) -> SyncReport {
        self.sync_with(copy, &OPTIONS).unwrap()
    }

    /// A new copy, up to date.
    pub(crate) fn copied(&self, copy: &str) {
        self.empty(copy);
        self.sync(copy);
    }

    pub(crate) fn check(&self, copy: &str) -> CopyCheck {
        let trusted = self.vault.fingerprint();
        check(&self.open(copy), Some(&trusted), Duration::ZERO, &Run::quiet()).unwrap()
    }

    /// Name and content of every file of a place but its lock.
    pub(crate) fn files(&self, place: &str) -> BTreeMap<String, Vec<u8>> {
        let storage = self.open(place);
        let mut files = BTreeMap::new();
        for (name, _) in storage.list("").unwrap() {
            if name != "lock" {
                let bytes = fs::read(self.path(place).join(&name)).unwrap();
                files.insert(name, bytes);
            }
        }
        files
    }

    pub(crate) fn is_same(&self, place: &str, other: &str) -> bool {
        let heads = |files: BTreeMap<String, Vec<u8>>| {
            let newest = files.keys().filter(|name| name.starts_with("heads/")).max().cloned();
            let counts =
                |name: &String| !name.starts_with("heads/") || Some(name) == newest.as_ref();
            files.into_iter().filter(|(name, _)| counts(name)).collect::<Vec<_>>()
        };
        heads(self.files(place)) == heads(self.files(other))
    }

    /// Flips one bit of a file, a different one each time.
    pub(crate) fn flip(&self, place: &str, name: &str) {
        let path = self.path(place).join(name);
        let mut bytes = fs::read(&path).unwrap();
        let at = usize::try_from(u64::from_be_bytes(random::array()) % bytes.len() as u64).unwrap();
        bytes[at] ^= 1 << (at % 8);
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn remove(&self, place: &str, name: &str) {
        fs::remove_file(self.path(place).join(name)).unwrap();
    }

    pub(crate) fn names(&self, place: &str, folder: &str) -> Vec<String> {
        let listed = self.open(place).list(folder).unwrap();
        listed.into_iter().map(|(name, _)| name).filter(|name| name != "lock").collect()
    }
}

/// Copies a directory as it is, as a careless administrator would.
pub(crate) fn clone_dir(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            clone_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
