//! The vault and its copies: stored bytes read where they lie, their keys asked for.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use sealkeep_crypto::random;
use sealkeep_keystore::KeyId;

use super::InspectOptions;
use super::count::Counts;
use super::stores::AT_ONCE;
use crate::backup::{Probed, probe};
use crate::destruction::error::{Error, Result};
use crate::destruction::places::reach;
use crate::envelope::Run;
use crate::keys::Unavailable;
use crate::parallel::parallel;
use crate::vault::storage::Lock;
use crate::vault::{self, Access, SegmentRef, Vault, check};

/// Tries every item that lies in a vault: what is stored of it is read where it lies, its key is asked for.
///
/// # Errors
/// If the vault or the key store cannot be read; `Cancelled`.
pub(super) fn inspect(
    vault: &Vault,
    wanted: &[KeyId],
    sample: usize,
    run: &Run<'_>,
) -> Result<Counts> {
    let mut counts = Counts::reached();
    let segments = segments(vault)?;
    let dead: HashSet<KeyId> = wanted.iter().copied().collect();
    let here: Vec<KeyId> = stored(vault, &segments, &dead, run)?.into_iter().collect();
    for some in here.chunks(AT_ONCE) {
        for key in vault.keys().open_many(some).map_err(Error::Keys)? {
            counts.key(&key);
        }
    }
    others(vault, &segments, &dead, sample, &mut counts, run)?;
    Ok(counts)
}

/// Tries every item in a copy. Nothing if it cannot be reached, or read, or is not a copy of this vault.
///
/// # Errors
/// If the key store cannot be read; `Cancelled`.
pub(super) fn inspect_copy(
    vault: &Vault,
    place: &str,
    wanted: &[KeyId],
    options: &InspectOptions<'_>,
    run: &Run<'_>,
) -> Result<Option<Counts>> {
    let Some(storage) = reach(vault.id(), place) else { return Ok(None) };
    let access = Access { lock: Lock::Shared, wait: options.wait, catalogue: None };
    let copy = match Vault::open(storage, Arc::clone(vault.keys()), access) {
        Err(vault::Error::Keys(error)) => return Err(Error::Keys(error)),
        Err(_) => return Ok(None),
        Ok(copy) => copy,
    };
    inspect(&copy, wanted, options.sample, run).map(Some)
}

fn segments(vault: &Vault) -> Result<Vec<SegmentRef>> {
    let (snapshots, _) = vault.snapshots()?;
    let (mut seen, mut segments) = (HashSet::new(), Vec::new());
    for snapshot in &snapshots {
        segments.extend(vault.segments(snapshot)?.into_iter().filter(|one| seen.insert(one.id)));
    }
    Ok(segments)
}

/// Those of the keys of which records lie here; each segment is read whole.
fn stored(
    vault: &Vault,
    segments: &[SegmentRef],
    wanted: &HashSet<KeyId>,
    run: &Run<'_>,
) -> Result<BTreeSet<KeyId>> {
    let read = |at: usize, (): &mut ()| -> Result<Vec<KeyId>> {
        check(run)?;
        let segment = match vault.segment(&segments[at]) {
            // What is not there, or rotten, opens with no key.
            Err(error) if is_damage(&error) => return Ok(Vec::new()),
            segment => segment?,
        };
        Ok(segment.keys().into_iter().filter(|key| wanted.contains(key)).collect())
    };
    let mut stored = BTreeSet::new();
    for (_, keys) in parallel(run.workers, segments.len(), read, |one| one.is_err()) {
        stored.extend(keys?);
    }
    run.check().map_err(|_| Error::Cancelled)?;
    Ok(stored)
}

/// Objects that were not destroyed, chosen at random, must open: else the inspection shows nothing.
fn others(
    vault: &Vault,
    segments: &[SegmentRef],
    dead: &HashSet<KeyId>,
    sample: usize,
    counts: &mut Counts,
    run: &Run<'_>,
) -> Result<()> {
    let total: u64 = segments.iter().map(|one| u64::from(one.entries)).sum();
    let mut chosen: BTreeMap<usize, HashSet<usize>> = BTreeMap::new();
    for _ in 0..sample.min(usize::try_from(total).unwrap_or(usize::MAX)) {
        let mut number = u64::from_be_bytes(random::array()) % total;
        let at = segments.iter().position(|one| {
            let here = number < u64::from(one.entries);
            number -= if here { 0 } else { u64::from(one.entries) };
            here
        });
        let entry = usize::try_from(number).expect("at most 1,024");
        chosen.entry(at.expect("it is below the sum")).or_default().insert(entry);
    }
    for (at, entries) in chosen {
        run.check().map_err(|_| Error::Cancelled)?;
        let keys = match vault.segment(&segments[at]) {
            Ok(segment) => segment.keys(),
            Err(error) if is_damage(&error) => {
                entries.iter().for_each(|_| counts.other(false));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let entries: Vec<usize> =
            entries.into_iter().filter(|&entry| !dead.contains(&keys[entry])).collect();
        for probed in probe(vault, &segments[at], entries)? {
            match probed {
                Probed::Opened => counts.other(true),
                // Of earlier requests, or of others: they are closed by right.
                Probed::Closed(
                    Unavailable::Destroyed(_)
                    | Unavailable::Held
                    | Unavailable::Restricted
                    | Unavailable::NotUsable(_),
                ) => {}
                Probed::Closed(_) | Probed::Broken => counts.other(false),
            }
        }
    }
    Ok(())
}

fn is_damage(error: &vault::Error) -> bool {
    use vault::Error::{Missing, Refused, TooShort};
    matches!(error, Missing(_) | Refused { .. } | TooShort(_))
}
