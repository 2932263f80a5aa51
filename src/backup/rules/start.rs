//! When a retention period begins.

use jiff::civil::Date;

use super::error::Problem;
use super::pattern::is_name;
use super::template::number_of;
use crate::calendar::begins;

/// What an object's retention period begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Start {
    /// Its time of modification.
    #[default]
    Modified,
    /// Its first backup.
    Backup,
    /// A date that is in its path: the numbers of the parts with year, month, day.
    Path(Vec<usize>),
}

impl Start {
    pub(super) fn parse(text: &str, names: &[String]) -> Result<Self, Problem> {
        match text {
            "modified" => Ok(Self::Modified),
            "backup" => Ok(Self::Backup),
            _ => {
                let malformed = || Problem::Start(text.to_owned());
                let part = |part: &str| {
                    let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
                    number_of(name.filter(|name| is_name(name)).ok_or_else(malformed)?, names)
                };
                let parts: Vec<usize> = text.split('-').map(part).collect::<Result<_, _>>()?;
                if parts.len() <= 3 { Ok(Self::Path(parts)) } else { Err(malformed()) }
            }
        }
    }

    /// Unix seconds; `None` if the path has no date where it should.
    pub(super) fn of(&self, captures: &[&[u8]], mtime: i64, first: u64) -> Option<i64> {
        match self {
            Self::Modified => Some(mtime),
            Self::Backup => Some(seconds(first)),
            Self::Path(parts) => {
                let parts: Vec<&[u8]> = parts.iter().map(|part| captures[*part]).collect();
                date_in(&parts).map(begins)
            }
        }
    }
}

/// A time of the vault's, as one that may also lie before 1970.
pub(super) fn seconds(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

/// The last day that the digits can mean: a period that began in 2019 began on 31 December at the latest.
fn date_in(parts: &[&[u8]]) -> Option<Date> {
    let (year, month, day) = match *parts {
        [all] => match all.len() {
            4 => (all, None, None),
            6 => (&all[..4], Some(&all[4..]), None),
            8 => (&all[..4], Some(&all[4..6]), Some(&all[6..])),
            _ => return None,
        },
        [year, month] => (year, Some(month), None),
        [year, month, day] => (year, Some(month), Some(day)),
        _ => return None,
    };
    let year = number(year, 4..=4)?;
    let month = month.map_or(Some(12), |digits| number(digits, 1..=2))?;
    let month = i8::try_from(month).ok()?;
    match day {
        Some(digits) => Date::new(year, month, i8::try_from(number(digits, 1..=2)?).ok()?).ok(),
        None => Some(Date::new(year, month, 1).ok()?.last_of_month()),
    }
}

fn number(digits: &[u8], length: std::ops::RangeInclusive<usize>) -> Option<i16> {
    let fits = length.contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    if fits { std::str::from_utf8(digits).ok()?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(parts: &[&str]) -> Option<String> {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        date_in(&parts).map(|date| date.to_string())
    }

    #[test]
    fn dates_in_paths() {
        for (parts, expected) in [
            (&["2019"][..], Some("2019-12-31")),
            (&["201902"], Some("2019-02-28")),
            (&["20200229"], Some("2020-02-29")),
            (&["2020", "2"], Some("2020-02-29")),
            (&["2020", "02", "9"], Some("2020-02-09")),
            (&["20190229"], None),
            (&["2019", "13"], None),
            (&["19", "1", "1"], None),
            (&["2019", "1", "001"], None),
            (&["+019"], None),
            (&["scan"], None),
        ] {
            assert_eq!(date(parts).as_deref(), expected, "{parts:?}");
        }
    }

    #[test]
    fn what_is_no_start() {
        let names = ["year", "month"].map(str::to_owned);
        for text in ["", "created", "{year}/{month}", "2019", "{year}-{month}-{year}-{month}"] {
            assert!(matches!(Start::parse(text, &names), Err(Problem::Start(_))), "{text}");
        }
        assert_eq!(Start::parse("{day}", &names), Err(Problem::Unknown("day".to_owned())));
        assert_eq!(Start::parse("{year}-{month}", &names), Ok(Start::Path(vec![0, 1])));
    }
}
