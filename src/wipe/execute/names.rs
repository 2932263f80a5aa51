//! Taking names away: those of files that were overwritten, then links, then directories from the innermost out.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{Dir, fsync, syncfs};
use sealkeep_medium::ioctl::ext4_write_journal_back;
use sealkeep_medium::place::Journal as FsJournal;

use super::Work;
use super::closing::{Touched, untouched};
use crate::parallel::parallel;
use crate::tree::{DirCache, split_parent};
use crate::wipe::error::{Error, io};
use crate::wipe::identity::Identity;
use crate::wipe::job::Job;
use crate::wipe::journal::{Hex, Removing};
use crate::wipe::plan::{Kind, Target};
use crate::wipe::remove::{clear_attributes, rename, scrubbed_name, truncate, unlink};
use crate::wipe::report::Verdict;

impl Work<'_> {
    /// Takes names away, after the journal knows of it.
    pub(super) fn remove(&mut self, jobs: &mut [&mut Job<'_>]) -> Result<(), Error> {
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
                root: self.plan.roots[job.target.root as usize].number,
                path: Hex(job.target.path.to_vec()),
                scrubbed: scrubbed.to_string_lossy().into_owned(),
                id: job.target.id,
                born: Identity::of(&job.file).ok().and_then(|identity| identity.born),
                kind: job.target.kind,
                base: job.base,
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
                match take_away(&job, listed, name, scrubbed) {
                    Ok(()) => job.removed = true,
                    Err(error) => job.error = Some(error),
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
    pub(super) fn remove_names(&mut self, names: &[&Target]) -> Result<(), Error> {
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
            // A root that is not there when the run goes on must be known to have gone by our hand.
            let is_root = target.path.is_empty();
            if !listed && is_root {
                scrubbed = self.announce_names(&[target])?;
            } else if listed && number % ANNOUNCED == 0 {
                sync_dirs(&std::mem::take(&mut touched).iter().collect::<Vec<_>>())?;
                let next = &targets[number..targets.len().min(number + ANNOUNCED)];
                scrubbed = self.announce_names(next)?;
            }
            let at = if listed { number % ANNOUNCED } else { 0 };
            let name = scrubbed.get(at).filter(|_| listed || is_root).cloned();
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
                // Something in it was kept, which is reported for itself, or came since.
                Ok(None) if self.is_explained() => {}
                Ok(None) => self.fail_name(target, Error::NotEmpty),
                // An earlier part of this run had announced it, and this one removed it at its beginning.
                Err(error) if error.is_not_found() && self.report.resumed => {}
                Err(error) => self.fail_name(target, error),
            }
        }
        sync_dirs(&touched.iter().collect::<Vec<_>>())
    }

    /// Whether there is something that was kept, so that directories may hold something still. Next to what was listed there
    /// may lie anything.
    fn is_explained(&self) -> bool {
        let (report, plan) = (&self.report, self.plan);
        if plan.expected.is_some() {
            return true;
        }
        let kept = report.tally.failed + report.tally.not_in_place + report.tally.unfinished;
        let refused = plan.classes.iter().any(|class| class.refused && class.targets > 0);
        kept > 0 || refused || !report.problems.is_empty()
    }

    fn fail_name(&mut self, target: &Target, error: Error) {
        self.report.tally.failed += 1;
        if self.wants_row(target, Verdict::Failed) {
            self.report.rows.push(untouched(self.plan, target, Verdict::Failed, Some(error)));
        }
    }

    /// Tells the journal which names go next, and what they are called before they do.
    fn announce_names(&mut self, names: &[&Target]) -> Result<Vec<OsString>, Error> {
        let scrubbed: Vec<OsString> =
            names.iter().map(|target| scrubbed_name(&self.name(target))).collect();
        if self.journal.is_none() {
            return Ok(scrubbed);
        }
        let announced = names.iter().zip(&scrubbed).map(|(target, scrubbed)| Removing {
            root: self.plan.roots[target.root as usize].number,
            path: Hex(target.path.to_vec()),
            scrubbed: scrubbed.to_string_lossy().into_owned(),
            id: target.id,
            born: self.born(target),
            kind: target.kind,
            base: 0,
            verdict: Verdict::Verified,
            size: 0,
        });
        let announced: Vec<Removing> = announced.collect();
        if let Some(journal) = &mut self.journal {
            journal.done(&self.report.tally)?;
            journal.removing(announced)?;
        }
        Ok(scrubbed)
    }

    fn born(&self, target: &Target) -> Option<(i64, u32)> {
        let dir = self.dir_of(target, &mut DirCache::default()).ok()?;
        Identity::of_entry(&dir, &self.name(target)).ok()?.born
    }

    /// The directory that holds a target.
    fn dir_of(&self, target: &Target, cache: &mut DirCache) -> Result<Arc<OwnedFd>, Error> {
        let root = &self.plan.roots[target.root as usize];
        match &root.dir {
            Some(top) if !target.path.is_empty() => {
                let parent = split_parent(&target.path).0;
                Ok(cache.get(target.root as usize, top, parent, false, |_| ())?)
            }
            _ => Ok(Arc::clone(&root.parent)),
        }
    }

    fn remove_name(
        &self,
        target: &Target,
        scrubbed: Option<OsString>,
        cache: &mut DirCache,
    ) -> Result<Option<Arc<OwnedFd>>, Error> {
        let name = self.name(target);
        let dir = self.dir_of(target, cache)?;
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
}

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

pub(in crate::wipe) fn sync_dirs(dirs: &[&Arc<OwnedFd>]) -> Result<(), Error> {
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

pub(in crate::wipe) fn is_empty(dir: &OwnedFd, name: &OsStr) -> Result<bool, Error> {
    let opened = crate::tree::descend(dir, name.as_bytes(), false)?;
    let mut entries = Dir::read_from(&opened).map_err(io("list the directory"))?;
    Ok(entries
        .all(|entry| entry.is_ok_and(|entry| matches!(entry.file_name().to_bytes(), b"." | b".."))))
}

/// So many names of listed targets are announced at once.
const ANNOUNCED: usize = 1000;

/// Directories held open at a time.
const MOST_DIRS: usize = 256;
