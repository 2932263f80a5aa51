//! A vault in a local directory.
//!
//! Order of persistence of a file: content synced → name given → folder synced; a folder that is new or was not used before is
//! made durable in the one above it first. No symbolic link below the top is ever followed.

mod cache;
mod list;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{
    Advice, AtFlags, FileType, Mode, OFlags, fadvise, fstat, fsync, openat, unlinkat,
};
use rustix::io::Errno;

use cache::{Files, Folders};

use super::{Lock, Put, Storage, VaultLock, check_name, lock};
use crate::output::{Pending, sync_dir};
use crate::tree::open_dir;
use crate::vault::error::{Error, Result};

/// The files of a vault in a directory of this machine.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    folders: Folders,
    files: Files,
}

impl Directory {
    /// Makes the directory, which may exist already if it is empty.
    ///
    /// # Errors
    /// `NotEmpty`, `Io`.
    pub fn create(path: &Path) -> Result<Self> {
        let shown = || path.display().to_string();
        let made = fs::DirBuilder::new().recursive(true).mode(0o750).create(path);
        made.map_err(Error::io("make", shown()))?;
        let mut entries = fs::read_dir(path).map_err(Error::io("list", shown()))?;
        if entries.next().is_some() {
            return Err(Error::NotEmpty(shown()));
        }
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(parent)
                .and_then(|dir| dir.sync_all())
                .map_err(Error::io("sync", shown()))?;
        }
        Self::open(path)
    }

    /// Opens a directory; what is in it is looked at only when asked for.
    ///
    /// # Errors
    /// `Io`, among others when it is not there.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let top = open_dir(path).map_err(|error| match error {
            crate::tree::Error::NotADirectory(_) => Error::NotAVault(shown),
            crate::tree::Error::Io { source, .. } => Error::io("open", shown)(source),
        })?;
        Ok(Self { path: path.to_owned(), folders: Folders::new(top), files: Files::default() })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open_file(&self, name: &str) -> Result<Arc<File>> {
        check_name(name)?;
        if let Some(file) = self.files.get(name) {
            return Ok(file);
        }
        let (folder, last) = split(name);
        let folder = self.folders.get(folder).map_err(|error| missing(error, name))?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&folder, last, flags, Mode::empty())
            .map_err(|errno| missing(Error::io("open", name)(errno), name))?;
        let stat = fstat(&file).map_err(Error::io("look at", name))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(Error::io("read", name)(io::ErrorKind::InvalidInput));
        }
        Ok(self.files.add(name, file.into()))
    }
}

impl Storage for Directory {
    fn put(&self, name: &str) -> Result<Box<dyn Put>> {
        check_name(name)?;
        self.files.forget(name);
        let (folder, last) = split(name);
        let folder = self.folders.for_writing(folder)?;
        let pending = Pending::create(&folder, OsStr::new(last), MODE, false);
        let pending = pending.map_err(Error::output(name))?;
        Ok(Box::new(NewFile { pending, folder, name: name.to_owned(), length: 0 }))
    }

    fn read(&self, name: &str, most: u64) -> Result<Vec<u8>> {
        let length = self.length(name)?;
        if length > most {
            return Err(Error::TooLarge(name.to_owned()));
        }
        let length = usize::try_from(length).map_err(|_| Error::TooLarge(name.to_owned()))?;
        let mut bytes = vec![0; length];
        self.read_range(name, 0, &mut bytes)?;
        Ok(bytes)
    }

    fn read_range(&self, name: &str, offset: u64, buf: &mut [u8]) -> Result<()> {
        let file = self.open_file(name)?;
        file.read_exact_at(buf, offset).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Error::TooShort(name.to_owned()),
            _ => Error::io("read", name)(error),
        })
    }

    fn length(&self, name: &str) -> Result<u64> {
        let metadata = self.open_file(name)?.metadata().map_err(Error::io("look at", name))?;
        Ok(metadata.len())
    }

    fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>> {
        let folder = prefix.strip_suffix('/').unwrap_or(prefix);
        match self.folders.get(folder) {
            Ok(dir) => list::list(&dir, prefix),
            Err(error) if is_missing(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn delete(&self, name: &str) -> Result<()> {
        check_name(name)?;
        self.files.forget(name);
        let (folder, last) = split(name);
        let removed = self.folders.get(folder).and_then(|folder| {
            unlinkat(&folder, last, AtFlags::empty()).map_err(Error::io("remove", name))?;
            // What was said to be gone must not come back after a power cut.
            fsync(&folder).map_err(Error::io("sync", name))
        });
        match removed {
            Err(error) if is_missing(&error) => Ok(()),
            other => other,
        }
    }

    fn lock(&self, wanted: Lock, wait: Duration) -> Result<VaultLock> {
        let top = self.folders.get("")?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&top, lock::NAME, flags, Mode::from_raw_mode(MODE)).or_else(|_| {
            // A shared lock can be had on a medium that is read-only, or is somebody else's.
            openat(
                &top,
                lock::NAME,
                OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
                Mode::empty(),
            )
        });
        match (file, wanted) {
            (Ok(file), _) => VaultLock::take(file.into(), wanted, wait),
            (Err(Errno::NOENT), Lock::Shared) => Ok(VaultLock::needless()),
            (Err(errno), _) => Err(Error::io("lock", lock::NAME)(errno)),
        }
    }

    fn uncache(&self, name: &str) -> Result<()> {
        let file = self.open_file(name)?;
        fadvise(&*file, 0, None, Advice::DontNeed).map_err(Error::io("read back", name))
    }

    fn describe(&self) -> String {
        self.path.display().to_string()
    }
}

/// A file on its way into the directory.
struct NewFile {
    pending: Pending,
    folder: Arc<OwnedFd>,
    name: String,
    length: u64,
}

impl Write for NewFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.pending.file.write(buf)?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Put for NewFile {
    fn finish(self: Box<Self>) -> Result<u64> {
        let Self { pending, folder, name, length } = *self;
        pending.sync().map_err(Error::output(&name))?;
        pending.publish().map_err(Error::output(&name))?;
        sync_dir(&folder).map_err(Error::output(&name))?;
        Ok(length)
    }
}

/// The folder and the last component of a name.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

fn missing(error: Error, name: &str) -> Error {
    if is_missing(&error) { Error::Missing(name.to_owned()) } else { error }
}

fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
}

/// Everything in a vault is sealed or signed; still, who may read it is decided by its owner.
const MODE: u32 = 0o640;

#[cfg(test)]
mod tests;
