//! `backup`: files and folders into the vault.

use std::path::{Path, PathBuf};

use sealkeep::backup::filter::{FilterOptions, read_list};
use sealkeep::backup::rules::Rules;
use sealkeep::backup::{BackupOptions, BackupPlan, BackupReport, PlanError, Tally};
use sealkeep::vault::Lock;
use serde_json::{Value, json};

use crate::cli::args::{Backup, is_dash};
use crate::cli::cmd::{self, rules};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::input::Stdin;
use crate::cli::messages::Args;
use crate::cli::vault::{self, Opened};
use crate::cli::{Context, classify, store};

pub(crate) fn run(args: Backup, context: &Context) -> Result<Exit, Failure> {
    let sources = sources(&args, context)?;
    let found = vault::find(context)?;
    // Before anybody is asked for a passphrase.
    let rules = rules::read(
        args.scope_rules.as_deref(),
        args.scope.as_deref(),
        found.file.suite(),
        context,
    )?;
    rules::warn_unknown_classes(&rules, None, context)?;
    let opened = found.open(Lock::Shared, context)?;
    store::warn_shared_device(context, &[&opened.dir]);
    let options = options(args, rules, &opened.dir, context);
    let plan = BackupPlan::new(&opened.vault, &sources, options)
        .map_err(|error| plan_failure(&error, &opened, context))?;
    let total = plan.expected_bytes();
    let report = cmd::with_progress(context, total, |run| plan.execute(run));
    opened.warn_behind(context);
    let report = report.map_err(|error| opened.failure(&error, context))?;
    finish(&report, context)
}

/// What was named, in a list or in the configuration. Standard input is read before a passphrase could be asked for there.
fn sources(args: &Backup, context: &Context) -> Result<Vec<PathBuf>, Failure> {
    let mut sources = args.sources.clone();
    if let Some(list) = &args.files_from {
        let read = if is_dash(list) {
            read_list(Stdin::new(&context.cancel))
        } else {
            let file = std::fs::File::open(list).map_err(|error| Failure::io(list, &error))?;
            read_list(file)
        };
        sources.extend(read.map_err(|error| classify::filter(list, &error))?);
    } else if sources.is_empty() {
        sources.clone_from(&context.settings.backup.sources);
    }
    if sources.is_empty() {
        let text = context.output.messages().text("usage-no-source", &[]);
        return Err(Failure::new(Code::Usage, text));
    }
    Ok(sources)
}

fn options(args: Backup, rules: Rules, dir: &Path, context: &Context) -> BackupOptions {
    let defaults = &context.settings.backup;
    let mut options = BackupOptions::new(rules);
    options.tags = args.tag;
    options.host = args.host.unwrap_or_else(host);
    options.user = uzers::get_current_username()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    options.filter = FilterOptions {
        exclude: [&defaults.exclude[..], &args.exclude[..]].concat(),
        caches: args.exclude_caches || defaults.exclude_caches,
        other_file_systems: args.one_file_system || defaults.one_file_system,
        larger_than: args.exclude_larger_than,
    };
    let settings = &context.settings;
    options.own = [Some(dir.to_owned()), settings.keystore.clone(), settings.cell.clone()]
        .into_iter()
        .flatten()
        .collect();
    options.reread = args.reread;
    options.renew_destroyed = args.renew_destroyed;
    options.dry_run = args.dry_run;
    options
}

/// The name of this machine.
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn plan_failure(error: &PlanError, opened: &Opened, context: &Context) -> Failure {
    match error {
        PlanError::Source(failure) => classify::object(&failure.path, &failure.error),
        PlanError::Filter(error) => classify::filter(&opened.dir, error),
        PlanError::Vault(error) => opened.failure(error, context),
        other => Failure::at(Code::Unexpected, &opened.dir).because(other),
    }
}

fn finish(report: &BackupReport, context: &Context) -> Result<Exit, Failure> {
    let failures: Vec<Failure> = report
        .failures
        .iter()
        .map(|failure| classify::object(&failure.path, &failure.error))
        .collect();
    notes(report, context);
    say(report, context)?;
    let shown: Vec<Value> = failures.iter().map(|one| context.output.failure_json(one)).collect();
    context.output.document("sealkeep.backup/1", document(report, shown))?;
    let done = usize::try_from(report.total.objects).unwrap_or(usize::MAX);
    // A snapshot was made even if all of one object is missing in it.
    cmd::end(context, failures, done.max(1))
}

fn notes(report: &BackupReport, context: &Context) {
    for path in &report.changed_while_read {
        let path = path.display().to_string();
        context.output.warn("W-CHANGED", "warn-changed-while-read", &[("path", &path)]);
    }
    for path in &report.own {
        let path = path.display().to_string();
        context.output.warn("W-OWN", "warn-own", &[("path", &path)]);
    }
    for (path, unread) in &report.unread {
        let path = path.display().to_string();
        let name = String::from_utf8_lossy(&unread.name).into_owned();
        let reason = unread.errno.to_string();
        let args: Args<'_> = &[("path", &path), ("name", &name), ("reason", &reason)];
        context.output.warn("W-ATTRIBUTES", "warn-attributes", args);
    }
    let uncopied = report.settled.uncopied;
    if uncopied > 0 {
        context.output.warn("W-UNCOPIED", "warn-uncopied", &[("count", &uncopied)]);
    }
}

fn say(report: &BackupReport, context: &Context) -> Result<(), Failure> {
    match report.snapshot {
        Some(id) => context.output.say("backup-done", &[("id", &vault::short(id))])?,
        None => context.output.say("backup-dry-run", &[])?,
    }
    for (key, tally) in [
        ("backup-total", report.total),
        ("backup-new", report.new),
        ("backup-changed", report.changed),
        ("backup-unchanged", report.unchanged),
    ] {
        let bytes = tally.bytes.to_string();
        let args: Args<'_> =
            &[("objects", &tally.objects), ("files", &tally.files), ("bytes", &bytes)];
        context.output.say(key, args)?;
    }
    if report.reclassified > 0 {
        context.output.say("backup-reclassified", &[("count", &report.reclassified)])?;
    }
    if report.snapshot.is_none() {
        return Ok(());
    }
    let written = report.written;
    context.output.say(
        "backup-written",
        &[
            ("chunks", &written.chunks),
            ("shared", &written.shared),
            ("bytes", &written.bytes.to_string()),
        ],
    )
}

fn document(report: &BackupReport, failures: Vec<Value>) -> Value {
    let paths = report.changed_while_read.iter().map(|path| path.display().to_string());
    json!({
        "snapshot": report.snapshot.map(|id| id.to_string()),
        "parent": report.parent.map(|id| id.to_string()),
        "total": tally(report.total),
        "new": tally(report.new),
        "changed": tally(report.changed),
        "unchanged": tally(report.unchanged),
        "reclassified": report.reclassified,
        "chunks_stored": report.written.chunks,
        "chunks_shared": report.written.shared,
        "bytes_added": report.written.bytes,
        "segments_written": report.written.segments,
        "changed_while_read": paths.collect::<Vec<_>>(),
        "uncopied_keys": report.settled.uncopied,
        "failures": failures,
    })
}

fn tally(tally: Tally) -> Value {
    json!({ "objects": tally.objects, "files": tally.files, "bytes": tally.bytes })
}
