//! `seal --retire`: what only goes with it.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{RequireReach, VerifyHow};

/// Sealing, proving and wiping in one go.
#[derive(Args)]
pub(crate) struct Retire {
    #[arg(long)]
    pub(crate) retire: bool,
    #[arg(long, short, requires = "retire")]
    pub(crate) yes: bool,
    #[arg(long, value_name = "ID", requires = "retire")]
    pub(crate) method: Option<String>,
    #[arg(long, value_name = "HOW", requires = "retire")]
    pub(crate) verify: Option<VerifyHow>,
    #[arg(long, value_name = "REACH", requires = "retire")]
    pub(crate) require: Option<RequireReach>,
    #[arg(long, requires = "retire")]
    pub(crate) hard_links: bool,
    #[arg(long, requires = "retire")]
    pub(crate) allow_uncopied: bool,
    #[arg(long, value_name = "DIR", requires = "retire", value_hint = ValueHint::DirPath)]
    pub(crate) journal: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "retire", value_hint = ValueHint::FilePath)]
    pub(crate) report: Option<PathBuf>,
}
