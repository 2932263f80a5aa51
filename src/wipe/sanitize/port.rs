//! What commands are given through, so that drives can be played in tests.

use std::os::fd::OwnedFd;

use rustix::io::Errno;
use sealkeep_medium::ioctl::{NvmeAdmin, ScsiEnd, Transfer, nvme_admin, scsi};

/// A way to give a drive commands.
pub(super) trait Port {
    /// An admin command of NVMe; its status.
    fn nvme(&mut self, command: NvmeAdmin, data: &mut [u8]) -> Result<u32, Errno>;

    /// A SCSI command.
    fn scsi(&mut self, command: &[u8], transfer: Transfer<'_>) -> Result<ScsiEnd, Errno>;
}

/// A block device.
pub(super) struct Device(pub(super) OwnedFd);

/// None of the commands waits for the drive to be done.
const TIMEOUT_MS: u32 = 60_000;

impl Port for Device {
    fn nvme(&mut self, command: NvmeAdmin, data: &mut [u8]) -> Result<u32, Errno> {
        nvme_admin(&self.0, command, data)
    }

    fn scsi(&mut self, command: &[u8], transfer: Transfer<'_>) -> Result<ScsiEnd, Errno> {
        scsi(&self.0, command, transfer, TIMEOUT_MS)
    }
}

/// Whether an error says that the device does not know this kind of command at all.
pub(super) fn is_no_such_device(errno: Errno) -> bool {
    matches!(errno, Errno::NOTTY | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS)
}
