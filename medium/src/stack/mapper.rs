//! What a device-mapper device is, by uuids and names: its own, and those of what it stands on.
//!
//! cryptsetup, LVM, multipath and others put their name before the uuid (Documentation/ABI/testing/sysfs-block-dm). LVM
//! puts a word behind the uuids of the parts of a volume, and into names that it gives to nothing else (`lvmthin(7)`,
//! `lvmcache(7)`, `lvmraid(7)`, `lvmvdo(7)`).

use super::LayerKind;
use super::node::Node;

/// The kind of a device that has a `dm` directory.
pub(super) fn kind(node: &Node) -> LayerKind {
    let own = Label::of(node);
    let below = node.below();
    let below: Vec<_> =
        below.iter().filter_map(|dir| Node::at(dir)).map(|it| Label::of(&it)).collect();
    match own.maker() {
        Some("LVM") => volume(&own, &below),
        Some("CRYPT") => crypt(&own),
        Some("mpath") => LayerKind::Multipath,
        Some("VDO") => LayerKind::Deduplicated,
        Some("stratis") if own.uuid.contains("-thin-") => LayerKind::Thin,
        Some(part) if is_partition(part) => LayerKind::Partition,
        maker => LayerKind::Mapper { maker: maker.map(str::to_owned) },
    }
}

/// A device of cryptsetup: `CRYPT-LUKS2-…`.
fn crypt(own: &Label) -> LayerKind {
    const ENCRYPTED: [&str; 7] =
        ["LUKS1", "LUKS2", "PLAIN", "LOOPAES", "TCRYPT", "BITLK", "FVAULT2"];
    let format = own.uuid.split('-').nth(1).unwrap_or_default();
    match format {
        format if ENCRYPTED.contains(&format) => LayerKind::Crypt,
        "INTEGRITY" => LayerKind::Integrity,
        // What cryptsetup puts under an encrypted device that is authenticated.
        "SUBDEV" if own.name.ends_with("_dif") => LayerKind::Integrity,
        format => LayerKind::Mapper { maker: Some(format!("CRYPT-{format}")) },
    }
}

/// A device of LVM. What is below is asked for what alters an overwrite most, first.
fn volume(own: &Label, below: &[Label]) -> LayerKind {
    let is = |words: &[&str]| own.word().is_some_and(|word| words.contains(&word));
    let on = |words: &[&str]| {
        below.iter().any(|label| label.word().is_some_and(|word| words.contains(&word)))
    };
    let on_part = |names: &[&str]| {
        below.iter().any(|label| names.iter().any(|name| label.name.contains(name)))
    };
    if is(&["tpool"]) || on(&["tpool", "tdata", "tmeta"]) {
        LayerKind::Thin
    } else if is(&["vpool"]) || on(&["vpool", "vdata"]) {
        LayerKind::Deduplicated
    } else if on(&["cdata", "cmeta", "cvol", "cpool"]) || on_part(&["_cdata", "_cvol", "_cpool"]) {
        LayerKind::Cache
    } else if on_part(&["_iorig", "_imeta"]) {
        LayerKind::Integrity
    } else if on(&["cow", "real"]) {
        LayerKind::Snapshot
    } else if on_part(&["_rimage", "_rmeta", "_mimage"]) {
        LayerKind::Raid { level: None }
    } else if own.is_move() || below.iter().any(Label::is_move) {
        // Being moved to another disk: the place it comes from is not overwritten.
        LayerKind::Mapper { maker: Some("LVM-pvmove".to_owned()) }
    } else {
        LayerKind::Linear
    }
}

/// `part1`, of kpartx.
fn is_partition(maker: &str) -> bool {
    let number = maker.strip_prefix("part");
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}

/// `dm/uuid` and `dm/name`; empty for what is no device-mapper device.
struct Label {
    uuid: String,
    name: String,
}

impl Label {
    fn of(node: &Node) -> Self {
        let text = |attribute| node.text(attribute).unwrap_or_default();
        Self { uuid: text("dm/uuid"), name: text("dm/name") }
    }

    /// What stands before the first hyphen.
    fn maker(&self) -> Option<&str> {
        self.uuid.split('-').next().filter(|maker| !maker.is_empty())
    }

    /// The word that LVM puts behind the uuid of a part of a volume.
    fn word(&self) -> Option<&str> {
        self.uuid.strip_prefix("LVM-")?.split_once('-').map(|(_, word)| word)
    }

    /// What `pvmove` makes for the time of its work. In names of LVM a hyphen of the user is doubled.
    fn is_move(&self) -> bool {
        let name = self.name.replace("--", "");
        self.maker() == Some("LVM")
            && name.split_once('-').is_some_and(|(_, volume)| volume.starts_with("pvmove"))
    }
}
