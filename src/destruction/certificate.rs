//! The destruction certificate: one signed file from which anybody can tell, offline, whether these people approved
//! exactly this list, and whether it was destroyed (`docs/spec/certificate.md`).

mod bundle;
mod dossier;
mod error;
mod file;
mod forms;

pub use bundle::{
    Bundle, Bytes, Claim, Cosigned, Entry, Inventory, Program, Residual, SCHEMA, StoreIdentity,
    Text,
};
pub use dossier::{Act, CopyFacts, Dossier, RequestFacts};
pub use error::{Error, Result};
pub use file::{PAYLOAD_TYPE, SignedFile, pre_authentication};
pub use forms::{html, pdf, xlsx};
