//! The vault: packs of sealed objects, snapshots, and what is needed to look after them without a key.
//! The format is in `docs/spec/vault.md`.

mod object;

pub(crate) use object::is_path;
pub use object::{Attributes, ChunkKey, Class, Description, Extent, Kind, Record, Time};
