//! What is in the ledger: checkpoint, entries, proofs, cosignatures.

use std::collections::HashSet;

use sealkeep_keystore::approval::Person;
use sealkeep_keystore::ledger::{
    Checkpoint, Hash, InclusionProof, Note, Verifier, commitment, leaf_hash, origin,
    verify_consistency, verify_inclusion,
};

use super::ground::Ground;
use super::replay::Replayed;
use crate::destruction::certificate::bundle::{Bundle, Bytes, Cosigned, Entry};

/// The checkpoint, if the store signed it.
pub(super) fn checkpoint(bundle: &Bundle, ground: &Ground) -> Result<Checkpoint, String> {
    let note: Note = bundle.checkpoint.parse().map_err(|error| format!("{error}"))?;
    if note.to_string() != bundle.checkpoint {
        return Err("the note is not as notes are written".to_owned());
    }
    verifier(ground, ground.incarnation).checkpoint(&note).map_err(|error| error.to_string())
}

/// That each entry is in the tree, in ascending order.
pub(super) fn entries(
    bundle: &Bundle,
    ground: &Ground,
    checkpoint: &Checkpoint,
) -> Result<(), String> {
    let mut least = 0;
    for entry in &bundle.entries {
        let index = entry.index;
        if index < least {
            return Err(format!("entry {index} is out of order"));
        }
        let leaf = leaf(entry, ground).ok_or_else(|| format!("entry {index}: the salt is none"))?;
        let proof = hashes(&entry.proof).ok_or_else(|| format!("entry {index}: a hash is none"))?;
        let (size, root) = (checkpoint.size, &checkpoint.root);
        if !verify_inclusion(ground.suite, index, size, &leaf, &proof, root) {
            return Err(format!("entry {index} is not in the ledger of the checkpoint"));
        }
        least = index + 1;
    }
    if bundle.entries.is_empty() { Err("there are none".to_owned()) } else { Ok(()) }
}

/// That the tlog-proof is of the last entry and the same checkpoint.
pub(super) fn proof(bundle: &Bundle, ground: &Ground) -> Result<(), String> {
    let last = bundle.entries.last().ok_or("there are no entries")?;
    let leaf = leaf(last, ground).ok_or("the salt of the last entry is none")?;
    let proof: InclusionProof = bundle.proof.parse().map_err(|error| format!("{error}"))?;
    if proof.index != last.index || proof.checkpoint != bundle.checkpoint {
        return Err("it is of another entry or another checkpoint".to_owned());
    }
    let verifier = verifier(ground, ground.incarnation);
    proof.verify(&leaf, &verifier).map_err(|error| error.to_string())?;
    Ok(())
}

/// What a cosigned checkpoint is held against.
pub(super) struct Witnessed<'a> {
    pub(super) ground: &'a Ground,
    pub(super) checkpoint: &'a Checkpoint,
    /// The entry that it must cover.
    pub(super) covers: u64,
    pub(super) replayed: &'a Replayed,
}

impl Witnessed<'_> {
    /// How many persons signed these checkpoints, each of which must hold.
    pub(super) fn count(&self, cosigned: &[Cosigned]) -> Result<usize, String> {
        let mut persons = HashSet::new();
        for (number, one) in cosigned.iter().enumerate() {
            let failed = |why: String| format!("checkpoint {number}: {why}");
            persons.extend(self.signers(one).map_err(failed)?);
        }
        Ok(persons.len())
    }

    /// Who signed this checkpoint, if it holds.
    pub(super) fn signers(&self, cosigned: &Cosigned) -> Result<HashSet<&Person>, String> {
        let Self { ground, checkpoint, .. } = self;
        let (note, older) = older_checkpoint(cosigned, ground)?;
        let proof = hashes(&cosigned.consistency).ok_or("a hash is none")?;
        let (from, to) = (older.size, checkpoint.size);
        if !verify_consistency(ground.suite, from, &older.root, to, &checkpoint.root, &proof) {
            return Err("the ledger does not go on from it".to_owned());
        }
        if from <= self.covers {
            return Err("it is older than the destruction".to_owned());
        }
        let then = self.replayed.active_at(from).filter(|(officer, signer)| {
            let verifier = Verifier::witness(officer.as_str(), signer.key.0.clone());
            verifier.verify(&note).is_ok()
        });
        let signed: HashSet<&Person> = then.map(|(_, signer)| &signer.person).collect();
        if signed.is_empty() {
            return Err(
                "nobody signed it who was an officer then, with a key in no other hands".to_owned()
            );
        }
        Ok(signed)
    }
}

/// A checkpoint of this store under this or an earlier incarnation.
fn older_checkpoint(cosigned: &Cosigned, ground: &Ground) -> Result<(Note, Checkpoint), String> {
    let note: Note = cosigned.checkpoint.parse().map_err(|error| format!("{error}"))?;
    let read = Checkpoint::from_text(&note.text).map_err(|error| error.to_string())?;
    let number: Option<u16> = read.origin.rsplit('/').next().and_then(|text| text.parse().ok());
    let ours = |number: &u16| {
        (1..=ground.incarnation).contains(number) && origin(&ground.store, *number) == read.origin
    };
    let incarnation = number.filter(ours).ok_or("it is of another ledger")?;
    let verifier = verifier(ground, incarnation);
    let checkpoint = verifier.checkpoint(&note).map_err(|error| error.to_string())?;
    Ok((note, checkpoint))
}

fn verifier(ground: &Ground, incarnation: u16) -> Verifier {
    Verifier::log(&origin(&ground.store, incarnation), ground.key.clone())
}

fn leaf(entry: &Entry, ground: &Ground) -> Option<Hash> {
    let salt: &[u8; 16] = entry.salt.0.as_slice().try_into().ok()?;
    Some(leaf_hash(ground.suite, &commitment(ground.suite, salt, &entry.body.0)))
}

fn hashes(list: &[Bytes]) -> Option<Vec<Hash>> {
    list.iter().map(|hash| hash.0.as_slice().try_into().ok()).collect()
}
