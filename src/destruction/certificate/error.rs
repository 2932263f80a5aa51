//! What can go wrong with certificates.

use thiserror::Error;

/// Why a certificate could not be read, made or drawn. Whether what it says holds is no error but a verdict.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The workbook could not be written.
    #[error("the workbook could not be written: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}

/// The result of working with certificates.
pub type Result<T> = std::result::Result<T, Error>;
