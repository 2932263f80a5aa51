//! Carrying out a plan: files opened in parallel to outputs without names, named group by group, directories last.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{AtFlags, Mode, fchmod, futimens, utimensat};

use super::object::{Head, Ready, SPECIAL_BITS, What, timestamps};
use super::plan::{Object, OpenPlan};
use crate::envelope::{self, Kind, Metadata, Run};
use crate::files::error::{Error, io};
use crate::files::group::{Scratch, sync_file_systems, work_on};
use crate::files::place::Place;
use crate::files::report::{Failure, Item, Moved, Report, SkipReason, Skipped};
use crate::files::seal::SUFFIX;
use crate::keys::{Fetched, Keys};
use crate::output::{publish_symlink, sync_dir};
use crate::parallel::{groups, parallel};
use crate::tree::{descend, path_of};

/// Directories whose mode and time are set at the very end, deepest first: place, path.
type Directories = BTreeMap<(usize, Vec<u8>), Metadata>;

impl OpenPlan {
    /// Opens everything. What fails is reported, with the others done; only cancellation and a full output end the run
    /// early, in [`Report::stopped`].
    #[must_use]
    pub fn execute(mut self, keys: &dyn Keys, run: &Run<'_>) -> Report {
        let mut report = Report {
            failures: std::mem::take(&mut self.failures),
            skipped: std::mem::take(&mut self.skipped),
            ..Report::default()
        };
        let mut directories = Directories::new();
        let mut result = Ok(());
        for group in groups(&self.objects, |object| object.size) {
            result = self.run_group(group, keys, run, &mut directories, &mut report);
            if result.is_err() {
                break;
            }
        }
        self.restore_directories(&directories, result.is_err(), &mut report);
        match result.and_then(|()| self.finish(&report)) {
            Ok(()) => self.name_the_fruitless(&mut report),
            Err(error) => report.stopped = Some(error),
        }
        report
    }

    /// A directory without a single sealed file is not what was meant: to call it good would hide that all are gone.
    fn name_the_fruitless(&self, report: &mut Report) {
        for input in self.inputs.iter().filter(|input| !input.single) {
            let failed = report.failures.iter().any(|one| one.path.starts_with(&input.given));
            if !failed && !input.fruitful.load(Ordering::Relaxed) {
                let path = input.given.clone();
                report.failures.push(Failure { path, error: Error::NothingSealed });
            }
        }
    }

    fn run_group(
        &self,
        group: &[Object],
        keys: &dyn Keys,
        run: &Run<'_>,
        directories: &mut Directories,
        report: &mut Report,
    ) -> Result<(), Error> {
        let (heads, keys) = self.heads(group, keys, run)?;
        let results = work_on(
            group,
            |object| object.size,
            run,
            |at, scratch, run| self.open_object(&group[at], take(&heads[at])?, &keys, scratch, run),
        );
        self.publish(group, results, run, directories, report)
    }

    /// The beginnings of all files of a group, and their keys, which are asked for together.
    fn heads<'k>(
        &self,
        group: &[Object],
        keys: &'k dyn Keys,
        run: &Run<'_>,
    ) -> Result<(Vec<Waiting>, Fetched<'k>), Error> {
        let heads = parallel(
            run.workers,
            group.len(),
            |at, scratch: &mut Scratch| self.head(&group[at], scratch, run),
            |head| head.as_ref().is_err_and(Error::stops_everything),
        );
        let ids = heads.iter().filter_map(|(_, head)| Some(head.as_ref().ok()?.key_id())).collect();
        let keys = Fetched::ask(keys, ids).map_err(Error::Keys)?;
        let mut all: Vec<_> = group.iter().map(|_| Mutex::new(None)).collect();
        for (at, head) in heads {
            all[at] = Mutex::new(Some(head));
        }
        Ok((all, keys))
    }

    fn publish(
        &self,
        group: &[Object],
        results: Vec<(usize, Result<Ready, Error>)>,
        run: &Run<'_>,
        directories: &mut Directories,
        report: &mut Report,
    ) -> Result<(), Error> {
        self.sync(&results)?;
        let mut stopped = None;
        let mut ready = Vec::with_capacity(results.len());
        for (at, result) in results {
            match result {
                Ok(mut object) => {
                    let what = std::mem::replace(&mut object.what, What::Checked);
                    ready.push((at, object, output_of(&what), Mutex::new(Some(what))));
                }
                Err(Error::Exists) if self.options.skip_existing => {
                    self.inputs[group[at].input].fruitful.store(true, Ordering::Relaxed);
                    report.existing += 1;
                }
                Err(error) => self.fail(&group[at], error, report, &mut stopped),
            }
        }
        let named = parallel(
            run.workers,
            ready.len(),
            |index, _: &mut ()| {
                let what = ready[index].3.lock().unwrap_or_else(PoisonError::into_inner).take();
                what.map_or(Ok(()), |what| self.publish_one(what, &ready[index].1.metadata))
            },
            |_| false,
        );
        for ((_, result), (at, object, output, _)) in named.into_iter().zip(ready) {
            match result {
                Ok(()) => {
                    if let Some((place, path)) = &output
                        && object.metadata.kind == Kind::Directory
                    {
                        directories.insert((*place, path.clone()), object.metadata.clone());
                    }
                    self.count(&group[at], object, output, report);
                }
                Err(error) => self.fail(&group[at], error, report, &mut stopped),
            }
        }
        stopped.map_or(Ok(()), Err)
    }

    fn publish_one(&self, what: What, metadata: &Metadata) -> Result<(), Error> {
        match what {
            What::Checked | What::Directory { .. } => Ok(()),
            What::File { pending, .. } => Ok(pending.publish()?),
            What::Symlink { dir, name, target, .. } => {
                publish_symlink(&dir, &name, &target, self.options.force)?;
                metadata.mtime.map_or(Ok(()), |mtime| {
                    utimensat(&dir, &name, &timestamps(mtime), AtFlags::SYMLINK_NOFOLLOW)
                        .map_err(io("set the modification time"))
                })
            }
        }
    }

    fn sync(&self, results: &[(usize, Result<Ready, Error>)]) -> Result<(), Error> {
        if !self.options.durable {
            return Ok(());
        }
        if results.len() > FEW {
            return sync_file_systems(&self.open_places());
        }
        for (_, ready) in results {
            if let Ok(Ready { what: What::File { pending, .. }, .. }) = ready {
                pending.sync()?;
            }
        }
        Ok(())
    }

    /// Modes and times of directories, deepest first, since giving names below changes the times above. After an end
    /// before time, their user may still write into them, so that the rest can follow.
    fn restore_directories(
        &self,
        directories: &Directories,
        unfinished: bool,
        report: &mut Report,
    ) {
        for ((place, path), metadata) in directories.iter().rev() {
            let place = &self.places[*place];
            // The directory that the user named and that was there before stays as it is.
            if path.is_empty() && !place.is_new() {
                continue;
            }
            if let Err(error) = self.restore_directory(place, path, metadata, unfinished) {
                report.failures.push(Failure { path: place.path.join(path_of(path)), error });
            }
        }
    }

    fn restore_directory(
        &self,
        place: &Place,
        path: &[u8],
        metadata: &Metadata,
        unfinished: bool,
    ) -> Result<(), Error> {
        let root = place.open()?;
        let dir: Arc<OwnedFd> =
            if path.is_empty() { root } else { Arc::new(descend(&root, path, false)?) };
        if let Some(mode) = metadata.mode {
            let mode = if self.options.keep_special_bits { mode } else { mode & !SPECIAL_BITS };
            let mode = if unfinished { mode | 0o700 } else { mode };
            fchmod(&dir, Mode::from_raw_mode(mode)).map_err(io("set the mode"))?;
        }
        match metadata.mtime {
            Some(mtime) => {
                futimens(&dir, &timestamps(mtime)).map_err(io("set the modification time"))
            }
            None => Ok(()),
        }
    }

    /// Makes the names durable.
    fn finish(&self, report: &Report) -> Result<(), Error> {
        if !self.options.durable || self.places.is_empty() {
            return Ok(());
        }
        let simple = self.inputs.iter().all(|input| input.single) && report.done() <= FEW as u64;
        let new = self.places.iter().any(|place| place.if_open().is_some() && place.is_new());
        let nested = report.directories > 0
            || self.inputs.iter().any(|input| matches!(input.output, super::plan::Output::Path(_)));
        if simple && !new && !nested {
            return Ok(self.open_places().iter().try_for_each(|dir| sync_dir(dir))?);
        }
        sync_file_systems(&self.open_places())
    }

    fn open_places(&self) -> Vec<Arc<OwnedFd>> {
        self.places.iter().filter_map(Place::if_open).collect()
    }

    fn fail(
        &self,
        object: &Object,
        error: Error,
        report: &mut Report,
        stopped: &mut Option<Error>,
    ) {
        let path = self.input_path(object);
        let in_tree = !self.inputs[object.input].single;
        match error {
            // A file of another name may lie there by right; one of this name was a sealed file once.
            Error::Envelope(envelope::Error::NotSealed)
                if in_tree && !object.path.ends_with(SUFFIX.as_bytes()) =>
            {
                report.skipped.push(Skipped { path, reason: SkipReason::NotSealed });
            }
            error if !error.stops_everything() => report.failures.push(Failure { path, error }),
            error => *stopped = Some(stopped.take().unwrap_or(error)),
        }
    }

    fn count(
        &self,
        object: &Object,
        ready: Ready,
        output: Option<(usize, Vec<u8>)>,
        report: &mut Report,
    ) {
        self.inputs[object.input].fruitful.store(true, Ordering::Relaxed);
        match ready.metadata.kind {
            Kind::File => report.files += 1,
            Kind::Directory => report.directories += 1,
            Kind::Symlink => report.symlinks += 1,
        }
        report.content_bytes += ready.content;
        report.sealed_bytes += ready.sealed;
        if let Some(path) = self.moved_from(object, &ready.metadata) {
            report.moved.push(Moved { sealed: self.input_path(object), path });
        }
        let output = output.map(|(place, path)| self.output_path(place, &path));
        let special = ready.metadata.mode.is_some_and(|mode| mode & SPECIAL_BITS != 0);
        if let Some(output) = output.as_ref().filter(|_| special && !self.options.keep_special_bits)
        {
            report.special_bits_dropped.push(output.clone());
        }
        if self.options.list {
            report.items.push(Item {
                input: self.input_path(object),
                output,
                key_id: ready.key_id,
                content: ready.content,
                sealed: ready.sealed,
            });
        }
    }

    fn output_path(&self, place: usize, path: &[u8]) -> PathBuf {
        self.places[place].path.join(OsStr::from_bytes(path))
    }
}

/// The beginning of a file, until somebody goes on with it.
type Waiting = Mutex<Option<Result<Head, Error>>>;

/// The beginning of a file. There is none where reading them was stopped.
fn take(head: &Waiting) -> Result<Head, Error> {
    let head = head.lock().unwrap_or_else(PoisonError::into_inner).take();
    head.unwrap_or(Err(Error::Envelope(envelope::Error::Cancelled)))
}

/// Place and path of an output; empty for the place itself.
fn output_of(what: &What) -> Option<(usize, Vec<u8>)> {
    match what {
        What::Checked => None,
        What::File { place, path, .. } | What::Symlink { place, path, .. } => {
            Some((*place, path.clone()))
        }
        What::Directory { place, path } => Some((*place, path.clone().unwrap_or_default())),
    }
}

/// Up to so many outputs, each is synced by itself; beyond, the file system as a whole.
const FEW: usize = 4;
