//! Doors to the parsers of the vault for `fuzz/`, which feeds them with damaged input.
//!
//! Not part of the interface: it exists only with the feature `fuzzing`, and may change at any time. None of these functions may
//! panic, whatever the bytes are; where a thing has one form only, they check that too.

use super::object::Record;
use super::pack::Blobs;
use super::segment::{Locators, Segment};
use super::snapshot::{SnapshotFile, decode_manifest, encode_manifest};
use super::{Head, IndexFile, index, listing};

/// A segment, as it lies in a manifest pack.
pub fn segment(bytes: &[u8]) {
    let Ok(segment) = Segment::parse(bytes.to_vec()) else { return };
    assert_eq!(segment.keys().len(), segment.len());
    for at in 0..segment.len() {
        let (_, record) = segment.entry(at);
        assert!(record.len() < bytes.len(), "a record out of nothing");
    }
}

/// The locators of a segment with so many entries, as they are before they are sealed.
pub fn locators(bytes: &[u8], entries: usize) {
    let Ok(locators) = Locators::decode(bytes, entries) else { return };
    let chunks: usize = (0..entries).map(|at| locators.chunks(at).len()).sum();
    let marks: usize = (0..entries).map(|at| locators.mark(at).len()).sum();
    assert!(marks + chunks <= bytes.len(), "chunks out of nothing");
}

/// The record of an object, as it is before it is sealed. What parses is written back as it was.
pub fn record(bytes: &[u8]) {
    if let Ok(record) = Record::decode(bytes) {
        assert_eq!(record.encode()[..], *bytes, "the record has a second form");
    }
}

/// The rows of a listing, as they are before they are compressed. What parses is written back as it was.
pub fn rows(bytes: &[u8]) {
    if let Ok(rows) = listing::decode(bytes) {
        assert_eq!(listing::encode(&rows)[..], *bytes, "the listing has a second form");
    }
}

/// The payload of a snapshot. What parses is written back as it was.
pub fn snapshot(payload: &[u8]) {
    if let Ok(snapshot) = SnapshotFile::decode(payload) {
        assert_eq!(snapshot.encode(), payload, "the snapshot has a second form");
    }
}

/// The manifest of a snapshot, as it is before it is sealed. What parses is written back as it was.
pub fn manifest(bytes: &[u8]) {
    if let Ok(segments) = decode_manifest(bytes) {
        assert_eq!(encode_manifest(&segments), bytes, "the manifest has a second form");
    }
}

/// The payload of an index file, and its relocations as they are before they are sealed.
pub fn index(payload: &[u8]) {
    if let Ok((file, sealed)) = IndexFile::decode(payload) {
        assert!(file.packs.len() + file.superseded.len() + sealed.len() <= payload.len());
    }
    if let Ok(moved) = index::relocations(payload) {
        assert_eq!(index::encode_relocations(&moved), payload, "relocations have a second form");
    }
}

/// The payload of a head. What parses is written back as it was.
pub fn head(payload: &[u8]) {
    if let Ok(head) = Head::decode(payload) {
        assert_eq!(head.payload(), payload, "the head has a second form");
    }
    let _ = std::str::from_utf8(payload).map(Head::number);
}

/// A manifest pack: whatever is wrong with it, what is found in it lies in it.
pub fn manifest_pack(body: &[u8]) {
    let blobs = Blobs::new(body.to_vec());
    let mut end = 0;
    for blob in blobs.iter() {
        let begin = blob.offset as usize;
        assert!(begin >= end, "two blobs overlap");
        assert_eq!(&body[begin..begin + blob.bytes.len()], blob.bytes);
        end = begin + blob.bytes.len();
    }
}
