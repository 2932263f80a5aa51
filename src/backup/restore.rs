//! From a snapshot back into a file system. Options → plan → report.
//!
//! Whatever can be restored is: an object whose key was destroyed, a damaged pack or a file that is in the way hinders nothing else
//! and is named in the report. A file gets its name when its whole content was found authentic.

mod content;
mod execute;
mod group;
mod objects;
mod report;
mod selection;

use std::path::{Path, PathBuf};

use super::place::Overwrite;
use crate::globs;
use crate::tree::split_parent;
use crate::vault::{Result, SegmentRef, SnapshotFile, SnapshotId, Vault};

pub(super) use content::{Buffers, ChunkReader};
pub(super) use group::{Group, Target};
pub(super) use objects::{Entry, Object, load, open_entries};
pub use report::{Destroyed, Failed, RestoreError, RestoreFailure, RestoreReport, Restored};
pub(super) use selection::Selection;

/// How a snapshot is restored.
#[derive(Clone, Debug, Default)]
pub struct RestoreOptions {
    /// What to restore, with everything below: absolute paths, as they were backed up. Everything if there are neither paths nor
    /// patterns.
    pub paths: Vec<PathBuf>,
    /// Glob patterns of absolute paths without the leading `/`; one without `/` is a name on any level.
    pub patterns: Vec<String>,
    /// Paths in the output are relative to this folder; to `/` if there is none.
    pub relative_to: Option<PathBuf>,
    /// What happens to files that are there already.
    pub overwrite: Overwrite,
    /// Owners by number, although they may have another name here.
    pub numeric_owner: bool,
    /// Do not wait until everything is on the disk.
    pub not_durable: bool,
}

/// A restore that can be carried out. Nothing has been written.
pub struct RestorePlan<'v> {
    vault: &'v Vault,
    snapshot: SnapshotId,
    segments: Vec<SegmentRef>,
    selection: Selection,
    /// Of the folder that paths are relative to.
    prefix: Vec<u8>,
    options: RestoreOptions,
}

impl<'v> RestorePlan<'v> {
    /// Prepares to restore a snapshot.
    ///
    /// # Errors
    /// [`RestorePlanError`].
    pub fn new(
        vault: &'v Vault,
        snapshot: &SnapshotFile,
        options: RestoreOptions,
    ) -> std::result::Result<Self, RestorePlanError> {
        let selection = Selection::new(&options.paths, &options.patterns)?;
        let segments = vault.segments(snapshot)?;
        let prefix = options.relative_to.as_deref().map_or(Ok(Vec::new()), vault_path)?;
        Ok(Self { vault, snapshot: snapshot.id, segments, selection, prefix, options })
    }

    /// How many objects the snapshot has.
    #[must_use]
    pub fn objects(&self) -> u64 {
        self.segments.iter().map(|segment| u64::from(segment.entries)).sum()
    }

    /// Where an object goes in the output: a path without leading `/`, empty for the output itself.
    fn destination<'p>(&self, path: &'p [u8]) -> std::result::Result<&'p [u8], RestoreError> {
        if self.prefix.is_empty() {
            return Ok(path);
        }
        match path.strip_prefix(&self.prefix[..]) {
            Some([]) => Ok(&[]),
            Some([b'/', below @ ..]) => Ok(below),
            _ => Err(RestoreError::Outside),
        }
    }
}

/// Why a restore was not begun.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestorePlanError {
    /// A path that is not absolute, or has `.` or `..` in it.
    #[error("{0} is not an absolute path")]
    NotAbsolute(PathBuf),
    /// Not a pattern.
    #[error("malformed pattern: {0}")]
    Pattern(String),
    /// The vault says no.
    #[error(transparent)]
    Vault(#[from] crate::vault::Error),
}

impl From<globs::Error> for RestorePlanError {
    fn from(error: globs::Error) -> Self {
        match error {
            globs::Error::Malformed(error) => Self::Pattern(error.to_string()),
            globs::Error::Empty(pattern) => Self::Pattern(pattern),
        }
    }
}

/// Finds a snapshot by its id or the beginning of it; the newest complete one if nothing is given.
///
/// # Errors
/// If the vault cannot be read.
pub fn find_snapshot(vault: &Vault, wanted: Option<&str>) -> Result<Option<SnapshotFile>> {
    let (snapshots, _) = vault.snapshots()?;
    let Some(wanted) = wanted else {
        return Ok(snapshots.into_iter().rev().find(|snapshot| snapshot.complete));
    };
    let mut fitting = snapshots.into_iter().filter(|one| one.id.to_string().starts_with(wanted));
    // Two that begin alike are as good as none.
    Ok(fitting.next().filter(|_| fitting.next().is_none() && !wanted.is_empty()))
}

/// The path of an object in a vault, from an absolute path.
pub(super) fn vault_path(path: &Path) -> std::result::Result<Vec<u8>, RestorePlanError> {
    use std::os::unix::ffi::OsStrExt;
    use std::path::Component;
    let mut components = path.components();
    if components.next() != Some(Component::RootDir) {
        return Err(RestorePlanError::NotAbsolute(path.to_owned()));
    }
    let mut parts = Vec::new();
    for part in components {
        match part {
            Component::Normal(name) => parts.push(name.as_bytes()),
            _ => return Err(RestorePlanError::NotAbsolute(path.to_owned())),
        }
    }
    Ok(parts.join(&b'/'))
}

/// The folders on the way to a path, the innermost first, and at last the top of everything.
pub(super) fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(above(path), |path| above(path))
}

fn above(path: &[u8]) -> Option<&[u8]> {
    if path.is_empty() { None } else { Some(split_parent(path).0.unwrap_or_default()) }
}
