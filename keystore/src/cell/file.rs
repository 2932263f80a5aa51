//! The cell's file: written in place, flushed, erased in place, read back past the page cache.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, OFlags, fadvise};

use super::SlotState;
use super::slot::{SLOT_LEN, Slot};
use crate::error::{Error, Result};
use crate::files::sync_parent;

/// How an erased slot was read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// Past the page cache (`O_DIRECT`).
    Direct,
    /// The file system does not offer that: after a flush and a request to drop the cache. Weaker.
    Cached,
}

/// Alignment that `O_DIRECT` is satisfied with everywhere.
const BLOCK: usize = 4096;

/// A root cell on disk.
pub(crate) struct CellFile {
    path: PathBuf,
}

impl CellFile {
    /// Makes the file with both slots erased; durable when it returns.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(
                |error| match error.kind() {
                    std::io::ErrorKind::AlreadyExists => Error::AlreadyExists(path.to_owned()),
                    _ => Error::io(path)(error),
                },
            )?;
        file.write_all(&vec![0; 2 * SLOT_LEN])
            .and_then(|()| file.sync_all())
            .map_err(Error::io(path))?;
        sync_parent(path)?;
        Ok(Self { path: path.to_owned() })
    }

    /// A cell that is there.
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Both slots.
    pub(crate) fn read(&self) -> Result<[SlotState; 2]> {
        let file = File::open(&self.path).map_err(Error::io(&self.path))?;
        let mut bytes = vec![0; SLOT_LEN];
        let mut slot = |index: u64| -> Result<SlotState> {
            file.read_exact_at(&mut bytes, index * SLOT_LEN as u64)
                .map_err(Error::io(&self.path))?;
            Ok(match Slot::parse(&bytes) {
                Some(slot) => SlotState::Valid(Box::new(slot)),
                None if bytes.iter().all(|byte| *byte == 0) => SlotState::Erased,
                None => SlotState::Torn,
            })
        };
        Ok([slot(0)?, slot(1)?])
    }

    /// Writes a slot in place; durable when it returns.
    pub(crate) fn write(&self, index: usize, bytes: &[u8]) -> Result<()> {
        let file =
            OpenOptions::new().write(true).open(&self.path).map_err(Error::io(&self.path))?;
        file.write_all_at(bytes, offset(index))
            .and_then(|()| file.sync_all())
            .map_err(Error::io(&self.path))
    }

    /// Overwrites a slot in place with zeros and reads it back; durable and seen when it returns.
    pub(crate) fn erase(&self, index: usize) -> Result<ReadBack> {
        self.write(index, &vec![0; SLOT_LEN])?;
        self.read_erased(index)
    }

    /// Reads a slot that must be erased.
    pub(crate) fn read_erased(&self, index: usize) -> Result<ReadBack> {
        let (file, how) = self.open_uncached()?;
        // A slice of ordinary memory that is aligned as O_DIRECT wants it.
        let mut memory = vec![0xff; SLOT_LEN + BLOCK];
        let start = memory.as_ptr().align_offset(BLOCK);
        let seen = &mut memory[start..start + SLOT_LEN];
        file.read_exact_at(seen, offset(index)).map_err(Error::io(&self.path))?;
        if seen.iter().any(|byte| *byte != 0) {
            return Err(Error::NotErased(self.path.clone()));
        }
        Ok(how)
    }

    fn open_uncached(&self) -> Result<(File, ReadBack)> {
        let flags = i32::try_from(OFlags::DIRECT.bits()).expect("a flag of open(2)");
        if let Ok(file) = OpenOptions::new().read(true).custom_flags(flags).open(&self.path) {
            return Ok((file, ReadBack::Direct));
        }
        let file = File::open(&self.path).map_err(Error::io(&self.path))?;
        // Best effort: where it is refused the read back is weaker, and reported as such anyway.
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
        Ok((file, ReadBack::Cached))
    }
}

fn offset(index: usize) -> u64 {
    (index * SLOT_LEN) as u64
}
