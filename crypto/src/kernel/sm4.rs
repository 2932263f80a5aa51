//! SM4 (GB/T 32907-2016), sixteen blocks for each lane of a vector at a time.
//!
//! The bytes of the blocks are sorted by their place: one vector holds byte 0 of all blocks, the
//! next one byte 1, and so on. To turn a word by whole bytes, as the linear map L does three
//! times out of four, is then only a matter of which vector is meant.
//!
//! The S-box is computed, so its timing depends on nothing. It is an inversion in GF(2⁸) between
//! two affine maps; processors invert in the field that AES uses, which is another representation
//! of the same one. So S(x) = POST · (PRE · x ⊕ c)⁻¹ ⊕ d. To save the first of the two maps, the
//! whole state is kept multiplied by PRE, which has no effect on the exclusive ors around it, and
//! the second one is merged with what L does within bytes.

use super::gcm::{Alongside, BlockCipher, FILLER, STEPS};
use super::matrix::{IDENTITY, ROTATE_2, SHIFT_2, apply, inverse, product};
use crate::lowlevel::LockedBytes;
use crate::lowlevel::vector::{Field, MAX_LEN, Square, Transform, Vector};

/// The round keys of one key.
pub(crate) struct Sm4<V: Field> {
    cpu: V::Cpu,
    /// For each round four bytes, multiplied by PRE and with its constant, four times each.
    keys: LockedBytes,
}

impl<V: Field> BlockCipher for Sm4<V> {
    type Vector = V;
    type Key = [u8; 16];
    type Counter = Counter<V>;

    /// §7.3: key expansion.
    #[inline(always)]
    fn new(cpu: V::Cpu, key: &[u8; 16]) -> Self {
        let mut keys = LockedBytes::zeroed(KEYS_LEN);
        let (words, _) = key.as_chunks();
        let mut k = [0; 4];
        for i in 0..4 {
            k[i] = u32::from_be_bytes(words[i]) ^ FK[i];
        }
        for (round, out) in keys.as_mut_slice().chunks_exact_mut(16).enumerate() {
            let sum = k[1] ^ k[2] ^ k[3] ^ ck(round);
            let sum = V::splat(cpu, sum.to_be_bytes()).affine::<PRE, PRE_ADD>();
            let b = first_word(sum.affine_of_inverse::<POST, POST_ADD>());
            let next = k[0] ^ b ^ b.rotate_left(13) ^ b.rotate_left(23);
            k = [k[1], k[2], k[3], next];
            let entered = V::splat(cpu, next.to_be_bytes()).affine::<PRE, PRE_ADD>();
            for (out, byte) in out.chunks_exact_mut(4).zip(first_word(entered).to_be_bytes()) {
                out.fill(byte);
            }
        }
        Self { cpu, keys }
    }

    #[inline(always)]
    fn encrypt(&self, blocks: &mut [u8]) {
        let len = V::Half::LEN;
        for blocks in blocks.chunks_mut(V::Half::BATCH) {
            let [filler, ..] = FILLER;
            let mut x = [[V::Half::splat(self.cpu, [filler; 4]); 4]; 4];
            for (x, bytes) in x.as_flattened_mut().iter_mut().zip(blocks.chunks_exact(len)) {
                *x = V::Half::load(self.cpu, bytes);
            }
            let x = self.rounds(Sort.apply(x), &mut ());
            for (x, bytes) in x.as_flattened().iter().zip(blocks.chunks_exact_mut(len)) {
                x.store(bytes);
            }
        }
    }

    #[inline(always)]
    fn counter(&self, nonce: &[u8; 12], first: u32) -> Counter<V> {
        Counter::new(self.cpu, nonce, first)
    }

    #[inline(always)]
    fn keystream(&self, counter: &mut Counter<V>, other: &mut impl Alongside) -> Square<V> {
        self.rounds(counter.next(), other)
    }
}

impl<V: Field> Sm4<V> {
    /// §7.2: the same key for decryption, which is encryption with the round keys in reverse.
    pub(crate) fn inverse(&self) -> Self {
        let mut keys = LockedBytes::zeroed(KEYS_LEN);
        let forth = self.keys.as_slice().chunks_exact(16).rev();
        for (back, forth) in keys.as_mut_slice().chunks_exact_mut(16).zip(forth) {
            back.copy_from_slice(forth);
        }
        Self { cpu: self.cpu, keys }
    }

    /// §7.1, from words sorted by bytes to blocks.
    #[inline(always)]
    fn rounds<W: Field>(&self, mut x: Square<W>, other: &mut impl Alongside) -> Square<W> {
        const { assert!(KEYS_LEN == STEPS * 4 * 16) };
        for (step, keys) in self.keys.as_slice().chunks_exact(4 * 16).enumerate() {
            x = W::transform(x, &TwoRounds::<0> { keys: &keys[..32] });
            x = W::transform(x, &TwoRounds::<2> { keys: &keys[32..] });
            other.step(step);
        }
        W::transform(x, &Unsort)
    }
}

/// Two rounds, with the result in word `AT` and the one after it.
struct TwoRounds<'a, const AT: usize> {
    keys: &'a [u8],
}

impl<const AT: usize> Transform for TwoRounds<'_, AT> {
    #[inline(always)]
    fn apply<V: Field>(&self, mut x: Square<V>) -> Square<V> {
        // The input of both has these two words in it.
        let shared = xor(x[(AT + 2) % 4], x[(AT + 3) % 4]);
        x[AT] = round(x[AT], input(x[AT + 1], shared, &self.keys[..16]));
        x[AT + 1] = round(x[AT + 1], input(x[AT], shared, &self.keys[16..]));
        x
    }
}

/// From blocks to words sorted by bytes and multiplied by PRE.
struct Sort;

impl Transform for Sort {
    #[inline(always)]
    fn apply<V: Field>(&self, x: Square<V>) -> Square<V> {
        let x = transpose(x);
        [enter(x[0]), enter(x[1]), enter(x[2]), enter(x[3])]
    }
}

/// From words sorted by bytes and multiplied by PRE to blocks. §7.1 b): the output is the last
/// four words in reverse.
struct Unsort;

impl Transform for Unsort {
    #[inline(always)]
    fn apply<V: Field>(&self, x: Square<V>) -> Square<V> {
        transpose([leave(x[3]), leave(x[2]), leave(x[1]), leave(x[0])])
    }
}

/// Byte 0, 1, 2 and 3 of a word of each block.
type Word<V> = [V; 4];

/// What goes into the S-boxes of a round.
#[inline(always)]
fn input<V: Field>(word: Word<V>, shared: Word<V>, key: &[u8]) -> Word<V> {
    let cpu = word[0].cpu();
    let (key, _) = key.as_chunks();
    [
        word[0].xor3(shared[0], V::splat(cpu, key[0])),
        word[1].xor3(shared[1], V::splat(cpu, key[1])),
        word[2].xor3(shared[2], V::splat(cpu, key[2])),
        word[3].xor3(shared[3], V::splat(cpu, key[3])),
    ]
}

/// §6.1 and §6.2: x ⊕ T(y). With b = τ(y), byte i of L(b) is
///
/// bᵢ ⊕ bᵢ₊₃ ⊕ ((bᵢ ⊕ bᵢ₊₁ ⊕ bᵢ₊₂) ≪ 2) ⊕ ((bᵢ₊₁ ⊕ bᵢ₊₂ ⊕ bᵢ₊₃) ≫ 6)
///
/// with indices modulo 4, which is the sum of (bᵢ ⊕ bᵢ₊₃) ⊕ (bᵢ ⊕ bᵢ₊₃) ≪ 2 and of
/// (bᵢ₊₁ ⊕ bᵢ₊₂ ⊕ bᵢ₊₃) ⋘ 2. So two linear maps of each byte are enough, u and v here.
#[inline(always)]
fn round<V: Field>(x: Word<V>, y: Word<V>) -> Word<V> {
    let v = [
        y[0].affine_of_inverse::<TURNED, TURNED_ADD>(),
        y[1].affine_of_inverse::<TURNED, TURNED_ADD>(),
        y[2].affine_of_inverse::<TURNED, TURNED_ADD>(),
        y[3].affine_of_inverse::<TURNED, TURNED_ADD>(),
    ];
    let u = [
        y[0].affine_of_inverse::<SHIFTED, 0>(),
        y[1].affine_of_inverse::<SHIFTED, 0>(),
        y[2].affine_of_inverse::<SHIFTED, 0>(),
        y[3].affine_of_inverse::<SHIFTED, 0>(),
    ];
    let sum = v[0].xor3(v[1], v[2]).xor(v[3]);
    [
        x[0].xor3(v[0], sum).xor3(u[0], u[3]),
        x[1].xor3(v[1], sum).xor3(u[1], u[0]),
        x[2].xor3(v[2], sum).xor3(u[2], u[1]),
        x[3].xor3(v[3], sum).xor3(u[3], u[2]),
    ]
}

#[inline(always)]
fn xor<V: Field>(a: Word<V>, b: Word<V>) -> Word<V> {
    [a[0].xor(b[0]), a[1].xor(b[1]), a[2].xor(b[2]), a[3].xor(b[3])]
}

#[inline(always)]
fn enter<V: Field>(x: Word<V>) -> Word<V> {
    [
        x[0].affine::<PRE, 0>(),
        x[1].affine::<PRE, 0>(),
        x[2].affine::<PRE, 0>(),
        x[3].affine::<PRE, 0>(),
    ]
}

#[inline(always)]
fn leave<V: Field>(x: Word<V>) -> Word<V> {
    [
        x[0].affine::<LEAVE, 0>(),
        x[1].affine::<LEAVE, 0>(),
        x[2].affine::<LEAVE, 0>(),
        x[3].affine::<LEAVE, 0>(),
    ]
}

/// Exchanges rows and columns of the 16 × 16 bytes in each lane. One interleaving of row i with
/// row i + 8 rotates the eight bits of (row, column) by one; four rotate them half round.
#[inline(always)]
fn transpose<V: Field>(x: Square<V>) -> Square<V> {
    interleave(interleave(interleave(interleave(x))))
}

#[inline(always)]
fn interleave<V: Field>(x: Square<V>) -> Square<V> {
    let [a, b, c, d] = x;
    let ((p, q), (r, s)) = (a[0].interleave(c[0]), a[1].interleave(c[1]));
    let ((t, u), (v, w)) = (a[2].interleave(c[2]), a[3].interleave(c[3]));
    let (x, y) = ([p, q, r, s], [t, u, v, w]);
    let ((p, q), (r, s)) = (b[0].interleave(d[0]), b[1].interleave(d[1]));
    let ((t, u), (v, w)) = (b[2].interleave(d[2]), b[3].interleave(d[3]));
    [x, y, [p, q, r, s], [t, u, v, w]]
}

/// The counter blocks of a message (SP 800-38D §6.5), sorted by bytes and multiplied by PRE.
pub(crate) struct Counter<V> {
    nonce: [Word<V>; 3],
    /// What is added to the counter for each block.
    index: V,
    next: u32,
}

impl<V: Field> Counter<V> {
    #[inline(always)]
    fn new(cpu: V::Cpu, nonce: &[u8; 12], first: u32) -> Self {
        let mut words = [[V::splat(cpu, [0; 4]); 4]; 3];
        for (vector, byte) in words.as_flattened_mut().iter_mut().zip(nonce) {
            *vector = V::splat(cpu, [*byte; 4]);
        }
        // Place p of lane l comes out of `transpose` in lane l of vector p.
        let mut index = [0; MAX_LEN];
        for lane in 0..V::LANES {
            for place in 0..16 {
                index[usize::from(16 * lane + place)] = place * V::LANES + lane;
            }
        }
        let nonce = [enter(words[0]), enter(words[1]), enter(words[2])];
        Self { nonce, index: V::load(cpu, &index), next: first }
    }

    /// The next blocks. The counter wraps at 2³².
    #[inline(always)]
    fn next(&mut self) -> Square<V> {
        let cpu = self.index.cpu();
        let [a, b, c, low] = self.next.to_be_bytes();
        let (low, carry) = V::splat(cpu, [low; 4]).add_bytes(self.index);
        // The other three bytes if the lowest overflows, as what has to be added.
        let [_, carried @ ..] = (self.next >> 8).wrapping_add(1).to_be_bytes();
        let counter = [
            V::splat(cpu, [a; 4]).xor(V::splat(cpu, [a ^ carried[0]; 4]).and(carry)),
            V::splat(cpu, [b; 4]).xor(V::splat(cpu, [b ^ carried[1]; 4]).and(carry)),
            V::splat(cpu, [c; 4]).xor(V::splat(cpu, [c ^ carried[2]; 4]).and(carry)),
            low,
        ];
        self.next = self.next.wrapping_add(16 * u32::from(V::LANES));
        [self.nonce[0], self.nonce[1], self.nonce[2], enter(counter)]
    }
}

/// The first word of a vector, big-endian.
#[inline(always)]
fn first_word<V: Field>(x: V) -> u32 {
    let mut bytes = [0; MAX_LEN];
    x.store(&mut bytes);
    u32::from_be_bytes(*bytes.first_chunk().expect("a word at least"))
}

const ROUNDS: usize = 32;
/// Bytes of the round keys of all rounds.
const KEYS_LEN: usize = ROUNDS * 16;

/// System parameter FK, §7.3 a).
const FK: [u32; 4] = [0xA3B1_BAC6, 0x56AA_3350, 0x677D_9197, 0xB270_22DC];

/// The constant key CK of a round, §7.3 b): its bytes are (4i + j) · 7 mod 256.
fn ck(round: usize) -> u32 {
    u32::from_be_bytes(std::array::from_fn(|j| ((4 * round + j) * 7).to_le_bytes()[0]))
}

// The S-box is POST · (PRE · x ⊕ PRE_ADD)⁻¹ ⊕ POST_ADD; a test derives these four.
const PRE: u64 = 0x4C28_7DB9_1A22_505D;
const PRE_ADD: i32 = 0x3E;
const POST: u64 = 0xF3AB_34A9_74A6_B589;
const POST_ADD: i32 = 0xD3;

const LEAVE: u64 = inverse(PRE);
/// b ⊕ b ≪ 2, see [`round`].
const SHIFTED: u64 = product(PRE, product(IDENTITY ^ SHIFT_2, POST));
/// b ⋘ 2. It is added three times in [`round`], and so is the constant.
const TURNED: u64 = product(PRE, product(ROTATE_2, POST));
const TURNED_ADD: i32 = apply(product(PRE, ROTATE_2), POST_ADD.to_le_bytes()[0]) as i32;

#[cfg(test)]
mod tests;
