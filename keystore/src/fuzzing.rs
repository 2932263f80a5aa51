//! Doors to the parsers of this crate for `fuzz/`, which feeds them with damaged input.
//!
//! Not part of the interface: it exists only with the feature `fuzzing`, and may change at any time. None of these
//! functions may panic, whatever the bytes are; where a thing has one form only, they check that too.

use sealkeep_crypto::Suite;
use sealkeep_crypto::codec::Reader;

use crate::cell;
use crate::clearance::Intent;
use crate::clock::Moment;
use crate::copy;
use crate::leaf::KeyRecord;
use crate::names;
use crate::page::ChildRef;
use crate::records::{children, list};
use crate::root::{LedgerHead, RootPage};
use crate::scope::ScopeRecord;

/// The records of a row file, without its header, and without regard to its running hashes: otherwise hardly any
/// damaged input would reach the parser. Returns the number of commits.
pub fn row_file(bytes: &[u8]) -> usize {
    copy::commits_in(bytes)
}

/// The clear part of a cell slot, at most 4,064 bytes; the hash over it is made right.
pub fn cell_slot(clear: &[u8]) {
    cell::parse_clear(clear);
}

/// A root page as it is before it is sealed. What parses is written back as it was.
pub fn root_page(bytes: &[u8]) {
    if let Ok(root) = RootPage::decode(bytes) {
        assert_eq!(root.encode().expose(), bytes, "the root page has a second form");
    }
}

/// A key record as it stands in a leaf page. What parses is written back as it was.
pub fn key_record(bytes: &[u8]) {
    if let Ok(record) = KeyRecord::decode(bytes) {
        assert_eq!(record.encode().expose(), bytes, "the key record has a second form");
    }
}

/// A scope record as it stands in a leaf page. What parses is written back as it was.
pub fn scope_record(bytes: &[u8]) {
    if let Ok(record) = ScopeRecord::decode(bytes) {
        assert_eq!(record.encode().expose(), bytes, "the scope record has a second form");
    }
}

/// A leaf page, an interior page and a names page, as they are before they are sealed.
pub fn page(bytes: &[u8]) {
    for record in list::all(bytes).into_iter().flatten() {
        let _ = names::decode(record);
    }
    let _ = names::is_interior(bytes);
    for slot in [0, 1, 127, 255] {
        let (_, _) = (list::get(bytes, slot), children::get(bytes, slot));
    }
    let mut reader = Reader::new(bytes, "child reference");
    let _ = ChildRef::decode(&mut reader);
}

/// An entry's record as it stands in a leaf page. What parses is written back as it was.
pub fn ledger_record(bytes: &[u8]) {
    crate::txn::read_record(bytes);
}

/// Root pages with a ledger, to start from.
pub fn roots_with_a_ledger() -> Vec<Vec<u8>> {
    let moment = Moment { wall: 1_800_000_000, since_boot: 1, boot: [1; 16] };
    let with = |suite, entries: u32| {
        let mut root = RootPage::new(suite, Vec::new(), 1);
        let mut ledger = LedgerHead::new(suite, moment);
        (0..entries).for_each(|_| ledger.frontier.push([7; 32]));
        for (records, count) in ledger.trees.iter_mut().zip([entries, entries / 256, 0, 0, 1]) {
            records.count = count;
            records.top.page = (count > 0).then(ChildRef::placeholder);
        }
        root.ledger = Some(ledger);
        root.encode().expose().to_vec()
    };
    vec![with(Suite::Aes256Gcm, 1), with(Suite::Sm4Gcm, 300)]
}

/// An intent without its signature. What parses is written back as it was.
pub fn intent(bytes: &[u8]) {
    let store = bytes.get(18..34).and_then(|store| store.try_into().ok()).unwrap_or([0; 16]);
    if let Ok(intent) = Intent::decode(bytes, &store) {
        assert_eq!(intent.encode(&store), bytes, "the intent has a second form");
    }
}
