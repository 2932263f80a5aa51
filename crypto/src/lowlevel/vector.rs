//! Vectors of bytes, and what processors do with them.
//!
//! A vector carries the token of the processor it exists on, so its operations are safe to call.
//! But for loading and storing, none of them takes or gives a value that a program could branch on
//! or use as an address: what is computed with vectors alone takes the same time whatever the bytes
//! are.
//!
//! Everything is `#[inline(always)]`, so that it is compiled with the instructions of the task
//! (see [`cpu`](super::cpu)) it is used in.

/// A vector from an instruction that needs the token, which goes with the result.
macro_rules! vector {
    ($token:expr, $instruction:expr) => {{
        let token = $token;
        // SAFETY: the token shows that the processor has the instruction, and only instructions
        // without memory operands are written this way.
        Self(unsafe { $instruction }, token)
    }};
}

mod v128;
mod v256;
mod v512;

pub(crate) use v128::V128;
pub(crate) use v256::V256;
pub(crate) use v512::V512;

use super::cpu::{Avx2Aes, Avx2Gfni, Cpu};

/// With Galois field instructions.
pub(crate) type V256Gfni = V256<Avx2Gfni>;
/// With AES instructions on halves.
pub(crate) type V256Aes = V256<Avx2Aes>;

/// The bytes of the widest vector.
pub(crate) const MAX_LEN: usize = 128;

/// Sixteen bytes as two numbers.
#[inline(always)]
fn halves(lane: &[u8; 16]) -> (i64, i64) {
    let (numbers, _) = lane.as_chunks();
    (i64::from_le_bytes(numbers[0]), i64::from_le_bytes(numbers[1]))
}

/// Bytes side by side, in lanes of sixteen.
pub(crate) trait Vector: Copy + Send + Sync + 'static {
    /// Proof that the processor has the instructions.
    type Cpu: Cpu;

    /// Lanes in a vector.
    const LANES: u8;

    /// Bytes in a vector.
    const LEN: usize = 16 * Self::LANES as usize;

    /// The token.
    fn cpu(self) -> Self::Cpu;

    /// The first [`LEN`](Self::LEN) bytes.
    ///
    /// # Panics
    /// If there are fewer.
    fn load(cpu: Self::Cpu, bytes: &[u8]) -> Self;

    /// Writes to the first [`LEN`](Self::LEN) bytes.
    ///
    /// # Panics
    /// If there are fewer.
    fn store(self, bytes: &mut [u8]);

    /// These four bytes again and again.
    fn splat(cpu: Self::Cpu, bytes: [u8; 4]) -> Self;

    /// a ⊕ b
    fn xor(self, b: Self) -> Self;

    /// a ⊕ b ⊕ c
    #[inline(always)]
    fn xor3(self, b: Self, c: Self) -> Self {
        self.xor(b).xor(c)
    }

    /// The sum of each two bytes modulo 256, and 0xFF where that overflowed, 0 elsewhere.
    fn add_bytes(self, b: Self) -> (Self, Self);

    /// a ∧ b
    fn and(self, b: Self) -> Self;

    /// In each lane the first eight bytes of a and of b in turn, and the last eight.
    fn interleave(self, b: Self) -> (Self, Self);
}

/// Sixteen vectors, four by four.
pub(crate) type Square<V> = [[V; 4]; 4];

/// Something that can be done to sixteen vectors of any kind.
pub(crate) trait Transform {
    /// Does it.
    fn apply<V: Field>(&self, x: Square<V>) -> Square<V>;
}

/// Arithmetic with bytes as elements of GF(2⁸) in the representation of AES, and as vectors over
/// GF(2) on which a [matrix](crate::kernel::matrix) acts.
pub(crate) trait Field: Vector {
    /// Bytes in sixteen vectors: what the kernels work on at a time.
    const BATCH: usize = 16 * Self::LEN;

    /// The vector that GHASH uses on such a processor.
    type Hash: Carryless;

    /// The token of that.
    fn hash_cpu(cpu: Self::Cpu) -> <Self::Hash as Vector>::Cpu;

    /// Half of this vector, or all of it if it is one that the processor knows.
    type Half: Field<Cpu = Self::Cpu, Hash = Self::Hash>;

    /// Does something to sixteen vectors.
    #[inline(always)]
    fn transform(x: Square<Self>, by: &impl Transform) -> Square<Self> {
        by.apply(x)
    }

    /// M · x ⊕ C for each byte x.
    fn affine<const M: u64, const C: i32>(self) -> Self;

    /// M · x⁻¹ ⊕ C for each byte x; the inverse of 0 is 0.
    fn affine_of_inverse<const M: u64, const C: i32>(self) -> Self;
}

/// Multiplication of polynomials over GF(2), in every lane on its own.
pub(crate) trait Carryless: Vector {
    /// The same sixteen bytes in every lane.
    fn repeat(cpu: Self::Cpu, lane: &[u8; 16]) -> Self;

    /// The product of the low halves.
    fn low_low(self, b: Self) -> Self;

    /// The product of the low half of `self` and the high half of b.
    fn low_high(self, b: Self) -> Self;

    /// The product of the high halves.
    fn high_high(self, b: Self) -> Self;

    /// The two halves of each lane exchanged.
    fn swap_halves(self) -> Self;

    /// The bytes of each lane in reverse.
    fn reverse(self) -> Self;

    /// The sum of all lanes in the first, zeros in the others.
    fn fold(self) -> Self;
}

/// The rounds of AES (FIPS 197 §5.1), in every lane.
pub(crate) trait AesRounds: Carryless + Words {
    /// A whole round.
    fn aes_round(self, key: Self) -> Self;

    /// The last round.
    fn aes_last_round(self, key: Self) -> Self;

    /// Reverses the last four bytes of each lane.
    fn reverse_last_words(self) -> Self;
}

/// Little-endian words of 32 bits, as hashes of many messages work on them.
pub(crate) trait Words: Vector {
    /// The four quarters of a block of 64 bytes for each lane, each quarter of all of them in one
    /// vector. Blocks for which there is no lane are not looked at.
    fn load_quarters(cpu: Self::Cpu, blocks: &[&[u8; 64]; 4]) -> [Self; 4];

    /// The bytes of each word in reverse.
    fn reverse_words(self) -> Self;

    /// In each lane the first two words of a and of b in turn, and the last two.
    fn interleave_words(self, b: Self) -> (Self, Self);

    /// The sums of each two words modulo 2³².
    fn add_words(self, b: Self) -> Self;

    /// x ⋘ N
    fn rotate<const N: i32>(self) -> Self;

    /// x ⊕ x ⋘ N ⊕ x ⋘ M, where M has to be N + 8: turning by whole bytes costs less.
    #[inline(always)]
    fn xor_rotated<const N: i32, const M: i32>(self) -> Self {
        const { assert!(M == N + 8) };
        self.xor(self.xor(self.rotate::<8>()).rotate::<N>())
    }

    /// The bits of a where x has ones, and of b where it has zeros.
    #[inline(always)]
    fn choose(self, a: Self, b: Self) -> Self {
        self.and(a.xor(b)).xor(b)
    }

    /// The bits that two of the three have at least.
    #[inline(always)]
    fn majority(self, b: Self, c: Self) -> Self {
        self.and(b).xor(self.xor(b).and(c))
    }
}
