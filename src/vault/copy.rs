//! Copies of a vault: byte copies of files that never change, made, checked and healed without any key.
//!
//! The newest head of a vault names every file but the packs, and the index files that it names have the digests of the packs:
//! so it fixes every byte, and is all that a copy is compared with (`docs/spec/vault.md` §9).
//!
//! Order of persistence of [`sync`] (`docs/spec/vault.md` §12): `vault` → packs → index files → records → register → snapshots →
//! head → removal of what the new head does not name. Each file is verified on its way, synced before it gets its name, and read
//! back before the next step. If we crash before the head, the copy is what it was, with some files that its head does not
//! name yet; the next run finds them and goes on. If we crash after it, the copy is whole and holds some files too many.
//!
//! Order of persistence of [`repair`]: the good bytes are written and verified → the bad file is removed → the good one gets its
//! name → it is read back. If we crash after the removal, the file is missing, and where it was taken from still has it.

mod check;
mod contents;
mod guard;
mod repair;
mod sync;
mod transfer;

pub(super) use contents::is_local;

pub use check::{CopyCheck, Rotten, check};
pub use repair::{RepairReport, Unhealed, repair};
pub use sync::{SyncOptions, SyncReport, sync};
