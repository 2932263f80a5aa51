//! Checks what a certificate says of the ledger with published C2SP libraries (`signed_note`, `tlog_tiles`) and nothing of
//! Sealkeep: the store's signature on the checkpoint, the witnesses' on another, every inclusion proof, every consistency proof.
//!
//! `cargo run --manifest-path tests/c2sp/Cargo.toml -- CERTIFICATE…`, of key stores with Ed25519.

use std::error::Error;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::Value;
use sha2::{Digest, Sha256};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash, check_record, check_tree, record_hash};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    if paths.is_empty() {
        return Err("no certificate is named".into());
    }
    for path in paths {
        let file: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
        let certificate: Value = serde_json::from_slice(&bytes(&file["payload"])?)?;
        let entries = check(&certificate)?;
        println!("{path}: {entries} entries are in a C2SP log, by other people's libraries");
    }
    Ok(())
}

fn check(certificate: &Value) -> Outcome<usize> {
    let now = signed_checkpoint(certificate, text(&certificate["checkpoint"])?)?;
    let entries = certificate["entries"].as_array().ok_or("no entries")?;
    for entry in entries {
        let index = entry["index"].as_u64().ok_or("no index")?;
        let mut commitment = Sha256::new_with_prefix("sealkeep/v1/ledger/entry");
        commitment.update(bytes(&entry["salt"])?);
        commitment.update(bytes(&entry["body"])?);
        let leaf = record_hash(&commitment.finalize());
        check_record(&hashes(&entry["proof"])?, now.size(), *now.hash(), index, leaf)?;
    }
    check_proof(text(&certificate["proof"])?, text(&certificate["checkpoint"])?)?;
    for one in certificate["cosigned"].as_array().ok_or("no list of cosigned checkpoints")? {
        let then = signed_checkpoint(certificate, text(&one["checkpoint"])?)?;
        let proof = hashes(&one["consistency"])?;
        check_tree(&proof, now.size(), *now.hash(), then.size(), *then.hash())?;
    }
    Ok(entries.len())
}

/// The checkpoint in a note that the store signed, under the verifier key that follows from its id and its key.
fn signed_checkpoint(certificate: &Value, note: &str) -> Outcome<Checkpoint> {
    let store = &certificate["store"];
    let key = text(&store["key"])?.strip_prefix("ed25519:").ok_or("not a key of a C2SP log")?;
    let key: Result<Vec<u8>, _> =
        (0..32).map(|at| u8::from_str_radix(&key[2 * at..2 * at + 2], 16)).collect();
    let key = [vec![1], key?].concat();
    let name = format!("sealkeep.invalid/ledger/{}/{}", text(&store["id"])?, store["incarnation"]);
    let id = signed_note::key_id(&name, &key);
    let verifier =
        StandardVerifier::new(&format!("{name}+{id:08x}+{}", BASE64_STANDARD.encode(key)))?;
    let note = Note::from_bytes(note.as_bytes())?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)]))?;
    let checkpoint = Checkpoint::from_bytes(note.text()).map_err(|error| format!("{error:?}"))?;
    if checkpoint.origin() == name { Ok(checkpoint) } else { Err("another origin".into()) }
}

/// The C2SP tlog-proof ends with the checkpoint, and is for the last entry.
fn check_proof(proof: &str, checkpoint: &str) -> Outcome<()> {
    let whole = proof.starts_with("c2sp.org/tlog-proof@v1\nindex ")
        && proof.split_once("\n\n").is_some_and(|(_, end)| end == checkpoint);
    if whole { Ok(()) } else { Err("not a tlog-proof with this checkpoint".into()) }
}

fn hashes(list: &Value) -> Outcome<Vec<Hash>> {
    let list = list.as_array().ok_or("not a list of hashes")?;
    let hash = |one: &Value| -> Outcome<Hash> {
        Ok(Hash(bytes(one)?.try_into().map_err(|_| "a hash has 32 bytes")?))
    };
    list.iter().map(hash).collect()
}

fn bytes(value: &Value) -> Outcome<Vec<u8>> {
    Ok(BASE64_STANDARD.decode(text(value)?)?)
}

fn text(value: &Value) -> Outcome<&str> {
    value.as_str().ok_or_else(|| "not a text".into())
}
