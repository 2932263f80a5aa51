//! The check of the ledger: everything is recomputed from the bodies.

use sealkeep_crypto::VerifyingKey;

use super::{page_of, root_of};
use crate::error::{Error, Result};
use crate::ledger::{
    Body, Checkpoint, Entry, Event, Frontier, Hash, Note, Verifier, empty_root, origin,
};
use crate::page::{FAN_OUT, HASHES};
use crate::pager::PageSource;
use crate::txn::Txn;

/// What a check of the ledger found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerReport {
    /// Entries read and found right.
    pub entries: u64,
    /// Root over them.
    pub root: Hash,
    /// Earlier checkpoints that the ledger still contains.
    pub consistent: usize,
    /// What is wrong. Empty when all is well.
    pub faults: Vec<LedgerFault>,
}

/// One thing that is wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerFault {
    /// A page or an entry is damaged, or what the trees say differs from the entries.
    #[error("{0}")]
    Damaged(String),
    /// An entry is earlier than the one before.
    #[error("entry {0} is earlier than the one before")]
    Time(u64),
    /// A checkpoint that was given is none, or not of this ledger.
    #[error("checkpoint {0} is not one that this key store signed")]
    Foreign(usize),
    /// An earlier checkpoint has more entries: the ledger was cut, or an older store was put back.
    #[error("checkpoint {at} has {size} entries, the ledger only {entries}")]
    Cut {
        /// Which of those that were given, from 0.
        at: usize,
        /// Its entries.
        size: u64,
        /// Entries there are.
        entries: u64,
    },
    /// An earlier checkpoint covers entries that were lost when the store was restored from an older copy.
    #[error("checkpoint {at} has {size} entries; a restore kept the first {kept}")]
    LostByRestore {
        /// Which of those that were given, from 0.
        at: usize,
        /// Its entries.
        size: u64,
        /// Entries that the restore kept.
        kept: u64,
    },
    /// The ledger does not begin with what an earlier checkpoint covers: it was rewritten.
    #[error("the first {size} entries are not those of checkpoint {at}")]
    Rewritten {
        /// Which of those that were given, from 0.
        at: usize,
        /// Its entries.
        size: u64,
    },
}

/// Recomputes the ledger and compares it with earlier checkpoints.
pub(in crate::store) fn check_ledger<S: PageSource>(
    txn: &mut Txn<'_, S>,
    key: &VerifyingKey,
    against: &[String],
) -> Result<LedgerReport> {
    let mut report = LedgerReport::default();
    let (store, incarnation) = (txn.root.store, txn.root.incarnation);
    let mut earlier = Vec::new();
    for (at, note) in against.iter().enumerate() {
        match read_checkpoint(note, &store, incarnation, key) {
            Some((incarnation, checkpoint)) => earlier.push((at, incarnation, checkpoint)),
            None => report.faults.push(LedgerFault::Foreign(at)),
        }
    }
    let mut walk = Walk::new(txn.root.suite, earlier.iter().map(|(.., one)| one.size).collect());
    match walk.all(txn, &mut report) {
        Ok(()) => {}
        Err(Error::Damaged(what)) => report.faults.push(LedgerFault::Damaged(what)),
        Err(error) => return Err(error),
    }
    for (at, incarnation, checkpoint) in &earlier {
        match walk.judge(*at, *incarnation, checkpoint) {
            None => report.consistent += 1,
            Some(fault) => report.faults.push(fault),
        }
    }
    (report.entries, report.root) = (walk.frontier.size(), walk.frontier.root());
    Ok(report)
}

/// The checkpoint in a note, if the store signed it in this incarnation or an earlier one.
fn read_checkpoint(
    note: &str,
    store: &[u8; 16],
    newest: u16,
    key: &VerifyingKey,
) -> Option<(u16, Checkpoint)> {
    let note: Note = note.parse().ok()?;
    let named = Checkpoint::from_text(&note.text).ok()?.origin;
    let incarnation = (1..=newest).find(|incarnation| named == origin(store, *incarnation))?;
    let checkpoint = Verifier::log(&named, key.clone()).checkpoint(&note).ok()?;
    Some((incarnation, checkpoint))
}

/// A walk over all entries.
struct Walk {
    frontier: Frontier,
    /// Sizes at which the root is wanted, and the roots found.
    wanted: Vec<u64>,
    roots: Vec<(u64, Hash)>,
    /// Hashes of complete subtrees, for trees 4 to 6.
    complete: [Vec<Hash>; 3],
    registered: Vec<u64>,
    /// Numbers of the entries with which incarnations begin.
    restored: Vec<(u64, u64)>,
    time: u64,
    counted: u64,
}

impl Walk {
    fn new(suite: sealkeep_crypto::Suite, wanted: Vec<u64>) -> Self {
        Self {
            frontier: Frontier::new(suite),
            wanted,
            roots: vec![(0, empty_root(suite))],
            complete: Default::default(),
            registered: Vec::new(),
            restored: Vec::new(),
            time: 0,
            counted: 0,
        }
    }

    fn all<S: PageSource>(
        &mut self,
        txn: &mut Txn<'_, S>,
        report: &mut LedgerReport,
    ) -> Result<()> {
        let size = txn.ledger_size();
        for page in 0..page_of(size + u64::from(FAN_OUT) - 1)? {
            let entries = txn.entries_in_page(page)?;
            for entry in &entries {
                self.entry(entry, report)?;
            }
        }
        self.compare(txn)
    }

    fn entry(&mut self, entry: &Entry, report: &mut LedgerReport) -> Result<()> {
        let index = entry.index;
        let body = entry.parse();
        let body = body.map_err(|error| Error::Damaged(format!("entry {index}: {error}")))?;
        if body.time < self.time || body.counted < self.counted {
            report.faults.push(LedgerFault::Time(index));
        }
        (self.time, self.counted) = (body.time, body.counted);
        if body.event.is_registered() {
            self.registered.push(index);
        }
        if let Some(incarnation) = restored(&body) {
            self.restored.push((incarnation, index));
        }
        let leaf = entry.leaf_hash(self.suite());
        let complete = &mut self.complete;
        self.frontier.push_and_tell(leaf, |level, hash| {
            if level % 8 == 0
                && let Some(hashes) = complete.get_mut((level / 8) as usize - 1)
            {
                hashes.push(*hash);
            }
        });
        if self.wanted.contains(&self.frontier.size()) {
            self.roots.push((self.frontier.size(), self.frontier.root()));
        }
        Ok(())
    }

    /// Compares the trees of hashes and numbers, and the root page, with what the entries give.
    fn compare<S: PageSource>(&self, txn: &mut Txn<'_, S>) -> Result<()> {
        let differs =
            |what: &str| Error::Damaged(format!("the ledger's {what} differs from its entries"));
        for (tree, expected) in HASHES.into_iter().zip(&self.complete) {
            for (page, expected) in (0..).zip(expected.chunks(FAN_OUT as usize)) {
                if txn.hashes_in_page(tree, page)? != expected {
                    return Err(differs("tree of hashes"));
                }
            }
        }
        if txn.registered_after(0)? != self.registered {
            return Err(differs("list of registered entries"));
        }
        let Some(head) = &txn.root.ledger else { return Ok(()) };
        let (time, counted) = (head.time.time, head.time.counted);
        if head.frontier != self.frontier || (time, counted) != (self.time, self.counted) {
            return Err(differs("head"));
        }
        let (suite, size) = (self.suite(), self.frontier.size());
        if root_of(suite, &mut txn.stored_nodes(suite), size)? != self.frontier.root() {
            return Err(differs("root"));
        }
        Ok(())
    }

    /// What is wrong between the ledger and an earlier checkpoint.
    fn judge(&self, at: usize, incarnation: u16, checkpoint: &Checkpoint) -> Option<LedgerFault> {
        let (size, entries) = (checkpoint.size, self.frontier.size());
        let next = self.restored.iter().find(|(other, _)| *other > u64::from(incarnation));
        if let Some((_, kept)) = next.filter(|(_, kept)| size > *kept) {
            return Some(LedgerFault::LostByRestore { at, size, kept: *kept });
        }
        if size > entries {
            return Some(LedgerFault::Cut { at, size, entries });
        }
        let same = self.roots.contains(&(size, checkpoint.root));
        (!same).then_some(LedgerFault::Rewritten { at, size })
    }

    fn suite(&self) -> sealkeep_crypto::Suite {
        self.frontier.suite()
    }
}

/// The incarnation that an entry says has begun.
fn restored(body: &Body) -> Option<u64> {
    match &body.event {
        Event::Store(event) if event.operation == "restored" => {
            event.detail.get("incarnation")?.as_u64()
        }
        _ => None,
    }
}
