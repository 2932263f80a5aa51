//! What can go wrong with a destruction.

use std::io;
use std::path::{Path, PathBuf};

use sealkeep_keystore::approval::Digest;

use super::blocked::Blocked;
use crate::{keys, vault, wipe};

/// Why something about a destruction did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Some of it must be kept.
    #[error("{} of the listed objects must be kept", .0.len())]
    Blocked(Vec<Blocked>),
    /// Nothing was chosen that could be destroyed.
    #[error("nothing was found that could be destroyed")]
    Nothing,
    /// A pattern or path cannot be read.
    #[error("{0}")]
    Pattern(String),
    /// This can be said only of a vault, and none was given.
    #[error("a vault is needed for this")]
    NeedsVault,
    /// No snapshot has this id.
    #[error("there is no snapshot {0}")]
    NoSnapshot(vault::SnapshotId),
    /// These keys are the program's own.
    #[error("the scope {0} is the key store's own and is destroyed with what it is for")]
    Reserved(String),
    /// No method of `wipe` has this name.
    #[error("there is no method {0}")]
    Method(String),
    /// A text is longer than a line or a statement may have.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// The key store has no such request.
    #[error("there is no request {0}")]
    NoRequest(Digest),
    /// Nobody has ordered the execution.
    #[error("nobody has ordered the execution")]
    NotOrdered,
    /// Another program is carrying the request out.
    #[error("another program is carrying it out")]
    Busy,
    /// What was kept of a request is not what was signed.
    #[error("{what} is not what was signed")]
    Altered {
        /// Which part of it.
        what: &'static str,
    },
    /// A part of a request is not there.
    #[error("{0} is missing")]
    Missing(PathBuf),
    /// What is to be overwritten is not what was listed.
    #[error("item {item} is not what was listed: {why}")]
    Changed {
        /// Its number.
        item: u64,
        /// What is different.
        why: String,
    },
    /// Something cannot be overwritten as things are.
    #[error("{path}: {why}")]
    NotOverwritable {
        /// The file or device.
        path: PathBuf,
        /// What stands against it.
        why: String,
    },
    /// Keys of objects of a vault that was not given: whether they must be kept is not known.
    #[error("{0} keys belong to objects of a vault that was not given")]
    OtherVault(usize),
    /// The vault cannot be read.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// The key store says no.
    #[error(transparent)]
    KeyStore(#[from] sealkeep_keystore::Error),
    /// The source of keys says no.
    #[error(transparent)]
    Keys(keys::KeysError),
    /// A file or device cannot be examined.
    #[error(transparent)]
    Wipe(#[from] wipe::Problem),
    /// A sealed file cannot be read.
    #[error("{path}: {source}")]
    Sealed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: crate::files::Error,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Results of this module.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Attaches the path to a system error.
    pub(super) fn io<E: Into<io::Error>>(path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source: source.into() }
    }
}
