//! From what somebody wants to have destroyed to the list of what that is. Looks only; nothing is changed.

mod assemble;
mod keys;
mod objects;

use std::collections::BTreeMap;

use sealkeep_keystore::approval::inventory::{Extra, ItemDigest, Method};
use sealkeep_keystore::approval::{ItemKind, Text};
use sealkeep_keystore::{KeyFacts, KeyId};

use super::blocked::Blocked;
use super::choice::{Choice, Options};
use super::error::{Error, Result};
use super::overwrite::{self, Listed, Target};
use super::places::{self, CopyPlace};
use super::request_files::RequestFiles;
use crate::envelope::Run;
use crate::keys::StoreKeys;
use crate::vault::Vault;
use crate::wipe;

/// Where things are looked for. The vault, if there is one, has its keys from the same key store.
#[derive(Clone, Copy)]
pub struct Sources<'s> {
    /// The key store.
    pub keys: &'s StoreKeys,
    /// The vault.
    pub vault: Option<&'s Vault>,
}

/// Everything that was found.
#[derive(Debug)]
pub struct Resolution {
    /// In the order of the inventory; the review key is not there yet.
    pub found: Vec<Found>,
    /// Registered copies, as items name them.
    pub copies: Vec<CopyPlace>,
    /// What must be kept. As long as there is any, nothing is requested.
    pub blocked: Vec<Blocked>,
    /// What stays behind somewhere for a while.
    pub residual: Vec<Text>,
    /// What is not destroyed by this.
    pub not_covered: Vec<Text>,
    /// Keys of objects that hold some of the same content and stay.
    pub sharing: Vec<KeyId>,
    /// Listed keys that are destroyed already.
    pub gone: usize,
    /// Names of the scopes that the items are in, by id.
    pub scopes: BTreeMap<KeyId, String>,
}

/// One thing to be destroyed.
#[derive(Clone, Debug)]
pub struct Found {
    /// What it is.
    pub kind: ItemKind,
    /// What officers know it by: a path, a label, the text on a medium.
    pub name: String,
    /// Why it is in the list.
    pub origin: Origin,
    /// What the key store says of its key; none for scopes and what has no key.
    pub facts: Option<KeyFacts>,
    /// The id of the scope, for scopes.
    pub scope: Option<KeyId>,
    /// The highest level that key store, rules or the applicant give it.
    pub level: u8,
    /// Bytes of ciphertext, or of the file.
    pub size: Option<u64>,
    /// Digest of the ciphertext.
    pub digest: Option<ItemDigest>,
    /// How it is destroyed.
    pub method: Method,
    /// Which of the copies may hold it.
    pub copies: Vec<u32>,
    /// The class of its record in the retention policy, and from when on it need not be kept, Unix seconds.
    pub retention: Option<(String, Option<u64>)>,
    /// What else is known.
    pub extra: Option<Extra>,
    /// What is overwritten, if anything is.
    pub(super) target: Option<Target>,
}

/// Why something is in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// It was chosen.
    Chosen,
    /// Its scope was chosen.
    Scope,
    /// An earlier or later generation of a path that was chosen.
    Generation,
    /// A file that was chosen had this name before, or has it since.
    Renamed,
    /// Another name of a file that was chosen.
    HardLink,
}

impl Resolution {
    /// The highest level of all that was found.
    #[must_use]
    pub fn level(&self) -> u8 {
        self.found.iter().map(|one| one.level).max().unwrap_or(0)
    }

    /// Has files and devices overwritten by another method.
    ///
    /// # Errors
    /// `Method`.
    pub fn overwrite_by(&mut self, method: &str) -> Result<()> {
        wipe::Method::find(method).ok_or_else(|| Error::Method(method.to_owned()))?;
        for one in self.found.iter_mut().filter(|one| matches!(one.method, Method::Wipe(_))) {
            one.method = Method::Wipe(method.to_owned());
            one.target.iter_mut().for_each(|target| target.method = method.to_owned());
        }
        Ok(())
    }

    /// Looks whether everything that is to be overwritten could be as things are now. `files` are those of requests.
    ///
    /// # Errors
    /// `NotOverwritable`, `Wipe`.
    pub fn survey(&self, files: &RequestFiles) -> Result<()> {
        overwrite::survey(&self.overwritten(), files.dir())
    }

    /// What is overwritten, by number.
    pub(super) fn overwritten(&self) -> Vec<Listed> {
        let numbered = self.found.iter().zip(0..);
        numbered
            .filter_map(|(one, item)| Some(Listed { item, target: one.target.clone()? }))
            .collect()
    }

    /// How many there are of each kind.
    #[must_use]
    pub fn kinds(&self) -> BTreeMap<ItemKind, u64> {
        let mut kinds = BTreeMap::new();
        self.found.iter().for_each(|one| *kinds.entry(one.kind).or_default() += 1);
        kinds
    }

    /// How many there are for each reason.
    #[must_use]
    pub fn origins(&self) -> BTreeMap<Origin, u64> {
        let mut origins = BTreeMap::new();
        self.found.iter().for_each(|one| *origins.entry(one.origin).or_default() += 1);
        origins
    }
}

/// Finds everything that the options mean.
///
/// # Errors
/// `NeedsVault`, `OtherVault`, `NoSnapshot`, `Pattern`, `Reserved`, `Method`; what reading the vault, the key store or files can end with.
pub fn resolve(sources: &Sources<'_>, options: &Options, run: &Run<'_>) -> Result<Resolution> {
    let overwriting = options.overwrite_sealed.iter().chain([&options.method]);
    for method in overwriting {
        wipe::Method::find(method).ok_or_else(|| Error::Method(method.clone()))?;
    }
    if sources.vault.is_none() && options.choices.iter().any(Choice::needs_vault) {
        return Err(Error::NeedsVault);
    }
    let copies = places::copies(sources.keys, sources.vault)?;
    let scoped = keys::scopes(sources.keys, options)?;
    let objects = match sources.vault {
        Some(vault) => Some(objects::find(vault, options, &scoped, sources.keys, run)?),
        None => None,
    };
    assemble::assemble(sources, options, copies, scoped, objects, run)
}
