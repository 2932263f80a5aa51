//! From a block device down to the disks, through sysfs.
//!
//! What an overwrite achieves is decided below the file system: a thin volume, a snapshot or flash puts the new content
//! elsewhere. Here it is only told what is there. sysfs does not say what a device-mapper device does; where neither
//! its uuid nor what it stands on tells, it stays a [`LayerKind::Mapper`].
//!
//! Follows Documentation/ABI/stable/sysfs-block, Documentation/ABI/testing/sysfs-block-{dm,loop,zram} and
//! Documentation/admin-guide/md.rst.

mod disk;
mod mapper;
mod node;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::text::shown_if_any;
use node::Node;

/// One block device of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Layer {
    /// The kernel's name, under which it stands in `/dev`.
    pub name: String,
    /// The name it has in `/dev/mapper` (`dm/name`).
    pub mapper_name: Option<String>,
    /// Major and minor number; 0:0 if not known.
    pub device: (u32, u32),
    /// Number of layers above it.
    pub depth: usize,
    /// What it is.
    #[serde(flatten)]
    pub kind: LayerKind,
    /// Whether it takes discards (`queue/discard_max_bytes`).
    pub discard: bool,
    /// Whether it refuses writes (`ro`).
    pub read_only: bool,
    /// Whether its sectors must be written in order.
    pub zoned: Zoned,
    /// Whether files on it can be mapped without a page cache (`queue/dax`).
    pub dax: bool,
}

/// What a layer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum LayerKind {
    /// A part of the disk below.
    Partition,
    /// Encrypted by dm-crypt.
    Crypt,
    /// Checked by dm-integrity, whose journal may hold content.
    Integrity,
    /// An LVM volume, in one piece or several.
    Linear,
    /// A thin volume or its pool: what is overwritten after a snapshot lands elsewhere, what is freed stays.
    Thin,
    /// A snapshot, or a volume that has some: before the first overwrite the old content is copied.
    Snapshot,
    /// A volume with a cache on another device, which may hold content too.
    Cache,
    /// VDO: equal blocks are kept once, and compressed.
    Deduplicated,
    /// Several ways to one disk, which are the layers below.
    Multipath,
    /// A device-mapper device, or another that stands on devices, of which nothing else is known.
    Mapper {
        /// The beginning of its uuid, which names its maker.
        maker: Option<String>,
    },
    /// Several devices as one.
    Raid {
        /// As md names it, e.g. `raid1`. LVM does not tell.
        level: Option<String>,
    },
    /// A file as device. The stack ends here; it goes on below the file.
    Loop {
        /// The file, if one is attached.
        #[serde(serialize_with = "shown_if_any")]
        backing: Option<PathBuf>,
        /// Whether the file has no name any more.
        deleted: bool,
        /// Where in the file the device begins, in bytes.
        offset: u64,
    },
    /// Compressed memory.
    Zram {
        /// The device to which it writes what is idle, if it has one.
        #[serde(serialize_with = "shown_if_any")]
        backing: Option<PathBuf>,
    },
    /// Memory.
    RamDisk,
    /// On another machine.
    Network {
        /// How it is reached: `nbd`, `rbd`, `rnbd`, `drbd`, `aoe`, `iscsi`, `fibre-channel`, `nvme-tcp`, `nvme-rdma`,
        /// `nvme-fc` or `nvme-loop`.
        how: &'static str,
    },
    /// A disk, or what says it is one.
    Disk {
        /// As it calls itself.
        model: Option<String>,
        /// As it calls itself.
        vendor: Option<String>,
        /// As it calls itself.
        serial: Option<String>,
        /// What it is attached to: `ata`, `sas`, `usb`, `nvme`, `mmc`, `virtio`.
        bus: Option<&'static str>,
        /// Whether the medium can be taken out.
        removable: bool,
        /// `queue/rotational`. Means nothing by itself: see [`Medium`].
        rotational: bool,
        /// What holds the content.
        #[serde(flatten)]
        medium: Medium,
    },
    /// Could not be looked at.
    Unknown,
}

/// What holds the content of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "medium", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Medium {
    /// Turning platters.
    Magnetic,
    /// Flash: an overwrite lands on other cells.
    Flash,
    /// Not for this machine to see: a hypervisor, a RAID controller or a driver stands between.
    Virtual {
        /// Who: `virtio`, `hyper-v`, `vmware`, `raid-controller`, `software`…
        by: &'static str,
    },
    /// Not known. Behind USB the kernel takes for rotational whatever does not say otherwise.
    Unknown,
}

/// `queue/zoned`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zoned {
    /// It says nothing of zones. A shingled disk may hide them.
    #[default]
    None,
    /// Takes writes in any order and puts them elsewhere first.
    HostAware,
    /// Sectors cannot be overwritten in place.
    HostManaged,
}

/// The stack from a block device, given by major and minor number, down to its disks: top to bottom, each layer followed
/// by those it stands on. Every device is listed once, where it is first met.
///
/// `sys` is where sysfs is mounted. The list is empty if nothing is known, as for major number 0, which is no device.
///
/// What other devices a file system uses (several in btrfs and ZFS, a journal elsewhere in ext4 and XFS), sysfs does not
/// tell here.
#[must_use]
pub fn stack(sys: &Path, device: (u32, u32)) -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut seen = HashSet::new();
    let mut waiting = Vec::new();
    if let Some(top) = Node::numbered(sys, device) {
        waiting.push((top.dir().to_owned(), 0));
    }
    while let Some((dir, depth)) = waiting.pop() {
        let Some(node) = Node::at(&dir) else {
            layers.push(unknown(&dir, depth));
            continue;
        };
        if seen.insert(node.dir().to_owned()) {
            layers.push(layer(&node, depth));
            waiting.extend(node.below().into_iter().rev().map(|below| (below, depth + 1)));
        }
    }
    layers
}

/// The names of a device's partitions, in their order.
#[must_use]
pub fn partitions(sys: &Path, device: (u32, u32)) -> Vec<String> {
    let node = Node::numbered(sys, device);
    node.map_or_else(Vec::new, |node| node.partitions().iter().map(Node::name).collect())
}

/// The names of the devices that stand on a device or on one of its partitions (`holders/`).
#[must_use]
pub fn held_by(sys: &Path, device: (u32, u32)) -> Vec<String> {
    let Some(node) = Node::numbered(sys, device) else { return Vec::new() };
    let mut names = node.list("holders");
    names.extend(node.partitions().iter().flat_map(|part| part.list("holders")));
    names.sort();
    names.dedup();
    names
}

/// All loop devices in use, with the file that each stands on (`loop/backing_file`). ` (deleted)` stands after a name
/// that is gone, or belongs to the name: sysfs does not tell which.
#[must_use]
pub fn loop_backing(sys: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = fs::read_dir(sys.join("block")) else { return Vec::new() };
    let mut all: Vec<_> = entries
        .flatten()
        .filter_map(|entry| Node::at(&entry.path()))
        .filter_map(|node| Some((node.name(), node.path("loop/backing_file")?)))
        .collect();
    all.sort();
    all
}

fn layer(node: &Node, depth: usize) -> Layer {
    let whole = node.whole();
    let whole = whole.as_ref().unwrap_or(node);
    Layer {
        name: node.name(),
        mapper_name: node.text("dm/name"),
        device: node.number().unwrap_or_default(),
        depth,
        kind: kind(node),
        discard: whole.value("queue/discard_max_bytes").is_some_and(|bytes| bytes > 0),
        read_only: node.is_set("ro"),
        zoned: match whole.text("queue/zoned").as_deref() {
            Some("host-aware") => Zoned::HostAware,
            Some("host-managed") => Zoned::HostManaged,
            _ => Zoned::None,
        },
        dax: whole.is_set("queue/dax"),
    }
}

fn kind(node: &Node) -> LayerKind {
    if node.is_partition() {
        LayerKind::Partition
    } else if node.has("dm") {
        mapper::kind(node)
    } else if node.has("md") {
        LayerKind::Raid { level: node.text("md/level") }
    } else if node.has("loop") || node.is_called("loop") {
        attached(node)
    } else if node.is_called("zram") {
        let backing = node.path("backing_dev").filter(|path| path != Path::new("none"));
        LayerKind::Zram { backing }
    } else if node.is_called("ram") {
        LayerKind::RamDisk
    } else if node.is_called("bcache") {
        LayerKind::Cache
    } else if let Some(how) = disk::network(node) {
        LayerKind::Network { how }
    } else if node.below().is_empty() {
        disk::kind(node)
    } else {
        LayerKind::Mapper { maker: None }
    }
}

/// A loop device. What the kernel writes behind a name that is gone is taken off.
fn attached(node: &Node) -> LayerKind {
    const GONE: &[u8] = b" (deleted)";
    let file = node.bytes("loop/backing_file");
    let name = file.as_deref().map(|name| name.strip_suffix(GONE).unwrap_or(name));
    LayerKind::Loop {
        backing: name.map(node::path_of),
        deleted: file.as_deref().is_some_and(|name| name.ends_with(GONE)),
        offset: node.value("loop/offset").unwrap_or(0),
    }
}

fn unknown(dir: &Path, depth: usize) -> Layer {
    Layer {
        name: dir.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        mapper_name: None,
        device: (0, 0),
        depth,
        kind: LayerKind::Unknown,
        discard: false,
        read_only: false,
        zoned: Zoned::None,
        dax: false,
    }
}
