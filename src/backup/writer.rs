//! What a backup writes, in walk order: chunks to packs, entries to segments, and at the end a snapshot.
//!
//! Order of persistence (`docs/spec/vault.md` §12): packs, index file, snapshot, head. Whatever stops us before the snapshot
//! is there leaves packs that nobody names, which prune removes.

use std::sync::{Arc, PoisonError, RwLock};

use sealkeep_crypto::{HASH_LEN, Secret};
use sealkeep_keystore::KeyId;

use crate::vault::{
    About, ChunkKey, Cutter, Description, Entry, Error, Extent, IndexKey, Locator, PackKind,
    Packer, Record, Refused, Result, Row, SegmentRef, SnapshotId, Tag, Taggers, Vault, seal_record,
};

use super::known::{Fetcher, Known, Stored};
use super::prepare::seal_chunk;
use super::previous::{Earlier, Seat};

/// What comes from the walk, in walk order.
pub(super) enum Item {
    /// The entry of an earlier snapshot, unchanged.
    Kept(Earlier),
    /// The entry of a destroyed object, so that this is known the next time too.
    Closed(Seat, KeyId),
    /// The next pieces of a large file.
    Pieces(Vec<Piece>),
    /// What was sent of a large file is not to be kept.
    Discard,
    /// A new version of an object, with the rest of its content.
    New(Box<New>),
}

/// A new version of an object.
pub(super) struct New {
    pub(super) key_id: KeyId,
    pub(super) key: Secret<32>,
    pub(super) description: Description,
    pub(super) content: Content,
}

/// Where the content of a new version comes from.
pub(super) enum Content {
    /// From these pieces, after those that were sent before.
    Pieces(Vec<Piece>),
    /// It is that of an entry of an earlier snapshot; only the description is another.
    Of(Seat),
}

/// A piece of content.
pub(super) enum Piece {
    /// So many zero bytes.
    Hole(u64),
    /// A chunk.
    Chunk(Chunk),
}

/// A chunk on its way into a pack.
pub(super) struct Chunk {
    pub(super) tag: Tag,
    pub(super) digest: [u8; HASH_LEN],
    pub(super) length: u32,
    pub(super) key: ChunkKey,
    pub(super) compressed: bool,
    pub(super) data: Data,
}

/// The bytes of a chunk.
pub(super) enum Data {
    /// Ready to be written.
    Sealed(Vec<u8>),
    /// Plain, because a chunk with this tag seems to be there.
    Plain(zeroize::Zeroizing<Vec<u8>>),
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Chunks stored.
    pub chunks: u64,
    /// Chunks that were there already.
    pub shared: u64,
    /// Bytes added to packs.
    pub bytes: u64,
    /// Segments written; all others are those of the snapshot before.
    pub segments: u64,
}

/// Writes packs and segments.
pub(super) struct Writer<'v> {
    vault: &'v Vault,
    known: Arc<RwLock<Known>>,
    index: Arc<IndexKey>,
    taggers: Taggers,
    fetcher: Fetcher<'v>,
    earlier: Vec<SegmentRef>,
    packer: Packer<'v>,
    segments: Vec<SegmentRef>,
    /// Entries of the same earlier segment, from its first on: if all come, the segment is named again.
    run: Vec<(Seat, Row)>,
    cutter: Cutter,
    entries: Vec<Entry>,
    rows: Vec<Row>,
    /// Of the large file that is being sent.
    extents: Vec<Extent>,
    locators: Vec<Locator>,
    written: Written,
}

impl<'v> Writer<'v> {
    /// A writer whose seats are those of these earlier segments.
    pub(super) fn new(
        vault: &'v Vault,
        index: Arc<IndexKey>,
        known: Arc<RwLock<Known>>,
        earlier: Vec<SegmentRef>,
    ) -> Self {
        Self {
            vault,
            known,
            index,
            taggers: Taggers::default(),
            fetcher: Fetcher::new(vault, earlier.clone()),
            earlier,
            packer: Packer::new(vault),
            segments: Vec::new(),
            run: Vec::new(),
            cutter: Cutter::default(),
            entries: Vec::new(),
            rows: Vec::new(),
            extents: Vec::new(),
            locators: Vec::new(),
            written: Written::default(),
        }
    }

    /// Takes the next item.
    ///
    /// # Errors
    /// If the vault cannot be read or written.
    pub(super) fn take(&mut self, item: Item) -> Result<()> {
        match item {
            Item::Kept(Earlier { seat, key, description, tags }) => {
                self.keep(seat, Row { key, open: Some((description, tags)) })
            }
            Item::Closed(seat, key) => self.keep(seat, Row::closed(key)),
            Item::Pieces(pieces) => pieces.into_iter().try_for_each(|piece| self.store(piece)),
            Item::Discard => {
                self.extents.clear();
                self.locators.clear();
                Ok(())
            }
            Item::New(new) => self.add_new(*new),
        }
    }

    /// Writes a snapshot of everything that was taken so far, and says that it is complete or that more is to come.
    ///
    /// # Errors
    /// If the vault cannot be written.
    pub(super) fn publish(&mut self, mut about: About, complete: bool) -> Result<SnapshotId> {
        self.name_again();
        self.end_run()?;
        self.end_segment()?;
        self.packer.finish(PackKind::Content)?;
        about.added_bytes = self.written.bytes + self.packer.bytes();
        let (snapshot, bytes) = self.vault.seal_snapshot(&self.segments, &about, complete)?;
        self.packer.append(PackKind::Manifest, &bytes)?;
        let packs = self.packer.take()?;
        self.written.bytes += packs.iter().map(|pack| pack.length).sum::<u64>();
        self.vault.publish(&packs, snapshot, &bytes)?;
        Ok(snapshot)
    }

    /// Removes what was written and nobody names.
    pub(super) fn abandon(&mut self) {
        self.packer.abandon();
    }

    /// What was written so far.
    pub(super) fn written(&self) -> Written {
        self.written
    }

    fn keep(&mut self, seat: Seat, row: Row) -> Result<()> {
        let next = self.run.last().map(|(last, _)| Seat { entry: last.entry + 1, ..*last });
        let begins = seat.entry == 0 && self.entries.is_empty() && self.run.is_empty();
        if !begins && next != Some(seat) {
            self.end_run()?;
            if seat.entry == 0 && self.entries.is_empty() {
                return self.keep(seat, row);
            }
            return self.copy(seat, row);
        }
        self.run.push((seat, row));
        // The last one ends where it does because nothing followed: it is named again only if nothing follows now.
        let is_last = seat.segment + 1 == self.earlier.len();
        if !is_last {
            self.name_again();
        }
        Ok(())
    }

    /// Names an earlier segment again if all of its entries have come.
    fn name_again(&mut self) {
        let Some((seat, _)) = self.run.last() else { return };
        let place = self.earlier[seat.segment];
        if self.run.len() == place.entries as usize {
            self.run.clear();
            self.segments.push(place);
        }
    }

    /// Entries of an earlier segment of which others are missing: they are copied.
    fn end_run(&mut self) -> Result<()> {
        for (seat, row) in std::mem::take(&mut self.run) {
            self.copy(seat, row)?;
        }
        Ok(())
    }

    fn copy(&mut self, seat: Seat, row: Row) -> Result<()> {
        let opened = self.fetcher.open(seat)?;
        let (segment, locators) =
            opened.ok_or_else(|| Error::refused("listing")(Refused::Malformed))?;
        let (key, sealed) = segment.entry(seat.entry);
        let entry = Entry {
            key,
            mark: *locators.mark(seat.entry),
            chunks: locators.chunks(seat.entry).to_vec(),
            sealed: sealed.to_vec(),
        };
        self.push(entry, row)
    }

    fn add_new(&mut self, new: New) -> Result<()> {
        self.end_run()?;
        let New { key_id, key, description, content } = new;
        match content {
            Content::Pieces(pieces) => {
                pieces.into_iter().try_for_each(|piece| self.store(piece))?;
            }
            Content::Of(seat) => {
                let record = self
                    .fetcher
                    .record(seat)?
                    .ok_or_else(|| Error::refused("listing")(Refused::Malformed))?;
                self.extents = record.extents.clone();
                let opened = self.fetcher.open(seat)?.expect("the record was in it");
                self.locators = opened.1.chunks(seat.entry).to_vec();
            }
        }
        let record = Record { description, extents: std::mem::take(&mut self.extents) };
        let tagger = self.taggers.get(&self.index, &record.description.class.scope);
        let row = Row::of(key_id, &record, tagger);
        let entry = Entry {
            key: key_id,
            mark: self.vault.keyring().mark(&record.description.path),
            chunks: std::mem::take(&mut self.locators),
            sealed: seal_record(self.vault.suite(), &self.vault.id(), &key, &record),
        };
        self.push(entry, row)
    }

    fn push(&mut self, entry: Entry, row: Row) -> Result<()> {
        let ends = self.cutter.ends_after(&entry.mark, entry.sealed.len(), entry.chunks.len());
        self.entries.push(entry);
        self.rows.push(row);
        if ends { self.end_segment() } else { Ok(()) }
    }

    fn end_segment(&mut self) -> Result<()> {
        self.cutter = Cutter::default();
        if self.entries.is_empty() {
            return Ok(());
        }
        let (entries, rows) = (std::mem::take(&mut self.entries), std::mem::take(&mut self.rows));
        let (id, bytes) = self.vault.seal_segment(&entries);
        let at = self.packer.append(PackKind::Manifest, &bytes)?;
        let count = u32::try_from(entries.len()).expect("at most 1,024");
        self.vault.keep_listing(&self.index, id, &rows);
        self.segments.push(SegmentRef { id, at, entries: count });
        self.written.segments += 1;
        Ok(())
    }

    fn store(&mut self, piece: Piece) -> Result<()> {
        let chunk = match piece {
            Piece::Hole(length) => {
                self.extents.push(Extent::Hole(length));
                return Ok(());
            }
            Piece::Chunk(chunk) => chunk,
        };
        let stored = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if known.has(&chunk.tag) { self.fetcher.fetch(&known, &chunk.tag)? } else { None }
        };
        let stored = match stored {
            Some(stored) => {
                self.written.shared += 1;
                stored
            }
            None => self.write(&chunk)?,
        };
        self.extents.push(Extent::Chunk {
            length: chunk.length,
            compressed: stored.compressed,
            key: stored.key,
            digest: chunk.digest,
        });
        self.locators.push(stored.at);
        Ok(())
    }

    fn write(&mut self, chunk: &Chunk) -> Result<Stored> {
        let sealed_now;
        let sealed = match &chunk.data {
            Data::Sealed(sealed) => sealed,
            Data::Plain(plain) => {
                sealed_now = seal_chunk(self.vault.suite(), &chunk.key, plain);
                &sealed_now
            }
        };
        let at = self.packer.append(PackKind::Content, sealed)?;
        let stored = Stored { key: chunk.key.clone(), compressed: chunk.compressed, at };
        self.written.chunks += 1;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.add(chunk.tag, stored.clone());
        Ok(stored)
    }
}
