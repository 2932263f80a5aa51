//! Writing one pass over the room of a file or device, in place.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;
use std::thread;

use rustix::fs::{FileType, Stat, fstat};
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

/// Bad places that are listed; blocks that follow each other are one.
const MOST_PLACES: usize = 64;

/// A medium with more bad blocks than this is given up: each costs seconds.
const MOST_BAD: u64 = 10_000;

impl Bad {
    pub(super) fn add(&mut self, offset: u64, length: u64, source: io::Error) {
        self.source.get_or_insert(source);
        let known =
            |&(start, long): &(u64, u64)| start <= offset && offset + length <= start + long;
        if self.places.iter().any(known) {
            return;
        }
        self.bytes += length;
        let room = self.places.len() < MOST_PLACES;
        match self.places.last_mut() {
            Some((start, long)) if *start + *long == offset => *long += length,
            _ if room => self.places.push((offset, length)),
            _ => {}
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        let Self { places, bytes, source } = other;
        let Some(source) = source else { return };
        let listed: u64 = places.iter().map(|(_, length)| length).sum();
        for (offset, length) in places {
            self.add(offset, length, clone(&source));
        }
        self.bytes += bytes - listed;
    }

    /// Leaves bad places out of ranges, so that only what can be read is read back.
    pub(super) fn cut_from(&self, ranges: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let mut left = ranges.to_vec();
        for &(bad, long) in &self.places {
            left = left
                .into_iter()
                .flat_map(|(start, length)| {
                    let end = start + length;
                    let before = (start, bad.clamp(start, end) - start);
                    let after = (bad + long).clamp(start, end);
                    [before, (after, end - after)]
                })
                .filter(|(_, length)| *length > 0)
                .collect();
        }
        left
    }

    pub(super) fn is_hopeless(&self) -> bool {
        self.bytes / ALIGN as u64 > MOST_BAD
    }

    /// The error that these blocks are, if there are any.
    pub(super) fn error(&self) -> Option<Error> {
        let offset = self.places.iter().map(|(offset, _)| *offset).min()?;
        let source = self.source.as_ref().map_or_else(|| Errno::IO.into(), clone);
        Some(Error::BadBlocks { bytes: self.bytes, offset, source })
    }
}

fn clone(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// Whether an error is that of a place on the medium, so that others may be well (block/blk-core.c, `blk_errors`).
pub(super) fn is_medium(errno: Errno) -> bool {
    matches!(errno, Errno::IO | Errno::NODATA | Errno::ILSEQ | Errno::REMOTEIO | Errno::TIMEDOUT)
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
    let device = is_device(&file);
    let (mut bad, mut written) = (Bad::default(), 0);
    let mut put = |number: u64, buffer: &mut Buffer, bad: &mut Bad| {
        if run.cancel.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
        let (offset, len) = chunks.get(number);
        write_at(&file, offset, buffer.get(len), device, bad)?;
        written += len as u64;
        (run.progress)(len as u64);
        // Nor does the journal hear of a place beyond blocks that took no writes.
        if bad.bytes == 0 { reached(number + 1) } else { Ok(()) }
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
fn write_at(
    file: impl AsFd,
    offset: u64,
    data: &[u8],
    device: bool,
    bad: &mut Bad,
) -> Result<(), Error> {
    // A device without room is thinly provisioned, and other places may have some.
    let passed_over = |errno| is_medium(errno) || (device && errno == Errno::NOSPC);
    match write_all_at(file.as_fd(), offset, data) {
        Err(errno) if passed_over(errno) => {}
        other => return other.map_err(io("overwrite it")),
    }
    for (number, block) in data.chunks(ALIGN).enumerate() {
        let offset = offset + (number * ALIGN) as u64;
        match write_all_at(file.as_fd(), offset, block) {
            Err(errno) if passed_over(errno) => {
                bad.add(offset, block.len() as u64, errno.into());
                if bad.is_hopeless() {
                    return Err(io("overwrite it")(errno));
                }
            }
            other => other.map_err(io("overwrite it"))?,
        }
    }
    Ok(())
}

fn is_device(file: impl AsFd) -> bool {
    let kind = |found: Stat| FileType::from_raw_mode(found.st_mode);
    fstat(file).is_ok_and(|found| kind(found) == FileType::BlockDevice)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(offsets: &[u64]) -> Bad {
        let mut bad = Bad::default();
        offsets.iter().for_each(|&offset| bad.add(offset, 10, Errno::IO.into()));
        bad
    }

    #[test]
    fn bad_places_are_counted_once_and_joined() {
        let mut all = bad(&[0, 10, 30, 10]);
        assert_eq!((all.bytes, all.places.as_slice()), (30, &[(0, 20), (30, 10)][..]));
        all.join(bad(&[30, 50]));
        assert_eq!(all.bytes, 40);
        all.join(Bad::default());
        let many: Vec<u64> = (0..1000).map(|at| 1000 + at * 20).collect();
        all.join(bad(&many));
        assert_eq!((all.bytes, all.places.len()), (10_040, MOST_PLACES));
        assert!(matches!(all.error(), Some(Error::BadBlocks { bytes: 10_040, offset: 0, .. })));
    }

    #[test]
    fn what_is_bad_is_cut_out() {
        let cut = bad(&[0, 10, 50]).cut_from(&[(0, 55), (58, 10), (100, 5)]);
        assert_eq!(cut, [(20, 30), (60, 8), (100, 5)]);
        assert_eq!(Bad::default().cut_from(&[(3, 4)]), [(3, 4)]);
    }
}
