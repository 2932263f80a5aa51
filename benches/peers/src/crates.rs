//! Peers that are crates: `ring`, `aws-lc-rs`, and the portable ones of RustCrypto.

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, AesGcm};
use sha2::Digest as _;

use crate::contender::{Aead, Contender, Nonce, Tag};

/// AES-256-GCM.
pub fn aes256_gcm() -> Vec<Contender> {
    vec![
        Contender::aead("aws-lc-rs", |key| {
            use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
            AwsLc(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes")))
        }),
        Contender::aead("ring", |key| {
            use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
            Ring(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes")))
        }),
        Contender::aead("`aes-gcm` crate", |key| {
            Portable(Aes256Gcm::new_from_slice(key).expect("32 bytes"))
        }),
    ]
}

/// SM4-GCM.
pub fn sm4_gcm() -> Vec<Contender> {
    vec![Contender::aead("`sm4` crate", |key| {
        Portable(AesGcm::<sm4::Sm4, U12>::new_from_slice(key).expect("16 bytes"))
    })]
}

/// SHA-256.
pub fn sha256() -> Vec<Contender> {
    vec![
        Contender::hash("aws-lc-rs", || {
            |data: &[u8]| {
                let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, data);
                hash.as_ref().try_into().expect("32 bytes")
            }
        }),
        Contender::hash("ring", || {
            |data: &[u8]| {
                let hash = ring::digest::digest(&ring::digest::SHA256, data);
                hash.as_ref().try_into().expect("32 bytes")
            }
        }),
        Contender::hash("`sha2` crate", || |data: &[u8]| sha2::Sha256::digest(data).into()),
    ]
}

/// SM3.
pub fn sm3() -> Vec<Contender> {
    vec![Contender::hash("`sm3` crate", || |data: &[u8]| sm3::Sm3::digest(data).into())]
}

struct Ring(ring::aead::LessSafeKey);

impl Aead for Ring {
    fn seal(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag {
        use ring::aead::{Aad, Nonce};
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), data);
        tag.expect("a short message").as_ref().try_into().expect("16 bytes")
    }

    fn open(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8], tag: &Tag) -> bool {
        use ring::aead::{Aad, Nonce};
        let (nonce, aad) = (Nonce::assume_unique_for_key(*nonce), Aad::from(aad));
        self.0.open_in_place_separate_tag(nonce, aad, (*tag).into(), data, 0..).is_ok()
    }
}

struct AwsLc(aws_lc_rs::aead::LessSafeKey);

impl Aead for AwsLc {
    fn seal(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag {
        use aws_lc_rs::aead::{Aad, Nonce};
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), data);
        tag.expect("a short message").as_ref().try_into().expect("16 bytes")
    }

    fn open(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8], tag: &Tag) -> bool {
        use aws_lc_rs::aead::{Aad, Nonce};
        let (nonce, aad) = (Nonce::assume_unique_for_key(*nonce), Aad::from(aad));
        self.0.open_in_place_separate_tag(nonce, aad, tag, data).is_ok()
    }
}

/// `AesGcm` is the mode over any 128-bit block cipher, in spite of its name.
struct Portable<G>(G);

impl<G> Aead for Portable<G>
where
    G: AeadInOut<NonceSize = U12, TagSize = aes_gcm::aead::consts::U16> + Send,
{
    fn seal(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag {
        let tag = self.0.encrypt_inout_detached(nonce.into(), aad, data.into());
        tag.expect("a short message").into()
    }

    fn open(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8], tag: &Tag) -> bool {
        self.0.decrypt_inout_detached(nonce.into(), aad, data.into(), tag.into()).is_ok()
    }
}
