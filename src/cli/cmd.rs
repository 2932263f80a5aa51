//! The commands, one file each: arguments → options → library → report → exit code.

pub(crate) mod backup;
pub(crate) mod break_glass;
pub(crate) mod certificate;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod copy;
pub(crate) mod destroy;
pub(crate) mod diff;
pub(crate) mod drill;
pub(crate) mod dump;
pub(crate) mod find;
pub(crate) mod forget;
pub(crate) mod hold;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod key;
pub(crate) mod keystore;
pub(crate) mod ledger;
pub(crate) mod listing;
pub(crate) mod ls;
pub(crate) mod man;
pub(crate) mod media;
pub(crate) mod officer;
pub(crate) mod open;
pub(crate) mod policy;
pub(crate) mod prune;
pub(crate) mod report;
pub(crate) mod restore;
pub(crate) mod retention;
pub(crate) mod rules;
pub(crate) mod seal;
pub(crate) mod snapshots;
pub(crate) mod statement;
pub(crate) mod status;
pub(crate) mod tour;
pub(crate) mod vault;
pub(crate) mod wipe;

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use sealkeep::destruction::request_files::RequestFiles;
use sealkeep::destruction::{self, mirror};
use sealkeep::envelope::Run;
use sealkeep_keystore::approval::Register;
use sealkeep_keystore::{CopyOutcome, CopyState, KeyStore, Location};

use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::progress::Progress;
use crate::cli::{Context, store};

/// Ends a command that worked on several things: `done` of them well, the others as `failures`
/// tell. A single failure with nothing done is the command's own; else each is named, and what to
/// do is told once for each code.
///
/// # Errors
/// The failure that gives the exit code, when it was not shown yet.
pub(crate) fn end(
    context: &Context,
    mut failures: Vec<Failure>,
    done: usize,
) -> Result<Exit, Failure> {
    if done == 0 && failures.len() == 1 {
        return Err(failures.swap_remove(0));
    }
    let Some(first) = failures.first() else { return Ok(Exit::Ok) };
    let alike = done == 0 && failures.iter().all(|failure| failure.code == first.code);
    let exit = if alike { first.code.exit() } else { Code::Partial.exit() };
    tell(context, &failures);
    if !alike && !context.output.json() {
        let subject = context
            .output
            .messages()
            .text("partial-counts", &[("done", &done), ("failed", &failures.len())]);
        context.output.explain(&Failure::new(Code::Partial, subject));
    }
    Ok(exit)
}

/// Names each failure, and tells what to do once for each code.
pub(crate) fn tell(context: &Context, failures: &[Failure]) {
    let mut explained = Vec::new();
    for failure in failures {
        if !context.output.json() && !explained.contains(&failure.code) {
            explained.push(failure.code);
            context.output.explain(failure);
        } else {
            context.output.mention(failure);
        }
    }
}

/// Brings live copies up to date before a change is reported done.
///
/// # Errors
/// `E-COPY-UNREACHABLE` for a copy whose policy is to refuse.
pub(crate) fn settle_copies(store: &mut KeyStore, context: &Context) -> Result<(), Failure> {
    let outcomes = store.sync_live_copies().map_err(|error| store::here(context, &error))?;
    warn_behind(&outcomes, context);
    Ok(())
}

/// Warns of copies that were not brought up to date, though their policy lets the command go on.
pub(crate) fn warn_behind(outcomes: &[CopyOutcome], context: &Context) {
    for outcome in outcomes {
        if let CopyState::Behind(reason) = &outcome.state {
            let path = outcome.copy.location.dir.display().to_string();
            let args: crate::cli::messages::Args<'_> = &[("path", &path), ("reason", reason)];
            context.output.warn("W-COPY-BEHIND", "warn-copy-behind", args);
        }
    }
}

/// Brings what is kept of requests to the copies of the key store that are up to date.
pub(crate) fn mirror_requests(
    outcomes: &[CopyOutcome],
    files: &RequestFiles,
    register: &Register,
    context: &Context,
) {
    for outcome in outcomes {
        if let CopyState::Current { .. } = outcome.state {
            let brought = mirror::to_copy(files, register, &outcome.copy.location);
            warn_requests(&outcome.copy.location, brought, context);
        }
    }
}

/// What is kept of requests could not be brought to a copy, or taken from it.
pub(crate) fn warn_requests(copy: &Location, brought: destruction::Result<()>, context: &Context) {
    if let Err(error) = brought {
        let path = copy.dir.display().to_string();
        let args: crate::cli::messages::Args<'_> =
            &[("path", &path), ("reason", &error.to_string())];
        context.output.warn("W-COPY-REQUESTS", "warn-copy-requests", args);
    }
}

/// Runs long work with a progress bar, on all cores, until it ends or a signal comes.
pub(crate) fn with_progress<T>(
    context: &Context,
    total: Option<u64>,
    work: impl FnOnce(&Run<'_>) -> T,
) -> T {
    let progress = Progress::bytes(total, context.output.draws_progress());
    let count = |bytes| progress.add(bytes);
    work(&Run { cancel: context.cancel.flag(), progress: &count, ..Run::quiet() })
}

/// Whether an output is to be taken as a folder: it is one, or is written as one.
pub(crate) fn names_folder(output: &Path) -> bool {
    output.is_dir() || output.as_os_str().as_bytes().ends_with(b"/")
}

/// # Errors
/// `E-IS-DIRECTORY` when the output of a stream or of a part would be a folder: it has no name of its own to go under.
pub(crate) fn refuse_folder(output: &Path) -> Result<(), Failure> {
    if names_folder(output) { Err(Failure::at(Code::IsDirectory, output)) } else { Ok(()) }
}

/// Unix seconds.
pub(crate) fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}

/// A path of the vault as people know it; bytes that are not UTF-8 are shown as replacement characters.
pub(crate) fn absolute(path: &[u8]) -> String {
    format!("/{}", String::from_utf8_lossy(path))
}

/// What to say when `-`, `--range` or `--dry-run` stands with what it cannot stand with.
pub(crate) fn alone(context: &Context) -> String {
    context.output.messages().text("usage-alone", &[])
}
