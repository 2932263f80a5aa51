//! What tells a file from another, and from itself after a change.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Statx, StatxFlags, StatxTimestamp, makedev, statx};
use serde::{Deserialize, Serialize};

use super::error::{Error, io};

/// Everything about a file that a change of it changes. Two that are equal, with [`Identity::settled`] the first of them,
/// are of one file that nobody wrote to in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Device and inode number.
    pub id: (u64, u64),
    /// When it was made, as seconds since 1970 and nanoseconds, if the file system tells: inode numbers are used again.
    pub born: Option<(i64, u32)>,
    /// Length in bytes.
    pub len: u64,
    /// When its content changed last.
    pub modified: (i64, u32),
    /// When anything about it changed last.
    pub changed: (i64, u32),
}

impl Identity {
    /// That of an open file.
    ///
    /// # Errors
    /// `Io`.
    pub fn of(file: impl AsFd) -> Result<Self, Error> {
        let stat = statx(file, "", AtFlags::EMPTY_PATH, WANTED);
        stat.map(|stat| describe(&stat)).map_err(io("look at it"))
    }

    /// That of an entry of a directory, which is not followed.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn of_entry(dir: &OwnedFd, name: &OsStr) -> Result<Self, Error> {
        let stat = statx(dir, name, AtFlags::SYMLINK_NOFOLLOW, WANTED);
        stat.map(|stat| describe(&stat)).map_err(io("look at it"))
    }

    /// The same, waited for until a change that comes after it must show: clocks of file systems stand still for some
    /// milliseconds, those of a few for two seconds.
    ///
    /// # Errors
    /// `Io`.
    pub fn settled(file: impl AsFd) -> Result<Self, Error> {
        loop {
            let found = Self::of(file.as_fd())?;
            let coarse = found.changed.1 == 0 && found.modified.1 == 0;
            let still = if coarse { Duration::from_secs(2) } else { Duration::from_millis(50) };
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let seconds = u64::try_from(found.changed.0).unwrap_or(0);
            let changed = Duration::new(seconds, found.changed.1);
            match now.checked_sub(changed) {
                Some(since) if since < still => sleep(still - since),
                // One from the future shows a change by becoming the present.
                _ => return Ok(found),
            }
        }
    }

    /// Whether it is the same file, changed or not.
    pub(super) fn is_same_file(&self, other: &Self) -> bool {
        (self.id, self.born) == (other.id, other.born)
    }
}

fn describe(stat: &Statx) -> Identity {
    let time = |time: StatxTimestamp| (time.tv_sec, time.tv_nsec);
    let born = StatxFlags::from_bits_retain(stat.stx_mask).contains(StatxFlags::BTIME);
    Identity {
        id: (makedev(stat.stx_dev_major, stat.stx_dev_minor), stat.stx_ino),
        born: born.then(|| time(stat.stx_btime)),
        len: stat.stx_size,
        modified: time(stat.stx_mtime),
        changed: time(stat.stx_ctime),
    }
}

const WANTED: StatxFlags = StatxFlags::BASIC_STATS.union(StatxFlags::BTIME);

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::os::unix::fs::FileExt;

    #[test]
    fn a_change_right_after_a_settled_look_shows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        for round in 0..20 {
            fs::write(&path, [round; 8]).unwrap();
            let file = File::options().read(true).write(true).open(&path).unwrap();
            let before = Identity::settled(&file).unwrap();
            assert_eq!(Identity::of(&file).unwrap(), before);
            file.write_all_at(b"x", 3).unwrap();
            let after = Identity::of(&file).unwrap();
            assert_ne!(after, before);
            assert!(after.is_same_file(&before));
        }
    }

    #[test]
    fn a_new_file_under_an_old_inode_number_is_another() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "a").unwrap();
        let old = Identity::of(File::open(&path).unwrap()).unwrap();
        fs::remove_file(&path).unwrap();
        sleep(Duration::from_millis(20));
        fs::write(&path, "a").unwrap();
        let new = Identity::of(File::open(&path).unwrap()).unwrap();
        if old.born.is_some() {
            assert!(!new.is_same_file(&old));
        }
        assert_ne!(new, old);
    }
}
