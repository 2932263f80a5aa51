//! Calls to file systems and devices for which there is no safe wrapper elsewhere. The only `unsafe` of this crate.
#![allow(unsafe_code, reason = "an ioctl is a pointer and a promise; each is kept in this module")]

use std::os::fd::AsFd;

use rustix::io::Result;
use rustix::ioctl::{Getter, Setter, Updater, ioctl, opcode};

/// `struct fiemap_extent` (include/uapi/linux/fiemap.h).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FiemapExtent {
    pub(crate) logical: u64,
    pub(crate) physical: u64,
    pub(crate) length: u64,
    reserved64: [u64; 2],
    pub(crate) flags: u32,
    reserved: [u32; 3],
}

/// Extents asked for in one call.
pub(crate) const FIEMAP_BATCH: usize = COUNT as usize;
const COUNT: u32 = 128;

/// `struct fiemap` with room for a batch of extents.
#[repr(C)]
struct Fiemap {
    start: u64,
    length: u64,
    flags: u32,
    mapped: u32,
    count: u32,
    reserved: u32,
    extents: [FiemapExtent; FIEMAP_BATCH],
}

/// The head of [`Fiemap`], of which the number of the call is made.
type FiemapHead = [u64; 4];

/// `FIEMAP_FLAG_SYNC`: write out what is only in the cache before answering.
const FIEMAP_SYNC: u32 = 1;

/// Extents of a file from byte `start` on, at most [`FIEMAP_BATCH`]; delayed allocation is settled first.
///
/// # Errors
/// `OPNOTSUPP`, `NOTTY` where the file system has no such answer.
pub(crate) fn fiemap(file: impl AsFd, start: u64) -> Result<Vec<FiemapExtent>> {
    let mut map = Box::new(Fiemap {
        start,
        length: u64::MAX - start,
        flags: FIEMAP_SYNC,
        mapped: 0,
        count: COUNT,
        reserved: 0,
        extents: [FiemapExtent::default(); FIEMAP_BATCH],
    });
    const FS_IOC_FIEMAP: u32 = opcode::read_write::<FiemapHead>(b'f', 11);
    // SAFETY: the call reads and writes `struct fiemap` followed by `count` extents, which is what `Fiemap` is; it is
    // borrowed for the time of the call.
    unsafe { ioctl(file, Updater::<FS_IOC_FIEMAP, Fiemap>::new(&mut map)) }?;
    let mapped = usize::try_from(map.mapped).unwrap_or(0).min(FIEMAP_BATCH);
    Ok(map.extents[..mapped].to_vec())
}

/// Has ext4 write its journal to the places it stands for and fill the journal with zeros (`EXT4_IOC_CHECKPOINT` with
/// `EXT4_IOC_CHECKPOINT_FLAG_ZEROOUT`, Linux 5.14). `file` is any file or directory of the file system.
///
/// # Errors
/// `PERM` without `CAP_SYS_ADMIN`; `NODEV` if there is no journal; `NOTTY` before Linux 5.14 or on other file systems.
pub fn ext4_empty_journal(file: impl AsFd) -> Result<()> {
    ext4_checkpoint(file, EXT4_ZEROOUT)
}

/// Has ext4 write its journal to the places it stands for, and leaves it as it is.
///
/// # Errors
/// As [`ext4_empty_journal`].
pub fn ext4_write_journal_back(file: impl AsFd) -> Result<()> {
    ext4_checkpoint(file, 0)
}

/// Whether [`ext4_empty_journal`] is there and allowed; changes nothing.
///
/// # Errors
/// As there.
pub fn ext4_can_empty_journal(file: impl AsFd) -> Result<()> {
    ext4_checkpoint(file, EXT4_ZEROOUT | EXT4_DRY_RUN)
}

const EXT4_ZEROOUT: u32 = 2;
const EXT4_DRY_RUN: u32 = 4;

fn ext4_checkpoint(file: impl AsFd, flags: u32) -> Result<()> {
    const EXT4_IOC_CHECKPOINT: u32 = opcode::write::<u32>(b'f', 43);
    // SAFETY: the call reads one `u32`.
    unsafe { ioctl(file, Setter::<EXT4_IOC_CHECKPOINT, u32>::new(flags)) }
}

/// `struct fstrim_range`.
#[repr(C)]
struct TrimRange {
    start: u64,
    len: u64,
    min_len: u64,
}

/// Offers all free space of a file system to the device for discarding (`FITRIM`). Returns the number of bytes offered.
///
/// # Errors
/// `PERM` without `CAP_SYS_ADMIN`; `OPNOTSUPP` if file system or device cannot.
pub fn trim(dir: impl AsFd) -> Result<u64> {
    const FITRIM: u32 = opcode::read_write::<TrimRange>(b'X', 121);
    let mut range = TrimRange { start: 0, len: u64::MAX, min_len: 0 };
    // SAFETY: the call reads and writes one `struct fstrim_range`, borrowed for the time of the call.
    unsafe { ioctl(dir, Updater::<FITRIM, TrimRange>::new(&mut range)) }?;
    Ok(range.len)
}

/// Length of a block device in bytes (`BLKGETSIZE64`).
///
/// # Errors
/// `NOTTY` if it is none.
pub fn device_len(device: impl AsFd) -> Result<u64> {
    const BLKGETSIZE64: u32 = opcode::read::<usize>(0x12, 114);
    // SAFETY: the call writes one `u64`.
    unsafe { ioctl(device, Getter::<BLKGETSIZE64, u64>::new()) }
}
