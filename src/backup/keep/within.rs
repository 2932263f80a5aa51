//! Lengths of time as people say them.

use std::fmt;
use std::str::FromStr;

use jiff::Span;
use jiff::civil::DateTime;

/// A length of time in calendar units: `1y6m`, `30d`, `12h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    years: u16,
    months: u16,
    days: u16,
    hours: u16,
}

/// A text that is no length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a length of time: numbers with y, m, d or h, such as 1y6m or 30d")]
pub struct NotADuration;

impl Within {
    /// The time so long before; the earliest there is, if it would be earlier.
    pub(super) fn before(self, time: DateTime) -> DateTime {
        let span = Span::new().years(self.years).months(self.months).days(self.days);
        time.checked_sub(span.hours(i64::from(self.hours))).unwrap_or(DateTime::MIN)
    }
}

impl FromStr for Within {
    type Err = NotADuration;

    /// Reads years, months, days and hours, each at most once and in this order.
    fn from_str(text: &str) -> Result<Self, NotADuration> {
        let mut within = Self { years: 0, months: 0, days: 0, hours: 0 };
        let mut rest = text;
        let fields = [
            ('y', &mut within.years),
            ('m', &mut within.months),
            ('d', &mut within.days),
            ('h', &mut within.hours),
        ];
        for (unit, field) in fields {
            let digits =
                rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit()).len();
            if let Some(after) = rest[digits..].strip_prefix(unit) {
                let number: u16 = rest[..digits].parse().map_err(|_| NotADuration)?;
                *field = if number <= MAX { number } else { return Err(NotADuration) };
                rest = after;
            }
        }
        let nothing = Self { years: 0, months: 0, days: 0, hours: 0 };
        if rest.is_empty() && within != nothing { Ok(within) } else { Err(NotADuration) }
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = [(self.years, 'y'), (self.months, 'm'), (self.days, 'd'), (self.hours, 'h')];
        fields
            .iter()
            .filter(|(number, _)| *number > 0)
            .try_for_each(|(number, unit)| write!(f, "{number}{unit}"))
    }
}

/// The largest number of a unit.
const MAX: u16 = 9999;

#[cfg(test)]
mod tests {
    use jiff::civil::datetime;

    use super::*;

    #[test]
    fn what_is_a_length_of_time() {
        for text in ["1y6m7d12h", "30d", "9999h", "2y1h"] {
            assert_eq!(text.parse::<Within>().unwrap().to_string(), text);
        }
        for text in
            ["", "0d", "1", "d", "1d1y", "1d2d", "-1d", "+1d", "1w", "10000d", "70000d", "1d "]
        {
            assert_eq!(text.parse::<Within>(), Err(NotADuration), "{text:?}");
        }
    }

    #[test]
    fn it_is_counted_by_the_calendar() {
        let within = |text: &str| text.parse::<Within>().unwrap();
        let now = datetime(2024, 3, 31, 6, 0, 0, 0);
        assert_eq!(within("1m").before(now), datetime(2024, 2, 29, 6, 0, 0, 0));
        assert_eq!(within("1y1d7h").before(now), datetime(2023, 3, 29, 23, 0, 0, 0));
        assert_eq!(within("9999y").before(DateTime::MIN), DateTime::MIN);
    }
}
