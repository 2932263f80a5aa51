//! A scope's record in the directory: its name, its own state, and the top of its tree of keys.

use sealkeep_crypto::SecretVec;
use sealkeep_crypto::codec::{Malformed, Reader, Writer};

use crate::error::{Error, Result};
use crate::page::ChildRef;
use crate::records::RecordWriter;

/// What is left of a scope that was destroyed in one act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopeTombstone {
    /// When, Unix seconds.
    pub when: u64,
    /// Digest of the certificate or approved request under which it happened.
    pub certificate: [u8; 32],
}

/// One scope (`radiology/2019/patient-0042`) as the directory holds it.
pub(crate) struct ScopeRecord {
    pub(crate) held: bool,
    /// Digest of the request by which it is to be destroyed as a whole: its keys are pending destruction, and it takes no new
    /// ones.
    pub(crate) pending: Option<[u8; 32]>,
    /// GB/T 39725 level 1–5; 0 when not classified.
    pub(crate) level: u8,
    /// The incarnation that made it: part of its id, as of a key's, since a restore uses scope numbers again.
    pub(crate) incarnation: u16,
    /// Unix seconds.
    pub(crate) created: u64,
    /// When the scope key was last replaced, Unix seconds.
    pub(crate) rotated: u64,
    /// Keys ever made here: the next slot.
    pub(crate) count: u32,
    pub(crate) body: ScopeBody,
}

/// The part of a scope's record that destroying the scope replaces.
pub(crate) enum ScopeBody {
    Live {
        name: SecretVec,
        /// Height of the tree: 0 when its top is a leaf page.
        height: u8,
        /// `None` while the scope has no key.
        top: Option<ChildRef>,
    },
    Dead(ScopeTombstone),
}

const HEAD: usize = 1 + 1 + 2 + 8 + 8 + 4;
const HELD: u8 = 1;
const DEAD: u8 = 2;
const PENDING: u8 = 4;

impl ScopeRecord {
    pub(crate) fn encode(&self) -> SecretVec {
        let (flag, body) = match &self.body {
            ScopeBody::Live { name, .. } => (0, 2 + name.len() + 1 + ChildRef::LEN),
            ScopeBody::Dead(_) => (DEAD, 8 + 32),
        };
        let (pending, waits) = self.pending.map_or((0, 0), |_| (PENDING, 32));
        let mut out = RecordWriter::new(HEAD + waits + body);
        out.put_u8(flag | pending | if self.held { HELD } else { 0 });
        out.put_u8(self.level);
        out.put_u16(self.incarnation);
        out.put_u64(self.created);
        out.put_u64(self.rotated);
        out.put_u32(self.count);
        if let Some(request) = &self.pending {
            out.put(request);
        }
        match &self.body {
            ScopeBody::Live { name, height, top } => {
                out.put_bytes(name.expose());
                out.put_u8(*height);
                match top {
                    Some(top) => top.encode(&mut out),
                    None => out.put(&[0; ChildRef::LEN]),
                }
            }
            ScopeBody::Dead(tombstone) => {
                out.put_u64(tombstone.when);
                out.put(&tombstone.certificate);
            }
        }
        out.finish()
    }

    pub(crate) fn decode(record: &[u8]) -> std::result::Result<Self, Malformed> {
        let mut reader = Reader::new(record, "scope record");
        let flags = reader.u8()?;
        if flags & !(HELD | DEAD | PENDING) != 0 || flags & (DEAD | PENDING) == DEAD | PENDING {
            return Err(reader.malformed());
        }
        let (level, incarnation) = (reader.u8()?, reader.u16()?);
        let (created, rotated, count) = (reader.u64()?, reader.u64()?, reader.u32()?);
        let pending = if flags & PENDING != 0 { Some(reader.array()?) } else { None };
        let body = if flags & DEAD != 0 {
            ScopeBody::Dead(ScopeTombstone { when: reader.u64()?, certificate: reader.array()? })
        } else {
            let name = SecretVec::from_vec(reader.bytes()?.to_vec());
            let height = reader.u8()?;
            let top = ChildRef::decode(&mut reader)?;
            if height > 3 || (top.version == 0) != (count == 0) {
                return Err(reader.malformed());
            }
            ScopeBody::Live { name, height, top: (top.version != 0).then_some(top) }
        };
        reader.end()?;
        let held = flags & HELD != 0;
        Ok(Self { held, pending, level, incarnation, created, rotated, count, body })
    }

    /// The scope's name; `None` once it is destroyed: names die with the key.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.body {
            ScopeBody::Live { name, .. } => std::str::from_utf8(name.expose()).ok(),
            ScopeBody::Dead(_) => None,
        }
    }

    pub(crate) fn tombstone(&self) -> Option<ScopeTombstone> {
        match self.body {
            ScopeBody::Dead(tombstone) => Some(tombstone),
            ScopeBody::Live { .. } => None,
        }
    }
}

/// The scope of the index key. Nobody else's keys go into it, and it is destroyed with whatever is destroyed.
pub(crate) const INDEX_SCOPE: &str = "sealkeep/index";

/// Accepts 1 to 255 bytes, components joined by `/`, none of them empty, `.` or `..`, no control characters.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let fits = (1..=255).contains(&name.len())
        && !name.chars().any(char::is_control)
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if fits { Ok(()) } else { Err(Error::ScopeName(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["default", "radiology/2019/patient-0042", "放射科/2019"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "/a", "a/", "a//b", "a/../b", ".", "a\nb", &"x".repeat(256)] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_destroyed_scope_has_no_name() {
        let mut record = ScopeRecord {
            held: false,
            pending: Some([3; 32]),
            level: 4,
            incarnation: 1,
            created: 1,
            rotated: 1,
            count: 0,
            body: ScopeBody::Live {
                name: SecretVec::from_vec(b"patient".to_vec()),
                height: 0,
                top: None,
            },
        };
        let bytes = record.encode();
        assert_eq!(
            ScopeRecord::decode(bytes.expose()).expect("well formed").name(),
            Some("patient")
        );
        record.pending = None;
        record.body = ScopeBody::Dead(ScopeTombstone { when: 7, certificate: [1; 32] });
        let bytes = record.encode();
        let back = ScopeRecord::decode(bytes.expose()).expect("well formed");
        assert_eq!((back.name(), back.tombstone().map(|t| t.when)), (None, Some(7)));
    }
}
