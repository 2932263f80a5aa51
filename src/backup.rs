//! Backups: what stands between a file system and the [vault](crate::vault).

// Until everything in here is put to use.
#![allow(dead_code)]

mod attributes;
mod chunker;
mod compress;
mod read;
mod walk;
