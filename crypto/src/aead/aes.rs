//! AES-256-GCM, NIST SP 800-38D, by `ring` (AES-NI / VAES and CLMUL kernels, constant time).

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce as RingNonce, UnboundKey};

use super::{Aead, Nonce, Tag, Unauthentic};
use crate::lowlevel::Wiped;

/// `ring` does not erase its key schedule; [`Wiped`] does.
pub(super) struct Aes256Gcm(Wiped<LessSafeKey>);

impl Aes256Gcm {
    pub(super) fn new(key: &[u8]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("the length was checked");
        Self(Wiped::new(LessSafeKey::new(key)))
    }
}

impl Aead for Aes256Gcm {
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
