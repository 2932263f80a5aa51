//! ATA: the Sanitize Device feature set (ACS-4, SANITIZE DEVICE, B4h), through ATA PASS-THROUGH (16) (SAT-4, 85h).

use sealkeep_medium::ioctl::{ScsiEnd, Transfer};

use super::port::{Port, is_no_such_device};
use super::{State, Technique};
use crate::wipe::error::{Error, io};

const PASS_THROUGH: u8 = 0x85;
const IDENTIFY_DEVICE: u8 = 0xec;
const SANITIZE_DEVICE: u8 = 0xb4;

/// Registers of a command of 48 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Registers {
    feature: u16,
    count: u16,
    lba: u64,
    command: u8,
}

/// What a command left in the registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Returned {
    count: u16,
    lba: u64,
    status: u8,
}

/// A command without data; the drive is to return its registers (CK_COND).
fn without_data(registers: Registers) -> [u8; 16] {
    // Protocol 3, non-data, in bits 4:1; EXTEND in bit 0.
    block(3 << 1 | 1, 1 << 5, registers)
}

/// IDENTIFY DEVICE: one block of 512 bytes in.
fn identify() -> [u8; 16] {
    // Protocol 4, PIO data-in. T_DIR, BYT_BLOK and T_LENGTH 2: from the device, as many blocks as the count says.
    let registers = Registers { count: 1, command: IDENTIFY_DEVICE, ..Registers::default() };
    block(4 << 1, 1 << 3 | 1 << 2 | 2, registers)
}

fn block(protocol: u8, flags: u8, registers: Registers) -> [u8; 16] {
    let Registers { feature, count, lba, command } = registers;
    let ([f1, f0], [c1, c0]) = (feature.to_be_bytes(), count.to_be_bytes());
    let [_, _, l5, l4, l3, l2, l1, l0] = lba.to_be_bytes();
    // The bit of the device register that says LBA.
    let device = 0x40;
    [PASS_THROUGH, protocol, flags, f1, f0, c1, c0, l3, l0, l4, l1, l5, l2, device, command, 0]
}

/// The command itself, each kind with its key in the LBA. FAILURE MODE (count bit 4) stays 0: if it fails, the drive gives out
/// nothing until it has been sanitized.
fn sanitize(technique: Technique) -> Registers {
    let (feature, count, lba) = match technique {
        Technique::CryptoErase => (0x0011, 0, 0x4372_7970),
        Technique::BlockErase => (0x0012, 0, 0x426b_4572),
        // One pass; the pattern in LBA 31:0 is zeros.
        Technique::Overwrite => (0x0014, 1, 0x4f57_0000_0000),
    };
    Registers { feature, count, lba, command: SANITIZE_DEVICE }
}

/// SANITIZE STATUS EXT.
fn ask() -> Registers {
    Registers { command: SANITIZE_DEVICE, ..Registers::default() }
}

/// Whether the technique is among the capabilities (word 59 of IDENTIFY DEVICE); none if this is no answer of an ATA disk.
fn capable(identity: &[u8; 512], technique: Technique) -> Option<bool> {
    let word = |number: usize| u16::from_le_bytes([identity[2 * number], identity[2 * number + 1]]);
    // Word 0 bit 15 is set for ATAPI; an answer of zeros is none.
    if identity.iter().all(|byte| *byte == 0) || word(0) >> 15 == 1 {
        return None;
    }
    let bit = match technique {
        Technique::CryptoErase => 13,
        Technique::Overwrite => 14,
        Technique::BlockErase => 15,
    };
    Some(word(59) >> 12 & 1 == 1 && word(59) >> bit & 1 == 1)
}

/// The registers in sense data: the ATA Status Return descriptor (SAT-4, 09h), in sense data of descriptors (72h, 73h).
fn returned(sense: &[u8]) -> Option<Returned> {
    if !matches!(sense.first()? & 0x7f, 0x72 | 0x73) {
        return None;
    }
    let mut rest = sense.get(8..)?;
    while let [code, len, ..] = *rest {
        let whole = usize::from(len) + 2;
        if code == 0x09 && whole >= 14 {
            let d = rest.get(..14)?;
            let lba = u64::from_be_bytes([0, 0, d[10], d[8], d[6], d[11], d[9], d[7]]);
            return Some(Returned { count: u16::from_be_bytes([d[4], d[5]]), lba, status: d[13] });
        }
        rest = rest.get(whole..)?;
    }
    None
}

/// What the answer to [`ask`] means (ACS-4, table "Sanitize Device Normal Output").
fn state(returned: Returned) -> State {
    let bit = |number: u32| returned.count >> number & 1 == 1;
    if returned.status & 1 == 1 {
        return State::Failed(format!("the drive gave up, reason {:#04x}", returned.lba & 0xff));
    }
    match (bit(15), bit(14), bit(13)) {
        (_, true, _) => State::Running((returned.lba & 0xffff) as u16),
        (true, ..) => State::Done,
        (.., true) => {
            State::Failed("the drive is frozen against this until power is cut".to_owned())
        }
        _ => State::Idle,
    }
}

/// Whether it can; none if it is no ATA drive.
pub(super) fn supports(port: &mut dyn Port, technique: Technique) -> Result<Option<bool>, Error> {
    let mut identity = [0; 512];
    match port.scsi(&identify(), Transfer::In(&mut identity)) {
        Ok(ScsiEnd { status: 0, host: 0, .. }) => Ok(capable(&identity, technique)),
        Ok(_) => Ok(None),
        Err(errno) if is_no_such_device(errno) => Ok(None),
        Err(errno) => Err(io("ask the device")(errno)),
    }
}

pub(super) fn start(port: &mut dyn Port, technique: Technique) -> Result<(), Error> {
    let returned = give(port, sanitize(technique))?;
    if returned.status & 1 == 0 {
        return Ok(());
    }
    Err(Error::Sanitize(format!("the drive refused, reason {:#04x}", returned.lba & 0xff)))
}

pub(super) fn status(port: &mut dyn Port) -> Result<State, Error> {
    give(port, ask()).map(state)
}

fn give(port: &mut dyn Port, registers: Registers) -> Result<Returned, Error> {
    let end = port.scsi(&without_data(registers), Transfer::None);
    let end = end.map_err(io("give the device a command"))?;
    let nothing =
        || Error::Sanitize(format!("no answer: status {}, host {}", end.status, end.host));
    returned(&end.sense).ok_or_else(nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_blocks_have_the_bytes_of_the_standard() {
        let identify_device = [0x85, 8, 0x0e, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x40, 0xec, 0];
        assert_eq!(identify(), identify_device);
        let of = |technique| without_data(sanitize(technique));
        assert_eq!(
            of(Technique::CryptoErase),
            [0x85, 7, 0x20, 0, 0x11, 0, 0, 0x43, 0x70, 0, 0x79, 0, 0x72, 0x40, 0xb4, 0]
        );
        assert_eq!(
            of(Technique::BlockErase),
            [0x85, 7, 0x20, 0, 0x12, 0, 0, 0x42, 0x72, 0, 0x45, 0, 0x6b, 0x40, 0xb4, 0]
        );
        assert_eq!(
            of(Technique::Overwrite),
            [0x85, 7, 0x20, 0, 0x14, 0, 1, 0, 0, 0x57, 0, 0x4f, 0, 0x40, 0xb4, 0]
        );
        let status = [0x85, 7, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0xb4, 0];
        assert_eq!(without_data(ask()), status);
    }

    #[test]
    fn registers_are_found_among_descriptors() {
        let mut sense = vec![0x72, 1, 0, 0x1d, 0, 0, 0, 22];
        sense.extend([0x02, 6, 0, 0, 0, 0, 0, 0]);
        sense.extend([0x09, 0x0c, 1, 0, 0x40, 0x01, 3, 0x34, 4, 0x12, 5, 2, 0xa0, 0x50]);
        let expected = Returned { count: 0x4001, lba: 0x0504_0302_1234, status: 0x50 };
        assert_eq!(returned(&sense), Some(expected));
        assert_eq!(state(expected), State::Running(0x1234));
        for cut in 0..sense.len() {
            assert_eq!(returned(&sense[..cut]), None);
        }
        assert_eq!(returned(&[0x70; 18]), None);
    }

    #[test]
    fn answers_are_told_apart() {
        let answer = |count, status| state(Returned { count, lba: 0, status });
        assert_eq!(answer(0x8000, 0x50), State::Done);
        assert_eq!(answer(0xc000, 0x50), State::Running(0), "one before was done");
        assert_eq!(answer(0, 0x50), State::Idle);
        assert!(matches!(answer(0x2000, 0x50), State::Failed(_)), "frozen");
        assert!(matches!(answer(0x8000, 0x51), State::Failed(_)));
    }

    #[test]
    fn capabilities_are_bits_of_word_59() {
        let mut identity = [0; 512];
        assert_eq!(capable(&identity, Technique::BlockErase), None);
        identity[54] = b'S';
        assert_eq!(capable(&identity, Technique::BlockErase), Some(false));
        identity[119] = 0x80;
        assert_eq!(
            capable(&identity, Technique::BlockErase),
            Some(false),
            "the feature set is off"
        );
        identity[119] = 0x90;
        assert_eq!(capable(&identity, Technique::BlockErase), Some(true));
        assert_eq!(capable(&identity, Technique::CryptoErase), Some(false));
        identity[119] = 0x30;
        assert_eq!(capable(&identity, Technique::CryptoErase), Some(true));
        identity[1] = 0x80;
        assert_eq!(capable(&identity, Technique::CryptoErase), None, "a drive of discs");
    }
}
