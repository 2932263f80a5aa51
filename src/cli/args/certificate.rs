//! `certificate …`: reading, checking and printing certificates. None of it needs a key store.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

/// The `certificate` commands.
#[derive(Subcommand)]
pub(crate) enum CertificateCommand {
    Verify(CertificateFile),
    Show(CertificateShow),
    Render(CertificateRender),
}

/// A certificate, and what it is to be anchored in.
#[derive(Args)]
pub(crate) struct CertificateFile {
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    #[arg(long, value_name = "GENESIS", value_parser = genesis)]
    pub(crate) trust: Option<[u8; 32]>,
}

/// `certificate show`
#[derive(Args)]
pub(crate) struct CertificateShow {
    #[command(flatten)]
    pub(crate) certificate: CertificateFile,
    #[arg(long)]
    pub(crate) checkpoint: bool,
}

/// `certificate render`
#[derive(Args)]
pub(crate) struct CertificateRender {
    #[command(flatten)]
    pub(crate) certificate: CertificateFile,
    #[arg(long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    #[arg(required_unless_present_any = ["pdf", "xlsx"])]
    pub(crate) html: Option<PathBuf>,
    #[arg(long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) pdf: Option<PathBuf>,
    #[arg(long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) xlsx: Option<PathBuf>,
}

/// Reads 64 hexadecimal digits; upper case and blanks are how people write down what they compare.
fn genesis(text: &str) -> Result<[u8; 32], String> {
    let digits: String = text.split_whitespace().collect::<String>().to_ascii_lowercase();
    let bytes = data_encoding::HEXLOWER.decode(digits.as_bytes()).ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| "64 hexadecimal digits".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_people_write_it() {
        let plain = "0123456789abcdef".repeat(4);
        let spaced = plain.to_uppercase().replace("CDEF", "CDEF ");
        assert_eq!(genesis(&plain).unwrap(), genesis(&spaced).unwrap());
        assert!(genesis(&plain[1..]).is_err());
    }
}
