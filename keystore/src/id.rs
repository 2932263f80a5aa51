//! Key ids: opaque outside, a position inside.
//!
//! A key id is one block of the store's cipher over the key's position. Whoever lacks the id key sees
//! sixteen random bytes; the key store reads the position back, so it needs no index row per key.

use std::fmt;
use std::str::FromStr;

use sealkeep_crypto::{BlockCipher, Suite};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The id of a data key, or of a whole scope in a tombstone: 16 opaque bytes, shown as lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 16]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 32];
        data_encoding::HEXLOWER.encode_mut(&self.0, &mut text);
        f.pad(std::str::from_utf8(&text).expect("digits"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// The text is not 32 hexadecimal digits, in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key id is 32 hexadecimal digits, in lower case")]
pub struct NotAKeyId;

impl FromStr for KeyId {
    type Err = NotAKeyId;

    fn from_str(text: &str) -> Result<Self, NotAKeyId> {
        let digits = text.as_bytes();
        if digits.len() != 32 {
            return Err(NotAKeyId);
        }
        let mut id = [0; 16];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NotAKeyId)?;
            if !pair.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
                return Err(NotAKeyId);
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAKeyId)?;
        }
        Ok(Self(id))
    }
}

/// As hexadecimal text, which is how ids stand in the ledger and in reports.
impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Where a key stands: scope number, slot within the scope, and the incarnation that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) scope: u32,
    pub(crate) slot: u32,
    pub(crate) incarnation: u16,
}

/// The slot that stands for a whole scope; no key ever has it.
pub(crate) const WHOLE_SCOPE: u32 = u32::MAX;

/// Turns positions into key ids and back (`docs/spec/keystore.md`, "Key ids").
pub(crate) struct IdCipher(BlockCipher);

impl IdCipher {
    pub(crate) fn new(suite: Suite, key: &[u8; 32]) -> Self {
        Self(BlockCipher::new(suite, &key[..suite.key_len()]))
    }

    pub(crate) fn id(&self, position: Position) -> KeyId {
        let mut block = [0; 16];
        block[..4].copy_from_slice(&position.scope.to_be_bytes());
        block[4..8].copy_from_slice(&position.slot.to_be_bytes());
        block[8..10].copy_from_slice(&position.incarnation.to_be_bytes());
        self.0.encrypt(&mut block);
        KeyId(block)
    }

    /// What stands for a whole scope.
    pub(crate) fn scope(&self, scope: u32, incarnation: u16) -> KeyId {
        self.id(Position { scope, slot: WHOLE_SCOPE, incarnation })
    }

    /// `None` when the 48 zero bits are not there: the id was not made by this store.
    pub(crate) fn position(&self, id: &KeyId) -> Option<Position> {
        let mut block = id.0;
        self.0.decrypt(&mut block);
        if block[10..] != [0; 6] {
            return None;
        }
        let word = |at: usize| {
            u32::from_be_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]])
        };
        Some(Position {
            scope: word(0),
            slot: word(4),
            incarnation: u16::from_be_bytes([block[8], block[9]]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_carry_positions_and_nothing_else_passes() {
        for suite in Suite::ALL {
            let cipher = IdCipher::new(suite, &[7; 32]);
            let position = Position { scope: 16, slot: 70_000, incarnation: 3 };
            let id = cipher.id(position);
            assert_eq!(cipher.position(&id), Some(position));
            assert_eq!(id.to_string().parse(), Ok(id));
            for bit in 0..128 {
                let mut other = id;
                other.0[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(cipher.position(&other), None);
            }
        }
    }

    #[test]
    fn text_that_is_not_an_id() {
        for text in [
            "",
            "00",
            &"A".repeat(32),
            "+0000000000000000000000000000000",
            "zz000000000000000000000000000000",
        ] {
            assert_eq!(text.parse::<KeyId>(), Err(NotAKeyId));
        }
    }
}
