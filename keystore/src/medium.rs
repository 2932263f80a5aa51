//! What the root cell lies on, and whether overwriting it there erases it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The medium under a file, as far as it can be told without privileges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medium {
    /// Device number (`st_dev`), the same for two files on one file system.
    pub device: u64,
    /// File system type as `/proc/self/mountinfo` has it; empty when unknown.
    pub file_system: String,
    /// Mounted from, e.g. `/dev/sda1`; empty when unknown.
    pub source: String,
    /// What an overwrite in place achieves here.
    pub overwrite: Overwrite,
}

/// Whether overwriting a file reaches the blocks where its old content lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overwrite {
    /// The file system overwrites in place. Flash may still keep spare blocks.
    InPlace,
    /// In memory: gone with the machine's power.
    Memory,
    /// Copy-on-write, or data goes through a journal: the old content stays until reused.
    NotInPlace,
    /// Another machine decides.
    Network,
    /// Not known.
    Unknown,
}

impl Overwrite {
    /// The name used in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::InPlace => "in-place",
            Self::Memory => "memory",
            Self::NotInPlace => "not-in-place",
            Self::Network => "network",
            Self::Unknown => "unknown",
        }
    }

    /// Whether an erased root must be counted as possibly still there.
    pub fn is_residual(self) -> bool {
        matches!(self, Self::NotInPlace | Self::Network | Self::Unknown)
    }
}

impl Medium {
    /// Examines what `path`, or the nearest directory above it, lies on.
    pub fn of(path: &Path) -> Self {
        let there = path.ancestors().find(|above| above.exists()).unwrap_or(Path::new("."));
        let device = fs::metadata(there).map_or(0, |meta| meta.dev());
        let absolute = fs::canonicalize(there).unwrap_or_else(|_| PathBuf::from("/"));
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let (file_system, source, options) = mount_of(&mounts, &absolute).unwrap_or_default();
        let overwrite = overwrite(&file_system, &options);
        Self { device, file_system, source, overwrite }
    }
}

/// Type, source and super options of the mount that holds `path`: the last one whose mount point is above it.
fn mount_of(mounts: &str, path: &Path) -> Option<(String, String, String)> {
    let mut best: Option<(usize, (String, String, String))> = None;
    for line in mounts.lines() {
        let (left, right) = line.split_once(" - ")?;
        let point = unescape(left.split(' ').nth(4)?);
        let mut right = right.split(' ');
        let (kind, source, options) =
            (right.next()?, right.next()?, right.next().unwrap_or_default());
        let depth = Path::new(&point).components().count();
        if path.starts_with(&point) && best.as_ref().is_none_or(|(deepest, _)| depth >= *deepest) {
            best = Some((depth, (kind.to_owned(), unescape(source), options.to_owned())));
        }
    }
    best.map(|(_, mount)| mount)
}

fn overwrite(file_system: &str, options: &str) -> Overwrite {
    match file_system {
        "ext4" | "ext3" if options.split(',').any(|option| option == "data=journal") => {
            Overwrite::NotInPlace
        }
        "ext2" | "ext3" | "ext4" | "xfs" | "vfat" | "exfat" | "ntfs3" => Overwrite::InPlace,
        "tmpfs" | "ramfs" => Overwrite::Memory,
        "btrfs" | "zfs" | "bcachefs" | "f2fs" | "nilfs2" | "overlay" => Overwrite::NotInPlace,
        "nfs" | "nfs4" | "cifs" | "smb3" | "9p" | "ceph" | "fuse.sshfs" => Overwrite::Network,
        _ => Overwrite::Unknown,
    }
}

/// mountinfo writes blanks and the like as three octal digits.
fn unescape(field: &str) -> String {
    ["\\040", "\\011", "\\012", "\\134"]
        .iter()
        .zip([" ", "\t", "\n", "\\"])
        .fold(field.to_owned(), |text, (code, plain)| text.replace(code, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_and_latest_mount_counts() {
        let mounts = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n\
            2 1 0:5 / /mnt/my\\040keys rw - btrfs /dev/sdb rw,compress\n\
            3 1 8:3 / /srv rw - ext4 /dev/sdc rw,data=journal\n";
        let of = |path: &str| {
            let (kind, _, options) = mount_of(mounts, Path::new(path)).expect("is under /");
            overwrite(&kind, &options)
        };
        assert_eq!(of("/home/keys/cell"), Overwrite::InPlace);
        assert_eq!(of("/mnt/my keys/cell"), Overwrite::NotInPlace);
        assert_eq!(of("/srv/keys/cell"), Overwrite::NotInPlace);
        assert_eq!(of("/mnt/my"), Overwrite::InPlace);
    }
}
