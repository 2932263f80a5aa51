//! SM4-GCM: SM4 (GB/T 32907-2016) in the mode of SP 800-38D, as RFC 8998 §2 fixes it.

#[cfg(target_arch = "x86_64")]
mod wide;

use aes_gcm::aead::consts::U12;
use aes_gcm::{AeadInOut, AesGcm, KeyInit};

use super::{Aead, Nonce, Tag, Unauthentic};
use crate::lowlevel::Wiped;

/// `AesGcm` is the mode over any 128-bit block cipher, in spite of its name.
type Gcm<C> = AesGcm<C, U12>;

/// A key, over the fastest implementation of the block cipher that this processor can run.
pub(super) enum Sm4Gcm {
    #[cfg(target_arch = "x86_64")]
    Wide(Wiped<Gcm<wide::Sm4Wide>>),
    Portable(Wiped<Gcm<sm4::Sm4>>),
}

impl Sm4Gcm {
    pub(super) fn new(key: &[u8]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(cpu) = crate::lowlevel::sm4::Token::detect() {
            let key = key.try_into().expect("the length was checked");
            return Self::Wide(Wiped::new(Gcm::from(wide::Sm4Wide::new(cpu, key))));
        }
        Self::portable(key)
    }

    fn portable(key: &[u8]) -> Self {
        Self::Portable(Wiped::new(Gcm::new_from_slice(key).expect("the length was checked")))
    }
}

impl Aead for Sm4Gcm {
    fn seal(&self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag {
        let data = data.into();
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Wide(key) => key.encrypt_inout_detached(nonce.into(), aad, data),
            Self::Portable(key) => key.encrypt_inout_detached(nonce.into(), aad, data),
        }
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
        let (tag, inout) = (tag.into(), (&mut *data).into());
        let opened = match self {
            #[cfg(target_arch = "x86_64")]
            Self::Wide(key) => key.decrypt_inout_detached(nonce.into(), aad, inout, tag),
            Self::Portable(key) => key.decrypt_inout_detached(nonce.into(), aad, inout, tag),
        };
        if opened.is_err() {
            data.fill(0);
            return Err(Unauthentic);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    /// Lengths around whole blocks and whole groups of blocks.
    #[test]
    fn both_implementations_give_the_same() {
        let key: [u8; 16] = random::array();
        let (fast, portable) = (Sm4Gcm::new(&key), Sm4Gcm::portable(&key));
        for len in (0..=600).chain([4095, 4096, 4097]) {
            let mut data = vec![0; len];
            random::fill(&mut data);
            let (nonce, plaintext) = (random::array(), data.clone());
            let tag = fast.seal(&nonce, b"aad", &mut data);
            let mut again = plaintext.clone();
            assert_eq!(portable.seal(&nonce, b"aad", &mut again), tag);
            assert_eq!(data, again);
            portable.open(&nonce, b"aad", &mut data, &tag).unwrap();
            assert_eq!(data, plaintext);
            fast.open(&nonce, b"aad", &mut again, &tag).unwrap();
            assert_eq!(again, plaintext);
        }
    }

    /// RFC 8998 A.1 through the portable implementation; the public interface takes the other
    /// where it can.
    #[test]
    fn rfc_8998_a1_portable() {
        use hex_literal::hex;
        let portable = Sm4Gcm::portable(&hex!("0123456789ABCDEFFEDCBA9876543210"));
        let aad = hex!("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2");
        let mut data = [0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA].map(|byte| [byte; 8]);
        let tag = portable.seal(&hex!("00001234567800000000ABCD"), &aad, data.as_flattened_mut());
        assert_eq!(tag, hex!("83DE3541E4C2B58177E065A9BF7B62EC"));
        assert_eq!(data[0], hex!("17F399F08C67D5EE"));
    }
}
