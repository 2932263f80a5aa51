//! Making the indexes of a vault anew from its packs and the key store.

use std::collections::HashSet;
use std::sync::Arc;

use sealkeep_crypto::Suite;

use super::description::VaultFile;
use super::error::{Error, Refused, Result, check};
use super::head;
use super::index::{IndexFile, IndexId, PREFIX, PackIndex, Relocation};
use super::keyring::Keyring;
use super::pack::{self, PackId, PackInfo, PackKind, read_info, read_manifest_blobs};
use super::session::{Access, SharedKeys, Vault, decode_snapshot, now, own_scope, snapshot_name};
use super::snapshot;
use super::storage::{Lock, Storage};
use crate::envelope::Run;

/// What was found and made anew.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// Whether the file `vault` was missing.
    pub vault_file: bool,
    /// Packs of this vault.
    pub packs: u64,
    /// Files in `packs/` that are not whole packs of this vault, and why.
    pub refused: Vec<(String, Error)>,
    /// Snapshots that were missing and are there again; among them may be some that had been forgotten and not pruned.
    pub snapshots: u64,
    /// Snapshots that lack segments.
    pub incomplete: u64,
}

/// Makes index, snapshots and head anew, and the file `vault` if it is missing. Packs are not changed.
///
/// # Errors
/// `NotAVault` if there is no pack to tell which vault it was; `OwnKey`, `Keys`, `Busy`, `Io`, `Cancelled`.
pub fn rebuild(
    storage: &Arc<dyn Storage>,
    keys: &SharedKeys,
    access: Access,
    run: &Run<'_>,
) -> Result<Rebuilt> {
    let mut rebuilt = Rebuilt::default();
    match VaultFile::read(&**storage) {
        Ok(_) => {}
        // Only what is missing or cannot be believed is made anew; what cannot be read now may be good.
        Err(Error::NotAVault(_) | Error::Refused { .. } | Error::TooLarge(_)) => {
            let _lock = storage.lock(Lock::Exclusive, access.wait)?;
            restore_vault_file(&**storage, keys)?;
            rebuilt.vault_file = true;
        }
        Err(error) => return Err(error),
    }
    let vault = Vault::open(
        Arc::clone(storage),
        Arc::clone(keys),
        Access { lock: Lock::Exclusive, ..access },
    )?;
    // What index files still say counts more than what packs say of themselves: a pack that is missing or damaged stays named, so
    // that it can be repaired from a copy.
    let index = PackIndex::load_readable(&**storage, vault.keyring())?;
    let mut found = Found {
        packs: index.packs().copied().collect(),
        relocations: index.relocations().to_vec(),
        snapshots: Vec::new(),
    };
    for (name, _) in storage.list("packs/")? {
        check(run)?;
        let refuse = || Error::refused(&name)(Refused::Malformed);
        let info = PackId::from_name(&name)
            .ok_or_else(refuse)
            .and_then(|id| read_info(&**storage, vault.suite(), vault.id(), id));
        match info {
            Ok(info) => {
                found.look_into(&vault, &info)?;
                found.add(info);
            }
            // What cannot be read now may be good.
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(error) => rebuilt.refused.push((name, error)),
        }
    }
    rebuilt.packs = found.packs.len() as u64;
    found.publish(&vault, &mut rebuilt)?;
    Ok(rebuilt)
}

/// What packs tell.
struct Found {
    packs: Vec<PackInfo>,
    relocations: Vec<Relocation>,
    /// Snapshots, as signed files.
    snapshots: Vec<Vec<u8>>,
}

impl Found {
    /// Adds a pack that no index named.
    fn add(&mut self, info: PackInfo) {
        if !self.packs.iter().any(|pack| pack.id == info.id) {
            self.packs.push(info);
        }
    }

    fn look_into(&mut self, vault: &Vault, info: &PackInfo) -> Result<()> {
        if info.kind != PackKind::Manifest {
            return Ok(());
        }
        for blob in read_manifest_blobs(&**vault.storage(), info.id)?.iter() {
            if blob.bytes.starts_with(snapshot::MAGIC) {
                self.snapshots.push(blob.bytes.to_vec());
            } else if let Ok(index) = IndexFile::open(blob.bytes, vault.keyring()) {
                self.relocations.extend(index.relocations);
            }
        }
        Ok(())
    }

    fn publish(mut self, vault: &Vault, rebuilt: &mut Rebuilt) -> Result<()> {
        let storage = &**vault.storage();
        let there: HashSet<PackId> = self.packs.iter().map(|pack| pack.id).collect();
        // Where a pack that was moved to has gone, another relocation of the same place counts.
        self.relocations.retain(|one| there.contains(&one.new_pack));
        let old: Vec<IndexId> =
            storage.list(PREFIX)?.iter().filter_map(|(name, _)| IndexId::from_name(name)).collect();
        let index = IndexFile::new(old.clone(), self.packs, self.relocations);
        let packs = PackIndex::of(vec![index.clone()]);
        index.write(storage, vault.keyring())?;
        for bytes in self.snapshots {
            let Ok(file) = decode_snapshot(&bytes, vault.id(), &vault.file().public) else {
                continue;
            };
            let whole = vault.segments(&file)?.iter().all(|place| {
                let (pack, _) = packs.locate(place.at.pack, place.at.offset, place.at.length);
                there.contains(&pack)
            });
            if !whole {
                rebuilt.incomplete += 1;
                continue;
            }
            let name = snapshot_name(file.id);
            match storage.read(&name, bytes.len() as u64) {
                Ok(there) if there == bytes => continue,
                Err(Error::Missing(_)) => {}
                // What is there under its name is another.
                Ok(_) | Err(Error::TooLarge(_)) => storage.delete(&name)?,
                Err(error) => return Err(error),
            }
            storage.put_bytes(&name, &bytes)?;
            rebuilt.snapshots += 1;
        }
        let without: Vec<String> = old.iter().map(IndexId::name).collect();
        head::write_anew(storage, vault.file(), vault.keyring(), now(), &without)?;
        without.iter().try_for_each(|name| storage.delete(name))?;
        vault.forget_packs();
        Ok(())
    }
}

/// Finds out from the packs which vault it was, and from the key store which keys it had.
fn restore_vault_file(storage: &dyn Storage, keys: &SharedKeys) -> Result<()> {
    let none = || Error::NotAVault(storage.describe());
    let mut first = None;
    for (name, _) in storage.list("packs/")? {
        if let Some(id) = PackId::from_name(&name)
            && let Some(found) = pack::owner(storage, id)?
        {
            first = Some(found);
            break;
        }
    }
    let (suite, vault): (Suite, [u8; 16]) = first.ok_or_else(none)?;
    let labelled = keys.labelled(&own_scope(&vault)).map_err(Error::Keys)?;
    let id = |label: &[u8]| {
        labelled.iter().find(|(_, found)| found == label).map(|(id, _)| *id).ok_or_else(none)
    };
    let (maintenance, signing) = (id(b"maintenance")?, id(b"signing")?);
    let opened = keys.open_many(&[maintenance, signing]).map_err(Error::Keys)?;
    let mut opened = opened.into_iter().map(|key| key.map_err(Error::OwnKey));
    let mut next = || opened.next().expect("as many as were asked for");
    let ((_, maintenance_key), (_, signing_key)) = (next()?, next()?);
    let keyring = Keyring::new(suite, vault, maintenance_key, &signing_key);
    let file = VaultFile {
        vault,
        created: now(),
        pack_size: PACK_SIZE,
        maintenance,
        signing,
        public: keyring.public(),
    };
    storage.delete(super::description::NAME)?;
    file.write(storage, keyring.signer())
}

/// What a vault that is made anew writes packs of: the usual size.
const PACK_SIZE: u32 = 32 << 20;
