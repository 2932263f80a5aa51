//! `ledger …`: what happened to keys, and the proof of it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use sealkeep_keystore::KeyId;

/// The `ledger` commands.
#[derive(Subcommand)]
pub(crate) enum LedgerCommand {
    Log(LedgerLog),
    Check(LedgerCheck),
    Checkpoint(LedgerCheckpoint),
    Prove(LedgerProve),
    Export(LedgerExport),
}

/// `ledger log`
#[derive(Args)]
pub(crate) struct LedgerLog {
    #[arg(long, value_name = "CLASS", value_enum)]
    pub(crate) class: Option<ClassArg>,
    #[arg(long, value_name = "NAME")]
    pub(crate) operation: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub(crate) who: Option<String>,
    #[arg(long, value_name = "ID", value_parser = key)]
    pub(crate) key: Option<KeyId>,
    #[arg(long, value_name = "NAME")]
    pub(crate) scope: Option<String>,
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) since: Option<u64>,
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) until: Option<u64>,
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<usize>,
}

/// Classes of entries.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClassArg {
    Statement,
    Access,
    Act,
    Store,
    Alarm,
}

/// `ledger check`
#[derive(Args)]
pub(crate) struct LedgerCheck {
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) against: Vec<PathBuf>,
}

/// `ledger checkpoint`
#[derive(Args)]
pub(crate) struct LedgerCheckpoint {
    #[arg(long, short, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

/// `ledger prove`
#[derive(Args)]
pub(crate) struct LedgerProve {
    #[arg(value_name = "NUMBER")]
    pub(crate) entry: u64,
    #[arg(long, short, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

/// `ledger export`
#[derive(Args)]
pub(crate) struct LedgerExport {
    #[arg(long, value_name = "NUMBER")]
    pub(crate) from: Option<u64>,
    #[arg(long, short, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
}

fn key(text: &str) -> Result<KeyId, String> {
    text.parse().map_err(|error: sealkeep_keystore::NotAKeyId| error.to_string())
}

/// Reads `2026-11-22` or `2026-11-22T08:00:00Z` as Unix seconds.
fn moment(text: &str) -> Result<u64, String> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let parsed = humantime::parse_rfc3339(&whole).map_err(|error| error.to_string())?;
    let since = parsed.duration_since(std::time::UNIX_EPOCH);
    Ok(since.map_or(0, |since| since.as_secs()))
}
