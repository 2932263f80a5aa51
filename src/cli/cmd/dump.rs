//! `dump`: one file of a snapshot to standard output.

use std::io::Write;

use sealkeep::backup::dump::{DumpError, dump};

use crate::cli::args::Dump;
use crate::cli::cmd;
use crate::cli::cmd::open::text::{TextOnly, is_refusal};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::vault::{self, Opened};
use crate::cli::{Context, stdout_is_terminal, time};

pub(crate) fn run(args: &Dump, context: &mut Context) -> Result<Exit, Failure> {
    context.output.give_stdout_to_data()?;
    let path = std::path::absolute(&args.path).map_err(|error| Failure::io(&args.path, &error))?;
    let opened = vault::open(context)?;
    let snapshots = opened.snapshots(context)?;
    let snapshot = &snapshots[vault::pick(&snapshots, &args.snapshot, &args.which)?];
    let done = cmd::with_progress(context, None, |run| {
        let mut stdout: Box<dyn Write> = if stdout_is_terminal() {
            Box::new(TextOnly::new(std::io::stdout()))
        } else {
            Box::new(std::io::stdout())
        };
        let done = dump(&opened.vault, &snapshot.file, &path, &mut *stdout, run)?;
        stdout.flush().map_err(DumpError::Write)?;
        Ok::<u64, DumpError>(done)
    });
    done.map(|_| Exit::Ok).map_err(|error| failure(&error, args, &opened, context))
}

fn failure(error: &DumpError, args: &Dump, opened: &Opened, context: &Context) -> Failure {
    let path = &args.path;
    match error {
        DumpError::Path(_) | DumpError::NotFound => Failure::at(Code::NotInSnapshot, path),
        DumpError::NotAFile => Failure::at(Code::NotAFile, path),
        DumpError::Destroyed { key, tombstone } => {
            let when = tombstone.map_or_else(|| "-".to_owned(), |one| time(one.when));
            Failure::at(Code::KeyDestroyed, path).because(format!("{key}, {when}"))
        }
        DumpError::Read(error) => vault::restore_failure(path, &opened.dir, error, context),
        DumpError::Write(error) if is_refusal(error) => Failure::new(Code::Terminal, "-"),
        DumpError::Write(error) => Failure::stdout(error),
        other => Failure::at(Code::Unexpected, path).because(other),
    }
}
