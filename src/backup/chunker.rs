//! Cuts content into chunks where the content itself says so (FastCDC), so that an insertion changes the chunks around it and
//! no others. The table that decides is made from a key: without it, lengths of chunks say nothing about content.

use std::io::{self, Read};

use fastcdc::v2020::{Normalization, cut_gear, select_masks};
use zeroize::Zeroize;

/// The table that decides where content is cut. It is as secret as the key it was made from.
pub(crate) struct Gear {
    gear: Box<[u64; 256]>,
    /// Shifted left by one, for the byte that is looked at first of two.
    shifted: Box<[u64; 256]>,
}

impl Gear {
    /// A table from 2,048 bytes of a key derivation, big-endian.
    pub(crate) fn new(bytes: &[u8; 2048]) -> Self {
        let (words, _) = bytes.as_chunks::<8>();
        let mut table = Self { gear: Box::new([0; 256]), shifted: Box::new([0; 256]) };
        for (at, word) in words.iter().enumerate() {
            table.gear[at] = u64::from_be_bytes(*word);
            table.shifted[at] = table.gear[at] << 1;
        }
        table
    }
}

impl Drop for Gear {
    fn drop(&mut self) {
        self.gear.zeroize();
        self.shifted.zeroize();
    }
}

/// How long chunks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lengths {
    least: usize,
    average: usize,
    most: usize,
    /// Masks for the part before the average length, where cuts are rare, and after it, where they are likely.
    masks: (u64, u64),
}

impl Lengths {
    /// Lengths for a file of `size` bytes. The average is 512 KiB, more from 32 GiB on so that no file has very many chunks.
    pub(crate) fn for_size(size: u64) -> Self {
        let wanted = usize::try_from(size / MOST_CHUNKS).unwrap_or(LARGEST_AVERAGE);
        let average = wanted.clamp(AVERAGE, LARGEST_AVERAGE).next_power_of_two();
        let masks = select_masks(average, Normalization::Level1);
        Self { least: average / 4, average, most: average * 4, masks }
    }
}

/// Reads content and hands it out chunk by chunk.
pub(crate) struct Chunker<'g, R> {
    reader: R,
    gear: &'g Gear,
    lengths: Lengths,
    /// Kept from file to file; what is handed out lies in it.
    buffer: Vec<u8>,
    /// What has been read and not yet handed out.
    start: usize,
    end: usize,
    finished: bool,
}

impl<R> Drop for Chunker<'_, R> {
    fn drop(&mut self) {
        self.buffer.zeroize();
    }
}

impl<'g, R: Read> Chunker<'g, R> {
    /// A chunker that uses a buffer from [`Chunker::into_buffer`], or an empty one.
    pub(crate) fn new(reader: R, gear: &'g Gear, lengths: Lengths, mut buffer: Vec<u8>) -> Self {
        let room = READ_AHEAD + lengths.most;
        if buffer.len() < room {
            // Growing in place could leave a copy behind in the heap.
            buffer.zeroize();
            buffer = vec![0; room];
        }
        Self { reader, gear, lengths, buffer, start: 0, end: 0, finished: false }
    }

    /// The next chunk; none after the last.
    ///
    /// # Errors
    /// What the reader says.
    pub(crate) fn next(&mut self) -> io::Result<Option<&mut [u8]>> {
        if !self.finished && self.end - self.start < self.lengths.most {
            self.fill()?;
        }
        if self.start == self.end {
            return Ok(None);
        }
        let len = self.cut(&self.buffer[self.start..self.end]);
        let chunk = self.start..self.start + len;
        self.start = chunk.end;
        Ok(Some(&mut self.buffer[chunk]))
    }

    /// The buffer, for the next file. It holds content: whoever drops it must clear it.
    pub(crate) fn into_buffer(mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    fn cut(&self, content: &[u8]) -> usize {
        let Lengths { least, average, most, masks: (strict, relaxed) } = self.lengths;
        let Gear { gear, shifted } = self.gear;
        let tables = (&gear[..], &shifted[..]);
        let (strict_1, relaxed_1) = (strict << 1, relaxed << 1);
        let (_, len) = cut_gear(
            content, least, average, most, strict, relaxed, strict_1, relaxed_1, tables.0, tables.1,
        );
        len
    }

    /// Moves what is left to the front and reads until the buffer is full or the content ends.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while self.end < self.buffer.len() {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.finished = true;
                    break;
                }
                Ok(len) => self.end += len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Content up to this many bytes is one chunk.
pub(crate) const ONE_CHUNK: usize = 256 * 1024;

/// The average length of chunks of most files.
const AVERAGE: usize = 512 * 1024;

const LARGEST_AVERAGE: usize = 4 * 1024 * 1024;

/// A file has about this many chunks at most, until the largest average is reached.
const MOST_CHUNKS: u64 = 65_536;

/// How much is read at once, beside what is needed for the longest chunk: what is left over is moved to the front each time.
const READ_AHEAD: usize = 8 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes without a pattern, the same for the same seed.
    fn noise(seed: u64, len: usize) -> Vec<u8> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (mixed ^ (mixed >> 31)).to_le_bytes()
        };
        std::iter::repeat_with(&mut next).flatten().take(len).collect()
    }

    fn gear(seed: u64) -> Gear {
        Gear::new(&noise(seed, 2048).try_into().unwrap())
    }

    fn chunks(content: &[u8], gear: &Gear) -> Vec<Vec<u8>> {
        let lengths = Lengths::for_size(content.len() as u64);
        let mut chunker = Chunker::new(content, gear, lengths, Vec::new());
        let mut found = Vec::new();
        while let Some(chunk) = chunker.next().unwrap() {
            found.push(chunk.to_vec());
        }
        found
    }

    #[test]
    fn chunks_are_the_content_and_within_bounds() {
        let content = noise(1, 40 << 20);
        let found = chunks(&content, &gear(1));
        assert!(found.concat() == content);
        let (last, others) = found.split_last().unwrap();
        assert!(others.iter().all(|chunk| (128 << 10..=2 << 20).contains(&chunk.len())));
        assert!(last.len() <= 2 << 20);
        let average = content.len() / found.len();
        assert!((300 << 10..800 << 10).contains(&average), "{average}");
    }

    #[test]
    fn an_insertion_changes_few_chunks() {
        let mut content = noise(2, 24 << 20);
        let gear = gear(2);
        let before = chunks(&content, &gear);
        content.splice(5_000_000..5_000_000, *b"inserted");
        let after = chunks(&content, &gear);
        let known: std::collections::HashSet<_> = before.iter().collect();
        assert!(after.iter().filter(|chunk| !known.contains(chunk)).count() <= 3);
    }

    #[test]
    fn the_key_decides_where_content_is_cut() {
        let content = noise(3, 8 << 20);
        let lengths = |gear: &Gear| chunks(&content, gear).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(&gear(3)), lengths(&gear(3)));
        assert_ne!(lengths(&gear(3)), lengths(&gear(4)));
    }

    #[test]
    fn how_the_reader_delivers_makes_no_difference() {
        struct Trickle<'c>(&'c [u8]);
        impl Read for Trickle<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let len = self.0.len().min(buffer.len()).min(70_001);
                let (now, later) = self.0.split_at(len);
                buffer[..len].copy_from_slice(now);
                self.0 = later;
                Ok(len)
            }
        }
        let (content, gear) = (noise(5, 30 << 20), gear(5));
        let lengths = Lengths::for_size(content.len() as u64);
        let mut chunker = Chunker::new(Trickle(&content), &gear, lengths, Vec::new());
        for expected in chunks(&content, &gear) {
            assert!(chunker.next().unwrap().unwrap() == expected);
        }
        assert!(chunker.next().unwrap().is_none());
    }

    #[test]
    fn larger_files_have_longer_chunks_up_to_a_limit() {
        let average = |size: u64| Lengths::for_size(size).average;
        assert_eq!(average(0), 512 << 10);
        assert_eq!(average(32 << 30), 512 << 10);
        assert_eq!(average((32 << 30) + 65_536), 1 << 20);
        assert_eq!(average(1 << 50), 4 << 20);
        assert_eq!(Lengths::for_size(1 << 50).most, 16 << 20);
    }

    #[test]
    fn nothing_has_no_chunks() {
        assert!(chunks(&[], &gear(6)).is_empty());
    }
}
