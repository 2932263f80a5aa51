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

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    /// Computed by a separate program.
    #[test]
    fn a_seed_gives_the_documented_key() {
        let seed = Secret::init_with(|out| *out = std::array::from_fn(|i| i.to_le_bytes()[0]));
        let key = from_seed(&seed, b"sealkeep sm2 signing v1");
        let expected = hex!("4e5d272ae9fd844a5bbcc79871be0a7aafcc9c086ff96ee2caa8d85780f518b6");
        assert_eq!(key.to_bytes()[..], expected);
        let other = from_seed(&seed, b"sealkeep sm2 wrapping v1");
        assert_ne!(other.to_bytes()[..], expected);
    }

    #[test]
    fn private_keys_lie_between_1_and_n_minus_2() {
        let mut d = Secret::<32>::zeroed();
        assert!(from_scalar(&d).is_none());
        d.expose_mut()[31] = 1;
        assert!(from_scalar(&d).is_some());

        *d.expose_mut() = ORDER_MINUS_1;
        assert!(from_scalar(&d).is_none());
        d.expose_mut()[31] += 1;
        assert!(from_scalar(&d).is_none());
        d.expose_mut()[31] -= 2;
        assert!(from_scalar(&d).is_some());
        d.expose_mut().fill(0xFF);
        assert!(from_scalar(&d).is_none());
    }

    #[test]
    fn public_keys_have_one_form() {
        let key = from_scalar(&Secret::init_with(|out| out.fill(1))).unwrap().public_key();
        let bytes = key.to_sec1_bytes();
        assert_eq!(public_from_bytes(&bytes), Some(key));

        let compressed = [&[0x02 | (bytes[64] & 1)], &bytes[1..33]].concat();
        assert_eq!(public_from_bytes(&compressed), None);
        assert_eq!(public_from_bytes(&[0]), None);
        assert_eq!(public_from_bytes(b""), None);
        for (index, value) in [(0, 0x06), (1, bytes[1] ^ 1), (64, bytes[64] ^ 1)] {
            let mut changed = bytes.clone();
            changed[index] = value;
            assert_eq!(public_from_bytes(&changed), None, "byte {index}");
        }
        let mut origin = [0; PUBLIC_LEN];
        origin[0] = 4;
        assert_eq!(public_from_bytes(&origin), None);
    }
}
