//! What can go wrong with a vault.

use std::io;
use std::time::Duration;

use rustix::io::Errno;
use sealkeep_keystore::dsse;

use crate::envelope;
use crate::keys::{KeysError, Unavailable};
use crate::output;

/// Why an operation on a vault did not happen. Files are named as the vault names them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The directory holds no vault.
    #[error("{0} is not a vault")]
    NotAVault(String),
    /// A vault, or something else, is there already.
    #[error("{0} exists and is not an empty directory")]
    NotEmpty(String),
    /// There is no such file in the vault.
    #[error("{0} is missing")]
    Missing(String),
    /// A file of this name is there; files of a vault are never replaced.
    #[error("{0} exists already")]
    Exists(String),
    /// The name is not one that a vault gives to its files.
    #[error("'{0}' is not a name of a file in a vault")]
    BadName(String),
    /// The file is shorter than what was to be read from it.
    #[error("{0} is too short")]
    TooShort(String),
    /// More bytes than the format allows.
    #[error("{0} is too large")]
    TooLarge(String),
    /// A file is not what it must be.
    #[error("{name}: {reason}")]
    Refused {
        /// The file.
        name: String,
        /// Why it is not believed.
        reason: Refused,
    },
    /// The vault, or the copy, has no head that can be believed: nobody can say what belongs to it.
    #[error("{0} has no head that can be believed")]
    NoHead(String),
    /// The copy knows more than the vault: this vault was emptied or put back to an earlier state. The copy is not changed.
    #[error("the copy is at head {copy}, and the vault at head {vault}")]
    CopyAhead {
        /// The number of the copy's head.
        copy: u64,
        /// The number of the vault's head.
        vault: u64,
    },
    /// The copy has a head with this number that is not the vault's: the vault was put back to an earlier state and went on
    /// from there. The copy is not changed.
    #[error("the copy has a head {0} that this vault does not know")]
    CopyDiverged(u64),
    /// No copy or medium has this id or place.
    #[error("no copy or medium '{0}' is registered")]
    NotRegistered(String),
    /// A copy at this place is registered already, under this id.
    #[error("a copy at this place is registered as {0}")]
    Registered(String),
    /// What was written could not be read back as it was.
    #[error("{0} cannot be read back as it was written")]
    NotKept(String),
    /// Somebody else works on the vault and has not finished within this time.
    #[error("the vault was in use for more than {}", seconds(*.0))]
    Busy(Duration),
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// The key store says no.
    #[error(transparent)]
    Keys(KeysError),
    /// One of the vault's own keys does not open.
    #[error("the vault's own key: {0}")]
    OwnKey(Unavailable),
    /// The storage said no.
    #[error("cannot {action} {name}: {source}")]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file or folder.
        name: String,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Why the bytes of a file are not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// They do not follow the format.
    #[error("malformed")]
    Malformed,
    /// No suite has this number, or it is not the vault's.
    #[error("of another suite")]
    Suite,
    /// They belong to another vault.
    #[error("of another vault")]
    ForeignVault,
    /// The medium does not give them, or it is not a file.
    #[error("cannot be read")]
    Unreadable,
    /// A signature or a seal does not fit.
    #[error("not authentic")]
    Unauthentic,
}

/// Results of this module.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Wraps an error of the operating system with what was being done to which file:
    /// `file.sync_all().map_err(Error::io("sync", name))`.
    pub(crate) fn io<E: Into<io::Error>>(
        action: &'static str,
        name: impl Into<String>,
    ) -> impl FnOnce(E) -> Self {
        let name = name.into();
        move |source| Self::Io { action, name, source: source.into() }
    }

    /// Says which file was not believed: `parse(&bytes).map_err(Error::refused(name))`.
    pub(crate) fn refused<R: Into<Refused>>(name: impl Into<String>) -> impl FnOnce(R) -> Self {
        let name = name.into();
        move |reason| Self::Refused { name, reason: reason.into() }
    }

    /// What an output file said, for the file of this name.
    pub(crate) fn output(name: impl Into<String>) -> impl FnOnce(output::Error) -> Self {
        let name = name.into();
        move |error| match error {
            output::Error::Exists | output::Error::NotReplaceable => Self::Exists(name),
            output::Error::Io { action: _, source } => Self::Io { action: "write", name, source },
        }
    }

    /// Whether it is this one file that cannot be read: the medium has lost it, or it is not a file at all. Others may be read.
    pub(crate) fn is_unreadable(&self) -> bool {
        let Self::Io { source, .. } = self else { return false };
        let lost = [Errno::IO, Errno::LOOP, Errno::BADMSG, Errno::NODATA, Errno::UCLEAN];
        let is_lost = |code| lost.iter().any(|errno| errno.raw_os_error() == code);
        source.kind() == io::ErrorKind::InvalidInput || source.raw_os_error().is_some_and(is_lost)
    }

    /// Whether the storage takes nothing more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        match self {
            Self::Io { source, .. } => {
                matches!(source.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem)
            }
            _ => false,
        }
    }
}

impl From<dsse::Refused> for Refused {
    fn from(refused: dsse::Refused) -> Self {
        match refused {
            dsse::Refused::Unauthentic => Self::Unauthentic,
            _ => Self::Malformed,
        }
    }
}

impl From<sealkeep_crypto::codec::Malformed> for Refused {
    fn from(_: sealkeep_crypto::codec::Malformed) -> Self {
        Self::Malformed
    }
}

impl From<sealkeep_crypto::Unauthentic> for Refused {
    fn from(_: sealkeep_crypto::Unauthentic) -> Self {
        Self::Unauthentic
    }
}

/// Ends with `Cancelled` if the caller asked to stop.
pub(crate) fn check(run: &envelope::Run<'_>) -> Result<()> {
    run.check().map_err(|_| Error::Cancelled)
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs())
}
