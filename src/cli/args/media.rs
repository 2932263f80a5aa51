//! `copy …` and `media …`: copies of the vault, and everything that data lies on.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

/// The `copy` commands.
#[derive(Subcommand)]
pub(crate) enum VaultCopyCommand {
    Add(VaultCopyAdd),
    List,
    Sync(VaultCopySync),
    Check(VaultCopyCheck),
    Repair(VaultCopyRepair),
    Remove(VaultCopyRemove),
}

/// What is known of a copy or medium.
#[derive(Args)]
pub(crate) struct Facts {
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<KindArg>,
    #[arg(long, value_name = "TEXT")]
    pub(crate) serial: Option<String>,
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=5))]
    pub(crate) level: Option<u8>,
    #[arg(long, value_name = "TEXT")]
    pub(crate) location: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub(crate) custodian: Option<String>,
    #[arg(long, value_name = "PLACE")]
    pub(crate) residency: Option<String>,
    #[arg(long, value_name = "DAYS")]
    pub(crate) sync_days: Option<u32>,
    #[arg(long, value_name = "DAYS")]
    pub(crate) check_days: Option<u32>,
    #[arg(long, value_name = "DAYS")]
    pub(crate) audit_days: Option<u32>,
}

/// What holds the data.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum KindArg {
    Disk,
    Nas,
    Tape,
    Object,
}

/// What became of it.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum StateArg {
    InUse,
    Retired,
    Destroyed,
    Lost,
}

/// `copy add`
#[derive(Args)]
pub(crate) struct VaultCopyAdd {
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) place: PathBuf,
    #[command(flatten)]
    pub(crate) facts: Facts,
    #[arg(long)]
    pub(crate) no_sync: bool,
}

/// `copy sync`
#[derive(Args)]
pub(crate) struct VaultCopySync {
    #[arg(value_name = "COPY")]
    pub(crate) copies: Vec<String>,
    #[arg(long)]
    pub(crate) anew: bool,
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
}

/// `copy check`
#[derive(Args)]
pub(crate) struct VaultCopyCheck {
    #[arg(value_name = "COPY")]
    pub(crate) copies: Vec<String>,
    #[arg(long, value_name = "HEX")]
    pub(crate) fingerprint: Option<String>,
}

/// `copy repair`
#[derive(Args)]
pub(crate) struct VaultCopyRepair {
    #[arg(value_name = "COPY")]
    pub(crate) copy: String,
    #[arg(long, value_name = "COPY")]
    pub(crate) from: String,
    #[arg(long, value_name = "HEX")]
    pub(crate) fingerprint: Option<String>,
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
}

/// `copy remove`
#[derive(Args)]
pub(crate) struct VaultCopyRemove {
    #[arg(value_name = "COPY")]
    pub(crate) copy: String,
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<StateArg>,
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
}

/// The `media` commands.
#[derive(Subcommand)]
pub(crate) enum MediaCommand {
    Add(MediaAdd),
    List(MediaList),
    Audit(MediaAudit),
    Set(MediaSet),
}

/// `media add`
#[derive(Args)]
pub(crate) struct MediaAdd {
    #[command(flatten)]
    pub(crate) facts: Facts,
    #[arg(long, value_name = "TEXT")]
    pub(crate) place: Option<String>,
}

/// `media list`
#[derive(Args)]
pub(crate) struct MediaList {
    #[arg(long)]
    pub(crate) all: bool,
}

/// `media audit`
#[derive(Args)]
pub(crate) struct MediaAudit {
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    #[arg(long, value_name = "NAME", requires = "ids")]
    pub(crate) by: Option<String>,
    #[arg(long, requires = "ids")]
    pub(crate) not_found: bool,
    #[arg(long, value_name = "TEXT", requires = "ids")]
    pub(crate) note: Option<String>,
}

/// `media set`
#[derive(Args)]
pub(crate) struct MediaSet {
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) facts: Facts,
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<StateArg>,
    #[arg(long, value_name = "TEXT")]
    pub(crate) place: Option<String>,
}
