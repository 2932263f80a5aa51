//! The `sealkeep` program. What it does lies in the library; how it talks lies in [`cli`].

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os().collect())
}
