//! Taking away what is left of a file besides its content: attributes, times, length, name.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use rustix::fs::{
    AtFlags, RenameFlags, Timespec, Timestamps, flistxattr, fremovexattr, ftruncate, futimens,
    makedev, renameat_with, statx, unlinkat,
};
use rustix::io::Errno;
use sealkeep_crypto::random;

use super::error::{Error, io};

/// Another name of the same length, without meaning.
pub(super) fn scrubbed_name(name: &OsStr) -> OsString {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bytes = vec![0; name.len()];
    random::fill(&mut bytes);
    for byte in &mut bytes {
        *byte = LETTERS[usize::from(*byte) % LETTERS.len()];
    }
    OsString::from_vec(bytes)
}

/// Takes extended attributes and times away, as far as it is allowed.
pub(super) fn clear_attributes(file: &OwnedFd) {
    let mut few = [0; 1024];
    let mut many;
    let names: &[u8] = match flistxattr(file, &mut few[..]) {
        Ok(len) => &few[..len],
        Err(Errno::RANGE) => {
            many = vec![0; 64 * 1024];
            let len = flistxattr(file, &mut many[..]).unwrap_or(0);
            &many[..len]
        }
        Err(_) => &[],
    };
    for name in names.split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
        // Labels of the system cannot be removed, and say nothing of the content.
        let _ = fremovexattr(file, OsStr::from_bytes(name));
    }
    let epoch = Timespec { tv_sec: 0, tv_nsec: 0 };
    let _ = futimens(file, &Timestamps { last_access: epoch, last_modification: epoch });
}

/// Gives an entry of a directory its meaningless name, if it is still the one with this device and inode number. Returns
/// the name it has now: the old one where that name is taken.
///
/// # Errors
/// `Changed`, `Io`.
pub(super) fn rename(
    dir: &OwnedFd,
    name: &OsStr,
    scrubbed: &OsStr,
    id: (u64, u64),
) -> Result<OsString, Error> {
    if entry(dir, name)? != Some(id) {
        return Err(Error::Changed);
    }
    match renameat_with(dir, name, dir, scrubbed, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        Err(Errno::EXIST) => return Ok(name.to_owned()),
        // Some file systems do not know how to refuse; then it is looked at first.
        Err(Errno::INVAL | Errno::NOSYS) => {
            if entry(dir, scrubbed)?.is_some() {
                return Ok(name.to_owned());
            }
            rustix::fs::renameat(dir, name, dir, scrubbed).map_err(io("rename it"))?;
        }
        Err(errno) => return Err(io("rename it")(errno)),
    }
    // Something else may have got the name between the look and the renaming: under the new one it is safe from that.
    if entry(dir, scrubbed)? == Some(id) {
        return Ok(scrubbed.to_owned());
    }
    let back = renameat_with(dir, scrubbed, dir, name, RenameFlags::NOREPLACE);
    back.map_err(io("give it its name back"))?;
    Err(Error::Changed)
}

/// Cuts a file to nothing.
///
/// # Errors
/// `Io`.
pub(super) fn truncate(file: &OwnedFd) -> Result<(), Error> {
    ftruncate(file, 0).map_err(io("cut it"))
}

/// Removes an entry of a directory.
///
/// # Errors
/// `NotEmpty`, `Io`.
pub(super) fn unlink(dir: &OwnedFd, name: &OsStr, directory: bool) -> Result<(), Error> {
    let flags = if directory { AtFlags::REMOVEDIR } else { AtFlags::empty() };
    match unlinkat(dir, name, flags) {
        Err(Errno::NOTEMPTY | Errno::EXIST) => Err(Error::NotEmpty),
        other => other.map_err(io("remove it")),
    }
}

/// Device and inode number of an entry; none if there is no such entry.
pub(super) fn entry(dir: &OwnedFd, name: &OsStr) -> Result<Option<(u64, u64)>, Error> {
    let wanted = rustix::fs::StatxFlags::INO;
    match statx(dir, name, AtFlags::SYMLINK_NOFOLLOW, wanted) {
        Ok(stat) => Ok(Some((makedev(stat.stx_dev_major, stat.stx_dev_minor), stat.stx_ino))),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(io("look at it")(errno)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn names_keep_their_length_and_nothing_else() {
        let name = OsStr::new("病历-0042.txt");
        let scrubbed = scrubbed_name(name);
        assert_eq!(scrubbed.len(), name.len());
        assert!(scrubbed.as_bytes().iter().all(u8::is_ascii_alphanumeric));
        assert_ne!(scrubbed_name(name), scrubbed);
    }

    #[test]
    fn only_the_examined_file_is_renamed_and_nothing_is_replaced() {
        let scratch = tempfile::tempdir().unwrap();
        let dir: OwnedFd = fs::File::open(scratch.path()).unwrap().into();
        fs::write(scratch.path().join("a"), "a").unwrap();
        fs::write(scratch.path().join("b"), "b").unwrap();
        let id = entry(&dir, OsStr::new("a")).unwrap().unwrap();
        let name = OsStr::new;
        assert!(matches!(rename(&dir, name("b"), name("c"), id), Err(Error::Changed)));
        assert_eq!(rename(&dir, name("a"), name("b"), id).unwrap(), "a");
        assert_eq!(rename(&dir, name("a"), name("z"), id).unwrap(), "z");
        unlink(&dir, name("z"), false).unwrap();
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
    }
}
