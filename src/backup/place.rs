//! Makes restored objects below a directory. Links in it are never followed, and a file gets its name when it is whole.
//!
//! Order of persistence: directories are made first, for their owner alone; files are written without a name, made durable, named;
//! at the end directories get their owners, modes and times, the innermost first. If we crash, what has a name is whole, and
//! directories may be closed to others than their owner.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
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
        Ok(Some(Unfinished { pending, end: AtomicU64::new(0) }))
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
        if file.end.into_inner() != attributes.size {
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
    /// Where what was written ends.
    end: AtomicU64,
}

impl Unfinished {
    /// Writes a part at its place; many threads may do so at once. What is never written is a hole.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn write(&self, content: &[u8], at: u64) -> Result<()> {
        self.end.fetch_max(at + content.len() as u64, Ordering::Relaxed);
        self.pending.file.write_all_at(content, at).map_err(failed("write the output"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};

    use crate::vault::Time;

    fn attributes(kind: Kind, mode: u32) -> Attributes {
        Attributes {
            kind,
            mode,
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
            mtime: Time { seconds: -86_400, nanoseconds: 5 },
            ctime: Time::default(),
            device: 1,
            inode: 1,
            links: 1,
            size: 0,
            special: 0,
            user: Vec::new(),
            group: Vec::new(),
            target: Vec::new(),
            xattrs: Vec::new(),
        }
    }

    fn file(size: u64) -> Attributes {
        Attributes { size, ..attributes(Kind::File, 0o640) }
    }

    /// Restores one file; whether it was made.
    fn put(place: &Place, path: &str, content: &str, attributes: &Attributes) -> Result<bool> {
        let (path, mut near) = (path.as_bytes(), Near::default());
        let Some(file) = place.file(path, attributes, &mut near)? else { return Ok(false) };
        file.write(content.as_bytes(), 0)?;
        place.finish(file, path, attributes)?.publish()?;
        Ok(true)
    }

    fn mtime(path: &Path) -> (i64, i64) {
        let meta = fs::symlink_metadata(path).unwrap();
        (meta.mtime(), meta.mtime_nsec())
    }

    struct Scratch {
        top: tempfile::TempDir,
    }

    impl Scratch {
        fn new() -> Self {
            Self { top: tempfile::tempdir().unwrap() }
        }

        fn path(&self, path: &str) -> PathBuf {
            self.top.path().join(path)
        }

        fn place(&self, overwrite: Overwrite) -> Place {
            Place::open(&self.path("out"), overwrite, false).unwrap()
        }
    }

    #[test]
    fn a_tree_gets_its_modes_and_times_at_the_end() {
        let scratch = Scratch::new();
        let place = scratch.place(Overwrite::Refuse);
        let mut near = Near::default();
        let closed = attributes(Kind::Directory, 0o555);
        for path in ["", "d", "d/e"] {
            place.directory(path.as_bytes(), &closed, &mut near).unwrap();
        }
        let made = fs::metadata(scratch.path("out/d")).unwrap();
        assert_eq!(made.permissions().mode() & 0o7777, 0o700);
        let mut attributes = file(7);
        attributes.xattrs = vec![(b"user.x".to_vec(), b"1".to_vec())];
        put(&place, "d/e/f\n\u{e9}", "content", &attributes).unwrap();
        let (notes, failures) = place.close();
        assert!(failures.is_empty());
        assert!(notes.iter().all(|note| note.what == Omitted::Xattr("user.x".into())));
        for path in ["out", "out/d", "out/d/e"] {
            let path = scratch.path(path);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o555);
            assert_eq!(mtime(&path), (-86_400, 5));
        }
        let path = scratch.path("out/d/e/f\n\u{e9}");
        assert_eq!(fs::read(&path).unwrap(), b"content");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o640);
        assert_eq!(mtime(&path), (-86_400, 5));
        let mut value = [0; 8];
        if rustix::fs::lgetxattr(&path, "user.x", &mut value).is_ok() {
            assert!(notes.is_empty());
            assert_eq!(value[0], b'1');
        }
    }

    #[test]
    fn a_file_has_no_name_before_it_is_whole() {
        let scratch = Scratch::new();
        let place = scratch.place(Overwrite::Refuse);
        let unfinished = place.file(b"f", &file(3), &mut Near::default()).unwrap().unwrap();
        unfinished.write(b"abc", 0).unwrap();
        let finished = place.finish(unfinished, b"f", &file(3)).unwrap();
        assert_eq!(fs::read_dir(scratch.path("out")).unwrap().count(), 0);
        drop(finished);
        assert_eq!(fs::read_dir(scratch.path("out")).unwrap().count(), 0);
    }

    #[test]
    fn holes_stay_holes() {
        let scratch = Scratch::new();
        let place = scratch.place(Overwrite::Refuse);
        let attributes = file(10 << 20);
        let unfinished = place.file(b"f", &attributes, &mut Near::default()).unwrap().unwrap();
        unfinished.write(&[7; 4096], 5 << 20).unwrap();
        place.finish(unfinished, b"f", &attributes).unwrap().publish().unwrap();
        let meta = fs::metadata(scratch.path("out/f")).unwrap();
        assert_eq!(meta.len(), 10 << 20);
        assert!(meta.blocks() * 512 < 1 << 20);
        let content = fs::read(scratch.path("out/f")).unwrap();
        assert!(content[5 << 20..][..4096] == [7; 4096]);
        assert_eq!(content.iter().filter(|&&byte| byte != 0).count(), 4096);
    }

    #[test]
    fn what_is_there_is_treated_as_asked() {
        let scratch = Scratch::new();
        let content = |path: &str| fs::read_to_string(scratch.path(path)).unwrap();
        put(&scratch.place(Overwrite::Refuse), "f", "old", &file(3)).unwrap();
        let place = scratch.place(Overwrite::Refuse);
        assert!(matches!(put(&place, "f", "new", &file(3)), Err(PlaceError::Exists)));
        assert!(!put(&scratch.place(Overwrite::Never), "f", "new", &file(3)).unwrap());
        // The same length and time: as good as the same.
        assert!(!put(&scratch.place(Overwrite::IfChanged), "f", "new", &file(3)).unwrap());
        assert_eq!(content("out/f"), "old");
        assert!(put(&scratch.place(Overwrite::IfChanged), "f", "newer", &file(5)).unwrap());
        assert_eq!(content("out/f"), "newer");
        assert!(put(&scratch.place(Overwrite::Always), "f", "again", &file(5)).unwrap());
        assert_eq!(content("out/f"), "again");
        fs::create_dir(scratch.path("out/d")).unwrap();
        let place = scratch.place(Overwrite::Always);
        assert!(matches!(put(&place, "d", "new", &file(3)), Err(PlaceError::NotReplaceable)));
        assert_eq!(fs::read_dir(scratch.path("out")).unwrap().count(), 2);
    }

    #[test]
    fn directories_that_are_there_keep_their_mode_unless_overwritten() {
        let scratch = Scratch::new();
        fs::create_dir_all(scratch.path("out/d")).unwrap();
        let mode = || fs::metadata(scratch.path("out/d")).unwrap().permissions().mode() & 0o7777;
        let before = mode();
        for (overwrite, expected) in [(Overwrite::Refuse, before), (Overwrite::Always, 0o711)] {
            let place = scratch.place(overwrite);
            let directory = attributes(Kind::Directory, 0o711);
            place.directory(b"d", &directory, &mut Near::default()).unwrap();
            place.close();
            assert_eq!(mode(), expected);
        }
    }

    #[test]
    fn links_in_the_way_lead_nowhere() {
        let scratch = Scratch::new();
        fs::create_dir_all(scratch.path("out")).unwrap();
        fs::create_dir(scratch.path("elsewhere")).unwrap();
        symlink(scratch.path("elsewhere"), scratch.path("out/d")).unwrap();
        let place = scratch.place(Overwrite::Always);
        let put = put(&place, "d/f", "x", &file(1));
        assert!(matches!(put, Err(PlaceError::NotADirectory(_))));
        let directory = attributes(Kind::Directory, 0o777);
        let made = place.directory(b"d", &directory, &mut Near::default());
        assert!(matches!(made, Err(PlaceError::NotADirectory(_))));
        assert_eq!(fs::read_dir(scratch.path("elsewhere")).unwrap().count(), 0);
    }

    #[test]
    fn links_and_fifos_are_made_and_sockets_noted() {
        let scratch = Scratch::new();
        let place = scratch.place(Overwrite::Refuse);
        let mut near = Near::default();
        let target = b"nowhere\n".to_vec();
        let link = Attributes { target, ..attributes(Kind::Symlink, 0o777) };
        assert!(place.node(b"l", &link, &mut near).unwrap());
        assert!(place.node(b"p", &attributes(Kind::Fifo, 0o622), &mut near).unwrap());
        for name in ["s", "t"] {
            let socket = attributes(Kind::Socket, 0o600);
            assert!(!place.node(name.as_bytes(), &socket, &mut near).unwrap());
        }
        let (notes, _) = place.close();
        assert_eq!(notes.len(), 1);
        assert_eq!((&notes[0].what, notes[0].count), (&Omitted::Socket, 2));
        assert_eq!(notes[0].path, Path::new("s"));
        assert_eq!(fs::read_link(scratch.path("out/l")).unwrap(), Path::new("nowhere\n"));
        let fifo = fs::metadata(scratch.path("out/p")).unwrap();
        assert!(fifo.file_type().is_fifo());
        assert_eq!(fifo.permissions().mode() & 0o7777, 0o622);
        for name in ["out/l", "out/p"] {
            assert_eq!(mtime(&scratch.path(name)), (-86_400, 5));
        }
    }

    #[test]
    fn hard_links_are_one_file_again() {
        let scratch = Scratch::new();
        let place = scratch.place(Overwrite::Refuse);
        put(&place, "a", "content", &file(7)).unwrap();
        assert!(place.link(b"a", b"d/b", &file(7), &mut Near::default()).unwrap());
        let inode = |path: &str| fs::metadata(scratch.path(path)).unwrap().ino();
        assert_eq!(inode("out/a"), inode("out/d/b"));
        fs::write(scratch.path("out/other"), "to be replaced").unwrap();
        let place = scratch.place(Overwrite::Always);
        // The second time it is one of its names already.
        for _ in 0..2 {
            assert!(place.link(b"a", b"other", &file(7), &mut Near::default()).unwrap());
            assert_eq!(inode("out/a"), inode("out/other"));
            assert_eq!(fs::read_dir(scratch.path("out")).unwrap().count(), 3);
        }
    }

    #[test]
    fn set_id_bits_come_back_with_their_owner_only() {
        let scratch = Scratch::new();
        let place = scratch.place(Overwrite::Refuse);
        let mine = Attributes { mode: 0o4755, ..file(0) };
        put(&place, "mine", "", &mine).unwrap();
        let mode = |path: &str| fs::metadata(scratch.path(path)).unwrap().mode() & 0o7777;
        assert_eq!(mode("out/mine"), 0o4755);
        put(&place, "theirs", "", &Attributes { uid: 54_321, ..mine }).unwrap();
        let (notes, _) = place.close();
        if rustix::process::geteuid().is_root() {
            assert_eq!(fs::metadata(scratch.path("out/theirs")).unwrap().uid(), 54_321);
            assert_eq!(mode("out/theirs"), 0o4755);
        } else {
            assert_eq!(mode("out/theirs"), 0o755);
            let what: Vec<_> = notes.into_iter().map(|note| note.what).collect();
            assert_eq!(what, [Omitted::Owner, Omitted::SetId]);
        }
    }
}
