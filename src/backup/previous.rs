//! What the snapshot before knows: its entries in walk order, so that it can be compared with a walk as it goes.

use std::collections::{HashMap, HashSet};
use std::iter::Peekable;
use std::vec;

use sealkeep_keystore::{KeyId, KeyState};

use crate::keys::Unavailable;
use crate::vault::{
    Description, Error, IndexKey, Locator, Mark, PackId, Result, Row, SegmentRef, Tag, Vault,
};

use super::walk::walk_order;

/// Where an entry stands: number of the segment among those of [`Previous`], and of the entry in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) segment: usize,
    pub(super) entry: usize,
}

/// An entry of an earlier snapshot.
pub(super) struct Earlier {
    pub(super) seat: Seat,
    pub(super) key: KeyId,
    pub(super) description: Box<Description>,
    pub(super) tags: Vec<Tag>,
}

/// The entries of one or two earlier snapshots; where both have a path, the first one's counts.
pub(super) struct Previous<'v> {
    vault: &'v Vault,
    index: &'v IndexKey,
    segments: Vec<SegmentRef>,
    streams: Vec<Stream>,
    /// Packs that are not there: what lies in them is to be stored again.
    lost: HashSet<PackId>,
    /// Objects whose keys do not open, by the mark of their path.
    closed: HashMap<Mark, Closed>,
}

/// An entry whose key does not open.
#[derive(Clone)]
pub(super) struct Closed {
    pub(super) seat: Seat,
    pub(super) key: KeyId,
    pub(super) why: Unavailable,
}

impl Closed {
    /// Whether it waits for its destruction: it stays as it is, and no new version of it is made.
    pub(super) fn is_pending(&self) -> bool {
        matches!(self.why, Unavailable::NotUsable(KeyState::PendingDestruction))
    }
}

struct Stream {
    next_segment: usize,
    end: usize,
    rows: Peekable<vec::IntoIter<Earlier>>,
}

impl<'v> Previous<'v> {
    /// The entries of these lists of segments, the one that counts more first.
    pub(super) fn new(
        vault: &'v Vault,
        index: &'v IndexKey,
        lists: Vec<Vec<SegmentRef>>,
        lost: HashSet<PackId>,
    ) -> Self {
        let mut segments = Vec::new();
        let mut streams = Vec::new();
        for list in lists {
            let next_segment = segments.len();
            segments.extend(list);
            streams.push(Stream {
                next_segment,
                end: segments.len(),
                rows: Vec::new().into_iter().peekable(),
            });
        }
        Self { vault, index, segments, streams, lost, closed: HashMap::new() }
    }

    /// Packs that are not there.
    pub(super) fn lost(&self) -> &HashSet<PackId> {
        &self.lost
    }

    /// All segments, by number.
    pub(super) fn segments(&self) -> &[SegmentRef] {
        &self.segments
    }

    /// The entry with this path, if there is one. Paths must be asked for in walk order.
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub(super) fn find(&mut self, path: &[u8]) -> Result<Option<Earlier>> {
        let mut found = None;
        for at in 0..self.streams.len() {
            let one = self.advance(at, path)?;
            found = found.or(one);
        }
        Ok(found)
    }

    /// The object that was at this path and cannot be opened, if one was of which that was seen so far.
    pub(super) fn closed(&self, mark: &Mark) -> Option<&Closed> {
        self.closed.get(mark)
    }

    /// Every object of which nothing can be opened any more because its key was destroyed, but for those at paths that were
    /// taken up again, and those that wait for their destruction; once all paths were asked for.
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub(super) fn carried(&mut self, renewed: &HashSet<Mark>) -> Result<Vec<(Seat, KeyId)>> {
        for at in 0..self.streams.len() {
            for segment in self.streams[at].next_segment..self.streams[at].end {
                self.load(segment)?;
            }
            self.streams[at].next_segment = self.streams[at].end;
        }
        let of = |(mark, one): (&Mark, &Closed)| match one.why {
            Unavailable::Destroyed(_) if !renewed.contains(mark) => Some((one.seat, one.key)),
            _ if one.is_pending() => Some((one.seat, one.key)),
            _ => None,
        };
        let mut destroyed: Vec<(Seat, KeyId)> = self.closed.iter().filter_map(of).collect();
        destroyed.sort_unstable_by_key(|(seat, _)| (seat.segment, seat.entry));
        Ok(destroyed)
    }

    /// Whether an object was seen whose key does not open.
    pub(super) fn has_closed(&self) -> bool {
        !self.closed.is_empty()
    }

    fn advance(&mut self, at: usize, path: &[u8]) -> Result<Option<Earlier>> {
        loop {
            let stream = &mut self.streams[at];
            while let Some(row) = stream.rows.peek() {
                match walk_order(&row.description.path, path) {
                    std::cmp::Ordering::Less => drop(stream.rows.next()),
                    std::cmp::Ordering::Equal => return Ok(stream.rows.next()),
                    std::cmp::Ordering::Greater => return Ok(None),
                }
            }
            if stream.next_segment == stream.end {
                return Ok(None);
            }
            let segment = stream.next_segment;
            stream.next_segment += 1;
            let rows = self.load(segment)?;
            self.streams[at].rows = rows.into_iter().peekable();
        }
    }

    fn load(&mut self, segment: usize) -> Result<Vec<Earlier>> {
        let place = self.segments[segment];
        let rows = intact(self.vault, self.index, &place, &self.lost)?;
        let mut earlier = Vec::with_capacity(rows.len());
        let mut closed = Vec::new();
        for (entry, row) in rows {
            let Some((description, tags)) = row.open else {
                closed.push(entry);
                continue;
            };
            let seat = Seat { segment, entry };
            earlier.push(Earlier { seat, key: row.key, description, tags });
        }
        if !closed.is_empty() {
            self.remember(segment, &closed)?;
        }
        Ok(earlier)
    }

    /// Notes why entries do not open, under what is left of their paths.
    fn remember(&mut self, number: usize, entries: &[usize]) -> Result<()> {
        let segment = self.vault.segment(&self.segments[number])?;
        let locators = segment.locators(self.vault.keyring())?;
        let keys: Vec<_> = entries.iter().map(|&entry| segment.entry(entry).0).collect();
        let states = self.vault.keys().states(&keys).map_err(Error::Keys)?;
        for ((&entry, &key), state) in entries.iter().zip(&keys).zip(states) {
            if let Err(why) = state {
                let seat = Seat { segment: number, entry };
                self.closed.insert(*locators.mark(entry), Closed { seat, key, why });
            }
        }
        Ok(())
    }
}

/// The entries of a segment that are whole, as far as that can be told without reading packs: with packs missing, a backup goes on
/// and stores anew what lay in them.
///
/// # Errors
/// If the key store or the storage cannot be read.
pub(super) fn intact(
    vault: &Vault,
    index: &IndexKey,
    place: &SegmentRef,
    lost: &HashSet<PackId>,
) -> Result<Vec<(usize, Row)>> {
    let whole = |at: &Locator| {
        let packs = vault.packs()?;
        let (pack, _) = packs.locate(at.pack, at.offset, at.length);
        Ok::<_, Error>(packs.pack(pack).is_some() && !lost.contains(&pack))
    };
    if !whole(&place.at)? {
        return Ok(Vec::new());
    }
    // A listing may outlive a segment that was damaged since, so the segment is opened as well.
    let opened = vault.segment(place).and_then(|segment| segment.locators(vault.keyring()));
    let (locators, rows) = match opened.and_then(|all| Ok((all, vault.listing(index, place)?))) {
        // What cannot be read is for a check to report; here it is as if it were not there.
        Err(Error::Refused { .. } | Error::Missing(_) | Error::TooShort(_)) => {
            return Ok(Vec::new());
        }
        other => other?,
    };
    let mut kept = Vec::with_capacity(rows.len());
    for (entry, row) in rows.into_iter().enumerate() {
        let mut is_whole = true;
        for chunk in locators.chunks(entry) {
            is_whole &= whole(chunk)?;
        }
        // That an object was destroyed must stay known, whatever became of its chunks.
        if is_whole || row.open.is_none() {
            kept.push((entry, row));
        }
    }
    Ok(kept)
}
