//! The sealed metadata: kind, mode, time and path of an object, padded to a bucket (`docs/spec/envelope.md` §4).

use sealkeep_crypto::TAG_LEN;
use zeroize::Zeroizing;

use super::error::Error;

/// What a sealed file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file, or a stream.
    File,
    /// A directory; its content is empty.
    Directory,
    /// A symbolic link; its content is the target.
    Symlink,
}

/// A modification time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mtime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds within the second, 0 to 999,999,999.
    pub nanoseconds: u32,
}

/// A relative path as raw bytes, checked: no empty, `.` or `..` component, no zero byte, at most
/// [`SealedPath::MAX_LEN`] bytes. Joining it to a directory cannot lead out of that directory unless a
/// component is a symbolic link there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SealedPath(Vec<u8>);

impl SealedPath {
    /// Length of the longest path, in bytes.
    pub const MAX_LEN: usize = MAX_BUCKET - FIXED_LEN;

    /// Checks a path.
    ///
    /// # Errors
    /// `Metadata` with the rule that it breaks.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let bytes = bytes.into();
        if bytes.len() > Self::MAX_LEN {
            return Err(Error::Metadata("path too long"));
        }
        if bytes.contains(&0) {
            return Err(Error::Metadata("zero byte in path"));
        }
        let odd = |part: &[u8]| part.is_empty() || part == b"." || part == b"..";
        if bytes.split(|&byte| byte == b'/').any(odd) {
            return Err(Error::Metadata("path with an empty, '.' or '..' component"));
        }
        Ok(Self(bytes))
    }

    /// The path, components joined by `/`.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The last component.
    #[must_use]
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|&byte| byte == b'/').next().unwrap_or(&self.0)
    }

    /// Everything before the last component; `None` for a path of one component.
    #[must_use]
    pub fn parent(&self) -> Option<&[u8]> {
        let slash = self.0.iter().rposition(|&byte| byte == b'/')?;
        Some(&self.0[..slash])
    }
}

/// What is sealed about an object besides its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: Kind,
    /// Permission bits, at most `0o7777`; streams have none.
    pub mode: Option<u32>,
    /// Modification time; streams have none.
    pub mtime: Option<Mtime>,
    /// Path relative to the directory that was sealed. Absent for streams and for the top of a tree.
    pub path: Option<SealedPath>,
}

impl Metadata {
    /// The metadata of a stream: a file that has no name, mode or time.
    #[must_use]
    pub const fn stream() -> Self {
        Self { kind: Kind::File, mode: None, mtime: None, path: None }
    }

    /// The canonical bytes, padding included.
    ///
    /// # Errors
    /// `Metadata` if a value is out of bounds.
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.check()?;
        let path = self.path.as_ref().map_or(&[][..], SealedPath::as_bytes);
        let bucket = bucket(FIXED_LEN + path.len()).ok_or(Error::Metadata("path too long"))?;
        let path_len = u16::try_from(path.len()).map_err(|_| Error::Metadata("path too long"))?;
        let mtime = self.mtime.unwrap_or(Mtime { seconds: 0, nanoseconds: 0 });
        let mut bytes = Zeroizing::new(Vec::with_capacity(bucket + TAG_LEN));
        bytes.push(match self.kind {
            Kind::File => 1,
            Kind::Directory => 2,
            Kind::Symlink => 3,
        });
        bytes.push(presence(self));
        bytes.extend_from_slice(&path_len.to_be_bytes());
        bytes.extend_from_slice(&self.mode.unwrap_or(0).to_be_bytes());
        bytes.extend_from_slice(&mtime.seconds.to_be_bytes());
        bytes.extend_from_slice(&mtime.nanoseconds.to_be_bytes());
        bytes.extend_from_slice(path);
        bytes.resize(bucket, 0);
        Ok(bytes)
    }

    /// Reads canonical bytes; the inverse of `encode` and nothing more.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let fixed: &[u8; FIXED_LEN] = bytes.first_chunk().ok_or(Error::Metadata("too short"))?;
        let kind = match fixed[0] {
            1 => Kind::File,
            2 => Kind::Directory,
            3 => Kind::Symlink,
            _ => return Err(Error::Metadata("unknown kind")),
        };
        let path_len = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
        let mode = u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]);
        let seconds = i64::from_be_bytes(*fixed[8..].first_chunk().expect("eight bytes follow"));
        let nanoseconds = u32::from_be_bytes([fixed[16], fixed[17], fixed[18], fixed[19]]);
        let rest = &bytes[FIXED_LEN..];
        if bucket(FIXED_LEN + path_len) != Some(bytes.len()) {
            return Err(Error::Metadata("not the smallest bucket"));
        }
        let (path, padding) = rest.split_at(path_len);
        if padding.iter().any(|&byte| byte != 0) {
            return Err(Error::Metadata("padding is not zero"));
        }
        let has = |bit: u8| fixed[1] & bit != 0;
        let metadata = Self {
            kind,
            mode: has(HAS_MODE).then_some(mode),
            mtime: has(HAS_MTIME).then_some(Mtime { seconds, nanoseconds }),
            path: if has(HAS_PATH) { Some(SealedPath::new(path)?) } else { None },
        };
        metadata.check()?;
        // Whatever is marked absent, and every bit without a meaning, must be zero.
        let again = metadata.encode()?;
        if again[..FIXED_LEN] != fixed[..] {
            return Err(Error::Metadata("not canonical"));
        }
        Ok(metadata)
    }

    fn check(&self) -> Result<(), Error> {
        if self.mode.is_some_and(|mode| mode > 0o7777) {
            return Err(Error::Metadata("mode out of bounds"));
        }
        if self.mtime.is_some_and(|mtime| mtime.nanoseconds > 999_999_999) {
            return Err(Error::Metadata("nanoseconds out of bounds"));
        }
        if self.kind == Kind::Symlink && self.path.is_none() {
            return Err(Error::Metadata("symbolic link without a path"));
        }
        Ok(())
    }
}

/// Length of the sealed form of the longest metadata, in bytes.
pub(super) const MAX_SEALED_LEN: usize = MAX_BUCKET + TAG_LEN;

/// Whether sealed metadata can have this length.
pub(super) fn is_sealed_len(len: usize) -> bool {
    len.checked_sub(TAG_LEN).is_some_and(|plain| bucket(plain) == Some(plain))
}

/// The smallest bucket that holds `len` bytes.
fn bucket(len: usize) -> Option<usize> {
    let size = if len <= 512 { len.next_multiple_of(64).max(64) } else { len.next_power_of_two() };
    (size <= MAX_BUCKET).then_some(size)
}

fn presence(metadata: &Metadata) -> u8 {
    let bit = |present: bool, bit: u8| if present { bit } else { 0 };
    bit(metadata.path.is_some(), HAS_PATH)
        | bit(metadata.mode.is_some(), HAS_MODE)
        | bit(metadata.mtime.is_some(), HAS_MTIME)
}

const FIXED_LEN: usize = 20;
const MAX_BUCKET: usize = 32_768;
const HAS_PATH: u8 = 1;
const HAS_MODE: u8 = 2;
const HAS_MTIME: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(path: &[u8]) -> Metadata {
        Metadata {
            kind: Kind::File,
            mode: Some(0o4755),
            mtime: Some(Mtime { seconds: -1, nanoseconds: 999_999_999 }),
            path: Some(SealedPath::new(path).unwrap()),
        }
    }

    #[test]
    fn buckets() {
        let expected =
            [(0, 64), (64, 64), (65, 128), (449, 512), (513, 1024), (1025, 2048), (32_768, 32_768)];
        for (len, size) in expected {
            assert_eq!(bucket(len), Some(size));
        }
        assert_eq!(bucket(32_769), None);
        let lens: Vec<usize> = (0..70_000).filter(|&len| is_sealed_len(len)).collect();
        assert_eq!(lens.len(), 14);
        assert_eq!((lens[0], lens[13]), (80, MAX_SEALED_LEN));
    }

    #[test]
    fn paths_that_could_lead_elsewhere_are_refused() {
        for path in ["", "/", "/a", "a/", "a//b", ".", "..", "a/..", "./a", "a/../b", "a\0b"] {
            assert!(SealedPath::new(path).is_err(), "{path:?}");
        }
        assert!(SealedPath::new(vec![b'a'; SealedPath::MAX_LEN]).is_ok());
        assert!(SealedPath::new(vec![b'a'; SealedPath::MAX_LEN + 1]).is_err());
        let path = SealedPath::new(*b"a/...\xff/b").unwrap();
        assert_eq!((path.file_name(), path.parent()), (&b"b"[..], Some(&b"a/...\xff"[..])));
    }

    #[test]
    fn every_changed_byte_is_refused_or_means_something_else() {
        let metadata = sample(b"dir/name");
        let bytes = metadata.encode().unwrap();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut other = bytes.to_vec();
                other[at] ^= 1 << bit;
                if let Ok(read) = Metadata::decode(&other) {
                    assert_ne!(read, metadata);
                    assert_eq!(*read.encode().unwrap(), other);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn bytes_that_decode_encode_to_themselves(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(metadata) = Metadata::decode(&bytes) {
                prop_assert_eq!(&*metadata.encode().unwrap(), &bytes);
            }
        }

        #[test]
        fn round_trip(path in "[a-z]{1,90}(/[a-z]{1,900}){0,2}", mode in 0u32..0o10000, seconds: i64, nanoseconds in 0u32..1_000_000_000) {
            let metadata = Metadata {
                kind: Kind::Symlink,
                mode: Some(mode),
                mtime: Some(Mtime { seconds, nanoseconds }),
                path: Some(SealedPath::new(path).unwrap()),
            };
            prop_assert_eq!(Metadata::decode(&metadata.encode().unwrap()).unwrap(), metadata);
        }
    }
}
