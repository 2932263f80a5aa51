//! Boxes: small things sealed under a key that cannot be mistaken for another (`docs/spec/vault.md` §3).

use sealkeep_crypto::{Kdf, NONCE_LEN, Suite, TAG_LEN, Tag, Unauthentic, eq_ct, random};
use zeroize::Zeroizing;

/// How much longer a box is than what is in it.
pub const OVERHEAD: usize = SALT + COMMITMENT + TAG_LEN;

/// Puts `plain` into a box. `context` is authenticated, as the concatenation of its parts, whose lengths must be fixed.
///
/// # Panics
/// If the operating system has no randomness.
#[must_use]
pub fn seal_box(suite: Suite, key: &[u8], label: &str, context: &[&[u8]], plain: &[u8]) -> Vec<u8> {
    let salt: [u8; SALT] = random::array();
    let derived = Derived::new(suite, key, label, &salt);
    let mut out = Vec::with_capacity(plain.len() + OVERHEAD);
    out.extend_from_slice(&salt);
    out.extend_from_slice(derived.commitment());
    out.extend_from_slice(plain);
    let aead = suite.aead(derived.key());
    let tag = aead.seal(derived.nonce(), &context.concat(), &mut out[SALT + COMMITMENT..]);
    out.extend_from_slice(&tag);
    out
}

/// Takes out what [`seal_box`] put in, with the same suite, key, label and context.
///
/// # Errors
/// [`Unauthentic`] if any of them differs, or the box was altered.
pub fn open_box(
    suite: Suite,
    key: &[u8],
    label: &str,
    context: &[&[u8]],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Unauthentic> {
    let (salt, rest) = sealed.split_first_chunk::<SALT>().ok_or(Unauthentic)?;
    let (commitment, rest) = rest.split_first_chunk::<COMMITMENT>().ok_or(Unauthentic)?;
    let (body, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or(Unauthentic)?;
    let derived = Derived::new(suite, key, label, salt);
    if !eq_ct(derived.commitment(), commitment) {
        return Err(Unauthentic);
    }
    let tag: &Tag = tag;
    let mut plain = Zeroizing::new(body.to_vec());
    suite.aead(derived.key()).open(derived.nonce(), &context.concat(), &mut plain, tag)?;
    Ok(plain)
}

/// AEAD key ‖ nonce ‖ commitment.
struct Derived {
    bytes: Zeroizing<[u8; LONGEST]>,
    key_len: usize,
}

impl Derived {
    fn new(suite: Suite, key: &[u8], label: &str, salt: &[u8; SALT]) -> Self {
        let key_len = suite.key_len();
        let mut bytes = Zeroizing::new([0; LONGEST]);
        let info: [&[u8]; 3] = [PREFIX, label.as_bytes(), &[suite.id()]];
        let out = &mut bytes[..key_len + NONCE_LEN + COMMITMENT];
        Kdf::extract(suite, salt, key).expand(&info, out);
        Self { bytes, key_len }
    }

    fn key(&self) -> &[u8] {
        &self.bytes[..self.key_len]
    }

    fn nonce(&self) -> &[u8; NONCE_LEN] {
        self.bytes[self.key_len..].first_chunk().expect("a nonce follows the key")
    }

    fn commitment(&self) -> &[u8; COMMITMENT] {
        let rest = &self.bytes[self.key_len + NONCE_LEN..];
        rest.first_chunk().expect("the commitment follows the nonce")
    }
}

const PREFIX: &[u8] = b"sealkeep/v1/vault/";
const SALT: usize = 16;
const COMMITMENT: usize = 32;
const LONGEST: usize = 32 + NONCE_LEN + COMMITMENT;

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn open(suite: Suite, label: &str, context: &[&[u8]], sealed: &[u8]) -> Option<Vec<u8>> {
        open_box(suite, &KEY, label, context, sealed).ok().map(|plain| plain.to_vec())
    }

    #[test]
    fn what_goes_in_comes_out() {
        for suite in Suite::ALL {
            for plain in [&b""[..], b"ward 7", &[1; 5000]] {
                let sealed = seal_box(suite, &KEY, "record", &[b"vault"], plain);
                assert_eq!(sealed.len(), plain.len() + OVERHEAD);
                assert_eq!(open(suite, "record", &[b"vault"], &sealed).as_deref(), Some(plain));
            }
        }
    }

    #[test]
    fn nothing_about_it_can_be_changed() {
        for suite in Suite::ALL {
            let sealed = seal_box(suite, &KEY, "record", &[b"vault"], b"ward 7");
            for bit in 0..sealed.len() * 8 {
                let mut bad = sealed.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(open(suite, "record", &[b"vault"], &bad), None, "bit {bit}");
            }
            for len in 0..sealed.len() {
                assert_eq!(open(suite, "record", &[b"vault"], &sealed[..len]), None);
            }
            assert_eq!(open(suite, "listing", &[b"vault"], &sealed), None);
            assert_eq!(open(suite, "record", &[b"other"], &sealed), None);
            let other = Suite::ALL.into_iter().find(|other| *other != suite).unwrap();
            assert_eq!(open(other, "record", &[b"vault"], &sealed), None);
            assert!(open_box(suite, &[8; 32], "record", &[b"vault"], &sealed).is_err());
        }
    }

    #[test]
    fn two_boxes_of_the_same_thing_differ() {
        let one = || seal_box(Suite::Sm4Gcm, &KEY, "record", &[], b"same");
        assert_ne!(one()[..SALT + COMMITMENT], one()[..SALT + COMMITMENT]);
    }
}
