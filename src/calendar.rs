//! Calendar days at UTC+8, the zone in which retention periods are counted.
//!
//! The offset is fixed: a period of thirty years must not depend on which database of time zones the machine has.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::Offset;

/// A number of calendar months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Months(pub(crate) u32);

/// The civil time so many seconds after the beginning of 1970; the nearest there is, for times beyond the years of four digits.
pub(crate) fn civil_at(zone: Offset, seconds: i64) -> DateTime {
    let limits = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let timestamp = Timestamp::from_second(seconds.clamp(limits.0, limits.1));
    zone.to_datetime(timestamp.expect("it was brought within the limits"))
}

/// The calendar day at UTC+8.
pub(crate) fn day(seconds: i64) -> Date {
    civil_at(ZONE, seconds).date()
}

/// The civil time at UTC+8, as `2026-01-31 18:05:09`.
pub(crate) fn china_time(seconds: u64) -> String {
    let time = civil_at(ZONE, i64::try_from(seconds).unwrap_or(i64::MAX));
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The civil time at UTC.
pub(crate) fn civil_utc(seconds: u64) -> DateTime {
    civil_at(Offset::UTC, i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// Unix seconds at which a calendar day begins at UTC+8.
pub(crate) fn begins(day: Date) -> i64 {
    let begin = ZONE.to_timestamp(day.to_datetime(jiff::civil::time(0, 0, 0, 0)));
    begin.map_or(Timestamp::MIN, |begin| begin).as_second()
}

/// The day with the same number so many months later. A month that has no such day gives the first of the next one, never an
/// earlier day: 29 February 2000 and one year is 1 March 2001, since a minimum may not be cut short.
pub(crate) fn later(day: Date, months: Months) -> Date {
    let count = i64::from(day.year()) * 12 + i64::from(day.month()) - 1 + i64::from(months.0);
    let first = |count: i64| {
        let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()
    };
    let Some(month) = first(count) else { return Date::MAX };
    if day.day() <= month.days_in_month() {
        date(month.year(), month.month(), day.day())
    } else {
        first(count + 1).unwrap_or(Date::MAX)
    }
}

const ZONE: Offset = Offset::constant(8);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_day_changes_at_sixteen_hours_utc() {
        let last_second = 951_839_999; // 2000-02-29T15:59:59Z
        assert_eq!(day(last_second), date(2000, 2, 29));
        assert_eq!(day(last_second + 1), date(2000, 3, 1));
        assert_eq!(begins(date(2000, 3, 1)), last_second + 1);
        assert_eq!(day(-1), date(1970, 1, 1));
    }

    #[test]
    fn a_month_without_the_day_gives_the_first_of_the_next() {
        for (from, months, to) in [
            (date(2000, 2, 29), 12, date(2001, 3, 1)),
            (date(2000, 2, 29), 48, date(2004, 2, 29)),
            (date(2000, 2, 29), 12 * 100, date(2100, 3, 1)),
            (date(2025, 8, 31), 6, date(2026, 3, 1)),
            (date(2025, 10, 31), 1, date(2025, 12, 1)),
            (date(2025, 12, 31), 2, date(2026, 3, 1)),
            (date(2025, 12, 15), 12 * 30, date(2055, 12, 15)),
            (date(9990, 1, 1), 12 * 30, Date::MAX),
        ] {
            assert_eq!(later(from, Months(months)), to, "{from} + {months}");
        }
    }

    proptest! {
        #[test]
        fn a_period_is_never_shorter_than_the_calendar_says(seconds in -3_000_000_000_i64..30_000_000_000, months in 1_u32..600) {
            let from = day(seconds);
            let to = later(from, Months(months));
            let usual = from.checked_add(jiff::Span::new().months(i64::from(months))).unwrap();
            prop_assert!(to >= usual);
            prop_assert!(to <= usual.tomorrow().unwrap());
            prop_assert!(later(from, Months(months + 1)) >= to);
        }

        #[test]
        fn a_day_begins_within_itself(seconds in -3_000_000_000_i64..30_000_000_000) {
            let begin = begins(day(seconds));
            prop_assert!(begin <= seconds && seconds < begin + 86_400);
        }
    }
}
