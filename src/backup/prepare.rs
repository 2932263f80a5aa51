//! Reading objects and sealing their content, by several threads: everything of a backup that needs no order.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::panic::resume_unwind;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use rustix::fs::FileType;
use sealkeep_crypto::{HASH_LEN, Suite, TAG_LEN, hash, hash_many, random};
use sealkeep_keystore::KeyId;
use zeroize::{Zeroize, Zeroizing};

use super::attributes::{Described, Names, Unread, describe, describe_open};
use super::chunker::{Chunker, Gear, Lengths, ONE_CHUNK};
use super::compress::Compressor;
use super::known::Known;
use super::previous::Earlier;
use super::read::{Content, Part};
use super::report::ObjectError;
use super::walk::name_of;
use super::writer::{Chunk, Data, Piece};
use crate::envelope::Run;
use crate::parallel::parallel;
use crate::tree::Found;
use crate::vault::{ChunkKey, Class, Description, Error, IndexKey, Result, Taggers, Vault, check};

/// An object of which a new version is to be kept.
pub(super) struct Job {
    pub(super) input: Input,
    pub(super) class: Class,
    pub(super) compress: bool,
    /// When this generation was first backed up.
    pub(super) first: u64,
    /// The key of the version before.
    pub(super) reuse: Option<KeyId>,
    /// Whether the rules allow that it is used again.
    pub(super) may_reuse: bool,
    /// The key of the version before, if that is on hold: the new one is to be under the same holds.
    pub(super) heir_of: Option<KeyId>,
    /// The version before, if it is to be read anew: it stays if no new one may be made.
    pub(super) before: Option<Earlier>,
}

/// Where a new version comes from.
pub(super) enum Input {
    /// It is to be read from the file system.
    Read(Found, Arc<OwnedFd>),
    /// The rules say something else of it; its content is that of this entry.
    Known(Earlier),
}

impl Job {
    /// Absolute path without the leading `/`.
    pub(super) fn path(&self) -> &[u8] {
        match &self.input {
            Input::Read(found, _) => &found.path,
            Input::Known(earlier) => &earlier.description.path,
        }
    }

    /// Bytes that it takes in memory when it is prepared together with others.
    pub(super) fn room(&self) -> u64 {
        match &self.input {
            Input::Read(found, _) if !is_large(found) => found.size,
            _ => 0,
        }
    }
}

/// What became of an object that was to be read.
pub(super) enum Outcome {
    /// It is not there any more.
    Vanished,
    /// It could not be read.
    Failed(ObjectError),
    /// It was read.
    Read(Box<ReadObject>),
    /// It is a large file: it is read by [`Preparer::prepare_large`].
    Large,
}

/// An object that was read.
pub(super) struct ReadObject {
    pub(super) description: Description,
    pub(super) pieces: Vec<Piece>,
    /// What could not be read of its attributes.
    pub(super) unread: Vec<Unread>,
}

/// Reads and seals.
pub(super) struct Preparer<'v> {
    suite: Suite,
    index: &'v IndexKey,
    known: Arc<RwLock<Known>>,
    names: Names,
}

/// What a thread keeps from object to object.
#[derive(Default)]
struct Scratch {
    buffer: Vec<u8>,
    packed: Vec<u8>,
    compressor: Option<Compressor>,
    taggers: Taggers,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.buffer.zeroize();
        self.packed.zeroize();
    }
}

impl<'v> Preparer<'v> {
    pub(super) fn new(vault: &Vault, index: &'v IndexKey, known: Arc<RwLock<Known>>) -> Self {
        Self { suite: vault.suite(), index, known, names: Names::default() }
    }

    /// Reads objects side by side; an outcome for each, in order.
    pub(super) fn prepare(&self, jobs: &[Job], run: &Run<'_>) -> Vec<Outcome> {
        let work = |at: usize, scratch: &mut Scratch| self.prepare_one(&jobs[at], scratch, run);
        let done = parallel(run.workers, jobs.len(), work, |_| false);
        done.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn prepare_one(&self, job: &Job, scratch: &mut Scratch, run: &Run<'_>) -> Outcome {
        let read = match &job.input {
            Input::Known(earlier) => Ok(ReadObject {
                description: Description {
                    class: job.class.clone(),
                    ..(*earlier.description).clone()
                },
                pieces: Vec::new(),
                unread: Vec::new(),
            }),
            Input::Read(found, _) if is_large(found) => return Outcome::Large,
            Input::Read(found, dir) if found.kind == FileType::RegularFile => {
                match self.read_small(job, dir, &found.path, scratch, run) {
                    Ok(None) => return Outcome::Large,
                    Ok(Some(read)) => Ok(read),
                    Err(error) => Err(error),
                }
            }
            Input::Read(found, dir) => describe(dir, name_of(&found.path), &self.names)
                .map(|described| read_object(job, described, Vec::new(), false))
                .map_err(ObjectError::from),
        };
        outcome(read)
    }

    fn read_small(
        &self,
        job: &Job,
        dir: &OwnedFd,
        path: &[u8],
        scratch: &mut Scratch,
        run: &Run<'_>,
    ) -> std::result::Result<Option<ReadObject>, ObjectError> {
        let mut left = TRIES;
        loop {
            left -= 1;
            let content = Content::open(dir, name_of(path))?;
            if is_large(content.found()) {
                // It grew since it was listed.
                return Ok(None);
            }
            let plain = content.read_whole(&mut scratch.buffer).map_err(read_error)?;
            let same = plain.len() as u64 == content.found().size
                && content.is_unchanged().map_err(read_error)?;
            if !same && left > 0 {
                continue;
            }
            let length = plain.len();
            let mut described = describe_open(content.file(), content.found(), &self.names)?;
            described.attributes.size = length as u64;
            let pieces = if length == 0 {
                Vec::new()
            } else {
                let plain = std::mem::take(&mut scratch.buffer);
                let digest = hash(self.suite, &[&plain[..length]]);
                let scope = &job.class.scope;
                let chunk = self.chunk(&plain[..length], digest, scope, job.compress, scratch);
                scratch.buffer = plain;
                vec![Piece::Chunk(chunk)]
            };
            (run.progress)(length as u64);
            return Ok(Some(read_object(job, described, pieces, !same)));
        }
    }

    /// Reads a large file and hands its pieces on as they come. What was handed on of a try that failed is to be discarded when
    /// `None` comes.
    ///
    /// # Errors
    /// What `take` says; `Cancelled`.
    pub(super) fn prepare_large(
        &self,
        job: &Job,
        mut take: impl FnMut(Option<Vec<Piece>>) -> Result<()>,
        run: &Run<'_>,
    ) -> Result<Outcome> {
        let Input::Read(found, dir) = &job.input else { return Ok(Outcome::Vanished) };
        let mut left = TRIES;
        loop {
            left -= 1;
            let content = match Content::open(dir, name_of(&found.path)) {
                Ok(content) => content,
                Err(error) => return Ok(outcome(Err(error.into()))),
            };
            let read = match self.read_parts(job, &content, |pieces| take(Some(pieces)), run) {
                Ok(read) => read,
                Err(ReadError::Reading(source)) => {
                    return Ok(Outcome::Failed(read_error(source)));
                }
                Err(ReadError::Taking(error)) => return Err(error),
            };
            let same = read == content.found().size && content.is_unchanged().unwrap_or(false);
            if !same && left > 0 {
                take(None)?;
                continue;
            }
            let described = describe_open(content.file(), content.found(), &self.names);
            return Ok(outcome(described.map_err(ObjectError::from).map(|mut described| {
                described.attributes.size = read;
                read_object(job, described, Vec::new(), !same)
            })));
        }
    }

    /// Cuts a file and hands its pieces on, several at a time. Returns how many bytes they stand for.
    fn read_parts(
        &self,
        job: &Job,
        content: &Content,
        mut take: impl FnMut(Vec<Piece>) -> Result<()>,
        run: &Run<'_>,
    ) -> std::result::Result<u64, ReadError> {
        let gear = Gear::new(&self.index.gear(&job.class.scope));
        let lengths = Lengths::for_size(content.found().size);
        let mut buffer = Vec::new();
        let mut done = 0;
        for part in content.parts() {
            let range = match part {
                Part::Hole(range) => {
                    done += range.end - range.start;
                    (run.progress)(range.end - range.start);
                    take(vec![Piece::Hole(range.end - range.start)])?;
                    continue;
                }
                Part::Data(range) => range,
            };
            let (send, cut) = sync_channel::<std::result::Result<Group, ReadError>>(1);
            let chunker = Chunker::new(content.reader(range), &gear, lengths, buffer);
            buffer = thread::scope(|scope| {
                // One thread cuts while the others seal what was cut before.
                let cutting = scope.spawn(move || cut_groups(chunker, &send));
                for group in &cut {
                    let group = group?;
                    check(run)?;
                    let bytes = group.iter().map(|plain| plain.len() as u64).sum::<u64>();
                    take(self.seal_group(job, &group, run))?;
                    done += bytes;
                    (run.progress)(bytes);
                }
                drop(cut);
                Ok::<_, ReadError>(cutting.join().unwrap_or_else(|panic| resume_unwind(panic)))
            })?;
        }
        buffer.zeroize();
        Ok(done)
    }

    /// Seals chunks of a large file side by side.
    fn seal_group(&self, job: &Job, group: &Group, run: &Run<'_>) -> Vec<Piece> {
        let plain: Vec<&[u8]> = group.iter().map(|plain| &plain[..]).collect();
        // SM3 of many messages at once is ten times as fast; of SHA-256 every thread makes its own.
        let digests = match self.suite {
            Suite::Sm4Gcm => hash_many(self.suite, &plain),
            Suite::Aes256Gcm => Vec::new(),
        };
        let work = |at: usize, scratch: &mut Scratch| {
            let digest = digests.get(at).copied();
            let digest = digest.unwrap_or_else(|| hash(self.suite, &[plain[at]]));
            Piece::Chunk(self.chunk(plain[at], digest, &job.class.scope, job.compress, scratch))
        };
        let pieces = parallel(run.workers, plain.len(), work, |_| false);
        pieces.into_iter().map(|(_, piece)| piece).collect()
    }

    /// Seals a chunk, unless it seems to be there already.
    fn chunk(
        &self,
        plain: &[u8],
        digest: [u8; HASH_LEN],
        scope: &str,
        compress: bool,
        scratch: &mut Scratch,
    ) -> Chunk {
        let tag = scratch.taggers.get(self.index, scope).tag(&digest);
        let mut key = ChunkKey::default();
        random::fill(&mut key[..]);
        let length = u32::try_from(plain.len()).expect("chunks have some MiB at most");
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).has(&tag);
        let (data, compressed) = if known {
            (Data::Plain(Zeroizing::new(plain.to_vec())), false)
        } else {
            let packed = compress && scratch.pack(plain);
            let stored = if packed { &scratch.packed[..] } else { plain };
            (Data::Sealed(seal_chunk(self.suite, &key, stored)), packed)
        };
        Chunk { tag, digest, length, key, compressed, data }
    }
}

impl Scratch {
    /// Compresses into `packed`, if that helps.
    fn pack(&mut self, plain: &[u8]) -> bool {
        if self.compressor.is_none() {
            self.compressor = Compressor::new().ok();
        }
        let compressor = self.compressor.as_mut();
        compressor.is_some_and(|compressor| compressor.compress(plain, &mut self.packed))
    }
}

/// Chunks of a large file that are in memory at once.
type Group = Vec<Zeroizing<Vec<u8>>>;

/// Cuts content and sends the chunks, some MiB at a time, until it ends or nobody takes them. Gives the buffer back.
fn cut_groups<R: Read>(
    mut chunker: Chunker<'_, R>,
    send: &SyncSender<std::result::Result<Group, ReadError>>,
) -> Vec<u8> {
    loop {
        let group = next_group(&mut chunker).map_err(ReadError::Reading);
        let ends = group.as_ref().map_or(true, Vec::is_empty);
        if group.as_ref().is_ok_and(Vec::is_empty) || send.send(group).is_err() || ends {
            return chunker.into_buffer();
        }
    }
}

fn next_group<R: Read>(chunker: &mut Chunker<'_, R>) -> std::io::Result<Group> {
    let (mut group, mut bytes) = (Group::new(), 0);
    while bytes < BYTES_AT_ONCE
        && let Some(chunk) = chunker.next()?
    {
        bytes += chunk.len();
        group.push(Zeroizing::new(chunk.to_vec()));
    }
    Ok(group)
}

/// A chunk as it lies in a pack. Its key is used once, so the nonce can be zero.
pub(super) fn seal_chunk(suite: Suite, key: &ChunkKey, stored: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(stored.len() + TAG_LEN);
    sealed.extend_from_slice(stored);
    let tag = suite.aead(&key[..suite.key_len()]).seal(&[0; 12], &[], &mut sealed);
    sealed.extend_from_slice(&tag);
    sealed
}

/// Whether a file is cut into chunks and read by all threads together.
pub(super) fn is_large(found: &Found) -> bool {
    found.kind == FileType::RegularFile && found.size > ONE_CHUNK as u64
}

/// Why a large file was not read to its end.
enum ReadError {
    Reading(std::io::Error),
    Taking(Error),
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        Self::Taking(error)
    }
}

fn read_object(job: &Job, described: Described, pieces: Vec<Piece>, changed: bool) -> ReadObject {
    ReadObject {
        description: Description {
            path: job.path().to_vec(),
            attributes: described.attributes,
            class: job.class.clone(),
            first: job.first,
            changed_while_read: changed,
        },
        pieces,
        unread: described.unread,
    }
}

fn outcome(read: std::result::Result<ReadObject, ObjectError>) -> Outcome {
    match read {
        Ok(read) => Outcome::Read(Box::new(read)),
        Err(ObjectError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Outcome::Vanished
        }
        Err(error) => Outcome::Failed(error),
    }
}

fn read_error(source: std::io::Error) -> ObjectError {
    ObjectError::Io { action: "read the file", source }
}

/// How often a file that changes while it is read is read before it is taken as it is.
const TRIES: usize = 3;
/// Bytes of a large file that are in memory at once.
const BYTES_AT_ONCE: usize = 8 << 20;
