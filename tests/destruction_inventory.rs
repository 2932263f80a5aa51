//! From what somebody wants to have destroyed to the list of it, and whether anything of it opens afterwards.

#![allow(clippy::unwrap_used, reason = "these are tests")]
#![allow(clippy::print_stdout, reason = "how long things took, for `--nocapture`")]

#[path = "support/vault.rs"]
mod support;

mod destruction_inventory {
    mod consent;
    mod files;
    mod inspection;
    mod packet;
    mod resolve;
    mod scene;
    mod speed;
}
