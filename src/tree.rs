//! Directory trees: listed and entered by descriptor, so that no symbolic link below the starting point is ever followed.

mod beneath;
mod found;
mod walk;

use std::io;
use std::path::PathBuf;

pub(crate) use beneath::{DirCache, descend, open_dir, path_of, split_parent};
pub(crate) use found::{Found, Stamp};
pub(crate) use walk::{Lister, join, look, open_below, walk};

/// Why a directory could not be listed or entered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A component of a path is a symbolic link or not a directory.
    #[error("{0} is not a directory")]
    NotADirectory(PathBuf),
    /// The operating system said no.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was being done, as a verb phrase.
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Wraps an error of the operating system with what was being done.
pub(crate) fn io<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> Error {
    move |source| Error::Io { action, source: source.into() }
}
