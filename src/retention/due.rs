//! What should be proposed for destruction.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;
use sealkeep_keystore::KeyId;

use super::{Period, Policy};
use crate::envelope::Run;
use crate::keys::Unavailable;
use crate::parallel::parallel;
use crate::vault::{Class, Description, Error, Result, Row, SegmentId, SegmentRef, Vault, check};

/// Objects whose retention period has passed.
#[derive(Debug, Default)]
pub struct DueReport {
    /// Those that may be proposed for destruction, by the last day of their period, then by path.
    pub due: Vec<Due>,
    /// How many objects there are whose keys open.
    pub objects: u64,
    /// Objects without a class.
    pub unclassified: u64,
    /// Objects of classes that the policy does not know, for each of them.
    pub unknown: BTreeMap<String, u64>,
    /// Objects on hold, whether their period has passed or not.
    pub held: u64,
    /// Objects that were destroyed.
    pub destroyed: u64,
    /// Objects whose keys do not open for another reason.
    pub closed: u64,
    /// Segments that could not be read; what they list is not in here.
    pub unread: Vec<(SegmentId, Error)>,
}

/// An object whose retention period has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its key.
    pub key: KeyId,
    /// Its path, without the leading `/`.
    pub path: Vec<u8>,
    /// Its length in bytes.
    pub size: u64,
    /// How it is classified, and when its period began.
    pub class: Class,
    /// How long it must and may be kept.
    pub period: Period,
}

/// Finds the objects whose retention period has passed on a day. An object counts as its newest version is classified; its
/// period begins with the latest start of all versions, since they all go with its key.
///
/// # Errors
/// If the vault or the key store cannot be read, or the caller asked to stop.
pub fn due(vault: &Vault, policy: &Policy, on: Date, run: &Run<'_>) -> Result<DueReport> {
    let mut report = DueReport::default();
    let segments = segments(vault, run)?;
    let mut clocks = Clocks::default();
    each_row(vault, &segments, run, &mut report.unread, |row| clocks.take(row))?;
    report.objects = clocks.objects.len() as u64;
    let mut wanted = HashMap::new();
    for (key, clock) in &clocks.objects {
        let class = &clocks.classes[clock.class];
        match policy.period(class, clock.level, clock.start) {
            Some(period) if period.is_due(on) => {
                wanted.insert(*key, (clock.start, period));
            }
            Some(_) => {}
            None if class.is_empty() => report.unclassified += 1,
            None => *report.unknown.entry(class.clone()).or_default() += 1,
        }
    }
    // A hold leaves what was listed before it as it is, so the key store is asked of each.
    clocks.closed.extend(leave_out_closed(vault, &mut wanted)?);
    count_closed(vault, &clocks.closed, &mut report)?;
    each_row(vault, &segments, run, &mut Vec::new(), |row| {
        if let (key, Some(description)) = row
            && let Some((start, period)) = wanted.remove(&key)
        {
            report.due.push(Due::new(key, description, start, period));
        }
    })?;
    report.due.sort_unstable_by(|a, b| {
        (a.period.last_day, &a.path, a.key).cmp(&(b.period.last_day, &b.path, b.key))
    });
    Ok(report)
}

impl Due {
    fn new(key: KeyId, description: &Description, start: i64, period: Period) -> Self {
        Self {
            key,
            path: description.path.clone(),
            size: description.attributes.size,
            class: Class { start, ..description.class.clone() },
            period,
        }
    }
}

/// What decides when an object is due. Kept for each object, so it is small.
struct Clock {
    start: i64,
    /// Number of the class's name.
    class: usize,
    level: u8,
}

#[derive(Default)]
struct Clocks {
    objects: HashMap<KeyId, Clock>,
    closed: HashSet<KeyId>,
    classes: Vec<String>,
}

impl Clocks {
    /// Takes a row; the newest version of an object comes first.
    fn take(&mut self, (key, description): (KeyId, Option<&Description>)) {
        let Some(description) = description else {
            self.closed.insert(key);
            return;
        };
        let class = &description.class;
        match self.objects.entry(key) {
            Entry::Occupied(mut known) => {
                let clock = known.get_mut();
                clock.start = clock.start.max(class.start);
            }
            Entry::Vacant(new) => {
                let known = self.classes.iter().position(|name| *name == class.class);
                let number = known.unwrap_or_else(|| {
                    self.classes.push(class.class.clone());
                    self.classes.len() - 1
                });
                new.insert(Clock { start: class.start, class: number, level: class.level });
            }
        }
    }
}

/// All segments of all snapshots, those of the newest snapshot first, each once.
fn segments(vault: &Vault, run: &Run<'_>) -> Result<Vec<SegmentRef>> {
    let (snapshots, _) = vault.snapshots()?;
    let (mut seen, mut segments) = (HashSet::new(), Vec::new());
    for snapshot in snapshots.iter().rev() {
        check(run)?;
        let new = vault.segments(snapshot)?.into_iter().filter(|place| seen.insert(place.id));
        segments.extend(new);
    }
    Ok(segments)
}

/// Goes through the rows of all segments, in order, reading several segments at a time.
fn each_row(
    vault: &Vault,
    segments: &[SegmentRef],
    run: &Run<'_>,
    unread: &mut Vec<(SegmentId, Error)>,
    mut take: impl FnMut((KeyId, Option<&Description>)),
) -> Result<()> {
    let index = vault.index_key()?;
    for some in segments.chunks(AT_ONCE) {
        check(run)?;
        let list = |at: usize, (): &mut ()| vault.listing(&index, &some[at]);
        for (at, rows) in parallel(run.workers, some.len(), list, |_| false) {
            match rows {
                Ok(rows) => {
                    for Row { key, open } in &rows {
                        take((*key, open.as_ref().map(|(description, _)| &**description)));
                    }
                }
                Err(error @ (Error::Keys(_) | Error::Cancelled)) => return Err(error),
                Err(error) => unread.push((some[at].id, error)),
            }
        }
    }
    Ok(())
}

/// Takes away those whose keys do not open now, and returns them.
fn leave_out_closed<T>(vault: &Vault, wanted: &mut HashMap<KeyId, T>) -> Result<Vec<KeyId>> {
    let keys: Vec<KeyId> = wanted.keys().copied().collect();
    let states = vault.keys().states(&keys).map_err(Error::Keys)?;
    let closed = keys.into_iter().zip(states).filter(|(_, state)| state.is_err());
    let closed: Vec<KeyId> = closed.map(|(key, _)| key).collect();
    closed.iter().for_each(|key| drop(wanted.remove(key)));
    Ok(closed)
}

fn count_closed(vault: &Vault, closed: &HashSet<KeyId>, report: &mut DueReport) -> Result<()> {
    let keys: Vec<KeyId> = closed.iter().copied().collect();
    for state in vault.keys().states(&keys).map_err(Error::Keys)? {
        *match state {
            Err(Unavailable::Held) => &mut report.held,
            Err(Unavailable::Destroyed(_)) => &mut report.destroyed,
            _ => &mut report.closed,
        } += 1;
    }
    Ok(())
}

/// Segments that are read before the first of them is looked at.
const AT_ONCE: usize = 32;
