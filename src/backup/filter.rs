//! What a backup leaves out, and lists of what it takes.
//!
//! ```
//! use sealkeep::backup::filter::{Filter, FilterOptions, LeftOut};
//!
//! let exclude = vec!["*.tmp".to_owned(), "export/old".to_owned()];
//! let filter = Filter::new(&FilterOptions { exclude, larger_than: Some(1_000_000), ..Default::default() })?;
//! assert_eq!(filter.leaves_out(b"ward/a.tmp", None), Some(LeftOut::Pattern));
//! assert_eq!(filter.leaves_out(b"ward/scan", Some(2_000_000)), Some(LeftOut::Larger));
//! assert_eq!(filter.leaves_out(b"ward/export/old", None), None);
//! # Ok::<(), sealkeep::backup::filter::Error>(())
//! ```

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use globset::GlobSet;

use crate::globs;
use crate::tree::path_of;

/// What to leave out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterOptions {
    /// Glob patterns of paths below each source. One without `/` is a name on any level.
    pub exclude: Vec<String>,
    /// What lies in folders that say in a `CACHEDIR.TAG` that they can be made again; the folder and its tag are kept.
    pub caches: bool,
    /// What is mounted below a source; the folder it is mounted on is kept.
    pub other_file_systems: bool,
    /// Files larger than this, in bytes.
    pub larger_than: Option<u64>,
}

/// Why something is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeftOut {
    /// It matches a pattern; so is everything below it.
    Pattern,
    /// It is too large.
    Larger,
}

/// Why a filter or a list could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not a pattern.
    #[error("malformed pattern '{pattern}': {reason}")]
    Pattern {
        /// As it was written.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The pattern names nothing, as written here; it would leave out everything.
    #[error("the pattern '{0}' names nothing")]
    EmptyPattern(String),
    /// The list could not be read.
    #[error("cannot read the list: {0}")]
    List(#[source] io::Error),
}

impl Error {
    fn malformed(error: &globset::Error) -> Self {
        // A pattern without a slash is tried on every level; the end of it is what was written.
        let glob = error.glob().unwrap_or_default();
        let pattern = glob.strip_prefix("**/").unwrap_or(glob).to_owned();
        Self::Pattern { pattern, reason: error.kind().to_string() }
    }
}

/// What is left out by its path or size, ready for use; whether caches and other file systems are entered is up to the walk.
#[derive(Clone, Debug)]
pub struct Filter {
    exclude: GlobSet,
    larger_than: Option<u64>,
}

impl Filter {
    /// # Errors
    /// [`Error::Pattern`], [`Error::EmptyPattern`].
    pub fn new(options: &FilterOptions) -> Result<Self, Error> {
        let exclude = globs::patterns(&options.exclude).map_err(|error| match error {
            globs::Error::Malformed(error) => Error::malformed(&error),
            globs::Error::Empty(pattern) => Error::EmptyPattern(pattern),
        })?;
        Ok(Self { exclude, larger_than: options.larger_than })
    }

    /// Why what lies at this path below a source is left out, with everything below it; `size` in bytes if it is a regular
    /// file. A source itself never is.
    #[must_use]
    pub fn leaves_out(&self, below: &[u8], size: Option<u64>) -> Option<LeftOut> {
        if below.is_empty() {
            None
        } else if self.exclude.is_match(path_of(below)) {
            Some(LeftOut::Pattern)
        } else if self.larger_than.zip(size).is_some_and(|(limit, size)| size > limit) {
            Some(LeftOut::Larger)
        } else {
            None
        }
    }
}

/// Reads a list of sources: one in each line, or each with a zero byte behind it as `find -print0` writes them. Bytes are
/// taken as they are; empty lines are left out.
///
/// # Errors
/// [`Error::List`].
pub fn read_list(mut list: impl Read) -> Result<Vec<PathBuf>, Error> {
    let mut bytes = Vec::new();
    list.read_to_end(&mut bytes).map_err(Error::List)?;
    let end = if bytes.contains(&0) { 0 } else { b'\n' };
    let paths = bytes.split(|byte| *byte == end).filter(|path| !path.is_empty());
    Ok(paths.map(|path| PathBuf::from(OsString::from_vec(path.to_vec()))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(options: FilterOptions) -> Filter {
        Filter::new(&options).unwrap()
    }

    #[test]
    fn patterns_are_those_of_sealing() {
        let exclude = ["*.tmp", "a/b", "**/deep/*", "cache/"].map(str::to_owned).to_vec();
        let filter = filter(FilterOptions { exclude, ..Default::default() });
        for (path, out) in [
            ("x.tmp", true),
            ("d/x.tmp", true),
            ("a/b", true),
            ("x/a/b", false),
            ("x/deep/y", true),
            ("x/cache", true),
            ("x/cached", false),
        ] {
            let expected = out.then_some(LeftOut::Pattern);
            assert_eq!(filter.leaves_out(path.as_bytes(), None), expected, "{path}");
        }
    }

    #[test]
    fn a_source_is_never_left_out() {
        let exclude = vec!["*".to_owned()];
        let filter = filter(FilterOptions { exclude, ..Default::default() });
        assert_eq!(filter.leaves_out(b"", Some(9)), None);
        assert_eq!(filter.leaves_out(b"x", Some(9)), Some(LeftOut::Pattern));
    }

    #[test]
    fn a_limit_is_for_files_and_not_reached_by_itself() {
        let filter = filter(FilterOptions { larger_than: Some(10), ..Default::default() });
        assert_eq!(filter.leaves_out(b"x", Some(10)), None);
        assert_eq!(filter.leaves_out(b"x", Some(11)), Some(LeftOut::Larger));
        assert_eq!(filter.leaves_out(b"x", None), None);
    }

    #[test]
    fn lists() {
        let list = |bytes: &[u8]| {
            let paths = read_list(bytes).unwrap();
            paths.iter().map(|path| path.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(list(b"/a\n\nb c\n"), ["/a", "b c"]);
        assert_eq!(list(b"/a\0b\nc\0"), ["/a", "b\nc"]);
        assert_eq!(list(b" # as it is"), [" # as it is"]);
        assert!(list(b"\n\n").is_empty());
    }

    #[test]
    fn what_is_no_pattern() {
        for (pattern, message) in [
            ("/", "the pattern '/' names nothing"),
            ("a[", "malformed pattern 'a[': unclosed character class"),
        ] {
            let options = FilterOptions { exclude: vec![pattern.to_owned()], ..Default::default() };
            let error = Filter::new(&options).expect_err(pattern).to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
