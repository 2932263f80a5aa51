//! Registered copies, and whether they can be reached now.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use sealkeep_keystore::approval::{CopyOf, Name, RegisteredCopy, Text};
use sealkeep_keystore::{CopyStatus, KeyStore};

use super::error::{Error, Result};
use crate::keys::StoreKeys;
use crate::vault::register::{Medium, MediumState, Register};
use crate::vault::{Directory, PackId, Storage, Vault, VaultFile};

/// A registered copy of the vault or of the key store.
#[derive(Clone, Debug)]
pub struct CopyPlace {
    /// As the request has it.
    pub registered: RegisteredCopy,
    /// When the vault's copy is due to be synced, Unix seconds.
    pub due: Option<u64>,
    /// What the register of the vault says, for copies of the vault.
    pub medium: Option<Medium>,
    /// What the key store says, for its copies.
    pub status: Option<CopyStatus>,
    /// Names of the packs that lie there; none if that is not known.
    pub(super) packs: Option<HashSet<String>>,
}

impl CopyPlace {
    /// Whether it holds a version of which the segment lies in this pack, as far as can be told.
    pub(super) fn may_hold(&self, pack: PackId, first: u64) -> bool {
        match (&self.packs, &self.medium) {
            (Some(packs), _) => packs.contains(&pack.name()),
            // It was away before the object was there; a copy that was never whole may hold anything.
            (None, Some(medium)) => medium.last_sync.is_none_or(|sync| sync.time >= first),
            (None, None) => true,
        }
    }
}

/// All copies that are registered and may still hold something: of the vault, then of the key store.
///
/// # Errors
/// If a register cannot be read.
pub(super) fn copies(keys: &StoreKeys, vault: Option<&Vault>) -> Result<Vec<CopyPlace>> {
    let mut all = Vec::new();
    if let Some(vault) = vault {
        let register = Register::load(&**vault.storage(), vault.file())?;
        for medium in register.media().iter().filter(|one| one.copy) {
            if medium.state != MediumState::Destroyed {
                all.push(vault_copy(vault, medium)?);
            }
        }
    }
    for status in keys.copy_status()? {
        all.push(keystore_copy(status)?);
    }
    Ok(all)
}

/// Whether the register has media that are no copies.
pub(super) fn has_other_media(vault: &Vault) -> Result<bool> {
    let register = Register::load(&**vault.storage(), vault.file())?;
    let there = |one: &&Medium| !matches!(one.state, MediumState::Destroyed);
    Ok(register.media().iter().filter(there).any(|one| !one.copy))
}

/// The files of a vault's copy, if it can be reached and is one of this vault.
pub(super) fn reach(vault: [u8; 16], place: &str) -> Option<Arc<dyn Storage>> {
    if place.is_empty() {
        return None;
    }
    let path = PathBuf::from(place);
    within(REACH, move || {
        let storage: Arc<dyn Storage> = Arc::new(Directory::open(&path).ok()?);
        let file = VaultFile::read(&*storage).ok()?;
        (file.vault == vault).then_some(storage)
    })?
}

/// What `work` gives, if it does within this time. A network share that hangs keeps the thread, not us.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, answer) = channel();
    thread::spawn(move || drop(done.send(work())));
    answer.recv_timeout(limit).ok()
}

fn vault_copy(vault: &Vault, medium: &Medium) -> Result<CopyPlace> {
    let storage = reach(vault.id(), &medium.place);
    let packs = storage.as_ref().and_then(|storage| {
        let storage = Arc::clone(storage);
        within(LIST, move || storage.list("packs/").ok())?
    });
    let packs = packs.map(|listed| listed.into_iter().map(|(name, _)| name).collect());
    let seen = medium.last_sync.map(|sync| sync.time);
    let registered =
        registered(CopyOf::VaultCopy, &medium.id, &medium.place, storage.is_some(), seen)?;
    let due = seen.filter(|_| medium.sync_days > 0);
    let due = due.map(|time| time.saturating_add(u64::from(medium.sync_days) * DAY));
    Ok(CopyPlace { registered, due, medium: Some(medium.clone()), status: None, packs })
}

fn keystore_copy(status: CopyStatus) -> Result<CopyPlace> {
    let location = status.copy.location.clone();
    let reachable = !status.copy.given_up
        && within(status.copy.timeout, move || KeyStore::check_copy(&location).is_ok())
            .unwrap_or(false);
    let id: String = status.copy.id.iter().map(|byte| format!("{byte:02x}")).collect();
    let place = status.copy.location.dir.to_string_lossy().into_owned();
    let registered = registered(CopyOf::KeystoreCopy, &id, &place, reachable, status.when)?;
    Ok(CopyPlace { registered, due: None, medium: None, status: Some(status), packs: None })
}

fn registered(
    what: CopyOf,
    id: &str,
    place: &str,
    reachable: bool,
    seen: Option<u64>,
) -> Result<RegisteredCopy> {
    let id = Name::try_from(id).map_err(|_| Error::TooLong("the id of a copy"))?;
    let place = Text::try_from(place).map_err(|_| Error::TooLong("the place of a copy"))?;
    Ok(RegisteredCopy { what, id, place, reachable, seen })
}

const DAY: u64 = 86_400;
/// How long a copy may take to answer at all, and to list its packs.
pub(super) const REACH: Duration = Duration::from_secs(10);
const LIST: Duration = Duration::from_secs(120);
