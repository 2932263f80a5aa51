//! A mounted file system and all that lies under it: what holds for every file on it.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{major, minor};
use serde::Serialize;

use crate::finding::{Code, Effect, Finding, Reach};
use crate::mounts::Mount;
use crate::stack::{self, Layer, LayerKind, Medium};

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
    /// The node of the block device that the file system lies on.
    #[serde(skip)]
    pub node: Option<PathBuf>,
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

    /// Whether changes go elsewhere by nature.
    #[must_use]
    pub fn copies_on_write(self) -> bool {
        matches!(self, Self::Btrfs | Self::CopyOnWrite)
    }
}

impl Place {
    /// Examines a mount. `swapping`: whether memory may be written to a disk.
    #[must_use]
    pub fn of(sys: &Path, mount: Mount, swapping: bool) -> Self {
        let family = Family::of(&mount.file_system);
        let node = device_node(&mount);
        let device = node.as_ref().map_or(mount.device, |(_, device)| *device);
        let layers = stack::stack(sys, device);
        let mut findings = of_mount(&mount, family, swapping);
        findings.extend(layers.iter().filter_map(of_layer));
        let node = node.map(|(path, _)| path);
        Self { mount: Some(mount), family, layers, findings, node }
    }

    /// Examines a block device by itself, whatever lies on it.
    #[must_use]
    pub fn of_device(sys: &Path, node: &Path, device: (u32, u32)) -> Self {
        let layers = stack::stack(sys, device);
        let mut findings: Vec<Finding> = layers.iter().filter_map(of_layer).collect();
        if layers.first().is_some_and(|layer| layer.read_only) {
            findings.push(Finding::new(Code::ReadOnly, Effect::Refuse, ""));
        }
        Self { mount: None, family: Family::Device, layers, findings, node: Some(node.to_owned()) }
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

    /// Whether freed blocks can be offered to the device for discarding.
    #[must_use]
    pub fn discards(&self) -> bool {
        self.layers.first().is_some_and(|layer| layer.discard)
    }

    /// Devices under this file system that are files of another one.
    pub fn backing_files(&self) -> impl Iterator<Item = &Path> {
        self.layers.iter().filter_map(|layer| match &layer.kind {
            LayerKind::Loop { backing, deleted: false, .. } => Some(backing.as_path()),
            _ => None,
        })
    }

    /// The options of an ext4 file system as the kernel has them, defaults included.
    #[must_use]
    pub fn ext4_option(&self, proc: &Path, option: &str) -> bool {
        let Some(top) = self.layers.first() else { return false };
        let options = proc.join("fs").join(self.file_system()).join(&top.name).join("options");
        let options = fs::read_to_string(options).unwrap_or_default();
        options.lines().any(|line| line == option)
    }
}

/// The block device that a file system was mounted from. btrfs and others show a number of their own instead.
fn device_node(mount: &Mount) -> Option<(PathBuf, (u32, u32))> {
    let source = PathBuf::from(&mount.source);
    let found = fs::metadata(&source).ok().filter(|found| found.file_type().is_block_device());
    let device = found.map(|found| (major(found.rdev()), minor(found.rdev())))?;
    (mount.device.0 == 0 || mount.device == device).then_some((source, device))
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
    if read_only(&mount.options) || read_only(&mount.super_options) {
        found.push(Finding::new(Code::ReadOnly, Effect::Refuse, mount.point.display().to_string()));
    }
    found
}

/// What a device under a file system means for overwriting.
#[must_use]
pub fn of_layer(layer: &Layer) -> Option<Finding> {
    let best_effort = |code, detail: &str| Some(Finding::new(code, Effect::BestEffort, detail));
    if layer.zoned {
        return best_effort(Code::Zoned, &layer.name);
    }
    match &layer.kind {
        LayerKind::Partition | LayerKind::Linear | LayerKind::Loop { deleted: false, .. } => None,
        LayerKind::Loop { .. } => best_effort(Code::UnknownMedium, &layer.name),
        LayerKind::Zram | LayerKind::RamDisk => {
            Some(Finding::new(Code::Memory, Effect::Note, &layer.name))
        }
        LayerKind::Crypt => {
            Some(Finding::new(Code::EncryptedDevice, Effect::Note, &layer.name))
        }
        LayerKind::Raid { level } => {
            Some(Finding::new(Code::Raid, Effect::Note, format!("{} {level}", layer.name)))
        }
        LayerKind::Thin => best_effort(Code::Thin, &layer.name),
        LayerKind::Snapshot => Some(Finding::new(Code::Snapshot, Effect::Impossible, &layer.name)),
        LayerKind::Network { how } => {
            best_effort(Code::NetworkDevice, &format!("{} {how}", layer.name))
        }
        LayerKind::Disk { medium, model, .. } => {
            let named = format!("{} {model}", layer.name);
            let named = named.trim_end();
            match medium {
                Medium::Magnetic => None,
                Medium::Flash => best_effort(Code::Flash, named),
                Medium::Virtual { .. } => best_effort(Code::VirtualDisk, named),
                _ => best_effort(Code::UnknownMedium, named),
            }
        }
        _ => best_effort(Code::UnknownMedium, &layer.name),
    }
}
