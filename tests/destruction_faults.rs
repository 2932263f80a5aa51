//! Destructions to which everything bad happens: a program killed at any moment, old states of key store and vault put back,
//! attempts to use what waits, lost and edited lists, two executions side by side.
//!
//! With `SEALKEEP_REQUIRE_ALL=1`, or `SEALKEEP_KILLS` set to a number, more is tried.

#![allow(clippy::unwrap_used, reason = "these are tests")]
#![allow(clippy::print_stdout, reason = "how much was tried, for `--nocapture`")]

mod destruction_faults {
    mod back;
    mod inspected;
    mod kill;
    mod misuse;
    mod review;
    mod scene;
    mod waiting;
}
