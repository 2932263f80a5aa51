//! The key store: a session over an unlocked store, and the one path by which anything in it changes.

mod access;
mod batch;
mod certify;
mod check;
mod copies;
mod custody;
mod destroy;
mod examine;
mod facts;
mod fresh;
mod frozen;
mod govern;
mod keys;
mod ledger;
mod list;
mod pending;
mod restore;
mod status;

use std::path::PathBuf;
use std::time::Duration;

use sealkeep_crypto::{Secret, SigningKey, Suite};

pub use access::{Actor, AlarmBell};
pub use check::{CheckReport, Problem};
pub use copies::{CopyCheck, CopyOutcome, CopyState, CopyStatus};
pub use custody::DrillReport;
pub use destroy::{CellErasure, Receipt};
pub use examine::Examined;
pub use facts::{KeyFacts, ScopeFacts};
pub use govern::{Accepted, EXECUTION, Ran, Wiping};
pub use keys::{NewKey, OpenedKey};
pub use ledger::{LedgerFault, LedgerReport, LedgerStatus, Proven};
pub use list::{KeyFilter, KeyInfo, ScopeInfo};
pub use restore::{RestoreOptions, RestoreReport};
pub use status::{Peek, Status};

use fresh::Fresh;

use crate::cell::{self, CellFile, ReadBack, Selected, SlotIdentity};
use crate::clock::Clock;
use crate::custody::{Custodian, NewCustody, Unlock, identify, kinds, set_up, set_up_shares};
use crate::db::{Commit, Db, Head, next_chain};
use crate::error::{Error, Result};
use crate::feed::Tombstoned;
use crate::files::now;
use crate::id::IdCipher;
use crate::lock::WriteLock;
use crate::page::Address;
use crate::pager::{PageSource, Pager, open_page};
use crate::root::RootPage;
use crate::shares::Share;
use crate::txn::{Kind, Txn};

/// Where a key store, or a copy of one, lies: a directory, and the root cell, which may lie elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The directory.
    pub dir: PathBuf,
    /// The root cell's file.
    pub cell: PathBuf,
}

impl Location {
    /// A location; the cell lies in the directory unless a path is given.
    pub fn new(dir: impl Into<PathBuf>, cell: Option<PathBuf>) -> Self {
        let dir = dir.into();
        let cell = cell.unwrap_or_else(|| dir.join("cell"));
        Self { dir, cell }
    }

    fn database(&self) -> PathBuf {
        self.dir.join("store.db")
    }

    fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// Here while a store is being made: names what is to be cleared if that is not finished.
    fn marker(&self) -> PathBuf {
        self.dir.join("unfinished")
    }
}

/// What a new store is made with.
pub struct InitOptions<'a> {
    /// Seals the store's own pages, and is the default for data keys.
    pub suite: Suite,
    /// Passphrases and key files that open it.
    pub custody: &'a [NewCustody<'a>],
    /// Recovery shares: how many are needed, out of how many.
    pub shares: Option<(u8, u8)>,
}

/// An unlocked key store.
pub struct KeyStore {
    location: Location,
    wait: Duration,
    db: Db,
    cell: CellFile,
    custodian: Custodian,
    pager: Pager,
    ids: IdCipher,
    signer: SigningKey,
    session: Session,
    /// Set when a commit failed half-way: what is in memory may not be what is on disk.
    stale: bool,
    /// Receipts of destructions that were finished for somebody else.
    finished: Vec<Receipt>,
    /// Why what a crash left could not be finished when the store was opened.
    unsettled: Option<String>,
    /// Who works with it.
    actor: Actor,
    clock: Clock,
    /// The register, as far as it was replayed.
    known: Option<govern::Known>,
    /// Alarms that this session has raised.
    alarms: AlarmBell,
}

/// What changes with every commit.
struct Session {
    head: Head,
    root: RootPage,
    root_key: Secret<32>,
}

impl KeyStore {
    /// Makes a new key store and opens it; the recovery shares are given out once and are not kept.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] when a store or cell is there, [`Error::NoCustody`] when nothing would open
    /// it, [`Error::Argon2Params`] for weak parameters, and what the file system says.
    pub fn init(
        location: &Location,
        options: &InitOptions<'_>,
        wait: Duration,
    ) -> Result<(Self, Vec<Share>)> {
        let (suite, moment) = (options.suite, now());
        let (mut custodies, mut custodian) = (Vec::new(), None);
        for new in options.custody {
            let (custody, opened) = set_up(suite, new, moment)?;
            custodies.push(custody);
            custodian.get_or_insert(opened);
        }
        let mut shares = Vec::new();
        if let Some((threshold, total)) = options.shares {
            let (custody, set) = set_up_shares(suite, threshold, total, moment)?;
            custodies.push(custody);
            shares = set;
        }
        let custodian = match custodian {
            Some(custodian) => custodian,
            None => identify(suite, &kinds(&custodies), &Unlock::Shares(&shares))
                .map_err(|_| Error::NoCustody)?,
        };
        let root = RootPage::new(suite, custodies, moment);
        let source = Fresh { location, root, incarnation: 1, sequence: 1 };
        let store = source.build(custodian, wait, |_| Ok(Vec::new()))?;
        Ok((store, shares))
    }

    /// Opens a store with one of its custodies. Finishes what a crash has left unfinished.
    ///
    /// # Errors
    /// [`Error::NotAStore`], [`Error::WrongCustody`], [`Error::Busy`] after `wait`,
    /// [`Error::DatabaseRolledBack`] and [`Error::CellRolledBack`] when an old file was put back.
    pub fn open(location: &Location, unlock: &Unlock<'_>, wait: Duration) -> Result<Self> {
        let (mut store, unsettled) = Self::open_as_it_is(location, unlock, wait)?;
        if unsettled && let Err(error) = store.settle() {
            // A medium that can no longer be written does not take the store with it: everything can be looked at, what
            // was to be destroyed counts as destroyed, and copies can be restored elsewhere. Until this is settled every
            // change fails, and no key is handed out, since that could not be recorded.
            match error {
                Error::Io { .. } | Error::NotErased(_) => store.unsettled = Some(error.to_string()),
                error => return Err(error),
            }
        }
        Ok(store)
    }

    /// Opens a store and changes nothing. Also says whether a crash left something to finish.
    fn open_as_it_is(
        location: &Location,
        unlock: &Unlock<'_>,
        wait: Duration,
    ) -> Result<(Self, bool)> {
        let db = open_database(location, wait)?;
        let cell = CellFile::at(&location.cell);
        let (head, selected) = locate(location, &db, &cell, wait)?;
        let custodian = identify(head.suite, &selected.slot.custodies, unlock)?;
        // Stretching a passphrase takes a while: another process may have gone on meanwhile.
        let session = match db.snapshot(|db| Session::load(db, &cell, &custodian)) {
            Err(error) if is_mismatch(&error) => {
                let _lock = WriteLock::take(&location.lock(), wait)?;
                Session::load(&db, &cell, &custodian)?
            }
            loaded => loaded?,
        };
        let unsettled = selected.unsettled || !db.intents()?.is_empty();
        Ok((Self::assemble(location, wait, db, cell, custodian, session), unsettled))
    }

    /// Why what a crash left could not be finished at opening; `None` when all is settled. Until it is, an old root
    /// may be readable in the cell, and nothing can be changed.
    pub fn unsettled(&self) -> Option<&str> {
        self.unsettled.as_deref()
    }

    /// Where the store lies.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The store's suite: the default for data keys.
    pub fn suite(&self) -> Suite {
        self.session.head.suite
    }

    /// Reads the tree as it was at one commit.
    fn read<R>(
        &mut self,
        read: impl FnOnce(&mut Txn<'_, Db>, &IdCipher) -> Result<R>,
    ) -> Result<R> {
        for _ in 0..RELOADS {
            self.db.begin()?;
            match self.refresh() {
                Ok(true) => {
                    let mut txn = Txn::new(&self.db, &mut self.pager, &self.session.root);
                    let result = read(&mut txn, &self.ids);
                    self.db.end()?;
                    return result;
                }
                // Its cell slot is gone already: a newer commit is on disk.
                Ok(false) => self.db.end()?,
                Err(error) => {
                    self.db.end()?;
                    return Err(error);
                }
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        // Under the lock nothing can change any more: now the error is real.
        let _lock = self.lock()?;
        self.refresh_locked()?;
        let mut txn = Txn::new(&self.db, &mut self.pager, &self.session.root);
        read(&mut txn, &self.ids)
    }

    /// The one path by which anything changes. `change` works on the tree and says what it destroyed.
    ///
    /// Order of persistence (the same as in `docs/spec/keystore.md`, "Order of a commit"):
    /// 1. Append the entries to the ledger and seal the changed pages, children before parents. Nothing is on disk yet.
    /// 2. New epoch only: write the new root key to the free slot of the cell, fsync.
    ///    A crash here leaves the database naming the old slot: the commit never was.
    /// 3. Commit pages and head to the database (`synchronous=FULL`). This is the moment of decision.
    /// 4. New epoch only: read the cell and the changed path back from disk and open them through the new slot.
    /// 5. New epoch only: overwrite the old slot, fsync, read back.
    ///    A crash before this leaves an old slot, which the next opening erases by the same code.
    /// 6. Only then return.
    fn write<R>(
        &mut self,
        kind: Kind,
        heir: Option<Custodian>,
        change: impl FnOnce(&mut Txn<'_, Db>, &IdCipher) -> Result<(R, Vec<Tombstoned>)>,
    ) -> Result<(R, Option<ReadBack>)> {
        let lock = self.lock()?;
        self.refresh_locked()?;
        self.finish_intents(&lock)?;
        self.write_locked(&lock, kind, heir, change)
    }

    fn write_locked<R>(
        &mut self,
        _lock: &WriteLock,
        kind: Kind,
        heir: Option<Custodian>,
        change: impl FnOnce(&mut Txn<'_, Db>, &IdCipher) -> Result<(R, Vec<Tombstoned>)>,
    ) -> Result<(R, Option<ReadBack>)> {
        let before = &self.session.head;
        let sequence = before.sequence + 1;
        let mut txn = Txn::new(&self.db, &mut self.pager, &self.session.root);
        txn.moment = Some(self.clock.read());
        let (value, tombstones) = change(&mut txn, &self.ids)?;
        txn.seal_log()?;
        let alarms = std::mem::take(&mut txn.log.alarms);
        let sealed = txn.seal(kind, sequence, &self.session.root_key)?;
        let head = Head {
            epoch: sealed.root.epoch,
            generation: before.generation + u64::from(kind == Kind::Epoch),
            sequence,
            chain: next_chain(before.suite, &before.chain, sequence, &sealed.rows, &sealed.dropped),
            feed: before.feed.extended(before.suite, &before.store, &tombstones, &self.signer),
            ..before.clone()
        };
        let commit = Commit {
            rows: &sealed.rows,
            dropped: &sealed.dropped,
            tombstones: &tombstones,
            head: &head,
        };
        // Whatever fails from here on, memory is not trusted until it was read again.
        self.stale = true;
        if kind == Kind::Append {
            self.db.commit(&commit)?;
            self.session = Session { head, root: sealed.root, root_key: sealed.root_key };
            self.stale = false;
            self.alarms.ring(alarms);
            return Ok((value, None));
        }

        let Selected { index, slot, .. } =
            cell::select(&self.cell, &before.store, before.epoch, before.generation)?;
        let identity =
            SlotIdentity { epoch: head.epoch, generation: head.generation, ..slot.identity };
        cell::write_beside(&self.cell, index, &identity, &sealed.root.custodies, &sealed.root_key)?;
        self.db.commit(&commit)?;
        if let Some(heir) = heir {
            self.custodian = heir;
        }
        self.pager.clear();
        self.session = Session::load(&self.db, &self.cell, &self.custodian)?;
        let changed: Vec<Address> = sealed.rows.iter().map(|(at, _)| *at).collect();
        self.open_from_disk(&changed)?;
        let read_back = self.cell.erase(index)?;
        self.stale = false;
        self.alarms.ring(alarms);
        Ok((value, Some(read_back)))
    }

    /// Finishes what a crash left: a slot to erase, a destruction begun.
    fn settle(&mut self) -> Result<()> {
        let lock = self.lock()?;
        self.refresh_locked()?;
        self.finish_intents(&lock)
    }

    /// Brings memory up to date with the snapshot that is being read. `false` when its cell slot is gone.
    fn refresh(&mut self) -> Result<bool> {
        let sequence = self.db.sequence()?;
        if !self.stale && sequence == self.session.head.sequence {
            return Ok(true);
        }
        match Session::load(&self.db, &self.cell, &self.custodian) {
            Ok(session) => {
                self.adopt(session);
                Ok(true)
            }
            Err(error) if is_mismatch(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// [`KeyStore::refresh`] under the write lock, where a mismatch is real; erases a slot left over.
    fn refresh_locked(&mut self) -> Result<()> {
        if self.stale || self.db.sequence()? != self.session.head.sequence {
            let session = Session::load(&self.db, &self.cell, &self.custodian)?;
            self.adopt(session);
        }
        let head = &self.session.head;
        let selected = cell::select(&self.cell, &head.store, head.epoch, head.generation)?;
        if selected.unsettled {
            // Never erase a slot unless the other has been opened just before.
            self.session = Session::load(&self.db, &self.cell, &self.custodian)?;
            self.cell.erase(1 - selected.index)?;
            self.pager.clear();
            self.unsettled = None;
        }
        Ok(())
    }

    /// Goes on from what is on disk. After a new epoch no page opened before is kept: it may hold destroyed keys.
    fn adopt(&mut self, session: Session) {
        if session.head.epoch != self.session.head.epoch {
            self.pager.clear();
        }
        self.session = session;
        self.stale = false;
    }

    /// Opens pages from disk, through the root page and nothing cached.
    fn open_from_disk(&self, pages: &[Address]) -> Result<()> {
        let mut pager = Pager::new(self.pager.binding);
        let mut txn = Txn::new(&self.db, &mut pager, &self.session.root);
        for at in pages.iter().filter(|at| **at != Address::ROOT) {
            let child = txn.reference(*at)?;
            open_page(&self.pager.binding, &self.db, *at, &child)?;
        }
        Ok(())
    }

    fn lock(&self) -> Result<WriteLock> {
        WriteLock::take(&self.location.lock(), self.wait)
    }

    fn assemble(
        location: &Location,
        wait: Duration,
        db: Db,
        cell: CellFile,
        custodian: Custodian,
        session: Session,
    ) -> Self {
        let root = &session.root;
        Self {
            location: location.clone(),
            wait,
            db,
            cell,
            custodian,
            pager: Pager::new(session.head.binding()),
            ids: IdCipher::new(root.suite, root.id_key.expose()),
            signer: SigningKey::from_seed(root.suite, &root.sign_seed),
            session,
            stale: false,
            finished: Vec::new(),
            unsettled: None,
            actor: Actor::default(),
            clock: Clock::default(),
            known: None,
            alarms: AlarmBell::default(),
        }
    }
}

impl Session {
    /// Opens cell and root page as they are on disk.
    fn load(db: &Db, cell: &CellFile, custodian: &Custodian) -> Result<Self> {
        let head = db.head()?;
        let selected = cell::select(cell, &head.store, head.epoch, head.generation)?;
        let root_key = cell::open(&selected.slot, custodian)?;
        let root = open_root(db, &head, &root_key)?;
        Ok(Self { head, root, root_key })
    }
}

/// Attempts to read a consistent snapshot before the write lock is taken instead.
const RELOADS: usize = 5;

fn open_database(location: &Location, wait: Duration) -> Result<Db> {
    let path = location.database();
    match std::fs::metadata(&path) {
        Ok(found) if found.is_file() && !fresh::is_unfinished(location, wait)? => {}
        // Not allowed to look is not the same as nothing there.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            return Err(Error::io(path)(error));
        }
        _ => return Err(Error::NotAStore(location.dir.clone())),
    }
    if location.marker().exists() {
        // The store is whole, and a crash came before its maker could say so.
        fresh::finish(location)?;
    }
    Db::open(&path, wait)
}

/// The head and the cell slot it names. A mismatch counts only if it is still there under the lock.
fn locate(
    location: &Location,
    db: &Db,
    cell: &CellFile,
    wait: Duration,
) -> Result<(Head, Selected)> {
    let look = || {
        let head = db.head()?;
        let selected = cell::select(cell, &head.store, head.epoch, head.generation)?;
        Ok((head, selected))
    };
    match look() {
        Err(error) if is_mismatch(&error) => {
            let _lock = WriteLock::take(&location.lock(), wait)?;
            look()
        }
        found => found,
    }
}

/// Database and cell do not fit: real under the lock, else perhaps another process's commit.
fn is_mismatch(error: &Error) -> bool {
    matches!(error, Error::CellRolledBack(_) | Error::DatabaseRolledBack { .. })
}

fn open_root(source: &impl PageSource, head: &Head, root_key: &Secret<32>) -> Result<RootPage> {
    let binding = head.binding();
    let damaged = |what: &str| Error::Damaged(format!("root page: {what}"));
    let (version, sealed) = source.load(Address::ROOT)?.ok_or_else(|| damaged("missing"))?;
    if version != head.sequence {
        return Err(damaged("not of the last commit"));
    }
    let plain = binding
        .open(root_key, Address::ROOT, version, &sealed)
        .ok_or_else(|| damaged("does not open with the key in the cell"))?;
    let root = RootPage::decode(plain.expose())?;
    let named = (binding.store, binding.suite, head.epoch, head.incarnation);
    if (root.store, root.suite, root.epoch, root.incarnation) != named {
        return Err(damaged("not the one that the head names"));
    }
    Ok(root)
}
