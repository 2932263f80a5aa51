//! What of a snapshot is wanted.

use std::path::PathBuf;

use globset::GlobSet;

use super::{RestorePlanError, ancestors, vault_path};
use crate::globs;
use crate::tree::path_of;

/// Paths and patterns that choose objects, with everything below them.
pub(in crate::backup) struct Selection {
    paths: Vec<Vec<u8>>,
    patterns: GlobSet,
    everything: bool,
}

impl Selection {
    /// From absolute paths and patterns; everything if there are neither.
    pub(in crate::backup) fn new(
        paths: &[PathBuf],
        patterns: &[String],
    ) -> Result<Self, RestorePlanError> {
        let everything = paths.is_empty() && patterns.is_empty();
        let paths = paths.iter().map(|path| vault_path(path)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            everything: everything || paths.iter().any(Vec::is_empty),
            paths,
            patterns: globs::patterns(patterns)?,
        })
    }

    /// Whether nothing is left out.
    pub(in crate::backup) fn is_everything(&self) -> bool {
        self.everything
    }

    /// Whether an object is wanted: it, or a folder on the way to it, was chosen.
    pub(in crate::backup) fn takes(&self, path: &[u8]) -> bool {
        self.everything || self.chooses(path) || ancestors(path).any(|above| self.chooses(above))
    }

    /// Whether a folder may be on the way to what was chosen.
    pub(in crate::backup) fn leads_on(&self, folder: &[u8]) -> bool {
        let below = |path: &[u8]| ancestors(path).any(|above| above == folder);
        self.everything || !self.patterns.is_empty() || self.paths.iter().any(|path| below(path))
    }

    /// The paths that were named.
    pub(in crate::backup) fn paths(&self) -> &[Vec<u8>] {
        &self.paths
    }

    fn chooses(&self, path: &[u8]) -> bool {
        self.paths.iter().any(|chosen| chosen == path)
            || (!path.is_empty() && self.patterns.is_match(path_of(path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(paths: &[&str], patterns: &[&str]) -> Selection {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.into()).collect();
        Selection::new(&paths, &patterns).unwrap()
    }

    #[test]
    fn paths_take_what_is_below_them_and_nothing_beside() {
        let wanted = selection(&["/data/a/", "/etc/passwd"], &[]);
        for path in ["data/a", "data/a/b/c", "etc/passwd"] {
            assert!(wanted.takes(path.as_bytes()), "{path}");
        }
        for path in ["", "data", "data/ab", "data/a.txt", "etc/passwd-"] {
            assert!(!wanted.takes(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn patterns_take_what_is_below_them_too() {
        let wanted = selection(&[], &["*.dcm", "data/scans"]);
        for path in ["x.dcm", "a/b/x.dcm", "a/x.dcm/inside", "data/scans", "data/scans/1"] {
            assert!(wanted.takes(path.as_bytes()), "{path}");
        }
        for path in ["", "a/b/x.dcm2", "other/data/scans", "data"] {
            assert!(!wanted.takes(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn nothing_said_or_the_top_said_is_everything() {
        assert!(selection(&[], &[]).is_everything());
        assert!(selection(&["/", "/a"], &[]).is_everything());
        assert!(!selection(&["/a"], &[]).is_everything());
    }

    #[test]
    fn only_absolute_paths_without_dots_are_paths() {
        for bad in ["", "a", "./a", "/a/../b"] {
            assert!(Selection::new(&[bad.into()], &[]).is_err(), "{bad}");
        }
    }
}
