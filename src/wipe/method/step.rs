//! One pass of a list: as a method has it, and as a run carries it out.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// The most bytes in a pattern.
pub const MAX_PATTERN: usize = 64;

/// A pass of a method. Shown as in the tables of the standards: `00`, `924924`, `c`, `~c`, `random`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// These bytes, over and over.
    Fixed(Box<[u8]>),
    /// One random byte everywhere, chosen for the run. A list may have several, counted from 1; the first is shown as
    /// `c`, the second as `c_2`.
    Char(u8),
    /// The complement of [`Char`](Self::Char) with this number.
    Complement(u8),
    /// A random stream.
    Random,
}

/// A pass of a run: nothing is left to be chosen but the seed of random streams.
///
/// Its text form (`00`, `924924`, `random`) is what reports and journals hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    /// These bytes, over and over; 1 to [`MAX_PATTERN`] of them.
    Fixed(Box<[u8]>),
    /// A random stream.
    Random,
}

/// What should be a pass is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a pass is 'random' or hex of 1 to {MAX_PATTERN} bytes")]
pub struct PassError;

impl Step {
    /// As a person types it in a list of their own.
    pub(super) fn typed(text: &str) -> Option<Step> {
        match text {
            "random" => Some(Step::Random),
            "char" => Some(Step::Char(1)),
            "~char" => Some(Step::Complement(1)),
            hex => pattern(hex).map(Step::Fixed),
        }
    }

    /// As it is shown.
    pub(super) fn shown(text: &str) -> Option<Step> {
        if text == RANDOM {
            return Some(Step::Random);
        }
        let (complement, char) = match text.strip_prefix('~') {
            Some(char) => (true, char),
            None => (false, text),
        };
        let number = match char {
            "c" => Some(1),
            _ => char.strip_prefix("c_").and_then(|number| number.parse().ok()),
        };
        match (number, complement) {
            (Some(number), false) => Some(Step::Char(number)),
            (Some(number), true) => Some(Step::Complement(number)),
            (None, _) => pattern(text).map(Step::Fixed),
        }
    }

    /// With the characters of this run.
    pub(super) fn expand(&self, chars: &[u8; 1 << u8::BITS]) -> Pass {
        match self {
            Step::Fixed(bytes) => Pass::Fixed(bytes.clone()),
            Step::Char(number) => Pass::Fixed([chars[usize::from(*number)]].into()),
            Step::Complement(number) => Pass::Fixed([!chars[usize::from(*number)]].into()),
            Step::Random => Pass::Random,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Fixed(bytes) => hex(bytes, f),
            Step::Char(1) => f.write_str("c"),
            Step::Char(number) => write!(f, "c_{number}"),
            Step::Complement(number) => write!(f, "~{}", Step::Char(*number)),
            Step::Random => f.write_str(RANDOM),
        }
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pass::Fixed(bytes) => hex(bytes, f),
            Pass::Random => f.write_str(RANDOM),
        }
    }
}

impl FromStr for Pass {
    type Err = PassError;

    /// Reads the text form; hexadecimal digits may be of either case.
    fn from_str(text: &str) -> Result<Pass, PassError> {
        if text == RANDOM {
            return Ok(Pass::Random);
        }
        pattern(text).map(Pass::Fixed).ok_or(PassError)
    }
}

impl Serialize for Pass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pass {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pass, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

const RANDOM: &str = "random";

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// 1 to [`MAX_PATTERN`] bytes in hexadecimal digits.
fn pattern(text: &str) -> Option<Box<[u8]>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if !(1..=MAX_PATTERN).contains(&pairs.len()) {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_read_as_it_is_written() {
        for text in ["00", "924924", "random", &"a5".repeat(64)] {
            assert_eq!(text.parse::<Pass>().unwrap().to_string(), text);
        }
        assert_eq!("Fd".parse(), Ok(Pass::Fixed([0xFD].into())));
        let json = serde_json::to_string(&[Pass::Fixed([0x6D, 0xB6].into()), Pass::Random]);
        let json = json.unwrap();
        assert_eq!(json, r#"["6db6","random"]"#);
        let read: Vec<Pass> = serde_json::from_str(&json).unwrap();
        assert_eq!(read, [Pass::Fixed([0x6D, 0xB6].into()), Pass::Random]);
    }

    #[test]
    fn what_is_no_pass_is_refused() {
        for text in ["", "0", "000", "+0", "0x", " 00", "Random", "char", "é", &"00".repeat(65)] {
            assert_eq!(text.parse::<Pass>(), Err(PassError), "{text}");
        }
        assert!(serde_json::from_str::<Pass>("\"zz\"").is_err());
        assert!(serde_json::from_str::<Pass>("0").is_err());
    }
}
