//! What goes into a vault, what comes out of it, and what is in it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use jiff::civil::Date;
use sealkeep::backup::keep::Within;

use super::restore::Unused;

/// `backup`
#[derive(Args)]
pub(crate) struct Backup {
    #[arg(value_name = "SRC", value_hint = ValueHint::AnyPath)]
    pub(crate) sources: Vec<PathBuf>,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files_from: Option<PathBuf>,
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) scope_rules: Option<PathBuf>,
    #[arg(long, value_name = "NAME")]
    pub(crate) scope: Option<String>,
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    #[arg(long)]
    pub(crate) exclude_caches: bool,
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) exclude_larger_than: Option<u64>,
    #[arg(long, short = 'x')]
    pub(crate) one_file_system: bool,
    #[arg(long)]
    pub(crate) reread: bool,
    #[arg(long)]
    pub(crate) renew_destroyed: bool,
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
}

/// Which snapshots.
#[derive(Args, Default)]
pub(crate) struct Which {
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    #[arg(long, value_name = "SRC", value_hint = ValueHint::AnyPath)]
    pub(crate) source: Vec<PathBuf>,
}

/// `snapshots`
#[derive(Args)]
pub(crate) struct Snapshots {
    #[command(flatten)]
    pub(crate) which: Which,
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<usize>,
}

/// `forget`
#[derive(Args)]
pub(crate) struct Forget {
    #[arg(value_name = "SNAPSHOT", conflicts_with = "keep")]
    pub(crate) snapshots: Vec<String>,
    #[command(flatten)]
    pub(crate) keep: Keep,
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', requires = "keep")]
    pub(crate) group_by: Option<Vec<GroupField>>,
    #[arg(long, requires = "keep")]
    pub(crate) allow_empty: bool,
    #[command(flatten)]
    pub(crate) which: Which,
    #[arg(long)]
    pub(crate) prune: bool,
    #[command(flatten)]
    pub(crate) unused: Unused,
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
}

/// What is kept.
#[derive(Args)]
#[group(id = "keep", multiple = true)]
pub(crate) struct Keep {
    #[arg(long, value_name = "N")]
    pub(crate) keep_last: Option<u32>,
    #[arg(long, value_name = "N")]
    pub(crate) keep_hourly: Option<u32>,
    #[arg(long, value_name = "N")]
    pub(crate) keep_daily: Option<u32>,
    #[arg(long, value_name = "N")]
    pub(crate) keep_weekly: Option<u32>,
    #[arg(long, value_name = "N")]
    pub(crate) keep_monthly: Option<u32>,
    #[arg(long, value_name = "N")]
    pub(crate) keep_yearly: Option<u32>,
    #[arg(long, value_name = "DURATION", value_parser = within)]
    pub(crate) keep_within: Option<Within>,
    #[arg(long, value_name = "TAG")]
    pub(crate) keep_tag: Vec<String>,
}

/// What makes a group of snapshots.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupField {
    Host,
    Sources,
    Tags,
}

/// The `retention` commands.
#[derive(Subcommand)]
pub(crate) enum RetentionCommand {
    Due(RetentionDue),
    Policy(RetentionPolicy),
}

/// `retention due`
#[derive(Args)]
pub(crate) struct RetentionDue {
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) on: Option<Date>,
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
}

/// `retention policy`
#[derive(Args)]
pub(crate) struct RetentionPolicy {
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
    #[arg(long, conflicts_with = "policy")]
    pub(crate) text: bool,
}

/// The `rules` commands.
#[derive(Subcommand)]
pub(crate) enum RulesCommand {
    Explain(RulesExplain),
}

/// `rules explain`
#[derive(Args)]
pub(crate) struct RulesExplain {
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) scope_rules: Option<PathBuf>,
    #[arg(long, value_name = "NAME")]
    pub(crate) scope: Option<String>,
    #[arg(long, value_name = "SRC", value_hint = ValueHint::AnyPath)]
    pub(crate) source: Option<PathBuf>,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
}

/// `status`
#[derive(Args)]
pub(crate) struct Status {
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(crate) max_age: Option<Duration>,
}

/// Reads a number of bytes: digits, and K, M, G or T for powers of 1,024.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" | "k" => 10,
        "M" | "m" => 20,
        "G" | "g" => 30,
        "T" | "t" => 40,
        _ => return Err("100, 100K, 100M, 100G".to_owned()),
    };
    let number: Option<u64> = digits.parse().ok();
    let bytes = number.and_then(|number| number.checked_mul(1 << shift));
    bytes.ok_or_else(|| "100, 100K, 100M, 100G".to_owned())
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    // Dates with a time or a zone are not what is asked for.
    let parsed = if text.len() == 10 { text.parse().ok() } else { None };
    parsed.ok_or_else(|| "2026-01-31".to_owned())
}

fn age(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "26h, 2d".to_owned())
}

fn within(text: &str) -> Result<Within, String> {
    text.parse().map_err(|_| "1y6m, 30d, 12h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [("0", Some(0)), ("1K", Some(1024)), ("2g", Some(2 << 30))] {
            assert_eq!(size(text).ok(), bytes);
        }
        for text in ["", "K", "-1", "1KB", "1.5M", "99999999999T"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn dates() {
        assert!(date("2026-02-28").is_ok());
        for text in ["2026-02-29", "2026-2-28", "20260228", "2026-02-28T00"] {
            assert!(date(text).is_err(), "{text}");
        }
    }
}
