//! The byte grammar of what Sealkeep writes: big-endian integers and length-prefixed bytes.

/// Bytes that do not follow the grammar; says what was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "malformed {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// Reads fields from the front of a byte string.
pub struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// `what` names the thing being read, for errors.
    pub fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    /// So many bytes.
    ///
    /// # Errors
    /// `Malformed` when fewer are left; as all that follow.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (field, rest) = self.rest.split_at_checked(len).ok_or(self.malformed())?;
        self.rest = rest;
        Ok(field)
    }

    /// As many bytes as the array has.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let field = self.take(N)?;
        Ok(field.try_into().expect("take gave N bytes"))
    }

    /// One byte.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    /// Two bytes.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// Four bytes.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// Eight bytes.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// Eight bytes, signed.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn i64(&mut self) -> Result<i64, Malformed> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    /// Bytes behind a 16-bit length.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.u16()?;
        self.take(len.into())
    }

    /// Bytes behind a 32-bit length.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn bytes32(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.u32()?;
        self.take(usize::try_from(len).map_err(|_| self.malformed())?)
    }

    /// How many of `count` things can be left when each takes at least `least` bytes: what may be allocated for them
    /// before they were read.
    #[must_use]
    pub fn room_for(&self, count: u32, least: usize) -> usize {
        usize::try_from(count).unwrap_or(usize::MAX).min(self.rest.len() / least.max(1))
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// Nothing may be left over: one meaning, one byte string.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn end(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }

    /// The error for what is being read.
    #[must_use]
    pub fn malformed(&self) -> Malformed {
        Malformed(self.what)
    }
}

/// Appends fields to a byte string.
pub trait Writer {
    /// Bytes as they are.
    fn put(&mut self, bytes: &[u8]);

    /// One byte.
    fn put_u8(&mut self, value: u8) {
        self.put(&[value]);
    }

    /// Two bytes.
    fn put_u16(&mut self, value: u16) {
        self.put(&value.to_be_bytes());
    }

    /// Four bytes.
    fn put_u32(&mut self, value: u32) {
        self.put(&value.to_be_bytes());
    }

    /// Eight bytes.
    fn put_u64(&mut self, value: u64) {
        self.put(&value.to_be_bytes());
    }

    /// Eight bytes, signed.
    fn put_i64(&mut self, value: i64) {
        self.put(&value.to_be_bytes());
    }

    /// Bytes behind a 32-bit length.
    ///
    /// # Panics
    /// When there are 4 GiB or more: callers bound what they accept.
    fn put_bytes32(&mut self, bytes: &[u8]) {
        self.put_u32(u32::try_from(bytes.len()).expect("bounded by the caller"));
        self.put(bytes);
    }

    /// Bytes behind a 16-bit length.
    ///
    /// # Panics
    /// When there are more than 65,535: callers bound what they accept.
    fn put_bytes(&mut self, bytes: &[u8]) {
        self.put_u16(u16::try_from(bytes.len()).expect("bounded by the caller"));
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
        assert_eq!(reader.room_for(u32::MAX, 3), 3);
        assert_eq!(reader.bytes32(), Ok(&b"seven"[..]));
        assert_eq!(reader.u8(), Err(Malformed("test")));
        assert_eq!(reader.end(), Ok(()));
    }
}
