//! The ledger of a store: entries, checkpoints and proofs for whoever reads it, and the check that recomputes it.

mod check;

use std::ops::{ControlFlow, Range};

use serde_json::{Map, Value};

use super::{Actor, KeyStore};
use crate::error::{Error, Result};
use crate::ledger::{
    self, Act, Checkpoint, Entry, Event, Hash, InclusionProof, Verifier, consistency, empty_root,
    inclusion, root_of,
};
use crate::page::FAN_OUT;
use crate::pager::PageSource;
use crate::txn::{Kind, Txn};

pub(super) use check::check_ledger;
pub use check::{LedgerFault, LedgerReport};

/// What the ledger says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerStatus {
    /// Its origin, which checkpoints carry.
    pub origin: String,
    /// Entries in it.
    pub size: u64,
    /// The root of the tree of all of them.
    pub root: Hash,
    /// Time of the last entry, Unix seconds; 0 when there is none.
    pub time: u64,
    /// Seconds from the first to the last entry that passed beyond doubt.
    pub counted: u64,
    /// Keys handed out within an hour that are an alarm; 0: none.
    pub alarm_limit: u64,
}

/// An entry, and the hashes from it up to the root.
pub type Proven = (Entry, Vec<Hash>);

impl KeyStore {
    /// What the ledger says of itself.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ledger_status(&mut self) -> Result<LedgerStatus> {
        self.read(|txn, _| {
            let head = txn.root.ledger.as_ref();
            Ok(LedgerStatus {
                origin: ledger::origin(&txn.root.store, txn.root.incarnation),
                size: txn.ledger_size(),
                root: root(txn),
                time: head.map_or(0, |head| head.time.time),
                counted: head.map_or(0, |head| head.time.counted),
                alarm_limit: head.map_or(0, |head| head.volume.limit),
            })
        })
    }

    /// Makes entries that nothing follows from: for tests and measurements. A store that people use makes its own.
    ///
    /// # Errors
    /// As any change.
    #[cfg(any(test, feature = "test-door"))]
    pub fn log_for_test(&mut self, entries: Vec<Event>) -> Result<u64> {
        self.log(entries)
    }

    /// Time of the ledger and the seconds that passed beyond doubt, as an entry made now would have them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ledger_clock(&mut self) -> Result<(u64, u64)> {
        let moment = self.clock.read();
        self.read(|txn, _| {
            txn.moment = Some(moment);
            let stamp = txn.stamp();
            Ok((stamp.time, stamp.counted))
        })
    }

    /// Makes entries of their own, in one commit, and returns the number of the first. For what is no change of keys; changes,
    /// and keys that are handed out, have theirs anyway.
    ///
    /// # Errors
    /// [`Error::Unrecorded`] when it could not be written, or an entry is too long; [`Error::Busy`].
    pub(crate) fn log(&mut self, entries: Vec<Event>) -> Result<u64> {
        let logged = self.write(Kind::Append, None, |txn, _| {
            let numbers: Vec<u64> = entries.into_iter().map(|event| txn.log(event)).collect();
            Ok((numbers.first().copied().unwrap_or(txn.ledger_size()), Vec::new()))
        });
        logged.map(|(first, _)| first).map_err(super::access::unrecorded)
    }

    /// Calls `each` with the entries of a range, in order, until it breaks.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub fn ledger_entries(
        &mut self,
        range: Range<u64>,
        mut each: impl FnMut(&Entry) -> ControlFlow<()>,
    ) -> Result<()> {
        self.read(|txn, _| {
            let end = range.end.min(txn.ledger_size());
            let mut at = range.start;
            while at < end {
                for entry in txn.entries_in_page(page_of(at)?)? {
                    if range.contains(&entry.index) {
                        if each(&entry).is_break() {
                            return Ok(());
                        }
                        at = entry.index + 1;
                    }
                }
            }
            Ok(())
        })
    }

    /// The entries that the register of officers and requests is made from: statements, what the store did, alarms.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub fn registered_entries(&mut self) -> Result<Vec<Entry>> {
        self.read(|txn, _| registered_entries(txn, 0))
    }

    /// The checkpoint of the ledger as it is now, signed by the store: a C2SP signed note.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn checkpoint(&mut self) -> Result<String> {
        let checkpoint = self.read(|txn, _| Ok(head_of(txn)))?;
        Ok(checkpoint.sign(&self.signer).to_string())
    }

    /// The proof that an entry is in the ledger as it is now, with a checkpoint: a C2SP tlog-proof.
    ///
    /// # Errors
    /// [`Error::NoSuchEntry`], and when the store cannot be read.
    pub fn prove(&mut self, index: u64) -> Result<String> {
        let (checkpoint, hashes) = self.read(|txn, _| {
            let checkpoint = head_of(txn);
            if index >= checkpoint.size {
                return Err(Error::NoSuchEntry(index));
            }
            let suite = txn.root.suite;
            let hashes = inclusion(suite, &mut txn.stored_nodes(suite), index, checkpoint.size)?;
            Ok((checkpoint, hashes))
        })?;
        let checkpoint = checkpoint.sign(&self.signer).to_string();
        Ok(InclusionProof { index, hashes, checkpoint }.to_string())
    }

    /// Proofs for many entries, all for the ledger as it is now: the entries, their proofs, and the checkpoint that these
    /// lead to.
    ///
    /// # Errors
    /// [`Error::NoSuchEntry`], and when the store cannot be read.
    pub fn prove_many(&mut self, indices: &[u64]) -> Result<(Vec<Proven>, String)> {
        let (proofs, checkpoint) = self.read(|txn, _| {
            let checkpoint = head_of(txn);
            let suite = txn.root.suite;
            let mut entries = Vec::with_capacity(indices.len());
            for &index in indices {
                entries.push(txn.entry(index)?.ok_or(Error::NoSuchEntry(index))?);
            }
            let mut nodes = txn.stored_nodes(suite);
            let proven = entries.into_iter().map(|entry| {
                let proof = inclusion(suite, &mut nodes, entry.index, checkpoint.size)?;
                Ok((entry, proof))
            });
            Ok((proven.collect::<Result<_>>()?, checkpoint))
        })?;
        Ok((proofs, checkpoint.sign(&self.signer).to_string()))
    }

    /// Calls `each` with the entries of a range and their proofs, in order, until it breaks; returns the checkpoint that all
    /// of these lead to.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub fn prove_range(
        &mut self,
        range: Range<u64>,
        mut each: impl FnMut(&Entry, &[Hash]) -> ControlFlow<()>,
    ) -> Result<String> {
        let checkpoint = self.read(|txn, _| {
            let checkpoint = head_of(txn);
            let (suite, end) = (txn.root.suite, range.end.min(checkpoint.size));
            if range.start >= end {
                return Ok(checkpoint);
            }
            for page in page_of(range.start)?..=page_of(end - 1)? {
                let entries = txn.entries_in_page(page)?;
                let mut nodes = txn.stored_nodes(suite);
                for entry in entries.iter().filter(|entry| range.contains(&entry.index)) {
                    let proof = inclusion(suite, &mut nodes, entry.index, checkpoint.size)?;
                    if each(entry, &proof).is_break() {
                        return Ok(checkpoint);
                    }
                }
            }
            Ok(checkpoint)
        })?;
        Ok(checkpoint.sign(&self.signer).to_string())
    }

    /// Records an administrative act that changes nothing in the store, such as giving out its ledger.
    ///
    /// # Errors
    /// [`Error::Unrecorded`] when it could not be written; [`Error::Busy`].
    pub fn log_act(&mut self, operation: &str, detail: Map<String, Value>) -> Result<u64> {
        let Actor { who, source, .. } = self.actor.clone();
        let act = Act { operation: operation.to_owned(), who, source, detail };
        self.log(vec![Event::Act(act)])
    }

    /// The proof that the ledger of `to` entries begins with that of `from`.
    ///
    /// # Errors
    /// [`Error::NoSuchEntry`] when there are not so many, and when the store cannot be read.
    pub fn prove_consistency(&mut self, from: u64, to: u64) -> Result<Vec<Hash>> {
        self.read(|txn, _| {
            if to > txn.ledger_size() || from > to {
                return Err(Error::NoSuchEntry(from.max(to)));
            }
            let suite = txn.root.suite;
            consistency(suite, &mut txn.stored_nodes(suite), from, to)
        })
    }

    /// The key that checkpoints of this ledger are verified with.
    #[must_use]
    pub fn verifier_key(&self) -> Verifier {
        let root = &self.session.root;
        let origin = ledger::origin(&root.store, root.incarnation);
        Verifier::log(&origin, self.signer.verifying_key())
    }

    /// Recomputes the whole ledger, and compares it with checkpoints that were signed before, which finds what somebody who has
    /// the store's key may have done. What is wrong is reported.
    ///
    /// # Errors
    /// When the store cannot be read at all.
    pub fn check_ledger(&mut self, against: &[String]) -> Result<LedgerReport> {
        let key = self.signer.verifying_key();
        self.read(|txn, _| check_ledger(txn, &key, against))
    }

    /// Says what time it is from here on: for tests.
    #[cfg(any(test, feature = "test-door"))]
    pub fn set_clock_for_test(&mut self, wall: u64, boot_ms: u64) {
        let moment = crate::clock::Moment { wall, since_boot: boot_ms, boot: [1; 16] };
        self.clock = crate::clock::Clock::Set(moment);
    }

    /// Sets how many keys handed out within an hour are an alarm: for tests. A policy does it otherwise.
    ///
    /// # Errors
    /// As any change.
    #[cfg(any(test, feature = "test-door"))]
    pub fn set_alarm_limit_for_test(&mut self, limit: u64) -> Result<()> {
        let set = self.write(Kind::Append, None, |txn, _| {
            txn.set_alarm_limit(limit);
            Ok(((), Vec::new()))
        });
        set.map(drop)
    }
}

/// The entries that the register is made from, without the first `known` ones, as a transaction sees them.
pub(super) fn registered_entries<S: PageSource>(
    txn: &mut Txn<'_, S>,
    known: u32,
) -> Result<Vec<Entry>> {
    let numbers = txn.registered_after(known)?;
    txn.entries_at(&numbers)
}

fn head_of<S: PageSource>(txn: &mut Txn<'_, S>) -> Checkpoint {
    Checkpoint {
        origin: ledger::origin(&txn.root.store, txn.root.incarnation),
        size: txn.ledger_size(),
        root: root(txn),
    }
}

fn root<S: PageSource>(txn: &Txn<'_, S>) -> Hash {
    txn.root.ledger.as_ref().map_or_else(|| empty_root(txn.root.suite), |head| head.root())
}

fn page_of(index: u64) -> Result<u32> {
    u32::try_from(index / u64::from(FAN_OUT)).map_err(|_| Error::NoSuchEntry(index))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sealkeep_crypto::Suite;

    use super::*;
    use crate::custody::{KeyFile, NewCustody};
    use crate::ledger::StoreEvent;
    use crate::store::{InitOptions, Location};

    #[test]
    fn the_register_reads_only_what_it_does_not_know() {
        let dir = tempfile::tempdir().expect("a folder");
        let place = Location::new(dir.path().join("keys"), None);
        let custody = [NewCustody::KeyFile(&KeyFile::generate())];
        let options = InitOptions { suite: Suite::Aes256Gcm, custody: &custody, shares: None };
        let (mut store, _) =
            KeyStore::init(&place, &options, Duration::from_secs(5)).expect("a new store");
        let event = |number: usize| {
            let operation = "x".repeat(1 + number % 500);
            Event::Store(StoreEvent { operation, detail: Map::new(), request: None })
        };
        store.log((0..700).map(event).collect()).expect("logged");
        let all = store.registered_entries().expect("readable");
        let read = store.read(|txn, _| {
            for known in [0, 1, 255, 256, 257, 600, 701] {
                let rest = registered_entries(txn, known)?;
                assert_eq!(rest, all[known as usize..], "after {known}");
            }
            for entry in &all {
                assert_eq!(txn.entry(entry.index)?.as_ref(), Some(entry));
            }
            Ok(())
        });
        read.expect("readable");
        store.register().expect("readable");
        assert_eq!(store.known.as_ref().map(|known| known.entries), Some(701));
    }
}
