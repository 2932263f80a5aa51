//! AES-256-GCM, NIST SP 800-38D: the kernel where the processor has the instructions for it, or
//! `ring`.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce as RingNonce, UnboundKey};

use super::{Aead, Nonce, Tag, Unauthentic};
use crate::Level;
use crate::lowlevel::Wiped;

/// Why not `ring` everywhere: see `docs/architecture.md`.
pub(super) fn at(level: Level, key: &[u8; 32]) -> Option<Box<dyn Aead>> {
    match level {
        Level::Portable => Some(Box::new(Ring::new(key))),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => {
            use crate::kernel::{Aes256, Gcm};
            use crate::lowlevel::vector::V512;
            Some(Box::new(Gcm::<Aes256<V512>>::new(key)?))
        }
        _ => None,
    }
}

/// `ring` does not erase its key schedule; [`Wiped`] does.
struct Ring(Wiped<LessSafeKey>);

impl Ring {
    fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("the length was checked");
        Self(Wiped::new(LessSafeKey::new(key)))
    }
}

impl Aead for Ring {
    fn seal(&self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag {
        let nonce = RingNonce::assume_unique_for_key(*nonce);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, Aad::from(aad), data)
            .expect("no message reaches 2^36 - 32 bytes");
        tag.as_ref().try_into().expect("a GCM tag has 16 bytes")
    }

    fn open(
        &self,
        nonce: &Nonce,
        aad: &[u8],
        data: &mut [u8],
        tag: &Tag,
    ) -> Result<(), Unauthentic> {
        let nonce = RingNonce::assume_unique_for_key(*nonce);
        let opened =
            self.0.open_in_place_separate_tag(nonce, Aad::from(aad), (*tag).into(), data, 0..);
        if opened.is_err() {
            data.fill(0);
            return Err(Unauthentic);
        }
        Ok(())
    }
}
