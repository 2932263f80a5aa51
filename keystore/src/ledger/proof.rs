//! Proofs as text: c2sp.org/tlog-proof, and hashes of consistency proofs.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;

use crate::base64;

use super::merkle::{Hash, verify_inclusion};
use super::note::{Checkpoint, Note, NoteError, Verifier, number};

/// The proof that an entry is in a ledger, with the signed checkpoint that it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// Number of the entry.
    pub index: u64,
    /// Hashes from the leaf's sibling up.
    pub hashes: Vec<Hash>,
    /// The checkpoint: a signed note, byte for byte.
    pub checkpoint: String,
}

/// Why a proof is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The text is no proof.
    #[error("not a proof of inclusion")]
    NotAProof,
    /// The checkpoint is not signed as it must be.
    #[error("the checkpoint of the proof: {0}")]
    Checkpoint(#[from] NoteError),
    /// The hashes do not lead from the entry to the checkpoint.
    #[error("the proof does not lead from the entry to the checkpoint")]
    Wrong,
}

impl InclusionProof {
    /// Checks that the leaf is in the ledger as its checkpoint, signed by `verifier`, has it; returns that.
    ///
    /// # Errors
    /// [`ProofError::Checkpoint`] and [`ProofError::Wrong`].
    pub fn verify(&self, leaf: &Hash, verifier: &Verifier) -> Result<Checkpoint, ProofError> {
        let checkpoint = verifier.checkpoint(&self.checkpoint.parse::<Note>()?)?;
        let (size, suite) = (checkpoint.size, verifier.key().suite());
        if !verify_inclusion(suite, self.index, size, leaf, &self.hashes, &checkpoint.root) {
            return Err(ProofError::Wrong);
        }
        Ok(checkpoint)
    }
}

impl fmt::Display for InclusionProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nindex {}", self.index)?;
        f.write_str(&consistency_to_text(&self.hashes))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Extra data, which other programs may add to a proof, is not authenticated and is passed over.
impl FromStr for InclusionProof {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, ProofError> {
        let read = || {
            let (front, checkpoint) = text.split_once("\n\n")?;
            let mut lines = front.split('\n').peekable();
            if lines.next() != Some(HEADER) {
                return None;
            }
            if let Some(extra) = lines.peek().and_then(|line| line.strip_prefix("extra ")) {
                base64::decode(extra)?;
                lines.next();
            }
            let index = number(lines.next()?.strip_prefix("index ")?)?;
            let hashes: Vec<Hash> = lines.map(hash_line).collect::<Option<_>>()?;
            let checkpoint = checkpoint.to_owned();
            (hashes.len() <= MOST).then_some(Self { index, hashes, checkpoint })
        };
        read().ok_or(ProofError::NotAProof)
    }
}

/// Hashes of a consistency proof, base64, one on each line.
#[must_use]
pub fn consistency_to_text(hashes: &[Hash]) -> String {
    hashes.iter().map(|hash| BASE64.encode(hash) + "\n").collect()
}

/// Reads what [`consistency_to_text`] wrote.
///
/// # Errors
/// [`ProofError::NotAProof`].
pub fn consistency_from_text(text: &str) -> Result<Vec<Hash>, ProofError> {
    let hashes: Option<Vec<Hash>> = text.lines().map(hash_line).collect();
    hashes.filter(|hashes| hashes.len() <= 2 * MOST).ok_or(ProofError::NotAProof)
}

fn hash_line(line: &str) -> Option<Hash> {
    base64::decode(line)?.try_into().ok()
}

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// No tree that is numbered with 64 bits is higher.
const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use sealkeep_crypto::{Secret, SigningKey, Suite};

    use super::*;
    use crate::ledger::{MerkleTree, leaf_hash};

    fn proof(suite: Suite, index: u64, size: u32) -> (InclusionProof, Verifier) {
        let leaves: Vec<[u8; 4]> = (0..size).map(u32::to_be_bytes).collect();
        let tree = MerkleTree::of(suite, &leaves);
        let key = SigningKey::from_seed(suite, &Secret::from_slice(&[1; 32]).expect("32 bytes"));
        let checkpoint =
            Checkpoint { origin: "example.com/log".into(), size: size.into(), root: tree.root() };
        let note = checkpoint.sign(&key).to_string();
        let proof = InclusionProof { index, hashes: tree.inclusion(index), checkpoint: note };
        (proof, Verifier::log("example.com/log", key.verifying_key()))
    }

    #[test]
    fn a_proof_is_read_and_leads_to_its_checkpoint() {
        for suite in Suite::ALL {
            for (index, size) in [(0_u32, 1), (5, 6), (0, 257), (200, 300)] {
                let (proof, verifier) = proof(suite, index.into(), size);
                let text = proof.to_string();
                let read: InclusionProof = text.parse().expect("a proof");
                assert_eq!(read, proof);
                let leaf = leaf_hash(suite, &index.to_be_bytes());
                let checkpoint = read.verify(&leaf, &verifier).expect("right");
                assert_eq!(checkpoint.size, u64::from(size));
                assert_eq!(read.verify(&[0; 32], &verifier), Err(ProofError::Wrong));
                let extra = text.replacen("index", "extra AAAA\nindex", 1);
                assert_eq!(extra.parse(), Ok(read));
            }
        }
    }

    #[test]
    fn one_bit_anywhere_and_it_is_no_proof() {
        let (proof, verifier) = proof(Suite::Aes256Gcm, 3, 9);
        let leaf = leaf_hash(Suite::Aes256Gcm, &3_u32.to_be_bytes());
        let text = proof.to_string();
        for at in 0..text.len() {
            for bit in 0..7 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let Ok(other) = String::from_utf8(bytes) else { continue };
                let read = other.parse::<InclusionProof>();
                let taken = read.and_then(|proof| proof.verify(&leaf, &verifier));
                assert!(taken.is_err(), "bit {bit} of byte {at}: {other}");
            }
        }
    }

    #[test]
    fn texts_that_are_no_proofs() {
        let (proof, _) = proof(Suite::Aes256Gcm, 3, 9);
        let text = proof.to_string();
        for bad in [
            String::new(),
            text.replacen("@v1", "@v2", 1),
            text.replacen("index 3", "index 03", 1),
            text.replacen("index 3", "index", 1),
            text.replacen("index", "extra ?\nindex", 1),
            text.replacen("index 3\n", "index 3\nAAAA\n", 1),
            text.split("\n\n").next().expect("a front").to_owned(),
        ] {
            assert_eq!(bad.parse::<InclusionProof>(), Err(ProofError::NotAProof), "{bad}");
        }
    }

    #[test]
    fn consistency_proofs_are_lines() {
        let hashes = vec![[1; 32], [2; 32]];
        let text = consistency_to_text(&hashes);
        assert_eq!(text.lines().count(), 2);
        assert_eq!(consistency_from_text(&text), Ok(hashes));
        assert_eq!(consistency_from_text(""), Ok(Vec::new()));
        assert_eq!(consistency_from_text("AAAA\n"), Err(ProofError::NotAProof));
    }
}
