//! One head.

use sealkeep_crypto::VerifyingKey;
use sealkeep_crypto::codec::{Malformed, Reader, Writer};

use crate::vault::error::Refused;
use crate::vault::keyring::Keyring;
use crate::vault::signed::SignedFile;

/// What a vault held at one time. With the index files it names, it fixes every byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Counts up from 1.
    pub sequence: u64,
    /// When it was written, in Unix seconds.
    pub time: u64,
    /// The hash of the head before; zeros in the first.
    pub before: [u8; 32],
    /// All files but packs, heads and listings, sorted by name.
    pub files: Vec<Listed>,
}

/// A file that a head names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its length.
    pub length: u64,
    /// The hash of all of it.
    pub digest: [u8; 32],
}

impl Head {
    /// The name of the head with this number: `heads/SSSSSSSSSSSSSSSS`.
    #[must_use]
    pub fn name(sequence: u64) -> String {
        format!("{PREFIX}{sequence:016x}")
    }

    /// The number of the head whose file has this name.
    #[must_use]
    pub fn number(name: &str) -> Option<u64> {
        super::sequence(name.strip_prefix(PREFIX)?)
    }

    /// The file of this name, if the head names it.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&Listed> {
        let at = self.files.binary_search_by(|file| file.name.as_str().cmp(name)).ok()?;
        Some(&self.files[at])
    }

    /// The bytes of the file.
    ///
    /// # Panics
    /// If there are so many files that it would have 4 GiB.
    #[must_use]
    pub fn encode(&self, keys: &Keyring) -> Vec<u8> {
        SignedFile::seal(MAGIC, keys.vault(), &self.payload(), keys.signer())
    }

    pub(in crate::vault) fn payload(&self) -> Vec<u8> {
        let mut payload = Vec::new();
        payload.put_u64(self.sequence);
        payload.put_u64(self.time);
        payload.put(&self.before);
        payload
            .put_u32(u32::try_from(self.files.len()).expect("a signed file has less than 4 GiB"));
        for file in &self.files {
            payload.put_bytes(file.name.as_bytes());
            payload.put_u64(file.length);
            payload.put(&file.digest);
        }
        payload
    }

    /// Reads a head of this vault.
    ///
    /// # Errors
    /// `Malformed`, `Suite`, `ForeignVault`, `Unauthentic`.
    pub fn open(bytes: &[u8], vault: [u8; 16], public: &VerifyingKey) -> Result<Self, Refused> {
        Self::decode(SignedFile::open(MAGIC, bytes, vault, public)?)
    }

    pub(in crate::vault) fn decode(payload: &[u8]) -> Result<Self, Refused> {
        let mut reader = Reader::new(payload, "head");
        let (sequence, time, before) = (reader.u64()?, reader.u64()?, reader.array()?);
        let files =
            (0..reader.u32()?).map(|_| listed(&mut reader)).collect::<Result<Vec<_>, _>>()?;
        reader.end()?;
        if !files.is_sorted_by(|one, next| one.name < next.name) {
            return Err(Refused::Malformed);
        }
        Ok(Self { sequence, time, before, files })
    }
}

fn listed(reader: &mut Reader<'_>) -> Result<Listed, Malformed> {
    let name = std::str::from_utf8(reader.bytes()?).map_err(|_| reader.malformed())?.to_owned();
    Ok(Listed { name, length: reader.u64()?, digest: reader.array()? })
}

/// The folder of heads.
pub(super) const PREFIX: &str = "heads/";
/// Longest head.
pub(super) const MOST: u64 = u32::MAX as u64;
const MAGIC: &[u8; 8] = b"SKHEADS1";
