//! Copies of the key store: append-only row files and a root cell of their own. No SQLite, so that a copy may lie
//! on a network share or a stick.

mod progress;
mod rows;
mod scan;
mod target;

use std::time::Duration;

pub(crate) use progress::{Progress, with_timeout};
pub(crate) use rows::{RowFile, Tail, Update as RowUpdate};
#[cfg(feature = "fuzzing")]
pub(crate) use scan::commits_in;
pub(crate) use scan::{Collected, last, read};
pub(crate) use target::{MAX_INTENT, Probe, Target, Update, read_intent};

use crate::store::Location;

/// A registered copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyRecord {
    /// Its id, random.
    pub id: [u8; 16],
    /// Where it lies.
    pub location: Location,
    /// Brought up to date before anything is reported done.
    pub live: bool,
    /// What happens when a live copy cannot be reached.
    pub on_failure: OnFailure,
    /// How long a live copy may show no progress.
    pub timeout: Duration,
    /// When it was registered, Unix seconds.
    pub added: u64,
    /// It was given up, but its root could not be erased: it may still open what it holds. It is kept in the books, and
    /// named by every receipt, until it is found and erased.
    pub given_up: bool,
}

/// What happens when a live copy cannot be brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The act is reported as failed.
    Refuse,
    /// The act goes through, and says that the copy is behind.
    Warn,
}
