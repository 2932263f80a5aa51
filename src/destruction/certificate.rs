//! The destruction certificate: one signed file from which anybody can tell, offline, whether these people approved
//! exactly this list, and whether it was destroyed (`docs/spec/certificate.md`).
//!
//! [`verify`] needs no key store and no network; [`html`], [`pdf`] and [`xlsx`] put on paper what was verified.

mod bundle;
mod claims;
mod dossier;
mod error;
mod forms;
mod issue;
mod verify;

pub use bundle::{
    Bundle, Bytes, Claim, Cosigned, Entry, Inventory, Program, Residual, SCHEMA, StoreIdentity,
    Text,
};
pub use dossier::{Act, CopyFacts, Dossier, RequestFacts};
pub use error::{Error, Result};
pub use forms::{html, pdf, xlsx};
pub use issue::{Papers, complete, issue};
pub use verify::{Check, CheckName, Verdict, verify};

/// The kind of envelope that a certificate is.
const ENVELOPE: &str = "certificate";
/// The `keyid` of the store's signature.
const STORE_KEY_ID: &str = "store";
