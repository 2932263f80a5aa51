//! Listings: what a segment's entries are, at a glance (`docs/spec/vault.md` §11).
//!
//! A listing is sealed under the index key, which dies with any key that is destroyed. It is a cache: missing or unreadable, it
//! is made anew from the records.

use std::fs;
use std::path::PathBuf;

use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use sealkeep_crypto::{HASH_LEN, Kdf, Secret, Suite, hmac};
use sealkeep_keystore::KeyId;
use zeroize::Zeroizing;

use super::object::{Description, Extent, Record};
use super::sealed_box::{open_box, seal_box};
use super::segment::SegmentId;

/// Tells within a scope whether two chunks are the same.
pub(crate) type Tag = [u8; 16];

/// What a listing says of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The object's key.
    pub(crate) key: KeyId,
    /// What it is, and a tag for each of its chunks; none if the key does not open.
    pub(crate) open: Option<(Box<Description>, Vec<Tag>)>,
}

impl Row {
    pub(crate) fn closed(key: KeyId) -> Self {
        Self { key, open: None }
    }

    pub(crate) fn of(key: KeyId, record: &Record, tagger: &Tagger) -> Self {
        let tag = |extent: &Extent| match extent {
            Extent::Hole(_) => None,
            Extent::Chunk { digest, .. } => Some(tagger.tag(digest)),
        };
        let tags = record.extents.iter().filter_map(tag).collect();
        Self { key, open: Some((Box::new(record.description.clone()), tags)) }
    }
}

/// Makes the tags of one scope.
pub(crate) struct Tagger {
    suite: Suite,
    key: Zeroizing<[u8; 32]>,
}

impl Tagger {
    pub(crate) fn tag(&self, digest: &[u8; HASH_LEN]) -> Tag {
        *hmac(self.suite, &self.key[..], &[digest]).first_chunk().expect("a hash has 32 bytes")
    }
}

/// The tags of the scope that was asked for last: neighbours are of the same scope.
#[derive(Default)]
pub(crate) struct Taggers(Option<(String, Tagger)>);

impl Taggers {
    /// The tags of a scope.
    pub(crate) fn get(&mut self, index: &IndexKey, scope: &str) -> &Tagger {
        if self.0.as_ref().is_none_or(|(held, _)| held != scope) {
            self.0 = Some((scope.to_owned(), index.tagger(scope)));
        }
        &self.0.as_ref().expect("was just made").1
    }
}

/// The index key of now, and what comes of it.
pub(crate) struct IndexKey {
    pub(crate) id: KeyId,
    suite: Suite,
    secret: Secret<32>,
}

impl IndexKey {
    pub(crate) fn new(suite: Suite, (id, secret): (KeyId, Secret<32>)) -> Self {
        Self { id, suite, secret }
    }

    /// The tags of a scope.
    fn tagger(&self, scope: &str) -> Tagger {
        let mut key = Zeroizing::new([0; 32]);
        self.expand(b"sealkeep/v1/vault/tag", scope, &mut key[..]);
        Tagger { suite: self.suite, key }
    }

    /// The gear table by which large files of a scope are cut.
    pub(crate) fn gear(&self, scope: &str) -> Zeroizing<[u8; 2048]> {
        let mut table = Zeroizing::new([0; 2048]);
        self.expand(b"sealkeep/v1/vault/gear", scope, &mut table[..]);
        table
    }

    fn expand(&self, label: &[u8], scope: &str, out: &mut [u8]) {
        Kdf::extract(self.suite, &[], self.secret.expose()).expand(&[label, scope.as_bytes()], out);
    }
}

/// The folder of listings on this machine.
pub(crate) struct Catalogue {
    /// None where nothing can be kept: a copy that is only read.
    dir: Option<PathBuf>,
    vault: [u8; 16],
}

impl Catalogue {
    pub(crate) fn new(dir: Option<PathBuf>, vault: [u8; 16]) -> Self {
        Self { dir, vault }
    }

    /// The listing of a segment, if it is there, opens with this key, and has so many rows.
    pub(crate) fn load(
        &self,
        index: &IndexKey,
        segment: SegmentId,
        count: usize,
    ) -> Option<Vec<Row>> {
        let bytes = fs::read(self.path(segment)?).ok()?;
        let (id, sealed) = bytes.split_first_chunk::<16>()?;
        if *id != index.id.0 {
            return None;
        }
        let context: [&[u8]; 2] = [&self.vault, &segment.0];
        let packed =
            open_box(index.suite, index.secret.expose(), "listing", &context, sealed).ok()?;
        let length = zstd::zstd_safe::get_frame_content_size(&packed).ok()??;
        let length = usize::try_from(length).ok().filter(|length| *length <= MOST_PLAIN)?;
        let plain = Zeroizing::new(zstd::bulk::decompress(&packed, length).ok()?);
        let rows = decode(&plain).ok()?;
        (rows.len() == count).then_some(rows)
    }

    /// Keeps a listing. That it could not be kept harms nobody: it is made anew when it is missed.
    pub(crate) fn keep(&self, index: &IndexKey, segment: SegmentId, rows: &[Row]) {
        let Some(path) = self.path(segment) else { return };
        let plain = encode(rows);
        let Ok(packed): Result<Vec<u8>, _> = zstd::bulk::compress(&plain, LEVEL) else { return };
        let packed = Zeroizing::new(packed);
        let context: [&[u8]; 2] = [&self.vault, &segment.0];
        let sealed = seal_box(index.suite, index.secret.expose(), "listing", &context, &packed);
        // Half a listing does not open, so it needs no name of its own until it is whole.
        let _ = fs::write(path, [&index.id.0[..], &sealed].concat());
    }

    /// Removes the listings of segments that no snapshot has any more.
    pub(crate) fn retain(&self, keep: impl Fn(SegmentId) -> bool) {
        let Some(entries) = self.dir.as_ref().and_then(|dir| fs::read_dir(dir).ok()) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let id = name.to_str().and_then(SegmentId::parse);
            if id.is_some_and(|id| !keep(id)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, segment: SegmentId) -> Option<PathBuf> {
        self.dir.as_ref().map(|dir| dir.join(segment.to_string()))
    }
}

pub(super) fn encode(rows: &[Row]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(rows.len() * 200));
    for row in rows {
        out.put(&row.key.0);
        match &row.open {
            None => out.put_u8(0),
            Some((description, tags)) => {
                out.put_u8(1);
                description.encode(&mut out);
                out.put_u32(u32::try_from(tags.len()).expect("records bound them"));
                tags.iter().for_each(|tag| out.put(tag));
            }
        }
    }
    out
}

pub(super) fn decode(plain: &[u8]) -> Result<Vec<Row>, Malformed> {
    let mut reader = Reader::new(plain, "listing");
    let mut rows = Vec::new();
    while !reader.is_empty() {
        let key = KeyId(reader.array()?);
        rows.push(match reader.u8()? {
            0 => Row::closed(key),
            1 => {
                let description = Box::new(Description::decode(&mut reader)?);
                let count = reader.u32()?;
                let mut tags = Vec::with_capacity(reader.room_for(count, 16));
                for _ in 0..count {
                    tags.push(reader.array()?);
                }
                Row { key, open: Some((description, tags)) }
            }
            _ => return Err(reader.malformed()),
        });
    }
    Ok(rows)
}

/// A fast level: listings are read and written often, and lie on this machine only.
const LEVEL: i32 = 1;
/// More than a segment's listing can have: 1,024 rows with their attributes, or one of a huge file.
const MOST_PLAIN: usize = 1 << 30;

/// The folder of listings in that of a vault.
pub const CATALOGUE: &str = "catalogue";

/// Removes all listings of the vault in this folder, on this machine. After a destruction they do not open any more.
pub fn forget_listings(vault: &std::path::Path) {
    Catalogue::new(Some(vault.join(CATALOGUE)), [0; 16]).retain(|_| false);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::object::tests::record;

    fn index(id: u8) -> IndexKey {
        IndexKey::new(Suite::Sm4Gcm, (KeyId([id; 16]), Secret::random()))
    }

    #[test]
    fn a_listing_is_read_with_its_key_only() {
        let dir = tempfile::tempdir().expect("a folder");
        let catalogue = Catalogue::new(Some(dir.path().to_owned()), [1; 16]);
        let key = index(1);
        let rows = vec![
            Row::of(KeyId([7; 16]), &record(), &key.tagger("patient/0042")),
            Row::closed(KeyId([8; 16])),
        ];
        let segment = SegmentId([9; 16]);
        assert_eq!(catalogue.load(&key, segment, 2), None);
        catalogue.keep(&key, segment, &rows);
        assert_eq!(catalogue.load(&key, segment, 2), Some(rows));
        assert_eq!(catalogue.load(&key, segment, 3), None, "another count");
        assert_eq!(catalogue.load(&index(1), segment, 2), None, "another key");
        assert_eq!(catalogue.load(&index(2), segment, 2), None, "a newer key");
        let path = dir.path().join(segment.to_string());
        let bytes = fs::read(&path).expect("there");
        fs::write(&path, &bytes[..bytes.len() - 1]).expect("written");
        assert_eq!(catalogue.load(&key, segment, 2), None, "cut short");
        catalogue.retain(|_| false);
        assert!(!path.exists());
    }

    #[test]
    fn the_same_content_has_other_tags_in_another_scope() {
        let key = index(1);
        let row = |scope| Row::of(KeyId([7; 16]), &record(), &key.tagger(scope));
        assert_eq!(row("a"), row("a"));
        assert_ne!(row("a"), row("b"));
        assert_ne!(key.gear("a")[..], key.gear("b")[..]);
    }
}
