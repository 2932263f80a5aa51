//! The vault: encrypted storage from which one object can be taken out of every copy at once.
//!
//! Bytes and order of persistence are in `docs/spec/vault.md`.

pub mod copy;
pub mod description;
pub mod dsse;
mod error;
pub mod head;
pub(crate) mod id;
pub mod index;
mod keyring;
pub mod pack;
pub mod register;
pub mod sealed_box;
pub mod signed;
pub mod storage;

pub use description::VaultFile;
pub use error::{Error, Refused, Result};
pub use head::Head;
pub use index::{IndexFile, IndexId, PackIndex, Relocation};
pub use keyring::Keyring;
pub use pack::{PackId, PackInfo, PackKind, PackWriter};
pub use sealed_box::{open_box, seal_box};
pub use signed::SignedFile;
pub use storage::{Directory, Lock, Put, Storage, VaultLock};
