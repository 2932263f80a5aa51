//! SM4-GCM: SM4 (GB/T 32907-2016) in the mode of SP 800-38D, as RFC 8998 §2 fixes it.

use aes_gcm::aead::consts::U12;
use aes_gcm::{AeadInOut, AesGcm, KeyInit};

use super::{Aead, Nonce, Tag, Unauthentic};
use crate::lowlevel::Wiped;

/// `AesGcm` is the mode over any 128-bit block cipher, in spite of its name.
pub(super) struct Sm4Gcm(Wiped<AesGcm<sm4::Sm4, U12>>);

impl Sm4Gcm {
    pub(super) fn new(key: &[u8]) -> Self {
        Self(Wiped::new(AesGcm::new_from_slice(key).expect("the length was checked")))
    }
}

impl Aead for Sm4Gcm {
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
