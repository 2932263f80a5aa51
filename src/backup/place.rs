//! Makes restored objects below a directory. Links in it are never followed, and a file gets its name when it is whole.
//!
//! Order of persistence: directories are made first, for their owner alone; files are written without a name, made durable, named;
//! at the end directories get their owners, modes and times, the innermost first. If we crash, what has a name is whole, and
//! directories may be closed to others than their owner.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{FileType, Mode, OFlags, fstat, mkdirat, mknodat, openat};
use rustix::io::Errno;

use super::apply::{Applier, Note, Omitted, Subject};
use super::attributes::kind_of;
use crate::output::{
    self, Pending, check_replaceable, publish_link, publish_symlink, remove_stale,
};
use crate::parallel::sync_file_systems;
use crate::tree::{self, DirCache, Found, descend, look, open_dir, split_parent};
use crate::vault::{Attributes, Kind};

/// What happens to files that are there already. Other things than files and links are never replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// They are reported and stay.
    #[default]
    Refuse,
    /// They stay, and that is well.
    Never,
    /// They are replaced if length or time differ.
    IfChanged,
    /// They are replaced.
    Always,
}

/// Why an object could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// The name is taken, and nothing is to be overwritten.
    #[error("it exists already")]
    Exists,
    /// The name is taken by something that is never replaced.
    #[error("something else than a file or link has its name")]
    NotReplaceable,
    /// A component of its path is a symbolic link or not a directory.
    #[error("{0} is not a directory")]
    NotADirectory(PathBuf),
    /// The operating system said no.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was being done, as a verb phrase.
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
}

impl PlaceError {
    /// Whether nothing more can be written at all.
    pub(crate) fn is_full(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        matches!(self, Self::Io { source, .. }
            if matches!(source.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem))
    }
}

type Result<T> = std::result::Result<T, PlaceError>;

/// The directory below which objects are restored.
pub(crate) struct Place {
    root: Arc<OwnedFd>,
    /// It was made by this run: nothing can be in the way.
    new: bool,
    overwrite: Overwrite,
    applier: Applier,
    /// Directories that get their attributes at the end.
    directories: Mutex<BTreeMap<Vec<u8>, Attributes>>,
}

/// What one thread keeps from object to object.
#[derive(Default)]
pub(crate) struct Near {
    dirs: DirCache,
}

impl Place {
    /// Opens the directory, made with its parents if it is missing. Owners are given by number if `numeric`, else by name.
    ///
    /// # Errors
    /// `Io`, `NotADirectory`.
    pub(crate) fn open(path: &Path, overwrite: Overwrite, numeric: bool) -> Result<Self> {
        let new = !path.exists();
        if new {
            fs::create_dir_all(path).map_err(failed("make the output directory"))?;
        }
        let root = Arc::new(open_dir(path)?);
        if !new {
            remove_stale(&root);
        }
        let (applier, directories) = (Applier::new(numeric), Mutex::default());
        Ok(Self { root, new, overwrite, applier, directories })
    }

    /// Begins a file. None if one is there that is to stay.
    ///
    /// # Errors
    /// Any [`PlaceError`].
    pub(crate) fn file(
        &self,
        path: &[u8],
        attributes: &Attributes,
        near: &mut Near,
    ) -> Result<Option<Unfinished>> {
        let (dir, name) = self.locate(path, near)?;
        if !self.is_wanted(&dir, name, attributes)? {
            return Ok(None);
        }
        let pending = Pending::create(&dir, name, 0o600, self.replaces())?;
        Ok(Some(Unfinished { pending }))
    }

    /// Ends a file that was written whole: its length, for it may end in a hole, and its attributes.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn finish(
        &self,
        file: Unfinished,
        path: &[u8],
        attributes: &Attributes,
    ) -> Result<Finished> {
        let length = file.pending.file.metadata().map_err(failed("look at the output"))?.len();
        if length != attributes.size {
            file.pending.file.set_len(attributes.size).map_err(failed("write the output"))?;
        }
        self.applier.apply(Subject::Open(file.pending.file.as_fd()), path, attributes);
        Ok(Finished { pending: file.pending })
    }

    /// Makes a directory that is closed to others until [`Place::close`]. One that is there is taken, with what is in it.
    ///
    /// # Errors
    /// Any [`PlaceError`].
    pub(crate) fn directory(
        &self,
        path: &[u8],
        attributes: &Attributes,
        near: &mut Near,
    ) -> Result<()> {
        if path.is_empty() {
            if self.new || self.replaces() {
                self.remember(path, attributes);
            }
            return Ok(());
        }
        let (dir, name) = self.locate(path, near)?;
        match mkdirat(&dir, name, Mode::from_raw_mode(0o700)) {
            Ok(()) => self.remember(path, attributes),
            Err(Errno::EXIST) if look(&dir, name)?.kind == FileType::Directory => {
                if self.replaces() {
                    self.remember(path, attributes);
                }
            }
            Err(Errno::EXIST) => return Err(PlaceError::NotADirectory(tree::path_of(path))),
            Err(errno) => return Err(failed("make a directory")(errno)),
        }
        Ok(())
    }

    /// Makes what is neither file nor directory. Says whether it did: not if something is there that is to stay, or if it
    /// cannot be made here, which is noted.
    ///
    /// # Errors
    /// Any [`PlaceError`].
    pub(crate) fn node(
        &self,
        path: &[u8],
        attributes: &Attributes,
        near: &mut Near,
    ) -> Result<bool> {
        let (dir, name) = self.locate(path, near)?;
        if attributes.kind == Kind::Socket {
            self.applier.notes.add(Omitted::Socket, path, None);
            return Ok(false);
        }
        if !self.is_wanted(&dir, name, attributes)? {
            return Ok(false);
        }
        if attributes.kind == Kind::Symlink {
            publish_symlink(&dir, name, &attributes.target, self.replaces())?;
        } else if !self.make_special(&dir, name, path, attributes)? {
            return Ok(false);
        }
        // Should somebody else have put another thing there, it gets nothing.
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = openat(&dir, name, flags, Mode::empty()).map_err(failed("look at it"))?;
        let stat = fstat(&made).map_err(failed("look at it"))?;
        if kind_of(FileType::from_raw_mode(stat.st_mode)) == Some(attributes.kind)
            && stat.st_nlink == 1
        {
            self.applier.apply(Subject::Path(made.as_fd()), path, attributes);
        }
        Ok(true)
    }

    /// Gives another name to a file that was restored. Says whether it did: not if something is there that is to stay.
    ///
    /// # Errors
    /// Any [`PlaceError`].
    pub(crate) fn link(
        &self,
        existing: &[u8],
        path: &[u8],
        attributes: &Attributes,
        near: &mut Near,
    ) -> Result<bool> {
        let (dir, name) = self.locate(path, near)?;
        if !self.is_wanted(&dir, name, attributes)? {
            return Ok(false);
        }
        let (from_dir, from_name) = self.locate(existing, near)?;
        publish_link((&from_dir, from_name), (&dir, name), self.replaces())?;
        Ok(true)
    }

    /// Makes what was written so far durable.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn sync(&self) -> Result<()> {
        sync_file_systems([&self.root]).map_err(failed("sync the output"))
    }

    /// Gives the directories their attributes, the innermost first since work in them changes their times. What was noted on the
    /// way is told, and what went wrong.
    pub(crate) fn close(self) -> (Vec<Note>, Vec<(Vec<u8>, PlaceError)>) {
        let mut failures = Vec::new();
        let directories = self.directories.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (path, attributes) in directories.iter().rev() {
            let opened = if path.is_empty() {
                self.root.try_clone().map_err(failed("open a directory"))
            } else {
                descend(&self.root, path, false).map_err(PlaceError::from)
            };
            match opened {
                Ok(dir) => self.applier.apply(Subject::Open(dir.as_fd()), path, attributes),
                Err(error) => failures.push((path.clone(), error)),
            }
        }
        (self.applier.notes.into_vec(), failures)
    }

    /// The directory that holds `path`, and the name in it. Directories on the way that nobody asked for are made as `mkdir` does.
    fn locate<'p>(&self, path: &'p [u8], near: &mut Near) -> Result<(Arc<OwnedFd>, &'p OsStr)> {
        let (parent, name) = split_parent(path);
        let clean = |dir: &OwnedFd| {
            if !self.new {
                remove_stale(dir);
            }
        };
        let dir = near.dirs.get(0, &self.root, parent, true, clean)?;
        Ok((dir, OsStr::from_bytes(name)))
    }

    /// Whether an object is to be made in spite of what has its name, if anything.
    fn is_wanted(&self, dir: &OwnedFd, name: &OsStr, attributes: &Attributes) -> Result<bool> {
        if self.new {
            return Ok(true);
        }
        let there = match look(dir, name) {
            Err(tree::Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(true);
            }
            other => other?,
        };
        match self.overwrite {
            Overwrite::Refuse => Err(PlaceError::Exists),
            Overwrite::Never => Ok(false),
            Overwrite::IfChanged if is_same(&there, attributes) => Ok(false),
            Overwrite::IfChanged | Overwrite::Always => {
                check_replaceable(dir, name)?;
                Ok(true)
            }
        }
    }

    fn make_special(
        &self,
        dir: &OwnedFd,
        name: &OsStr,
        path: &[u8],
        attributes: &Attributes,
    ) -> Result<bool> {
        let kind = match attributes.kind {
            Kind::CharDevice => FileType::CharacterDevice,
            Kind::BlockDevice => FileType::BlockDevice,
            _ => FileType::Fifo,
        };
        match mknodat(dir, name, kind, Mode::from_raw_mode(0o600), attributes.special) {
            Ok(()) => Ok(true),
            Err(errno @ Errno::PERM) if attributes.kind.is_device() => {
                self.applier.notes.add(Omitted::Device, path, Some(errno));
                Ok(false)
            }
            Err(Errno::EXIST) => Err(PlaceError::NotReplaceable),
            Err(errno) => Err(failed("make it")(errno)),
        }
    }

    fn remember(&self, path: &[u8], attributes: &Attributes) {
        let mut directories = self.directories.lock().unwrap_or_else(PoisonError::into_inner);
        directories.insert(path.to_vec(), attributes.clone());
    }

    fn replaces(&self) -> bool {
        matches!(self.overwrite, Overwrite::IfChanged | Overwrite::Always)
    }
}

/// A file that is being written, without a name.
pub(crate) struct Unfinished {
    pending: Pending,
}

impl Unfinished {
    /// Writes a part at its place. What is never written is a hole.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn write(&self, content: &[u8], at: u64) -> Result<()> {
        self.pending.file.write_all_at(content, at).map_err(failed("write the output"))
    }

    /// The file, for reading back what was written.
    pub(crate) fn file(&self) -> &File {
        &self.pending.file
    }
}

/// A file with content and attributes that has no name yet.
pub(crate) struct Finished {
    pending: Pending,
}

impl Finished {
    /// Gives the file its name. Its content must be durable before.
    ///
    /// # Errors
    /// Any [`PlaceError`]; the file is gone then.
    pub(crate) fn publish(self) -> Result<()> {
        Ok(self.pending.publish()?)
    }
}

/// Whether what is there seems to be what was recorded.
fn is_same(there: &Found, attributes: &Attributes) -> bool {
    kind_of(there.kind) == Some(attributes.kind)
        && there.mtime == attributes.mtime
        && (attributes.kind != Kind::File || there.size == attributes.size)
}

fn failed<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> PlaceError {
    move |source| PlaceError::Io { action, source: source.into() }
}

impl From<tree::Error> for PlaceError {
    fn from(error: tree::Error) -> Self {
        match error {
            tree::Error::NotADirectory(path) => Self::NotADirectory(path),
            tree::Error::Io { action, source } => Self::Io { action, source },
        }
    }
}

impl From<output::Error> for PlaceError {
    fn from(error: output::Error) -> Self {
        match error {
            output::Error::Exists => Self::Exists,
            output::Error::NotReplaceable => Self::NotReplaceable,
            output::Error::Io { action, source } => Self::Io { action, source },
        }
    }
}
