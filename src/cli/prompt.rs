//! Passphrases: from the terminal without echo, from a file, from an open descriptor.
//!
//! Never from an argument or an environment variable: both can be read by others.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use sealkeep_crypto::SecretVec;
use zeroize::Zeroize;

use crate::cli::exit::Code;
use crate::cli::failure::Failure;
use crate::cli::messages::Messages;
use crate::cli::signal::Cancel;

/// Longer lines are refused: somebody named the wrong file.
const MAX_PASSPHRASE: usize = 4096;
/// Bytes of the longest line that a terminal gives, its end included.
const LONGEST_LINE: usize = 4096;

/// Asks for the passphrase that opens a store.
///
/// # Errors
/// `E-NO-PASSPHRASE` when there is no terminal to ask at.
pub(crate) fn ask(messages: &Messages, cancel: &Cancel) -> Result<SecretVec, Failure> {
    ask_line(&messages.text("prompt-passphrase", &[]), cancel)
}

/// Asks for the passphrase of an officer's key.
///
/// # Errors
/// As [`ask`].
pub(crate) fn ask_for(
    path: &Path,
    messages: &Messages,
    cancel: &Cancel,
) -> Result<SecretVec, Failure> {
    let path = path.display().to_string();
    ask_line(&messages.text("prompt-officer-passphrase", &[("path", &path)]), cancel)
}

/// Asks for a new passphrase, twice.
///
/// # Errors
/// `E-PASSPHRASES-DIFFER`, `E-PASSPHRASE-EMPTY`, and those of [`ask`].
pub(crate) fn ask_new(messages: &Messages, cancel: &Cancel) -> Result<SecretVec, Failure> {
    let first = ask_line(&messages.text("prompt-new-passphrase", &[]), cancel)?;
    let again = ask_line(&messages.text("prompt-new-passphrase-again", &[]), cancel)?;
    if !sealkeep_crypto::eq_ct(first.expose(), again.expose()) {
        return Err(Failure::new(Code::PassphrasesDiffer, ""));
    }
    Ok(first)
}

/// The first line of the file at `path`, without its line end.
pub(crate) fn from_file(path: &Path) -> Result<SecretVec, Failure> {
    let file = File::open(path).map_err(|error| Failure::io(path, &error))?;
    first_line(file, &path.display().to_string())
}

/// The first line of descriptor `fd`, which the caller of the program opened for us.
pub(crate) fn from_descriptor(fd: RawFd) -> Result<SecretVec, Failure> {
    let stdin = std::io::stdin();
    if fd == stdin.as_fd().as_raw_fd() {
        // Not opened anew: in a file, that would read the data from the passphrase on.
        let own = stdin.as_fd().try_clone_to_owned();
        let own = own.map_err(|error| Failure::io(Path::new("-"), &error))?;
        return first_line(File::from(own), "-");
    }
    // Opening the name in /proc gives a descriptor of our own: `fd` may be any number, also one
    // that is not open, and we take nothing over that is not ours.
    let path = format!("/proc/self/fd/{fd}");
    let file = File::open(&path).map_err(|error| Failure::io(Path::new(&path), &error))?;
    first_line(file, &path)
}

/// Reads byte by byte: what follows the line is not ours. With `--passphrase-fd 0` it is the data.
fn first_line(mut source: impl Read, name: &str) -> Result<SecretVec, Failure> {
    let mut buffer = vec![0; MAX_PASSPHRASE + 1];
    let mut filled = 0;
    let end = loop {
        match source.read(&mut buffer[filled..=filled]) {
            Ok(0) => break filled,
            Ok(_) if buffer[filled] == b'\n' => break filled,
            Ok(_) => filled += 1,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                buffer.zeroize();
                return Err(Failure::io(Path::new(name), &error));
            }
        }
        if filled == buffer.len() {
            buffer.zeroize();
            return Err(Failure::new(Code::NoPassphrase, "")
                .because(format!("{name}: > {MAX_PASSPHRASE} B")));
        }
    };
    let end = if end > 0 && buffer[end - 1] == b'\r' { end - 1 } else { end };
    let mut line = SecretVec::zeroed(end);
    line.expose_mut().copy_from_slice(&buffer[..end]);
    buffer.zeroize();
    if line.expose().is_empty() {
        return Err(Failure::new(Code::PassphraseEmpty, name));
    }
    Ok(line)
}

/// The terminal with its echo switched off until this is dropped.
struct Quiet<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Quiet<'a> {
    fn new(terminal: &'a File) -> rustix::io::Result<Quiet<'a>> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        silent.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Quiet { terminal, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

fn ask_line(question: &str, cancel: &Cancel) -> Result<SecretVec, Failure> {
    let no_terminal = |error: std::io::Error| Failure::new(Code::NoPassphrase, "").because(error);
    let mut terminal =
        File::options().read(true).write(true).open("/dev/tty").map_err(no_terminal)?;
    let silence = terminal.try_clone().map_err(no_terminal)?;
    let _quiet = Quiet::new(&silence).map_err(|error| no_terminal(error.into()))?;
    terminal.write_all(question.as_bytes()).map_err(no_terminal)?;
    wait_for_line(&terminal, cancel)?;
    first_line(terminal, "/dev/tty")
}

/// Asks to type a word, visibly. Whether it was typed.
///
/// # Errors
/// `E-NOT-CONFIRMED` when there is no terminal to ask at.
pub(crate) fn confirm(question: &str, word: &str, cancel: &Cancel) -> Result<bool, Failure> {
    Ok(line(question, cancel)? == word)
}

/// Asks for a line, visibly, and gives it without blanks around it.
///
/// # Errors
/// `E-NOT-CONFIRMED` when there is no terminal to ask at.
pub(crate) fn line(question: &str, cancel: &Cancel) -> Result<String, Failure> {
    let no_terminal = |error: std::io::Error| Failure::new(Code::NotConfirmed, "").because(error);
    let mut terminal =
        File::options().read(true).write(true).open("/dev/tty").map_err(no_terminal)?;
    terminal.write_all(question.as_bytes()).map_err(no_terminal)?;
    wait_for_line(&terminal, cancel)?;
    // A terminal gives a whole line to whoever has room for it, and keeps what is left for whoever reads next.
    let mut typed = [0; LONGEST_LINE];
    let len = terminal.read(&mut typed).map_err(no_terminal)?;
    Ok(String::from_utf8_lossy(&typed[..len]).trim().to_owned())
}

/// Waits for a whole line while looking for signals, so that Ctrl-C brings the echo back.
fn wait_for_line(terminal: &File, cancel: &Cancel) -> Result<(), Failure> {
    let tenth = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    loop {
        if cancel.is_asked() {
            return Err(cancel.failure());
        }
        let mut polled = [PollFd::from_borrowed_fd(terminal.as_fd(), PollFlags::IN)];
        match poll(&mut polled, Some(&tenth)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(error) => return Err(Failure::new(Code::NoPassphrase, "").because(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_without_its_end() {
        for text in ["pass word", "pass word\n", "pass word\r\n", "pass word\nmore"] {
            let line = first_line(text.as_bytes(), "test").expect("a line");
            assert_eq!(line.expose(), b"pass word");
        }
    }

    #[test]
    fn what_follows_the_line_is_left_in_the_source() {
        let mut source = &b"pass word\nthe data"[..];
        first_line(&mut source, "test").expect("a line");
        assert_eq!(source, b"the data");
    }

    #[test]
    fn an_empty_or_endless_line_is_refused() {
        let failure = first_line(&b"\n"[..], "test").expect_err("it is empty");
        assert_eq!(failure.code, Code::PassphraseEmpty);
        let failure = first_line(std::io::repeat(b'x'), "test").expect_err("it has no end");
        assert_eq!(failure.code, Code::NoPassphrase);
    }
}
