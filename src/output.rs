//! Output files that appear under their name whole or not at all.
//!
//! A file is written without a name (`O_TMPFILE`), so whatever kills the program leaves nothing behind, and gets its name
//! by `linkat`, which never overwrites. Where a file system has no unnamed files, or a file is to be replaced, there is a name
//! `.sealkeep-<random>.tmp` for a while; its file is locked as long as a process works on it, and a later run that comes to the
//! directory removes those that nobody has locked.
//!
//! Order of persistence: content, mode and time are written → file synced ([`Pending::sync`], or one `syncfs` for many) →
//! name given ([`Pending::publish`]) → directory synced. If we crash before the name is given, there is nothing; after it, a
//! whole file.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, RenameFlags, flock, fstat, fsync,
    linkat, openat, renameat, renameat_with, statat, unlinkat,
};
use rustix::io::Errno;
use sealkeep_crypto::random;

/// Why an output is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The name is taken.
    #[error("output already exists")]
    Exists,
    /// What has the name is neither a file nor a link, and is not replaced.
    #[error("output exists and is not a regular file")]
    NotReplaceable,
    /// The operating system said no.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was being done, as a verb phrase.
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
}

/// An output file that has no final name yet. Dropped without [`Pending::publish`], it is gone.
pub(crate) struct Pending {
    pub(crate) file: File,
    dir: Arc<OwnedFd>,
    name: OsString,
    /// The name it has meanwhile, if any.
    temporary: Option<OsString>,
    force: bool,
}

impl Pending {
    /// Makes an empty output file that will become `name` in `dir`, with permission bits `mode` less the umask.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn create(
        dir: &Arc<OwnedFd>,
        name: &OsStr,
        mode: u32,
        force: bool,
    ) -> Result<Self, Error> {
        let mode = Mode::from_raw_mode(mode);
        let unnamed = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let (file, temporary) = match openat(dir, c".", unnamed, mode) {
            Ok(file) => (file, None),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => {
                let (file, name) = create_named(dir, mode)?;
                (file, Some(name))
            }
            Err(errno) => return Err(io("create the output")(errno)),
        };
        Ok(Self {
            file: file.into(),
            dir: Arc::clone(dir),
            name: name.to_owned(),
            temporary,
            force,
        })
    }

    /// Makes the content durable.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        fsync(&self.file).map_err(io("sync the output"))
    }

    /// Gives the file its name. Its content must be durable before, if it is to be.
    ///
    /// # Errors
    /// `Exists`, `NotReplaceable`, `Io`; the file is gone then.
    pub(crate) fn publish(mut self) -> Result<(), Error> {
        let first = match self.temporary.clone() {
            None => self.link(&self.name),
            Some(temporary) => {
                rename_new(&self.dir, &temporary, &self.name).inspect(|()| self.temporary = None)
            }
        };
        match first {
            Err(Errno::EXIST) if self.force => self.replace(),
            Err(Errno::EXIST) => Err(Error::Exists),
            other => other.map_err(io("give the output its name")),
        }
    }

    fn replace(&mut self) -> Result<(), Error> {
        check_replaceable(&self.dir, &self.name)?;
        let temporary = match self.temporary.clone() {
            Some(name) => name,
            None => self.link_temporary()?,
        };
        renameat(&self.dir, &temporary, &self.dir, &self.name).map_err(io("replace the output"))?;
        self.temporary = None;
        Ok(())
    }

    /// Gives an unnamed file a temporary name, locked first so that nobody takes it for a stale one.
    fn link_temporary(&mut self) -> Result<OsString, Error> {
        flock(&self.file, FlockOperation::LockExclusive).map_err(io("lock a temporary file"))?;
        let name = temporary_name();
        self.link(&name).map_err(io("replace the output"))?;
        self.temporary = Some(name.clone());
        Ok(name)
    }

    fn link(&self, name: &OsStr) -> Result<(), Errno> {
        // Linking by descriptor alone is allowed to the one who opened it since Linux 6.10, to root always; through
        // /proc it works everywhere that /proc is mounted.
        match linkat(&self.file, c"", &self.dir, name, AtFlags::EMPTY_PATH) {
            Err(Errno::NOENT | Errno::PERM | Errno::INVAL) => {
                let path = format!("/proc/self/fd/{}", self.file.as_raw_fd());
                linkat(CWD, path, &self.dir, name, AtFlags::SYMLINK_FOLLOW)
            }
            other => other,
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(name) = &self.temporary {
            // Nothing to do about a failure here: the next run removes it.
            let _ = unlinkat(&self.dir, name, AtFlags::empty());
        }
    }
}

/// Makes a symbolic link under a name that must be free, or is replaced if `force`.
pub(crate) fn publish_symlink(
    dir: &OwnedFd,
    name: &OsStr,
    target: &[u8],
    force: bool,
) -> Result<(), Error> {
    let target = OsStr::from_bytes(target);
    match rustix::fs::symlinkat(target, dir, name) {
        Err(Errno::EXIST) if force => {
            check_replaceable(dir, name)?;
            let temporary = temporary_name();
            rustix::fs::symlinkat(target, dir, &temporary).map_err(io("make a symbolic link"))?;
            renameat(dir, &temporary, dir, name).map_err(|errno| {
                let _ = unlinkat(dir, &temporary, AtFlags::empty());
                io("replace the output")(errno)
            })
        }
        Err(Errno::EXIST) => Err(Error::Exists),
        other => other.map_err(io("make a symbolic link")),
    }
}

/// Gives a file another name, which must be free, or is replaced if `force`.
pub(crate) fn publish_link(
    (from_dir, from): (&OwnedFd, &OsStr),
    (dir, name): (&OwnedFd, &OsStr),
    force: bool,
) -> Result<(), Error> {
    match linkat(from_dir, from, dir, name, AtFlags::empty()) {
        Err(Errno::EXIST) if force => {
            check_replaceable(dir, name)?;
            let temporary = temporary_name();
            linkat(from_dir, from, dir, &temporary, AtFlags::empty()).map_err(io("make a link"))?;
            let renamed = renameat(dir, &temporary, dir, name).map_err(io("replace the output"));
            // If both were names of one file already, renaming did nothing and left this one.
            let _ = unlinkat(dir, &temporary, AtFlags::empty());
            renamed
        }
        Err(Errno::EXIST) => Err(Error::Exists),
        other => other.map_err(io("make a link")),
    }
}

/// Says early that a name is taken.
///
/// # Errors
/// `Exists`, or with `force` `NotReplaceable`.
pub(crate) fn check_free(dir: &OwnedFd, name: &OsStr, force: bool) -> Result<(), Error> {
    match (statat(dir, name, AtFlags::SYMLINK_NOFOLLOW), force) {
        (Err(_), _) => Ok(()),
        (Ok(_), false) => Err(Error::Exists),
        (Ok(_), true) => check_replaceable(dir, name),
    }
}

/// Removes temporary files that a killed run left in a directory. Those in use are locked and stay.
pub(crate) fn remove_stale(dir: &OwnedFd) {
    let Ok(entries) = Dir::read_from(dir) else { return };
    for entry in entries.flatten() {
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if is_temporary_name(name) {
            remove_if_stale(dir, name);
        }
    }
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &OwnedFd) -> Result<(), Error> {
    match fsync(dir) {
        // Some file systems cannot sync directories; they need not.
        Err(Errno::INVAL | Errno::BADF) => Ok(()),
        other => other.map_err(io("sync the output directory")),
    }
}

fn create_named(dir: &OwnedFd, mode: Mode) -> Result<(OwnedFd, OsString), Error> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    loop {
        let name = temporary_name();
        let file = match openat(dir, &name, flags, mode) {
            Err(Errno::EXIST) => continue,
            other => other.map_err(io("create the output"))?,
        };
        // File systems without locks are left with files that look stale; better than no output.
        let locked = flock(&file, FlockOperation::LockExclusive).is_ok();
        let still_there = fstat(&file).is_ok_and(|stat| stat.st_nlink > 0);
        if still_there || !locked {
            return Ok((file, name));
        }
        // Another run removed it between creation and lock: make another.
    }
}

fn rename_new(dir: &OwnedFd, from: &OsStr, to: &OsStr) -> Result<(), Errno> {
    match renameat_with(dir, from, dir, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) => {
            linkat(dir, from, dir, to, AtFlags::empty())?;
            unlinkat(dir, from, AtFlags::empty())
        }
        other => other,
    }
}

/// Whether what lies under a name is a file or a link, which alone may be replaced or taken for an earlier output.
///
/// # Errors
/// `NotReplaceable`, `Io`.
pub(crate) fn check_replaceable(dir: &OwnedFd, name: &OsStr) -> Result<(), Error> {
    let stat = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).map_err(io("look at the output"))?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile | FileType::Symlink => Ok(()),
        _ => Err(Error::NotReplaceable),
    }
}

fn remove_if_stale(dir: &OwnedFd, name: &OsStr) {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = openat(dir, name, flags, Mode::empty()) else {
        // Symbolic links are temporary only for the moment before their rename; nobody can lock one.
        return;
    };
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
        let _ = unlinkat(dir, name, AtFlags::empty());
    }
}

fn temporary_name() -> OsString {
    let random: [u8; 8] = random::array();
    format!("{PREFIX}{:016x}{SUFFIX}", u64::from_be_bytes(random)).into()
}

/// Whether a name is one that unfinished files have for a while.
pub(crate) fn is_temporary_name(name: &OsStr) -> bool {
    let digits = name
        .as_bytes()
        .strip_prefix(PREFIX.as_bytes())
        .and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    digits.is_some_and(|digits| digits.len() == 16 && digits.iter().all(u8::is_ascii_hexdigit))
}

fn io<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> Error {
    move |source| Error::Io { action, source: source.into() }
}

const PREFIX: &str = ".sealkeep-";
const SUFFIX: &str = ".tmp";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    fn scratch() -> (tempfile::TempDir, Arc<OwnedFd>) {
        let dir = tempfile::tempdir().unwrap();
        let fd = Arc::new(File::open(dir.path()).unwrap().into());
        (dir, fd)
    }

    #[test]
    fn nothing_is_there_before_publishing_and_nothing_is_overwritten() {
        let (dir, fd) = scratch();
        let mut first = Pending::create(&fd, OsStr::new("out"), 0o600, false).unwrap();
        let second = Pending::create(&fd, OsStr::new("out"), 0o600, false).unwrap();
        first.file.write_all(b"first").unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        first.publish().unwrap();
        assert!(matches!(second.publish(), Err(Error::Exists)));
        assert_eq!(fs::read(dir.path().join("out")).unwrap(), b"first");
    }

    #[test]
    fn force_replaces_files_and_nothing_else() {
        let (dir, fd) = scratch();
        fs::write(dir.path().join("out"), "old").unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        Pending::create(&fd, OsStr::new("out"), 0o600, true).unwrap().publish().unwrap();
        let onto_dir = Pending::create(&fd, OsStr::new("sub"), 0o600, true).unwrap();
        assert!(matches!(onto_dir.publish(), Err(Error::NotReplaceable)));
        assert_eq!(fs::read(dir.path().join("out")).unwrap(), b"");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn named_temporaries_behave_the_same() {
        let (dir, fd) = scratch();
        let named = |name: &str, force| {
            let (file, temporary) = create_named(&fd, Mode::from_raw_mode(0o600)).unwrap();
            Pending {
                file: file.into(),
                dir: Arc::clone(&fd),
                name: name.into(),
                temporary: Some(temporary),
                force,
            }
        };
        named("out", false).publish().unwrap();
        assert!(matches!(named("out", false).publish(), Err(Error::Exists)));
        named("out", true).publish().unwrap();
        drop(named("other", false));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn stale_temporaries_go_and_locked_ones_stay() {
        let (dir, fd) = scratch();
        fs::write(dir.path().join(".sealkeep-0123456789abcdef.tmp"), "plaintext").unwrap();
        fs::write(dir.path().join(".sealkeep-notes.tmp"), "not ours").unwrap();
        let (_file, in_use) = create_named(&fd, Mode::from_raw_mode(0o600)).unwrap();
        remove_stale(&fd);
        let mut left: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        let mut expected = vec![OsString::from(".sealkeep-notes.tmp"), in_use];
        expected.sort();
        assert_eq!(left, expected);
    }
}
