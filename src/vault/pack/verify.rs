//! Checking a pack against its index, without any key: what is wrong, and where.

use sealkeep_crypto::Suite;

use super::PackInfo;
use super::layout::{
    BATCH, BLOCK, DIGEST, FOOTER, HEADER, blocks, body_length, digest_blocks, footer, header,
    pack_digest,
};
use crate::envelope::Run;
use crate::vault::error::{Error, Result, check};
use crate::vault::storage::Storage;

/// Something wrong with a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackFault {
    /// What it concerns.
    pub part: PackPart,
    /// Where it begins.
    pub offset: u64,
    /// How many bytes may be wrong.
    pub length: u64,
}

/// The parts of a pack that can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PackPart {
    /// The file is not there.
    Missing,
    /// The file has another length than the index says; nothing can be said of its blocks.
    Length,
    /// The medium does not give it, or what has its name is not a file.
    Unreadable,
    /// Its first bytes are not those of this pack of this vault.
    Header,
    /// Bytes of blobs.
    Data,
    /// A digest of a block, while the block itself may be good.
    Digests,
    /// Its last bytes.
    Footer,
}

/// Reads a whole pack and compares it with what the index says of it. An empty list means that no bit is wrong.
///
/// # Errors
/// `Io`, `Cancelled`. What is missing or wrong is no error.
pub fn verify_pack(
    storage: &dyn Storage,
    suite: Suite,
    vault: [u8; 16],
    pack: &PackInfo,
    run: &Run<'_>,
) -> Result<Vec<PackFault>> {
    let name = pack.id.name();
    let found = match storage.length(&name) {
        Err(Error::Missing(_)) => {
            return Ok(vec![PackFault { part: PackPart::Missing, offset: 0, length: pack.length }]);
        }
        Err(error) if error.is_unreadable() => {
            return Ok(vec![PackFault {
                part: PackPart::Unreadable,
                offset: 0,
                length: pack.length,
            }]);
        }
        other => other?,
    };
    let body = match body_length(pack.length) {
        Some(body) if found == pack.length => body,
        _ => {
            return Ok(vec![PackFault { part: PackPart::Length, offset: 0, length: found }]);
        }
    };
    let mut faults = Vec::new();
    let first = header(suite, pack.kind, vault, pack.id);
    let computed = read_blocks(storage, suite, &name, body, &first, &mut faults, run)?;
    let mut stored = vec![0; computed.len() + FOOTER];
    read_or_zeros(storage, &name, body, &mut stored)?;
    let (stored, last) = stored.split_at(computed.len());
    compare(suite, pack, body, &computed, stored, &mut faults);
    if last != footer(body) {
        let offset = pack.length - FOOTER as u64;
        faults.push(PackFault { part: PackPart::Footer, offset, length: FOOTER as u64 });
    }
    Ok(faults)
}

/// The digests that the blocks have, with the right header in place of a wrong one.
fn read_blocks(
    storage: &dyn Storage,
    suite: Suite,
    name: &str,
    body: u64,
    first: &[u8; HEADER],
    faults: &mut Vec<PackFault>,
    run: &Run<'_>,
) -> Result<Vec<u8>> {
    let mut digests = Vec::new();
    let mut buf = vec![0; usize::try_from(body).unwrap_or(BATCH).min(BATCH)];
    let mut offset = 0;
    while offset < body {
        check(run)?;
        let now = usize::try_from(body - offset).unwrap_or(BATCH).min(BATCH);
        let bytes = &mut buf[..now];
        read_or_zeros(storage, name, offset, bytes)?;
        if offset == 0 && bytes[..HEADER] != *first {
            faults.push(PackFault { part: PackPart::Header, offset: 0, length: HEADER as u64 });
            bytes[..HEADER].copy_from_slice(first);
        }
        digest_blocks(suite, bytes, &mut digests);
        offset += now as u64;
        (run.progress)(now as u64);
    }
    debug_assert_eq!(digests.len() as u64, blocks(body) * DIGEST as u64);
    Ok(digests)
}

/// Reads a range; blocks that the medium does not give are zeros, and so will be found wrong.
fn read_or_zeros(storage: &dyn Storage, name: &str, offset: u64, bytes: &mut [u8]) -> Result<()> {
    match storage.read_range(name, offset, bytes) {
        Err(error) if error.is_unreadable() => {}
        other => return other,
    }
    for (number, block) in (0_u64..).zip(bytes.chunks_mut(BLOCK)) {
        match storage.read_range(name, offset + number * BLOCK as u64, block) {
            Err(error) if error.is_unreadable() => block.fill(0),
            other => other?,
        }
    }
    Ok(())
}

/// Where the digests differ, says whether the data or the digest is wrong. The index has a digest over all of them: if that
/// fits the computed ones, all data is good; if it fits the stored ones, these are; otherwise both are suspect.
fn compare(
    suite: Suite,
    pack: &PackInfo,
    body: u64,
    computed: &[u8],
    stored: &[u8],
    faults: &mut Vec<PackFault>,
) {
    let data_good = pack_digest(suite, body, computed) == pack.digest;
    let digests_good = pack_digest(suite, body, stored) == pack.digest;
    let differing = computed.chunks(DIGEST).zip(stored.chunks(DIGEST)).enumerate();
    let differing: Vec<u64> =
        differing.filter(|(_, (a, b))| a != b).map(|(block, _)| block as u64).collect();
    for block in &differing {
        let offset = block * BLOCK as u64;
        if !data_good {
            let length = (body - offset).min(BLOCK as u64);
            faults.push(PackFault { part: PackPart::Data, offset, length });
        }
        if !digests_good {
            let offset = body + block * DIGEST as u64;
            faults.push(PackFault { part: PackPart::Digests, offset, length: DIGEST as u64 });
        }
    }
    if differing.is_empty() && !data_good {
        // Blocks and digests fit each other, and are not those of the index.
        faults.push(PackFault { part: PackPart::Data, offset: 0, length: body });
    }
}
