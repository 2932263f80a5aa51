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
                .expect("fails only without randomness, or with probability 2^-250")
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

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    fn secret(bytes: [u8; 32]) -> Secret<32> {
        Secret::from_slice(&bytes).unwrap()
    }

    fn check_ed25519(seed: [u8; 32], public: [u8; 32], message: &[u8], signature: [u8; 64]) {
        let key = SigningKey::from_seed(Suite::Aes256Gcm, &secret(seed));
        assert_eq!(key.verifying_key().to_bytes(), public);
        assert_eq!(key.sign(message), signature);
        assert!(key.verifying_key().verify(message, &signature).is_ok());
    }

    /// RFC 8032 §7.1, tests 1 and 3.
    #[test]
    fn rfc_8032_ed25519() {
        check_ed25519(
            hex!("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
            hex!("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
            b"",
            hex!(
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
        );
        check_ed25519(
            hex!("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
            hex!("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
            &hex!("af82"),
            hex!(
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
            ),
        );
    }

    /// GB/T 32918.5-2017 annex A.2.
    #[test]
    fn gbt_32918_5_sm2() {
        let d = hex!("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8");
        let public = hex!(
            "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
            "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
        );
        let signature = hex!(
            "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
            "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
        );
        let key = SigningKey::from_private(Suite::Sm4Gcm, &secret(d)).unwrap();
        assert_eq!(key.to_private().expose(), &d);
        let public_key = VerifyingKey::from_bytes(Suite::Sm4Gcm, &public).unwrap();
        assert_eq!(key.verifying_key(), public_key);
        assert!(public_key.verify(b"message digest", &signature).is_ok());
        assert!(public_key.verify(b"message digests", &signature).is_err());
        assert!(public_key.verify(b"message digest", &key.sign(b"message digest")).is_ok());
    }

    #[test]
    fn every_byte_of_a_signature_counts() {
        for suite in Suite::ALL {
            let key = SigningKey::from_seed(suite, &Secret::random());
            let public = key.verifying_key();
            let signature = key.sign(b"message");
            assert!(public.verify(b"message", &signature).is_ok());
            for index in 0..64 {
                let mut changed = signature;
                changed[index] ^= 1;
                assert_eq!(public.verify(b"message", &changed), Err(Unauthentic));
            }
            assert!(public.verify(b"massage", &signature).is_err());
            assert!(public.verify(b"message", &[0; 64]).is_err());
            assert!(public.verify(b"message", &[0xFF; 64]).is_err());
            let other = SigningKey::from_seed(suite, &Secret::random()).verifying_key();
            assert!(other.verify(b"message", &signature).is_err());
        }
    }

    #[test]
    fn keys_lead_back() {
        for suite in Suite::ALL {
            let key = SigningKey::from_seed(suite, &Secret::random());
            let again = SigningKey::from_private(suite, &key.to_private()).unwrap();
            assert_eq!(again.verifying_key(), key.verifying_key());
            let bytes = key.verifying_key().to_bytes();
            assert_eq!(VerifyingKey::from_bytes(suite, &bytes), Some(key.verifying_key()));
            assert_eq!(VerifyingKey::from_bytes(suite, &bytes[1..]), None);
            assert_eq!(key.suite(), suite);
            assert_eq!(format!("{key:?}"), format!("SigningKey({suite}, redacted)"));
        }
        assert!(SigningKey::from_private(Suite::Sm4Gcm, &secret([0; 32])).is_none());
    }

    /// Signatures of SM2 differ each time, those of Ed25519 do not.
    #[test]
    fn freshness() {
        let [ed25519, sm2] =
            Suite::ALL.map(|suite| SigningKey::from_seed(suite, &Secret::random()));
        assert_eq!(ed25519.sign(b"m"), ed25519.sign(b"m"));
        assert_ne!(sm2.sign(b"m")[..32], sm2.sign(b"m")[..32]);
    }

    /// Points of small order, for which a signature holds for many messages.
    #[test]
    fn weak_ed25519_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        for point in [
            identity,
            [0; 32],
            hex!("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        ] {
            assert!(VerifyingKey::from_bytes(Suite::Aes256Gcm, &point).is_none());
        }
    }
}
