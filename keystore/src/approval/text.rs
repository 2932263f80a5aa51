//! Texts in statements, bounded and safe to show.

use serde::{Deserialize, Serialize};

/// One line of 1 to 200 bytes, without blanks around it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Up to 4,000 bytes, possibly in several lines, possibly none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(String);

/// The text is too long, or has characters that could deceive whoever reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text is empty, too long, or has control characters")]
pub struct BadText;

impl Name {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Text {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = BadText;

    fn try_from(text: String) -> Result<Self, BadText> {
        let good =
            (1..=200).contains(&text.len()) && text.trim() == text && text.chars().all(shown);
        if good { Ok(Self(text)) } else { Err(BadText) }
    }
}

impl TryFrom<String> for Text {
    type Error = BadText;

    fn try_from(text: String) -> Result<Self, BadText> {
        let good = text.len() <= 4000 && text.chars().all(|letter| letter == '\n' || shown(letter));
        if good { Ok(Self(text)) } else { Err(BadText) }
    }
}

impl TryFrom<&str> for Name {
    type Error = BadText;

    fn try_from(text: &str) -> Result<Self, BadText> {
        text.to_owned().try_into()
    }
}

impl TryFrom<&str> for Text {
    type Error = BadText;

    fn try_from(text: &str) -> Result<Self, BadText> {
        text.to_owned().try_into()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// Neither a control character nor one that turns the direction of what follows (Unicode, annex 9).
fn shown(letter: char) -> bool {
    !letter.is_control()
        && !matches!(letter, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_deceive_is_refused() {
        for good in ["放射科 2019", "a", "A-1 (b)"] {
            assert!(Name::try_from(good).is_ok(), "{good}");
        }
        for bad in ["", " a", "a ", "a\nb", "a\u{1b}[2J", "a\u{202E}b", &"x".repeat(201)] {
            assert!(Name::try_from(bad).is_err(), "{bad:?}");
        }
        assert!(Text::try_from("").is_ok() && Text::try_from("a\nb").is_ok());
        assert!(Text::try_from("a\rb").is_err() && Text::try_from("x".repeat(4001)).is_err());
    }
}
