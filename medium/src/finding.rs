//! What an examination found, and what it means for an overwrite.

use serde::Serialize;

/// Something found under or about a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// What it does to the claim.
    pub effect: Effect,
    /// Names and numbers: a device, a process, a count.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Finding {
    /// A finding with its detail.
    pub fn new(code: Code, effect: Effect, detail: impl Into<String>) -> Self {
        Self { code, effect, detail: detail.into() }
    }
}

/// What a finding does to the claim; the strongest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Worth knowing.
    Note,
    /// What was overwritten may also lie elsewhere.
    BestEffort,
    /// An overwrite does not reach what lies there.
    Impossible,
    /// Overwriting would do harm, or cannot be done at all, until somebody has seen to it.
    Refuse,
}

/// What an overwrite can achieve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// It lands on the blocks that hold the content.
    InPlace,
    /// It may; what is beneath decides, and cannot be asked.
    BestEffort,
    /// It does not.
    Impossible,
}

impl Reach {
    /// The name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InPlace => "in-place",
            Self::BestEffort => "best-effort",
            Self::Impossible => "impossible",
        }
    }

    /// What findings together allow.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        match findings.into_iter().map(|finding| finding.effect).max() {
            None | Some(Effect::Note) => Self::InPlace,
            Some(Effect::BestEffort) => Self::BestEffort,
            Some(Effect::Impossible | Effect::Refuse) => Self::Impossible,
        }
    }
}

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $text:literal;)*) => {
        /// What can be found. The names are stable: reports carry them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[non_exhaustive]
        pub enum Code { $($(#[$meta])* #[serde(rename = $text)] $name,)* }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The name used in reports and message catalogues.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// Earlier versions of a file may lie in free space.
    EarlierVersions = "earlier-versions";
    /// Names, times and sizes may stay in the metadata or the log of the file system.
    NameInJournal = "name-in-journal";
    /// Content went through the journal.
    DataJournal = "data-journal";
    /// Content stands among metadata.
    Inline = "inline";
    /// There are holes, which hold nothing.
    Sparse = "sparse";
    /// There is room that was allocated and never written by this file.
    Unwritten = "unwritten";
    /// Extended attributes or access control lists.
    Attributes = "attributes";
    /// The content lies in memory.
    Memory = "memory";
    /// Memory may have been swapped out.
    Swap = "swap";
    /// Everything below is encrypted by the system.
    EncryptedDevice = "encrypted-device";
    /// Several disks hold it; a member that was taken out keeps what it had.
    Raid = "raid";
    /// Flash memory writes elsewhere and keeps old blocks for a while.
    Flash = "flash";
    /// The disk is made by a hypervisor.
    VirtualDisk = "virtual-disk";
    /// Nobody says what the disk is.
    UnknownMedium = "unknown-medium";
    /// Thinly provisioned storage.
    Thin = "thin";
    /// A cache or a journal of its own lies between.
    Cache = "cache";
    /// Shingled or zoned storage writes elsewhere.
    Zoned = "zoned";
    /// The block device is on another machine.
    NetworkDevice = "network-device";
    /// The file system is on another machine.
    Network = "network";
    /// The file system is not one whose writing is known.
    UnknownFileSystem = "unknown-file-system";
    /// The file system does not say where a file lies.
    NoExtents = "no-extents";
    /// The file system does not know yet, or does not tell, where parts of the file lie.
    UnknownExtents = "unknown-extents";
    /// The file system writes changes elsewhere.
    CopyOnWrite = "copy-on-write";
    /// Content is compressed or encrypted by the file system.
    Compressed = "compressed";
    /// Other files or snapshots hold the same blocks.
    Shared = "shared";
    /// A snapshot of the volume keeps the old blocks.
    Snapshot = "snapshot";
    /// A layer below an overlay holds a copy.
    LowerCopy = "lower-copy";
    /// The file has other names.
    HardLinks = "hard-links";
    /// Other programs have it open.
    InUse = "in-use";
    /// It is mounted, or part of something that is.
    Mounted = "mounted";
    /// It has a partition table.
    Partitions = "partitions";
    /// The system swaps to it.
    SwapFile = "swap-file";
    /// It must not be changed.
    Immutable = "immutable";
    /// Its file system or device takes no writes.
    ReadOnly = "read-only";
    /// Free blocks that the file system keeps, for itself or for the administrator.
    ReservedBlocks = "reserved-blocks";
    /// A quota ends before the free space does.
    Quota = "quota";
    /// The device is to erase itself by a command that was not tested on hardware here.
    Untested = "untested";
    /// What is neither in files nor free: rests of last blocks, directories, metadata.
    OutsideFreeSpace = "outside-free-space";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_effect_counts() {
        let found = |effects: &[Effect]| -> Vec<Finding> {
            effects.iter().map(|&effect| Finding::new(Code::Flash, effect, "")).collect()
        };
        assert_eq!(Reach::of(&[]), Reach::InPlace);
        assert_eq!(Reach::of(&found(&[Effect::Note])), Reach::InPlace);
        assert_eq!(Reach::of(&found(&[Effect::BestEffort, Effect::Note])), Reach::BestEffort);
        assert_eq!(Reach::of(&found(&[Effect::BestEffort, Effect::Refuse])), Reach::Impossible);
    }
}
