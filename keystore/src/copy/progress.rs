//! Work on a medium that may hang: it says that it goes on, and stops when nobody waits for it any more.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Result;

/// What work and who waits for it tell each other.
pub(crate) struct Progress {
    begun: Instant,
    /// Milliseconds after `begun` at which the work last went on.
    last: AtomicU64,
    given_up: AtomicBool,
}

impl Progress {
    /// Of work that starts now.
    pub(crate) fn new() -> Self {
        let (last, given_up) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { begun: Instant::now(), last, given_up }
    }

    /// Says that the work goes on.
    ///
    /// # Errors
    /// When nobody waits for it any more: then it must change nothing.
    pub(crate) fn step(&self) -> io::Result<()> {
        if self.given_up.load(Ordering::Acquire) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let since = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(since, Ordering::Release);
        Ok(())
    }

    /// How long it has not gone on.
    fn idle(&self) -> Duration {
        let last = Duration::from_millis(self.last.load(Ordering::Acquire));
        self.begun.elapsed().saturating_sub(last)
    }
}

/// Starts work on a medium that may hang. One that shows no progress for `timeout` is left behind: it costs that time, not
/// the program. One that is slow and goes on is waited for.
pub(crate) fn with_timeout<T: Send + 'static>(
    timeout: Duration,
    work: impl FnOnce(&Progress) -> Result<T> + Send + 'static,
) -> impl FnOnce() -> std::result::Result<T, String> {
    let (sender, receiver): (_, Receiver<Result<T>>) = channel();
    let progress = Arc::new(Progress::new());
    let theirs = Arc::clone(&progress);
    // Detached: a thread stuck in the kernel cannot be ended, only left behind.
    thread::spawn(move || sender.send(work(&theirs)).ok());
    move || loop {
        match receiver.recv_timeout(timeout.saturating_sub(progress.idle())) {
            Ok(result) => return result.map_err(|error| error.to_string()),
            Err(RecvTimeoutError::Timeout) if progress.idle() < timeout => {}
            Err(RecvTimeoutError::Timeout) => {
                progress.given_up.store(true, Ordering::Release);
                return Err(format!("no answer within {timeout:?}"));
            }
            Err(RecvTimeoutError::Disconnected) => return Err("its thread ended".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn slow_work_is_waited_for_and_work_that_hangs_is_left_behind_and_stops() {
        let timeout = Duration::from_millis(400);
        let slow = with_timeout(timeout, |progress| {
            for _ in 0..12 {
                thread::sleep(Duration::from_millis(50));
                progress.step().map_err(Error::io("slow"))?;
            }
            Ok(7)
        });
        assert_eq!(slow(), Ok(7));

        let (sender, stopped) = channel();
        let hung = with_timeout(timeout, move |progress| {
            thread::sleep(Duration::from_secs(1));
            let _ = sender.send(progress.step().is_err());
            Ok(())
        });
        assert_eq!(hung(), Err("no answer within 400ms".to_owned()));
        assert_eq!(stopped.recv_timeout(Duration::from_secs(30)), Ok(true));
    }
}
