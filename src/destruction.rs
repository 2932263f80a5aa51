//! Destruction: what is to be destroyed, resolved to a frozen list; plain files overwritten; and afterwards, whether anything of
//! it opens anywhere. Combines key store, vault, wipe and retention. Who may decide all this is the key store's affair.
//!
//! `Options → Resolution → Frozen`: [`resolve`] looks and changes nothing, [`Resolution::freeze`] makes the lines that officers
//! sign (`docs/spec/approval.md` §6), [`Frozen::keep`] writes them down beside the key store.
//!
//! | module | for |
//! |---|---|
//! | [`annex`] | the names of the items, under a key that dies with them |
//! | [`certificate`] | the file that an auditor gets, and the forms made from it |
//! | [`execution`] | an approved request, carried out |
//! | [`inspection`] | opening attempted at every place that can be reached |
//! | [`mirror`] | what is kept of requests, in copies of the key store too |
//! | [`overwrite`] | files and devices, overwritten as the lines say |
//! | [`packet`] | all that an officer needs to decide on another machine |
//! | [`request_files`] | what is kept of a request beside the key store |

pub mod annex;
mod blocked;
pub mod certificate;
mod choice;
mod error;
pub mod execution;
mod forget;
mod freeze;
pub mod inspection;
mod lineage;
mod measure;
pub mod mirror;
pub mod overwrite;
pub mod packet;
mod places;
mod plain;
mod related;
pub mod request_files;
mod resolve;
mod scan;
mod texts;
mod wipe_report;

pub use blocked::{Blocked, Why};
pub use choice::{Choice, Options, Physical, Query};
pub use error::{Error, Result};
pub use forget::forget;
pub use freeze::Frozen;
pub use places::CopyPlace;
pub use resolve::{Found, Origin, Resolution, Sources, resolve};
