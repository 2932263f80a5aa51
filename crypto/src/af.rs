//! The anti-forensic splitter of LUKS (TKS1; LUKS1 on-disk format specification §2.4).
//!
//! A medium may keep a copy of a block that was overwritten. A key blown up to many stripes, all
//! of which are needed, is gone when any one of them is.

use crate::hash::HASH_LEN;
use crate::{Secret, SecretVec, Suite, hash, random};

/// Blows `key` up to `stripes` · 32 bytes of random-looking material.
///
/// # Panics
/// If `stripes` is 0, or the operating system has no randomness.
pub fn split(suite: Suite, key: &[u8; 32], stripes: usize) -> SecretVec {
    assert!(stripes > 0, "a key is split to at least one stripe");
    let len = stripes.checked_mul(HASH_LEN).expect("the material fits in memory");
    let mut material = SecretVec::zeroed(len);
    let (most, last) = material.expose_mut().split_at_mut(len - HASH_LEN);
    random::fill(most);
    let state = absorb(suite, most);
    last.copy_from_slice(key);
    xor(last, state.expose());
    material
}

/// The key of some material. Any change to the material gives another key, which nothing here
/// can tell: the caller checks what the key opens.
///
/// `None` if the length is not a multiple of 32 above 0.
pub fn merge(suite: Suite, material: &[u8]) -> Option<Secret<32>> {
    if !material.len().is_multiple_of(HASH_LEN) {
        return None;
    }
    let (most, last) = material.split_at_checked(material.len().checked_sub(HASH_LEN)?)?;
    let mut key = absorb(suite, most);
    xor(key.expose_mut(), last);
    Some(key)
}

/// d ← H(0 ‖ (d ⊕ sᵢ)) over all stripes but the last. The diffuser hashes blocks of the length
/// of the hash, each with its big-endian index before it; a key of 32 bytes is one block.
fn absorb(suite: Suite, stripes: &[u8]) -> Secret<32> {
    let mut state = Secret::zeroed();
    for stripe in stripes.chunks_exact(HASH_LEN) {
        xor(state.expose_mut(), stripe);
        let next = hash(suite, &[&0_u32.to_be_bytes(), state.expose()]);
        *state.expose_mut() = next;
    }
    state
}

fn xor(into: &mut [u8], other: &[u8]) {
    for (a, b) in into.iter_mut().zip(other) {
        *a ^= b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    /// Computed by a separate program from the LUKS1 specification.
    #[test]
    fn agrees_with_another_implementation() {
        let material: Vec<u8> = (0..4_u32)
            .flat_map(|stripe| (0..32).map(move |i| (17 * stripe + i).to_le_bytes()[0]))
            .collect();
        let expected = [
            hex!("79e33936994f2a9200409f63d15ecec2a9d39f454e66f8508dc06e463e6def8b"),
            hex!("669a52aa7b3aaf90e3ad4df96032e6ac191ae6d6fa84631f4112fcdae415b51e"),
        ];
        for (suite, expected) in Suite::ALL.into_iter().zip(expected) {
            assert_eq!(merge(suite, &material).unwrap().expose(), &expected);
        }
    }

    #[test]
    fn every_single_bit_counts() {
        let key = random::array();
        let mut material = split(Suite::Sm4Gcm, &key, 5);
        for bit in 0..material.len() * 8 {
            material.expose_mut()[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(merge(Suite::Sm4Gcm, material.expose()).unwrap().expose(), &key);
            material.expose_mut()[bit / 8] ^= 1 << (bit % 8);
        }
        assert_eq!(merge(Suite::Sm4Gcm, material.expose()).unwrap().expose(), &key);
        assert_ne!(merge(Suite::Aes256Gcm, material.expose()).unwrap().expose(), &key);
    }

    #[test]
    fn a_split_is_fresh_each_time() {
        let key = [7; 32];
        let (one, two) = (split(Suite::Aes256Gcm, &key, 4), split(Suite::Aes256Gcm, &key, 4));
        assert!(one.expose().chunks(32).zip(two.expose().chunks(32)).all(|(a, b)| a != b));
        assert_eq!(split(Suite::Aes256Gcm, &key, 1).expose(), key);
    }

    #[test]
    fn odd_lengths_have_no_key() {
        for len in [0, 1, 31, 33, 100] {
            assert!(merge(Suite::Aes256Gcm, &vec![0; len]).is_none());
        }
    }
}
