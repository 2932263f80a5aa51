//! `wipe …`: overwriting data that is to go.

mod methods;

use crate::cli::Context;
use crate::cli::args::WipeCommand;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

pub(crate) fn run(command: WipeCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        WipeCommand::Methods => methods::run(context),
    }
}
