//! Officers, policy and approvals: who may decide what about keys, how they say it, and what is checked before
//! anything is done (`docs/spec/approval.md`).
//!
//! Everything here is pure: no store, no clock, no files. The key store enforces with it, and whoever verifies a certificate
//! replays the same code.

#[cfg(any(test, feature = "test-door"))]
pub mod cast;
mod digest;
mod duration;
pub mod inventory;
pub(crate) mod json;
mod officer;
pub mod policy;
pub mod register;
mod request;
pub mod statement;
mod text;

pub use digest::{Digest, NotADigest};
pub use duration::{NotADuration, Seconds};
pub use inventory::{Item, ItemKind};
pub use officer::{
    LEAVER_LIMIT, NotAKey, NotARole, NotAnId, NotAnOfficer, Officer, OfficerId, OfficerKey,
    OfficerState, Person, Qualification, Role,
};
pub use policy::Policy;
pub use register::Register;
pub use request::{CopyOf, RegisteredCopy, Request, Summary, Trigger};
pub use statement::{Draft, Said, Statement};
pub use text::{BadText, Name, Text};
