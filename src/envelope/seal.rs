//! Sealing: one [`Sealer`] seals one object and is used up by it.

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::os::unix::fs::FileExt;

use sealkeep_crypto::{Secret, Suite, TAG_LEN, random};
use sealkeep_keystore::KeyId;

use super::batch::{Batch, segments_per_batch};
use super::derive::FileKeys;
use super::error::Error;
use super::header::{HEADER_LEN, Header, SegmentSize};
use super::metadata::Metadata;
use super::run::Run;
use super::segments::{Layout, MAX_CONTENT, MAX_SEGMENTS, SegmentCipher};
use super::{disjoint, ordered};

/// How much was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Length of the content in bytes.
    pub content: u64,
    /// Length of the sealed file in bytes.
    pub sealed: u64,
}

/// Seals one object. It is moved into the call that seals, so a salt and its nonces are used once.
pub struct Sealer {
    header: Header,
    preamble: Vec<u8>,
    cipher: SegmentCipher,
}

impl Sealer {
    /// Draws a salt, derives the keys of this file and seals its metadata.
    ///
    /// # Errors
    /// `Metadata` if the metadata is out of the format's bounds.
    ///
    /// # Panics
    /// If the operating system has no randomness.
    pub fn new(
        data_key: &Secret<32>,
        key_id: KeyId,
        suite: Suite,
        segment: SegmentSize,
        metadata: &Metadata,
    ) -> Result<Self, Error> {
        Self::with_salt(data_key, key_id, suite, segment, metadata, random::array())
    }

    pub(super) fn with_salt(
        data_key: &Secret<32>,
        key_id: KeyId,
        suite: Suite,
        segment: SegmentSize,
        metadata: &Metadata,
        salt: [u8; 32],
    ) -> Result<Self, Error> {
        let sealed_len = metadata.encode()?.len() + TAG_LEN;
        let metadata_len =
            u16::try_from(sealed_len).map_err(|_| Error::Metadata("path too long"))?;
        let mut header = Header { suite, segment, metadata_len, key_id, salt, commitment: [0; 32] };
        let keys = FileKeys::derive(data_key, &header);
        header.commitment = keys.commitment;
        let mut preamble = Vec::with_capacity(HEADER_LEN + sealed_len);
        preamble.extend_from_slice(&header.to_bytes());
        preamble.extend_from_slice(&keys.seal_metadata(metadata)?);
        let cipher = SegmentCipher::new(keys.payload, keys.base_nonce, segment);
        Ok(Self { header, preamble, cipher })
    }

    /// The header that the file will have.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Seals content held in memory, clearing it (it is overwritten by its ciphertext), and writes the sealed file to `output`.
    /// The quickest way for small files: one write.
    ///
    /// # Errors
    /// `Write`, `TooLong`.
    pub fn seal_memory(self, content: &mut [u8], output: &mut impl Write) -> Result<Sealed, Error> {
        let layout = Layout::of_content(&self.header, content.len() as u64)?;
        let count = usize::try_from(layout.segments()).map_err(|_| Error::TooLong)?;
        let size = self.header.segment.bytes();
        let mut tags = vec![[0; TAG_LEN]; count];
        let mut rest = &mut *content;
        for (index, tag) in tags.iter_mut().enumerate() {
            let (data, after) = rest.split_at_mut(size.min(rest.len()));
            *tag = self.cipher.seal_one(index as u64, index + 1 == count, data);
            rest = after;
        }
        let mut pieces = Vec::with_capacity(1 + 2 * count);
        pieces.push(IoSlice::new(&self.preamble));
        for (index, tag) in tags.iter().enumerate() {
            let end = content.len().min((index + 1) * size);
            pieces.push(IoSlice::new(&content[index * size..end]));
            pieces.push(IoSlice::new(tag));
        }
        write_all_vectored(output, &mut pieces).map_err(Error::Write)?;
        Ok(Sealed { content: layout.content_len(), sealed: layout.sealed_len() })
    }

    /// Seals a stream of unknown length up to its end, on `run.workers` threads. Nothing is buffered beyond one batch
    /// a thread (256 KiB with default segments).
    ///
    /// # Errors
    /// `Read`, `Write`, `TooLong`, `Cancelled`. What was written until then is not a whole sealed file.
    pub fn seal_stream<R, W>(self, input: R, mut output: W, run: &Run<'_>) -> Result<Sealed, Error>
    where
        R: Read + Send,
        W: Write + Send,
    {
        output.write_all(&self.preamble).map_err(Error::Write)?;
        let segment = self.header.segment;
        let mut reader = ContentReader::new(input);
        let mut content = 0;
        let mut sealed = self.preamble.len() as u64;
        ordered::run(
            run,
            || Batch::new(segment),
            |batch| reader.fill(batch).map(|()| true),
            |batch| {
                let (first, ends) = (batch.first, batch.ends);
                self.cipher.seal_run(first, ends, batch.slots_mut());
                Ok(())
            },
            |batch| {
                content += batch.content_len() as u64;
                sealed += batch.used as u64;
                output.write_all(batch.slots()).map_err(Error::Write)
            },
        )?;
        output.flush().map_err(Error::Write)?;
        Ok(Sealed { content, sealed })
    }

    /// Seals the first `content` bytes of a file to another, both of which can seek; the file offsets do not matter.
    /// Threads work on disjoint ranges, so the output is whole only when this returns.
    ///
    /// # Errors
    /// `Read`, `Write`, `TooLong`, `Cancelled`; `Changed` if the input is shorter.
    pub fn seal_file(
        self,
        input: &File,
        content: u64,
        output: &File,
        run: &Run<'_>,
    ) -> Result<Sealed, Error> {
        let layout = Layout::of_content(&self.header, content)?;
        let per_batch = segments_per_batch(self.header.segment) as u64;
        output.write_all_at(&self.preamble, 0).map_err(Error::Write)?;
        disjoint::run(
            run,
            layout.segments().div_ceil(per_batch),
            || Batch::new(self.header.segment),
            |index, batch| {
                let segments = index * per_batch..layout.segments().min((index + 1) * per_batch);
                let range = layout.sealed_range(&segments);
                batch.used =
                    usize::try_from(range.end - range.start).expect("a batch fits in memory");
                read_slots_at(input, batch, layout.content_start(segments.start))?;
                let ends = segments.end == layout.segments();
                self.cipher.seal_run(segments.start, ends, batch.slots_mut());
                output.write_all_at(batch.slots(), range.start).map_err(Error::Write)?;
                (run.progress)(batch.content_len() as u64);
                Ok(())
            },
        )?;
        Ok(Sealed { content, sealed: layout.sealed_len() })
    }
}

/// Cuts a stream into batches. Whether a full segment is the last one shows only by reading on, so a full batch is
/// followed by one byte of look-ahead.
struct ContentReader<R> {
    input: R,
    ahead: Option<u8>,
    next: u64,
    content: u64,
}

impl<R: Read> ContentReader<R> {
    fn new(input: R) -> Self {
        Self { input, ahead: None, next: 0, content: 0 }
    }

    fn fill(&mut self, batch: &mut Batch) -> Result<(), Error> {
        let full = batch.stride - TAG_LEN;
        let (first, mut used, mut ends) = (self.next, 0, false);
        for slot in batch.room_slots() {
            let len = self.read_segment(&mut slot[..full])?;
            ends = len < full;
            if len == 0 && self.next > 0 {
                break;
            }
            used += len + TAG_LEN;
            self.next += 1;
            self.content += len as u64;
            if ends {
                break;
            }
        }
        if !ends {
            self.ahead = self.read_byte()?;
            ends = self.ahead.is_none();
        }
        if self.content > MAX_CONTENT || self.next > MAX_SEGMENTS {
            return Err(Error::TooLong);
        }
        batch.hold(first, used, ends);
        Ok(())
    }

    /// Reads a full segment, or less at the end of the input.
    fn read_segment(&mut self, data: &mut [u8]) -> Result<usize, Error> {
        let mut len = 0;
        if let Some(byte) = self.ahead.take() {
            data[0] = byte;
            len = 1;
        }
        Ok(len + read_full(&mut self.input, &mut data[len..])?)
    }

    fn read_byte(&mut self) -> Result<Option<u8>, Error> {
        let mut byte = [0];
        Ok((read_full(&mut self.input, &mut byte)? == 1).then_some(byte[0]))
    }
}

/// Reads until the buffer is full or the input ends; returns the number of bytes read.
pub(crate) fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut len = 0;
    while len < buffer.len() {
        match input.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Read(error)),
        }
    }
    Ok(len)
}

/// Fills the slots in use with content from this offset on.
fn read_slots_at(input: &File, batch: &mut Batch, mut offset: u64) -> Result<(), Error> {
    let stride = batch.stride;
    for slot in batch.slots_mut().chunks_mut(stride) {
        let len = slot.len() - TAG_LEN;
        input.read_exact_at(&mut slot[..len], offset).map_err(read_error)?;
        offset += len as u64;
    }
    Ok(())
}

/// A file of known length that ends early has changed.
pub(super) fn read_error(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::Changed,
        _ => Error::Read(error),
    }
}

fn write_all_vectored(output: &mut impl Write, mut pieces: &mut [IoSlice<'_>]) -> io::Result<()> {
    IoSlice::advance_slices(&mut pieces, 0);
    while !pieces.is_empty() {
        match output.write_vectored(pieces) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => IoSlice::advance_slices(&mut pieces, n),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
