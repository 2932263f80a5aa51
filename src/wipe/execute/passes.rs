//! One pass over a group of files: written, flushed, read back.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use rustix::fs::{fdatasync, fsync, syncfs};
use rustix::io::Errno;
use sealkeep_medium::ioctl::ext4_empty_journal;

use super::Work;
use crate::envelope::Run;
use crate::parallel::parallel;
use crate::wipe::buffer::Scratch;
use crate::wipe::error::{Error, io};
use crate::wipe::job::Job;
use crate::wipe::journal::Reached;
use crate::wipe::options::Verify;
use crate::wipe::plan::Kind;

impl Work<'_> {
    /// One pass over all files of a group: written, flushed, read back.
    pub(super) fn pass(&mut self, jobs: &mut [Job<'_>], number: usize) -> Result<(), Error> {
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
        // What took no writes is known only to this run: one that goes on must try it again.
        let clean = job.is_clean();
        job.write(&self.fills[number], from, &mut scratch, self.run, |file, chunk| {
            if clean && told.elapsed() >= every {
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
        let mut emptied: HashMap<usize, Result<(), Errno>> = HashMap::new();
        for job in jobs.iter_mut().filter(|job| job.goes_through_journal()) {
            let result = *emptied.entry(job.class.place).or_insert_with(|| {
                // Through an overlay, the file system beneath has to be reached by its own mount.
                match job.survey.place.open() {
                    Some(dir) => ext4_empty_journal(dir),
                    None => ext4_empty_journal(&job.file),
                }
            });
            if job.error.is_none() {
                job.error = result.map_err(io("empty the journal of the file system")).err();
            }
        }
    }

    /// Whether all went well; if not, flushing file by file tells which one it was.
    fn flush_file_systems(&self, jobs: &[Job<'_>]) -> bool {
        let mut seen = HashSet::new();
        jobs.iter().filter(|job| seen.insert(job.class.place)).all(|job| {
            // The second has the drive write its own cache out, which not every file system does at the first.
            job.target.kind == Kind::File
                && syncfs(&job.file).is_ok()
                && fdatasync(&job.file).is_ok()
        })
    }
}

/// A file that is kept gets its length again: the end of its last block was overwritten too.
pub(super) fn restore_length(job: &Job<'_>) {
    let Some(end) = job.ranges.iter().map(|(start, length)| start + length).max() else { return };
    let Ok(len) = job.file.metadata().map(|found| found.len()) else { return };
    // Longer than we made it: somebody else wrote there, and it is theirs.
    if job.target.kind == Kind::File && job.target.size < len && len <= end {
        let _ = job.file.set_len(job.target.size);
        let _ = fsync(&job.file);
    }
}

/// Files from this size on, in bytes, are worked on by all threads together.
const LARGE: u64 = 4 * 1024 * 1024;

/// Groups up to this size are flushed file by file.
const FEW: usize = 8;
