//! Certificates: what holds is what a store signed, and nothing else.

use std::path::PathBuf;
use std::sync::LazyLock;

use sealkeep::destruction::certificate::verify;
use sealkeep_keystore::dsse::Envelope;

use crate::targets::Target;

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "certificate", seeds: || FILES.clone(), run: file },
    Target { name: "bundle", seeds: payloads, run: payload },
];

/// The file as it is.
fn file(input: &[u8]) {
    let verdict = verify(input, None);
    let known = FILES.iter().any(|file| file == input);
    assert_eq!(verdict.is_valid(), known, "another certificate holds");
    assert_eq!(verdict.dossier.is_some(), known);
}

/// What is signed, under a signature that was over something else: every check but that of the signature meets it.
fn payload(input: &[u8]) {
    let mut wrapped = Envelope::new("certificate", input.to_vec()).to_bytes();
    let signatures =
        FILES[0].windows(14).rposition(|part| part == b"\"signatures\":[").expect("signed");
    let end = wrapped.len() - b"]}\n".len();
    wrapped.truncate(end);
    wrapped.extend_from_slice(&FILES[0][signatures + b"\"signatures\":[".len()..]);
    file(&wrapped);
}

fn payloads() -> Vec<Vec<u8>> {
    let payload = |file: &Vec<u8>| {
        let envelope = Envelope::parse("certificate", file).expect("a vector");
        envelope.payload().to_vec()
    };
    FILES.iter().map(payload).collect()
}

/// The vectors.
static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/spec/vectors/certificate");
    let file = |suite: &str| std::fs::read(folder.join(suite).join("certificate.json"));
    ["v1-aes256-gcm", "v1-sm4-gcm"].map(|suite| file(suite).expect("the vectors are there")).into()
});
