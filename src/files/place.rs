//! Where outputs go.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::{Error, io};
use super::group::{Scratch, sync_file_systems};
use crate::output::{remove_stale, sync_dir};
use crate::tree::{open_dir, split_parent};

/// A directory that receives outputs. Made when first needed.
pub(super) struct Place {
    pub(super) path: PathBuf,
    opened: Mutex<Option<Opened>>,
}

#[derive(Clone)]
struct Opened {
    dir: Arc<OwnedFd>,
    created: bool,
}

impl Place {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, opened: Mutex::new(None) }
    }

    /// The directory, made with its parents if it is missing. The first time, stale temporaries in it are removed.
    pub(super) fn open(&self) -> Result<Arc<OwnedFd>, Error> {
        self.opened().map(|opened| opened.dir)
    }

    /// Whether this run made the directory.
    pub(super) fn is_new(&self) -> bool {
        self.opened().is_ok_and(|opened| opened.created)
    }

    /// The directory, made if it is missing; `None` if this run made it, so that nothing can be in it yet.
    pub(super) fn open_old(&self) -> Result<Option<Arc<OwnedFd>>, Error> {
        self.opened().map(|opened| (!opened.created).then_some(opened.dir))
    }

    /// The directory if it exists; nothing is made or removed.
    pub(super) fn look(&self) -> Result<Option<Arc<OwnedFd>>, Error> {
        if !self.path.as_os_str().is_empty() && !self.path.exists() {
            return Ok(None);
        }
        Ok(Some(Arc::new(open_dir(&self.path)?)))
    }

    /// Makes a new name in it durable, and those of directories on the way that this run made.
    pub(super) fn sync(&self) -> Result<(), Error> {
        let Opened { dir, created } = self.opened()?;
        if created { sync_file_systems([&dir]) } else { Ok(sync_dir(&dir)?) }
    }

    /// The directory if it is open already.
    pub(super) fn if_open(&self) -> Option<Arc<OwnedFd>> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.as_ref().map(|opened| Arc::clone(&opened.dir))
    }

    fn opened(&self) -> Result<Opened, Error> {
        let mut slot = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = &*slot {
            return Ok(opened.clone());
        }
        let created = !self.path.as_os_str().is_empty() && !self.path.exists();
        if created {
            fs::create_dir_all(&self.path).map_err(io("make the output directory"))?;
        }
        let dir = Arc::new(open_dir(&self.path)?);
        if !created {
            remove_stale(&dir);
        }
        Ok(slot.insert(Opened { dir, created }).clone())
    }

    /// The directory that will hold `path`, and the last component; directories on the way are made.
    pub(super) fn locate<'p>(
        &self,
        number: usize,
        path: &'p [u8],
        scratch: &mut Scratch,
    ) -> Result<(Arc<OwnedFd>, &'p OsStr), Error> {
        let Opened { dir: root, created } = self.opened()?;
        let (parent, name) = split_parent(path);
        let clean = |dir: &OwnedFd| {
            if !created {
                remove_stale(dir)
            }
        };
        Ok((scratch.outputs.get(number, &root, parent, true, clean)?, OsStr::from_bytes(name)))
    }
}

/// The directory and the name of a path the user gave for a file.
pub(super) fn split_file(path: &Path) -> Result<(PathBuf, OsString), Error> {
    let name = path.file_name().ok_or(Error::NoName)?;
    Ok((path.parent().unwrap_or(Path::new("")).to_owned(), name.to_owned()))
}

/// Whether a path the user gave is to be taken as a directory: it is one, or is written as one.
pub(super) fn names_directory(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_bytes().ends_with(b"/")
}

/// Whether two paths name the same place or one lies in the other, links resolved; parts that do not exist yet count
/// as written.
pub(super) fn lies_within(inner: &Path, outer: &Path) -> bool {
    match (resolve(inner), resolve(outer)) {
        (Some(inner), Some(outer)) => inner.starts_with(outer),
        _ => false,
    }
}

fn resolve(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let mut missing = Vec::new();
    let mut existing = path.as_path();
    loop {
        if let Ok(mut resolved) = existing.canonicalize() {
            resolved.extend(missing.iter().rev());
            return Some(resolved);
        }
        missing.push(existing.file_name()?);
        existing = existing.parent()?;
    }
}
