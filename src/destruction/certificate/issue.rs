//! Issuing: a certificate is put together from the ledger and the papers of a request, checked as anybody will check it, and
//! signed by the key store, which checks for itself that the request is done.

use sealkeep_keystore::KeyStore;
use sealkeep_keystore::approval::inventory::Reader;
use sealkeep_keystore::approval::register::{Entered, Excerpt, Touched, What};
use sealkeep_keystore::approval::{Digest, OfficerKey, Said};
use sealkeep_keystore::ledger::{self, Checkpoint, Hash, InclusionProof, Note};

use super::bundle::{Bundle, Bytes, Cosigned, Entry, Inventory, Program, SCHEMA, StoreIdentity};
use super::claims::{claims, not_covered, residual};
use super::error::{Error, Result};
use super::verify::{examine_for_issue, holding, verify};

/// The papers of a request, which lie beside the key store. All are checked against digests in the ledger.
#[derive(Clone, Debug, Default)]
pub struct Papers {
    /// The lines of the inventory.
    pub lines: Vec<String>,
    /// The record of execution, as the store signed it.
    pub execution: Vec<u8>,
    /// Reports of wipes.
    pub wipe_reports: Vec<Vec<u8>>,
    /// The report of the last inspection, if there was one.
    pub inspection: Option<Vec<u8>>,
    /// Checkpoints with cosignatures of witnesses; those that do not hold, or are older than the destruction, are left out.
    pub cosigned: Vec<String>,
}

/// Issues the certificate of a request that is done: the bytes of its file.
///
/// # Errors
/// [`Error::NotIssued`] with the check that failed: nothing is certified that would not be verified. What the key store says
/// otherwise.
pub fn issue(
    store: &mut KeyStore,
    request: &Digest,
    papers: Papers,
    program: Program,
) -> Result<Vec<u8>> {
    let status = store.status()?;
    let suite = store.suite();
    let mut reader = Reader::new(suite);
    let mut touched = Touched::default();
    for line in &papers.lines {
        let item = reader.push(line).map_err(unreadable)?;
        touched.insert(*request, [&item]);
    }
    let root = reader.finish().map_err(unreadable)?.summary.root;
    let excerpt = excerpt(store, *request, &touched)?;
    let (genesis, number) = names(&excerpt, request)?;
    let indices: Vec<u64> = excerpt.entries.iter().map(|entered| entered.index).collect();
    let (proofs, checkpoint) = store.prove_many(&indices)?;
    let entries: Vec<Entry> = proofs.into_iter().map(proved).collect();
    let cosigned = older_checkpoints(store, &papers.cosigned, &checkpoint, excerpt.destroyed)?;
    let mut bundle = Bundle {
        schema: SCHEMA.to_owned(),
        number,
        request: request.to_string(),
        issued: store.ledger_status()?.time,
        program,
        store: StoreIdentity {
            id: data_encoding::HEXLOWER.encode(&status.peek.store),
            suite: suite.name().to_owned(),
            key: OfficerKey(store.verifier_key().key().clone()).to_string(),
            created: status.created,
            incarnation: status.peek.incarnation,
        },
        genesis: genesis.to_string(),
        entries,
        inventory: Inventory { root: root.to_string(), lines: papers.lines },
        execution: Bytes(papers.execution),
        wipe_reports: papers.wipe_reports.into_iter().map(Bytes).collect(),
        inspection: papers.inspection.map(Bytes),
        checkpoint,
        cosigned,
        proof: String::new(),
        claims: Vec::new(),
        residual: Vec::new(),
        not_covered: Vec::new(),
    };
    bundle.cosigned = holding(&bundle);
    let bundle = complete(bundle)?;
    let bytes = store.sign_certificate(bundle.to_payload())?;
    // What was signed is what will be read: whatever goes wrong shows here and not years later.
    match verify(&bytes, Some(genesis.0)).checks.into_iter().find(|check| !check.passed()) {
        None => Ok(bytes),
        Some(check) => Err(Error::not_issued(&check)),
    }
}

/// Adds to a bundle what follows from the rest of it: the proof of the last entry, claims, what may be left, what is not
/// covered.
///
/// # Errors
/// [`Error::NotIssued`] with the check that failed.
pub fn complete(mut bundle: Bundle) -> Result<Bundle> {
    let hash = |hash: &Bytes| -> Option<Hash> { hash.0.as_slice().try_into().ok() };
    let proof = bundle.entries.last().and_then(|last| {
        let hashes = last.proof.iter().map(hash).collect::<Option<Vec<_>>>()?;
        let checkpoint = bundle.checkpoint.clone();
        Some(InclusionProof { index: last.index, hashes, checkpoint }.to_string())
    });
    bundle.proof = proof.unwrap_or_default();
    let examined = examine_for_issue(&bundle).map_err(|check| Error::not_issued(&check))?;
    let evidence = examined.evidence();
    bundle.claims = claims(&evidence);
    bundle.residual = residual(&evidence);
    bundle.not_covered = not_covered(evidence.request);
    Ok(bundle)
}

/// The entries that a certificate of this request needs.
fn excerpt(store: &mut KeyStore, request: Digest, touched: &Touched) -> Result<Excerpt> {
    let suite = store.suite();
    let mut excerpt = Excerpt::new(request);
    for entry in store.registered_entries()? {
        if let Some(entered) = Entered::read(suite, entry.index, &entry.body).map_err(unreadable)? {
            excerpt.take(entered, touched);
        }
    }
    Ok(excerpt)
}

/// Digest of the genesis, and the number of the request.
fn names(excerpt: &Excerpt, request: &Digest) -> Result<(Digest, String)> {
    let (mut genesis, mut number) = (None, None);
    for entered in &excerpt.entries {
        let What::Statement(statement) = &entered.what else { continue };
        match &statement.said {
            Said::Genesis(_) => genesis = Some(statement.digest),
            Said::Request(said) if statement.digest == *request => {
                number = Some(said.number.to_string())
            }
            _ => {}
        }
    }
    let genesis = genesis.ok_or_else(|| unreadable("there is no genesis"))?;
    Ok((genesis, number.ok_or_else(|| unreadable("there is no such request"))?))
}

fn unreadable(why: impl ToString) -> Error {
    Error::Papers(why.to_string())
}

fn proved((entry, hashes): (ledger::Entry, Vec<Hash>)) -> Entry {
    Entry {
        index: entry.index,
        salt: Bytes(entry.salt.to_vec()),
        body: Bytes(entry.body),
        proof: hashes.into_iter().map(Bytes::from).collect(),
    }
}

/// Cosigned checkpoints that cover the destruction, with the proof that the ledger goes on from each.
fn older_checkpoints(
    store: &mut KeyStore,
    notes: &[String],
    checkpoint: &str,
    destroyed: Option<u64>,
) -> Result<Vec<Cosigned>> {
    let size = |note: &str| -> Result<u64> {
        let note: Note = note.parse().map_err(unreadable)?;
        Ok(Checkpoint::from_text(&note.text).map_err(unreadable)?.size)
    };
    let to = size(checkpoint)?;
    let mut found = Vec::new();
    for note in notes {
        let Ok(from) = size(note) else { continue };
        if destroyed.is_some_and(|destroyed| from > destroyed) && from <= to {
            let consistency = store.prove_consistency(from, to)?;
            let consistency = consistency.into_iter().map(Bytes::from).collect();
            found.push(Cosigned { checkpoint: note.clone(), consistency });
        }
    }
    Ok(found)
}
