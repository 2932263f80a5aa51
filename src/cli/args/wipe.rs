//! `wipe …`: overwriting data that is to go.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

/// `wipe`
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Wipe {
    #[command(subcommand)]
    pub(crate) command: Option<WipeCommand>,
    #[arg(value_name = "PATH", required_unless_present = "resume", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[arg(long, conflicts_with_all = ["dry_run", "yes", "resume"])]
    pub(crate) survey: bool,
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[arg(long, value_name = "ID")]
    pub(crate) method: Option<String>,
    #[arg(long, value_name = "HOW")]
    pub(crate) verify: Option<VerifyHow>,
    #[arg(long, value_name = "REACH")]
    pub(crate) require: Option<RequireReach>,
    #[arg(long)]
    pub(crate) hard_links: bool,
    #[arg(long)]
    pub(crate) in_use: bool,
    #[arg(long)]
    pub(crate) whole: bool,
    #[arg(long)]
    pub(crate) keep: bool,
    #[arg(long, conflicts_with_all = ["survey", "keep", "resume", "whole"])]
    pub(crate) free_space: bool,
    #[arg(long, value_name = "HOW", conflicts_with_all = ["survey", "keep", "resume", "free_space"])]
    #[arg(conflicts_with_all = ["method", "verify", "require", "hard_links", "journal", "no_journal"])]
    pub(crate) sanitize: Option<SanitizeHow>,
    #[arg(long, conflicts_with_all = ["paths", "method", "verify", "require", "hard_links"])]
    #[arg(conflicts_with_all = ["in_use", "whole", "keep"])]
    pub(crate) resume: bool,
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) journal: Option<PathBuf>,
    #[arg(long, conflicts_with_all = ["journal", "resume"])]
    pub(crate) no_journal: bool,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) report: Option<PathBuf>,
}

/// The `wipe` commands.
#[derive(Subcommand)]
pub(crate) enum WipeCommand {
    Methods,
}

/// What a drive is told to do.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SanitizeHow {
    BlockErase,
    CryptoErase,
    Overwrite,
}

/// How much is read back.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum VerifyHow {
    Last,
    Every,
    Sample,
}

/// What must be achievable.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RequireReach {
    InPlace,
    BestEffort,
    Nothing,
}
