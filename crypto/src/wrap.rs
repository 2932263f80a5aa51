//! Wrapping a 32-byte key to a public key: HPKE (RFC 9180) or SM2 encryption (GB/T 32918.4-2016).

use std::fmt;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use hpke::kem::{Kem as _, X25519HkdfSha256 as Kem};
use hpke::{Deserializable, OpModeR, OpModeS, Serializable};
use sm2::pke::{DecryptingKey, EncryptingKey, Mode};

use crate::lowlevel::Wiped;
use crate::{HASH_LEN, Secret, Suite, TAG_LEN, Unauthentic, eq_ct, hash, sm2_key};

/// The private half: unwraps.
///
/// ```
/// use sealkeep_crypto::{Secret, Suite, WrapSecret};
///
/// let custodian = WrapSecret::from_seed(Suite::Aes256Gcm, &Secret::random());
/// let key = Secret::<32>::random();
///
/// let wrapped = custodian.public().wrap(&key, b"cell 3");
/// let again = custodian.unwrap(&wrapped, b"cell 3").expect("same key and context");
/// assert_eq!(again.expose(), key.expose());
/// assert!(custodian.unwrap(&wrapped, b"cell 4").is_err());
/// ```
pub struct WrapSecret(Private);

enum Private {
    X25519(Wiped<<Kem as hpke::Kem>::PrivateKey>),
    Sm2(Wiped<DecryptingKey>),
}

/// The public half: wraps.
#[derive(Clone)]
pub struct WrapPublic(Public);

#[derive(Clone)]
enum Public {
    X25519(<Kem as hpke::Kem>::PublicKey),
    Sm2(EncryptingKey),
}

/// Bytes in a wrapped key: 80 (encapsulated key 32, ciphertext 32, tag 16) or 161 (C1 65, C3 32,
/// C2 64).
pub const fn wrapped_len(suite: Suite) -> usize {
    match suite {
        Suite::Aes256Gcm => X25519_LEN + KEY_LEN + TAG_LEN,
        Suite::Sm4Gcm => sm2_key::PUBLIC_LEN + HASH_LEN + SM2_PLAINTEXT_LEN,
    }
}

impl WrapSecret {
    /// The key of a seed; the same seed gives the same key.
    ///
    /// - `aes256-gcm`: DeriveKeyPair(seed) of DHKEM(X25519, HKDF-SHA256), RFC 9180 §7.1.3.
    /// - `sm4-gcm`: as [`SigningKey::from_seed`](crate::SigningKey::from_seed) with the label
    ///   `"sealkeep sm2 wrapping v1"`, so one seed may serve both.
    pub fn from_seed(suite: Suite, seed: &Secret<32>) -> Self {
        Self(match suite {
            Suite::Aes256Gcm => Private::X25519(Wiped::new(Kem::derive_keypair(seed.expose()).0)),
            Suite::Sm4Gcm => {
                let key = sm2_key::from_seed(seed, b"sealkeep sm2 wrapping v1");
                let scalar = key.to_nonzero_scalar();
                Private::Sm2(Wiped::new(DecryptingKey::new_with_mode(scalar, Mode::C1C3C2)))
            }
        })
    }

    /// The public half.
    pub fn public(&self) -> WrapPublic {
        WrapPublic(match &self.0 {
            Private::X25519(key) => Public::X25519(Kem::sk_to_pk(key)),
            Private::Sm2(key) => Public::Sm2(key.encrypting_key().clone()),
        })
    }

    /// Unwraps what [`WrapPublic::wrap`] made with the same context.
    ///
    /// # Errors
    /// [`Unauthentic`] if it was wrapped to another key or with another context, or was altered.
    pub fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Result<Secret<32>, Unauthentic> {
        if wrapped.len() != wrapped_len(self.suite()) {
            return Err(Unauthentic);
        }
        match &self.0 {
            Private::X25519(key) => hpke_open(key, wrapped, context),
            Private::Sm2(key) => sm2_open(key, wrapped, context),
        }
        .ok_or(Unauthentic)
    }

    /// The suite of this key.
    pub fn suite(&self) -> Suite {
        match &self.0 {
            Private::X25519(_) => Suite::Aes256Gcm,
            Private::Sm2(_) => Suite::Sm4Gcm,
        }
    }
}

impl fmt::Debug for WrapSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrapSecret({}, redacted)", self.suite())
    }
}

impl WrapPublic {
    /// Reads 32 bytes (X25519, RFC 7748) or 65 (SM2, 04 ‖ x ‖ y).
    ///
    /// `None` if they are not a point of the curve, or one of the few with which every private
    /// key agrees on the same secret (RFC 9180 §7.1.4).
    pub fn from_bytes(suite: Suite, bytes: &[u8]) -> Option<Self> {
        Some(Self(match suite {
            Suite::Aes256Gcm => {
                let point: [u8; X25519_LEN] = bytes.try_into().ok()?;
                // Clamping makes every scalar a multiple of the cofactor, so one try tells all.
                if x25519_dalek::x25519([1; 32], point) == [0; 32] {
                    return None;
                }
                Public::X25519(<Kem as hpke::Kem>::PublicKey::from_bytes(bytes).ok()?)
            }
            Suite::Sm4Gcm => {
                let key = sm2_key::public_from_bytes(bytes)?;
                Public::Sm2(EncryptingKey::new_with_mode(key, Mode::C1C3C2))
            }
        }))
    }

    /// The bytes that [`from_bytes`](Self::from_bytes) reads: 32 or 65.
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.0 {
            Public::X25519(key) => key.to_bytes().to_vec(),
            Public::Sm2(key) => key.to_sec1_bytes().into_vec(),
        }
    }

    /// Wraps a key; the result has [`wrapped_len`] bytes and differs each time.
    ///
    /// `context` is not in the result but must be given again to unwrap.
    ///
    /// - `aes256-gcm`: HPKE base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM;
    ///   `context` is `info`, `aad` is empty; enc ‖ ciphertext ‖ tag.
    /// - `sm4-gcm`: SM2 encryption of key ‖ SM3(context); C1 ‖ C3 ‖ C2, C1 uncompressed.
    ///
    /// # Panics
    /// If the operating system has no randomness.
    pub fn wrap(&self, key: &Secret<32>, context: &[u8]) -> Vec<u8> {
        match &self.0 {
            Public::X25519(public) => hpke_seal(public, key, context),
            Public::Sm2(public) => sm2_seal(public, key, context),
        }
    }

    /// The suite of this key.
    pub fn suite(&self) -> Suite {
        match &self.0 {
            Public::X25519(_) => Suite::Aes256Gcm,
            Public::Sm2(_) => Suite::Sm4Gcm,
        }
    }
}

impl PartialEq for WrapPublic {
    fn eq(&self, other: &Self) -> bool {
        self.suite() == other.suite() && self.to_bytes() == other.to_bytes()
    }
}

impl Eq for WrapPublic {}

impl fmt::Debug for WrapPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrapPublic({}, ", self.suite())?;
        self.to_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

const KEY_LEN: usize = 32;
const X25519_LEN: usize = 32;
const SM2_PLAINTEXT_LEN: usize = KEY_LEN + HASH_LEN;

type HpkeAead = hpke::aead::AesGcm256;
type HpkeKdf = hpke::kdf::HkdfSha256;

/// RFC 9180 §6.1, SealBase.
fn hpke_seal(public: &<Kem as hpke::Kem>::PublicKey, key: &Secret<32>, context: &[u8]) -> Vec<u8> {
    let mut sealed = key.duplicate();
    let (enc, tag) = hpke::single_shot_seal_inout_detached_with_rng::<HpkeAead, HpkeKdf, Kem>(
        &OpModeS::Base,
        public,
        context,
        sealed.expose_mut().as_mut_slice().into(),
        b"",
        &mut UnwrapErr(SysRng),
    )
    .expect("from_bytes refuses the keys with which no secret can be agreed");
    [&enc.to_bytes()[..], sealed.expose(), &tag.to_bytes()[..]].concat()
}

/// RFC 9180 §6.1, OpenBase.
fn hpke_open(
    secret: &<Kem as hpke::Kem>::PrivateKey,
    wrapped: &[u8],
    context: &[u8],
) -> Option<Secret<32>> {
    let (enc, sealed) = wrapped.split_at(X25519_LEN);
    let (sealed, tag) = sealed.split_at(KEY_LEN);
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(enc).ok()?;
    let tag = hpke::aead::AeadTag::<HpkeAead>::from_bytes(tag).ok()?;
    let mut key = Secret::from_slice(sealed)?;
    hpke::single_shot_open_inout_detached::<HpkeAead, HpkeKdf, Kem>(
        &OpModeR::Base,
        secret,
        &enc,
        context,
        key.expose_mut().as_mut_slice().into(),
        b"",
        &tag,
    )
    .ok()?;
    Some(key)
}

/// GB/T 32918.4-2016 §6.1. SM2 encryption has no place for associated data, so the hash of the
/// context is encrypted with the key; C3 authenticates both.
fn sm2_seal(public: &EncryptingKey, key: &Secret<32>, context: &[u8]) -> Vec<u8> {
    let mut plaintext = Secret::<SM2_PLAINTEXT_LEN>::zeroed();
    plaintext.expose_mut()[..KEY_LEN].copy_from_slice(key.expose());
    plaintext.expose_mut()[KEY_LEN..].copy_from_slice(&hash(Suite::Sm4Gcm, &[context]));
    public
        .encrypt(&mut SysRng, plaintext.expose())
        .expect("the operating system gives random bytes")
}

/// GB/T 32918.4-2016 §7.1.
fn sm2_open(secret: &DecryptingKey, wrapped: &[u8], context: &[u8]) -> Option<Secret<32>> {
    if wrapped[0] != 0x04 {
        return None;
    }
    let cipher = sm2::pke::Cipher::<sm2::Sm2, sm3::Sm3>::from_slice(wrapped, Mode::C1C3C2).ok()?;
    let mut plaintext = Secret::<SM2_PLAINTEXT_LEN>::zeroed();
    secret.decrypt_cipher_with_buf(&cipher, plaintext.expose_mut()).ok()?;
    let (key, bound) = plaintext.expose().split_at(KEY_LEN);
    if !eq_ct(bound, &hash(Suite::Sm4Gcm, &[context])) {
        return None;
    }
    Secret::from_slice(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    fn counting(first: u8) -> Secret<32> {
        Secret::init_with(|out| {
            for (value, byte) in (first..).zip(out) {
                *byte = value;
            }
        })
    }

    /// RFC 9180 A.1.1: DeriveKeyPair, through the public interface.
    #[test]
    fn rfc_9180_derive_key_pair() {
        let ikm = hex!("6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037");
        let key = WrapSecret::from_seed(Suite::Aes256Gcm, &Secret::from_slice(&ikm).unwrap());
        let public = hex!("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d");
        assert_eq!(key.public().to_bytes(), public);
    }

    /// RFC 9180 A.1.1, sequence number 0. It is for AES-128-GCM; the KEM, the KDF and the key
    /// schedule are the ones used here. AES-256-GCM follows in the next test.
    #[test]
    fn rfc_9180_base_mode() {
        let secret = hex!("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8");
        let enc = hex!("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431");
        let sealed = hex!(
            "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
            "6d8770ac83d07bea87e13c512a"
        );
        let mut context = hpke::setup_receiver::<hpke::aead::AesGcm128, HpkeKdf, Kem>(
            &OpModeR::Base,
            &<Kem as hpke::Kem>::PrivateKey::from_bytes(&secret).unwrap(),
            &<Kem as hpke::Kem>::EncappedKey::from_bytes(&enc).unwrap(),
            b"Ode on a Grecian Urn",
        )
        .unwrap();
        let (data, tag) = sealed.split_at(sealed.len() - TAG_LEN);
        let mut data = data.to_vec();
        let tag = hpke::aead::AeadTag::from_bytes(tag).unwrap();
        context.open_inout_detached(data.as_mut_slice().into(), b"Count-0", &tag).unwrap();
        assert_eq!(data, b"Beauty is truth, truth beauty");
    }

    /// Wrapped by other programs: pyca/cryptography's HPKE, and SM2 written from the standard.
    #[test]
    fn agrees_with_other_implementations() {
        let hpke = hex!(
            "62e5a47b89bedab965abab94e4204e5b5b8509dfd0bc849975061909b052d051"
            "a8d9bb6f9123d97084414c6921be6a6c3aa2befea80c4b8fab4390c04a6d3f84"
            "99a92e840ffe5a750453da187fb5676a"
        );
        let sm2 = hex!(
            "043b92fbf7b4fc7472b3ae70e48bcc7306f450c6339bfb068364dbb6e481f8905f"
            "bd06ee5ecd106c492a12cdc970860325dfca0e2acb646fc575e071f1ef210de4"
            "7ea8676428ce2d0eccc7232f5175d08558370a693664397fa203fc1fb74ca241"
            "97ff6b7ff8527cafbc294d7b0c26ca3543c52ff8baa63a76f6395aea14140c0d"
            "86c1e57dcb3b707eccf5f6c21e4890fa5283be88a604077a07009f81114a77f3"
        );
        for (suite, wrapped) in [(Suite::Aes256Gcm, &hpke[..]), (Suite::Sm4Gcm, &sm2)] {
            let key = WrapSecret::from_seed(suite, &counting(0));
            let unwrapped = key.unwrap(wrapped, b"cell 3").unwrap();
            assert_eq!(unwrapped.expose(), counting(100).expose());
            assert!(key.unwrap(wrapped, b"cell 4").is_err());
        }
    }

    /// GB/T 32918.5-2017 annex C.2, whose message is shorter than a wrapped key.
    #[test]
    fn gbt_32918_5_sm2_encryption() {
        let d = hex!("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8");
        let ciphertext = hex!(
            "0404EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73"
            "E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0"
            "59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766"
            "21886CA989CA9C7D58087307CA93092D651EFA"
        );
        let key = sm2_key::from_scalar(&Secret::from_slice(&d).unwrap()).unwrap();
        let key = DecryptingKey::new_with_mode(key.to_nonzero_scalar(), Mode::C1C3C2);
        assert_eq!(key.decrypt(&ciphertext).unwrap(), b"encryption standard");
    }

    #[test]
    fn every_byte_counts() {
        for suite in Suite::ALL {
            let secret = WrapSecret::from_seed(suite, &Secret::random());
            let key = Secret::random();
            let wrapped = secret.public().wrap(&key, b"context");
            assert_eq!(wrapped.len(), wrapped_len(suite));
            assert_ne!(secret.public().wrap(&key, b"context"), wrapped, "fresh each time");
            assert_eq!(secret.unwrap(&wrapped, b"context").unwrap().expose(), key.expose());

            for index in 0..wrapped.len() {
                let mut changed = wrapped.clone();
                changed[index] ^= 1;
                assert!(secret.unwrap(&changed, b"context").is_err(), "{suite} byte {index}");
            }
            assert!(secret.unwrap(&wrapped, b"").is_err());
            assert!(secret.unwrap(&wrapped[1..], b"context").is_err());
            assert!(secret.unwrap(&[&wrapped[..], &[0]].concat(), b"context").is_err());
            assert!(secret.unwrap(b"", b"context").is_err());
            let other = WrapSecret::from_seed(suite, &Secret::random());
            assert!(other.unwrap(&wrapped, b"context").is_err());
        }
    }

    /// The compressed form of C1 is the same point, but not the same bytes.
    #[test]
    fn a_wrapped_key_has_one_form() {
        let secret = WrapSecret::from_seed(Suite::Sm4Gcm, &Secret::random());
        let wrapped = secret.public().wrap(&Secret::random(), b"");
        let compressed = [&[0x02 | (wrapped[64] & 1)], &wrapped[1..33], &wrapped[65..]].concat();
        assert!(secret.unwrap(&compressed, b"").is_err());
        let padded = [&compressed[..], &[0; 32]].concat();
        assert_eq!(padded.len(), wrapped.len());
        assert!(secret.unwrap(&padded, b"").is_err());
    }

    #[test]
    fn public_keys_lead_back() {
        for suite in Suite::ALL {
            let public = WrapSecret::from_seed(suite, &Secret::random()).public();
            let bytes = public.to_bytes();
            assert_eq!(WrapPublic::from_bytes(suite, &bytes), Some(public));
            assert_eq!(WrapPublic::from_bytes(suite, &bytes[1..]), None);
        }
    }

    /// RFC 7748 §6.1: inputs of small order give the all-zero value.
    #[test]
    fn weak_x25519_keys_are_refused() {
        let mut one = [0; 32];
        one[0] = 1;
        for point in [
            [0; 32],
            one,
            hex!("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
            hex!("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
            hex!("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        ] {
            assert!(WrapPublic::from_bytes(Suite::Aes256Gcm, &point).is_none());
        }
    }
}
