//! What was retired, what was kept, and why.

use std::path::PathBuf;

use crate::envelope::Kind;
use crate::{files, wipe};

/// Why nothing could be retired at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It could not be planned what to seal.
    #[error(transparent)]
    Seal(files::Failure),
    /// It could not be planned what to wipe.
    #[error(transparent)]
    Wipe(wipe::Problem),
    /// A key store, or what opens one, is among the sources.
    #[error("{0} is needed to open what is sealed")]
    Precious(PathBuf),
    /// A source is a link, and what it points to is not retired through it.
    #[error("{0} is a symbolic link")]
    Link(PathBuf),
    /// What was sealed could not be made durable.
    #[error(transparent)]
    Sync(files::Error),
    /// The keys that prove it could not be asked for.
    #[error(transparent)]
    Keys(files::Error),
    /// Asked to stop.
    #[error("stopped before it was done")]
    Cancelled,
}

/// Why nothing of what was sealed is retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Sealing ended early.
    NotSealed,
    /// No copy of the key store has the keys.
    Uncopied,
    /// The proof ended early.
    NotProved,
}

/// Why a source was kept.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// Its sealed file does not open, or holds something else.
    #[error(transparent)]
    Sealed(#[from] files::Error),
    /// The source changed, or cannot be wiped.
    #[error(transparent)]
    Source(#[from] wipe::Error),
}

/// A source that was not proved, and is whole.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct Kept {
    /// The source, as the user would write it.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub reason: Reason,
}

/// Counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Regular files.
    pub files: u64,
    /// Directories.
    pub directories: u64,
    /// Symbolic links.
    pub symlinks: u64,
    /// Bytes of content.
    pub bytes: u64,
}

impl Totals {
    /// Counts one more.
    pub(super) fn count(&mut self, kind: Kind, bytes: u64) {
        *match kind {
            Kind::File => &mut self.files,
            Kind::Directory => &mut self.directories,
            Kind::Symlink => &mut self.symlinks,
        } += 1;
        self.bytes += if kind == Kind::File { bytes } else { 0 };
    }

    /// All objects.
    #[must_use]
    pub fn objects(&self) -> u64 {
        self.files + self.directories + self.symlinks
    }
}

/// What can be said of everything together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Every source was sealed, proved and wiped.
    Retired,
    /// The same; of some, nobody can tell whether nothing is left.
    BestEffort,
    /// Some sources were kept, or not wiped wholly.
    Partial,
    /// Every source was kept.
    Kept,
    /// Stopped by a signal; a wipe that was begun can be resumed.
    Interrupted,
}

impl Conclusion {
    /// The name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::BestEffort => "best-effort",
            Self::Partial => "partial",
            Self::Kept => "kept",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The whole run.
#[derive(Debug)]
pub struct Report {
    /// What was sealed.
    pub seal: files::Report,
    /// What was proved to be in its sealed file.
    pub proven: Totals,
    /// Sources that were not proved; those that could not be sealed are in the report of sealing, those that could not be
    /// wiped in that of wiping.
    pub kept: Vec<Kept>,
    /// Why nothing was retired, if that is so.
    pub refusal: Option<Refusal>,
    /// What ended the proof early.
    pub stopped: Option<Error>,
    /// What was wiped.
    pub wipe: Option<wipe::Report>,
}

impl Report {
    pub(super) fn new(seal: files::Report, refusal: Option<Refusal>) -> Self {
        let proven = Totals::default();
        Self { seal, proven, kept: Vec::new(), refusal, stopped: None, wipe: None }
    }

    /// What can be said of everything together.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        let left = self.kept.len() + self.seal.failures.len() + self.seal.skipped.len();
        match self.wipe.as_ref().map(wipe::Report::conclusion) {
            _ if matches!(self.stopped, Some(Error::Cancelled)) => Conclusion::Interrupted,
            Some(wipe::Conclusion::Interrupted) => Conclusion::Interrupted,
            None | Some(wipe::Conclusion::Refused) => Conclusion::Kept,
            Some(wipe::Conclusion::Partial) => Conclusion::Partial,
            Some(_) if left > 0 => Conclusion::Partial,
            Some(wipe::Conclusion::BestEffort) => Conclusion::BestEffort,
            Some(wipe::Conclusion::Verified) => Conclusion::Retired,
        }
    }
}
