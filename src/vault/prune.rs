//! Removing what no snapshot needs any more: packs with nothing in them that is needed go, those with little are written anew.
//!
//! Order of persistence (`docs/spec/vault.md` §12): what is needed is copied into new packs → a new index file, which supersedes
//! all others and says where everything lies now → the head → superseded index files go, then packs. If we crash before the index
//! file is there, the new packs belong to nobody; after it, what was not removed is in no index, and goes next time. Packs that no
//! index names go first of all: on a full disk they make the room for what has to be written.

use std::collections::{BTreeMap, HashMap, HashSet};

use sealkeep_keystore::KeyState;

use super::error::{Error, Refused, Result, check};
use super::head;
use super::index::{IndexFile, IndexId, PackIndex, Relocation};
use super::pack::{
    PackId, PackInfo, PackKind, PackWriter, read_blob, read_manifest_blobs, verify_pack,
};
use super::segment::{self, Locator, Segment, SegmentId};
use super::session::{Vault, decode_snapshot, now};
use super::snapshot::{self, SegmentRef, SnapshotId};
use crate::envelope::Run;
use crate::keys::Unavailable;

/// How much is cleaned up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PruneOptions {
    /// So many of a hundred bytes may stay that nobody needs, because to copy the others would cost more.
    pub max_unused: u8,
}

impl Default for PruneOptions {
    fn default() -> Self {
        Self { max_unused: 5 }
    }
}

/// What is to be removed and to be written anew. Nothing has been changed.
pub struct PrunePlan<'v> {
    vault: &'v Vault,
    used: Used,
    keep: Vec<PackInfo>,
    rewrite: Vec<PackInfo>,
    remove: Vec<PackInfo>,
    /// Packs that no index names.
    strays: Vec<String>,
    superseded: Vec<IndexId>,
    /// Those of them that were superseded before, and not removed.
    left_over: Vec<IndexId>,
    segments: HashSet<SegmentId>,
    /// A list of where everything lies is in a pack that stays.
    placed: bool,
    /// In numbers.
    pub report: PruneReport,
}

/// What a prune does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PruneReport {
    /// Packs that stay as they are.
    pub kept: u64,
    /// Packs of which the needed part is written anew.
    pub rewritten: u64,
    /// Packs among these that are damaged, and stay as they are so that they can be repaired from a copy.
    pub damaged: u64,
    /// Packs of which nothing is needed.
    pub removed: u64,
    /// Packs that no index names: an interrupted backup left them.
    pub strays: u64,
    /// Bytes that the vault has fewer.
    pub freed: u64,
    /// Bytes that stay though nobody needs them.
    pub unused: u64,
    /// Bytes that are needed.
    pub needed: u64,
    /// Objects that were found destroyed: what they used is not needed.
    pub destroyed: u64,
    /// Segments that no snapshot has, kept because objects in them are on hold.
    pub held_segments: u64,
}

/// Which ranges of which packs are needed, and by which names they are called.
#[derive(Default)]
struct Used {
    ranges: HashMap<PackId, BTreeMap<u32, Range>>,
}

struct Range {
    length: u32,
    /// What segments and snapshots call it; none for what nobody looks for by its place.
    names: HashSet<(PackId, u32)>,
}

impl Used {
    fn add(&mut self, at: (PackId, u32), length: u32, name: Option<(PackId, u32)>) {
        let ranges = self.ranges.entry(at.0).or_default();
        let range = ranges.entry(at.1).or_insert_with(|| Range { length, names: HashSet::new() });
        range.names.extend(name);
    }

    fn bytes(&self, pack: PackId) -> u64 {
        self.ranges
            .get(&pack)
            .map_or(0, |ranges| ranges.values().map(|range| u64::from(range.length)).sum())
    }
}

impl<'v> PrunePlan<'v> {
    /// Finds out what is needed. The vault must be opened alone, so that no backup adds anything meanwhile.
    ///
    /// # Errors
    /// If an index file, a snapshot or a segment is missing or cannot be read: then nobody knows what it needs, and nothing may be
    /// removed. `Keys`, `Io`, `Cancelled`.
    pub fn new(vault: &'v Vault, options: PruneOptions, run: &Run<'_>) -> Result<Self> {
        check_whole(vault)?;
        let mut finder = Finder {
            vault,
            used: Used::default(),
            report: PruneReport::default(),
            placed: false,
            run,
        };
        let (snapshots, bad) = vault.snapshots()?;
        if let Some((_, error)) = bad.into_iter().next() {
            return Err(error);
        }
        let mut segments: BTreeMap<SegmentId, SegmentRef> = BTreeMap::new();
        for snapshot in &snapshots {
            segments.extend(vault.segments(snapshot)?.into_iter().map(|one| (one.id, one)));
        }
        for place in segments.values() {
            finder.need(place)?;
        }
        let index = vault.packs()?;
        let known: HashSet<SnapshotId> = snapshots.iter().map(|snapshot| snapshot.id).collect();
        let segments: HashSet<SegmentId> = segments.into_keys().collect();
        let mut packs: Vec<PackInfo> = index.packs().copied().collect();
        packs.sort_unstable_by_key(|pack| pack.id);
        for pack in packs.iter().filter(|pack| pack.kind == PackKind::Manifest) {
            finder.look_into(pack.id, &segments, &known)?;
        }
        // What is no pack by its name is not ours to remove.
        let unindexed =
            |name: &str| PackId::from_name(name).is_some_and(|id| index.pack(id).is_none());
        let there = vault.storage().list("packs/")?;
        let stray: Vec<_> = there.into_iter().filter(|(name, _)| unindexed(name)).collect();
        let Finder { used, mut report, placed, .. } = finder;
        report.strays = stray.len() as u64;
        let superseded = [index.current(), index.superseded()].concat();
        let left_over = index.superseded().to_vec();
        let stray_bytes: u64 = stray.iter().map(|(_, length)| length).sum();
        let strays = stray.into_iter().map(|(name, _)| name).collect();
        let (keep, rewrite, remove) = (Vec::new(), Vec::new(), Vec::new());
        let mut plan = Self {
            vault,
            used,
            keep,
            rewrite,
            remove,
            strays,
            superseded,
            left_over,
            segments,
            placed,
            report,
        };
        plan.choose(packs, options);
        plan.report.freed += stray_bytes;
        Ok(plan)
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let packs = [self.rewrite.len(), self.remove.len(), self.strays.len()];
        packs == [0; 3] && self.left_over.is_empty()
    }

    fn choose(&mut self, packs: Vec<PackInfo>, options: PruneOptions) {
        let small = u64::from(self.vault.file().pack_size) / SMALL_PART;
        let many = |kind| {
            packs.iter().filter(|pack| pack.kind == kind && pack.length < small).count()
                > MANY_SMALL
        };
        let many_small = [many(PackKind::Content), many(PackKind::Manifest)];
        let mut partly = Vec::new();
        for pack in packs {
            let used = self.used.bytes(pack.id);
            self.report.needed += used;
            let unused = pack.length - used.min(pack.length);
            let join =
                pack.length < small && many_small[usize::from(pack.kind == PackKind::Manifest)];
            if used == 0 {
                self.report.removed += 1;
                self.report.freed += pack.length;
                self.remove.push(pack);
            } else if join {
                self.rewrite.push(pack);
            } else {
                partly.push((pack, unused));
            }
        }
        // Those of which the least is needed first: they cost the least and free the most.
        partly.sort_by_key(|(pack, unused)| std::cmp::Reverse(unused * 1_000 / pack.length));
        let mut left: u64 = partly.iter().map(|(pack, unused)| wasted(pack, *unused)).sum();
        let allowed = self.report.needed / 100 * u64::from(options.max_unused);
        for (pack, unused) in partly {
            let waste = wasted(&pack, unused);
            if left > allowed && waste > 0 {
                left -= waste;
                self.report.freed += waste;
                self.rewrite.push(pack);
            } else {
                self.keep.push(pack);
            }
        }
        self.report.unused = left;
        self.report.kept = self.keep.len() as u64;
        self.report.rewritten = self.rewrite.len() as u64;
    }

    /// Carries it out.
    ///
    /// # Errors
    /// `Io`, `Cancelled`. Nothing that is needed is gone then.
    pub fn execute(mut self, run: &Run<'_>) -> Result<PruneReport> {
        let storage = &**self.vault.storage();
        // Nobody needs them whatever happens next, and there may be no room for anything new before they are gone.
        self.strays.iter().try_for_each(|name| storage.delete(name))?;
        if self.rewrite.is_empty() && self.remove.is_empty() {
            if !self.left_over.is_empty() {
                self.remove_indexes(&self.left_over)?;
            }
        } else {
            let index = self.move_needed(run)?;
            index.write(storage, self.vault.keyring()).inspect_err(|_| {
                let kept: HashSet<PackId> = self.keep.iter().map(|pack| pack.id).collect();
                let new = index.packs.iter().filter(|pack| !kept.contains(&pack.id));
                self.vault.remove_unnamed(&index.id.name(), &new.copied().collect::<Vec<_>>());
            })?;
            self.remove_indexes(&self.superseded)?;
            let gone = self.remove.iter().chain(&self.rewrite).map(|pack| pack.id.name());
            gone.into_iter().try_for_each(|name| storage.delete(&name))?;
        }
        self.vault.clean_catalogue(|id| self.segments.contains(&id));
        Ok(self.report)
    }

    /// Writes what is needed of packs that go into new ones; the index of all that stays, which supersedes all others.
    fn move_needed(&mut self, run: &Run<'_>) -> Result<IndexFile> {
        let mut mover =
            Mover { vault: self.vault, content: None, manifest: None, packs: Vec::new() };
        let mut relocations = Vec::new();
        // What is copied gets new digests: a fault in it could never be seen, or healed from a copy, again.
        let mut sound = Vec::new();
        for pack in std::mem::take(&mut self.rewrite) {
            let (suite, id) = (self.vault.suite(), self.vault.id());
            let faults = verify_pack(&**self.vault.storage(), suite, id, &pack, run)?;
            if faults.is_empty() { &mut sound } else { &mut self.keep }.push(pack);
        }
        self.report.damaged = self.report.rewritten - sound.len() as u64;
        self.rewrite = sound;
        let moved = self.rewrite.iter().try_for_each(|pack| {
            check(run)?;
            let ranges = self.used.ranges.remove(&pack.id).unwrap_or_default();
            mover.rewrite(pack, &ranges, &mut relocations)
        });
        for pack in &self.keep {
            for (offset, range) in self.used.ranges.get(&pack.id).into_iter().flatten() {
                relocate(range, (pack.id, *offset), &mut relocations);
            }
        }
        let known = self.placed && same_places(&relocations, self.vault.packs()?.relocations());
        let place = if known { &[][..] } else { &relocations[..] };
        let finished = moved.and_then(|()| mover.finish(place));
        if let Err(error) = finished {
            mover.abandon();
            return Err(error);
        }
        let packs = [&self.keep[..], &mover.packs].concat();
        Ok(IndexFile::new(self.superseded.clone(), packs, relocations))
    }

    /// First the head without these index files, then the files.
    fn remove_indexes(&self, gone: &[IndexId]) -> Result<()> {
        let storage = &**self.vault.storage();
        let names: Vec<String> = gone.iter().map(IndexId::name).collect();
        head::write_next(storage, self.vault.file(), self.vault.keyring(), now(), &names)?;
        names.iter().try_for_each(|name| storage.delete(name))?;
        self.vault.forget_packs();
        Ok(())
    }
}

/// A vault of which something is missing may need what it seems not to need.
fn check_whole(vault: &Vault) -> Result<()> {
    let storage = &**vault.storage();
    let newest = head::newest(storage, vault.file())?;
    let refused = newest.refused.first().or(vault.packs()?.refused().first()).cloned();
    if let Some((name, reason)) = refused {
        return Err(Error::refused(name)(reason));
    }
    let head = newest.head.ok_or_else(|| Error::NoHead(storage.describe()))?;
    let needed = |name: &str| name.starts_with("index/") || name.starts_with("snapshots/");
    let mut named = head.files.iter().filter(|file| needed(&file.name));
    named.try_for_each(|file| storage.length(&file.name).map(drop))
}

/// Finds what is needed.
struct Finder<'f> {
    vault: &'f Vault,
    used: Used,
    report: PruneReport,
    /// A list of where everything lies was found in a pack.
    placed: bool,
    run: &'f Run<'f>,
}

impl Finder<'_> {
    fn need(&mut self, place: &SegmentRef) -> Result<()> {
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
    fn look_into(
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

fn same_places(one: &[Relocation], other: &[Relocation]) -> bool {
    let set = |all: &[Relocation]| -> HashSet<_> {
        let place =
            |one: &Relocation| (one.pack, one.offset, one.length, one.new_pack, one.new_offset);
        all.iter().map(place).collect()
    };
    set(one) == set(other)
}

/// What may be done with a key.
type State = std::result::Result<KeyState, Unavailable>;

/// Copies what is needed into new packs.
struct Mover<'v> {
    vault: &'v Vault,
    content: Option<PackWriter>,
    manifest: Option<PackWriter>,
    packs: Vec<PackInfo>,
}

impl Mover<'_> {
    fn rewrite(
        &mut self,
        pack: &PackInfo,
        ranges: &BTreeMap<u32, Range>,
        relocations: &mut Vec<Relocation>,
    ) -> Result<()> {
        for (offset, range) in ranges {
            let mut bytes = vec![0; range.length as usize];
            read_blob(&**self.vault.storage(), pack.id, *offset, &mut bytes)?;
            let to = self.append(pack.kind, &bytes)?;
            relocate(range, to, relocations);
        }
        Ok(())
    }

    fn append(&mut self, kind: PackKind, bytes: &[u8]) -> Result<(PackId, u32)> {
        let slot = match kind {
            PackKind::Content => &mut self.content,
            PackKind::Manifest => &mut self.manifest,
        };
        if slot.as_ref().is_some_and(|pack| !self.vault.fits(pack, bytes.len()))
            && let Some(full) = slot.take()
        {
            self.packs.push(full.finish()?);
        }
        let pack = match slot {
            Some(pack) => pack,
            None => slot.insert(self.vault.new_pack(kind)?),
        };
        let offset = pack.append(bytes)?;
        Ok((pack.id(), offset))
    }

    /// Where everything lies stands in a pack too, so that a vault can be rebuilt without its index files.
    fn finish(&mut self, relocations: &[Relocation]) -> Result<()> {
        if !relocations.is_empty() {
            let place = IndexFile::new(Vec::new(), Vec::new(), relocations.to_vec());
            self.append(PackKind::Manifest, &place.encode(self.vault.keyring()))?;
        }
        for pack in [self.content.take(), self.manifest.take()].into_iter().flatten() {
            self.packs.push(pack.finish()?);
        }
        Ok(())
    }

    /// Removes new packs that nobody names yet.
    fn abandon(self) {
        for pack in self.packs {
            // The next prune finds it if it cannot be removed now.
            let _ = self.vault.storage().delete(&pack.id.name());
        }
    }
}

/// Where a blob lies now. If no index has that pack, the pack would be taken for one that nobody needs.
fn locate_indexed(packs: &PackIndex, at: &Locator) -> Result<(PackId, u32)> {
    let found = packs.locate(at.pack, at.offset, at.length);
    match packs.pack(found.0) {
        Some(_) => Ok(found),
        None => Err(Error::Missing(found.0.name())),
    }
}

/// Says under each of its names where a range lies, if that is not where its name says.
fn relocate(range: &Range, (new_pack, new_offset): (PackId, u32), out: &mut Vec<Relocation>) {
    for &(pack, offset) in &range.names {
        if (pack, offset) != (new_pack, new_offset) {
            out.push(Relocation { pack, offset, length: range.length, new_pack, new_offset });
        }
    }
}

/// What would be saved by writing a pack anew; its header and digests are needed anyhow.
fn wasted(pack: &PackInfo, unused: u64) -> u64 {
    unused.saturating_sub(64 + pack.length / 1_024)
}

/// Packs smaller than this part of the vault's pack size are small,
const SMALL_PART: u64 = 8;
/// and written together when there are more than so many.
const MANY_SMALL: usize = 12;
