//! Signals: the first one asks the running work to stop cleanly, the second one ends the process.
//!
//! Work that does not stop within the grace period (blocked in a pipe that nobody reads, on a
//! network share that hangs) is ended too. That is safe: outputs have no name before they are
//! complete, and the key store recovers from a kill at any point.
//!
//! Signals that were ignored when the program started stay ignored: `nohup` and shells that start
//! background jobs mean it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;

/// How long work may take to stop after the first signal.
const GRACE: Duration = Duration::from_secs(10);

/// Whether and by what this run was asked to stop.
#[derive(Clone)]
pub(crate) struct Cancel {
    asked: Arc<AtomicBool>,
    signal: Arc<AtomicI32>,
}

impl Cancel {
    /// Starts listening. Without signals (no descriptors left) the run goes on and a signal then
    /// ends it at once, which is as safe as a kill.
    pub(crate) fn listen() -> Cancel {
        let cancel =
            Cancel { asked: Arc::new(AtomicBool::new(false)), signal: Arc::new(AtomicI32::new(0)) };
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        let wanted =
            [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
        if let Ok(signals) = Signals::new(wanted) {
            let mine = cancel.clone();
            thread::spawn(move || mine.run(signals));
        }
        cancel
    }

    /// The flag that long work looks at.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.asked
    }

    /// Whether a signal has come.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// What to say about the signal that came.
    pub(crate) fn failure(&self) -> Failure {
        Failure::new(code_of(self.signal.load(Ordering::Relaxed)), "")
    }

    fn run(&self, mut signals: Signals) {
        for signal in signals.forever() {
            if self.asked.swap(true, Ordering::SeqCst) {
                std::process::exit(exit_of(signal));
            }
            self.signal.store(signal, Ordering::SeqCst);
            thread::spawn(move || {
                thread::sleep(GRACE);
                std::process::exit(exit_of(signal));
            });
        }
    }
}

/// The signals that are ignored, bit 0 for signal 1, as `SigIgn` of proc_pid_status(5) has them.
/// Without `/proc` none are known to be.
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn code_of(signal: i32) -> Code {
    match signal {
        SIGTERM => Code::Terminated,
        SIGHUP => Code::Hangup,
        _ => Code::Interrupted,
    }
}

fn exit_of(signal: i32) -> i32 {
    let exit: Exit = code_of(signal).exit();
    exit as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_status() {
        let status = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000001003\nSigCgt:\t0\n";
        assert_eq!(ignored(status), 0x1003);
        assert_eq!(ignored("SigIgn:\tzz\n"), 0);
        assert_eq!(ignored(""), 0);
    }
}
