//! Secret bytes: in locked memory, zeroed when dropped, never printed, never cloned by accident.

use std::fmt;

use zeroize::Zeroize;

use crate::lowlevel::LockedBytes;
use crate::random;

pub use crate::lowlevel::{LockedMemory, locked_memory};

/// A secret of `N` bytes, usually a key.
///
/// The bytes lie in memory that is locked (where the system allows, see [`locked_memory`]) and
/// excluded from core dumps; they are zeroed when the value is dropped. Moving a `Secret` moves a
/// pointer, so no copies stay behind on the stack. There is no `Clone`, no `PartialEq`
/// (use [`eq_ct`](crate::eq_ct)), and `Debug` prints no contents.
///
/// ```
/// use sealkeep_crypto::Secret;
///
/// let key = Secret::<32>::random();
/// assert_eq!(format!("{key:?}"), "Secret<32>(redacted)");
/// let same = key.duplicate();
/// assert!(sealkeep_crypto::eq_ct(key.expose(), same.expose()));
/// ```
pub struct Secret<const N: usize> {
    bytes: LockedBytes,
}

impl<const N: usize> Secret<N> {
    /// `N` zero bytes, to be filled through [`expose_mut`](Self::expose_mut).
    pub fn zeroed() -> Self {
        Self { bytes: LockedBytes::zeroed(N) }
    }

    /// `N` bytes from the operating system's generator.
    ///
    /// # Panics
    /// As [`random::fill`].
    pub fn random() -> Self {
        Self::init_with(|bytes| random::fill(bytes))
    }

    /// A secret that `fill` writes in place, so that it never exists elsewhere.
    pub fn init_with(fill: impl FnOnce(&mut [u8; N])) -> Self {
        let mut secret = Self::zeroed();
        fill(secret.expose_mut());
        secret
    }

    /// A copy of `bytes`, or `None` if their number is not `N`. The source is the caller's to
    /// erase.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; N] = bytes.try_into().ok()?;
        Some(Self::init_with(|out| out.copy_from_slice(bytes)))
    }

    /// The bytes, for reading.
    pub fn expose(&self) -> &[u8; N] {
        self.bytes.as_slice().try_into().expect("the buffer was made N bytes long")
    }

    /// The bytes, for writing.
    pub fn expose_mut(&mut self) -> &mut [u8; N] {
        self.bytes.as_mut_slice().try_into().expect("the buffer was made N bytes long")
    }

    /// A second secret with the same bytes. Spelled out instead of `Clone`, so that each copy is
    /// a decision that can be found by searching.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::init_with(|out| out.copy_from_slice(self.expose()))
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret<{N}>(redacted)")
    }
}

/// A secret whose length is known only at run time: a passphrase, key material of a file.
///
/// Kept like [`Secret`]; above 4 KiB it has page-aligned memory of its own.
///
/// ```
/// use sealkeep_crypto::SecretVec;
///
/// let passphrase = SecretVec::from_vec(b"correct horse".to_vec());
/// assert_eq!(passphrase.len(), 13);
/// assert_eq!(format!("{passphrase:?}"), "SecretVec(13 bytes, redacted)");
/// ```
pub struct SecretVec {
    bytes: LockedBytes,
}

impl SecretVec {
    /// `len` zero bytes.
    pub fn zeroed(len: usize) -> Self {
        Self { bytes: LockedBytes::zeroed(len) }
    }

    /// Takes over the bytes of `source` and zeroes it, spare capacity included. Copies that the
    /// vector left behind when it grew earlier cannot be reached.
    pub fn from_vec(mut source: Vec<u8>) -> Self {
        let mut secret = Self::zeroed(source.len());
        secret.expose_mut().copy_from_slice(&source);
        source.zeroize();
        secret
    }

    /// The bytes, for reading.
    pub fn expose(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// The bytes, for writing.
    pub fn expose_mut(&mut self) -> &mut [u8] {
        self.bytes.as_mut_slice()
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.expose().len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for SecretVec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretVec({} bytes, redacted)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lowlevel::door;

    #[test]
    fn secrets_are_zeroed_when_dropped() {
        let secret = Secret::<32>::init_with(|out| out.fill(0xA5));
        drop(secret);
        assert_eq!(door::last_returned(), [0; 32]);

        let secret = SecretVec::from_vec(vec![0xA5; 70_000]);
        drop(secret);
        assert_eq!(door::last_returned(), [0; 70_000]);
    }

    #[test]
    fn a_key_schedule_is_zeroed_when_dropped() {
        for suite in crate::Suite::ALL {
            let key = Secret::<32>::random();
            let aead = suite.aead(&key.expose()[..suite.key_len()]);
            drop(aead);
            let returned = door::last_returned();
            assert!(returned.len() > 16 * 10, "the schedule was in locked memory");
            assert!(returned.iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn only_the_right_length_becomes_a_secret() {
        assert!(Secret::<32>::from_slice(&[1; 31]).is_none());
        assert!(Secret::<32>::from_slice(&[1; 33]).is_none());
        assert_eq!(Secret::<32>::from_slice(&[1; 32]).unwrap().expose(), &[1; 32]);
        assert_eq!(Secret::<0>::from_slice(&[]).unwrap().expose(), &[]);
        assert!(SecretVec::from_vec(Vec::new()).is_empty());
    }

    #[test]
    fn secrets_are_shared_between_threads() {
        fn check<T: Send + Sync>() {}
        check::<Secret<32>>();
        check::<SecretVec>();
        check::<crate::SigningKey>();
        check::<crate::WrapSecret>();
        check::<crate::BlockCipher>();
        check::<crate::Kdf>();
    }
}
