//! What is wrong with a policy, or weak about it.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use toml::value::Datetime;

use super::super::duration::Seconds;
use super::super::inventory::is_method;
use super::super::officer::Role;
use super::super::text::Name;
use super::table::File;
use super::{BreakGlassRules, HoldRules, Level, Policy};

/// Something about a policy that somebody should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Whether it keeps the policy from being put in force.
    pub severity: Severity,
    /// The member, such as `level.L4.wait`; empty for the whole.
    pub at: String,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It can be put in force; somebody should have decided so.
    Warning,
    /// It cannot be put in force.
    Error,
}

/// What is wrong or weak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum What {
    /// Longer than [`MAX_POLICY`] bytes.
    #[error("a policy has at most {MAX_POLICY} bytes")]
    TooLong,
    /// Not TOML of this form.
    #[error("{message}")]
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// Not one line of text.
    #[error("a title is one line of 1 to 200 bytes")]
    Title,
    /// Not a calendar day.
    #[error("a day is written as 2026-01-31")]
    Day,
    /// The review is not after the beginning, or more than ten years later.
    #[error("the review is after the beginning, and within ten years")]
    Review,
    /// More than a year until the review.
    #[error("the review is more than a year after the beginning")]
    LateReview,
    /// Outside of its bounds.
    #[error("must be between {least} and {most}")]
    Bounds {
        /// The least.
        least: String,
        /// The most.
        most: String,
    },
    /// Nobody could do it.
    #[error("no role is named")]
    NoRole,
    /// A role stands twice.
    #[error("the role {role} stands twice")]
    RoleTwice {
        /// Which.
        role: Role,
    },
    /// Whoever executes cannot inspect.
    #[error("the executor has the role of the inspector")]
    ExecutorInspects,
    /// Not the name of a method.
    #[error("not the name of a method of wiping")]
    Method,
    /// The time to wait is longer than the time there is.
    #[error("the wait is not shorter than `approve_within`")]
    NeverExecuted,
    /// Nothing can be cancelled any more.
    #[error("there is no time in which a destruction could be cancelled")]
    NoWait,
    /// Fewer steps than three levels of approval have.
    #[error("fewer than two approvals after the request")]
    FewApprovals,
    /// Fewer than two are present.
    #[error("fewer than two witnesses")]
    FewWitnesses,
    /// Nobody tries whether it worked.
    #[error("no inspection")]
    NoInspection,
    /// Anybody with the role executes.
    #[error("the executor needs no qualification")]
    Unqualified,
    /// One person ends a hold.
    #[error("one person alone releases from hold")]
    LoneRelease,
    /// Bulk opening raises no alarm.
    #[error("there is no alarm when many keys are opened")]
    NoAlarm,
}

impl What {
    /// A name that never changes, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too-long",
            Self::Syntax { .. } => "syntax",
            Self::Title => "title",
            Self::Day => "day",
            Self::Review => "review",
            Self::LateReview => "late-review",
            Self::Bounds { .. } => "bounds",
            Self::NoRole => "no-role",
            Self::RoleTwice { .. } => "role-twice",
            Self::ExecutorInspects => "executor-inspects",
            Self::Method => "method",
            Self::NeverExecuted => "never-executed",
            Self::NoWait => "no-wait",
            Self::FewApprovals => "few-approvals",
            Self::FewWitnesses => "few-witnesses",
            Self::NoInspection => "no-inspection",
            Self::Unqualified => "unqualified",
            Self::LoneRelease => "lone-release",
            Self::NoAlarm => "no-alarm",
        }
    }
}

/// Bytes that a policy may have.
pub const MAX_POLICY: usize = 16 * 1024;

/// Everything that is wrong with a policy, or weak about it; errors first.
#[must_use]
pub fn check(text: &str) -> Vec<Problem> {
    let (_, mut problems) = read(text);
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
    problems
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() { self.what.fmt(f) } else { write!(f, "{}: {}", self.at, self.what) }
    }
}

impl std::error::Error for Problem {}

/// The policy, if it could be read at all, and what is to be said about it.
pub(super) fn read(text: &str) -> (Option<Policy>, Vec<Problem>) {
    let mut found = Found(Vec::new());
    if text.len() > MAX_POLICY {
        found.error("", What::TooLong);
        return (None, found.0);
    }
    match toml::from_str::<File>(text) {
        Ok(file) => (file.read(&mut found), found.0),
        Err(error) => {
            found.error("", What::Syntax { message: error.to_string().trim_end().to_owned() });
            (None, found.0)
        }
    }
}

struct Found(Vec<Problem>);

impl Found {
    fn error(&mut self, at: &str, what: What) {
        self.0.push(Problem { severity: Severity::Error, at: at.to_owned(), what });
    }

    fn warn(&mut self, at: &str, what: What) {
        self.0.push(Problem { severity: Severity::Warning, at: at.to_owned(), what });
    }

    fn between<T: PartialOrd + fmt::Display>(&mut self, at: &str, value: T, least: T, most: T) {
        if value < least || value > most {
            let what = What::Bounds { least: least.to_string(), most: most.to_string() };
            self.error(at, what);
        }
    }

    fn roles(&mut self, at: &str, roles: &[Role]) {
        if roles.is_empty() {
            self.error(at, What::NoRole);
        }
        for (place, role) in roles.iter().enumerate() {
            if roles[..place].contains(role) {
                self.error(at, What::RoleTwice { role: *role });
            }
        }
    }

    fn days(&mut self, effective: &Datetime, review_by: &Datetime) -> Option<(Date, Date)> {
        let days = (day(effective), day(review_by));
        for (at, day) in [("effective", days.0), ("review_by", days.1)] {
            if day.is_none() {
                self.error(at, What::Day);
            }
        }
        let (effective, review_by) = (days.0?, days.1?);
        if review_by <= effective || review_by > effective.saturating_add(10.years()) {
            self.error("review_by", What::Review);
        } else if review_by > effective.saturating_add(1.year()) {
            self.warn("review_by", What::LateReview);
        }
        Some((effective, review_by))
    }

    fn hold(&mut self, hold: &HoldRules) {
        self.roles("hold.place", &hold.place);
        self.between("hold.release", hold.release, 1, MAX_PERSONS);
        self.between("hold.longest_review", hold.longest_review, Seconds::hours(1), DECADE);
        if hold.release == 1 {
            self.warn("hold.release", What::LoneRelease);
        }
    }

    fn break_glass(&mut self, rules: &BreakGlassRules) {
        self.roles("break_glass.roles", &rules.roles);
        let month = Seconds::days(31);
        self.between("break_glass.longest", rules.longest, Seconds(60), month);
        self.between("break_glass.justify_within", rules.justify_within, Seconds::hours(1), month);
    }

    fn level(&mut self, at: &str, level: &Level, approve_within: Seconds) {
        let of = |member: &str| format!("level.{at}.{member}");
        self.roles(&of("applicant"), &level.applicant);
        self.between(&of("approvals"), level.approvals.len(), 1, 8);
        for (step, roles) in level.approvals.iter().enumerate() {
            self.roles(&of(&format!("approvals[{step}]")), roles);
        }
        self.roles(&of("executor"), &level.executor);
        if level.executor.contains(&Role::Inspector) {
            self.error(&of("executor"), What::ExecutorInspects);
        }
        self.between(&of("witnesses"), level.witnesses, 0, MAX_PERSONS);
        if !is_method(&level.wipe) {
            self.error(&of("wipe"), What::Method);
        }
        if level.wait >= approve_within {
            self.error(&of("wait"), What::NeverExecuted);
        }
        let weak = [
            ("wait", level.wait == Seconds(0), What::NoWait),
            ("approvals", level.approvals.len() == 1, What::FewApprovals),
            ("witnesses", level.witnesses < 2, What::FewWitnesses),
            ("inspection", !level.inspection, What::NoInspection),
            ("qualified", !level.qualified, What::Unqualified),
        ];
        for (member, _, what) in weak.into_iter().filter(|(_, weak, _)| *weak) {
            self.warn(&of(member), what);
        }
    }
}

impl File {
    fn read(self, found: &mut Found) -> Option<Policy> {
        if Name::try_from(self.title.as_str()).is_err() {
            found.error("title", What::Title);
        }
        found.between("version", self.version, 1, 1_000_000);
        let days = found.days(&self.effective, &self.review_by);
        found.between("changes", self.changes, 2, MAX_PERSONS);
        let year = Seconds::days(366);
        found.between("statement_age", self.statement_age, Seconds::hours(1), year);
        found.between("approve_within", self.approve_within, Seconds::hours(1), DECADE);
        found.between("access.restricted_from", self.access.restricted_from, 0, 5);
        if self.alarms.opened_per_hour == 0 {
            found.warn("alarms.opened_per_hour", What::NoAlarm);
        }
        found.hold(&self.hold);
        found.break_glass(&self.break_glass);
        found.level("default", &self.level.default, self.approve_within);
        let levels = [self.level.L1, self.level.L2, self.level.L3, self.level.L4, self.level.L5];
        for (level, number) in levels.iter().zip(1..) {
            if let Some(level) = level {
                found.level(&format!("L{number}"), level, self.approve_within);
            }
        }
        let (effective, review_by) = days?;
        Some(Policy {
            version: self.version,
            title: self.title,
            effective,
            review_by,
            changes: self.changes,
            statement_age: self.statement_age,
            approve_within: self.approve_within,
            alarms: self.alarms,
            access: self.access,
            hold: self.hold,
            break_glass: self.break_glass,
            levels,
            default: self.level.default,
        })
    }
}

/// As many as can sign one statement.
const MAX_PERSONS: u32 = 16;
const DECADE: Seconds = Seconds::days(3660);

fn day(written: &Datetime) -> Option<Date> {
    let whole_day = written.time.is_none() && written.offset.is_none();
    let date = written.date.filter(|_| whole_day)?;
    let (year, month) = (i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?);
    Date::new(year, month, i8::try_from(date.day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::default_text;
    use super::*;
    use jiff::civil::date;

    fn text() -> String {
        default_text(date(2026, 1, 1))
    }

    fn errors(text: &str) -> Vec<(String, What)> {
        let errors = check(text).into_iter().filter(|problem| problem.severity == Severity::Error);
        errors.map(|problem| (problem.at, problem.what)).collect()
    }

    #[test]
    fn the_default_is_sound_and_is_what_the_specification_prints() {
        assert_eq!(check(&text()), []);
        let spec = include_str!("../../../../docs/spec/approval.md");
        let (_, rest) = spec.split_once("```toml\n").unwrap();
        let (printed, _) = rest.split_once("```").unwrap();
        assert_eq!(Policy::parse(printed), Policy::parse(&text()));
    }

    #[test]
    fn nonsense_is_refused() {
        let with = |line: &str| format!("{line}\n{}", text());
        let level = |line: &str| format!("{}{line}\n", text());
        for (text, at) in [
            (with("changes = 1"), "changes"),
            (with("changes = 17"), "changes"),
            (with("statement_age = \"0s\""), "statement_age"),
            (with("approve_within = \"7d\""), "level.default.wait"),
            (level("applicant = []"), "level.default.applicant"),
            (level("approvals = []"), "level.default.approvals"),
            (level("approvals = [[\"legal\"], []]"), "level.default.approvals[1]"),
            (level("executor = [\"executor\", \"executor\"]"), "level.default.executor"),
            (level("executor = [\"inspector\"]"), "level.default.executor"),
            (level("witnesses = 100"), "level.default.witnesses"),
            (level("wipe = \"rm -rf /\""), "level.default.wipe"),
            (level("[level.L4]\nwait = \"180d\""), "level.L4.wait"),
            (level("[hold]\nplace = []"), "hold.place"),
            (level("[hold]\nrelease = 0"), "hold.release"),
            (level("[break_glass]\nlongest = \"32d\""), "break_glass.longest"),
            (level("[access]\nrestricted_from = 6"), "access.restricted_from"),
            (text().replace("2027-01-01", "2026-01-01"), "review_by"),
            (text().replace("2027-01-01", "2026-01-01T00:00:00Z"), "review_by"),
            (text().replace("\"Default\"", "\"\""), "title"),
        ] {
            let errors = errors(&text);
            assert_eq!(errors.len(), 1, "{at}: {errors:?}");
            assert_eq!(errors[0].0, at);
            assert!(Policy::parse(&text).is_err());
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for text in [
            text().replace("wait = \"7d\"", ""),
            text().replace("\"7d\"", "\"-7d\""),
            text().replace("\"7d\"", "7"),
            text().replace("version = 1", "version = -1"),
            text().replace("title", "titel"),
            format!("{}unknown = 1\n", text()),
            format!("{}executor = [\"king\"]\n", text()),
            format!("{}[level.L6]\nwait = \"7d\"\n", text()),
            format!("{}[level.L4]\nwitnesses = 2\n", text()),
            String::new(),
        ] {
            let errors = errors(&text);
            assert!(matches!(&errors[..], [(_, What::Syntax { .. })]), "{text}: {errors:?}");
        }
        assert_eq!(errors(&"#".repeat(MAX_POLICY + 1))[0].1, What::TooLong);
    }

    #[test]
    fn weakness_is_said() {
        let weak = format!(
            "{}[level.L1]\nwait = \"0s\"\napprovals = [[\"legal\"]]\nwitnesses = 1\ninspection = false\nqualified = false\n\
             [hold]\nrelease = 1\n[alarms]\nopened_per_hour = 0\n",
            text().replace("2027-01-01", "2028-01-01")
        );
        let found: Vec<String> = check(&weak).into_iter().map(|problem| problem.at).collect();
        let expected = [
            "review_by",
            "alarms.opened_per_hour",
            "hold.release",
            "level.L1.wait",
            "level.L1.approvals",
            "level.L1.witnesses",
            "level.L1.inspection",
            "level.L1.qualified",
        ];
        assert_eq!(found, expected);
        assert!(Policy::parse(&weak).is_ok());
    }

    #[test]
    fn a_level_replaces_the_default_as_a_whole() {
        let text = format!("{}witnesses = 3\n[level.L4]\nwait = \"1d\"\n", text());
        let policy = Policy::parse(&text).unwrap();
        assert_eq!((policy.level(0).witnesses, policy.level(3).witnesses), (3, 3));
        assert_eq!((policy.level(4).witnesses, policy.level(4).wait), (2, Seconds::days(1)));
        let explained = policy.explain(4);
        assert_eq!((explained.section.as_str(), explained.persons), ("L4", 7));
        assert_eq!(policy.explain(5).section, "default");
    }

    #[test]
    fn days_begin_at_utc_plus_8() {
        let policy = Policy::parse(&text()).unwrap();
        let midnight = 1_798_732_800; // 2026-12-31T16:00:00Z
        assert!(!policy.is_overdue(midnight - 1) && policy.is_overdue(midnight));
        assert!(policy.is_overdue(u64::MAX));
    }
}
