//! A tree of everything that file systems have, and comparison of trees.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, Timespec, Timestamps, XattrFlags, lgetxattr, llistxattr,
    lsetxattr, mknodat, utimensat,
};

use super::support::{World, random};

/// A tree of everything that file systems have.
pub(crate) fn make_nasty(world: &World) {
    let data = world.data();
    world
        .write("plain/a.txt", "some text, some text, some text, some text, some text\n".repeat(99));
    world.write("plain/empty", "");
    world.write("plain/closed", "nobody may read this");
    world.write("plain/large", random(3_000_001));
    world.write("plain/odd names/\u{fffd}\n'\"\\ $(x)", "odd");
    fs::create_dir(data.join("plain/empty folder")).unwrap();
    fs::write(data.join("plain").join(OsStr::from_bytes(b"not \xff\xfe UTF-8")), "bytes").unwrap();
    fs::set_permissions(data.join("plain/closed"), fs::Permissions::from_mode(0o0)).unwrap();
    symlink("../plain/a.txt", data.join("plain/link")).unwrap();
    symlink("/nowhere", data.join("plain/dangling")).unwrap();
    world.write("twins/first", random(300_000));
    fs::hard_link(data.join("twins/first"), data.join("twins/second")).unwrap();
    fs::create_dir(data.join("deeper")).unwrap();
    fs::hard_link(data.join("twins/first"), data.join("deeper/third")).unwrap();
    let sparse = File::create(data.join("sparse")).unwrap();
    sparse.set_len(5 << 20).unwrap();
    sparse.write_all_at(&random(100_000), 2 << 20).unwrap();
    mknodat(CWD, data.join("fifo"), FileType::Fifo, Mode::from_raw_mode(0o640), 0).unwrap();
    for (path, mode) in [("plain/a.txt", 0o4755), ("deeper", 0o2711), ("twins", 0o1777)] {
        fs::set_permissions(data.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    for path in ["plain/a.txt", "plain/empty folder"] {
        // Not every file system has them.
        let _ = lsetxattr(data.join(path), "user.note", b"\x00\xffvalue", XattrFlags::empty());
    }
    let acl: [&[u8]; 6] = [
        &[2, 0, 0, 0],
        &[1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff],
        &[2, 0, 4, 0, 0xe8, 0x03, 0, 0],
        &[4, 0, 4, 0, 0xff, 0xff, 0xff, 0xff],
        &[0x10, 0, 4, 0, 0xff, 0xff, 0xff, 0xff],
        &[0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
    ];
    let path = data.join("plain/empty");
    let _ = lsetxattr(path, "system.posix_acl_access", &acl.concat(), XattrFlags::empty());
    set_time(&data.join("plain/link"), 1_000_000, 1);
    set_time(&data.join("plain/a.txt"), -1_234_567_890, 123_456_789);
    set_time(&data.join("fifo"), 4_000_000_000, 999_999_999);
    set_time(&data.join("plain"), -5, 0);
}

fn set_time(path: &Path, seconds: i64, nanoseconds: i64) {
    let at = Timespec { tv_sec: seconds, tv_nsec: nanoseconds };
    let times = Timestamps { last_access: at, last_modification: at };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// All there is to compare: by path, what it is, and the group of names it belongs to if it has several.
pub(crate) fn look(top: &Path) -> BTreeMap<PathBuf, Look> {
    let mut found = BTreeMap::new();
    let mut first_names: BTreeMap<u64, PathBuf> = BTreeMap::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(path) = waiting.pop() {
        let full = top.join(&path);
        let meta = fs::symlink_metadata(&full).unwrap();
        if meta.is_dir() {
            let mut names: Vec<_> =
                fs::read_dir(&full).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            waiting.extend(names.into_iter().rev().map(|name| path.join(name)));
        }
        let content = match () {
            () if meta.is_file() => fs::read(&full).unwrap(),
            () if meta.is_symlink() => fs::read_link(&full).unwrap().as_os_str().as_bytes().into(),
            () => Vec::new(),
        };
        let twin = (meta.is_file() && meta.nlink() > 1)
            .then(|| first_names.entry(meta.ino()).or_insert_with(|| path.clone()).clone());
        let look = Look {
            mode: meta.mode(),
            owner: (meta.uid(), meta.gid()),
            time: (meta.mtime(), meta.mtime_nsec()),
            special: meta.rdev(),
            xattrs: xattrs(&full),
            twin,
            content,
        };
        found.insert(path, look);
    }
    found
}

#[derive(PartialEq, Eq)]
pub(crate) struct Look {
    mode: u32,
    owner: (u32, u32),
    time: (i64, i64),
    special: u64,
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    twin: Option<PathBuf>,
    content: Vec<u8>,
}

impl std::fmt::Debug for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { mode, owner, time, special, xattrs, twin, content } = self;
        let length = content.len();
        write!(f, "{mode:o} {owner:?} {time:?} {special} {xattrs:?} {twin:?} {length} bytes")
    }
}

fn xattrs(path: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut list = vec![0; 4096];
    let len = llistxattr(path, &mut list[..]).unwrap_or(0);
    let mut found: Vec<_> = list[..len]
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| {
            let mut value = vec![0; 4096];
            let len = lgetxattr(path, OsStr::from_bytes(name), &mut value[..]).unwrap();
            (name.to_vec(), value[..len].to_vec())
        })
        .collect();
    found.sort();
    found
}

pub(crate) fn assert_same(a: &Path, b: &Path) {
    let (a, b) = (look(a), look(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (path, look) in &a {
        assert_eq!(look, &b[path], "{}", path.display());
    }
}
