//! What `seal`, `open` and `check` did to files and trees, in words and as a document.

use std::path::{Path, PathBuf};

use sealkeep::envelope;
use sealkeep::files::{self, Report, SkipReason};
use serde_json::{Value, json};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{Context, classify, cmd};

/// The parts of a report that depend on the command.
pub(crate) struct Command {
    /// Schema of the document.
    pub(crate) schema: &'static str,
    /// Message with the counts.
    pub(crate) done: &'static str,
    /// Where the output goes: what a full disk is the disk of.
    pub(crate) output: PathBuf,
    /// Fields of the document that only this command has.
    pub(crate) extra: Value,
}

/// Shows a report and gives the exit code.
///
/// # Errors
/// What stopped the command, or the only failure when nothing was done.
pub(crate) fn finish(
    report: &Report,
    command: Command,
    context: &Context,
) -> Result<Exit, Failure> {
    let mut failures = failures_of(report, context);
    let stopped = report.stopped.as_ref().map(|error| failure(&command.output, error, context));
    notes(report, context);
    let done = usize::try_from(report.done()).unwrap_or(usize::MAX);
    if done > 0 || (failures.is_empty() && stopped.is_none()) {
        say(report, command.done, context)?;
    }
    let schema = command.schema;
    let body = context.output.json().then(|| document(report, &failures, command, context));
    if let Some(mut stop) = stopped {
        failures.iter().for_each(|one| context.output.mention(one));
        stop.report = body;
        return Err(stop);
    }
    if done == 0 && failures.len() == 1 {
        failures[0].report = body;
    } else if let Some(body) = body {
        context.output.document(schema, body)?;
    }
    cmd::end(context, failures, done)
}

/// What failed, each with its code.
pub(crate) fn failures_of(report: &Report, context: &Context) -> Vec<Failure> {
    report.failures.iter().map(|one| failure(&one.path, &one.error, context)).collect()
}

/// What an error at `path` means; a signal is told as the signal it was.
pub(crate) fn failure(path: &Path, error: &files::Error, context: &Context) -> Failure {
    use envelope::Error::{Cancelled, Read};
    match error {
        // Waiting for input ends with an error of reading when a signal comes.
        files::Error::Envelope(Cancelled | Read(_)) if context.cancel.is_asked() => {
            context.cancel.failure()
        }
        _ => classify::file(path, error),
    }
}

/// What was done, `done` being the message with the counts.
pub(crate) fn say(report: &Report, done: &str, context: &Context) -> Result<(), Failure> {
    for item in &report.items {
        let output = item.output.as_deref().unwrap_or(Path::new(""));
        let (input, output) = (item.input.display().to_string(), output.display().to_string());
        let id = item.key_id.to_string();
        context.output.say("item", &[("input", &input), ("output", &output), ("key", &id)])?;
    }
    context.output.say(
        done,
        &[
            ("files", &report.files),
            ("directories", &report.directories),
            ("symlinks", &report.symlinks),
            ("bytes", &report.content_bytes.to_string()),
        ],
    )
}

/// What is worth knowing though nothing failed.
pub(crate) fn notes(report: &Report, context: &Context) {
    for skipped in &report.skipped {
        let path = skipped.path.display().to_string();
        let (code, key) = match skipped.reason {
            SkipReason::NotSealed => ("W-SKIPPED", "warn-skipped-not-sealed"),
            _ => ("W-SKIPPED", "warn-skipped-special"),
        };
        context.output.warn(code, key, &[("path", &path)]);
    }
    if report.existing > 0 {
        context.output.warn("W-EXISTING", "warn-existing", &[("count", &report.existing)]);
    }
    if !report.hard_links.is_empty() {
        let count = report.hard_links.len();
        context.output.warn("W-HARD-LINKS", "warn-hard-links", &[("count", &count)]);
    }
    for moved in &report.moved {
        let (sealed, path) = (moved.sealed.display().to_string(), moved.path.display().to_string());
        context.output.warn("W-MOVED", "warn-moved", &[("sealed", &sealed), ("path", &path)]);
    }
    for path in &report.special_bits_dropped {
        let path = path.display().to_string();
        context.output.warn("W-SPECIAL-BITS", "warn-special-bits", &[("path", &path)]);
    }
    if report.uncopied_keys > 0 {
        context.output.warn("W-UNCOPIED", "warn-uncopied", &[("count", &report.uncopied_keys)]);
    }
}

/// The report as a document.
pub(crate) fn document(
    report: &Report,
    failures: &[Failure],
    command: Command,
    context: &Context,
) -> Value {
    let items = report.items.iter().map(|item| {
        json!({
            "input": item.input.display().to_string(),
            "output": item.output.as_ref().map(|path| path.display().to_string()),
            "key": item.key_id.to_string(),
            "content_bytes": item.content,
            "sealed_bytes": item.sealed,
        })
    });
    let mut body = json!({
        "files": report.files,
        "directories": report.directories,
        "symlinks": report.symlinks,
        "content_bytes": report.content_bytes,
        "sealed_bytes": report.sealed_bytes,
        "items": items.collect::<Vec<_>>(),
    });
    extend(&mut body, left_out(report, failures, context));
    extend(&mut body, command.extra);
    body
}

/// Fields of a document about what was not done.
pub(crate) fn left_out(report: &Report, failures: &[Failure], context: &Context) -> Value {
    let skipped = report.skipped.iter().map(|one| one.path.display().to_string());
    json!({
        "existing": report.existing,
        "skipped": skipped.collect::<Vec<_>>(),
        "failures": failures.iter().map(|one| context.output.failure_json(one)).collect::<Vec<_>>(),
    })
}

/// Adds fields to a document.
pub(crate) fn extend(body: &mut Value, fields: Value) {
    if let (Value::Object(body), Value::Object(fields)) = (body, fields) {
        body.extend(fields);
    }
}
