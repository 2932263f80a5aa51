//! `keystore copy …`: copies of the key store.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sealkeep::destruction::request_files::RequestFiles;
use sealkeep_keystore::{
    CopyOutcome, CopyRecord, CopyState, CopyStatus, KeyStore, Location, OnFailure,
};
use serde_json::{Value, json};

use crate::cli::args::{CopyAdd, CopyCommand, CopyNames, CopyRemove};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, classify, cmd, settings, store, time};

/// How long a live copy may take unless told.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn run(command: CopyCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        CopyCommand::Add(args) => add(args, context),
        CopyCommand::List => list(context),
        CopyCommand::Sync(args) => sync(&args, context),
        CopyCommand::Check(args) => check(&args, context),
        CopyCommand::Remove(args) => remove(&args, context),
    }
}

/// One copy on a line.
pub(super) fn row(status: &CopyStatus, context: &Context) -> String {
    let messages = context.output.messages();
    let state = messages.text(if status.current { "copy-current" } else { "copy-behind" }, &[]);
    let kind = messages.text(if status.copy.live { "copy-live" } else { "copy-manual" }, &[]);
    let when = status.when.map_or_else(|| "-".to_owned(), time);
    format!("  {}  {kind}, {state}, {when}", status.copy.location.dir.display())
}

/// The policy's name in documents.
pub(super) fn policy_name(policy: OnFailure) -> &'static str {
    match policy {
        OnFailure::Refuse => "refuse",
        OnFailure::Warn => "warn",
    }
}

fn add(args: CopyAdd, context: &Context) -> Result<Exit, Failure> {
    let timeout = settings::seconds("--timeout", args.timeout)?.unwrap_or(TIMEOUT);
    let mut opened = store::open(context)?;
    store::warn_shared_device(context, &[&args.path]);
    let location = Location::new(args.path, args.copy_cell);
    let policy = if args.warn_only { OnFailure::Warn } else { OnFailure::Refuse };
    let added = opened.add_copy(&location, !args.manual, policy, timeout);
    // Registering a copy is a commit, giving it up again another: the other copies follow.
    let settled = cmd::settle_copies(&mut opened, context);
    let outcome = added.map_err(|error| store::here(context, &error))?;
    settled?;
    bring_requests(&mut opened, std::slice::from_ref(&outcome), context)?;
    if outcome.medium.overwrite.is_residual() {
        let path = outcome.copy.location.cell.display().to_string();
        let kind = outcome.medium.file_system.clone();
        context.output.warn("W-RESIDUAL", "warn-residual", &[("path", &path), ("kind", &kind)]);
    }
    let dir = outcome.copy.location.dir.display().to_string();
    context.output.say("copy-added", &[("dir", &dir)])?;
    context.output.document("sealkeep.keystore-copy-add/1", outcome_fields(&outcome))?;
    Ok(Exit::Ok)
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let opened = store::open(context)?;
    let copies = opened.copies().map_err(|error| store::here(context, &error))?;
    for copy in &copies {
        context.output.line(&row(copy, context))?;
    }
    if copies.is_empty() {
        context.output.warn("W-NO-COPY", "warn-no-copy", &[]);
    }
    let rows: Vec<Value> = copies.iter().map(super::copy_fields).collect();
    context.output.document("sealkeep.keystore-copy-list/1", json!({ "copies": rows }))?;
    Ok(Exit::Ok)
}

fn sync(args: &CopyNames, context: &Context) -> Result<Exit, Failure> {
    let mut opened = store::open(context)?;
    let chosen = chosen(&opened, args, context)?;
    let wanted = |copy: &CopyRecord| chosen.iter().any(|one| one.id == copy.id);
    let outcomes = opened.sync_copies(wanted).map_err(|error| store::here(context, &error))?;
    bring_requests(&mut opened, &outcomes, context)?;
    let (mut done, mut failures) = (0, Vec::new());
    for outcome in &outcomes {
        let dir = outcome.copy.location.dir.display().to_string();
        match &outcome.state {
            CopyState::Current { bytes, .. } => {
                done += 1;
                context.output.say("copy-synced", &[("dir", &dir), ("bytes", bytes)])?;
            }
            CopyState::Behind(reason) => {
                failures.push(Failure::new(Code::CopyUnreachable, dir).because(reason));
            }
        }
    }
    let rows: Vec<Value> = outcomes.iter().map(outcome_fields).collect();
    finish("sealkeep.keystore-copy-sync/1", rows, done, failures, context)
}

/// What is kept of requests goes with the keys.
fn bring_requests(
    opened: &mut KeyStore,
    outcomes: &[CopyOutcome],
    context: &Context,
) -> Result<(), Failure> {
    let files = RequestFiles::of(opened.location());
    let register = opened.register().map_err(|error| store::here(context, &error))?;
    cmd::mirror_requests(outcomes, &files, &register, context);
    Ok(())
}

fn check(args: &CopyNames, context: &Context) -> Result<Exit, Failure> {
    let opened = store::open(context)?;
    let now = store::peek(context)?;
    let (mut rows, mut done, mut failures) = (Vec::new(), 0, Vec::new());
    for copy in chosen(&opened, args, context)? {
        let dir = &copy.location.dir;
        match KeyStore::check_copy(&copy.location) {
            Ok(found) => {
                let behind = now.sequence.saturating_sub(found.sequence);
                let name = dir.display().to_string();
                context.output.say("copy-checked", &[("dir", &name), ("behind", &behind)])?;
                if found.store != now.store {
                    failures.push(Failure::at(Code::NotACopy, dir));
                } else if !found.cell_fits || found.torn > 0 {
                    let detail = format!("cell fits: {}, torn: {} B", found.cell_fits, found.torn);
                    failures.push(Failure::at(Code::CopyDamaged, dir).because(detail));
                } else if copy.live && behind > 0 {
                    failures.push(Failure::at(Code::CopyOutdated, dir));
                } else {
                    done += 1;
                }
                rows.push(json!({
                    "dir": dir,
                    "sequence": found.sequence,
                    "behind": behind,
                    "whole_bytes": found.whole,
                    "torn_bytes": found.torn,
                    "cell_fits": found.cell_fits,
                    "old_root_left": found.unsettled,
                    "destruction_unfinished": found.intent,
                }));
            }
            Err(error) => {
                let mut failure = classify::store(&error);
                if failure.code == Code::StoreDamaged {
                    failure = Failure::at(Code::CopyDamaged, dir).because(&error);
                }
                failures.push(failure);
            }
        }
    }
    finish("sealkeep.keystore-copy-check/1", rows, done, failures, context)
}

fn remove(args: &CopyRemove, context: &Context) -> Result<Exit, Failure> {
    let mut opened = store::open(context)?;
    let path = absolute(&args.path)?;
    let erased = opened.remove_copy(&path).map_err(|error| store::here(context, &error))?;
    let dir = path.display().to_string();
    if let Err(reason) = &erased {
        context.output.warn("W-CELL-LEFT", "warn-cell-left", &[("dir", &dir), ("reason", reason)]);
    }
    cmd::settle_copies(&mut opened, context)?;
    context.output.say("copy-removed", &[("dir", &dir)])?;
    context.output.document(
        "sealkeep.keystore-copy-remove/1",
        json!({ "dir": dir, "cell_erased": erased.is_ok() }),
    )?;
    Ok(Exit::Ok)
}

/// Shows `rows`, `done` of which are good; copies that could not be read have none.
fn finish(
    schema: &str,
    rows: Vec<Value>,
    done: usize,
    failures: Vec<Failure>,
    context: &Context,
) -> Result<Exit, Failure> {
    let single = done == 0 && failures.len() == 1;
    if !(single && context.output.json()) {
        let shown: Vec<_> = failures.iter().map(|one| context.output.failure_json(one)).collect();
        context.output.document(schema, json!({ "copies": rows, "failures": shown }))?;
    }
    cmd::end(context, failures, done)
}

/// The registered copies that were named, or all.
fn chosen(
    store: &KeyStore,
    args: &CopyNames,
    context: &Context,
) -> Result<Vec<CopyRecord>, Failure> {
    let copies = store.copies().map_err(|error| store::here(context, &error))?;
    let all = copies.into_iter().map(|status| status.copy);
    if args.paths.is_empty() {
        return Ok(all.collect());
    }
    let all: Vec<CopyRecord> = all.collect();
    let find = |path: &PathBuf| {
        let wanted = absolute(path)?;
        let found = all.iter().find(|copy| copy.location.dir == wanted);
        found.cloned().ok_or_else(|| Failure::at(Code::CopyUnknown, path))
    };
    args.paths.iter().map(find).collect()
}

/// Copies are registered by absolute path; the place itself may be gone.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::io(path, &error))
}

fn outcome_fields(outcome: &CopyOutcome) -> Value {
    let (current, bytes, reason) = match &outcome.state {
        CopyState::Current { bytes, .. } => (true, Some(*bytes), None),
        CopyState::Behind(reason) => (false, None, Some(reason)),
    };
    json!({
        "dir": outcome.copy.location.dir,
        "cell": outcome.copy.location.cell,
        "live": outcome.copy.live,
        "on_failure": policy_name(outcome.copy.on_failure),
        "current": current,
        "bytes": bytes,
        "reason": reason,
        "cell_medium": super::medium(&outcome.medium),
    })
}
