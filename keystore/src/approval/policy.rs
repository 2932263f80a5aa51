//! The policy: who has to agree, how long to wait (`docs/spec/approval.md` §5).

mod check;
mod default;
mod table;

pub use check::{MAX_POLICY, Problem, Severity, What, check};

use jiff::civil::Date;
use sealkeep_crypto::Suite;
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::duration::Seconds;
use super::officer::Role;

/// A policy that can be put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Rises with every change.
    pub version: u32,
    /// What it is called.
    pub title: String,
    /// The day from which it may be put in force.
    pub effective: Date,
    /// From this day on it blocks.
    pub review_by: Date,
    /// Persons for changes of officers and policy.
    pub changes: u32,
    /// How old a statement may be when it is accepted.
    pub statement_age: Seconds,
    /// From request to execution.
    pub approve_within: Seconds,
    /// When to raise alarms.
    pub alarms: Alarms,
    /// What whoever opens must say.
    pub access: Access,
    /// Holds.
    pub hold: HoldRules,
    /// Emergencies.
    pub break_glass: BreakGlassRules,
    levels: [Option<Level>; 5],
    default: Level,
}

/// When to raise alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alarms {
    /// Keys handed out in an hour; 0: no alarm.
    pub opened_per_hour: u64,
}

/// What whoever opens must say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// Whether a purpose must be given.
    pub purpose: bool,
    /// Keys in scopes of this level or more open only while the glass is broken; 0: none.
    pub restricted_from: u8,
}

/// Who places holds and ends them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HoldRules {
    /// Roles that place, review and release.
    pub place: Vec<Role>,
    /// Persons for a release.
    pub release: u32,
    /// The farthest next review.
    pub longest_review: Seconds,
}

/// Who opens in emergencies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BreakGlassRules {
    /// Roles.
    pub roles: Vec<Role>,
    /// For how long at most.
    pub longest: Seconds,
    /// From its end, the time for the explanation.
    pub justify_within: Seconds,
}

/// What a level asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Roles that may apply.
    #[serde(default = "default::applicant")]
    pub applicant: Vec<Role>,
    /// For each step, in order, the roles of which one approves.
    #[serde(default = "default::approvals")]
    pub approvals: Vec<Vec<Role>>,
    /// Roles that may execute.
    #[serde(default = "default::executor")]
    pub executor: Vec<Role>,
    /// Whether the executor's qualification must not have expired.
    #[serde(default = "default::yes")]
    pub qualified: bool,
    /// Persons who witness.
    #[serde(default = "default::witnesses")]
    pub witnesses: u32,
    /// Whether an inspection has to be passed.
    #[serde(default = "default::yes")]
    pub inspection: bool,
    /// From the last approval to execution; there is no default of none.
    pub wait: Seconds,
    /// Least method for what is overwritten.
    #[serde(default = "default::wipe")]
    pub wipe: String,
}

/// What applies to one level, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// 0 to 5.
    pub level: u8,
    /// `default`, or `L1` to `L5`.
    pub section: String,
    /// What it asks for.
    pub rules: Level,
    /// The number of different persons that it takes, from request to inspection.
    pub persons: u32,
}

impl Policy {
    /// Reads a policy that can be put in force.
    ///
    /// # Errors
    /// The first [`Problem`] that is an error.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let (policy, problems) = check::read(text);
        let error = problems.into_iter().find(|problem| problem.severity == Severity::Error);
        match (policy, error) {
            (Some(policy), None) => Ok(policy),
            (_, error) => Err(error.expect("what is not read has an error")),
        }
    }

    /// The digest of a policy's text.
    #[must_use]
    pub fn digest(suite: Suite, text: &str) -> Digest {
        Digest::of(suite, text.as_bytes())
    }

    /// What applies to a level, 0 to 5; to any other, what applies to the highest.
    #[must_use]
    pub fn level(&self, level: u8) -> &Level {
        let own = usize::from(level.min(5)).checked_sub(1).and_then(|at| self.levels[at].as_ref());
        own.unwrap_or(&self.default)
    }

    /// What applies to a level, for people.
    #[must_use]
    pub fn explain(&self, level: u8) -> Explanation {
        let level = level.min(5);
        let rules = self.level(level);
        let own = std::ptr::eq(rules, &self.default);
        let section = if own { "default".to_owned() } else { format!("L{level}") };
        Explanation { level, section, rules: rules.clone(), persons: rules.persons() }
    }

    /// Whether nothing but what makes things safer is accepted any more, at this time (Unix seconds).
    #[must_use]
    pub fn is_overdue(&self, time: u64) -> bool {
        day(time) >= self.review_by
    }

    /// Whether it may be put in force at this time (Unix seconds).
    #[must_use]
    pub fn is_effective(&self, time: u64) -> bool {
        day(time) >= self.effective
    }
}

impl Level {
    /// The number of different persons that it takes, from request to inspection.
    #[must_use]
    pub fn persons(&self) -> u32 {
        let steps = u32::try_from(self.approvals.len()).unwrap_or(u32::MAX);
        let others = self.witnesses.saturating_add(u32::from(self.inspection));
        steps.saturating_add(others).saturating_add(2)
    }

    /// The last step's number, counted from 1.
    #[must_use]
    pub fn last_step(&self) -> u32 {
        u32::try_from(self.approvals.len()).unwrap_or(u32::MAX)
    }
}

/// The default policy, as a text to begin with: in force from `effective`, to be reviewed within a year.
#[must_use]
pub fn default_text(effective: Date) -> String {
    default::text(effective)
}

/// The calendar day at UTC+8.
pub(super) fn day(time: u64) -> Date {
    let seconds = i64::try_from(time).unwrap_or(i64::MAX).min(jiff::Timestamp::MAX.as_second());
    let timestamp = jiff::Timestamp::from_second(seconds).expect("within the limits");
    jiff::tz::Offset::constant(8).to_datetime(timestamp).date()
}
