//! Placeholder while this branch is being made.
