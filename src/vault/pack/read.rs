//! Reading a pack.

use sealkeep_crypto::Suite;

use super::layout::{DIGEST, FOOTER, HEADER, blocks, body_length, footer, header, pack_digest};
use super::{PackId, PackInfo, PackKind};
use crate::vault::error::{Error, Refused, Result};
use crate::vault::storage::Storage;

/// Fills `buf` with what lies at `offset` of a pack.
///
/// # Errors
/// `Missing`, `TooShort`, `Io`.
pub fn read_blob(storage: &dyn Storage, pack: PackId, offset: u32, buf: &mut [u8]) -> Result<()> {
    storage.read_range(&pack.name(), offset.into(), buf)
}

/// What an index would say of a pack, from the pack alone; its blocks are not read. For rebuilding indexes.
///
/// # Errors
/// `Missing`, `Io`; `Refused` if it is not a pack of this vault.
pub fn read_info(
    storage: &dyn Storage,
    suite: Suite,
    vault: [u8; 16],
    id: PackId,
) -> Result<PackInfo> {
    let name = id.name();
    let refuse = |reason: Refused| Error::refused(&name)(reason);
    let length = storage.length(&name)?;
    let body = body_length(length).ok_or(refuse(Refused::Malformed))?;
    let mut first = [0; HEADER];
    storage.read_range(&name, 0, &mut first)?;
    let kind = PackKind::from_number(first[9]).ok_or(refuse(Refused::Malformed))?;
    if first != header(suite, kind, vault, id) {
        return Err(refuse(blame(&first, suite, vault)));
    }
    let count = usize::try_from(blocks(body)).map_err(|_| Error::TooLarge(name.clone()))?;
    let mut tail = vec![0; count * DIGEST + FOOTER];
    storage.read_range(&name, body, &mut tail)?;
    let (digests, last) = tail.split_at(count * DIGEST);
    if last != footer(body) {
        return Err(refuse(Refused::Malformed));
    }
    Ok(PackInfo { id, kind, length, digest: pack_digest(suite, body, digests) })
}

/// Suite and vault that the header of a pack names; none if it is no pack.
///
/// # Errors
/// `Missing`, `Io`.
pub(crate) fn owner(storage: &dyn Storage, pack: PackId) -> Result<Option<(Suite, [u8; 16])>> {
    let mut first = [0; HEADER];
    match storage.read_range(&pack.name(), 0, &mut first) {
        Err(Error::TooShort(_)) => return Ok(None),
        other => other?,
    }
    let vault = *first[16..].first_chunk().expect("sixteen bytes follow");
    let suite = Suite::from_id(first[8]).filter(|_| first.starts_with(b"SKPACK1\n"));
    Ok(suite.map(|suite| (suite, vault)))
}

/// A segment, snapshot or list of relocations as it lies in a manifest pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob<'p> {
    /// Where it begins.
    pub offset: u32,
    /// All of it, from the eight bytes that say what it is.
    pub bytes: &'p [u8],
}

/// The body of a manifest pack in memory.
#[derive(Debug)]
pub struct Blobs {
    pack: Vec<u8>,
}

impl Blobs {
    /// Of a pack without what follows its body.
    pub(in crate::vault) fn new(pack: Vec<u8>) -> Self {
        Self { pack }
    }

    /// What is in it, in order. Where it is damaged, what follows is looked for by its first eight bytes.
    pub fn iter(&self) -> impl Iterator<Item = Blob<'_>> {
        let mut at = HEADER;
        std::iter::from_fn(move || {
            while at < self.pack.len() {
                let begun = at;
                if let Some(bytes) = blob(&self.pack[at..]) {
                    at += bytes.len();
                    let offset = u32::try_from(begun).expect("no pack is longer than that");
                    return Some(Blob { offset, bytes });
                }
                at += 1;
            }
            None
        })
    }
}

/// Reads the body of a manifest pack without an index. Nothing in it is verified: segments and snapshots are sealed
/// and signed themselves.
///
/// # Errors
/// `Missing`, `Io`; `Refused` if its length is not that of a pack.
pub fn read_manifest_blobs(storage: &dyn Storage, pack: PackId) -> Result<Blobs> {
    let name = pack.name();
    let body = body_length(storage.length(&name)?)
        .ok_or_else(|| Error::refused(&name)(Refused::Malformed))?;
    let mut bytes = vec![0; usize::try_from(body).map_err(|_| Error::TooLarge(name.clone()))?];
    storage.read_range(&name, 0, &mut bytes)?;
    Ok(Blobs::new(bytes))
}

/// The blob at the beginning of `bytes`, if there is one.
fn blob(bytes: &[u8]) -> Option<&[u8]> {
    let (magic, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?;
    (MAGICS.contains(&magic) && length >= 12).then(|| bytes.get(..length)).flatten()
}

/// Why this is not the header of the pack.
fn blame(found: &[u8; HEADER], suite: Suite, vault: [u8; 16]) -> Refused {
    match () {
        () if !found.starts_with(b"SKPACK1\n") => Refused::Malformed,
        () if found[8] != suite.id() => Refused::Suite,
        () if found[16..32] != vault => Refused::ForeignVault,
        () => Refused::Malformed,
    }
}

const MAGICS: [&[u8; 8]; 3] = [b"SKSEGMT1", b"SKSNAPS1", b"SKINDEX1"];
