//! Everything that a head stands for.

use std::collections::HashSet;

use sealkeep_crypto::hash;

use crate::vault::description::VaultFile;
use crate::vault::error::{Error, Refused, Result};
use crate::vault::head::{Head, Listed, is_kept, is_named};
use crate::vault::index::{IndexFile, IndexId, PackIndex};
use crate::vault::pack::{PackId, PackInfo};
use crate::vault::storage::Storage;

/// A file that a vault or a copy has to have.
#[derive(Clone, Debug)]
pub(super) enum Item {
    File(Listed),
    Pack(PackInfo),
}

impl Item {
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(file) => file.name.clone(),
            Self::Pack(pack) => pack.id.name(),
        }
    }

    pub(super) fn length(&self) -> u64 {
        match self {
            Self::File(file) => file.length,
            Self::Pack(pack) => pack.length,
        }
    }
}

/// The packs of a head, as far as its index files can be read.
#[derive(Debug, Default)]
pub(super) struct Packs {
    pub(super) packs: Vec<PackInfo>,
    /// Index files that are missing or not what the head says, so that some packs are not known.
    pub(super) unread: Vec<String>,
}

impl Packs {
    /// Reads the index files that a head names. The head has their digests, and each is verified once more: what it says decides what is removed.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn of(storage: &dyn Storage, vault: &VaultFile, head: &Head) -> Result<Self> {
        let mut found = Self::default();
        let mut files = Vec::new();
        for file in &head.files {
            let Some(id) = IndexId::from_name(&file.name) else { continue };
            let parsed = match read_listed(storage, vault, file)? {
                Ok(bytes) => IndexFile::verify(&bytes, vault.vault, &vault.public),
                Err(_) => Err(Refused::Malformed),
            };
            match parsed {
                Ok(index) if index.id == id => files.push(index),
                _ => found.unread.push(file.name.clone()),
            }
        }
        found.packs = PackIndex::of(files).packs().copied().collect();
        found.packs.sort_unstable_by_key(|pack| pack.id);
        Ok(found)
    }

    /// As [`of`](Self::of), for who needs to know all packs.
    ///
    /// # Errors
    /// `Refused` naming an index file that is missing or wrong, `Io`.
    pub(super) fn all_of(
        storage: &dyn Storage,
        vault: &VaultFile,
        head: &Head,
    ) -> Result<Vec<PackInfo>> {
        let found = Self::of(storage, vault, head)?;
        match found.unread.into_iter().next() {
            Some(name) => Err(Error::refused(name)(Refused::Malformed)),
            None => Ok(found.packs),
        }
    }
}

/// What is wrong with a small file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Missing,
    Length(u64),
    Content,
    Unreadable,
}

/// The bytes of a file that a head names, if they are those that it had then.
///
/// # Errors
/// `Io`.
pub(super) fn read_listed(
    storage: &dyn Storage,
    vault: &VaultFile,
    file: &Listed,
) -> Result<std::result::Result<Vec<u8>, Wrong>> {
    match storage.read(&file.name, file.length) {
        Err(Error::Missing(_)) => Ok(Err(Wrong::Missing)),
        Err(Error::TooLarge(_)) => Ok(Err(Wrong::Length(storage.length(&file.name)?))),
        Err(error) if error.is_unreadable() => Ok(Err(Wrong::Unreadable)),
        Err(error) => Err(error),
        Ok(bytes) if bytes.len() as u64 != file.length => {
            Ok(Err(Wrong::Length(bytes.len() as u64)))
        }
        Ok(bytes) if hash(vault.suite(), &[&bytes]) != file.digest => Ok(Err(Wrong::Content)),
        Ok(bytes) => Ok(Ok(bytes)),
    }
}

/// Sorts out what lies in a place by what it is to the vault.
#[derive(Debug, Default)]
pub(super) struct Surplus {
    /// Files with names of the vault that the head does not name, heads that are too old among them.
    pub(super) unnamed: Vec<String>,
    /// Files with other names.
    pub(super) foreign: Vec<String>,
}

impl Surplus {
    /// Of all files in `listed`, those that `head` and `packs` do not account for.
    pub(super) fn of(listed: &[(String, u64)], head: &Head, packs: &[PackInfo]) -> Self {
        let packs: HashSet<PackId> = packs.iter().map(|pack| pack.id).collect();
        let mut surplus = Self::default();
        for (name, _) in listed {
            let known = match (PackId::from_name(name), Head::number(name)) {
                (Some(pack), _) => packs.contains(&pack),
                (_, Some(sequence)) => {
                    sequence <= head.sequence && is_kept(sequence, head.sequence)
                }
                _ => head.file(name).is_some() || is_local(name),
            };
            if known {
                continue;
            }
            let ours =
                PackId::from_name(name).is_some() || Head::number(name).is_some() || is_named(name);
            let list = if ours { &mut surplus.unnamed } else { &mut surplus.foreign };
            list.push(name.clone());
        }
        surplus
    }
}

/// Whether a name belongs to what each place has for itself.
pub(in crate::vault) fn is_local(name: &str) -> bool {
    name == "lock" || name.starts_with("catalogue/")
}
