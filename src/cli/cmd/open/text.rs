//! A terminal that takes text only: binary data could garble it, or control it with escape codes.

use std::fmt;
use std::io::{self, Write};

/// Passes text on and refuses the rest.
pub(in crate::cli::cmd) struct TextOnly<W> {
    terminal: W,
    /// The beginning of a character whose end is still to come.
    pending: Vec<u8>,
}

/// Whether a failed write failed because of [`TextOnly`].
pub(in crate::cli::cmd) fn is_refusal(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NotText>())
}

impl<W: Write> TextOnly<W> {
    pub(in crate::cli::cmd) fn new(terminal: W) -> TextOnly<W> {
        TextOnly { terminal, pending: Vec::new() }
    }
}

impl<W: Write> Write for TextOnly<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.pending) {
            Ok(text) => text.len(),
            // An incomplete character at the end waits for the next write.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(io::Error::other(NotText)),
        };
        let text = &self.pending[..whole];
        if std::str::from_utf8(text).is_ok_and(|text| text.contains(harmful)) {
            return Err(io::Error::other(NotText));
        }
        self.terminal.write_all(text)?;
        self.pending.drain(..whole);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.terminal.flush()
    }
}

fn harmful(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t' | '\r')
}

#[derive(Debug)]
struct NotText;

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not text")
    }
}

impl std::error::Error for NotText {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_passes_even_in_pieces() {
        let mut shown = Vec::new();
        let mut terminal = TextOnly::new(&mut shown);
        for byte in "病历\tpatient\r\n".as_bytes() {
            terminal.write_all(&[*byte]).expect("it is text");
        }
        assert_eq!(shown, "病历\tpatient\r\n".as_bytes());
    }

    #[test]
    fn binary_and_escape_codes_do_not() {
        for bytes in [&b"\x1b[2J"[..], b"\xff\xfe", b"a\0b"] {
            let mut shown = Vec::new();
            let error = TextOnly::new(&mut shown).write_all(bytes).expect_err("it is not text");
            assert!(is_refusal(&error));
            assert!(shown.is_empty());
        }
    }
}
