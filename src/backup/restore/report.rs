//! What a restore did.

use std::path::PathBuf;

use sealkeep_keystore::{KeyId, Tombstone};

use crate::backup::apply::Note;
use crate::backup::place::PlaceError;
use crate::keys::Unavailable;
use crate::vault::{SegmentId, SnapshotId};

/// What became of a restore.
#[derive(Debug)]
#[non_exhaustive]
pub struct RestoreReport {
    /// What was restored.
    pub snapshot: SnapshotId,
    /// How much was, or would be.
    pub restored: Restored,
    /// Objects that are not restored because their keys were destroyed. It is as it must be.
    pub destroyed: Vec<Destroyed>,
    /// What could not be restored.
    pub failures: Vec<RestoreFailure>,
    /// Owners, attributes and the like that could not be given to what was restored.
    pub notes: Vec<Note>,
    /// Files that had changed while they were backed up: what is restored may mix two states.
    pub changed_while_read: Vec<PathBuf>,
    /// Paths that were asked for and are not in the snapshot.
    pub not_found: Vec<PathBuf>,
    /// Why it ended early, if it did.
    pub stopped: Option<RestoreError>,
}

/// Counts of what was restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Files, hard links to others included.
    pub files: u64,
    /// Their length in bytes.
    pub bytes: u64,
    /// Folders.
    pub directories: u64,
    /// Symbolic links, fifos and devices.
    pub others: u64,
    /// Objects that were there already and stayed.
    pub kept: u64,
}

/// An object whose key was destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// Its key.
    pub key: KeyId,
    /// What is left of the key, where that is known.
    pub tombstone: Option<Tombstone>,
    /// Its path, if it was asked for by that very path: the vault does not know it any more.
    pub path: Option<PathBuf>,
}

/// Something that should have been restored and was not.
#[derive(Debug)]
pub struct RestoreFailure {
    /// What.
    pub what: Failed,
    /// Why.
    pub error: RestoreError,
}

/// What could not be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The object that was at this absolute path.
    Path(PathBuf),
    /// An object of which only the key is known.
    Key(KeyId),
    /// All objects of a segment.
    Segment(SegmentId, u32),
}

/// Why an object could not be restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// It cannot be made where it should be.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// What it needs cannot be read from the vault.
    #[error(transparent)]
    Vault(#[from] crate::vault::Error),
    /// What lies in the vault is not what was stored.
    #[error("{0} is damaged")]
    Damaged(String),
    /// Its key does not open.
    #[error("{0}")]
    Key(Unavailable),
    /// It does not lie in the folder that paths are to be relative to.
    #[error("it lies outside of the folder that paths are relative to")]
    Outside,
}

impl RestoreError {
    /// Whether going on with other objects makes no sense.
    pub(super) fn stops_everything(&self) -> bool {
        match self {
            Self::Place(error) => error.is_full(),
            Self::Vault(error) => matches!(error, crate::vault::Error::Cancelled),
            _ => false,
        }
    }
}
