//! What somebody wants to have destroyed.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::ops::RangeInclusive;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use globset::GlobSet;
use jiff::civil::Date;

use super::error::{Error, Result};
use crate::globs;
use crate::retention::Policy;
use crate::vault::{Description, SnapshotId};

/// What is to be destroyed, and how what is overwritten is overwritten.
#[derive(Clone, Debug)]
pub struct Options {
    /// Everything that any of these means.
    pub choices: Vec<Choice>,
    /// How long records must be kept.
    pub retention: Policy,
    /// The day on which that is asked, at UTC+8.
    pub today: Date,
    /// The method of `wipe` for files and devices.
    pub method: String,
    /// The method by which sealed files are overwritten once their keys are gone; none to leave them.
    pub overwrite_sealed: Option<String>,
    /// Whether objects go whose retention nobody can tell: those of another vault, of forgotten snapshots, or with keys that do not
    /// open. The request says how many there are.
    pub unclassified: bool,
}

/// One thing that somebody wants to have destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// A scope and those below it, as wholes.
    Scope(String),
    /// Everything in the vault that is about this pseudonym.
    Subject(String),
    /// What a search finds, in all snapshots.
    Query(Query),
    /// The objects of a snapshot that no other snapshot has.
    Snapshot(SnapshotId),
    /// A path in the vault and everything below it, in all snapshots. Absolute.
    Path(PathBuf),
    /// Objects whose retention has passed, of this class if one is given.
    Due(Option<String>),
    /// A sealed file, or those in a folder.
    Sealed(PathBuf),
    /// A file, the files in a folder, or a block device, to be overwritten.
    Plain(PathBuf),
    /// A medium of the vault's register, by id, and how it will be destroyed.
    Medium(String, Physical),
    /// A medium that is in no register.
    Unregistered(Physical),
}

impl Choice {
    /// Whether a vault is needed to say what it means.
    pub(super) fn needs_vault(&self) -> bool {
        !matches!(self, Self::Scope(_) | Self::Sealed(_) | Self::Plain(_) | Self::Unregistered(_))
    }
}

/// A search, as `find` makes it. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Patterns, of which one must match: without a slash a name on any level, with one an absolute path.
    pub names: Vec<String>,
    /// Retention class.
    pub class: Option<String>,
    /// Levels.
    pub level: Option<RangeInclusive<u8>>,
    /// Residency.
    pub residency: Option<String>,
    /// The last day of the retention period is before this one.
    pub expires_before: Option<Date>,
}

/// A medium that others destroy: only recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Physical {
    /// What it is, with serial number or label.
    pub medium: String,
    /// Who destroys it.
    pub vendor: String,
    /// How: shredded to which particle size, degaussed, melted.
    pub how: String,
    /// Files that show it: photographs, a vendor's certificate.
    pub evidence: Vec<PathBuf>,
}

/// Choices that are answered object by object.
pub(super) struct Matcher<'o> {
    subjects: HashSet<&'o str>,
    queries: Vec<(Option<GlobSet>, &'o Query)>,
    paths: Vec<Vec<u8>>,
    policy: &'o Policy,
}

impl<'o> Matcher<'o> {
    pub(super) fn new(options: &'o Options) -> Result<Self> {
        let mut all = Self {
            subjects: HashSet::new(),
            queries: Vec::new(),
            paths: Vec::new(),
            policy: &options.retention,
        };
        for choice in &options.choices {
            match choice {
                Choice::Subject(subject) => drop(all.subjects.insert(subject)),
                Choice::Query(query) => {
                    let names = (!query.names.is_empty()).then(|| globs::patterns(&query.names));
                    let names =
                        names.transpose().map_err(|error| Error::Pattern(error.to_string()));
                    all.queries.push((names?, query));
                }
                Choice::Path(path) => all.paths.push(vault_path(path)?),
                _ => {}
            }
        }
        Ok(all)
    }

    /// Paths that were chosen, as the vault has them.
    pub(super) fn paths(&self) -> &[Vec<u8>] {
        &self.paths
    }

    pub(super) fn takes(&self, description: &Description) -> bool {
        let class = &description.class;
        class.subjects.iter().any(|subject| self.subjects.contains(subject.as_str()))
            || self.paths.iter().any(|path| is_below(&description.path, path))
            || self.queries.iter().any(|(names, query)| {
                let named = |names: &GlobSet| {
                    names.is_match(Path::new(OsStr::from_bytes(&description.path)))
                };
                names.as_ref().is_none_or(named) && self.fits(query, description)
            })
    }

    fn fits(&self, query: &Query, description: &Description) -> bool {
        let class = &description.class;
        let is = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|one| one == is);
        is(&query.class, &class.class)
            && is(&query.residency, &class.residency)
            && query.level.as_ref().is_none_or(|range| range.contains(&class.level))
            && query.expires_before.is_none_or(|day| {
                let period = self.policy.period(&class.class, class.level, class.start);
                period.is_some_and(|period| period.last_day < day)
            })
    }
}

/// Whether a path is this one or lies below it.
fn is_below(path: &[u8], top: &[u8]) -> bool {
    top.is_empty()
        || path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// An absolute path as the vault has it.
fn vault_path(path: &Path) -> Result<Vec<u8>> {
    let path = path.as_os_str().as_bytes().strip_prefix(b"/");
    let path = path.ok_or_else(|| Error::Pattern("a path must be absolute".into()))?;
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    Ok(path[..end].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_takes_what_is_below_it_and_no_neighbour() {
        for (path, taken) in [
            ("a", true),
            ("a/b", true),
            ("a/b/c", true),
            ("ab", false),
            ("", false),
            ("b/a", false),
        ] {
            assert_eq!(is_below(path.as_bytes(), b"a"), taken, "{path}");
        }
        assert!(is_below(b"anything", b""));
        assert_eq!(vault_path(Path::new("/a/b//")).unwrap(), b"a/b");
        assert_eq!(vault_path(Path::new("/")).unwrap(), b"");
        assert!(vault_path(Path::new("a")).is_err());
    }
}
