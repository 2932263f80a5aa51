//! What was retired and what was kept, in words and as a document.

use std::path::Path;

use sealkeep::retire::{Conclusion, Kept, Reason, Refusal, Report, Sealed, Totals};
use sealkeep::wipe::{Report as Wiped, Row, Verdict};
use sealkeep_medium::finding::{Effect, Finding, Reach};
use serde_json::{Value, json};

use super::{Place, failure};
use crate::cli::cmd::seal::extra;
use crate::cli::cmd::{self, report as sealing, wipe};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, classify};

const SCHEMA: &str = "sealkeep.retire/1";

/// Shows the report, writes it to `file` if asked, and gives the exit code.
pub(super) fn finish(
    report: &Report,
    place: &Place,
    file: Option<&Path>,
    context: &Context,
) -> Result<Exit, Failure> {
    let kept = kept(report, context);
    let wiping = report.wipe.as_ref().map(|wiped| wipe::report::failures(wiped, context));
    let wiping = wiping.unwrap_or_default();
    let stop = stop(report, place, context);
    let body = document(report, (&kept, &wiping, stop.as_ref()), place, context);
    if let Some(path) = file {
        wipe::report::write(path, SCHEMA, &body)?;
    }
    sealing::notes(&report.seal, context);
    say(report, kept.len(), context)?;
    let failures: Vec<Failure> = kept.into_iter().chain(wiping).collect();
    cmd::tell(context, &failures);
    context.output.document(SCHEMA, body)?;
    if let Some(stop) = stop {
        // The document says it too.
        if !context.output.json() {
            context.output.explain(&stop);
        }
        return Ok(stop.code.exit());
    }
    Ok(match report.conclusion() {
        Conclusion::Retired => Exit::Ok,
        Conclusion::BestEffort => Exit::BestEffort,
        Conclusion::Kept => Exit::Refused,
        Conclusion::Partial | Conclusion::Interrupted => Exit::Partial,
    })
}

/// The key store did not open a second time: nothing is proved, and nothing wiped.
pub(super) fn unproved(
    sealed: Sealed,
    place: &Place,
    error: Failure,
    context: &Context,
) -> Failure {
    let report = sealed.refused().into_report();
    let kept = kept(&report, context);
    kept.iter().for_each(|one| context.output.mention(one));
    let body = document(&report, (&kept, &[], None), place, context);
    Failure { report: Some(body), ..error }
}

/// What ended the run early, or kept everything.
fn stop(report: &Report, place: &Place, context: &Context) -> Option<Failure> {
    if let Some(error) = &report.seal.stopped {
        return Some(sealing::failure(&place.output, error, context));
    }
    if let Some(error) = &report.stopped {
        return Some(failure(error, context));
    }
    if let Some(Refusal::Uncopied) = report.refusal {
        return Some(Failure::new(Code::RetireUncopied, ""));
    }
    let wiped = report.wipe.as_ref()?;
    let path = wiped.journal.as_deref().unwrap_or(Path::new(""));
    wiped.stopped.as_ref().map(|error| wipe::error_at(path, error, context))
}

/// Every source that was kept whole: not sealed, not proved, not touched.
fn kept(report: &Report, context: &Context) -> Vec<Failure> {
    let mut kept = sealing::failures_of(&report.seal, context);
    kept.extend(report.kept.iter().map(|one| reason(one, context)));
    let rows = report.wipe.iter().flat_map(|wiped| wiped.rows.iter().map(move |row| (wiped, row)));
    let untouched = rows.filter(|(_, row)| row.verdict == Verdict::Refused);
    kept.extend(untouched.map(|(wiped, row)| refused(wiped, row, context)));
    kept
}

fn reason(kept: &Kept, context: &Context) -> Failure {
    match &kept.reason {
        Reason::Sealed(error) => sealing::failure(&kept.path, error, context),
        Reason::Source(sealkeep::wipe::Error::Changed) => {
            Failure::at(Code::SourceChanged, &kept.path)
        }
        Reason::Source(error) => classify::wipe(&kept.path, error),
    }
}

/// A source that is not overwritten where it lies, with what was found there.
fn refused(wiped: &Wiped, row: &Row, context: &Context) -> Failure {
    let class = &wiped.classes[row.class];
    let lies_on = &wiped.places[class.place].place;
    let worst = |one: &&Finding| match class.reach {
        _ if one.effect == Effect::Refuse => true,
        Reach::Impossible => one.effect == Effect::Impossible,
        _ => one.effect == Effect::BestEffort,
    };
    let words: Vec<String> = wipe::plan::findings(class, lies_on)
        .filter(worst)
        .map(|one| wipe::finding::words(one, context.output.messages()))
        .collect();
    Failure::at(Code::Kept, &row.path).because(words.join("; "))
}

fn say(report: &Report, kept: usize, context: &Context) -> Result<(), Failure> {
    let output = &context.output;
    sealing::say(&report.seal, "seal-done", context)?;
    if report.refusal.is_none() {
        let Totals { files, directories, symlinks, bytes } = &report.proven;
        let args: crate::cli::messages::Args<'_> = &[
            ("files", files),
            ("directories", directories),
            ("symlinks", symlinks),
            ("bytes", &bytes.to_string()),
        ];
        output.say("retire-proven", args)?;
    }
    if let Some(wiped) = &report.wipe {
        wipe::report::say(wiped, context)?;
    }
    let name = report.conclusion().name();
    let result = output.messages().attribute("retire-result", name, &[]).unwrap_or_default();
    let gone = report.wipe.as_ref().map_or(0, |wiped| wiped.tally.removed);
    output.say("retire-done", &[("result", &result), ("files", &gone), ("kept", &kept)])
}

fn document(
    report: &Report,
    (kept, wiping, stop): (&[Failure], &[Failure], Option<&Failure>),
    place: &Place,
    context: &Context,
) -> Value {
    let proven = &report.proven;
    let sealing = sealing::Command {
        schema: "sealkeep.seal/1",
        done: "seal-done",
        output: place.output.clone(),
        extra: extra(&report.seal, place.shared),
    };
    let failures = sealing::failures_of(&report.seal, context);
    let wiped = report.wipe.as_ref().map(|one| wipe::report::document(one, wiping, context));
    json!({
        "result": report.conclusion().name(),
        "proven": {
            "files": proven.files,
            "directories": proven.directories,
            "symlinks": proven.symlinks,
            "content_bytes": proven.bytes,
        },
        "stopped": stop.map(|one| context.output.failure_json(one)),
        "kept": kept.iter().map(|one| context.output.failure_json(one)).collect::<Vec<_>>(),
        "seal": sealing::document(&report.seal, &failures, sealing, context),
        "wipe": wiped,
    })
}
