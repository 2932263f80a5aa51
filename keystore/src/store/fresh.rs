//! Writing a store for the first time: by `init`, or by a restore.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

use sealkeep_crypto::{Secret, SigningKey, random};

use super::{KeyStore, Location, Session};
use crate::cell::{self, CellFile, SlotIdentity};
use crate::custody::Custodian;
use crate::db::{Commit, Db, Head, next_chain};
use crate::error::{Error, Result};
use crate::feed::FeedHead;
use crate::files::{replace, sync_parent};
use crate::ledger::Event;
use crate::lock::WriteLock;
use crate::root::RootPage;
use crate::txn::{Kind, Txn};

/// A store that is about to be written for the first time: by `init`, or by a restore.
pub(super) struct Fresh<'a> {
    pub(super) location: &'a Location,
    pub(super) root: RootPage,
    pub(super) incarnation: u16,
    /// Number of the first commit.
    pub(super) sequence: u64,
}

impl Fresh<'_> {
    /// Writes database and cell; `fill` adds what a restore brings, and tells the ledger of it. The database's head comes last: a directory
    /// without it is not a store. What a crash before that leaves is named by a marker, and cleared by the next try.
    pub(super) fn build(
        self,
        custodian: Custodian,
        wait: Duration,
        fill: impl FnOnce(&mut KeyStore) -> Result<Vec<Event>>,
    ) -> Result<KeyStore> {
        let Self { location, mut root, incarnation, sequence } = self;
        root.incarnation = incarnation;
        if !is_unfinished(location, wait)? {
            refuse_taken(location)?;
        }
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&location.dir)
            .map_err(Error::io(&location.dir))?;
        let _lock = WriteLock::take(&location.lock(), wait)?;
        if is_unfinished(location, wait)? {
            clear_unfinished(location)?;
        }
        // Again: while the lock was waited for, another process may have made a store here.
        refuse_taken(location)?;
        begin(location, &root.store)?;
        let mut made = Made(Some(location));
        let root_key = Secret::random();
        let signer = SigningKey::from_seed(root.suite, &root.sign_seed);
        let head = Head {
            store: root.store,
            suite: root.suite,
            incarnation,
            epoch: root.epoch,
            generation: root.epoch,
            sequence,
            chain: [0; 32],
            feed: FeedHead::empty(&root.store, &signer),
        };
        let cell = CellFile::create(&location.cell)?;
        let identity = SlotIdentity {
            suite: root.suite,
            store: root.store,
            cell: random::array(),
            incarnation,
            epoch: head.epoch,
            generation: head.generation,
        };
        cell::write_beside(&cell, 1, &identity, &root.custodies, &root_key)?;
        let db = Db::create(&location.database())?;
        let session = Session { head, root, root_key };
        let mut store = KeyStore::assemble(location, wait, db, cell, custodian, session);
        let events = fill(&mut store)?;
        let KeyStore { session, db, cell, custodian, pager, clock, .. } = &mut store;
        let mut txn = Txn::new(db, pager, &session.root);
        for event in events {
            txn.log(event);
        }
        txn.moment = Some(clock.read());
        txn.seal_log()?;
        let sealed = txn.seal(Kind::Append, sequence, &session.root_key)?;
        let head = &mut session.head;
        head.chain = next_chain(head.suite, &head.chain, sequence, &sealed.rows, &[]);
        db.commit(&Commit { rows: &sealed.rows, dropped: &[], tombstones: &[], head })?;
        sync_parent(&location.database())?;
        sync_parent(&location.dir)?;
        *session = Session::load(db, cell, custodian)?;
        finish(location)?;
        made.0 = None;
        Ok(store)
    }
}

/// Takes away what was begun when making a store fails.
struct Made<'a>(Option<&'a Location>);

impl Drop for Made<'_> {
    fn drop(&mut self) {
        if let Some(location) = self.0 {
            // Best effort: the marker stays with what is left, and the next try clears it.
            let _ = clear_unfinished(location).and_then(|()| finish(location));
        }
    }
}

/// Whether the making of a store was begun here and not finished: there is a marker, and no head.
///
/// # Errors
/// When the database cannot be read: it may be a store.
pub(super) fn is_unfinished(location: &Location, wait: Duration) -> Result<bool> {
    Ok(location.marker().exists()
        && !(location.database().exists() && Db::has_head(&location.database(), wait)?))
}

/// Takes the marker away: what is here is a store, or nothing.
pub(super) fn finish(location: &Location) -> Result<()> {
    let marker = location.marker();
    match fs::remove_file(&marker) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(marker)(error)),
        _ => sync_parent(&marker),
    }
}

fn refuse_taken(location: &Location) -> Result<()> {
    let mut places = [location.database(), location.cell.clone()].into_iter();
    places.find(|place| place.exists()).map_or(Ok(()), |place| Err(Error::AlreadyExists(place)))
}

/// Notes the store's id and the path of its cell, durably, before either is made.
fn begin(location: &Location, store: &[u8; 16]) -> Result<()> {
    let cell = std::path::absolute(&location.cell).map_err(Error::io(&location.cell))?;
    replace(&location.marker(), &[store, cell.as_os_str().as_bytes()].concat())
}

/// Clears what the marker names. The cell is erased, not only removed: an unfinished restore holds pages of keys
/// that may be destroyed later.
fn clear_unfinished(location: &Location) -> Result<()> {
    let marker = location.marker();
    let noted = fs::read(&marker).map_err(Error::io(&marker))?;
    if let Some((store, cell)) = noted.split_first_chunk::<16>() {
        clear_cell(Path::new(&OsString::from_vec(cell.to_vec())), store)?;
    }
    let database = location.database();
    for suffix in ["-wal", "-shm", "-journal", ""] {
        let mut path = database.clone().into_os_string();
        path.push(suffix);
        remove(Path::new(&path))?;
    }
    Ok(())
}

/// Erases and removes a cell that holds nothing, or the root of this store and no other.
fn clear_cell(path: &Path, store: &[u8; 16]) -> Result<()> {
    let cell = CellFile::at(path);
    match cell.read() {
        Ok(slots) if slots.iter().any(|slot| slot.owner().is_some_and(|owner| owner != store)) => {
            return Err(Error::AlreadyExists(path.to_owned()));
        }
        Ok(_) => {
            cell.erase(0)?;
            cell.erase(1)?;
        }
        Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => return Ok(()),
        // Shorter than a cell: nothing was written to it yet.
        Err(Error::Io { source, .. }) if source.kind() == ErrorKind::UnexpectedEof => {}
        Err(error) => return Err(error),
    }
    remove(path)
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(path)(error)),
        _ => Ok(()),
    }
}
