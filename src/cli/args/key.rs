//! `key …`: single keys and their states.

use clap::{Args, Subcommand};
use sealkeep_keystore::KeyState;

/// The `key` commands.
#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    List(KeyList),
    Show(KeyIds),
    Suspend(KeyIds),
    Resume(KeyIds),
    Deactivate(KeyIds),
    Compromise(KeyIds),
    Rotate(KeyRotate),
    Level(KeyLevel),
}

/// `key list`
#[derive(Args)]
pub(crate) struct KeyList {
    #[arg(long, value_name = "NAME")]
    pub(crate) scope: Option<String>,
    #[arg(long, value_name = "STATE", value_parser = state)]
    pub(crate) state: Option<KeyState>,
    #[arg(long)]
    pub(crate) uncopied: bool,
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// Keys by id, or by a sealed file that names them.
#[derive(Args)]
pub(crate) struct KeyIds {
    #[arg(value_name = "KEY", required = true)]
    pub(crate) keys: Vec<String>,
}

/// `key rotate`
#[derive(Args)]
pub(crate) struct KeyRotate {
    #[arg(long, value_name = "NAME")]
    pub(crate) scope: Option<String>,
}

/// `key level`
#[derive(Args)]
pub(crate) struct KeyLevel {
    #[arg(value_name = "SCOPE")]
    pub(crate) scope: String,
    #[arg(value_name = "N", value_parser = clap::value_parser!(u8).range(1..=5))]
    pub(crate) level: u8,
}

fn state(text: &str) -> Result<KeyState, String> {
    text.parse().map_err(|_| KeyState::ALL.map(KeyState::name).join(", "))
}
