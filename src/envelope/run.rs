//! How an operation runs: on how many threads, until when, and who hears of its progress.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::Error;

/// Threads, cancellation and progress of a long operation.
#[derive(Clone, Copy)]
pub struct Run<'r> {
    /// Number of threads that work at once.
    pub workers: NonZeroUsize,
    /// When it becomes true, the operation ends with [`Error::Cancelled`] within some mebibytes of work.
    pub cancel: &'r AtomicBool,
    /// Is told numbers of content bytes as they are done; their sum is the total so far.
    pub progress: &'r (dyn Fn(u64) + Sync),
}

impl Run<'static> {
    /// As many threads as the machine has cores, never cancelled, silent.
    #[must_use]
    pub fn quiet() -> Self {
        static NEVER: AtomicBool = AtomicBool::new(false);
        let workers = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { workers, cancel: &NEVER, progress: &|_| () }
    }
}

impl Run<'_> {
    /// The same on one thread.
    #[must_use]
    pub fn single(self) -> Self {
        Self { workers: NonZeroUsize::MIN, ..self }
    }

    /// # Errors
    /// `Cancelled` if the caller asked to stop.
    pub fn check(&self) -> Result<(), Error> {
        if self.cancel.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
    }
}
