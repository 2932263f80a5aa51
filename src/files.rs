//! Operations on files and trees: sealing, opening, checking. Options → plan → report.
//!
//! A library: it does not print, prompt or read the environment. Data keys come from a [`Keys`](crate::keys::Keys); the key store is one.
//!
//! Every file, directory and symbolic link of a tree becomes one sealed file with a data key of its own. Names are
//! mirrored (`a/b.txt` → `a/b.txt.sealed`, a directory's own object → `a/.sealed`), or hidden (`<key id>.sealed`, all in one
//! directory). Either way the authenticated path inside decides what a file is opened to.

mod error;
mod group;
mod open;
mod place;
mod report;
mod seal;

pub use error::Error;
pub(crate) use group::Scratch;
pub use open::{
    Inspection, OpenOptions, OpenPlan, OpenTarget, OpenedStream, check_stream, inspect, open_range,
    open_range_to, open_stream, open_stream_to,
};
pub use report::{Failure, Item, Moved, Report, SkipReason, Skipped};
pub(crate) use seal::Pairs;
pub use seal::{
    PlannedObject, SealOptions, SealPlan, SealTarget, SealedStream, seal_stream, seal_stream_to,
};
