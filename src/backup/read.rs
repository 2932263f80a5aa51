//! Reads the content of files, and notices when they change meanwhile.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{FileType, Mode, OFlags, SeekFrom, fstat, openat, seek};
use rustix::io::Errno;
use zeroize::Zeroize;

use crate::tree::{Error, Found, Stamp, io, look};
use crate::vault::Time;

/// A regular file that is open for reading.
pub(crate) struct Content {
    file: File,
    found: Found,
}

impl Content {
    /// Opens a file, without following a link and without touching its time of access where that is allowed.
    ///
    /// # Errors
    /// `NotFound` if it vanished; if it is no regular file any more or may not be read.
    pub(crate) fn open(dir: &OwnedFd, name: &OsStr) -> Result<Self, Error> {
        // Should it have become a fifo meanwhile, opening must not wait for a writer.
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match openat(dir, name, flags | OFlags::NOATIME, Mode::empty()) {
            // Only the owner may.
            Err(Errno::PERM) => openat(dir, name, flags, Mode::empty()),
            other => other,
        };
        let file = file.map_err(io("open the file"))?;
        let mut found = look(&file, OsStr::new(""))?;
        if found.kind != FileType::RegularFile {
            return Err(io("read the file")(io::Error::from(io::ErrorKind::InvalidInput)));
        }
        if let Some(wait) = unsettled(found.ctime, now()) {
            sleep(wait);
            found = look(&file, OsStr::new(""))?;
        }
        Ok(Self { file: file.into(), found })
    }

    /// What a look at the file told when it was opened; its path is empty.
    pub(crate) fn found(&self) -> &Found {
        &self.found
    }

    /// The file, for its extended attributes.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The whole content of a small file, up to the size it had when it was opened, in a buffer that is kept from file to file.
    ///
    /// # Errors
    /// What the operating system says.
    pub(crate) fn read_whole<'b>(&self, buffer: &'b mut Vec<u8>) -> io::Result<&'b mut [u8]> {
        let size = usize::try_from(self.found.size).map_err(|_| io::ErrorKind::FileTooLarge)?;
        if buffer.len() < size {
            // Growing in place could leave a copy behind in the heap.
            buffer.zeroize();
            *buffer = vec![0; size.next_power_of_two()];
        }
        let mut len = 0;
        while len < size {
            match self.file.read_at(&mut buffer[len..size], len as u64) {
                Ok(0) => break,
                Ok(more) => len += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&mut buffer[..len])
    }

    /// What the file consists of, in order, up to the size it had when it was opened. Nothing is asked about a file that
    /// occupies as much as it is long: it has no holes.
    pub(crate) fn parts(&self) -> Parts<'_> {
        let sparse = self.found.occupied < self.found.size;
        Parts { file: &self.file, at: 0, end: self.found.size, sparse, found: None }
    }

    /// Reads a part.
    pub(crate) fn reader(&self, part: Range<u64>) -> PartReader<'_> {
        PartReader { file: &self.file, part }
    }

    /// Whether nothing suggests that the file changed since it was opened.
    ///
    /// # Errors
    /// What the operating system says.
    pub(crate) fn is_unchanged(&self) -> io::Result<bool> {
        Ok(Stamp::from(&fstat(&self.file)?) == self.found.stamp())
    }
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// To be read.
    Data(Range<u64>),
    /// Zeros that are stored nowhere.
    Hole(Range<u64>),
}

/// The parts of a file, one after the other.
pub(crate) struct Parts<'f> {
    file: &'f File,
    at: u64,
    end: u64,
    sparse: bool,
    /// Data that follow the hole that was told last.
    found: Option<Range<u64>>,
}

impl Parts<'_> {
    /// The next data from a place on. Holes too short to be worth a cut count as data.
    fn data(&self, from: u64) -> Result<Option<Range<u64>>, Errno> {
        let Some(start) = self.seek(SeekFrom::Data(from))? else { return Ok(None) };
        let mut end = start;
        loop {
            end = self.seek(SeekFrom::Hole(end))?.unwrap_or(self.end).min(self.end);
            match self.seek(SeekFrom::Data(end))? {
                Some(next) if end < self.end && next - end < LEAST_HOLE => end = next,
                _ => return Ok((start < self.end).then_some(start..end)),
            }
        }
    }

    fn seek(&self, to: SeekFrom) -> Result<Option<u64>, Errno> {
        match seek(self.file, to) {
            Err(Errno::NXIO) => Ok(None),
            other => other.map(Some),
        }
    }
}

impl Iterator for Parts<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        if self.at == self.end {
            return None;
        }
        if !self.sparse {
            return Some(Part::Data(std::mem::replace(&mut self.at, self.end)..self.end));
        }
        let data = match self.found.take() {
            Some(data) => data,
            // A file system that cannot tell gives all as data.
            None => {
                self.data(self.at).unwrap_or(Some(self.at..self.end)).unwrap_or(self.end..self.end)
            }
        };
        let start = self.at;
        if data.start - start >= LEAST_HOLE.min(self.end - start) && data.start > start {
            self.at = data.start;
            self.found = (!data.is_empty()).then_some(data);
            return Some(Part::Hole(start..self.at));
        }
        self.at = data.end;
        Some(Part::Data(start..self.at))
    }
}

/// Reads a part of a file; ends where the part or the file ends.
pub(crate) struct PartReader<'f> {
    file: &'f File,
    part: Range<u64>,
}

impl Read for PartReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.part.end - self.part.start).unwrap_or(usize::MAX);
        let room = buffer.len().min(left);
        let len = self.file.read_at(&mut buffer[..room], self.part.start)?;
        self.part.start += len as u64;
        Ok(len)
    }
}

/// How long to wait until a change would get another time than the last one. The clock of a file system ticks slowly: a file that
/// was written twice within a tick, with a backup between, would be taken for unchanged ever after.
fn unsettled(ctime: Time, now: Duration) -> Option<Duration> {
    let changed = Duration::new(u64::try_from(ctime.seconds).ok()?, ctime.nanoseconds);
    // A time from the future says nothing.
    let age = now.checked_sub(changed)?;
    TICK.checked_sub(age).filter(|left| !left.is_zero())
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Twice the longest tick of a kernel.
const TICK: Duration = Duration::from_millis(20);

/// Holes shorter than this are read as the zeros that they are: each would end a chunk.
const LEAST_HOLE: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::attributes::tests::scratch;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn open(dir: &OwnedFd) -> Content {
        Content::open(dir, OsStr::new("f")).unwrap()
    }

    #[test]
    fn a_file_is_read_whole_and_found_unchanged() {
        let (dir, fd) = scratch();
        fs::write(dir.path().join("f"), "content").unwrap();
        let content = open(&fd);
        let mut buffer = Vec::new();
        assert_eq!(content.read_whole(&mut buffer).unwrap(), b"content");
        assert_eq!(content.parts().collect::<Vec<_>>(), [Part::Data(0..7)]);
        assert!(content.is_unchanged().unwrap());
    }

    #[test]
    fn changes_are_noticed_even_right_after_another() {
        let (dir, fd) = scratch();
        let path = dir.path().join("f");
        let changes: [fn(&std::path::Path); 3] = [
            |path| fs::write(path, "CONTENT").unwrap(),
            |path| fs::write(path, "content and more").unwrap(),
            |path| fs::write(path, "").unwrap(),
        ];
        for change in changes {
            fs::write(&path, "content").unwrap();
            let content = open(&fd);
            change(&path);
            assert!(content.read_whole(&mut Vec::new()).unwrap().len() <= 7);
            assert!(!content.is_unchanged().unwrap());
        }
    }

    #[test]
    fn holes_are_told_and_cost_nothing() {
        let (dir, fd) = scratch();
        let file = File::create(dir.path().join("f")).unwrap();
        file.set_len(10 << 20).unwrap();
        file.write_all_at(&[1; 5000], 3 << 20).unwrap();
        file.write_all_at(&[2; 8192], (3 << 20) + 16_384).unwrap();
        let parts: Vec<Part> = open(&fd).parts().collect();
        let (start, end) = (3 << 20, (3 << 20) + 16_384 + 8192);
        let expected = [Part::Hole(0..start), Part::Data(start..end), Part::Hole(end..10 << 20)];
        assert_eq!(parts, expected);
        let mut read = Vec::new();
        open(&fd).reader(start..end).read_to_end(&mut read).unwrap();
        assert!(read[..5000] == [1; 5000] && read[5000..16_384] == [0; 11_384]);
        assert!(read[16_384..] == [2; 8192]);
    }

    #[test]
    fn a_file_of_nothing_but_a_hole_is_one() {
        let (dir, fd) = scratch();
        for size in [1, 4096, 1 << 40] {
            File::create(dir.path().join("f")).unwrap().set_len(size).unwrap();
            assert_eq!(open(&fd).parts().collect::<Vec<_>>(), [Part::Hole(0..size)]);
        }
    }

    #[test]
    fn only_regular_files_are_opened() {
        let (dir, fd) = scratch();
        let open = |name: &str| Content::open(&fd, OsStr::new(name));
        fs::write(dir.path().join("file"), "").unwrap();
        fs::create_dir(dir.path().join("dir")).unwrap();
        symlink("file", dir.path().join("link")).unwrap();
        let fifo = FileType::Fifo;
        rustix::fs::mknodat(&fd, "fifo", fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        assert!(open("file").is_ok());
        for name in ["dir", "link", "fifo", "nothing"] {
            assert!(open(name).is_err(), "{name}");
        }
    }

    #[test]
    fn fresh_changes_are_waited_for_and_odd_clocks_are_not() {
        let now = Duration::from_millis(1_000_000);
        let at = |milliseconds: u64| Time {
            seconds: i64::try_from(milliseconds / 1000).unwrap(),
            nanoseconds: u32::try_from(milliseconds % 1000).unwrap() * 1_000_000,
        };
        assert_eq!(unsettled(at(999_995), now), Some(Duration::from_millis(15)));
        assert_eq!(unsettled(at(999_980), now), None);
        assert_eq!(unsettled(at(1_000_500), now), None);
        assert_eq!(unsettled(Time { seconds: -1, nanoseconds: 0 }, now), None);
    }
}
