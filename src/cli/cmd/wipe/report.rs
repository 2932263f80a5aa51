//! What was done, in words and as a document (`docs/spec/wipe-report.md`).

use std::fs::File;
use std::io::Write;
use std::path::Path;

use sealkeep::wipe::{Conclusion, PlaceReport, Report, Row};
use sealkeep_medium::finding::{Code as Found, Effect, Finding};
use serde_json::{Value, json};

use super::{error_at, failure, finding, plan};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{Context, hex, time};

const SCHEMA: &str = "sealkeep.wipe/1";

/// Shows the report, writes it to `file` if asked, and gives the exit code.
pub(super) fn finish(
    report: &Report,
    file: Option<&Path>,
    context: &Context,
) -> Result<Exit, Failure> {
    let failures = failures(report, context);
    let body = document(report, &failures, context);
    // A full disk must not keep the result from those who wait for it.
    let unwritten = file.and_then(|path| write(path, SCHEMA, &body).err());
    if let Some(failure) = &unwritten {
        context.output.warn("W-NO-REPORT", "warn-no-report", &[("path", &failure.subject)]);
    }
    say(report, context)?;
    failures.iter().for_each(|one| context.output.mention(one));
    context.output.document(SCHEMA, body)?;
    if let Some(stop) = stopped(report, context) {
        // The document says it too.
        if !context.output.json() {
            context.output.explain(&stop);
        }
        return Ok(stop.code.exit());
    }
    if let Some(failure) = unwritten {
        return Ok(failure.code.exit());
    }
    Ok(match report.conclusion() {
        Conclusion::Verified => Exit::Ok,
        Conclusion::BestEffort => Exit::BestEffort,
        Conclusion::Refused => Exit::Refused,
        Conclusion::Partial | Conclusion::Interrupted => Exit::Partial,
    })
}

/// Why the run ended early; what is left to do stands in the journal.
fn stopped(report: &Report, context: &Context) -> Option<Failure> {
    let path = report.journal.as_deref().unwrap_or(Path::new(""));
    report.stopped.as_ref().map(|error| error_at(path, error, context))
}

/// Everything that went wrong with a target, or kept it from being touched.
pub(in crate::cli::cmd) fn failures(report: &Report, context: &Context) -> Vec<Failure> {
    let rows = report
        .rows
        .iter()
        .filter_map(|row| row.error.as_ref().map(|error| error_at(&row.path, error, context)));
    let problems = report.problems.iter().map(|problem| failure(problem, context));
    rows.chain(problems).collect()
}

/// The report in words.
pub(in crate::cli::cmd) fn say(report: &Report, context: &Context) -> Result<(), Failure> {
    let (output, messages) = (&context.output, context.output.messages());
    for row in &report.rows {
        let path = row.path.display().to_string();
        let verdict = context.output.messages().word("wipe-verdict", row.verdict.name());
        output.say("wipe-row", &[("verdict", &verdict), ("path", &path)])?;
    }
    for (number, pass) in report.passes.iter().enumerate() {
        let rate = |bytes: u64, seconds: f64| megabytes(bytes, seconds);
        let (number, pattern) = (number + 1, &pass.pattern);
        let (bytes, speed) = (pass.bytes.to_string(), rate(pass.bytes, pass.seconds));
        let (read, read_speed) =
            (pass.read_back_bytes.to_string(), rate(pass.read_back_bytes, pass.read_back_seconds));
        output.say(
            "wipe-pass-done",
            &[
                ("number", &number),
                ("pattern", pattern),
                ("bytes", &bytes),
                ("speed", &speed),
                ("read", &read),
                ("readspeed", &read_speed),
            ],
        )?;
    }
    for place in &report.places {
        let lies = plan::where_it_lies(&place.place);
        let key = match place.journal_emptied {
            Some(true) => "wipe-journal-emptied",
            Some(false) => "wipe-journal-stays",
            None => continue,
        };
        output.say(key, &[("place", &lies)])?;
    }
    for one in residual(report) {
        let text = finding::words(one, messages);
        output.say("wipe-residual", &[("text", &text)])?;
    }
    let tally = &report.tally;
    output.say(
        "wipe-done",
        &[
            ("result", &context.output.messages().word("wipe-result", report.conclusion().name())),
            ("verified", &tally.verified),
            ("effort", &tally.best_effort),
            ("short", &(tally.not_in_place + tally.failed + tally.unfinished)),
            ("refused", &tally.refused),
            ("names", &(tally.names + tally.removed)),
            ("bytes", &tally.bytes.to_string()),
        ],
    )
}

/// What may be left: findings about targets that were wiped, and about what lies under them, each once.
fn residual(report: &Report) -> Vec<&Finding> {
    let mut found: Vec<&Finding> = Vec::new();
    for class in report.classes.iter().filter(|class| class.targets > 0 && !class.refused) {
        let place = &report.places[class.place];
        for one in plan::findings(class, &place.place) {
            if may_leave(one, place) && !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

/// Whether a finding means that something may be left after the wipe.
fn may_leave(finding: &Finding, place: &PlaceReport) -> bool {
    match finding.code {
        Found::EarlierVersions
        | Found::NameInJournal
        | Found::OutsideFreeSpace
        | Found::Attributes
        | Found::Raid => true,
        Found::DataJournal | Found::Inline => place.journal_emptied != Some(true),
        _ => finding.effect >= Effect::BestEffort,
    }
}

/// The report as a document.
pub(in crate::cli::cmd) fn document(
    report: &Report,
    failures: &[Failure],
    context: &Context,
) -> Value {
    let messages = context.output.messages();
    let residual: Vec<Value> =
        residual(report).into_iter().map(|one| finding::fields(one, messages)).collect();
    let classes = report.classes.iter().filter(|class| class.targets > 0).map(|class| {
        let place = &report.places[class.place].place;
        json!({
            "place": class.place,
            "kind": class.kind,
            "reach": class.reach,
            "refused": class.refused,
            "targets": class.targets,
            "bytes": class.bytes,
            "findings": plan::findings_json(class, place, messages),
        })
    });
    let places = report.places.iter().map(|place| {
        json!({
            "place": *place.place,
            "journal_emptied": place.journal_emptied,
            "trimmed_bytes": place.trimmed,
        })
    });
    let system = rustix::system::uname();
    json!({
        "result": report.conclusion(),
        "resumed": report.resumed,
        "kept": report.kept,
        "tool": { "name": "sealkeep", "version": env!("CARGO_PKG_VERSION") },
        "host": {
            "name": system.nodename().to_string_lossy(),
            "system": system.sysname().to_string_lossy(),
            "release": system.release().to_string_lossy(),
        },
        "started": time(report.started),
        "finished": time(report.finished),
        "method": report.method,
        "passes": report.passes,
        "seed_commitment": hex(&report.seed_commitment),
        "verify": report.verify,
        "totals": report.tally,
        "places": places.collect::<Vec<_>>(),
        "classes": classes.collect::<Vec<_>>(),
        "targets": report.rows.iter().map(|row| target(row, report, context)).collect::<Vec<_>>(),
        "residual": residual,
        "failures": failures.iter().map(|one| context.output.failure_json(one)).collect::<Vec<_>>(),
        "stopped": stopped(report, context).map(|one| context.output.failure_json(&one)),
        "journal": report.journal.as_ref().map(|path| path.display().to_string()),
    })
}

fn target(row: &Row, report: &Report, context: &Context) -> Value {
    let class = &report.classes[row.class];
    let place = &report.places[class.place].place;
    json!({
        "path": row.path.display().to_string(),
        "kind": row.kind,
        "result": row.verdict,
        "reach": class.reach,
        "bytes": row.size,
        "overwritten_bytes": row.overwritten,
        "read_back": row.read_back,
        "extents_before": row.before,
        "extents_after": row.after,
        "bad": row.bad,
        "error": row.error.as_ref().map(|error| {
            context.output.failure_json(&error_at(&row.path, error, context))
        }),
        "findings": plan::findings_json(class, place, context.output.messages()),
    })
}

/// Writes the document to a file of its own, whole or not at all.
pub(in crate::cli::cmd) fn write(path: &Path, schema: &str, body: &Value) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::io(path, &error);
    let mut body = body.clone();
    body["schema"] = schema.into();
    let text = serde_json::to_string_pretty(&body).map_err(|error| failed(error.into()))?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let mut file = File::create_new(&part).map_err(failed)?;
    let written = writeln!(file, "{text}").and_then(|()| file.sync_all());
    let placed = written.and_then(|()| std::fs::hard_link(&part, path));
    let _ = std::fs::remove_file(&part);
    placed.and_then(|()| File::open(dir)?.sync_all()).map_err(failed)
}

/// Bytes over a time, in MB/s.
fn megabytes(bytes: u64, seconds: f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = if seconds > 0.0 { bytes as f64 / seconds / 1e6 } else { 0.0 };
    format!("{rate:.0}")
}
