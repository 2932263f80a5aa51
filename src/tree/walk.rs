//! Lists what lies below a directory, never following a link.

use std::os::fd::OwnedFd;

use globset::GlobSet;
use rustix::fs::{AtFlags, Dir, FileType, Stat, statat};
use rustix::io::Errno;

use super::beneath::{descend, path_of};
use super::{Error, io};

/// One object found.
pub(crate) struct Found {
    /// Relative to the directory that was listed; empty for that directory itself.
    pub(crate) path: Box<[u8]>,
    pub(crate) kind: FileType,
    /// Length in bytes.
    pub(crate) size: u64,
    /// Number of hard links.
    pub(crate) links: u64,
}

/// Lists everything below `root` and `root` itself, in an order in which the entries of a directory follow each other. What
/// matches `exclude` is left out with everything below it. What cannot be listed or looked at goes to `failed`, the others go
/// on.
pub(crate) fn walk(
    root: &OwnedFd,
    exclude: &GlobSet,
    mut found: impl FnMut(Found),
    mut failed: impl FnMut(Vec<u8>, Error),
) {
    found(Found { path: Box::default(), kind: FileType::Directory, size: 0, links: 1 });
    let mut waiting: Vec<Vec<u8>> = vec![Vec::new()];
    while let Some(path) = waiting.pop() {
        match list(root, &path, exclude, &mut failed) {
            Ok(entries) => {
                let first_new = waiting.len();
                for entry in entries {
                    if entry.kind == FileType::Directory {
                        waiting.push(entry.path.to_vec());
                    }
                    found(entry);
                }
                waiting[first_new..].reverse();
            }
            Err(error) => failed(path, error),
        }
    }
}

fn list(
    root: &OwnedFd,
    path: &[u8],
    exclude: &GlobSet,
    failed: &mut impl FnMut(Vec<u8>, Error),
) -> Result<Vec<Found>, Error> {
    let opened;
    let dir = if path.is_empty() {
        root
    } else {
        opened = descend(root, path, false)?;
        &opened
    };
    let mut entries = Vec::new();
    for entry in Dir::read_from(dir).map_err(io("list the directory"))? {
        let entry = entry.map_err(io("list the directory"))?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let path = join(path, name.to_bytes());
        if exclude.is_match(path_of(&path)) {
            continue;
        }
        match statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => entries.push(describe(path, &stat)),
            // Something that vanished since the listing is as if it had never been there.
            Err(Errno::NOENT) => {}
            Err(errno) => failed(path, io("look at the file")(errno)),
        }
    }
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

fn describe(path: Vec<u8>, stat: &Stat) -> Found {
    Found {
        path: path.into(),
        kind: FileType::from_raw_mode(stat.st_mode),
        size: u64::try_from(stat.st_size).unwrap_or(0),
        links: stat.st_nlink,
    }
}

/// Joins a directory path, empty for the top, and a name.
pub(crate) fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    if dir.is_empty() { name.to_vec() } else { [dir, b"/", name].concat() }
}
