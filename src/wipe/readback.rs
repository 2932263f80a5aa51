//! Reading back what a pass wrote, past the cache where that can be done.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use rustix::fs::{Advice, Mode, OFlags, fadvise, open};
use rustix::io::{Errno, pread};
use sealkeep_medium::extents::Extents;
use serde::Serialize;

use super::buffer::{ALIGN, Buffer, Chunks, Scratch};
use super::error::{Error, io};
use super::overwrite::{Bad, Pass, is_medium};
use crate::envelope::Run;

/// From where content is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadBack {
    /// From the device, through the file, past the cache (`O_DIRECT`).
    Direct,
    /// From the device, at the places where the file lies.
    Device,
    /// From memory, which is where the file lies.
    Memory,
    /// Through the cache, after it was asked to forget: weaker.
    Cached,
}

/// A way to read a file back.
pub(super) struct Source {
    file: OwnedFd,
    how: ReadBack,
    /// Where the file lies, if the device is read.
    extents: Extents,
}

impl Source {
    /// Reads past the cache through the file itself.
    ///
    /// # Errors
    /// If the file system cannot.
    pub(super) fn direct(file: impl AsFd) -> Result<Self, Errno> {
        let file = reopen(file, OFlags::DIRECT)?;
        Ok(Self { file, how: ReadBack::Direct, extents: Extents::default() })
    }

    /// Reads the device at the places of these extents.
    ///
    /// # Errors
    /// If the device may not be read.
    pub(super) fn device(node: &Path, extents: Extents) -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECT | OFlags::CLOEXEC;
        let file = open(node, flags, Mode::empty())?;
        Ok(Self { file, how: ReadBack::Device, extents })
    }

    /// Reads through the cache, after dropping it.
    ///
    /// # Errors
    /// If the file cannot be opened for reading.
    pub(super) fn cached(file: impl AsFd, memory: bool) -> Result<Self, Errno> {
        let file = reopen(file, OFlags::empty())?;
        let how = if memory { ReadBack::Memory } else { ReadBack::Cached };
        if !memory {
            fadvise(&file, 0, None, Advice::DontNeed)?;
        }
        Ok(Self { file, how, extents: Extents::default() })
    }

    /// From where it reads.
    pub(super) fn how(&self) -> ReadBack {
        self.how
    }

    /// Reads `len` bytes from `offset` on. Past the cache, whole blocks are read; what lies beyond the end of a file reads
    /// as nothing, and is left as it was.
    fn read<'b>(&self, offset: u64, len: usize, buffer: &'b mut Buffer) -> Result<&'b [u8], Errno> {
        let whole = match self.how {
            ReadBack::Direct | ReadBack::Device => len.next_multiple_of(ALIGN),
            ReadBack::Memory | ReadBack::Cached => len,
        };
        let place = self.place(offset)?;
        let mut done = 0;
        while done < len {
            let room = &mut buffer.get(whole)[done..];
            match pread(&self.file, room, place + done as u64) {
                Ok(0) => return Err(Errno::IO),
                Ok(read) => done += read,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(&buffer.get(whole)[..len])
    }

    /// One block.
    ///
    /// # Errors
    /// Those of reading.
    pub(super) fn block(&self, offset: u64) -> Result<Vec<u8>, Errno> {
        self.read(offset, ALIGN, &mut Buffer::default()).map(<[u8]>::to_vec)
    }

    /// Where a byte of the file lies in what is read.
    fn place(&self, offset: u64) -> Result<u64, Errno> {
        if self.how != ReadBack::Device {
            return Ok(offset);
        }
        let at = self.extents.0.partition_point(|one| one.logical <= offset);
        let extent = at.checked_sub(1).map(|at| self.extents.0[at]).ok_or(Errno::IO)?;
        Ok(extent.physical + (offset - extent.logical))
    }

    /// The ranges, cut so that none crosses the end of an extent.
    pub(super) fn cut(&self, ranges: &[(u64, u64)]) -> Vec<(u64, u64)> {
        if self.how != ReadBack::Device {
            return ranges.to_vec();
        }
        let mut cut = Vec::new();
        for &(start, length) in ranges {
            for extent in &self.extents.0 {
                let from = start.max(extent.logical);
                let to = (start + length).min(extent.logical + extent.length);
                if from < to {
                    cut.push((from, to - from));
                }
            }
        }
        cut
    }
}

fn reopen(file: impl AsFd, flags: OFlags) -> Result<OwnedFd, Errno> {
    use std::os::fd::AsRawFd;
    let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    open(path, OFlags::RDONLY | OFlags::CLOEXEC | flags, Mode::empty())
}

/// Reads the pass back and compares every byte of its ranges.
///
/// # Errors
/// `Cancelled`; `Mismatch` with the first byte that differs; `Io`. Blocks that cannot be read are returned.
pub(super) fn read_back(
    source: &Source,
    pass: Pass<'_>,
    scratch: &mut Scratch,
    run: &Run<'_>,
) -> Result<Bad, Error> {
    let ranges = source.cut(pass.ranges);
    let chunks = Chunks::new(&ranges);
    let next = AtomicU64::new(0);
    let found = Mutex::new((Bad::default(), None::<Error>));
    let work = |scratch: &mut Scratch| {
        let mut bad = Bad::default();
        let mut failed = None;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= chunks.count() {
                break;
            }
            let (offset, len) = chunks.get(number);
            let result = if run.cancel.load(Ordering::Relaxed) {
                Err(Error::Cancelled)
            } else {
                compare(source, pass, (offset, len), scratch, &mut bad)
            };
            if let Err(error) = result {
                failed = Some(error);
                next.store(chunks.count(), Ordering::Relaxed);
                break;
            }
            (run.progress)(len as u64);
        }
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        found.0.join(bad);
        found.1 = found.1.take().or(failed);
    };
    let threads = usize::try_from(chunks.count() / 4).unwrap_or(usize::MAX);
    thread::scope(|scope| {
        for _ in 1..run.workers.get().min(threads.max(1)) {
            scope.spawn(|| work(&mut Scratch::default()));
        }
        work(scratch);
    });
    let (bad, failed) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.map_or(Ok(bad), Err)
}

fn compare(
    source: &Source,
    pass: Pass<'_>,
    (offset, len): (u64, usize),
    scratch: &mut Scratch,
    bad: &mut Bad,
) -> Result<(), Error> {
    let Scratch { buffer, expected } = scratch;
    let differs = |at: u64, data: &[u8], scratch: &mut Vec<u8>| match pass
        .fill
        .first_difference(pass.base, at, data, scratch)
    {
        Some(offset) => Err(Error::Mismatch { offset }),
        None => Ok(()),
    };
    match source.read(offset, len, buffer) {
        Ok(data) => return differs(offset, data, expected),
        Err(errno) if is_medium(errno) => {}
        Err(errno) => return Err(io("read it back")(errno)),
    }
    for start in (0..len).step_by(ALIGN) {
        let (at, block) = (offset + start as u64, ALIGN.min(len - start));
        match source.read(at, block, buffer) {
            Ok(data) => differs(at, data, expected)?,
            Err(errno) => bad.add(at, block as u64, errno.into()),
        }
        if bad.is_hopeless() {
            return Err(Error::Io { action: "read it back", source: Errno::IO.into() });
        }
    }
    Ok(())
}
