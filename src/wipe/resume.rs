//! Going on with a run that was cut off.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealkeep_medium::stack::LayerKind;

use super::WipePlan;
use super::error::Error;
use super::execute::{Resumed, Touched, fills, made};
use super::fill::Seed;
use super::journal::{Begin, Hex, Journal, Listed, Past, Removing, Settled};
use super::list::Expected;
use super::method::Method;
use super::options::WipeOptions;
use super::plan::{Kind, Target};
use super::removal::finish_removal;
use super::report::{Problem, Report, Tally};
use super::root::{Root, open_root};
use crate::envelope::Run;
use crate::tree::{join, open_dir, path_of, split_parent};

/// The journals of runs that were cut off, the oldest first. One that is still going on is among them.
#[must_use]
pub fn unfinished(dir: &Path) -> Vec<PathBuf> {
    Journal::unfinished(dir)
}

/// Overwrites and removes the journal of a run whose report is durable.
///
/// # Errors
/// `Busy` if the run is still going on; `Journal`, `Io`.
pub(crate) fn end_journal(journal: &Path) -> Result<(), Problem> {
    let ended = Journal::open(journal).and_then(|(open, _)| open.end());
    ended.map_err(|error| Problem::new(journal, error))
}

/// A run that was cut off, ready to go on.
pub struct Resume {
    journal: Journal,
    past: Past,
    plan: WipePlan,
}

impl Resume {
    /// Reads the journal and examines what is still there. Nothing is changed yet.
    ///
    /// # Errors
    /// `Busy`, `Journal`, `Io`.
    pub fn open(journal: &Path, list: bool) -> Result<Self, Problem> {
        let wrap = |error| Problem::new(journal, error);
        let (lock, past) = Journal::open(journal).map_err(wrap)?;
        let plan = plan(&past, list).map_err(wrap)?;
        Ok(Self { journal: lock, past, plan })
    }

    /// What is still to be done; files that only have to lose their names are not in it.
    #[must_use]
    pub fn plan(&self) -> &WipePlan {
        &self.plan
    }

    /// Listed files, absolute, that may have been overwritten, in part at least.
    pub(crate) fn announced(&self) -> HashSet<PathBuf> {
        let begun = |one: &&Listed| self.past.begun.contains(&one.identity.id);
        let listed = self.past.listed.iter().filter(begun);
        listed.filter_map(|one| self.past.begin.path_of(one.root, &one.path)).collect()
    }

    /// Listed files whose overwriting had come to its end before.
    #[must_use]
    pub(crate) fn settled(&self) -> &[Settled] {
        &self.past.settled
    }

    /// What was named when the run began.
    #[must_use]
    pub fn roots(&self) -> Vec<PathBuf> {
        self.past.begin.roots.iter().map(|root| path_of(&root.0)).collect()
    }

    /// As [`WipePlan::keeping_journal`].
    pub(crate) fn keeping_journal(mut self) -> Self {
        self.plan.keeps_journal = true;
        self
    }

    /// Goes on. The report counts what was done before, too.
    #[must_use]
    pub fn execute(self, run: &Run<'_>) -> Report {
        let Self { mut journal, past, mut plan } = self;
        let Past { begin, tally, reached, removing, begun, .. } = past;
        let (mut tally, mut problems) = (again(tally, begin.keep), Vec::new());
        finish_removal(&begin, &removing, &fills(&plan), &mut tally, &mut problems);
        // What was announced is settled before something else is.
        if let Err(error) = journal.done(&tally) {
            problems.push(Problem::new(journal.path(), error));
        }
        plan.problems.extend(problems);
        let places = touched(&plan, &begin.roots, tally.best_effort);
        let resumed = Resumed { journal, started: begin.started, tally, reached, begun, places };
        plan.carry_on(resumed, run)
    }
}

/// What was done before and stays done: what was not is tried again, and what is kept is wiped anew.
fn again(before: Tally, keep: bool) -> Tally {
    if keep {
        return Tally::default();
    }
    Tally { failed: 0, unfinished: 0, refused: 0, ..before }
}

/// The file systems of the roots: what is done at the end for each of them may not have been done.
fn touched(plan: &WipePlan, roots: &[Hex], freed: u64) -> BTreeMap<usize, Touched> {
    let mut touched = BTreeMap::new();
    for root in roots {
        let parent = path_of(&root.0).parent().map(Path::to_owned).unwrap_or_default();
        let Ok(dir) = open_dir(&parent) else { continue };
        let known = plan.surveyor.place_again(&dir, &parent);
        let number = plan
            .places
            .iter()
            .position(|place| known.as_ref().is_some_and(|known| Arc::ptr_eq(known, place)));
        if let Some(number) = number {
            let freed = if plan.places[number].family.copies_on_write() { freed } else { 0 };
            touched.entry(number).or_insert(Touched { dir: Arc::new(dir), freed });
        }
    }
    touched
}

/// What tells the device that was named as a root from others: its length, and the disks or files that it lies on. Empty
/// if it is no device.
pub(super) fn device_of(plan: &WipePlan, root: usize) -> String {
    let named = |target: &&Target| target.root as usize == root && target.kind == Kind::Device;
    let Some(target) = plan.targets.iter().find(named) else { return String::new() };
    let place = &plan.places[plan.classes[target.class as usize].place];
    let mut text = format!("{} bytes", target.size);
    for layer in &place.layers {
        match &layer.kind {
            LayerKind::Disk { vendor, model, serial, .. } => {
                text.push_str(&format!("; {vendor:?} {model:?} {serial:?}"));
            }
            LayerKind::Loop { backing, offset, .. } => {
                text.push_str(&format!("; {backing:?} {offset}"));
            }
            _ => {}
        }
    }
    text
}

/// Everything that is left of what was named, but for files that were overwritten and only have to lose their names.
fn plan(past: &Past, list: bool) -> Result<WipePlan, Error> {
    let begin = &past.begin;
    let damaged = |what: &str| Error::Journal(what.to_owned());
    let options = WipeOptions {
        // For its name; the passes are those of the journal.
        method: Method::recorded(&begin.method),
        verify: begin.verify,
        require: begin.require,
        hard_links: begin.hard_links,
        in_use: begin.in_use,
        whole: begin.whole,
        keep: begin.keep,
        list,
        ..WipeOptions::new()
    };
    let mut plan = WipePlan::empty(options)?;
    plan.passes = begin.passes.clone();
    plan.seed = Seed::from_bytes(&begin.seed.0).ok_or_else(|| damaged("seed"))?;
    plan.continue_units();
    if past.removing.iter().any(|one| one.root as usize >= begin.roots.len()) {
        return Err(damaged("a root that was not named"));
    }
    for root in &begin.roots {
        plan.know_place_of(path_of(&root.0).parent().unwrap_or(Path::new("/")));
    }
    if begin.listed {
        plan.expected = Some(Expected::default());
        plan.add_list(past)?;
        plan.settle_links();
        return Ok(plan);
    }
    let mut forgotten = HashSet::new();
    for (number, path) in begin.roots.iter().enumerate() {
        let path = path_of(&path.0);
        let gone = past.gone.contains(&u32::try_from(number).unwrap_or(u32::MAX));
        match add_again(&mut plan, begin, number, &path) {
            Ok(root) => forgotten.extend(announced(past, number, root)),
            Err(error) if error.is_not_found() && gone => {}
            Err(error) if error.is_not_found() => {
                plan.problems.push(Problem::new(path, Error::Missing));
            }
            Err(error @ Error::Missing) => plan.problems.push(Problem::new(path, error)),
            Err(error) => return Err(error),
        }
    }
    plan.forget(&forgotten);
    plan.settle_links();
    if let Some(reached) = &past.reached {
        plan.reuse_units(reached.id, reached.base);
    }
    Ok(plan)
}

/// Adds a root of the run, if it is the one that it was. Returns its number in the plan.
fn add_again(plan: &mut WipePlan, begin: &Begin, number: usize, path: &Path) -> Result<u32, Error> {
    let root = open_root(path)?;
    // Disks may have exchanged their names since, and their nodes are made anew at every start.
    let device = begin.devices.get(number).filter(|device| !device.is_empty());
    if device.is_none() && !is_same_root(begin, number, &root) {
        return Err(Error::Missing);
    }
    plan.add(path)?;
    let at = plan.roots.len() - 1;
    if device.is_some_and(|device| *device != device_of(plan, at)) {
        plan.drop_last_root();
        return Err(Error::Missing);
    }
    plan.roots[at].number = u32::try_from(number).unwrap_or(u32::MAX);
    Ok(u32::try_from(at).unwrap_or(u32::MAX))
}

/// Whether a root is the one that had this number when the run began.
pub(super) fn is_same_root(begin: &Begin, number: usize, root: &Root) -> bool {
    let known = begin.made.get(number).filter(|(inode, _)| *inode != 0);
    known.is_none_or(|known| *known == made(root))
}

/// Files that only have to lose their names, under both names that they may have.
fn announced(past: &Past, number: usize, root: u32) -> Vec<(u32, Vec<u8>)> {
    let of_root = |one: &&Removing| one.root as usize == number && one.kind == Kind::File;
    let names = |one: &Removing| {
        let scrubbed = match split_parent(&one.path.0).0 {
            Some(parent) => join(parent, one.scrubbed.as_bytes()),
            None => one.scrubbed.clone().into_bytes(),
        };
        [(root, one.path.0.clone()), (root, scrubbed)]
    };
    past.removing.iter().filter(of_root).flat_map(names).collect()
}
