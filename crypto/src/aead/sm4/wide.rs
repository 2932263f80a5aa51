//! The sixteen-block kernel as a block cipher that a RustCrypto mode can use.

use sm4::cipher::consts::U16;
use sm4::cipher::inout::{InOut, InOutBuf};
use sm4::cipher::{
    Block, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser,
    ParBlocks, ParBlocksSizeUser,
};

use crate::lowlevel::sm4::{RoundKeys, Token, WIDTH};

pub(in crate::aead) struct Sm4Wide(RoundKeys);

impl Sm4Wide {
    pub(super) fn new(cpu: Token, key: &[u8; 16]) -> Self {
        Self(RoundKeys::new(cpu, key))
    }
}

impl BlockSizeUser for Sm4Wide {
    type BlockSize = U16;
}

impl ParBlocksSizeUser for Sm4Wide {
    type ParBlocksSize = U16;
}

impl BlockCipherEncrypt for Sm4Wide {
    fn encrypt_with_backend(&self, f: impl BlockCipherEncClosure<BlockSize = U16>) {
        f.call(self);
    }
}

impl BlockCipherEncBackend for Sm4Wide {
    fn encrypt_block(&self, mut block: InOut<'_, '_, Block<Self>>) {
        let mut group = [[0; 16]; WIDTH];
        group[0] = (*block.get_in()).into();
        self.0.encrypt(&mut group);
        *block.get_out() = group[0].into();
    }

    fn encrypt_par_blocks(&self, mut blocks: InOut<'_, '_, ParBlocks<Self>>) {
        let mut group: [[u8; 16]; WIDTH] = std::array::from_fn(|i| blocks.get_in()[i].into());
        self.0.encrypt(&mut group);
        for (out, block) in blocks.get_out().iter_mut().zip(group) {
            *out = block.into();
        }
    }

    fn encrypt_tail_blocks(&self, mut blocks: InOutBuf<'_, '_, Block<Self>>) {
        let mut group = [[0; 16]; WIDTH];
        for (slot, block) in group.iter_mut().zip(blocks.get_in()) {
            *slot = (*block).into();
        }
        self.0.encrypt(&mut group);
        for (out, block) in blocks.get_out().iter_mut().zip(group) {
            *out = block.into();
        }
    }
}
