//! The byte grammar of everything that is written: big-endian integers and length-prefixed bytes.
//!
//! ```
//! use sealkeep_crypto::codec::{Reader, Writer};
//!
//! let mut out = Vec::new();
//! out.put_u32(7);
//! out.put_bytes(b"ward 7");
//!
//! let mut reader = Reader::new(&out, "bed");
//! assert_eq!((reader.u32()?, reader.bytes()?), (7, &b"ward 7"[..]));
//! reader.end()?;
//! # Ok::<(), sealkeep_crypto::codec::Malformed>(())
//! ```

use thiserror::Error;

/// Bytes that do not follow the grammar; says what was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("malformed {0}")]
pub struct Malformed(pub &'static str);

/// Reads fields from the front of a byte string. Every method fails with [`Malformed`] when there are too few bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// `what` names the thing being read, for errors.
    pub fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (field, rest) = self.rest.split_at_checked(len).ok_or(self.malformed())?;
        self.rest = rest;
        Ok(field)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let field = self.take(N)?;
        Ok(field.try_into().expect("take gave N bytes"))
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    /// Two bytes as a number.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// Four bytes as a number.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// Eight bytes as a number.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// Eight bytes as a number with a sign.
    pub fn i64(&mut self) -> Result<i64, Malformed> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    /// Bytes behind a 16-bit length.
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.u16()?;
        self.take(len.into())
    }

    /// Bytes behind a 32-bit length.
    pub fn bytes32(&mut self) -> Result<&'a [u8], Malformed> {
        let len = usize::try_from(self.u32()?).map_err(|_| self.malformed())?;
        self.take(len)
    }

    /// A number in as few bytes as it needs (LEB128): seven bits in each, the lowest first, the highest bit set in all but
    /// the last.
    ///
    /// # Errors
    /// `Malformed` for what is longer than it need be, too.
    pub fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if (bits << shift) >> shift != bits || (byte == 0 && shift > 0) {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.malformed())
    }

    /// A [`Reader::varint`] that fits into 32 bits.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn varint32(&mut self) -> Result<u32, Malformed> {
        u32::try_from(self.varint()?).map_err(|_| self.malformed())
    }

    /// How many of `count` things can be left when each takes at least `least` bytes: what may be allocated for them
    /// before they were read.
    #[must_use]
    pub fn room_for(&self, count: u32, least: usize) -> usize {
        usize::try_from(count).unwrap_or(usize::MAX).min(self.rest.len() / least.max(1))
    }

    /// Whether everything has been read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that has not been read.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// Nothing may be left over: one meaning, one byte string.
    pub fn end(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }

    /// The error for what has the right length and makes no sense.
    pub fn malformed(&self) -> Malformed {
        Malformed(self.what)
    }
}

/// Appends fields to a byte string.
pub trait Writer {
    /// Appends bytes as they are.
    fn put(&mut self, bytes: &[u8]);

    /// A number in one byte.
    fn put_u8(&mut self, value: u8) {
        self.put(&[value]);
    }

    /// A number in two bytes.
    fn put_u16(&mut self, value: u16) {
        self.put(&value.to_be_bytes());
    }

    /// A number in four bytes.
    fn put_u32(&mut self, value: u32) {
        self.put(&value.to_be_bytes());
    }

    /// A number in eight bytes.
    fn put_u64(&mut self, value: u64) {
        self.put(&value.to_be_bytes());
    }

    /// A number with a sign in eight bytes.
    fn put_i64(&mut self, value: i64) {
        self.put(&value.to_be_bytes());
    }

    /// A number in as few bytes as it needs.
    fn put_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.put_u8((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.put_u8((value & 0x7f) as u8);
    }

    /// Bytes behind a 16-bit length.
    ///
    /// # Panics
    /// When there are more than 65,535: callers bound what they accept.
    fn put_bytes(&mut self, bytes: &[u8]) {
        self.put_u16(u16::try_from(bytes.len()).expect("bounded by the caller"));
        self.put(bytes);
    }

    /// Bytes behind a 32-bit length.
    ///
    /// # Panics
    /// When there are 4 GiB or more: callers bound what they accept.
    fn put_bytes32(&mut self, bytes: &[u8]) {
        self.put_u32(u32::try_from(bytes.len()).expect("bounded by the caller"));
        self.put(bytes);
    }
}

impl Writer for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_more() {
        let mut out = Vec::new();
        out.put_u8(1);
        out.put_u16(2);
        out.put_u32(3);
        out.put_u64(4);
        out.put_bytes(b"five");
        out.put_i64(-6);
        out.put_bytes32(b"seven");
        let mut reader = Reader::new(&out, "test");
        assert_eq!(
            (reader.u8(), reader.u16(), reader.u32(), reader.u64()),
            (Ok(1), Ok(2), Ok(3), Ok(4))
        );
        assert_eq!(reader.bytes(), Ok(&b"five"[..]));
        assert_eq!(reader.i64(), Ok(-6));
        assert_eq!(reader.bytes32(), Ok(&b"seven"[..]));
        assert_eq!(reader.u8(), Err(Malformed("test")));
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn a_number_has_one_spelling() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut out = Vec::new();
            out.put_varint(value);
            let mut reader = Reader::new(&out, "test");
            assert_eq!(reader.varint(), Ok(value));
            assert!(reader.is_empty());
            assert!(Reader::new(&out[..out.len() - 1], "test").varint().is_err());
        }
        let bad: [&[u8]; 4] = [
            &[0x80, 0],
            &[0xff, 0x80, 0],
            &[0xff; 10],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
        ];
        for bad in bad {
            assert_eq!(Reader::new(bad, "test").varint(), Err(Malformed("test")), "{bad:?}");
        }
        assert!(Reader::new(&[0x80, 0x80, 0x80, 0x80, 0x10], "test").varint32().is_err());
    }
}
