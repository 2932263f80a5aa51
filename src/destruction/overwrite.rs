//! Overwriting what a request lists to be overwritten: files, devices, and sealed files whose keys are gone.
//!
//! The names die with the review key, before anything is overwritten, so what is needed to find the targets again lies in a file
//! of its own beside the key store until an inspection that looked for them has passed. The lines bind it: the digest of a file to
//! be wiped is a salted commitment to its path and identity (`docs/spec/approval.md` §6).
//!
//! Order of persistence, for each run (all targets of one method): `begun`, with what is refused → the journal of the wipe →
//! overwriting → the report → the journal goes → the next run. If we crash, a run with a report is done, and one with a journal goes
//! on, also when it had come to its end: the journal tells of every file what became of it. One with neither overwrites what is still
//! as it was listed. Nothing counts as overwritten but by a row of a report or a line of a journal.

mod run;
mod target;

use std::collections::HashMap;
use std::path::Path;

use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::{Digest, Item, ItemKind};
use sealkeep_keystore::record::{Failed, Wiped};
use serde::{Deserialize, Serialize};

pub(super) use run::{Done, Outcomes};
pub(super) use target::Left;
pub use target::Target;

use super::error::{Error, Result};
use super::request_files::{Part, RequestFiles};
use crate::envelope::Run;

/// Everything that one request overwrites.
#[derive(Debug)]
pub struct Overwriting {
    pub(super) targets: Vec<Listed>,
    suite: Suite,
}

/// A target and the item that it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    pub(super) item: u64,
    pub(super) target: Target,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overwritten {
    /// The reports, without names, for the certificate.
    pub reports: Vec<Vec<u8>>,
    /// What can be claimed of each item, for the record of execution.
    pub wipes: Vec<Wiped>,
    /// Items that were not overwritten as they should have been.
    pub failed: Vec<Failed>,
}

impl Overwriting {
    /// Reads what is to be overwritten, and holds it against the lines. Nothing if no line says that something is.
    ///
    /// # Errors
    /// `Missing`, `Altered`, `Io`.
    pub fn load(
        files: &RequestFiles,
        request: &Digest,
        items: &[Item],
        suite: Suite,
    ) -> Result<Option<Self>> {
        let wanted = || items.iter().filter(|item| is_overwritten(item));
        if wanted().next().is_none() {
            return Ok(None);
        }
        let altered = || Error::Altered { what: "the list of what is to be overwritten" };
        let bytes = files.read(request, Part::Targets)?;
        let targets: Vec<Listed> = serde_json::from_slice(&bytes).map_err(|_| altered())?;
        if targets.len() != wanted().count() {
            return Err(altered());
        }
        for (item, listed) in wanted().zip(&targets) {
            let fits = listed.item == item.item && listed.target.fits(item, suite);
            fits.then_some(()).ok_or_else(altered)?;
        }
        Ok(Some(Self { targets, suite }))
    }

    /// What is not any more what was listed: to be asked before any key is destroyed. Nothing is changed.
    #[must_use]
    pub fn check(&self, items: &[Item]) -> Vec<Error> {
        let by_number: HashMap<u64, &Item> = items.iter().map(|item| (item.item, item)).collect();
        let changed = |listed: &Listed| {
            let item = by_number.get(&listed.item)?;
            let why = listed.target.examine(item, self.suite).err()?;
            Some(Error::Changed { item: listed.item, why })
        };
        self.targets.iter().filter_map(changed).collect()
    }

    /// Looks whether everything could be overwritten as things are now. Nothing is changed.
    ///
    /// # Errors
    /// `NotOverwritable`, `Wipe`.
    pub fn survey(&self, files: &RequestFiles) -> Result<()> {
        survey(&self.targets, files.dir())
    }

    /// Overwrites, or goes on where a crash ended it. What goes wrong with one item is told, with the others done.
    ///
    /// # Errors
    /// `Io` if nothing can be written down beside the key store; `Cancelled`, and then it can be gone on with.
    pub fn execute(
        &self,
        files: &RequestFiles,
        request: &Digest,
        items: &[Item],
        run: &Run<'_>,
    ) -> Result<Overwritten> {
        let mut all = Overwritten::default();
        for (number, group) in groups(&self.targets).into_iter().enumerate() {
            let one = run::carry_out(files, request, number, &group, items, self.suite, run)?;
            all.reports.push(one.report);
            all.wipes.extend(one.wipes);
            all.failed.extend(one.failed);
        }
        all.wipes.sort_by_key(|one| one.item);
        all.failed.sort_by_key(|one| one.item);
        Ok(all)
    }

    /// Items that something is left of: whose file is there with the content that was listed.
    #[must_use]
    pub fn still_there(&self) -> Vec<u64> {
        self.look().filter(|(_, left)| *left == Left::There).map(|(item, _)| item).collect()
    }

    /// What is overwritten, each with its method.
    pub fn paths(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.targets.iter().map(|one| (one.target.path.as_path(), one.target.method.as_str()))
    }

    /// What is left of each item.
    pub(super) fn look(&self) -> impl Iterator<Item = (u64, Left)> {
        self.targets.iter().map(|one| (one.item, one.target.look()))
    }

    /// Number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }
}

/// Items of one method that are overwritten in one run; each device has its own.
fn groups(targets: &[Listed]) -> Vec<Vec<&Listed>> {
    let mut groups: Vec<Vec<&Listed>> = Vec::new();
    for one in targets {
        let same = |group: &&mut Vec<&Listed>| {
            let first = &group[0].target;
            !first.device && !one.target.device && first.method == one.target.method
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

/// Looks whether all of these could be overwritten as things are now: a device that is mounted, a file that is open or may not be
/// changed, a file system that writes elsewhere are found before any key is destroyed. `beside` is the folder of requests.
///
/// # Errors
/// `NotOverwritable`, `Wipe`.
pub(super) fn survey(targets: &[Listed], beside: &std::path::Path) -> Result<()> {
    groups(targets).iter().try_for_each(|group| run::survey(group, beside))
}

/// The bytes of the list.
pub(super) fn encode(targets: &[Listed]) -> Vec<u8> {
    serde_json::to_vec(targets).expect("numbers and strings can be written as JSON")
}

/// Whether an item is overwritten, instead of its key being destroyed or beside that.
pub(super) fn is_overwritten(item: &Item) -> bool {
    matches!(item.kind, ItemKind::File | ItemKind::Device | ItemKind::Sealed)
        && item.method.wipe().is_some()
}
