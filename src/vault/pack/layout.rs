//! Where everything lies in a pack.

use sealkeep_crypto::codec::Writer;
use sealkeep_crypto::{HASH_LEN, Suite, hash, hash_many};

use super::{PackId, PackKind};

/// Bytes that one digest is for.
pub const BLOCK: usize = 65_536;
/// Longest header and body of a pack.
pub const MOST: u64 = u32::MAX as u64 - FOOTER as u64 - ((u32::MAX as u64 / BLOCK as u64) + 1) * 32;

pub(super) const HEADER: usize = 48;
pub(super) const FOOTER: usize = 16;
pub(super) const DIGEST: usize = HASH_LEN;
/// Blocks that are hashed side by side: what SM3 does at once.
pub(super) const BATCH: usize = 16 * BLOCK;

pub(super) fn header(suite: Suite, kind: PackKind, vault: [u8; 16], id: PackId) -> [u8; HEADER] {
    let mut out = Vec::with_capacity(HEADER);
    out.put(b"SKPACK1\n");
    out.put_u8(suite.id());
    out.put_u8(kind.number());
    out.put(&[0; 6]);
    out.put(&vault);
    out.put(&id.0);
    out.try_into().expect("the fields add up to the header")
}

pub(super) fn footer(body: u64) -> [u8; FOOTER] {
    let mut out = [0; FOOTER];
    out[..8].copy_from_slice(&body.to_be_bytes());
    out[8..].copy_from_slice(b"SKPACKE\n");
    out
}

/// The digest of a pack from the digests of its blocks, end to end.
pub(super) fn pack_digest(suite: Suite, body: u64, digests: &[u8]) -> [u8; DIGEST] {
    hash(suite, &[b"sealkeep/v1/pack", &body.to_be_bytes(), digests])
}

/// Appends the digests of the blocks of `bytes`, the last of which may be short.
pub(super) fn digest_blocks(suite: Suite, bytes: &[u8], digests: &mut Vec<u8>) {
    let blocks: Vec<&[u8]> = bytes.chunks(BLOCK).collect();
    digests.extend(hash_many(suite, &blocks).concat());
}

/// How many blocks header and body of this length have.
pub(super) fn blocks(body: u64) -> u64 {
    body.div_ceil(BLOCK as u64)
}

/// The length of a file whose header and body have this length.
pub(super) fn file_length(body: u64) -> u64 {
    body + blocks(body) * DIGEST as u64 + FOOTER as u64
}

/// The length of header and body in a file of this length, if any pack has it.
pub(super) fn body_length(file: u64) -> Option<u64> {
    let rest = file.checked_sub(FOOTER as u64)?;
    let count = rest.div_ceil((BLOCK + DIGEST) as u64);
    let body = rest.checked_sub(count * DIGEST as u64)?;
    (file_length(body) == file && (HEADER as u64..=MOST).contains(&body)).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_the_file_says_the_length_of_the_body() {
        for body in [48, 49, 65_535, 65_536, 65_537, 131_072, 131_073, 16 << 20, MOST] {
            assert_eq!(body_length(file_length(body)), Some(body), "{body}");
        }
        assert_eq!(body_length(file_length(MOST + 1)), None);
        assert!(file_length(MOST) <= u64::from(u32::MAX));
        assert_eq!((0..48 + 32 + 16).find_map(body_length), None);
        // A block that would hold nothing but its digest.
        assert_eq!(body_length(file_length(65_536) + 32), None);
    }
}
