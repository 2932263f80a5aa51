//! `officer …`, `policy …`, `statement …`: who decides, by which rules, and what was said.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use jiff::civil::Date;
use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::OfficerId;

/// The `officer` commands.
#[derive(Subcommand)]
pub(crate) enum OfficerCommand {
    New(OfficerNew),
    Init(OfficerInit),
    Enroll(OfficerEnroll),
    Qualify(OfficerQualify),
    Suspend(OfficerSuspend),
    Reinstate(OfficerReinstate),
    Revoke(OfficerRevoke),
    Leaver(OfficerLeaver),
    List,
    Show(OfficerShow),
}

/// `officer new`
#[derive(Args)]
pub(crate) struct OfficerNew {
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    #[arg(long, value_name = "SUITE", value_parser = suite)]
    pub(crate) suite: Option<Suite>,
}

/// `officer init`
#[derive(Args)]
pub(crate) struct OfficerInit {
    #[arg(value_name = "LIST", value_hint = ValueHint::FilePath)]
    pub(crate) list: PathBuf,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) say: Say,
}

/// `officer enroll`
#[derive(Args)]
pub(crate) struct OfficerEnroll {
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    #[arg(long, value_name = "ID", value_parser = officer)]
    pub(crate) replaces: Option<OfficerId>,
    #[command(flatten)]
    pub(crate) together: Together,
}

/// `officer qualify`
#[derive(Args)]
pub(crate) struct OfficerQualify {
    #[arg(value_name = "ID", value_parser = officer)]
    pub(crate) id: OfficerId,
    #[arg(long, value_name = "TEXT")]
    pub(crate) number: String,
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) until: Date,
    #[command(flatten)]
    pub(crate) together: Together,
}

/// `officer suspend`
#[derive(Args)]
pub(crate) struct OfficerSuspend {
    #[arg(value_name = "ID", value_parser = officer)]
    pub(crate) id: OfficerId,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) say: Say,
}

/// `officer reinstate`
#[derive(Args)]
pub(crate) struct OfficerReinstate {
    #[arg(value_name = "ID", value_parser = officer)]
    pub(crate) id: OfficerId,
    #[command(flatten)]
    pub(crate) together: Together,
}

/// `officer revoke`
#[derive(Args)]
pub(crate) struct OfficerRevoke {
    #[arg(value_name = "ID", value_parser = officer)]
    pub(crate) id: OfficerId,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[arg(long)]
    pub(crate) compromised: bool,
    #[command(flatten)]
    pub(crate) say: Say,
}

/// `officer leaver`
#[derive(Args)]
pub(crate) struct OfficerLeaver {
    #[arg(value_name = "ID", value_parser = officer)]
    pub(crate) id: OfficerId,
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) left: Option<Date>,
    #[command(flatten)]
    pub(crate) say: Say,
}

/// `officer show`
#[derive(Args)]
pub(crate) struct OfficerShow {
    #[arg(value_name = "ID", value_parser = officer)]
    pub(crate) id: OfficerId,
}

/// The `policy` commands.
#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    Show,
    Check(PolicyCheck),
    Explain(PolicyExplain),
    Default,
    Set(PolicySet),
}

/// `policy check`
#[derive(Args)]
pub(crate) struct PolicyCheck {
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
}

/// `policy explain`
#[derive(Args)]
pub(crate) struct PolicyExplain {
    #[arg(value_name = "LEVEL", value_parser = level)]
    pub(crate) level: u8,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
}

/// `policy set`
#[derive(Args)]
pub(crate) struct PolicySet {
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) together: Together,
}

/// The `statement` commands.
#[derive(Subcommand)]
pub(crate) enum StatementCommand {
    Show(StatementShow),
    Sign(StatementSign),
    Submit(StatementSubmit),
    Clock(StatementClock),
}

/// `statement show`
#[derive(Args)]
pub(crate) struct StatementShow {
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    #[arg(long, value_name = "SUITE", value_parser = suite)]
    pub(crate) suite: Option<Suite>,
}

/// `statement sign`
#[derive(Args)]
pub(crate) struct StatementSign {
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    #[arg(value_name = "ID", value_parser = officer)]
    pub(crate) id: OfficerId,
    #[arg(long, short, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
}

/// `statement submit`
#[derive(Args)]
pub(crate) struct StatementSubmit {
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) inventory: Option<PathBuf>,
}

/// `statement clock`
#[derive(Args)]
pub(crate) struct StatementClock {
    #[arg(long, value_name = "TEXT")]
    pub(crate) opinion: String,
    #[command(flatten)]
    pub(crate) together: Together,
}

/// What becomes of a statement that one officer signs.
#[derive(Args)]
pub(crate) struct Say {
    #[arg(long, short, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    #[arg(long, conflicts_with = "output")]
    pub(crate) dry_run: bool,
}

/// The same for a statement that several officers sign.
#[derive(Args)]
pub(crate) struct Together {
    #[arg(long, value_name = "ID", value_parser = officer)]
    pub(crate) with: Vec<OfficerId>,
    #[command(flatten)]
    pub(crate) say: Say,
}

fn officer(text: &str) -> Result<OfficerId, String> {
    text.parse().map_err(|error: sealkeep_keystore::approval::NotAnId| error.to_string())
}

fn suite(text: &str) -> Result<Suite, String> {
    text.parse().map_err(|error: sealkeep_crypto::UnknownSuite| error.to_string())
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "2026-01-31".to_owned())
}

/// `L1` to `L5`, or 0 to 5.
fn level(text: &str) -> Result<u8, String> {
    let number = text.strip_prefix('L').unwrap_or(text).parse().ok();
    number.filter(|level| *level <= 5).ok_or_else(|| "0, L1 – L5".to_owned())
}
