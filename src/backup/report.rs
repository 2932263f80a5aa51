//! What a backup did.

use std::io;
use std::path::PathBuf;

use crate::keys::{Settled, Unavailable};
use crate::vault::SnapshotId;

use super::attributes::Unread;
use super::writer::Written;

/// What became of a backup that ended, well or with some objects missing.
#[derive(Debug, Default)]
pub struct BackupReport {
    /// The snapshot; none for a dry run.
    pub snapshot: Option<SnapshotId>,
    /// The complete snapshot that it was compared with.
    pub parent: Option<SnapshotId>,
    /// What there is now.
    pub total: Tally,
    /// Objects that were not there before.
    pub new: Tally,
    /// Objects that changed.
    pub changed: Tally,
    /// Objects that are as they were.
    pub unchanged: Tally,
    /// Objects that are as they were, but the rules say something else of them now.
    pub reclassified: u64,
    /// What was written; nothing in a dry run.
    pub written: Written,
    /// What could not be backed up.
    pub failures: Vec<BackupFailure>,
    /// Files that changed each time while they were read. They are in the snapshot, marked.
    pub changed_while_read: Vec<PathBuf>,
    /// Vault, key store or root cell, which lie in a source and were left out.
    pub own: Vec<PathBuf>,
    /// Extended attributes that could not be read.
    pub unread: Vec<(PathBuf, Unread)>,
    /// How well the new keys are kept.
    pub settled: Settled,
}

/// Counts of objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Objects of all kinds.
    pub objects: u64,
    /// Files among them.
    pub files: u64,
    /// The length of the files, in bytes.
    pub bytes: u64,
}

impl Tally {
    pub(super) fn count(&mut self, is_file: bool, size: u64) {
        self.objects += 1;
        if is_file {
            self.files += 1;
            self.bytes += size;
        }
    }
}

/// Something that is not in the snapshot though it should be.
#[derive(Debug)]
pub struct BackupFailure {
    /// What.
    pub path: PathBuf,
    /// Why.
    pub error: ObjectError,
}

/// Why an object could not be backed up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// The operating system said no.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was being done, as a verb phrase.
        action: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// An object at this path was destroyed: it is not taken up again unless somebody says so.
    #[error("what was at this path was destroyed; it is there again")]
    Destroyed,
    /// It is the vault itself, the key store or its root cell.
    #[error("it is the vault, the key store or its root cell")]
    Own,
    /// The key of the object does not open now.
    #[error("{0}")]
    Key(Unavailable),
    /// It became something else while it was looked at.
    #[error("it became something else while it was looked at")]
    Replaced,
}

impl From<crate::tree::Error> for ObjectError {
    fn from(error: crate::tree::Error) -> Self {
        match error {
            crate::tree::Error::NotADirectory(_) => Self::Replaced,
            crate::tree::Error::Io { action, source } => Self::Io { action, source },
        }
    }
}
