//! Lists what lies below a directory, never following a link.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;

use globset::GlobSet;
use rustix::fs::{AtFlags, Dir, FileType, Statx, StatxFlags, makedev, statx};
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
    /// Device and inode number.
    pub(crate) id: (u64, u64),
    /// Number of the mount it is seen through: another one than its directory's where something is mounted. Where the kernel
    /// does not tell (before Linux 5.8), the number of the device.
    pub(crate) mount: u64,
}

impl Found {
    /// A file that was named by the user: it needs no walk, and its numbers are not asked for.
    pub(crate) fn named(name: &[u8], size: u64) -> Self {
        let kind = FileType::RegularFile;
        Self { path: name.into(), kind, size, links: 1, id: (0, 0), mount: 0 }
    }
}

/// Lists everything below `root` and `root` itself, in an order in which the entries of a directory follow each other. What
/// matches `exclude` is left out with everything below it. What cannot be listed or looked at goes to `failed`, the others go
/// on. `found` is told each object and says of a directory whether to go into it.
pub(crate) fn walk(
    root: &OwnedFd,
    exclude: &GlobSet,
    mut found: impl FnMut(Found) -> bool,
    mut failed: impl FnMut(Vec<u8>, Error),
) {
    match statx(root, "", AtFlags::EMPTY_PATH, WANTED) {
        Ok(stat) => drop(found(describe(Vec::new(), &stat))),
        Err(errno) => return failed(Vec::new(), io("look at the directory")(errno)),
    }
    let mut waiting: Vec<Vec<u8>> = vec![Vec::new()];
    while let Some(path) = waiting.pop() {
        match list(root, &path, exclude, &mut failed) {
            Ok(entries) => {
                let first_new = waiting.len();
                for entry in entries {
                    let below = (entry.kind == FileType::Directory).then(|| entry.path.to_vec());
                    if found(entry) {
                        waiting.extend(below);
                    }
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
        match statx(dir, name, AtFlags::SYMLINK_NOFOLLOW, WANTED) {
            Ok(stat) => entries.push(describe(path, &stat)),
            // Something that vanished since the listing is as if it had never been there.
            Err(Errno::NOENT) => {}
            Err(errno) => failed(path, io("look at the file")(errno)),
        }
    }
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

/// One object by name, without following it.
///
/// # Errors
/// If it cannot be looked at.
pub(crate) fn look(dir: &OwnedFd, name: &OsStr) -> Result<Found, Error> {
    let stat = statx(dir, name, AtFlags::SYMLINK_NOFOLLOW, WANTED);
    stat.map(|stat| describe(Vec::new(), &stat)).map_err(io("look at it"))
}

fn describe(path: Vec<u8>, stat: &Statx) -> Found {
    let device = makedev(stat.stx_dev_major, stat.stx_dev_minor);
    let told = StatxFlags::from_bits_retain(stat.stx_mask);
    Found {
        path: path.into(),
        kind: FileType::from_raw_mode(stat.stx_mode.into()),
        size: stat.stx_size,
        links: stat.stx_nlink.into(),
        id: (device, stat.stx_ino),
        mount: if told.contains(StatxFlags::MNT_ID) { stat.stx_mnt_id } else { device },
    }
}

const WANTED: StatxFlags = StatxFlags::BASIC_STATS.union(StatxFlags::MNT_ID);

/// Joins a directory path, empty for the top, and a name.
pub(crate) fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    if dir.is_empty() { name.to_vec() } else { [dir, b"/", name].concat() }
}
