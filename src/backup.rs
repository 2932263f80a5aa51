//! Backups: from a file system into the [vault](crate::vault), and back.
//!
//! | module | for |
//! |---|---|
//! | [`rules`] | the file of scope rules: which scope, level, class and subjects a path belongs to |
//! | [`browse`] | what is in a snapshot: looked up, listed, searched, compared |
//! | [`drill`] | a sample restored to scratch and compared |
//! | [`dump`] | the content of one file |
//! | [`filter`] | what is left out: patterns, caches, other file systems, large files; lists of sources |
//! | [`keep`] | which snapshots stay when others are forgotten |
//! | [`restore`] | from a snapshot back into a file system |

mod apply;
mod attributes;
pub mod browse;
mod chunker;
mod compare;
mod compress;
pub mod drill;
pub mod dump;
mod execute;
pub mod filter;
mod job_keys;
pub mod keep;
mod known;
mod place;
mod plan;
mod prepare;
mod previous;
mod probe;
mod read;
mod report;
pub mod restore;
pub mod rules;
mod walk;
mod writer;

pub use apply::{Note, Omitted};
pub use attributes::Unread;
pub(crate) use job_keys::LABEL;
pub use place::{Overwrite, PlaceError};
pub use plan::{BackupOptions, BackupPlan, PlanError};
pub(crate) use probe::{Probed, probe};
pub use report::{BackupFailure, BackupReport, ObjectError, Tally};
pub use writer::Written;
