//! Filling a file system with files that have no names.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Instant;

use rustix::fs::{AtFlags, IFlags, Mode, OFlags, fdatasync, fstatvfs, openat, syncfs, unlinkat};
use rustix::fs::{ioctl_getflags, ioctl_setflags};
use rustix::io::{Errno, pwrite};
use sealkeep_crypto::random;
use sealkeep_medium::ioctl::ext4_empty_journal;
use sealkeep_medium::place::Place;

use super::append::Grown;
use super::reserve::Lifted;
use crate::envelope::Run;
use crate::wipe::buffer::{Buffer, CHUNK, Scratch};
use crate::wipe::error::{Error, io};
use crate::wipe::fill::{Fill, UNIT_LEN};
use crate::wipe::options::Verify;
use crate::wipe::overwrite::{Bad, Pass, write_pass};
use crate::wipe::readback::{ReadBack, Source, read_back};
use crate::wipe::report::PassReport;
use crate::wipe::sample;

/// How a file system is filled.
pub(super) struct How<'h> {
    pub(super) dir: &'h OwnedFd,
    pub(super) place: &'h Place,
    pub(super) fills: &'h [Fill],
    pub(super) verify: Verify,
    /// Whether content reaches its place only when the journal of the file system is emptied.
    pub(super) through_journal: bool,
    pub(super) run: &'h Run<'h>,
}

/// Files that hold what was free. The space is free again when this is dropped, or we are killed.
#[derive(Default)]
pub(super) struct Filled {
    held: Vec<File>,
    next_unit: u64,
    /// Bytes that each pass wrote.
    pub(super) bytes: u64,
    /// The weakest way in which something was read back.
    pub(super) read_back: Option<ReadBack>,
    pub(super) bad: Bad,
    /// A quota ended before the space did.
    pub(super) quota: bool,
    /// Bytes that were still free at the fullest moment.
    pub(super) left: u64,
}

/// Open files at most: a process may have a thousand.
const MOST_FILES: u64 = 600;
/// Files become longer where they would be too many otherwise.
const LEAST_LEN: u64 = 1 << 30;
/// Chunks that wait to be written.
const AHEAD: usize = 3;

impl Filled {
    /// Fills the file system. Each file is written, in all passes, and read back before the next one is begun, so that
    /// the space is exhausted only while the last one is at work.
    ///
    /// # Errors
    /// `Cancelled`, `Mismatch`, `Io`; what was filled until then stays held.
    pub(super) fn fill(&mut self, how: &How<'_>, passes: &mut [PassReport]) -> Result<(), Error> {
        // What was freed a moment ago can be had after the file system has noted that.
        syncfs(how.dir).map_err(io("flush the file system"))?;
        self.until_full(how, passes)?;
        syncfs(how.dir).map_err(io("flush the file system"))?;
        self.until_full(how, passes)?;
        if let Some(_lifted) = Lifted::of(how.place) {
            self.until_full(how, passes)?;
        }
        let free = fstatvfs(how.dir).map_err(io("examine the file system"))?;
        self.left = free.f_bfree * free.f_frsize;
        Ok(())
    }

    /// File after file, until a new one takes nothing.
    fn until_full(&mut self, how: &How<'_>, passes: &mut [PassReport]) -> Result<(), Error> {
        while (self.held.len() as u64) < MOST_FILES && self.one(how, passes)? {}
        Ok(())
    }

    /// One file; whether it took anything.
    fn one(&mut self, how: &How<'_>, passes: &mut [PassReport]) -> Result<bool, Error> {
        let free = fstatvfs(how.dir).map_err(io("examine the file system"))?;
        let file = match nameless(how.dir) {
            Ok(file) => file,
            // Not even room for an inode.
            Err(Errno::NOSPC | Errno::DQUOT | Errno::MFILE) => return Ok(false),
            Err(errno) => return Err(io("make a file to fill")(errno)),
        };
        let most = (free.f_bfree * free.f_frsize / (MOST_FILES / 2)).max(LEAST_LEN);
        let most = most.next_multiple_of(CHUNK as u64);
        let block = usize::try_from(free.f_frsize).unwrap_or(CHUNK).clamp(512, CHUNK);
        let base = self.next_unit;
        self.next_unit += most / UNIT_LEN as u64 + 1;
        let begun = Instant::now();
        let grown = grow(&file, &how.fills[0], base, most, block, how.run);
        self.held.push(file);
        let grown = grown?;
        self.quota |= grown.full == Some(Errno::DQUOT);
        self.bytes += grown.bytes();
        let Some(file) = self.held.last() else { return Ok(false) };
        let found = settle(how, file, base, &grown.ranges, begun, passes)?;
        self.read_back = self.read_back.max(found.0);
        let any = !grown.ranges.is_empty() || !grown.bad.places.is_empty();
        self.bad.join(grown.bad);
        self.bad.join(found.1);
        Ok(any)
    }
}

/// Writes the first pass until the file is as long as it may be, or nothing more goes in.
fn grow(
    file: &File,
    fill: &Fill,
    base: u64,
    most: u64,
    block: usize,
    run: &Run<'_>,
) -> Result<Grown, Error> {
    let mut grown = Grown::default();
    // One thread makes the content while this one writes it.
    thread::scope(|scope| {
        let (full, filled) = sync_channel::<(u64, Buffer)>(AHEAD);
        let (empty, emptied) = sync_channel::<Buffer>(AHEAD + 2);
        scope.spawn(move || {
            for offset in (0..most).step_by(CHUNK) {
                let mut buffer = emptied.try_recv().unwrap_or_default();
                fill.write(base, offset, buffer.get(CHUNK));
                if full.send((offset, buffer)).is_err() {
                    break;
                }
            }
        });
        for (offset, mut buffer) in filled {
            if run.cancel.load(Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
            let before = grown.bytes();
            grown.append(|data, at| pwrite(file, data, at), offset, buffer.get(CHUNK), block)?;
            (run.progress)(grown.bytes() - before);
            if grown.full.is_some() {
                break;
            }
            let _ = empty.try_send(buffer);
        }
        Ok(())
    })?;
    Ok(grown)
}

/// Makes the first pass durable, writes the others and reads back.
fn settle(
    how: &How<'_>,
    file: &File,
    base: u64,
    ranges: &[(u64, u64)],
    begun: Instant,
    passes: &mut [PassReport],
) -> Result<(Option<ReadBack>, Bad), Error> {
    let (mut begun, mut found, mut bad) = (begun, None, Bad::default());
    let mut scratch = Scratch::default();
    let bytes: u64 = ranges.iter().map(|(_, length)| length).sum();
    for (number, (fill, report)) in how.fills.iter().zip(passes).enumerate() {
        let pass = Pass { fill, base, ranges };
        if number > 0 {
            bad.join(write_pass(file, pass, 0, &mut scratch, how.run, |_| Ok(()))?.0);
        }
        fdatasync(file).map_err(io("flush it"))?;
        if how.through_journal {
            ext4_empty_journal(file).map_err(io("empty the journal of the file system"))?;
        }
        report.bytes += bytes;
        report.seconds += begun.elapsed().as_secs_f64();
        begun = Instant::now();
        if ranges.is_empty() || (number + 1 < how.fills.len() && how.verify != Verify::Every) {
            continue;
        }
        let source = Source::direct(file).or_else(|_| Source::cached(file, false));
        let source = source.map_err(io("read it back"))?;
        let sampled = (how.verify == Verify::Sample).then(|| sample::pick(ranges));
        let pass = Pass { ranges: sampled.as_deref().unwrap_or(ranges), ..pass };
        bad.join(read_back(&source, pass, &mut scratch, how.run)?);
        found = found.max(Some(source.how()));
        report.read_back_bytes += pass.ranges.iter().map(|(_, length)| length).sum::<u64>();
        report.read_back_seconds += begun.elapsed().as_secs_f64();
        begun = Instant::now();
    }
    Ok((found, bad))
}

/// A file without a name, written past the cache where that can be done.
fn nameless(dir: &OwnedFd) -> Result<File, Errno> {
    let file = match open_nameless(dir, OFlags::DIRECT) {
        Err(Errno::INVAL) => open_nameless(dir, OFlags::empty())?,
        other => other?,
    };
    // In place in the passes that follow, and not compressed (btrfs); elsewhere it is refused or means nothing.
    if let Ok(flags) = ioctl_getflags(&file) {
        let _ = ioctl_setflags(&file, flags | IFlags::NOCOW);
    }
    Ok(file)
}

fn open_nameless(dir: &OwnedFd, more: OFlags) -> Result<File, Errno> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | more;
    let mode = Mode::RUSR | Mode::WUSR;
    match openat(dir, ".", flags | OFlags::TMPFILE, mode) {
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT) => {}
        other => return other.map(File::from),
    }
    let name = OsString::from(format!(".sealkeep-{:016x}", u64::from_be_bytes(random::array())));
    let file = openat(dir, &name, flags | OFlags::CREATE | OFlags::EXCL, mode)?;
    unlinkat(dir, &name, AtFlags::empty())?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wipe::{Pass as Step, Seed};

    #[test]
    fn files_that_fill_have_no_names() {
        let dir = tempfile::tempdir().unwrap();
        let opened: OwnedFd = File::open(dir.path()).unwrap().into();
        let file = nameless(&opened).unwrap();
        let seed = Seed::random();
        let fill = Fill::new(&Step::Random, 1, &seed);
        let most = 3 * CHUNK as u64;
        let grown = grow(&file, &fill, 5, most, 4096, &Run::quiet()).unwrap();
        assert_eq!(grown.ranges, [(0, most)]);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let source = Source::cached(&file, false).unwrap();
        let pass = Pass { fill: &fill, base: 5, ranges: &grown.ranges };
        assert_eq!(
            read_back(&source, pass, &mut Scratch::default(), &Run::quiet()).unwrap().bytes,
            0
        );
    }
}
