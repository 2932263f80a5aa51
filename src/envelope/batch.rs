//! A run of segments in memory, the unit that one thread reads, seals or opens, and writes.

use sealkeep_crypto::TAG_LEN;
use zeroize::Zeroize;

use super::header::SegmentSize;

/// Consecutive segments, each followed by its tag; cleared when dropped.
pub(super) struct Batch {
    slots: Vec<u8>,
    /// Length of a full slot in bytes.
    pub(super) stride: usize,
    /// Bytes in use.
    pub(super) used: usize,
    /// Number of the first segment.
    pub(super) first: u64,
    /// Whether the last segment of the file is the last one here.
    pub(super) ends: bool,
}

impl Batch {
    pub(super) fn new(segment: SegmentSize) -> Self {
        let stride = segment.bytes() + TAG_LEN;
        let slots = vec![0; stride * segments_per_batch(segment)];
        Self { slots, stride, used: 0, first: 0, ends: false }
    }

    /// Every slot, in use or not.
    pub(super) fn room_slots(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.slots.chunks_exact_mut(self.stride)
    }

    /// Says what the batch holds now.
    pub(super) fn hold(&mut self, first: u64, used: usize, ends: bool) {
        (self.first, self.used, self.ends) = (first, used, ends);
    }

    /// The whole buffer.
    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.slots
    }

    /// The segments in use.
    pub(super) fn slots(&self) -> &[u8] {
        &self.slots[..self.used]
    }

    /// The segments in use.
    pub(super) fn slots_mut(&mut self) -> &mut [u8] {
        &mut self.slots[..self.used]
    }

    /// Content bytes of the segments in use.
    pub(super) fn content_len(&self) -> usize {
        self.used - TAG_LEN * self.used.div_ceil(self.stride)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.slots.zeroize();
    }
}

/// As many as make [`TARGET`] bytes, at least one.
pub(super) fn segments_per_batch(segment: SegmentSize) -> usize {
    (TARGET / segment.bytes()).max(1)
}

/// Bytes per batch: few enough to stay in the second-level cache between reading, sealing and writing.
const TARGET: usize = 256 * 1024;
