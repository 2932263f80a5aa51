//! AES-256 (FIPS 197) on vectors that can do a round of it, sixteen vectors at a time.

use super::gcm::{Alongside, BlockCipher, STEPS};
use crate::lowlevel::LockedBytes;
use crate::lowlevel::vector::{AesRounds, Field, MAX_LEN, Square};

/// The round keys of one key.
pub(crate) struct Aes256<V: AesRounds> {
    cpu: V::Cpu,
    keys: LockedBytes,
}

impl<V: AesRounds + Field> BlockCipher for Aes256<V> {
    type Vector = V;
    type Key = [u8; 32];
    type Counter = Counter<V>;

    /// §5.2: key expansion.
    #[inline(always)]
    fn new(cpu: V::Cpu, key: &[u8; 32]) -> Self {
        let mut keys = LockedBytes::zeroed(KEYS_LEN);
        let bytes = keys.as_mut_slice();
        bytes[..32].copy_from_slice(key);
        let mut rcon = 1;
        for i in 8..KEYS_LEN / 4 {
            let mut word = *bytes[4 * i - 4..].first_chunk().expect("a word");
            if i % 4 == 0 {
                word = sub_word::<V>(cpu, word);
            }
            if i % 8 == 0 {
                word.rotate_left(1);
                word[0] ^= rcon;
                rcon <<= 1;
            }
            for j in 0..4 {
                bytes[4 * i + j] = bytes[4 * i + j - 32] ^ word[j];
            }
        }
        Self { cpu, keys }
    }

    #[inline(always)]
    fn encrypt(&self, blocks: &mut [u8]) {
        let keys = self.keys();
        for bytes in blocks.chunks_exact_mut(V::LEN) {
            let mut x = V::load(self.cpu, bytes).xor(V::repeat(self.cpu, &keys[0]));
            for key in &keys[1..ROUNDS] {
                x = x.aes_round(V::repeat(self.cpu, key));
            }
            x.aes_last_round(V::repeat(self.cpu, &keys[ROUNDS])).store(bytes);
        }
    }

    #[inline(always)]
    fn counter(&self, nonce: &[u8; 12], first: u32) -> Counter<V> {
        Counter::new(self.cpu, nonce, first)
    }

    #[inline(always)]
    fn keystream(&self, counter: &mut Counter<V>, other: &mut impl Alongside) -> Square<V> {
        const { assert!(STEPS < ROUNDS) };
        let keys = self.keys();
        let mut blocks = counter.next();
        let x = blocks.as_flattened_mut();
        let key = V::repeat(self.cpu, &keys[0]);
        for x in x.iter_mut() {
            *x = x.xor(key);
        }
        for (round, key) in keys[1..ROUNDS].iter().enumerate() {
            self.round(x, key);
            if round < STEPS {
                other.step(round);
            }
        }
        let key = V::repeat(self.cpu, &keys[ROUNDS]);
        for x in x.iter_mut() {
            *x = x.aes_last_round(key);
        }
        blocks
    }
}

impl<V: AesRounds> Aes256<V> {
    #[inline(always)]
    fn round(&self, x: &mut [V], key: &[u8; 16]) {
        let key = V::repeat(self.cpu, key);
        for x in x {
            *x = x.aes_round(key);
        }
    }

    #[inline(always)]
    fn keys(&self) -> &[[u8; 16]; ROUNDS + 1] {
        self.keys.as_slice().as_chunks().0.try_into().expect("a key for each round and one")
    }
}

/// The counter blocks of a message (SP 800-38D §6.5), with the counter's bytes in reverse.
pub(crate) struct Counter<V> {
    next: V,
    /// What is added for each vector.
    step: V,
}

impl<V: AesRounds> Counter<V> {
    #[inline(always)]
    fn new(cpu: V::Cpu, nonce: &[u8; 12], first: u32) -> Self {
        let (mut next, mut step) = ([0; MAX_LEN], [0; MAX_LEN]);
        let lanes = u32::from(V::LANES);
        for (i, (next, step)) in
            (0..lanes).zip(next.chunks_exact_mut(16).zip(step.chunks_exact_mut(16)))
        {
            next[..12].copy_from_slice(nonce);
            next[12..].copy_from_slice(&first.wrapping_add(i).to_le_bytes());
            step[12..].copy_from_slice(&lanes.to_le_bytes());
        }
        Self { next: V::load(cpu, &next), step: V::load(cpu, &step) }
    }

    /// The next blocks. The counter wraps at 2³².
    #[inline(always)]
    fn next(&mut self) -> Square<V> {
        let mut blocks = [[self.next; 4]; 4];
        for block in blocks.as_flattened_mut() {
            *block = self.next.reverse_last_words();
            self.next = self.next.add_words(self.step);
        }
        blocks
    }
}

/// §5.2: the S-box on each byte of a word. In the last round all columns of a lane are alike, so
/// ShiftRows changes nothing.
#[inline(always)]
fn sub_word<V: AesRounds>(cpu: V::Cpu, word: [u8; 4]) -> [u8; 4] {
    let mut bytes = [0; MAX_LEN];
    V::splat(cpu, word).aes_last_round(V::splat(cpu, [0; 4])).store(&mut bytes);
    *bytes.first_chunk().expect("a word at least")
}

const ROUNDS: usize = 14;
/// Bytes of the round keys.
const KEYS_LEN: usize = 16 * (ROUNDS + 1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::gcm::tests::{Encrypt, Stream};
    use crate::lowlevel::cpu::Cpu;
    use crate::lowlevel::vector::{V512, Vector};
    use crate::random;
    use aes::cipher::{BlockCipherEncrypt, KeyInit};

    /// Against the `aes` crate, also where the counter wraps.
    #[test]
    fn encrypts_as_the_portable_model() {
        let Some(cpu) = <V512 as Vector>::Cpu::detect() else {
            // `tests/levels.rs` names it as skipped.
            return;
        };
        let (key, nonce): ([u8; 32], [u8; 12]) = (random::array(), random::array());
        let model = aes::Aes256::new(&key.into());
        for first in [0, 1, 2, 254, 0xFFFF_FFFF, 0xFFFF_FFC1, 0x00FF_FFF0, 0xFFFF_FF80] {
            let mut blocks = [0; MAX_LEN];
            blocks[..12].copy_from_slice(&nonce);
            blocks[12..16].copy_from_slice(&u32::to_be_bytes(first));
            cpu.run(Encrypt::<Aes256<V512>> { cpu, key: &key, blocks: &mut blocks });
            let stream = cpu.run(Stream::<Aes256<V512>> { cpu, key: &key, nonce: &nonce, first });
            assert_eq!(stream[..16], blocks[..16]);
            for (i, block) in (0..).zip(stream.chunks_exact(16)) {
                let mut expected = [0; 16];
                expected[..12].copy_from_slice(&nonce);
                expected[12..].copy_from_slice(&first.wrapping_add(i).to_be_bytes());
                model.encrypt_block((&mut expected).into());
                assert_eq!(block, expected, "block {i} from counter {first:x}");
            }
        }
    }
}
