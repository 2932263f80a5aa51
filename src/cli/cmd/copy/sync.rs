//! `copy sync`: copies brought up to date.

use std::path::Path;

use sealkeep::vault::copy::{SyncOptions, SyncReport, sync};
use sealkeep::vault::register::Medium;
use serde_json::{Value, json};

use super::{chosen, load, storage, update};
use crate::cli::Context;
use crate::cli::args::VaultCopySync;
use crate::cli::cmd;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::vault::{self, Opened};

pub(super) fn run(args: &VaultCopySync, context: &Context) -> Result<Exit, Failure> {
    let found = vault::find(context)?;
    let copies = chosen(&load(&found, context)?, &args.copies)?;
    if copies.is_empty() {
        context.output.warn("W-NO-VAULT-COPY", "warn-no-vault-copy", &[]);
    }
    let opened = found.open(sealkeep::vault::Lock::Shared, context)?;
    if args.dry_run {
        context.output.say("vault-copy-dry-run", &[])?;
    }
    let how = How { anew: args.anew, dry_run: args.dry_run, schema: "sealkeep.copy-sync/1" };
    these(&opened, &copies, &how, context)
}

/// How copies are brought up to date.
pub(super) struct How {
    /// Where a copy was and is no longer, too.
    pub(super) anew: bool,
    /// Only say what would be done.
    pub(super) dry_run: bool,
    /// Of the document.
    pub(super) schema: &'static str,
}

/// Brings these copies up to date, one after the other, and notes it in the register.
pub(super) fn these(
    opened: &Opened,
    copies: &[Medium],
    how: &How,
    context: &Context,
) -> Result<Exit, Failure> {
    let (mut done, mut failures, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for copy in copies {
        match one(opened, copy, how, context) {
            Ok(report) => {
                say(copy, &report, context)?;
                rows.push(fields(copy, &report));
                let damaged = report
                    .damaged
                    .iter()
                    .map(|name| Failure::at(Code::VaultDamaged, &opened.dir).because(name));
                failures.extend(damaged);
                done.push((copy.id.clone(), report));
            }
            Err(failure) if context.cancel.is_asked() => return Err(failure),
            Err(failure) => failures.push(failure),
        }
    }
    if !done.is_empty() && !how.dry_run {
        update(opened, context, |register| {
            for (id, report) in &done {
                register.change(id, |medium| {
                    medium.synced(report, cmd::now());
                    Ok(())
                })?;
            }
            Ok(())
        })?;
    }
    let shown: Vec<Value> = failures.iter().map(|one| context.output.failure_json(one)).collect();
    if !(done.is_empty() && failures.len() == 1) {
        let body = json!({ "dry_run": how.dry_run, "copies": rows, "failures": shown });
        context.output.document(how.schema, body)?;
    }
    cmd::end(context, failures, done.len())
}

fn one(
    opened: &Opened,
    copy: &Medium,
    how: &How,
    context: &Context,
) -> Result<SyncReport, Failure> {
    let place = Path::new(&copy.place);
    let storage = storage(place)?;
    // An empty folder where a copy was is most likely one on which nothing is mounted.
    if copy.last_sync.is_some() && !how.anew && !place.join("vault").exists() {
        return Err(Failure::at(Code::CopyEmpty, place));
    }
    let known = if how.anew { None } else { copy.head() };
    if how.dry_run {
        return foresee(opened, place, known, context);
    }
    // Only who looks at a bar needs to know how long it is.
    let total = match context.output.draws_progress() {
        true => Some(foresee(opened, place, known, context)?.bytes),
        false => None,
    };
    let options = SyncOptions { known, wait: context.settings.wait, dry_run: false };
    let (main, file) = (opened.vault.storage(), opened.vault.file());
    cmd::with_progress(context, total, |run| sync(&**main, file, &*storage, &options, run))
        .map_err(|error| vault::failure(place, &error, context))
}

/// What bringing the copy at a place up to date would do.
pub(super) fn foresee(
    opened: &Opened,
    place: &Path,
    known: Option<u64>,
    context: &Context,
) -> Result<SyncReport, Failure> {
    let storage = storage(place)?;
    let options = SyncOptions { known, wait: context.settings.wait, dry_run: true };
    let (main, file) = (opened.vault.storage(), opened.vault.file());
    cmd::with_progress(context, None, |run| sync(&**main, file, &*storage, &options, run))
        .map_err(|error| vault::failure(place, &error, context))
}

fn say(copy: &Medium, report: &SyncReport, context: &Context) -> Result<(), Failure> {
    let bytes = report.bytes.to_string();
    context.output.say(
        "vault-copy-synced",
        &[
            ("id", &copy.id),
            ("place", &copy.place),
            ("head", &report.head),
            ("brought", &report.brought),
            ("bytes", &bytes),
            ("present", &report.present),
            ("removed", &report.removed),
        ],
    )?;
    for (key, names) in [("vault-copy-left", &report.left), ("vault-copy-foreign", &report.foreign)]
    {
        if !names.is_empty() {
            context.output.say(key, &[("count", &names.len()), ("first", &names[0])])?;
        }
    }
    Ok(())
}

fn fields(copy: &Medium, report: &SyncReport) -> Value {
    json!({
        "id": copy.id,
        "place": copy.place,
        "head": report.head,
        "before": report.before,
        "present": report.present,
        "brought": report.brought,
        "bytes": report.bytes,
        "removed": report.removed,
        "damaged": report.damaged,
        "left": report.left,
        "foreign": report.foreign,
    })
}
