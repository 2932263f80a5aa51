//! Chunks that are in the vault already, found by tags that mean something within one scope only.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::vault::{
    ChunkKey, Error, Extent, IndexKey, Locator, Locators, PackId, Record, Refused, Result, Segment,
    SegmentRef, Tag, Vault, open_record,
};

use super::previous::{Seat, intact};
use crate::keys::OpenedKey;

/// A chunk that need not be stored again.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) key: ChunkKey,
    pub(super) compressed: bool,
    pub(super) at: Locator,
}

/// Which chunks are there: those of the snapshot before, and those of this backup.
#[derive(Default)]
pub(super) struct Known {
    earlier: HashMap<Tag, (u32, u16, u32)>,
    new: HashMap<Tag, Stored>,
}

impl Known {
    /// Reads the tags of all segments.
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub(super) fn load(
        vault: &Vault,
        index: &IndexKey,
        segments: &[SegmentRef],
        lost: &HashSet<PackId>,
    ) -> Result<Self> {
        let mut known = Self::default();
        for (number, segment) in (0_u32..).zip(segments) {
            for (entry, row) in intact(vault, index, segment, lost)? {
                let entry = u16::try_from(entry).expect("at most 1,024 entries");
                let Some((_, tags)) = row.open else { continue };
                for (chunk, tag) in (0_u32..).zip(tags) {
                    known.earlier.insert(tag, (number, entry, chunk));
                }
            }
        }
        Ok(known)
    }

    /// Whether a chunk with this tag seems to be there.
    pub(super) fn has(&self, tag: &Tag) -> bool {
        self.new.contains_key(tag) || self.earlier.contains_key(tag)
    }

    /// Remembers a chunk that was just stored. Of very many, not all are remembered: they are stored again when they come again.
    pub(super) fn add(&mut self, tag: Tag, stored: Stored) {
        if self.new.len() < MOST_NEW {
            self.new.insert(tag, stored);
        }
    }
}

/// Fetches what is known of chunks: the key of one of the snapshot before stands in the record that has it.
pub(super) struct Fetcher<'v> {
    vault: &'v Vault,
    segments: Vec<SegmentRef>,
    segment: Option<Held>,
    record: Option<(Seat, Option<Record>)>,
}

/// The segment that was looked at last.
struct Held {
    number: u32,
    segment: Arc<Segment>,
    locators: Locators,
    /// Keys of all its entries. They are asked for when the first is needed: where there is one there are more, and the
    /// key store makes an entry of its ledger, and a commit, of each time it is asked.
    keys: Option<Vec<OpenedKey>>,
}

impl<'v> Fetcher<'v> {
    /// For segments in the order of [`Known::load`].
    pub(super) fn new(vault: &'v Vault, segments: Vec<SegmentRef>) -> Self {
        Self { vault, segments, segment: None, record: None }
    }

    /// The chunk with this tag, unless the object that has it may not be opened.
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub(super) fn fetch(&mut self, known: &Known, tag: &Tag) -> Result<Option<Stored>> {
        match self.look_up(known, tag) {
            // What is damaged there is stored again here.
            Err(Error::Refused { .. } | Error::Missing(_) | Error::TooShort(_)) => Ok(None),
            other => other,
        }
    }

    fn look_up(&mut self, known: &Known, tag: &Tag) -> Result<Option<Stored>> {
        if let Some(stored) = known.new.get(tag) {
            return Ok(Some(stored.clone()));
        }
        let Some(&(number, entry, chunk)) = known.earlier.get(tag) else { return Ok(None) };
        let seat = Seat { segment: number as usize, entry: entry.into() };
        let at = *self
            .open(seat)?
            .and_then(|(_, locators)| locators.chunks(entry.into()).get(chunk as usize))
            .ok_or_else(|| Error::refused("listing")(Refused::Malformed))?;
        let record = self.record(seat)?;
        let extent = record.and_then(|record| {
            record.extents.iter().filter(|extent| extent.is_chunk()).nth(chunk as usize)
        });
        Ok(extent.and_then(|extent| match extent {
            Extent::Hole(_) => None,
            Extent::Chunk { key, compressed, .. } => {
                Some(Stored { key: key.clone(), compressed: *compressed, at })
            }
        }))
    }

    /// The segment of an entry and its locators, and the sealed record.
    ///
    /// # Errors
    /// If the segment cannot be read.
    pub(super) fn open(&mut self, seat: Seat) -> Result<Option<(&Segment, &Locators)>> {
        let held = self.hold(seat)?;
        Ok(held.map(|held| (&*held.segment, &held.locators)))
    }

    fn hold(&mut self, seat: Seat) -> Result<Option<&mut Held>> {
        let number = u32::try_from(seat.segment).unwrap_or(u32::MAX);
        if self.segment.as_ref().is_none_or(|held| held.number != number) {
            let segment = self.vault.segment(&self.segments[seat.segment])?;
            let locators = segment.locators(self.vault.keyring())?;
            self.segment = Some(Held { number, segment, locators, keys: None });
        }
        Ok(self.segment.as_mut().filter(|held| seat.entry < held.segment.len()))
    }

    /// The record of an entry; none if its key does not open.
    ///
    /// # Errors
    /// If the segment cannot be read, or the record does not open with its key.
    pub(super) fn record(&mut self, seat: Seat) -> Result<Option<&Record>> {
        if self.record.as_ref().is_none_or(|(held, _)| *held != seat) {
            let vault = self.vault;
            let Some(held) = self.hold(seat)? else { return Ok(None) };
            if held.keys.is_none() {
                let keys = vault.keys().open_many(&held.segment.keys()).map_err(Error::Keys)?;
                held.keys = Some(keys);
            }
            let (id, sealed) = held.segment.entry(seat.entry);
            let record = match held.keys.as_ref().and_then(|keys| keys.get(seat.entry)) {
                Some(Ok((suite, key))) => Some(
                    open_record(*suite, &vault.id(), key, sealed)
                        .map_err(Error::refused(format!("record of {id}")))?,
                ),
                _ => None,
            };
            self.record = Some((seat, record));
        }
        Ok(self.record.as_ref().and_then(|(_, record)| record.as_ref()))
    }
}

/// A million chunks, about 100 MB.
const MOST_NEW: usize = 1 << 20;
