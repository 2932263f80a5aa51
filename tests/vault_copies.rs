//! Copies of a vault: made, interrupted, damaged, exchanged, checked and healed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod vault_copies {
    mod check;
    mod faults;
    mod guard;
    mod limits;
    mod repair;
    mod scene;
    mod sync;
}
