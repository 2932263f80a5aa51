//! Copies of a vault: made, interrupted, damaged, exchanged, checked and healed.

mod vault_copies {
    mod check;
    mod faults;
    mod guard;
    mod limits;
    mod repair;
    mod scene;
    mod sync;
}
