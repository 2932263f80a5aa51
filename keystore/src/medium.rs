//! What the root cell lies on, and whether overwriting it there erases it.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sealkeep_medium::extents::{ExtentFlags, Extents};
use sealkeep_medium::finding::Code;
use sealkeep_medium::mounts::Mounts;
use sealkeep_medium::place::{Family, Place};

/// The medium under a file, as far as it can be told.
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
    /// Copy-on-write, snapshots, thin storage, or data goes through a journal: the old content stays until reused.
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
        let Some((place, file)) = examine(there) else {
            let (file_system, source) = (String::new(), String::new());
            return Self { device, file_system, source, overwrite: Overwrite::Unknown };
        };
        let source = place.mount.as_ref().map(|mount| mount.source.clone()).unwrap_or_default();
        let file_system = place.file_system().to_owned();
        Self { device, file_system, source, overwrite: overwrite(&place, &file) }
    }
}

fn examine(path: &Path) -> Option<(Place, File)> {
    let absolute = fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from("/"));
    let mount = Mounts::read().ok()?.of(&absolute)?.clone();
    let file = File::open(path).ok()?;
    Some((Place::of(Path::new("/sys"), Path::new("/proc"), mount, file.as_fd(), false), file))
}

fn overwrite(place: &Place, file: &File) -> Overwrite {
    let found = |codes: &[Code]| place.findings.iter().any(|one| codes.contains(&one.code));
    let shared = || {
        let extents = Extents::of(file).ok().flatten();
        extents.is_some_and(|extents| extents.any(ExtentFlags::SHARED))
    };
    match place.family {
        Family::Memory => Overwrite::Memory,
        Family::Network => Overwrite::Network,
        _ if found(&[Code::NetworkDevice]) => Overwrite::Network,
        Family::Btrfs | Family::CopyOnWrite | Family::Overlay => Overwrite::NotInPlace,
        _ if found(&[Code::Thin, Code::Snapshot, Code::Zoned, Code::Compressed]) => {
            Overwrite::NotInPlace
        }
        Family::Ext if place.data_journal => Overwrite::NotInPlace,
        Family::Ext | Family::Xfs | Family::Plain if !shared() => Overwrite::InPlace,
        Family::Ext | Family::Xfs | Family::Plain => Overwrite::NotInPlace,
        _ => Overwrite::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_that_holds_the_path_counts() {
        let mounts = "1 0 8:1 / / rw - ext4 /dev/nowhere1 rw\n\
            2 1 0:5 / /mnt/my\\040keys rw - btrfs /dev/nowhere2 rw,compress\n\
            3 1 8:3 / /srv rw - ext4 /dev/nowhere3 rw,data=journal\n\
            4 1 0:9 / /net rw - nfs4 server:/keys rw\n\
            5 1 0:7 / /run rw - tmpfs tmpfs rw\n";
        let mounts = Mounts::parse(mounts.as_bytes()).unwrap();
        let (file, none) = (tempfile::tempfile().unwrap(), Path::new("/nonexistent"));
        let of = |path: &str| {
            let mount = mounts.of(Path::new(path)).unwrap().clone();
            let place = Place::of(none, none, mount, file.as_fd(), false);
            overwrite(&place, &file)
        };
        assert_eq!(of("/home/keys/cell"), Overwrite::InPlace);
        assert_eq!(of("/mnt/my keys/cell"), Overwrite::NotInPlace);
        assert_eq!(of("/srv/keys/cell"), Overwrite::NotInPlace);
        assert_eq!(of("/mnt/my"), Overwrite::InPlace);
        assert_eq!(of("/net/cell"), Overwrite::Network);
        assert_eq!(of("/run/cell"), Overwrite::Memory);
        assert!(Overwrite::Network.is_residual() && !Overwrite::InPlace.is_residual());
    }

    #[test]
    fn what_is_not_there_yet_is_judged_by_the_folder_around_it() {
        let dir = tempfile::tempdir().unwrap();
        let medium = Medium::of(&dir.path().join("not/yet/there"));
        assert_eq!(medium.device, fs::metadata(dir.path()).unwrap().dev());
        assert!(!medium.file_system.is_empty());
    }
}
