//! SM4 on one block at a time, by the kernel that is made for many.
//!
//! It takes as long as sixteen vectors of blocks would, which is about as long as the portable
//! implementation takes for one, and unlike that it needs no table.

use super::Sm4;
use super::gcm::{BlockCipher, FILLER};
use crate::block::Block;
use crate::lowlevel::cpu::{Cpu, Task};
use crate::lowlevel::vector::{Field, MAX_LEN};

/// A key in both directions.
pub(crate) struct Sm4Single<V: Field> {
    cpu: V::Cpu,
    forth: Sm4<V>,
    back: Sm4<V>,
}

impl<V: Field> Sm4Single<V> {
    /// Expands a key, if this processor has the instructions.
    pub(crate) fn new(key: &[u8; 16]) -> Option<Self> {
        let cpu = V::Cpu::detect()?;
        Some(cpu.run(Expand { cpu, key }))
    }
}

impl<V: Field> Block for Sm4Single<V> {
    fn encrypt(&self, block: &mut [u8; 16]) {
        self.cpu.run(Encrypt { cipher: &self.forth, block });
    }

    fn decrypt(&self, block: &mut [u8; 16]) {
        self.cpu.run(Encrypt { cipher: &self.back, block });
    }
}

struct Expand<'a, V: Field> {
    cpu: V::Cpu,
    key: &'a [u8; 16],
}

impl<V: Field> Task for Expand<'_, V> {
    type Out = Sm4Single<V>;

    #[inline(always)]
    fn run(self) -> Sm4Single<V> {
        let forth = Sm4::new(self.cpu, self.key);
        Sm4Single { cpu: self.cpu, back: forth.inverse(), forth }
    }
}

struct Encrypt<'a, V: Field> {
    cipher: &'a Sm4<V>,
    block: &'a mut [u8; 16],
}

impl<V: Field> Task for Encrypt<'_, V> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let mut blocks = [FILLER; MAX_LEN / 16];
        blocks[0] = *self.block;
        self.cipher.encrypt(blocks.as_flattened_mut());
        *self.block = blocks[0];
    }
}
