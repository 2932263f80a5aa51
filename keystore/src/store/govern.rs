//! What officers decide, accepted and carried out: the register in the ledger, and what follows from it in the same commit.
//!
//! Order of persistence of an execution: the order (`execute`) and `destroy-begun` in one commit → keys destroyed and `destroyed`
//! in one commit, the old root erased, live copies too (`destroy.rs`) → the caller overwrites what is to be overwritten →
//! `finished` with the digest of the record. If we crash after the first, [`KeyStore::execute`] goes on with the second; after
//! the second, [`KeyStore::finish_execution`] is what is left.

mod execution;
mod holds;

pub(super) use execution::is_wiped;
pub use execution::{EXECUTION, Ran, Wiping};

use sealkeep_crypto::VerifyingKey;

use super::KeyStore;
use super::access::detail;
use super::frozen::{Frozen, Stage};
use super::pending;
use crate::approval::register::{Effect, RequestRecord};
use crate::approval::register::{Entered, Refusal, StoreEvent, Touched, Untouched, What};
use crate::approval::statement::Hold;
use crate::approval::{Digest, Register, Said, Statement};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::id::{IdCipher, KeyId};
use crate::ledger::{self, AlarmKind, Event};
use crate::txn::{Kind, Stamp, Txn};

/// A statement that was accepted, and what followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Digest of the statement.
    pub digest: Digest,
    /// Number of its entry.
    pub index: u64,
    /// What the store did.
    pub effects: Vec<Effect>,
}

/// The register as it was after so many of the entries that it is made from.
pub(super) struct Known {
    pub(super) entries: u32,
    register: Register,
}

impl KeyStore {
    /// The key under which this store signs checkpoints, records and certificates.
    #[must_use]
    pub fn public_key(&self) -> VerifyingKey {
        self.signer.verifying_key()
    }

    /// What follows from all statements so far: officers, policy, requests, holds, grants.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the ledger has a statement that cannot have been accepted, and when the store cannot be read.
    pub fn register(&mut self) -> Result<Register> {
        let known = self.known.as_ref().map_or(0, |known| known.entries);
        let new = self.read(|txn, _| news(txn, known))?;
        self.learn(new).cloned()
    }

    /// Takes a statement: if all rules hold, its entry in the ledger and what follows from it are one commit, a new epoch.
    /// `lines` is the text of the request's inventory, for a request, an approval and an order. A statement that was accepted before
    /// is not accepted again.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Refused`]; [`Error::InventoryNeeded`], [`Error::Inventory`],
    /// [`Error::OtherInventory`], [`Error::Stale`] about the inventory: nothing was accepted then. And as any change: where the
    /// disk failed, the commit may have been made; whoever submits the statement again learns it, since it is then
    /// [`Refusal::Duplicate`].
    pub fn submit(&mut self, envelope: &[u8], lines: Option<&str>) -> Result<Accepted> {
        let suite = self.suite();
        let statement = Statement::parse(suite, envelope)?;
        let frozen = lines.map(|lines| Frozen::read(suite, lines)).transpose()?;
        if let Said::Genesis(genesis) = &statement.said
            && genesis.key.0 != self.signer.verifying_key()
        {
            return Err(Error::OtherStoreKey);
        }
        let digest = statement.digest;
        let what = What::Statement(Box::new(statement));
        let touched = about(&what, frozen.as_ref());
        self.governed(|txn, ids, register, stamp| {
            let entered = entered(stamp, what);
            let touched = match hold_in(&entered.what) {
                Some(hold) => holds::begun(txn, ids, register, hold)?,
                None => touched,
            };
            let effects = register.apply(&entered, &touched)?;
            if let Some(request) = concerned(&entered.what) {
                let record = register.request(&request).ok_or(Refusal::UnknownRequest(request))?;
                hold_against(txn, ids, &entered.what, record, frozen.as_ref())?;
            }
            txn.log(Event::statement(envelope));
            follow_all(txn, ids, register, &effects, frozen.as_ref(), stamp)?;
            note_heads(txn, register);
            Ok(Accepted { digest, index: stamp.index, effects })
        })
    }

    /// Ends a request whose time is over: its keys become what they were. It takes no statement; the clock decides.
    ///
    /// # Errors
    /// [`Error::Refused`] when its time is not over, and as any change.
    pub fn expire(&mut self, request: Digest) -> Result<()> {
        self.governed(|txn, ids, register, stamp| {
            let event = StoreEvent::Expired { request };
            txn.log(logged(&event));
            let effects = register.apply(&entered(stamp, What::Event(event)), &Untouched)?;
            follow_all(txn, ids, register, &effects, None, stamp)
        })
    }

    /// A change about which the register decides: a new epoch. `act` gets the register, and the number and times of the entry
    /// that it makes. If the clock jumped, that is a commit of its own before: what is refused then cannot take the alarm back.
    fn governed<R>(
        &mut self,
        act: impl FnOnce(&mut Txn<'_, Db>, &IdCipher, &mut Register, Stamp) -> Result<R>,
    ) -> Result<R> {
        let lock = self.lock()?;
        self.refresh_locked()?;
        self.finish_intents(&lock)?;
        let moment = Some(self.clock.read());
        let mut txn = Txn::new(&self.db, &mut self.pager, &self.session.root);
        txn.moment = moment;
        txn.stamp();
        if txn.clock_jumped() {
            self.write_locked(&lock, Kind::Append, None, |txn, _| {
                txn.moment = moment;
                Ok(((), Vec::new()))
            })?;
        }
        let mut register = self.register_locked()?;
        let (done, _) = self.write_locked(&lock, Kind::Epoch, None, |txn, ids| {
            txn.moment = moment;
            let stamp = txn.stamp();
            Ok((act(txn, ids, &mut register, stamp)?, Vec::new()))
        })?;
        Ok(done)
    }

    /// The register, with the lock held.
    pub(super) fn register_locked(&mut self) -> Result<Register> {
        let known = self.known.as_ref().map_or(0, |known| known.entries);
        let mut txn = Txn::new(&self.db, &mut self.pager, &self.session.root);
        let new = news(&mut txn, known)?;
        self.learn(new).cloned()
    }

    /// Brings the register that is known up to date. What is in the ledger was checked when it was accepted, and its
    /// pages are sealed; that it is accepted again shows that nothing was lost in between.
    fn learn(&mut self, (from, entries): (u32, Vec<ledger::Entry>)) -> Result<&Register> {
        let (store, suite) = (self.session.root.store, self.session.root.suite);
        let known = self.known.take().filter(|known| known.entries == from);
        let mut known =
            known.unwrap_or(Known { entries: 0, register: Register::new(store, suite) });
        for entry in &entries {
            let read = Entered::read(suite, entry.index, &entry.body);
            let read = read.map_err(|error| Error::Damaged(error.to_string()))?;
            let Some(entered) = read else { continue };
            match known.register.apply(&entered, &Untouched) {
                Ok(_) => {}
                // What the tombstones of a copy brought into a store that was restored: its ledger does not know the
                // request, or not that it was executed. The keys are gone; the request comes to nothing.
                Err(Refusal::UnknownRequest(_) | Refusal::State(_))
                    if matches!(entered.what, What::Event(StoreEvent::Destroyed { .. })) => {}
                Err(refusal) => {
                    let what = format!("entry {} of the ledger: {refusal}", entry.index);
                    return Err(Error::Damaged(what));
                }
            }
        }
        known.entries = from + u32::try_from(entries.len()).expect("at most 2^28");
        Ok(&self.known.insert(known).register)
    }
}

/// The entries that the register is made from after so many that are known, and where they begin: at 0 if there are fewer.
fn news(txn: &mut Txn<'_, Db>, known: u32) -> Result<(u32, Vec<ledger::Entry>)> {
    let from = if known <= txn.registered_count() { known } else { 0 };
    Ok((from, super::ledger::registered_entries(txn, from)?))
}

fn entered(stamp: Stamp, what: What) -> Entered {
    Entered { index: stamp.index, time: stamp.time, counted: stamp.counted, what }
}

/// The entry of something that the store does.
fn logged(event: &StoreEvent) -> Event {
    Event::Store(event.entry())
}

/// What the statement's own inventory has; of others nothing is known, and nothing asked.
fn about(what: &What, frozen: Option<&Frozen>) -> Touched {
    let mut touched = Touched::default();
    if let (Some(request), Some(frozen)) = (concerned(what), frozen) {
        touched.insert(request, frozen.items());
    }
    touched
}

/// The request that a statement is or is about.
fn concerned(what: &What) -> Option<Digest> {
    match what {
        What::Statement(statement) => match &statement.said {
            Said::Request(_) => Some(statement.digest),
            said => said.about(),
        },
        _ => None,
    }
}

/// The hold that a statement places.
fn hold_in(what: &What) -> Option<&Hold> {
    match what {
        What::Statement(statement) => match &statement.said {
            Said::Hold(hold) => Some(hold),
            _ => None,
        },
        _ => None,
    }
}

/// The inventory must be the request's, and, as long as the request can still come to an execution, what the store itself
/// knows of its keys.
fn hold_against(
    txn: &mut Txn<'_, Db>,
    ids: &IdCipher,
    what: &What,
    record: &RequestRecord,
    frozen: Option<&Frozen>,
) -> Result<()> {
    let What::Statement(statement) = what else { return Ok(()) };
    let needed = statement.said.needs_inventory();
    let frozen = match frozen {
        None if needed => return Err(Error::InventoryNeeded(record.digest)),
        None => return Ok(()),
        Some(frozen) => frozen,
    };
    frozen.belongs_to(&record.request.inventory, record.request.level)?;
    if needed { frozen.check(txn, ids, record.digest.0, Stage::Open) } else { Ok(()) }
}

/// Does all that follows from an accepted entry, in its commit.
fn follow_all(
    txn: &mut Txn<'_, Db>,
    ids: &IdCipher,
    register: &Register,
    effects: &[Effect],
    frozen: Option<&Frozen>,
    stamp: Stamp,
) -> Result<()> {
    // What requests had made pending is looked for everywhere: once for all of them.
    let freed = effects.iter().filter_map(|effect| match effect {
        Effect::RestorePending { request } => Some(request.0),
        _ => None,
    });
    let freed: Vec<[u8; 32]> = freed.collect();
    if !freed.is_empty() {
        pending::unpend(txn, &freed, stamp.time)?;
    }
    effects.iter().try_for_each(|effect| follow(txn, ids, register, effect, frozen, stamp))
}

/// Does what follows from an accepted entry; [`follow_all`] has freed what was pending.
fn follow(
    txn: &mut Txn<'_, Db>,
    ids: &IdCipher,
    register: &Register,
    effect: &Effect,
    frozen: Option<&Frozen>,
    stamp: Stamp,
) -> Result<()> {
    let of = |request: &Digest| frozen.ok_or(Error::InventoryNeeded(*request));
    match effect {
        Effect::Freeze { request } => pending::freeze(txn, ids, &of(request)?.keys, stamp.time),
        Effect::MakePending { request } => {
            pending::pend(txn, ids, &of(request)?.targets, request.0, stamp.time)
        }
        Effect::RestorePending { .. } => Ok(()),
        Effect::Begin { request, order } => {
            txn.log(logged(&StoreEvent::DestroyBegun { request: *request, order: *order }));
            Ok(())
        }
        Effect::Hold { hold, targets } => {
            super::keys::set_hold(txn, ids, targets, true, stamp.time)?;
            log_targets(txn, "held", *hold, targets);
            Ok(())
        }
        Effect::Release { hold, targets } => {
            super::keys::set_hold(txn, ids, targets, false, stamp.time)?;
            log_targets(txn, "released", *hold, targets);
            Ok(())
        }
        Effect::Policy { .. } => {
            let Some(policy) = register.policy() else { return Ok(()) };
            txn.set_alarm_limit(policy.alarms.opened_per_hour);
            txn.set_access_rules(policy.access.purpose, policy.access.restricted_from);
            Ok(())
        }
        Effect::BreakGlass { grant } => {
            let until = register.grants().find(|record| record.digest == *grant);
            txn.break_glass(until.map_or(0, |record| record.until));
            let detail = detail([("grant", grant.to_string().into())]);
            txn.log(Event::Alarm(ledger::Alarm { alarm: AlarmKind::BreakGlass, detail }));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn log_targets(txn: &mut Txn<'_, Db>, operation: &str, by: Digest, targets: &[KeyId]) {
    txn.log(super::access::done_to(txn.root.suite, operation, targets, Some(by.0)));
}

/// The heads of officers and policy in the root page.
fn note_heads(txn: &mut Txn<'_, Db>, register: &Register) {
    let head = |digest: Option<Digest>| digest.map_or([0; 32], |digest| digest.0);
    txn.root.heads = [head(register.officers_head()), head(register.policy_digest())];
}
