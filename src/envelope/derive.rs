//! From data key and header to the keys of one file (`docs/spec/envelope.md` §3).

use sealkeep_crypto::{Aead, HASH_LEN, Kdf, NONCE_LEN, Nonce, Secret, TAG_LEN, hash};
use zeroize::Zeroizing;

use super::error::Error;
use super::header::{BOUND_LEN, Header};
use super::metadata::Metadata;

/// Everything that the data key and the header determine.
pub(super) struct FileKeys {
    /// Under the payload key.
    pub(super) payload: Box<dyn Aead>,
    /// Under the metadata key.
    metadata: Box<dyn Aead>,
    pub(super) base_nonce: Nonce,
    pub(super) commitment: [u8; HASH_LEN],
}

impl FileKeys {
    /// Derives from the data key and the first 64 bytes of the header; its commitment field is not read.
    pub(super) fn derive(data_key: &Secret<32>, header: &Header) -> Self {
        let suite = header.suite;
        let key_len = suite.key_len();
        let bound = hash(suite, &[&header.to_bytes()[..BOUND_LEN]]);
        let mut okm = Zeroizing::new([0; 2 * 32 + NONCE_LEN + HASH_LEN]);
        let okm = &mut okm[..2 * key_len + NONCE_LEN + HASH_LEN];
        Kdf::extract(suite, &header.salt, data_key.expose())
            .expand(&[LABEL, &[suite.id()], &bound], okm);
        let (payload, rest) = okm.split_at(key_len);
        let (metadata, rest) = rest.split_at(key_len);
        let (base_nonce, commitment) = rest.split_at(NONCE_LEN);
        Self {
            payload: suite.aead(payload),
            metadata: suite.aead(metadata),
            base_nonce: base_nonce.try_into().expect("cut to the length of a nonce"),
            commitment: commitment.try_into().expect("what is left is a hash long"),
        }
    }

    /// Seals the metadata. The metadata key seals nothing else, so the nonce can be fixed.
    pub(super) fn seal_metadata(&self, metadata: &Metadata) -> Result<Vec<u8>, Error> {
        let mut bytes = metadata.encode()?;
        let tag = self.metadata.seal(&[0; NONCE_LEN], &self.commitment, &mut bytes);
        bytes.extend_from_slice(&tag);
        Ok(std::mem::take(&mut *bytes))
    }

    /// Opens and parses the sealed metadata.
    pub(super) fn open_metadata(&self, sealed: &[u8]) -> Result<Metadata, Error> {
        let (text, tag) =
            sealed.split_last_chunk::<TAG_LEN>().ok_or(Error::Metadata("too short"))?;
        let mut plain = Zeroizing::new(text.to_vec());
        self.metadata
            .open(&[0; NONCE_LEN], &self.commitment, &mut plain, tag)
            .map_err(|_| Error::Metadata("not authentic"))?;
        Metadata::decode(&plain)
    }
}

const LABEL: &[u8] = b"sealkeep/v1/envelope";
