//! What is needed: by segments that snapshots have, and by objects on hold.

use std::collections::{BTreeMap, HashMap, HashSet};

use sealkeep_keystore::KeyState;

use super::PruneReport;
use crate::envelope::Run;
use crate::keys::Unavailable;
use crate::vault::error::{Error, Refused, Result, check};
use crate::vault::index::{IndexFile, PackIndex, Relocation};
use crate::vault::pack::{PackId, read_manifest_blobs};
use crate::vault::segment::{self, Locator, Segment, SegmentId};
use crate::vault::session::{Vault, decode_snapshot};
use crate::vault::snapshot::{self, SegmentRef, SnapshotId};

/// Which ranges of which packs are needed, and by which names they are called.
#[derive(Default)]
pub(super) struct Used {
    ranges: HashMap<PackId, BTreeMap<u32, Range>>,
}

pub(super) struct Range {
    pub(super) length: u32,
    /// What segments and snapshots call it; none for what nobody looks for by its place.
    pub(super) names: HashSet<(PackId, u32)>,
}

impl Used {
    fn add(&mut self, at: (PackId, u32), length: u32, name: Option<(PackId, u32)>) {
        let ranges = self.ranges.entry(at.0).or_default();
        let range = ranges.entry(at.1).or_insert_with(|| Range { length, names: HashSet::new() });
        range.names.extend(name);
    }

    pub(super) fn bytes(&self, pack: PackId) -> u64 {
        self.ranges
            .get(&pack)
            .map_or(0, |ranges| ranges.values().map(|range| u64::from(range.length)).sum())
    }

    /// What is needed of a pack, by its place.
    pub(super) fn of(&self, pack: PackId) -> impl Iterator<Item = (&u32, &Range)> {
        self.ranges.get(&pack).into_iter().flatten()
    }
}

/// Finds what is needed.
pub(super) struct Finder<'f> {
    pub(super) vault: &'f Vault,
    pub(super) used: Used,
    pub(super) report: PruneReport,
    /// A list of where everything lies was found in a pack.
    pub(super) placed: bool,
    pub(super) run: &'f Run<'f>,
}

impl Finder<'_> {
    /// Notes what a segment that a snapshot has needs, and the segment.
    pub(super) fn need(&mut self, place: &SegmentRef) -> Result<()> {
        check(self.run)?;
        let segment = self.vault.segment(place)?;
        let packs = self.vault.packs()?;
        let at = locate_indexed(&packs, &place.at)?;
        let name = (place.at.pack, place.at.offset);
        self.used.add(at, place.at.length, Some(name));
        self.need_chunks(&segment)
    }

    /// What the entries of a segment need, but for destroyed objects.
    fn need_chunks(&mut self, segment: &Segment) -> Result<()> {
        let states = self.vault.keys().states(&segment.keys()).map_err(Error::Keys)?;
        let gone = |state: &&State| matches!(state, Err(Unavailable::Destroyed(_)));
        self.report.destroyed += states.iter().filter(gone).count() as u64;
        self.need_entries(segment, &states, |state| !gone(&state))
    }

    fn need_entries(
        &mut self,
        segment: &Segment,
        states: &[State],
        needs: impl Fn(&State) -> bool,
    ) -> Result<()> {
        let locators = segment.locators(self.vault.keyring())?;
        let packs = self.vault.packs()?;
        for (entry, _) in states.iter().enumerate().filter(|(_, state)| needs(state)) {
            for chunk in locators.chunks(entry) {
                let at = locate_indexed(&packs, chunk)?;
                self.used.add(at, chunk.length, Some((chunk.pack, chunk.offset)));
            }
        }
        Ok(())
    }

    /// Snapshots that lie in a manifest pack, and segments that no snapshot has but that hold what is on hold.
    pub(super) fn look_into(
        &mut self,
        pack: PackId,
        segments: &HashSet<SegmentId>,
        snapshots: &HashSet<SnapshotId>,
    ) -> Result<()> {
        check(self.run)?;
        let storage = self.vault.storage();
        for blob in read_manifest_blobs(&**storage, pack)?.iter() {
            let length = u32::try_from(blob.bytes.len()).expect("it has a length of 32 bits");
            let needed = if blob.bytes.starts_with(snapshot::MAGIC) {
                let public = &self.vault.file().public;
                decode_snapshot(blob.bytes, self.vault.id(), public)
                    .is_ok_and(|snapshot| snapshots.contains(&snapshot.id))
            } else if blob.bytes.starts_with(segment::MAGIC) {
                let segment = Segment::parse(blob.bytes.to_vec())
                    .map_err(|_| Error::refused(pack.name())(Refused::Malformed))?;
                !segments.contains(&segment.id) && self.is_held(&segment)?
            } else {
                self.is_current(blob.bytes)?
            };
            if needed {
                self.used.add((pack, blob.offset), length, None);
            }
        }
        Ok(())
    }

    /// Whether it says of every place where what was moved lies now, and no more.
    fn is_current(&mut self, blob: &[u8]) -> Result<bool> {
        let Ok(index) = IndexFile::open(blob, self.vault.keyring()) else { return Ok(false) };
        let packs = self.vault.packs()?;
        let current = !self.placed && same_places(&index.relocations, packs.relocations());
        self.placed |= current;
        Ok(current)
    }

    /// Whether an object of a segment that no snapshot has is on hold; then what such objects need is needed.
    fn is_held(&mut self, segment: &Segment) -> Result<bool> {
        let states = self.vault.keys().states(&segment.keys()).map_err(Error::Keys)?;
        let held = |state: &State| matches!(state, Err(Unavailable::Held));
        if !states.iter().any(held) {
            return Ok(false);
        }
        self.report.held_segments += 1;
        self.need_entries(segment, &states, held)?;
        Ok(true)
    }
}

/// Whether two lists say the same.
pub(super) fn same_places(one: &[Relocation], other: &[Relocation]) -> bool {
    let set = |all: &[Relocation]| -> HashSet<_> {
        let place =
            |one: &Relocation| (one.pack, one.offset, one.length, one.new_pack, one.new_offset);
        all.iter().map(place).collect()
    };
    set(one) == set(other)
}

/// What may be done with a key.
type State = std::result::Result<KeyState, Unavailable>;

/// Where a blob lies now. If no index has that pack, the pack would be taken for one that nobody needs.
fn locate_indexed(packs: &PackIndex, at: &Locator) -> Result<(PackId, u32)> {
    let found = packs.locate(at.pack, at.offset, at.length);
    match packs.pack(found.0) {
        Some(_) => Ok(found),
        None => Err(Error::Missing(found.0.name())),
    }
}
