//! The file of scope rules: which scope, level, class and subjects each path belongs to.
//!
//! ```
//! use sealkeep::backup::rules::{Place, Rules};
//! use sealkeep_crypto::Suite;
//!
//! let rules = Rules::parse(
//!     r#"
//!     version = "2026-01"
//!     [[rule]]
//!     match = "patients/{id}/**"
//!     scope = "patient/{id}"
//!     level = 4
//!     class = "inpatient"
//!     subjects = ["{id}"]
//!     "#,
//!     "default",
//!     Suite::Sm4Gcm,
//! )?;
//! let place = Place { below: b"patients/0042/ct.dcm", absolute: b"srv/patients/0042/ct.dcm" };
//! let class = rules.classify(place, 1_700_000_000, 1_760_000_000).class;
//! assert_eq!((class.scope.as_str(), class.level), ("patient/0042", 4));
//! # Ok::<(), sealkeep::backup::rules::Error>(())
//! ```
//!
//! # Patterns
//! `*` stands for any part of a name, `?` for one character of it, `**` for any number of folders, `{name}` for a part of a name
//! that is to be used elsewhere in the rule, as short a part as fits. A backslash takes away the meaning of what follows. A
//! pattern that begins with `/` is an absolute path, one with another slash a path below each source, one without a slash a name
//! on any level. `patients/{id}/**` matches the folder `patients/0042` too: its name says as much as what is in it. The first
//! rule that matches counts.
//!
//! # Names of scopes
//! What a `{name}` stands for is text in the scope's name and in subjects. Bytes that are no UTF-8, control characters and `%`
//! are written `%` and two hexadecimal digits, so different paths never share a name; a name that is too long ends in a hash
//! of the whole.

mod compiled;
mod error;
mod pattern;
mod start;
mod table;
mod template;

use sealkeep_crypto::{HASH_LEN, Suite, hash};

use crate::calendar;
use crate::settings_file::{line_and_message, line_at};
pub use crate::vault::Class;
use compiled::{Matcher, Rule};
pub use error::{Error, Problem};
use table::File;
use template::Template;

/// When an object's key is replaced although nothing else asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Generation {
    /// One key for all versions.
    #[default]
    Never,
    /// A new key for the first version of each calendar month, UTC+8.
    Monthly,
    /// A key of its own for each version.
    Version,
}

impl Generation {
    /// Whether a version made at `now` begins a new generation, after one that began at `first`; Unix seconds.
    pub(crate) fn begins(self, first: u64, now: u64) -> bool {
        let month = |at: u64| {
            let day = calendar::day(i64::try_from(at).unwrap_or(i64::MAX));
            (day.year(), day.month())
        };
        match self {
            Self::Never => false,
            Self::Monthly => month(first) != month(now),
            Self::Version => true,
        }
    }
}

/// What the rules say of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classified {
    /// What is recorded.
    pub class: Class,
    /// Whether compression is tried.
    pub compress: bool,
    /// When its key is replaced.
    pub generation: Generation,
}

/// Where an object lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'p> {
    /// The path below the source; empty for the source itself.
    pub below: &'p [u8],
    /// The absolute path; a slash at its beginning makes no difference.
    pub absolute: &'p [u8],
}

/// Why a path is classified as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The rule that matched; none if the defaults count.
    pub rule: Option<Matched>,
    /// What it comes to.
    pub classified: Classified,
    /// Whether the rule asks for a date that the path has not, so that the period begins with the first backup.
    pub no_date: bool,
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// Its line in the file.
    pub line: usize,
    /// Its pattern, as written.
    pub pattern: String,
    /// What each name in it stands for, as text.
    pub captures: Vec<(String, String)>,
}

/// Which file of rules a snapshot was made by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// What the file calls itself.
    pub name: String,
    /// Hash of the file.
    pub digest: [u8; HASH_LEN],
}

/// Compiled rules, for many threads at once.
pub struct Rules {
    suite: Suite,
    version: Option<Version>,
    matcher: Matcher,
    rules: Vec<Rule>,
    default: Rule,
}

impl Rules {
    /// No rules: everything belongs to one scope, unclassified.
    ///
    /// # Errors
    /// If the scope is not a name for one, or a reserved one.
    pub fn builtin(default_scope: &str, suite: Suite) -> Result<Self, Error> {
        Self::compile(File::default(), "", default_scope, suite, None)
    }

    /// Reads a file of rules. What it does not say of its own defaults is as in [`Rules::builtin`].
    ///
    /// # Errors
    /// With the line at fault.
    pub fn parse(text: &str, default_scope: &str, suite: Suite) -> Result<Self, Error> {
        let file: File = toml::from_str(text).map_err(|error| {
            let (line, message) = line_and_message(text, &error);
            Error { line, problem: Problem::Syntax(message) }
        })?;
        let version =
            Version { name: file.version.clone(), digest: hash(suite, &[text.as_bytes()]) };
        Self::compile(file, text, default_scope, suite, Some(version))
    }

    fn compile(
        file: File,
        text: &str,
        default_scope: &str,
        suite: Suite,
        version: Option<Version>,
    ) -> Result<Self, Error> {
        let line = |at: usize| line_at(text, at);
        let of_argument = |problem| Error { line: 0, problem };
        let scope = Template::scope(default_scope, &[]).map_err(of_argument)?;
        let default = Rule::default_of(file.default.unwrap_or_default(), scope, &line)?;
        let rules: Vec<Rule> = file
            .rules
            .into_iter()
            .map(|table| {
                let at = line(table.span().start);
                Rule::new(table.into_inner(), at, &default, &line)
            })
            .collect::<Result<_, _>>()?;
        let matcher = Matcher::new(&rules)
            .map_err(|problem| Error { line: rules.first().map_or(0, Rule::line), problem })?;
        Ok(Self { suite, version, matcher, rules, default })
    }

    /// Which file these rules are from; none for [`Rules::builtin`].
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// The retention classes that rules name, each with the line of the first rule that does.
    #[must_use]
    pub fn classes(&self) -> Vec<(&str, usize)> {
        let mut found: Vec<(&str, usize)> = Vec::new();
        for rule in std::iter::once(&self.default).chain(&self.rules) {
            if !rule.class.is_empty() && !found.iter().any(|(class, _)| *class == rule.class) {
                found.push((&rule.class, rule.line()));
            }
        }
        found
    }

    /// What the rules say of an object that was last modified at `mtime` and first backed up at `first`, Unix seconds.
    #[must_use]
    pub fn classify(&self, place: Place<'_>, mtime: i64, first: u64) -> Classified {
        let (rule, captures) = self.find(place);
        rule.apply(&captures, mtime, first, self.suite).0
    }

    /// As [`Rules::classify`], with the reasons.
    #[must_use]
    pub fn explain(&self, place: Place<'_>, mtime: i64, first: u64) -> Explanation {
        let (rule, captures) = self.find(place);
        let (classified, no_date) = rule.apply(&captures, mtime, first, self.suite);
        Explanation { rule: rule.matched(&captures), classified, no_date }
    }

    fn find<'r, 'p>(&'r self, place: Place<'p>) -> (&'r Rule, Vec<&'p [u8]>) {
        let absolute = place.absolute.strip_prefix(b"/").unwrap_or(place.absolute);
        match self.matcher.first(place.below, absolute) {
            Some(number) => {
                let rule = &self.rules[number];
                let path = if rule.is_absolute() { absolute } else { place.below };
                (rule, rule.captures(path))
            }
            None => (&self.default, Vec::new()),
        }
    }
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let patterns: Vec<&str> = self.rules.iter().map(Rule::pattern).collect();
        f.debug_struct("Rules")
            .field("version", &self.version)
            .field("patterns", &patterns)
            .finish()
    }
}

#[cfg(test)]
mod tests;
