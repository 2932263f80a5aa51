//! Carrying out a plan.
//!
//! Order of persistence, for each group of files: every pass is written and flushed before the next → what was written is
//! read back → the journal names the files (`removing`) → they lose attributes, names, length and entry → flushed → the
//! journal counts them (`done`). At the very end directories go, and the journal of the file system is emptied. If we crash
//! anywhere, a resumed run wipes what is still there from its beginning, large targets from the place last reached.

mod closing;
mod names;
mod passes;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use super::error::Error;
use super::fill::Fill;
use super::identity::Identity;
use super::job::Job;
use super::journal::{Begin, Hex, Journal, Reached, SCHEMA};
use super::plan::{Kind, Target, WipePlan};
use super::report::{PassReport, PlaceReport, Report, Tally, Verdict};
use super::resume::device_of;
use super::root::Root;
use crate::envelope::Run;
use crate::parallel::{groups, parallel};
use crate::tree::DirCache;

pub(super) use closing::{Touched, untouched};
pub(super) use names::{is_empty, sync_dirs};
use passes::restore_length;

/// A run that goes on.
pub(super) struct Resumed {
    pub(super) journal: Journal,
    pub(super) started: u64,
    pub(super) tally: Tally,
    pub(super) reached: Option<Reached>,
    /// Listed files that may have been overwritten, in part at least.
    pub(super) begun: HashSet<(u64, u64)>,
    /// File systems that the run touched before, by their numbers in the plan.
    pub(super) places: BTreeMap<usize, Touched>,
}

impl WipePlan {
    /// Wipes. What goes wrong with one target is reported, with the others done; only cancellation and a journal that
    /// cannot be written end the run early, in [`Report::stopped`].
    #[must_use]
    pub fn execute(mut self, run: &Run<'_>) -> Report {
        let journal = match &self.options.journal {
            None => Ok(None),
            Some(dir) => Journal::begin(dir, self.begin_line(), self.listed()).map(Some),
        };
        match journal {
            Ok(journal) => self.carry_out(journal, None, run),
            Err(error) => {
                let mut report = self.empty_report();
                report.problems = std::mem::take(&mut self.problems);
                report.stopped = Some(error);
                report
            }
        }
    }

    pub(super) fn carry_on(self, resumed: Resumed, run: &Run<'_>) -> Report {
        self.carry_out(None, Some(resumed), run)
    }

    fn carry_out(
        mut self,
        journal: Option<Journal>,
        resumed: Option<Resumed>,
        run: &Run<'_>,
    ) -> Report {
        // Somebody may have been asked for a word meanwhile, or a thousand files been compared.
        self.surveyor.look_at_users_again();
        let mut report = self.empty_report();
        report.problems = std::mem::take(&mut self.problems);
        let (mut journal, mut reached, mut begun) = (journal, None, HashSet::new());
        let mut places = BTreeMap::new();
        if let Some(before) = resumed {
            (report.started, report.tally, report.resumed) = (before.started, before.tally, true);
            (journal, reached, begun) = (Some(before.journal), before.reached, before.begun);
            places = before.places;
        }
        let mut work = Work {
            fills: fills(&self),
            reached,
            journal,
            places,
            linked: HashMap::new(),
            begun,
            run,
            plan: &self,
            report,
        };
        let result = work.all();
        work.finish(result)
    }

    fn begin_line(&self) -> Begin {
        let options = &self.options;
        let root = |root: &Root| Hex(root.absolute.as_os_str().as_bytes().to_vec());
        Begin {
            schema: SCHEMA.to_owned(),
            started: now(),
            roots: self.roots.iter().map(root).collect(),
            devices: (0..self.roots.len()).map(|root| device_of(self, root)).collect(),
            made: self.roots.iter().map(made).collect(),
            method: options.method.id().to_owned(),
            passes: self.passes.clone(),
            verify: options.verify,
            require: options.require,
            hard_links: options.hard_links,
            in_use: options.in_use,
            whole: options.whole,
            keep: options.keep,
            listed: self.expected.is_some(),
            seed: Hex(self.seed.expose().to_vec()),
        }
    }

    /// A report of nothing.
    pub(super) fn empty_report(&self) -> Report {
        let pass = |pass: &super::method::Pass| PassReport {
            pattern: pass.to_string(),
            ..PassReport::default()
        };
        Report {
            method: self.options.method.id().to_owned(),
            verify: self.options.verify,
            seed_commitment: self.seed.commitment(),
            passes: self.passes.iter().map(pass).collect(),
            started: now(),
            finished: 0,
            resumed: false,
            kept: self.options.keep,
            tally: Tally::default(),
            places: self.places.iter().map(PlaceReport::new).collect(),
            classes: self.classes.clone(),
            rows: Vec::new(),
            problems: Vec::new(),
            stopped: None,
            journal: None,
        }
    }
}

pub(super) fn fills(plan: &WipePlan) -> Vec<Fill> {
    let numbered = plan.passes.iter().zip(1..);
    numbered.map(|(pass, number)| Fill::new(pass, number, &plan.seed)).collect()
}

struct Work<'w> {
    plan: &'w WipePlan,
    run: &'w Run<'w>,
    fills: Vec<Fill>,
    journal: Option<Journal>,
    reached: Option<Reached>,
    places: BTreeMap<usize, Touched>,
    /// Files with several names, and what became of them under the first.
    linked: HashMap<(u64, u64), (Verdict, u64)>,
    /// Listed files that were overwritten, or begun to be.
    begun: HashSet<(u64, u64)>,
    report: Report,
}

impl Work<'_> {
    fn all(&mut self) -> Result<(), Error> {
        let plan = self.plan;
        let (content, names): (Vec<&Target>, Vec<&Target>) = plan
            .targets
            .iter()
            .filter(|target| !plan.classes[target.class as usize].refused)
            .collect::<Vec<_>>()
            .into_iter()
            .partition(|target| target.kind.has_content());
        for group in groups(&content, |target| target.size) {
            self.group(group)?;
        }
        if !plan.options.keep {
            self.remove_names(&names)?;
        }
        Ok(())
    }

    fn group(&mut self, group: &[&Target]) -> Result<(), Error> {
        if self.run.cancel.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
        let (mut jobs, failed) = self.open(group);
        let mut result = Ok(());
        self.announce(&jobs)?;
        for number in 0..self.fills.len() {
            result = self.pass(&mut jobs, number);
            if result.is_err() {
                break;
            }
            if number + 1 < self.fills.len() && self.run.cancel.load(Ordering::Relaxed) {
                // Between two passes nothing went wrong with any of them, yet none is done.
                jobs.iter_mut().for_each(Job::stop);
                break;
            }
        }
        for job in &mut jobs {
            job.settle();
        }
        self.settle_twins(&mut jobs);
        if result.is_ok() && jobs.iter().any(|job| job.verdict() == Verdict::Unfinished) {
            result = Err(Error::Cancelled);
        }
        let plan = self.plan;
        let sure = |job: &Job<'_>| {
            matches!(job.verdict(), Verdict::Verified | Verdict::BestEffort | Verdict::NotInPlace)
        };
        if result.is_ok() && !plan.options.keep {
            let goes = |job: &&mut Job<'_>| sure(job) && job.target.kind == Kind::File;
            let mut going: Vec<&mut Job<'_>> = jobs.iter_mut().filter(goes).collect();
            result = self.remove(&mut going);
        } else if plan.options.keep {
            jobs.iter().for_each(restore_length);
        }
        self.count(jobs, failed);
        if let Some(journal) = self.journal.as_mut().filter(|_| result.is_ok()) {
            journal.done(&self.report.tally)?;
        }
        result
    }

    /// Opens what can be opened; names of files that were overwritten already come back with nothing to do.
    fn open<'p>(&mut self, group: &[&'p Target]) -> (Vec<Job<'p>>, Vec<(&'p Target, Error)>)
    where
        Self: 'p,
    {
        let plan: &'p WipePlan = self.plan;
        let linked = &self.linked;
        let opened = parallel(
            self.run.workers,
            group.len(),
            |at, dirs: &mut DirCache| {
                let another_name = linked.contains_key(&group[at].id);
                Job::open(plan, group[at], dirs, another_name)
            },
            |_| false,
        );
        let (mut jobs, mut failed) = (Vec::with_capacity(group.len()), Vec::new());
        for (at, result) in opened {
            match result {
                Ok(mut job) => {
                    match plan.expect(&job, &self.begun, &self.fills) {
                        Ok(expected) => job.expected = expected,
                        Err(error) => {
                            failed.push((group[at], error));
                            continue;
                        }
                    }
                    let touched = self.places.entry(job.class.place);
                    touched.or_insert_with(|| Touched { dir: Arc::clone(&job.dir), freed: 0 });
                    match self.linked.entry(job.target.id) {
                        // Not known yet if the first name is in this group.
                        Entry::Occupied(first) => job.leave_to(*first.get()),
                        Entry::Vacant(first) if job.survey.file.links > 1 => {
                            first.insert((Verdict::Unfinished, job.base));
                        }
                        Entry::Vacant(_) => {}
                    }
                    jobs.push(job);
                }
                Err(error) => failed.push((group[at], error)),
            }
        }
        (jobs, failed)
    }

    /// Further names of a file have the verdict of the first.
    fn settle_twins(&mut self, jobs: &mut [Job<'_>]) {
        for job in jobs.iter().filter(|job| job.survey.file.links > 1 && job.twin.is_none()) {
            self.linked.insert(job.target.id, (job.verdict(), job.base));
        }
        for job in jobs.iter_mut().filter(|job| job.twin.is_some()) {
            job.twin = self.linked.get(&job.target.id).map(|(verdict, _)| *verdict);
        }
    }

    /// Tells the journal which of the listed files are overwritten next.
    fn announce(&mut self, jobs: &[Job<'_>]) -> Result<(), Error> {
        if self.plan.expected.is_none() {
            return Ok(());
        }
        let ids: Vec<(u64, u64)> = jobs.iter().map(|job| job.target.id).collect();
        self.begun.extend(&ids);
        self.journal.as_mut().map_or(Ok(()), |journal| journal.overwriting(ids))
    }
}

/// What tells a root from another that has its name later.
pub(super) fn made(root: &Root) -> (u64, Option<(i64, u32)>) {
    let name = root.absolute.file_name().unwrap_or_default();
    Identity::of_entry(&root.parent, name).map_or((0, None), |made| (made.id.1, made.born))
}

pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
