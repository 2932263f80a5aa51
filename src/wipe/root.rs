//! What was named by the user, found and opened without following links.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags, openat};

use super::error::{Error, io};
use crate::tree::{self, Found, open_dir};

/// Something named by the user.
#[derive(Debug)]
pub(super) struct Root {
    /// As given.
    pub(super) given: PathBuf,
    /// The same, absolute.
    pub(super) absolute: PathBuf,
    /// The directory that holds it.
    pub(super) parent: Arc<OwnedFd>,
    /// The directory itself, if it is one.
    pub(super) dir: Option<Arc<OwnedFd>>,
    /// Its number in the journal, which a run that goes on shares with those before it.
    pub(super) number: u32,
}

impl Root {
    /// Opens what was named, if it is not a directory.
    pub(super) fn open(&self, access: OFlags) -> Result<File, Error> {
        let name = self.absolute.file_name().ok_or(Error::Unsupported)?;
        open_file(&self.parent, name.as_bytes(), access)
    }

    pub(super) fn found(&self) -> Result<Found, Error> {
        let name = self.absolute.file_name().unwrap_or(OsStr::new("."));
        Ok(tree::look(&self.parent, name)?)
    }
}

/// A path with the links in it followed as far as it exists.
pub(super) fn settled(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for above in absolute.ancestors() {
        if let Ok(there) = above.canonicalize() {
            let below = absolute.strip_prefix(above).unwrap_or(Path::new(""));
            return if below.as_os_str().is_empty() { there } else { there.join(below) };
        }
    }
    absolute
}

/// Finds a root without following it, should it be a symbolic link.
pub(super) fn open_root(given: &Path) -> Result<Root, Error> {
    let named = std::path::absolute(given).map_err(io("find it"))?;
    let parent = match (named.parent(), named.file_name()) {
        (Some(parent), Some(name)) => {
            let parent = parent.canonicalize().map_err(io("find its directory"))?;
            (parent.clone(), parent.join(name))
        }
        _ => return Err(Error::Unsupported),
    };
    let (parent, absolute) = parent;
    let parent = Arc::new(open_dir(&parent)?);
    let mut root = Root { given: given.to_owned(), absolute, parent, dir: None, number: 0 };
    if root.found()?.kind == FileType::Directory {
        let name = root.absolute.file_name().unwrap_or_default().as_bytes().to_vec();
        root.dir = Some(Arc::new(tree::descend(&root.parent, &name, false)?));
    }
    Ok(root)
}

/// Opens a file below a directory without following links.
pub(super) fn open_below(
    top: &Arc<OwnedFd>,
    dirs: &mut tree::DirCache,
    found: &Found,
    access: OFlags,
) -> Result<File, Error> {
    let (parent, name) = tree::split_parent(&found.path);
    let dir = dirs.get(0, top, parent, false, |_| ())?;
    open_file(&dir, name, access)
}

/// Opens a file by name; never follows a link, never waits for a fifo.
pub(super) fn open_file(dir: &OwnedFd, name: &[u8], access: OFlags) -> Result<File, Error> {
    let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(dir, OsStr::from_bytes(name), flags, Mode::empty())
        .map(File::from)
        .map_err(io("open it"))
}
