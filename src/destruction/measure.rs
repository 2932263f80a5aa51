//! How large the listed objects are as ciphertext, and its digests: from segments, no record is opened.

use std::collections::{BTreeMap, HashMap, HashSet};

use sealkeep_crypto::{Suite, hash};
use sealkeep_keystore::KeyId;

use super::error::Result;
use super::lineage::Table;
use crate::envelope::Run;
use crate::parallel::parallel;
use crate::vault::{Error, Locator, PackId, Vault, check};

/// What can be said of an object without its key.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// As the listing has it; absolute, without the leading `/`.
    pub(super) path: Vec<u8>,
    /// Bytes of records and chunks of all versions.
    pub(super) size: u64,
    /// H of the sealed records of all versions, oldest first.
    pub(super) digest: [u8; 32],
    /// Packs in which its segments lie, or lay before a prune.
    pub(super) packs: HashSet<PackId>,
}

/// Key, number of the version, and number of the entry in its segment.
type Wanted = (KeyId, usize, u32);

/// One version as it was read.
struct Piece {
    key: KeyId,
    /// Number among the versions, the newest being 0.
    version: usize,
    sealed: Vec<u8>,
    chunks: Vec<Locator>,
    path: Option<Vec<u8>>,
}

/// Measures the objects with these keys.
///
/// # Errors
/// If a segment cannot be read.
pub(super) fn measure(
    vault: &Vault,
    table: &Table,
    suite: Suite,
    keys: impl Iterator<Item = KeyId>,
    run: &Run<'_>,
) -> Result<HashMap<KeyId, Measured>> {
    let mut by_segment: BTreeMap<u32, Vec<Wanted>> = BTreeMap::new();
    let mut counts: HashMap<KeyId, usize> = HashMap::new();
    for key in keys {
        let Some(lineage) = table.objects.get(&key) else { continue };
        counts.insert(key, lineage.versions.len());
        for (number, version) in lineage.versions.iter().enumerate() {
            by_segment.entry(version.segment).or_default().push((key, number, version.entry));
        }
    }
    let work: Vec<(u32, Vec<Wanted>)> = by_segment.into_iter().collect();
    let index = vault.index_key()?;
    let read = |at: usize, (): &mut ()| -> Result<Vec<Piece>> {
        check(run)?;
        let (number, wanted) = &work[at];
        let place = &table.segments[*number as usize];
        let segment = vault.segment(place)?;
        let locators = segment.locators(vault.keyring())?;
        let newest = wanted.iter().any(|(_, version, _)| *version == 0);
        let mut rows = if newest { vault.listing(&index, place)? } else { Vec::new() };
        let piece = |&(key, version, entry): &Wanted| {
            let entry = entry as usize;
            let (found, sealed) = segment.entry(entry);
            debug_assert_eq!(found, key, "the listing is of this segment");
            let row = rows.get_mut(entry).and_then(|row| row.open.as_mut());
            let path = row.filter(|_| version == 0);
            let path = path.map(|(description, _)| std::mem::take(&mut description.path));
            Piece {
                key,
                version,
                sealed: sealed.to_vec(),
                chunks: locators.chunks(entry).to_vec(),
                path,
            }
        };
        Ok(wanted.iter().map(piece).collect())
    };
    let mut pieces: HashMap<KeyId, Vec<Piece>> = HashMap::with_capacity(counts.len());
    for (_, one) in parallel(run.workers, work.len(), read, |one| one.is_err()) {
        for piece in one? {
            pieces.entry(piece.key).or_default().push(piece);
        }
    }
    if pieces.len() < counts.len() {
        return Err(Error::Cancelled.into());
    }
    let index = vault.packs()?;
    let packs = |key: &KeyId| {
        let segments = table.objects.get(key).map_or(&[][..], |lineage| &lineage.segments);
        let of = |segment: &u32| {
            let at = &table.segments[*segment as usize].at;
            [at.pack, index.locate(at.pack, at.offset, at.length).0]
        };
        segments.iter().flat_map(of).collect()
    };
    let measured = pieces
        .into_iter()
        .map(|(key, pieces)| (key, Measured { packs: packs(&key), ..together(suite, pieces) }));
    Ok(measured.collect())
}

fn together(suite: Suite, mut pieces: Vec<Piece>) -> Measured {
    pieces.sort_by_key(|piece| std::cmp::Reverse(piece.version));
    let mut all = Measured::default();
    let mut chunks: HashSet<Locator> = HashSet::new();
    let records: Vec<&[u8]> = pieces.iter().map(|piece| &piece.sealed[..]).collect();
    all.digest = hash(suite, &records);
    for piece in &mut pieces {
        all.size += piece.sealed.len() as u64;
        chunks.extend(piece.chunks.drain(..));
        if let Some(path) = piece.path.take() {
            all.path = path;
        }
    }
    all.size += chunks.iter().map(|chunk| u64::from(chunk.length)).sum::<u64>();
    all
}
