//! Counting, and what is done once for each file system at the end.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::syncfs;
use sealkeep_medium::ioctl::{ext4_empty_journal, trim};
use sealkeep_medium::place::{Family, Journal as FsJournal};

use super::{Work, now};
use crate::wipe::error::Error;
use crate::wipe::job::Job;
use crate::wipe::plan::{Kind, Target, WipePlan};
use crate::wipe::report::{Report, Row, Verdict};

impl Work<'_> {
    /// Counts a group and keeps the rows that are wanted.
    pub(super) fn count(&mut self, jobs: Vec<Job<'_>>, failed: Vec<(&Target, Error)>) {
        let plan = self.plan;
        for job in jobs {
            let (target, verdict) = (job.target, job.verdict());
            self.report.tally.count(verdict);
            if verdict != Verdict::Unfinished && verdict != Verdict::Failed && job.twin.is_none() {
                self.report.tally.bytes += target.size;
            }
            self.report.tally.removed += u64::from(job.removed);
            if verdict == Verdict::BestEffort
                && plan.places[job.class.place].family.copies_on_write()
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
            if self.wants_row(target, Verdict::Failed) {
                self.report.rows.push(untouched(plan, target, Verdict::Failed, Some(error)));
            }
        }
    }

    pub(super) fn wants_row(&self, target: &Target, verdict: Verdict) -> bool {
        let well = matches!(verdict, Verdict::Verified | Verdict::BestEffort | Verdict::Removed);
        let named = target.path.is_empty() && target.kind != Kind::Directory;
        self.plan.options.list || named || (!well && self.report.rows.len() < MOST_ROWS)
    }

    /// What is done once for each file system, and the report.
    pub(super) fn finish(mut self, result: Result<(), Error>) -> Report {
        self.count_refused();
        let stopped = result.err();
        for (number, place) in self.plan.places.iter().enumerate() {
            let (mut journal_emptied, mut trimmed) = (None, None);
            if let Some(touched) = self.places.get(&number) {
                // Through an overlay, the file system beneath has to be reached by its own mount.
                let own = place.open();
                let dir = own.as_ref().map_or(touched.dir.as_fd(), AsFd::as_fd);
                let flushed = syncfs(dir).is_ok();
                if place.family == Family::Ext && place.journal != FsJournal::None {
                    journal_emptied = Some(flushed && ext4_empty_journal(dir).is_ok());
                }
                if touched.freed > 0 {
                    trimmed = trim(dir).ok();
                }
            }
            let report = &mut self.report.places[number];
            (report.journal_emptied, report.trimmed) = (journal_emptied, trimmed);
        }
        self.lower_untrimmed();
        self.report.finished = now();
        // What is missing now may be there again later.
        let missing = self.report.problems.iter().any(|one| matches!(one.error, Error::Missing));
        let unfinished = stopped.is_some() || missing;
        self.report.stopped = stopped;
        match self.journal.take() {
            Some(journal) if unfinished || self.plan.keeps_journal => {
                self.report.journal = Some(journal.path().to_owned())
            }
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
}

/// What is remembered of a file system for the end.
pub(in crate::wipe) struct Touched {
    /// Any directory of it.
    pub(in crate::wipe) dir: Arc<OwnedFd>,
    /// Files whose old blocks were freed and could not be overwritten.
    pub(in crate::wipe) freed: u64,
}

/// A row about something that was not overwritten.
pub(in crate::wipe) fn untouched(
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

/// Rows about targets that did not go well, at most, unless all are asked for.
const MOST_ROWS: usize = 10_000;
