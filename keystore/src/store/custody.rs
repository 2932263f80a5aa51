//! Changing who can open the store, and proving that recovery shares would.

use std::time::Duration;

use data_encoding::HEXLOWER;

use super::{KeyStore, Location, locate, open_database};
use crate::cell::CellFile;
use crate::custody::Unlock;
use crate::custody::{
    Custody, CustodyKind, MAX_CUSTODIES, NewCustody, combine, identify, set_up, set_up_shares,
};
use crate::error::{Error, Result};
use crate::files::now;
use crate::ledger::Event;
use crate::shares::{Share, one_set};
use crate::txn::Kind;

/// Shares that were tried without opening anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrillReport {
    /// Id of the set, the same as its custody's.
    pub set: [u8; 16],
    /// Numbers of the shares that were given.
    pub given: Vec<u8>,
    /// Shares needed.
    pub threshold: u8,
    /// Shares in the set.
    pub total: u8,
}

impl KeyStore {
    /// Sets a new passphrase or key file in place of the old one of the same kind, which stops opening the store:
    /// new cell key, new root, new epoch. Custodies of other kinds stay.
    ///
    /// # Errors
    /// [`Error::Argon2Params`], [`Error::TooManyCustodies`], [`Error::Busy`].
    pub fn set_custody(&mut self, new: &NewCustody<'_>) -> Result<()> {
        let (custody, custodian) = set_up(self.suite(), new, now())?;
        let replaced = |old: &Custody| old.kind.name() == custody.kind.name();
        let own = self.session.root.custodies.iter().find(|old| old.id == self.custodian.id);
        let heir = own.is_none_or(replaced).then_some(custodian);
        let (added, entry) = (custody.clone(), self.custody_entry("set", &custody));
        self.write(Kind::Epoch, heir, |txn, _| {
            txn.log(entry);
            txn.root.custodies.retain(|old| old.kind.name() != added.kind.name());
            txn.root.custodies.push(added);
            bounded(&txn.root.custodies)?;
            Ok(((), Vec::new()))
        })?;
        Ok(())
    }

    /// Makes a new set of recovery shares; shares of an older set stop opening the store.
    ///
    /// # Errors
    /// [`Error::Share`] for impossible numbers, [`Error::Busy`]. A session that was itself opened with shares must
    /// set a passphrase or key file first: [`Error::NoCustody`].
    pub fn new_shares(&mut self, threshold: u8, total: u8) -> Result<Vec<Share>> {
        let (custody, shares) = set_up_shares(self.suite(), threshold, total, now())?;
        let (own, entry) = (self.custodian.id, self.custody_entry("set", &custody));
        self.write(Kind::Epoch, None, |txn, _| {
            txn.log(entry);
            txn.root.custodies.retain(|old| !matches!(old.kind, CustodyKind::Shares { .. }));
            if !txn.root.custodies.iter().any(|old| old.id == own) {
                return Err(Error::NoCustody);
            }
            txn.root.custodies.push(custody);
            bounded(&txn.root.custodies)?;
            Ok(((), Vec::new()))
        })?;
        Ok(shares)
    }

    /// Takes away a custody: new cell key, new root, new epoch.
    ///
    /// # Errors
    /// [`Error::NoCustody`] when there is none with this id, or it is the one this session was opened with.
    pub fn remove_custody(&mut self, id: [u8; 16]) -> Result<()> {
        let (own, actor) = (self.custodian.id, self.actor.clone());
        self.write(Kind::Epoch, None, |txn, _| {
            let about = [("change", "removed".into()), ("custody", HEXLOWER.encode(&id).into())];
            txn.log(actor.act("custody", about));
            let before = txn.root.custodies.len();
            txn.root.custodies.retain(|old| old.id != id);
            if id == own || txn.root.custodies.len() == before {
                return Err(Error::NoCustody);
            }
            Ok(((), Vec::new()))
        })?;
        Ok(())
    }

    fn custody_entry(&self, change: &str, custody: &Custody) -> Event {
        let id = HEXLOWER.encode(&custody.id).into();
        let kind = custody.kind.name().into();
        self.actor.act("custody", [("change", change.into()), ("custody", id), ("kind", kind)])
    }

    /// Shows that recovery shares work, without opening the store: they are genuine, of the set in use, enough,
    /// and give the private key that belongs to the custody's public one.
    ///
    /// # Errors
    /// [`Error::Share`] names what is wrong with which share; [`Error::WrongCustody`] if the secret does not fit.
    pub fn drill_shares(
        location: &Location,
        shares: &[Share],
        wait: Duration,
    ) -> Result<DrillReport> {
        let db = open_database(location, wait)?;
        let (head, selected) = locate(location, &db, &CellFile::at(&location.cell), wait)?;
        let custodies = &selected.slot.custodies;
        combine(head.suite, custodies, shares)?;
        identify(head.suite, custodies, &Unlock::Shares(shares))?;
        let first = shares.first().ok_or(Error::WrongCustody)?;
        Ok(DrillReport {
            set: one_set(shares)?,
            given: shares.iter().map(Share::index).collect(),
            threshold: first.threshold(),
            total: first.total(),
        })
    }
}

fn bounded(custodies: &[Custody]) -> Result<()> {
    if custodies.len() > MAX_CUSTODIES {
        Err(Error::TooManyCustodies(MAX_CUSTODIES))
    } else {
        Ok(())
    }
}
