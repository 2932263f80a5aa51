//! `wipe …`: overwriting data that is to go.

use clap::Subcommand;

/// The `wipe` commands.
#[derive(Subcommand)]
pub(crate) enum WipeCommand {
    Methods,
}
