//! The sealed file: format v1, written down in `docs/spec/envelope.md`.
//!
//! This module is pure. It is handed a data key and a key id, never asks the key store, never prints, and knows no paths.
//!
//! Sealing: a [`Sealer`] is made for one object and used up by sealing it. Opening: a [`Preamble`] is read without a key,
//! [`Preamble::unlock`] turns it into an [`Opener`], which exists only if header and metadata are authentic. Both work on
//! memory, on streams of unknown length, and on files that can seek, and with several threads.
//!
//! ```
//! use sealkeep::envelope::{Metadata, Preamble, Run, Sealer, SegmentSize};
//! use sealkeep_crypto::{Secret, Suite};
//! use sealkeep_keystore::KeyId;
//!
//! let data_key = Secret::random();
//! let sealer =
//!     Sealer::new(&data_key, KeyId([7; 16]), Suite::Sm4Gcm, SegmentSize::default(), &Metadata::stream())?;
//! let mut sealed = Vec::new();
//! sealer.seal_stream(&b"a record"[..], &mut sealed, &Run::quiet())?;
//!
//! let mut input = &sealed[..];
//! let preamble = Preamble::read(&mut input)?;
//! assert_eq!(preamble.header().key_id, KeyId([7; 16]));
//! let opener = preamble.unlock(&data_key)?;
//! let mut content = Vec::new();
//! opener.open_stream(input, &mut content, &Run::quiet())?;
//! assert_eq!(content, b"a record");
//! # Ok::<(), sealkeep::envelope::Error>(())
//! ```

mod batch;
mod derive;
mod disjoint;
mod error;
mod header;
mod metadata;
mod open;
mod ordered;
mod run;
mod seal;
mod segments;
#[cfg(test)]
mod vectors;

pub use error::Error;
pub use header::{HEADER_LEN, Header, MAGIC, MAX_PREAMBLE_LEN, SegmentSize, looks_sealed};
pub use metadata::{Kind, Metadata, Mtime, SealedPath};
pub use open::{Opener, Preamble};
pub use run::Run;
pub(crate) use seal::read_full;
pub use seal::{Sealed, Sealer};
pub use segments::{Layout, MAX_CONTENT};
