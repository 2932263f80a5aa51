//! The mode GCM (SP 800-38D) for nonces of 96 bits, over any block cipher: encryption and
//! authentication in one pass, in place.

use subtle::ConstantTimeEq;

use super::ghash::{Ghash, Powers};
use crate::aead::{Aead, Nonce, OpenJob, SealJob, TAG_LEN, Tag, Unauthentic};
use crate::lowlevel::cpu::{Cpu, Task};
use crate::lowlevel::vector::{Field, MAX_LEN, Square, Vector};
use crate::lowlevel::wipe_stack;

/// Bytes that a cipher works on at a time, at most.
const MAX_BATCH: usize = 16 * MAX_LEN;

/// For how many messages the masks of the tags are computed in one go.
const MAX_JOBS: usize = 16;

/// A block that is encrypted for nothing. Not zeros: what they give is the key of the hash.
pub(super) const FILLER: [u8; 16] = [0xFF; 16];

/// Into how many steps a cipher divides its work on a batch.
pub(super) const STEPS: usize = 8;

/// Something to be computed in small steps between those of the cipher, so that the processor
/// always has the one or the other to do.
pub(crate) trait Alongside {
    /// Step 0 to [`STEPS`] − 1.
    fn step(&mut self, step: usize);
}

/// Nothing else to do.
impl Alongside for () {
    #[inline(always)]
    fn step(&mut self, _: usize) {}
}

/// A block cipher of 128-bit blocks that works on sixteen vectors at a time.
pub(crate) trait BlockCipher: Send + Sync {
    /// Which vectors.
    type Vector: Field;
    /// A key, as bytes.
    type Key;
    /// Where it is in the counter blocks of a message.
    type Counter;

    /// Expands a key.
    fn new(cpu: <Self::Vector as Vector>::Cpu, key: &Self::Key) -> Self;

    /// Encrypts blocks: a multiple of [`MAX_LEN`] bytes.
    fn encrypt(&self, blocks: &mut [u8]);

    /// From the block with this number on.
    fn counter(&self, nonce: &Nonce, first: u32) -> Self::Counter;

    /// The next sixteen vectors of key stream.
    fn keystream(
        &self,
        counter: &mut Self::Counter,
        other: &mut impl Alongside,
    ) -> Square<Self::Vector>;
}

/// A key of the mode over a cipher, expanded.
pub(crate) struct Gcm<C: BlockCipher> {
    cpu: CpuOf<C>,
    cipher: C,
    powers: Powers<C::Vector>,
}

type CpuOf<C> = <<C as BlockCipher>::Vector as Vector>::Cpu;

impl<C: BlockCipher> Gcm<C> {
    /// Expands a key, if this processor has the instructions.
    pub(crate) fn new(key: &C::Key) -> Option<Self> {
        let cpu = CpuOf::<C>::detect()?;
        Some(cpu.run(Expand { cpu, key }))
    }
}

struct Expand<'a, C: BlockCipher> {
    cpu: CpuOf<C>,
    key: &'a C::Key,
}

impl<C: BlockCipher> Task for Expand<'_, C> {
    type Out = Gcm<C>;

    #[inline(always)]
    fn run(self) -> Gcm<C> {
        let cipher = C::new(self.cpu, self.key);
        let mut blocks = [FILLER; MAX_LEN / 16];
        blocks[0] = [0; 16];
        cipher.encrypt(blocks.as_flattened_mut());
        let powers = Powers::new(self.cpu, &blocks[0]);
        Gcm { cpu: self.cpu, cipher, powers }
    }
}

impl<C: BlockCipher> Aead for Gcm<C> {
    fn seal(&self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag {
        let mut job = SealJob { nonce: *nonce, aad, data, tag: [0; TAG_LEN] };
        self.seal_many(std::slice::from_mut(&mut job));
        job.tag
    }

    fn open(
        &self,
        nonce: &Nonce,
        aad: &[u8],
        data: &mut [u8],
        tag: &Tag,
    ) -> Result<(), Unauthentic> {
        let mut job = OpenJob { nonce: *nonce, aad, data, tag: *tag };
        self.open_many(std::slice::from_mut(&mut job)).map_err(|_| Unauthentic)
    }

    fn key_stream(&self, nonce: &Nonce, out: &mut [u8]) {
        assert!(fits(out), "a message has at most 2^36 - 32 bytes");
        self.cpu.run(KeyStream { gcm: self, nonce, out });
        wipe_stack();
    }

    fn seal_many(&self, batch: &mut [SealJob<'_>]) {
        assert!(batch.iter().all(|job| fits(job.data)), "a message has at most 2^36 - 32 bytes");
        for jobs in batch.chunks_mut(MAX_JOBS) {
            self.cpu.run(Seal { gcm: self, jobs });
        }
        wipe_stack();
    }

    fn open_many(&self, batch: &mut [OpenJob<'_>]) -> Result<(), usize> {
        let mut chunks = batch.chunks_mut(MAX_JOBS).enumerate();
        let opened = chunks.try_for_each(|(index, jobs)| {
            let opened = self.cpu.run(Open { gcm: self, jobs });
            opened.map_err(|wrong| MAX_JOBS * index + wrong)
        });
        wipe_stack();
        opened
    }
}

struct KeyStream<'a, C: BlockCipher> {
    gcm: &'a Gcm<C>,
    nonce: &'a Nonce,
    out: &'a mut [u8],
}

impl<C: BlockCipher> Task for KeyStream<'_, C> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let cipher = &self.gcm.cipher;
        let mut counter = cipher.counter(self.nonce, 2);
        let mut batches = self.out.chunks_exact_mut(C::Vector::BATCH);
        for batch in &mut batches {
            let keystream = cipher.keystream(&mut counter, &mut ());
            for (bytes, keystream) in
                batch.chunks_exact_mut(C::Vector::LEN).zip(keystream.as_flattened())
            {
                keystream.store(bytes);
            }
        }
        let rest = batches.into_remainder();
        rest.fill(0);
        xor(rest, &cipher.keystream(&mut counter, &mut ()));
    }
}

/// At most [`MAX_JOBS`] of them.
struct Seal<'a, 'b, C: BlockCipher> {
    gcm: &'a Gcm<C>,
    jobs: &'a mut [SealJob<'b>],
}

impl<C: BlockCipher> Task for Seal<'_, '_, C> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        for job in self.jobs.iter_mut() {
            job.tag = self.gcm.encrypt(&job.nonce, job.aad, job.data);
        }
        let masks = self.gcm.masks(self.jobs.iter().map(|job| &job.nonce));
        for (job, mask) in self.jobs.iter_mut().zip(&masks) {
            job.tag = xor_16(&job.tag, mask);
        }
    }
}

/// At most [`MAX_JOBS`] of them.
struct Open<'a, 'b, C: BlockCipher> {
    gcm: &'a Gcm<C>,
    jobs: &'a mut [OpenJob<'b>],
}

impl<C: BlockCipher> Task for Open<'_, '_, C> {
    type Out = Result<(), usize>;

    /// §7.2. Nothing is left of what turns out not to be authentic, nor of what comes after it.
    #[inline(always)]
    fn run(self) -> Result<(), usize> {
        let mut tags = [[0; TAG_LEN]; MAX_JOBS];
        for (tag, job) in
            tags.iter_mut().zip(self.jobs.iter_mut()).filter(|(_, job)| fits(job.data))
        {
            *tag = self.gcm.decrypt(&job.nonce, job.aad, job.data);
        }
        let masks = self.gcm.masks(self.jobs.iter().map(|job| &job.nonce));
        let mut results = self.jobs.iter().zip(tags.iter().zip(&masks));
        let wrong = results.position(|(job, (tag, mask))| {
            !fits(job.data) || !bool::from(xor_16(tag, mask).ct_eq(&job.tag))
        });
        let Some(wrong) = wrong else { return Ok(()) };
        for job in &mut self.jobs[wrong..] {
            job.data.fill(0);
        }
        Err(wrong)
    }
}

/// §7.1 step 2: the block J₀ for a nonce of 96 bits.
fn first_block(nonce: &Nonce) -> [u8; 16] {
    let mut block = [0; 16];
    block[..12].copy_from_slice(nonce);
    block[15] = 1;
    block
}

impl<C: BlockCipher> Gcm<C> {
    /// What is added to the values of the hash for these nonces, [`MAX_JOBS`] at most.
    #[inline(always)]
    fn masks<'n>(&self, nonces: impl Iterator<Item = &'n Nonce>) -> [[u8; 16]; MAX_JOBS] {
        let mut masks = [FILLER; MAX_JOBS];
        let mut count = 0_usize;
        for (mask, nonce) in masks.iter_mut().zip(nonces) {
            *mask = first_block(nonce);
            count += 1;
        }
        let len = (16 * count).next_multiple_of(MAX_LEN);
        self.cipher.encrypt(&mut masks.as_flattened_mut()[..len]);
        masks
    }

    /// §7.1, but for the mask on the tag. The hash follows the cipher by one batch.
    #[inline(always)]
    fn encrypt(&self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag {
        let mut counter = self.cipher.counter(nonce, 2);
        let mut hash = Ghash::new(&self.powers);
        hash.update(aad);
        let (mut hashed, mut sealed) = (0, 0);
        while sealed < data.len() {
            let (before, after) = data.split_at_mut(sealed);
            sealed += if hashed < sealed {
                let mut batch = hash.batch(&before[hashed..]);
                let keystream = self.cipher.keystream(&mut counter, &mut batch);
                hash.end(batch);
                hashed = sealed;
                xor(after, &keystream)
            } else {
                xor(after, &self.cipher.keystream(&mut counter, &mut ()))
            };
        }
        hash.update(&data[hashed..]);
        finish(hash, aad, data)
    }

    /// §7.2, but for the mask on the tag and the comparison.
    #[inline(always)]
    fn decrypt(&self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag {
        let mut counter = self.cipher.counter(nonce, 2);
        let mut hash = Ghash::new(&self.powers);
        hash.update(aad);
        let mut opened = 0;
        while opened < data.len() {
            let rest = &mut data[opened..];
            let keystream = if rest.len() >= C::Vector::BATCH {
                let mut batch = hash.batch(rest);
                let keystream = self.cipher.keystream(&mut counter, &mut batch);
                hash.end(batch);
                keystream
            } else {
                hash.update(rest);
                self.cipher.keystream(&mut counter, &mut ())
            };
            opened += xor(rest, &keystream);
        }
        finish(hash, aad, data)
    }
}

/// SP 800-38D §5.2.1.1.
fn fits(data: &[u8]) -> bool {
    data.len() as u64 <= (1 << 36) - 32
}

/// Ends the hash with the lengths in bits. The tag is its value and the mask.
#[inline(always)]
fn finish<V: Field>(mut hash: Ghash<'_, V>, aad: &[u8], data: &[u8]) -> Tag {
    let mut lengths = [0; 16];
    lengths[..8].copy_from_slice(&(aad.len() as u64 * 8).to_be_bytes());
    lengths[8..].copy_from_slice(&(data.len() as u64 * 8).to_be_bytes());
    hash.update(&lengths);
    hash.value()
}

#[inline(always)]
fn xor_16(a: &[u8; 16], b: &[u8; 16]) -> [u8; 16] {
    (u128::from_ne_bytes(*a) ^ u128::from_ne_bytes(*b)).to_ne_bytes()
}

/// Adds the key stream to the first sixteen vectors of the data, or to all of it, and returns to
/// how many bytes.
#[inline(always)]
fn xor<V: Field>(data: &mut [u8], keystream: &Square<V>) -> usize {
    let keystream = keystream.as_flattened();
    if data.len() >= V::BATCH {
        for (bytes, keystream) in data.chunks_exact_mut(V::LEN).zip(keystream) {
            V::load(keystream.cpu(), bytes).xor(*keystream).store(bytes);
        }
        return V::BATCH;
    }
    let mut bytes = [0; MAX_BATCH];
    for (bytes, keystream) in bytes.chunks_exact_mut(V::LEN).zip(keystream) {
        keystream.store(bytes);
    }
    for (byte, keystream) in data.iter_mut().zip(bytes) {
        *byte ^= keystream;
    }
    data.len()
}

/// For the tests of the ciphers.
#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Two batches of key stream from a counter on, with a new key.
    pub(in crate::kernel) struct Stream<'a, C: BlockCipher> {
        pub(in crate::kernel) cpu: CpuOf<C>,
        pub(in crate::kernel) key: &'a C::Key,
        pub(in crate::kernel) nonce: &'a Nonce,
        pub(in crate::kernel) first: u32,
    }

    impl<C: BlockCipher> Task for Stream<'_, C> {
        type Out = Vec<u8>;

        #[inline(always)]
        fn run(self) -> Vec<u8> {
            let cipher = C::new(self.cpu, self.key);
            let mut counter = cipher.counter(self.nonce, self.first);
            let mut stream = vec![0; 2 * C::Vector::BATCH];
            for batch in stream.chunks_exact_mut(C::Vector::BATCH) {
                xor(batch, &cipher.keystream(&mut counter, &mut ()));
            }
            stream
        }
    }

    /// Encrypts these blocks, with a new key.
    pub(in crate::kernel) struct Encrypt<'a, C: BlockCipher> {
        pub(in crate::kernel) cpu: CpuOf<C>,
        pub(in crate::kernel) key: &'a C::Key,
        pub(in crate::kernel) blocks: &'a mut [u8],
    }

    impl<C: BlockCipher> Task for Encrypt<'_, C> {
        type Out = ();

        #[inline(always)]
        fn run(self) {
            C::new(self.cpu, self.key).encrypt(self.blocks);
        }
    }
}
