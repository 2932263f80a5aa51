//! The database: sealed pages and what can be rebuilt from them. Holds nothing readable.
//!
//! SQLite in WAL mode with `synchronous=FULL`: a commit is durable when it returns. The tables and what
//! each is for are in `docs/spec/keystore.md`, "Database".

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use sealkeep_crypto::codec::Writer;
use sealkeep_crypto::{Suite, hash, hash_many};

use crate::error::{Error, Result};
use crate::feed::{FeedHead, Tombstoned};
use crate::id::KeyId;
use crate::page::{Address, Binding, Tree};
use crate::pager::PageSource;

/// What the store was at after a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) store: [u8; 16],
    pub(crate) suite: Suite,
    pub(crate) incarnation: u16,
    pub(crate) epoch: u64,
    pub(crate) generation: u64,
    /// Number of the last commit; never used twice.
    pub(crate) sequence: u64,
    /// Running hash over all commits of this incarnation.
    pub(crate) chain: [u8; 32],
    pub(crate) feed: FeedHead,
}

impl Head {
    /// What pages of this store are bound to.
    pub(crate) fn binding(&self) -> Binding {
        Binding { suite: self.suite, store: self.store }
    }
}

/// One commit: what changes in the database.
pub(crate) struct Commit<'a> {
    pub(crate) rows: &'a [(Address, Vec<u8>)],
    pub(crate) dropped: &'a [Tree],
    pub(crate) tombstones: &'a [Tombstoned],
    pub(crate) head: &'a Head,
}

pub(crate) struct Db {
    connection: Connection,
}

const SCHEMA: &str = "
    CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), store BLOB NOT NULL, suite INTEGER NOT NULL,
        incarnation INTEGER NOT NULL, epoch INTEGER NOT NULL, generation INTEGER NOT NULL,
        sequence INTEGER NOT NULL, chain BLOB NOT NULL,
        feed_count INTEGER NOT NULL, feed_chain BLOB NOT NULL, feed_signature BLOB NOT NULL) STRICT;
    CREATE TABLE page (address INTEGER PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
    CREATE INDEX page_version ON page (version);
    CREATE TABLE dropped (version INTEGER NOT NULL, tree INTEGER NOT NULL) STRICT;
    CREATE TABLE step (sequence INTEGER PRIMARY KEY, chain BLOB NOT NULL) STRICT;
    CREATE TABLE tombstone (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, moment INTEGER NOT NULL,
        certificate BLOB NOT NULL) STRICT;
    CREATE TABLE intent (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
    CREATE TABLE ack (copy BLOB PRIMARY KEY, incarnation INTEGER NOT NULL, sequence INTEGER NOT NULL,
        file TEXT NOT NULL, length INTEGER NOT NULL, running BLOB NOT NULL, moment INTEGER NOT NULL) STRICT;
    PRAGMA application_id = 1397443915;
    PRAGMA user_version = 1;";

/// Commits whose running hash is kept, so that a copy that lags can be brought up to date by increments.
pub(crate) const STEPS_KEPT: u64 = 100_000;

impl Db {
    /// A new database at a path where nothing is.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        // SQLite gives its log and its shared memory the mode of the database.
        let mut new = OpenOptions::new();
        new.write(true).create_new(true).mode(0o600).open(path).map_err(Error::io(path))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(&format!("BEGIN; {SCHEMA} COMMIT;"))?;
        Ok(Self { connection })
    }

    /// A database that is there. `wait` bounds how long SQLite's own locks are waited for.
    pub(crate) fn open(path: &Path, wait: Duration) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        wait_for_locks(&connection, wait)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version != 1 {
            return Err(Error::Damaged(format!("database format {version}, this program knows 1")));
        }
        Ok(Self { connection })
    }

    /// Whether a database is that of a store, or one whose making was cut short.
    pub(crate) fn has_head(path: &Path, wait: Duration) -> Result<bool> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        wait_for_locks(&connection, wait)?;
        let count = |sql| connection.query_row(sql, [], |row| row.get::<_, u64>(0));
        Ok(count("SELECT COUNT(*) FROM sqlite_schema")? > 0
            && count("SELECT COUNT(*) FROM head")? > 0)
    }

    /// A database that is only looked at, such as what is left of a lost store.
    pub(crate) fn open_to_read(path: &Path, wait: Duration) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(wait.clamp(Duration::from_secs(1), Duration::from_secs(86_400)))?;
        Ok(Self { connection })
    }

    /// Begins reading one snapshot; [`Db::end`] ends it.
    pub(crate) fn begin(&self) -> Result<()> {
        Ok(self.connection.prepare_cached("BEGIN")?.execute([]).map(drop)?)
    }

    /// Ends reading a snapshot.
    pub(crate) fn end(&self) -> Result<()> {
        Ok(self.connection.prepare_cached("COMMIT")?.execute([]).map(drop)?)
    }

    /// Reads one snapshot from beginning to end.
    pub(crate) fn snapshot<R>(&self, read: impl FnOnce(&Self) -> Result<R>) -> Result<R> {
        self.begin()?;
        let result = read(self);
        self.end()?;
        result
    }

    /// Number of the last commit.
    pub(crate) fn sequence(&self) -> Result<u64> {
        Ok(self
            .connection
            .prepare_cached("SELECT sequence FROM head")?
            .query_row([], |row| row.get(0))?)
    }

    /// Takes over pages with the versions they have, from a copy, before there is a head.
    pub(crate) fn import(
        &mut self,
        pages: impl Iterator<Item = Result<(Address, u64, Vec<u8>)>>,
        feed: &[Tombstoned],
        intents: &[Vec<u8>],
    ) -> Result<()> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for page in pages {
            let (address, version, sealed) = page?;
            transaction
                .prepare_cached("INSERT INTO page VALUES (?1, ?2, ?3)")?
                .execute(params![address.to_u64(), version, sealed])?;
        }
        put_tombstones(&transaction, 0, feed)?;
        for intent in intents {
            transaction.execute("INSERT INTO intent (body) VALUES (?1)", [intent])?;
        }
        Ok(transaction.commit()?)
    }

    pub(crate) fn head(&self) -> Result<Head> {
        let mut statement = self.connection.prepare_cached(
            "SELECT store, suite, incarnation, epoch, generation, sequence, chain, feed_count, feed_chain,
                feed_signature FROM head",
        )?;
        let (head, suite) = statement.query_row([], |row| {
            let head = Head {
                store: row.get(0)?,
                suite: Suite::Aes256Gcm,
                incarnation: row.get(2)?,
                epoch: row.get(3)?,
                generation: row.get(4)?,
                sequence: row.get(5)?,
                chain: row.get(6)?,
                feed: FeedHead { count: row.get(7)?, chain: row.get(8)?, signature: row.get(9)? },
            };
            Ok((head, row.get::<_, u8>(1)?))
        })?;
        let suite = Suite::from_id(suite).ok_or_else(|| Error::Damaged("unknown suite".into()))?;
        Ok(Head { suite, ..head })
    }

    /// Writes one commit; durable when it returns.
    pub(crate) fn commit(&mut self, commit: &Commit<'_>) -> Result<()> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sequence = commit.head.sequence;
        for tree in commit.dropped {
            let (first, last) = span(*tree);
            transaction.execute(
                "DELETE FROM page WHERE address BETWEEN ?1 AND ?2",
                params![first, last],
            )?;
            transaction.execute("INSERT INTO dropped VALUES (?1, ?2)", params![sequence, tree])?;
        }
        let mut put =
            transaction.prepare_cached("INSERT OR REPLACE INTO page VALUES (?1, ?2, ?3)")?;
        for (address, sealed) in commit.rows {
            put.execute(params![address.to_u64(), sequence, sealed])?;
        }
        drop(put);
        let first = commit.head.feed.count - commit.tombstones.len() as u64;
        put_tombstones(&transaction, first, commit.tombstones)?;
        transaction
            .execute("INSERT INTO step VALUES (?1, ?2)", params![sequence, commit.head.chain])?;
        if let Some(old) = sequence.checked_sub(STEPS_KEPT) {
            transaction.execute("DELETE FROM step WHERE sequence <= ?1", [old])?;
        }
        put_head(&transaction, commit.head)?;
        Ok(transaction.commit()?)
    }

    /// The running hash after a commit, if it is still known.
    pub(crate) fn step(&self, sequence: u64) -> Result<Option<[u8; 32]>> {
        let mut statement =
            self.connection.prepare_cached("SELECT chain FROM step WHERE sequence = ?1")?;
        Ok(statement.query_row([sequence], |row| row.get(0)).optional()?)
    }

    /// Calls `each` with every page written after commit `sequence`, in order of version.
    pub(crate) fn pages_since(
        &self,
        sequence: u64,
        mut each: impl FnMut(Address, u64, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "SELECT address, version, sealed FROM page WHERE version > ?1 ORDER BY version",
        )?;
        let mut rows = statement.query([sequence])?;
        while let Some(row) = rows.next()? {
            let sealed =
                row.get_ref(2)?.as_blob().map_err(|_| Error::Damaged("page row".into()))?;
            each(Address::from_u64(row.get(0)?), row.get(1)?, sealed)?;
        }
        Ok(())
    }

    /// Trees dropped after commit `sequence`.
    pub(crate) fn dropped_since(&self, sequence: u64) -> Result<Vec<Tree>> {
        let mut statement =
            self.connection.prepare_cached("SELECT tree FROM dropped WHERE version > ?1")?;
        let trees = statement.query_map([sequence], |row| row.get(0))?;
        Ok(trees.collect::<std::result::Result<_, _>>()?)
    }

    /// The tombstone feed from entry `first` on.
    pub(crate) fn tombstones_since(&self, first: u64) -> Result<Vec<Tombstoned>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, moment, certificate FROM tombstone WHERE number >= ?1 ORDER BY number",
        )?;
        let rows = statement.query_map([first], |row| {
            Ok(Tombstoned { id: KeyId(row.get(0)?), when: row.get(1)?, certificate: row.get(2)? })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Whether the feed names this id.
    pub(crate) fn is_tombstoned(&self, id: &KeyId) -> Result<bool> {
        let mut statement =
            self.connection.prepare_cached("SELECT 1 FROM tombstone WHERE id = ?1")?;
        Ok(statement.exists([id.0])?)
    }

    /// Bytes of the database that hold something: about those of all sealed pages, without looking at each.
    pub(crate) fn bytes_in_use(&self) -> Result<u64> {
        let pragma = |name| -> Result<u64> {
            Ok(self.connection.pragma_query_value(None, name, |row| row.get(0))?)
        };
        Ok((pragma("page_count")?.saturating_sub(pragma("freelist_count")?)) * pragma("page_size")?)
    }

    /// Addresses of all pages, for a check that trusts nothing.
    pub(crate) fn addresses(&self) -> Result<Vec<Address>> {
        let mut statement =
            self.connection.prepare_cached("SELECT address FROM page ORDER BY address")?;
        let rows = statement.query_map([], |row| row.get(0).map(Address::from_u64))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// SQLite's own check of the file; the first thing it finds.
    pub(crate) fn integrity(&self) -> Result<Option<String>> {
        let verdict: String =
            self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        Ok((verdict != "ok").then_some(verdict))
    }

    /// Records that a destruction has begun, and returns its number; durable when it returns.
    pub(crate) fn put_intent(&self, body: &[u8]) -> Result<i64> {
        self.connection.execute("INSERT INTO intent (body) VALUES (?1)", [body])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Whether a destruction was begun and not finished.
    pub(crate) fn has_intents(&self) -> Result<bool> {
        Ok(self.connection.prepare_cached("SELECT 1 FROM intent")?.exists([])?)
    }

    /// Destructions begun and not finished.
    pub(crate) fn intents(&self) -> Result<Vec<(i64, Vec<u8>)>> {
        let mut statement =
            self.connection.prepare_cached("SELECT number, body FROM intent ORDER BY number")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Strikes out a finished destruction; durable when it returns.
    pub(crate) fn drop_intent(&self, number: i64) -> Result<()> {
        self.connection.execute("DELETE FROM intent WHERE number = ?1", [number])?;
        Ok(())
    }

    /// How far a copy is known to be.
    pub(crate) fn ack(&self, copy: &[u8; 16]) -> Result<Option<Ack>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT incarnation, sequence, file, length, running, moment FROM ack WHERE copy = ?1",
        )?;
        let row = statement.query_row([copy], |row| {
            Ok(Ack {
                incarnation: row.get(0)?,
                sequence: row.get(1)?,
                file: row.get(2)?,
                length: row.get(3)?,
                running: row.get(4)?,
                when: row.get(5)?,
            })
        });
        Ok(row.optional()?)
    }

    /// Notes how far a copy is. A hint: losing it costs a re-read of the copy, so it is not flushed.
    pub(crate) fn put_ack(&self, copy: &[u8; 16], ack: &Ack) -> Result<()> {
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        let put = self.connection.execute(
            "INSERT OR REPLACE INTO ack VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                copy,
                ack.incarnation,
                ack.sequence,
                ack.file,
                ack.length,
                ack.running,
                ack.when
            ],
        );
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        put?;
        Ok(())
    }

    /// Forgets a copy that was removed.
    pub(crate) fn drop_ack(&self, copy: &[u8; 16]) -> Result<()> {
        self.connection.execute("DELETE FROM ack WHERE copy = ?1", [copy])?;
        Ok(())
    }
}

impl PageSource for Db {
    fn load(&self, at: Address) -> Result<Option<(u64, Vec<u8>)>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT version, sealed FROM page WHERE address = ?1")?;
        Ok(statement.query_row([at.to_u64()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }
}

/// How far a copy is known to be: its file, how much of it was written, and the running hash there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ack {
    pub(crate) incarnation: u16,
    pub(crate) sequence: u64,
    pub(crate) file: String,
    pub(crate) length: u64,
    pub(crate) running: [u8; 32],
    pub(crate) when: u64,
}

/// The running hash after a commit (`docs/spec/keystore.md`, "Chain").
pub(crate) fn next_chain(
    suite: Suite,
    before: &[u8; 32],
    sequence: u64,
    rows: &[(Address, Vec<u8>)],
    dropped: &[Tree],
) -> [u8; 32] {
    let mut listed = Vec::with_capacity(64 + 40 * rows.len());
    listed.put(b"sealkeep/v1/chain");
    listed.put(before);
    listed.put_u64(sequence);
    for tree in dropped {
        listed.put_u32(*tree);
    }
    let sealed: Vec<&[u8]> = rows.iter().map(|(_, sealed)| &sealed[..]).collect();
    for ((address, _), hash) in rows.iter().zip(hash_many(suite, &sealed)) {
        listed.put_u64(address.to_u64());
        listed.put(&hash);
    }
    hash(suite, &[&listed])
}

/// SQLite's own locks are waited for at least a second, whatever the store's own wait is, and at most as long as
/// SQLite can count: 24 days.
fn wait_for_locks(connection: &Connection, wait: Duration) -> rusqlite::Result<()> {
    const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);
    connection.busy_timeout(wait.clamp(Duration::from_secs(1), LONGEST))
}

fn span(tree: Tree) -> (u64, u64) {
    let first = Address { tree, level: 0, index: 0 }.to_u64();
    (first, first | 0xffff_ffff)
}

fn put_tombstones(transaction: &Transaction<'_>, first: u64, entries: &[Tombstoned]) -> Result<()> {
    let mut put = transaction.prepare_cached("INSERT INTO tombstone VALUES (?1, ?2, ?3, ?4)")?;
    for (number, dead) in (first..).zip(entries) {
        put.execute(params![number, dead.id.0, dead.when, dead.certificate])?;
    }
    Ok(())
}

fn put_head(transaction: &Transaction<'_>, head: &Head) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO head VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            head.store,
            head.suite.id(),
            head.incarnation,
            head.epoch,
            head.generation,
            head.sequence,
            head.chain,
            head.feed.count,
            head.feed.chain,
            head.feed.signature,
        ])?;
    Ok(())
}
