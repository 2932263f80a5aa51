//! Checking a copy, or a vault, without any key.

use std::time::Duration;

use super::contents::{Item, Packs, Surplus, Wrong, read_listed};
use crate::envelope::Run;
use crate::parallel::parallel;
use crate::vault::description::{self, VaultFile};
use crate::vault::error::{self, Error, Refused, Result};
use crate::vault::head::{self, Head};
use crate::vault::pack::{PackFault, PackPart, verify_pack};
use crate::vault::storage::{Lock, Storage};

/// What a check found. It says that the copy is what the vault signed; whether its head is the newest, only the vault knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyCheck {
    /// The vault's id.
    pub vault: [u8; 16],
    /// The fingerprint of the key that signed everything.
    pub fingerprint: String,
    /// The number of the newest head and when it was written; none if no sync has come to its end.
    pub head: Option<(u64, u64)>,
    /// Files that the head stands for.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that are not there.
    pub missing: Vec<String>,
    /// What is there and is wrong.
    pub rotten: Vec<Rotten>,
    /// Files for which the head has no use. After a sync that was interrupted, what it had brought is among them.
    pub stray: Vec<String>,
}

/// A file that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotten {
    /// Which.
    pub name: String,
    /// What is wrong, and where.
    pub fault: PackFault,
}

impl CopyCheck {
    /// Whether it can be restored from as if it were the vault at the time of its head.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.head.is_some() && self.missing.is_empty() && self.rotten.is_empty()
    }
}

/// Reads everything in a copy and compares it with its newest head. `trusted` is the fingerprint that was noted when the vault
/// was made; without it, the copy is only found to be consistent in itself.
///
/// # Errors
/// `NotAVault`, `Refused` if the file `vault` is damaged or has another fingerprint, `Io`, `Busy`, `Cancelled`.
pub fn check(
    copy: &dyn Storage,
    trusted: Option<&str>,
    wait: Duration,
    run: &Run<'_>,
) -> Result<CopyCheck> {
    let vault = VaultFile::read(copy)?;
    check_fingerprint(&vault, trusted)?;
    let _reading = copy.lock(Lock::Shared, wait)?;
    let newest = head::newest(copy, &vault)?;
    let refused = head::refused(copy, &vault)?;
    let mut found = CopyCheck {
        vault: vault.vault,
        fingerprint: vault.fingerprint(),
        head: newest.head.as_ref().map(|head| (head.sequence, head.time)),
        files: 0,
        bytes: 0,
        missing: Vec::new(),
        rotten: refused_heads(copy, &refused)?,
        stray: Vec::new(),
    };
    let listed = copy.list("")?;
    let nothing = Head { sequence: 0, time: 0, before: [0; 32], files: Vec::new() };
    let head = newest.head.as_ref().unwrap_or(&nothing);
    let packs = Packs::of(copy, &vault, head)?.packs;
    let surplus = Surplus::of(&listed, head, &packs);
    let refused = |name: &String| refused.iter().any(|(refused, _)| refused == name);
    found.stray = surplus.unnamed.into_iter().chain(surplus.foreign).collect();
    found
        .stray
        .retain(|name| !refused(name) && (newest.head.is_some() || name != description::NAME));
    found.stray.sort_unstable();

    let items = items(head, packs);
    found.files = items.len() as u64 + u64::from(newest.head.is_some());
    found.bytes = items.iter().map(Item::length).sum::<u64>() + newest.bytes.len() as u64;
    for (at, faults) in inspect(copy, &vault, &items, run)? {
        let name = items[at].name();
        if faults.iter().any(|fault| fault.part == PackPart::Missing) {
            found.missing.push(name);
            continue;
        }
        found.rotten.extend(faults.into_iter().map(|fault| Rotten { name: name.clone(), fault }));
    }
    found.missing.sort_unstable();
    found.rotten.sort_by(|one, other| {
        (&one.name, one.fault.offset).cmp(&(&other.name, other.fault.offset))
    });
    Ok(found)
}

/// # Errors
/// `Refused` if the vault has not the fingerprint that it should have.
pub(super) fn check_fingerprint(vault: &VaultFile, trusted: Option<&str>) -> Result<()> {
    let fits = trusted.is_none_or(|trusted| trusted.eq_ignore_ascii_case(&vault.fingerprint()));
    if fits { Ok(()) } else { Err(Error::refused(description::NAME)(Refused::ForeignVault)) }
}

/// All files of a head, packs first, since they take longest.
pub(super) fn items(head: &Head, packs: Vec<crate::vault::pack::PackInfo>) -> Vec<Item> {
    let files = head.files.iter().cloned().map(Item::File);
    packs.into_iter().map(Item::Pack).chain(files).collect()
}

/// Reads all these files; the faults of those that have any, by their place in the list.
///
/// # Errors
/// `Io`, `Cancelled`.
pub(super) fn inspect(
    storage: &dyn Storage,
    vault: &VaultFile,
    items: &[Item],
    run: &Run<'_>,
) -> Result<Vec<(usize, Vec<PackFault>)>> {
    let look = |at: usize, (): &mut ()| match &items[at] {
        Item::Pack(pack) => verify_pack(storage, vault.suite(), vault.vault, pack, run),
        Item::File(file) => {
            error::check(run)?;
            let read = read_listed(storage, vault, file)?;
            (run.progress)(file.length);
            let fault = |part, length| PackFault { part, offset: 0, length };
            Ok(match read {
                Ok(_) => Vec::new(),
                Err(Wrong::Missing) => vec![fault(PackPart::Missing, file.length)],
                Err(Wrong::Length(found)) => vec![fault(PackPart::Length, found)],
                Err(Wrong::Content) => vec![fault(PackPart::Data, file.length)],
                Err(Wrong::Unreadable) => vec![fault(PackPart::Unreadable, file.length)],
            })
        }
    };
    let mut bad = Vec::new();
    for (at, faults) in parallel(run.workers, items.len(), look, Result::is_err) {
        let faults = faults?;
        if !faults.is_empty() {
            bad.push((at, faults));
        }
    }
    Ok(bad)
}

/// Heads that are there and cannot be believed.
fn refused_heads(copy: &dyn Storage, refused: &[(String, Refused)]) -> Result<Vec<Rotten>> {
    let mut rotten = Vec::new();
    for (name, reason) in refused {
        let (part, length) = match reason {
            Refused::Unreadable => (PackPart::Unreadable, 0),
            _ => (PackPart::Data, copy.length(name)?),
        };
        rotten.push(Rotten { name: name.clone(), fault: PackFault { part, offset: 0, length } });
    }
    Ok(rotten)
}
