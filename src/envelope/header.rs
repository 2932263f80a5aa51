//! The fixed header: parsing, writing, bounds (`docs/spec/envelope.md` §2).

use sealkeep_crypto::Suite;
use sealkeep_keystore::KeyId;

use super::error::Error;
use super::metadata;

/// The first eight bytes of every sealed file.
pub const MAGIC: [u8; 8] = *b"\x89SKEEP\r\n";

/// Length of the header in bytes, sealed metadata not included.
pub const HEADER_LEN: usize = 96;

/// The part of the header that the derivation hashes.
pub(super) const BOUND_LEN: usize = 64;

/// Length of the longest preamble, header and sealed metadata, in bytes.
pub const MAX_PREAMBLE_LEN: usize = HEADER_LEN + metadata::MAX_SEALED_LEN;

const VERSION: u8 = 1;

/// Size of the segments of a file: a power of two from 4 KiB to 16 MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentSize(u8);

impl SegmentSize {
    /// The size with this base-2 logarithm; `None` unless it is 12 to 24.
    #[must_use]
    pub const fn from_log2(log2: u8) -> Option<Self> {
        if log2 >= 12 && log2 <= 24 { Some(Self(log2)) } else { None }
    }

    /// The base-2 logarithm.
    #[must_use]
    pub const fn log2(self) -> u8 {
        self.0
    }

    /// The size in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        1 << self.0
    }
}

/// 64 KiB.
impl Default for SegmentSize {
    fn default() -> Self {
        Self(16)
    }
}

/// What a sealed file says in the clear. Reading it needs no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The suite that sealed the file.
    pub suite: Suite,
    /// Size of its segments.
    pub segment: SegmentSize,
    /// Length of the sealed metadata in bytes, tag included.
    pub metadata_len: u16,
    /// Which data key opens it.
    pub key_id: KeyId,
    /// Random, fresh for every file.
    pub salt: [u8; 32],
    /// Binds the file to one data key and to this header.
    pub commitment: [u8; 32],
}

impl Header {
    /// Reads the header from the beginning of a file; bytes after the header are ignored.
    ///
    /// # Errors
    /// `NotSealed`, `Version`, `Suite`, `Flags`, `Header`, or `Truncated` if the magic is there but fewer than
    /// [`HEADER_LEN`] bytes follow. Whether the header is authentic shows only with the key.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        check_magic(bytes)?;
        let bytes: &[u8; HEADER_LEN] = bytes.first_chunk().ok_or(Error::Truncated)?;
        if bytes[8] != VERSION {
            return Err(Error::Version(bytes[8]));
        }
        let suite = Suite::from_id(bytes[9]).ok_or(Error::Suite(bytes[9]))?;
        let flags = u16::from_be_bytes([bytes[10], bytes[11]]);
        if flags != 0 {
            return Err(Error::Flags(flags));
        }
        let segment = SegmentSize::from_log2(bytes[12]).ok_or(Error::Header("segment size"))?;
        if bytes[13] != 0 {
            return Err(Error::Header("reserved byte"));
        }
        let metadata_len = u16::from_be_bytes([bytes[14], bytes[15]]);
        if !metadata::is_sealed_len(usize::from(metadata_len)) {
            return Err(Error::Header("length of the metadata"));
        }
        Ok(Self {
            suite,
            segment,
            metadata_len,
            key_id: KeyId(field(bytes, 16)),
            salt: field(bytes, 32),
            commitment: field(bytes, 64),
        })
    }

    /// The header as it stands in the file.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8] = VERSION;
        bytes[9] = self.suite.id();
        bytes[12] = self.segment.log2();
        bytes[14..16].copy_from_slice(&self.metadata_len.to_be_bytes());
        bytes[16..32].copy_from_slice(&self.key_id.0);
        bytes[32..64].copy_from_slice(&self.salt);
        bytes[64..].copy_from_slice(&self.commitment);
        bytes
    }

    /// Length of header and sealed metadata together, in bytes: where the segments begin.
    #[must_use]
    pub fn preamble_len(&self) -> usize {
        HEADER_LEN + usize::from(self.metadata_len)
    }
}

/// Whether these bytes begin like a sealed file of any version.
#[must_use]
pub fn looks_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

fn check_magic(bytes: &[u8]) -> Result<(), Error> {
    if looks_sealed(bytes) {
        return Ok(());
    }
    let text_mode = [&b"\tSKEEP\r\n"[..], b"\x89SKEEP\n", b"\x89SKEEP\r\r\n", b"\x89SKEEP\n\n"];
    if text_mode.iter().any(|altered| bytes.starts_with(altered)) {
        return Err(Error::Header("altered by a transfer in text mode"));
    }
    Err(Error::NotSealed)
}

fn field<const N: usize>(bytes: &[u8; HEADER_LEN], at: usize) -> [u8; N] {
    *bytes[at..].first_chunk().expect("the fields lie within the header")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Header {
        Header {
            suite: Suite::Sm4Gcm,
            segment: SegmentSize::default(),
            metadata_len: 80,
            key_id: KeyId([1; 16]),
            salt: [2; 32],
            commitment: [3; 32],
        }
    }

    #[test]
    fn written_headers_read_back() {
        let header = sample();
        assert_eq!(Header::parse(&header.to_bytes()).unwrap(), header);
    }

    #[test]
    fn each_fixed_field_has_one_accepted_set_of_values() {
        let good = sample().to_bytes();
        let refused = |at: usize, value: u8| {
            let mut bytes = good;
            bytes[at] = value;
            Header::parse(&bytes)
        };
        for value in 0..=255 {
            assert_eq!(refused(8, value).is_ok(), value == 1);
            assert_eq!(refused(9, value).is_ok(), value == 1 || value == 2);
            assert_eq!(refused(10, value).is_ok(), value == 0);
            assert_eq!(refused(11, value).is_ok(), value == 0);
            assert_eq!(refused(12, value).is_ok(), (12..=24).contains(&value));
            assert_eq!(refused(13, value).is_ok(), value == 0);
        }
        for (at, byte) in MAGIC.iter().enumerate() {
            assert!(matches!(refused(at, byte ^ 0x20), Err(Error::NotSealed)));
        }
    }

    #[test]
    fn short_input_is_truncated_and_text_mode_is_named() {
        let good = sample().to_bytes();
        for len in 0..8 {
            assert!(matches!(Header::parse(&good[..len]), Err(Error::NotSealed)));
        }
        for len in 8..HEADER_LEN {
            assert!(matches!(Header::parse(&good[..len]), Err(Error::Truncated)));
        }
        let unix: Vec<u8> = [&good[..6], &good[7..]].concat();
        assert!(matches!(Header::parse(&unix), Err(Error::Header(_))));
    }
}
