//! Other people's text, shown: file names, labels, opinions. Nothing in it may move the cursor, change what was printed before, or turn
//! the direction of writing.

use std::borrow::Cow;

/// Whether a character is obeyed instead of shown: controls, line and paragraph separators, those that turn the direction of
/// writing, and the invisible mark at the beginning of files.
///
/// ```
/// use sealkeep::shown::is_obeyed;
/// assert!(is_obeyed('\u{1b}') && is_obeyed('\u{202e}') && is_obeyed('\n'));
/// assert!(!is_obeyed('病') && !is_obeyed(' '));
/// ```
#[must_use]
pub fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text with what is obeyed written out, but for line feeds.
///
/// ```
/// assert_eq!(sealkeep::shown::harmless("a\u{1b}[2Jb\u{202e}\nc"), "a\\u{1b}[2Jb\\u{202e}\nc");
/// ```
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| is_obeyed(c) && c != '\n';
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let written = |c: char| if obeyed(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(written).collect())
}
