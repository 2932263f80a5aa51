//! Segments: where they lie, their nonces, sealing and opening runs of them (`docs/spec/envelope.md` §5).

use std::ops::Range;

use sealkeep_crypto::{Aead, Nonce, OpenJob, SealJob, TAG_LEN};
use zeroize::Zeroize;

use super::error::Error;
use super::header::{Header, SegmentSize};

/// Most segments in one file.
pub(super) const MAX_SEGMENTS: u64 = 1 << 32;

/// Most content in one file, in bytes: keeps the GCM bound of one payload key below 2⁻⁴⁰.
pub const MAX_CONTENT: u64 = 1 << 48;

/// Where the segments of a file of known length lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    start: u64,
    segment: SegmentSize,
    count: u64,
    content: u64,
}

impl Layout {
    /// From the length of a sealed file, in bytes.
    ///
    /// # Errors
    /// `Truncated` if no file has this length, `TooLong` if it exceeds the format.
    pub fn of_sealed(header: &Header, sealed_len: u64) -> Result<Self, Error> {
        let start = header.preamble_len() as u64;
        let body = sealed_len.checked_sub(start).ok_or(Error::Truncated)?;
        let stride = stride(header.segment);
        let count = body.div_ceil(stride).max(1);
        let last = body - (count - 1) * stride;
        if last < TAG || (count > 1 && last == TAG) {
            return Err(Error::Truncated);
        }
        let layout = Self { start, segment: header.segment, count, content: body - count * TAG };
        layout.check()
    }

    /// For content of this length, in bytes.
    pub(super) fn of_content(header: &Header, content: u64) -> Result<Self, Error> {
        let count = content.div_ceil(header.segment.bytes() as u64).max(1);
        let start = header.preamble_len() as u64;
        Self { start, segment: header.segment, count, content }.check()
    }

    fn check(self) -> Result<Self, Error> {
        let fits = self.count <= MAX_SEGMENTS && self.content <= MAX_CONTENT;
        if fits { Ok(self) } else { Err(Error::TooLong) }
    }

    /// Length of the content in bytes. Authentic only after the last segment has been opened.
    #[must_use]
    pub fn content_len(&self) -> u64 {
        self.content
    }

    /// Length of the whole sealed file in bytes.
    #[must_use]
    pub fn sealed_len(&self) -> u64 {
        self.start + self.content + self.count * TAG
    }

    /// Number of segments, at least 1.
    #[must_use]
    pub fn segments(&self) -> u64 {
        self.count
    }

    /// Where these segments lie in the sealed file.
    pub(super) fn sealed_range(&self, segments: &Range<u64>) -> Range<u64> {
        let stride = stride(self.segment);
        let end = (self.start + segments.end * stride).min(self.sealed_len());
        self.start + segments.start * stride..end
    }

    /// Where the content of these segments begins in the whole content.
    pub(super) fn content_start(&self, segment: u64) -> u64 {
        segment * self.segment.bytes() as u64
    }
}

/// The payload key of one file with its base nonce.
pub(super) struct SegmentCipher {
    aead: Box<dyn Aead>,
    base_nonce: Nonce,
    segment: SegmentSize,
}

impl SegmentCipher {
    pub(super) fn new(aead: Box<dyn Aead>, base_nonce: Nonce, segment: SegmentSize) -> Self {
        Self { aead, base_nonce, segment }
    }

    /// Seals a run of segments in place. `slots` holds them one after the other, each followed by room for its tag;
    /// all are full but the last, if `ends`.
    pub(super) fn seal_run(&self, first: u64, ends: bool, slots: &mut [u8]) {
        let count = self.count(slots);
        if count == 1 {
            let (data, tag) = split_tag(slots);
            *tag = self.seal_one(first, ends, data);
            return;
        }
        let mut tags: Vec<&mut [u8; TAG_LEN]> = Vec::with_capacity(count);
        let mut jobs: Vec<SealJob<'_>> = Vec::with_capacity(count);
        for (at, slot) in slots.chunks_mut(self.stride()).enumerate() {
            let nonce = self.nonce(first + at as u64, ends && at + 1 == count);
            let (data, tag) = split_tag(slot);
            tags.push(tag);
            jobs.push(SealJob { nonce, aad: &[], data, tag: [0; TAG_LEN] });
        }
        self.aead.seal_many(&mut jobs);
        for (tag, job) in tags.into_iter().zip(jobs) {
            *tag = job.tag;
        }
    }

    /// Seals one segment in place.
    pub(super) fn seal_one(&self, index: u64, last: bool, data: &mut [u8]) -> [u8; TAG_LEN] {
        self.aead.seal(&self.nonce(index, last), &[], data)
    }

    /// Opens a run of segments in place; each plaintext stays before its tag. On failure the whole run is cleared.
    ///
    /// # Errors
    /// `Damaged` for the first segment that fails, or `Truncated`.
    pub(super) fn open_run(&self, first: u64, ends: bool, slots: &mut [u8]) -> Result<(), Error> {
        // A file cut at a boundary ends in a full segment that was not sealed as last. Opening clears what it could
        // not verify, so that one case needs a copy to be told from damage.
        let whole_last = ends && slots.len().is_multiple_of(self.stride());
        let copy = whole_last.then(|| slots[slots.len() - self.stride()..].to_vec());
        let result = self.open_jobs(first, ends, slots);
        let Err(at) = result else { return Ok(()) };
        slots.zeroize();
        let segment = first + at as u64;
        let last_failed = at + 1 == self.count(slots);
        let cut =
            copy.is_some_and(|mut slot| last_failed && self.opens_as_not_last(segment, &mut slot));
        Err(if cut { Error::Truncated } else { Error::Damaged { segment } })
    }

    fn open_jobs(&self, first: u64, ends: bool, slots: &mut [u8]) -> Result<(), usize> {
        let count = self.count(slots);
        if count == 1 {
            let (data, tag) = split_tag(slots);
            return self.aead.open(&self.nonce(first, ends), &[], data, tag).map_err(|_| 0);
        }
        let mut jobs: Vec<OpenJob<'_>> = Vec::with_capacity(count);
        for (at, slot) in slots.chunks_mut(self.stride()).enumerate() {
            let nonce = self.nonce(first + at as u64, ends && at + 1 == count);
            let (data, tag) = split_tag(slot);
            jobs.push(OpenJob { nonce, aad: &[], data, tag: *tag });
        }
        self.aead.open_many(&mut jobs)
    }

    fn opens_as_not_last(&self, segment: u64, slot: &mut [u8]) -> bool {
        let (data, tag) = split_tag(slot);
        let verified = self.aead.open(&self.nonce(segment, false), &[], data, tag).is_ok();
        data.zeroize();
        verified
    }

    /// The nonce of a segment: base nonce XOR (seven zero bytes ‖ counter ‖ last flag).
    fn nonce(&self, index: u64, last: bool) -> Nonce {
        let counter =
            u32::try_from(index).expect("segments are counted before they are sealed or opened");
        let mut nonce = self.base_nonce;
        for (byte, mask) in nonce[7..11].iter_mut().zip(counter.to_be_bytes()) {
            *byte ^= mask;
        }
        nonce[11] ^= u8::from(last);
        nonce
    }

    fn count(&self, slots: &[u8]) -> usize {
        slots.len().div_ceil(self.stride())
    }

    /// Length of a full sealed segment in bytes.
    pub(super) fn stride(&self) -> usize {
        self.segment.bytes() + TAG_LEN
    }

    /// The plaintext parts of a run.
    pub(super) fn plain_parts<'s>(
        &self,
        slots: &'s [u8],
    ) -> impl Iterator<Item = &'s [u8]> + use<'s> {
        slots.chunks(self.stride()).map(|slot| &slot[..slot.len() - TAG_LEN])
    }
}

/// Length of a full sealed segment in bytes.
fn stride(segment: SegmentSize) -> u64 {
    segment.bytes() as u64 + TAG
}

fn split_tag(slot: &mut [u8]) -> (&mut [u8], &mut [u8; TAG_LEN]) {
    slot.split_last_chunk_mut().expect("a slot has room for its tag")
}

const TAG: u64 = TAG_LEN as u64;

#[cfg(test)]
mod tests {
    use super::*;
    use sealkeep_crypto::Suite;
    use sealkeep_keystore::KeyId;

    fn header() -> Header {
        Header {
            suite: Suite::Aes256Gcm,
            segment: SegmentSize::from_log2(12).unwrap(),
            metadata_len: 80,
            key_id: KeyId([0; 16]),
            salt: [0; 32],
            commitment: [0; 32],
        }
    }

    #[test]
    fn arithmetic_agrees_in_both_directions_and_each_length_has_one_division() {
        let header = header();
        let mut expected = Vec::new();
        for content in 0..3 * 4096 + 2 {
            let layout = Layout::of_content(&header, content).unwrap();
            assert_eq!(layout.content_len(), content);
            assert_eq!(Layout::of_sealed(&header, layout.sealed_len()).unwrap(), layout);
            expected.push(layout.sealed_len());
        }
        for sealed in 0..*expected.last().unwrap() {
            let known = expected.binary_search(&sealed).is_ok();
            assert_eq!(Layout::of_sealed(&header, sealed).is_ok(), known, "{sealed}");
        }
    }

    #[test]
    fn limits() {
        let header = header();
        assert!(Layout::of_content(&header, (1 << 44) + 1).is_err());
        assert!(Layout::of_content(&header, 1 << 44).is_ok());
        let large = Header { segment: SegmentSize::from_log2(24).unwrap(), ..header };
        assert!(Layout::of_content(&large, MAX_CONTENT).is_ok());
        assert!(Layout::of_content(&large, MAX_CONTENT + 1).is_err());
        assert!(Layout::of_sealed(&large, u64::MAX).is_err());
    }
}
