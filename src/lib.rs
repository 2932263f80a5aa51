//! Sealkeep takes sensitive data through its whole life: sealed, kept, destroyed, and proved destroyed.
//!
//! A sealed file holds no key material at all, only the id of a key in a [key store](sealkeep_keystore). So
//! destroying one key destroys every copy of that file, wherever it lies.
//!
//! ```
//! use std::time::Duration;
//! use sealkeep::envelope::{Metadata, Sealer, open_bytes, seal_bytes};
//! # use sealkeep_crypto::Suite;
//! ```
//!
//! | module | for |
//! |---|---|
//! | [`envelope`] | the sealed-file format: streams, files, ranges, given a data key |
//! | [`files`] | files and directory trees, given a source of data keys |

pub mod envelope;
pub mod files;
