//! One writer at a time, across processes: an advisory lock that dies with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// Held while a store is written; released when dropped, or when the process dies.
pub(crate) struct WriteLock {
    _file: File,
}

impl WriteLock {
    /// Waits up to `wait` for the lock.
    pub(crate) fn take(path: &Path, wait: Duration) -> Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(Error::io(path))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(error)) => return Err(Error::io(path)(error)),
                Err(TryLockError::WouldBlock) if start.elapsed() >= wait => {
                    return Err(Error::Busy(wait));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
    }
}

const PAUSE: Duration = Duration::from_millis(5);
