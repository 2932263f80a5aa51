//! Bringing a copy up to date.

use std::collections::HashMap;
use std::time::Duration;

use super::contents::{Item, Packs, Surplus};
use super::guard::{self, Before};
use super::transfer::{Moved, put_head, transfer};
use crate::envelope::Run;
use crate::parallel::parallel;
use crate::vault::description::{self, VaultFile};
use crate::vault::error::{Error, Result};
use crate::vault::head::{self, Head, Newest};
use crate::vault::storage::{Lock, Storage, VaultLock};

/// How to bring a copy up to date.
#[derive(Clone, Copy, Debug)]
pub struct SyncOptions {
    /// The number of the head that the register says the copy had after its last sync. A copy that is further than that, with
    /// a head that the vault does not know, is evidence that the vault was put back to an earlier state.
    pub known: Option<u64>,
    /// How long to wait for others that work on the vault or the copy.
    pub wait: Duration,
    /// Change nothing, and say what would be brought and removed. What the vault itself lacks is found only by reading it.
    pub dry_run: bool,
}

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// The number of the head that the copy has now.
    pub head: u64,
    /// When that head was written, in Unix seconds.
    pub time: u64,
    /// The number of the head that it had before.
    pub before: Option<u64>,
    /// Files that were there already.
    pub present: u64,
    /// Files that were brought.
    pub brought: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that the vault itself lacks or has wrong, so that the copy lacks them as well. The copy can be used; the vault
    /// should be healed from another copy.
    pub damaged: Vec<String>,
    /// Files that were removed, because the vault has them no longer.
    pub removed: u64,
    /// Files that should have been removed and were not: the copy is in use, or the vault is damaged.
    pub left: Vec<String>,
    /// Files with names that no vault gives. They stay.
    pub foreign: Vec<String>,
}

/// Makes `copy` hold what the newest head of the vault in `main` stands for. An empty directory becomes a copy.
///
/// # Errors
/// `NoHead`, `Refused` if index files of the vault are damaged; `CopyAhead`, `CopyDiverged`, `NotEmpty` or `Refused` if the copy
/// must not be changed; `NotKept`, `Io`, `Busy`, `Cancelled`. What was brought stays, and the next run goes on from there.
pub fn sync(
    main: &dyn Storage,
    vault: &VaultFile,
    copy: &dyn Storage,
    options: &SyncOptions,
    run: &Run<'_>,
) -> Result<SyncReport> {
    let _reading = main.lock(Lock::Shared, options.wait)?;
    let mut brought = (0, 0);
    loop {
        let newest = head::newest(main, vault)?;
        let report = bring(main, vault, copy, &newest, options, run)?;
        let number = |newest: &Newest| newest.head.as_ref().map(|head| head.sequence);
        let moved = |now: &Newest| number(now) != number(&newest);
        // What somebody has forgotten meanwhile is not damaged: a newer head does not name it.
        if !report.damaged.is_empty() && moved(&head::newest(main, vault)?) {
            brought = (brought.0 + report.brought, brought.1 + report.bytes);
            continue;
        }
        let (files, bytes) = (report.brought + brought.0, report.bytes + brought.1);
        return Ok(SyncReport { brought: files, bytes, ..report });
    }
}

/// Makes a copy hold what this head stands for.
fn bring(
    main: &dyn Storage,
    vault: &VaultFile,
    copy: &dyn Storage,
    newest: &Newest,
    options: &SyncOptions,
    run: &Run<'_>,
) -> Result<SyncReport> {
    let head = newest.head.as_ref().ok_or_else(|| Error::NoHead(main.describe()))?;
    let packs = Packs::all_of(main, vault, head)?;
    let before = guard::look(main, vault, newest, copy, options.known)?;
    let adding = match options.dry_run {
        // Taking the lock would make its file.
        true => VaultLock::needless(),
        false => copy.lock(Lock::Shared, options.wait)?,
    };

    let listed = copy.list("")?;
    let surplus = Surplus::of(&listed, head, &packs);
    let job = Job { main, vault, copy, listed: listed.into_iter().collect(), run };
    let mut report = SyncReport {
        head: head.sequence,
        time: head.time,
        before: match before {
            Before::Empty => None,
            Before::Copy(before) => before,
        },
        foreign: surplus.foreign,
        ..SyncReport::default()
    };
    let waves = waves(head, packs.iter().map(|pack| Item::Pack(*pack)).collect());
    if options.dry_run {
        job.foresee(&waves.concat(), newest, &mut report);
        report.removed = surplus.unnamed.len() as u64;
        return Ok(report);
    }
    for items in waves {
        job.bring(&items, &mut report)?;
    }
    job.bring_head(newest, head, &mut report)?;
    drop(adding);
    if surplus.unnamed.is_empty() {
        return Ok(report);
    }
    if !report.damaged.is_empty() {
        report.left = surplus.unnamed;
        return Ok(report);
    }
    job.remove(head, surplus.unnamed, options.wait, report)
}

/// The files in the order in which they are brought; each list is durable before the next is begun.
fn waves(head: &Head, packs: Vec<Item>) -> Vec<Vec<Item>> {
    let of = |belongs: &dyn Fn(&str) -> bool| {
        let files = head.files.iter().filter(|file| belongs(&file.name));
        files.map(|file| Item::File(file.clone())).collect::<Vec<_>>()
    };
    let in_folder = |folder: &'static str| move |name: &str| name.starts_with(folder);
    vec![
        of(&|name| name == description::NAME),
        packs,
        of(&in_folder("index/")),
        of(&in_folder("records/")),
        of(&in_folder("register/")),
        of(&in_folder("snapshots/")),
    ]
}

struct Job<'j> {
    main: &'j dyn Storage,
    vault: &'j VaultFile,
    copy: &'j dyn Storage,
    /// What the copy had at the beginning.
    listed: HashMap<String, u64>,
    run: &'j Run<'j>,
}

impl Job<'_> {
    /// Those that the copy does not have, or not in this length.
    fn wanted<'i>(&self, items: &'i [Item]) -> Vec<&'i Item> {
        let lacks = |item: &&Item| self.listed.get(&item.name()) != Some(&item.length());
        items.iter().filter(lacks).collect()
    }

    fn foresee(&self, items: &[Item], newest: &Newest, report: &mut SyncReport) {
        let wanted = self.wanted(items);
        let head = u64::from(report.before != Some(report.head));
        report.present = (items.len() - wanted.len()) as u64 + 1 - head;
        report.brought = wanted.len() as u64 + head;
        report.bytes =
            wanted.iter().map(|item| item.length()).sum::<u64>() + head * newest.bytes.len() as u64;
    }

    fn bring(&self, items: &[Item], report: &mut SyncReport) -> Result<()> {
        let wanted = self.wanted(items);
        report.present += (items.len() - wanted.len()) as u64;
        let bring = |at: usize, (): &mut ()| {
            let replace = self.listed.contains_key(&wanted[at].name());
            transfer((self.main, self.copy), self.vault, wanted[at], replace, self.run)
        };
        let moved = parallel(self.run.workers, wanted.len(), bring, Result::is_err);
        for (at, moved) in moved {
            match moved? {
                Moved::Done => {
                    report.brought += 1;
                    report.bytes += wanted[at].length();
                }
                Moved::Already => report.present += 1,
                Moved::BadSource => report.damaged.push(wanted[at].name()),
            }
        }
        Ok(())
    }

    fn bring_head(&self, newest: &Newest, head: &Head, report: &mut SyncReport) -> Result<()> {
        if report.before == Some(head.sequence) {
            report.present += 1;
            return Ok(());
        }
        let name = Head::name(head.sequence);
        if self.listed.contains_key(&name) {
            // It is there and cannot be believed, or the copy would have this head.
            self.copy.delete(&name)?;
        }
        put_head(self.copy, &name, &newest.bytes)?;
        report.brought += 1;
        report.bytes += newest.bytes.len() as u64;
        Ok(())
    }

    /// Removes what the new head does not name, snapshots before what they need, once nobody reads the copy.
    fn remove(
        &self,
        head: &Head,
        mut unnamed: Vec<String>,
        wait: Duration,
        mut report: SyncReport,
    ) -> Result<SyncReport> {
        let alone = match self.copy.lock(Lock::Exclusive, wait) {
            Err(Error::Busy(_)) => None,
            other => Some(other?),
        };
        let still = head::newest(self.copy, self.vault)?.head;
        if alone.is_none() || still.is_none_or(|now| now.sequence != head.sequence) {
            report.left = unnamed;
            return Ok(report);
        }
        unnamed.sort_by_key(|name| match name.split_once('/') {
            Some(("snapshots", _)) => 0,
            Some(("packs", _)) => 2,
            _ => 1,
        });
        for name in &unnamed {
            self.copy.delete(name)?;
            report.removed += 1;
        }
        Ok(report)
    }
}
