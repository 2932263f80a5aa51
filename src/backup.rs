//! Backups: what stands between a file system and the [vault](crate::vault).

// Until everything in here is put to use.
#![allow(dead_code)]

mod apply;
mod attributes;
mod chunker;
mod compress;
mod place;
mod read;
mod walk;

pub use apply::{Note, Omitted};
pub use place::{Overwrite, PlaceError};
#[cfg(test)]
