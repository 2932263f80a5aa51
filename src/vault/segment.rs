//! Segments: runs of entries that snapshots share (`docs/spec/vault.md` §6).
//!
//! A segment has two parts. The locators, under the maintenance key, say which ranges of which packs each entry uses: enough to
//! look after a vault. The records, each under the key of its object, say what the entry is and how its chunks are opened.

use std::collections::HashMap;
use std::ops::Range;

use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::KeyId;

use super::error::{Error, Refused, Result};
use super::id::id;
use super::keyring::Keyring;
use super::object::Record;
use super::pack::PackId;
use super::sealed_box::{open_box, seal_box};

id! {
    /// Names a segment.
    SegmentId
}

/// Where a chunk lies: a range of a pack, its tag included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Locator {
    /// The pack it was written to; a relocation may say that it lies elsewhere now.
    pub pack: PackId,
    /// From the start of the file, in bytes.
    pub offset: u32,
    /// In bytes.
    pub length: u32,
}

/// A keyed digest of a path; it outlives the object.
pub type Mark = [u8; 16];

/// One version of an object, as a segment has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The object's key.
    pub key: KeyId,
    /// Tells whether a path is that of this object.
    pub mark: Mark,
    /// Where its chunks lie, in order.
    pub chunks: Vec<Locator>,
    /// The record, sealed under the object's key.
    pub sealed: Vec<u8>,
}

/// Seals a record under its object's key.
#[must_use]
pub(crate) fn seal_record(
    suite: Suite,
    vault: &[u8; 16],
    key: &Secret<32>,
    record: &Record,
) -> Vec<u8> {
    seal_box(suite, key.expose(), "record", &[vault], &record.encode())
}

/// Opens a record.
///
/// # Errors
/// Why it is not believed.
pub(crate) fn open_record(
    suite: Suite,
    vault: &[u8; 16],
    key: &Secret<32>,
    sealed: &[u8],
) -> std::result::Result<Record, Refused> {
    let plain = open_box(suite, key.expose(), "record", &[vault], sealed)?;
    Ok(Record::decode(&plain)?)
}

/// Decides where segments end, so that the same entries make the same segments next time.
#[derive(Default)]
pub(crate) struct Cutter {
    count: usize,
    bytes: usize,
}

impl Cutter {
    /// Takes an entry in; whether the segment ends after it.
    pub(crate) fn ends_after(&mut self, mark: &Mark, sealed: usize, chunks: usize) -> bool {
        self.count += 1;
        self.bytes += ENTRY_LEN + sealed + chunks * LOCATOR_LEN;
        let ends = self.count >= MOST_ENTRIES
            || self.bytes >= MOST_BYTES
            || (self.count >= LEAST_ENTRIES && mark[0] == 0);
        if ends {
            *self = Self::default();
        }
        ends
    }
}

/// The bytes of a segment.
///
/// # Panics
/// If it would have 4 GiB or more.
pub(crate) fn encode(keyring: &Keyring, id: SegmentId, entries: &[Entry]) -> Vec<u8> {
    let locators = keyring.seal("locators", &id.0, &encode_locators(entries));
    let records: usize = entries.iter().map(|entry| 20 + entry.sealed.len()).sum();
    let length = HEADER_LEN + 4 + locators.len() + records;
    let mut out = Vec::with_capacity(length);
    out.put(MAGIC);
    out.put_u32(u32::try_from(length).expect("a segment is cut long before 4 GiB"));
    out.put(&id.0);
    out.put_u32(u32::try_from(entries.len()).expect("at most 1,024"));
    out.put_bytes32(&locators);
    for entry in entries {
        out.put(&entry.key.0);
        out.put_bytes32(&entry.sealed);
    }
    out
}

fn encode_locators(entries: &[Entry]) -> Vec<u8> {
    let mut packs: Vec<PackId> = Vec::new();
    let mut numbers: HashMap<PackId, u32> = HashMap::new();
    let mut out = Vec::new();
    for entry in entries {
        out.put(&entry.mark);
        out.put_varint(entry.chunks.len() as u64);
        for chunk in &entry.chunks {
            let number = *numbers.entry(chunk.pack).or_insert_with(|| {
                packs.push(chunk.pack);
                u32::try_from(packs.len() - 1).expect("fewer packs than chunks")
            });
            out.put_varint(number.into());
            out.put_u32(chunk.offset);
            out.put_u32(chunk.length);
        }
    }
    let mut all = Vec::with_capacity(4 + 16 * packs.len() + out.len());
    all.put_u32(u32::try_from(packs.len()).expect("fewer packs than chunks"));
    packs.iter().for_each(|pack| all.put(&pack.0));
    all.put(&out);
    all
}

/// A segment as it was read: no record is opened yet.
pub(crate) struct Segment {
    pub(crate) id: SegmentId,
    bytes: Vec<u8>,
    locators: Range<usize>,
    entries: Vec<(KeyId, Range<usize>)>,
}

impl Segment {
    /// Reads the bytes of a segment.
    ///
    /// # Errors
    /// `Malformed`.
    pub(crate) fn parse(bytes: Vec<u8>) -> std::result::Result<Self, Malformed> {
        let mut reader = Reader::new(&bytes, "segment");
        let magic = reader.take(8)?;
        let length = reader.u32()?;
        if magic != MAGIC || usize::try_from(length) != Ok(bytes.len()) {
            return Err(reader.malformed());
        }
        let id = SegmentId(reader.array()?);
        let count = reader.u32()?;
        let total = bytes.len();
        let locators = reader.bytes32()?.len();
        let locators = HEADER_LEN + 4..HEADER_LEN + 4 + locators;
        let mut at = locators.end;
        let mut entries = Vec::with_capacity(reader.room_for(count, 20));
        for _ in 0..count {
            let key = KeyId(reader.array()?);
            let sealed = reader.bytes32()?.len();
            entries.push((key, at + 20..at + 20 + sealed));
            at += 20 + sealed;
        }
        reader.end()?;
        debug_assert_eq!(at, total, "all was read");
        Ok(Self { id, locators, entries, bytes })
    }

    /// Number of entries.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The keys of all entries, in order.
    pub(crate) fn keys(&self) -> Vec<KeyId> {
        self.entries.iter().map(|(key, _)| *key).collect()
    }

    /// The key of an entry and its record, sealed.
    pub(crate) fn entry(&self, at: usize) -> (KeyId, &[u8]) {
        let (key, range) = &self.entries[at];
        (*key, &self.bytes[range.clone()])
    }

    /// Opens the locators.
    ///
    /// # Errors
    /// `Refused`.
    pub(crate) fn locators(&self, keyring: &Keyring) -> Result<Locators> {
        let sealed = &self.bytes[self.locators.clone()];
        let refuse = |reason: Refused| Error::refused(format!("segment {}", self.id))(reason);
        let plain = keyring.open("locators", &self.id.0, sealed);
        let plain = plain.map_err(|error| refuse(error.into()))?;
        Locators::decode(&plain, self.entries.len()).map_err(|error| refuse(error.into()))
    }
}

/// The opened locators of a segment.
pub(crate) struct Locators {
    marks: Vec<Mark>,
    ends: Vec<usize>,
    chunks: Vec<Locator>,
}

impl Locators {
    pub(super) fn decode(plain: &[u8], entries: usize) -> std::result::Result<Self, Malformed> {
        let mut reader = Reader::new(plain, "locators");
        let count = reader.u32()?;
        let mut packs = Vec::with_capacity(reader.room_for(count, 16));
        for _ in 0..count {
            packs.push(PackId(reader.array()?));
        }
        let mut all = Self {
            marks: Vec::with_capacity(entries),
            ends: Vec::with_capacity(entries),
            chunks: Vec::new(),
        };
        for _ in 0..entries {
            all.marks.push(reader.array()?);
            for _ in 0..reader.varint()? {
                let number = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
                let pack = *packs.get(number).ok_or(reader.malformed())?;
                let (offset, length) = (reader.u32()?, reader.u32()?);
                all.chunks.push(Locator { pack, offset, length });
            }
            all.ends.push(all.chunks.len());
        }
        reader.end()?;
        Ok(all)
    }

    /// The mark of an entry.
    pub(crate) fn mark(&self, at: usize) -> &Mark {
        &self.marks[at]
    }

    /// Where the chunks of an entry lie.
    pub(crate) fn chunks(&self, at: usize) -> &[Locator] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.chunks[start..self.ends[at]]
    }
}

/// Begins every segment.
pub(crate) const MAGIC: &[u8; 8] = b"SKSEGMT1";
const HEADER_LEN: usize = 8 + 4 + 16 + 4;
const ENTRY_LEN: usize = 16 + 4 + 16 + 4;
const LOCATOR_LEN: usize = 12;
const LEAST_ENTRIES: usize = 64;
const MOST_ENTRIES: usize = 1_024;
const MOST_BYTES: usize = 8 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::object::tests::record;

    fn ring(suite: Suite) -> Keyring {
        Keyring::new(suite, [1; 16], Secret::random(), &Secret::random())
    }

    fn entry(at: u8, chunks: usize) -> Entry {
        let chunk = |n: usize| Locator {
            pack: PackId([u8::try_from(n % 3).expect("small"); 16]),
            offset: 48 + u32::try_from(n).expect("small"),
            length: 17,
        };
        Entry {
            key: KeyId([at; 16]),
            mark: [at; 16],
            chunks: (0..chunks).map(chunk).collect(),
            sealed: vec![at; usize::from(at)],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for suite in Suite::ALL {
            let keyring = ring(suite);
            let entries: Vec<Entry> = (0..20).map(|at| entry(at, usize::from(at) % 7)).collect();
            let bytes = encode(&keyring, SegmentId([5; 16]), &entries);
            let segment = Segment::parse(bytes.clone()).expect("sound");
            let locators = segment.locators(&keyring).expect("opens");
            assert_eq!(segment.len(), 20);
            for (at, entry) in entries.iter().enumerate() {
                assert_eq!(segment.entry(at), (entry.key, &entry.sealed[..]));
                assert_eq!(
                    (locators.mark(at), locators.chunks(at)),
                    (&entry.mark, &entry.chunks[..])
                );
            }
            let other = ring(suite);
            assert!(segment.locators(&other).is_err());
            for cut in 0..bytes.len() {
                assert!(Segment::parse(bytes[..cut].to_vec()).is_err(), "cut at {cut}");
            }
        }
    }

    #[test]
    fn a_record_opens_with_its_key_in_its_vault_only() {
        for suite in Suite::ALL {
            let key = Secret::random();
            let sealed = seal_record(suite, &[1; 16], &key, &record());
            assert_eq!(open_record(suite, &[1; 16], &key, &sealed).expect("opens"), record());
            assert!(open_record(suite, &[2; 16], &key, &sealed).is_err());
            assert!(open_record(suite, &[1; 16], &Secret::random(), &sealed).is_err());
        }
    }

    #[test]
    fn one_more_entry_moves_few_boundaries() {
        let keyring = ring(Suite::Aes256Gcm);
        let ends = |names: &[String]| {
            let mut cutter = Cutter::default();
            let cut = |name: &&String| cutter.ends_after(&keyring.mark(name.as_bytes()), 300, 1);
            names.iter().filter(cut).cloned().collect::<Vec<_>>()
        };
        let mut names: Vec<String> = (0..20_000).map(|at| format!("{at:06}")).collect();
        let before = ends(&names);
        names.insert(5_000, "004999x".into());
        let after = ends(&names);
        let moved = after.iter().filter(|end| !before.contains(end)).count();
        assert!(before.len() > 40 && moved <= 8, "{} segments, {moved} moved", before.len());
    }
}
