//! Made-up sysfs trees, and the one of this machine.

use std::os::unix::fs::symlink;

use super::*;

/// A sysfs of which a test makes up what it needs.
struct Sys(tempfile::TempDir);

impl Sys {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("dev/block")).unwrap();
        fs::create_dir_all(dir.path().join("block")).unwrap();
        Self(dir)
    }

    /// A device below `devices`, with attributes.
    fn add(&self, dir: &str, number: &str, attributes: &[(&str, &str)]) -> &Self {
        let path = self.0.path().join("devices").join(dir);
        fs::create_dir_all(path.join("holders")).unwrap();
        fs::create_dir_all(path.join("slaves")).unwrap();
        self.put(dir, "dev", format!("{number}\n"));
        for (name, text) in attributes {
            self.put(dir, name, text);
        }
        symlink(&path, self.0.path().join("dev/block").join(number)).unwrap();
        let name = path.file_name().unwrap();
        if !path.join("partition").exists() {
            symlink(&path, self.0.path().join("block").join(name)).unwrap();
        }
        self
    }

    fn put(&self, dir: &str, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.0.path().join("devices").join(dir).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// `upper` stands on `lower`.
    fn on(&self, upper: &str, lower: &str) -> &Self {
        let path = |dir: &str| self.0.path().join("devices").join(dir);
        let name = |dir: &str| path(dir).file_name().unwrap().to_owned();
        symlink(path(lower), path(upper).join("slaves").join(name(lower))).unwrap();
        symlink(path(upper), path(lower).join("holders").join(name(upper))).unwrap();
        self
    }

    /// A mapper device `dm-N` on others.
    fn map(&self, minor: u32, name: &str, uuid: &str, below: &[&str]) -> &Self {
        let dir = dm(minor);
        self.add(&dir, &format!("253:{minor}"), &[("dm/name", name), ("dm/uuid", uuid)]);
        for lower in below {
            self.on(&dir, lower);
        }
        self
    }

    fn stack(&self, major: u32, minor: u32) -> Vec<Layer> {
        stack(self.0.path(), (major, minor))
    }

    /// Depth and name of each layer, and the name of its kind.
    fn shape(&self, major: u32, minor: u32) -> Vec<String> {
        let layers = self.stack(major, minor);
        let line = |layer: &Layer| {
            let json = serde_json::to_value(layer).unwrap();
            format!("{} {} {}", layer.depth, layer.name, json["kind"].as_str().unwrap())
        };
        layers.iter().map(line).collect()
    }

    /// The lowest layer as JSON.
    fn lowest(&self, major: u32, minor: u32) -> serde_json::Value {
        serde_json::to_value(self.stack(major, minor).pop().unwrap()).unwrap()
    }
}

fn dm(minor: u32) -> String {
    format!("virtual/block/dm-{minor}")
}

/// A uuid of LVM.
fn lvm(volume: char, word: &str) -> String {
    let id = |letter: char| letter.to_string().repeat(32);
    format!("LVM-{}{}{word}\n", id('v'), id(volume))
}

const SDA: &str = "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda";
const SDA1: &str = "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda1";
const SDA2: &str = "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda2";
const NVME: &str = "pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1";
const NVME3: &str = "pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p3";

fn sata(sys: &Sys) -> &Sys {
    sys.add(
        SDA,
        "8:0",
        &[
            ("ro", "0\n"),
            ("removable", "0\n"),
            ("queue/rotational", "1\n"),
            ("queue/discard_max_bytes", "0\n"),
            ("queue/zoned", "none\n"),
            ("device/model", "ST4000NM0085-1YY\n"),
            ("device/vendor", "ATA     \n"),
        ],
    )
    .put(SDA, "device/vpd_pg80", b"\0\x80\0\x08ZC12ABCD")
    .put(SDA, "device/vpd_pgb1", rate(7200))
    .add(SDA1, "8:1", &[("partition", "1\n"), ("ro", "1\n")])
    .add(SDA2, "8:2", &[("partition", "2\n"), ("ro", "0\n")])
}

/// Page B1h.
fn rate(turns: u16) -> Vec<u8> {
    let [high, low] = turns.to_be_bytes();
    [&[0, 0xb1, 0, 0x3c, high, low][..], &[0; 58]].concat()
}

fn nvme(sys: &Sys) -> &Sys {
    let queue = [
        ("queue/rotational", "0\n"),
        ("queue/discard_max_bytes", "2199023255040\n"),
        ("device/model", "Samsung SSD 980 PRO 1TB                 \n"),
        ("device/serial", "S5GXNX0R123456      \n"),
        ("device/transport", "pcie\n"),
    ];
    sys.add(NVME, "259:0", &queue).add(NVME3, "259:3", &[("partition", "3\n")])
}

#[test]
fn a_partition_of_a_sata_disk() {
    let sys = Sys::new();
    let layers = sata(&sys).stack(8, 1);
    assert_eq!(sys.shape(8, 1), ["0 sda1 partition", "1 sda disk"]);
    assert!(layers[0].read_only && !layers[1].read_only);
    assert!(!layers[0].discard && !layers[1].discard);
    let disk = LayerKind::Disk {
        model: Some("ST4000NM0085-1YY".to_owned()),
        vendor: Some("ATA".to_owned()),
        serial: Some("ZC12ABCD".to_owned()),
        bus: Some("ata"),
        removable: false,
        rotational: true,
        medium: Medium::Magnetic,
    };
    assert_eq!((layers[1].device, &layers[1].kind), ((8, 0), &disk));
    assert_eq!(partitions(sys.0.path(), (8, 0)), ["sda1", "sda2"]);
    assert!(partitions(sys.0.path(), (8, 1)).is_empty());
}

#[test]
fn lvm_on_an_encrypted_partition_of_an_nvme_disk() {
    let sys = Sys::new();
    nvme(&sys);
    sys.map(0, "crypt", "CRYPT-LUKS2-0123456789abcdef0123456789abcdef-crypt\n", &[NVME3]);
    sys.map(1, "vg-home", &lvm('a', ""), &[&dm(0)]);
    let shape = ["0 dm-1 linear", "1 dm-0 crypt", "2 nvme0n1p3 partition", "3 nvme0n1 disk"];
    assert_eq!(sys.shape(253, 1), shape);
    let layers = sys.stack(253, 1);
    assert_eq!(layers[0].mapper_name.as_deref(), Some("vg-home"));
    assert!(layers[2].discard && layers[3].discard && !layers[0].discard);
    let disk = sys.lowest(253, 1);
    assert_eq!(disk["medium"], "flash");
    assert_eq!(disk["model"], "Samsung SSD 980 PRO 1TB");
    assert_eq!(disk["serial"], "S5GXNX0R123456");
    assert_eq!(disk["bus"], "nvme");
    assert_eq!(held_by(sys.0.path(), (259, 0)), ["dm-0"]);
    assert_eq!(held_by(sys.0.path(), (259, 3)), ["dm-0"]);
    assert_eq!(held_by(sys.0.path(), (253, 0)), ["dm-1"]);
    assert!(held_by(sys.0.path(), (253, 1)).is_empty());
}

#[test]
fn a_mirror_of_two_and_a_disk_met_twice() {
    let sys = Sys::new();
    nvme(sata(&sys));
    let md = "virtual/block/md0";
    sys.add(md, "9:0", &[("md/level", "raid1\n")]).on(md, SDA1).on(md, NVME3).on(md, SDA2);
    let shape = [
        "0 md0 raid",
        "1 nvme0n1p3 partition",
        "2 nvme0n1 disk",
        "1 sda1 partition",
        "2 sda disk",
        "1 sda2 partition",
    ];
    assert_eq!(sys.shape(9, 0), shape);
    assert_eq!(sys.stack(9, 0)[0].kind, LayerKind::Raid { level: Some("raid1".to_owned()) });
    assert_eq!(held_by(sys.0.path(), (8, 0)), ["md0"]);
}

#[test]
fn lvm_is_told_by_what_it_stands_on() {
    let sys = Sys::new();
    sata(&sys);
    let map = |minor, name: &str, uuid: String, below: &[u32]| {
        let below: Vec<_> = below.iter().map(|minor| dm(*minor)).collect();
        let mut below: Vec<_> = below.iter().map(String::as_str).collect();
        if below.is_empty() {
            below.push(SDA1);
        }
        sys.map(minor, name, &uuid, &below);
        sys.stack(253, minor).remove(0).kind
    };
    let linear = LayerKind::Linear;
    assert_eq!(map(0, "vg-pool_tdata", lvm('p', "-tdata"), &[]), linear);
    assert_eq!(map(1, "vg-pool-tpool", lvm('p', "-tpool"), &[0]), LayerKind::Thin);
    assert_eq!(map(2, "vg-thin", lvm('t', ""), &[1]), LayerKind::Thin);
    assert_eq!(map(3, "vg-root-real", lvm('r', "-real"), &[]), linear);
    assert_eq!(map(4, "vg-snap-cow", lvm('s', "-cow"), &[]), linear);
    assert_eq!(map(5, "vg-root", lvm('r', ""), &[3]), LayerKind::Snapshot);
    assert_eq!(map(6, "vg-snap", lvm('s', ""), &[3, 4]), LayerKind::Snapshot);
    assert_eq!(map(7, "vg-fast_cvol", lvm('c', "-cvol"), &[]), linear);
    assert_eq!(map(8, "vg-big", lvm('b', ""), &[3, 7]), LayerKind::Cache);
    assert_eq!(map(9, "vg-two_rimage_0", lvm('0', ""), &[]), linear);
    assert_eq!(map(10, "vg-two", lvm('2', ""), &[9]), LayerKind::Raid { level: None });
    assert_eq!(map(11, "vg-vpool0-vpool", lvm('d', "-vpool"), &[]), LayerKind::Deduplicated);
    assert_eq!(map(12, "vg-vdo", lvm('e', ""), &[11]), LayerKind::Deduplicated);
    assert_eq!(map(13, "vg-two_rimage_1_iorig", lvm('1', ""), &[]), linear);
    assert_eq!(map(14, "vg-two_rimage_1", lvm('i', ""), &[13]), LayerKind::Integrity);
    let moved = LayerKind::Mapper { maker: Some("LVM-pvmove".to_owned()) };
    assert_eq!(map(15, "vg-pvmove0", lvm('m', ""), &[]), moved);
    assert_eq!(map(16, "vg-mail", lvm('n', ""), &[15]), moved);
    assert_eq!(map(17, "my--pvmove-mail", lvm('o', ""), &[]), linear);
    assert_eq!(map(18, "vg-stripes", lvm('q', ""), &[17, 9]), LayerKind::Raid { level: None });
}

#[test]
fn other_mappers_are_told_by_their_makers() {
    let sys = Sys::new();
    sata(&sys);
    let mut minor = 0;
    let mut kind = |name: &str, uuid: &str| {
        minor += 1;
        sys.map(minor, name, uuid, &[SDA]).stack(253, minor).remove(0).kind
    };
    let mapper = |maker: &str| LayerKind::Mapper { maker: Some(maker.to_owned()) };
    assert_eq!(kind("a", "CRYPT-PLAIN-a"), LayerKind::Crypt);
    assert_eq!(kind("b_dif", "CRYPT-SUBDEV-0-b_dif"), LayerKind::Integrity);
    assert_eq!(kind("c", "CRYPT-INTEGRITY-c"), LayerKind::Integrity);
    assert_eq!(kind("d", "CRYPT-VERITY-0-d"), mapper("CRYPT-VERITY"));
    assert_eq!(kind("mpatha", "mpath-3600508b400105e21"), LayerKind::Multipath);
    assert_eq!(kind("mpatha1", "part1-mpath-3600508b400105e21"), LayerKind::Partition);
    assert_eq!(kind("partner", "partner-1"), mapper("partner"));
    assert_eq!(kind("s", "stratis-1-0a-thin-fs-0b"), LayerKind::Thin);
    assert_eq!(kind("s", "stratis-1-0a-physical-originsub"), mapper("stratis"));
    assert_eq!(kind("by-hand", ""), LayerKind::Mapper { maker: None });
}

#[test]
fn a_loop_device_names_its_file() {
    let sys = Sys::new();
    let file = [("loop/backing_file", "/srv/a b.img (deleted)\n"), ("loop/offset", "1048576\n")];
    sys.add("virtual/block/loop0", "7:0", &file)
        .add("virtual/block/loop1", "7:1", &[])
        .add("virtual/block/loop2", "7:2", &[("loop/offset", "0\n")])
        .put("virtual/block/loop2", "loop/backing_file", b"/srv/\xff\n")
        .add("virtual/block/loop0/loop0p1", "259:9", &[("partition", "1\n")]);
    let backing = Some(PathBuf::from("/srv/a b.img"));
    let expected = LayerKind::Loop { backing, deleted: true, offset: 1 << 20 };
    assert_eq!(sys.stack(259, 9)[1].kind, expected);
    let free = LayerKind::Loop { backing: None, deleted: false, offset: 0 };
    assert_eq!(sys.stack(7, 1)[0].kind, free);
    assert_eq!(sys.lowest(7, 2)["backing"], "/srv/\u{fffd}");
    assert!(sys.lowest(7, 1)["backing"].is_null());
    let all = loop_backing(sys.0.path());
    assert_eq!(all[0], ("loop0".to_owned(), PathBuf::from("/srv/a b.img (deleted)")));
    assert_eq!((all.len(), &*all[1].0), (2, "loop2"));
}

#[test]
fn the_flag_of_a_virtual_disk_says_nothing() {
    let by = |dir: &str, attributes: &[(&str, &str)]| {
        let sys = Sys::new();
        sys.add(dir, "8:0", attributes).put(dir, "queue/rotational", "1\n");
        let disk = sys.lowest(8, 0);
        assert_eq!(disk["medium"], "virtual", "{dir}");
        disk["by"].as_str().unwrap().to_owned()
    };
    let pci = [("device/vendor", "0x1af4\n"), ("serial", "overlay")];
    assert_eq!(by("pci0000:00/0000:00:02.0/virtio1/block/vda", &pci), "virtio");
    let vmbus =
        "LNXSYSTM:00/LNXSYBUS:00/ACPI0004:00/VMBUS:00/f8b3/host0/target0:0:0/0:0:0:0/block/sda";
    assert_eq!(by(vmbus, &[]), "hyper-v");
    assert_eq!(by("vbd-51712/block/xvda", &[]), "xen");
    assert_eq!(by("virtual/block/zd0", &[]), "software");
    let named =
        |vendor: &str, model: &str| by(SDA, &[("device/vendor", vendor), ("device/model", model)]);
    assert_eq!(named("ATA", "QEMU HARDDISK"), "qemu");
    assert_eq!(named("VMware  ", "Virtual disk    "), "vmware");
    assert_eq!(named("ATA", "VBOX HARDDISK"), "virtualbox");
    assert_eq!(named("DELL", "PERC H730 Mini"), "raid-controller");
    assert_eq!(named("HP", "LOGICAL VOLUME"), "raid-controller");
    assert_eq!(by("pci0000:00/cciss0/cciss!c0d0", &[]), "raid-controller");
}

#[test]
fn a_volume_of_a_megaraid_is_told_from_its_plain_disks() {
    let medium = |channel: u32| {
        let sys = Sys::new();
        let host = "pci0000:00/0000:03:00.0/host0";
        let disk = format!("{host}/target0:{channel}:0/0:{channel}:0:0/block/sda");
        sys.add(&disk, "8:0", &[("queue/rotational", "1\n"), ("device/vendor", "AVAGO\n")]);
        sys.put(host, "scsi_host/host0/proc_name", "megaraid_sas\n");
        sys.lowest(8, 0)["medium"].as_str().unwrap().to_owned()
    };
    assert_eq!(medium(2), "virtual");
    assert_eq!(medium(0), "magnetic");
}

#[test]
fn what_is_taken_for_rotational_need_not_turn() {
    let medium = |dir: &str, rotational: &str, turns: Option<u16>| {
        let sys = Sys::new();
        sys.add(dir, "8:0", &[("queue/rotational", rotational)]);
        if let Some(turns) = turns {
            sys.put(dir, "device/vpd_pgb1", rate(turns));
        }
        sys.lowest(8, 0)["medium"].as_str().unwrap().to_owned()
    };
    let stick = "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0/block/sdb";
    assert_eq!(medium(stick, "1\n", None), "unknown");
    assert_eq!(medium(stick, "1\n", Some(0)), "unknown");
    assert_eq!(medium(stick, "1\n", Some(5400)), "magnetic");
    assert_eq!(medium(stick, "0\n", None), "flash");
    assert_eq!(medium(SDA, "1\n", None), "magnetic");
    assert_eq!(medium(SDA, "1\n", Some(0)), "unknown");
    assert_eq!(medium(SDA, "1\n", Some(1)), "flash");
    assert_eq!(medium(SDA, "", None), "unknown");
    assert_eq!(
        medium("platform/x.mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0", "1\n", None),
        "flash"
    );
    assert_eq!(
        medium("LNXSYSTM:00/ndbus0/region0/namespace0.0/block/pmem0", "0\n", None),
        "unknown"
    );
}

#[test]
fn devices_on_other_machines() {
    let how = |dir: &str, attributes: &[(&str, &str)]| {
        let sys = Sys::new();
        let layer = sys.add(dir, "43:0", attributes).lowest(43, 0);
        layer["how"].as_str().unwrap_or("none").to_owned()
    };
    assert_eq!(how("virtual/block/nbd0", &[]), "nbd");
    assert_eq!(how("rbd/0/block/rbd0", &[]), "rbd");
    assert_eq!(how("virtual/block/etherd!e0.1", &[]), "aoe");
    let scsi = "target3:0:0/3:0:0:0/block/sdb";
    assert_eq!(how(&format!("platform/host3/session1/{scsi}"), &[]), "iscsi");
    assert_eq!(how(&format!("pci0000:00/host3/rport-3:0-0/{scsi}"), &[]), "fibre-channel");
    let fabric = "virtual/nvme-fabrics/ctl/nvme1/nvme1n1";
    assert_eq!(how(fabric, &[("device/transport", "tcp\n")]), "nvme-tcp");
    let shared = "virtual/nvme-subsystem/nvme-subsys2/nvme2n1";
    assert_eq!(how(shared, &[("device/nvme2/transport", "rdma\n")]), "nvme-rdma");
    assert_eq!(how(shared, &[("device/nvme2/transport", "pcie\n")]), "none");
    assert_eq!(how("virtual/block/nbdish", &[]), "none");
}

#[test]
fn a_replicated_device_goes_on_below() {
    let sys = Sys::new();
    sata(&sys).add("virtual/block/drbd0", "147:0", &[]).on("virtual/block/drbd0", SDA1);
    assert_eq!(sys.shape(147, 0), ["0 drbd0 network", "1 sda1 partition", "2 sda disk"]);
    sys.add("virtual/block/bcache0", "252:0", &[]).on("virtual/block/bcache0", SDA2);
    assert_eq!(sys.shape(252, 0), ["0 bcache0 cache", "1 sda2 partition", "2 sda disk"]);
    sys.add("virtual/block/odd0", "240:0", &[]).on("virtual/block/odd0", SDA);
    assert_eq!(sys.shape(240, 0), ["0 odd0 mapper", "1 sda disk"]);
}

#[test]
fn memory_zones_and_dax() {
    let sys = Sys::new();
    sys.add("virtual/block/zram0", "251:0", &[("backing_dev", "none\n")])
        .add("virtual/block/zram1", "251:1", &[("backing_dev", "/dev/sda3\n")])
        .add("virtual/block/ram0", "1:0", &[("queue/dax", "1\n")])
        .add(SDA, "8:0", &[("queue/zoned", "host-managed\n")])
        .add(SDA1, "8:1", &[("partition", "1\n")]);
    assert_eq!(sys.stack(251, 0)[0].kind, LayerKind::Zram { backing: None });
    assert_eq!(sys.lowest(251, 1)["backing"], "/dev/sda3");
    assert_eq!(
        (sys.shape(1, 0), sys.stack(1, 0)[0].dax),
        (vec!["0 ram0 ram-disk".to_owned()], true)
    );
    let zones: Vec<_> = sys.stack(8, 1).iter().map(|layer| layer.zoned).collect();
    assert_eq!(zones, [Zoned::HostManaged; 2]);
}

#[test]
fn what_cannot_be_looked_at_is_not_left_out() {
    let sys = Sys::new();
    sys.map(0, "a", &lvm('a', ""), &[]).map(1, "b", &lvm('b', ""), &[]);
    let slaves = sys.0.path().join("devices").join(dm(0)).join("slaves");
    symlink("/nowhere/sdx1", slaves.join("sdx1")).unwrap();
    assert_eq!(sys.shape(253, 0), ["0 dm-0 linear", "1 sdx1 unknown"]);
    assert!(sys.stack(253, 9).is_empty());
}

#[test]
fn circles_and_heights_come_to_an_end() {
    let sys = Sys::new();
    for minor in 0..200 {
        sys.map(minor, "x", "x-1", &[]);
    }
    for minor in 0..199 {
        sys.on(&dm(minor), &dm(minor + 1));
        // Every device can be reached in very many ways.
        if minor < 198 {
            sys.on(&dm(minor), &dm(minor + 2));
        }
    }
    sys.on(&dm(199), &dm(0));
    let layers = sys.stack(253, 0);
    assert_eq!((layers.len(), layers[0].depth), (200, 0));
}

#[test]
fn the_devices_of_this_machine_are_understood() {
    let sys = Path::new("/sys");
    assert!(stack(sys, (0, 22)).is_empty());
    let Ok(entries) = fs::read_dir(sys.join("dev/block")) else { return };
    for entry in entries.flatten() {
        let number = entry.file_name().to_string_lossy().into_owned();
        let (major, minor) = number.split_once(':').unwrap();
        let device = (major.parse().unwrap(), minor.parse().unwrap());
        let layers = stack(sys, device);
        assert_eq!(layers.first().map(|layer| (layer.device, layer.depth)), Some((device, 0)));
        let lowest = serde_json::to_value(layers.last().unwrap()).unwrap();
        assert_ne!(lowest["kind"], "unknown", "{lowest}");
    }
    let all = loop_backing(sys);
    assert!(all.iter().all(|(name, _)| name.starts_with("loop")), "{all:?}");
}
