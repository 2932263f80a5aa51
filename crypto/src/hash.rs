//! Hashes and keyed hashes: SHA-256 (FIPS 180-4), SM3 (GB/T 32905-2016), HMAC (RFC 2104).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sm3::Sm3;
use subtle::ConstantTimeEq;

use crate::{Level, Suite};

/// Bytes in a hash, in both suites.
pub const HASH_LEN: usize = 32;

/// The hash of a suite, fed piece by piece.
///
/// ```
/// use sealkeep_crypto::{Hasher, Suite, hash};
///
/// let mut hasher = Hasher::new(Suite::Sm4Gcm);
/// hasher.update(b"a").update(b"bc");
/// assert_eq!(hasher.finish(), hash(Suite::Sm4Gcm, &[b"abc"]));
/// ```
#[derive(Clone)]
pub struct Hasher(State);

#[derive(Clone)]
enum State {
    Sha256(Sha256),
    Sm3(Sm3),
}

impl Hasher {
    /// The hash of nothing yet.
    pub fn new(suite: Suite) -> Self {
        Self(match suite {
            Suite::Aes256Gcm => State::Sha256(Sha256::new()),
            Suite::Sm4Gcm => State::Sm3(Sm3::new()),
        })
    }

    /// Adds bytes to what is hashed.
    pub fn update(&mut self, data: &[u8]) -> &mut Self {
        match &mut self.0 {
            State::Sha256(state) => state.update(data),
            State::Sm3(state) => state.update(data),
        }
        self
    }

    /// The hash of everything added.
    pub fn finish(self) -> [u8; HASH_LEN] {
        match self.0 {
            State::Sha256(state) => state.finalize().into(),
            State::Sm3(state) => state.finalize().into(),
        }
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hasher").finish_non_exhaustive()
    }
}

/// The hash of the concatenation of `parts`. Lengths are not included: where parts have variable
/// lengths, the caller has to keep them apart.
pub fn hash(suite: Suite, parts: &[&[u8]]) -> [u8; HASH_LEN] {
    let mut hasher = Hasher::new(suite);
    for part in parts {
        hasher.update(part);
    }
    hasher.finish()
}

/// The hash of each message, as [`hash()`] gives it of that message alone, with the fastest
/// implementation that this processor can run. SM3 works on up to sixteen messages at a time, best
/// if they are about equally long; SHA-256 on one after the other, as the `sha2` crate uses the
/// instructions that processors have for it.
///
/// This is for chunks of public data, such as sealed ones. How long it takes depends on their
/// lengths alone, but copies of what it works on are left behind in memory: do not make a keyed
/// hash of it, nor hash secrets with it.
///
/// ```
/// use sealkeep_crypto::{Suite, hash, hash_many};
///
/// let chunks = [[1; 4096], [2; 4096], [3; 4096]];
/// let hashes = hash_many(Suite::Sm4Gcm, &chunks.each_ref().map(|chunk| chunk.as_slice()));
/// assert_eq!(hashes[2], hash(Suite::Sm4Gcm, &[&chunks[2]]));
/// ```
pub fn hash_many(suite: Suite, messages: &[&[u8]]) -> Vec<[u8; HASH_LEN]> {
    let mut levels = Level::ALL.iter().rev();
    levels
        .find_map(|level| hash_many_at(suite, *level, messages))
        .expect("the portable level always is")
}

/// [`hash_many`] with a certain implementation, if there is one of the suite at that level and
/// this processor can run it. All give the same results. There is none at
/// [`Level::Avx2Gfni`], which has nothing for SM3 that [`Level::Avx2Aes`] has not.
pub fn hash_many_at(suite: Suite, level: Level, messages: &[&[u8]]) -> Option<Vec<[u8; HASH_LEN]>> {
    #[cfg(target_arch = "x86_64")]
    use crate::{
        kernel::sm3,
        lowlevel::vector::{V128, V256Aes, V512},
    };
    match (suite, level) {
        (_, Level::Portable) => {
            Some(messages.iter().map(|message| hash(suite, &[message])).collect())
        }
        #[cfg(target_arch = "x86_64")]
        (Suite::Sm4Gcm, Level::SsseAes) => sm3::hash_many::<V128>(messages),
        #[cfg(target_arch = "x86_64")]
        (Suite::Sm4Gcm, Level::Avx2Aes) => sm3::hash_many::<V256Aes>(messages),
        #[cfg(target_arch = "x86_64")]
        (Suite::Sm4Gcm, Level::Avx512) => sm3::hash_many::<V512>(messages),
        _ => None,
    }
}

/// HMAC (RFC 2104) of the concatenation of `parts`, with a key of any length. Compare the result
/// with [`eq_ct`].
pub fn hmac(suite: Suite, key: &[u8], parts: &[&[u8]]) -> [u8; HASH_LEN] {
    match suite {
        Suite::Aes256Gcm => mac::<Hmac<Sha256>>(key, parts),
        Suite::Sm4Gcm => mac::<Hmac<Sm3>>(key, parts),
    }
}

/// Whether `a` and `b` are equal, in a time that depends on their lengths only.
pub fn eq_ct(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> [u8; HASH_LEN] {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().as_slice().try_into().expect("both hashes have 32 bytes")
}
