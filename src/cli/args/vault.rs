//! `vault …`: the vault as a whole.

use clap::{Args, Subcommand};
use sealkeep_crypto::Suite;

use super::suite;

/// The `vault` commands.
#[derive(Subcommand)]
pub(crate) enum VaultCommand {
    Init(VaultInit),
    Rebuild,
    Check(VaultCheck),
}

/// `vault init`
#[derive(Args)]
pub(crate) struct VaultInit {
    #[arg(long, value_name = "SUITE", value_parser = suite)]
    pub(crate) suite: Option<Suite>,
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) pack_size: Option<u32>,
}

/// `vault check`
#[derive(Args)]
pub(crate) struct VaultCheck {
    #[arg(long)]
    pub(crate) read_data: bool,
    #[arg(long, value_name = "N%", value_parser = percent, conflicts_with = "read_data")]
    pub(crate) sample: Option<u8>,
}

/// Reads `N%` or `N`, 1 to 100.
fn percent(text: &str) -> Result<u8, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse();
    number.ok().filter(|number| (1..=100).contains(number)).ok_or_else(|| "1%-100%".to_owned())
}
