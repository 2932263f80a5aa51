//! What can be typed. Nothing here knows what it means; `settings.rs` and the commands do.
//!
//! There are no help texts in this file: `help.rs` hangs them on from the catalogue, so that they
//! exist in every language. A test fails when an argument has none.

mod backup;
mod certificate;
mod destroy;
mod key;
mod keystore;
mod ledger;
mod media;
mod officer;
mod restore;
mod retire;
mod vault;
mod wipe;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueHint};
use sealkeep_crypto::Suite;

pub(crate) use backup::{
    Backup, Forget, GroupField, RetentionCommand, RetentionDue, RetentionPolicy, RulesCommand,
    RulesExplain, Snapshots, Status, Which,
};
pub(crate) use certificate::{
    CertificateCommand, CertificateFile, CertificateRender, CertificateShow,
};
pub(crate) use destroy::{
    BreakGlassBegin, BreakGlassCommand, BreakGlassJustify, DestroyCertify, DestroyCommand,
    DestroyExecute, DestroyExport, DestroyImport, DestroyInspect, DestroyList, DestroyRequest,
    DestroyReview, DestroySay, DestroyStatus, DestroyWitness, HoldCommand, HoldPlace,
    HoldReasonArg, HoldRelease, HoldReview, TriggerArg, What,
};
pub(crate) use key::{KeyCommand, KeyIds, KeyLevel, KeyList, KeyRotate};
pub(crate) use keystore::{
    CopyAdd, CopyCommand, CopyNames, CopyRemove, KeystoreCommand, NewCustody, Passwd, Recover,
    Restore, ShareFiles,
};
pub(crate) use ledger::{
    ClassArg, LedgerCheck, LedgerCheckpoint, LedgerCommand, LedgerExport, LedgerLog, LedgerProve,
};
pub(crate) use media::{
    Facts, KindArg, MediaAdd, MediaAudit, MediaCommand, MediaList, MediaSet, StateArg,
    VaultCopyAdd, VaultCopyCheck, VaultCopyCommand, VaultCopyRemove, VaultCopyRepair,
    VaultCopySync,
};
pub(crate) use officer::{
    OfficerCommand, OfficerEnroll, OfficerInit, OfficerNew, OfficerQualify, PolicyCheck,
    PolicyCommand, PolicyExplain, PolicySet, Say, StatementClock, StatementCommand, StatementShow,
    StatementSign, StatementSubmit,
};
pub(crate) use restore::{
    Diff, Drill, Dump, ExistingFiles, Find, Ls, Prune, RestoreSnapshot, Unused,
};
pub(crate) use retire::Retire;
pub(crate) use vault::{VaultCheck, VaultCommand, VaultInit};
pub(crate) use wipe::{RequireReach, SanitizeHow, VerifyHow, Wipe, WipeCommand};

/// The whole command line.
#[derive(Parser)]
#[command(
    name = "sealkeep",
    version,
    disable_help_flag = true,
    disable_help_subcommand = true,
    disable_version_flag = true,
    subcommand_required = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command takes.
#[derive(Args)]
pub(crate) struct Global {
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) keystore: Option<PathBuf>,
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cell: Option<PathBuf>,
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) vault: Option<PathBuf>,
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) passphrase_file: Option<PathBuf>,
    #[arg(long, global = true, value_name = "N", conflicts_with = "passphrase_file")]
    pub(crate) passphrase_fd: Option<i32>,
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = ["passphrase_file", "passphrase_fd"])]
    pub(crate) key_file: Option<PathBuf>,
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) officer_key: Option<PathBuf>,
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) officer_passphrase_file: Option<PathBuf>,
    #[arg(long, global = true, value_name = "TEXT")]
    pub(crate) purpose: Option<String>,
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    #[arg(long, global = true, value_name = "LANG")]
    pub(crate) lang: Option<String>,
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    #[arg(long, global = true, value_name = "SECONDS")]
    pub(crate) wait: Option<u64>,
    #[arg(long, short, global = true, action = ArgAction::Help)]
    help: Option<bool>,
    #[arg(long, short = 'V', action = ArgAction::Version)]
    version: Option<bool>,
}

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Command {
    Init(Init),
    Seal(Seal),
    Open(Open),
    Inspect(Inspect),
    Check(Check),
    Wipe(Wipe),
    Backup(Backup),
    Snapshots(Snapshots),
    Ls(Ls),
    Find(Find),
    Diff(Diff),
    Restore(RestoreSnapshot),
    Dump(Dump),
    Forget(Forget),
    Prune(Prune),
    Drill(Drill),
    #[command(subcommand_required = true)]
    Copy {
        #[command(subcommand)]
        command: VaultCopyCommand,
    },
    #[command(subcommand_required = true)]
    Media {
        #[command(subcommand)]
        command: MediaCommand,
    },
    #[command(subcommand_required = true)]
    Retention {
        #[command(subcommand)]
        command: RetentionCommand,
    },
    #[command(subcommand_required = true)]
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    Status(Status),
    #[command(subcommand_required = true)]
    Destroy {
        #[command(subcommand)]
        command: DestroyCommand,
    },
    #[command(subcommand_required = true)]
    Hold {
        #[command(subcommand)]
        command: HoldCommand,
    },
    #[command(subcommand_required = true)]
    BreakGlass {
        #[command(subcommand)]
        command: BreakGlassCommand,
    },
    #[command(subcommand_required = true)]
    Vault {
        #[command(subcommand)]
        command: VaultCommand,
    },
    #[command(subcommand_required = true)]
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    #[command(subcommand_required = true)]
    Keystore {
        #[command(subcommand)]
        command: KeystoreCommand,
    },
    #[command(subcommand_required = true)]
    Officer {
        #[command(subcommand)]
        command: OfficerCommand,
    },
    #[command(subcommand_required = true)]
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    #[command(subcommand_required = true)]
    Statement {
        #[command(subcommand)]
        command: StatementCommand,
    },
    #[command(subcommand_required = true)]
    Certificate {
        #[command(subcommand)]
        command: CertificateCommand,
    },
    #[command(subcommand_required = true)]
    Ledger {
        #[command(subcommand)]
        command: LedgerCommand,
    },
    Tour(Tour),
    Completions(Completions),
    Man(Man),
}

/// `init`
#[derive(Args)]
pub(crate) struct Init {
    #[arg(long, value_name = "SUITE", value_parser = suite)]
    pub(crate) suite: Option<Suite>,
    #[command(flatten)]
    pub(crate) custody: NewCustody,
}

/// `seal`
#[derive(Args)]
pub(crate) struct Seal {
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[arg(long, short, value_name = "OUT", value_hint = ValueHint::AnyPath)]
    pub(crate) output: Option<PathBuf>,
    #[arg(long, value_name = "NAME")]
    pub(crate) scope: Option<String>,
    #[arg(long, value_name = "SUITE", value_parser = suite)]
    pub(crate) suite: Option<Suite>,
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    #[arg(long)]
    pub(crate) hide_names: bool,
    #[arg(long, short)]
    pub(crate) force: bool,
    #[arg(long, conflicts_with_all = ["force", "hide_names"])]
    pub(crate) skip_existing: bool,
    #[arg(long)]
    pub(crate) allow_nested: bool,
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) retire: Retire,
}

/// `open`
#[derive(Args)]
pub(crate) struct Open {
    #[arg(value_name = "SEALED", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[arg(long, short, value_name = "OUT", value_hint = ValueHint::AnyPath)]
    pub(crate) output: Option<PathBuf>,
    #[arg(long, value_name = "A-B", allow_hyphen_values = true)]
    pub(crate) range: Option<String>,
    #[arg(long, short)]
    pub(crate) force: bool,
    #[arg(long, conflicts_with_all = ["force", "range"])]
    pub(crate) skip_existing: bool,
}

/// `inspect`
#[derive(Args)]
pub(crate) struct Inspect {
    #[arg(value_name = "SEALED", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) paths: Vec<PathBuf>,
}

/// `check`
#[derive(Args)]
pub(crate) struct Check {
    #[arg(value_name = "SEALED", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
}

/// `tour`
#[derive(Args)]
pub(crate) struct Tour {
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) path: Option<PathBuf>,
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) keep: Option<PathBuf>,
}

/// `completions`
#[derive(Args)]
pub(crate) struct Completions {
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `man`
#[derive(Args)]
pub(crate) struct Man {
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
}

/// Whether a path argument means standard input or output.
pub(crate) fn is_dash(path: &std::path::Path) -> bool {
    path.as_os_str() == "-"
}

fn suite(text: &str) -> Result<Suite, String> {
    text.parse().map_err(|_| Suite::ALL.map(Suite::name).join(", "))
}
