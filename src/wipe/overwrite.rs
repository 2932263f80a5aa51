//! Writing one pass over the room of a file or device, in place.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;
use std::thread;

use rustix::io::{Errno, pwrite};

use super::buffer::{ALIGN, Buffer, CHUNK, Chunks, Scratch};
use super::error::{Error, io};
use super::fill::Fill;
use crate::envelope::Run;

/// What is to be written where.
#[derive(Clone, Copy)]
pub(super) struct Pass<'p> {
    /// The content.
    pub(super) fill: &'p Fill,
    /// First unit of the target in random streams.
    pub(super) base: u64,
    /// Parts of the file, as (offset, length).
    pub(super) ranges: &'p [(u64, u64)],
}

/// Parts of a medium that took no writes or gave nothing back.
#[derive(Debug, Default)]
pub(super) struct Bad {
    /// As (offset, length); the first few.
    pub(super) places: Vec<(u64, u64)>,
    /// Number of bytes in all.
    pub(super) bytes: u64,
    /// What the operating system said of the first.
    source: Option<io::Error>,
}

/// A medium with more bad blocks than this is given up: each costs seconds.
const MOST_BAD: u64 = 10_000;

impl Bad {
    pub(super) fn add(&mut self, offset: u64, length: u64, source: io::Error) {
        self.bytes += length;
        if self.places.len() < 64 {
            self.places.push((offset, length));
        }
        self.source.get_or_insert(source);
    }

    pub(super) fn join(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.places.extend(other.places);
        self.source = self.source.take().or(other.source);
    }

    pub(super) fn is_hopeless(&self) -> bool {
        self.bytes / ALIGN as u64 > MOST_BAD
    }

    /// The error that these blocks are, if there are any.
    pub(super) fn into_error(self) -> Option<Error> {
        let offset = self.places.iter().map(|(offset, _)| *offset).min()?;
        let source = self.source.unwrap_or_else(|| Errno::IO.into());
        Some(Error::BadBlocks { bytes: self.bytes, offset, source })
    }
}

/// Writes the pass from chunk number `from` on; `reached` is told the number of the next chunk. Nothing is synced.
///
/// # Errors
/// `Cancelled`, `Io`. Blocks that take no writes are passed over and returned, with the number of bytes written.
pub(super) fn write_pass(
    file: impl AsFd + Sync,
    pass: Pass<'_>,
    from: u64,
    scratch: &mut Scratch,
    run: &Run<'_>,
    mut reached: impl FnMut(u64) -> Result<(), Error>,
) -> Result<(Bad, u64), Error> {
    let chunks = Chunks::new(pass.ranges);
    let (mut bad, mut written) = (Bad::default(), 0);
    let mut put = |number: u64, buffer: &mut Buffer, bad: &mut Bad| {
        if run.cancel.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
        let (offset, len) = chunks.get(number);
        write_at(&file, offset, buffer.get(len), bad)?;
        written += len as u64;
        (run.progress)(len as u64);
        reached(number + 1)
    };
    let fill = |number: u64, buffer: &mut Buffer| {
        let (offset, len) = chunks.get(number);
        pass.fill.write(pass.base, offset, buffer.get(len));
    };
    if chunks.count() - from.min(chunks.count()) <= FEW || run.workers.get() == 1 {
        let buffer = &mut scratch.buffer;
        for number in from..chunks.count() {
            fill(number, buffer);
            put(number, buffer, &mut bad)?;
        }
        return Ok((bad, written));
    }
    // One thread makes the content while this one writes it.
    thread::scope(|scope| {
        let (full, filled) = sync_channel::<(u64, Buffer)>(AHEAD);
        let (empty, emptied) = sync_channel::<Buffer>(AHEAD + 2);
        let (fill, count) = (&fill, chunks.count());
        scope.spawn(move || {
            for number in from..count {
                let mut buffer = emptied.try_recv().unwrap_or_default();
                fill(number, &mut buffer);
                if full.send((number, buffer)).is_err() {
                    break;
                }
            }
        });
        for (number, mut buffer) in filled {
            put(number, &mut buffer, &mut bad)?;
            let _ = empty.try_send(buffer);
        }
        Ok::<(), Error>(())
    })?;
    Ok((bad, written))
}

/// Chunks up to this number are not worth a second thread.
const FEW: u64 = 8;
/// Chunks that wait to be written.
const AHEAD: usize = 3;

/// Writes all of `data`; what the medium refuses is tried block by block, so that only bad blocks are passed over.
fn write_at(file: impl AsFd, offset: u64, data: &[u8], bad: &mut Bad) -> Result<(), Error> {
    match write_all_at(file.as_fd(), offset, data) {
        Err(Errno::IO) => {}
        other => return other.map_err(io("overwrite it")),
    }
    for (number, block) in data.chunks(ALIGN).enumerate() {
        let offset = offset + (number * ALIGN) as u64;
        match write_all_at(file.as_fd(), offset, block) {
            Err(errno @ Errno::IO) => bad.add(offset, block.len() as u64, errno.into()),
            other => other.map_err(io("overwrite it"))?,
        }
        if bad.is_hopeless() {
            return Err(Error::Io { action: "overwrite it", source: Errno::IO.into() });
        }
    }
    Ok(())
}

fn write_all_at(file: impl AsFd, mut offset: u64, mut data: &[u8]) -> Result<(), Errno> {
    while !data.is_empty() {
        match pwrite(file.as_fd(), data, offset) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => {
                offset += written as u64;
                data = &data[written..];
            }
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

const _: () = assert!(CHUNK.is_multiple_of(ALIGN), "blocks divide chunks");
