//! SCSI: the SANITIZE command (SBC-4, 48h), whose progress REQUEST SENSE tells (SPC-5, 03h).

use sealkeep_medium::ioctl::{ScsiEnd, Transfer};

use super::port::{Port, is_no_such_device};
use super::{State, Technique};
use crate::wipe::error::{Error, io};

const SANITIZE: u8 = 0x48;
const IMMED: u8 = 0x80;
const SENSE_LEN: u8 = 252;

/// The service action.
fn action(technique: Technique) -> u8 {
    match technique {
        Technique::Overwrite => 1,
        Technique::BlockErase => 2,
        Technique::CryptoErase => 3,
    }
}

/// The command itself, which returns at once. AUSE stays 0: if it fails, the drive gives out nothing until it has been sanitized.
fn sanitize(technique: Technique) -> [u8; 10] {
    let parameters = u8::try_from(parameters(technique).len()).expect("they are few");
    [SANITIZE, IMMED | action(technique), 0, 0, 0, 0, 0, 0, parameters, 0]
}

/// Overwriting wants to know how often, and a pattern with its length: once, four zeros.
fn parameters(technique: Technique) -> &'static [u8] {
    match technique {
        Technique::Overwrite => &[1, 0, 0, 4, 0, 0, 0, 0],
        Technique::BlockErase | Technique::CryptoErase => &[],
    }
}

/// REPORT SUPPORTED OPERATION CODES about one command with its service action.
fn ask_support(technique: Technique) -> [u8; 12] {
    [0xa3, 0x0c, 0x02, SANITIZE, 0, action(technique), 0, 0, 0, 64, 0, 0]
}

fn request_sense() -> [u8; 6] {
    [0x03, 0, 0, 0, SENSE_LEN, 0]
}

/// Whether the answer to [`ask_support`] is that the command is there as the standard has it (SUPPORT 011b).
fn capable(answer: &[u8]) -> bool {
    answer.get(1).is_some_and(|byte| byte & 7 == 3)
}

/// Sense key, both additional codes, and the progress if it is told.
fn read(sense: &[u8]) -> Option<(u8, u8, u8, Option<u16>)> {
    let number = |at: usize| Some(u16::from_be_bytes([*sense.get(at)?, *sense.get(at + 1)?]));
    let valid = |at: usize| sense.get(at).is_some_and(|byte| byte & 0x80 != 0);
    match sense.first()? & 0x7f {
        0x70 | 0x71 => {
            let codes = (sense.get(2)? & 0xf, *sense.get(12)?, *sense.get(13)?);
            let progress = if valid(15) { number(16) } else { None };
            Some((codes.0, codes.1, codes.2, progress))
        }
        0x72 | 0x73 => {
            let codes = (sense.get(1)? & 0xf, *sense.get(2)?, *sense.get(3)?);
            // The sense key specific descriptor (02h).
            let (mut at, mut progress) = (8, None);
            while let (Some(code), Some(len)) = (sense.get(at), sense.get(at + 1)) {
                if *code == 2 && valid(at + 4) {
                    progress = number(at + 5);
                }
                at += usize::from(*len) + 2;
            }
            Some((codes.0, codes.1, codes.2, progress))
        }
        _ => None,
    }
}

/// What sense data says about the erasure.
fn state(sense: &[u8]) -> State {
    match read(sense) {
        // NOT READY, SANITIZE IN PROGRESS.
        Some((2, 0x04, 0x1b, progress)) => State::Running(progress.unwrap_or(0)),
        Some((0, ..)) => State::Done,
        // MEDIUM ERROR, SANITIZE COMMAND FAILED.
        Some((3, 0x31, 0x03, _)) => State::Failed("the drive says so".to_owned()),
        Some((key, code, qualifier, _)) => {
            State::Failed(format!("sense {key:x}/{code:02x}/{qualifier:02x}"))
        }
        None => State::Failed("sense data that cannot be read".to_owned()),
    }
}

/// Whether it can; none if it takes no SCSI commands. A drive that does not tell counts as one that cannot.
pub(super) fn supports(port: &mut dyn Port, technique: Technique) -> Result<Option<bool>, Error> {
    let mut answer = [0; 64];
    match port.scsi(&ask_support(technique), Transfer::In(&mut answer)) {
        Ok(ScsiEnd { status: 0, host: 0, .. }) => Ok(Some(capable(&answer))),
        Ok(_) => Ok(Some(false)),
        Err(errno) if is_no_such_device(errno) => Ok(None),
        Err(errno) => Err(io("ask the device")(errno)),
    }
}

pub(super) fn start(port: &mut dyn Port, technique: Technique) -> Result<(), Error> {
    let transfer = match parameters(technique) {
        [] => Transfer::None,
        parameters => Transfer::Out(parameters),
    };
    let end = port.scsi(&sanitize(technique), transfer).map_err(io("start the erasure"))?;
    match (end.status, end.host, state(&end.sense)) {
        (0, 0, _) => Ok(()),
        (2, 0, State::Failed(why)) => Err(Error::Sanitize(why)),
        (status, host, _) => Err(Error::Sanitize(format!("status {status}, host {host}"))),
    }
}

pub(super) fn status(port: &mut dyn Port) -> Result<State, Error> {
    let mut sense = sense_of(port)?;
    for _ in 0..ATTENTIONS {
        // UNIT ATTENTION: something else happened, which is told once.
        if !matches!(read(&sense), Some((6, ..))) {
            break;
        }
        sense = sense_of(port)?;
    }
    Ok(state(&sense))
}

/// How many other things a drive may have to tell first.
const ATTENTIONS: u32 = 8;

fn sense_of(port: &mut dyn Port) -> Result<Vec<u8>, Error> {
    let mut sense = vec![0; usize::from(SENSE_LEN)];
    let end = port.scsi(&request_sense(), Transfer::In(&mut sense));
    match end.map_err(io("ask the device"))? {
        ScsiEnd { status: 0, host: 0, .. } => Ok(sense),
        // Some answer with sense data about themselves instead.
        ScsiEnd { status: 2, host: 0, sense } => Ok(sense),
        other => Err(Error::Sanitize(format!("status {}, host {}", other.status, other.host))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_blocks_have_the_bytes_of_the_standard() {
        assert_eq!(sanitize(Technique::Overwrite), [0x48, 0x81, 0, 0, 0, 0, 0, 0, 8, 0]);
        assert_eq!(sanitize(Technique::BlockErase), [0x48, 0x82, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(sanitize(Technique::CryptoErase), [0x48, 0x83, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(parameters(Technique::Overwrite), [1, 0, 0, 4, 0, 0, 0, 0]);
        assert_eq!(request_sense(), [3, 0, 0, 0, 252, 0]);
        let asked = [0xa3, 0x0c, 2, 0x48, 0, 3, 0, 0, 0, 64, 0, 0];
        assert_eq!(ask_support(Technique::CryptoErase), asked);
    }

    #[test]
    fn support_is_what_the_standard_calls_so() {
        assert!(capable(&[0, 0x83]));
        for other in [0, 1, 5] {
            assert!(!capable(&[0, other]));
        }
        assert!(!capable(&[]));
    }

    #[test]
    fn both_forms_of_sense_data_are_read() {
        let mut fixed = [0; 18];
        (fixed[0], fixed[2], fixed[12], fixed[13]) = (0x70, 2, 0x04, 0x1b);
        fixed[15..].copy_from_slice(&[0x80, 0x12, 0x34]);
        assert_eq!(state(&fixed), State::Running(0x1234));
        let descriptors =
            [0x72, 2, 4, 0x1b, 0, 0, 0, 12, 0x00, 2, 0, 0, 0x02, 6, 0, 0, 0x80, 0x12, 0x34, 0];
        assert_eq!(state(&descriptors), State::Running(0x1234));
        assert_eq!(state(&[0x72, 0, 0, 0, 0, 0, 0, 0]), State::Done);
        assert!(matches!(state(&[0x72, 3, 0x31, 3, 0, 0, 0, 0]), State::Failed(_)));
        assert!(matches!(state(&[0x72, 5, 0x20, 0, 0, 0, 0, 0]), State::Failed(_)));
        assert!(matches!(state(&[]), State::Failed(_)));
    }
}
