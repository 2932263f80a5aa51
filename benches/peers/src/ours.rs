//! Sealkeep's own rows: the only place that names them.

use sealkeep_crypto::{Level, Suite, hash};

use crate::contender::{Aead, Contender, Nonce, Tag};

/// The AEAD of a suite at every level that it has on this processor, the fastest first; that one
/// is what Sealkeep takes.
pub fn aead(suite: Suite) -> Vec<Contender> {
    let here = |level: &Level| suite.aead_at(*level, &vec![0; suite.key_len()]).is_some();
    let contender = |level| {
        Contender::aead(format!("**Sealkeep** {level}"), move |key| {
            Ours(suite.aead_at(level, key).expect("the level was there before"))
        })
    };
    Level::ALL.into_iter().rev().filter(here).map(contender).collect()
}

/// The hash of a suite. An interface that chooses a level, or hashes several messages at once,
/// belongs here too.
pub fn hashes(suite: Suite) -> Vec<Contender> {
    vec![Contender::hash("**Sealkeep**", move || move |data: &[u8]| hash(suite, &[data]))]
}

struct Ours(Box<dyn sealkeep_crypto::Aead>);

impl Aead for Ours {
    fn seal(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag {
        self.0.seal(nonce, aad, data)
    }

    fn open(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8], tag: &Tag) -> bool {
        self.0.open(nonce, aad, data, tag).is_ok()
    }
}
