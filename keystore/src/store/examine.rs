//! Looking into a copy or a backup of a store, as it lies there: what would open with it. Nothing is changed, nothing is
//! brought up to date, no key is handed out.

use std::collections::BTreeSet;
use std::time::Duration;

use super::keys::{find, is_named};
use super::{KeyStore, Location, Session, open_root};
use crate::cell::{self, CellFile};
use crate::copy::{Progress, Target, read};
use crate::custody::{Unlock, identify};
use crate::db::{Db, Head};
use crate::error::{Error, Result};
use crate::id::{IdCipher, KeyId};
use crate::pager::{PageSource, Pager};
use crate::root::RootPage;
use crate::state::KeyState;
use crate::txn::Txn;

/// What a copy, or an old backup, of a key store holds.
#[derive(Debug)]
pub struct Examined {
    /// Id of the store.
    pub store: [u8; 16],
    /// How often the store had been restored, plus one.
    pub incarnation: u16,
    /// Number of its last whole commit.
    pub sequence: u64,
    /// An older root is still in its cell: what older pages hold may open.
    pub unsettled: bool,
    /// For each key that was asked for: the state in which it is there, whether it is on hold or not. Errors as
    /// [`KeyStore::open_key`]; [`Error::Lost`] for one that was made after this state of the store.
    pub keys: Vec<Result<KeyState>>,
}

impl KeyStore {
    /// Opens a registered copy, or any folder that holds a store, where it lies and says what became of these keys in it. What
    /// other places know is not asked, for whoever takes it away would not ask either.
    ///
    /// # Errors
    /// [`Error::NotACopy`], [`Error::NotAStore`], [`Error::WrongCustody`]; [`Error::DatabaseRolledBack`] if the root that fits was
    /// erased from its cell; damage.
    pub fn examine(
        location: &Location,
        unlock: &Unlock<'_>,
        keys: &[KeyId],
        wait: Duration,
    ) -> Result<Examined> {
        if location.database().is_file() {
            return examine_store(location, unlock, keys, wait);
        }
        let target = Target::at(location)?;
        let nothing = || Error::Damaged("the copy has no whole commit".into());
        let (tail, copy) =
            read(&location.dir, &target.identity, &Progress::new())?.ok_or_else(nothing)?;
        let head = tail.head;
        let cell = CellFile::at(&location.cell);
        let selected = cell::select(&cell, &head.store, head.epoch, head.generation)?;
        let custodian = identify(head.suite, &selected.slot.custodies, unlock)?;
        let root = open_root(&copy, &head, &cell::open(&selected.slot, &custodian)?)?;
        let dead: BTreeSet<KeyId> = copy.feed().iter().map(|one| one.id).collect();
        let keys = look(&copy, &head, &root, keys, |id| dead.contains(id))?;
        Ok(examined(&head, selected.unsettled, keys))
    }
}

fn examine_store(
    location: &Location,
    unlock: &Unlock<'_>,
    keys: &[KeyId],
    wait: Duration,
) -> Result<Examined> {
    let db = Db::open_to_read(&location.database(), wait)?;
    let cell = CellFile::at(&location.cell);
    let head = db.head()?;
    let selected = cell::select(&cell, &head.store, head.epoch, head.generation)?;
    let custodian = identify(head.suite, &selected.slot.custodies, unlock)?;
    let Session { head, root, .. } = Session::load(&db, &cell, &custodian)?;
    let keys = look(&db, &head, &root, keys, |id| db.is_tombstoned(id).unwrap_or(false))?;
    Ok(examined(&head, selected.unsettled, keys))
}

fn examined(head: &Head, unsettled: bool, keys: Vec<Result<KeyState>>) -> Examined {
    Examined {
        store: head.store,
        incarnation: head.incarnation,
        sequence: head.sequence,
        unsettled,
        keys,
    }
}

fn look<S: PageSource>(
    source: &S,
    head: &Head,
    root: &RootPage,
    keys: &[KeyId],
    named: impl Fn(&KeyId) -> bool,
) -> Result<Vec<Result<KeyState>>> {
    let ids = IdCipher::new(root.suite, root.id_key.expose());
    let mut pager = Pager::new(head.binding());
    let mut txn = Txn::new(source, &mut pager, root);
    let mut found = Vec::with_capacity(keys.len());
    for id in keys {
        found.push(match find(&mut txn, &ids, id) {
            Ok(one) => Ok(one.record.state),
            Err(Error::Lost(_)) if is_named(&ids, id, &named) => {
                Err(Error::Destroyed { id: *id, tombstone: None })
            }
            Err(error) if error.is_about_a_key() => Err(error),
            Err(error) => return Err(error),
        });
    }
    Ok(found)
}
