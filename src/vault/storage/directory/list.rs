//! Lists a folder and everything below it.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, openat, statat};
use rustix::io::Errno;

use crate::output::is_temporary_name;
use crate::vault::error::{Error, Result};

/// The files below `folder`, with `prefix` before their names.
pub(super) fn list(folder: &OwnedFd, prefix: &str) -> Result<Vec<(String, u64)>> {
    let mut found = Vec::new();
    // A descriptor of its own: reading moves the position of those that are shared.
    let folder =
        openat(folder, c".", DIRECTORY, Mode::empty()).map_err(Error::io("open", prefix))?;
    enter(&folder, prefix, &mut found)?;
    found.sort_unstable();
    Ok(found)
}

fn enter(folder: impl AsFd, prefix: &str, found: &mut Vec<(String, u64)>) -> Result<()> {
    let folder = folder.as_fd();
    for entry in Dir::read_from(folder).map_err(Error::io("list", prefix))? {
        let entry = entry.map_err(Error::io("list", prefix))?;
        let bytes = entry.file_name().to_bytes();
        let last = OsStr::from_bytes(bytes);
        if matches!(bytes, b"." | b"..") || is_temporary_name(last) {
            continue;
        }
        let name = format!("{prefix}{}", last.to_string_lossy());
        let stat = match statat(folder, last, AtFlags::SYMLINK_NOFOLLOW) {
            // It was removed meanwhile.
            Err(Errno::NOENT) => continue,
            other => other.map_err(Error::io("look at", &name))?,
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            found.push((name, length(&stat)));
            continue;
        }
        let below = openat(folder, last, DIRECTORY, Mode::empty());
        enter(below.map_err(Error::io("open", &name))?, &format!("{name}/"), found)?;
    }
    Ok(())
}

/// Links, pipes and devices have no length here: whatever should have this name is not there.
fn length(stat: &Stat) -> u64 {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => u64::try_from(stat.st_size).unwrap_or(0),
        _ => 0,
    }
}

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
