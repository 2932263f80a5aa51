//! The objects of a segment, opened.

use sealkeep_keystore::KeyId;

use super::Selection;
use crate::keys::Unavailable;
use crate::vault::{
    Error, IndexKey, Kind, Locator, Locators, Mark, Record, Refused, Result, Row, Segment,
    SegmentRef, Vault, open_record,
};

/// An object with all that is needed to restore it.
pub(in crate::backup) struct Object {
    pub(in crate::backup) key: KeyId,
    pub(in crate::backup) record: Record,
    /// Where its chunks lie, one for each.
    pub(in crate::backup) chunks: Vec<Locator>,
}

/// An entry of a segment.
pub(in crate::backup) enum Entry {
    /// It opens.
    Open(Box<Object>),
    /// Its key does not.
    Closed { key: KeyId, mark: Mark, why: Unavailable },
    /// Its key opens, and does not fit to what lies in the vault.
    Broken { key: KeyId, error: Error },
}

/// Opens the entries of a segment that are wanted, and the folders on the way to them. Without an index key all are.
///
/// # Errors
/// If the segment, or the key store, cannot be read.
pub(in crate::backup) fn load(
    vault: &Vault,
    index: Option<&IndexKey>,
    place: &SegmentRef,
    selection: &Selection,
) -> Result<Vec<Entry>> {
    let wanted = match index {
        Some(index) => wanted(&vault.listing(index, place)?, selection),
        None => (0..place.entries as usize).map(|at| (at, Wanted::Certainly)).collect(),
    };
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let segment = vault.segment(place)?;
    let locators = segment.locators(vault.keyring())?;
    let marks: Vec<Mark> =
        selection.paths().iter().map(|path| vault.keyring().mark(path)).collect();
    let is_wanted = |&(at, wanted): &(usize, Wanted)| {
        wanted == Wanted::Certainly || marks.contains(locators.mark(at))
    };
    let wanted: Vec<usize> = wanted.into_iter().filter(is_wanted).map(|(at, _)| at).collect();
    open_entries(vault, &segment, &locators, wanted)
}

/// Opens these entries of a segment.
///
/// # Errors
/// If the key store cannot be read.
pub(in crate::backup) fn open_entries(
    vault: &Vault,
    segment: &Segment,
    locators: &Locators,
    wanted: Vec<usize>,
) -> Result<Vec<Entry>> {
    let ids: Vec<KeyId> = wanted.iter().map(|&at| segment.entry(at).0).collect();
    let keys = vault.keys().open_many(&ids).map_err(Error::Keys)?;
    let open = |(at, key): (usize, _)| {
        let (id, sealed) = segment.entry(at);
        let (suite, secret) = match key {
            Ok(key) => key,
            Err(why) => return Entry::Closed { key: id, mark: *locators.mark(at), why },
        };
        let chunks = locators.chunks(at).to_vec();
        match open_record(suite, &vault.id(), &secret, sealed) {
            Ok(record) if fits(&record, &chunks) => {
                Entry::Open(Box::new(Object { key: id, record, chunks }))
            }
            Ok(_) => broken(id, Refused::Malformed),
            Err(refused) => broken(id, refused),
        }
    };
    Ok(wanted.into_iter().zip(keys).map(open).collect())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Certainly,
    /// If its mark is that of a path that was named.
    Perhaps,
}

/// Which rows of a listing are wanted. Where an object lay that does not open is not known, but what lies beside it is: what has a
/// wanted neighbour was wanted too.
fn wanted(rows: &[Row], selection: &Selection) -> Vec<(usize, Wanted)> {
    let taken: Vec<Option<bool>> = rows
        .iter()
        .map(|row| row.open.as_ref().map(|(description, _)| selection.takes(&description.path)))
        .collect();
    // Other folders are not asked for: their keys may be on hold, or wait for their destruction.
    let is_on_the_way = |row: &Row| {
        row.open.as_ref().is_some_and(|(description, _)| {
            description.attributes.kind == Kind::Directory && selection.leads_on(&description.path)
        })
    };
    let mut wanted = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        match taken[at] {
            Some(taken) if taken || is_on_the_way(row) => wanted.push((at, Wanted::Certainly)),
            Some(_) => {}
            None => {
                let before = taken[..at].iter().rev().find_map(|taken| *taken);
                let after = taken[at..].iter().find_map(|taken| *taken);
                let beside = before.unwrap_or(false) || after.unwrap_or(false);
                wanted.push((at, if beside { Wanted::Certainly } else { Wanted::Perhaps }));
            }
        }
    }
    wanted
}

/// Whether there is a place for each chunk.
fn fits(record: &Record, chunks: &[Locator]) -> bool {
    record.extents.iter().filter(|extent| extent.is_chunk()).count() == chunks.len()
}

fn broken(key: KeyId, refused: Refused) -> Entry {
    Entry::Broken { key, error: Error::refused(format!("record of {key}"))(refused) }
}
