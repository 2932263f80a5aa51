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
