//! An empty vault in a scratch folder, for tests.

use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::KeyId;

use super::description::VaultFile;
use super::keyring::Keyring;
use super::storage::Directory;

/// An empty vault, its keys, and what it is.
pub(super) struct Scene {
    _dir: tempfile::TempDir,
    pub(super) storage: Directory,
    pub(super) keys: Keyring,
    pub(super) vault: VaultFile,
}

/// An empty vault of a suite.
pub(super) fn scene(suite: Suite) -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let storage = Directory::create(&dir.path().join("vault")).unwrap();
    let keys = Keyring::new(suite, [6; 16], Secret::random(), &Secret::random());
    let vault = VaultFile {
        vault: [6; 16],
        created: 1,
        pack_size: 1 << 20,
        maintenance: KeyId([1; 16]),
        signing: KeyId([2; 16]),
        public: keys.public(),
    };
    vault.write(&storage, keys.signer()).unwrap();
    Scene { _dir: dir, storage, keys, vault }
}
