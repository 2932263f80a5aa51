//! What was done, and what can be claimed of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealkeep_medium::extents::Extents;
use sealkeep_medium::finding::Reach;
use sealkeep_medium::place::Place;
use serde::{Deserialize, Serialize};

use super::class::Class;
use super::error::Error;
use super::options::Verify;
use super::plan::Kind;
use super::readback::ReadBack;

/// What became of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Overwritten in place, every block that held the content, and read back from the medium.
    Verified,
    /// A name without content of its own, taken away.
    Removed,
    /// Overwritten; whether nothing is left elsewhere cannot be told.
    BestEffort,
    /// Written, but to other blocks: the old ones still hold, or held, the content.
    NotInPlace,
    /// Not everything could be written, or what was read back is something else.
    Failed,
    /// Stopped before it was done.
    Unfinished,
    /// Not touched.
    Refused,
}

impl Verdict {
    /// The name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Removed => "removed",
            Self::BestEffort => "best-effort",
            Self::NotInPlace => "not-in-place",
            Self::Failed => "failed",
            Self::Unfinished => "unfinished",
            Self::Refused => "refused",
        }
    }
}

/// What became of everything together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// All targets were.
    Verified,
    /// All were wiped, some of them with less than certainty.
    BestEffort,
    /// Some were not wiped, or not wholly.
    Partial,
    /// None was touched.
    Refused,
    /// Stopped by a signal; what was not done can be resumed.
    Interrupted,
}

impl Conclusion {
    /// The name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::BestEffort => "best-effort",
            Self::Partial => "partial",
            Self::Refused => "refused",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Counts of targets and bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Files and devices that were wiped with this claim.
    pub verified: u64,
    /// The same.
    pub best_effort: u64,
    /// The same.
    pub not_in_place: u64,
    /// The same.
    pub failed: u64,
    /// The same.
    pub unfinished: u64,
    /// The same.
    pub refused: u64,
    /// Bytes of content that were overwritten.
    pub bytes: u64,
    /// Directories, links and other names that were removed.
    pub names: u64,
    /// Files whose names were removed.
    pub removed: u64,
}

impl Tally {
    /// Counts one more.
    pub(super) fn count(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Verified => &mut self.verified,
            Verdict::Removed => &mut self.names,
            Verdict::BestEffort => &mut self.best_effort,
            Verdict::NotInPlace => &mut self.not_in_place,
            Verdict::Failed => &mut self.failed,
            Verdict::Unfinished => &mut self.unfinished,
            Verdict::Refused => &mut self.refused,
        } += 1;
    }
}

/// Something that could not be examined, or was left out.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct Problem {
    /// Where.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub error: Error,
}

impl Problem {
    pub(super) fn new(path: impl AsRef<Path>, error: Error) -> Self {
        Self { path: path.as_ref().to_owned(), error }
    }
}

/// What was done with one target.
#[derive(Debug)]
pub struct Row {
    /// As the user would write it.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// What became of it.
    pub verdict: Verdict,
    /// Its class, with the findings, as an index.
    pub class: usize,
    /// Length in bytes.
    pub size: u64,
    /// Bytes overwritten in each pass: the length up to the end of the last block, holes left out.
    pub overwritten: u64,
    /// From where it was read back.
    pub read_back: Option<ReadBack>,
    /// Where it lay before.
    pub before: Option<Extents>,
    /// Where it lay afterwards.
    pub after: Option<Extents>,
    /// Parts that took no writes or gave nothing back, as (offset, length); the first few.
    pub bad: Vec<(u64, u64)>,
    /// Why it went wrong.
    pub error: Option<Error>,
}

/// What one pass did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PassReport {
    /// What was written: hexadecimal digits, repeated, or `random`.
    pub pattern: String,
    /// Bytes written.
    pub bytes: u64,
    /// Time in seconds, flushing included.
    pub seconds: f64,
    /// Bytes read back and compared.
    pub read_back_bytes: u64,
    /// Time of that in seconds.
    pub read_back_seconds: f64,
}

/// What was done at the end for a file system as a whole.
#[derive(Debug)]
pub struct PlaceReport {
    /// The file system or device.
    pub place: Arc<Place>,
    /// The journal of the file system was emptied; none if it has none or it does not matter.
    pub journal_emptied: Option<bool>,
    /// Bytes of free space offered to the device for discarding, where blocks were freed that could not be overwritten.
    pub trimmed: Option<u64>,
}

impl PlaceReport {
    /// Nothing done yet.
    pub(super) fn new(place: &Arc<Place>) -> Self {
        Self { place: Arc::clone(place), journal_emptied: None, trimmed: None }
    }
}

/// The whole run.
#[derive(Debug)]
pub struct Report {
    /// The id of the method.
    pub method: String,
    /// How much was read back.
    pub verify: Verify,
    /// Commits to the seed of the random passes.
    pub seed_commitment: [u8; 32],
    /// Each pass.
    pub passes: Vec<PassReport>,
    /// When it began, in seconds since 1970; for a resumed run the first time.
    pub started: u64,
    /// When it ended.
    pub finished: u64,
    /// It went on where another run had been cut off.
    pub resumed: bool,
    /// Whether the content was overwritten only, and files left.
    pub kept: bool,
    /// Counts, with those of the run that was resumed.
    pub tally: Tally,
    /// The file systems and devices.
    pub places: Vec<PlaceReport>,
    /// The classes of targets.
    pub classes: Vec<Class>,
    /// Targets: those named, those that did not go well, all if the options asked for that.
    pub rows: Vec<Row>,
    /// What could not be examined, or lies on another mount.
    pub problems: Vec<Problem>,
    /// Why the run ended early.
    pub stopped: Option<Error>,
    /// The journal by which it can be resumed, if it is not done.
    pub journal: Option<PathBuf>,
}

impl Report {
    /// What can be said of everything together.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        let tally = &self.tally;
        let done = tally.verified + tally.best_effort + tally.names;
        let short = tally.not_in_place + tally.failed + tally.unfinished;
        let problems = self.problems.len() as u64;
        if matches!(self.stopped, Some(Error::Cancelled)) {
            Conclusion::Interrupted
        } else if done + short == 0 && tally.refused + problems > 0 && self.stopped.is_none() {
            Conclusion::Refused
        } else if short + tally.refused + problems > 0 || self.stopped.is_some() {
            Conclusion::Partial
        } else if done == 0 {
            // Nothing was there.
            Conclusion::Refused
        } else if tally.best_effort > 0 {
            Conclusion::BestEffort
        } else {
            Conclusion::Verified
        }
    }

    /// What an overwrite could achieve at the weakest place.
    #[must_use]
    pub fn reach(&self) -> Reach {
        let reaches = self.classes.iter().filter(|class| !class.refused).map(|class| class.reach);
        reaches.max().unwrap_or(Reach::InPlace)
    }
}
