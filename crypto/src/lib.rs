//! The cryptography of Sealkeep: two suites behind one small interface, and types for secrets.
//!
//! # A tour
//! A [`Suite`] names every algorithm that is needed, so that international and Chinese national
//! (GM/T) algorithms never mix. Secrets are [`Secret`]s: locked in memory, zeroed when dropped.
//!
//! ```
//! use sealkeep_crypto::{Kdf, Secret, Suite, random};
//!
//! let suite = Suite::Sm4Gcm;
//! let data_key = Secret::<32>::random();
//!
//! // From one data key and a fresh salt, a key for this message alone.
//! let salt: [u8; 32] = random::array();
//! let kdf = Kdf::extract(suite, &salt, data_key.expose());
//! let mut key = Secret::<32>::zeroed();
//! let key = &mut key.expose_mut()[..suite.key_len()];
//! kdf.expand(&[b"example payload"], key);
//!
//! // Seal in place; the tag is kept apart.
//! let aead = suite.aead(key);
//! let mut data = *b"patient 0042: stable";
//! let tag = aead.seal(&[0; 12], b"ward 7", &mut data);
//! assert_ne!(&data, b"patient 0042: stable");
//!
//! // Open. Whatever is wrong, there is one error, and the data is zeros.
//! let mut copy = data;
//! assert!(aead.open(&[0; 12], b"ward 8", &mut copy, &tag).is_err());
//! assert_eq!(copy, [0; 20]);
//! aead.open(&[0; 12], b"ward 7", &mut data, &tag)?;
//! assert_eq!(&data, b"patient 0042: stable");
//! # Ok::<(), sealkeep_crypto::Unauthentic>(())
//! ```
//!
//! | To … | use |
//! |---|---|
//! | encrypt data | [`Suite::aead`], [`Aead`] |
//! | hash, authenticate, derive | [`hash()`], [`Hasher`], [`hmac()`], [`Kdf`] |
//! | hash many chunks | [`hash_many`] |
//! | turn a passphrase into a key | [`Argon2Params`] |
//! | sign and verify | [`SigningKey`], [`VerifyingKey`] |
//! | keep a signing key as a file | [`pkcs8`] |
//! | give a key to the holder of a private key | [`WrapPublic`], [`WrapSecret`] |
//! | make opaque identifiers | [`BlockCipher`] |
//! | make a key easy to erase | [`af`] |
//! | split a key among people | [`shamir`] |
//! | write and read fields of a format | [`codec`] |
//! | protect the whole process | [`harden_process`], [`locked_memory`] |
//!
//! # What it relies on
//! Most algorithms come from `ring`, RustCrypto and dalek crates; this crate chooses, combines and
//! tests them. Its own are the splitter, the sharing, and on x86-64 the kernels: SM4-GCM,
//! AES-256-GCM and SM3 in vector instructions, chosen at run time by what the processor has
//! ([`Level`]) and tested against the portable implementations at every level. Only the private
//! module `lowlevel` has `unsafe` code: locked memory and single vector instructions.
//!
//! Encryption takes a time that does not depend on secrets, with one exception: SM4 at
//! [`Level::Portable`] looks its S-box up in a table, so its timing may depend on what other
//! programs on the same machine do to the cache. That is the level of processors without AES
//! instructions, and of all that are not x86-64, where nobody has run this crate yet. Argon2id
//! reads memory in an order that depends on the passphrase, by design. For signatures and key
//! wrapping this crate relies on what the authors of those crates say. The threat model names what
//! was checked, and how.
//!
//! # Limits that callers keep
//! A nonce is used once for a key; a key seals at most 2³² messages (SP 800-38D §8.3). GCM is not
//! committing: who must know *which* key opened something adds a commitment, as the sealed-file
//! format does with [`Kdf`].

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod aead;
pub mod af;
mod block;
pub mod codec;
mod hash;
mod kdf;
#[cfg(target_arch = "x86_64")]
mod kernel;
mod level;
mod lowlevel;
mod password;
pub mod pkcs8;
mod process;
pub mod random;
mod secret;
pub mod shamir;
mod sign;
mod sm2_key;
mod suite;
mod wrap;

pub use aead::{Aead, NONCE_LEN, Nonce, OpenJob, SealJob, TAG_LEN, Tag, Unauthentic};
pub use block::BlockCipher;
pub use hash::{HASH_LEN, Hasher, eq_ct, hash, hash_many, hash_many_at, hmac};
pub use kdf::Kdf;
pub use level::Level;
pub use password::{Argon2Params, ParamsError};
pub use process::{Hardening, harden_process};
pub use secret::{LockedMemory, Secret, SecretVec, locked_memory};
pub use sign::{SigningKey, VerifyingKey};
pub use sm2_key::SM2_DEFAULT_ID;
pub use suite::{Suite, UnknownSuite};
pub use wrap::{WrapPublic, WrapSecret, wrapped_len};
