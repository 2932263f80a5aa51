//! 512-bit vectors: AVX-512 with GFNI, VAES and VPCLMULQDQ.

use std::arch::x86_64::*;

use super::{AesRounds, Carryless, Field, Vector, Words, halves};
use crate::lowlevel::cpu::Avx512;

/// 64 bytes in four lanes.
#[derive(Clone, Copy)]
pub(crate) struct V512(__m512i, Avx512);

impl V512 {
    /// A shuffle of the bytes within each lane.
    #[inline(always)]
    fn shuffle(self, from: [u8; 16]) -> Self {
        let from = Self::repeat(self.1, &from);
        vector!(self.1, _mm512_shuffle_epi8(self.0, from.0))
    }
}

impl Vector for V512 {
    type Cpu = Avx512;
    const LANES: u8 = 4;

    #[inline(always)]
    fn cpu(self) -> Avx512 {
        self.1
    }

    #[inline(always)]
    fn load(cpu: Avx512, bytes: &[u8]) -> Self {
        let bytes = &bytes[..Self::LEN];
        // SAFETY: there are 64 bytes to read, alignment is not asked for; the token shows that
        // the processor has the instruction.
        Self(unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }, cpu)
    }

    #[inline(always)]
    fn store(self, bytes: &mut [u8]) {
        let bytes = &mut bytes[..Self::LEN];
        // SAFETY: there are 64 bytes to write, alignment is not asked for; `self` has a token.
        unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn splat(cpu: Avx512, bytes: [u8; 4]) -> Self {
        vector!(cpu, _mm512_set1_epi32(i32::from_le_bytes(bytes)))
    }

    #[inline(always)]
    fn xor(self, b: Self) -> Self {
        vector!(self.1, _mm512_xor_si512(self.0, b.0))
    }

    #[inline(always)]
    fn xor3(self, b: Self, c: Self) -> Self {
        const XOR: i32 = 0x96;
        vector!(self.1, _mm512_ternarylogic_epi32::<XOR>(self.0, b.0, c.0))
    }

    #[inline(always)]
    fn add_bytes(self, b: Self) -> (Self, Self) {
        let sum = vector!(self.1, _mm512_add_epi8(self.0, b.0));
        let carry = vector!(self.1, _mm512_movm_epi8(_mm512_cmplt_epu8_mask(sum.0, b.0)));
        (sum, carry)
    }

    #[inline(always)]
    fn and(self, b: Self) -> Self {
        vector!(self.1, _mm512_and_si512(self.0, b.0))
    }

    #[inline(always)]
    fn interleave(self, b: Self) -> (Self, Self) {
        let low = vector!(self.1, _mm512_unpacklo_epi8(self.0, b.0));
        let high = vector!(self.1, _mm512_unpackhi_epi8(self.0, b.0));
        (low, high)
    }
}

impl Field for V512 {
    type Half = Self;
    type Hash = V512;

    #[inline(always)]
    fn hash_cpu(cpu: Avx512) -> Avx512 {
        cpu
    }

    #[inline(always)]
    fn affine<const M: u64, const C: i32>(self) -> Self {
        let m = M.cast_signed();
        vector!(self.1, _mm512_gf2p8affine_epi64_epi8::<C>(self.0, _mm512_set1_epi64(m)))
    }

    #[inline(always)]
    fn affine_of_inverse<const M: u64, const C: i32>(self) -> Self {
        let m = M.cast_signed();
        vector!(self.1, _mm512_gf2p8affineinv_epi64_epi8::<C>(self.0, _mm512_set1_epi64(m)))
    }
}

impl Carryless for V512 {
    #[inline(always)]
    fn repeat(cpu: Avx512, lane: &[u8; 16]) -> Self {
        let (low, high) = halves(lane);
        vector!(cpu, _mm512_broadcast_i32x4(_mm_set_epi64x(high, low)))
    }

    #[inline(always)]
    fn low_low(self, b: Self) -> Self {
        vector!(self.1, _mm512_clmulepi64_epi128::<0x00>(self.0, b.0))
    }

    #[inline(always)]
    fn low_high(self, b: Self) -> Self {
        vector!(self.1, _mm512_clmulepi64_epi128::<0x10>(self.0, b.0))
    }

    #[inline(always)]
    fn high_high(self, b: Self) -> Self {
        vector!(self.1, _mm512_clmulepi64_epi128::<0x11>(self.0, b.0))
    }

    #[inline(always)]
    fn swap_halves(self) -> Self {
        vector!(self.1, _mm512_shuffle_epi32::<0x4E>(self.0))
    }

    #[inline(always)]
    fn reverse(self) -> Self {
        self.shuffle([15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    }

    #[inline(always)]
    fn fold(self) -> Self {
        let half = vector!(self.1, _mm512_shuffle_i64x2::<0b01_00_11_10>(self.0, self.0));
        let x = self.xor(half);
        let quarter = vector!(self.1, _mm512_shuffle_i64x2::<0b10_11_00_01>(x.0, x.0));
        let x = x.xor(quarter);
        vector!(self.1, _mm512_zextsi128_si512(_mm512_castsi512_si128(x.0)))
    }
}

impl AesRounds for V512 {
    #[inline(always)]
    fn aes_round(self, key: Self) -> Self {
        vector!(self.1, _mm512_aesenc_epi128(self.0, key.0))
    }

    #[inline(always)]
    fn aes_last_round(self, key: Self) -> Self {
        vector!(self.1, _mm512_aesenclast_epi128(self.0, key.0))
    }

    #[inline(always)]
    fn reverse_last_words(self) -> Self {
        self.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 14, 13, 12])
    }
}

impl Words for V512 {
    /// Exchanges rows and columns of 4 × 4 lanes.
    #[inline(always)]
    fn load_quarters(cpu: Avx512, [a, b, c, d]: &[&[u8; 64]; 4]) -> [Self; 4] {
        const LOW: i32 = 0b01_00_01_00;
        const HIGH: i32 = 0b11_10_11_10;
        const EVEN: i32 = 0b10_00_10_00;
        const ODD: i32 = 0b11_01_11_01;
        let (a, b) = (Self::load(cpu, &a[..]), Self::load(cpu, &b[..]));
        let (c, d) = (Self::load(cpu, &c[..]), Self::load(cpu, &d[..]));
        let low_ab = vector!(cpu, _mm512_shuffle_i32x4::<LOW>(a.0, b.0));
        let high_ab = vector!(cpu, _mm512_shuffle_i32x4::<HIGH>(a.0, b.0));
        let low_cd = vector!(cpu, _mm512_shuffle_i32x4::<LOW>(c.0, d.0));
        let high_cd = vector!(cpu, _mm512_shuffle_i32x4::<HIGH>(c.0, d.0));
        [
            vector!(cpu, _mm512_shuffle_i32x4::<EVEN>(low_ab.0, low_cd.0)),
            vector!(cpu, _mm512_shuffle_i32x4::<ODD>(low_ab.0, low_cd.0)),
            vector!(cpu, _mm512_shuffle_i32x4::<EVEN>(high_ab.0, high_cd.0)),
            vector!(cpu, _mm512_shuffle_i32x4::<ODD>(high_ab.0, high_cd.0)),
        ]
    }

    #[inline(always)]
    fn reverse_words(self) -> Self {
        self.shuffle([3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12])
    }

    #[inline(always)]
    fn interleave_words(self, b: Self) -> (Self, Self) {
        let low = vector!(self.1, _mm512_unpacklo_epi32(self.0, b.0));
        let high = vector!(self.1, _mm512_unpackhi_epi32(self.0, b.0));
        (low, high)
    }

    #[inline(always)]
    fn add_words(self, b: Self) -> Self {
        vector!(self.1, _mm512_add_epi32(self.0, b.0))
    }

    #[inline(always)]
    fn rotate<const N: i32>(self) -> Self {
        vector!(self.1, _mm512_rol_epi32::<N>(self.0))
    }

    #[inline(always)]
    fn xor_rotated<const N: i32, const M: i32>(self) -> Self {
        const { assert!(M == N + 8) };
        self.xor3(self.rotate::<N>(), self.rotate::<M>())
    }

    #[inline(always)]
    fn choose(self, a: Self, b: Self) -> Self {
        const CHOOSE: i32 = 0xCA;
        vector!(self.1, _mm512_ternarylogic_epi32::<CHOOSE>(self.0, a.0, b.0))
    }

    #[inline(always)]
    fn majority(self, b: Self, c: Self) -> Self {
        const MAJORITY: i32 = 0xE8;
        vector!(self.1, _mm512_ternarylogic_epi32::<MAJORITY>(self.0, b.0, c.0))
    }
}
