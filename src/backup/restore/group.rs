//! Files that are restored side by side: written without names, made durable together, and then named.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::content::{Buffers, ChunkReader, Piece, runs};
use super::objects::Object;
use super::report::RestoreError;
use crate::backup::place::{Finished, Near, Place, Unfinished};
use crate::envelope::Run;
use crate::parallel::parallel;
use crate::vault::Error;

/// What becomes of one object.
pub(in crate::backup) type Step<T = ()> = Result<T, RestoreError>;

/// A file and where it goes, below the place.
pub(in crate::backup) struct Target {
    pub(in crate::backup) to: Vec<u8>,
    pub(in crate::backup) object: Box<Object>,
}

/// As many files as may wait for their names at once.
pub(in crate::backup) struct Group<'g> {
    pub(in crate::backup) reader: &'g ChunkReader<'g>,
    pub(in crate::backup) place: &'g Place,
    pub(in crate::backup) run: &'g Run<'g>,
    pub(in crate::backup) durable: bool,
    pub(in crate::backup) files: &'g [Target],
}

impl Group<'_> {
    /// Whether each was made, or stayed as it was.
    ///
    /// # Errors
    /// If what was written cannot be made durable.
    pub(in crate::backup) fn restore(&self) -> Step<Vec<Step<bool>>> {
        let mut results: Vec<Step<bool>> = Vec::with_capacity(self.files.len());
        let mut files: Vec<Option<Unfinished>> = Vec::with_capacity(self.files.len());
        for (_, begun) in self.each(|at, near: &mut Near| self.begin(at, near)) {
            let (result, file) = match begun {
                Ok(file) => (Ok(file.is_some()), file),
                Err(error) => (Err(error), None),
            };
            results.push(result);
            files.push(file);
        }
        for (at, error) in self.write(&files) {
            files[at] = None;
            // The first thing that went wrong says most.
            if results[at].is_ok() {
                results[at] = Err(error);
            }
        }
        let files: Vec<Mutex<Option<Unfinished>>> = files.into_iter().map(Mutex::new).collect();
        let finished = self
            .each(|at, _: &mut ()| taken(&files[at]).map(|file| self.finish(at, file)).transpose());
        let mut ready: Vec<Mutex<Option<Finished>>> = Vec::with_capacity(finished.len());
        for (at, one) in finished {
            ready.push(Mutex::new(one.unwrap_or_else(|error| {
                results[at] = Err(error);
                None
            })));
        }
        if self.durable {
            self.place.sync()?;
        }
        let named = self
            .each(|at, _: &mut ()| taken(&ready[at]).map_or(Ok(()), |file| Ok(file.publish()?)));
        for (at, one) in named {
            if let Err(error) = one {
                results[at] = Err(error);
            }
        }
        Ok(results)
    }

    fn each<S: Default, T: Send>(
        &self,
        work: impl Fn(usize, &mut S) -> T + Sync,
    ) -> Vec<(usize, T)> {
        parallel(self.run.workers, self.files.len(), work, |_| false)
    }

    fn begin(&self, at: usize, near: &mut Near) -> Step<Option<Unfinished>> {
        let Target { to, object } = &self.files[at];
        Ok(self.place.file(to, &object.record.description.attributes, near)?)
    }

    /// Writes the content of these files; which failed, and why.
    fn write(&self, files: &[Option<Unfinished>]) -> Vec<(usize, RestoreError)> {
        let reader = self.reader;
        let mut pieces: Vec<Piece<'_>> = Vec::new();
        for (at, target) in self.files.iter().enumerate().filter(|(at, _)| files[*at].is_some()) {
            pieces.extend(reader.pieces(at, &target.object));
        }
        let runs = runs(&mut pieces);
        let failed = Mutex::new(Vec::new());
        let work = |number: usize, buffers: &mut Buffers| {
            if self.run.check().is_err() {
                return;
            }
            let run = &pieces[runs[number].clone()];
            reader.read(run, buffers, &mut |piece, content| {
                let file = files[piece.object].as_ref().expect("only pieces of these");
                let done = content.and_then(|content| {
                    file.write(content, piece.at)?;
                    (self.run.progress)(content.len() as u64);
                    Ok(())
                });
                if let Err(error) = done {
                    lock(&failed).push((piece.object, error));
                }
            });
        };
        let done = parallel(self.run.workers, runs.len(), work, |()| false);
        let mut failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        if self.run.check().is_err() {
            // Which runs were left out is not worth knowing: nothing of this group gets a name.
            drop(done);
            let all = (0..files.len()).filter(|&at| files[at].is_some());
            failed.extend(all.map(|at| (at, Error::Cancelled.into())));
        }
        failed
    }

    fn finish(&self, at: usize, file: Unfinished) -> Step<Finished> {
        let Target { to, object } = &self.files[at];
        Ok(self.place.finish(file, to, &object.record.description.attributes)?)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn taken<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    lock(slot).take()
}
