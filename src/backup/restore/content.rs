//! Content out of packs: ranges that lie together are read together, and what is handed on was found authentic.

use std::ops::Range;
use std::sync::Arc;

use sealkeep_crypto::{HASH_LEN, TAG_LEN, eq_ct, hash_many};
use zeroize::Zeroize;

use super::objects::Object;
use super::report::RestoreError;
use crate::backup::compress::Decompressor;
use crate::vault::{ChunkKey, Error, Extent, PackId, PackIndex, Result, Vault, pack};

/// A chunk of an object, and where it lies now.
pub(in crate::backup) struct Piece<'o> {
    /// Which object of those that are read together.
    pub(in crate::backup) object: usize,
    /// Where its content begins in that of the object.
    pub(in crate::backup) at: u64,
    length: usize,
    compressed: bool,
    key: &'o ChunkKey,
    digest: &'o [u8; HASH_LEN],
    pack: PackId,
    stored: Range<u64>,
}

/// What one thread keeps from run to run.
#[derive(Default)]
pub(in crate::backup) struct Buffers {
    sealed: Vec<u8>,
    frame: Vec<u8>,
    plain: Vec<u8>,
    decompressor: Option<Decompressor>,
}

impl Drop for Buffers {
    fn drop(&mut self) {
        self.frame.zeroize();
        self.plain.zeroize();
    }
}

/// Reads chunks.
pub(in crate::backup) struct ChunkReader<'v> {
    vault: &'v Vault,
    packs: Arc<PackIndex>,
}

impl<'v> ChunkReader<'v> {
    /// # Errors
    /// If the index files cannot be read.
    pub(in crate::backup) fn new(vault: &'v Vault) -> Result<Self> {
        Ok(Self { vault, packs: vault.packs()? })
    }

    /// The chunks of an object.
    pub(in crate::backup) fn pieces<'o>(
        &self,
        number: usize,
        object: &'o Object,
    ) -> impl Iterator<Item = Piece<'o>> {
        let mut next = 0;
        let mut chunks = object.chunks.iter();
        object.record.extents.iter().filter_map(move |extent| {
            let at = next;
            next += extent.length();
            let Extent::Chunk { length, compressed, key, digest } = extent else { return None };
            let locator = chunks.next().expect("one for each chunk, as was checked");
            let (pack, offset) = self.packs.locate(locator.pack, locator.offset, locator.length);
            let stored = u64::from(offset)..u64::from(offset) + u64::from(locator.length);
            let (length, compressed) = (*length as usize, *compressed);
            Some(Piece { object: number, at, length, compressed, key, digest, pack, stored })
        })
    }

    /// Reads pieces that lie in one run and hands each on, or says why it cannot be had.
    pub(in crate::backup) fn read(
        &self,
        run: &[Piece<'_>],
        buffers: &mut Buffers,
        take: &mut impl FnMut(&Piece<'_>, std::result::Result<&[u8], RestoreError>),
    ) {
        let Some(span) = span(run) else { return };
        match self.read_span(run[0].pack, &span, &mut buffers.sealed) {
            Ok(()) => self.open(run, span.start, buffers, take),
            Err(error) if run.len() == 1 => take(&run[0], Err(error.into())),
            // Perhaps some of it can be read.
            Err(_) => {
                for piece in run {
                    self.read(std::slice::from_ref(piece), buffers, take);
                }
            }
        }
    }

    fn read_span(&self, pack: PackId, span: &Range<u64>, sealed: &mut Vec<u8>) -> Result<()> {
        let length =
            usize::try_from(span.end - span.start).map_err(|_| Error::TooLarge(pack.name()))?;
        // What is left in it from before is written over.
        if sealed.len() < length {
            *sealed = vec![0; length.next_power_of_two()];
        }
        let offset = u32::try_from(span.start).map_err(|_| Error::TooShort(pack.name()))?;
        pack::read_blob(&**self.vault.storage(), pack, offset, &mut sealed[..length])
    }

    fn open(
        &self,
        run: &[Piece<'_>],
        start: u64,
        buffers: &mut Buffers,
        take: &mut impl FnMut(&Piece<'_>, std::result::Result<&[u8], RestoreError>),
    ) {
        let total: usize = run.iter().map(|piece| piece.length).sum();
        buffers.plain.clear();
        make_room(&mut buffers.plain, total);
        let opened: Vec<Option<Range<usize>>> =
            run.iter().map(|piece| self.open_one(piece, start, buffers)).collect();
        let plain = |range: &Range<usize>| &buffers.plain[range.clone()];
        let contents: Vec<&[u8]> = opened.iter().flatten().map(plain).collect();
        let mut digests = hash_many(self.vault.suite(), &contents).into_iter();
        for (piece, range) in run.iter().zip(&opened) {
            let authentic = range
                .as_ref()
                .filter(|_| digests.next().is_some_and(|digest| eq_ct(&digest, piece.digest)));
            let content = authentic.map(plain);
            take(piece, content.ok_or_else(|| RestoreError::Damaged(piece.pack.name())));
        }
    }

    /// Opens a chunk that was read to the end of the buffer of plain bytes.
    fn open_one(
        &self,
        piece: &Piece<'_>,
        start: u64,
        buffers: &mut Buffers,
    ) -> Option<Range<usize>> {
        let Buffers { sealed, frame, plain, decompressor } = buffers;
        let from = usize::try_from(piece.stored.start - start).ok()?;
        let to = usize::try_from(piece.stored.end - start).ok()?;
        let (body, tag) = sealed[from..to].split_last_chunk::<TAG_LEN>()?;
        let suite = self.vault.suite();
        let aead = suite.aead(&piece.key[..suite.key_len()]);
        let begun = plain.len();
        let out = if piece.compressed {
            frame.clear();
            make_room(frame, body.len());
            &mut *frame
        } else if body.len() == piece.length {
            &mut *plain
        } else {
            return None;
        };
        let at = out.len();
        out.extend_from_slice(body);
        if aead.open(&[0; 12], &[], &mut out[at..], tag).is_err() {
            out.truncate(at);
            return None;
        }
        if piece.compressed {
            plain.resize(begun + piece.length, 0);
            let decompressor = match decompressor {
                Some(decompressor) => decompressor,
                None => decompressor.insert(Decompressor::new().ok()?),
            };
            decompressor.decompress(frame, &mut plain[begun..]).ok()?;
        }
        Some(begun..plain.len())
    }
}

/// Sorts pieces by where they lie and divides them into runs, each to be read at once.
pub(in crate::backup) fn runs(pieces: &mut [Piece<'_>]) -> Vec<Range<usize>> {
    pieces.sort_unstable_by_key(|piece| (piece.pack, piece.stored.start));
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut plain = 0;
    for (at, piece) in pieces.iter().enumerate() {
        let joins = runs.last().is_some_and(|run| {
            let (first, last) = (&pieces[run.start], &pieces[at - 1]);
            first.pack == piece.pack
                && piece.stored.start <= last.stored.end + GAP
                && piece.stored.end - first.stored.start <= RUN
                && plain + piece.length <= RUN_PLAIN
        });
        match runs.last_mut().filter(|_| joins) {
            Some(run) => run.end = at + 1,
            None => {
                plain = 0;
                runs.push(at..at + 1);
            }
        }
        plain += piece.length;
    }
    runs
}

fn span(run: &[Piece<'_>]) -> Option<Range<u64>> {
    let end = run.iter().map(|piece| piece.stored.end).max()?;
    Some(run.first()?.stored.start..end)
}

/// Room for so many bytes more. Growing in place could leave a copy behind in the heap.
fn make_room(buffer: &mut Vec<u8>, more: usize) {
    if buffer.capacity() < more {
        buffer.zeroize();
        *buffer = Vec::with_capacity(more.next_power_of_two());
    }
}

/// Bytes that are read though nobody wants them, rather than reading twice.
const GAP: u64 = 64 * 1024;
/// Bytes of a pack that are read at once,
const RUN: u64 = 2 << 20;
/// and bytes of content that come of it; a single chunk may be longer than either.
const RUN_PLAIN: usize = 4 << 20;
