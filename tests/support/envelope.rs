//! Sealing and opening in every way that the envelope offers.

use std::fs::File;
use std::io::{Seek, Write};

use sealkeep::envelope::{Error, HEADER_LEN, Layout, Metadata, Preamble, Run, Sealer, SegmentSize};
use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::KeyId;

/// Segment size of the tests.
pub(crate) const S: usize = 4096;
pub(crate) const HEADER: usize = HEADER_LEN;

pub(crate) fn stride() -> usize {
    S + 16
}

pub(crate) fn key() -> Secret<32> {
    Secret::from_slice(&[7; 32]).unwrap()
}

/// Bytes without a period that fits the segments.
pub(crate) fn content(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8 ^ (at / 4099) as u8).collect()
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    Memory,
    Stream,
    File,
}

impl Content {
    pub(crate) const ALL: [Self; 3] = [Self::Memory, Self::Stream, Self::File];
}

/// A sealer with a fresh salt; its metadata is 80 bytes sealed.
pub(crate) fn seal_salted(suite: Suite) -> Sealer {
    sealer(suite, SegmentSize::from_log2(12).unwrap())
}

fn sealer(suite: Suite, segment: SegmentSize) -> Sealer {
    Sealer::new(&key(), KeyId([9; 16]), suite, segment, &Metadata::stream()).unwrap()
}

pub(crate) fn seal(suite: Suite, plain: &[u8]) -> Vec<u8> {
    seal_way(Content::Stream, suite, plain)
}

pub(crate) fn seal_sized(suite: Suite, segment: SegmentSize, plain: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::new();
    sealer(suite, segment).seal_stream(plain, &mut sealed, &Run::quiet()).unwrap();
    sealed
}

pub(crate) fn seal_way(way: Content, suite: Suite, plain: &[u8]) -> Vec<u8> {
    let sealer = seal_salted(suite);
    let mut sealed = Vec::new();
    let lengths = match way {
        Content::Memory => sealer.seal_memory(&mut plain.to_vec(), &mut sealed).unwrap(),
        Content::Stream => sealer.seal_stream(plain, &mut sealed, &Run::quiet()).unwrap(),
        Content::File => {
            let output = tempfile::tempfile().unwrap();
            let lengths =
                sealer.seal_file(&file(plain), plain.len() as u64, &output, &Run::quiet()).unwrap();
            sealed = read_back(output);
            lengths
        }
    };
    assert_eq!((lengths.content, lengths.sealed), (plain.len() as u64, sealed.len() as u64));
    sealed
}

/// Opens in memory, as a stream, as a file, and by checking; the last gives the content of the stream.
pub(crate) fn open_all_ways(
    sealed: &[u8],
    key: &Secret<32>,
) -> Vec<(&'static str, Result<Vec<u8>, Error>)> {
    vec![
        ("memory", in_memory(sealed, key)),
        ("stream", stream(sealed, key, 4)),
        ("one thread", stream(sealed, key, 1)),
        ("file", positioned(sealed, key)),
    ]
}

pub(crate) fn range(sealed: &[u8], start: u64, end: Option<u64>) -> Result<Vec<u8>, Error> {
    let opener = Preamble::parse(sealed)?.unlock(&key())?;
    let mut output = Vec::new();
    let len = sealed.len() as u64;
    opener.open_range(&file(sealed), len, start, end, &mut output, &Run::quiet())?;
    Ok(output)
}

fn in_memory(sealed: &[u8], key: &Secret<32>) -> Result<Vec<u8>, Error> {
    let preamble = Preamble::parse(sealed)?;
    let mut body = sealed[preamble.header().preamble_len()..].to_vec();
    let opener = preamble.unlock(key)?;
    let failed_clean = |body: &[u8]| body.iter().all(|&byte| byte == 0);
    match opener.open_memory(&mut body) {
        Ok(plain) => Ok(plain.to_vec()),
        Err(error) => {
            assert!(
                failed_clean(&body) || matches!(error, Error::Truncated),
                "plaintext left behind"
            );
            Err(error)
        }
    }
}

fn stream(sealed: &[u8], key: &Secret<32>, workers: usize) -> Result<Vec<u8>, Error> {
    let mut input = sealed;
    let opener = Preamble::read(&mut input)?.unlock(key)?;
    let mut output = Vec::new();
    let run = Run { workers: workers.try_into().unwrap(), ..Run::quiet() };
    let len = opener.open_stream(input, &mut output, &run)?;
    assert_eq!(len, output.len() as u64);
    Ok(output)
}

fn positioned(sealed: &[u8], key: &Secret<32>) -> Result<Vec<u8>, Error> {
    let input = file(sealed);
    let opener = Preamble::read(&mut &input)?.unlock(key)?;
    let output = tempfile::tempfile().unwrap();
    let len = sealed.len() as u64;
    let checked = opener.check_file(&input, len, &Run::quiet());
    let opened = opener.open_file(&input, len, &output, &Run::quiet());
    assert_eq!(checked.is_ok(), opened.is_ok());
    assert_eq!(opened?, Layout::of_sealed(opener.header(), len)?.content_len());
    Ok(read_back(output))
}

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

fn read_back(mut file: File) -> Vec<u8> {
    use std::io::Read;
    file.rewind().unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}
