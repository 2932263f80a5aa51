//! `prune`: space that no snapshot needs any more is given back.

use sealkeep::vault::Lock;
use sealkeep::vault::prune::{PruneOptions, PrunePlan, PruneReport};
use serde_json::{Value, json};

use crate::cli::Context;
use crate::cli::args::{Prune, Unused};
use crate::cli::cmd;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::vault::{self, Opened};

pub(crate) fn run(args: &Prune, context: &Context) -> Result<Exit, Failure> {
    // Even to count what is not needed, nobody may be adding: what a running backup brought would look like it.
    let opened = vault::find(context)?.open(Lock::Exclusive, context)?;
    let report = prune(&opened, &args.unused, args.dry_run, context)?;
    context.output.document("sealkeep.prune/1", fields(&report, args.dry_run))?;
    Ok(Exit::Ok)
}

/// Prunes a vault that is opened alone.
///
/// # Errors
/// Those of the vault.
pub(crate) fn prune(
    opened: &Opened,
    unused: &Unused,
    dry_run: bool,
    context: &Context,
) -> Result<PruneReport, Failure> {
    let defaults = PruneOptions::default();
    let options = PruneOptions { max_unused: unused.max_unused.unwrap_or(defaults.max_unused) };
    let report = cmd::with_progress(context, None, |run| {
        let plan = PrunePlan::new(&opened.vault, options, run)?;
        if dry_run || plan.is_empty() { Ok(plan.report) } else { plan.execute(run) }
    });
    let report = report.map_err(|error| opened.failure(&error, context))?;
    let (freed, unused) = (report.freed.to_string(), report.unused.to_string());
    let needed = report.needed.to_string();
    context.output.say(
        if dry_run { "prune-plan" } else { "prune-done" },
        &[
            ("freed", &freed),
            ("removed", &(report.removed + report.strays)),
            ("rewritten", &report.rewritten),
            ("kept", &report.kept),
            ("needed", &needed),
            ("unused", &unused),
            ("destroyed", &report.destroyed),
        ],
    )?;
    Ok(report)
}

/// A prune in a document.
pub(crate) fn fields(report: &PruneReport, dry_run: bool) -> Value {
    json!({
        "dry_run": dry_run,
        "kept": report.kept,
        "rewritten": report.rewritten,
        "removed": report.removed,
        "strays": report.strays,
        "freed_bytes": report.freed,
        "unused_bytes": report.unused,
        "needed_bytes": report.needed,
        "destroyed_objects": report.destroyed,
        "held_segments": report.held_segments,
    })
}
