//! Carrying out a plan.
//!
//! Order of persistence, for each group of files: every pass is written and flushed before the next → what was written is
//! read back → the journal names the files (`removing`) → they lose attributes, names, length and entry → flushed → the
//! journal counts them (`done`). At the very end directories go, and the journal of the file system is emptied. If we crash
//! anywhere, a resumed run wipes what is still there from its beginning, large targets from the place last reached.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::{Dir, fdatasync, fsync, syncfs};
use sealkeep_medium::finding::Code;
use sealkeep_medium::ioctl::{ext4_empty_journal, ext4_write_journal_back, trim};
use sealkeep_medium::place::Journal as FsJournal;

use super::buffer::Scratch;
use super::error::{Error, io};
use super::fill::Fill;
use super::job::Job;
use super::journal::{Begin, Hex, Journal, Reached, Removing, SCHEMA};
use super::plan::{Kind, Target, Verify, WipePlan};
use super::remove::{clear_attributes, entry, rename, scrubbed_name, truncate, unlink};
use super::report::{PassReport, PlaceReport, Problem, Report, Row, Tally, Verdict};
use super::resume::device_of;
use crate::envelope::Run;
use crate::parallel::{groups, parallel};
use crate::tree::{DirCache, path_of, split_parent};

/// Files from this size on, in bytes, are worked on by all threads together.
const LARGE: u64 = 4 * 1024 * 1024;

/// Rows about targets that did not go well, at most, unless all are asked for.
const MOST_ROWS: usize = 10_000;

/// Directories held open at a time.
const MOST_DIRS: usize = 256;

/// A run that goes on.
pub(super) struct Resumed {
    pub(super) journal: Journal,
    pub(super) started: u64,
    pub(super) tally: Tally,
    pub(super) reached: Option<Reached>,
    /// Listed files that may have been overwritten, in part at least.
    pub(super) begun: HashSet<(u64, u64)>,
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
        let mut report = self.empty_report();
        report.problems = std::mem::take(&mut self.problems);
        let (mut journal, mut reached, mut begun) = (journal, None, HashSet::new());
        if let Some(before) = resumed {
            (report.started, report.tally, report.resumed) = (before.started, before.tally, true);
            (journal, reached, begun) = (Some(before.journal), before.reached, before.begun);
        }
        let mut work = Work {
            fills: fills(&self),
            reached,
            journal,
            places: BTreeMap::new(),
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
        let root = |root: &super::plan::Root| Hex(root.absolute.as_os_str().as_bytes().to_vec());
        Begin {
            schema: SCHEMA.to_owned(),
            started: now(),
            roots: self.roots.iter().map(root).collect(),
            devices: (0..self.roots.len()).map(|root| device_of(self, root)).collect(),
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
            places: Vec::new(),
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

/// What is remembered of a file system for the end.
struct Touched {
    /// Any directory of it.
    dir: Arc<OwnedFd>,
    /// Files whose old blocks were freed and could not be overwritten.
    freed: u64,
}

struct Work<'w> {
    plan: &'w WipePlan,
    run: &'w Run<'w>,
    fills: Vec<Fill>,
    journal: Option<Journal>,
    reached: Option<Reached>,
    places: BTreeMap<usize, Touched>,
    /// Files with several names, and what became of them under the first.
    linked: HashMap<(u64, u64), Verdict>,
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

    fn count_refused(&mut self) {
        let plan = self.plan;
        let refused = |target: &&Target| plan.classes[target.class as usize].refused;
        for target in plan.targets.iter().filter(refused) {
            self.report.tally.refused += 1;
            if self.wants_row(target, Verdict::Refused) {
                self.report.rows.push(untouched(plan, target, Verdict::Refused, None));
            }
        }
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
                            first.insert(Verdict::Unfinished);
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
            self.linked.insert(job.target.id, job.verdict());
        }
        for job in jobs.iter_mut().filter(|job| job.twin.is_some()) {
            job.twin = self.linked.get(&job.target.id).copied();
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

    /// One pass over all files of a group: written, flushed, read back.
    fn pass(&mut self, jobs: &mut [Job<'_>], number: usize) -> Result<(), Error> {
        let begun = Instant::now();
        let last = number + 1 == self.fills.len();
        if self.is_done(jobs, number) {
            return Ok(());
        }
        self.write(jobs, number)?;
        self.flush(jobs);
        let report = &mut self.report.passes[number];
        report.bytes += jobs.iter_mut().map(Job::take_written).sum::<u64>();
        report.seconds += begun.elapsed().as_secs_f64();
        let verify = self.plan.options.verify;
        if !last && verify != Verify::Every {
            return Ok(());
        }
        let begun = Instant::now();
        let (fill, sampled) = (&self.fills[number], verify == Verify::Sample);
        self.each(jobs, |job, scratch, run| {
            job.read_back(fill, sampled, scratch, run);
            if last {
                job.examine_again();
            }
        });
        let report = &mut self.report.passes[number];
        report.read_back_bytes += jobs.iter_mut().map(Job::take_compared).sum::<u64>();
        report.read_back_seconds += begun.elapsed().as_secs_f64();
        Ok(())
    }

    /// Whether an earlier part of this run wrote the pass, and a later one after it.
    fn is_done(&self, jobs: &[Job<'_>], number: usize) -> bool {
        matches!(jobs, [job] if self.reached_by(job).is_some_and(|at| at.pass > number))
    }

    /// How far an earlier part of this run came with a target, if its place is the same.
    fn reached_by(&self, job: &Job<'_>) -> Option<&Reached> {
        let same = |at: &&Reached| at.id == job.target.id && at.ranges == job.ranges;
        self.reached.as_ref().filter(same)
    }

    /// Writes; a single large target tells the journal how far it is.
    fn write(&mut self, jobs: &mut [Job<'_>], number: usize) -> Result<(), Error> {
        if let [job] = jobs
            && job.bytes() > LARGE
            && self.journal.is_some()
        {
            return self.write_large(job, number);
        }
        let fill = &self.fills[number];
        self.each(jobs, |job, scratch, run| job.write(fill, 0, scratch, run, |_, _| Ok(())));
        Ok(())
    }

    fn write_large(&mut self, job: &mut Job<'_>, number: usize) -> Result<(), Error> {
        let from = match self.reached_by(job) {
            Some(at) if at.pass == number => at.chunk,
            _ => 0,
        };
        let Some(journal) = self.journal.as_mut() else { return Ok(()) };
        let mut reached = Reached {
            id: job.target.id,
            base: job.target.base,
            pass: number,
            chunk: 0,
            ranges: job.ranges.clone(),
        };
        let (mut told, every) = (Instant::now(), self.plan.options.checkpoint);
        let mut scratch = Scratch::default();
        job.write(&self.fills[number], from, &mut scratch, self.run, |file, chunk| {
            if told.elapsed() >= every {
                fdatasync(file).map_err(io("flush it"))?;
                reached.chunk = chunk;
                journal.reached(&reached)?;
                told = Instant::now();
            }
            Ok(())
        });
        Ok(())
    }

    /// Works on all jobs: small ones side by side, large ones one after the other with all threads.
    fn each(
        &self,
        jobs: &mut [Job<'_>],
        work: impl Fn(&mut Job<'_>, &mut Scratch, &Run<'_>) + Sync,
    ) {
        let (large, small): (Vec<_>, Vec<_>) = jobs.iter_mut().partition(|job| job.bytes() > LARGE);
        let small: Vec<Mutex<&mut Job<'_>>> = small.into_iter().map(Mutex::new).collect();
        parallel(
            self.run.workers,
            small.len(),
            |at, scratch: &mut Scratch| {
                let mut job = small[at].lock().unwrap_or_else(PoisonError::into_inner);
                work(&mut job, scratch, &self.run.single());
            },
            |()| false,
        );
        let mut scratch = Scratch::default();
        for job in large {
            work(job, &mut scratch, self.run);
        }
    }

    /// Makes a pass durable: file by file if there are few, else everything written to these file systems at once. What goes
    /// through the journal of a file system is brought to its place.
    fn flush(&self, jobs: &mut [Job<'_>]) {
        if jobs.len() <= FEW || !self.flush_file_systems(jobs) {
            jobs.iter_mut().for_each(Job::sync);
        }
        let mut emptied = HashSet::new();
        for job in jobs.iter_mut().filter(|job| job.goes_through_journal()) {
            if job.error.is_none() && emptied.insert(job.class.place) {
                let result = ext4_empty_journal(&job.file);
                job.error = result.map_err(io("empty the journal of the file system")).err();
            }
        }
    }

    /// Whether all went well; if not, flushing file by file tells which one it was.
    fn flush_file_systems(&self, jobs: &[Job<'_>]) -> bool {
        let mut seen = HashSet::new();
        jobs.iter()
            .filter(|job| seen.insert(job.class.place))
            .all(|job| job.target.kind == Kind::File && syncfs(&job.file).is_ok())
    }

    /// Takes names away, after the journal knows of it.
    fn remove(&mut self, jobs: &mut [&mut Job<'_>]) -> Result<(), Error> {
        let names: Vec<(OsString, OsString)> = jobs
            .iter()
            .map(|job| {
                let name = self.name(job.target);
                let scrubbed = scrubbed_name(&name);
                (name, scrubbed)
            })
            .collect();
        if let Some(journal) = &mut self.journal {
            let announced = jobs.iter().zip(&names).map(|(job, (_, scrubbed))| Removing {
                root: job.target.root,
                path: Hex(job.target.path.to_vec()),
                scrubbed: scrubbed.to_string_lossy().into_owned(),
                id: job.target.id,
                kind: job.target.kind,
                verdict: job.verdict(),
                size: job.target.size,
            });
            journal.removing(announced.collect())?;
        }
        let small: Vec<Mutex<&mut &mut Job<'_>>> = jobs.iter_mut().map(Mutex::new).collect();
        parallel(
            self.run.workers,
            small.len(),
            |at, _: &mut ()| {
                let mut job = small[at].lock().unwrap_or_else(PoisonError::into_inner);
                let (name, scrubbed) = &names[at];
                let listed = self.plan.expected.is_some();
                if let Err(error) = take_away(&job, listed, name, scrubbed) {
                    job.error = Some(error);
                }
            },
            |()| false,
        );
        let dirs: Vec<&Arc<OwnedFd>> = jobs.iter().map(|job| &job.dir).collect();
        sync_dirs(&dirs)
    }

    /// The name of a target in its directory.
    fn name(&self, target: &Target) -> OsString {
        let root = &self.plan.roots[target.root as usize];
        if target.path.is_empty() {
            return root.absolute.file_name().unwrap_or_default().to_owned();
        }
        OsStr::from_bytes(split_parent(&target.path).1).to_owned()
    }

    /// Links and special files first, then directories from the innermost out. Between the levels the entries that were
    /// taken away are brought to the medium: a directory that is removed first would take its blocks along as they were.
    fn remove_names(&mut self, names: &[&Target]) -> Result<(), Error> {
        let mut levels: BTreeMap<Option<usize>, Vec<&Target>> = BTreeMap::new();
        for target in names {
            let directory = target.kind == Kind::Directory;
            levels.entry(directory.then(|| depth(&target.path))).or_default().push(target);
        }
        let others = levels.remove(&None).unwrap_or_default();
        self.remove_level(&others)?;
        for dirs in levels.into_values().rev() {
            self.bring_entries_to_the_medium();
            self.remove_level(&dirs)?;
        }
        Ok(())
    }

    /// Where that cannot be done, the survey has said that names may stay.
    fn bring_entries_to_the_medium(&self) {
        for (&number, touched) in &self.places {
            let _ = syncfs(touched.dir.as_fd());
            if self.plan.places[number].journal == FsJournal::CanBeEmptied {
                let _ = ext4_write_journal_back(touched.dir.as_fd());
            }
        }
    }

    fn remove_level(&mut self, targets: &[&Target]) -> Result<(), Error> {
        let mut cache = DirCache::default();
        let mut touched: Vec<Arc<OwnedFd>> = Vec::new();
        let listed = self.plan.expected.is_some();
        let mut scrubbed = Vec::new();
        for (number, target) in targets.iter().enumerate() {
            if self.run.cancel.load(Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
            if listed && number % ANNOUNCED == 0 {
                sync_dirs(&std::mem::take(&mut touched).iter().collect::<Vec<_>>())?;
                let next = &targets[number..targets.len().min(number + ANNOUNCED)];
                scrubbed = self.announce_names(next)?;
            }
            let name = scrubbed.get(number % ANNOUNCED).cloned();
            match self.remove_name(target, name, &mut cache) {
                Ok(Some(dir)) => {
                    self.report.tally.count(Verdict::Removed);
                    if self.wants_row(target, Verdict::Removed) {
                        self.report.rows.push(untouched(self.plan, target, Verdict::Removed, None));
                    }
                    let place = self.plan.classes[target.class as usize].place;
                    let known = self.places.entry(place);
                    known.or_insert_with(|| Touched { dir: Arc::clone(&dir), freed: 0 });
                    if touched.last().is_none_or(|last| !Arc::ptr_eq(last, &dir)) {
                        touched.push(dir);
                    }
                    if touched.len() > MOST_DIRS {
                        sync_dirs(&std::mem::take(&mut touched).iter().collect::<Vec<_>>())?;
                    }
                }
                // Something in it was kept, which is reported for itself.
                Ok(None) => {}
                Err(error) => {
                    self.report.tally.failed += 1;
                    let row = untouched(self.plan, target, Verdict::Failed, Some(error));
                    self.report.rows.push(row);
                }
            }
        }
        sync_dirs(&touched.iter().collect::<Vec<_>>())
    }

    /// Tells the journal which names go next, and what they are called before they do.
    fn announce_names(&mut self, names: &[&Target]) -> Result<Vec<OsString>, Error> {
        let scrubbed: Vec<OsString> =
            names.iter().map(|target| scrubbed_name(&self.name(target))).collect();
        let Some(journal) = &mut self.journal else { return Ok(scrubbed) };
        journal.done(&self.report.tally)?;
        let announced = names.iter().zip(&scrubbed).map(|(target, scrubbed)| Removing {
            root: target.root,
            path: Hex(target.path.to_vec()),
            scrubbed: scrubbed.to_string_lossy().into_owned(),
            id: target.id,
            kind: target.kind,
            verdict: Verdict::Verified,
            size: 0,
        });
        journal.removing(announced.collect())?;
        Ok(scrubbed)
    }

    fn remove_name(
        &self,
        target: &Target,
        scrubbed: Option<OsString>,
        cache: &mut DirCache,
    ) -> Result<Option<Arc<OwnedFd>>, Error> {
        let root = &self.plan.roots[target.root as usize];
        let name = self.name(target);
        let dir = match &root.dir {
            Some(top) if !target.path.is_empty() => {
                let parent = split_parent(&target.path).0;
                cache.get(target.root as usize, top, parent, false, |_| ())?
            }
            _ => Arc::clone(&root.parent),
        };
        let directory = target.kind == Kind::Directory;
        if directory && !is_empty(&dir, &name)? {
            return Ok(None);
        }
        self.plan.check_name(&dir, &name, target)?;
        let scrubbed = scrubbed.unwrap_or_else(|| scrubbed_name(&name));
        let name = rename(&dir, &name, &scrubbed, target.id)?;
        unlink(&dir, &name, directory)?;
        Ok(Some(dir))
    }

    /// Counts a group and keeps the rows that are wanted.
    fn count(&mut self, jobs: Vec<Job<'_>>, failed: Vec<(&Target, Error)>) {
        let plan = self.plan;
        for job in jobs {
            let (target, verdict) = (job.target, job.verdict());
            self.report.tally.count(verdict);
            if verdict != Verdict::Unfinished && verdict != Verdict::Failed {
                self.report.tally.bytes += target.size;
                if !plan.options.keep && target.kind == Kind::File {
                    self.report.tally.removed += 1;
                }
            }
            let freed = |code| matches!(code, Code::CopyOnWrite | Code::Compressed);
            if job.class.findings.iter().any(|finding| freed(finding.code))
                && let Some(touched) = self.places.get_mut(&job.class.place)
            {
                touched.freed += 1;
            }
            if self.wants_row(target, verdict) {
                self.report.rows.push(job.into_row(plan));
            }
        }
        for (target, error) in failed {
            self.report.tally.failed += 1;
            self.report.rows.push(untouched(plan, target, Verdict::Failed, Some(error)));
        }
    }

    fn wants_row(&self, target: &Target, verdict: Verdict) -> bool {
        let well = matches!(verdict, Verdict::Verified | Verdict::BestEffort | Verdict::Removed);
        let named = target.path.is_empty() && target.kind != Kind::Directory;
        self.plan.options.list || named || (!well && self.report.rows.len() < MOST_ROWS)
    }

    /// What is done once for each file system, and the report.
    fn finish(mut self, result: Result<(), Error>) -> Report {
        self.count_refused();
        let stopped = result.err();
        for (number, place) in self.plan.places.iter().enumerate() {
            let (mut journal_emptied, mut trimmed) = (None, None);
            if let Some(touched) = self.places.get(&number) {
                // Through an overlay, the file system beneath has to be reached by its own mount.
                let own = place.open();
                let dir = own.as_ref().map_or(touched.dir.as_fd(), AsFd::as_fd);
                let flushed = syncfs(dir).is_ok();
                if place.journal != FsJournal::None {
                    journal_emptied = Some(flushed && ext4_empty_journal(dir).is_ok());
                }
                if touched.freed > 0 {
                    trimmed = trim(dir).ok();
                }
            }
            let place = Arc::clone(place);
            self.report.places.push(PlaceReport { place, journal_emptied, trimmed });
        }
        self.lower_untrimmed();
        self.report.finished = now();
        let unfinished = stopped.is_some();
        self.report.stopped = stopped;
        match self.journal.take() {
            Some(journal) if unfinished => self.report.journal = Some(journal.path().to_owned()),
            Some(journal) => {
                if let Err(error) = journal.end() {
                    self.report.stopped = Some(error);
                }
            }
            None => {}
        }
        self.report
    }

    /// Where the old blocks were freed but could not be offered for discarding, nothing was achieved.
    fn lower_untrimmed(&mut self) {
        for (&number, touched) in &self.places {
            if touched.freed == 0 || self.report.places[number].trimmed.is_some() {
                continue;
            }
            let tally = &mut self.report.tally;
            let lowered = touched.freed.min(tally.best_effort);
            tally.best_effort -= lowered;
            tally.not_in_place += lowered;
            for row in &mut self.report.rows {
                let here = self.report.classes[row.class].place == number;
                if here && row.verdict == Verdict::BestEffort {
                    row.verdict = Verdict::NotInPlace;
                }
            }
        }
    }
}

/// So many names of listed targets are announced at once.
const ANNOUNCED: usize = 1000;

/// Groups up to this size are flushed file by file.
const FEW: usize = 8;

fn take_away(job: &Job<'_>, listed: bool, name: &OsStr, scrubbed: &OsStr) -> Result<(), Error> {
    // Of a file without content, this is the first thing that happens to it.
    job.check_expected()?;
    if listed && job.has_grown()? {
        return Err(Error::Changed);
    }
    let file = job.file.as_fd().try_clone_to_owned().map_err(io("hold it"))?;
    clear_attributes(&file);
    let name = rename(&job.dir, name, scrubbed, job.target.id)?;
    truncate(&file)?;
    unlink(&job.dir, &name, false)
}

/// A file that is kept gets its length again: the end of its last block was overwritten too.
fn restore_length(job: &Job<'_>) {
    if job.target.kind == Kind::File {
        let _ = job.file.set_len(job.target.size);
        let _ = fsync(&job.file);
    }
}

pub(super) fn sync_dirs(dirs: &[&Arc<OwnedFd>]) -> Result<(), Error> {
    match dirs {
        [] => Ok(()),
        [one] => fsync(one).map_err(io("flush the directory")),
        many => crate::parallel::sync_file_systems(many.iter().copied())
            .map_err(io("flush the directories")),
    }
}

/// How far below its root something lies.
fn depth(path: &[u8]) -> usize {
    if path.is_empty() { 0 } else { 1 + path.iter().filter(|&&byte| byte == b'/').count() }
}

pub(super) fn is_empty(dir: &OwnedFd, name: &OsStr) -> Result<bool, Error> {
    let opened = crate::tree::descend(dir, name.as_bytes(), false)?;
    let mut entries = Dir::read_from(&opened).map_err(io("list the directory"))?;
    Ok(entries
        .all(|entry| entry.is_ok_and(|entry| matches!(entry.file_name().to_bytes(), b"." | b".."))))
}

/// A row about something that was not overwritten.
pub(super) fn untouched(
    plan: &WipePlan,
    target: &Target,
    verdict: Verdict,
    error: Option<Error>,
) -> Row {
    Row {
        path: plan.path(target),
        kind: target.kind,
        verdict,
        class: target.class as usize,
        size: target.size,
        overwritten: 0,
        read_back: None,
        before: None,
        after: None,
        bad: Vec::new(),
        error,
    }
}

pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Finishes the removal that a journal announced: the content of these files was overwritten and verified.
pub(super) fn finish_removal(
    begin: &Begin,
    removing: &[Removing],
    tally: &mut Tally,
    problems: &mut Vec<Problem>,
) {
    let mut dirs = Vec::new();
    for one in removing {
        let root = path_of(&begin.roots[one.root as usize].0);
        let path = if one.path.0.is_empty() { root } else { root.join(path_of(&one.path.0)) };
        tally.count(one.verdict);
        tally.bytes += one.size;
        tally.removed += 1;
        match remove_either(&path, one) {
            Ok(Some(dir)) => dirs.push(Arc::new(dir)),
            Ok(None) => {}
            Err(error) => problems.push(Problem::new(path, error)),
        }
    }
    let _ = sync_dirs(&dirs.iter().collect::<Vec<_>>());
}

fn remove_either(path: &std::path::Path, one: &Removing) -> Result<Option<OwnedFd>, Error> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
    if !parent.is_dir() {
        return Ok(None);
    }
    let dir = crate::tree::open_dir(parent)?;
    for name in [name, OsStr::new(&one.scrubbed)] {
        if entry(&dir, name)? == Some(one.id) {
            let file = super::plan::open_file(&dir, name.as_bytes(), rustix::fs::OFlags::RDWR)?;
            let file: OwnedFd = file.into();
            clear_attributes(&file);
            let name = rename(&dir, name, OsStr::new(&one.scrubbed), one.id)?;
            truncate(&file)?;
            unlink(&dir, &name, false)?;
            return Ok(Some(dir));
        }
    }
    Ok(None)
}
