//! Signatures: Ed25519 (RFC 8032) or SM2 with SM3 (GB/T 32918.2-2016), by suite.

use std::fmt;

use ed25519_dalek::Signer;
use getrandom::SysRng;
use sm2::dsa::signature::{RandomizedSigner, Verifier};

use crate::lowlevel::Wiped;
use crate::sm2_key::{self, SM2_DEFAULT_ID};
use crate::{Secret, Suite, Unauthentic};

/// A private key that signs.
///
/// ```
/// use sealkeep_crypto::{Secret, SigningKey, Suite, VerifyingKey};
///
/// let key = SigningKey::from_seed(Suite::Sm4Gcm, &Secret::random());
/// let signature = key.sign(b"destroy list 17");
///
/// let public = key.verifying_key().to_bytes();
/// let public = VerifyingKey::from_bytes(Suite::Sm4Gcm, &public).expect("it was just made");
/// assert!(public.verify(b"destroy list 17", &signature).is_ok());
/// assert!(public.verify(b"destroy list 18", &signature).is_err());
/// ```
pub struct SigningKey(Private);

enum Private {
    Ed25519(Wiped<ed25519_dalek::SigningKey>),
    Sm2(Wiped<sm2::dsa::SigningKey>),
}

impl SigningKey {
    /// The key of a seed; the same seed gives the same key.
    ///
    /// - `aes256-gcm`: the seed is the private key of RFC 8032 §5.1.5.
    /// - `sm4-gcm`: with PRK = HKDF-SM3-Extract(empty salt, seed), the private key d is the first
    ///   of HKDF-SM3-Expand(PRK, `"sealkeep sm2 signing v1"` ‖ i, 32), i = 0, 1, … (one byte),
    ///   read big-endian, with 1 ≤ d ≤ n − 2. The identity is [`SM2_DEFAULT_ID`].
    pub fn from_seed(suite: Suite, seed: &Secret<32>) -> Self {
        match suite {
            Suite::Aes256Gcm => Self::ed25519(seed),
            Suite::Sm4Gcm => Self::sm2(&sm2_key::from_seed(seed, b"sealkeep sm2 signing v1")),
        }
    }

    /// The key with these private bytes, as a PKCS#8 file holds them: the 32 bytes of RFC 8032
    /// §5.1.5, or d of SM2, big-endian. `None` if d is out of range.
    pub fn from_private(suite: Suite, private: &Secret<32>) -> Option<Self> {
        Some(match suite {
            Suite::Aes256Gcm => Self::ed25519(private),
            Suite::Sm4Gcm => Self::sm2(&*sm2_key::from_scalar(private)?),
        })
    }

    /// The private bytes that [`from_private`](Self::from_private) takes.
    pub fn to_private(&self) -> Secret<32> {
        Secret::init_with(|out| match &self.0 {
            Private::Ed25519(key) => out.copy_from_slice(key.as_bytes()),
            Private::Sm2(key) => out.copy_from_slice(&zeroize::Zeroizing::new(key.to_bytes())[..]),
        })
    }

    /// Signs a message: r ‖ s (SM2, both big-endian) or R ‖ S (Ed25519).
    ///
    /// Ed25519 signatures are deterministic. SM2 signatures differ each time: the nonce is
    /// derived from the key, the message and fresh randomness (RFC 6979 §3.6), so that neither
    /// a weak generator nor a fault can repeat it.
    ///
    /// # Panics
    /// With SM2, if the operating system has no randomness.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        match &self.0 {
            Private::Ed25519(key) => key.sign(message).to_bytes(),
            Private::Sm2(key) => key
                .try_sign_with_rng(&mut SysRng, message)
                .expect("the operating system gives random bytes")
                .to_bytes()
                .into(),
        }
    }

    /// The public key that belongs to this key.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(match &self.0 {
            Private::Ed25519(key) => Public::Ed25519(key.verifying_key()),
            Private::Sm2(key) => Public::Sm2(Box::new(key.verifying_key().clone())),
        })
    }

    /// The suite of this key.
    pub fn suite(&self) -> Suite {
        match &self.0 {
            Private::Ed25519(_) => Suite::Aes256Gcm,
            Private::Sm2(_) => Suite::Sm4Gcm,
        }
    }

    fn ed25519(private: &Secret<32>) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(private.expose());
        Self(Private::Ed25519(Wiped::new(key)))
    }

    fn sm2(private: &sm2::SecretKey) -> Self {
        let key = sm2::dsa::SigningKey::new(default_id(), private).expect(SHORT_ID);
        Self(Private::Sm2(Wiped::new(key)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, redacted)", self.suite())
    }
}

/// A public key that verifies signatures.
#[derive(Clone)]
pub struct VerifyingKey(Public);

#[derive(Clone)]
enum Public {
    Ed25519(ed25519_dalek::VerifyingKey),
    Sm2(Box<sm2::dsa::VerifyingKey>),
}

impl VerifyingKey {
    /// Reads 32 bytes (Ed25519, RFC 8032 §5.1.2) or 65 (SM2, 04 ‖ x ‖ y).
    ///
    /// `None` if they are not a point of the curve, or one of the few under which a signature can
    /// be made without knowing a private key.
    pub fn from_bytes(suite: Suite, bytes: &[u8]) -> Option<Self> {
        Some(Self(match suite {
            Suite::Aes256Gcm => {
                let key = ed25519_dalek::VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
                if key.is_weak() {
                    return None;
                }
                Public::Ed25519(key)
            }
            Suite::Sm4Gcm => {
                let key = sm2_key::public_from_bytes(bytes)?;
                let key = sm2::dsa::VerifyingKey::new(default_id(), key).expect(SHORT_ID);
                Public::Sm2(Box::new(key))
            }
        }))
    }

    /// The bytes that [`from_bytes`](Self::from_bytes) reads: 32 or 65.
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.0 {
            Public::Ed25519(key) => key.as_bytes().to_vec(),
            Public::Sm2(key) => key.to_sec1_bytes().into_vec(),
        }
    }

    /// Verifies a signature of [`SigningKey::sign`]. Ed25519 signatures are checked without
    /// cofactor, and values that are not canonical are refused, so every conforming verifier
    /// agrees.
    ///
    /// # Errors
    /// [`Unauthentic`] if the signature is not one of this key over this message.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Unauthentic> {
        match &self.0 {
            Public::Ed25519(key) => key.verify_strict(message, &signature.into()).ok(),
            Public::Sm2(key) => sm2::dsa::Signature::from_slice(signature)
                .and_then(|signature| key.verify(message, &signature))
                .ok(),
        }
        .ok_or(Unauthentic)
    }

    /// The suite of this key.
    pub fn suite(&self) -> Suite {
        match &self.0 {
            Public::Ed25519(_) => Suite::Aes256Gcm,
            Public::Sm2(_) => Suite::Sm4Gcm,
        }
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.suite() == other.suite() && self.to_bytes() == other.to_bytes()
    }
}

impl Eq for VerifyingKey {}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({}, ", self.suite())?;
        self.to_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

const SHORT_ID: &str = "the default identity has 128 bits, fewer than 65536";

fn default_id() -> &'static str {
    std::str::from_utf8(SM2_DEFAULT_ID).expect("the default identity is ASCII")
}
