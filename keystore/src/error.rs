//! What can go wrong in a key store. Never had, destroyed, held and lost are four different errors.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use sealkeep_crypto::codec::Malformed;

use crate::approval::Digest;
use crate::approval::inventory::NotAnInventory;
use crate::approval::register::Refusal;
use crate::approval::statement::NotAStatement;
use crate::id::KeyId;
use crate::leaf::Tombstone;
use crate::shares::ShareError;
use crate::state::KeyState;

/// Why a key store did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no key store at this path.
    #[error("no key store at {0}")]
    NotAStore(PathBuf),
    /// Something is already there, and is not overwritten.
    #[error("{0} already exists")]
    AlreadyExists(PathBuf),
    /// A store must be openable by someone: a passphrase, a key file or recovery shares.
    #[error("a key store needs at least one custody")]
    NoCustody,
    /// There is room for seven custodies in a root cell.
    #[error("a key store has room for {0} custodies")]
    TooManyCustodies(usize),
    /// Argon2id parameters below [`Argon2Params::FLOOR`](sealkeep_crypto::Argon2Params) or beyond what is accepted.
    #[error("argon2id parameters are outside what is accepted")]
    Argon2Params,
    /// The passphrase, key file or shares do not open this store. Says nothing more.
    #[error("this passphrase, key file or share set does not open the key store")]
    WrongCustody,
    /// The store does not sign this certificate.
    #[error("the key store does not sign this certificate: {0}")]
    NotCertified(String),
    /// Another process holds the key store.
    #[error("another process has held the key store for {0:?}")]
    Busy(Duration),
    /// The id was not made by this key store.
    #[error("key {0} was never in this key store")]
    NotOfThisStore(KeyId),
    /// The key was destroyed.
    #[error("key {id} was destroyed")]
    Destroyed {
        /// The key asked for.
        id: KeyId,
        /// What is left of it; absent when only the tombstone feed knows of it.
        tombstone: Option<Tombstone>,
    },
    /// The key, or its scope, is on hold.
    #[error("key {0} is on hold")]
    Held(KeyId),
    /// The id is of this store, but no key stands there: made after the copy that this store was restored from.
    #[error("key {0} is lost")]
    Lost(KeyId),
    /// The key's state does not allow this.
    #[error("key {id} is {state}")]
    NotUsable {
        /// The key asked for.
        id: KeyId,
        /// Its state.
        state: KeyState,
    },
    /// The states do not allow this move.
    #[error("key {id} cannot go from {from} to {to}")]
    Transition {
        /// The key.
        id: KeyId,
        /// Its state.
        from: KeyState,
        /// The state asked for.
        to: KeyState,
    },
    /// No scope has this name.
    #[error("there is no scope {0:?}")]
    NoSuchScope(String),
    /// The bytes are not a statement.
    #[error(transparent)]
    Statement(#[from] NotAStatement),
    /// The rules do not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The lines are not an inventory.
    #[error(transparent)]
    Inventory(#[from] NotAnInventory),
    /// A genesis names another key than that of this store.
    #[error("the genesis names another key than this store's")]
    OtherStoreKey,
    /// The inventory is another one than the request names.
    #[error("the inventory is not the one that the request names")]
    OtherInventory,
    /// What is about this request is only accepted with its inventory.
    #[error("the inventory of request {0} is needed")]
    InventoryNeeded(Digest),
    /// An item of an inventory is not what its line says, or may not be destroyed.
    #[error("item {item}: {why}")]
    Stale {
        /// Its number.
        item: u64,
        /// What is the matter.
        why: String,
    },
    /// An item that was to be overwritten is neither done nor failed, or told twice.
    #[error("item {0}: nothing, or two things, are told of its overwriting")]
    Unaccounted(u64),
    /// Not a record of execution that this store made.
    #[error("not a record of execution by this key store")]
    NotOurRecord,
    /// The key is in a scope of a level that opens only while the glass is broken.
    #[error("key {0} is restricted")]
    Restricted(KeyId),
    /// A scope's level is to be lowered, and there is a policy whose approvals depend on it.
    #[error("a level only rises: it is {from}, and was to become {to}")]
    LevelLowered {
        /// What it is.
        from: u8,
        /// What it was to become.
        to: u8,
    },
    /// The policy asks for what the data is opened, and nothing was said.
    #[error("the policy asks for a purpose")]
    PurposeNeeded,
    /// The scope is to be destroyed as a whole: nothing new goes into it.
    #[error("scope {0:?} is pending destruction")]
    ScopePending(String),
    /// A scope name is 1 to 255 bytes, components joined by `/`, none of them empty, `.` or `..`, no control characters.
    #[error("{0:?} is not a scope name")]
    ScopeName(String),
    /// A label is at most 4,096 bytes.
    #[error("a label is at most 4096 bytes")]
    LabelTooLong,
    /// The scope has no slots left.
    #[error("scope {0:?} is full")]
    ScopeFull(String),
    /// The database is older than the root cell: somebody put an old file back.
    #[error(
        "the database is at epoch {database} but its root cell is at epoch {cell}: an older database was put back"
    )]
    DatabaseRolledBack {
        /// Epoch that the database names.
        database: u64,
        /// Newest epoch in the cell.
        cell: u64,
    },
    /// The root cell is older than the database: somebody put an old cell back, or it is another store's.
    #[error("the root cell does not hold epoch {0}, which the database names")]
    CellRolledBack(u64),
    /// The root cell belongs to another store.
    #[error("{0} is the root cell of another key store")]
    ForeignCell(PathBuf),
    /// The old root could not be erased and read back as erased.
    #[error("the old root in {0} could not be erased")]
    NotErased(PathBuf),
    /// Bytes in the store are not what they must be.
    #[error("the key store is damaged: {0}")]
    Damaged(String),
    /// A recovery share was refused.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// The text is not a Sealkeep key file.
    #[error("not a key file")]
    NotAKeyFile,
    /// A copy could not be reached, and the policy is to refuse.
    #[error("the copy at {path} could not be brought up to date: {reason}")]
    CopyUnreachable {
        /// Where the copy lies.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
    /// No copy is registered under this id or path.
    #[error("no copy is registered at {0}")]
    NoSuchCopy(PathBuf),
    /// The directory holds no copy, or one of another store.
    #[error("{0} is not a copy of this key store")]
    NotACopy(PathBuf),
    /// The copy holds commits that this store does not know: it was restored or changed elsewhere, or an older store was
    /// put back here. It is not overwritten.
    #[error("the copy is at step {0} and holds what this store does not know")]
    CopyAhead(u64),
    /// The copy is older than other evidence found; restoring it loses what came after.
    #[error("the copy is at step {copy}, but a later step {known} is known")]
    CopyOutdated {
        /// Sequence number of the copy.
        copy: u64,
        /// Newest sequence number known.
        known: u64,
    },
    /// Others wrote to a copy between looking at it and writing to it.
    #[error("the copy at {0} was changed meanwhile")]
    CopyChanged(PathBuf),
    /// An announcement of a destruction is not signed by this store.
    #[error("the announcement of a destruction in {0} is not this key store's")]
    ForeignIntent(PathBuf),
    /// Numbers that nothing vouches for, and that no store could have come to since the copy was made.
    #[error("what {0} says of its age cannot be")]
    Implausible(PathBuf),
    /// A tombstone feed is not signed by this store.
    #[error("the tombstone feed in {0} is not this key store's")]
    ForeignFeed(PathBuf),
    /// The approved list names something that is on hold, unknown or already gone.
    #[error("the approved list does not fit the key store: {0}")]
    Clearance(String),
    /// What was asked for could not be entered in the ledger, so it was not done: no key was handed out.
    #[error("it could not be recorded in the ledger: {0}")]
    Unrecorded(String),
    /// The ledger has no entry with this number.
    #[error("the ledger has no entry {0}")]
    NoSuchEntry(u64),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database refused.
    #[error("database: {0}")]
    Database(#[from] rusqlite::Error),
}

impl Error {
    /// Whether it is about the key that was asked for, and says nothing against others.
    pub(crate) const fn is_about_a_key(&self) -> bool {
        use Error::{Destroyed, Held, Lost, NotOfThisStore, NotUsable, Restricted};
        matches!(
            self,
            NotOfThisStore(_)
                | Destroyed { .. }
                | Held(_)
                | Lost(_)
                | NotUsable { .. }
                | Restricted(_)
        )
    }

    /// Attaches the path to a system error: `file.sync_all().map_err(Error::io(&path))`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

impl From<Malformed> for Error {
    fn from(Malformed(what): Malformed) -> Self {
        Self::Damaged(format!("malformed {what}"))
    }
}

/// Results of this crate.
pub type Result<T> = std::result::Result<T, Error>;
