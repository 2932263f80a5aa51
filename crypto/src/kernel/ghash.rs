//! GHASH, SP 800-38D §6.4, many blocks for one reduction.
//!
//! The standard numbers the bits of a block from the left, so a block with its bytes reversed is
//! a polynomial with its coefficients reversed. The product of two such comes out shifted by one
//! place; using H · x in place of H makes up for it. See Gueron and Kounavis, *Intel Carry-Less
//! Multiplication Instruction and its Usage for Computing the GCM Mode* (2010), and for the
//! reduction by two multiplications Gueron, *AES-GCM for Efficient Authenticated Encryption*
//! (2012).

use crate::lowlevel::LockedBytes;
use crate::lowlevel::vector::{Carryless, Field, MAX_LEN, Vector};

use super::gcm::{Alongside, STEPS};

/// Bytes in a block.
const BLOCK: usize = 16;

/// x¹²⁸ reduced, reversed as the blocks are: the part that stands for 1 + x + x² + x⁷.
const POLYNOMIAL: u128 = 0xC200_0000_0000_0000_0000_0000_0000_0001;

/// The powers of the hash key, from the highest to H itself, as many as a batch has blocks. Zeros
/// come after them, for the lanes behind the last block of a message.
pub(crate) struct Powers<W: Field> {
    cpu: HashCpu<W>,
    table: LockedBytes,
}

type HashCpu<W> = <<W as Field>::Hash as Vector>::Cpu;

impl<W: Field> Powers<W> {
    #[inline(always)]
    pub(crate) fn new(cpu: W::Cpu, hash_key: &[u8; BLOCK]) -> Self {
        let (cpu, len, batch) = (W::hash_cpu(cpu), W::Hash::LEN, W::BATCH);
        let mut table = LockedBytes::zeroed(batch + len);
        let bytes = &mut table.as_mut_slice()[..batch];
        let h = u128::from_be_bytes(*hash_key);
        let h = h << 1 ^ (h >> 127).wrapping_neg() & POLYNOMIAL;
        bytes[batch - BLOCK..].copy_from_slice(&h.to_le_bytes());
        // From the n powers at the end, the n before them: each times Hⁿ. Below the length of a
        // vector the lanes before those n are zeros, and so is what they give.
        let mut known = BLOCK;
        while known < batch {
            let highest = bytes[batch - known..].first_chunk().expect("a block at least");
            let highest = W::Hash::repeat(cpu, highest);
            let mut end = batch;
            while end > batch - known {
                let powers = W::Hash::load(cpu, &bytes[end - len..]);
                multiply(powers, highest).store(&mut bytes[end - len - known..]);
                end -= len;
            }
            known *= 2;
        }
        Self { cpu, table }
    }
}

/// A hash in progress.
pub(crate) struct Ghash<'a, W: Field> {
    cpu: HashCpu<W>,
    powers: &'a [u8],
    /// The value so far, in the first lane; zeros in the others.
    value: W::Hash,
}

impl<'a, W: Field> Ghash<'a, W> {
    #[inline(always)]
    pub(crate) fn new(powers: &'a Powers<W>) -> Self {
        let value = W::Hash::splat(powers.cpu, [0; 4]);
        Self { cpu: powers.cpu, powers: &powers.table.as_slice()[..W::BATCH + W::Hash::LEN], value }
    }

    /// A whole batch, to be added in steps between other work.
    #[inline(always)]
    pub(crate) fn batch<'b>(&self, bytes: &'b [u8]) -> Batch<'b, W>
    where
        'a: 'b,
    {
        let (bytes, powers) = (&bytes[..W::BATCH], &self.powers[..W::BATCH]);
        Batch { bytes, powers, sums: self.sums() }
    }

    /// Nothing added to the value yet.
    #[inline(always)]
    fn sums(&self) -> Sums<W::Hash> {
        let zero = W::Hash::splat(self.cpu, [0; 4]);
        Sums { before: self.value, low: zero, middle: zero, high: zero }
    }

    /// Ends a batch.
    #[inline(always)]
    pub(crate) fn end(&mut self, batch: Batch<'_, W>) {
        self.value = batch.sums.reduce();
    }

    /// Adds bytes, and zeros up to a whole block.
    #[inline(always)]
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(W::BATCH) {
            let mut sums = self.sums();
            let powers = &self.powers[W::BATCH - chunk.len().next_multiple_of(BLOCK)..];
            sums.add(chunk, powers);
            let whole = chunk.len() - chunk.len() % W::Hash::LEN;
            if whole < chunk.len() {
                let mut last = [0; MAX_LEN];
                last[..chunk.len() - whole].copy_from_slice(&chunk[whole..]);
                sums.add(&last[..W::Hash::LEN], &powers[whole..]);
            }
            self.value = sums.reduce();
        }
    }

    /// The value of the hash.
    #[inline(always)]
    pub(crate) fn value(&self) -> [u8; BLOCK] {
        let mut lanes = [0; MAX_LEN];
        self.value.reverse().store(&mut lanes);
        *lanes.first_chunk().expect("a lane at least")
    }
}

/// A batch of blocks that is being added.
pub(crate) struct Batch<'b, W: Field> {
    bytes: &'b [u8],
    powers: &'b [u8],
    sums: Sums<W::Hash>,
}

impl<W: Field> Alongside for Batch<'_, W> {
    #[inline(always)]
    fn step(&mut self, step: usize) {
        let share = W::BATCH / STEPS;
        let (from, to) = (step * share, (step + 1) * share);
        self.sums.add(&self.bytes[from..to], &self.powers[from..to]);
    }
}

/// Products of blocks with powers, added up but not yet reduced.
struct Sums<V> {
    /// The value of the hash, which belongs to the first block.
    before: V,
    low: V,
    middle: V,
    high: V,
}

impl<V: Carryless> Sums<V> {
    /// Adds the whole vectors of these bytes.
    #[inline(always)]
    fn add(&mut self, bytes: &[u8], powers: &[u8]) {
        for (bytes, powers) in bytes.chunks_exact(V::LEN).zip(powers.chunks_exact(V::LEN)) {
            let cpu = self.before.cpu();
            let x = V::load(cpu, bytes).reverse().xor(self.before);
            let h = V::load(cpu, powers);
            self.before = V::splat(cpu, [0; 4]);
            self.low = self.low.xor(x.low_low(h));
            self.middle = self.middle.xor3(x.low_high(h), h.low_high(x));
            self.high = self.high.xor(x.high_high(h));
        }
    }

    /// The value of the hash after them.
    #[inline(always)]
    fn reduce(self) -> V {
        reduce(self.low, self.middle, self.high).fold()
    }
}

/// a · b, where one of the two is a power of H · x in place of H.
#[inline(always)]
fn multiply<V: Carryless>(a: V, b: V) -> V {
    reduce(a.low_low(b), a.low_high(b).xor(b.low_high(a)), a.high_high(b))
}

/// Takes products of 255 bits, in three parts of which the middle one straddles the others,
/// back to 128.
#[inline(always)]
fn reduce<V: Carryless>(low: V, middle: V, high: V) -> V {
    let polynomial = V::repeat(low.cpu(), &POLYNOMIAL.to_le_bytes());
    let middle = middle.xor3(low.swap_halves(), low.low_high(polynomial));
    high.xor3(middle.swap_halves(), middle.low_high(polynomial))
}
