//! Trees with everything odd in them, and their comparison.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, Timespec, Timestamps, mknodat, utimensat};

/// Odd names, modes, times, links in and out, hard links, empty and nested directories, large and empty files, a fifo.
pub(crate) fn make_odd_tree(root: &Path) {
    let at = |name: &str| root.join(name);
    fs::create_dir_all(at("deep/er/and deeper/\u{4e2d}\u{6587}")).unwrap();
    fs::create_dir(at("empty")).unwrap();
    fs::create_dir(at("locked")).unwrap();
    fs::write(at("none"), "").unwrap();
    fs::write(at("locked/inside"), "inside").unwrap();
    fs::write(at("deep/er/and deeper/\u{4e2d}\u{6587}/\u{75c5}\u{5386}.txt"), "text").unwrap();
    fs::write(root.join(OsStr::from_bytes(b"not utf-8 \xff\xfe\n")), "odd").unwrap();
    fs::write(at(".sealed"), "a file called like the object of its directory, but for the suffix")
        .unwrap();
    fs::write(at("-rf *;$(x)"), vec![3; 65_536]).unwrap();
    fs::write(at("large"), (0..9_000_001u32).map(|at| (at / 7) as u8).collect::<Vec<_>>()).unwrap();
    fs::hard_link(at("none"), at("second name")).unwrap();
    symlink("deep/er", at("link in")).unwrap();
    symlink("/etc/passwd", at("link out")).unwrap();
    symlink("nowhere", at("link to nothing")).unwrap();
    symlink("..", at("deep/link up")).unwrap();
    mknodat(CWD, at("fifo"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    for (name, mode) in [("none", 0o400), ("large", 0o751), ("deep/er", 0o710), ("locked", 0o555)] {
        fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    for (name, seconds) in
        [("large", 1), ("link out", 981_173_106), ("empty", -5), ("deep", 4_102_444_800), ("", 7)]
    {
        let time = Timespec { tv_sec: seconds, tv_nsec: 123_456_789 };
        let times = Timestamps { last_access: time, last_modification: time };
        utimensat(CWD, at(name), &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
    }
}

/// Names in a directory, sorted.
pub(crate) fn names(dir: &Path) -> Vec<OsString> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

/// Same names, kinds, contents, modes and times, all the way down.
pub(crate) fn same_trees(left: &Path, right: &Path) {
    let (a, b) = (fs::symlink_metadata(left).unwrap(), fs::symlink_metadata(right).unwrap());
    let show = left.display();
    assert_eq!(a.file_type(), b.file_type(), "{show}");
    assert_eq!((a.mtime(), a.mtime_nsec()), (b.mtime(), b.mtime_nsec()), "{show}");
    assert_eq!(a.mode(), b.mode(), "{show}");
    if a.is_symlink() {
        assert_eq!(fs::read_link(left).unwrap(), fs::read_link(right).unwrap(), "{show}");
    } else if a.is_dir() {
        // A fifo is left out, and reported.
        let expected: Vec<_> = names(left).into_iter().filter(|name| name != "fifo").collect();
        assert_eq!(expected, names(right), "{show}");
        for name in expected {
            same_trees(&left.join(&name), &right.join(&name));
        }
    } else {
        assert!(fs::read(left).unwrap() == fs::read(right).unwrap(), "{show}");
    }
}
