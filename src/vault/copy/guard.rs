//! Whether a copy may be changed: an emptied, exchanged or rolled-back vault must not take its copies with it.

use crate::vault::description::{self, VaultFile};
use crate::vault::error::{Error, Refused, Result};
use crate::vault::head::{self, Head, Newest};
use crate::vault::storage::Storage;

use super::contents::is_local;

/// What the copy was before.
#[derive(Debug)]
pub(super) enum Before {
    /// Nothing is there yet.
    Empty,
    /// It is a copy of this vault; the number of its head, if a sync has ever come to its end.
    Copy(Option<u64>),
}

/// Looks at a copy before anything in it is changed.
///
/// # Errors
/// `NotEmpty` if something else is there; `Refused` if it is of another vault, or its file `vault` is damaged; `CopyAhead`,
/// `CopyDiverged`; `Io`.
pub(super) fn look(
    main: &dyn Storage,
    vault: &VaultFile,
    newest: &Newest,
    copy: &dyn Storage,
    known: Option<u64>,
) -> Result<Before> {
    let theirs = match VaultFile::read(copy) {
        Err(Error::NotAVault(place)) => {
            let listed = copy.list("")?;
            let empty = listed.iter().all(|(name, _)| is_local(name));
            return if empty { Ok(Before::Empty) } else { Err(Error::NotEmpty(place)) };
        }
        other => other?,
    };
    if theirs != *vault {
        return Err(Error::refused(description::NAME)(Refused::ForeignVault));
    }
    let ours = newest.head.as_ref().map_or(0, |head| head.sequence);
    let copied = head::newest(copy, vault)?;
    let highest = highest(&copied);
    if highest > ours {
        return Err(Error::CopyAhead { copy: highest, vault: ours });
    }
    let Some(head) = copied.head else { return Ok(Before::Copy(None)) };
    match continues(main, newest, &head, &copied.bytes)? {
        Some(false) => return Err(Error::CopyDiverged(head.sequence)),
        None if known.is_some_and(|known| head.sequence > known) => {
            return Err(Error::CopyDiverged(head.sequence));
        }
        _ => {}
    }
    Ok(Before::Copy(Some(head.sequence)))
}

/// The highest number of a head that is there, damaged or not.
pub(super) fn highest(newest: &Newest) -> u64 {
    let refused = newest.refused.iter().filter_map(|(name, _)| Head::number(name));
    let head = newest.head.as_ref().map(|head| head.sequence);
    refused.chain(head).max().unwrap_or(0)
}

/// Whether the vault had this head once; `None` if it keeps no heads that old.
fn continues(
    main: &dyn Storage,
    newest: &Newest,
    head: &Head,
    bytes: &[u8],
) -> Result<Option<bool>> {
    if newest.head.as_ref().is_some_and(|ours| ours.sequence == head.sequence) {
        return Ok(Some(newest.bytes == bytes));
    }
    match main.read(&Head::name(head.sequence), bytes.len() as u64) {
        Ok(ours) => Ok(Some(ours == bytes)),
        Err(Error::TooLarge(_)) => Ok(Some(false)),
        Err(Error::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
