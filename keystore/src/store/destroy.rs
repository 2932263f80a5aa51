//! Destroying keys. Only with a clearance; never reported before the old root is erased and read back.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::KeyStore;
use super::copies::CopyOutcome;
use super::keys::{existing_scope, find};
use crate::cell::ReadBack;
use crate::clearance::{Act, Clearance, Intent};
use crate::error::{Error, Result};
use crate::feed::Tombstoned;
use crate::files::now;
use crate::id::{IdCipher, KeyId, Position, WHOLE_SCOPE};
use crate::lock::WriteLock;
use crate::medium::Medium;
use crate::pager::PageSource;
use crate::scope::{INDEX_SCOPE, ScopeBody, ScopeTombstone};
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
        if clearance.act != Act::Destroy {
            return Err(Error::Clearance("it is not for a destruction".into()));
        }
        let lock = self.lock()?;
        self.refresh_locked()?;
        self.finish_intents(&lock)?;
        let mut seen = BTreeSet::new();
        let mut txn = Txn::new(&self.db, &mut self.pager, &self.session.root);
        for target in &clearance.targets {
            if !seen.insert(*target) {
                return Err(Error::Clearance(format!("{target} is listed twice")));
            }
            refuse(&mut txn, &self.ids, target)?;
        }
        let mut targets = clearance.targets;
        // An index tells of what is destroyed: it goes too, listed or not, held or not.
        targets.extend(index_scope(&mut txn, &self.ids)?.filter(|index| seen.insert(*index)));
        let intent = Intent { targets, certificate: clearance.certificate, when: now() };
        if !self.session.root.copies.iter().any(|copy| copy.live) {
            return self.carry_out(&lock, &intent, true);
        }
        let number = self.announce(&intent)?;
        let receipt = self.carry_out(&lock, &intent, true)?;
        self.db.drop_intent(number)?;
        Ok(receipt)
    }

    /// Destroys what an intent lists and is not destroyed yet, and brings every live copy there. Once no other intent
    /// is open, the announcement on the copies goes.
    fn carry_out(&mut self, lock: &WriteLock, intent: &Intent, last: bool) -> Result<Receipt> {
        // What the feed names already is destroyed again if it should be there, and entered once.
        let mut entered = self.known_tombstones(intent)?;
        let (_, read_back) = self.write_locked(lock, Kind::Epoch, None, |txn, ids| {
            let mut dead = Vec::new();
            for target in &intent.targets {
                destroy_one(txn, ids, target, intent)?;
                if entered.insert(*target) {
                    let (when, certificate) = (intent.when, intent.certificate);
                    dead.push(Tombstoned { id: *target, when, certificate });
                }
            }
            // Nothing is reported destroyed, or entered into the feed, that is still in the tree.
            for target in &intent.targets {
                if is_there(txn, ids, target)? {
                    return Err(Error::Damaged(format!("{target} is still there")));
                }
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
        let mut signed = intent.encode(&self.session.root.store);
        let signature = self.signer.sign(&signed);
        signed.extend_from_slice(&signature);
        signed
    }

    /// Reads an intent, which must be signed by this store: nobody destroys by leaving a file.
    pub(super) fn verify_intent(&self, signed: &[u8]) -> Result<Intent> {
        let foreign = || Error::Damaged("an intent that this store did not sign".into());
        let (body, signature) = signed.split_last_chunk::<64>().ok_or_else(foreign)?;
        self.signer.verifying_key().verify(body, signature).map_err(|_| foreign())?;
        Ok(Intent::decode(body, &self.session.root.store)?)
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
fn refuse<S: PageSource>(txn: &mut Txn<'_, S>, ids: &IdCipher, target: &KeyId) -> Result<()> {
    let no = |why: &str| Err(Error::Clearance(format!("{target} {why}")));
    match ids.position(target) {
        None => no("was never in this key store"),
        Some(position) if position.slot == WHOLE_SCOPE => match txn.scope(position.scope)? {
            None => no("is no scope of this key store"),
            Some(scope) if scope.incarnation != position.incarnation => no("is lost"),
            Some(scope) if scope.held => no("is on hold"),
            Some(scope) if scope.tombstone().is_some() => no("is destroyed already"),
            Some(scope) => {
                // A hold on one key protects it from the destruction of its scope too.
                if txn.holds_a_key(position.scope, &scope)? {
                    return no("holds a key that is on hold");
                }
                Ok(())
            }
        },
        Some(_) => match find(txn, ids, target) {
            Ok(found) if found.held => no("is on hold"),
            Ok(_) => Ok(()),
            Err(Error::Destroyed { .. }) => no("is destroyed already"),
            Err(Error::Lost(_)) => no("is lost"),
            Err(error) => Err(error),
        },
    }
}

/// What stands for the scope of the index key in a list, if there is one.
fn index_scope<S: PageSource>(txn: &mut Txn<'_, S>, ids: &IdCipher) -> Result<Option<KeyId>> {
    match existing_scope(txn, INDEX_SCOPE) {
        Ok((scope, record)) => {
            let incarnation = record.incarnation;
            Ok(Some(ids.id(Position { scope, slot: WHOLE_SCOPE, incarnation })))
        }
        Err(Error::NoSuchScope(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts a tombstone in place of a key or a scope. What is gone already stays gone.
fn destroy_one<S: PageSource>(
    txn: &mut Txn<'_, S>,
    ids: &IdCipher,
    target: &KeyId,
    intent: &Intent,
) -> Result<()> {
    let Some(position) = ids.position(target) else { return Err(Error::NotOfThisStore(*target)) };
    let Some(mut scope) = txn.scope(position.scope)? else { return Ok(()) };
    if scope.tombstone().is_some() {
        return Ok(());
    }
    if position.slot == WHOLE_SCOPE {
        if scope.incarnation != position.incarnation {
            return Ok(());
        }
        if let Some(name) = scope.name().map(str::to_owned) {
            txn.remove_name(&name)?;
        }
        txn.drop_tree(position.scope);
        scope.body =
            ScopeBody::Dead(ScopeTombstone { when: intent.when, certificate: intent.certificate });
        return txn.put_scope(position.scope, &scope);
    }
    match find(txn, ids, target) {
        Ok(mut found) => {
            found.record.destroy(intent.when, intent.certificate);
            txn.put_key(position.scope, position.slot, &found.record)
        }
        Err(Error::Destroyed { .. } | Error::Lost(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether a key or a scope is alive in the tree.
pub(super) fn is_there<S: PageSource>(
    txn: &mut Txn<'_, S>,
    ids: &IdCipher,
    target: &KeyId,
) -> Result<bool> {
    match ids.position(target) {
        Some(position) if position.slot == WHOLE_SCOPE => {
            let scope = txn.scope(position.scope)?;
            Ok(scope.is_some_and(|scope| {
                scope.incarnation == position.incarnation && scope.tombstone().is_none()
            }))
        }
        _ => match find(txn, ids, target) {
            Ok(_) => Ok(true),
            Err(Error::Destroyed { .. } | Error::Lost(_) | Error::NotOfThisStore(_)) => Ok(false),
            Err(error) => Err(error),
        },
    }
}
