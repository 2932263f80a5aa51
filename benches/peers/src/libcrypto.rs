//! The system's OpenSSL, through the interface of EVP.

use openssl::cipher::{Cipher, CipherRef};
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;
use openssl::md::{Md, MdRef};
use openssl::md_ctx::MdCtx;

use crate::contender::{Aead, Contender, Digest, Nonce, Tag};

/// The version that was loaded.
pub fn version() -> &'static str {
    openssl::version::version()
}

/// A GCM cipher by its name for `EVP_CIPHER_fetch`; nothing if this version has none.
pub fn gcm(cipher: &'static str) -> Option<Contender> {
    let cipher = Cipher::fetch(None, cipher, None).ok()?;
    Some(Contender::aead("OpenSSL", move |key| Gcm::new(&cipher, key).expect("a key is set up")))
}

/// SM4 in counter mode, which does a part of what GCM does: no GCM of the same library could be
/// faster.
pub fn sm4_ctr() -> Option<Contender> {
    let cipher = Cipher::fetch(None, "SM4-CTR", None).ok()?;
    Some(Contender::aead("OpenSSL SM4-CTR, no tag", move |key| {
        Ctr(context(&cipher, key, true).expect("a key is set up"))
    }))
}

/// A hash by its name for `EVP_MD_fetch`.
pub fn hash(name: &'static str) -> Option<Contender> {
    Md::fetch(None, name, None).ok()?;
    Some(Contender::hash("OpenSSL", move || {
        let md = Md::fetch(None, name, None).expect("it was there before");
        let mut context = MdCtx::new().expect("memory suffices");
        move |data: &[u8]| digest(&mut context, &md, data).expect("a short message")
    }))
}

fn digest(context: &mut MdCtx, md: &MdRef, data: &[u8]) -> Result<Digest, ErrorStack> {
    let mut hash = Digest::default();
    context.digest_init(md)?;
    context.digest_update(data)?;
    context.digest_final(&mut hash)?;
    Ok(hash)
}

fn context(cipher: &CipherRef, key: &[u8], seal: bool) -> Result<CipherCtx, ErrorStack> {
    let mut context = CipherCtx::new()?;
    if seal {
        context.encrypt_init(Some(cipher), Some(key), None)?;
    } else {
        context.decrypt_init(Some(cipher), Some(key), None)?;
    }
    Ok(context)
}

/// One context for each direction, so that the key is set up once.
struct Gcm {
    seal: CipherCtx,
    open: CipherCtx,
}

impl Gcm {
    fn new(cipher: &CipherRef, key: &[u8]) -> Result<Self, ErrorStack> {
        Ok(Self { seal: context(cipher, key, true)?, open: context(cipher, key, false)? })
    }

    fn try_seal(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Result<Tag, ErrorStack> {
        let mut tag = Tag::default();
        self.seal.encrypt_init(None, None, Some(nonce))?;
        self.seal.cipher_update(aad, None)?;
        self.seal.cipher_update_inplace(data, data.len())?;
        self.seal.cipher_final(&mut [])?;
        self.seal.tag(&mut tag)?;
        Ok(tag)
    }

    fn try_open(
        &mut self,
        nonce: &Nonce,
        aad: &[u8],
        data: &mut [u8],
        tag: &Tag,
    ) -> Result<(), ErrorStack> {
        self.open.decrypt_init(None, None, Some(nonce))?;
        self.open.cipher_update(aad, None)?;
        self.open.cipher_update_inplace(data, data.len())?;
        self.open.set_tag(tag)?;
        self.open.cipher_final(&mut [])?;
        Ok(())
    }
}

impl Aead for Gcm {
    fn seal(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8]) -> Tag {
        self.try_seal(nonce, aad, data).expect("a short message")
    }

    fn open(&mut self, nonce: &Nonce, aad: &[u8], data: &mut [u8], tag: &Tag) -> bool {
        self.try_open(nonce, aad, data, tag).is_ok()
    }
}

struct Ctr(CipherCtx);

impl Ctr {
    /// From the counter block after the one that GCM keeps for the tag (SP 800-38D §7.1, inc₃₂(J₀)),
    /// so that the ciphertext is the same.
    fn apply(&mut self, nonce: &Nonce, data: &mut [u8]) -> Result<(), ErrorStack> {
        let mut counter = [0; 16];
        counter[..12].copy_from_slice(nonce);
        counter[15] = 2;
        self.0.encrypt_init(None, None, Some(&counter))?;
        self.0.cipher_update_inplace(data, data.len())?;
        Ok(())
    }
}

impl Aead for Ctr {
    fn seal(&mut self, nonce: &Nonce, _aad: &[u8], data: &mut [u8]) -> Tag {
        self.apply(nonce, data).expect("a short message");
        Tag::default()
    }

    fn open(&mut self, nonce: &Nonce, _aad: &[u8], data: &mut [u8], _tag: &Tag) -> bool {
        self.apply(nonce, data).is_ok()
    }

    fn authenticates(&self) -> bool {
        false
    }
}
