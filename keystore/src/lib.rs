//! The key store of Sealkeep: keys in a tree under one small root that can be erased.
//!
//! A sealed file holds no key, only a key's id. The keys are here, and destroying one destroys every copy of what it
//! sealed. A destroyed key stays destroyed: every page on its path and the root get fresh keys, and the
//! old root is overwritten, so what lies in old database files or logs is ciphertext under keys that no longer exist.
//!
//! ```
//! use std::time::Duration;
//! use sealkeep_crypto::Suite;
//! use sealkeep_keystore::{InitOptions, KeyFile, KeyStore, Location, NewCustody, Unlock};
//!
//! # let dir = tempfile::tempdir()?;
//! let place = Location::new(dir.path().join("keys"), None);
//! let key_file = KeyFile::generate();
//! let options = InitOptions {
//!     suite: Suite::Aes256Gcm,
//!     custody: &[NewCustody::KeyFile(&key_file)],
//!     shares: Some((2, 3)),
//! };
//! let (mut store, shares) = KeyStore::init(&place, &options, Duration::from_secs(10))?;
//! assert_eq!(shares.len(), 3);
//!
//! let made = store.create_keys("radiology/patient-0042", Suite::Sm4Gcm, &[b"scan.dcm"])?;
//! drop(store);
//!
//! let mut store = KeyStore::open(&place, &Unlock::KeyFile(&key_file), Duration::from_secs(10))?;
//! let opened = store.open_key(&made[0].id)?;
//! assert_eq!(opened.secret.expose(), made[0].secret.expose());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This crate is the authority: it never sees data, takes and returns plain values, and enforces what it must
//! enforce by itself. Byte formats and the order of persistence are in `docs/spec/keystore.md`.

#[cfg(test)]
mod adversary;
pub mod approval;
pub mod base64;
mod cell;
mod clearance;
mod clock;
mod copy;
mod custody;
mod db;
pub mod dsse;
mod error;
mod feed;
mod files;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod id;
mod leaf;
pub mod ledger;
mod lock;
mod medium;
mod names;
mod page;
mod pager;
pub mod record;
mod records;
mod root;
mod scope;
mod shares;
mod state;
mod store;
mod text;
mod txn;

pub use cell::ReadBack;
pub use clearance::Clearance;
pub use copy::{CopyRecord, OnFailure};
pub use custody::{Custody, CustodyKind, KeyFile, MAX_CUSTODIES, NewCustody, Unlock};
pub use error::{Error, Result};
pub use id::{KeyId, NotAKeyId};
pub use leaf::{MAX_LABEL, Tombstone};
pub use medium::{Medium, Overwrite};
pub use root::Restore;
pub use scope::ScopeTombstone;
pub use shares::{MAX_SHARES, Share, ShareError};
pub use state::{KeyState, NotAKeyState};
pub use store::{
    Accepted, Actor, AlarmBell, CellErasure, CheckReport, CopyCheck, CopyOutcome, CopyState,
    CopyStatus, DrillReport, EXECUTION, Examined, InitOptions, KeyFacts, KeyFilter, KeyInfo,
    KeyStore, LedgerFault, LedgerReport, LedgerStatus, Location, NewKey, OpenedKey, Peek, Problem,
    Proven, Ran, Receipt, RestoreOptions, RestoreReport, ScopeFacts, ScopeInfo, Status, Wiping,
};
