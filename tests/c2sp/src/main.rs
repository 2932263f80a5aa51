//! Checks what a certificate says of the ledger with published C2SP libraries (`signed_note`, `tlog_tiles`) and nothing of
//! Sealkeep: the store's signature on the checkpoint, the witnesses' on another, every inclusion proof, every consistency proof.
//!
//! `cargo run --manifest-path tests/c2sp/Cargo.toml -- CERTIFICATE…`, of key stores with Ed25519.

use std::collections::HashMap;
use std::error::Error;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::Value;
use sha2::{Digest, Sha256};
use signed_note::{Note, StandardVerifier, Verifier, VerifierList};
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
    let officers = officers(entries)?;
    check_proof(text(&certificate["proof"])?, text(&certificate["checkpoint"])?)?;
    for one in certificate["cosigned"].as_array().ok_or("no list of cosigned checkpoints")? {
        let note = text(&one["checkpoint"])?;
        let then = signed_checkpoint(certificate, note)?;
        cosigned(&officers, note)?;
        let proof = hashes(&one["consistency"])?;
        check_tree(&proof, now.size(), *now.hash(), then.size(), *then.hash())?;
    }
    Ok(entries.len())
}

/// The checkpoint in a note that the store signed, under the verifier key that follows from its id and its key.
fn signed_checkpoint(certificate: &Value, note: &str) -> Outcome<Checkpoint> {
    let store = &certificate["store"];
    let name = format!("sealkeep.invalid/ledger/{}/{}", text(&store["id"])?, store["incarnation"]);
    let verifier = verifier(&name, &key_of(&store["key"])?)?;
    let note = Note::from_bytes(note.as_bytes())?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)]))?;
    let checkpoint = Checkpoint::from_bytes(note.text()).map_err(|error| format!("{error:?}"))?;
    if checkpoint.origin() == name { Ok(checkpoint) } else { Err("another origin".into()) }
}

/// Officers' public keys by their ids, as statements enrolled them.
fn officers(entries: &[Value]) -> Outcome<HashMap<String, Vec<u8>>> {
    let mut found = HashMap::new();
    for entry in entries {
        let body: Value = serde_json::from_slice(&bytes(&entry["body"])?)?;
        if body["class"] != "statement" {
            continue;
        }
        let statement: Value = serde_json::from_slice(&bytes(&body["statement"])?)?;
        let said: Value = serde_json::from_slice(&bytes(&statement["payload"])?)?;
        let founders = said["officers"].as_array().into_iter().flatten();
        let enrolled = (said["kind"] == "enroll").then_some(&said["officer"]);
        for officer in founders.chain(enrolled) {
            found.insert(text(&officer["id"])?.to_owned(), key_of(&officer["key"])?);
        }
    }
    Ok(found)
}

/// An officer as a witness of C2SP tlog-cosignature: key type 04, and the time in what is signed.
struct Witness {
    id: u32,
    ed25519: StandardVerifier,
}

impl Witness {
    fn new(name: &str, key: &[u8]) -> Outcome<Self> {
        let id = signed_note::key_id(name, &[&[4][..], key].concat());
        Ok(Self { id, ed25519: verifier(name, key)? })
    }
}

impl Verifier for Witness {
    fn name(&self) -> &str {
        self.ed25519.name()
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, note: &[u8], signature: &[u8]) -> bool {
        let Some((time, raw)) = signature.split_first_chunk::<8>() else { return false };
        let head = format!("cosignature/v1\ntime {}\n", u64::from_be_bytes(*time));
        self.ed25519.verify(&[head.as_bytes(), note].concat(), raw)
    }
}

/// That officers signed this note as witnesses: one at least, and whoever is named did.
fn cosigned(officers: &HashMap<String, Vec<u8>>, note: &str) -> Outcome<()> {
    let mut witnesses: Vec<Box<dyn Verifier>> = Vec::new();
    for (name, key) in officers {
        witnesses.push(Box::new(Witness::new(name, key)?));
    }
    Note::from_bytes(note.as_bytes())?.verify(&VerifierList::new(witnesses))?;
    Ok(())
}

/// The C2SP tlog-proof ends with the checkpoint, and is for the last entry.
fn check_proof(proof: &str, checkpoint: &str) -> Outcome<()> {
    let whole = proof.starts_with("c2sp.org/tlog-proof@v1\nindex ")
        && proof.split_once("\n\n").is_some_and(|(_, end)| end == checkpoint);
    if whole { Ok(()) } else { Err("not a tlog-proof with this checkpoint".into()) }
}

/// The verifier of an ordinary signed note.
fn verifier(name: &str, key: &[u8]) -> Outcome<StandardVerifier> {
    let key = [&[1][..], key].concat();
    let id = signed_note::key_id(name, &key);
    Ok(StandardVerifier::new(&format!("{name}+{id:08x}+{}", BASE64_STANDARD.encode(key)))?)
}

/// The 32 bytes of an Ed25519 key.
fn key_of(value: &Value) -> Outcome<Vec<u8>> {
    let digits = text(value)?.strip_prefix("ed25519:").ok_or("not a key of a C2SP log")?;
    let pairs =
        digits.as_bytes().chunks(2).map(|pair| Ok(u8::from_str_radix(str::from_utf8(pair)?, 16)?));
    pairs.collect()
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
