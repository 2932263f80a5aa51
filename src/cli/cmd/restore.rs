//! `restore`: from a snapshot back into a folder.

use std::path::{Path, PathBuf};

use sealkeep::backup::restore::{
    Destroyed, Failed, RestoreFailure, RestoreOptions, RestorePlan, RestorePlanError, RestoreReport,
};
use sealkeep::backup::{Note, Omitted, Overwrite};
use serde_json::{Value, json};

use crate::cli::args::{ExistingFiles, RestoreSnapshot};
use crate::cli::cmd;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::messages::Args;
use crate::cli::vault::{self, Opened};
use crate::cli::{Context, hex, time};

pub(crate) fn run(args: &RestoreSnapshot, context: &Context) -> Result<Exit, Failure> {
    let options = options(args)?;
    let opened = vault::open(context)?;
    let snapshots = opened.snapshots(context)?;
    let snapshot = &snapshots[vault::pick(&snapshots, &args.snapshot, &args.which)?];
    let whole = options.paths.is_empty() && options.patterns.is_empty();
    let plan = RestorePlan::new(&opened.vault, &snapshot.file, options)
        .map_err(|error| plan_failure(&error, &opened, context))?;
    let total = (whole && !args.dry_run).then_some(snapshot.about.bytes);
    let report = cmd::with_progress(context, total, |run| {
        if args.dry_run { plan.rehearse(run) } else { plan.execute(&args.output, run) }
    });
    let report = report
        .map_err(|error| vault::restore_failure(&args.output, &opened.dir, &error, context))?;
    finish(&report, args, &opened, context)
}

fn options(args: &RestoreSnapshot) -> Result<RestoreOptions, Failure> {
    let absolute =
        |path: &PathBuf| std::path::absolute(path).map_err(|error| Failure::io(path, &error));
    Ok(RestoreOptions {
        paths: args.paths.iter().map(absolute).collect::<Result<_, _>>()?,
        patterns: args.include.clone(),
        relative_to: args.relative_to.as_ref().map(absolute).transpose()?,
        overwrite: match args.existing {
            None | Some(ExistingFiles::Refuse) => Overwrite::Refuse,
            Some(ExistingFiles::Keep) => Overwrite::Never,
            Some(ExistingFiles::Update) => Overwrite::IfChanged,
            Some(ExistingFiles::Replace) => Overwrite::Always,
        },
        numeric_owner: args.numeric_owner,
        not_durable: false,
    })
}

fn plan_failure(error: &RestorePlanError, opened: &Opened, context: &Context) -> Failure {
    match error {
        RestorePlanError::NotAbsolute(path) => Failure::at(Code::NotInSnapshot, path),
        RestorePlanError::Pattern(text) => Failure::new(Code::Pattern, text),
        RestorePlanError::Vault(error) => opened.failure(error, context),
        other => Failure::at(Code::Unexpected, &opened.dir).because(other),
    }
}

fn finish(
    report: &RestoreReport,
    args: &RestoreSnapshot,
    opened: &Opened,
    context: &Context,
) -> Result<Exit, Failure> {
    let missing = report.not_found.iter().map(|path| Failure::at(Code::NotInSnapshot, path));
    let failed = report.failures.iter().map(|one| failure(one, opened, context));
    let failures: Vec<Failure> = missing.chain(failed).collect();
    notes(report, context);
    say(report, args, context)?;
    let body = context.output.json().then(|| document(report, args, &failures, context));
    if let Some(error) = &report.stopped {
        failures.iter().for_each(|one| context.output.mention(one));
        let mut stop = vault::restore_failure(&args.output, &opened.dir, error, context);
        stop.report = body;
        return Err(stop);
    }
    let restored = report.restored;
    let done = restored.files + restored.directories + restored.others + restored.kept;
    let done = usize::try_from(done).unwrap_or(usize::MAX);
    if let Some(body) = body
        && (done > 0 || failures.len() != 1)
    {
        context.output.document("sealkeep.restore/1", body)?;
    }
    match cmd::end(context, failures, done)? {
        Exit::Ok if !report.destroyed.is_empty() => Ok(Exit::DestroyedObjects),
        exit => Ok(exit),
    }
}

/// What it means that something could not be restored.
fn failure(one: &RestoreFailure, opened: &Opened, context: &Context) -> Failure {
    let subject = match &one.what {
        Failed::Path(path) => path.clone(),
        Failed::Key(key) => PathBuf::from(key.to_string()),
        Failed::Segment(segment, count) => PathBuf::from(format!("{segment} ({count})")),
    };
    vault::restore_failure(&subject, &opened.dir, &one.error, context)
}

fn notes(report: &RestoreReport, context: &Context) {
    for note in &report.notes {
        let path = note.path.display().to_string();
        let (what, count) = (omitted(note), note.count);
        let reason = note.reason.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        let args: Args<'_> =
            &[("what", &what), ("path", &path), ("count", &count), ("reason", &reason)];
        context.output.warn("W-NOT-RESTORED", "warn-not-restored", args);
    }
    for path in &report.changed_while_read {
        let path = path.display().to_string();
        context.output.warn("W-CHANGED", "warn-changed-while-read", &[("path", &path)]);
    }
}

/// The name of what was left out; not translated, as the names of attributes.
fn omitted(note: &Note) -> String {
    match &note.what {
        Omitted::Owner => "owner".to_owned(),
        Omitted::SetId => "setuid, setgid".to_owned(),
        Omitted::Mode => "mode".to_owned(),
        Omitted::Time => "time".to_owned(),
        Omitted::Xattr(name) => name.clone(),
        Omitted::Socket => "socket".to_owned(),
        Omitted::Device => "device".to_owned(),
        other => format!("{other:?}"),
    }
}

fn say(report: &RestoreReport, args: &RestoreSnapshot, context: &Context) -> Result<(), Failure> {
    for destroyed in &report.destroyed {
        let path = destroyed.path.as_deref().unwrap_or(Path::new("-")).display().to_string();
        let key = destroyed.key.to_string();
        let (when, certificate) = tombstone(destroyed);
        let args: Args<'_> =
            &[("key", &key), ("path", &path), ("when", &when), ("certificate", &certificate)];
        context.output.say("restore-destroyed", args)?;
    }
    let restored = report.restored;
    let done = if args.dry_run { "restore-plan" } else { "restored" };
    let (id, bytes) = (vault::short(report.snapshot), restored.bytes.to_string());
    let output = args.output.display().to_string();
    context.output.say(
        done,
        &[
            ("id", &id),
            ("output", &output),
            ("files", &restored.files),
            ("directories", &restored.directories),
            ("others", &restored.others),
            ("kept", &restored.kept),
            ("bytes", &bytes),
            ("destroyed", &report.destroyed.len()),
        ],
    )
}

/// When an object was destroyed, and under which certificate.
pub(crate) fn tombstone(destroyed: &Destroyed) -> (String, String) {
    match &destroyed.tombstone {
        Some(tombstone) => (time(tombstone.when), hex(&tombstone.certificate)),
        None => ("-".to_owned(), "-".to_owned()),
    }
}

fn document(
    report: &RestoreReport,
    args: &RestoreSnapshot,
    failures: &[Failure],
    context: &Context,
) -> Value {
    let notes = report.notes.iter().map(|note| {
        json!({ "what": omitted(note), "path": note.path.display().to_string(), "count": note.count })
    });
    let restored = report.restored;
    json!({
        "snapshot": report.snapshot.to_string(),
        "dry_run": args.dry_run,
        "output": args.output.display().to_string(),
        "files": restored.files,
        "bytes": restored.bytes,
        "directories": restored.directories,
        "others": restored.others,
        "kept": restored.kept,
        "destroyed": report.destroyed.iter().map(destroyed_fields).collect::<Vec<_>>(),
        "not_restored": notes.collect::<Vec<_>>(),
        "changed_while_read":
            report.changed_while_read.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "failures": failures.iter().map(|one| context.output.failure_json(one)).collect::<Vec<_>>(),
    })
}

/// A destroyed object in a document.
pub(crate) fn destroyed_fields(destroyed: &Destroyed) -> Value {
    json!({
        "key": destroyed.key.to_string(),
        "path": destroyed.path.as_ref().map(|path| path.display().to_string()),
        "when": destroyed.tombstone.map(|tombstone| time(tombstone.when)),
        "certificate": destroyed.tombstone.map(|tombstone| hex(&tombstone.certificate)),
    })
}
