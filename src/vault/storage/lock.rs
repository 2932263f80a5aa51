//! Who may work on a vault at once: many that read or add, or one that removes.

use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

use crate::vault::error::{Error, Result};

/// Which right is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// To read and to add files, together with others.
    Shared,
    /// To remove files, alone.
    Exclusive,
}

/// A right that was granted. Given back when dropped, or when the process dies.
#[derive(Debug)]
pub struct VaultLock {
    _file: Option<File>,
}

impl VaultLock {
    /// For storage in which nobody can remove anything, so that nothing need be locked.
    #[must_use]
    pub fn needless() -> Self {
        Self { _file: None }
    }

    pub(super) fn take(file: File, lock: Lock, wait: Duration) -> Result<Self> {
        let start = Instant::now();
        loop {
            let tried = match lock {
                Lock::Shared => file.try_lock_shared(),
                Lock::Exclusive => file.try_lock(),
            };
            match tried {
                Ok(()) => return Ok(Self { _file: Some(file) }),
                Err(TryLockError::Error(error)) => return Err(Error::io("lock", NAME)(error)),
                Err(TryLockError::WouldBlock) if start.elapsed() >= wait => {
                    return Err(Error::Busy(wait));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
    }
}

pub(super) const NAME: &str = "lock";
const PAUSE: Duration = Duration::from_millis(20);
