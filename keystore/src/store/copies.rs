//! Keeping copies of the store: registering, bringing up to date, checking, giving up.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sealkeep_crypto::random;

use super::{KeyStore, Location};
use crate::cell::{self, CellFile, ReadBack, Slot, SlotIdentity};
use crate::clearance::Intent;
use crate::copy::{
    CopyRecord, MAX_INTENT, OnFailure, Probe, Progress, RowFile, RowUpdate, Tail, Target, Update,
    last, read_intent, with_timeout,
};
use crate::db::{Ack, STEPS_KEPT};
use crate::error::{Error, Result};
use crate::files::now;
use crate::ledger::Event;
use crate::lock::WriteLock;
use crate::medium::Medium;
use crate::page::Address;
use crate::txn::Kind;

/// What became of one copy.
#[derive(Clone, Debug)]
pub struct CopyOutcome {
    /// The copy.
    pub copy: CopyRecord,
    /// Whether it is up to date now.
    pub state: CopyState,
    /// What its root cell lies on.
    pub medium: Medium,
}

/// Whether a copy is up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyState {
    /// It holds everything.
    Current {
        /// Bytes that were written to it.
        bytes: u64,
        /// How an old root was erased there, if one was.
        erased: Option<ReadBack>,
    },
    /// It was not brought up to date, and still holds the older state.
    Behind(String),
}

/// A registered copy and how far it is known to be.
#[derive(Clone, Debug)]
pub struct CopyStatus {
    /// The copy.
    pub copy: CopyRecord,
    /// Number of the commit that it is known to hold; `None` when never brought up to date.
    pub sequence: Option<u64>,
    /// When that became known, Unix seconds.
    pub when: Option<u64>,
    /// Whether it holds everything that the store holds now.
    pub current: bool,
}

/// What a copy's files say of themselves, without any key.
#[derive(Clone, Debug)]
pub struct CopyCheck {
    /// Id of the store.
    pub store: [u8; 16],
    /// Id of the copy.
    pub copy: [u8; 16],
    /// Epoch of its last whole commit.
    pub epoch: u64,
    /// Number of its last whole commit.
    pub sequence: u64,
    /// Bytes that are whole.
    pub whole: u64,
    /// Bytes behind the last whole commit: a write cut short, or damage.
    pub torn: u64,
    /// The root cell holds the root of that commit.
    pub cell_fits: bool,
    /// An old root is still there, to be erased at the next sync.
    pub unsettled: bool,
    /// A destruction was announced and is not through.
    pub intent: bool,
}

/// A row file is written anew when it is this many times larger than what it holds.
const COMPACT_AT: u64 = 4;
/// Row files below this are never written anew for their size.
const COMPACT_FLOOR: u64 = 16 << 20;
const MAX_COPIES: usize = 64;

impl KeyStore {
    /// Registers a copy at an empty place and fills it.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`]; [`Error::CopyUnreachable`] when it could not be filled: it stays registered, since it may
    /// hold a root by then, and is filled at the next sync.
    pub fn add_copy(
        &mut self,
        location: &Location,
        live: bool,
        on_failure: OnFailure,
        timeout: Duration,
    ) -> Result<CopyOutcome> {
        if self.session.root.copies.len() >= MAX_COPIES {
            return Err(Error::CopyUnreachable {
                path: location.dir.clone(),
                reason: format!("{MAX_COPIES} copies are registered"),
            });
        }
        let location = absolute(location)?;
        if self
            .session
            .root
            .copies
            .iter()
            .any(|other| !other.given_up && other.location.dir == location.dir)
        {
            return Err(Error::AlreadyExists(location.dir));
        }
        let copy = CopyRecord {
            id: random::array(),
            location,
            live,
            on_failure,
            timeout,
            added: now(),
            given_up: false,
        };
        self.target(&copy).create()?;
        let (registered, entry) = (copy.clone(), self.copy_entry("added", &copy));
        self.write(Kind::Append, None, |txn, _| {
            txn.log(entry);
            txn.root.copies.push(registered);
            Ok(((), Vec::new()))
        })?;
        let mut outcomes = self.sync_copies(|other| other.id == copy.id)?;
        match outcomes.pop() {
            Some(CopyOutcome { state: CopyState::Behind(reason), .. }) => {
                Err(Error::CopyUnreachable { path: copy.location.dir, reason })
            }
            Some(outcome) => Ok(outcome),
            None => Err(Error::NoSuchCopy(copy.location.dir)),
        }
    }

    /// Gives up a copy: erases its root cell if it can be reached, and begins a new epoch, so that what it
    /// holds does not open later states. Returns how the cell was erased; where it was not, or not surely, the copy
    /// stays in the books as given up and every later receipt names it.
    ///
    /// # Errors
    /// [`Error::NoSuchCopy`].
    pub fn remove_copy(&mut self, dir: &Path) -> Result<std::result::Result<ReadBack, String>> {
        let copy = self.copy_at(dir)?;
        let target = self.target(&copy);
        let erased = with_timeout(copy.timeout, move |progress| target.erase_cell(progress))();
        let gone = erased.is_ok() && !Medium::of(&copy.location.cell).overwrite.is_residual();
        let entry = self.copy_entry(if gone { "removed" } else { "given-up" }, &copy);
        self.write(Kind::Epoch, None, |txn, _| {
            txn.log(entry);
            if gone {
                txn.root.copies.retain(|other| other.id != copy.id);
            } else if let Some(kept) = txn.root.copies.iter_mut().find(|other| other.id == copy.id)
            {
                (kept.live, kept.given_up) = (false, true);
            }
            Ok(((), Vec::new()))
        })?;
        self.db.drop_ack(&copy.id)?;
        Ok(erased)
    }

    /// Registered copies and how far each is known to be.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn copies(&self) -> Result<Vec<CopyStatus>> {
        let head = &self.session.head;
        let status = |copy: &CopyRecord| {
            let ack = self.db.ack(&copy.id)?.filter(|ack| ack.incarnation == head.incarnation);
            let (sequence, when) = (ack.as_ref().map(|ack| ack.sequence), ack.map(|ack| ack.when));
            Ok(CopyStatus {
                copy: copy.clone(),
                sequence,
                when,
                current: sequence == Some(head.sequence),
            })
        };
        self.session.root.copies.iter().map(status).collect()
    }

    /// Brings every live copy up to date: to be called before anything is reported done.
    ///
    /// # Errors
    /// [`Error::CopyUnreachable`] for a copy whose policy is to refuse, after all were tried.
    pub fn sync_live_copies(&mut self) -> Result<Vec<CopyOutcome>> {
        if !self.session.root.copies.iter().any(|copy| copy.live) {
            return Ok(Vec::new());
        }
        let outcomes = self.sync_chosen(&|copy| copy.live, false)?;
        refuse_behind(&outcomes)?;
        Ok(outcomes)
    }

    /// Brings the chosen copies up to date, live or not, after reading them whole: what is damaged is written anew.
    ///
    /// # Errors
    /// When the main store cannot be read. A copy that cannot be reached is an outcome, not an error.
    pub fn sync_copies(
        &mut self,
        chosen: impl Fn(&CopyRecord) -> bool,
    ) -> Result<Vec<CopyOutcome>> {
        self.sync_chosen(&chosen, true)
    }

    /// Checks a copy without any key: row file whole, running hash right, root cell fits.
    ///
    /// # Errors
    /// [`Error::NotACopy`], and what the file system says.
    pub fn check_copy(location: &Location) -> Result<CopyCheck> {
        let target = Target::at(location)?;
        let damaged = || Error::Damaged("the copy has no whole commit".into());
        let tail = last(&location.dir, &target.identity, &Progress::new())?.ok_or_else(damaged)?;
        let cell = CellFile::at(&location.cell);
        let selected =
            cell::select(&cell, &target.identity.store, tail.head.epoch, tail.head.generation);
        Ok(CopyCheck {
            store: target.identity.store,
            copy: target.identity.copy,
            epoch: tail.head.epoch,
            sequence: tail.head.sequence,
            whole: tail.length,
            torn: tail.torn,
            unsettled: selected.as_ref().is_ok_and(|selected| selected.unsettled),
            cell_fits: selected.is_ok(),
            intent: read_intent(&location.dir)?.is_some(),
        })
    }

    /// The largest commit number that some copy is known to hold.
    pub(super) fn copied_up_to(&self) -> Result<u64> {
        Ok(self.copies()?.iter().filter_map(|copy| copy.sequence).max().unwrap_or(0))
    }

    /// Under the lock. With `whole`, copies are read from the beginning, whatever is known of them.
    fn sync_chosen(
        &mut self,
        chosen: &dyn Fn(&CopyRecord) -> bool,
        whole: bool,
    ) -> Result<Vec<CopyOutcome>> {
        let lock = self.lock()?;
        self.refresh_locked()?;
        self.finish_intents(&lock)?;
        let chosen = |copy: &CopyRecord| !copy.given_up && chosen(copy);
        if whole {
            for copy in self.session.root.copies.iter().filter(|copy| chosen(copy)) {
                self.db.drop_ack(&copy.id)?;
            }
        }
        self.sync_all(&lock, &chosen, true)
    }

    /// Brings chosen copies up to date, all at once, each within its own time.
    pub(super) fn sync_all(
        &mut self,
        _lock: &WriteLock,
        chosen: &dyn Fn(&CopyRecord) -> bool,
        clear_intent: bool,
    ) -> Result<Vec<CopyOutcome>> {
        let copies: Vec<CopyRecord> =
            self.session.root.copies.iter().filter(|copy| chosen(copy)).cloned().collect();
        let probed = self.probe_all(&copies)?;
        let mut writes = Vec::new();
        for (copy, probe) in copies.iter().zip(probed) {
            writes.push(match probe {
                Ok(probe) => match self.update_for(probe, clear_intent) {
                    Ok(update) => {
                        let target = self.target(copy);
                        Ok(with_timeout(copy.timeout, move |progress| {
                            target.apply(update, progress)
                        }))
                    }
                    Err(error @ Error::CopyAhead(_)) => Err(error.to_string()),
                    Err(error) => return Err(error),
                },
                Err(reason) => Err(reason),
            });
        }
        let mut outcomes = Vec::new();
        for (copy, write) in copies.into_iter().zip(writes) {
            let state = match write.and_then(|wait| wait()) {
                Ok(applied) => {
                    let head = &self.session.head;
                    if let Some(tail) = &applied.tail {
                        self.db.put_ack(
                            &copy.id,
                            &Ack {
                                incarnation: head.incarnation,
                                sequence: head.sequence,
                                file: tail.file.clone(),
                                length: tail.length,
                                running: tail.running,
                                when: now(),
                            },
                        )?;
                    }
                    CopyState::Current { bytes: applied.bytes as u64, erased: applied.erased }
                }
                Err(reason) => CopyState::Behind(reason),
            };
            let medium = Medium::of(&copy.location.cell);
            outcomes.push(CopyOutcome { copy, state, medium });
        }
        Ok(outcomes)
    }

    /// Writes an intent down, here and on every live copy, before anything is destroyed. Returns its number here.
    pub(super) fn announce(&mut self, intent: &Intent) -> Result<i64> {
        let signed = self.sign_intent(intent);
        if signed.len() as u64 > MAX_INTENT {
            return Err(Error::Clearance("it lists more than one act has room for".into()));
        }
        let live: Vec<CopyRecord> =
            self.session.root.copies.iter().filter(|copy| copy.live).cloned().collect();
        // First see that every copy answers, so that an intent is not left on some of them.
        let answers = self.probe_all(&live)?;
        for (copy, answer) in live.iter().zip(&answers) {
            refuse_one(copy, answer)?;
        }
        let reached: Vec<CopyRecord> = live
            .into_iter()
            .zip(answers)
            .filter(|(_, answer)| answer.is_ok())
            .map(|(copy, _)| copy)
            .collect();
        let number = self.db.put_intent(&signed)?;
        let writes = at_once(&reached, |copy| {
            let (target, signed) = (self.target(copy), signed.clone());
            move |progress: &Progress| target.write_intent(&signed, progress)
        });
        let refused =
            reached.iter().zip(&writes).try_for_each(|(copy, answer)| refuse_one(copy, answer));
        if let Err(error) = refused {
            // Nothing was destroyed, so nothing may be announced either. A copy that does not answer now is cleared
            // at its next sync.
            at_once(&reached, |copy| {
                let target = self.target(copy);
                move |progress: &Progress| target.take_back_intent(progress)
            });
            self.db.drop_intent(number)?;
            return Err(error);
        }
        Ok(number)
    }

    /// Looks at copies, all at once. What each is known to hold is not read again.
    fn probe_all(&self, copies: &[CopyRecord]) -> Result<Vec<std::result::Result<Probe, String>>> {
        let acks = copies.iter().map(|copy| self.db.ack(&copy.id)).collect::<Result<Vec<_>>>()?;
        let mut acks = acks.into_iter();
        Ok(at_once(copies, |copy| {
            let (target, ack) = (self.target(copy), acks.next().flatten());
            move |progress: &Progress| target.probe(ack.as_ref(), progress)
        }))
    }

    /// Outcomes for every registered copy: those not brought up to date are residual.
    pub(super) fn with_residuals(&self, mut outcomes: Vec<CopyOutcome>) -> Vec<CopyOutcome> {
        for copy in &self.session.root.copies {
            if !outcomes.iter().any(|outcome| outcome.copy.id == copy.id) {
                let reason = if copy.given_up {
                    "given up without being erased: it may still open what it holds"
                } else {
                    "not a live copy: bring it up to date"
                };
                outcomes.push(CopyOutcome {
                    copy: copy.clone(),
                    state: CopyState::Behind(reason.into()),
                    medium: Medium::of(&copy.location.cell),
                });
            }
        }
        outcomes
    }

    pub(super) fn target(&self, copy: &CopyRecord) -> Target {
        let head = &self.session.head;
        let identity = RowFile { suite: head.suite, store: head.store, copy: copy.id };
        Target { location: copy.location.clone(), identity }
    }

    /// What a copy lacks: the rows since its last commit when that is one of ours, everything otherwise.
    fn update_for(&self, probe: Probe, clear_intent: bool) -> Result<Update> {
        let (head, root) = (&self.session.head, &self.session.root);
        let tail = match probe.tail.clone() {
            Some(tail) => self.extendable(tail)?,
            None => None,
        };
        let same_root = tail.as_ref().is_some_and(|tail| {
            (tail.head.epoch, tail.head.generation) == (head.epoch, head.generation)
        });
        let (cell_id, current) = probe.cell.unwrap_or_else(|| (random::array(), 1));
        let slot = if same_root && probe.cell.is_some() {
            None
        } else {
            let identity = SlotIdentity {
                suite: head.suite,
                store: head.store,
                cell: cell_id,
                incarnation: head.incarnation,
                epoch: head.epoch,
                generation: head.generation,
            };
            let bytes = Slot::make(&identity, &root.custodies, &self.session.root_key)?;
            let opened = Slot::parse(&bytes).and_then(|slot| slot.open(&self.custodian));
            if opened.is_none() {
                return Err(Error::Damaged("a new cell slot does not open".into()));
            }
            Some((bytes, current))
        };
        let erase = match &slot {
            Some((_, current)) => Some(*current),
            None => probe.unsettled.then_some(1 - current),
        };
        let up_to_date =
            tail.as_ref().is_some_and(|tail| tail.head.sequence == head.sequence && tail.torn == 0);
        let rows = if up_to_date { None } else { Some(self.rows_since(tail.as_ref())?) };
        let root = (head.epoch, head.generation);
        Ok(Update { probed: probe, slot, erase, rows, tail, root, clear_intent })
    }

    /// The tail again if the copy can be brought up to date by appending to it; `None` if it is to be written anew.
    ///
    /// A copy is written anew only when everything it holds is known here. One that knows more must never be
    /// overwritten: it may be the last place where some keys, or some tombstones, still are.
    fn extendable(&self, tail: Tail) -> Result<Option<Tail>> {
        let head = &self.session.head;
        let there = &tail.head;
        let known = if there.incarnation == head.incarnation {
            match self.db.step(there.sequence)? {
                Some(chain) => chain == there.chain,
                None => there.sequence.saturating_add(STEPS_KEPT) <= head.sequence,
            }
        } else {
            // An older incarnation ended with the restore that began the next one.
            let next = self
                .session
                .root
                .restores
                .iter()
                .find(|restore| restore.incarnation > there.incarnation);
            next.is_some_and(|restore| there.sequence <= restore.known_sequence)
        };
        if !known {
            return Err(Error::CopyAhead(there.sequence));
        }
        let appended = there.incarnation == head.incarnation
            && self.db.step(there.sequence)?.is_some()
            && (tail.length < COMPACT_FLOOR
                || tail.length / COMPACT_AT < self.db.bytes_in_use()?);
        Ok(appended.then_some(tail))
    }

    fn rows_since(&self, tail: Option<&Tail>) -> Result<RowUpdate> {
        let mut rows = RowUpdate::new(&self.session.head);
        let (sequence, feed) =
            tail.map_or((0, 0), |tail| (tail.head.sequence, tail.head.feed.count));
        if tail.is_some() {
            self.db.dropped_since(sequence)?.into_iter().for_each(|tree| rows.dropped(tree));
        }
        self.db.pages_since(sequence, |at: Address, version, sealed| {
            rows.page(at, version, sealed);
            Ok(())
        })?;
        self.db.tombstones_since(feed)?.iter().for_each(|dead| rows.tombstone(dead));
        Ok(rows)
    }

    fn copy_entry(&self, change: &str, copy: &CopyRecord) -> Event {
        let id = data_encoding::HEXLOWER.encode(&copy.id).into();
        let place = copy.location.dir.to_string_lossy().into();
        self.actor.act("copy", [("change", change.into()), ("copy", id), ("place", place)])
    }

    fn copy_at(&self, dir: &Path) -> Result<CopyRecord> {
        let wanted = std::path::absolute(dir).map_err(Error::io(dir))?;
        let found = self.session.root.copies.iter().find(|copy| copy.location.dir == wanted);
        found.cloned().ok_or_else(|| Error::NoSuchCopy(dir.to_owned()))
    }
}

/// Does the same on every copy, all at once, each within its own time.
fn at_once<T: Send + 'static, W: FnOnce(&Progress) -> Result<T> + Send + 'static>(
    copies: &[CopyRecord],
    mut work: impl FnMut(&CopyRecord) -> W,
) -> Vec<std::result::Result<T, String>> {
    let waits: Vec<_> = copies.iter().map(|copy| with_timeout(copy.timeout, work(copy))).collect();
    waits.into_iter().map(|wait| wait()).collect()
}

/// Fails when a copy that must be current is behind.
fn refuse_behind(outcomes: &[CopyOutcome]) -> Result<()> {
    for outcome in outcomes {
        if let CopyState::Behind(reason) = &outcome.state {
            refuse_one(&outcome.copy, &Err::<(), _>(reason.clone()))?;
        }
    }
    Ok(())
}

fn refuse_one<T>(copy: &CopyRecord, answer: &std::result::Result<T, String>) -> Result<()> {
    match answer {
        Err(reason) if copy.on_failure == OnFailure::Refuse => {
            Err(Error::CopyUnreachable { path: copy.location.dir.clone(), reason: reason.clone() })
        }
        _ => Ok(()),
    }
}

/// A copy is found again from any working directory.
fn absolute(location: &Location) -> Result<Location> {
    let path =
        |path: &Path| -> Result<PathBuf> { std::path::absolute(path).map_err(Error::io(path)) };
    Ok(Location { dir: path(&location.dir)?, cell: path(&location.cell)? })
}
