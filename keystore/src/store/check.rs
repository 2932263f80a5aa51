//! A check that trusts nothing and reads everything.

use std::collections::BTreeSet;
use std::time::Duration;

use super::batch::Batch;
use super::destroy::survivors;
use super::ledger::{LedgerFault, check_ledger};
use super::{KeyStore, Location, locate, open_database};
use crate::cell::CellFile;
use crate::custody::Unlock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::names;
use crate::page::{Address, DIRECTORY, FAN_OUT, FIRST_SCOPE, LEDGER_TREES, NAMES};
use crate::pager::{PageSource, Pager};
use crate::records::{children, list};
use crate::root::RootPage;
use crate::scope::ScopeBody;
use crate::state::KeyState;
use crate::txn::Txn;

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    /// Whether the store was opened: without a custody only the outside is checked.
    pub opened: bool,
    /// Pages read and found right.
    pub pages: usize,
    /// Live scopes.
    pub scopes: usize,
    /// Live keys.
    pub keys: u64,
    /// Destroyed keys that still have a tombstone of their own.
    pub destroyed: u64,
    /// Entries of the ledger.
    pub entries: u64,
    /// What is wrong. Empty when all is well.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// SQLite's own check of the database file.
    #[error("database file: {0}")]
    Database(String),
    /// The root cell does not fit the database.
    #[error("root cell: {0}")]
    Cell(String),
    /// A page that its parent names is missing, changed or does not open.
    #[error("{0}")]
    Page(String),
    /// A page is there that nothing names.
    #[error("page {0:#x} belongs to nothing")]
    Orphan(u64),
    /// The tombstone feed is not whole or not signed by this store.
    #[error("the tombstone feed is not whole")]
    Feed,
    /// The feed names a key that is still there.
    #[error("key {0} is in the tombstone feed and still there")]
    Undead(crate::KeyId),
    /// The ledger is not what its entries give.
    #[error("ledger: {0}")]
    Ledger(LedgerFault),
    /// A slot of the cell still holds something besides the current root.
    #[error("the root cell still holds an older root")]
    Unsettled,
}

/// What a walk over the whole tree saw.
#[derive(Default)]
pub(super) struct Walked {
    pages: BTreeSet<Address>,
    scopes: usize,
    keys: u64,
    destroyed: u64,
}

impl KeyStore {
    /// Reads everything and reports what is wrong; changes nothing. With a custody every page is opened.
    ///
    /// # Errors
    /// [`Error::NotAStore`], [`Error::WrongCustody`]. Damage is reported, not returned as an error.
    pub fn check(
        location: &Location,
        unlock: Option<&Unlock<'_>>,
        wait: Duration,
    ) -> Result<CheckReport> {
        let mut report = CheckReport::default();
        let db = open_database(location, wait)?;
        match db.integrity() {
            Ok(None) => {}
            Ok(Some(found)) => report.problems.push(Problem::Database(found)),
            Err(error) => report.problems.push(Problem::Database(error.to_string())),
        }
        let located = locate(location, &db, &CellFile::at(&location.cell), wait);
        match located {
            Ok((_, selected)) if selected.unsettled => report.problems.push(Problem::Unsettled),
            Ok(_) => {}
            Err(error) => {
                report.problems.push(Problem::Cell(error.to_string()));
                return Ok(report);
            }
        }
        drop(db);
        let Some(unlock) = unlock else { return Ok(report) };
        match Self::open_as_it_is(location, unlock, wait) {
            Ok((mut store, _)) => store.check_inside(&mut report)?,
            Err(Error::Damaged(what)) => report.problems.push(Problem::Page(what)),
            Err(Error::Database(error)) => {
                report.problems.push(Problem::Database(error.to_string()))
            }
            Err(error) => return Err(error),
        }
        Ok(report)
    }

    /// Reads one snapshot, without the lock: others go on working.
    fn check_inside(&mut self, report: &mut CheckReport) -> Result<()> {
        report.opened = true;
        self.db.begin()?;
        let checked = match self.refresh() {
            Ok(true) => self.check_snapshot(report),
            Ok(false) => Err(Error::Busy(self.wait)),
            Err(error) => Err(error),
        };
        self.db.end()?;
        match checked {
            Err(Error::Damaged(what)) => report.problems.push(Problem::Page(what)),
            Err(Error::Database(error)) => {
                report.problems.push(Problem::Database(error.to_string()))
            }
            other => return other,
        }
        Ok(())
    }

    fn check_snapshot(&mut self, report: &mut CheckReport) -> Result<()> {
        let mut pager = Pager::new(self.pager.binding);
        match walk(&self.db, &mut pager, &self.session.root) {
            Ok(walked) => {
                report.pages = walked.pages.len() + 1;
                (report.scopes, report.keys, report.destroyed) =
                    (walked.scopes, walked.keys, walked.destroyed);
                let named = |at: &Address| *at == Address::ROOT || walked.pages.contains(at);
                let orphans = self.db.addresses()?.into_iter().filter(|at| !named(at));
                report.problems.extend(orphans.map(|at| Problem::Orphan(at.to_u64())));
            }
            Err(error) => report.problems.push(Problem::Page(error.to_string())),
        }
        let head = &self.session.head;
        let feed = self.db.tombstones_since(0)?;
        if !head.feed.verify(head.suite, &head.store, &feed, &self.signer.verifying_key()) {
            report.problems.push(Problem::Feed);
        }
        let mut txn = Txn::new(&self.db, &mut pager, &self.session.root);
        match check_ledger(&mut txn, &self.signer.verifying_key(), &[]) {
            Ok(ledger) => {
                report.entries = ledger.entries;
                report.problems.extend(ledger.faults.into_iter().map(Problem::Ledger));
            }
            Err(error) => report.problems.push(Problem::Page(error.to_string())),
        }
        let dead: Vec<_> = feed.iter().map(|dead| dead.id).collect();
        match survivors(&mut txn, &Batch::of(&self.ids, &dead)) {
            Ok(undead) => report.problems.extend(undead.into_iter().map(Problem::Undead)),
            Err(error) => report.problems.push(Problem::Page(error.to_string())),
        }
        Ok(())
    }
}

/// Opens every page there must be, from the root down, and decodes every record.
pub(super) fn walk(db: &Db, pager: &mut Pager, root: &RootPage) -> Result<Walked> {
    let mut walked = Walked::default();
    let mut txn = Txn::new(db, pager, root);
    tree(&mut txn, &mut walked, DIRECTORY, root.directory.height, root.scopes)?;
    ledger_pages(&mut txn, &mut walked, root)?;
    if root.names.is_some() {
        name_pages(&mut txn, &mut walked, Address { tree: NAMES, level: 0, index: 0 })?;
    }
    for number in FIRST_SCOPE..FIRST_SCOPE + root.scopes {
        let Some(scope) = txn.scope(number)? else { continue };
        let ScopeBody::Live { height, .. } = scope.body else { continue };
        walked.scopes += 1;
        let name = scope.name().ok_or_else(|| Error::Damaged("a scope name is not text".into()))?;
        if txn.find_name(name)? != Some(number) {
            return Err(Error::Damaged(format!("scope {number} is not found by its name")));
        }
        tree(&mut txn, &mut walked, number, height, scope.count)?;
        for page in 0..scope.count.div_ceil(FAN_OUT) {
            for record in txn.keys_in_page(number, &scope, page)?.1 {
                match record.state {
                    KeyState::Destroyed | KeyState::DestroyedCompromised => walked.destroyed += 1,
                    _ => walked.keys += 1,
                }
            }
        }
    }
    Ok(walked)
}

/// Every page of a radix tree with `count` entries.
fn tree<S: PageSource>(
    txn: &mut Txn<'_, S>,
    walked: &mut Walked,
    tree: u32,
    height: u8,
    count: u32,
) -> Result<()> {
    let mut entries = count;
    for level in 0..=height {
        let pages = entries.div_ceil(FAN_OUT);
        for index in 0..pages {
            let at = Address::new(tree, level, index);
            let expected = (entries - index * FAN_OUT).min(FAN_OUT);
            txn.read(at, |page| {
                let seen = if level == 0 { list::count(page)? } else { children::count(page)? };
                if u32::from(seen) == expected {
                    Ok(())
                } else {
                    Err(Error::Damaged(format!(
                        "page {:#x} has {seen} entries, not {expected}",
                        at.to_u64()
                    )))
                }
            })?;
            walked.pages.insert(at);
        }
        entries = pages;
    }
    Ok(())
}

/// Every page of the ledger.
fn ledger_pages<S: PageSource>(
    txn: &mut Txn<'_, S>,
    walked: &mut Walked,
    root: &RootPage,
) -> Result<()> {
    let Some(ledger) = &root.ledger else { return Ok(()) };
    for number in LEDGER_TREES {
        let records = ledger.tree(number);
        tree(txn, walked, number, records.top.height, records.count)?;
    }
    walked.pages.extend(txn.body_pages()?);
    Ok(())
}

fn name_pages<S: PageSource>(txn: &mut Txn<'_, S>, walked: &mut Walked, at: Address) -> Result<()> {
    walked.pages.insert(at);
    let below = txn.read(at, |page| {
        let mut below = Vec::new();
        if names::is_interior(page)? {
            for slot in 0..=u8::MAX {
                if children::get(page, slot)?.is_some() {
                    below.push(slot);
                }
            }
        } else {
            for record in list::all(page)? {
                names::decode(record)?;
            }
        }
        Ok(below)
    })?;
    for slot in below {
        name_pages(txn, walked, names::below(at, slot))?;
    }
    Ok(())
}
