//! What one pass writes, at any offset, so that it can be written in any order and compared afterwards.
//!
//! The stream of a random pass is specified in `docs/spec/wipe.md`, "Passes": every unit of it is AES-256-GCM of zeros, with the
//! number of the unit as the nonce. Nonces come again when a pass is compared, or written anew after a power cut.
//! That is harmless here, because one nonce always goes with the same content, zeros, and no tag is ever given out: the same
//! nonce can only give the same bytes again.

use std::ops::Range;

use sealkeep_crypto::{Aead, Kdf, NONCE_LEN, Secret, Suite};

use super::Pass;

/// Bytes in a unit of the stream of a random pass.
pub const UNIT_LEN: usize = 1 << 16;

/// Where all random passes of a run come from. Whoever knows it can tell what they wrote, so it is kept secret until the
/// run has ended, and then erased with the journal.
pub struct Seed(Secret<32>);

impl Seed {
    /// A fresh one.
    ///
    /// # Panics
    /// As [`sealkeep_crypto::random::fill`].
    pub fn random() -> Seed {
        Seed(Secret::random())
    }

    /// The one with these bytes, from the journal of a run; `None` if they are not 32. The source is the caller's to
    /// erase.
    pub fn from_bytes(bytes: &[u8]) -> Option<Seed> {
        Secret::from_slice(bytes).map(Seed)
    }

    /// The bytes, for the journal.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// What a report holds: who is shown the seed later can tell that it is the one of that run. It tells nothing about
    /// the seed or the streams.
    pub fn commitment(&self) -> [u8; 32] {
        let mut commitment = [0; 32];
        self.kdf().expand(&[COMMITMENT], &mut commitment);
        commitment
    }

    /// The key of the stream of a pass.
    fn pass_key(&self, number: u32) -> Secret<32> {
        Secret::init_with(|key| self.kdf().expand(&[PASS, &number.to_be_bytes()], key))
    }

    fn kdf(&self) -> Kdf {
        Kdf::extract(Suite::Aes256Gcm, &[], self.0.expose())
    }
}

/// One pass, ready to write and to compare. Shared between threads.
///
/// A position is a target's `base` and an `offset` in it. `base` is the number of the unit of the stream that the target
/// begins with; targets of one run have ranges of units that do not overlap, so that no two get the same content. Fixed
/// patterns begin anew with every target.
pub struct Fill(Kind);

enum Kind {
    Fixed(Pattern),
    Random(Stream),
}

impl Fill {
    /// Makes pass `number` of a run, counted from 1, ready.
    ///
    /// # Panics
    /// If `pass` has a pattern without bytes.
    pub fn new(pass: &Pass, number: u32, seed: &Seed) -> Fill {
        Fill(match pass {
            Pass::Fixed(pattern) => Kind::Fixed(Pattern::new(pattern)),
            Pass::Random => {
                Kind::Random(Stream(Suite::Aes256Gcm.aead(seed.pass_key(number).expose())))
            }
        })
    }

    /// Whether it is a random stream.
    pub(super) fn is_random(&self) -> bool {
        matches!(self.0, Kind::Random(_))
    }

    /// Fills `out` with what the target has from `offset` on. Fastest where `offset` is a multiple of [`UNIT_LEN`].
    ///
    /// # Panics
    /// If the target would have 2⁶⁴ bytes or more, or end beyond unit 2⁶⁴ − 1 of the stream.
    pub fn write(&self, base: u64, offset: u64, out: &mut [u8]) {
        assert_fits(offset, out.len());
        match &self.0 {
            Kind::Fixed(pattern) => pattern.write(offset, out),
            Kind::Random(stream) => stream.write(base, offset, out),
        }
    }

    /// Compares `data` with what the target should have from `offset` on, and gives the offset in the target of the first
    /// byte that differs. `scratch` is memory to work in: what it holds does not matter, keeping it for the next call
    /// saves time.
    ///
    /// # Panics
    /// As [`write`](Self::write).
    pub fn first_difference(
        &self,
        base: u64,
        offset: u64,
        data: &[u8],
        scratch: &mut Vec<u8>,
    ) -> Option<u64> {
        assert_fits(offset, data.len());
        let at = match &self.0 {
            Kind::Fixed(pattern) => pattern.first_difference(offset, data),
            Kind::Random(stream) => stream.first_difference(base, offset, data, scratch),
        };
        at.map(|at| offset + at as u64)
    }
}

fn assert_fits(offset: u64, len: usize) {
    assert!(offset.checked_add(len as u64).is_some(), "a target has less than 2^64 bytes");
}

/// A fixed pattern, repeated so often that it can be copied in large pieces from any phase.
struct Pattern {
    len: usize,
    /// Bytes copied at a time: a multiple of `len`.
    piece: usize,
    /// A piece, and a pattern more to begin at any phase.
    repeated: Box<[u8]>,
}

impl Pattern {
    fn new(pattern: &[u8]) -> Pattern {
        assert!(!pattern.is_empty(), "a pattern has bytes");
        let times = PIECE_LEN.div_ceil(pattern.len());
        let repeated = pattern.repeat(times + 1).into();
        Pattern { len: pattern.len(), piece: times * pattern.len(), repeated }
    }

    /// What the next piece from `offset` on begins with.
    fn from(&self, offset: u64) -> &[u8] {
        let phase = offset % self.len as u64;
        &self.repeated[usize::try_from(phase).expect("less than the length of the pattern")..]
    }

    fn write(&self, offset: u64, out: &mut [u8]) {
        let from = self.from(offset);
        for piece in out.chunks_mut(self.piece) {
            piece.copy_from_slice(&from[..piece.len()]);
        }
    }

    fn first_difference(&self, offset: u64, data: &[u8]) -> Option<usize> {
        let from = self.from(offset);
        let mut pieces = data.chunks(self.piece).zip((0..).step_by(self.piece));
        pieces.find_map(|(piece, at)| Some(at + differs(piece, &from[..piece.len()])?))
    }
}

/// The stream of a random pass.
struct Stream(Box<dyn Aead>);

impl Stream {
    fn write(&self, base: u64, offset: u64, out: &mut [u8]) {
        for Part { unit, skip, range } in parts(base, offset, out.len()) {
            let out = &mut out[range];
            if skip == 0 {
                self.unit(unit, out);
            } else {
                let mut whole = vec![0; skip + out.len()];
                self.unit(unit, &mut whole);
                out.copy_from_slice(&whole[skip..]);
            }
        }
    }

    fn first_difference(
        &self,
        base: u64,
        offset: u64,
        data: &[u8],
        scratch: &mut Vec<u8>,
    ) -> Option<usize> {
        parts(base, offset, data.len()).find_map(|Part { unit, skip, range }| {
            scratch.resize(skip + range.len(), 0);
            self.unit(unit, scratch);
            Some(range.start + differs(&data[range], &scratch[skip..])?)
        })
    }

    /// Fills `out` with a unit. A part of it is the beginning of the whole, because GCM encrypts byte by byte. Several
    /// units in one call would be no faster.
    fn unit(&self, number: u64, out: &mut [u8]) {
        let mut nonce = [0; NONCE_LEN];
        nonce[NONCE_LEN - 8..].copy_from_slice(&number.to_be_bytes());
        self.0.key_stream(&nonce, out);
    }
}

/// What lies in one unit of a piece of a target.
struct Part {
    unit: u64,
    /// Where in the unit it begins.
    skip: usize,
    /// Where in the piece it lies.
    range: Range<usize>,
}

fn parts(base: u64, offset: u64, len: usize) -> impl Iterator<Item = Part> {
    const LEN: u64 = UNIT_LEN as u64;
    let mut start = 0;
    std::iter::from_fn(move || {
        if start == len {
            return None;
        }
        let at = offset + start as u64;
        let unit = base.checked_add(at / LEN).expect("a stream has 2^64 units");
        let skip = usize::try_from(at % LEN).expect("less than a unit");
        let range = start..len.min(start + UNIT_LEN - skip);
        start = range.end;
        Some(Part { unit, skip, range })
    })
}

/// Where two slices of one length first differ.
fn differs(a: &[u8], b: &[u8]) -> Option<usize> {
    // Comparing whole slices first is many times faster, and nearly always all there is to do.
    if a == b { None } else { a.iter().zip(b).position(|(a, b)| a != b) }
}

const COMMITMENT: &[u8] = b"sealkeep/v1/wipe/commitment";
const PASS: &[u8] = b"sealkeep/v1/wipe/pass";

/// Bytes of a fixed pattern copied at a time, at least: half of the smallest first-level cache.
const PIECE_LEN: usize = 16 << 10;

#[cfg(test)]
mod tests;
