//! A mounted file system and all that lies under it: what holds for every file on it.

use std::fs::{self, File};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, StatxFlags, major, minor, statx};
use rustix::io::Errno;
use serde::Serialize;

use crate::finding::{Code, Effect, Finding, Reach};
use crate::ioctl::ext4_can_empty_journal;
use crate::mounts::Mount;
use crate::stack::{self, Layer, LayerKind, Medium, Zoned};

/// A mounted file system and the devices under it.
#[derive(Clone, Debug, Serialize)]
pub struct Place {
    /// The mount; none for a device by itself.
    pub mount: Option<Mount>,
    /// How the file system writes.
    pub family: Family,
    /// The devices from the file system down to the disks.
    pub layers: Vec<Layer>,
    /// What holds for every file here.
    pub findings: Vec<Finding>,
    /// The journal of the file system, where content and names may stand for a while.
    pub journal: Journal,
    /// All content goes through it. Told of each file, by a finding.
    #[serde(skip)]
    pub data_journal: bool,
    /// The node of the block device that the file system lies on.
    #[serde(skip)]
    pub node: Option<PathBuf>,
}

/// What can be done about the journal of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Journal {
    /// There is none.
    None,
    /// It can be emptied, so that nothing of what went through it is left.
    CanBeEmptied,
    /// It stays as it is until it is written over.
    Stays,
}

/// How a file system writes changes to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// ext2, ext3, ext4: in place, unless data goes through the journal.
    Ext,
    /// XFS: in place, unless blocks are shared.
    Xfs,
    /// btrfs: elsewhere, unless the file says otherwise.
    Btrfs,
    /// In place, as far as is known, but without telling where.
    Plain,
    /// Elsewhere.
    CopyOnWrite,
    /// In memory.
    Memory,
    /// Over other directories.
    Overlay,
    /// On another machine.
    Network,
    /// Not known.
    Unknown,
    /// No file system: a device by itself.
    Device,
}

impl Family {
    fn of(file_system: &str) -> Self {
        match file_system {
            "ext2" | "ext3" | "ext4" => Self::Ext,
            "xfs" => Self::Xfs,
            "btrfs" => Self::Btrfs,
            "vfat" | "msdos" | "exfat" | "ntfs3" | "jfs" | "udf" => Self::Plain,
            "zfs" | "bcachefs" | "f2fs" | "nilfs2" | "ubifs" | "jffs2" => Self::CopyOnWrite,
            "tmpfs" | "ramfs" | "devtmpfs" => Self::Memory,
            "overlay" => Self::Overlay,
            "nfs" | "nfs4" | "cifs" | "smb3" | "9p" | "ceph" | "virtiofs" | "afs" | "lustre"
            | "gfs2" | "ocfs2" | "fuse.sshfs" | "fuse.glusterfs" => Self::Network,
            _ => Self::Unknown,
        }
    }

    /// Whether it is no file system but a device.
    #[must_use]
    pub fn is_device(self) -> bool {
        self == Self::Device
    }

    /// Whether changes go elsewhere by nature.
    #[must_use]
    pub fn copies_on_write(self) -> bool {
        matches!(self, Self::Btrfs | Self::CopyOnWrite)
    }
}

impl Place {
    /// Examines a mount, of which `file` is any file. `swapping`: whether memory may be written to a disk.
    #[must_use]
    pub fn of(sys: &Path, proc: &Path, mount: Mount, file: BorrowedFd<'_>, swapping: bool) -> Self {
        let family = Family::of(&mount.file_system);
        let journal = journal(&mount, family, file);
        let node = device_node(&mount);
        let device = node.as_ref().map_or(mount.device, |(_, device)| *device);
        let mut layers = stack::stack(sys, device);
        if family == Family::Btrfs {
            layers.extend(other_members(sys, &layers));
        }
        let mut findings = of_mount(&mount, family, swapping);
        findings.extend(layers.iter().filter_map(of_layer));
        let data_journal = family == Family::Ext
            && (mount.option("data") == Some("journal") || journals_data(proc, &layers));
        let node = node.map(|(path, _)| path);
        Self { mount: Some(mount), family, layers, findings, journal, data_journal, node }
    }

    /// Examines a block device by itself, whatever lies on it.
    #[must_use]
    pub fn of_device(sys: &Path, node: &Path, device: (u32, u32)) -> Self {
        let layers = stack::stack(sys, device);
        let mut findings: Vec<Finding> = layers.iter().filter_map(of_layer).collect();
        if layers.first().is_some_and(|layer| layer.read_only) {
            findings.push(Finding::new(Code::ReadOnly, Effect::Refuse, ""));
        }
        let node = Some(node.to_owned());
        let (family, journal) = (Family::Device, Journal::None);
        Self { mount: None, family, layers, findings, journal, data_journal: false, node }
    }

    /// The type of the file system; empty for a device by itself.
    #[must_use]
    pub fn file_system(&self) -> &str {
        self.mount.as_ref().map_or("", |mount| &mount.file_system)
    }

    /// An option that the file system was mounted with.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.mount.as_ref().and_then(|mount| mount.option(name))
    }

    /// What an overwrite of a file can achieve here, its own properties aside.
    #[must_use]
    pub fn reach(&self) -> Reach {
        Reach::of(&self.findings)
    }

    /// The directory that it is mounted at, if nothing else is mounted over it.
    #[must_use]
    pub fn open(&self) -> Option<File> {
        let mount = self.mount.as_ref()?;
        let dir = File::open(&mount.point).ok()?;
        let stat = statx(&dir, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID).ok()?;
        (stat.stx_mnt_id == mount.id).then_some(dir)
    }

    /// Whether freed blocks can be offered to the device for discarding.
    #[must_use]
    pub fn discards(&self) -> bool {
        self.layers.first().is_some_and(|layer| layer.discard)
    }

    /// Devices under this file system that are files of another one.
    pub fn backing_files(&self) -> impl Iterator<Item = &Path> {
        self.layers.iter().filter_map(|layer| match &layer.kind {
            LayerKind::Loop { backing, deleted: false, .. } => backing.as_deref(),
            _ => None,
        })
    }
}

/// Whether an ext4 file system journals data by default: options that its superblock sets are in `/proc/fs` only.
fn journals_data(proc: &Path, layers: &[Layer]) -> bool {
    let Some(top) = layers.first() else { return false };
    let options = fs::read_to_string(proc.join("fs/ext4").join(&top.name).join("options"));
    options.unwrap_or_default().lines().any(|line| line == "data=journal")
}

/// The other devices of a btrfs file system, each with what is under it.
fn other_members(sys: &Path, layers: &[Layer]) -> Vec<Layer> {
    let Some(top) = layers.first() else { return Vec::new() };
    let entries = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten();
    let all = entries(&sys.join("fs/btrfs")).map(|entry| entry.path().join("devices"));
    let Some(ours) = all.into_iter().find(|devices| devices.join(&top.name).exists()) else {
        return Vec::new();
    };
    let number = |entry: fs::DirEntry| {
        let number = fs::read_to_string(entry.path().join("dev")).ok()?;
        let (major, minor) = number.trim().split_once(':')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let others = entries(&ours).filter(|entry| *entry.file_name() != *top.name);
    others.filter_map(number).flat_map(|device| stack::stack(sys, device)).collect()
}

/// The block device that a file system was mounted from. btrfs and others show a number of their own instead.
fn device_node(mount: &Mount) -> Option<(PathBuf, (u32, u32))> {
    let source = PathBuf::from(&mount.source);
    let found = fs::metadata(&source).ok().filter(|found| found.file_type().is_block_device());
    let device = found.map(|found| (major(found.rdev()), minor(found.rdev())))?;
    (mount.device.0 == 0 || mount.device == device).then_some((source, device))
}

fn journal(mount: &Mount, family: Family, file: BorrowedFd<'_>) -> Journal {
    match family {
        Family::Ext if mount.file_system == "ext2" => Journal::None,
        Family::Ext => match ext4_can_empty_journal(file) {
            Ok(()) => Journal::CanBeEmptied,
            Err(Errno::NODEV) => Journal::None,
            Err(_) => Journal::Stays,
        },
        Family::Memory | Family::Device => Journal::None,
        Family::Plain if mount.file_system != "ntfs3" && mount.file_system != "jfs" => {
            Journal::None
        }
        _ => Journal::Stays,
    }
}

fn of_mount(mount: &Mount, family: Family, swapping: bool) -> Vec<Finding> {
    let name = mount.file_system.as_str();
    let mut found = match family {
        Family::Ext
        | Family::Xfs
        | Family::Btrfs
        | Family::Plain
        | Family::Overlay
        | Family::Device => Vec::new(),
        Family::CopyOnWrite => vec![Finding::new(Code::CopyOnWrite, Effect::Impossible, name)],
        Family::Memory if swapping => {
            vec![
                Finding::new(Code::Memory, Effect::Note, name),
                Finding::new(Code::Swap, Effect::BestEffort, ""),
            ]
        }
        Family::Memory => vec![Finding::new(Code::Memory, Effect::Note, name)],
        Family::Network => vec![Finding::new(Code::Network, Effect::BestEffort, name)],
        Family::Unknown => vec![Finding::new(Code::UnknownFileSystem, Effect::BestEffort, name)],
    };
    let read_only = |options: &[String]| options.iter().any(|option| option == "ro");
    // A second device, of which nothing else is looked at.
    for option in ["rtdev", "logdev", "journal_path", "journal_dev"] {
        if let Some(device) = mount.option(option) {
            found.push(Finding::new(Code::UnknownMedium, Effect::BestEffort, device));
        }
    }
    if read_only(&mount.options) || read_only(&mount.super_options) {
        found.push(Finding::new(Code::ReadOnly, Effect::Refuse, mount.point.display().to_string()));
    }
    found
}

/// What a device under a file system means for overwriting.
fn of_layer(layer: &Layer) -> Option<Finding> {
    let named = |code, effect, more: Option<&str>| {
        let detail = format!("{} {}", layer.name, more.unwrap_or_default());
        Some(Finding::new(code, effect, detail.trim_end()))
    };
    let best_effort = |code, more| named(code, Effect::BestEffort, more);
    if layer.zoned != Zoned::None {
        return best_effort(Code::Zoned, None);
    }
    match &layer.kind {
        LayerKind::Partition | LayerKind::Linear | LayerKind::Multipath => None,
        LayerKind::Loop { backing: Some(_), deleted: false, .. } => None,
        LayerKind::Zram { backing: Some(_) } => best_effort(Code::Swap, None),
        LayerKind::Zram { .. } | LayerKind::RamDisk => named(Code::Memory, Effect::Note, None),
        LayerKind::Crypt => named(Code::EncryptedDevice, Effect::Note, None),
        LayerKind::Raid { level } => named(Code::Raid, Effect::Note, level.as_deref()),
        LayerKind::Thin => best_effort(Code::Thin, None),
        LayerKind::Snapshot => named(Code::Snapshot, Effect::Impossible, None),
        LayerKind::Integrity | LayerKind::Cache => best_effort(Code::Cache, None),
        LayerKind::Deduplicated => named(Code::Compressed, Effect::Impossible, None),
        LayerKind::Network { how } => best_effort(Code::NetworkDevice, Some(how)),
        LayerKind::Disk { medium, model, .. } => match medium {
            Medium::Magnetic => None,
            Medium::Flash => best_effort(Code::Flash, model.as_deref()),
            Medium::Virtual { by } => best_effort(Code::VirtualDisk, Some(by)),
            Medium::Unknown => best_effort(Code::UnknownMedium, model.as_deref()),
        },
        _ => best_effort(Code::UnknownMedium, None),
    }
}
