//! What can be wrong with a policy file.

/// A policy file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Error {
    /// The line at fault, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Not TOML of this form; what the parser says.
    #[error("{0}")]
    Syntax(String),
    /// Not a period.
    #[error("'{0}' is not a period: a number and 'years' or 'months', such as '15 years'")]
    Period(String),
    /// Not a calendar date.
    #[error("'{0}' is not a date, such as 2026-01-31")]
    Date(String),
    /// Not a level of GB/T 39725.
    #[error("a level is 1 to 5, not {0}")]
    Level(i64),
    /// The review is due before it was made.
    #[error("the next review is before the last one")]
    Review,
    /// The maximum is shorter than the minimum, or the minimum than the least that is allowed.
    #[error("'{shorter}' is shorter than '{longer}'")]
    Contradiction {
        /// The field that should not be shorter.
        shorter: &'static str,
        /// The field it is shorter than.
        longer: &'static str,
    },
    /// Two entries for one class and level.
    #[error("the class '{0}' is there twice, from the same level on")]
    Twice(String),
    /// A class that has entries from some level on, but none for the others.
    #[error("the class '{0}' has no entry for all levels")]
    NotForAll(String),
}
