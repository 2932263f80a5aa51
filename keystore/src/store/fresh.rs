//! Writing a store for the first time: by `init`, or by a restore.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;

use sealkeep_crypto::{Secret, SigningKey, random};

use super::{KeyStore, Location, Session};
use crate::cell::{self, CellFile, SlotIdentity};
use crate::custody::Custodian;
use crate::db::{Commit, Db, Head, next_chain};
use crate::error::{Error, Result};
use crate::feed::FeedHead;
use crate::files::sync_parent;
use crate::lock::WriteLock;
use crate::page::Address;
use crate::root::RootPage;

/// A store that is about to be written for the first time: by `init`, or by a restore.
pub(super) struct Fresh<'a> {
    pub(super) location: &'a Location,
    pub(super) root: RootPage,
    pub(super) incarnation: u16,
    /// Number of the first commit.
    pub(super) sequence: u64,
}

impl Fresh<'_> {
    /// Writes database and cell; `fill` adds what a restore brings. The database's head comes last: a directory
    /// without it is not a store.
    pub(super) fn build(
        self,
        custodian: Custodian,
        wait: Duration,
        fill: impl FnOnce(&mut KeyStore) -> Result<()>,
    ) -> Result<KeyStore> {
        let Self { location, mut root, incarnation, sequence } = self;
        root.incarnation = incarnation;
        if location.database().exists() {
            return Err(Error::AlreadyExists(location.database()));
        }
        if location.cell.exists() {
            return Err(Error::AlreadyExists(location.cell.clone()));
        }
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&location.dir)
            .map_err(Error::io(&location.dir))?;
        let _lock = WriteLock::take(&location.lock(), wait)?;
        let mut made = Made(vec![location.database(), location.cell.clone()]);
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
        fill(&mut store)?;
        let KeyStore { session, db, cell, custodian, .. } = &mut store;
        let plain = session.root.encode();
        let sealed =
            session.head.binding().seal(&session.root_key, Address::ROOT, sequence, plain.expose());
        let rows = [(Address::ROOT, sealed)];
        session.head.chain =
            next_chain(session.root.suite, &session.head.chain, sequence, &rows, &[]);
        db.commit(&Commit { rows: &rows, dropped: &[], tombstones: &[], head: &session.head })?;
        sync_parent(&location.database())?;
        sync_parent(&location.dir)?;
        Session::load(db, cell, custodian)?;
        made.0.clear();
        Ok(store)
    }
}

/// Files to take away again when making a store fails.
struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        for path in &self.0 {
            // Best effort: what is left is not a store, and `init` says what is in its way.
            let _ = fs::remove_file(path);
            for suffix in ["-wal", "-shm"] {
                let mut beside = path.clone().into_os_string();
                beside.push(suffix);
                let _ = fs::remove_file(beside);
            }
        }
    }
}
