//! Files of settings: where in them something is wrong.

/// The line, from 1, in which the byte at `offset` of a text lies.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The line and the message of an error of the TOML parser; its own rendering takes several lines.
pub(crate) fn line_and_message(text: &str, error: &toml::de::Error) -> (usize, String) {
    let line = error.span().map_or(1, |span| line_at(text, span.start));
    (line, error.message().replace('\n', " "))
}
