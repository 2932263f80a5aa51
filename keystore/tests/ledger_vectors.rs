//! The ledgers in `docs/spec/vectors/ledger/`: entries, checkpoints and proofs as a version of the program made them.
//!
//! `write_the_vectors` says how. It is run once for each version of the format; what it wrote is never replaced.

use std::fs;
use std::path::{Path, PathBuf};

use sealkeep_crypto::{Secret, SigningKey, Suite};
use sealkeep_keystore::KeyId;
use sealkeep_keystore::ledger::{
    Access, Alarm, AlarmKind, Body, Checkpoint, Entry, Event, InclusionProof, MerkleTree, Note,
    StoreEvent, Verifier, consistency_from_text, consistency_to_text, cosign, origin,
    verify_consistency,
};
use serde_json::{Map, Value, json};

const OLD: u64 = 5;
const SIZE: u64 = 11;

fn folder(suite: Suite) -> PathBuf {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/spec/vectors/ledger");
    vectors.join(format!("v1-{suite}"))
}

fn read(suite: Suite, name: &str) -> String {
    fs::read_to_string(folder(suite).join(name)).expect("the vectors are there")
}

/// The entries of a case, as they were written.
fn entries(suite: Suite) -> Vec<Entry> {
    let bytes = |value: &Value| {
        let text = value.as_str().expect("base64");
        data_encoding::BASE64.decode(text.as_bytes()).expect("base64")
    };
    let entry = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        Entry {
            index: line["index"].as_u64().expect("a number"),
            salt: bytes(&line["salt"]).try_into().expect("16 bytes"),
            body: bytes(&line["body"]),
        }
    };
    read(suite, "entries.jsonl").lines().map(entry).collect()
}

fn verifier(suite: Suite, name: &str) -> Verifier {
    read(suite, name).trim_end().parse().expect("a verifier key")
}

#[test]
fn every_proof_leads_to_the_checkpoint_that_the_ledger_signed() {
    for suite in Suite::ALL {
        let (log, witness) = (verifier(suite, "log.vkey"), verifier(suite, "witness.vkey"));
        let note: Note = read(suite, "checkpoint-11").parse().expect("a note");
        let checkpoint = log.checkpoint(&note).expect("signed");
        assert_eq!(witness.verify(&note).map(|signed| signed.time), Ok(Some(1_800_000_999)));
        let entries = entries(suite);
        assert_eq!((entries.len() as u64, checkpoint.size), (SIZE, SIZE));
        for entry in &entries {
            entry.parse().expect("an entry");
            let proof = read(suite, &format!("proof-{}", entry.index));
            let proof: InclusionProof = proof.parse().expect("a proof");
            assert_eq!(proof.index, entry.index);
            assert_eq!(proof.verify(&entry.leaf_hash(suite), &log).as_ref(), Ok(&checkpoint));
        }
        let old: Note = read(suite, "checkpoint-5").parse().expect("a note");
        let old = log.checkpoint(&old).expect("signed");
        let proof = consistency_from_text(&read(suite, "consistency-5-11")).expect("hashes");
        let (from, to) = ((old.size, &old.root), (checkpoint.size, &checkpoint.root));
        assert!(verify_consistency(suite, from.0, from.1, to.0, to.1, &proof));
        let leaves: Vec<_> = entries.iter().map(|entry| entry.leaf_hash(suite)).collect();
        assert_eq!(MerkleTree::of_hashes(suite, leaves).consistency(OLD), proof);
    }
}

/// How the vectors were made: `cargo test -p sealkeep-keystore --test ledger_vectors -- --ignored write_the_vectors` with
/// `SEALKEEP_WRITE_VECTORS` set, before they were there. Without it, nothing is written.
#[test]
#[ignore = "writes files that are never to be replaced"]
fn write_the_vectors() {
    if std::env::var_os("SEALKEEP_WRITE_VECTORS").is_none() {
        println!("skipped: SEALKEEP_WRITE_VECTORS is not set");
        return;
    }
    for suite in Suite::ALL {
        let dir = folder(suite);
        assert!(!dir.exists(), "the vectors of this version are there");
        fs::create_dir_all(&dir).expect("a folder");
        let write = |name: &str, text: &str| fs::write(dir.join(name), text).expect("written");
        let key = |byte| {
            SigningKey::from_seed(suite, &Secret::from_slice(&[byte; 32]).expect("32 bytes"))
        };
        let (log, witness) = (key(1), key(2));
        let origin = origin(&[0xA5; 16], 2);
        let entries: Vec<Entry> = events()
            .into_iter()
            .zip(0_u8..)
            .map(|(event, number)| Entry {
                index: number.into(),
                salt: [number; 16],
                body: Body {
                    time: 1_800_000_000 + u64::from(number),
                    counted: number.into(),
                    event,
                }
                .to_bytes(),
            })
            .collect();
        assert_eq!(entries.len() as u64, SIZE);
        let leaves: Vec<_> = entries.iter().map(|entry| entry.leaf_hash(suite)).collect();
        let tree = MerkleTree::of_hashes(suite, leaves.clone());
        let old = MerkleTree::of_hashes(suite, leaves[..5].to_vec());
        let note =
            |size, root| Checkpoint { origin: origin.clone(), size, root }.sign(&log).to_string();
        let checkpoint =
            cosign(&note(SIZE, tree.root()), "wang.wu", &witness, 1_800_000_999).expect("signed");
        write("checkpoint-5", &note(OLD, old.root()));
        write("checkpoint-11", &checkpoint);
        write("consistency-5-11", &consistency_to_text(&tree.consistency(OLD)));
        write("log.vkey", &format!("{}\n", Verifier::log(&origin, log.verifying_key())));
        let witness = Verifier::witness("wang.wu", witness.verifying_key());
        write("witness.vkey", &format!("{witness}\n"));
        let mut lines = String::new();
        for entry in &entries {
            let encode = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
            let (salt, body) = (encode(&entry.salt), encode(&entry.body));
            let line = json!({ "index": entry.index, "salt": salt, "body": body });
            lines += &format!("{line}\n");
            let hashes = tree.inclusion(entry.index);
            let proof =
                InclusionProof { index: entry.index, hashes, checkpoint: checkpoint.clone() };
            write(&format!("proof-{}", entry.index), &proof.to_string());
        }
        write("entries.jsonl", &lines);
    }
}

/// One of each class, and some that are long.
fn events() -> Vec<Event> {
    let access = |count: u8| {
        Event::Access(Access {
            operation: "open".into(),
            who: "li.na".into(),
            source: "192.0.2.7".into(),
            purpose: "查房 \"ward\"".into(),
            keys: (0..count).map(|byte| KeyId([byte; 16])).collect(),
            refused: [(KeyId([0xFF; 16]), "held".to_owned())].into(),
            ..Access::default()
        })
    };
    let detail = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
    let store = |operation: &str, request| {
        let detail = detail("count", 2.into());
        Event::Store(StoreEvent { operation: operation.into(), detail, request })
    };
    let mut events = vec![store("begin", None)];
    events.extend((0..6).map(|step| access(step * 10)));
    events.push(Event::statement(&[b'x'; 1500]));
    events.push(store("destroyed", Some([0xC5; 32])));
    let keys = detail("keys", json!([KeyId([7; 16]).to_string()]));
    events.push(Event::Alarm(Alarm { alarm: AlarmKind::PendingUse, detail: keys }));
    events.push(access(1));
    events
}
