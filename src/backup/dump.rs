//! The content of one file of a snapshot, to wherever the caller wants it.

use std::io::{self, Write};
use std::path::Path;

use sealkeep_keystore::{KeyId, Tombstone};

use super::browse::Objects;
use super::restore::{
    Buffers, ChunkReader, Entry, Object, RestoreError, RestorePlanError, Selection, load,
    vault_path,
};
use crate::envelope::Run;
use crate::keys::Unavailable;
use crate::vault::{Extent, Kind, Mark, SnapshotFile, Vault, check};

/// Why the content of a file cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DumpError {
    /// The path cannot be that of an object.
    #[error(transparent)]
    Path(#[from] RestorePlanError),
    /// There is no such object in the snapshot.
    #[error("the snapshot has no such object")]
    NotFound,
    /// It is something else than a file.
    #[error("it is not a file")]
    NotAFile,
    /// Its key was destroyed.
    #[error("its key was destroyed")]
    Destroyed {
        /// The key.
        key: KeyId,
        /// What is left of it, where that is known.
        tombstone: Option<Tombstone>,
    },
    /// It cannot be read from the vault. What was written before is authentic.
    #[error(transparent)]
    Read(#[from] RestoreError),
    /// The output takes no more.
    #[error("cannot write the output: {0}")]
    Write(#[source] io::Error),
}

/// Writes the content of the file at an absolute path; returns its length. Every byte that is written was found authentic.
///
/// # Errors
/// [`DumpError`].
pub fn dump(
    vault: &Vault,
    snapshot: &SnapshotFile,
    path: &Path,
    out: &mut dyn Write,
    run: &Run<'_>,
) -> Result<u64, DumpError> {
    let object = find(vault, snapshot, path)?;
    let mut buffers = Buffers::default();
    let reader = ChunkReader::new(vault).map_err(RestoreError::from)?;
    let mut pieces = reader.pieces(0, &object);
    let mut done = 0;
    for extent in &object.record.extents {
        check(run).map_err(RestoreError::from)?;
        match extent {
            Extent::Hole(length) => {
                io::copy(&mut io::Read::take(io::repeat(0), *length), out)
                    .map_err(DumpError::Write)?;
            }
            Extent::Chunk { .. } => {
                let piece = [pieces.next().expect("one for each chunk")];
                let mut result = Ok(());
                reader.read(&piece, &mut buffers, &mut |_, content| {
                    result = content
                        .map_err(DumpError::from)
                        .and_then(|content| out.write_all(content).map_err(DumpError::Write));
                });
                result?;
            }
        }
        (run.progress)(extent.length());
        done += extent.length();
    }
    Ok(done)
}

fn find(vault: &Vault, snapshot: &SnapshotFile, path: &Path) -> Result<Box<Object>, DumpError> {
    let selection = Selection::new(&[path.to_owned()], &[])?;
    let path = vault_path(path)?;
    let mark = vault.keyring().mark(&path);
    let objects = Objects::of(vault, snapshot).map_err(RestoreError::from)?;
    for segment in objects.around(&path).map_err(RestoreError::from)? {
        let entries = load(vault, Some(objects.index()), segment, &selection);
        for entry in entries.map_err(RestoreError::from)? {
            if let Some(found) = examine(entry, &path, &mark) {
                return found;
            }
        }
    }
    Err(DumpError::NotFound)
}

/// The file, or why it cannot be had; none if the entry is another object.
fn examine(entry: Entry, path: &[u8], mark: &Mark) -> Option<Result<Box<Object>, DumpError>> {
    match entry {
        Entry::Open(object) if object.record.description.path != path => None,
        Entry::Open(object) if object.record.description.attributes.kind == Kind::File => {
            Some(Ok(object))
        }
        Entry::Open(_) => Some(Err(DumpError::NotAFile)),
        Entry::Closed { key, mark: its, why } if its == *mark => Some(Err(match why {
            Unavailable::Destroyed(tombstone) => DumpError::Destroyed { key, tombstone },
            why => RestoreError::Key(why).into(),
        })),
        Entry::Broken { error, .. } => Some(Err(RestoreError::from(error).into())),
        Entry::Closed { .. } => None,
    }
}
