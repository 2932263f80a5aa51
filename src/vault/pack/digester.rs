//! Verifying a pack that passes by, piece by piece.

use sealkeep_crypto::Suite;

use super::PackInfo;
use super::layout::{BATCH, HEADER, body_length, digest_blocks, footer, header, pack_digest};

/// Takes the pieces of a pack in order and says in the end whether it was what its index says.
pub(crate) struct PackDigester {
    suite: Suite,
    pack: PackInfo,
    first: [u8; HEADER],
    /// Length of header and body.
    body: u64,
    done: u64,
    digests: Vec<u8>,
    fits: bool,
}

impl PackDigester {
    /// `None` if no pack has the length that the index says.
    pub(crate) fn new(suite: Suite, vault: [u8; 16], pack: &PackInfo) -> Option<Self> {
        Some(Self {
            suite,
            pack: *pack,
            first: header(suite, pack.kind, vault, pack.id),
            body: body_length(pack.length)?,
            done: 0,
            digests: Vec::new(),
            fits: true,
        })
    }

    /// How many bytes the next piece has; `None` after the last.
    pub(crate) fn next(&self) -> Option<usize> {
        if self.done < self.body {
            return Some(usize::try_from(self.body - self.done).unwrap_or(BATCH).min(BATCH));
        }
        let left = self.pack.length - self.done;
        (left > 0).then(|| usize::try_from(left).expect("digests of one pack fit into memory"))
    }

    /// Takes the next piece, of the length that [`next`](Self::next) said.
    pub(crate) fn update(&mut self, piece: &[u8]) {
        if self.done == 0 {
            self.fits = piece.starts_with(&self.first);
        }
        if self.done < self.body {
            digest_blocks(self.suite, piece, &mut self.digests);
        } else {
            let tail = [&self.digests[..], &footer(self.body)].concat();
            self.fits &= piece == tail
                && pack_digest(self.suite, self.body, &self.digests) == self.pack.digest;
        }
        self.done += piece.len() as u64;
    }

    /// Whether every piece came, and no bit was wrong.
    pub(crate) fn fits(&self) -> bool {
        self.fits && self.done == self.pack.length
    }
}
