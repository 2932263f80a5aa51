//! Sealkeep's own rows: the only place that names them.

use sealkeep_crypto::{Level, Suite, hash, hash_many};

use crate::contender::{Aead, Contender, Nonce, Tag, parts};

/// The AEAD of a suite at every level that it has on this processor, the fastest first; that one
/// is what Sealkeep takes. Beside it, why the others are missing.
pub fn aead(suite: Suite) -> (Vec<Contender>, Vec<String>) {
    let contender = |level: Level| {
        Contender::aead(format!("**Sealkeep** {level}"), move |key| {
            Ours(suite.aead_at(level, key).expect("this processor has it"))
        })
    };
    let absent = |level| format!("Sealkeep {level}: this processor lacks it");
    let levels = suite.levels().iter().rev().copied();
    let (here, lacking): (Vec<_>, Vec<_>) = levels.partition(|level: &Level| level.available());
    (here.into_iter().map(contender).collect(), lacking.into_iter().map(absent).collect())
}

/// The hash of a suite, and that of several messages at once where it is another implementation.
pub fn hashes(suite: Suite) -> Vec<Contender> {
    let whole = Contender::hash("**Sealkeep**", move || move |data: &[u8]| hash(suite, &[data]));
    let many = || {
        Contender::hash_parts("**Sealkeep**, 16 parts at once", move || {
            move |data: &[u8]| hash_many(suite, &parts(data))
        })
    };
    match suite {
        Suite::Aes256Gcm => vec![whole],
        Suite::Sm4Gcm => vec![whole, many()],
    }
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
