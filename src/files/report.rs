//! What an operation did: counts, and everything that did not go as asked.

use std::path::PathBuf;

use sealkeep_keystore::KeyId;

use super::error::Error;

/// The result of sealing, opening or checking files and trees.
#[derive(Debug, Default)]
pub struct Report {
    /// Regular files done.
    pub files: u64,
    /// Directory objects done.
    pub directories: u64,
    /// Symbolic links done.
    pub symlinks: u64,
    /// Bytes of content done.
    pub content_bytes: u64,
    /// Bytes of sealed files written or read.
    pub sealed_bytes: u64,
    /// Objects that failed; the others were done.
    pub failures: Vec<Failure>,
    /// Objects that were left out on purpose.
    pub skipped: Vec<Skipped>,
    /// Objects whose output existed and was left as it is, because the options asked for that.
    pub existing: u64,
    /// Files with more than one hard link: each name was sealed as a file of its own.
    pub hard_links: Vec<PathBuf>,
    /// Sealed files that lay under another name than the authenticated one they were opened to.
    pub moved: Vec<Moved>,
    /// Files whose setuid or setgid bit was not restored.
    pub special_bits_dropped: Vec<PathBuf>,
    /// One row for each object done, if the options asked for it.
    pub items: Vec<Item>,
    /// Keys that were made and then not used, because sealing the object failed.
    pub unused_keys: Vec<KeyId>,
    /// Keys of which no copy exists yet.
    pub uncopied_keys: u64,
    /// Whether some copy of the source of keys holds everything, keys made earlier included.
    pub copied: bool,
    /// Why the operation ended before everything was tried.
    pub stopped: Option<Error>,
}

impl Report {
    /// Whether everything asked for was done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.stopped.is_none()
    }

    /// Number of objects done.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.files + self.directories + self.symlinks
    }
}

/// An object that failed.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct Failure {
    /// The input, or the output if that is what failed.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub error: Error,
}

/// An object that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The input.
    pub path: PathBuf,
    /// Why.
    pub reason: SkipReason,
}

/// Why an object was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// A fifo, socket or device.
    Special,
    /// A file in a tree to be opened that is not a sealed file.
    NotSealed,
}

/// A sealed file whose name differs from the one inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where the sealed file lay.
    pub sealed: PathBuf,
    /// The authenticated path inside.
    pub path: PathBuf,
}

/// One object done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The input.
    pub input: PathBuf,
    /// The output; absent when checking.
    pub output: Option<PathBuf>,
    /// Its data key.
    pub key_id: KeyId,
    /// Length of the content in bytes.
    pub content: u64,
    /// Length of the sealed file in bytes.
    pub sealed: u64,
}
