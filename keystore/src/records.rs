//! The inside of pages: a list of records (leaf pages) or of child references (interior pages).
//!
//! Pages stay byte strings in locked memory; a record is found by walking lengths. So a look-up
//! decodes one record, not 256, and no second copy of a page's secrets is made.

use sealkeep_crypto::SecretVec;
use sealkeep_crypto::codec::{Malformed, Reader, Writer};

use crate::page::ChildRef;

/// `count u16`, then `count` records, each behind a 16-bit length.
pub(crate) mod list {
    use super::{Malformed, Reader, SecretVec, Writer};

    pub(crate) fn empty() -> SecretVec {
        SecretVec::zeroed(2)
    }

    pub(crate) fn count(page: &[u8]) -> Result<u16, Malformed> {
        Reader::new(page, "page").u16()
    }

    /// Every record of the page, in order. Fails when the page does not end with the last record.
    pub(crate) fn all(page: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
        let mut reader = Reader::new(page, "page");
        let records = (0..reader.u16()?).map(|_| reader.bytes()).collect::<Result<_, _>>()?;
        reader.end()?;
        Ok(records)
    }

    /// Record number `slot`; `None` beyond the last.
    pub(crate) fn get(page: &[u8], slot: u8) -> Result<Option<&[u8]>, Malformed> {
        let mut reader = Reader::new(page, "page");
        if u16::from(slot) >= reader.u16()? {
            return Ok(None);
        }
        for _ in 0..slot {
            reader.bytes()?;
        }
        reader.bytes().map(Some)
    }

    /// The page with further records at its end.
    pub(crate) fn extended(page: &[u8], records: &[SecretVec]) -> Result<SecretVec, Malformed> {
        let count = usize::from(count(page)?) + records.len();
        let added: usize = records.iter().map(|record| 2 + record.len()).sum();
        let mut longer = SecretVec::zeroed(page.len() + added);
        let mut out = Cursor { bytes: longer.expose_mut(), at: 0 };
        out.put_u16(u16::try_from(count).map_err(|_| Malformed("page"))?);
        out.put(&page[2..]);
        records.iter().for_each(|record| out.put_bytes(record.expose()));
        Ok(longer)
    }

    /// The page with some records replaced, by slot.
    pub(crate) fn replaced(page: &[u8], new: &[(u8, SecretVec)]) -> Result<SecretVec, Malformed> {
        let mut records = all(page)?;
        for (slot, record) in new {
            *records.get_mut(usize::from(*slot)).ok_or(Malformed("page"))? = record.expose();
        }
        let length = 2 + records.iter().map(|record| 2 + record.len()).sum::<usize>();
        let mut page = SecretVec::zeroed(length);
        let mut out = Cursor { bytes: page.expose_mut(), at: 0 };
        out.put_u16(u16::try_from(records.len()).map_err(|_| Malformed("page"))?);
        records.iter().for_each(|record| out.put_bytes(record));
        Ok(page)
    }

    struct Cursor<'a> {
        bytes: &'a mut [u8],
        at: usize,
    }

    impl Writer for Cursor<'_> {
        fn put(&mut self, bytes: &[u8]) {
            self.bytes[self.at..][..bytes.len()].copy_from_slice(bytes);
            self.at += bytes.len();
        }
    }
}

/// `count u16`, then `count` child references of fixed size. A reference with version 0 is absent.
pub(crate) mod children {
    use super::{ChildRef, Malformed, Reader, SecretVec, Writer};

    pub(crate) fn empty() -> SecretVec {
        SecretVec::zeroed(2)
    }

    /// A page in which all 256 children are absent.
    pub(crate) fn sparse() -> SecretVec {
        let mut page = SecretVec::zeroed(2 + 256 * ChildRef::LEN);
        page.expose_mut()[..2].copy_from_slice(&256u16.to_be_bytes());
        page
    }

    pub(crate) fn count(page: &[u8]) -> Result<u16, Malformed> {
        let count = Reader::new(page, "interior page").u16()?;
        if page.len() == 2 + usize::from(count) * ChildRef::LEN && count <= 256 {
            Ok(count)
        } else {
            Err(Malformed("interior page"))
        }
    }

    pub(crate) fn get(page: &[u8], slot: u8) -> Result<Option<ChildRef>, Malformed> {
        if u16::from(slot) >= count(page)? {
            return Ok(None);
        }
        let at = 2 + usize::from(slot) * ChildRef::LEN;
        let child = ChildRef::decode(&mut Reader::new(&page[at..at + ChildRef::LEN], "child"))?;
        Ok((child.version != 0).then_some(child))
    }

    /// Replaces child `slot`, or appends it when it is the next one.
    pub(crate) fn set(page: SecretVec, slot: u8, child: &ChildRef) -> Result<SecretVec, Malformed> {
        let count = count(page.expose())?;
        let mut page = match u16::from(slot).cmp(&count) {
            std::cmp::Ordering::Less => page,
            std::cmp::Ordering::Equal => {
                let mut longer = SecretVec::zeroed(page.len() + ChildRef::LEN);
                longer.expose_mut()[..page.len()].copy_from_slice(page.expose());
                longer.expose_mut()[..2].copy_from_slice(&(count + 1).to_be_bytes());
                longer
            }
            std::cmp::Ordering::Greater => return Err(Malformed("interior page")),
        };
        let at = 2 + usize::from(slot) * ChildRef::LEN;
        child.encode(&mut InPlace(&mut page.expose_mut()[at..at + ChildRef::LEN]));
        Ok(page)
    }

    struct InPlace<'a>(&'a mut [u8]);

    impl Writer for InPlace<'_> {
        fn put(&mut self, bytes: &[u8]) {
            let (field, rest) = std::mem::take(&mut self.0).split_at_mut(bytes.len());
            field.copy_from_slice(bytes);
            self.0 = rest;
        }
    }
}

/// Collects a record in locked memory.
pub(crate) struct RecordWriter {
    bytes: SecretVec,
    at: usize,
}

impl RecordWriter {
    /// `capacity` is the exact length of the record.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { bytes: SecretVec::zeroed(capacity), at: 0 }
    }

    /// # Panics
    /// When fewer bytes were put than were announced.
    pub(crate) fn finish(self) -> SecretVec {
        assert_eq!(self.at, self.bytes.len(), "a record has the length that was announced");
        self.bytes
    }
}

impl Writer for RecordWriter {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.expose_mut()[self.at..][..bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use sealkeep_crypto::Secret;

    use super::*;

    fn record(bytes: &[u8]) -> SecretVec {
        SecretVec::from_vec(bytes.to_vec())
    }

    #[test]
    fn lists_grow_and_change() {
        let page =
            list::extended(list::empty().expose(), &[record(b"one"), record(b"")]).expect("fits");
        let page = list::extended(page.expose(), &[record(b"three")]).expect("fits");
        let page = list::replaced(page.expose(), &[(1, record(b"two"))]).expect("is there");
        assert_eq!(list::all(page.expose()), Ok(vec![&b"one"[..], b"two", b"three"]));
        assert_eq!(list::get(page.expose(), 3), Ok(None));
        assert!(list::all(&page.expose()[..page.len() - 1]).is_err());
    }

    #[test]
    fn children_are_dense_or_sparse() {
        let child = |version| ChildRef { key: Secret::random(), version, hash: [1; 32] };
        let page = children::set(children::empty(), 0, &child(7)).expect("next");
        let page = children::set(page, 1, &child(8)).expect("next");
        let page = children::set(page, 0, &child(9)).expect("is there");
        let version =
            |slot| children::get(page.expose(), slot).expect("well formed").map(|c| c.version);
        assert_eq!((version(0), version(1), version(2)), (Some(9), Some(8), None));
        let page = children::set(children::sparse(), 200, &child(3)).expect("has room");
        assert!(children::get(page.expose(), 199).expect("well formed").is_none());
        assert!(children::get(page.expose(), 200).expect("well formed").is_some());
    }
}
