//! The bare block ciphers: AES-256 (FIPS 197) and SM4 (GB/T 32907-2016), one block of 16 bytes.

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

use crate::Suite;
use crate::lowlevel::Wiped;

/// A permutation of 16-byte values under a key. For identifiers that must look random and lead
/// back; never for data, which belongs to [`Aead`](crate::Aead).
///
/// ```
/// use sealkeep_crypto::{BlockCipher, Secret, Suite};
///
/// let cipher = BlockCipher::new(Suite::Aes256Gcm, Secret::<32>::random().expose());
/// let mut block = *b"scope 7, slot 42";
/// cipher.encrypt(&mut block);
/// cipher.decrypt(&mut block);
/// assert_eq!(&block, b"scope 7, slot 42");
/// ```
pub struct BlockCipher(Cipher);

enum Cipher {
    Aes(Wiped<aes::Aes256>),
    Sm4(Wiped<sm4::Sm4>),
}

impl BlockCipher {
    /// Makes a key ready for use.
    ///
    /// # Panics
    /// If `key` has not [`Suite::key_len`] bytes.
    pub fn new(suite: Suite, key: &[u8]) -> Self {
        const CHECKED: &str = "the length was checked";
        suite.check_key(key);
        Self(match suite {
            Suite::Aes256Gcm => {
                Cipher::Aes(Wiped::new(aes::Aes256::new_from_slice(key).expect(CHECKED)))
            }
            Suite::Sm4Gcm => Cipher::Sm4(Wiped::new(sm4::Sm4::new_from_slice(key).expect(CHECKED))),
        })
    }

    /// Encrypts one block in place.
    pub fn encrypt(&self, block: &mut [u8; 16]) {
        match &self.0 {
            Cipher::Aes(cipher) => cipher.encrypt_block(block.into()),
            Cipher::Sm4(cipher) => cipher.encrypt_block(block.into()),
        }
    }

    /// Decrypts one block in place.
    pub fn decrypt(&self, block: &mut [u8; 16]) {
        match &self.0 {
            Cipher::Aes(cipher) => cipher.decrypt_block(block.into()),
            Cipher::Sm4(cipher) => cipher.decrypt_block(block.into()),
        }
    }
}

impl std::fmt::Debug for BlockCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockCipher").finish_non_exhaustive()
    }
}
