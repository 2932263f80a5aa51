//! `keystore …`: the store as a whole, its custody, its copies.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

/// The `keystore` commands.
#[derive(Subcommand)]
pub(crate) enum KeystoreCommand {
    Status,
    Check,
    Passwd(Passwd),
    Recover(Recover),
    DrillShares(ShareFiles),
    Restore(Restore),
    #[command(subcommand_required = true)]
    Copy {
        #[command(subcommand)]
        command: CopyCommand,
    },
}

/// How a store is opened from now on.
#[derive(Args)]
pub(crate) struct NewCustody {
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) new_passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with = "new_passphrase_file")]
    pub(crate) new_key_file: Option<PathBuf>,
    #[arg(long, value_name = "K/N", value_parser = shares)]
    pub(crate) shares: Option<(u8, u8)>,
    #[arg(long, value_name = "DIR", requires = "shares", value_hint = ValueHint::DirPath)]
    pub(crate) kit: Option<PathBuf>,
}

/// `keystore passwd`
#[derive(Args)]
pub(crate) struct Passwd {
    #[command(flatten)]
    pub(crate) custody: NewCustody,
    #[arg(long)]
    pub(crate) add: bool,
}

/// `keystore recover`
#[derive(Args)]
pub(crate) struct Recover {
    #[command(flatten)]
    pub(crate) shares: ShareFiles,
    #[command(flatten)]
    pub(crate) custody: NewCustody,
}

/// Files that hold recovery shares.
#[derive(Args)]
pub(crate) struct ShareFiles {
    #[arg(value_name = "SHARE", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) share_files: Vec<PathBuf>,
}

/// `keystore restore`
#[derive(Args)]
pub(crate) struct Restore {
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) from: PathBuf,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) from_cell: Option<PathBuf>,
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) evidence: Vec<PathBuf>,
    #[arg(long)]
    pub(crate) accept_loss: bool,
}

/// The `keystore copy` commands.
#[derive(Subcommand)]
pub(crate) enum CopyCommand {
    Add(CopyAdd),
    List,
    Sync(CopyNames),
    Check(CopyNames),
    Remove(CopyRemove),
}

/// `keystore copy add`
#[derive(Args)]
pub(crate) struct CopyAdd {
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) path: PathBuf,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) copy_cell: Option<PathBuf>,
    #[arg(long)]
    pub(crate) manual: bool,
    #[arg(long)]
    pub(crate) warn_only: bool,
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
}

/// Copies by the path they were added with; none means all.
#[derive(Args)]
pub(crate) struct CopyNames {
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) paths: Vec<PathBuf>,
}

/// `keystore copy remove`
#[derive(Args)]
pub(crate) struct CopyRemove {
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) path: PathBuf,
}

/// Reads `K/N`: how many shares are needed, how many are made.
fn shares(text: &str) -> Result<(u8, u8), String> {
    let parsed = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    match parsed {
        Some((k, n)) if 2 <= k && k <= n && n <= 16 => Ok((k, n)),
        _ => Err("K/N, 2 <= K <= N <= 16".to_owned()),
    }
}
