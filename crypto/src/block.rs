//! The bare block ciphers: AES-256 (FIPS 197) and SM4 (GB/T 32907-2016), one block of 16 bytes.

use aes::cipher::consts::U16;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

use crate::lowlevel::{Wiped, wipe_stack};
use crate::{Level, Suite};

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
pub struct BlockCipher(Box<dyn Block>);

impl BlockCipher {
    /// Makes a key ready for use.
    ///
    /// # Panics
    /// If `key` has not [`Suite::key_len`] bytes.
    pub fn new(suite: Suite, key: &[u8]) -> Self {
        let level = match suite {
            // The `aes` crate takes what instructions there are for AES by itself.
            Suite::Aes256Gcm => Level::Portable,
            Suite::Sm4Gcm => suite.level(),
        };
        Self::at(suite, level, key).expect("the level is available")
    }

    /// The same with a certain implementation, if there is one of the suite at that level and
    /// this processor can run it. All give the same results.
    ///
    /// # Panics
    /// If `key` has not [`Suite::key_len`] bytes.
    pub fn at(suite: Suite, level: Level, key: &[u8]) -> Option<Self> {
        suite.check_key(key);
        let cipher = Self::expand(suite, level, key);
        wipe_stack();
        cipher
    }

    /// Apart, so that what it leaves on the stack is below that of its caller.
    #[inline(never)]
    fn expand(suite: Suite, level: Level, key: &[u8]) -> Option<Self> {
        match (suite, level) {
            (Suite::Aes256Gcm, Level::Portable) => Some(Self::portable::<aes::Aes256>(key)),
            (Suite::Sm4Gcm, Level::Portable) => Some(Self::portable::<sm4::Sm4>(key)),
            #[cfg(target_arch = "x86_64")]
            (Suite::Sm4Gcm, level) => kernel(level, key.try_into().expect(CHECKED)).map(Self),
            _ => None,
        }
    }

    fn portable<C: KeyInit + BlockCipherEncrypt + BlockCipherDecrypt>(key: &[u8]) -> Self
    where
        Wiped<C>: Block + 'static,
    {
        Self(Box::new(Wiped::new(C::new_from_slice(key).expect(CHECKED))))
    }

    /// Encrypts one block in place.
    pub fn encrypt(&self, block: &mut [u8; 16]) {
        self.0.encrypt(block);
        wipe_stack();
    }

    /// Decrypts one block in place.
    pub fn decrypt(&self, block: &mut [u8; 16]) {
        self.0.decrypt(block);
        wipe_stack();
    }
}

const CHECKED: &str = "the length was checked";

/// An implementation, with a key.
pub(crate) trait Block: Send + Sync {
    /// Encrypts one block in place.
    fn encrypt(&self, block: &mut [u8; 16]);
    /// Decrypts one block in place.
    fn decrypt(&self, block: &mut [u8; 16]);
}

impl<C> Block for Wiped<C>
where
    C: BlockCipherEncrypt<BlockSize = U16> + BlockCipherDecrypt + Send + Sync,
{
    fn encrypt(&self, block: &mut [u8; 16]) {
        self.encrypt_block(block.into());
    }

    fn decrypt(&self, block: &mut [u8; 16]) {
        self.decrypt_block(block.into());
    }
}

#[cfg(target_arch = "x86_64")]
fn kernel(level: Level, key: &[u8; 16]) -> Option<Box<dyn Block>> {
    use crate::kernel::Sm4Single;
    use crate::lowlevel::vector::{V128, V256Aes, V256Gfni, V512};

    Some(match level {
        Level::Portable => return None,
        Level::SsseAes => Box::new(Sm4Single::<V128>::new(key)?),
        Level::Avx2Aes => Box::new(Sm4Single::<V256Aes>::new(key)?),
        Level::Avx2Gfni => Box::new(Sm4Single::<V256Gfni>::new(key)?),
        Level::Avx512 => Box::new(Sm4Single::<V512>::new(key)?),
    })
}

impl std::fmt::Debug for BlockCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockCipher").finish_non_exhaustive()
    }
}
