//! 256-bit vectors: AVX2, with GFNI and VPCLMULQDQ, or with AES-NI and PCLMULQDQ on half of them.

use std::arch::x86_64::*;

use super::v128::{UNSHIFT_ROWS, V128};
use super::{Carryless, Field, Vector, Words, halves};
use crate::kernel::matrix::Nibbles;
use crate::lowlevel::cpu::{Avx2, Avx2Aes, Avx2Gfni, SsseAes};

/// 32 bytes in two lanes.
#[derive(Clone, Copy)]
pub(crate) struct V256<C>(__m256i, C);

impl<C: Avx2> V256<C> {
    /// A shuffle of the bytes within each lane.
    #[inline(always)]
    fn shuffle(self, from: &[u8; 16]) -> Self {
        let from = Self::both(self.1, from);
        vector!(self.1, _mm256_shuffle_epi8(self.0, from.0))
    }

    /// The same sixteen bytes in both lanes.
    #[inline(always)]
    fn both(cpu: C, lane: &[u8; 16]) -> Self {
        let (low, high) = halves(lane);
        vector!(cpu, _mm256_broadcastsi128_si256(_mm_set_epi64x(high, low)))
    }

    /// One lane and the other.
    #[inline(always)]
    fn two(cpu: C, low: &[u8; 16], high: &[u8; 16]) -> Self {
        let ((a, b), (c, d)) = (halves(low), halves(high));
        vector!(cpu, _mm256_set_epi64x(d, c, b, a))
    }
}

impl<C: Avx2> Vector for V256<C> {
    type Cpu = C;
    const LANES: u8 = 2;

    #[inline(always)]
    fn cpu(self) -> C {
        self.1
    }

    #[inline(always)]
    fn load(cpu: C, bytes: &[u8]) -> Self {
        let bytes = &bytes[..Self::LEN];
        // SAFETY: there are 32 bytes to read, alignment is not asked for; the token shows that
        // the processor has the instruction.
        Self(unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }, cpu)
    }

    #[inline(always)]
    fn store(self, bytes: &mut [u8]) {
        let bytes = &mut bytes[..Self::LEN];
        // SAFETY: there are 32 bytes to write, alignment is not asked for; `self` has a token.
        unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn splat(cpu: C, bytes: [u8; 4]) -> Self {
        vector!(cpu, _mm256_set1_epi32(i32::from_le_bytes(bytes)))
    }

    #[inline(always)]
    fn xor(self, b: Self) -> Self {
        vector!(self.1, _mm256_xor_si256(self.0, b.0))
    }

    #[inline(always)]
    fn add_bytes(self, b: Self) -> (Self, Self) {
        let sum = vector!(self.1, _mm256_add_epi8(self.0, b.0));
        // b > sum, without signs: the larger of the two is not the sum.
        let fits = vector!(self.1, _mm256_cmpeq_epi8(_mm256_max_epu8(sum.0, b.0), sum.0));
        (sum, fits.xor(Self::splat(self.1, [0xFF; 4])))
    }

    #[inline(always)]
    fn and(self, b: Self) -> Self {
        vector!(self.1, _mm256_and_si256(self.0, b.0))
    }

    #[inline(always)]
    fn interleave(self, b: Self) -> (Self, Self) {
        let low = vector!(self.1, _mm256_unpacklo_epi8(self.0, b.0));
        let high = vector!(self.1, _mm256_unpackhi_epi8(self.0, b.0));
        (low, high)
    }
}

impl Field for V256<Avx2Gfni> {
    type Half = Self;
    type Hash = V256<Avx2Gfni>;

    #[inline(always)]
    fn hash_cpu(cpu: Avx2Gfni) -> Avx2Gfni {
        cpu
    }

    #[inline(always)]
    fn affine<const M: u64, const C: i32>(self) -> Self {
        let m = M.cast_signed();
        vector!(self.1, _mm256_gf2p8affine_epi64_epi8::<C>(self.0, _mm256_set1_epi64x(m)))
    }

    #[inline(always)]
    fn affine_of_inverse<const M: u64, const C: i32>(self) -> Self {
        let m = M.cast_signed();
        vector!(self.1, _mm256_gf2p8affineinv_epi64_epi8::<C>(self.0, _mm256_set1_epi64x(m)))
    }
}

impl Carryless for V256<Avx2Gfni> {
    #[inline(always)]
    fn repeat(cpu: Avx2Gfni, lane: &[u8; 16]) -> Self {
        Self::both(cpu, lane)
    }

    #[inline(always)]
    fn low_low(self, b: Self) -> Self {
        vector!(self.1, _mm256_clmulepi64_epi128::<0x00>(self.0, b.0))
    }

    #[inline(always)]
    fn low_high(self, b: Self) -> Self {
        vector!(self.1, _mm256_clmulepi64_epi128::<0x10>(self.0, b.0))
    }

    #[inline(always)]
    fn high_high(self, b: Self) -> Self {
        vector!(self.1, _mm256_clmulepi64_epi128::<0x11>(self.0, b.0))
    }

    #[inline(always)]
    fn swap_halves(self) -> Self {
        vector!(self.1, _mm256_shuffle_epi32::<0x4E>(self.0))
    }

    #[inline(always)]
    fn reverse(self) -> Self {
        self.shuffle(&[15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    }

    #[inline(always)]
    fn fold(self) -> Self {
        let high = vector!(self.1, _mm256_permute2x128_si256::<0x81>(self.0, self.0));
        let sum = self.xor(high);
        vector!(self.1, _mm256_zextsi128_si256(_mm256_castsi256_si128(sum.0)))
    }
}

impl V256<Avx2Aes> {
    /// Looks up both halves of each byte in tables that are registers.
    #[inline(always)]
    fn look_up(self, tables: &Nibbles) -> Self {
        let mask = Self::splat(self.1, [0x0F; 4]);
        let low = self.and(mask);
        let high = vector!(self.1, _mm256_srli_epi16::<4>(self.0)).and(mask);
        let low_table = Self::both(self.1, &tables.low);
        let high_table = Self::both(self.1, &tables.high);
        let low = vector!(self.1, _mm256_shuffle_epi8(low_table.0, low.0));
        let high = vector!(self.1, _mm256_shuffle_epi8(high_table.0, high.0));
        low.xor(high)
    }
}

impl Field for V256<Avx2Aes> {
    type Half = Self;
    type Hash = V128;

    #[inline(always)]
    fn hash_cpu(cpu: Avx2Aes) -> SsseAes {
        cpu.into()
    }

    #[inline(always)]
    fn affine<const M: u64, const C: i32>(self) -> Self {
        self.look_up(const { &Nibbles::of(M, C) })
    }

    #[inline(always)]
    fn affine_of_inverse<const M: u64, const C: i32>(self) -> Self {
        let boxed = vector!(self.1, {
            let zero = _mm_setzero_si128();
            let low = _mm_aesenclast_si128(_mm256_castsi256_si128(self.0), zero);
            let high = _mm_aesenclast_si128(_mm256_extracti128_si256::<1>(self.0), zero);
            _mm256_set_m128i(high, low)
        });
        boxed.shuffle(&UNSHIFT_ROWS).look_up(const { &Nibbles::after_aes_box(M, C) })
    }
}

impl<C: Avx2> Words for V256<C> {
    #[inline(always)]
    fn load_quarters(cpu: C, [low, high, ..]: &[&[u8; 64]; 4]) -> [Self; 4] {
        let ((low, _), (high, _)) = (low.as_chunks::<16>(), high.as_chunks::<16>());
        [
            Self::two(cpu, &low[0], &high[0]),
            Self::two(cpu, &low[1], &high[1]),
            Self::two(cpu, &low[2], &high[2]),
            Self::two(cpu, &low[3], &high[3]),
        ]
    }

    #[inline(always)]
    fn reverse_words(self) -> Self {
        self.shuffle(&[3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12])
    }

    #[inline(always)]
    fn interleave_words(self, b: Self) -> (Self, Self) {
        let low = vector!(self.1, _mm256_unpacklo_epi32(self.0, b.0));
        let high = vector!(self.1, _mm256_unpackhi_epi32(self.0, b.0));
        (low, high)
    }

    #[inline(always)]
    fn add_words(self, b: Self) -> Self {
        vector!(self.1, _mm256_add_epi32(self.0, b.0))
    }

    #[inline(always)]
    fn rotate<const N: i32>(self) -> Self {
        if N == 8 {
            return self.shuffle(&[3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14]);
        }
        let left = vector!(self.1, _mm256_sll_epi32(self.0, _mm_cvtsi32_si128(N)));
        let right = vector!(self.1, _mm256_srl_epi32(self.0, _mm_cvtsi32_si128(32 - N)));
        left.xor(right)
    }
}
