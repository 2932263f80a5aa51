//! Carrying out a request: its keys destroyed, its record signed and entered. Every step looks at the ledger for what was done
//! before, so that going on after a crash is the same call.

use data_encoding::HEXLOWER;

use super::{entered, logged};
use crate::approval::inventory::ItemKind;
use crate::approval::register::{
    Refusal, RequestRecord, RequestState, StoreEvent, Untouched, What,
};
use crate::approval::{Digest, Item, Register};
use crate::cell::{self, ReadBack};
use crate::clearance::Clearance;
use crate::copy::CopyRecord;
use crate::dsse::Envelope;
use crate::error::{Error, Result};
use crate::lock::WriteLock;
use crate::medium::Medium;
use crate::record::{Cell, Execution, Executor, Failed, Keys, Qualification, StoreCopy, Wiped};
use crate::store::frozen::{Frozen, Stage};
use crate::store::{CopyOutcome, CopyState, KeyStore, Receipt};
use crate::txn::Txn;

/// What the program that carried a request out says of itself, and of what it overwrote.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    /// Name and version.
    pub program: String,
    /// The machine.
    pub host: String,
    /// What became of items that were to be overwritten.
    pub wiping: Wiping,
}

/// What became of items that were to be overwritten.
#[derive(Clone, Debug, Default)]
pub struct Wiping {
    /// What was overwritten.
    pub done: Vec<Wiped>,
    /// What could not be.
    pub failed: Vec<Failed>,
}

/// The kind of envelope that a record of execution comes in.
pub const EXECUTION: &str = "execution";

impl KeyStore {
    /// Destroys the keys of a request whose execution was ordered, unless that was done before. Returns the receipt if it was done
    /// now. What was announced is finished: its keys must be the ones that were listed, and nothing else is asked any more.
    ///
    /// # Errors
    /// [`Error::Refused`] when there is no such order; those about the inventory of [`KeyStore::submit`]; those of a destruction:
    /// [`Error::CopyUnreachable`] means that nothing was destroyed, any other that it is finished at the next opening.
    pub fn execute(&mut self, request: Digest, lines: &str) -> Result<Option<Receipt>> {
        let frozen = Frozen::read(self.suite(), lines)?;
        let lock = self.lock()?;
        self.refresh_locked()?;
        self.finish_intents(&lock)?;
        let register = self.register_locked()?;
        let record = begun(&register, request)?;
        frozen.belongs_to(&record.request.inventory, record.request.level)?;
        if record.destroyed.is_some() || frozen.targets.is_empty() {
            return Ok(None);
        }
        let mut txn = Txn::new(&self.db, &mut self.pager, &self.session.root);
        frozen.check(&mut txn, &self.ids, request.0, Stage::Begun)?;
        let clearance = Clearance { targets: frozen.targets, certificate: request.0 };
        self.destroy_locked(&lock, clearance).map(Some)
    }

    /// The record of an execution, signed by the store: what was destroyed, and how far that reaches now. Live copies are brought
    /// up to date first. The caller keeps it, durably, and hands it to [`KeyStore::finish_execution`].
    ///
    /// # Errors
    /// [`Error::Refused`] when the keys are not destroyed, or it is finished already; [`Error::Unaccounted`] when an item that
    /// was to be overwritten is neither done nor failed; and those about the inventory of [`KeyStore::submit`].
    pub fn record_execution(&mut self, request: Digest, lines: &str, ran: Ran) -> Result<Vec<u8>> {
        let frozen = Frozen::read(self.suite(), lines)?;
        let lock = self.lock()?;
        self.refresh_locked()?;
        self.finish_intents(&lock)?;
        let register = self.register_locked()?;
        let record = begun(&register, request)?.clone();
        frozen.belongs_to(&record.request.inventory, record.request.level)?;
        if record.destroyed.is_none() && !frozen.targets.is_empty() {
            return Err(Refusal::State(record.state).into());
        }
        account(&frozen, &ran.wiping)?;
        let keys = match record.destroyed {
            Some(entry) => Some(self.keys_record(&lock, entry, &frozen)?),
            None => None,
        };
        let mut txn = Txn::new(&self.db, &mut self.pager, &self.session.root);
        txn.moment = Some(self.clock.read());
        let ended = txn.stamp().time;
        let begun = record.begun.ok_or(Refusal::State(record.state))?;
        let state = if ran.wiping.failed.is_empty() { "executed" } else { "partial" };
        let execution = Execution {
            schema: SCHEMA.to_owned(),
            store: HEXLOWER.encode(&self.session.root.store),
            request: request.to_string(),
            inventory: record.request.inventory.root.to_string(),
            executor: executor(&register, &record)?,
            order: order(&record)?.to_string(),
            program: ran.program,
            host: ran.host,
            started: self.time_of(begun)?,
            ended,
            begun,
            destroyed: record.destroyed,
            state: state.to_owned(),
            keys,
            wipes: ran.wiping.done,
            failed: ran.wiping.failed,
        };
        let payload = serde_json::to_vec(&execution).expect("texts and numbers");
        let mut envelope = Envelope::new(EXECUTION, payload);
        envelope.sign(0, "store", &self.signer);
        Ok(envelope.to_bytes())
    }

    /// Enters the record of an execution into the ledger: from here on it is finished, and can be witnessed. Returns the digest of
    /// the record.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is finished already, [`Error::NotOurRecord`] for anything that
    /// [`KeyStore::record_execution`] did not make, and as any change.
    pub fn finish_execution(&mut self, envelope: &[u8]) -> Result<Digest> {
        let (execution, digest) = self.read_record(envelope)?;
        let request = execution.request.parse().map_err(|_| Error::NotOurRecord)?;
        let partial = execution.state != "executed";
        let event = StoreEvent::Finished { request, execution: digest, partial };
        self.governed(|txn, _, register, stamp| {
            let record = begun(register, request)?;
            let (begun, destroyed) = (Some(execution.begun), execution.destroyed);
            let same = (begun, destroyed) == (record.begun, record.destroyed);
            let same = same && execution.executor == executor(register, record)?;
            // If the clock was put back in between, it is recorded anew.
            let late = execution.ended > stamp.time;
            if !same || late || execution.order != order(record)?.to_string() {
                return Err(Error::NotOurRecord);
            }
            txn.log(logged(&event));
            register.apply(&entered(stamp, What::Event(event)), &Untouched)?;
            Ok(digest)
        })
    }

    /// Reads a record of execution that this store signed, and its digest.
    ///
    /// # Errors
    /// [`Error::NotOurRecord`].
    pub fn read_record(&self, envelope: &[u8]) -> Result<(Execution, Digest)> {
        let not_ours = |_| Error::NotOurRecord;
        let envelope = Envelope::parse(EXECUTION, envelope).map_err(not_ours)?;
        let [signature] = envelope.signatures() else { return Err(Error::NotOurRecord) };
        envelope.check(signature, &self.signer.verifying_key()).map_err(not_ours)?;
        let execution: Execution =
            serde_json::from_slice(envelope.payload()).map_err(|_| Error::NotOurRecord)?;
        let ours = HEXLOWER.encode(&self.session.root.store);
        if execution.schema != SCHEMA || execution.store != ours {
            return Err(Error::NotOurRecord);
        }
        Ok((execution, Digest::of(self.suite(), envelope.payload())))
    }

    /// What became of the keys, as it is now: every cell whose old root is gone, and every copy.
    fn keys_record(&mut self, lock: &WriteLock, entry: u64, frozen: &Frozen) -> Result<Keys> {
        let live = |copy: &CopyRecord| copy.live && !copy.given_up;
        let outcomes = self.sync_all(lock, &live, true)?;
        let outcomes = self.with_residuals(outcomes);
        let head = &self.session.head;
        let selected = cell::select(&self.cell, &head.store, head.epoch, head.generation)?;
        let read_back = self.cell.read_erased(1 - selected.index)?;
        let main = cell_record(&self.location.cell, read_back, &Medium::of(&self.location.cell));
        let mut cells = vec![main];
        cells.extend(outcomes.iter().filter_map(|outcome| match outcome.state {
            CopyState::Current { erased, .. } => {
                let how = erased.unwrap_or(ReadBack::Cached);
                Some(cell_record(&outcome.copy.location.cell, how, &outcome.medium))
            }
            CopyState::Behind(_) => None,
        }));
        let (epoch, sequence) = (head.epoch, head.sequence);
        let destroyed = self.count_in(entry)?;
        Ok(Keys {
            targets: frozen.targets.len() as u64,
            digest: frozen.summary.targets.to_string(),
            epoch,
            sequence,
            index_key: destroyed > frozen.targets.len() as u64,
            cells,
            copies: outcomes.iter().map(copy_record).collect(),
        })
    }

    /// How many ids a `destroyed` entry counts: one more than the request names if an index key went with them.
    fn count_in(&mut self, entry: u64) -> Result<u64> {
        let body = self.body_of(entry)?;
        match body.event {
            crate::ledger::Event::Store(event) => {
                Ok(event.detail.get("count").and_then(serde_json::Value::as_u64).unwrap_or(0))
            }
            _ => Err(Error::Damaged(format!("entry {entry} is not of the store"))),
        }
    }

    fn time_of(&mut self, entry: u64) -> Result<u64> {
        Ok(self.body_of(entry)?.time)
    }

    fn body_of(&mut self, entry: u64) -> Result<crate::ledger::Body> {
        let mut txn = Txn::new(&self.db, &mut self.pager, &self.session.root);
        let found = txn.entry(entry)?.ok_or(Error::NoSuchEntry(entry))?;
        found.parse().map_err(|error| Error::Damaged(error.to_string()))
    }
}

/// A request that the store has begun to execute, and has not finished.
fn begun(register: &Register, request: Digest) -> Result<&RequestRecord> {
    let record = register.request(&request).ok_or(Refusal::UnknownRequest(request))?;
    match record.state {
        RequestState::Executing => Ok(record),
        state => Err(Refusal::State(state).into()),
    }
}

fn order(record: &RequestRecord) -> Result<Digest> {
    let order = record.order.as_ref().ok_or(Refusal::State(record.state))?;
    Ok(order.statement)
}

/// Every item that was to be overwritten is either done or failed, and none twice.
fn account(frozen: &Frozen, wiping: &Wiping) -> Result<()> {
    let mut told: Vec<u64> = wiping.done.iter().map(|one| one.item).collect();
    told.extend(wiping.failed.iter().map(|one| one.item));
    told.sort_unstable();
    match told.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => return Err(Error::Unaccounted(pair[0])),
        None if told == frozen.wiped => {}
        None => {
            let odd = frozen.wiped.iter().find(|item| told.binary_search(item).is_err());
            let odd = odd.or_else(|| told.iter().find(|item| !frozen.wiped.contains(item)));
            return Err(Error::Unaccounted(odd.copied().unwrap_or_default()));
        }
    }
    Ok(())
}

fn executor(register: &Register, record: &RequestRecord) -> Result<Executor> {
    let order = record.order.as_ref().ok_or(Refusal::State(record.state))?;
    let officer = register.officer(&order.officer);
    let qualification = officer.and_then(|record| record.officer.qualification.as_ref());
    Ok(Executor {
        officer: order.officer.to_string(),
        person: order.person.to_string(),
        qualification: qualification
            .map(|paper| Qualification { number: paper.number.to_string(), until: paper.until }),
    })
}

fn cell_record(place: &std::path::Path, read_back: ReadBack, medium: &Medium) -> Cell {
    Cell {
        place: place.display().to_string(),
        erased: true,
        read_back: match read_back {
            ReadBack::Direct => "device".to_owned(),
            ReadBack::Cached => "cache".to_owned(),
        },
        medium: format!("{} {}", medium.file_system, medium.overwrite.name()),
        residual: medium.overwrite.is_residual(),
    }
}

fn copy_record(outcome: &CopyOutcome) -> StoreCopy {
    let current = matches!(outcome.state, CopyState::Current { .. });
    let state = match (current, outcome.copy.given_up) {
        (true, _) => "current",
        (false, true) => "given-up",
        (false, false) => "behind",
    };
    StoreCopy {
        id: HEXLOWER.encode(&outcome.copy.id),
        place: outcome.copy.location.dir.display().to_string(),
        state: state.to_owned(),
        residual: !current || outcome.medium.overwrite.is_residual(),
    }
}

/// Whether an item is overwritten, instead of being shredded or beside it.
pub(in crate::store) fn is_wiped(item: &Item) -> bool {
    matches!(item.kind, ItemKind::File | ItemKind::Device | ItemKind::Sealed)
        && item.method.wipe().is_some()
}

const SCHEMA: &str = "sealkeep/execution/v1";
