//! Going on with a run that was cut off.

use std::path::{Path, PathBuf};

use rustix::io::Errno;
use sealkeep_medium::stack::LayerKind;

use super::WipePlan;
use super::error::Error;
use super::execute::{Resumed, fills, finish_removal};
use super::fill::Seed;
use super::journal::{Journal, Past};
use super::list::Expected;
use super::listed;
use super::method::Method;
use super::plan::{Kind, Target, WipeOptions};
use super::report::{Problem, Report};
use crate::envelope::Run;
use crate::tree::path_of;

/// The journals of runs that were cut off, the oldest first. One that is still going on is among them.
#[must_use]
pub fn unfinished(dir: &Path) -> Vec<PathBuf> {
    Journal::unfinished(dir)
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

    /// What was named when the run began.
    #[must_use]
    pub fn roots(&self) -> Vec<PathBuf> {
        self.past.begin.roots.iter().map(|root| path_of(&root.0)).collect()
    }

    /// Goes on. The report counts what was done before, too.
    #[must_use]
    pub fn execute(self, run: &Run<'_>) -> Report {
        let Self { journal, past, plan } = self;
        let Past { begin, mut tally, reached, removing, listed, begun } = past;
        let mut problems = Vec::new();
        if begin.listed {
            let fills = fills(&plan);
            listed::finish_removal(&begin, &removing, &listed, &fills, &mut tally, &mut problems);
        } else {
            finish_removal(&begin, &removing, &mut tally, &mut problems);
        }
        let resumed = Resumed { journal, started: begin.started, tally, reached, begun };
        let mut report = plan.carry_on(resumed, run);
        report.problems.extend(problems);
        report
    }
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
    if begin.listed {
        plan.expected = Some(Expected::default());
        plan.add_list(past)?;
        plan.settle_links();
        return Ok(plan);
    }
    for (number, root) in begin.roots.iter().enumerate() {
        match plan.add(&path_of(&root.0)) {
            Err(Error::Io { source, .. })
                if source.raw_os_error() == Some(Errno::NOENT.raw_os_error()) =>
            {
                continue;
            }
            other => other?,
        }
        // Disks may have exchanged their names since.
        let before = begin.devices.get(number).filter(|device| !device.is_empty());
        if before.is_some_and(|device| *device != device_of(&plan, plan.roots.len() - 1)) {
            return Err(Error::Changed);
        }
    }
    plan.forget(past.removing.iter().map(|one| one.id).collect());
    plan.settle_links();
    if let Some(reached) = &past.reached {
        plan.reuse_units(reached.id, reached.base);
    }
    Ok(plan)
}
