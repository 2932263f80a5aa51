//! Lists what lies below a directory, never following a link.

use std::ffi::{CStr, OsStr};
use std::os::fd::{AsFd, OwnedFd};

use globset::GlobSet;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, openat, statx};
use rustix::io::Errno;

use super::beneath::{descend, path_of};
use super::found::{Found, WANTED};
use super::{Error, io};

/// Lists everything below `root` and `root` itself, in an order in which the entries of a directory follow each other. What
/// matches `exclude` is left out with everything below it. What cannot be listed or looked at goes to `failed`, the others go
/// on. `found` is told each object and says of a directory whether to go into it.
pub(crate) fn walk(
    root: &OwnedFd,
    exclude: &GlobSet,
    mut found: impl FnMut(Found) -> bool,
    mut failed: impl FnMut(Vec<u8>, Error),
) {
    match look(root, OsStr::new("")) {
        Ok(top) => drop(found(top)),
        Err(error) => return failed(Vec::new(), error),
    }
    let mut lister = Lister::default();
    let mut waiting: Vec<Box<[u8]>> = vec![Box::default()];
    while let Some(path) = waiting.pop() {
        let skips = |path: &[u8], _| exclude.is_match(path_of(path));
        let listed = open_below(root, &path).and_then(|dir| match dir {
            Some(dir) => lister.list(&dir, &path, skips, &mut failed),
            None => Ok(Vec::new()),
        });
        match listed {
            Ok(entries) => {
                let first_new = waiting.len();
                for entry in entries {
                    let below = (entry.kind == FileType::Directory).then(|| entry.path.clone());
                    if found(entry) {
                        waiting.extend(below);
                    }
                }
                waiting[first_new..].reverse();
            }
            Err(error) => failed(path.into(), error),
        }
    }
}

/// The directory `path` below `root`, empty for `root` itself, for listing it. None if it vanished since it was found: it is as
/// if it had never been there.
pub(crate) fn open_below(root: &OwnedFd, path: &[u8]) -> Result<Option<OwnedFd>, Error> {
    let opened = if path.is_empty() {
        // Anew, because whoever shares a descriptor shares the place in the listing.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        openat(root, c".", flags, Mode::empty()).map_err(io("open a directory"))
    } else {
        descend(root, path, false)
    };
    match opened {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Lists directories one by one, with memory that is kept from one to the next.
#[derive(Default)]
pub(crate) struct Lister {
    /// What the kernel writes.
    buffer: Vec<u8>,
    /// Names, each with a zero byte at its end.
    names: Vec<u8>,
    /// Inode number, place of the name, kind.
    entries: Vec<(u64, usize, FileType)>,
}

impl Lister {
    /// The entries of a directory that was opened for it and not read from yet, sorted by name; their paths begin with `path`.
    /// Asked of each is whether to leave it out.
    ///
    /// # Errors
    /// If the directory cannot be read. What cannot be looked at goes to `failed`.
    pub(crate) fn list(
        &mut self,
        dir: &OwnedFd,
        path: &[u8],
        mut skips: impl FnMut(&[u8], FileType) -> bool,
        failed: &mut impl FnMut(Vec<u8>, Error),
    ) -> Result<Vec<Found>, Error> {
        self.read(dir).map_err(io("list the directory"))?;
        // On a disk, inodes lie in the order of their numbers.
        self.entries.sort_unstable_by_key(|&(inode, ..)| inode);
        let mut found = Vec::with_capacity(self.entries.len());
        for &(_, at, kind) in &self.entries {
            let name = CStr::from_bytes_until_nul(&self.names[at..]).expect("added with it");
            let path = join(path, name.to_bytes());
            if kind != FileType::Unknown && skips(&path, kind) {
                continue;
            }
            match statx(dir, name, LOOK, WANTED) {
                Ok(stat) => {
                    let entry = Found::new(path, &stat);
                    if kind != FileType::Unknown || !skips(&entry.path, entry.kind) {
                        found.push(entry);
                    }
                }
                // Something that vanished since the listing is as if it had never been there.
                Err(Errno::NOENT) => {}
                Err(errno) => failed(path, io("look at the file")(errno)),
            }
        }
        found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    fn read(&mut self, dir: &OwnedFd) -> Result<(), Errno> {
        self.names.clear();
        self.entries.clear();
        self.buffer.clear();
        self.buffer.reserve(LISTING);
        let mut listing = RawDir::new(dir, self.buffer.spare_capacity_mut());
        while let Some(entry) = listing.next() {
            let entry = match entry {
                // The directory itself was removed.
                Err(Errno::NOENT) => break,
                Err(Errno::INTR) => continue,
                other => other?,
            };
            let name = entry.file_name().to_bytes_with_nul();
            if !matches!(name, b".\0" | b"..\0") {
                self.entries.push((entry.ino(), self.names.len(), entry.file_type()));
                self.names.extend_from_slice(name);
            }
        }
        Ok(())
    }
}

/// One object by name, without following it; an empty name is the directory itself. Its path is left empty.
///
/// # Errors
/// If it cannot be looked at.
pub(crate) fn look(dir: impl AsFd, name: &OsStr) -> Result<Found, Error> {
    let flags = if name.is_empty() { AtFlags::EMPTY_PATH } else { LOOK };
    let stat = statx(dir, name, flags, WANTED).map_err(io("look at it"))?;
    Ok(Found::new(Vec::new(), &stat))
}

/// Joins a directory path, empty for the top, and a name.
pub(crate) fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    if dir.is_empty() { name.to_vec() } else { [dir, b"/", name].concat() }
}

/// Looking must not mount anything.
const LOOK: AtFlags = AtFlags::SYMLINK_NOFOLLOW.union(AtFlags::NO_AUTOMOUNT);

/// Room for about a thousand names.
const LISTING: usize = 32 * 1024;
