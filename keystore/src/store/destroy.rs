//! Destroying keys. Only with a clearance; never reported before the old root is erased and read back.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::KeyStore;
use super::access::done_to;
use super::batch::Batch;
use super::copies::CopyOutcome;
use super::keys::existing_scope;
use crate::cell::ReadBack;
use crate::clearance::{Clearance, Intent};
use crate::error::{Error, Result};
use crate::feed::Tombstoned;
use crate::files::now;
use crate::id::{IdCipher, KeyId, Position, WHOLE_SCOPE};
use crate::lock::WriteLock;
use crate::medium::Medium;
use crate::pager::PageSource;
use crate::scope::{INDEX_SCOPE, ScopeBody, ScopeRecord, ScopeTombstone};
use crate::txn::{Kind, Txn};

/// What was destroyed, and where an old root was erased.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The keys and scopes, as the clearance listed them, and after them the scope of the index key, if there was one.
    pub targets: Vec<KeyId>,
    /// The epoch in which they are gone.
    pub epoch: u64,
    /// Number of the commit.
    pub sequence: u64,
    /// The main root cell.
    pub main: CellErasure,
    /// Every registered copy: erased, or behind and therefore residual.
    pub copies: Vec<CopyOutcome>,
}

/// One erased root cell.
#[derive(Clone, Debug)]
pub struct CellErasure {
    /// The cell's file.
    pub cell: PathBuf,
    /// How the erased slot was read back.
    pub read_back: ReadBack,
    /// What it lies on: where [`Overwrite::is_residual`](crate::Overwrite::is_residual), the old root must be
    /// counted as still there.
    pub medium: Medium,
}

impl KeyStore {
    /// Destroys what the clearance lists: keys, or whole scopes, in one act.
    ///
    /// The intent is written to every live copy before the main commit. If this process dies after that, the next
    /// opening, of the main store or of a copy that is restored, finishes the destruction.
    ///
    /// # Errors
    /// [`Error::Clearance`] when the list names something held, unknown or already gone; [`Error::CopyUnreachable`]
    /// when a live copy with the policy to refuse does not answer: in both cases nothing was destroyed. Any other
    /// error means that the destruction is not finished: it is finished at the next opening, or never began.
    pub fn destroy(&mut self, clearance: Clearance) -> Result<Receipt> {
        let lock = self.lock()?;
        self.refresh_locked()?;
        self.finish_intents(&lock)?;
        self.destroy_locked(&lock, clearance)
    }

    /// [`KeyStore::destroy`], once what was begun before is finished.
    pub(super) fn destroy_locked(
        &mut self,
        lock: &WriteLock,
        clearance: Clearance,
    ) -> Result<Receipt> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = clearance.targets.iter().find(|target| !seen.insert(**target)) {
            return Err(Error::Clearance(format!("{twice} is listed twice")));
        }
        let mut txn = Txn::new(&self.db, &mut self.pager, &self.session.root);
        refuse(&mut txn, &Batch::of(&self.ids, &clearance.targets))?;
        let mut targets = clearance.targets;
        // An index tells of what is destroyed: it goes too, listed or not, held or not.
        targets.extend(index_scope(&mut txn, &self.ids)?.filter(|index| seen.insert(*index)));
        let intent = Intent { targets, certificate: clearance.certificate, when: now() };
        if !self.session.root.copies.iter().any(|copy| copy.live) {
            return self.carry_out(lock, &intent, true);
        }
        let number = self.announce(&intent)?;
        let receipt = self.carry_out(lock, &intent, true)?;
        self.db.drop_intent(number)?;
        Ok(receipt)
    }

    /// Destroys what an intent lists and is not destroyed yet, and brings every live copy there. Once no other intent
    /// is open, the announcement on the copies goes.
    fn carry_out(&mut self, lock: &WriteLock, intent: &Intent, last: bool) -> Result<Receipt> {
        // What the feed names already is destroyed again if it should be there, and entered once.
        let mut entered = self.known_tombstones(intent)?;
        let (_, read_back) = self.write_locked(lock, Kind::Epoch, None, |txn, ids| {
            let batch = Batch::of(ids, &intent.targets);
            destroy_all(txn, &batch, intent)?;
            // Nothing is reported destroyed, or entered into the feed, that is still in the tree.
            if let Some(target) = survivors(txn, &batch)?.first() {
                return Err(Error::Damaged(format!("{target} is still there")));
            }
            let (when, certificate) = (intent.when, intent.certificate);
            let new = intent.targets.iter().filter(|target| entered.insert(**target));
            let dead: Vec<_> =
                new.map(|target| Tombstoned { id: *target, when, certificate }).collect();
            // After a crash it may be in the ledger already.
            if !dead.is_empty() {
                let request = Some(certificate);
                txn.log(done_to(txn.root.suite, "destroyed", &intent.targets, request));
            }
            Ok(((), dead))
        })?;
        let copies = self.sync_all(lock, &|copy| copy.live, last)?;
        Ok(Receipt {
            targets: intent.targets.clone(),
            epoch: self.session.head.epoch,
            sequence: self.session.head.sequence,
            main: CellErasure {
                cell: self.location.cell.clone(),
                read_back: read_back.expect("a new epoch erases a slot"),
                medium: Medium::of(&self.location.cell),
            },
            copies: self.with_residuals(copies),
        })
    }

    /// Finishes destructions that were begun and not finished.
    pub(super) fn finish_intents(&mut self, lock: &WriteLock) -> Result<()> {
        let mut intents = self.db.intents()?.into_iter().peekable();
        while let Some((number, signed)) = intents.next() {
            let intent = self.verify_intent(&signed)?;
            let receipt = self.carry_out(lock, &intent, intents.peek().is_none())?;
            self.db.drop_intent(number)?;
            self.finished.push(receipt);
        }
        Ok(())
    }

    /// Receipts of destructions that somebody else had begun and that this session finished, at opening or later.
    pub fn finished(&self) -> &[Receipt] {
        &self.finished
    }

    /// Body and signature of an intent.
    pub(super) fn sign_intent(&self, intent: &Intent) -> Vec<u8> {
        intent.signed(&self.session.root.store, &self.signer)
    }

    /// Reads an intent of the database.
    pub(super) fn verify_intent(&self, signed: &[u8]) -> Result<Intent> {
        Intent::verified(signed, &self.session.root.store, &self.signer.verifying_key())
            .ok_or_else(|| Error::Damaged("an intent that this store did not sign".into()))
    }

    fn known_tombstones(&self, intent: &Intent) -> Result<BTreeSet<KeyId>> {
        let mut known = BTreeSet::new();
        for target in &intent.targets {
            if self.db.is_tombstoned(target)? {
                known.insert(*target);
            }
        }
        Ok(known)
    }
}

/// A list is refused whole when one entry cannot be destroyed.
fn refuse<S: PageSource>(txn: &mut Txn<'_, S>, batch: &Batch) -> Result<()> {
    let no = |target: &KeyId, why: &str| Err(Error::Clearance(format!("{target} {why}")));
    if let Some(target) = batch.foreign.first() {
        return no(target, "was never in this key store");
    }
    for (target, at) in &batch.scopes {
        match txn.scope(at.scope)? {
            None => return no(target, "is no scope of this key store"),
            Some(scope) if scope.incarnation != at.incarnation => return no(target, "is lost"),
            Some(scope) if scope.held => return no(target, "is on hold"),
            Some(scope) if scope.tombstone().is_some() => {
                return no(target, "is destroyed already");
            }
            // A hold on one key protects it from the destruction of its scope too.
            Some(scope) if txn.holds_a_key(at.scope, &scope)? => {
                return no(target, "holds a key that is on hold");
            }
            Some(_) => {}
        }
    }
    batch.look(txn, |target, found| match found {
        Ok(found) if found.held => no(target, "is on hold"),
        Ok(_) => Ok(()),
        Err(Error::Destroyed { .. }) => no(target, "is destroyed already"),
        Err(Error::Lost(_)) => no(target, "is lost"),
        Err(error) => Err(error),
    })
}

/// What stands for the scope of the index key in a list, if there is one.
pub(super) fn index_scope<S: PageSource>(
    txn: &mut Txn<'_, S>,
    ids: &IdCipher,
) -> Result<Option<KeyId>> {
    match existing_scope(txn, INDEX_SCOPE) {
        Ok((scope, record)) => {
            let incarnation = record.incarnation;
            Ok(Some(ids.id(Position { scope, slot: WHOLE_SCOPE, incarnation })))
        }
        Err(Error::NoSuchScope(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts tombstones in place of keys and scopes. What is gone already stays gone.
fn destroy_all<S: PageSource>(txn: &mut Txn<'_, S>, batch: &Batch, intent: &Intent) -> Result<()> {
    if let Some(foreign) = batch.foreign.first() {
        return Err(Error::NotOfThisStore(*foreign));
    }
    batch.change(txn, |record| record.destroy(intent.when, intent.certificate))?;
    for (_, at) in &batch.scopes {
        let Some(mut scope) = txn.scope(at.scope)? else { continue };
        if scope.tombstone().is_some() || scope.incarnation != at.incarnation {
            continue;
        }
        if let Some(name) = scope.name().map(str::to_owned) {
            txn.remove_name(&name)?;
        }
        txn.drop_tree(at.scope);
        scope.pending = None;
        let (when, certificate) = (intent.when, intent.certificate);
        scope.body = ScopeBody::Dead(ScopeTombstone { when, certificate });
        txn.put_scope(at.scope, &scope)?;
    }
    Ok(())
}

/// Keys and scopes that are still alive in the tree.
pub(super) fn survivors<S: PageSource>(txn: &mut Txn<'_, S>, batch: &Batch) -> Result<Vec<KeyId>> {
    let mut alive = Vec::new();
    for (target, at) in &batch.scopes {
        let scope = txn.scope(at.scope)?;
        let lives =
            |scope: ScopeRecord| scope.incarnation == at.incarnation && scope.tombstone().is_none();
        if scope.is_some_and(lives) {
            alive.push(*target);
        }
    }
    batch.look(txn, |target, found| {
        match found {
            Ok(_) => alive.push(*target),
            Err(Error::Destroyed { .. } | Error::Lost(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    })?;
    Ok(alive)
}
