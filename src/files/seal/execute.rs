//! Carrying out a plan: keys by the group, objects in parallel, names at the end of each group.
//!
//! Order of persistence, for each group: its keys are made and durable (by [`Keys::create`]) → objects are sealed to files
//! without names → synced → named. At the very end the names are synced, and [`Keys::settle`] is called before
//! success is reported. If we crash before a group is named, keys exist that nothing uses; never a file without its key.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use sealkeep_crypto::Secret;
use sealkeep_keystore::KeyId;

use super::object::Ready;
use super::pairs::Pairs;
use super::plan::{Object, PlannedObject, SealPlan};
use crate::envelope::{Kind, Run};
use crate::files::error::Error;
use crate::files::group::{sync_file_systems, work_on};
use crate::files::place::Place;
use crate::files::report::{Failure, Item, Report};
use crate::keys::{Keys, KeysError};
use crate::output::{self, Pending, check_free, check_replaceable, sync_dir};
use crate::parallel::{groups, parallel};

type Made = Result<Vec<(KeyId, Secret<32>)>, KeysError>;

impl SealPlan {
    /// Seals everything. What fails is reported, with the others done; only cancellation, a full output and a key store
    /// that makes no keys end the run early, in [`Report::stopped`].
    #[must_use]
    pub fn execute(mut self, keys: &dyn Keys, run: &Run<'_>) -> Report {
        self.carry_out(keys, run)
    }

    /// The same; what was sealed, and what was found sealed already, comes back as pairs that can be compared.
    pub(crate) fn execute_paired(mut self, keys: &dyn Keys, run: &Run<'_>) -> (Report, Pairs) {
        self.pairs = Some(Mutex::default());
        let report = self.carry_out(keys, run);
        (report, Pairs::new(self))
    }

    fn carry_out(&mut self, keys: &dyn Keys, run: &Run<'_>) -> Report {
        let mut report = self.begin();
        let todo = self.leave_out_existing(Place::open_old, &mut report);
        if let Err(error) =
            self.run_groups(&todo, keys, run, &mut report).and_then(|()| self.finish(&report))
        {
            report.stopped = Some(error);
        }
        match keys.settle() {
            Ok(settled) => {
                (report.uncopied_keys, report.copied) = (settled.uncopied, settled.copied)
            }
            Err(error) => {
                report.stopped = Some(report.stopped.take().unwrap_or(Error::Keys(error)))
            }
        }
        report
    }

    /// What [`SealPlan::execute`] would do, as far as can be known without making keys or writing: the objects it would
    /// seal, and what would be in its report besides.
    #[must_use]
    pub fn preview(mut self) -> (Vec<PlannedObject>, Report) {
        let mut report = self.begin();
        let todo = self.leave_out_existing(Place::look, &mut report);
        (todo.into_iter().map(|object| self.planned(object)).collect(), report)
    }

    fn begin(&mut self) -> Report {
        Report {
            failures: std::mem::take(&mut self.failures),
            skipped: std::mem::take(&mut self.skipped),
            hard_links: std::mem::take(&mut self.hard_links),
            ..Report::default()
        }
    }

    /// Objects whose output exists already, or has no place to go, fail before a key is made for them. `dir` gives the
    /// directory of a place, if it had been there.
    fn leave_out_existing(
        &self,
        dir: impl Fn(&Place) -> Result<Option<Arc<OwnedFd>>, Error>,
        report: &mut Report,
    ) -> Vec<&Object> {
        let place = |object: &Object| self.inputs[object.input].place;
        let used: BTreeSet<usize> = self.objects.iter().map(place).collect();
        let mut dirs = BTreeMap::new();
        for number in used {
            match dir(&self.places[number]) {
                Ok(dir) => drop(dirs.insert(number, dir)),
                Err(error) => {
                    report.failures.push(Failure { path: self.places[number].path.clone(), error })
                }
            }
        }
        let mut todo = Vec::with_capacity(self.objects.len());
        for object in &self.objects {
            let Some(dir) = dirs.get(&place(object)) else { continue };
            match self.check_output(object, dir.as_deref()) {
                Ok(true) => todo.push(object),
                Ok(false) => {
                    self.pair(object, None);
                    report.existing += 1;
                }
                Err(error) => {
                    report.failures.push(Failure { path: self.input_path(object), error })
                }
            }
        }
        todo
    }

    /// Whether the object is to be sealed.
    fn check_output(&self, object: &Object, dir: Option<&OwnedFd>) -> Result<bool, Error> {
        let (Some(dir), Some(name)) = (dir, self.output_name(object, None)) else {
            return Ok(true);
        };
        let path = crate::tree::path_of(&name);
        match check_free(dir, path.as_os_str(), self.options.force) {
            Err(output::Error::Exists) if self.options.skip_existing => {
                Ok(check_replaceable(dir, path.as_os_str()).map(|()| false)?)
            }
            other => Ok(other.map(|()| true)?),
        }
    }

    /// The keys of the next group are made while the present one is being sealed.
    fn run_groups(
        &self,
        todo: &[&Object],
        keys: &dyn Keys,
        run: &Run<'_>,
        report: &mut Report,
    ) -> Result<(), Error> {
        let mut groups = groups(todo, |object| object.size).peekable();
        thread::scope(|scope| {
            let make = |group: &[&Object]| {
                let labels: Vec<Vec<u8>> = group.iter().map(|object| self.label(object)).collect();
                scope.spawn(move || -> Made {
                    let labels: Vec<&[u8]> = labels.iter().map(Vec::as_slice).collect();
                    keys.create(&self.options.scope, self.options.suite, &labels)
                })
            };
            let mut coming = groups.peek().map(|group| make(group));
            while let (Some(group), Some(made)) = (groups.next(), coming.take()) {
                let made = made.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                let made = made.map_err(Error::Keys)?;
                let going_on = run.check();
                coming = groups.peek().filter(|_| going_on.is_ok()).map(|group| make(group));
                if made.len() != group.len() {
                    return Err(Error::Keys("the key store made another number of keys".into()));
                }
                let result = self.run_group(group, &made, run, report);
                if result.is_err() {
                    let unused =
                        coming.take().and_then(|made| made.join().ok()).and_then(Result::ok);
                    report.unused_keys.extend(unused.into_iter().flatten().map(|(id, _)| id));
                }
                result?;
            }
            Ok(())
        })
    }

    fn run_group(
        &self,
        group: &[&Object],
        keys: &[(KeyId, Secret<32>)],
        run: &Run<'_>,
        report: &mut Report,
    ) -> Result<(), Error> {
        let results = work_on(
            group,
            |object| object.size,
            run,
            |at, scratch, run| {
                let (id, key) = &keys[at];
                self.seal_object(group[at], (id, key), scratch, run)
            },
        );
        self.publish(group, keys, results, run, report)
    }

    /// Makes what was sealed durable and gives it names; the rest becomes failures.
    fn publish(
        &self,
        group: &[&Object],
        keys: &[(KeyId, Secret<32>)],
        results: Vec<(usize, Result<Ready, Error>)>,
        run: &Run<'_>,
        report: &mut Report,
    ) -> Result<(), Error> {
        let synced = self.sync(&results);
        let mut waiting = Vec::with_capacity(results.len());
        let mut stopped = None;
        let mut tried = vec![false; group.len()];
        for (at, result) in results {
            tried[at] = true;
            match result {
                Ok(ready) if synced.is_ok() => {
                    waiting.push((at, ready.lengths, Mutex::new(Some(ready.pending))))
                }
                Ok(_) => report.unused_keys.push(keys[at].0),
                Err(error) => {
                    report.unused_keys.push(keys[at].0);
                    self.fail(group[at], error, report, &mut stopped);
                }
            }
        }
        report.unused_keys.extend((0..group.len()).filter(|&at| !tried[at]).map(|at| keys[at].0));
        synced?;
        let named = parallel(
            run.workers,
            waiting.len(),
            |index, _: &mut ()| {
                let pending =
                    waiting[index].2.lock().unwrap_or_else(PoisonError::into_inner).take();
                pending.map_or(Ok(()), Pending::publish)
            },
            |_| false,
        );
        for (index, result) in named {
            let (at, lengths, _) = &waiting[index];
            match result {
                Ok(()) => self.count(group[*at], &keys[*at].0, *lengths, report),
                Err(error) => {
                    report.unused_keys.push(keys[*at].0);
                    self.fail(group[*at], error.into(), report, &mut stopped);
                }
            }
        }
        stopped.map_or(Ok(()), Err)
    }

    fn sync(&self, results: &[(usize, Result<Ready, Error>)]) -> Result<(), Error> {
        if !self.options.durable {
            return Ok(());
        }
        if results.len() <= FEW {
            let mut ready = results.iter().flat_map(|(_, result)| result);
            return Ok(ready.try_for_each(|ready| ready.pending.sync())?);
        }
        sync_file_systems(&self.open_places())
    }

    /// Makes the names durable.
    fn finish(&self, report: &Report) -> Result<(), Error> {
        if !self.options.durable || report.done() == 0 {
            return Ok(());
        }
        let new = self.places.iter().any(|place| place.if_open().is_some() && place.is_new());
        if report.done() <= FEW as u64 && !new && !self.inputs.iter().any(|input| !input.single) {
            return Ok(self.open_places().iter().try_for_each(|dir| sync_dir(dir))?);
        }
        sync_file_systems(&self.open_places())
    }

    fn open_places(&self) -> Vec<Arc<OwnedFd>> {
        self.places.iter().filter_map(Place::if_open).collect()
    }

    fn label(&self, object: &Object) -> Vec<u8> {
        let path = self.sealed_bytes(object);
        if path.is_empty() { b".".to_vec() } else { path }
    }

    fn fail(
        &self,
        object: &Object,
        error: Error,
        report: &mut Report,
        stopped: &mut Option<Error>,
    ) {
        if !error.stops_everything() {
            report.failures.push(Failure { path: self.input_path(object), error });
        } else if stopped.is_none() {
            *stopped = Some(error);
        }
    }

    fn count(
        &self,
        object: &Object,
        key_id: &KeyId,
        lengths: crate::envelope::Sealed,
        report: &mut Report,
    ) {
        match object.kind {
            Kind::File => report.files += 1,
            Kind::Directory => report.directories += 1,
            Kind::Symlink => report.symlinks += 1,
        }
        self.pair(object, Some(*key_id));
        report.content_bytes += lengths.content;
        report.sealed_bytes += lengths.sealed;
        if self.options.list {
            let name = self.output_name(object, Some(&key_id.to_string()));
            report.items.push(Item {
                input: self.input_path(object),
                output: name.map(|name| self.output_path(object, &name)),
                key_id: *key_id,
                content: lengths.content,
                sealed: lengths.sealed,
            });
        }
    }
}

/// Up to so many outputs, each is synced by itself; beyond, the file system as a whole.
const FEW: usize = 4;
