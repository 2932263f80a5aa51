//! `diff`: how two snapshots differ.

use sealkeep::backup::browse::{Change, Listed, Objects, diff};
use serde_json::{Value, json};

use crate::cli::args::Diff;
use crate::cli::cmd::{absolute, listing, retention};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{Context, vault};

pub(crate) fn run(args: &Diff, context: &Context) -> Result<Exit, Failure> {
    let policy = retention::policy(None, context)?;
    let opened = vault::open(context)?;
    let told = |error| opened.failure(&error, context);
    let snapshots = opened.snapshots(context)?;
    let [old, new] = [&args.old, &args.new].map(|name| vault::pick(&snapshots, name, &args.which));
    let (old, new) = (&snapshots[old?], &snapshots[new?]);
    let objects = |snapshot: &vault::Snapshot| Objects::of(&opened.vault, &snapshot.file);
    let found = diff(&objects(old).map_err(told)?, &objects(new).map_err(told)?).map_err(told)?;
    let mut counts = [0_usize; 4];
    let (mut lines, mut rows) = (Vec::new(), Vec::new());
    for change in &found.changes {
        let what = What::of(change);
        counts[what as usize] += 1;
        if what == What::Metadata && !args.metadata {
            continue;
        }
        lines.push(format!("{}  {}", what.letter(), absolute(change.path())));
        if context.output.json() {
            let side = |listed: &Option<Listed>| {
                let fields = |one: &Listed| listing::fields(&one.key, &one.description, &policy);
                listed.as_ref().map(fields)
            };
            rows.push(json!({
                "path": absolute(change.path()),
                "change": what.name(),
                "before": side(&change.before),
                "after": side(&change.after),
            }));
        }
    }
    context.output.lines(&lines)?;
    let [added, removed, changed, metadata] = counts;
    context.output.say(
        "diff-done",
        &[("added", &added), ("removed", &removed), ("changed", &changed), ("metadata", &metadata)],
    )?;
    if !found.closed.is_empty() {
        context.output.say("objects-closed", &[("count", &found.closed.len())])?;
    }
    let closed: Vec<Value> = found.closed.iter().map(|key| key.to_string().into()).collect();
    context.output.document(
        "sealkeep.diff/1",
        json!({
            "old": old.file.id.to_string(),
            "new": new.file.id.to_string(),
            "added": added,
            "removed": removed,
            "changed": changed,
            "metadata": metadata,
            "closed": closed,
            "changes": rows,
        }),
    )?;
    Ok(Exit::Ok)
}

/// What became of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Added,
    Removed,
    Changed,
    Metadata,
}

impl What {
    fn of(change: &Change) -> Self {
        match (&change.before, &change.after) {
            (None, _) => Self::Added,
            (_, None) => Self::Removed,
            _ if change.content => Self::Changed,
            _ => Self::Metadata,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Changed => 'M',
            Self::Metadata => 'U',
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Metadata => "metadata",
        }
    }
}
