//! How long what was kept must be kept: classes of records, their periods, and why.
//!
//! A policy says when an object *may* be proposed for destruction. Nothing here destroys, and nothing is ever destroyed
//! because a day has come.
//!
//! ```
//! use jiff::civil::date;
//! use sealkeep::retention::Policy;
//!
//! let policy = Policy::builtin();
//! let discharged = 1_583_000_000; // 1 March 2020, UTC+8
//! let period = policy.period("inpatient", 4, discharged).expect("the class is built in");
//! assert_eq!(period.last_day, date(2050, 3, 1));
//! assert!(!period.is_due(date(2050, 3, 1)) && period.is_due(date(2050, 3, 2)));
//! ```
//!
//! # How days are counted
//! In calendar years and months, at UTC+8 wherever the machine is. The period begins on the day after the event, and its last
//! day is the one with the same number (Civil Code art. 201 to 203). Where the month has no such day, the first of the next month
//! is the last day: 29 February 2000 and one year end with 1 March 2001. A minimum may not be cut short.

mod due;
mod error;
mod table;

use jiff::civil::Date;

use crate::calendar::{Months, day, later};
use crate::settings_file::line_and_message;
pub use due::{Due, DueReport, due};
pub use error::{Error, Problem};
use table::File;

/// A policy of retention, of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    version: String,
    reviewed: Date,
    review_by: Date,
    classes: Vec<Class>,
}

/// A kind of record, from one level on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// What rules and records call it.
    pub name: String,
    /// What people call it.
    pub title: Text,
    /// Category of GB/T 39725, such as 医疗应用.
    pub category: String,
    /// The level from which on this entry counts; 0 for all. Of several of one name, the highest that does counts.
    pub from_level: u8,
    /// What the period begins with.
    pub start: Text,
    min: Months,
    max: Option<Months>,
    /// What is to be done when the minimum has passed.
    pub on_expiry: OnExpiry,
    /// Law, regulation or decision that says so.
    pub basis: String,
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// What is to be done with an object whose minimum has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnExpiry {
    /// Propose its destruction.
    Propose,
    /// Keep it sealed, out of use.
    Seal,
    /// Leave it; a person decides.
    Hold,
}

/// How long one object is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The last day on which it must be kept.
    pub last_day: Date,
    /// The last day on which it may be kept, if there is a maximum.
    pub at_most: Option<Date>,
    /// What then.
    pub on_expiry: OnExpiry,
}

impl Period {
    /// Whether the minimum has passed.
    #[must_use]
    pub fn is_due(&self, today: Date) -> bool {
        today > self.last_day
    }

    /// Whether it has been kept longer than it may be.
    #[must_use]
    pub fn is_overdue(&self, today: Date) -> bool {
        self.at_most.is_some_and(|last| today > last)
    }
}

/// Something about a policy that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Its review is overdue since this day.
    ReviewOverdue(Date),
}

impl Policy {
    /// The policy that is used when no file is given: the periods of Chinese law for medical records.
    ///
    /// # Panics
    /// Never: what is built in is tested.
    #[must_use]
    pub fn builtin() -> Self {
        Self::parse(BUILTIN).expect("what is built in is tested")
    }

    /// The text of [`Policy::builtin`], to begin a file with.
    #[must_use]
    pub fn builtin_text() -> &'static str {
        BUILTIN
    }

    /// Reads a policy file. It replaces what is built in; nothing is added to it.
    ///
    /// # Errors
    /// With the line at fault.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text).map_err(|error| {
            let (line, message) = line_and_message(text, &error);
            Error { line, problem: Problem::Syntax(message) }
        })?;
        file.check(text)
    }

    /// What the policy calls itself.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// When somebody last looked at it, and when the next look is due.
    #[must_use]
    pub fn review(&self) -> (Date, Date) {
        (self.reviewed, self.review_by)
    }

    /// All entries, in the order of the file.
    pub fn classes(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter()
    }

    /// The entry that counts for an object of this class and level.
    #[must_use]
    pub fn class(&self, name: &str, level: u8) -> Option<&Class> {
        let counts = |class: &&Class| class.name == name && class.from_level <= level;
        self.classes.iter().filter(counts).max_by_key(|class| class.from_level)
    }

    /// How long an object is kept whose period began with an event at `start`, Unix seconds; `None` if the policy does not know
    /// its class.
    #[must_use]
    pub fn period(&self, class: &str, level: u8, start: i64) -> Option<Period> {
        let class = self.class(class, level)?;
        let begin = day(start);
        Some(Period {
            last_day: later(begin, class.min),
            at_most: class.max.map(|max| later(begin, max)),
            on_expiry: class.on_expiry,
        })
    }

    /// What somebody should look at.
    #[must_use]
    pub fn check(&self, today: Date) -> Vec<Warning> {
        let overdue = today > self.review_by;
        overdue.then_some(Warning::ReviewOverdue(self.review_by)).into_iter().collect()
    }
}

impl Class {
    /// The shortest time, in calendar months.
    #[must_use]
    pub fn min_months(&self) -> u32 {
        self.min.0
    }

    /// The longest time, in calendar months.
    #[must_use]
    pub fn max_months(&self) -> Option<u32> {
        self.max.map(|max| max.0)
    }
}

/// The calendar day at UTC+8 that a Unix time lies in.
#[must_use]
pub fn day_of(seconds: i64) -> Date {
    day(seconds)
}

const BUILTIN: &str = include_str!("retention/builtin.toml");

#[cfg(test)]
mod tests;
