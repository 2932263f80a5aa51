//! Opening: preamble without a key → [`Opener`] with it → content.

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::os::unix::fs::FileExt;

use sealkeep_crypto::{Secret, TAG_LEN, eq_ct};
use zeroize::Zeroizing;

use super::batch::{Batch, segments_per_batch};
use super::derive::FileKeys;
use super::error::Error;
use super::header::{HEADER_LEN, Header};
use super::metadata::Metadata;
use super::run::Run;
use super::seal::{read_error, read_full};
use super::segments::{Layout, MAX_CONTENT, MAX_SEGMENTS, SegmentCipher};
use super::{disjoint, ordered};

/// The beginning of a sealed file, parsed but not authenticated.
#[derive(Clone, Debug)]
pub struct Preamble {
    header: Header,
    sealed_metadata: Vec<u8>,
}

impl Preamble {
    /// Reads header and sealed metadata from a stream, and nothing after them.
    ///
    /// # Errors
    /// As [`Header::parse`]; `Truncated` if the stream ends within the preamble; `Read`.
    pub fn read(input: &mut impl Read) -> Result<Self, Error> {
        let mut bytes = [0; HEADER_LEN];
        let len = read_full(input, &mut bytes)?;
        let header = Header::parse(&bytes[..len])?;
        let mut sealed_metadata = vec![0; usize::from(header.metadata_len)];
        if read_full(input, &mut sealed_metadata)? < sealed_metadata.len() {
            return Err(Error::Truncated);
        }
        Ok(Self { header, sealed_metadata })
    }

    /// The same from bytes in memory that begin with the preamble.
    ///
    /// # Errors
    /// As [`Preamble::read`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let header = Header::parse(bytes)?;
        let sealed_metadata =
            bytes.get(HEADER_LEN..header.preamble_len()).ok_or(Error::Truncated)?.to_vec();
        Ok(Self { header, sealed_metadata })
    }

    /// What the file says in the clear.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Checks the commitment and opens the metadata.
    ///
    /// # Errors
    /// `WrongKeyOrHeader`, `Metadata`.
    pub fn unlock(self, data_key: &Secret<32>) -> Result<Opener, Error> {
        let keys = FileKeys::derive(data_key, &self.header);
        if !eq_ct(&keys.commitment, &self.header.commitment) {
            return Err(Error::WrongKeyOrHeader);
        }
        let metadata = keys.open_metadata(&self.sealed_metadata)?;
        let cipher = SegmentCipher::new(keys.payload, keys.base_nonce, self.header.segment);
        Ok(Opener { header: self.header, metadata, cipher })
    }
}

/// A sealed file whose header and metadata are authentic. Its content is verified segment by segment as it is opened.
pub struct Opener {
    header: Header,
    metadata: Metadata,
    cipher: SegmentCipher,
}

impl Opener {
    /// The authenticated header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The authenticated metadata.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Opens content held in memory, `sealed` being everything after the preamble. The content is returned only if all of
    /// it verified; otherwise the buffer is cleared. The quickest way for small files.
    ///
    /// # Errors
    /// `Damaged`, `Truncated`, `TooLong`.
    pub fn open_memory<'s>(&self, sealed: &'s mut [u8]) -> Result<&'s mut [u8], Error> {
        let layout =
            Layout::of_sealed(&self.header, (self.header.preamble_len() + sealed.len()) as u64)?;
        self.cipher.open_run(0, true, sealed)?;
        let (stride, size) = (self.cipher.stride(), self.header.segment.bytes());
        let len = sealed.len();
        for index in 1..len.div_ceil(stride) {
            let end = len.min((index + 1) * stride) - TAG_LEN;
            sealed.copy_within(index * stride..end, index * size);
        }
        let content = usize::try_from(layout.content_len()).map_err(|_| Error::TooLong)?;
        Ok(&mut sealed[..content])
    }

    /// Opens a stream, `input` standing after the preamble, on `run.workers` threads. Returns the length of the content.
    /// Each segment is written only after it has verified.
    ///
    /// # Errors
    /// `Damaged`, `Truncated`, `TooLong`, `Read`, `Write`, `Cancelled`. What was written until then is authentic, but is
    /// not the whole content and must not be taken for it.
    pub fn open_stream<R, W>(&self, input: R, mut output: W, run: &Run<'_>) -> Result<u64, Error>
    where
        R: Read + Send,
        W: Write + Send,
    {
        let mut reader = SealedReader { input, ahead: None, next: 0 };
        let mut content = 0;
        ordered::run(
            run,
            || Batch::new(self.header.segment),
            |batch| reader.fill(batch).map(|()| true),
            |batch| self.cipher.open_run(batch.first, batch.ends, batch.slots_mut()),
            |batch| {
                content += batch.content_len() as u64;
                let mut parts = self.cipher.plain_parts(batch.slots());
                parts.try_for_each(|part| output.write_all(part)).map_err(Error::Write)
            },
        )?;
        output.flush().map_err(Error::Write)?;
        Ok(content)
    }

    /// Opens a whole sealed file of `sealed_len` bytes to another file; both can seek, the file offsets do not matter. Threads work on
    /// disjoint ranges, so the output must not be shown to anyone before this returns. Returns the length of the content.
    ///
    /// # Errors
    /// As [`Opener::open_stream`]; `Changed` if the input is shorter than `sealed_len`.
    pub fn open_file(
        &self,
        input: &File,
        sealed_len: u64,
        output: &File,
        run: &Run<'_>,
    ) -> Result<u64, Error> {
        self.open_segments(input, sealed_len, run, |start, slots, cipher| {
            let mut parts: Vec<IoSlice<'_>> = cipher.plain_parts(slots).map(IoSlice::new).collect();
            write_all_vectored_at(output, &mut parts, start).map_err(Error::Write)
        })
    }

    /// Verifies all content of a sealed file of `sealed_len` bytes, writing nothing. Returns the length of the content.
    ///
    /// # Errors
    /// As [`Opener::open_file`].
    pub fn check_file(&self, input: &File, sealed_len: u64, run: &Run<'_>) -> Result<u64, Error> {
        self.open_segments(input, sealed_len, run, |_, _, _| Ok(()))
    }

    /// Verifies all content of a sealed file of `sealed_len` bytes and compares it with all of another file, byte by byte.
    /// Returns the length of the content.
    ///
    /// # Errors
    /// As [`Opener::open_file`]; `Differs` with the first part that does.
    pub fn compare_file(
        &self,
        input: &File,
        sealed_len: u64,
        other: &File,
        run: &Run<'_>,
    ) -> Result<u64, Error> {
        let content = Layout::of_sealed(&self.header, sealed_len)?.content_len();
        let length = other.metadata().map_err(Error::Read)?.len();
        if length != content {
            let offset = length.min(content);
            return Err(Error::Differs { offset, length: length.max(content) - offset });
        }
        self.open_segments(input, sealed_len, run, |start, slots, cipher| {
            let parts = || cipher.plain_parts(slots);
            let length = parts().map(<[u8]>::len).sum();
            let differs = || Error::Differs { offset: start, length: length as u64 };
            let mut there = Zeroizing::new(vec![0; length]);
            match other.read_exact_at(&mut there, start) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(differs()),
                Err(error) => return Err(Error::Read(error)),
            }
            let mut at = 0;
            let same = parts().all(|part| {
                at += part.len();
                part == &there[at - part.len()..at]
            });
            if same { Ok(()) } else { Err(differs()) }
        })
    }

    /// Opens bytes `start` to `end` (not included; `None`: to the end) of the content. The last segment is verified first,
    /// so that the length of the content is authentic. Returns the number of bytes written.
    ///
    /// # Errors
    /// `Range` if it does not lie within the content; as [`Opener::open_file`].
    pub fn open_range(
        &self,
        input: &File,
        sealed_len: u64,
        start: u64,
        end: Option<u64>,
        output: &mut impl Write,
        run: &Run<'_>,
    ) -> Result<u64, Error> {
        let layout = Layout::of_sealed(&self.header, sealed_len)?;
        let mut batch = Batch::new(self.header.segment);
        let count = layout.segments();
        self.load(input, &layout, count - 1..count, &mut batch)?;
        let length = layout.content_len();
        let end = end.unwrap_or(length);
        if start > end || end > length {
            return Err(Error::Range { length });
        }
        let size = self.header.segment.bytes() as u64;
        for index in start / size..end.div_ceil(size) {
            run.check()?;
            self.load(input, &layout, index..index + 1, &mut batch)?;
            let base = layout.content_start(index);
            let from = usize::try_from(start.saturating_sub(base)).expect("within a segment");
            let to = batch.content_len().min(usize::try_from(end - base).unwrap_or(usize::MAX));
            output.write_all(&batch.slots()[from..to]).map_err(Error::Write)?;
            (run.progress)((to - from) as u64);
        }
        output.flush().map_err(Error::Write)?;
        Ok(end - start)
    }

    fn open_segments(
        &self,
        input: &File,
        sealed_len: u64,
        run: &Run<'_>,
        write: impl Fn(u64, &[u8], &SegmentCipher) -> Result<(), Error> + Sync,
    ) -> Result<u64, Error> {
        let layout = Layout::of_sealed(&self.header, sealed_len)?;
        let per_batch = segments_per_batch(self.header.segment) as u64;
        disjoint::run(
            run,
            layout.segments().div_ceil(per_batch),
            || Batch::new(self.header.segment),
            |index, batch| {
                let segments = index * per_batch..layout.segments().min((index + 1) * per_batch);
                let start = layout.content_start(segments.start);
                self.load(input, &layout, segments, batch)?;
                write(start, batch.slots(), &self.cipher)?;
                (run.progress)(batch.content_len() as u64);
                Ok(())
            },
        )?;
        Ok(layout.content_len())
    }

    /// Reads and opens these segments.
    fn load(
        &self,
        input: &File,
        layout: &Layout,
        segments: std::ops::Range<u64>,
        batch: &mut Batch,
    ) -> Result<(), Error> {
        let range = layout.sealed_range(&segments);
        let used = usize::try_from(range.end - range.start).expect("a batch fits in memory");
        batch.hold(segments.start, used, segments.end == layout.segments());
        input.read_exact_at(batch.slots_mut(), range.start).map_err(read_error)?;
        let (first, ends) = (batch.first, batch.ends);
        self.cipher.open_run(first, ends, batch.slots_mut())
    }
}

/// Cuts sealed input into batches; after a full batch, one byte of look-ahead tells whether the input goes on.
struct SealedReader<R> {
    input: R,
    ahead: Option<u8>,
    next: u64,
}

impl<R: Read> SealedReader<R> {
    fn fill(&mut self, batch: &mut Batch) -> Result<(), Error> {
        let stride = batch.stride;
        let room = batch.room();
        let mut used = 0;
        if let Some(byte) = self.ahead.take() {
            room[0] = byte;
            used = 1;
        }
        used += read_full(&mut self.input, &mut room[used..])?;
        if used == room.len() {
            let mut byte = [0];
            self.ahead = (read_full(&mut self.input, &mut byte)? == 1).then_some(byte[0]);
        }
        let ends = self.ahead.is_none();
        let rest = used % stride;
        let empty = self.next == 0 && used == TAG_LEN;
        // A last segment without content, or with less than a tag: the arithmetic of the specification, §5.
        if used == 0 || (ends && !empty && (1..=TAG_LEN).contains(&rest)) {
            return Err(Error::Truncated);
        }
        let first = self.next;
        self.next += used.div_ceil(stride) as u64;
        if self.next > MAX_SEGMENTS || self.next * (stride - TAG_LEN) as u64 > MAX_CONTENT {
            return Err(Error::TooLong);
        }
        batch.hold(first, used, ends);
        Ok(())
    }
}

/// One system call for a batch, as far as the system takes it: each takes the lock of the output file.
fn write_all_vectored_at(
    output: &File,
    mut parts: &mut [IoSlice<'_>],
    mut offset: u64,
) -> io::Result<()> {
    IoSlice::advance_slices(&mut parts, 0);
    while !parts.is_empty() {
        match rustix::io::pwritev(output, parts, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                IoSlice::advance_slices(&mut parts, written);
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}
