//! Row files: what a copy holds, appended commit by commit (`docs/spec/keystore.md`, "Row files").
//!
//! A commit record closes what belongs together and carries a running hash over the whole file, so a torn
//! tail is dropped and a changed byte is found without any key.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use sealkeep_crypto::{Suite, hash};

use crate::db::Head;
use crate::error::{Error, Result};
use crate::feed::{FeedHead, Tombstoned};
use crate::files::sync_parent;
use crate::id::KeyId;
use crate::page::{Address, Tree};
use crate::pager::PageSource;

const MAGIC: &[u8; 8] = b"SKROWS1\n";
const HEADER_LEN: usize = 8 + 1 + 16 + 16;
/// No page comes near this; a longer record is damage.
const MAX_RECORD: u32 = 64 << 20;

const PAGE: u8 = 1;
const DROPPED: u8 = 2;
const TOMBSTONE: u8 = 3;
const COMMIT: u8 = 4;

/// How far a row file is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    /// Name of the file in the copy's directory.
    pub(crate) file: String,
    /// Bytes up to and including the last whole commit.
    pub(crate) length: u64,
    pub(crate) running: [u8; 32],
    pub(crate) head: Head,
    /// Bytes after it that are no whole commit.
    pub(crate) torn: u64,
}

/// Everything in a row file, newest version of each page.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) pages: BTreeMap<Address, (u64, Vec<u8>)>,
    pub(crate) feed: Vec<Tombstoned>,
}

impl PageSource for Collected {
    fn load(&self, at: Address) -> Result<Option<(u64, Vec<u8>)>> {
        Ok(self.pages.get(&at).cloned())
    }
}

/// What identifies a copy's row files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowFile {
    pub(crate) suite: Suite,
    pub(crate) store: [u8; 16],
    pub(crate) copy: [u8; 16],
}

/// One batch of records to write, closed by a commit.
pub(crate) struct Update {
    bytes: Vec<u8>,
    head: Head,
}

impl Update {
    pub(crate) fn new(head: &Head) -> Self {
        Self { bytes: Vec::new(), head: head.clone() }
    }

    pub(crate) fn page(&mut self, at: Address, version: u64, sealed: &[u8]) {
        self.record(PAGE, 16 + sealed.len());
        self.bytes.put_u64(at.to_u64());
        self.bytes.put_u64(version);
        self.bytes.put(sealed);
    }

    pub(crate) fn dropped(&mut self, tree: Tree) {
        self.record(DROPPED, 4);
        self.bytes.put_u32(tree);
    }

    pub(crate) fn tombstone(&mut self, dead: &Tombstoned) {
        self.record(TOMBSTONE, 56);
        self.bytes.put(&dead.id.0);
        self.bytes.put_u64(dead.when);
        self.bytes.put(&dead.certificate);
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends to a file whose whole part ends at `tail`; durable when it returns.
    pub(crate) fn append(self, dir: &Path, tail: &Tail) -> Result<Tail> {
        let path = dir.join(&tail.file);
        let mut file = OpenOptions::new().write(true).open(&path).map_err(Error::io(&path))?;
        let (bytes, next) = self.close(tail.file.clone(), tail.length, &tail.running);
        let written = file
            .set_len(tail.length)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .and_then(|_| file.write_all(&bytes))
            .and_then(|()| file.sync_all());
        written.map_err(Error::io(&path))?;
        Ok(next)
    }

    /// Writes a new file with everything, then removes the older ones; durable when it returns.
    pub(crate) fn replace(self, dir: &Path, identity: &RowFile) -> Result<Tail> {
        let name = format!("rows-{:04x}-{:016x}", self.head.incarnation, self.head.sequence);
        let (path, temporary) = (dir.join(&name), dir.join("rows.new"));
        let header = identity.header();
        let running = hash(identity.suite, &[&header]);
        let (bytes, next) = self.close(name.clone(), HEADER_LEN as u64, &running);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(Error::io(&temporary))?;
        let written = file
            .write_all(&header)
            .and_then(|()| file.write_all(&bytes))
            .and_then(|()| file.sync_all());
        written.map_err(Error::io(&temporary))?;
        fs::rename(&temporary, &path).map_err(Error::io(&path))?;
        sync_parent(&path)?;
        for older in row_files(dir)?.into_iter().filter(|other| *other != name) {
            fs::remove_file(dir.join(&older)).map_err(Error::io(dir.join(older)))?;
        }
        Ok(next)
    }

    fn record(&mut self, kind: u8, len: usize) {
        self.bytes.put_u8(kind);
        self.bytes.put_u32(u32::try_from(len).expect("a page is small"));
    }

    /// Adds the commit record.
    fn close(mut self, file: String, start: u64, running: &[u8; 32]) -> (Vec<u8>, Tail) {
        let head = self.head.clone();
        self.record(COMMIT, COMMIT_LEN + 32);
        encode_head(&head, &mut self.bytes);
        let running = hash(head.suite, &[running, &self.bytes]);
        self.bytes.put(&running);
        let length = start + self.bytes.len() as u64;
        (self.bytes, Tail { file, length, running, head, torn: 0 })
    }
}

/// The newest row file in a copy's directory.
pub(crate) fn newest(dir: &Path) -> Result<Option<String>> {
    Ok(row_files(dir)?.into_iter().max())
}

/// Reads a row file up to its last whole commit. `from` skips what is known to be whole already; `collect`
/// receives every record of whole commits.
pub(crate) fn scan(
    dir: &Path,
    file: &str,
    identity: &RowFile,
    from: Option<(u64, [u8; 32])>,
    mut collect: Option<&mut Collected>,
) -> Result<Option<Tail>> {
    let path = dir.join(file);
    let io = || Error::io(path.clone());
    let source = File::open(&path).map_err(io())?;
    let size = source.metadata().map_err(io())?.len();
    let mut source = BufReader::with_capacity(1 << 20, source);
    let header = identity.header();
    let mut seen = [0; HEADER_LEN];
    if source.read_exact(&mut seen).is_err() || seen != header {
        return Ok(None);
    }
    let (mut at, mut running) =
        from.unwrap_or((HEADER_LEN as u64, hash(identity.suite, &[&header])));
    source.seek(SeekFrom::Start(at)).map_err(io())?;
    let mut tail: Option<Tail> = None;
    let mut batch = Vec::new();
    while let Some(kind) = read_record(&mut source, &mut batch).map_err(io())? {
        if kind != COMMIT {
            continue;
        }
        let split = batch.len() - 32;
        let closed = hash(identity.suite, &[&running, &batch[..split]]);
        if batch[split..] != closed {
            break;
        }
        let mut records = Vec::new();
        let Ok(head) = parse_batch(&batch, identity, &mut records) else { break };
        at += batch.len() as u64;
        running = closed;
        if let Some(collected) = collect.as_deref_mut() {
            records.iter().for_each(|record| collected.take(record));
        }
        tail = Some(Tail { file: file.to_owned(), length: at, running, head, torn: 0 });
        batch.clear();
    }
    if let Some(tail) = &mut tail {
        tail.torn = size.saturating_sub(tail.length);
    }
    Ok(tail)
}

impl RowFile {
    fn header(&self) -> [u8; HEADER_LEN] {
        let mut header = [0; HEADER_LEN];
        header[..8].copy_from_slice(MAGIC);
        header[8] = self.suite.id();
        header[9..25].copy_from_slice(&self.store);
        header[25..].copy_from_slice(&self.copy);
        header
    }
}

impl Collected {
    fn take(&mut self, record: &Record<'_>) {
        match record {
            Record::Page(at, version, sealed) => {
                self.pages.insert(*at, (*version, sealed.to_vec()));
            }
            Record::Dropped(tree) => self.pages.retain(|at, _| at.tree != *tree),
            Record::Tombstone(dead) => self.feed.push(*dead),
        }
    }
}

enum Record<'a> {
    Page(Address, u64, &'a [u8]),
    Dropped(Tree),
    Tombstone(Tombstoned),
}

/// Appends one record to `batch`; `None` at the end of the file or of what is whole.
fn read_record(source: &mut impl Read, batch: &mut Vec<u8>) -> std::io::Result<Option<u8>> {
    let mut front = [0; 5];
    let mut filled = 0;
    while filled < front.len() {
        match source.read(&mut front[filled..])? {
            0 => return Ok(None),
            count => filled += count,
        }
    }
    let len = u32::from_be_bytes([front[1], front[2], front[3], front[4]]);
    let fits = match front[0] {
        PAGE => (16..=MAX_RECORD).contains(&len),
        DROPPED => len == 4,
        TOMBSTONE => len == 56,
        COMMIT => len as usize == COMMIT_LEN + 32,
        _ => false,
    };
    if !fits {
        return Ok(None);
    }
    batch.extend_from_slice(&front);
    let read = source.take(len.into()).read_to_end(batch)?;
    Ok((read == len as usize).then_some(front[0]))
}

fn parse_batch<'a>(
    batch: &'a [u8],
    identity: &RowFile,
    records: &mut Vec<Record<'a>>,
) -> std::result::Result<Head, Malformed> {
    let mut reader = Reader::new(batch, "row file");
    loop {
        let (kind, len) = (reader.u8()?, reader.u32()?);
        let mut body = Reader::new(reader.take(len as usize)?, "row");
        match kind {
            PAGE => {
                let (at, version) = (Address::from_u64(body.u64()?), body.u64()?);
                records.push(Record::Page(at, version, body.rest()));
            }
            DROPPED => records.push(Record::Dropped(body.u32()?)),
            TOMBSTONE => {
                let (id, when, certificate) = (KeyId(body.array()?), body.u64()?, body.array()?);
                records.push(Record::Tombstone(Tombstoned { id, when, certificate }));
            }
            _ => return decode_head(&mut body, identity),
        }
    }
}

/// Parses records as [`scan`] does, but takes every running hash for right: for `fuzz/`.
#[cfg(feature = "fuzzing")]
pub(crate) fn commits_in(mut rows: &[u8]) -> usize {
    let identity = RowFile { suite: Suite::Aes256Gcm, store: [0; 16], copy: [0; 16] };
    let (mut batch, mut collected, mut commits) = (Vec::new(), Collected::default(), 0);
    while let Ok(Some(kind)) = read_record(&mut rows, &mut batch) {
        if kind == COMMIT {
            let mut records = Vec::new();
            if parse_batch(&batch, &identity, &mut records).is_err() {
                break;
            }
            records.iter().for_each(|record| collected.take(record));
            commits += 1;
            batch.clear();
        }
    }
    commits
}

/// The commit in a record that was read on its own, if it carries this running hash.
pub(crate) fn commit_head(
    record: &[u8; COMMIT_RECORD_LEN],
    running: &[u8; 32],
    identity: &RowFile,
) -> Option<Head> {
    let (front, rest) = record.split_at(5);
    let (head, seen) = rest.split_at(COMMIT_LEN);
    if front[0] != COMMIT || seen != running {
        return None;
    }
    decode_head(&mut Reader::new(head, "commit"), identity).ok()
}

/// Bytes of a commit record: kind, length, head, running hash.
pub(crate) const COMMIT_RECORD_LEN: usize = 5 + COMMIT_LEN + 32;
const COMMIT_LEN: usize = 2 + 8 + 8 + 8 + 32 + 8 + 32 + 64;

fn encode_head(head: &Head, out: &mut Vec<u8>) {
    out.put_u16(head.incarnation);
    out.put_u64(head.epoch);
    out.put_u64(head.generation);
    out.put_u64(head.sequence);
    out.put(&head.chain);
    out.put_u64(head.feed.count);
    out.put(&head.feed.chain);
    out.put(&head.feed.signature);
}

fn decode_head(
    reader: &mut Reader<'_>,
    identity: &RowFile,
) -> std::result::Result<Head, Malformed> {
    let head = Head {
        store: identity.store,
        suite: identity.suite,
        incarnation: reader.u16()?,
        epoch: reader.u64()?,
        generation: reader.u64()?,
        sequence: reader.u64()?,
        chain: reader.array()?,
        feed: FeedHead { count: reader.u64()?, chain: reader.array()?, signature: reader.array()? },
    };
    // A head is not authenticated by itself: numbers that no store reaches are not believed.
    let numbers = [head.epoch, head.generation, head.sequence, head.feed.count];
    if numbers.iter().any(|number| *number >= 1 << 62) {
        return Err(reader.malformed());
    }
    Ok(head)
}

fn row_files(dir: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(dir).map_err(Error::io(dir))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names
        .filter(|name| name.strip_prefix("rows-").is_some_and(|rest| rest.len() == 21))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(sequence: u64) -> Head {
        Head {
            store: [1; 16],
            suite: Suite::Aes256Gcm,
            incarnation: 1,
            epoch: 4,
            generation: 5,
            sequence,
            chain: [6; 32],
            feed: FeedHead { count: 0, chain: [0; 32], signature: [0; 64] },
        }
    }

    #[test]
    fn every_torn_or_changed_file_is_read_up_to_its_last_whole_commit() {
        let dir = tempfile::tempdir().expect("a folder");
        let identity = RowFile { suite: Suite::Aes256Gcm, store: [1; 16], copy: [2; 16] };
        let mut first = Update::new(&head(7));
        first.page(Address::new(16, 0, 0), 7, b"sealed");
        let first = first.replace(dir.path(), &identity).expect("written");
        let mut second = Update::new(&head(8));
        second.page(Address::new(16, 0, 0), 8, b"newer");
        second.dropped(17);
        second.tombstone(&Tombstoned { id: KeyId([3; 16]), when: 4, certificate: [5; 32] });
        let second = second.append(dir.path(), &first).expect("appended");

        let mut all = Collected::default();
        let name = newest(dir.path()).expect("readable").expect("a file");
        let tail = scan(dir.path(), &name, &identity, None, Some(&mut all)).expect("readable");
        assert_eq!(tail.as_ref(), Some(&second));
        assert_eq!(all.pages[&Address::new(16, 0, 0)], (8, b"newer".to_vec()));
        assert_eq!(all.feed.len(), 1);
        let again = scan(dir.path(), &name, &identity, Some((first.length, first.running)), None);
        assert_eq!(again.expect("readable"), Some(second.clone()));

        let path = dir.path().join(&second.file);
        let whole = fs::read(&path).expect("readable");
        let first_length = usize::try_from(first.length).expect("small");
        for cut in first_length..whole.len() {
            fs::write(&path, &whole[..cut]).expect("written");
            let tail = scan(dir.path(), &name, &identity, None, None)
                .expect("readable")
                .expect("a commit");
            assert_eq!((tail.length, tail.head.sequence), (first.length, 7), "cut at {cut}");
        }
        for at in HEADER_LEN..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).expect("written");
            let tail = scan(dir.path(), &name, &identity, None, None).expect("readable");
            assert_ne!(tail.map(|tail| tail.length), Some(second.length), "byte {at}");
        }
    }
}
