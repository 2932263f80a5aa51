//! Healing a copy from another, or the vault from a copy.

use std::time::Duration;

use super::check::{check_fingerprint, inspect, items};
use super::contents::{Item, Packs};
use super::guard::highest;
use super::transfer::{Moved, put_head, transfer};
use crate::envelope::Run;
use crate::parallel::parallel;
use crate::vault::description::{self, VaultFile};
use crate::vault::error::{Error, Refused, Result};
use crate::vault::head::{self, Head};
use crate::vault::pack::PackPart;
use crate::vault::storage::{Lock, Storage};

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// Files that are there and right again.
    pub healed: Vec<String>,
    /// Files that are still missing or wrong.
    pub unhealed: Vec<Unhealed>,
}

/// A file that could not be healed: where it should have come from, it is missing or wrong as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unhealed {
    /// Which.
    pub name: String,
    /// Whether it is not there at all; otherwise what is there is wrong, and was left as it is.
    pub missing: bool,
}

/// Replaces what is missing or rotten in `place`, as its own head says, by what `from` has, if that is right.
/// Strays are left alone. `trusted` is the fingerprint of the vault.
///
/// # Errors
/// `NotAVault` if there is nothing to heal: use [`sync`](super::sync). `Refused` if the two are not of one vault; `NoHead` if
/// neither has a head to go by; `NotKept`, `Io`, `Busy`, `Cancelled`. Each file that was healed stays so.
pub fn repair(
    place: &dyn Storage,
    from: &dyn Storage,
    trusted: Option<&str>,
    wait: Duration,
    run: &Run<'_>,
) -> Result<RepairReport> {
    let vault = VaultFile::read(from)?;
    check_fingerprint(&vault, trusted)?;
    let _source = from.lock(Lock::Shared, wait)?;
    let _alone = place.lock(Lock::Exclusive, wait)?;
    let job = Job { place, from, vault: &vault, run };
    let mut report = RepairReport::default();
    job.heal_vault(&mut report)?;
    let head = job.heal_head(&mut report)?;
    // The index files first: they say which packs there have to be.
    job.heal(&items(&head, Vec::new()), &mut report)?;
    let packs = Packs::of(place, &vault, &head)?.packs;
    job.heal(&packs.into_iter().map(Item::Pack).collect::<Vec<_>>(), &mut report)?;
    Ok(report)
}

struct Job<'j> {
    place: &'j dyn Storage,
    from: &'j dyn Storage,
    vault: &'j VaultFile,
    run: &'j Run<'j>,
}

impl Job<'_> {
    /// The file `vault`. If it cannot be read, a head must show that this is the same vault.
    fn heal_vault(&self, report: &mut RepairReport) -> Result<()> {
        let missing = match VaultFile::read(self.place) {
            Ok(theirs) if theirs == *self.vault => return Ok(()),
            Ok(_) => return Err(Error::refused(description::NAME)(Refused::ForeignVault)),
            Err(Error::NotAVault(_)) => true,
            Err(Error::Refused { .. } | Error::TooLarge(_)) => false,
            Err(error) => return Err(error),
        };
        if head::newest(self.place, self.vault)?.head.is_none() {
            return Err(Error::NotAVault(self.place.describe()));
        }
        let bytes = self.from.read(description::NAME, u32::MAX.into())?;
        if !missing {
            self.place.delete(description::NAME)?;
        }
        self.place.put_bytes(description::NAME, &bytes)?;
        report.healed.push(description::NAME.to_owned());
        Ok(())
    }

    /// The head to go by: its own newest, healed if need be, or that of `from`.
    fn heal_head(&self, report: &mut RepairReport) -> Result<Head> {
        let own = head::newest(self.place, self.vault)?;
        for (name, _) in &head::refused(self.place, self.vault)? {
            if let Some(bytes) = self.good_head(name)? {
                self.place.delete(name)?;
                put_head(self.place, name, &bytes)?;
                report.healed.push(name.clone());
            } else {
                report.unhealed.push(Unhealed { name: name.clone(), missing: false });
            }
        }
        if let Some(head) = head::newest(self.place, self.vault)?.head {
            return Ok(head);
        }
        let theirs = head::newest(self.from, self.vault)?;
        let head = theirs.head.filter(|head| head.sequence >= highest(&own));
        let head = head.ok_or_else(|| Error::NoHead(self.place.describe()))?;
        let name = Head::name(head.sequence);
        put_head(self.place, &name, &theirs.bytes)?;
        report.healed.push(name);
        Ok(head)
    }

    fn good_head(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let bytes = match self.from.read(name, u32::MAX.into()) {
            Err(Error::Missing(_) | Error::BadName(_)) => return Ok(None),
            other => other?,
        };
        let head = Head::open(&bytes, self.vault.vault, &self.vault.public);
        Ok(head.is_ok_and(|head| Head::name(head.sequence) == name).then_some(bytes))
    }

    fn heal(&self, items: &[Item], report: &mut RepairReport) -> Result<()> {
        let bad = inspect(self.place, self.vault, items, self.run)?;
        let heal = |at: usize, (): &mut ()| {
            let (item, faults) = &bad[at];
            let missing = faults.iter().any(|fault| fault.part == PackPart::Missing);
            let places = (self.from, self.place);
            let moved = transfer(places, self.vault, &items[*item], !missing, self.run);
            moved.map(|moved| (moved, missing))
        };
        for (at, moved) in parallel(self.run.workers, bad.len(), heal, Result::is_err) {
            let name = items[bad[at].0].name();
            match moved? {
                (Moved::BadSource, missing) => report.unhealed.push(Unhealed { name, missing }),
                (Moved::Done | Moved::Already, _) => report.healed.push(name),
            }
        }
        Ok(())
    }
}
