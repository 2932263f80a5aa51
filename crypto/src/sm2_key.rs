//! SM2 private keys from seeds, and the encoding of public keys (GB/T 32918.1-2016).

use sm2::{PublicKey, SecretKey};

use crate::lowlevel::Wiped;
use crate::{Kdf, Secret, Suite};

/// The identity that GM/T 0009-2012 §10 gives to a signer who has none of their own.
pub const SM2_DEFAULT_ID: &[u8] = b"1234567812345678";

/// Bytes of a public key: 04 ‖ x ‖ y.
pub(crate) const PUBLIC_LEN: usize = 65;

/// n − 1, where n is the order of the curve sm2p256v1 (GB/T 32918.5-2017 §2).
const ORDER_MINUS_1: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0x72, 0x03, 0xDF, 0x6B, 0x21, 0xC6, 0x05, 0x2B, 0x53, 0xBB, 0xF4, 0x09, 0x39, 0xD5, 0x41, 0x22,
];

/// The private key of a seed: with PRK = HKDF-SM3-Extract(empty salt, seed), the first of
/// HKDF-SM3-Expand(PRK, label ‖ i, 32), i = 0, 1, … (one byte), that is a private key.
pub(crate) fn from_seed(seed: &Secret<32>, label: &[u8]) -> Wiped<SecretKey> {
    let kdf = Kdf::extract(Suite::Sm4Gcm, b"", seed.expose());
    (0..=255_u8)
        .find_map(|i| {
            let candidate = Secret::<32>::init_with(|out| kdf.expand(&[label, &[i]], out));
            from_scalar(&candidate)
        })
        .expect("256 candidates in turn are out of range with probability 2^-8192")
}

/// The private key with this value d, if 1 ≤ d ≤ n − 2 (GB/T 32918.1-2016 §6.1).
pub(crate) fn from_scalar(d: &Secret<32>) -> Option<Wiped<SecretKey>> {
    if d.expose() == &ORDER_MINUS_1 {
        return None;
    }
    SecretKey::from_slice(d.expose()).ok().map(Wiped::new)
}

/// Reads 04 ‖ x ‖ y, the only form accepted, and checks that the point is on the curve and not
/// at infinity (GB/T 32918.1-2016 §6.2).
pub(crate) fn public_from_bytes(bytes: &[u8]) -> Option<PublicKey> {
    if bytes.len() != PUBLIC_LEN || bytes[0] != 0x04 {
        return None;
    }
    PublicKey::from_sec1_bytes(bytes).ok()
}
