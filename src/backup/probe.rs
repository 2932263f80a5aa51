//! Whether single objects open, from their keys to their first content. Nothing is restored.

use super::restore::{Buffers, ChunkReader, Entry, open_entries};
use crate::keys::Unavailable;
use crate::vault::{Result, SegmentRef, Vault};

/// What came of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Probed {
    /// Key, record and the first chunk of its content, if it has any, are authentic.
    Opened,
    /// Its key does not open.
    Closed(Unavailable),
    /// Its key opens; what lies there does not.
    Broken,
}

/// Tries these entries of a segment.
///
/// # Errors
/// If the segment or the key store cannot be read.
pub(crate) fn probe(vault: &Vault, place: &SegmentRef, entries: Vec<usize>) -> Result<Vec<Probed>> {
    let segment = vault.segment(place)?;
    let locators = segment.locators(vault.keyring())?;
    let reader = ChunkReader::new(vault)?;
    let mut buffers = Buffers::default();
    let mut look = |entry: Entry| match entry {
        Entry::Closed { why, .. } => Probed::Closed(why),
        Entry::Broken { .. } => Probed::Broken,
        Entry::Open(object) => {
            let Some(first) = reader.pieces(0, &object).next() else { return Probed::Opened };
            let mut opened = false;
            reader.read(&[first], &mut buffers, &mut |_, content| opened = content.is_ok());
            if opened { Probed::Opened } else { Probed::Broken }
        }
    };
    Ok(open_entries(vault, &segment, &locators, entries)?.into_iter().map(&mut look).collect())
}
