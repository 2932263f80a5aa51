//! Index files: which packs there are, and where blobs lie that were moved (`docs/spec/vault.md` §7).

mod file;

use std::collections::{HashMap, HashSet};

pub use file::{IndexFile, IndexId, PREFIX, Relocation};
#[cfg(feature = "fuzzing")]
pub(super) use file::{encode_relocations, relocations};

use super::error::{Error, Refused, Result};
use super::keyring::Keyring;
use super::pack::{PackId, PackInfo};
use super::storage::Storage;

/// The packs of a vault: those of all index files that no other supersedes.
#[derive(Clone, Debug, Default)]
pub struct PackIndex {
    packs: HashMap<PackId, PackInfo>,
    relocations: HashMap<(PackId, u32, u32), (PackId, u32)>,
    moved: Vec<Relocation>,
    current: Vec<IndexId>,
    superseded: Vec<IndexId>,
    refused: Vec<(String, Refused)>,
}

impl PackIndex {
    /// Reads all index files.
    ///
    /// # Errors
    /// `Refused` naming the first that is not one of this vault, `Io`.
    pub fn load(storage: &dyn Storage, keys: &Keyring) -> Result<Self> {
        Self::load_readable(storage, keys)?.believed()
    }

    /// The same for who only reads: what a damaged index file says is not known, and the others count. Most blobs lie where they
    /// were written, so that they are found without any index.
    ///
    /// # Errors
    /// `Io`.
    pub fn load_readable(storage: &dyn Storage, keys: &Keyring) -> Result<Self> {
        Self::collect(storage, |bytes| IndexFile::open(bytes, keys))
    }

    /// Of these index files.
    #[must_use]
    pub fn of(files: Vec<IndexFile>) -> Self {
        let gone: HashSet<IndexId> =
            files.iter().flat_map(|file| file.superseded.iter().copied()).collect();
        let mut index = Self::default();
        for file in files {
            if gone.contains(&file.id) {
                index.superseded.push(file.id);
                continue;
            }
            index.current.push(file.id);
            index.packs.extend(file.packs.into_iter().map(|pack| (pack.id, pack)));
            for one in &file.relocations {
                let to = (one.new_pack, one.new_offset);
                index.relocations.insert((one.pack, one.offset, one.length), to);
            }
            index.moved.extend(file.relocations);
        }
        index
    }

    /// A pack that belongs to the vault.
    #[must_use]
    pub fn pack(&self, id: PackId) -> Option<&PackInfo> {
        self.packs.get(&id)
    }

    /// All packs that belong to the vault, in no order.
    pub fn packs(&self) -> impl Iterator<Item = &PackInfo> {
        self.packs.values()
    }

    /// Where a blob lies now that was written at this place. Whether that pack is there is another question.
    #[must_use]
    pub fn locate(&self, pack: PackId, offset: u32, length: u32) -> (PackId, u32) {
        self.relocations.get(&(pack, offset, length)).copied().unwrap_or((pack, offset))
    }

    /// All that was moved, as the next index has to say it again.
    #[must_use]
    pub fn relocations(&self) -> &[Relocation] {
        &self.moved
    }

    /// The index files that count; an index that replaces them all names these as superseded.
    #[must_use]
    pub fn current(&self) -> &[IndexId] {
        &self.current
    }

    /// Index files that are superseded and were not removed yet.
    #[must_use]
    pub fn superseded(&self) -> &[IndexId] {
        &self.superseded
    }

    /// Index files that cannot be believed.
    #[must_use]
    pub fn refused(&self) -> &[(String, Refused)] {
        &self.refused
    }

    /// # Errors
    /// `Refused` naming an index file that cannot be believed.
    fn believed(self) -> Result<Self> {
        match self.refused.first() {
            Some((name, reason)) => Err(Error::refused(name)(*reason)),
            None => Ok(self),
        }
    }

    fn collect(
        storage: &dyn Storage,
        open: impl Fn(&[u8]) -> std::result::Result<IndexFile, Refused>,
    ) -> Result<Self> {
        let (mut files, mut refused) = (Vec::new(), Vec::new());
        for (name, _) in storage.list(PREFIX)? {
            let Some(id) = IndexId::from_name(&name) else { continue };
            let bytes = match storage.read(&name, file::MOST) {
                // Removed since it was listed, so superseded by one that is there.
                Err(Error::Missing(_)) => continue,
                Err(Error::TooLarge(_)) => {
                    refused.push((name, Refused::Malformed));
                    continue;
                }
                Err(error) if error.is_unreadable() => {
                    refused.push((name, Refused::Unreadable));
                    continue;
                }
                other => other?,
            };
            match open(&bytes) {
                Ok(file) if file.id == id => files.push(file),
                Ok(_) => refused.push((name, Refused::Malformed)),
                Err(reason) => refused.push((name, reason)),
            }
        }
        Ok(Self { refused, ..Self::of(files) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::pack::PackKind;

    fn pack(number: u8) -> PackInfo {
        let id = PackId([number; 16]);
        PackInfo { id, kind: PackKind::Content, length: 1000, digest: [number; 32] }
    }

    #[test]
    fn superseded_files_do_not_count_even_while_they_are_there() {
        let moved = Relocation {
            pack: PackId([1; 16]),
            offset: 48,
            length: 10,
            new_pack: PackId([3; 16]),
            new_offset: 60,
        };
        let first = IndexFile::new(vec![], vec![pack(1)], vec![]);
        let second = IndexFile::new(vec![], vec![pack(2)], vec![]);
        let third = IndexFile::new(vec![first.id], vec![pack(3)], vec![moved]);
        let index = PackIndex::of(vec![first.clone(), third.clone(), second.clone()]);
        assert_eq!(index.superseded(), [first.id]);
        assert_eq!(index.current(), [third.id, second.id]);
        assert_eq!(index.pack(PackId([1; 16])), None);
        assert_eq!(index.packs().count(), 2);
        assert_eq!(index.locate(PackId([1; 16]), 48, 10), (PackId([3; 16]), 60));
        assert_eq!(index.locate(PackId([1; 16]), 49, 10), (PackId([1; 16]), 49));
        assert_eq!(index.relocations(), [moved]);
    }
}
