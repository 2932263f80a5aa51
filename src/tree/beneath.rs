//! Directories opened by descriptor, so that no symbolic link below the starting point is ever followed.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Mode, OFlags, ResolveFlags, mkdirat, openat, openat2};
use rustix::io::Errno;

use super::{Error, io};

/// Opens a directory named by the user; links on the way are followed.
pub(crate) fn open_dir(path: &Path) -> Result<OwnedFd, Error> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    rustix::fs::open(path, DIRECTORY, Mode::empty())
        .map_err(|errno| dir_error(errno, path.as_os_str().as_bytes()))
}

/// Opens a directory below another, component by component; with `create`, makes what is missing.
///
/// # Errors
/// `NotADirectory` naming the first component that is a link or not a directory.
pub(crate) fn descend(root: impl AsFd, path: &[u8], create: bool) -> Result<OwnedFd, Error> {
    // All at once, where the kernel can (since Linux 5.6) and lets us. Whatever is wrong is told by going step by step.
    let whole = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    if !create && let Ok(dir) = openat2(&root, path, DIRECTORY, Mode::empty(), whole) {
        return Ok(dir);
    }
    let mut dir = root.as_fd().try_clone_to_owned().map_err(io("open a directory"))?;
    let mut walked = 0;
    for part in path.split(|&byte| byte == b'/') {
        walked += part.len() + 1;
        let name = OsStr::from_bytes(part);
        let opened = match openat(&dir, name, DIRECTORY | OFlags::NOFOLLOW, Mode::empty()) {
            Err(Errno::NOENT) if create => {
                match mkdirat(&dir, name, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(errno) => return Err(io("make a directory")(errno)),
                }
                openat(&dir, name, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())
            }
            other => other,
        };
        dir = opened.map_err(|errno| dir_error(errno, &path[..walked - 1]))?;
    }
    Ok(dir)
}

/// Remembers the directory opened last: neighbours come one after the other.
#[derive(Default)]
pub(crate) struct DirCache {
    last: Option<(usize, Vec<u8>, Arc<OwnedFd>)>,
}

impl DirCache {
    /// The directory `path` below `root` (absent: `root` itself); `number` tells roots apart. `first` is called when it was
    /// not the one opened last.
    pub(crate) fn get(
        &mut self,
        number: usize,
        root: &Arc<OwnedFd>,
        path: Option<&[u8]>,
        create: bool,
        first: impl FnOnce(&OwnedFd),
    ) -> Result<Arc<OwnedFd>, Error> {
        let Some(path) = path else { return Ok(Arc::clone(root)) };
        if let Some((n, cached, dir)) = &self.last
            && *n == number
            && cached == path
        {
            return Ok(Arc::clone(dir));
        }
        let dir = Arc::new(descend(root.as_ref(), path, create)?);
        first(&dir);
        self.last = Some((number, path.to_vec(), Arc::clone(&dir)));
        Ok(dir)
    }
}

/// A path from raw bytes.
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// Splits a relative path into parent and last component.
pub(crate) fn split_parent(path: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (Some(&path[..slash]), &path[slash + 1..]),
        None => (None, path),
    }
}

fn dir_error(errno: Errno, path: &[u8]) -> Error {
    match errno {
        Errno::LOOP | Errno::NOTDIR => Error::NotADirectory(path_of(path)),
        errno => io("open a directory")(errno),
    }
}

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
