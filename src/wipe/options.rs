//! How to wipe.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::method::Method;

/// How to wipe.
#[derive(Clone, Debug)]
pub struct WipeOptions {
    /// What to write.
    pub method: Method,
    /// How much to read back.
    pub verify: Verify,
    /// What must be achievable for a target to be touched at all.
    pub require: Require,
    /// Wipe files that have other names outside the targets: their content goes for all names.
    pub hard_links: bool,
    /// Wipe files that other programs have open.
    pub in_use: bool,
    /// Wipe a disk together with its partition table and all partitions.
    pub whole: bool,
    /// Overwrite only; leave files, names and directories.
    pub keep: bool,
    /// List every target in the report, not only those that were named or did not go well.
    pub list: bool,
    /// The directory for the journal by which an interrupted run goes on; without one there is none.
    pub journal: Option<PathBuf>,
    /// How often the place reached in a large target is made durable and written to the journal.
    pub checkpoint: std::time::Duration,
}

impl WipeOptions {
    /// One random pass, read back whole; nothing that needs a second thought.
    ///
    /// # Panics
    /// Never: the method is a built-in one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            method: Method::find("random").expect("it is built in"),
            verify: Verify::Last,
            require: Require::BestEffort,
            hard_links: false,
            in_use: false,
            whole: false,
            keep: false,
            list: false,
            journal: None,
            checkpoint: std::time::Duration::from_secs(15),
        }
    }
}

impl Default for WipeOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// How much is read back and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verify {
    /// All of the last pass.
    Last,
    /// All of every pass.
    Every,
    /// A tenth of the last pass: two random samples in each of 1,000 sections, the first and the last block
    /// (SP 800-88 r1 §4.7).
    Sample,
}

/// What must be achievable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Require {
    /// Nothing: overwrite even where it reaches nothing.
    Nothing,
    /// At least best effort.
    BestEffort,
    /// Only where an overwrite lands on the blocks that hold the content.
    InPlace,
}
