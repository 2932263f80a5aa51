//! Disks, and what only looks like one.
//!
//! Where a device is attached stands in the path of its directory (Documentation/admin-guide/sysfs-rules.rst warns that
//! such paths change: what is not recognized stays a disk, and its medium is not called magnetic without reason).

use super::node::Node;
use super::{LayerKind, Medium};

/// How a device on another machine is reached.
pub(super) fn network(node: &Node) -> Option<&'static str> {
    let names =
        [("nbd", "nbd"), ("rbd", "rbd"), ("rnbd", "rnbd"), ("drbd", "drbd"), ("etherd/e", "aoe")];
    let by_name = names.iter().find(|(prefix, _)| node.is_called(prefix));
    let by_path = || {
        [("session", "iscsi"), ("rport-", "fibre-channel")]
            .into_iter()
            .find(|(part, _)| passes(node, part))
    };
    by_name.copied().or_else(by_path).map(|(_, how)| how).or_else(|| fabric(node))
}

/// A device that stands on no other.
pub(super) fn kind(node: &Node) -> LayerKind {
    LayerKind::Disk {
        model: model(node),
        vendor: vendor(node),
        serial: serial(node),
        bus: bus(node),
        removable: node.is_set("removable"),
        rotational: node.is_set("queue/rotational"),
        medium: medium(node),
    }
}

fn medium(node: &Node) -> Medium {
    if let Some(by) = stand_in(node) {
        return Medium::Virtual { by };
    }
    if node.is_called("pmem") || node.is_called("sr") {
        return Medium::Unknown;
    }
    if bus(node) == Some("mmc") || node.is_called("mtdblock") {
        return Medium::Flash;
    }
    match node.value("queue/rotational") {
        Some(0) => Medium::Flash,
        Some(_) => turning(node),
        None => Medium::Unknown,
    }
}

/// A disk that the kernel takes for rotational, which it does unless the disk says otherwise: what does the disk say?
fn turning(node: &Node) -> Medium {
    match rotation_rate(node) {
        Some(1) => Medium::Flash,
        Some(0x401..=0xfffe) => Medium::Magnetic,
        Some(_) => Medium::Unknown,
        None if bus(node) == Some("usb") => Medium::Unknown,
        None => Medium::Magnetic,
    }
}

/// Turns per minute (page B1h of SBC-3): 0 not said, 1 none. Linux has the page in sysfs since 5.17.
fn rotation_rate(node: &Node) -> Option<u16> {
    let page = node.raw("device/vpd_pgb1")?;
    Some(u16::from_be_bytes([*page.get(4)?, *page.get(5)?]))
}

/// What stands between this machine and the medium.
fn stand_in(node: &Node) -> Option<&'static str> {
    let path = node.dir().to_string_lossy().to_lowercase();
    if passes(node, "virtio") {
        Some("virtio")
    } else if path.contains("/vmbus") {
        Some("hyper-v")
    } else if path.contains("/vbd-") || path.contains("/xen") || node.name().starts_with("xvd") {
        Some("xen")
    } else if path.contains("/virtual/block/") {
        Some("software")
    } else if node.name().starts_with("cciss/") {
        Some("raid-controller")
    } else {
        by_model(node).or_else(|| controller(node))
    }
}

/// What hypervisors, controllers and drivers call their disks.
const STAND_INS: [(&str, &str); 20] = [
    ("QEMU", "qemu"),
    ("VMWARE", "vmware"),
    ("VBOX", "virtualbox"),
    ("MSFT", "hyper-v"),
    ("MICROSOFT NVME", "hyper-v"),
    ("BHYVE", "bhyve"),
    ("PARALLELS", "parallels"),
    ("XENSRC", "xen"),
    ("PERSISTENTDISK", "google"),
    ("EPHEMERALDISK", "google"),
    ("NVME_CARD", "google"),
    ("AMAZON E", "amazon"),
    ("ALIBABA", "alibaba"),
    ("LIO-ORG", "software"),
    ("SCSI_DEBUG", "software"),
    ("PERC ", "raid-controller"),
    ("LOGICAL VOLUME", "raid-controller"),
    ("ARECA", "raid-controller"),
    ("RAID", "raid-controller"),
    ("VIRTUAL", "software"),
];

fn by_model(node: &Node) -> Option<&'static str> {
    let part = |text: Option<String>| text.unwrap_or_default();
    let name = format!("{} {}", part(vendor(node)), part(model(node))).to_uppercase();
    STAND_INS.iter().find(|(part, _)| name.contains(part)).map(|(_, by)| *by)
}

/// The volumes of a MegaRAID, whatever its seller calls them, are behind channel 2 and above; its plain disks are not.
fn controller(node: &Node) -> Option<&'static str> {
    let host = node.dir().ancestors().find(|dir| {
        dir.file_name().is_some_and(|name| numbered(&name.to_string_lossy(), "host"))
    })?;
    let host_name = host.file_name()?.to_string_lossy().into_owned();
    let driver =
        std::fs::read_to_string(host.join("scsi_host").join(host_name).join("proc_name")).ok()?;
    let address = node.dir().parent()?.parent()?.file_name()?.to_string_lossy();
    let channel: u32 = address.split(':').nth(1)?.parse().ok()?;
    (driver.trim() == "megaraid_sas" && channel >= 2).then_some("raid-controller")
}

fn bus(node: &Node) -> Option<&'static str> {
    let parts = [
        ("usb", "usb"),
        ("mmc", "mmc"),
        ("ata", "ata"),
        ("end_device-", "sas"),
        ("nvme", "nvme"),
        ("virtio", "virtio"),
    ];
    parts.into_iter().find(|(part, _)| passes(node, part)).map(|(_, bus)| bus)
}

/// NVMe over a network. A namespace with several ways to it stands under the subsystem, in which are its controllers.
fn fabric(node: &Node) -> Option<&'static str> {
    let inner = node.list("device").into_iter().filter(|name| numbered(name, "nvme"));
    let ways = inner.map(|name| format!("device/{name}/transport"));
    let transports = std::iter::once("device/transport".to_owned()).chain(ways);
    let how = |transport: String| match node.text(&transport)?.as_str() {
        "tcp" => Some("nvme-tcp"),
        "rdma" => Some("nvme-rdma"),
        "fc" => Some("nvme-fc"),
        "loop" => Some("nvme-loop"),
        _ => None,
    };
    transports.filter(|_| node.is_called("nvme")).find_map(how)
}

fn model(node: &Node) -> Option<String> {
    node.text("device/model").or_else(|| node.text("device/name"))
}

/// On PCI it is a number, which says nothing here.
fn vendor(node: &Node) -> Option<String> {
    node.text("device/vendor").filter(|vendor| !vendor.starts_with("0x"))
}

/// Of a SCSI disk it is page 80h (SPC-4), four bytes before it.
fn serial(node: &Node) -> Option<String> {
    let page = || {
        let page = node.raw("device/vpd_pg80")?;
        let text = String::from_utf8_lossy(page.get(4..)?).trim().to_owned();
        Some(text).filter(|text| !text.is_empty())
    };
    node.text("serial").or_else(|| node.text("device/serial")).or_else(page)
}

/// Whether a directory on the way is called `prefix` and a number.
fn passes(node: &Node, prefix: &str) -> bool {
    node.dir().iter().any(|part| numbered(&part.to_string_lossy(), prefix))
}

fn numbered(name: &str, prefix: &str) -> bool {
    let rest = name.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}
