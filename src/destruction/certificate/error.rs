//! What can go wrong with certificates.

use thiserror::Error;

use super::verify::Check;

/// Why a certificate could not be made or drawn. Whether what one says holds is no error but a
/// [verdict](super::Verdict).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// What lies beside the key store about the request cannot be read.
    #[error("the papers of the request cannot be read: {0}")]
    Papers(String),
    /// It would not be verified, so it is not issued.
    #[error("not certified: {check}: {why}")]
    NotIssued {
        /// The check that failed.
        check: &'static str,
        /// Why.
        why: String,
    },
    /// The key store refuses, or cannot be read.
    #[error(transparent)]
    KeyStore(#[from] sealkeep_keystore::Error),
    /// The workbook could not be written.
    #[error("the workbook could not be written: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}

/// The result of working with certificates.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(super) fn not_issued(check: &Check) -> Self {
        let why = check.failed().unwrap_or("it could not be checked").to_owned();
        Self::NotIssued { check: check.name.word(), why }
    }
}
