//! A key's record in its leaf page: the key while it lives, a tombstone afterwards.

use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use sealkeep_crypto::{Kdf, Secret, SecretVec, Suite};

use crate::records::RecordWriter;
use crate::state::KeyState;

/// The longest label a key can carry, in bytes.
pub const MAX_LABEL: usize = 4096;

/// What is left of a destroyed key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// When it was destroyed, Unix seconds.
    pub when: u64,
    /// Digest of the certificate or approved request under which it happened.
    pub certificate: [u8; 32],
    /// Commitment to the key: derived from it one way, so that whoever still had the key could show
    /// that it was this one. All zero for a key destroyed with its whole scope.
    pub fingerprint: [u8; 16],
}

/// One data key as its leaf page holds it.
pub(crate) struct KeyRecord {
    pub(crate) state: KeyState,
    pub(crate) held: bool,
    /// What it waits for while it is pending destruction.
    pub(crate) waits: Option<Waits>,
    pub(crate) suite: Suite,
    pub(crate) incarnation: u16,
    /// Unix seconds.
    pub(crate) created: u64,
    /// Unix seconds of the last change of state or hold.
    pub(crate) changed: u64,
    pub(crate) body: Body,
}

/// What a pending key was, and which request it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waits {
    pub(crate) before: KeyState,
    /// Digest of the request.
    pub(crate) request: [u8; 32],
}

/// The part of a record that destroying replaces.
pub(crate) enum Body {
    Live { key: Secret<32>, label: SecretVec },
    Dead(Tombstone),
}

const HEAD: usize = 1 + 1 + 1 + 2 + 8 + 8;
const HELD: u8 = 1;
const BEFORE: u32 = 4;

impl KeyRecord {
    pub(crate) fn encode(&self) -> SecretVec {
        let body = match &self.body {
            Body::Live { label, .. } => 32 + label.len(),
            Body::Dead(_) => 8 + 32 + 16,
        } + if self.waits.is_some() { 32 } else { 0 };
        let mut out = RecordWriter::new(HEAD + body);
        out.put_u8(self.state as u8);
        let before = self.waits.map_or(0, |waits| (waits.before as u8) << BEFORE);
        out.put_u8(before | if self.held { HELD } else { 0 });
        out.put_u8(self.suite.id());
        out.put_u16(self.incarnation);
        out.put_u64(self.created);
        out.put_u64(self.changed);
        if let Some(waits) = &self.waits {
            out.put(&waits.request);
        }
        match &self.body {
            Body::Live { key, label } => {
                out.put(key.expose());
                out.put(label.expose());
            }
            Body::Dead(tombstone) => {
                out.put_u64(tombstone.when);
                out.put(&tombstone.certificate);
                out.put(&tombstone.fingerprint);
            }
        }
        out.finish()
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(record, "key record");
        let state = KeyState::from_byte(reader.u8()?).ok_or(reader.malformed())?;
        let flags = reader.u8()?;
        let before = KeyState::from_byte(flags >> BEFORE).filter(|state| state.may_be_pending());
        if (state == KeyState::PendingDestruction) != before.is_some()
            || (before.is_none() && flags >> BEFORE != 0)
        {
            return Err(reader.malformed());
        }
        if flags & ((1 << BEFORE) - 1) & !HELD != 0 {
            return Err(reader.malformed());
        }
        let suite = Suite::from_id(reader.u8()?).ok_or(reader.malformed())?;
        let (incarnation, created, changed) = (reader.u16()?, reader.u64()?, reader.u64()?);
        let waits = match before {
            Some(before) => Some(Waits { before, request: reader.array()? }),
            None => None,
        };
        let body = if state.is_destroyed() {
            let [when, certificate, fingerprint] =
                [reader.take(8)?, reader.take(32)?, reader.take(16)?];
            let (when, certificate, fingerprint) = (
                u64::from_be_bytes(when.try_into().expect("8 bytes")),
                certificate.try_into().expect("32 bytes"),
                fingerprint.try_into().expect("16 bytes"),
            );
            Body::Dead(Tombstone { when, certificate, fingerprint })
        } else {
            let key = Secret::from_slice(reader.take(32)?).ok_or(reader.malformed())?;
            let rest = reader.rest();
            if rest.len() > MAX_LABEL {
                return Err(reader.malformed());
            }
            let mut label = SecretVec::zeroed(rest.len());
            label.expose_mut().copy_from_slice(rest);
            Body::Live { key, label }
        };
        reader.end()?;
        let held = flags & HELD != 0;
        Ok(Self { state, held, waits, suite, incarnation, created, changed, body })
    }

    /// Whether an encoded record is of a key on hold.
    pub(crate) fn is_held(record: &[u8]) -> Result<bool, Malformed> {
        let mut reader = Reader::new(record, "key record");
        let (_state, flags) = (reader.u8()?, reader.u8()?);
        Ok(flags & HELD != 0)
    }

    /// The state in an encoded record.
    pub(crate) fn state_of(record: &[u8]) -> Result<KeyState, Malformed> {
        let mut reader = Reader::new(record, "key record");
        KeyState::from_byte(reader.u8()?).ok_or(reader.malformed())
    }

    pub(crate) fn tombstone(&self) -> Option<Tombstone> {
        match self.body {
            Body::Dead(tombstone) => Some(tombstone),
            Body::Live { .. } => None,
        }
    }

    /// Makes it unusable until it is destroyed, or what it was before. A key that waits already goes on to.
    pub(crate) fn pend(&mut self, request: [u8; 32], when: u64) {
        if self.state.may_be_pending() {
            self.waits = Some(Waits { before: self.state, request });
            (self.state, self.changed) = (KeyState::PendingDestruction, when);
        }
    }

    /// Makes it what it was before it became pending destruction for this request.
    pub(crate) fn unpend(&mut self, request: [u8; 32], when: u64) {
        if let Some(waits) = self.waits.take_if(|waits| waits.request == request) {
            (self.state, self.changed) = (waits.before, when);
        }
    }

    /// Puts a tombstone where the key was.
    pub(crate) fn destroy(&mut self, when: u64, certificate: [u8; 32]) {
        if let Body::Live { key, .. } = &self.body {
            let fingerprint = fingerprint(self.suite, key);
            self.body = Body::Dead(Tombstone { when, certificate, fingerprint });
            let state = self.waits.take().map_or(self.state, |waits| waits.before);
            self.state = state.when_destroyed();
            self.changed = when;
        }
    }
}

/// A commitment to a data key that tells nothing about it: HKDF under a label of its own (RFC 5869).
fn fingerprint(suite: Suite, key: &Secret<32>) -> [u8; 16] {
    let mut out = [0; 16];
    Kdf::extract(suite, b"", key.expose()).expand(&[b"sealkeep/v1/fingerprint"], &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> KeyRecord {
        KeyRecord {
            state: KeyState::Compromised,
            held: true,
            waits: None,
            suite: Suite::Sm4Gcm,
            incarnation: 2,
            created: 3,
            changed: 4,
            body: Body::Live {
                key: Secret::from_slice(&[5; 32]).expect("32 bytes"),
                label: SecretVec::from_vec(b"scan.dcm".to_vec()),
            },
        }
    }

    #[test]
    fn destroying_leaves_no_key_and_no_label() {
        let mut record = record();
        let bytes = record.encode();
        assert!(bytes.expose().windows(32).any(|window| window == [5; 32]));
        assert_eq!(
            KeyRecord::decode(bytes.expose()).expect("well formed").encode().expose(),
            bytes.expose()
        );

        record.destroy(9, [8; 32]);
        assert_eq!(record.state, KeyState::DestroyedCompromised);
        let bytes = record.encode();
        assert!(!bytes.expose().windows(4).any(|window| window == [5; 4] || window == b"scan"));
        let back = KeyRecord::decode(bytes.expose()).expect("well formed");
        assert_eq!(back.tombstone().map(|t| (t.when, t.certificate)), Some((9, [8; 32])));
    }

    #[test]
    fn a_pending_key_becomes_again_what_it_was() {
        let mut record = record();
        record.pend([1; 32], 5);
        assert_eq!(record.state, KeyState::PendingDestruction);
        record.pend([2; 32], 6);
        let mut back = KeyRecord::decode(record.encode().expose()).expect("well formed");
        back.unpend([2; 32], 7);
        assert_eq!(back.state, KeyState::PendingDestruction, "another request's");
        back.unpend([1; 32], 7);
        assert_eq!((back.state, back.changed), (KeyState::Compromised, 7));
        record.destroy(9, [8; 32]);
        assert_eq!(record.state, KeyState::DestroyedCompromised);
        assert!(KeyRecord::decode(record.encode().expose()).is_ok());
    }

    #[test]
    fn malformed_records_are_refused() {
        let bytes = record().encode();
        for cut in 0..HEAD + 32 {
            assert!(KeyRecord::decode(&bytes.expose()[..cut]).is_err());
        }
        for (at, value) in [(0, 0), (0, 6), (0, 99), (1, 2), (1, 0x20), (2, 0)] {
            let mut bad = bytes.expose().to_vec();
            bad[at] = value;
            assert!(KeyRecord::decode(&bad).is_err());
        }
    }
}
