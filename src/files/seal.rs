//! Sealing files, trees and streams: options → plan → report.

mod execute;
mod object;
mod pairs;
mod plan;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::KeyId;

use super::error::Error;
use super::place::{Place, split_file};
use crate::envelope::{Metadata, Run, Sealed, Sealer, SegmentSize, looks_sealed};
use crate::keys::Keys;
use crate::output::{Pending, check_free};

pub(crate) use pairs::Pairs;
pub(super) use plan::SUFFIX;
pub use plan::{PlannedObject, SealPlan};

/// How to seal.
#[derive(Clone, Debug)]
pub struct SealOptions {
    /// The scope under which data keys are made.
    pub scope: String,
    /// The suite of keys and files.
    pub suite: Suite,
    /// Size of the segments.
    pub segment: SegmentSize,
    /// Glob patterns of paths, relative to each input directory, to leave out with everything below them. A pattern without `/`
    /// is tried on every level.
    pub exclude: Vec<String>,
    /// Name the sealed files after their key ids, all in one directory, instead of mirroring names.
    pub hide_names: bool,
    /// Replace existing outputs.
    pub force: bool,
    /// Leave existing outputs as they are and count them, instead of failing: an interrupted run is finished that way, since
    /// outputs are whole or not there. For files and trees only; hidden names tell nothing about what is there already.
    pub skip_existing: bool,
    /// Seal sealed files once more instead of refusing.
    pub allow_nested: bool,
    /// Return only when the output is on stable storage.
    pub durable: bool,
    /// List every object in the report.
    pub list: bool,
}

impl SealOptions {
    /// The usual: default segments, names mirrored, nothing replaced, durable.
    #[must_use]
    pub fn new(scope: impl Into<String>, suite: Suite) -> Self {
        Self {
            scope: scope.into(),
            suite,
            segment: SegmentSize::default(),
            exclude: Vec::new(),
            hide_names: false,
            force: false,
            skip_existing: false,
            allow_nested: false,
            durable: true,
            list: false,
        }
    }
}

/// Where sealed files go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealTarget {
    /// `name.sealed` beside each input: a file for a file, a directory for a directory.
    Beside,
    /// For a single file, the sealed file itself, or a directory to put it in, if it exists or ends in `/`; for a directory,
    /// the directory that mirrors it; for several inputs, the directory that holds each under its name.
    Path(PathBuf),
}

/// What became of a sealed stream.
#[derive(Clone, Copy, Debug)]
pub struct SealedStream {
    /// Its data key.
    pub key_id: KeyId,
    /// Lengths of content and sealed file.
    pub lengths: Sealed,
    /// Keys of which no copy exists yet.
    pub uncopied_keys: u64,
}

/// Seals a stream of unknown length to another. The key is durable before the first byte is written.
///
/// # Errors
/// `AlreadySealed`, `Keys`, `Envelope`. What was written until then is not a whole sealed file.
pub fn seal_stream<R, W>(
    input: R,
    output: W,
    options: &SealOptions,
    keys: &dyn Keys,
    run: &Run<'_>,
) -> Result<SealedStream, Error>
where
    R: Read + Send,
    W: Write + Send,
{
    let (key_id, lengths) = seal_stream_unsettled(input, output, options, keys, run)?;
    let settled = keys.settle().map_err(Error::Keys)?;
    Ok(SealedStream { key_id, lengths, uncopied_keys: settled.uncopied })
}

/// Seals a stream to a file that appears when it is whole.
///
/// # Errors
/// As [`seal_stream`]; `Exists`, `NotReplaceable`, `Io`.
pub fn seal_stream_to<R: Read + Send>(
    input: R,
    path: &Path,
    options: &SealOptions,
    keys: &dyn Keys,
    run: &Run<'_>,
) -> Result<SealedStream, Error> {
    let (dir, name) = split_file(path)?;
    let place = Place::new(dir);
    let dir = place.open()?;
    check_free(&dir, &name, options.force)?;
    let pending = Pending::create(&dir, &name, 0o666, options.force)?;
    let (key_id, lengths) = seal_stream_unsettled(input, &pending.file, options, keys, run)?;
    if options.durable {
        pending.sync()?;
    }
    pending.publish()?;
    if options.durable {
        place.sync()?;
    }
    let settled = keys.settle().map_err(Error::Keys)?;
    Ok(SealedStream { key_id, lengths, uncopied_keys: settled.uncopied })
}

fn seal_stream_unsettled<R, W>(
    mut input: R,
    output: W,
    options: &SealOptions,
    keys: &dyn Keys,
    run: &Run<'_>,
) -> Result<(KeyId, Sealed), Error>
where
    R: Read + Send,
    W: Write + Send,
{
    // The beginning is read before a key is made: a stream that is sealed already needs none.
    let mut start = Vec::new();
    let limit = crate::envelope::MAGIC.len() as u64;
    input.by_ref().take(limit).read_to_end(&mut start).map_err(crate::envelope::Error::Read)?;
    if looks_sealed(&start) && !options.allow_nested {
        return Err(Error::AlreadySealed);
    }
    let (key_id, key) = one_key(keys, options, b"-")?;
    let sealer = Sealer::new(&key, key_id, options.suite, options.segment, &Metadata::stream())?;
    let lengths = sealer.seal_stream(start.as_slice().chain(input), output, run)?;
    Ok((key_id, lengths))
}

fn one_key(
    keys: &dyn Keys,
    options: &SealOptions,
    label: &[u8],
) -> Result<(KeyId, Secret<32>), Error> {
    let made = keys.create(&options.scope, options.suite, &[label]).map_err(Error::Keys)?;
    made.into_iter().next().ok_or_else(|| Error::Keys("the key store made no key".into()))
}
