//! 128-bit vectors: SSSE3 with AES-NI and PCLMULQDQ.

use std::arch::x86_64::*;

use super::{Carryless, Field, Vector, Words};
use crate::kernel::matrix::Nibbles;
use crate::lowlevel::cpu::SsseAes;

/// 16 bytes in one lane.
#[derive(Clone, Copy)]
pub(crate) struct V128(__m128i, SsseAes);

impl V128 {
    /// Byte i of the result is byte `from[i]`, or for numbers above 127 zero.
    #[inline(always)]
    fn shuffle(self, from: Self) -> Self {
        vector!(self.1, _mm_shuffle_epi8(self.0, from.0))
    }

    /// Looks up both halves of each byte in tables that are registers.
    #[inline(always)]
    fn look_up(self, tables: &Nibbles) -> Self {
        let mask = Self::splat(self.1, [0x0F; 4]);
        let high = vector!(self.1, _mm_srli_epi16::<4>(self.0)).and(mask);
        let low_table = Self::load(self.1, &tables.low);
        let high_table = Self::load(self.1, &tables.high);
        low_table.shuffle(self.and(mask)).xor(high_table.shuffle(high))
    }
}

impl Vector for V128 {
    type Cpu = SsseAes;
    const LANES: u8 = 1;

    #[inline(always)]
    fn cpu(self) -> SsseAes {
        self.1
    }

    #[inline(always)]
    fn load(cpu: SsseAes, bytes: &[u8]) -> Self {
        let bytes = &bytes[..Self::LEN];
        // SAFETY: there are 16 bytes to read, alignment is not asked for; the token shows that
        // the processor has the instruction.
        Self(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }, cpu)
    }

    #[inline(always)]
    fn store(self, bytes: &mut [u8]) {
        let bytes = &mut bytes[..Self::LEN];
        // SAFETY: there are 16 bytes to write, alignment is not asked for; `self` has a token.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn splat(cpu: SsseAes, bytes: [u8; 4]) -> Self {
        vector!(cpu, _mm_set1_epi32(i32::from_le_bytes(bytes)))
    }

    #[inline(always)]
    fn xor(self, b: Self) -> Self {
        vector!(self.1, _mm_xor_si128(self.0, b.0))
    }

    #[inline(always)]
    fn add_bytes(self, b: Self) -> (Self, Self) {
        let sum = vector!(self.1, _mm_add_epi8(self.0, b.0));
        // b > sum, without signs: the larger of the two is not the sum.
        let fits = vector!(self.1, _mm_cmpeq_epi8(_mm_max_epu8(sum.0, b.0), sum.0));
        (sum, fits.xor(Self::splat(self.1, [0xFF; 4])))
    }

    #[inline(always)]
    fn and(self, b: Self) -> Self {
        vector!(self.1, _mm_and_si128(self.0, b.0))
    }

    #[inline(always)]
    fn interleave(self, b: Self) -> (Self, Self) {
        let low = vector!(self.1, _mm_unpacklo_epi8(self.0, b.0));
        let high = vector!(self.1, _mm_unpackhi_epi8(self.0, b.0));
        (low, high)
    }
}

impl Field for V128 {
    type Half = Self;
    type Hash = V128;

    #[inline(always)]
    fn hash_cpu(cpu: SsseAes) -> SsseAes {
        cpu
    }

    #[inline(always)]
    fn affine<const M: u64, const C: i32>(self) -> Self {
        self.look_up(const { &Nibbles::of(M, C) })
    }

    #[inline(always)]
    fn affine_of_inverse<const M: u64, const C: i32>(self) -> Self {
        let zero = Self::splat(self.1, [0; 4]);
        let box_ = vector!(self.1, _mm_aesenclast_si128(self.0, zero.0));
        let unshift = Self::load(self.1, &UNSHIFT_ROWS);
        box_.shuffle(unshift).look_up(const { &Nibbles::after_aes_box(M, C) })
    }
}

impl Carryless for V128 {
    #[inline(always)]
    fn repeat(cpu: SsseAes, lane: &[u8; 16]) -> Self {
        Self::load(cpu, lane)
    }

    #[inline(always)]
    fn low_low(self, b: Self) -> Self {
        vector!(self.1, _mm_clmulepi64_si128::<0x00>(self.0, b.0))
    }

    #[inline(always)]
    fn low_high(self, b: Self) -> Self {
        vector!(self.1, _mm_clmulepi64_si128::<0x10>(self.0, b.0))
    }

    #[inline(always)]
    fn high_high(self, b: Self) -> Self {
        vector!(self.1, _mm_clmulepi64_si128::<0x11>(self.0, b.0))
    }

    #[inline(always)]
    fn swap_halves(self) -> Self {
        vector!(self.1, _mm_shuffle_epi32::<0x4E>(self.0))
    }

    #[inline(always)]
    fn reverse(self) -> Self {
        const REVERSED: [u8; 16] = [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
        self.shuffle(Self::load(self.1, &REVERSED))
    }

    #[inline(always)]
    fn fold(self) -> Self {
        self
    }
}

impl Words for V128 {
    #[inline(always)]
    fn load_quarters(cpu: SsseAes, [block, ..]: &[&[u8; 64]; 4]) -> [Self; 4] {
        let (quarters, _) = block.as_chunks::<16>();
        [
            Self::load(cpu, &quarters[0]),
            Self::load(cpu, &quarters[1]),
            Self::load(cpu, &quarters[2]),
            Self::load(cpu, &quarters[3]),
        ]
    }

    #[inline(always)]
    fn reverse_words(self) -> Self {
        const REVERSED: [u8; 16] = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];
        self.shuffle(Self::load(self.1, &REVERSED))
    }

    #[inline(always)]
    fn interleave_words(self, b: Self) -> (Self, Self) {
        let low = vector!(self.1, _mm_unpacklo_epi32(self.0, b.0));
        let high = vector!(self.1, _mm_unpackhi_epi32(self.0, b.0));
        (low, high)
    }

    #[inline(always)]
    fn add_words(self, b: Self) -> Self {
        vector!(self.1, _mm_add_epi32(self.0, b.0))
    }

    #[inline(always)]
    fn rotate<const N: i32>(self) -> Self {
        const TURNED: [u8; 16] = [3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14];
        if N == 8 {
            return self.shuffle(Self::load(self.1, &TURNED));
        }
        let left = vector!(self.1, _mm_sll_epi32(self.0, _mm_cvtsi32_si128(N)));
        let right = vector!(self.1, _mm_srl_epi32(self.0, _mm_cvtsi32_si128(32 - N)));
        left.xor(right)
    }
}

/// Where ShiftRows (FIPS 197 §5.1.2) puts the byte that was here.
pub(super) const UNSHIFT_ROWS: [u8; 16] = [0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3];
