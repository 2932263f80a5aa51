//! libgcrypt, as the system has it and with some of the processor's features hidden from it.
//!
//! It looks at the processor once, when it is initialised, and can be told before that what to
//! leave out. Each variant is therefore a copy of the library of its own in this process, which
//! keeps all of them in the same round.

mod ffi;

use crate::contender::{Aead, Contender, Digest, Nonce, Tag};
use ffi::{Direction, Library};

pub use ffi::Algorithm;

/// Name of the row, and the features that are hidden (`gcry_control`, `GCRYCTL_DISABLE_HWF`): SM4 then
/// takes AES-NI with AVX instead of AVX2, AES takes AES-NI instead of VAES; at last neither.
const VARIANTS: [(&str, &str); 3] =
    [("libgcrypt", ""), ("libgcrypt without AVX2", "intel-avx2"), ("libgcrypt, baseline", "all")];

/// Every variant that could be loaded, and why the others could not.
pub struct Gcrypt {
    variants: Vec<(&'static str, &'static Library)>,
    absent: Vec<String>,
}

impl Gcrypt {
    /// Loads and initialises the variants.
    ///
    /// # Errors
    /// Why there is none, for the reader of the tables.
    pub fn load() -> Result<Self, String> {
        let [(name, hidden), others @ ..] = VARIANTS;
        let mut gcrypt =
            Self { variants: vec![(name, Library::load(hidden)?)], absent: Vec::new() };
        for (name, hidden) in others {
            match Library::load(hidden) {
                Ok(library) => gcrypt.variants.push((name, library)),
                // Features are named differently on other processors.
                Err(problem) => gcrypt.absent.push(format!("{name}: {problem}")),
            }
        }
        Ok(gcrypt)
    }

    /// The variants that are missing and why, for the reader of the tables.
    pub fn absent(&self) -> &[String] {
        &self.absent
    }

    /// The version of the library.
    pub fn version(&self) -> String {
        self.variants[0].1.version()
    }

    /// A GCM cipher of every variant.
    pub fn gcm(&self, cipher: Algorithm) -> Vec<Contender> {
        let contender = |&(name, library): &(_, &'static Library)| {
            Contender::aead(name, move |key| library.gcm(cipher, key))
        };
        self.variants.iter().map(contender).collect()
    }

    /// A hash of every variant.
    pub fn hashes(&self, hash: Algorithm) -> Vec<Contender> {
        let contender = |&(name, library): &(_, &'static Library)| {
            Contender::hash(name, move || move |data: &[u8]| -> Digest { library.hash(hash, data) })
        };
        self.variants.iter().map(contender).collect()
    }
}

impl Aead for ffi::Gcm {
    fn seal(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag {
        self.start(nonce, aad);
        self.apply(Direction::Encrypt, data);
        self.tag()
    }

    fn open(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8], tag: &Tag) -> bool {
        self.start(nonce, aad);
        self.apply(Direction::Decrypt, data);
        self.has_tag(tag)
    }
}
