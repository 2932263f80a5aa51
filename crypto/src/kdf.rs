//! Key derivation: HKDF (RFC 5869) with the hash of the suite.

use hkdf::Hkdf;
use sha2::Sha256;
use sm3::Sm3;
use zeroize::Zeroize;

use crate::{Secret, Suite, hmac};

/// A pseudorandom key, from which any number of keys with different `info` are expanded.
///
/// ```
/// use sealkeep_crypto::{Kdf, Secret, Suite};
///
/// let data_key = Secret::<32>::random();
/// let kdf = Kdf::extract(Suite::Aes256Gcm, b"salt of the file", data_key.expose());
/// let payload = Secret::<32>::init_with(|out| kdf.expand(&[b"payload"], out));
/// let names = Secret::<32>::init_with(|out| kdf.expand(&[b"names"], out));
/// assert_ne!(payload.expose(), names.expose());
/// ```
#[derive(Debug)]
pub struct Kdf {
    suite: Suite,
    prk: Secret<32>,
}

impl Kdf {
    /// HKDF-Extract (RFC 5869 §2.2): condenses key material of any length and a salt, which need
    /// not be secret and may be empty.
    pub fn extract(suite: Suite, salt: &[u8], ikm: &[u8]) -> Kdf {
        let mut prk = hmac(suite, salt, &[ikm]);
        let secret = Secret::init_with(|out| out.copy_from_slice(&prk));
        prk.zeroize();
        Kdf { suite, prk: secret }
    }

    /// HKDF-Expand (RFC 5869 §2.3): fills `out`; `info` is the concatenation of the parts, whose
    /// lengths are not included.
    ///
    /// # Panics
    /// If `out` is longer than 255 · 32 = 8160 bytes.
    pub fn expand(&self, info: &[&[u8]], out: &mut [u8]) {
        const LENGTH: &str = "a pseudorandom key has the length of the hash";
        let prk = self.prk.expose();
        match self.suite {
            Suite::Aes256Gcm => {
                Hkdf::<Sha256>::from_prk(prk).expect(LENGTH).expand_multi_info(info, out)
            }
            Suite::Sm4Gcm => Hkdf::<Sm3>::from_prk(prk).expect(LENGTH).expand_multi_info(info, out),
        }
        .expect("at most 8160 bytes are expanded from one key and info");
    }
}
