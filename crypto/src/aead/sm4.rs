//! SM4-GCM: SM4 (GB/T 32907-2016) in the mode of SP 800-38D, as RFC 8998 §2 fixes it. A kernel
//! where the processor has the instructions for one, or the `sm4` and `aes-gcm` crates.

use aes_gcm::aead::consts::U12;
use aes_gcm::{AeadInOut, AesGcm, KeyInit};

use super::{Aead, Nonce, Tag, Unauthentic};
use crate::Level;
use crate::lowlevel::Wiped;

pub(super) fn at(level: Level, key: &[u8; 16]) -> Option<Box<dyn Aead>> {
    #[cfg(target_arch = "x86_64")]
    use crate::{
        kernel::{Gcm, Pair, Sm4},
        lowlevel::vector::{V128, V256Aes, V256Gfni, V512},
    };
    Some(match level {
        Level::Portable => Box::new(Portable::new(key)),
        #[cfg(target_arch = "x86_64")]
        Level::SsseAes => Box::new(Gcm::<Sm4<V128>>::new(key)?),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2Aes => Box::new(Gcm::<Sm4<V256Aes>>::new(key)?),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2Gfni => Box::new(Gcm::<Sm4<Pair<V256Gfni>>>::new(key)?),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => Box::new(Gcm::<Sm4<Pair<V512>>>::new(key)?),
        #[cfg(not(target_arch = "x86_64"))]
        _ => return None,
    })
}

/// `AesGcm` is the mode over any 128-bit block cipher, in spite of its name.
struct Portable(Wiped<AesGcm<sm4::Sm4, U12>>);

impl Portable {
    fn new(key: &[u8; 16]) -> Self {
        Self(Wiped::new(AesGcm::new(key.into())))
    }
}

impl Aead for Portable {
    fn seal(&self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag {
        self.0
            .encrypt_inout_detached(nonce.into(), aad, data.into())
            .expect("no message reaches 2^36 - 32 bytes")
            .into()
    }

    fn open(
        &self,
        nonce: &Nonce,
        aad: &[u8],
        data: &mut [u8],
        tag: &Tag,
    ) -> Result<(), Unauthentic> {
        let opened =
            self.0.decrypt_inout_detached(nonce.into(), aad, (&mut *data).into(), tag.into());
        if opened.is_err() {
            data.fill(0);
            return Err(Unauthentic);
        }
        Ok(())
    }
}
