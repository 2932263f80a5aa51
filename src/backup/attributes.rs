//! What a file system says of an object, besides its content: what is read only of what is new or changed.

use std::collections::HashMap;
use std::ffi::{CStr, OsStr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::{PoisonError, RwLock};

use rustix::fs::{
    FileType, Mode, OFlags, fgetxattr, fgetxattr_query, flistxattr, flistxattr_query, getxattr,
    getxattr_query, listxattr, listxattr_query, openat, readlinkat,
};
use rustix::io::Errno;

use crate::tree::{self, Error, Found, Stamp, io, look};
use crate::vault::{Attributes, Kind};

/// All that is recorded of an object but its content.
pub(crate) struct Described {
    pub(crate) attributes: Attributes,
    /// Extended attributes that there are and that could not be read.
    pub(crate) unread: Vec<Unread>,
}

/// An extended attribute that could not be read. No name if they could not be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its name.
    pub name: Vec<u8>,
    /// What the operating system said.
    pub errno: Errno,
}

/// Reads everything about an object that is not a regular file, never following it.
///
/// # Errors
/// If it cannot be looked at. `NotFound` if it vanished.
pub(crate) fn describe(dir: &OwnedFd, name: &OsStr, names: &Names) -> Result<Described, Error> {
    // All that follows is about what was opened, whatever takes its name meanwhile.
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let object = openat(dir, name, flags, Mode::empty()).map_err(io("look at it"))?;
    let found = look(&object, OsStr::new(""))?;
    let mut described = complete(&found, Handle::Path(link_to(object.as_fd())), names)?;
    if found.kind == FileType::Symlink {
        let target = readlinkat(&object, "", Vec::new()).map_err(io("read the link"))?;
        described.attributes.target = target.into_bytes();
    }
    Ok(described)
}

/// Reads everything about a file that is open, given what a look at it told.
///
/// # Errors
/// If it is of a kind that cannot be kept.
pub(crate) fn describe_open(
    file: impl AsFd,
    found: &Found,
    names: &Names,
) -> Result<Described, Error> {
    complete(found, Handle::Open(file.as_fd()), names)
}

/// What one look tells, without names, target and extended attributes. None for what is of no known kind.
pub(crate) fn outline(found: &Found) -> Option<Attributes> {
    let kind = kind_of(found.kind)?;
    Some(Attributes {
        kind,
        mode: found.mode,
        uid: found.owner.0,
        gid: found.owner.1,
        mtime: found.mtime,
        ctime: found.ctime,
        device: found.id.0,
        inode: found.id.1,
        links: u32::try_from(found.links).unwrap_or(u32::MAX),
        size: if kind == Kind::File { found.size } else { 0 },
        special: if kind.is_device() { found.special } else { 0 },
        user: Vec::new(),
        group: Vec::new(),
        target: Vec::new(),
        xattrs: Vec::new(),
    })
}

/// Whether an object is as it was recorded. Directories have no content; what is in them is told by itself.
pub(crate) fn is_unchanged(found: &Found, recorded: &Attributes) -> bool {
    let Attributes { inode, size, mtime, ctime, .. } = *recorded;
    let size = if recorded.kind == Kind::File { size } else { found.size };
    kind_of(found.kind) == Some(recorded.kind)
        && found.stamp() == Stamp { inode, size, mtime, ctime }
}

/// The kind that a vault knows.
pub(crate) fn kind_of(kind: FileType) -> Option<Kind> {
    match kind {
        FileType::RegularFile => Some(Kind::File),
        FileType::Directory => Some(Kind::Directory),
        FileType::Symlink => Some(Kind::Symlink),
        FileType::Fifo => Some(Kind::Fifo),
        FileType::CharacterDevice => Some(Kind::CharDevice),
        FileType::BlockDevice => Some(Kind::BlockDevice),
        FileType::Socket => Some(Kind::Socket),
        FileType::Unknown => None,
    }
}

/// Names of users and groups, as the system's directory services tell them; each is asked for once.
#[derive(Default)]
pub(crate) struct Names {
    users: RwLock<HashMap<u32, Vec<u8>>>,
    groups: RwLock<HashMap<u32, Vec<u8>>>,
    uids: RwLock<HashMap<Vec<u8>, Option<u32>>>,
    gids: RwLock<HashMap<Vec<u8>, Option<u32>>>,
}

impl Names {
    /// The name of a user; empty if nobody knows it.
    pub(crate) fn user(&self, uid: u32) -> Vec<u8> {
        let ask = || uzers::get_user_by_uid(uid).map(|user| user.name().as_bytes().to_vec());
        remembered(&self.users, &uid, || ask().unwrap_or_default())
    }

    /// The name of a group; empty if nobody knows it.
    pub(crate) fn group(&self, gid: u32) -> Vec<u8> {
        let ask = || uzers::get_group_by_gid(gid).map(|group| group.name().as_bytes().to_vec());
        remembered(&self.groups, &gid, || ask().unwrap_or_default())
    }

    /// The number of the user who has this name here.
    pub(crate) fn uid(&self, name: &[u8]) -> Option<u32> {
        let ask = || uzers::get_user_by_name(OsStr::from_bytes(name)).map(|user| user.uid());
        remembered(&self.uids, name, ask)
    }

    /// The number of the group that has this name here.
    pub(crate) fn gid(&self, name: &[u8]) -> Option<u32> {
        let ask = || uzers::get_group_by_name(OsStr::from_bytes(name)).map(|group| group.gid());
        remembered(&self.gids, name, ask)
    }
}

fn remembered<K, Q, V>(map: &RwLock<HashMap<K, V>>, key: &Q, ask: impl FnOnce() -> V) -> V
where
    K: std::borrow::Borrow<Q> + Eq + std::hash::Hash,
    Q: ToOwned<Owned = K> + Eq + std::hash::Hash + ?Sized,
    V: Clone,
{
    if let Some(known) = map.read().unwrap_or_else(PoisonError::into_inner).get(key) {
        return known.clone();
    }
    let value = ask();
    map.write().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), value.clone());
    value
}

fn complete(found: &Found, handle: Handle<'_>, names: &Names) -> Result<Described, Error> {
    let outline = outline(found).ok_or_else(|| tree::io("tell what it is")(Errno::INVAL))?;
    let (xattrs, unread) = handle.xattrs();
    let user = names.user(outline.uid);
    let group = names.group(outline.gid);
    Ok(Described { attributes: Attributes { user, group, xattrs, ..outline }, unread })
}

/// By what the extended attributes of an object are reached.
enum Handle<'f> {
    Open(BorrowedFd<'f>),
    /// A link in `/proc` to something that is open by path alone: then the kernel wants a path.
    Path(String),
}

type Xattrs = Vec<(Vec<u8>, Vec<u8>)>;

impl Handle<'_> {
    fn xattrs(&self) -> (Xattrs, Vec<Unread>) {
        let list = match self.list() {
            Ok(list) => list,
            Err(Errno::NOTSUP) => Vec::new(),
            Err(errno) => return (Vec::new(), vec![Unread { name: Vec::new(), errno }]),
        };
        let (mut found, mut unread) = (Vec::new(), Vec::new());
        let mut names: Vec<&CStr> = list
            .split_inclusive(|&byte| byte == 0)
            .filter_map(|name| CStr::from_bytes_with_nul(name).ok())
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            match self.get(name) {
                Ok(value) => found.push((name.to_bytes().to_vec(), value)),
                // Removed since they were listed.
                Err(Errno::NODATA) => {}
                Err(errno) => unread.push(Unread { name: name.to_bytes().to_vec(), errno }),
            }
        }
        (found, unread)
    }

    fn list(&self) -> Result<Vec<u8>, Errno> {
        match self {
            Self::Open(fd) => sized(|out| flistxattr(fd, out), || flistxattr_query(fd)),
            Self::Path(path) => sized(|out| listxattr(path, out), || listxattr_query(path)),
        }
    }

    fn get(&self, name: &CStr) -> Result<Vec<u8>, Errno> {
        match self {
            Self::Open(fd) => sized(|out| fgetxattr(fd, name, out), || fgetxattr_query(fd, name)),
            Self::Path(path) => {
                sized(|out| getxattr(path, name, out), || getxattr_query(path, name))
            }
        }
    }
}

/// A value of unknown size: most fit into little, which takes one call.
fn sized(
    mut read: impl FnMut(&mut [u8]) -> Result<usize, Errno>,
    mut size: impl FnMut() -> Result<usize, Errno>,
) -> Result<Vec<u8>, Errno> {
    let mut little = [0; 256];
    match read(&mut little) {
        Err(Errno::RANGE) => {}
        other => return other.map(|len| little[..len].to_vec()),
    }
    loop {
        let mut room = vec![0; size()?.max(1)];
        match read(&mut room) {
            // It grew meanwhile.
            Err(Errno::RANGE) => {}
            other => {
                room.truncate(other?);
                return Ok(room);
            }
        }
    }
}

/// A path to something that is open, which leads to it even if it is a link itself.
pub(super) fn link_to(fd: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::os::unix::fs::{MetadataExt, symlink};

    use rustix::fs::{XattrFlags, lsetxattr};

    /// A scratch folder, opened.
    pub(in crate::backup) fn scratch() -> (tempfile::TempDir, OwnedFd) {
        let dir = tempfile::tempdir().unwrap();
        let fd = File::open(dir.path()).unwrap().into();
        (dir, fd)
    }

    /// Whether the scratch file system has extended attributes.
    fn set(path: &std::path::Path, name: &str, value: &[u8]) -> bool {
        lsetxattr(path, name, value, XattrFlags::empty()).is_ok()
    }

    #[test]
    fn a_file_is_described_as_the_system_does() {
        let (dir, fd) = scratch();
        let path = dir.path().join("f");
        fs::write(&path, "content").unwrap();
        let long = vec![5; 3000];
        let has = set(&path, "user.b", b"") && set(&path, "user.a", &long);
        let found = look(&fd, OsStr::new("f")).unwrap();
        let file = File::open(&path).unwrap();
        let described = describe_open(&file, &found, &Names::default()).unwrap();
        let Attributes { kind, mode, uid, size, inode, mtime, user, xattrs, .. } =
            described.attributes.clone();
        let meta = fs::metadata(&path).unwrap();
        assert_eq!((kind, size, inode), (Kind::File, 7, meta.ino()));
        assert_eq!((mode, uid), (meta.mode() & 0o7777, meta.uid()));
        assert_eq!(mtime.seconds, meta.mtime());
        let name = uzers::get_user_by_uid(uid).map(|user| user.name().as_bytes().to_vec());
        assert_eq!(user, name.unwrap_or_default());
        let expected = [(b"user.a".to_vec(), long), (b"user.b".to_vec(), Vec::new())];
        let ours: Vec<_> =
            xattrs.into_iter().filter(|(name, _)| name.starts_with(b"user.")).collect();
        assert_eq!(ours, if has { &expected[..] } else { &[] });
        assert!(is_unchanged(&found, &described.attributes));
    }

    #[test]
    fn links_are_described_and_not_followed() {
        let (dir, fd) = scratch();
        symlink("/nowhere/\u{e9}\n", dir.path().join("l")).unwrap();
        let described = describe(&fd, OsStr::new("l"), &Names::default()).unwrap();
        assert_eq!(described.attributes.kind, Kind::Symlink);
        assert_eq!(described.attributes.target, "/nowhere/\u{e9}\n".as_bytes());
        assert_eq!(described.attributes.size, 0);
        assert_eq!(described.unread, []);
        let found = look(&fd, OsStr::new("l")).unwrap();
        assert!(is_unchanged(&found, &described.attributes));
    }

    #[test]
    fn extended_attributes_of_directories_and_unreadable_things_are_read() {
        let (dir, fd) = scratch();
        fs::create_dir(dir.path().join("d")).unwrap();
        let has = set(&dir.path().join("d"), "user.x", b"1");
        let described = describe(&fd, OsStr::new("d"), &Names::default()).unwrap();
        let ours = described.attributes.xattrs.iter().filter(|(name, _)| name == b"user.x");
        assert_eq!(ours.count(), usize::from(has));
    }

    #[test]
    fn names_and_numbers_lead_to_each_other() {
        let names = Names::default();
        for _ in 0..2 {
            assert_eq!(names.user(0), b"root");
            assert_eq!(names.uid(b"root"), Some(0));
            assert_eq!(names.group(0), b"root");
            assert_eq!(names.gid(b"root"), Some(0));
            assert_eq!(names.uid(b"nobody has this name"), None);
            assert_eq!(names.user(3_999_999_999), b"");
        }
    }

    #[test]
    fn any_change_shows() {
        let (dir, fd) = scratch();
        fs::write(dir.path().join("f"), "content").unwrap();
        let look = || look(&fd, OsStr::new("f")).unwrap();
        let before = outline(&look()).unwrap();
        let other = |change: fn(&mut Attributes)| {
            let mut changed = before.clone();
            change(&mut changed);
            !is_unchanged(&look(), &changed)
        };
        assert!(is_unchanged(&look(), &before));
        assert!(other(|one| one.size += 1));
        assert!(other(|one| one.inode += 1));
        assert!(other(|one| one.mtime.nanoseconds ^= 1));
        assert!(other(|one| one.ctime.seconds += 1));
        assert!(other(|one| one.kind = Kind::Fifo));
    }
}
