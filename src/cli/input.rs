//! Standard input that does not outlast a signal: a pipe that delivers nothing must not keep us.

use std::io::{self, Read};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::cli::signal::Cancel;

/// Standard input, without a buffer of its own.
pub(crate) struct Stdin {
    cancel: Cancel,
}

impl Stdin {
    /// Standard input until `cancel` is asked.
    pub(crate) fn new(cancel: &Cancel) -> Stdin {
        Stdin { cancel: cancel.clone() }
    }
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stdin = io::stdin();
        let tenth = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        loop {
            if self.cancel.is_asked() {
                return Err(io::Error::other("stopped by a signal"));
            }
            let mut polled = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
            match poll(&mut polled, Some(&tenth)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(rustix::io::read(stdin.as_fd(), &mut *buffer)?),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
