//! Heads: what the vault holds, signed (`docs/spec/vault.md` §9).
//!
//! Heads are numbered, and storage never replaces a file, so putting the next head is what decides between two that finish at
//! once: the second finds the number taken, looks again at what is there, and takes the next.

mod file;

use std::collections::HashSet;

use sealkeep_crypto::hash;
use sealkeep_keystore::dsse;

pub use file::{Head, Listed};

use super::description::VaultFile;
use super::error::{Error, Refused, Result};
use super::index::IndexFile;
use super::keyring::Keyring;
use super::pack::PackId;
use super::session::{decode_snapshot, snapshot_name};
use super::storage::Storage;

/// The newest head that this vault signed, with the bytes of its file, and the names of newer ones that cannot be believed.
///
/// # Errors
/// `Io`.
pub fn newest(storage: &dyn Storage, vault: &VaultFile) -> Result<Newest> {
    let mut refused = Vec::new();
    for (sequence, name) in numbered(storage)?.into_iter().rev() {
        let bytes = match storage.read(&name, file::MOST) {
            // Removed since it was listed: a newer one has come.
            Err(Error::Missing(_)) => return newest(storage, vault),
            Err(error) if error.is_unreadable() => {
                refused.push((name, Refused::Unreadable));
                continue;
            }
            other => other?,
        };
        match Head::open(&bytes, vault.vault, &vault.public) {
            Ok(head) if head.sequence == sequence => {
                return Ok(Newest { head: Some(head), bytes, refused });
            }
            Ok(_) => refused.push((name, Refused::Malformed)),
            Err(reason) => refused.push((name, reason)),
        }
    }
    Ok(Newest { head: None, bytes: Vec::new(), refused })
}

/// Heads of any number that are there and cannot be believed.
///
/// # Errors
/// `Io`.
pub fn refused(storage: &dyn Storage, vault: &VaultFile) -> Result<Vec<(String, Refused)>> {
    let mut refused = Vec::new();
    for (sequence, name) in numbered(storage)? {
        let opened = match storage.read(&name, file::MOST) {
            // Removed since it was listed.
            Err(Error::Missing(_)) => continue,
            Err(Error::TooLarge(_)) => Err(Refused::Malformed),
            Err(error) if error.is_unreadable() => Err(Refused::Unreadable),
            Err(error) => return Err(error),
            Ok(bytes) => Head::open(&bytes, vault.vault, &vault.public),
        };
        match opened {
            Ok(head) if head.sequence == sequence => {}
            Ok(_) => refused.push((name, Refused::Malformed)),
            Err(reason) => refused.push((name, reason)),
        }
    }
    Ok(refused)
}

/// What [`newest`] found.
#[derive(Clone, Debug)]
pub struct Newest {
    /// The head; a vault that was never backed up to may have none.
    pub head: Option<Head>,
    /// The bytes of its file.
    pub bytes: Vec<u8>,
    /// Files with greater numbers that are not heads of this vault.
    pub refused: Vec<(String, Refused)>,
}

/// Writes the head of all that is there now, but for the files in `without`, which are about to be removed; then removes old
/// heads but the last sixteen.
///
/// # Errors
/// `Io`; `Refused` if no number is left.
pub fn write_next(
    storage: &dyn Storage,
    vault: &VaultFile,
    keys: &Keyring,
    now: u64,
    without: &[String],
) -> Result<Head> {
    loop {
        let before = newest(storage, vault)?;
        let taken = numbered(storage)?;
        let last = taken.last().map_or(0, |(sequence, _)| *sequence);
        let next = last.checked_add(1).ok_or_else(|| {
            let name = taken.last().map(|(_, name)| name.clone()).unwrap_or_default();
            Error::refused(name)(Refused::Malformed)
        })?;
        let head = Head {
            sequence: next,
            time: now,
            before: match &before.head {
                Some(_) => hash(keys.suite(), &[&before.bytes]),
                None => [0; 32],
            },
            files: contents(storage, vault, keys, before.head.as_ref(), without)?,
        };
        match storage.put_bytes(&Head::name(next), &head.encode(keys)) {
            Err(Error::Exists(_)) => continue,
            other => other?,
        }
        for (sequence, name) in &taken {
            let believed = !before.refused.iter().any(|(refused, _)| refused == name);
            let last = before.head.as_ref().is_some_and(|head| head.sequence == *sequence);
            if !last && (!believed || !is_kept(*sequence, next)) {
                storage.delete(name)?;
            }
        }
        return Ok(head);
    }
}

/// [`write_next`] for a vault whose indexes were made anew: names what is there now, whatever the head before named.
///
/// # Errors
/// As [`write_next`].
pub(crate) fn write_anew(
    storage: &dyn Storage,
    vault: &VaultFile,
    keys: &Keyring,
    now: u64,
    gone: &[String],
) -> Result<Head> {
    let named = newest(storage, vault)?.head.map_or(Vec::new(), |head| head.files);
    let mut without: Vec<String> = named.into_iter().map(|file| file.name).collect();
    let is_gone = |name: &String| {
        gone.contains(name) || name == super::description::NAME || storage.length(name).is_err()
    };
    without.retain(is_gone);
    write_next(storage, vault, keys, now, &without)
}

/// The files that a head names. What the head before named is named again as it was, though it be missing or another now: files
/// never change, and what was lost must stay known as lost.
fn contents(
    storage: &dyn Storage,
    vault: &VaultFile,
    keys: &Keyring,
    before: Option<&Head>,
    without: &[String],
) -> Result<Vec<Listed>> {
    let without: HashSet<&str> = without.iter().map(String::as_str).collect();
    let mut files: Vec<Listed> = before.map_or(Vec::new(), |head| head.files.clone());
    files.retain(|file| !without.contains(file.name.as_str()));
    for folder in FOLDERS {
        for (name, _) in storage.list(folder)? {
            let known = before.is_some_and(|head| head.file(&name).is_some());
            if known || without.contains(name.as_str()) || !is_named(&name) {
                continue;
            }
            let bytes = match storage.read(&name, u32::MAX.into()) {
                Err(Error::Missing(_)) => continue,
                other => other?,
            };
            // Whoever can write here could leave anything; what a head names is believed by copies.
            if is_ours(&name, &bytes, vault) {
                let digest = hash(keys.suite(), &[&bytes]);
                files.push(Listed { name, length: bytes.len() as u64, digest });
            }
        }
    }
    let name = super::description::NAME.to_owned();
    if before.is_none_or(|head| head.file(&name).is_none()) {
        let bytes = storage.read(&name, u32::MAX.into())?;
        let digest = hash(keys.suite(), &[&bytes]);
        files.push(Listed { name, length: bytes.len() as u64, digest });
    }
    files.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// Whether a file that no head has named yet was signed by the vault.
fn is_ours(name: &str, bytes: &[u8], vault: &VaultFile) -> bool {
    let public = &vault.public;
    match name.split_once('/') {
        Some(("index", _)) => {
            IndexFile::verify(bytes, vault.vault, public).is_ok_and(|index| index.id.name() == name)
        }
        Some(("snapshots", _)) => decode_snapshot(bytes, vault.vault, public)
            .is_ok_and(|snapshot| snapshot_name(snapshot.id) == name),
        Some(("register", _)) => dsse::verify("register", bytes, public).is_ok(),
        Some(("records", last)) => {
            let kind = last.split_once('-').and_then(|(_, rest)| rest.rsplit_once('-'));
            kind.is_some_and(|(kind, _)| dsse::verify(kind, bytes, public).is_ok())
        }
        _ => true,
    }
}

/// Whether a file of this name belongs into a head: no packs, heads, listings, and nothing that no vault would write.
#[must_use]
pub fn is_named(name: &str) -> bool {
    let Some((folder, last)) = name.split_once('/') else {
        return name == super::description::NAME;
    };
    match folder {
        "index" | "snapshots" => PackId::parse(last).is_some(),
        "register" => sequence(last).is_some(),
        "records" => !last.contains('/') && super::storage::check_name(name).is_ok(),
        _ => false,
    }
}

/// Whether a head is kept when the newest has this number.
pub(crate) fn is_kept(sequence: u64, newest: u64) -> bool {
    sequence.saturating_add(KEPT) > newest
}

/// The heads that are there by name, the newest last.
fn numbered(storage: &dyn Storage) -> Result<Vec<(u64, String)>> {
    let listed = storage.list(file::PREFIX)?;
    let number = |name: String| Some((Head::number(&name)?, name));
    let mut found: Vec<_> = listed.into_iter().filter_map(|(name, _)| number(name)).collect();
    found.sort_unstable();
    Ok(found)
}

/// The number that these 16 hexadecimal digits are.
pub(crate) fn sequence(digits: &str) -> Option<u64> {
    let lower = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    let fits = digits.len() == 16 && digits.bytes().all(lower);
    fits.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

const FOLDERS: [&str; 4] = ["index/", "records/", "register/", "snapshots/"];
/// So many heads a vault keeps that a copy which is some days old is known by its own.
const KEPT: u64 = 16;

#[cfg(test)]
mod tests;
