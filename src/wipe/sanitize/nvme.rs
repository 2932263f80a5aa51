//! NVMe: the Sanitize command (NVM Express Base Specification, "Sanitize", opcode 84h) and its log (81h).

use sealkeep_medium::ioctl::NvmeAdmin;

use super::port::{Port, is_no_such_device};
use super::{State, Technique};
use crate::wipe::error::{Error, io};

const IDENTIFY: u8 = 0x06;
const GET_LOG: u8 = 0x02;
const SANITIZE: u8 = 0x84;
const ALL_NAMESPACES: u32 = u32::MAX;

const LOG_LEN: usize = 512;
const SANITIZE_LOG: u32 = 0x81;

/// Identify Controller (CNS 01h).
fn identify() -> NvmeAdmin {
    NvmeAdmin { opcode: IDENTIFY, cdw10: 1, ..NvmeAdmin::default() }
}

/// The status log: identifier, and its length in dwords less one (NUMDL).
fn log() -> NvmeAdmin {
    const DWORDS: u32 = 512 / 4 - 1;
    let cdw10 = SANITIZE_LOG | DWORDS << 16;
    NvmeAdmin { opcode: GET_LOG, namespace: ALL_NAMESPACES, cdw10, cdw11: 0 }
}

/// The command itself. AUSE and NDAS stay 0: if it fails, the drive gives out nothing until it has been sanitized.
fn sanitize(technique: Technique) -> NvmeAdmin {
    // SANACT in bits 2:0; OWPASS in bits 7:4, one pass, as 0 means sixteen. The pattern (CDW11) is zeros.
    let cdw10 = match technique {
        Technique::BlockErase => 2,
        Technique::Overwrite => 3 | 1 << 4,
        Technique::CryptoErase => 4,
    };
    NvmeAdmin { opcode: SANITIZE, cdw10, ..NvmeAdmin::default() }
}

/// Whether the technique is among the capabilities (SANICAP, bytes 331:328 of Identify Controller).
fn capable(identity: &[u8], technique: Technique) -> bool {
    let bit = match technique {
        Technique::CryptoErase => 1,
        Technique::BlockErase => 2,
        Technique::Overwrite => 4,
    };
    identity.get(328).is_some_and(|byte| byte & bit != 0)
}

/// What the log says about the command for a technique.
fn state(log: &[u8; LOG_LEN], technique: Technique) -> State {
    let word = |at: usize| u16::from_le_bytes([log[at], log[at + 1]]);
    let (progress, status) = (word(0), word(2) & 7);
    let of_command = u32::from_le_bytes([log[4], log[5], log[6], log[7]]);
    match status {
        0 => State::Idle,
        2 => State::Running(progress),
        1 | 4 if of_command == sanitize(technique).cdw10 => State::Done,
        1 | 4 => State::Failed(format!("the log tells of another command, {of_command:#x}")),
        other => State::Failed(format!("SSTAT {other}")),
    }
}

/// Whether it can; none if it is no NVMe drive.
pub(super) fn supports(port: &mut dyn Port, technique: Technique) -> Result<Option<bool>, Error> {
    let mut identity = vec![0; 4096];
    match port.nvme(identify(), &mut identity) {
        Ok(0) => Ok(Some(capable(&identity, technique))),
        Ok(status) => Err(refused("Identify", status)),
        Err(errno) if is_no_such_device(errno) => Ok(None),
        Err(errno) => Err(io("ask the device")(errno)),
    }
}

pub(super) fn start(port: &mut dyn Port, technique: Technique) -> Result<(), Error> {
    match port.nvme(sanitize(technique), &mut []) {
        Ok(0) => Ok(()),
        Ok(status) => Err(refused("Sanitize", status)),
        Err(errno) => Err(io("start the erasure")(errno)),
    }
}

pub(super) fn status(port: &mut dyn Port, technique: Technique) -> Result<State, Error> {
    let mut data = [0; LOG_LEN];
    match port.nvme(log(), &mut data) {
        Ok(0) => Ok(state(&data, technique)),
        Ok(status) => Err(refused("Get Log Page", status)),
        Err(errno) => Err(io("ask the device")(errno)),
    }
}

fn refused(command: &str, status: u32) -> Error {
    Error::Sanitize(format!("{command}: NVMe status {status:#x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_have_the_bytes_of_the_specification() {
        let command = |opcode, namespace, cdw10| NvmeAdmin { opcode, namespace, cdw10, cdw11: 0 };
        assert_eq!(identify(), command(0x06, 0, 0x0000_0001));
        assert_eq!(log(), command(0x02, 0xffff_ffff, 0x007f_0081));
        assert_eq!(sanitize(Technique::BlockErase), command(0x84, 0, 0x02));
        assert_eq!(sanitize(Technique::Overwrite), command(0x84, 0, 0x13));
        assert_eq!(sanitize(Technique::CryptoErase), command(0x84, 0, 0x04));
    }

    #[test]
    fn capabilities_are_one_bit_each() {
        for (bits, can) in [(0, [false; 3]), (1, [true, false, false]), (6, [false, true, true])] {
            let mut identity = [0; 4096];
            identity[328] = bits;
            let all = [Technique::CryptoErase, Technique::BlockErase, Technique::Overwrite];
            assert_eq!(all.map(|technique| capable(&identity, technique)), can);
        }
        assert!(!capable(&[], Technique::BlockErase));
    }

    #[test]
    fn the_log_is_read() {
        let log = |progress: u16, status: u16, command: u32| {
            let mut log = [0; LOG_LEN];
            log[..2].copy_from_slice(&progress.to_le_bytes());
            log[2..4].copy_from_slice(&status.to_le_bytes());
            log[4..8].copy_from_slice(&command.to_le_bytes());
            state(&log, Technique::BlockErase)
        };
        assert_eq!(log(0xffff, 0, 0), State::Idle);
        assert_eq!(log(0x8000, 2, 2), State::Running(0x8000));
        // Bits 7:3 are passes, bit 8 tells that nothing was written since.
        assert_eq!(log(0xffff, 0x0101, 2), State::Done);
        assert_eq!(log(0xffff, 0x0104, 2), State::Done);
        assert!(matches!(log(0xffff, 0x0101, 4), State::Failed(_)), "an erasure before");
        assert!(matches!(log(0xffff, 3, 2), State::Failed(_)));
        assert!(matches!(log(0xffff, 7, 2), State::Failed(_)));
    }
}
