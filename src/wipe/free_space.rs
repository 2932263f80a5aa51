//! The free space of file systems, where earlier versions of files lie.
//!
//! It is filled with files that have no names: however the run ends, the space is free again. They are all held until
//! the last block is taken, since a block that was given back could be given out again and another one never.

mod append;
mod fill_up;
mod reserve;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::syncfs;
use sealkeep_medium::finding::{Code, Effect, Finding, Reach};
use sealkeep_medium::ioctl::{ext4_empty_journal, trim};
use sealkeep_medium::place::Journal;

use super::error::{Error, io};
use super::execute::{fills, now, untouched};
use super::fill::Fill;
use super::options::WipeOptions;
use super::plan::{Kind, Target, WipePlan};
use super::readback::ReadBack;
use super::report::{PlaceReport, Problem, Report, Row, Verdict};
use super::root::open_root;
use crate::envelope::Run;
use fill_up::{Filled, How};

/// Free space that will be filled.
pub struct FreeSpace {
    plan: WipePlan,
}

impl FreeSpace {
    /// Examines the file systems of these directories. There is no journal: a run that was cut off is begun anew.
    ///
    /// # Errors
    /// A directory that cannot be examined is an error of the whole.
    pub fn new(dirs: &[PathBuf], options: WipeOptions) -> Result<Self, Problem> {
        let options = WipeOptions { journal: None, ..options };
        let mut plan = WipePlan::empty(options).map_err(|error| Problem::new("/proc", error))?;
        for dir in dirs {
            add(&mut plan, dir).map_err(|error| Problem::new(dir, error))?;
        }
        Ok(Self { plan })
    }

    /// What will be done.
    #[must_use]
    pub fn plan(&self) -> &WipePlan {
        &self.plan
    }

    /// Fills, reads back and gives the space back.
    #[must_use]
    pub fn execute(mut self, run: &Run<'_>) -> Report {
        let mut report = self.plan.empty_report();
        report.problems = std::mem::take(&mut self.plan.problems);
        let place = |place: &Arc<_>| PlaceReport {
            place: Arc::clone(place),
            journal_emptied: None,
            trimmed: None,
        };
        report.places = self.plan.places.iter().map(place).collect();
        let (plan, fills) = (&self.plan, fills(&self.plan));
        for target in &plan.targets {
            let row = if plan.classes[target.class as usize].refused {
                untouched(plan, target, Verdict::Refused, None)
            } else if report.stopped.is_some() {
                untouched(plan, target, Verdict::Unfinished, Some(Error::Cancelled))
            } else {
                wipe(plan, target, &fills, &mut report, run)
            };
            if matches!(row.error, Some(Error::Cancelled)) {
                report.stopped = Some(Error::Cancelled);
            }
            report.tally.count(row.verdict);
            report.rows.push(row);
        }
        report.finished = now();
        report
    }
}

fn add(plan: &mut WipePlan, given: &Path) -> Result<(), Error> {
    // What is named is a place, not a thing to be wiped: links to it are followed.
    let root = open_root(&given.canonicalize().map_err(io("find it"))?)?;
    let Some(dir) = root.dir.clone() else {
        return Err(Error::NotADirectory(given.to_owned()));
    };
    let space = plan.surveyor.survey_space(&dir, &root.absolute).map_err(io("examine it"))?;
    if plan.targets.iter().any(|other| other.id.0 == space.id.0) {
        return Err(Error::Twice);
    }
    let class = plan.class_of(Kind::FreeSpace, &space.place, space.findings, space.bytes);
    let number = u32::try_from(plan.roots.len()).unwrap_or(u32::MAX);
    plan.roots.push(super::root::Root { given: given.to_owned(), ..root });
    plan.targets.push(Target {
        root: number,
        class,
        kind: Kind::FreeSpace,
        path: Box::default(),
        size: space.bytes,
        id: space.id,
        base: 0,
    });
    Ok(())
}

/// Fills one file system.
fn wipe(
    plan: &WipePlan,
    target: &Target,
    fills: &[Fill],
    report: &mut Report,
    run: &Run<'_>,
) -> Row {
    let class = target.class as usize;
    let number = plan.classes[class].place;
    let mut row = untouched(plan, target, Verdict::Failed, Some(Error::Unsupported));
    let Some(dir) = plan.roots[target.root as usize].dir.as_deref() else { return row };
    let place = &plan.places[number];
    let journals = |finding: &Finding| finding.code == Code::DataJournal;
    let how = How {
        dir,
        place,
        fills,
        verify: plan.options.verify,
        through_journal: place.journal == Journal::CanBeEmptied
            && plan.classes[class].findings.iter().any(journals),
        run,
    };
    let mut filled = Filled::default();
    let result = filled.fill(&how, &mut report.passes);
    row.overwritten = filled.bytes;
    row.read_back = filled.read_back;
    row.bad = filled.bad.places.clone();
    row.error = result.err().or_else(|| filled.bad.error());
    let short = row.error.is_none().then(|| short(&filled)).flatten();
    // From here on there is room again.
    drop(filled);
    report.tally.bytes += row.overwritten;
    let here = &mut report.places[number];
    let flushed = syncfs(dir).is_ok();
    if place.journal != Journal::None {
        here.journal_emptied = Some(flushed && ext4_empty_journal(dir).is_ok());
    }
    let class = &mut report.classes[class];
    if let Some(finding) = short {
        class.findings.push(finding);
        class.reach = class.reach.max(Reach::BestEffort);
    }
    if class.reach != Reach::InPlace {
        here.trimmed = trim(dir).ok();
    }
    row.verdict = verdict(&row, class.reach);
    row
}

/// Space that was left free, or might have been.
fn short(filled: &Filled) -> Option<Finding> {
    let found = |code, detail: String| Some(Finding::new(code, Effect::BestEffort, detail));
    match (filled.quota, filled.left) {
        (true, left) => found(Code::Quota, left.to_string()),
        (false, 0) => None,
        (false, left) => found(Code::ReservedBlocks, left.to_string()),
    }
}

fn verdict(row: &Row, reach: Reach) -> Verdict {
    match (&row.error, reach) {
        (Some(Error::Cancelled), _) => Verdict::Unfinished,
        (Some(_), _) => Verdict::Failed,
        (None, Reach::Impossible) => Verdict::NotInPlace,
        (None, Reach::BestEffort) => Verdict::BestEffort,
        (None, Reach::InPlace) if matches!(row.read_back, Some(ReadBack::Cached)) => {
            Verdict::BestEffort
        }
        (None, Reach::InPlace) => Verdict::Verified,
    }
}
