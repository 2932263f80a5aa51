//! Calls to file systems and devices for which there is no safe wrapper elsewhere. The only `unsafe` of this crate.
#![allow(unsafe_code, reason = "an ioctl is a pointer and a promise; each is kept in this module")]

use std::ffi::{c_int, c_uchar, c_uint, c_ushort, c_void};
use std::os::fd::AsFd;
use std::ptr;

use rustix::io::{Errno, Result};
use rustix::ioctl::{Getter, Ioctl, IoctlOutput, Opcode, Setter, Updater, ioctl, opcode};

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

/// An admin command of NVMe, as far as it is used here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NvmeAdmin {
    /// Opcode.
    pub opcode: u8,
    /// Namespace; 0 for none, all ones for all.
    pub namespace: u32,
    /// Command Dword 10.
    pub cdw10: u32,
    /// Command Dword 11.
    pub cdw11: u32,
}

/// `struct nvme_passthru_cmd` (include/uapi/linux/nvme_ioctl.h).
#[repr(C)]
#[derive(Default)]
struct NvmeCommand {
    opcode: u8,
    flags: u8,
    reserved: u16,
    namespace: u32,
    cdw2_3: [u32; 2],
    metadata: u64,
    address: u64,
    metadata_len: u32,
    data_len: u32,
    cdw10: u32,
    cdw11: u32,
    cdw12_15: [u32; 4],
    timeout_ms: u32,
    result: u32,
}

const _: () = assert!(size_of::<NvmeCommand>() == 72, "as in nvme_ioctl.h");

/// A call that tells something by the number it returns.
struct Counted<'c, const OPCODE: Opcode, T>(&'c mut T);

// SAFETY: `as_ptr` points to a `T` that is borrowed mutably as long as this lives, and the call may change it. That it is what
// the call with this number takes is the promise of whoever names the number.
unsafe impl<const OPCODE: Opcode, T> Ioctl for Counted<'_, OPCODE, T> {
    type Output = IoctlOutput;

    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        OPCODE
    }

    fn as_ptr(&mut self) -> *mut c_void {
        ptr::from_mut(self.0).cast()
    }

    unsafe fn output_from_ptr(out: IoctlOutput, _: *mut c_void) -> Result<IoctlOutput> {
        Ok(out)
    }
}

/// Gives an NVMe controller an admin command, `device` being one of its namespaces. `data` is filled by commands that give data,
/// and empty for others. Returns the status of the command, 0 for success.
///
/// # Errors
/// `NOTTY`, `INVAL` if it is no NVMe device; `ACCES`, `PERM` without privileges.
pub fn nvme_admin(device: impl AsFd, command: NvmeAdmin, data: &mut [u8]) -> Result<u32> {
    const NVME_IOCTL_ADMIN_CMD: Opcode = opcode::read_write::<NvmeCommand>(b'N', 0x41);
    let mut call = NvmeCommand {
        opcode: command.opcode,
        namespace: command.namespace,
        address: if data.is_empty() { 0 } else { data.as_mut_ptr().expose_provenance() as u64 },
        data_len: u32::try_from(data.len()).map_err(|_| Errno::INVAL)?,
        cdw10: command.cdw10,
        cdw11: command.cdw11,
        ..NvmeCommand::default()
    };
    // SAFETY: the call takes a `struct nvme_passthru_cmd`, which `NvmeCommand` is. Commands that give data write at most
    // `data_len` bytes to `address`, which is `data`, borrowed mutably for the time of the call.
    let status = unsafe { ioctl(device, Counted::<NVME_IOCTL_ADMIN_CMD, _>(&mut call)) }?;
    Ok(status.unsigned_abs())
}

/// Data that goes with a SCSI command.
#[derive(Debug)]
pub enum Transfer<'d> {
    /// None.
    None,
    /// From the device.
    In(&'d mut [u8]),
    /// To the device.
    Out(&'d [u8]),
}

/// How a SCSI command ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScsiEnd {
    /// SCSI status: 0 good, 2 with sense data.
    pub status: u8,
    /// What the host adapter says, 0 if nothing is wrong.
    pub host: u16,
    /// Sense data.
    pub sense: Vec<u8>,
}

/// `struct sg_io_hdr` (include/scsi/sg.h).
#[repr(C)]
struct SgIo {
    interface: c_int,
    direction: c_int,
    command_len: c_uchar,
    sense_room: c_uchar,
    pieces: c_ushort,
    data_len: c_uint,
    data: *mut c_void,
    command: *const c_uchar,
    sense: *mut c_uchar,
    timeout_ms: c_uint,
    flags: c_uint,
    pack: c_int,
    user: *mut c_void,
    status: c_uchar,
    masked_status: c_uchar,
    message_status: c_uchar,
    sense_len: c_uchar,
    host_status: c_ushort,
    driver_status: c_ushort,
    left: c_int,
    duration: c_uint,
    info: c_uint,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<SgIo>() == 88, "as in sg.h");

/// Gives a device a SCSI command (`SG_IO`).
///
/// # Errors
/// `NOTTY`, `INVAL` if it takes no SCSI commands; `PERM` without privileges.
pub fn scsi(
    device: impl AsFd,
    command: &[u8],
    transfer: Transfer<'_>,
    timeout_ms: u32,
) -> Result<ScsiEnd> {
    const SG_IO: Opcode = 0x2285;
    let mut sense = [0_u8; 64];
    // SG_DXFER_NONE, SG_DXFER_FROM_DEV, SG_DXFER_TO_DEV.
    let (direction, data, data_len) = match transfer {
        Transfer::None => (-1, ptr::null_mut(), 0),
        Transfer::In(data) => (-3, data.as_mut_ptr(), data.len()),
        Transfer::Out(data) => (-2, data.as_ptr().cast_mut(), data.len()),
    };
    let mut call = SgIo {
        interface: c_int::from(b'S'),
        direction,
        command_len: c_uchar::try_from(command.len()).map_err(|_| Errno::INVAL)?,
        sense_room: 64,
        pieces: 0,
        data_len: c_uint::try_from(data_len).map_err(|_| Errno::INVAL)?,
        data: data.cast(),
        command: command.as_ptr(),
        sense: sense.as_mut_ptr(),
        timeout_ms,
        flags: 0,
        pack: 0,
        user: ptr::null_mut(),
        status: 0,
        masked_status: 0,
        message_status: 0,
        sense_len: 0,
        host_status: 0,
        driver_status: 0,
        left: 0,
        duration: 0,
        info: 0,
    };
    // SAFETY: the call takes a `struct sg_io_hdr`, which `SgIo` is. It reads `command_len` bytes of `command`, writes at most
    // `sense_room` bytes to `sense`, and writes (`FROM_DEV`) or reads (`TO_DEV`) `data_len` bytes of `data`; all of them are borrowed
    // for the time of the call, mutably where they are written.
    unsafe { ioctl(device, Counted::<SG_IO, _>(&mut call)) }?;
    let written = usize::from(call.sense_len).min(sense.len());
    let sense = sense[..written].to_vec();
    Ok(ScsiEnd { status: call.status, host: call.host_status, sense })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_such_device_says_so() {
        let file = tempfile::tempfile().unwrap();
        let identify = NvmeAdmin { opcode: 6, cdw10: 1, ..NvmeAdmin::default() };
        assert_eq!(nvme_admin(&file, identify, &mut [0; 4096]), Err(Errno::NOTTY));
        let inquiry = [0x12, 0, 0, 0, 36, 0];
        assert_eq!(scsi(&file, &inquiry, Transfer::In(&mut [0; 36]), 1000), Err(Errno::NOTTY));
    }
}
