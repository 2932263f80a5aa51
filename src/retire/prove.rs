//! The proof: every sealed file is opened from where it lies and compared with its source.

use std::sync::atomic::Ordering;

use super::report::{Error, Kept, Reason, Refusal, Report, Totals};
use super::{RetireOptions, Sealed, wipe_options};
use crate::envelope::{self, Kind, Run};
use crate::files::{self, Pairs, Scratch};
use crate::keys::{Fetched, Keys};
use crate::parallel::{groups, parallel};
use crate::tree::DirCache;
use crate::wipe::{self, Identity, WipeList, WipePlan};

/// What was proved, and is to be wiped; every source is still whole.
pub struct Proven {
    report: Report,
    plan: Option<WipePlan>,
}

impl Sealed {
    /// Goes no further: there is nothing to prove it with. Every source stays whole.
    #[must_use]
    pub fn refused(self) -> Proven {
        let refusal = self.refusal.unwrap_or(Refusal::NotProved);
        Proven { report: Report::new(self.report, Some(refusal)), plan: None }
    }

    /// Compares every sealed file with its source. `keys` should not be what sealed: read anew from where they are kept, they
    /// show that what is kept there opens the files.
    #[must_use]
    pub fn prove(self, keys: &dyn Keys, run: &Run<'_>) -> Proven {
        let mut report = Report::new(self.report, self.refusal);
        let plan = match self.refusal {
            Some(_) => None,
            None => {
                let mut proof = Proof { pairs: &self.pairs, keys, run, report: &mut report };
                match proof.all(&self.roots, &self.options) {
                    Ok(plan) => Some(plan),
                    Err(error) => {
                        report.proven = Totals::default();
                        report.refusal = Some(Refusal::NotProved);
                        report.stopped = Some(error);
                        None
                    }
                }
            }
        };
        Proven { report, plan }
    }
}

impl Proven {
    /// What is known so far.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// What will be wiped; none if nothing will be.
    #[must_use]
    pub fn plan(&self) -> Option<&WipePlan> {
        self.plan.as_ref()
    }

    /// Goes no further: every source stays whole.
    #[must_use]
    pub fn into_report(self) -> Report {
        self.report
    }

    /// Wipes what was proved, and nothing else.
    #[must_use]
    pub fn wipe(self, run: &Run<'_>) -> Report {
        let Self { mut report, plan } = self;
        let plan = plan.filter(|plan| plan.targets().next().is_some());
        report.wipe = plan.map(|plan| plan.execute(run));
        report
    }
}

/// What one thread keeps from object to object.
#[derive(Default)]
struct Desk {
    files: Scratch,
    sources: DirCache,
}

struct Proof<'p> {
    pairs: &'p Pairs,
    keys: &'p dyn Keys,
    run: &'p Run<'p>,
    report: &'p mut Report,
}

/// Objects from this size on, in bytes, are worked on by all threads together.
const LARGE: u64 = 4 * 1024 * 1024;

impl Proof<'_> {
    fn all(
        &mut self,
        roots: &[std::path::PathBuf],
        options: &RetireOptions,
    ) -> Result<WipePlan, Error> {
        let mut list = WipeList::new(roots, wipe_options(options))?;
        let stopped = |error| Error::Sync(error);
        // What was written is on the medium from here on, and the cache can forget it.
        self.pairs.sync().map_err(stopped)?;
        let numbers: Vec<u32> = (0..self.pairs.len()).map(number).collect();
        for group in groups(&numbers, |&at| self.pairs.size(at as usize)) {
            self.group(group, &mut list)?;
        }
        // Sealed files that were there before may lie on file systems that nothing was written to.
        self.pairs.sync().map_err(stopped)?;
        Ok(list.finish())
    }

    fn group(&mut self, group: &[u32], list: &mut WipeList) -> Result<(), Error> {
        let mut scratch = Scratch::default();
        let ids =
            group.iter().filter_map(|&at| self.pairs.key(at as usize, &mut scratch)).collect();
        let keys =
            Fetched::ask(self.keys, ids).map_err(|error| Error::Keys(files::Error::Keys(error)))?;
        for (at, result) in self.compare(group, &keys, list) {
            if self.run.cancel.load(Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
            let (root, below, kind) = self.pairs.part(at);
            let listed = result.and_then(|was| Ok(list.add(root, below, &was)?));
            match listed {
                Ok(()) => self.report.proven.count(kind, self.pairs.size(at)),
                Err(reason) => self.report.kept.push(Kept { path: self.pairs.source(at), reason }),
            }
        }
        Ok(())
    }

    /// Compares small objects side by side, large ones one after the other, each with all threads.
    fn compare(
        &self,
        group: &[u32],
        keys: &dyn Keys,
        list: &WipeList,
    ) -> Vec<(usize, Result<Identity, Reason>)> {
        let at = |number: &u32| *number as usize;
        let (large, small): (Vec<usize>, Vec<usize>) =
            group.iter().map(at).partition(|&at| self.pairs.size(at) > LARGE);
        let cancelled = |result: &Result<Identity, Reason>| {
            matches!(
                result,
                Err(Reason::Sealed(files::Error::Envelope(envelope::Error::Cancelled)))
            )
        };
        let mut results = parallel(
            self.run.workers,
            small.len(),
            |at, desk: &mut Desk| self.one(small[at], keys, list, desk, &self.run.single()),
            cancelled,
        );
        for (at, _) in &mut results {
            *at = small[*at];
        }
        let mut desk = Desk::default();
        let one = |at| (at, self.one(at, keys, list, &mut desk, self.run));
        results.extend(large.into_iter().map(one));
        results.sort_unstable_by_key(|(at, _)| *at);
        results
    }

    /// What the source was while it was compared.
    fn one(
        &self,
        at: usize,
        keys: &dyn Keys,
        list: &WipeList,
        desk: &mut Desk,
        run: &Run<'_>,
    ) -> Result<Identity, Reason> {
        let (root, below, kind) = self.pairs.part(at);
        let source = list.open(root, below, kind == Kind::File, &mut desk.sources)?;
        if kind == Kind::Directory {
            self.pairs.compare(at, &source, keys, &mut desk.files, run)?;
            return Ok(Identity::of(&source)?);
        }
        let before = Identity::settled(&source)?;
        self.pairs.compare(at, &source, keys, &mut desk.files, run)?;
        let after = Identity::of(&source)?;
        if after == before { Ok(before) } else { Err(wipe::Error::Changed.into()) }
    }
}

fn number(at: usize) -> u32 {
    u32::try_from(at).expect("four thousand million objects do not fit in memory")
}
