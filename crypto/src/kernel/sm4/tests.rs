//! The S-box derived, and every kind of vector against the `sm4` crate.

use super::*;
use crate::kernel::Pair;
use crate::kernel::gcm::tests::{Encrypt, Stream};
use crate::kernel::matrix::from_columns;
use crate::lowlevel::cpu::Cpu;
use crate::lowlevel::vector::{V128, V256Aes, V256Gfni, V512};
use crate::random;
use ::sm4::cipher::{BlockCipherEncrypt, KeyInit};

/// The product in GF(2⁸), with the polynomial that defines the field.
fn times(polynomial: u32, a: u8, b: u8) -> u8 {
    let mut product = (0..8).filter(|i| b >> i & 1 == 1).fold(0, |p, i| p ^ u32::from(a) << i);
    for i in (8..15).rev() {
        if product >> i & 1 == 1 {
            product ^= polynomial << (i - 8);
        }
    }
    u8::try_from(product).unwrap()
}

const AES_FIELD: u32 = 0x11B;
const SM4_FIELD: u32 = 0x1F5;

fn power(x: u8, n: u32) -> u8 {
    (0..n).fold(1, |p, _| times(AES_FIELD, p, x))
}

/// A: each column is the one before, turned by one bit.
fn circulant() -> u64 {
    from_columns([0, 1, 2, 3, 4, 5, 6, 7].map(|i| 0xCB_u8.rotate_left(i)))
}

fn constant(c: i32) -> u8 {
    u8::try_from(c).unwrap()
}

/// The S-box is x ↦ A · (A · x ⊕ c)⁻¹ ⊕ c in the field of x⁸ + x⁷ + x⁶ + x⁵ + x⁴ + x² + 1,
/// where c = 0xD3: F. Liu et al., *Analysis of the SMS4 Block Cipher* (2007). A root of that polynomial in the field of AES
/// takes the one field to the other; of the eight roots, one gives the constants used here.
#[test]
fn the_affine_maps_follow_from_the_algebra() {
    let a = circulant();
    let c = 0xD3;
    let is_root = |x: &u8| {
        (0..=8).filter(|i| SM4_FIELD >> i & 1 == 1).fold(0, |sum, i| sum ^ power(*x, i)) == 0
    };
    let roots: Vec<u8> = (1..=255).filter(is_root).collect();
    assert_eq!(roots.len(), 8);
    let derived = roots.into_iter().map(|root| {
        let to_aes = from_columns([0, 1, 2, 3, 4, 5, 6, 7].map(|i| power(root, i)));
        (product(to_aes, a), apply(to_aes, c), product(a, inverse(to_aes)), c)
    });
    let ours = (PRE, constant(PRE_ADD), POST, constant(POST_ADD));
    assert_eq!(derived.filter(|derived| *derived == ours).count(), 1);
}

/// All 256 values of the S-box, by way of the one field and of the other.
#[test]
fn the_field_of_sm4_is_that_of_aes() {
    let inverse_in = |field, x: u8| (0..254).fold(1, |p, _| times(field, p, x));
    for x in 0..=255_u8 {
        let through_aes = apply(POST, inverse_in(AES_FIELD, apply(PRE, x) ^ constant(PRE_ADD)));
        let a = circulant();
        let directly = apply(a, inverse_in(SM4_FIELD, apply(a, x) ^ 0xD3));
        assert_eq!(through_aes, directly, "{x:02x}");
    }
}

fn check<V: Field>(level: &str) {
    let Some(cpu) = V::Cpu::detect() else {
        // `tests/levels.rs` names it as skipped.
        return;
    };
    let key = random::array();
    let model = ::sm4::Sm4::new(&key.into());
    let encrypted = |blocks: &[u8]| {
        let (blocks, _) = blocks.as_chunks::<16>();
        let each = |block: &[u8; 16]| {
            let mut block = *block;
            model.encrypt_block((&mut block).into());
            block
        };
        blocks.iter().map(each).collect::<Vec<_>>().concat()
    };
    for len in (MAX_LEN..=3 * V::BATCH).step_by(MAX_LEN) {
        let mut blocks = vec![0; len];
        random::fill(&mut blocks);
        let expected = encrypted(&blocks);
        cpu.run(Encrypt::<Sm4<V>> { cpu, key: &key, blocks: &mut blocks });
        assert!(blocks == expected, "{level}: {len} bytes");
    }
    let nonce: [u8; 12] = random::array();
    let near = [2, 0xFFFF_FFFF_u32, 0xFFFF_FF00, 0x00FF_FFF0, 0xFF7F, 255, 256, 0x1234_56FE];
    for first in near.into_iter().chain((0..300).map(|i| 0u32.wrapping_sub(i))) {
        let stream = cpu.run(Stream::<Sm4<V>> { cpu, key: &key, nonce: &nonce, first });
        let counters: Vec<u8> = (0_u32..)
            .take(stream.len() / 16)
            .flat_map(|i| [&nonce[..], &first.wrapping_add(i).to_be_bytes()].concat())
            .collect();
        assert!(stream == encrypted(&counters), "{level}: from counter {first:x}");
    }
}

#[test]
fn every_level_encrypts_as_the_portable_model() {
    check::<V128>("ssse3-aes");
    check::<V256Aes>("avx2-aes");
    check::<V256Gfni>("avx2-gfni");
    check::<Pair<V256Gfni>>("avx2-gfni in pairs");
    check::<V512>("avx512");
    check::<Pair<V512>>("avx512 in pairs");
}
