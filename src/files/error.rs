//! What can go wrong with files and trees.

use std::io;
use std::path::PathBuf;

use crate::envelope;
use crate::globs;
use crate::keys::KeysError;
use crate::output;
use crate::tree;

/// Why an operation on a file did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The sealed format says no.
    #[error(transparent)]
    Envelope(#[from] envelope::Error),
    /// The key store says no.
    #[error(transparent)]
    Keys(KeysError),
    /// The output exists; it is not overwritten unless forced.
    #[error("output already exists")]
    Exists,
    /// The output exists and is a directory, device, fifo or socket; it is not replaced even if forced.
    #[error("output exists and is not a regular file")]
    NotReplaceable,
    /// The input is a sealed file already.
    #[error("already sealed")]
    AlreadySealed,
    /// The input changed while it was being read; nothing was put under the output's name.
    #[error("the file changed while it was being read")]
    Changed,
    /// The sealed file holds something else than what it is compared with; what differs.
    #[error("the sealed file holds something else: {0}")]
    Differs(&'static str),
    /// Neither a regular file nor a directory.
    #[error("not a regular file or directory")]
    Unsupported,
    /// The sealed file carries no name; the caller must give one.
    #[error("the sealed file carries no name")]
    NoName,
    /// The output would lie inside a directory that is sealed.
    #[error("the output lies inside the input")]
    OutputInsideInput,
    /// Two inputs would get the same place in the output.
    #[error("two inputs have the same name")]
    SameName,
    /// This target takes one input, not several or a directory.
    #[error("this output takes a single file")]
    OneFileOnly,
    /// A component of an output path is a symbolic link or not a directory.
    #[error("{0} in the output is not a directory")]
    NotADirectory(PathBuf),
    /// An exclusion pattern is malformed.
    #[error("malformed pattern: {0}")]
    Pattern(#[from] globset::Error),
    /// An exclusion pattern names nothing, as written here; it would leave out everything.
    #[error("the pattern '{0}' names nothing")]
    EmptyPattern(String),
    /// The mirror of this directory would be called like another sealed file.
    #[error("the mirrored directory would be called like another sealed file")]
    MirrorTaken,
    /// There is no sealed file below this directory.
    #[error("no sealed file in it")]
    NothingSealed,
    /// The operating system said no.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was being done, as a verb phrase.
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
}

impl Error {
    /// Whether going on with other files makes no sense: cancelled, or the output takes nothing more.
    pub(super) fn stops_everything(&self) -> bool {
        match self {
            Self::Envelope(envelope::Error::Cancelled) => true,
            Self::Envelope(envelope::Error::Write(source)) => is_full(source),
            Self::Io { source, .. } => is_full(source),
            _ => false,
        }
    }
}

impl From<tree::Error> for Error {
    fn from(error: tree::Error) -> Self {
        match error {
            tree::Error::NotADirectory(path) => Self::NotADirectory(path),
            tree::Error::Io { action, source } => Self::Io { action, source },
        }
    }
}

impl From<output::Error> for Error {
    fn from(error: output::Error) -> Self {
        match error {
            output::Error::Exists => Self::Exists,
            output::Error::NotReplaceable => Self::NotReplaceable,
            output::Error::Io { action, source } => Self::Io { action, source },
        }
    }
}

impl From<globs::Error> for Error {
    fn from(error: globs::Error) -> Self {
        match error {
            globs::Error::Malformed(error) => Self::Pattern(error),
            globs::Error::Empty(pattern) => Self::EmptyPattern(pattern),
        }
    }
}

/// Wraps an error of the operating system with what was being done.
pub(super) fn io<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> Error {
    move |source| Error::Io { action, source: source.into() }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem)
}
