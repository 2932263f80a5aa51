//! Opening and checking sealed files, trees and streams: options → plan → report.

mod execute;
mod object;
mod plan;

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::error::{Error, io};
use super::place::{Place, split_file};
use crate::envelope::{self, Header, Kind, Layout, Metadata, Opener, Preamble, Run};
use crate::keys::Keys;
use crate::output::{Pending, check_free};

pub use plan::OpenPlan;

/// How to open.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Replace existing outputs.
    pub force: bool,
    /// Leave existing outputs as they are and count them, instead of failing: an interrupted run is finished that way, since
    /// outputs are whole or not there. For files and trees only.
    pub skip_existing: bool,
    /// Return only when the output is on stable storage.
    pub durable: bool,
    /// Restore setuid and setgid bits too. Owners are not restored, so such a file would run as whoever opens it.
    pub keep_special_bits: bool,
    /// List every object in the report.
    pub list: bool,
}

/// Nothing replaced, durable, without setuid and setgid.
impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            force: false,
            skip_existing: false,
            durable: true,
            keep_special_bits: false,
            list: false,
        }
    }
}

/// Where opened objects go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenTarget {
    /// For a sealed file: its authenticated name, in the directory where the sealed file lies. Not for directories.
    Beside,
    /// Below this directory, under the whole authenticated path.
    Directory(PathBuf),
    /// Under this name, whatever the authenticated one; for a single sealed file.
    File(PathBuf),
    /// Nowhere: everything is verified, nothing written.
    Check,
}

/// What became of an opened stream.
#[derive(Clone, Debug)]
pub struct OpenedStream {
    /// The authenticated metadata.
    pub metadata: Metadata,
    /// The authenticated header.
    pub header: Header,
    /// Length of the content in bytes.
    pub content: u64,
}

/// Opens a sealed stream to another. Every byte written is authentic, but only success says that they are all.
///
/// # Errors
/// `Keys`, `Envelope`.
pub fn open_stream<R, W>(
    mut input: R,
    output: W,
    keys: &dyn Keys,
    run: &Run<'_>,
) -> Result<OpenedStream, Error>
where
    R: Read + Send,
    W: Write + Send,
{
    let opener = unlock(Preamble::read(&mut input)?, keys)?;
    let content = opener.open_stream(input, output, run)?;
    Ok(opened(opener, content))
}

/// Verifies a sealed stream to its end, releasing nothing.
///
/// # Errors
/// As [`open_stream`].
pub fn check_stream<R: Read + Send>(
    input: R,
    keys: &dyn Keys,
    run: &Run<'_>,
) -> Result<OpenedStream, Error> {
    open_stream(input, std::io::sink(), keys, run)
}

/// Opens a sealed stream to a file that appears when all of it has been verified. The caller chose the name; mode and time
/// are those inside, if any.
///
/// # Errors
/// As [`open_stream`]; `Exists`, `NotReplaceable`, `Io`; `Unsupported` unless it holds a regular file.
pub fn open_stream_to<R: Read + Send>(
    mut input: R,
    path: &Path,
    options: &OpenOptions,
    keys: &dyn Keys,
    run: &Run<'_>,
) -> Result<OpenedStream, Error> {
    let opener = unlock(Preamble::read(&mut input)?, keys)?;
    if opener.metadata().kind != Kind::File {
        return Err(Error::Unsupported);
    }
    let content = write_whole(path, options, |file| {
        let content = opener.open_stream(input, file, run)?;
        object::restore(file, opener.metadata(), options)?;
        Ok(content)
    })?;
    Ok(opened(opener, content))
}

/// Opens bytes `start` to `end` (not included; `None`: to the end) of a sealed file. Needs a file that can seek.
/// Returns the number of bytes written.
///
/// # Errors
/// `Unsupported` if the input is not a regular file or holds none; `Keys`, `Envelope`.
pub fn open_range(
    sealed: &Path,
    start: u64,
    end: Option<u64>,
    output: &mut impl Write,
    keys: &dyn Keys,
    run: &Run<'_>,
) -> Result<u64, Error> {
    let (input, len, opener) = open_sealed(sealed, keys)?;
    Ok(opener.open_range(&input, len, start, end, output, run)?)
}

/// As [`open_range`], to a file that appears when all of the part has been verified. It belongs to its user alone, whatever the
/// mode inside: it is not the file that was sealed.
///
/// # Errors
/// As [`open_range`]; `Exists`, `NotReplaceable`, `Io`.
pub fn open_range_to(
    sealed: &Path,
    (start, end): (u64, Option<u64>),
    path: &Path,
    options: &OpenOptions,
    keys: &dyn Keys,
    run: &Run<'_>,
) -> Result<u64, Error> {
    let (input, len, opener) = open_sealed(sealed, keys)?;
    write_whole(path, options, |mut file| {
        Ok(opener.open_range(&input, len, start, end, &mut file, run)?)
    })
}

/// A sealed regular file that can seek, its length in bytes, and what opens it.
fn open_sealed(sealed: &Path, keys: &dyn Keys) -> Result<(File, u64, Opener), Error> {
    let input = File::open(sealed).map_err(io("open the sealed file"))?;
    let meta = input.metadata().map_err(io("look at the sealed file"))?;
    if !meta.is_file() {
        return Err(Error::Unsupported);
    }
    let opener = unlock(Preamble::read(&mut &input)?, keys)?;
    if opener.metadata().kind != Kind::File {
        return Err(Error::Unsupported);
    }
    Ok((input, meta.len(), opener))
}

/// Makes a file that appears under its name when all of it is there, with what `write` puts into it.
fn write_whole<T>(
    path: &Path,
    options: &OpenOptions,
    write: impl FnOnce(&File) -> Result<T, Error>,
) -> Result<T, Error> {
    let (dir, name) = split_file(path)?;
    let place = Place::new(dir);
    let dir = place.open()?;
    check_free(&dir, &name, options.force)?;
    let pending = Pending::create(&dir, &name, 0o600, options.force)?;
    let written = write(&pending.file)?;
    if options.durable {
        pending.sync()?;
    }
    pending.publish()?;
    if options.durable {
        place.sync()?;
    }
    Ok(written)
}

/// What a sealed file says without a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The header. Not authenticated: that needs the key.
    pub header: Header,
    /// Length of the sealed file in bytes, if it can be known without reading to the end.
    pub sealed_len: Option<u64>,
    /// Length of the content in bytes, by arithmetic.
    pub content_len: Option<u64>,
}

/// Reads what a sealed file says without a key.
///
/// # Errors
/// `Io`; `Envelope` if it is not a sealed file, is malformed, or its length is that of no sealed file.
pub fn inspect(sealed: &Path) -> Result<Inspection, Error> {
    let mut input = File::open(sealed).map_err(io("open the sealed file"))?;
    let meta = input.metadata().map_err(io("look at the sealed file"))?;
    if meta.is_dir() {
        return Err(Error::Unsupported);
    }
    let header = Preamble::read(&mut input)?.header().clone();
    if !meta.is_file() {
        return Ok(Inspection { header, sealed_len: None, content_len: None });
    }
    let layout = Layout::of_sealed(&header, meta.len())?;
    Ok(Inspection { header, sealed_len: Some(meta.len()), content_len: Some(layout.content_len()) })
}

pub(super) fn unlock(preamble: Preamble, keys: &dyn Keys) -> Result<Opener, Error> {
    let (suite, key) = keys.open(&preamble.header().key_id).map_err(Error::Keys)?;
    if suite != preamble.header().suite {
        return Err(envelope::Error::WrongKeyOrHeader.into());
    }
    Ok(preamble.unlock(&key)?)
}

fn opened(opener: Opener, content: u64) -> OpenedStream {
    OpenedStream { metadata: opener.metadata().clone(), header: opener.header().clone(), content }
}
