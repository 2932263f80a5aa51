//! Reads in order, works in parallel, writes in order: for input or output that cannot seek.
//!
//! Each thread owns one batch. It reads under the reading lock, which also gives it a ticket; works without a lock;
//! then waits until the turn of its ticket to write. So a batch stays in one core's cache from reading to writing,
//! memory is one batch a thread, and no thread waits for a queue. The first error in input order is the one reported, and
//! everything before it has been written.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::batch::Batch;
use super::error::Error;
use super::run::Run;

/// Runs batches through `read` (false: there is no batch left), `work` and `write`.
pub(super) fn run(
    run: &Run<'_>,
    new_batch: impl Fn() -> Batch + Sync,
    read: impl FnMut(&mut Batch) -> Result<bool, Error> + Send,
    work: impl Fn(&mut Batch) -> Result<(), Error> + Sync,
    write: impl FnMut(&mut Batch) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    let pipeline = Pipeline {
        input: Mutex::new(Input { read, ticket: 0, done: false }),
        output: Mutex::new(Output { write, turn: 0, failed: None }),
        turned: Condvar::new(),
        abandoned: AtomicBool::new(false),
        work,
    };
    thread::scope(|scope| {
        for _ in 1..run.workers.get() {
            scope.spawn(|| pipeline.worker(run, new_batch()));
        }
        pipeline.worker(run, new_batch());
    });
    let output = pipeline.output.into_inner().unwrap_or_else(PoisonError::into_inner);
    output.failed.map_or(Ok(()), Err)
}

struct Pipeline<R, F, W> {
    input: Mutex<Input<R>>,
    output: Mutex<Output<W>>,
    /// Signalled whenever `turn` advances or a thread gives up.
    turned: Condvar,
    /// A thread panicked; its ticket will never be served.
    abandoned: AtomicBool,
    work: F,
}

struct Input<R> {
    read: R,
    ticket: u64,
    done: bool,
}

struct Output<W> {
    write: W,
    turn: u64,
    failed: Option<Error>,
}

impl<R, F, W> Pipeline<R, F, W>
where
    R: FnMut(&mut Batch) -> Result<bool, Error>,
    F: Fn(&mut Batch) -> Result<(), Error>,
    W: FnMut(&mut Batch) -> Result<(), Error>,
{
    fn worker(&self, run: &Run<'_>, mut batch: Batch) {
        let _waker = WakeOnPanic(self);
        while let Some((ticket, outcome)) = self.take(run, &mut batch) {
            let outcome = outcome.and_then(|()| (self.work)(&mut batch));
            if !self.put(run, ticket, outcome, &mut batch) {
                break;
            }
        }
    }

    /// Reads the next batch; `None` when there is none left.
    fn take(&self, run: &Run<'_>, batch: &mut Batch) -> Option<(u64, Result<(), Error>)> {
        let mut input = lock(&self.input);
        if input.done || self.abandoned.load(Ordering::SeqCst) {
            return None;
        }
        let outcome = run.check().and_then(|()| (input.read)(batch));
        input.done = !matches!(outcome, Ok(true)) || batch.ends;
        if matches!(outcome, Ok(false)) {
            return None;
        }
        let ticket = input.ticket;
        input.ticket += 1;
        Some((ticket, outcome.map(|_| ())))
    }

    /// Writes the batch when its turn comes; false when there is nothing more to do.
    fn put(
        &self,
        run: &Run<'_>,
        ticket: u64,
        outcome: Result<(), Error>,
        batch: &mut Batch,
    ) -> bool {
        let mut output = lock(&self.output);
        while output.turn != ticket && !self.abandoned.load(Ordering::SeqCst) {
            output = self.turned.wait(output).unwrap_or_else(PoisonError::into_inner);
        }
        if output.turn != ticket || output.failed.is_some() {
            return false;
        }
        match outcome.and_then(|()| (output.write)(batch)) {
            Ok(()) => (run.progress)(batch.content_len() as u64),
            Err(error) => output.failed = Some(error),
        }
        output.turn += 1;
        let goes_on = output.failed.is_none();
        if !goes_on {
            // Threads that wait for a later turn find the failure; none must wait for a ticket never taken.
            self.abandoned.store(true, Ordering::SeqCst);
        }
        drop(output);
        self.turned.notify_all();
        goes_on
    }
}

/// Lets waiting threads go when one panics, so that the panic comes out instead of a hang.
struct WakeOnPanic<'p, R, F, W>(&'p Pipeline<R, F, W>);

impl<R, F, W> Drop for WakeOnPanic<'_, R, F, W> {
    fn drop(&mut self) {
        if thread::panicking() {
            // Under the lock, so that no thread is between looking at the flag and waiting.
            let _output = lock(&self.0.output);
            self.0.abandoned.store(true, Ordering::SeqCst);
            self.0.turned.notify_all();
        }
    }
}

/// A panic in another thread is passed on by the scope; the lock itself holds nothing that it could break.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
