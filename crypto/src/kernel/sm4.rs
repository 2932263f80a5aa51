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

use zeroize::Zeroize;

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
        k.zeroize();
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
        let lanes = V::LEN / 16;
        for (i, index) in index[..V::LEN].iter_mut().enumerate() {
            *index = (i % 16 * lanes + i / 16) as u8;
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
        self.next = self.next.wrapping_add(V::LEN as u32);
        [self.nonce[0], self.nonce[1], self.nonce[2], enter(counter)]
    }
}

/// The first word of a vector, big-endian.
#[inline(always)]
fn first_word<V: Field>(x: V) -> u32 {
    let mut bytes = [0; MAX_LEN];
    x.store(&mut bytes);
    let word = u32::from_be_bytes(*bytes.first_chunk().expect("a word at least"));
    bytes[..4].zeroize();
    word
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
const TURNED_ADD: i32 = apply(product(PRE, ROTATE_2), POST_ADD as u8) as i32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Pair;
    use crate::kernel::matrix::from_columns;
    use crate::lowlevel::cpu::{Cpu, Task};
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

    /// The S-box is x ↦ A · (A · x ⊕ c)⁻¹ ⊕ c in the field of x⁸ + x⁷ + x⁶ + x⁵ + x⁴ + x² + 1,
    /// where c = 0xD3 and each column of A is the one before, turned by one bit: F. Liu et al.,
    /// *Analysis of the SMS4 Block Cipher* (2007). A root of that polynomial in the field of AES
    /// takes the one field to the other; of the eight roots, one gives the constants used here.
    #[test]
    fn the_affine_maps_follow_from_the_algebra() {
        let a = from_columns(std::array::from_fn(|i| 0xCB_u8.rotate_left(i as u32)));
        let c = 0xD3;
        let is_root = |x: &u8| {
            (0..=8).filter(|i| SM4_FIELD >> i & 1 == 1).fold(0, |sum, i| sum ^ power(*x, i)) == 0
        };
        let roots: Vec<u8> = (1..=255).filter(is_root).collect();
        assert_eq!(roots.len(), 8);
        let derived = roots.into_iter().map(|root| {
            let to_aes = from_columns(std::array::from_fn(|i| power(root, i as u32)));
            (product(to_aes, a), apply(to_aes, c), product(a, inverse(to_aes)), c)
        });
        let ours = (PRE, PRE_ADD as u8, POST, POST_ADD as u8);
        assert_eq!(derived.filter(|derived| *derived == ours).count(), 1);
    }

    /// All 256 values of the S-box, by way of the one field and of the other.
    #[test]
    fn the_field_of_sm4_is_that_of_aes() {
        let inverse_in = |field, x: u8| (0..254).fold(1, |p, _| times(field, p, x));
        for x in 0..=255_u8 {
            let through_aes = apply(POST, inverse_in(AES_FIELD, apply(PRE, x) ^ PRE_ADD as u8));
            let a = from_columns(std::array::from_fn(|i| 0xCB_u8.rotate_left(i as u32)));
            let directly = apply(a, inverse_in(SM4_FIELD, apply(a, x) ^ 0xD3));
            assert_eq!(through_aes, directly, "{x:02x}");
        }
    }

    /// Encrypts each of these blocks with a kernel.
    struct Encrypt<'a, V: Field> {
        cpu: V::Cpu,
        key: &'a [u8; 16],
        blocks: &'a mut [u8],
    }

    impl<V: Field> Task for Encrypt<'_, V> {
        type Out = ();

        #[inline(always)]
        fn run(self) {
            Sm4::<V>::new(self.cpu, self.key).encrypt(self.blocks);
        }
    }

    /// Two batches of key stream from a counter.
    struct Stream<'a, V: Field> {
        cpu: V::Cpu,
        key: &'a [u8; 16],
        nonce: &'a [u8; 12],
        first: u32,
    }

    impl<V: Field> Task for Stream<'_, V> {
        type Out = Vec<u8>;

        #[inline(always)]
        fn run(self) -> Vec<u8> {
            let cipher = Sm4::<V>::new(self.cpu, self.key);
            let mut counter = cipher.counter(self.nonce, self.first);
            let mut stream = vec![0; 2 * V::BATCH];
            for batch in stream.chunks_exact_mut(V::BATCH) {
                let keystream = cipher.keystream(&mut counter, &mut ());
                for (bytes, x) in batch.chunks_exact_mut(V::LEN).zip(keystream.as_flattened()) {
                    x.store(bytes);
                }
            }
            stream
        }
    }

    fn check<V: Field>(level: &str) {
        let Some(cpu) = V::Cpu::detect() else {
            println!("skipped: {level}, which this processor lacks");
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
            cpu.run(Encrypt::<V> { cpu, key: &key, blocks: &mut blocks });
            assert!(blocks == expected, "{level}: {len} bytes");
        }
        let nonce: [u8; 12] = random::array();
        let near = [2, 0xFFFF_FFFF_u32, 0xFFFF_FF00, 0x00FF_FFF0, 0xFF7F, 255, 256, 0x1234_56FE];
        for first in near.into_iter().chain((0..300).map(|i| 0u32.wrapping_sub(i))) {
            let stream = cpu.run(Stream::<V> { cpu, key: &key, nonce: &nonce, first });
            let counters: Vec<u8> = (0..stream.len() as u32 / 16)
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
}
