//! Signed files (`docs/spec/vault.md` §5).

use sealkeep_crypto::codec::{Reader, Writer};
use sealkeep_crypto::{SigningKey, Suite, VerifyingKey};

use super::error::Refused;

/// A file of the vault that says which vault it belongs to and is signed by it.
///
/// `magic (8) ‖ length u32 (of the whole file) ‖ suite u8 ‖ vault id (16) ‖ payload ‖ signature (64) over all before it`
#[derive(Clone, Copy, Debug)]
pub struct SignedFile<'f> {
    /// The suite it names.
    pub suite: Suite,
    /// The vault it names.
    pub vault: [u8; 16],
    /// What was signed for.
    pub payload: &'f [u8],
    signed: &'f [u8],
    signature: &'f [u8; SIGNATURE],
}

impl<'f> SignedFile<'f> {
    /// The bytes of a file with this payload.
    ///
    /// # Panics
    /// If the payload has nearly 4 GiB: callers bound it.
    #[must_use]
    pub fn seal(magic: &[u8; 8], vault: [u8; 16], payload: &[u8], key: &SigningKey) -> Vec<u8> {
        let length = HEADER + payload.len() + SIGNATURE;
        let mut out = Vec::with_capacity(length);
        out.put(magic);
        out.put_u32(u32::try_from(length).expect("bounded by the caller"));
        out.put_u8(key.suite().id());
        out.put(&vault);
        out.put(payload);
        let signature = key.sign(&out);
        out.put(&signature);
        out
    }

    /// The payload of a file that this vault signed.
    ///
    /// # Errors
    /// `Malformed`, `Suite`, `ForeignVault`, `Unauthentic`.
    pub fn open(
        magic: &[u8; 8],
        bytes: &'f [u8],
        vault: [u8; 16],
        key: &VerifyingKey,
    ) -> Result<&'f [u8], Refused> {
        let file = Self::parse(magic, bytes)?;
        if file.vault != vault {
            return Err(Refused::ForeignVault);
        }
        if file.suite != key.suite() {
            return Err(Refused::Suite);
        }
        file.verify(key)?;
        Ok(file.payload)
    }

    /// Takes a file apart that says itself who signed it; nothing in it is to be believed before
    /// [`verify`](Self::verify).
    ///
    /// # Errors
    /// `Malformed`, `Suite`.
    pub fn parse(magic: &[u8; 8], bytes: &'f [u8]) -> Result<Self, Refused> {
        let (signed, signature) =
            bytes.split_last_chunk::<SIGNATURE>().ok_or(Refused::Malformed)?;
        let mut reader = Reader::new(signed, "signed file");
        let found = reader.take(8)?;
        let length = reader.u32()?;
        if found != magic || usize::try_from(length) != Ok(bytes.len()) {
            return Err(Refused::Malformed);
        }
        let suite = Suite::from_id(reader.u8()?).ok_or(Refused::Suite)?;
        let vault = reader.array()?;
        Ok(Self { suite, vault, payload: reader.rest(), signed, signature })
    }

    /// # Errors
    /// `Unauthentic` if this key did not sign it.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), Refused> {
        Ok(key.verify(self.signed, self.signature)?)
    }
}

const HEADER: usize = 8 + 4 + 1 + 16;
const SIGNATURE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use sealkeep_crypto::Secret;

    const MAGIC: &[u8; 8] = b"SKTESTS1";

    fn signer(suite: Suite) -> SigningKey {
        SigningKey::from_seed(suite, &Secret::from_slice(&[3; 32]).unwrap())
    }

    #[test]
    fn no_bit_can_be_changed_and_no_byte_left_out() {
        for suite in Suite::ALL {
            let key = signer(suite);
            let public = key.verifying_key();
            let file = SignedFile::seal(MAGIC, [9; 16], b"payload", &key);
            assert_eq!(SignedFile::open(MAGIC, &file, [9; 16], &public), Ok(&b"payload"[..]));
            for bit in 0..file.len() * 8 {
                let mut bad = file.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                assert!(SignedFile::open(MAGIC, &bad, [9; 16], &public).is_err(), "bit {bit}");
            }
            for len in 0..file.len() {
                let cut = SignedFile::open(MAGIC, &file[..len], [9; 16], &public);
                assert_eq!(cut, Err(Refused::Malformed));
            }
            let longer = [&file[..], &[0]].concat();
            let longer = SignedFile::open(MAGIC, &longer, [9; 16], &public);
            assert_eq!(longer, Err(Refused::Malformed));
        }
    }

    #[test]
    fn other_vaults_suites_and_signers_are_told_apart() {
        let [aes, sm4] = Suite::ALL.map(signer);
        let file = SignedFile::seal(MAGIC, [9; 16], b"", &sm4);
        let open =
            |vault, key: &SigningKey| SignedFile::open(MAGIC, &file, vault, &key.verifying_key());
        assert_eq!(open([8; 16], &sm4), Err(Refused::ForeignVault));
        assert_eq!(open([9; 16], &aes), Err(Refused::Suite));
        let other = SigningKey::from_seed(Suite::Sm4Gcm, &Secret::random());
        assert_eq!(open([9; 16], &other), Err(Refused::Unauthentic));
        let magic = SignedFile::open(b"SKOTHER1", &file, [9; 16], &sm4.verifying_key());
        assert_eq!(magic, Err(Refused::Malformed));
    }
}
