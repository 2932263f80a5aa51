//! What can go wrong with wiping.

use std::io;

use crate::tree;

/// Why a target was not wiped, or not as it should have been.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Asked to stop.
    #[error("stopped before it was done")]
    Cancelled,
    /// Another file lies under the name than the one that was examined, or it changed meanwhile.
    #[error("it is not the file that was examined")]
    Changed,
    /// What was read back is not what was written.
    #[error("reading back gave something else from byte {offset} on")]
    Mismatch {
        /// The first byte that differs.
        offset: u64,
    },
    /// Parts of the medium took no writes or gave nothing back.
    #[error("{bytes} bytes could not be written or read, the first at byte {offset}: {source}")]
    BadBlocks {
        /// Number of bytes.
        bytes: u64,
        /// The first of them.
        offset: u64,
        /// What the operating system said.
        source: io::Error,
    },
    /// The content lay elsewhere afterwards: the overwrite went to other blocks.
    #[error("the file system wrote to other blocks")]
    NotInPlace,
    /// Old content was found where it had been.
    #[error("old content is still in its block")]
    StillThere,
    /// It is named twice, or lies inside another target.
    #[error("it is named twice, or lies inside another one")]
    Twice,
    /// A symbolic link was named: neither it nor what it points to is taken for what was meant.
    #[error("it is a symbolic link to {0}")]
    Link(std::path::PathBuf),
    /// It was there when the run began, and is not now.
    #[error("it was there when the run began, and is not there now")]
    Missing,
    /// Something else is mounted there, which is left alone.
    #[error("another file system is mounted there; it is left alone")]
    OtherMount,
    /// A directory still holds something.
    #[error("the directory is not empty")]
    NotEmpty,
    /// Neither a file, a directory nor a block device.
    #[error("not a file, directory or block device")]
    Unsupported,
    /// The drive has no such command, or it is no whole drive.
    #[error("it is no drive that can erase itself in this way ({0})")]
    NoSanitize(&'static str),
    /// The drive did not erase itself.
    #[error("the drive did not erase itself: {0}")]
    Sanitize(String),
    /// The journal of an unfinished run cannot be read.
    #[error("the journal is damaged: {0}")]
    Journal(String),
    /// Another process is working with this journal.
    #[error("another process is working on it")]
    Busy,
    /// The journal lies among what is to be wiped.
    #[error("the journal lies inside what is to be wiped")]
    JournalInside,
    /// A component of a path is a symbolic link or not a directory.
    #[error("{0} is not a directory")]
    NotADirectory(std::path::PathBuf),
    /// The operating system said no.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was being done, as a verb phrase.
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
}

impl From<tree::Error> for Error {
    fn from(error: tree::Error) -> Self {
        match error {
            tree::Error::NotADirectory(path) => Self::NotADirectory(path),
            tree::Error::Io { action, source } => Self::Io { action, source },
        }
    }
}

impl Error {
    /// Whether what was to be looked at is not there.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Wraps an error of the operating system with what was being done.
pub(super) fn io<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> Error {
    move |source| Error::Io { action, source: source.into() }
}
