//! Packs: many blobs in one file that never changes, with the digests of its blocks (`docs/spec/vault.md` §4).

mod digester;
mod layout;
mod read;
mod verify;
mod write;

use std::fmt;

use super::id::id;

pub(crate) use digester::PackDigester;
pub use layout::{BLOCK, MOST};
pub(crate) use read::owner;
pub use read::{Blob, Blobs, read_blob, read_info, read_manifest_blobs};
pub use verify::{PackFault, PackPart, verify_pack};
pub use write::PackWriter;

id! {
    /// The name of a pack.
    PackId
}

impl PackId {
    /// The name of the file: `packs/XX/ID`.
    #[must_use]
    pub fn name(&self) -> String {
        let digits = self.to_string();
        format!("packs/{}/{digits}", &digits[..2])
    }

    /// The pack whose file has this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let (_, digits) = name.strip_prefix("packs/")?.split_once('/')?;
        Self::parse(digits).filter(|id| id.name() == name)
    }
}

/// What a pack holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PackKind {
    /// Chunks of files.
    Content,
    /// Segments and snapshots.
    Manifest,
}

impl PackKind {
    /// The number that stands for it.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Content => 1,
            Self::Manifest => 2,
        }
    }

    /// The kind with this number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Content),
            2 => Some(Self::Manifest),
            _ => None,
        }
    }
}

impl fmt::Display for PackKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Content => "content",
            Self::Manifest => "manifest",
        })
    }
}

/// A pack as an index names it. Length and digest fix every byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackInfo {
    /// Its name.
    pub id: PackId,
    /// What it holds.
    pub kind: PackKind,
    /// The length of the file.
    pub length: u64,
    /// The digest over the digests of its blocks.
    pub digest: [u8; 32],
}

#[cfg(test)]
mod tests;
