//! The destruction certificate: one signed file from which anybody can tell, offline, whether these people approved
//! exactly this list, and whether it was destroyed (`docs/spec/certificate.md`).

mod bundle;
mod error;
mod file;

pub use bundle::{
    Bundle, Bytes, Claim, Cosigned, Entry, Inventory, Program, Residual, SCHEMA, StoreIdentity,
    Text,
};
pub use error::{Error, Result};
pub use file::{PAYLOAD_TYPE, SignedFile, pre_authentication};
