//! The policy file as it is written.

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::error::{Error, Problem};
use super::{Class, OnExpiry, Policy, Text};
use crate::calendar::Months;
use crate::settings_file::line_at;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct File {
    version: String,
    reviewed: Spanned<Datetime>,
    review_by: Spanned<Datetime>,
    #[serde(default, rename = "class")]
    classes: Vec<Spanned<Table>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Table {
    name: String,
    title: Text,
    category: String,
    from_level: Option<Spanned<i64>>,
    start: Text,
    min: Spanned<String>,
    /// The least that `min` may be set to; a note to whoever changes it, and a check.
    least: Option<Spanned<String>>,
    max: Option<Spanned<String>>,
    on_expiry: OnExpiry,
    basis: String,
}

impl File {
    /// The policy that it is.
    pub(super) fn check(self, text: &str) -> Result<Policy, Error> {
        let reviewed = date(&self.reviewed, text)?;
        let review_by = date(&self.review_by, text)?;
        if review_by < reviewed {
            let line = line_at(text, self.review_by.span().start);
            return Err(Error { line, problem: Problem::Review });
        }
        let mut classes: Vec<Class> = Vec::new();
        let mut lines = Vec::new();
        for table in self.classes {
            let line = line_at(text, table.span().start);
            let class = table.into_inner().check(text)?;
            let same =
                |other: &Class| (&other.name, other.from_level) == (&class.name, class.from_level);
            if classes.iter().any(same) {
                return Err(Error { line, problem: Problem::Twice(class.name) });
            }
            classes.push(class);
            lines.push(line);
        }
        for (class, line) in classes.iter().zip(lines) {
            if !classes.iter().any(|other| other.name == class.name && other.from_level == 0) {
                return Err(Error { line, problem: Problem::NotForAll(class.name.clone()) });
            }
        }
        Ok(Policy { version: self.version, reviewed, review_by, classes })
    }
}

impl Table {
    fn check(self, text: &str) -> Result<Class, Error> {
        let min = period(&self.min, text)?;
        if let Some(least) = &self.least
            && min < period(least, text)?
        {
            return Err(contradiction(&self.min, text, "min", "least"));
        }
        let max = self.max.as_ref().map(|max| period(max, text)).transpose()?;
        if let (Some(field), Some(max)) = (&self.max, max)
            && max < min
        {
            return Err(contradiction(field, text, "max", "min"));
        }
        let from_level = match &self.from_level {
            None => 0,
            Some(level) => match u8::try_from(*level.get_ref()) {
                Ok(level @ 1..=5) => level,
                _ => return Err(at(level, text, Problem::Level(*level.get_ref()))),
            },
        };
        Ok(Class {
            name: self.name,
            title: self.title,
            category: self.category,
            from_level,
            start: self.start,
            min,
            max,
            on_expiry: self.on_expiry,
            basis: self.basis,
        })
    }
}

fn period(field: &Spanned<String>, text: &str) -> Result<Months, Error> {
    parse_period(field.get_ref())
        .ok_or_else(|| at(field, text, Problem::Period(field.get_ref().clone())))
}

fn parse_period(period: &str) -> Option<Months> {
    let (number, unit) = period.split_once(' ')?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = number.parse().ok().filter(|number| digits && (1..=1000).contains(number))?;
    match unit {
        "year" | "years" => Some(Months(number * 12)),
        "month" | "months" => Some(Months(number)),
        _ => None,
    }
}

fn date(field: &Spanned<Datetime>, text: &str) -> Result<Date, Error> {
    let written = field.get_ref();
    let wrong = || at(field, text, Problem::Date(written.to_string()));
    let whole_day = written.time.is_none() && written.offset.is_none();
    let date = written.date.filter(|_| whole_day).ok_or_else(wrong)?;
    let small = |number: u8| i8::try_from(number).map_err(|_| wrong());
    let year = i16::try_from(date.year).map_err(|_| wrong())?;
    Date::new(year, small(date.month)?, small(date.day)?).map_err(|_| wrong())
}

fn contradiction<T>(
    field: &Spanned<T>,
    text: &str,
    shorter: &'static str,
    longer: &'static str,
) -> Error {
    at(field, text, Problem::Contradiction { shorter, longer })
}

fn at<T>(field: &Spanned<T>, text: &str, problem: Problem) -> Error {
    Error { line: line_at(text, field.span().start), problem }
}
