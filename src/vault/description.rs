//! The file `vault`: what this vault is (`docs/spec/vault.md` §5).

use sealkeep_crypto::codec::{Reader, Writer};
use sealkeep_crypto::{SigningKey, Suite, VerifyingKey, hash};
use sealkeep_keystore::KeyId;

use super::error::{Error, Refused, Result};
use super::signed::SignedFile;
use super::storage::Storage;

/// What a vault says of itself. Written once, never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultFile {
    /// The vault's id.
    pub vault: [u8; 16],
    /// When it was made, in Unix seconds.
    pub created: u64,
    /// At how many bytes a pack ends.
    pub pack_size: u32,
    /// The key of indexes and locators.
    pub maintenance: KeyId,
    /// The key that signs.
    pub signing: KeyId,
    /// What its signatures are verified with.
    pub public: VerifyingKey,
}

impl VaultFile {
    /// The suite of everything in the vault.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.public.suite()
    }

    /// What makes the vault trustworthy, if it is compared with what was noted elsewhere: the hash of the public key, in
    /// hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.public)
    }

    /// The bytes of the file.
    #[must_use]
    pub fn encode(&self, key: &SigningKey) -> Vec<u8> {
        let mut payload = Vec::new();
        payload.put_u64(self.created);
        payload.put_u32(self.pack_size);
        payload.put(&self.maintenance.0);
        payload.put(&self.signing.0);
        payload.put_bytes(&self.public.to_bytes());
        SignedFile::seal(MAGIC, self.vault, &payload, key)
    }

    /// Reads the file and verifies it with the key that it names: whole, though perhaps not the vault one thinks.
    ///
    /// # Errors
    /// `Malformed`, `Suite`, `Unauthentic`.
    pub fn decode(bytes: &[u8]) -> std::result::Result<Self, Refused> {
        let file = SignedFile::parse(MAGIC, bytes)?;
        let mut reader = Reader::new(file.payload, "vault");
        let described = Self {
            vault: file.vault,
            created: reader.u64()?,
            pack_size: reader.u32()?,
            maintenance: KeyId(reader.array()?),
            signing: KeyId(reader.array()?),
            public: VerifyingKey::from_bytes(file.suite, reader.bytes()?)
                .ok_or(Refused::Malformed)?,
        };
        reader.end()?;
        file.verify(&described.public)?;
        Ok(described)
    }

    /// Reads the file of a vault or a copy.
    ///
    /// # Errors
    /// `NotAVault` if there is none, `Refused`, `Io`.
    pub fn read(storage: &dyn Storage) -> Result<Self> {
        let bytes = storage.read(NAME, MOST).map_err(|error| match error {
            Error::Missing(_) => Error::NotAVault(storage.describe()),
            other => other,
        })?;
        Self::decode(&bytes).map_err(Error::refused(NAME))
    }

    /// Writes the file, with the key that it names.
    ///
    /// # Errors
    /// `Exists`, `Io`.
    pub fn write(&self, storage: &dyn Storage, key: &SigningKey) -> Result<()> {
        storage.put_bytes(NAME, &self.encode(key))
    }
}

/// The fingerprint of a vault with this public key.
#[must_use]
pub fn fingerprint(public: &VerifyingKey) -> String {
    hex(&hash(public.suite(), &[&public.to_bytes()]))
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// The name of the file.
pub const NAME: &str = "vault";
const MAGIC: &[u8; 8] = b"SKVAULT1";
const MOST: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use sealkeep_crypto::Secret;

    fn vault(suite: Suite) -> (VaultFile, SigningKey) {
        let key = SigningKey::from_seed(suite, &Secret::random());
        let file = VaultFile {
            vault: [5; 16],
            created: 1_800_000_000,
            pack_size: 16 << 20,
            maintenance: KeyId([1; 16]),
            signing: KeyId([2; 16]),
            public: key.verifying_key(),
        };
        (file, key)
    }

    #[test]
    fn what_is_written_is_read_and_no_bit_can_be_changed() {
        for suite in Suite::ALL {
            let (file, key) = vault(suite);
            let bytes = file.encode(&key);
            assert_eq!(VaultFile::decode(&bytes), Ok(file));
            for bit in 0..bytes.len() * 8 {
                let mut bad = bytes.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                assert!(VaultFile::decode(&bad).is_err(), "bit {bit}");
            }
            assert!((0..bytes.len()).all(|len| VaultFile::decode(&bytes[..len]).is_err()));
        }
    }

    #[test]
    fn the_fingerprint_tells_vaults_apart() {
        let (one, other) = (vault(Suite::Sm4Gcm).0, vault(Suite::Sm4Gcm).0);
        assert_eq!(one.fingerprint().len(), 64);
        assert_ne!(one.fingerprint(), other.fingerprint());
    }
}
