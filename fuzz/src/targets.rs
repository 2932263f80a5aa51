//! The parsers, each with well-formed inputs to start from and the rules that must hold.

use std::fmt::Display;

use sealkeep::envelope::{
    HEADER_LEN, Header, Layout, Metadata, Preamble, Run, SealedPath, Sealer, SegmentSize,
};
use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::{KeyFile, KeyId, KeyState, Share};

/// One parser.
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Well-formed inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Parses one input; panics when a rule is broken.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "header", seeds: sealed_files, run: header },
    Target { name: "sealed", seeds: sealed_files, run: sealed },
    Target { name: "path", seeds: paths, run: path },
    Target { name: "share", seeds: shares, run: share },
    Target { name: "key-file", seeds: key_files, run: key_file },
    Target { name: "words", seeds: words, run: names },
];

/// One byte string per meaning: what parses is written back as it was.
fn header(input: &[u8]) {
    if let Ok(header) = Header::parse(input) {
        assert_eq!(header.to_bytes(), input[..HEADER_LEN], "the header has a second form");
        if let Ok(layout) = Layout::of_sealed(&header, input.len() as u64) {
            assert!(layout.content_len() <= layout.sealed_len());
        }
    }
}

/// What opens is what was sealed, whole; streams never release anything else either.
fn sealed(input: &[u8]) {
    let Ok(preamble) = Preamble::parse(input) else { return };
    let body = preamble.header().preamble_len();
    let Ok(opener) = preamble.unlock(&data_key()) else { return };
    let mut released = Vec::new();
    let run = Run::quiet().single();
    let whole = opener.open_stream(&input[body..], &mut released, &run).is_ok();
    assert!(
        contents().iter().any(|content| if whole {
            content == &released
        } else {
            content.starts_with(&released)
        }),
        "something was released that was never sealed"
    );
    assert_eq!(opener.open_memory(&mut input[body..].to_vec()).is_ok(), whole);
}

/// No path leads out of the folder that it is joined to.
fn path(input: &[u8]) {
    if let Ok(path) = SealedPath::new(input) {
        let parts: Vec<&[u8]> = path.as_bytes().split(|byte| *byte == b'/').collect();
        assert!(!parts.iter().any(|part| matches!(*part, b"" | b"." | b"..") || part.contains(&0)));
        assert_eq!(path.as_bytes(), input);
    }
}

fn share(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(share) = Share::parse(text) {
        let again = std::str::from_utf8(share.to_text().expose()).map(Share::parse);
        let again = again.expect("shares are text").expect("it was just written");
        assert_eq!((again.index(), again.set()), (share.index(), share.set()));
    }
}

fn key_file(input: &[u8]) {
    if let Ok(file) = KeyFile::parse(input) {
        assert!(KeyFile::parse(file.to_text().expose()).is_ok());
    }
}

fn names(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(id) = text.parse::<KeyId>() {
        same(text, id);
    }
    if let Ok(state) = text.parse::<KeyState>() {
        same(text, state);
    }
    if let Ok(suite) = text.parse::<Suite>() {
        same(text, suite);
    }
}

fn same(text: &str, value: impl Display) {
    assert_eq!(text.to_ascii_lowercase(), value.to_string());
}

fn data_key() -> Secret<32> {
    Secret::from_slice(&[7; 32]).expect("32 bytes")
}

/// Nothing, a few bytes, and some segments with an odd end.
fn contents() -> [Vec<u8>; 4] {
    let long = (0..10_000_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]);
    [Vec::new(), b"patient 0042: stable".to_vec(), vec![0; 4096], long.collect()]
}

fn sealed_files() -> Vec<Vec<u8>> {
    let segment = SegmentSize::from_log2(12).expect("the smallest segment");
    let named = Metadata {
        mode: Some(0o640),
        path: Some(SealedPath::new("ward/7/patient").expect("a plain path")),
        ..Metadata::stream()
    };
    let mut files = Vec::new();
    for suite in Suite::ALL {
        for content in contents() {
            for metadata in [&Metadata::stream(), &named] {
                let id = KeyId([9; 16]);
                let sealer = Sealer::new(&data_key(), id, suite, segment, metadata).expect("fits");
                let mut file = Vec::new();
                let run = Run::quiet().single();
                sealer.seal_stream(&content[..], &mut file, &run).expect("memory takes it");
                files.push(file);
            }
        }
    }
    files
}

fn paths() -> Vec<Vec<u8>> {
    ["a", "ward/7/patient", "..a/b..", "病历/x", "a/../b", "/a", "a//b"].map(|p| p.into()).to_vec()
}

fn shares() -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let location = sealkeep_keystore::Location::new(dir.path().join("store"), None);
    let file = KeyFile::generate();
    let options = sealkeep_keystore::InitOptions {
        suite: Suite::Aes256Gcm,
        custody: &[sealkeep_keystore::NewCustody::KeyFile(&file)],
        shares: Some((2, 3)),
    };
    let made = sealkeep_keystore::KeyStore::init(&location, &options, std::time::Duration::ZERO);
    let (_, shares) = made.expect("a scratch store");
    shares.iter().map(|share| share.to_text().expose().to_vec()).collect()
}

fn key_files() -> Vec<Vec<u8>> {
    (0..3).map(|_| KeyFile::generate().to_text().expose().to_vec()).collect()
}

fn words() -> Vec<Vec<u8>> {
    let words = ["00112233445566778899aabbccddeeff", "aes256-gcm", "sm4-gcm", "active", "held"];
    words.map(|word| word.into()).to_vec()
}
