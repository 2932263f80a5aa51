//! What is in a vault, and what comes out of it.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use jiff::civil::Date;

use super::backup::{Which, date};

/// `ls`
#[derive(Args)]
pub(crate) struct Ls {
    #[arg(value_name = "SNAPSHOT")]
    pub(crate) snapshot: String,
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[arg(long, short)]
    pub(crate) recursive: bool,
    #[arg(long, short)]
    pub(crate) long: bool,
    #[command(flatten)]
    pub(crate) which: Which,
}

/// `find`
#[derive(Args)]
pub(crate) struct Find {
    #[arg(value_name = "GLOB")]
    pub(crate) patterns: Vec<String>,
    #[arg(long, value_name = "SNAPSHOT", conflicts_with = "all")]
    pub(crate) snapshot: Vec<String>,
    #[arg(long)]
    pub(crate) all: bool,
    #[arg(long, value_name = "NAME")]
    pub(crate) subject: Vec<String>,
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) level: Option<LevelRange>,
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    #[arg(long, value_name = "PLACE")]
    pub(crate) residency: Option<String>,
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) expires_before: Option<Date>,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
    #[arg(long, short)]
    pub(crate) long: bool,
    #[command(flatten)]
    pub(crate) which: Which,
}

/// One level, or it and those above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LevelRange {
    lowest: u8,
    above: bool,
}

impl LevelRange {
    /// Whether a level is meant.
    pub(crate) fn has(self, level: u8) -> bool {
        level == self.lowest || (self.above && level > self.lowest)
    }
}

/// `diff`
#[derive(Args)]
pub(crate) struct Diff {
    #[arg(value_name = "OLD")]
    pub(crate) old: String,
    #[arg(value_name = "NEW")]
    pub(crate) new: String,
    #[arg(long)]
    pub(crate) metadata: bool,
    #[command(flatten)]
    pub(crate) which: Which,
}

/// `restore`
#[derive(Args)]
pub(crate) struct RestoreSnapshot {
    #[arg(value_name = "SNAPSHOT")]
    pub(crate) snapshot: String,
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: PathBuf,
    #[arg(long, value_name = "GLOB")]
    pub(crate) include: Vec<String>,
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) relative_to: Option<PathBuf>,
    #[arg(long, value_name = "HOW")]
    pub(crate) existing: Option<ExistingFiles>,
    #[arg(long)]
    pub(crate) numeric_owner: bool,
    #[command(flatten)]
    pub(crate) which: Which,
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
}

/// What becomes of files that are there.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ExistingFiles {
    Refuse,
    Keep,
    Update,
    Replace,
}

/// `dump`
#[derive(Args)]
pub(crate) struct Dump {
    #[arg(value_name = "SNAPSHOT")]
    pub(crate) snapshot: String,
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) which: Which,
}

/// `prune`
#[derive(Args)]
pub(crate) struct Prune {
    #[command(flatten)]
    pub(crate) unused: Unused,
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
}

/// How much may stay that nobody needs.
#[derive(Args)]
pub(crate) struct Unused {
    #[arg(long, value_name = "N%", value_parser = percent)]
    pub(crate) max_unused: Option<u8>,
}

/// `drill`
#[derive(Args)]
pub(crate) struct Drill {
    #[arg(long, value_name = "COPY")]
    pub(crate) copy: Option<String>,
    #[arg(long, value_name = "SNAPSHOT")]
    pub(crate) snapshot: Option<String>,
    #[arg(long, value_name = "N")]
    pub(crate) objects: Option<u64>,
    #[arg(long, value_name = "N%", value_parser = percent, conflicts_with = "objects")]
    pub(crate) sample: Option<u8>,
    #[arg(long, conflicts_with_all = ["objects", "sample"])]
    pub(crate) all: bool,
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) scratch: Option<PathBuf>,
    #[arg(long, value_name = "DAYS")]
    pub(crate) every: Option<u32>,
    #[command(flatten)]
    pub(crate) which: Which,
}

/// Reads `4`, `L4`, `4+` or `L4+`.
fn level(text: &str) -> Result<LevelRange, String> {
    let (digits, above) = text.strip_suffix('+').map_or((text, false), |digits| (digits, true));
    let digits = digits.strip_prefix(['L', 'l']).unwrap_or(digits);
    let lowest = digits.parse().ok().filter(|level| *level <= 5);
    lowest.map(|lowest| LevelRange { lowest, above }).ok_or_else(|| "0-5, L1-L5, L3+".to_owned())
}

/// Reads `N%` or `N`, 0 to 100.
fn percent(text: &str) -> Result<u8, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse();
    number.ok().filter(|number| *number <= 100).ok_or_else(|| "0%-100%".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        let has = |text: &str| {
            let range = level(text).expect(text);
            (0..=5).filter(|level| range.has(*level)).collect::<Vec<u8>>()
        };
        assert_eq!((has("L4"), has("0"), has("L3+")), (vec![4], vec![0], vec![3, 4, 5]));
        for text in ["", "6", "LL1", "+", "L", "4-"] {
            assert!(level(text).is_err(), "{text}");
        }
    }
}
