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
fn hpke_seal(
    public: &<Kem as hpke::Kem>::PublicKey,
    key: &Secret<32>,
    context: &[u8],
) -> Vec<u8> {
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
