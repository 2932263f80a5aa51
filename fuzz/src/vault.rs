//! The parsers of the vault: what lies in its files, and what comes out of their boxes.

use std::path::PathBuf;
use std::sync::LazyLock;

use sealkeep::vault::{SignedFile, VaultFile, fuzzing};
use sealkeep_keystore::dsse;

use crate::targets::Target;

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "segment", seeds: segments, run: fuzzing::segment },
    Target { name: "locators", seeds: locators, run: |input| fuzzing::locators(input, ENTRIES) },
    Target { name: "record", seeds: records, run: fuzzing::record },
    Target { name: "listing", seeds: rows, run: fuzzing::rows },
    Target { name: "snapshot", seeds: || payloads("snapshots"), run: fuzzing::snapshot },
    Target { name: "manifest", seeds: manifests, run: fuzzing::manifest },
    Target { name: "index", seeds: indexes, run: fuzzing::index },
    Target { name: "vault-head", seeds: || payloads("heads"), run: fuzzing::head },
    Target { name: "manifest-pack", seeds: packs, run: fuzzing::manifest_pack },
    Target { name: "signed", seeds: signed_files, run: signed },
    Target { name: "dsse", seeds: || files("records"), run: signed_json },
];

/// What is believed is what was signed.
fn signed(input: &[u8]) {
    if let Ok(vault) = VaultFile::decode(input) {
        assert!(VAULTS.iter().any(|file| file == input), "{} was forged", vault.fingerprint());
    }
    for magic in [b"SKINDEX1", b"SKSNAPS1", b"SKHEADS1"] {
        if let Ok(file) = SignedFile::parse(magic, input) {
            assert_eq!(file.payload.len() + HEADER + SIGNATURE, input.len());
        }
    }
}

fn signed_json(input: &[u8]) {
    for vault in &*VAULTS {
        let vault = VaultFile::decode(vault).expect("a vector");
        if let Ok(payload) = dsse::verify("drill", input, &vault.public) {
            let payload = String::from_utf8(payload).expect("the vectors are JSON");
            assert!(payload.contains("\"restored\":3"), "{payload} was never signed");
        }
    }
}

static VAULTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(vault_files);

const HEADER: usize = 8 + 4 + 1 + 16;
const SIGNATURE: usize = 64;
const PACK_HEADER: usize = 48;
const PACK_FOOTER: usize = 16;
const ENTRIES: usize = 2;

/// Two packs, an entry without chunks and one with two, after docs/spec/vault.md §6.
fn locators() -> Vec<Vec<u8>> {
    let chunks = [&[2, 0, 0, 0, 0, 48, 0, 0, 1, 0][..], &[1, 0, 1, 0, 0, 0, 0, 0, 99]].concat();
    let all = [&[0, 0, 0, 2][..], &[7; 16], &[8; 16], &[1; 16], &[0], &[2; 16], &chunks].concat();
    vec![all]
}

/// A file of 10,128 bytes with a hole and two chunks, a link, and a device.
fn records() -> Vec<Vec<u8>> {
    let file =
        description(1, &[0x90, 0x4F, 0], b"", &[1, 0, 4, b'u', b's', b'e', b'r', 0, 0, 0, 1, 9]);
    let chunk = |kind: u8| [&[kind, 0x88, 0x27][..], &[3; 64]].concat();
    let extents = [&[3, 0, 0x80, 1][..], &chunk(1), &chunk(2)].concat();
    let link = description(3, &[0, 0], b"../else", &[0]);
    let device = description(5, &[0, 0x83, 2], b"", &[0]);
    let file = [&[1][..], &file, &extents].concat();
    vec![file, [&[1][..], &link, &[0]].concat(), [&[1][..], &device, &[0]].concat()]
}

/// A description with its size and device number, target, and attributes.
fn description(kind: u8, numbers: &[u8], target: &[u8], attributes: &[u8]) -> Vec<u8> {
    let time = [0, 0, 0, 0, 104, 0, 0, 0, 0, 0, 0, 7];
    let names = b"\0\x06srv/ab\0\x01u\0\0\0\x09patient/7\0\x01c\0\0\x01\0\x017";
    let target = [&[0, u8::try_from(target.len()).expect("short")][..], target].concat();
    [
        &[kind, 0, 4, 0, 0, 1, 0xA4, 0x80, 8, 0x80, 8][..],
        &time,
        &time,
        &[0x83, 2, 0x90, 0x4E, 2],
        numbers,
        &[0x80, 0x80, 4],
        &[0; 8],
        names,
        &target,
        attributes,
    ]
    .concat()
}

/// One that opens, with a tag, and one that does not.
fn rows() -> Vec<Vec<u8>> {
    let open = [&[5; 16][..], &[1], &description(2, &[0, 0], b"", &[0]), &[0, 0, 0, 1], &[6; 16]];
    let open = open.concat();
    vec![[&open[..], &[9; 16], &[0], &open].concat(), open]
}

fn manifests() -> Vec<Vec<u8>> {
    vec![vec![0; 4], [&[0, 0, 0, 2][..], &[4; 88]].concat()]
}

/// Payloads, and relocations.
fn indexes() -> Vec<Vec<u8>> {
    [payloads("index"), vec![vec![3; 44], vec![4; 132]]].concat()
}

fn segments() -> Vec<Vec<u8>> {
    let bodies = packs().into_iter();
    let segments = bodies.filter_map(|body| {
        let rest = body.get(PACK_HEADER..)?;
        let length = u32::from_be_bytes(rest.get(8..12)?.try_into().ok()?) as usize;
        rest.starts_with(b"SKSEGMT1").then(|| rest[..length].to_vec())
    });
    segments.collect()
}

/// Headers and bodies of the manifest packs.
fn packs() -> Vec<Vec<u8>> {
    let manifests = files("packs").into_iter().filter(|pack| pack[9] == 2);
    let bodies = manifests.map(|pack| {
        let (front, footer) = pack.split_at(pack.len() - PACK_FOOTER);
        let length = u64::from_be_bytes(footer[..8].try_into().expect("eight bytes"));
        front[..usize::try_from(length).expect("short")].to_vec()
    });
    bodies.collect()
}

fn payloads(folder: &str) -> Vec<Vec<u8>> {
    let signed = files(folder).into_iter();
    signed.map(|file| file[HEADER..file.len() - SIGNATURE].to_vec()).collect()
}

fn signed_files() -> Vec<Vec<u8>> {
    [vault_files(), files("index"), files("snapshots"), files("heads")].concat()
}

fn vault_files() -> Vec<Vec<u8>> {
    ["v1-aes256-gcm", "v1-sm4-gcm"]
        .map(|case| read(vectors().join(case).join("vault/vault")))
        .into()
}

/// All files below a folder of the vaults in `docs/spec/vectors/vault`.
fn files(folder: &str) -> Vec<Vec<u8>> {
    let cases = ["v1-aes256-gcm", "v1-sm4-gcm"];
    let mut folders: Vec<_> =
        cases.map(|case| vectors().join(case).join("vault").join(folder)).into();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the vectors are there").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(read(entry.path()));
            }
        }
    }
    assert!(!found.is_empty(), "no vector has {folder}");
    found
}

fn read(path: PathBuf) -> Vec<u8> {
    std::fs::read(path).expect("the vectors are there")
}

fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/spec/vectors/vault")
}
