//! Durations in policies: `7d`, `26h`, `30m`, `90s`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A whole number of seconds, at most a hundred years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Seconds(pub u64);

/// The text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a duration is a number and `d`, `h`, `m` or `s`, at most 36525d")]
pub struct NotADuration;

impl Seconds {
    /// So many days.
    #[must_use]
    pub const fn days(days: u64) -> Self {
        Self(days * DAY)
    }

    /// So many hours.
    #[must_use]
    pub const fn hours(hours: u64) -> Self {
        Self(hours * HOUR)
    }
}

impl FromStr for Seconds {
    type Err = NotADuration;

    fn from_str(text: &str) -> Result<Self, NotADuration> {
        let unit = text.bytes().next_back().ok_or(NotADuration)?;
        let unit = match unit {
            b'd' => DAY,
            b'h' => HOUR,
            b'm' => 60,
            b's' => 1,
            _ => return Err(NotADuration),
        };
        let number = &text[..text.len() - 1];
        let canonical = number == "0" || !number.starts_with('0');
        if !canonical || number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotADuration);
        }
        let number: u64 = number.parse().map_err(|_| NotADuration)?;
        let seconds = number.checked_mul(unit).filter(|seconds| *seconds <= 36_525 * DAY);
        seconds.map(Self).ok_or(NotADuration)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |unit: u64| self.0 != 0 && self.0.is_multiple_of(unit);
        let units = [(DAY, 'd'), (HOUR, 'h'), (60, 'm')];
        let (unit, letter) = units.into_iter().find(|(unit, _)| whole(*unit)).unwrap_or((1, 's'));
        write!(f, "{}{letter}", self.0 / unit)
    }
}

impl TryFrom<String> for Seconds {
    type Error = NotADuration;

    fn try_from(text: String) -> Result<Self, NotADuration> {
        text.parse()
    }
}

impl From<Seconds> for String {
    fn from(seconds: Seconds) -> Self {
        seconds.to_string()
    }
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        for (text, seconds) in
            [("0s", 0), ("90s", 90), ("30m", 1800), ("26h", 93_600), ("7d", 604_800)]
        {
            assert_eq!(text.parse(), Ok(Seconds(seconds)));
            assert_eq!(Seconds(seconds).to_string(), text);
        }
        for bad in [
            "",
            "d",
            "7",
            "-1d",
            "07d",
            "1.5h",
            "7 d",
            "7w",
            "36526d",
            "99999999999999999999s",
            "7日",
        ] {
            assert_eq!(bad.parse::<Seconds>(), Err(NotADuration), "{bad}");
        }
    }
}
