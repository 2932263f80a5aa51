//! Reading row files, which may be anything: how far one is whole, and what it holds up to there.
//!
//! Nothing is held in memory but where each page lies: a file can claim to be of any size.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sealkeep_crypto::codec::Reader;
use sealkeep_crypto::{Hasher, hash};

use super::progress::Progress;
use super::rows::{
    COMMIT, COMMIT_LEN, DROPPED, HEADER_LEN, PAGE, RowFile, TOMBSTONE, Tail, decode_head, newest,
};
use crate::error::{Error, Result};
use crate::feed::Tombstoned;
use crate::id::KeyId;
use crate::page::Address;
use crate::pager::PageSource;

/// No page comes near this; a longer record is damage.
const MAX_RECORD: u32 = 64 << 20;
/// Bytes of a page's record before the page: address and version.
const PAGE_FRONT: usize = 16;

/// What a row file holds: the newest version of each page, and the feed.
pub(crate) struct Collected {
    path: PathBuf,
    file: File,
    contents: Contents,
}

impl Collected {
    /// The tombstone feed.
    pub(crate) fn feed(&self) -> &[Tombstoned] {
        &self.contents.feed
    }

    /// Where there are pages.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Address> {
        self.contents.pages.keys().copied()
    }

    /// Number of pages.
    pub(crate) fn pages(&self) -> usize {
        self.contents.pages.len()
    }
}

impl PageSource for Collected {
    fn load(&self, at: Address) -> Result<Option<(u64, Vec<u8>)>> {
        let Some(place) = self.contents.pages.get(&at) else { return Ok(None) };
        let mut sealed = vec![0; place.len];
        self.file.read_exact_at(&mut sealed, place.start).map_err(Error::io(&self.path))?;
        Ok(Some((place.version, sealed)))
    }
}

/// Reads the newest row file in a directory: its last whole commit, and what it holds up to there. `None` when there is none.
pub(crate) fn read(
    dir: &Path,
    identity: &RowFile,
    progress: &Progress,
) -> Result<Option<(Tail, Collected)>> {
    let Some(tail) = last(dir, identity, progress)? else { return Ok(None) };
    let path = dir.join(&tail.file);
    let opened = File::open(&path).map_err(Error::io(&path))?;
    let mut source = BufReader::new(opened.try_clone().map_err(Error::io(&path))?);
    let mut contents = Contents::default();
    source
        .seek(SeekFrom::Start(HEADER_LEN as u64))
        .and_then(|_| contents.take(&mut source, HEADER_LEN as u64, tail.length, progress))
        .map_err(Error::io(&path))?;
    Ok(Some((tail, Collected { path, file: opened, contents })))
}

/// How far the newest row file in a directory is whole.
pub(crate) fn last(dir: &Path, identity: &RowFile, progress: &Progress) -> Result<Option<Tail>> {
    match newest(dir)? {
        Some(file) => scan(dir, &file, identity, None, progress),
        None => Ok(None),
    }
}

/// Finds how far a row file is whole; `None` when not even to a first commit. `from` skips what is known to be whole already.
pub(crate) fn scan(
    dir: &Path,
    file: &str,
    identity: &RowFile,
    from: Option<(u64, [u8; 32])>,
    progress: &Progress,
) -> Result<Option<Tail>> {
    let path = dir.join(file);
    let source = File::open(&path).map_err(Error::io(&path))?;
    let size = source.metadata().map_err(Error::io(&path))?.len();
    let mut source = BufReader::with_capacity(1 << 20, source);
    let found = last_whole(&mut source, identity, from, progress).map_err(Error::io(&path))?;
    Ok(found.map(|tail| Tail {
        file: file.to_owned(),
        torn: size.saturating_sub(tail.length),
        ..tail
    }))
}

fn last_whole(
    source: &mut (impl Read + Seek),
    identity: &RowFile,
    from: Option<(u64, [u8; 32])>,
    progress: &Progress,
) -> io::Result<Option<Tail>> {
    let header = identity.header();
    let mut seen = [0; HEADER_LEN];
    if !fill(source, &mut seen)? || seen != header {
        return Ok(None);
    }
    let (mut at, running) = from.unwrap_or((HEADER_LEN as u64, hash(identity.suite, &[&header])));
    source.seek(SeekFrom::Start(at))?;
    let mut tail = None;
    let mut hasher = Hasher::new(identity.suite);
    hasher.update(&running);
    let mut batch = 0;
    while let Some(front) = Front::read(source)? {
        hasher.update(&front.bytes);
        batch += (front.bytes.len() + front.len) as u64;
        if front.kind != COMMIT {
            if !hash_body(source, front.len, &mut hasher, progress)? {
                break;
            }
            continue;
        }
        let (mut head, mut running) = ([0; COMMIT_LEN], [0; 32]);
        if !fill(source, &mut head)? || !fill(source, &mut running)? {
            break;
        }
        hasher.update(&head);
        let closed = std::mem::replace(&mut hasher, Hasher::new(identity.suite)).finish();
        let Ok(head) = decode_head(&mut Reader::new(&head, "commit"), identity) else { break };
        if running != closed {
            break;
        }
        hasher.update(&running);
        at += std::mem::take(&mut batch);
        tail = Some(Tail { file: String::new(), length: at, running, head, torn: 0 });
    }
    Ok(tail)
}

/// Hashes `len` bytes; `false` when there are fewer.
fn hash_body(
    source: &mut impl Read,
    len: usize,
    hasher: &mut Hasher,
    progress: &Progress,
) -> io::Result<bool> {
    let mut left = len;
    let mut buffer = vec![0; left.min(1 << 16)];
    while left > 0 {
        progress.step()?;
        let part = left.min(buffer.len());
        if !fill(source, &mut buffer[..part])? {
            return Ok(false);
        }
        hasher.update(&buffer[..part]);
        left -= part;
    }
    Ok(true)
}

/// Fills the buffer; `false` at the end of the file.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match source.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// What a record begins with.
struct Front {
    kind: u8,
    /// Bytes that follow.
    len: usize,
    bytes: [u8; 5],
}

impl Front {
    /// `None` at the end of the file, or at what is no record.
    fn read(source: &mut impl Read) -> io::Result<Option<Self>> {
        let mut bytes = [0; 5];
        if !fill(source, &mut bytes)? {
            return Ok(None);
        }
        let (kind, len) = (bytes[0], u32::from_be_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]));
        let len = match kind {
            PAGE if len <= MAX_RECORD => len as usize,
            DROPPED | TOMBSTONE | COMMIT => len as usize,
            _ => return Ok(None),
        };
        let fits = match kind {
            PAGE => len >= PAGE_FRONT,
            DROPPED => len == 4,
            TOMBSTONE => len == 56,
            _ => len == COMMIT_LEN + 32,
        };
        Ok(fits.then_some(Self { kind, len, bytes }))
    }
}

/// Where the sealed bytes of a page lie in the file.
struct Place {
    version: u64,
    start: u64,
    len: usize,
}

#[derive(Default)]
struct Contents {
    pages: BTreeMap<Address, Place>,
    feed: Vec<Tombstoned>,
}

impl Contents {
    /// Takes up every record from `at`, where `source` stands, to `end`.
    fn take(
        &mut self,
        source: &mut (impl Read + Seek),
        mut at: u64,
        end: u64,
        progress: &Progress,
    ) -> io::Result<()> {
        while at < end {
            progress.step()?;
            let front = Front::read(source)?.ok_or(ErrorKind::InvalidData)?;
            let start = at + front.bytes.len() as u64;
            self.record(source, &front, start)?;
            at = start + front.len as u64;
        }
        Ok(())
    }

    fn record(
        &mut self,
        source: &mut (impl Read + Seek),
        front: &Front,
        start: u64,
    ) -> io::Result<()> {
        let damaged = |_| io::Error::from(ErrorKind::InvalidData);
        let mut body = [0; COMMIT_LEN + 32];
        let known = if front.kind == PAGE { PAGE_FRONT } else { front.len };
        source.read_exact(&mut body[..known])?;
        let mut body = Reader::new(&body[..known], "row");
        match front.kind {
            PAGE => {
                let at = Address::from_u64(body.u64().map_err(damaged)?);
                let version = body.u64().map_err(damaged)?;
                let len = front.len - PAGE_FRONT;
                source.seek_relative(len.try_into().map_err(|_| ErrorKind::InvalidData)?)?;
                let start = start + PAGE_FRONT as u64;
                self.pages.insert(at, Place { version, start, len });
            }
            DROPPED => {
                let tree = body.u32().map_err(damaged)?;
                let first = Address { tree, level: 0, index: 0 };
                let pages = self.pages.range(first..).map(|(at, _)| *at);
                let gone: Vec<Address> = pages.take_while(|at| at.tree == tree).collect();
                for at in gone {
                    self.pages.remove(&at);
                }
            }
            TOMBSTONE => self.feed.push(Tombstoned {
                id: KeyId(body.array().map_err(damaged)?),
                when: body.u64().map_err(damaged)?,
                certificate: body.array().map_err(damaged)?,
            }),
            _ => {}
        }
        Ok(())
    }
}

/// Reads records as a restore does, but takes every running hash for right: for `fuzz/`. Returns the number of commits.
#[cfg(feature = "fuzzing")]
pub(crate) fn commits_in(rows: &[u8]) -> usize {
    let identity =
        RowFile { suite: sealkeep_crypto::Suite::Aes256Gcm, store: [0; 16], copy: [0; 16] };
    let (mut contents, mut commits) = (Contents::default(), 0);
    let mut source = io::Cursor::new(rows);
    while let Ok(Some(front)) = Front::read(&mut source) {
        let start = source.position();
        let body = usize::try_from(start).ok().and_then(|start| rows.get(start..));
        let body = body.unwrap_or_default();
        if front.kind == COMMIT && decode_head(&mut Reader::new(body, "commit"), &identity).is_err()
            || contents.record(&mut source, &front, start).is_err()
        {
            break;
        }
        commits += usize::from(front.kind == COMMIT);
    }
    commits
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sealkeep_crypto::Suite;

    use super::super::rows::Update;
    use super::*;
    use crate::db::Head;
    use crate::feed::FeedHead;

    const IDENTITY: RowFile = RowFile { suite: Suite::Aes256Gcm, store: [1; 16], copy: [2; 16] };

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

    fn whole(dir: &Path, from: Option<(u64, [u8; 32])>) -> Option<Tail> {
        let name = newest(dir).expect("readable").expect("a file");
        scan(dir, &name, &IDENTITY, from, &Progress::new()).expect("readable")
    }

    /// A file with two commits.
    fn two_commits(dir: &Path) -> (Tail, Tail) {
        let progress = Progress::new();
        let mut first = Update::new(&head(7));
        first.page(Address::new(16, 0, 0), 7, b"sealed");
        first.page(Address::new(17, 1, 0), 7, b"dropped");
        let first = first.replace(dir, &IDENTITY, &progress).expect("written");
        let mut second = Update::new(&head(8));
        second.page(Address::new(16, 0, 0), 8, b"newer");
        second.dropped(17);
        second.tombstone(&Tombstoned { id: KeyId([3; 16]), when: 4, certificate: [5; 32] });
        let second = second.append(dir, &first, &progress).expect("appended");
        (first, second)
    }

    #[test]
    fn every_torn_or_changed_file_is_read_up_to_its_last_whole_commit() {
        let dir = tempfile::tempdir().expect("a folder");
        let (first, second) = two_commits(dir.path());
        let (tail, all) =
            read(dir.path(), &IDENTITY, &Progress::new()).expect("readable").expect("a commit");
        assert_eq!(tail, second);
        assert_eq!(all.addresses().collect::<Vec<_>>(), [Address::new(16, 0, 0)]);
        let page = all.load(Address::new(16, 0, 0)).expect("readable");
        assert_eq!(page, Some((8, b"newer".to_vec())));
        assert_eq!(all.feed().len(), 1);
        assert_eq!(whole(dir.path(), Some((first.length, first.running))), Some(second.clone()));

        let path = dir.path().join(&second.file);
        let bytes = fs::read(&path).expect("readable");
        let first_length = usize::try_from(first.length).expect("small");
        for cut in first_length..bytes.len() {
            fs::write(&path, &bytes[..cut]).expect("written");
            let tail = whole(dir.path(), None).expect("a commit");
            assert_eq!((tail.length, tail.head.sequence), (first.length, 7), "cut at {cut}");
            assert_eq!(tail.torn, (cut - first_length) as u64);
        }
        for at in HEADER_LEN..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).expect("written");
            let tail = whole(dir.path(), None);
            assert_ne!(tail.map(|tail| tail.length), Some(second.length), "byte {at}");
        }
    }

    #[test]
    fn a_file_of_any_size_takes_no_memory() {
        const PAGES: u64 = 32;
        let dir = tempfile::tempdir().expect("a folder");
        let (_, second) = two_commits(dir.path());
        // Records without end and without a commit, each as long as one may be, almost all of it a hole.
        let path = dir.path().join(&second.file);
        let file = fs::OpenOptions::new().write(true).open(&path).expect("there");
        let step = 5 + u64::from(MAX_RECORD);
        for page in 0..PAGES {
            let front = [&[PAGE][..], &MAX_RECORD.to_be_bytes()].concat();
            file.write_all_at(&front, second.length + page * step).expect("written");
        }
        file.set_len(second.length + PAGES * step).expect("a sparse file");
        let before = peak();
        let (tail, all) =
            read(dir.path(), &IDENTITY, &Progress::new()).expect("readable").expect("a commit");
        assert_eq!((tail.length, tail.torn), (second.length, PAGES * step));
        assert_eq!(all.pages(), 1);
        // Other tests run at the same time.
        assert!(peak() - before < 512 << 10, "{} KiB more", peak() - before);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_not_an_empty_copy() {
        let dir = tempfile::tempdir().expect("a folder");
        let name = "rows-0001-0000000000000007";
        fs::create_dir(dir.path().join(name)).expect("a folder where a file should be");
        let read = scan(dir.path(), name, &IDENTITY, None, &Progress::new());
        assert!(matches!(read, Err(Error::Io { .. })), "{read:?}");
    }

    /// The most memory that this process ever held, in KiB.
    fn peak() -> u64 {
        let status = fs::read_to_string("/proc/self/status").expect("Linux");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("there");
        line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
    }
}
