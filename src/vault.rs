//! The vault: encrypted storage from which one object can be taken out of every copy at once.
//!
//! Bytes and order of persistence are in `docs/spec/vault.md`.

pub mod check;
pub mod copy;
pub mod description;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod head;
pub(crate) mod id;
pub mod index;
mod keyring;
mod listing;
mod object;
pub mod pack;
mod packer;
pub mod prune;
pub mod rebuild;
pub mod register;
#[cfg(test)]
mod scene;
pub mod sealed_box;
mod segment;
mod session;
pub mod signed;
mod snapshot;
pub mod storage;

pub use description::VaultFile;
pub(crate) use error::check;
pub use error::{Error, Refused, Result};
pub use head::Head;
pub use index::{IndexFile, IndexId, PackIndex, Relocation};
pub use keyring::Keyring;
pub use listing::{CATALOGUE, forget_listings};
pub(crate) use listing::{IndexKey, Row, Tag, Taggers};
pub use object::{Attributes, ChunkKey, Class, Description, Extent, Kind, Record, Time};
pub use pack::{PackId, PackInfo, PackKind, PackWriter};
pub(crate) use packer::Packer;
pub use sealed_box::{open_box, seal_box};
pub(crate) use segment::{Cutter, Entry, Locators, Segment, open_record, seal_record};
pub use segment::{Locator, Mark, SegmentId};
pub(crate) use session::now;
pub use session::{Access, BadFile, SharedKeys, Vault};
pub use signed::SignedFile;
pub use snapshot::{About, RulesUsed, SegmentRef, SnapshotFile, SnapshotId};
pub use storage::{Directory, Lock, Put, Storage, VaultLock};
