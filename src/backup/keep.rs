//! Which snapshots stay when others are forgotten.
//!
//! Snapshots of the same host and sources are a group; the policy is applied to each by itself. Every rule of the policy keeps
//! what it keeps, whatever the others say: a snapshot goes only if no rule wants it, and adding a rule never loses one.
//!
//! ```
//! use sealkeep::backup::keep::{Candidate, GroupBy, Policy, plan};
//!
//! let night = |number: i64| Candidate {
//!     time: 1_760_000_000 + number * 86_400,
//!     complete: true,
//!     host: "his-1".to_owned(),
//!     sources: vec!["/srv/records".to_owned()],
//!     tags: Vec::new(),
//! };
//! let nights: Vec<Candidate> = (0..30).map(night).collect();
//! let policy = Policy { daily: 7, ..Policy::default() };
//! let groups = plan(&nights, &policy, GroupBy::default());
//! assert_eq!(groups[0].kept.len(), 7);
//! assert_eq!(groups[0].forgotten.len(), 23);
//! ```

mod within;

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::calendar::civil_at;
pub use within::{NotADuration, Within};

/// What is known of a snapshot here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// When it was begun, Unix seconds.
    pub time: i64,
    /// Whether it was finished.
    pub complete: bool,
    /// Where it was made.
    pub host: String,
    /// What was backed up.
    pub sources: Vec<String>,
    /// What it was tagged with.
    pub tags: Vec<String>,
}

/// What is kept. The default keeps nothing by any rule; see [`Policy::is_empty`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The newest ones.
    pub last: u32,
    /// The newest of each of so many hours that have one.
    pub hourly: u32,
    /// The newest of each of so many days that have one.
    pub daily: u32,
    /// The newest of each of so many weeks (from Monday) that have one.
    pub weekly: u32,
    /// The newest of each of so many months that have one.
    pub monthly: u32,
    /// The newest of each of so many years that have one.
    pub yearly: u32,
    /// All so long before the newest of the group.
    pub within: Option<Within>,
    /// All that have one of these tags.
    pub tags: Vec<String>,
    /// Whether a group may lose its newest snapshot too, if no rule keeps it.
    pub may_empty: bool,
    /// The zone whose hours, days, weeks, months and years count.
    pub zone: Offset,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            last: 0,
            hourly: 0,
            daily: 0,
            weekly: 0,
            monthly: 0,
            yearly: 0,
            within: None,
            tags: Vec::new(),
            may_empty: false,
            zone: Offset::constant(8),
        }
    }
}

impl Policy {
    /// Whether it has no rule at all. Such a policy keeps everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let counts = self.buckets().iter().all(|(_, count)| *count == 0);
        counts && self.within.is_none() && self.tags.is_empty()
    }

    fn buckets(&self) -> [(Reason, u32); 6] {
        [
            (Reason::Last, self.last),
            (Reason::Hourly, self.hourly),
            (Reason::Daily, self.daily),
            (Reason::Weekly, self.weekly),
            (Reason::Monthly, self.monthly),
            (Reason::Yearly, self.yearly),
        ]
    }
}

/// What makes a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupBy {
    /// The host.
    pub host: bool,
    /// The sources, in any order.
    pub sources: bool,
    /// The tags, in any order.
    pub tags: bool,
}

impl Default for GroupBy {
    fn default() -> Self {
        Self { host: true, sources: true, tags: false }
    }
}

/// Snapshots that belong together, and what becomes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they have in common.
    pub key: GroupKey,
    /// The numbers of those that stay, newest first.
    pub kept: Vec<Kept>,
    /// The numbers of those that go, newest first.
    pub forgotten: Vec<usize>,
}

/// What the snapshots of a group have in common; `None` where they need not.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupKey {
    /// The host.
    pub host: Option<String>,
    /// The sources, sorted.
    pub sources: Option<Vec<String>>,
    /// The tags, sorted.
    pub tags: Option<Vec<String>>,
}

/// A snapshot that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its number among the candidates.
    pub number: usize,
    /// Why: at least one reason.
    pub reasons: Vec<Reason>,
}

/// Why a snapshot stays.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The policy has no rules.
    NoPolicy,
    /// It is the newest of its group.
    Newest,
    /// It was left by a backup that did not end, and no later one did: the next one goes on from there.
    Unfinished,
    /// One of the last.
    Last,
    /// The newest of its hour.
    Hourly,
    /// The newest of its day.
    Daily,
    /// The newest of its week.
    Weekly,
    /// The newest of its month.
    Monthly,
    /// The newest of its year.
    Yearly,
    /// Young enough.
    Within,
    /// It has this tag.
    Tag(String),
}

/// What becomes of each snapshot: every number below `candidates.len()` is in exactly one group, once.
#[must_use]
pub fn plan(candidates: &[Candidate], policy: &Policy, by: GroupBy) -> Vec<Group> {
    let mut groups: BTreeMap<GroupKey, Vec<usize>> = BTreeMap::new();
    for (number, candidate) in candidates.iter().enumerate() {
        groups.entry(key_of(candidate, by)).or_default().push(number);
    }
    let groups = groups.into_iter();
    groups
        .map(|(key, mut numbers)| {
            numbers.sort_by_key(|number| std::cmp::Reverse((candidates[*number].time, *number)));
            one_group(candidates, policy, key, &numbers)
        })
        .collect()
}

fn key_of(candidate: &Candidate, by: GroupBy) -> GroupKey {
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list.dedup();
        list
    };
    GroupKey {
        host: by.host.then(|| candidate.host.clone()),
        sources: by.sources.then(|| sorted(&candidate.sources)),
        tags: by.tags.then(|| sorted(&candidate.tags)),
    }
}

/// `numbers` from the newest to the oldest.
fn one_group(candidates: &[Candidate], policy: &Policy, key: GroupKey, numbers: &[usize]) -> Group {
    let complete = |number: &usize| candidates[*number].complete;
    let finished: Vec<usize> = numbers.iter().copied().filter(complete).collect();
    let mut reasons: BTreeMap<usize, Vec<Reason>> = BTreeMap::new();
    if policy.is_empty() {
        reasons.extend(numbers.iter().map(|number| (*number, vec![Reason::NoPolicy])));
    } else {
        let mut keep = |number, reason| reasons.entry(number).or_default().push(reason);
        let unfinished = numbers.iter().copied().take_while(|number| !complete(number));
        unfinished.for_each(|number| keep(number, Reason::Unfinished));
        apply(candidates, policy, &finished, keep);
    }
    let (mut kept, mut forgotten) = (Vec::new(), Vec::new());
    for number in numbers.iter().copied() {
        match reasons.remove(&number) {
            Some(reasons) => kept.push(Kept { number, reasons }),
            None => forgotten.push(number),
        }
    }
    Group { key, kept, forgotten }
}

fn apply(
    candidates: &[Candidate],
    policy: &Policy,
    finished: &[usize],
    mut keep: impl FnMut(usize, Reason),
) {
    let Some(newest) = finished.first().copied() else { return };
    if !policy.may_empty {
        keep(newest, Reason::Newest);
    }
    let time = |number: usize| civil_at(policy.zone, candidates[number].time);
    for (reason, count) in policy.buckets() {
        for number in
            newest_of_each(finished, count, |number| bucket(&reason, number, time(number)))
        {
            keep(number, reason.clone());
        }
    }
    let begin = policy.within.map(|within| within.before(time(newest)));
    for number in finished.iter().copied() {
        if begin.is_some_and(|begin| time(number) >= begin) {
            keep(number, Reason::Within);
        }
        for tag in policy.tags.iter().filter(|tag| candidates[number].tags.contains(tag)) {
            keep(number, Reason::Tag(tag.clone()));
        }
    }
}

/// The newest snapshot of each of the `count` newest buckets; and the oldest of all if there are not so many buckets, so that
/// history reaches back as far as it can.
fn newest_of_each<B: PartialEq>(
    numbers: &[usize],
    count: u32,
    bucket: impl Fn(usize) -> B,
) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    let mut left = count;
    for number in numbers.iter().copied() {
        let new = found.last().is_none_or(|last| bucket(*last) != bucket(number));
        if left > 0 && (new || Some(&number) == numbers.last()) {
            found.push(number);
            left -= 1;
        }
    }
    found
}

/// Two snapshots in one bucket give the same numbers.
fn bucket(reason: &Reason, number: usize, time: DateTime) -> [i64; 3] {
    let date = time.date();
    let (year, month) = (i64::from(date.year()), i64::from(date.month()));
    match reason {
        Reason::Hourly => [year, date.day_of_year().into(), time.hour().into()],
        Reason::Daily => [year, date.day_of_year().into(), 0],
        Reason::Weekly => {
            let week = date.iso_week_date();
            [week.year().into(), week.week().into(), 0]
        }
        Reason::Monthly => [year, month, 0],
        Reason::Yearly => [year, 0, 0],
        _ => [i64::try_from(number).unwrap_or(i64::MAX), 0, 0],
    }
}

#[cfg(test)]
mod tests;
