//! `snapshots`: what was backed up, and when.

use serde_json::{Value, json};

use crate::cli::args::Snapshots;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages::Args;
use crate::cli::vault::{self, Snapshot};
use crate::cli::{Context, time};

pub(crate) fn run(args: &Snapshots, context: &Context) -> Result<Exit, Failure> {
    let opened = vault::open(context)?;
    let mut snapshots = vault::filter(opened.snapshots(context)?, &args.which);
    if let Some(last) = args.last {
        snapshots.drain(..snapshots.len().saturating_sub(last));
    }
    for snapshot in &snapshots {
        context.output.line(&row(snapshot, context))?;
    }
    if snapshots.is_empty() {
        context.output.say("snapshots-none", &[])?;
    }
    let rows: Vec<Value> = snapshots.iter().map(fields).collect();
    context.output.document("sealkeep.snapshots/1", json!({ "snapshots": rows }))?;
    Ok(Exit::Ok)
}

/// A snapshot on a line.
pub(crate) fn row(snapshot: &Snapshot, context: &Context) -> String {
    let about = &snapshot.about;
    let mut row = format!(
        "{}  {}  {}  {}",
        snapshot.short(),
        time(snapshot.file.time),
        about.host,
        snapshot.sources()
    );
    if !about.tags.is_empty() {
        row.push_str(&format!("  [{}]", about.tags.join(", ")));
    }
    let messages = context.output.messages();
    if snapshot.file.complete {
        let (files, bytes) = (about.files, about.bytes.to_string());
        let args: Args<'_> = &[("files", &files), ("bytes", &bytes)];
        row.push_str(&format!("  {}", messages.text("snapshot-size", args)));
        if about.failed > 0 {
            let failed = messages.text("snapshot-failed", &[("count", &about.failed)]);
            row.push_str(&format!("  {failed}"));
        }
    } else {
        row.push_str(&format!("  {}", messages.text("snapshot-unfinished", &[])));
    }
    row
}

/// A snapshot in a document.
pub(crate) fn fields(snapshot: &Snapshot) -> Value {
    let about = &snapshot.about;
    json!({
        "id": snapshot.file.id.to_string(),
        "time": time(snapshot.file.time),
        "ended": time(about.ended),
        "complete": snapshot.file.complete,
        "host": about.host,
        "user": about.user,
        "sources": about.sources,
        "tags": about.tags,
        "program": about.program,
        "rules": about.rules,
        "objects": about.objects,
        "files": about.files,
        "bytes": about.bytes,
        "added_bytes": about.added_bytes,
        "failed": about.failed,
        "changed_while_read": about.changed,
    })
}
