//! Removing what no snapshot needs any more: packs with nothing in them that is needed go, those with little are written anew.
//!
//! Order of persistence (`docs/spec/vault.md` §12): what is needed is copied into new packs → a new index file, which supersedes
//! all others and says where everything lies now → the head → superseded index files go, then packs. If we crash before the index
//! file is there, the new packs belong to nobody; after it, what was not removed is in no index, and goes next time. Packs that no
//! index names go first of all: on a full disk they make the room for what has to be written.

mod needed;

use std::collections::{BTreeMap, HashSet};

use super::error::{Error, Result, check};
use super::head;
use super::index::{IndexFile, IndexId, Relocation};
use super::pack::{PackId, PackInfo, PackKind, read_blob, verify_pack};
use super::packer::Packer;
use super::segment::SegmentId;
use super::session::{Vault, now};
use super::snapshot::{SegmentRef, SnapshotId};
use crate::envelope::Run;

use needed::{Finder, Range, Used, same_places};

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
            let mut gone = self.remove.iter().chain(&self.rewrite).map(|pack| pack.id.name());
            gone.try_for_each(|name| storage.delete(&name))?;
        }
        self.vault.clean_catalogue(|id| self.segments.contains(&id));
        Ok(self.report)
    }

    /// Writes what is needed of packs that go into new ones; the index of all that stays, which supersedes all others.
    fn move_needed(&mut self, run: &Run<'_>) -> Result<IndexFile> {
        // What is copied gets new digests: a fault in it could never be seen, or healed from a copy, again.
        let mut sound = Vec::new();
        for pack in std::mem::take(&mut self.rewrite) {
            let (suite, id) = (self.vault.suite(), self.vault.id());
            let faults = verify_pack(&**self.vault.storage(), suite, id, &pack, run)?;
            if faults.is_empty() { &mut sound } else { &mut self.keep }.push(pack);
        }
        self.report.damaged = self.report.rewritten - sound.len() as u64;
        self.rewrite = sound;
        let mut packer = Packer::new(self.vault);
        let moved = self.copy_needed(&mut packer, run);
        let (packs, relocations) = moved.inspect_err(|_| packer.abandon())?;
        let packs = [&self.keep[..], &packs].concat();
        Ok(IndexFile::new(self.superseded.clone(), packs, relocations))
    }

    /// The new packs, and where everything lies that does not lie where its name says.
    fn copy_needed(
        &self,
        packer: &mut Packer<'_>,
        run: &Run<'_>,
    ) -> Result<(Vec<PackInfo>, Vec<Relocation>)> {
        let mut relocations = Vec::new();
        for pack in &self.rewrite {
            check(run)?;
            for (offset, range) in self.used.of(pack.id) {
                let mut bytes = vec![0; range.length as usize];
                read_blob(&**self.vault.storage(), pack.id, *offset, &mut bytes)?;
                let to = packer.append(pack.kind, &bytes)?;
                relocate(range, (to.pack, to.offset), &mut relocations);
            }
        }
        for pack in &self.keep {
            for (offset, range) in self.used.of(pack.id) {
                relocate(range, (pack.id, *offset), &mut relocations);
            }
        }
        let known = self.placed && same_places(&relocations, self.vault.packs()?.relocations());
        if !known && !relocations.is_empty() {
            // Where everything lies stands in a pack too, so that a vault can be rebuilt without its index files.
            let place = IndexFile::new(Vec::new(), Vec::new(), relocations.clone());
            packer.append(PackKind::Manifest, &place.encode(self.vault.keyring()))?;
        }
        Ok((packer.take()?, relocations))
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
