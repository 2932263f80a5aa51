//! What one look at an object tells.

use rustix::fs::{FileType, Stat, Statx, StatxFlags, StatxTimestamp, makedev};

use crate::vault::Time;

/// One object found.
pub(crate) struct Found {
    /// Relative to the directory that was listed; empty for that directory itself.
    pub(crate) path: Box<[u8]>,
    pub(crate) kind: FileType,
    /// Permission and set-id bits.
    pub(crate) mode: u32,
    /// Numbers of owner and group.
    pub(crate) owner: (u32, u32),
    pub(crate) mtime: Time,
    pub(crate) ctime: Time,
    /// Length in bytes.
    pub(crate) size: u64,
    /// Bytes that it occupies; fewer than its length where it has holes.
    pub(crate) occupied: u64,
    /// Number of hard links.
    pub(crate) links: u64,
    /// Device and inode number.
    pub(crate) id: (u64, u64),
    /// Number of the device that it is, if it is one.
    pub(crate) special: u64,
    /// Number of the mount it is seen through: another one than its directory's where something is mounted. Where the kernel
    /// does not tell (before Linux 5.8), the number of the device.
    pub(crate) mount: u64,
}

impl Found {
    pub(super) fn new(path: Vec<u8>, stat: &Statx) -> Self {
        let device = makedev(stat.stx_dev_major, stat.stx_dev_minor);
        let told = StatxFlags::from_bits_retain(stat.stx_mask);
        Self {
            path: path.into(),
            kind: FileType::from_raw_mode(stat.stx_mode.into()),
            mode: u32::from(stat.stx_mode) & 0o7777,
            owner: (stat.stx_uid, stat.stx_gid),
            mtime: time(stat.stx_mtime),
            ctime: time(stat.stx_ctime),
            size: stat.stx_size,
            occupied: stat.stx_blocks.saturating_mul(512),
            links: stat.stx_nlink.into(),
            id: (device, stat.stx_ino),
            special: makedev(stat.stx_rdev_major, stat.stx_rdev_minor),
            mount: if told.contains(StatxFlags::MNT_ID) { stat.stx_mnt_id } else { device },
        }
    }

    /// A file that was named by the user: it needs no walk, and nothing else is asked about it.
    pub(crate) fn named(name: &[u8], size: u64) -> Self {
        Self {
            path: name.into(),
            kind: FileType::RegularFile,
            mode: 0,
            owner: (0, 0),
            mtime: Time::default(),
            ctime: Time::default(),
            size,
            occupied: size,
            links: 1,
            id: (0, 0),
            special: 0,
            mount: 0,
        }
    }

    /// What would be another if the object changed.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { inode: self.id.1, size: self.size, mtime: self.mtime, ctime: self.ctime }
    }
}

/// What tells one state of an object from another. Reading changes none of it; any change changes `ctime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) inode: u64,
    pub(crate) size: u64,
    pub(crate) mtime: Time,
    pub(crate) ctime: Time,
}

impl From<&Stat> for Stamp {
    fn from(stat: &Stat) -> Self {
        let time = |seconds, nanoseconds| Time {
            seconds,
            nanoseconds: u32::try_from(nanoseconds).unwrap_or(0),
        };
        Self {
            inode: stat.st_ino,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            mtime: time(stat.st_mtime, stat.st_mtime_nsec),
            ctime: time(stat.st_ctime, stat.st_ctime_nsec),
        }
    }
}

fn time(at: StatxTimestamp) -> Time {
    Time { seconds: at.tv_sec, nanoseconds: at.tv_nsec }
}

/// What is asked of the kernel.
pub(super) const WANTED: StatxFlags = StatxFlags::BASIC_STATS.union(StatxFlags::MNT_ID);
