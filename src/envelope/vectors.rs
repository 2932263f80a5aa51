//! The vectors of `docs/spec/vectors/envelope/`: every file opens or is refused as they say, and sealing the same inputs
//! gives the same bytes.

use std::fs;
use std::path::Path;

use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::KeyId;
use serde::Deserialize;

use super::{Error, Kind, Metadata, Mtime, Preamble, Run, SealedPath, Sealer, SegmentSize};

#[derive(Deserialize)]
struct Case {
    suite: String,
    segment_log2: u8,
    data_key: String,
    key_id: String,
    salt: String,
    metadata: CaseMetadata,
    content: Content,
    sealed: String,
    expect: String,
    segment: Option<u64>,
    commitment: Option<String>,
}

#[derive(Deserialize)]
struct CaseMetadata {
    kind: String,
    path: Option<String>,
    mode: Option<u32>,
    mtime: Option<(i64, u32)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Hex(String),
    Repeated { repeat: String, length: usize },
}

#[test]
fn the_vectors_of_the_specification() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/spec/vectors/envelope");
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let case: Case = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let sealed = fs::read(folder.join(&case.sealed)).unwrap();
            check(&path.display().to_string(), &case, &sealed);
            count += 1;
        }
    }
    assert!(count >= 36, "{count} vectors in {}", folder.display());
}

fn check(name: &str, case: &Case, sealed: &[u8]) {
    let key = Secret::from_slice(&unhex(&case.data_key)).unwrap();
    match open(sealed, &key) {
        Err(error) => {
            assert_eq!(class(&error), case.expect, "{name}: {error:?}");
            if let Error::Damaged { segment } = error {
                assert_eq!(Some(segment), case.segment, "{name}");
            }
        }
        Ok((metadata, content)) => {
            assert_eq!(case.expect, "opens", "{name}");
            assert_eq!(metadata, case.metadata.read(), "{name}");
            assert!(content == case.content.bytes(), "{name}");
            assert!(seal_again(case, &key) == sealed, "{name}: sealed to other bytes");
            assert_eq!(
                case.commitment.as_deref().map(unhex).as_deref(),
                Some(&sealed[64..96]),
                "{name}"
            );
        }
    }
}

fn open(sealed: &[u8], key: &Secret<32>) -> Result<(Metadata, Vec<u8>), Error> {
    let mut input = sealed;
    let opener = Preamble::read(&mut input)?.unlock(key)?;
    let mut content = Vec::new();
    opener.open_stream(input, &mut content, &Run::quiet())?;
    Ok((opener.metadata().clone(), content))
}

fn seal_again(case: &Case, key: &Secret<32>) -> Vec<u8> {
    let suite: Suite = case.suite.parse().unwrap();
    let id = KeyId(unhex(&case.key_id).try_into().unwrap());
    let salt = unhex(&case.salt).try_into().unwrap();
    let segment = SegmentSize::from_log2(case.segment_log2).unwrap();
    let sealer = Sealer::with_salt(key, id, suite, segment, &case.metadata.read(), salt).unwrap();
    let mut sealed = Vec::new();
    sealer.seal_stream(&case.content.bytes()[..], &mut sealed, &Run::quiet()).unwrap();
    sealed
}

fn class(error: &Error) -> &'static str {
    match error {
        Error::NotSealed => "not-sealed",
        Error::Version(_) => "version",
        Error::Suite(_) => "suite",
        Error::Flags(_) => "flags",
        Error::Header(_) => "header",
        Error::WrongKeyOrHeader => "wrong-key-or-header",
        Error::Metadata(_) => "metadata",
        Error::Damaged { .. } => "damaged",
        Error::Truncated => "truncated",
        other => panic!("not an error of the format: {other:?}"),
    }
}

impl CaseMetadata {
    fn read(&self) -> Metadata {
        Metadata {
            kind: match self.kind.as_str() {
                "file" => Kind::File,
                "directory" => Kind::Directory,
                "symlink" => Kind::Symlink,
                other => panic!("kind {other}"),
            },
            mode: self.mode,
            mtime: self.mtime.map(|(seconds, nanoseconds)| Mtime { seconds, nanoseconds }),
            path: self.path.as_deref().map(|path| SealedPath::new(unhex(path)).unwrap()),
        }
    }
}

impl Content {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Hex(text) => unhex(text),
            Self::Repeated { repeat, length } => {
                unhex(repeat).into_iter().cycle().take(*length).collect()
            }
        }
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}
