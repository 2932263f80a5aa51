//! Buffers that may be given to direct reads.

/// Bytes of a chunk: what is written or read at once.
pub(super) const CHUNK: usize = 1024 * 1024;

/// What direct reads want addresses, offsets and lengths to be multiples of; no device asks for more.
pub(super) const ALIGN: usize = 4096;

/// A buffer of [`CHUNK`] bytes whose first byte lies at a multiple of [`ALIGN`].
pub(super) struct Buffer {
    room: Vec<u8>,
    start: usize,
}

impl Default for Buffer {
    fn default() -> Self {
        let room = vec![0; CHUNK + ALIGN];
        let start = room.as_ptr().align_offset(ALIGN);
        Self { room, start }
    }
}

impl Buffer {
    /// The first `len` bytes.
    ///
    /// # Panics
    /// If `len` is more than [`CHUNK`].
    pub(super) fn get(&mut self, len: usize) -> &mut [u8] {
        assert!(len <= CHUNK, "a buffer holds one chunk");
        &mut self.room[self.start..self.start + len]
    }
}

/// What one thread keeps from file to file.
#[derive(Default)]
pub(super) struct Scratch {
    /// What is written, or was read.
    pub(super) buffer: Buffer,
    /// What was read is compared with this.
    pub(super) expected: Vec<u8>,
}

/// The parts of a file that are worked on, cut into chunks that can be numbered without listing them.
pub(super) struct Chunks<'r> {
    ranges: &'r [(u64, u64)],
    /// Number of chunks before each range, and of all.
    before: Vec<u64>,
}

impl<'r> Chunks<'r> {
    /// Cuts ranges of (offset, length).
    pub(super) fn new(ranges: &'r [(u64, u64)]) -> Self {
        let mut before = vec![0];
        let mut count = 0;
        for (_, length) in ranges {
            count += length.div_ceil(CHUNK as u64);
            before.push(count);
        }
        Self { ranges, before }
    }

    /// Number of chunks.
    pub(super) fn count(&self) -> u64 {
        self.before.last().copied().unwrap_or(0)
    }

    /// Offset and length of a chunk.
    pub(super) fn get(&self, number: u64) -> (u64, usize) {
        let at = self.before.partition_point(|&before| before <= number) - 1;
        let (offset, length) = self.ranges[at];
        let skip = (number - self.before[at]) * CHUNK as u64;
        let left = usize::try_from(length - skip).unwrap_or(usize::MAX);
        (offset + skip, left.min(CHUNK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_aligned() {
        let mut buffer = Buffer::default();
        assert_eq!(buffer.get(CHUNK).as_ptr().align_offset(ALIGN), 0);
        assert_eq!(buffer.get(7).len(), 7);
    }

    #[test]
    fn chunks_cover_their_ranges_once_and_in_order() {
        let mib = CHUNK as u64;
        let ranges = [(0, 2 * mib), (3 * mib, 100), (5 * mib, mib + 1)];
        let chunks = Chunks::new(&ranges);
        let all: Vec<(u64, usize)> = (0..chunks.count()).map(|number| chunks.get(number)).collect();
        let expected = [(0, CHUNK), (mib, CHUNK), (3 * mib, 100), (5 * mib, CHUNK), (6 * mib, 1)];
        assert_eq!(all, expected);
        assert_eq!(Chunks::new(&[]).count(), 0);
    }
}
