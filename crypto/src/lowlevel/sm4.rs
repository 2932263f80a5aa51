//! SM4 (GB/T 32907-2016), sixteen blocks at a time, with AVX2 and GFNI instructions.
//!
//! The S-box is computed, not looked up, so unlike table-based software its timing does not
//! depend on the key or the data. SM4's S-box and that of AES are both an inversion in GF(2⁸)
//! between affine maps, in different representations of the field; `GF2P8AFFINEINVQB` inverts in
//! that of AES, and the maps below go there and back. They were derived from the algebraic form
//! of the S-box, A·(A·x + c)⁻¹ + c with c = 0xD3; the test compares all 256 values with the
//! tables of the `sm4` crate, through whole blocks.

use std::arch::x86_64::*;

use zeroize::Zeroize;

/// Proof that this processor has the instructions. Only [`Token::detect`] makes one.
#[derive(Clone, Copy)]
pub(crate) struct Token(());

impl Token {
    /// The token, on a processor with AVX2 and GFNI.
    pub(crate) fn detect() -> Option<Token> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("gfni")).then_some(Token(()))
    }
}

/// The round keys of one key. The token in it vouches for the instructions.
pub(crate) struct RoundKeys {
    keys: [u32; ROUNDS],
    _cpu: Token,
}

impl RoundKeys {
    /// GB/T 32907-2016 §7.3, key expansion.
    pub(crate) fn new(cpu: Token, key: &[u8; 16]) -> Self {
        let mut keys = [0; ROUNDS];
        // SAFETY: the token shows that the processor has AVX2 and GFNI.
        unsafe { expand(key, &mut keys) };
        Self { keys, _cpu: cpu }
    }

    /// Encrypts sixteen blocks, each on its own.
    pub(crate) fn encrypt(&self, blocks: &mut [[u8; 16]; WIDTH]) {
        // SAFETY: the token in `self` shows that the processor has AVX2 and GFNI.
        unsafe { encrypt(&self.keys, blocks) }
    }
}

impl Drop for RoundKeys {
    fn drop(&mut self) {
        self.keys.zeroize();
    }
}

/// Blocks that are encrypted together.
pub(crate) const WIDTH: usize = 16;
const ROUNDS: usize = 32;

/// System parameter FK, §7.3 a).
const FK: [u32; 4] = [0xA3B1_BAC6, 0x56AA_3350, 0x677D_9197, 0xB270_22DC];

// The S-box as POST · inverse(PRE · x + PRE_ADD) + POST_ADD, inverse as in AES.
const PRE: i64 = 0x4C28_7DB9_1A22_505D;
const PRE_ADD: i32 = 0x3E;
const POST: i64 = 0xF3AB_34A9_74A6_B589_u64.cast_signed();
const POST_ADD: i32 = 0xD3;

/// The constant key CK of a round, §7.3 b): its bytes are (4i + j) · 7 mod 256.
fn ck(round: usize) -> u32 {
    u32::from_be_bytes(std::array::from_fn(|j| ((4 * round + j) * 7).to_le_bytes()[0]))
}

#[target_feature(enable = "avx2,gfni")]
fn expand(key: &[u8; 16], keys: &mut [u32; ROUNDS]) {
    let mut k: [u32; 4] = std::array::from_fn(|i| {
        u32::from_be_bytes([key[4 * i], key[4 * i + 1], key[4 * i + 2], key[4 * i + 3]]) ^ FK[i]
    });
    for (round, out) in keys.iter_mut().enumerate() {
        let b = tau_word(k[1] ^ k[2] ^ k[3] ^ ck(round));
        let next = k[0] ^ b ^ b.rotate_left(13) ^ b.rotate_left(23);
        k = [k[1], k[2], k[3], next];
        *out = next;
    }
    k.zeroize();
}

/// τ of one word.
#[target_feature(enable = "avx2,gfni")]
fn tau_word(word: u32) -> u32 {
    let word = _mm256_castsi256_si128(tau(_mm256_set1_epi32(word.cast_signed())));
    _mm_cvtsi128_si32(word).cast_unsigned()
}

/// τ, §6.2 a): the S-box on each byte.
#[inline]
#[target_feature(enable = "avx2,gfni")]
fn tau(x: __m256i) -> __m256i {
    let x = _mm256_gf2p8affine_epi64_epi8::<PRE_ADD>(x, _mm256_set1_epi64x(PRE));
    _mm256_gf2p8affineinv_epi64_epi8::<POST_ADD>(x, _mm256_set1_epi64x(POST))
}

/// T, §6.2: L(τ(x)), where L(b) = b ⊕ b⋘2 ⊕ b⋘10 ⊕ b⋘18 ⊕ b⋘24, on each word. The three in the
/// middle are (b ⊕ b⋘8 ⊕ b⋘16) ⋘ 2, and turning by whole bytes is a shuffle.
#[inline]
#[target_feature(enable = "avx2,gfni")]
fn t(x: __m256i) -> __m256i {
    let b = tau(x);
    let b8 = _mm256_shuffle_epi8(b, each_word([3, 0, 1, 2]));
    let b16 = _mm256_shuffle_epi8(b, each_word([2, 3, 0, 1]));
    let b24 = _mm256_shuffle_epi8(b, each_word([1, 2, 3, 0]));
    let middle = _mm256_xor_si256(b, _mm256_xor_si256(b8, b16));
    let middle = _mm256_or_si256(_mm256_slli_epi32::<2>(middle), _mm256_srli_epi32::<30>(middle));
    _mm256_xor_si256(_mm256_xor_si256(b, b24), middle)
}

/// The shuffle that does the same to every word: byte i of the result is byte `from[i]`.
#[inline]
#[target_feature(enable = "avx2")]
fn each_word(from: [u8; 4]) -> __m256i {
    let word = |i: u8| i32::from_le_bytes(from.map(|byte| byte + 4 * i));
    _mm256_broadcastsi128_si256(_mm_setr_epi32(word(0), word(1), word(2), word(3)))
}

/// §6.1 and §7.1. The words of eight blocks lie in four registers, word i of each in register i;
/// two such groups go side by side, so that one computes while the other waits.
#[target_feature(enable = "avx2,gfni")]
fn encrypt(keys: &[u32; ROUNDS], blocks: &mut [[u8; 16]; WIDTH]) {
    let (low, high) = blocks.split_at_mut(WIDTH / 2);
    let (mut a, mut b) = (load(low), load(high));
    for four in keys.chunks_exact(4) {
        for (i, key) in four.iter().enumerate() {
            let key = _mm256_set1_epi32(key.cast_signed());
            round(&mut a, i, key);
            round(&mut b, i, key);
        }
    }
    // §7.1 b): the output is the last four words in reverse.
    a.reverse();
    b.reverse();
    store(a, low);
    store(b, high);
}

/// xᵢ ← xᵢ ⊕ T(xᵢ₊₁ ⊕ xᵢ₊₂ ⊕ xᵢ₊₃ ⊕ rk), indices modulo 4.
#[inline]
#[target_feature(enable = "avx2,gfni")]
fn round(x: &mut [__m256i; 4], i: usize, key: __m256i) {
    let others = _mm256_xor_si256(x[(i + 1) % 4], x[(i + 2) % 4]);
    let input = _mm256_xor_si256(others, _mm256_xor_si256(x[(i + 3) % 4], key));
    x[i] = _mm256_xor_si256(x[i], t(input));
}

/// Words are big-endian in a block, little-endian in a register.
#[inline]
#[target_feature(enable = "avx2")]
fn swap_bytes(x: __m256i) -> __m256i {
    _mm256_shuffle_epi8(x, each_word([3, 2, 1, 0]))
}

/// Eight blocks as four registers of words.
#[inline]
#[target_feature(enable = "avx2")]
fn load(blocks: &[[u8; 16]]) -> [__m256i; 4] {
    let rows = std::array::from_fn(|i| {
        // SAFETY: each block has the 16 bytes that are read; the load needs no alignment.
        let [low, high] =
            [&blocks[i], &blocks[i + 4]].map(|b| unsafe { _mm_loadu_si128(b.as_ptr().cast()) });
        swap_bytes(_mm256_set_m128i(high, low))
    });
    transpose(rows)
}

/// The inverse of [`load`].
#[inline]
#[target_feature(enable = "avx2")]
fn store(words: [__m256i; 4], blocks: &mut [[u8; 16]]) {
    for (i, row) in transpose(words).into_iter().enumerate() {
        let row = swap_bytes(row);
        // SAFETY: each block has the 16 bytes that are written; the store needs no alignment.
        unsafe {
            _mm_storeu_si128(blocks[i].as_mut_ptr().cast(), _mm256_castsi256_si128(row));
            _mm_storeu_si128(blocks[i + 4].as_mut_ptr().cast(), _mm256_extracti128_si256::<1>(row));
        }
    }
}

/// Transposes the 4 × 4 words in each half; its own inverse.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let ab_low = _mm256_unpacklo_epi32(a, b);
    let ab_high = _mm256_unpackhi_epi32(a, b);
    let cd_low = _mm256_unpacklo_epi32(c, d);
    let cd_high = _mm256_unpackhi_epi32(c, d);
    [
        _mm256_unpacklo_epi64(ab_low, cd_low),
        _mm256_unpackhi_epi64(ab_low, cd_low),
        _mm256_unpacklo_epi64(ab_high, cd_high),
        _mm256_unpackhi_epi64(ab_high, cd_high),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::sm4::cipher::{BlockCipherEncrypt, KeyInit};

    /// The portable `sm4` crate is the reference. Blocks of equal bytes put every value through
    /// the S-box in the first round; random keys and blocks do the rest.
    #[test]
    fn agrees_with_the_portable_model() {
        let Some(cpu) = Token::detect() else { return };
        for round in 0..=255_u8 {
            let key: [u8; 16] = if round == 0 { [0; 16] } else { crate::random::array() };
            let mut blocks: [[u8; 16]; WIDTH] = std::array::from_fn(|_| crate::random::array());
            blocks[usize::from(round) % WIDTH] = [round; 16];
            let model = ::sm4::Sm4::new(&key.into());
            let expected = blocks.map(|mut block| {
                model.encrypt_block((&mut block).into());
                block
            });
            RoundKeys::new(cpu, &key).encrypt(&mut blocks);
            assert_eq!(blocks, expected);
        }
    }
}
