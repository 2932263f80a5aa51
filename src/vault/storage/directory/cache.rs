//! Folders and files that stay open: restoring reads thousands of ranges from a few packs.

use std::collections::HashMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{Mode, OFlags, mkdirat, openat};
use rustix::io::Errno;

use crate::output::{remove_stale, sync_dir};
use crate::vault::error::{Error, Result};

/// The folders of a vault, opened once.
#[derive(Debug)]
pub(super) struct Folders {
    top: Arc<OwnedFd>,
    open: Mutex<HashMap<String, Folder>>,
}

#[derive(Clone, Debug)]
struct Folder {
    dir: Arc<OwnedFd>,
    /// Whether its own name is known to be durable and what killed runs left in it has been removed.
    ready: bool,
}

impl Folders {
    pub(super) fn new(top: OwnedFd) -> Self {
        let top = Arc::new(top);
        let folder = Folder { dir: Arc::clone(&top), ready: false };
        Self { top, open: Mutex::new(HashMap::from([(String::new(), folder)])) }
    }

    /// A folder that must exist.
    ///
    /// # Errors
    /// `Io`; the kind is `NotFound` if it does not exist.
    pub(super) fn get(&self, path: &str) -> Result<Arc<OwnedFd>> {
        if let Some(folder) = self.lock().get(path) {
            return Ok(Arc::clone(&folder.dir));
        }
        let mut dir = Arc::clone(&self.top);
        for part in path.split('/') {
            let opened = openat(&dir, part, DIRECTORY, Mode::empty());
            dir = Arc::new(opened.map_err(Error::io("open", path))?);
        }
        self.lock().insert(path.to_owned(), Folder { dir: Arc::clone(&dir), ready: false });
        Ok(dir)
    }

    /// A folder, made if it is missing, that will still be there after a power failure.
    pub(super) fn for_writing(&self, path: &str) -> Result<Arc<OwnedFd>> {
        if let Some(folder) = self.lock().get(path).filter(|folder| folder.ready) {
            return Ok(Arc::clone(&folder.dir));
        }
        let dir = match path.rsplit_once('/').or((!path.is_empty()).then_some(("", path))) {
            None => Arc::clone(&self.top),
            Some((above, name)) => {
                let above = self.for_writing(above)?;
                match mkdirat(&above, name, Mode::from_raw_mode(0o750)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(errno) => return Err(Error::io("make", path)(errno)),
                }
                // Whoever made it may not have come to this yet.
                sync_dir(&above).map_err(Error::output(path))?;
                Arc::new(
                    openat(&above, name, DIRECTORY, Mode::empty())
                        .map_err(Error::io("open", path))?,
                )
            }
        };
        remove_stale(&dir);
        self.lock().insert(path.to_owned(), Folder { dir: Arc::clone(&dir), ready: true });
        Ok(dir)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Folder>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The files that were read last.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The last is the one used last.
    open: Mutex<Vec<(String, Arc<File>)>>,
}

impl Files {
    pub(super) fn get(&self, name: &str) -> Option<Arc<File>> {
        let mut open = self.lock();
        let at = open.iter().rposition(|(of, _)| of == name)?;
        let last = open.len() - 1;
        open[at..=last].rotate_left(1);
        Some(Arc::clone(&open[last].1))
    }

    pub(super) fn add(&self, name: &str, file: File) -> Arc<File> {
        let file = Arc::new(file);
        let mut open = self.lock();
        if open.len() >= KEPT {
            open.remove(0);
        }
        open.push((name.to_owned(), Arc::clone(&file)));
        file
    }

    /// What has this name is about to be another file, or none.
    pub(super) fn forget(&self, name: &str) {
        self.lock().retain(|(of, _)| of != name);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(String, Arc<File>)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const KEPT: usize = 16;
