//! Authenticated encryption: one small trait, one implementation per suite.

mod aes;
mod sm4;

use thiserror::Error;

use crate::lowlevel::wipe_stack;
use crate::{Level, Suite};

/// Bytes in a nonce, in both suites.
pub const NONCE_LEN: usize = 12;
/// Bytes in an authentication tag, in both suites.
pub const TAG_LEN: usize = 16;

/// A nonce. One key must never see the same nonce twice: a repetition gives away the key of the
/// authentication.
pub type Nonce = [u8; NONCE_LEN];
/// An authentication tag.
pub type Tag = [u8; TAG_LEN];

/// What was to be opened, unwrapped or verified is not authentic: the key is another one, or the
/// data was altered. There is deliberately nothing more to learn from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not authentic: wrong key, or the data was altered")]
pub struct Unauthentic;

/// A key that is ready to seal and open. Made by [`Suite::aead`].
///
/// In place, with the tag apart. Object-safe and shareable between threads.
pub trait Aead: Send + Sync {
    /// Encrypts `data` in place and returns the tag over it and `aad`.
    ///
    /// # Panics
    /// If `data` is longer than 2³⁶ − 32 bytes (SP 800-38D §5.2.1.1).
    fn seal(&self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag;

    /// Checks the tag and decrypts `data` in place.
    ///
    /// # Errors
    /// [`Unauthentic`] if the tag does not belong to this key, nonce, `aad` and data; `data` is
    /// zeros then.
    fn open(
        &self,
        nonce: &Nonce,
        aad: &[u8],
        data: &mut [u8],
        tag: &Tag,
    ) -> Result<(), Unauthentic>;

    /// The key stream of a nonce: what [`seal`](Self::seal) makes of zeros, without a tag. For data that is to look random
    /// and be made again later; a nonce that was used for it must not be used for a message.
    ///
    /// # Panics
    /// As [`seal`](Self::seal).
    fn key_stream(&self, nonce: &Nonce, out: &mut [u8]) {
        out.fill(0);
        self.seal(nonce, &[], out);
    }

    /// Seals every job of a batch and fills in its tag. The same result as [`seal`](Self::seal)
    /// one after the other; an implementation may work on several at once.
    ///
    /// # Panics
    /// As [`seal`](Self::seal).
    fn seal_many(&self, batch: &mut [SealJob<'_>]) {
        for job in batch {
            job.tag = self.seal(&job.nonce, job.aad, job.data);
        }
    }

    /// Opens every job of a batch.
    ///
    /// # Errors
    /// The index of the first job that is not authentic. The jobs before it are opened, its own
    /// data is zeros, and the data of later jobs is of no use: still sealed, opened, or zeros.
    fn open_many(&self, batch: &mut [OpenJob<'_>]) -> Result<(), usize> {
        for (index, job) in batch.iter_mut().enumerate() {
            self.open(&job.nonce, job.aad, job.data, &job.tag).map_err(|Unauthentic| index)?;
        }
        Ok(())
    }
}

/// One message to seal in a batch.
#[derive(Debug)]
pub struct SealJob<'a> {
    /// The nonce, used once under this key.
    pub nonce: Nonce,
    /// Authenticated, not encrypted.
    pub aad: &'a [u8],
    /// Plaintext, replaced by ciphertext.
    pub data: &'a mut [u8],
    /// Written by [`Aead::seal_many`]; what it held before does not matter.
    pub tag: Tag,
}

/// One message to open in a batch.
#[derive(Debug)]
pub struct OpenJob<'a> {
    /// The nonce it was sealed with.
    pub nonce: Nonce,
    /// Authenticated, not encrypted.
    pub aad: &'a [u8],
    /// Ciphertext, replaced by plaintext, or by zeros if it is not authentic.
    pub data: &'a mut [u8],
    /// The tag it was sealed with.
    pub tag: Tag,
}

impl Suite {
    /// Makes a key of this suite ready for use, at [`Suite::level`]. Its expanded form lies in
    /// locked memory and is erased when dropped; what computing it left on the stack is overwritten.
    ///
    /// # Panics
    /// If `key` has not [`Suite::key_len`] bytes.
    pub fn aead(self, key: &[u8]) -> Box<dyn Aead> {
        self.aead_at(self.level(), key).expect("the level is available")
    }

    /// The same with a certain implementation, if there is one of the suite at that level and
    /// this processor can run it. All give the same results.
    ///
    /// # Panics
    /// If `key` has not [`Suite::key_len`] bytes.
    pub fn aead_at(self, level: Level, key: &[u8]) -> Option<Box<dyn Aead>> {
        self.check_key(key);
        let aead = self.expand(level, key);
        wipe_stack();
        aead
    }

    /// Apart, so that what it leaves on the stack is below that of its caller.
    #[inline(never)]
    fn expand(self, level: Level, key: &[u8]) -> Option<Box<dyn Aead>> {
        const CHECKED: &str = "the length was checked";
        match self {
            Suite::Aes256Gcm => aes::at(level, key.try_into().expect(CHECKED)),
            Suite::Sm4Gcm => sm4::at(level, key.try_into().expect(CHECKED)),
        }
    }

    /// The fastest implementation of this suite that this processor can run.
    pub fn level(self) -> Level {
        let mut levels = self.levels().iter().rev();
        *levels.find(|level| level.available()).expect("the portable level always is")
    }

    /// The levels for which there is an implementation of this suite, the slowest first.
    pub fn levels(self) -> &'static [Level] {
        match self {
            _ if cfg!(not(target_arch = "x86_64")) => &[Level::Portable],
            Suite::Aes256Gcm => &[Level::Portable, Level::Avx512],
            Suite::Sm4Gcm => Level::ALL,
        }
    }
}
