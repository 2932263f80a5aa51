use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::calendar::begins;

fn class(extra: &str) -> String {
    format!(
        "version = \"1\"\nreviewed = 2026-01-01\nreview-by = 2027-01-01\n[[class]]\nname = \"a\"\n\
         title = {{ en = \"A\", zh = \"甲\" }}\ncategory = \"c\"\nstart = {{ en = \"s\", zh = \"始\" }}\n\
         on-expiry = \"seal\"\nbasis = \"b\"\n{extra}"
    )
}

#[test]
fn the_periods_that_are_built_in() {
    let policy = Policy::builtin();
    for (class, months) in [
        ("outpatient", 180),
        ("inpatient", 360),
        ("prescription", 12),
        ("prescription-toxic", 24),
        ("prescription-narcotic", 36),
        ("internet-consultation", 36),
        ("clinical-trial", 60),
        ("vaccine", 60),
        ("audit-log", 36),
        ("consent", 36),
    ] {
        let class = policy.class(class, 0).expect(class);
        assert_eq!(class.min_months(), months, "{}", class.name);
        assert_eq!(class.max_months(), None);
        for text in
            [&class.title.en, &class.title.zh, &class.start.en, &class.start.zh, &class.basis]
        {
            assert!(!text.is_empty(), "{}", class.name);
        }
    }
    assert_eq!(policy.classes().count(), 10);
    assert_eq!(policy.period("unheard-of", 0, 0), None);
}

#[test]
fn the_last_day_counts() {
    let policy = Policy::builtin();
    let start = begins(date(2000, 2, 29)) + 3_600;
    let period = policy.period("outpatient", 4, start).unwrap();
    assert_eq!(period.last_day, date(2015, 3, 1));
    assert!(!period.is_due(date(2015, 2, 28)) && !period.is_due(date(2015, 3, 1)));
    assert!(period.is_due(date(2015, 3, 2)));
    assert!(!period.is_overdue(date(9999, 1, 1)), "there is no maximum");
}

#[test]
fn the_entry_of_the_highest_level_counts() {
    let text = class("min = \"2 years\"\nmax = \"30 months\"\n");
    let more = text.split_once("[[class]]").unwrap().1.replace("2 years", "30 months");
    let policy = Policy::parse(&format!("{text}[[class]]\nfrom-level = 4{more}")).unwrap();
    let begin = begins(date(2020, 1, 31));
    let last_day = |level| policy.period("a", level, begin).unwrap().last_day;
    assert_eq!(
        [0, 3, 4, 5].map(last_day),
        [date(2022, 1, 31), date(2022, 1, 31), date(2022, 7, 31), date(2022, 7, 31),]
    );
    let period = policy.period("a", 1, begin).unwrap();
    assert_eq!(period.on_expiry, OnExpiry::Seal);
    assert!(!period.is_overdue(date(2022, 7, 31)) && period.is_overdue(date(2022, 8, 1)));
}

#[test]
fn a_policy_is_looked_at_again() {
    let policy = Policy::builtin();
    let (_, review_by) = policy.review();
    assert_eq!(policy.check(review_by), []);
    let next = review_by.tomorrow().unwrap();
    assert_eq!(policy.check(next), [Warning::ReviewOverdue(review_by)]);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let good = class("min = \"1 year\"\n");
    assert!(Policy::parse(&good).is_ok());
    let twice = format!("{good}[[class]]{}", good.split_once("[[class]]").unwrap().1);
    for (text, message) in [
        (class("min = \"1 decade\""), "line 11: '1 decade' is not a period"),
        (class("min = \"0 years\""), "line 11: '0 years' is not a period"),
        (class("min = \"+1 years\""), "line 11: '+1 years' is not a period"),
        (class("min = \"1 year\"\nmax = \"11 months\""), "line 12: 'max' is shorter than 'min'"),
        (
            class("min = \"5 months\"\nleast = \"6 months\""),
            "line 11: 'min' is shorter than 'least'",
        ),
        (class("min = \"1 year\"\nfrom-level = 6"), "line 12: a level is 1 to 5, not 6"),
        (
            class("min = \"1 year\"\nfrom-level = 3"),
            "line 4: the class 'a' has no entry for all levels",
        ),
        (class("min = \"1 year\"\nmethod = 3"), "line 12: unknown field `method`"),
        (
            good.replace("2027-01-01", "2025-12-31"),
            "line 3: the next review is before the last one",
        ),
        (
            good.replace("2027-01-01", "2027-01-01T00:00:00"),
            "line 3: '2027-01-01T00:00:00' is not a date",
        ),
        (good.replace("\"seal\"", "\"destroy\""), "line 9: unknown variant `destroy`"),
        (twice, "line 12: the class 'a' is there twice"),
    ] {
        let error = Policy::parse(&text).expect_err(message).to_string();
        assert!(error.starts_with(message), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

proptest! {
    #[test]
    fn no_day_of_the_period_is_lost(start in 0_i64..4_000_000_000) {
        let policy = Policy::builtin();
        for class in policy.classes() {
            let period = policy.period(&class.name, 0, start).unwrap();
            let years = i16::try_from(class.min_months() / 12).unwrap();
            let begin = day_of(start);
            prop_assert_eq!(period.last_day.year(), begin.year() + years);
            prop_assert!((period.last_day.month(), period.last_day.day()) >= (begin.month(), begin.day()));
            prop_assert!(!period.is_due(begin));
        }
    }
}
