//! The parsers of the ledger: what other people's programs write, and what comes out of a sealed page.

use sealkeep_crypto::{Secret, SigningKey, Suite};
use sealkeep_keystore::fuzzing;
use sealkeep_keystore::ledger::{
    Access, Body, Checkpoint, Event, InclusionProof, MerkleTree, Note, Verifier, cosign, leaf_hash,
    verify_consistency,
};

use crate::targets::Target;

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "note", seeds: notes, run: note },
    Target { name: "verifier", seeds: verifiers, run: verifier },
    Target { name: "proof", seeds: proofs, run: proof },
    Target { name: "entry", seeds: entries, run: entry },
    Target { name: "ledger-record", seeds: records, run: fuzzing::ledger_record },
    Target { name: "ledger-root", seeds: fuzzing::roots_with_a_ledger, run: fuzzing::root_page },
    Target { name: "consistency", seeds: growths, run: consistency },
];

/// What parses is written as it was; only what was signed is believed.
fn note(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(note) = text.parse::<Note>() else { return };
    assert_eq!(note.to_string(), text, "the note has a second form");
    if let Ok(checkpoint) = Checkpoint::from_text(&note.text) {
        assert!(note.text.starts_with(&checkpoint.to_text()), "the checkpoint has a second form");
    }
    for suite in Suite::ALL {
        let log = Verifier::log(ORIGIN, key(suite).verifying_key());
        if let Ok(found) = log.checkpoint(&note) {
            assert_eq!(found, checkpoint(suite), "something was believed that was never signed");
        }
    }
}

fn verifier(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(verifier) = text.parse::<Verifier>() {
        assert_eq!(verifier.to_string(), text, "the verifier key has a second form");
    }
}

/// What is proved is what is there, and no other leaf.
fn proof(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(proof) = text.parse::<InclusionProof>() else { return };
    if !text.contains("\nextra ") {
        assert_eq!(proof.to_string(), text, "the proof has a second form");
    }
    for suite in Suite::ALL {
        let log = Verifier::log(ORIGIN, key(suite).verifying_key());
        for (index, leaf) in (0..).zip(LEAVES) {
            if proof.verify(&leaf_hash(suite, leaf), &log).is_ok() {
                assert_eq!(proof.index, index, "a leaf was proved to be where it is not");
            }
        }
        assert!(proof.verify(&leaf_hash(suite, b"another"), &log).is_err());
    }
}

fn entry(input: &[u8]) {
    if let Ok(body) = Body::parse(input) {
        assert!(Body::parse(&body.to_bytes()).is_ok(), "the entry does not read back");
    }
}

/// From the first three leaves to all: no other root is taken, however the hashes are.
fn consistency(input: &[u8]) {
    let suite = Suite::Aes256Gcm;
    let hashes: Vec<[u8; 32]> =
        input.chunks_exact(32).map(|hash| hash.try_into().expect("32 bytes")).collect();
    let (old, new) = (MerkleTree::of(suite, &LEAVES[..3]), MerkleTree::of(suite, &LEAVES));
    let (size, all) = (LEAVES.len() as u64, new.root());
    if verify_consistency(suite, 3, &old.root(), size, &all, &hashes) {
        assert_eq!(hashes, new.consistency(3), "the proof has a second form");
    }
    assert!(!verify_consistency(suite, 3, &[0; 32], size, &all, &hashes));
}

const ORIGIN: &str = "example.com/log";
const LEAVES: [&[u8]; 7] = [b"", b"a", b"b", b"c", b"d", b"e", b"f"];

fn key(suite: Suite) -> SigningKey {
    SigningKey::from_seed(suite, &Secret::from_slice(&[3; 32]).expect("32 bytes"))
}

fn checkpoint(suite: Suite) -> Checkpoint {
    let tree = MerkleTree::of(suite, &LEAVES);
    Checkpoint { origin: ORIGIN.into(), size: tree.size(), root: tree.root() }
}

fn notes() -> Vec<Vec<u8>> {
    let signed = Suite::ALL.map(|suite| checkpoint(suite).sign(&key(suite)).to_string());
    let cosigned = Suite::ALL.map(|suite| {
        let note = checkpoint(suite).sign(&key(suite)).to_string();
        cosign(&note, "wang.wu", &key(suite), 7).expect("a checkpoint")
    });
    signed.into_iter().chain(cosigned).map(String::into_bytes).collect()
}

fn verifiers() -> Vec<Vec<u8>> {
    let all = Suite::ALL.map(|suite| {
        let key = key(suite).verifying_key();
        [Verifier::log(ORIGIN, key.clone()), Verifier::witness("wang.wu", key)]
    });
    all.into_iter().flatten().map(|one| one.to_string().into_bytes()).collect()
}

fn proofs() -> Vec<Vec<u8>> {
    let mut proofs = Vec::new();
    for suite in Suite::ALL {
        let tree = MerkleTree::of(suite, &LEAVES);
        for index in [0, 4, 6] {
            let checkpoint = checkpoint(suite).sign(&key(suite)).to_string();
            let proof = InclusionProof { index, hashes: tree.inclusion(index), checkpoint };
            proofs.push(proof.to_string().into_bytes());
        }
    }
    proofs
}

fn entries() -> Vec<Vec<u8>> {
    let event = Event::Access(Access { operation: "open".into(), ..Access::default() });
    let texts: [&[u8]; 3] = [
        br#"{"time":7,"counted":3,"class":"alarm","alarm":"pending-use","detail":{}}"#,
        br#"{"time":7,"counted":3,"class":"store","operation":"held","detail":{"count":2}}"#,
        br#"{"time":7,"counted":3,"class":"statement","statement":"e30="}"#,
    ];
    let mut seeds: Vec<Vec<u8>> = texts.map(<[u8]>::to_vec).to_vec();
    seeds.push(Body { time: 1, counted: 0, event }.to_bytes());
    seeds
}

fn records() -> Vec<Vec<u8>> {
    let here = [&[0][..], &[1; 16], b"{}"].concat();
    let apart = [&[1][..], &[1; 16], &[2; 32], &[5; 72]].concat();
    vec![here, apart]
}

fn growths() -> Vec<Vec<u8>> {
    vec![MerkleTree::of(Suite::Aes256Gcm, &LEAVES).consistency(3).concat()]
}
