//! Row files: what a copy holds, appended commit by commit (`docs/spec/keystore.md`, "Copies").
//!
//! A commit record closes what belongs together and carries a running hash over the whole file, so a torn
//! tail is dropped and a changed byte is found without any key. Reading them is in `scan.rs`.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use sealkeep_crypto::{Suite, hash};

use super::progress::Progress;
use crate::db::Head;
use crate::error::{Error, Result};
use crate::feed::{FeedHead, Tombstoned};
use crate::files::sync_parent;
use crate::page::{Address, Tree};

const MAGIC: &[u8; 8] = b"SKROWS1\n";
pub(super) const HEADER_LEN: usize = 8 + 1 + 16 + 16;
pub(super) const PAGE: u8 = 1;
pub(super) const DROPPED: u8 = 2;
pub(super) const TOMBSTONE: u8 = 3;
pub(super) const COMMIT: u8 = 4;

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
    pub(crate) fn append(self, dir: &Path, tail: &Tail, progress: &Progress) -> Result<Tail> {
        let path = dir.join(&tail.file);
        let mut file = OpenOptions::new().write(true).open(&path).map_err(Error::io(&path))?;
        let (bytes, next) = self.close(tail.file.clone(), tail.length, &tail.running);
        let written = file
            .set_len(tail.length)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .and_then(|_| write_durably(&mut file, &bytes, progress));
        written.map_err(Error::io(&path))?;
        Ok(next)
    }

    /// Writes a new file with everything, then removes the older ones; durable when it returns.
    pub(crate) fn replace(
        self,
        dir: &Path,
        identity: &RowFile,
        progress: &Progress,
    ) -> Result<Tail> {
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
        let written =
            file.write_all(&header).and_then(|()| write_durably(&mut file, &bytes, progress));
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

impl RowFile {
    pub(super) fn header(&self) -> [u8; HEADER_LEN] {
        let mut header = [0; HEADER_LEN];
        header[..8].copy_from_slice(MAGIC);
        header[8] = self.suite.id();
        header[9..25].copy_from_slice(&self.store);
        header[25..].copy_from_slice(&self.copy);
        header
    }
}

/// Writes piece by piece, each on the medium before the next, so that a slow one is not taken for one that hangs.
fn write_durably(file: &mut File, bytes: &[u8], progress: &Progress) -> std::io::Result<()> {
    for piece in bytes.chunks(PIECE) {
        progress.step()?;
        file.write_all(piece)?;
        if piece.len() == PIECE {
            file.sync_data()?;
        }
    }
    file.sync_all()?;
    progress.step()
}

/// What a stick takes within a few seconds.
const PIECE: usize = 4 << 20;

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
pub(super) const COMMIT_LEN: usize = 2 + 8 + 8 + 8 + 32 + 8 + 32 + 64;

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

pub(super) fn decode_head(
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
