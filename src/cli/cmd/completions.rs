//! `completions`: completions for a shell, on standard output.

use std::io::Write;

use crate::cli::args::Completions;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{Context, help};

pub(crate) fn run(args: &Completions, context: &mut Context) -> Result<Exit, Failure> {
    context.output.give_stdout_to_data()?;
    let mut command = help::command(context.output.messages());
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "sealkeep", &mut script);
    std::io::stdout().write_all(&script).map_err(|error| Failure::stdout(&error))?;
    Ok(Exit::Ok)
}
