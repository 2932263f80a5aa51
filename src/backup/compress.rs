//! Compression where it helps: content is looked at first, and stays as it is where little would be saved.

use std::io;

use zstd::bulk;

/// Compresses chunks. One for each thread: it keeps its memory from chunk to chunk.
pub(crate) struct Compressor {
    context: bulk::Compressor<'static>,
}

impl Compressor {
    /// A compressor that is ready to work.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn new() -> io::Result<Self> {
        bulk::Compressor::new(LEVEL).map(|context| Self { context })
    }

    /// Puts one zstd frame of `plain` into `out`, instead of what was there. Says `false`, with `out` empty, where it is not worth it.
    pub(crate) fn compress(&mut self, plain: &[u8], out: &mut Vec<u8>) -> bool {
        out.clear();
        if !promising(plain) {
            return false;
        }
        // What does not fit into this did not save enough; zstd stops by itself then.
        let most = plain.len() - plain.len() / WORTH;
        out.reserve_exact(most);
        let fits = self.context.compress_to_buffer(plain, out).is_ok_and(|len| len <= most);
        if !fits {
            out.clear();
        }
        fits
    }
}

/// Opens what [`Compressor`] made. One for each thread.
pub(crate) struct Decompressor {
    context: bulk::Decompressor<'static>,
}

impl Decompressor {
    /// A decompressor that is ready to work.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn new() -> io::Result<Self> {
        bulk::Decompressor::new().map(|context| Self { context })
    }

    /// Fills `plain` with the content of a frame, which must be exactly as long.
    ///
    /// # Errors
    /// If it is not a frame, or one of another length.
    pub(crate) fn decompress(&mut self, frame: &[u8], plain: &mut [u8]) -> io::Result<()> {
        let len = self.context.decompress_to_buffer(frame, plain)?;
        if len == plain.len() { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

/// Whether it seems worth trying. Photographs, archives and what is encrypted already have bytes that are all equally frequent.
fn promising(plain: &[u8]) -> bool {
    if plain.len() < LEAST {
        return false;
    }
    let mut counts = [0_u32; 256];
    let mut looked = 0;
    let mut look = |sample: &[u8]| {
        looked += sample.len() as u64;
        sample.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    };
    match plain.len().checked_sub(SAMPLE) {
        None => look(plain),
        // From the beginning, the end and between: containers have a header in the clear.
        Some(rest) => (0..PARTS).for_each(|at| {
            let start = rest / (PARTS - 1) * at + SAMPLE / PARTS * at;
            look(&plain[start..start + SAMPLE / PARTS]);
        }),
    }
    let squares: u64 = counts.iter().map(|&count| u64::from(count) * u64::from(count)).sum();
    // For n bytes that are equally frequent the expected sum is n + n (n - 1) / 256 and its deviation about n / 11. Half of n and a
    // quarter of the second term is many times that, and less than texts, tables and programs are above it.
    let even = looked * (looked - 1) / 256;
    squares > looked + looked / 2 + even + even / 4
}

const LEVEL: i32 = 3;

/// A frame must be shorter than the content by one part of so many.
const WORTH: usize = 16;

/// Content shorter than this gains nothing that would be seen.
const LEAST: usize = 64;

/// Bytes looked at, in so many parts.
const SAMPLE: usize = 4096;
const PARTS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn both(plain: &[u8]) -> Option<Vec<u8>> {
        let mut frame = b"left over".to_vec();
        let done = Compressor::new().unwrap().compress(plain, &mut frame);
        assert_eq!(done, !frame.is_empty());
        done.then_some(frame)
    }

    fn random(len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        sealkeep_crypto::random::fill(&mut bytes);
        bytes
    }

    #[test]
    fn text_is_compressed_and_comes_back() {
        let plain = b"patient 0042, stable; patient 0043, stable.\n".repeat(3000);
        let frame = both(&plain).unwrap();
        assert!(frame.len() < plain.len() / 8);
        let mut back = vec![0; plain.len()];
        Decompressor::new().unwrap().decompress(&frame, &mut back).unwrap();
        assert!(back == plain);
    }

    #[test]
    fn what_saves_too_little_stays_as_it_is() {
        assert!(both(&[]).is_none());
        assert!(both(b"short text, short text, short text").is_none());
        for len in [64, 200, 1000, 4096, 100_000, 1 << 20] {
            assert!(!promising(&random(len)), "{len}");
            assert!(both(&random(len)).is_none(), "{len}");
        }
        // Uneven enough to try, but without repetition and with little to gain.
        let mut uneven = random(100_000);
        uneven.iter_mut().step_by(7).for_each(|byte| *byte %= 128);
        uneven[..1000].fill(0);
        assert!(promising(&uneven));
        assert!(both(&uneven).is_none());
    }

    #[test]
    fn a_header_in_the_clear_does_not_deceive_and_neither_does_a_random_one() {
        let noisy_first = [random(2000), b"line of text\n".repeat(9000)].concat();
        assert!(both(&noisy_first).is_some());
        let noisy_later = [b"header ".repeat(20), random(500_000)].concat();
        assert!(both(&noisy_later).is_none());
    }

    #[test]
    fn a_frame_of_another_length_is_refused() {
        let plain = vec![7; 10_000];
        let frame = both(&plain).unwrap();
        let mut decompressor = Decompressor::new().unwrap();
        for len in [0, 9_999, 10_001] {
            assert!(decompressor.decompress(&frame, &mut vec![0; len]).is_err(), "{len}");
        }
        assert!(decompressor.decompress(&plain, &mut vec![0; 10_000]).is_err());
    }
}
