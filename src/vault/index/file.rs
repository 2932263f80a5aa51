//! One index file.

use sealkeep_crypto::VerifyingKey;
use sealkeep_crypto::codec::{Malformed, Reader, Writer};

use crate::vault::error::{Refused, Result};
use crate::vault::id::id;
use crate::vault::keyring::Keyring;
use crate::vault::pack::{PackId, PackInfo, PackKind};
use crate::vault::sealed_box::{open_box, seal_box};
use crate::vault::signed::SignedFile;
use crate::vault::storage::Storage;

id! {
    /// The name of an index file.
    IndexId
}

impl IndexId {
    /// The name of the file: `index/ID`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{PREFIX}{self}")
    }

    /// The index whose file has this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::parse(name.strip_prefix(PREFIX)?)
    }
}

/// A blob that lies elsewhere now than segments and snapshots say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// The pack it was written to.
    pub pack: PackId,
    /// Where in it.
    pub offset: u32,
    /// How long it is.
    pub length: u32,
    /// The pack it is in.
    pub new_pack: PackId,
    /// Where in that.
    pub new_offset: u32,
}

/// What an index file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexFile {
    /// Its name.
    pub id: IndexId,
    /// Index files that count no longer.
    pub superseded: Vec<IndexId>,
    /// Packs of the vault.
    pub packs: Vec<PackInfo>,
    /// What was moved.
    pub relocations: Vec<Relocation>,
}

impl IndexFile {
    /// A new index file.
    #[must_use]
    pub fn new(
        superseded: Vec<IndexId>,
        packs: Vec<PackInfo>,
        relocations: Vec<Relocation>,
    ) -> Self {
        Self { id: IndexId::random(), superseded, packs, relocations }
    }

    /// The bytes of the file.
    ///
    /// # Panics
    /// With more than 90 million relocations, which no vault reaches.
    #[must_use]
    pub fn encode(&self, keys: &Keyring) -> Vec<u8> {
        let mut payload = Vec::new();
        payload.put(&self.id.0);
        put_count(&mut payload, self.superseded.len());
        for id in &self.superseded {
            payload.put(&id.0);
        }
        put_count(&mut payload, self.packs.len());
        for pack in &self.packs {
            payload.put(&pack.id.0);
            payload.put_u8(pack.kind.number());
            payload.put_u64(pack.length);
            payload.put(&pack.digest);
        }
        let moved = encode_relocations(&self.relocations);
        let key = keys.maintenance().expose();
        let context: [&[u8]; 2] = [&keys.vault(), &self.id.0];
        payload.put_bytes32(&seal_box(keys.suite(), key, LABEL, &context, &moved));
        SignedFile::seal(MAGIC, keys.vault(), &payload, keys.signer())
    }

    /// Reads a file of this vault.
    ///
    /// # Errors
    /// `Malformed`, `Suite`, `ForeignVault`, `Unauthentic`.
    pub fn open(bytes: &[u8], keys: &Keyring) -> std::result::Result<Self, Refused> {
        let payload = SignedFile::open(MAGIC, bytes, keys.vault(), &keys.public())?;
        let (mut file, sealed) = Self::decode(payload)?;
        let context: [&[u8]; 2] = [&keys.vault(), &file.id.0];
        let key = keys.maintenance().expose();
        let moved = open_box(keys.suite(), key, LABEL, &context, sealed)?;
        file.relocations = relocations(&moved)?;
        Ok(file)
    }

    /// Reads a file of this vault without its relocations, for which a key is needed.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn verify(
        bytes: &[u8],
        vault: [u8; 16],
        public: &VerifyingKey,
    ) -> std::result::Result<Self, Refused> {
        let payload = SignedFile::open(MAGIC, bytes, vault, public)?;
        Self::decode(payload).map(|(file, _)| file)
    }

    /// Writes the file. The packs that it names must be durable.
    ///
    /// # Errors
    /// `Io`.
    pub fn write(&self, storage: &dyn Storage, keys: &Keyring) -> Result<()> {
        storage.put_bytes(&self.id.name(), &self.encode(keys))
    }

    /// A payload, and its relocations, which are sealed.
    pub(in crate::vault) fn decode(payload: &[u8]) -> std::result::Result<(Self, &[u8]), Refused> {
        let mut reader = Reader::new(payload, "index");
        let id = IndexId(reader.array()?);
        let superseded =
            (0..reader.u32()?).map(|_| Ok(IndexId(reader.array()?))).collect::<Read<_>>()?;
        let packs = (0..reader.u32()?).map(|_| pack(&mut reader)).collect::<Read<_>>()?;
        let sealed = reader.bytes32()?;
        reader.end()?;
        Ok((Self { id, superseded, packs, relocations: Vec::new() }, sealed))
    }
}

/// What was moved, before it is sealed.
pub(in crate::vault) fn encode_relocations(relocations: &[Relocation]) -> Vec<u8> {
    let mut moved = Vec::with_capacity(relocations.len() * RELOCATION);
    for one in relocations {
        moved.put(&one.pack.0);
        moved.put_u32(one.offset);
        moved.put_u32(one.length);
        moved.put(&one.new_pack.0);
        moved.put_u32(one.new_offset);
    }
    moved
}

/// What was moved, once it is opened.
pub(in crate::vault) fn relocations(moved: &[u8]) -> Read<Relocation> {
    let mut reader = Reader::new(moved, "relocations");
    let mut relocations = Vec::with_capacity(moved.len() / RELOCATION);
    while !reader.is_empty() {
        relocations.push(relocation(&mut reader)?);
    }
    Ok(relocations)
}

type Read<T> = std::result::Result<Vec<T>, Malformed>;

fn pack(reader: &mut Reader<'_>) -> std::result::Result<PackInfo, Malformed> {
    Ok(PackInfo {
        id: PackId(reader.array()?),
        kind: PackKind::from_number(reader.u8()?).ok_or(reader.malformed())?,
        length: reader.u64()?,
        digest: reader.array()?,
    })
}

fn relocation(reader: &mut Reader<'_>) -> std::result::Result<Relocation, Malformed> {
    Ok(Relocation {
        pack: PackId(reader.array()?),
        offset: reader.u32()?,
        length: reader.u32()?,
        new_pack: PackId(reader.array()?),
        new_offset: reader.u32()?,
    })
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    out.put_u32(u32::try_from(count).expect("a signed file has less than 4 GiB"));
}

/// The folder of index files.
pub const PREFIX: &str = "index/";
/// Longest index file.
pub(super) const MOST: u64 = u32::MAX as u64;
const MAGIC: &[u8; 8] = b"SKINDEX1";
const LABEL: &str = "relocations";
const RELOCATION: usize = 16 + 4 + 4 + 16 + 4;

#[cfg(test)]
mod tests {
    use super::*;
    use sealkeep_crypto::{Secret, Suite};

    fn keys(suite: Suite, vault: u8) -> Keyring {
        let key = |byte| Secret::<32>::from_slice(&[byte; 32]).unwrap();
        Keyring::new(suite, [vault; 16], key(1), &key(2))
    }

    fn file() -> IndexFile {
        let pack = |number: u8, kind| {
            let id = PackId([number; 16]);
            PackInfo { id, kind, length: 5000 + u64::from(number), digest: [number; 32] }
        };
        let moved = Relocation {
            pack: PackId([1; 16]),
            offset: 48,
            length: 900,
            new_pack: PackId([2; 16]),
            new_offset: 77,
        };
        IndexFile::new(
            vec![IndexId([7; 16])],
            vec![pack(2, PackKind::Content), pack(3, PackKind::Manifest)],
            vec![moved],
        )
    }

    #[test]
    fn what_is_written_is_read_and_no_bit_can_be_changed() {
        for suite in Suite::ALL {
            let (keys, file) = (keys(suite, 9), file());
            let bytes = file.encode(&keys);
            assert_eq!(IndexFile::open(&bytes, &keys), Ok(file.clone()));
            let seen = IndexFile::verify(&bytes, keys.vault(), &keys.public()).unwrap();
            assert_eq!(seen, IndexFile { relocations: vec![], ..file });
            for bit in 0..bytes.len() * 8 {
                let mut bad = bytes.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                assert!(IndexFile::verify(&bad, keys.vault(), &keys.public()).is_err());
            }
        }
    }

    #[test]
    fn files_of_other_vaults_and_suites_are_refused() {
        let bytes = file().encode(&keys(Suite::Sm4Gcm, 9));
        let open = |suite, vault| IndexFile::open(&bytes, &keys(suite, vault));
        assert_eq!(open(Suite::Sm4Gcm, 8), Err(Refused::ForeignVault));
        assert_eq!(open(Suite::Aes256Gcm, 9), Err(Refused::Suite));
    }
}
