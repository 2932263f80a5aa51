//! What is mounted where: `/proc/self/mountinfo`.
//!
//! The format is that of Documentation/filesystems/proc.rst §3.5 and of `proc_pid_mountinfo(5)`.

use std::cmp::Reverse;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::text::{path, shown, text};

/// One line of `/proc/self/mountinfo` (Documentation/filesystems/proc.rst §3.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mount {
    /// Number of the mount, that of `stx_mnt_id` of `statx(2)`; used again after it was unmounted.
    pub id: u64,
    /// Number of the mount it is mounted on.
    pub parent: u64,
    /// Major and minor number of the device; major 0 is none. On btrfs not that of `st_dev`.
    pub device: (u32, u32),
    /// The directory of the file system that is the root of this mount.
    #[serde(serialize_with = "shown")]
    pub root: PathBuf,
    /// Where it is mounted, seen from the root of this process.
    #[serde(serialize_with = "shown")]
    pub point: PathBuf,
    /// Options of this mount.
    pub options: Vec<String>,
    /// Type, e.g. `ext4` or `fuse.sshfs`.
    pub file_system: String,
    /// Mounted from: a device, the address of a server, any word, or nothing.
    pub source: String,
    /// Options of the file system.
    pub super_options: Vec<String>,
}

impl Mount {
    /// The value of an option, of the file system or else of the mount: `journal` for `data` where `data=journal` is
    /// set, nothing between the quotes for a flag such as `ro`.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.super_options.iter().chain(&self.options).find_map(|option| {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            (key == name).then_some(value)
        })
    }

    /// The fields of one line.
    fn parse(line: &[u8]) -> Option<Self> {
        let mut fields = line.split(|byte| *byte == b' ');
        let id = number(fields.next()?)?;
        let parent = number(fields.next()?)?;
        let device = device(fields.next()?)?;
        let root = path(fields.next()?);
        let point = path(fields.next()?);
        let mount_options = options(fields.next()?);
        // Any number of fields such as `shared:1`, then a hyphen.
        fields.find(|field| *field == b"-")?;
        let file_system = text(fields.next()?);
        let source = text(fields.next()?);
        let mut super_options = options(fields.next()?);
        // A file system that wrote a blank as it is.
        super_options.extend(fields.flat_map(options));
        point.is_absolute().then_some(Self {
            id,
            parent,
            device,
            root,
            point,
            options: mount_options,
            file_system,
            source,
            super_options,
        })
    }
}

/// All mounts a process sees, in the order of the kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Mounts(Vec<Mount>);

impl Mounts {
    /// The mounts of this process.
    ///
    /// # Errors
    /// Those of reading, and those of [`Mounts::parse`].
    pub fn read() -> io::Result<Self> {
        Self::parse(&fs::read("/proc/self/mountinfo")?)
    }

    /// Parses what `/proc/self/mountinfo` holds.
    ///
    /// # Errors
    /// `InvalidData` if a line is not understood: a mount that is passed over would be taken for the one above it.
    pub fn parse(mountinfo: &[u8]) -> io::Result<Self> {
        let lines = mountinfo.split(|byte| *byte == b'\n').enumerate();
        lines
            .filter(|(_, line)| !line.is_empty())
            .map(|(index, line)| {
                let not_understood =
                    || format!("line {} of mountinfo is not understood", index + 1);
                Mount::parse(line)
                    .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, not_understood()))
            })
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// The mount with this number, which for an open file is `stx_mnt_id` of `statx(2)`. The surest way to the mount of
    /// a file.
    #[must_use]
    pub fn by_id(&self, id: u64) -> Option<&Mount> {
        self.0.iter().find(|mount| mount.id == id)
    }

    /// The mount that holds `path`, which is absolute, without `..` and without symbolic links.
    ///
    /// Goes from mount to mount as the kernel does when it follows a path: what was mounted later on the same point, or
    /// on a directory above, hides what was there.
    #[must_use]
    pub fn of(&self, path: &Path) -> Option<&Mount> {
        let mut here = None;
        for _ in 0..=self.0.len() {
            match self.entered_from(here, path) {
                Some(next) => here = Some(next),
                None => break,
            }
        }
        here
    }

    /// The mounts of the file system on a device. For a bind mount there are several.
    pub fn on_device(&self, major: u32, minor: u32) -> impl Iterator<Item = &Mount> {
        self.0.iter().filter(move |mount| mount.device == (major, minor))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Mount> {
        self.0.iter()
    }

    /// The mount on `here`, or the first of all, that is met next on the way to `path`.
    fn entered_from(&self, here: Option<&Mount>, path: &Path) -> Option<&Mount> {
        let entered = |mount: &Mount| match here {
            Some(here) => mount.parent == here.id && mount.id != here.id,
            None => mount.parent == mount.id || self.by_id(mount.parent).is_none(),
        };
        let candidates = self.0.iter().enumerate();
        candidates
            .filter(|(_, mount)| path.starts_with(&mount.point) && entered(mount))
            .min_by_key(|(index, mount)| (mount.point.components().count(), Reverse(*index)))
            .map(|(_, mount)| mount)
    }
}

fn number<T: std::str::FromStr>(field: &[u8]) -> Option<T> {
    str::from_utf8(field).ok()?.parse().ok()
}

/// `8:1`.
fn device(field: &[u8]) -> Option<(u32, u32)> {
    let (major, minor) = str::from_utf8(field).ok()?.split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// A comma inside a value is written as a code, so the list is taken apart first.
fn options(field: &[u8]) -> Vec<String> {
    field.split(|byte| *byte == b',').filter(|option| !option.is_empty()).map(text).collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn mounts(text: &str) -> Mounts {
        Mounts::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_line_is_taken_apart() {
        let all = mounts(
            "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n\
             40 36 0:51 / /srv/a\\040b\\134c rw - fuse.sshfs it@host:/d\\054e rw,user_id=0,x=a\\054b\n\
             41 36 0:52 / /empty ro -  \u{20}\n",
        );
        let first = all.by_id(36).unwrap();
        assert_eq!((first.parent, first.device), (35, (98, 0)));
        assert_eq!((&*first.root, &*first.point), (Path::new("/mnt1"), Path::new("/mnt2")));
        assert_eq!((&*first.file_system, &*first.source), ("ext3", "/dev/root"));
        assert_eq!(first.options, ["rw", "noatime"]);
        assert_eq!(first.option("errors"), Some("continue"));
        assert_eq!(first.option("noatime"), Some(""));
        assert_eq!(first.option("data"), None);
        let second = all.by_id(40).unwrap();
        assert_eq!(second.point, Path::new("/srv/a b\\c"));
        assert_eq!((&*second.source, second.option("x")), ("it@host:/d,e", Some("a,b")));
        let third = all.by_id(41).unwrap();
        assert_eq!((&*third.file_system, &*third.source), ("", ""));
        assert_eq!(all.on_device(0, 51).map(|mount| mount.id).collect::<Vec<_>>(), [40]);
    }

    #[test]
    fn the_deepest_and_latest_mount_counts() {
        let all = mounts(
            "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n\
             2 1 0:5 / /mnt/my\\040keys rw - btrfs /dev/sdb rw,compress\n\
             3 1 8:3 / /srv rw - ext4 /dev/sdc rw,data=journal\n\
             4 3 8:4 / /srv rw - xfs /dev/sdd rw\n",
        );
        let of = |path: &str| all.of(Path::new(path)).unwrap().id;
        assert_eq!(of("/home/keys/cell"), 1);
        assert_eq!(of("/mnt/my keys/cell"), 2);
        assert_eq!(of("/mnt/my"), 1);
        assert_eq!(of("/srv/keys/cell"), 4);
        assert_eq!(all.by_id(3).unwrap().option("data"), Some("journal"));
        assert_eq!(all.of(Path::new("relative")), None);
    }

    #[test]
    fn a_mount_above_hides_what_was_mounted_before() {
        let all = mounts(
            "1 1 0:2 / / rw - rootfs rootfs rw\n\
             20 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
             21 20 8:2 / /data/old rw - ext4 /dev/sda2 rw\n\
             22 20 0:9 / /data rw - tmpfs tmpfs rw\n",
        );
        assert_eq!(all.of(Path::new("/data/old/file")).unwrap().id, 22);
        assert_eq!(all.of(Path::new("/database")).unwrap().id, 20);
    }

    #[test]
    fn a_blank_among_the_options_does_no_harm() {
        let all = mounts("1 0 8:1 / / rw - ext3 /dev/sda1 rw,x=a b,data=journal\n");
        assert_eq!(all.by_id(1).unwrap().option("data"), Some("journal"));
    }

    #[test]
    fn mounts_that_go_round_in_a_circle_end() {
        let all = mounts("1 2 8:1 / / rw - a a rw\n2 1 8:2 / / rw - b b rw\n");
        assert_eq!(all.of(Path::new("/x")), None);
        let all =
            mounts("9 0 8:1 / / rw - a a rw\n1 9 8:1 / / rw - a a rw\n9 1 8:2 / / rw - b b rw\n");
        assert!(all.of(Path::new("/x")).is_some());
    }

    #[test]
    fn names_need_not_be_utf8() {
        let all = Mounts::parse(b"1 0 8:1 / /a\xff\\040 rw - ext4 /dev/\xfe rw\n").unwrap();
        let mount = all.of(Path::new(OsStr::from_bytes(b"/a\xff /file"))).unwrap();
        let json = serde_json::to_value(mount).unwrap();
        assert_eq!(json["point"], "/a\u{fffd} ");
        assert_eq!(json["file-system"], "ext4");
        assert_eq!(json["source"], "/dev/\u{fffd}");
    }

    #[test]
    fn what_is_not_understood_is_not_passed_over() {
        let good = "1 0 8:1 / / rw - ext4 /dev/sda1 rw";
        for bad in [
            "1 0 8:1 / / rw ext4 /dev/sda1 rw",
            "1 0 8 / / rw - ext4 /dev/sda1 rw",
            "x 0 8:1 / / rw - ext4 /dev/sda1 rw",
            "1 0 8:1 / mnt rw - ext4 /dev/sda1 rw",
            "1 0 8:1 / / rw - ext4 /dev/sda1",
        ] {
            let error = Mounts::parse(format!("{good}\n{bad}\n").as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "line 2 of mountinfo is not understood", "{bad}");
        }
        assert_eq!(mounts("").iter().count(), 0);
    }

    #[test]
    fn the_mounts_of_this_machine_are_read() {
        let all = Mounts::read().unwrap();
        let proc = all.of(Path::new("/proc/self")).unwrap();
        assert_eq!(proc.file_system, "proc");
        let here = fs::canonicalize(env!("CARGO_MANIFEST_DIR")).unwrap();
        let flags = rustix::fs::StatxFlags::MNT_ID;
        let meta = rustix::fs::statx(rustix::fs::CWD, &here, rustix::fs::AtFlags::empty(), flags);
        let mount = all.of(&here).unwrap();
        assert_eq!(Some(mount), all.by_id(meta.unwrap().stx_mnt_id));
        if mount.device.0 != 0 {
            let device = rustix::fs::makedev(mount.device.0, mount.device.1);
            assert_eq!(device, fs::metadata(&here).unwrap().dev());
        }
    }
}
