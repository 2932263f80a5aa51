//! Vaults to which everything bad happens: killed programs, full disks, flipped bits, lost and exchanged files, old states put
//! back, many processes at once, destroyed keys.
//!
//! With `SEALKEEP_REQUIRE_ALL=1`, or `SEALKEEP_KILLS` set to a number, more is tried.

#![allow(clippy::unwrap_used, reason = "these are tests")]
#![allow(clippy::print_stdout, reason = "how much was tried, for `--nocapture`")]

#[path = "support/vault.rs"]
mod support;

mod vault_faults {
    mod flip;
    mod full;
    mod kill;
    mod lost;
    mod rollback;
    mod scene;
    mod shred;
    mod together;
}
