use std::collections::VecDeque;

use rustix::io::Errno;
use sealkeep_medium::ioctl::{NvmeAdmin, ScsiEnd, Transfer};

use super::*;

/// A drive that is played: it knows one kind of commands, and gives these answers about where it is.
struct Played {
    bus: Option<Bus>,
    answers: VecDeque<Answer>,
    started: u32,
}

#[derive(Clone, Copy)]
enum Answer {
    Never,
    Running,
    Done,
    Failed,
    Silent,
    /// Something else happened (SCSI).
    Attention,
}

fn played(bus: Option<Bus>, answers: &[Answer]) -> Played {
    Played { bus, answers: answers.iter().copied().collect(), started: 0 }
}

impl Played {
    fn next(&mut self) -> Answer {
        self.answers.pop_front().expect("it is not asked again")
    }
}

impl Port for Played {
    fn nvme(&mut self, command: NvmeAdmin, data: &mut [u8]) -> Result<u32, Errno> {
        if self.bus != Some(Bus::Nvme) {
            return Err(Errno::NOTTY);
        }
        match command.opcode {
            0x06 => data[328] = 2,
            0x84 => self.started += 1,
            0x02 => {
                let status = match self.next() {
                    Answer::Never => 0,
                    Answer::Running => 2,
                    Answer::Done => 1,
                    Answer::Failed => 3,
                    Answer::Silent | Answer::Attention => return Err(Errno::IO),
                };
                (data[2], data[4]) = (status, 2);
            }
            _ => return Ok(1),
        }
        Ok(0)
    }

    fn scsi(&mut self, command: &[u8], transfer: Transfer<'_>) -> Result<ScsiEnd, Errno> {
        match self.bus {
            Some(Bus::Ata) => self.ata(command, transfer),
            Some(Bus::Scsi) => self.real_scsi(command, transfer),
            _ => Err(Errno::NOTTY),
        }
    }
}

impl Played {
    fn ata(&mut self, command: &[u8], transfer: Transfer<'_>) -> Result<ScsiEnd, Errno> {
        if let (0xec, Transfer::In(data)) = (command[14], transfer) {
            (data[54], data[119]) = (b'S', 0x90);
            return Ok(ScsiEnd::default());
        }
        let mut sense = vec![0x72, 1, 0, 0x1d, 0, 0, 0, 14, 0x09, 0x0c];
        sense.resize(22, 0);
        sense[21] = 0x50;
        if command[4] == 0x12 {
            self.started += 1;
        } else {
            match self.next() {
                Answer::Never => {}
                Answer::Running => sense[12] = 0x40,
                Answer::Done => sense[12] = 0x80,
                Answer::Failed => sense[21] = 0x51,
                Answer::Silent | Answer::Attention => sense.clear(),
            }
        }
        Ok(ScsiEnd { status: 2, host: 0, sense })
    }

    fn real_scsi(&mut self, command: &[u8], transfer: Transfer<'_>) -> Result<ScsiEnd, Errno> {
        match (command[0], transfer) {
            (0xa3, Transfer::In(data)) => data[1] = 3,
            (0x48, _) => self.started += 1,
            (0x03, Transfer::In(data)) => {
                data[0] = 0x72;
                match self.next() {
                    Answer::Never | Answer::Done => {}
                    Answer::Running => data[1..4].copy_from_slice(&[2, 4, 0x1b]),
                    Answer::Failed => data[1..4].copy_from_slice(&[3, 0x31, 3]),
                    Answer::Attention => data[1..3].copy_from_slice(&[6, 0x29]),
                    Answer::Silent => return Err(Errno::IO),
                }
            }
            // ATA PASS-THROUGH: an illegal request.
            _ => return Ok(ScsiEnd { status: 2, host: 0, sense: vec![0x72, 5, 0x20, 0] }),
        }
        Ok(ScsiEnd::default())
    }
}

fn erase(bus: Bus, answers: &[Answer]) -> (Result<(), Error>, u32) {
    let mut drive = played(Some(bus), answers);
    let found = find(&mut drive, Technique::BlockErase).unwrap();
    assert_eq!(found, Some(bus));
    let run = Run::quiet();
    let result = carry_out(&mut drive, bus, Technique::BlockErase, 1 << 30, Duration::ZERO, &run);
    assert!(drive.answers.is_empty(), "it is asked until it is done");
    (result, drive.started)
}

#[test]
fn a_drive_is_asked_until_it_is_done() {
    for bus in [Bus::Nvme, Bus::Ata, Bus::Scsi] {
        let answers =
            [Answer::Never, Answer::Running, Answer::Silent, Answer::Running, Answer::Done];
        let (result, started) = erase(bus, &answers);
        assert!(result.is_ok(), "{bus:?}: {result:?}");
        assert_eq!(started, 1);
    }
}

#[test]
fn a_drive_may_tell_something_else_first() {
    let answers = [Answer::Attention, Answer::Never, Answer::Attention, Answer::Done];
    assert!(erase(Bus::Scsi, &answers).0.is_ok());
}

#[test]
fn a_drive_that_fails_is_not_called_erased() {
    for bus in [Bus::Nvme, Bus::Ata, Bus::Scsi] {
        let (result, _) = erase(bus, &[Answer::Never, Answer::Running, Answer::Failed]);
        assert!(matches!(result, Err(Error::Sanitize(_))), "{bus:?}: {result:?}");
        let mut silent = vec![Answer::Never, Answer::Running];
        silent.extend([Answer::Silent; PATIENCE as usize + 1]);
        assert!(erase(bus, &silent).0.is_err(), "{bus:?}");
    }
    for bus in [Bus::Nvme, Bus::Ata] {
        let (result, _) = erase(bus, &[Answer::Never, Answer::Never]);
        assert!(matches!(result, Err(Error::Sanitize(_))), "{bus:?}: it never began");
    }
}

#[test]
fn a_drive_that_is_at_it_is_left_alone() {
    for bus in [Bus::Nvme, Bus::Ata, Bus::Scsi] {
        let (result, started) = erase(bus, &[Answer::Running]);
        assert!(matches!(result, Err(Error::Sanitize(_))), "{result:?}");
        assert_eq!(started, 0);
    }
}

#[test]
fn what_a_drive_cannot_do_is_found_out_before() {
    for bus in [Bus::Nvme, Bus::Ata] {
        let mut drive = played(Some(bus), &[]);
        assert_eq!(find(&mut drive, Technique::CryptoErase).unwrap(), None);
    }
    assert_eq!(find(&mut played(None, &[]), Technique::BlockErase).unwrap(), None);
}

#[test]
fn other_namespaces_are_found() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["nvme0n1", "nvme0n2", "nvme0c0n1", "nvme1n1", "nvme10n1", "sda"] {
        std::fs::create_dir(dir.path().join(name)).unwrap();
    }
    assert_eq!(siblings(dir.path(), "nvme0n1"), ["nvme0n2"]);
    assert!(siblings(dir.path(), "nvme1n1").is_empty());
    assert!(siblings(dir.path(), "sda").is_empty());
}
