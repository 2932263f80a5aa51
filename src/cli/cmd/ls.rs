//! `ls`: what is in a snapshot.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use sealkeep::backup::browse::{Listed, Objects};
use serde_json::{Value, json};

use crate::cli::args::Ls;
use crate::cli::cmd::{self, listing, retention};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, vault};

pub(crate) fn run(args: &Ls, context: &Context) -> Result<Exit, Failure> {
    let policy = retention::policy(None, context)?;
    let opened = vault::open(context)?;
    let told = |error| opened.failure(&error, context);
    let snapshots = opened.snapshots(context)?;
    let snapshot = &snapshots[vault::pick(&snapshots, &args.snapshot, &args.which)?];
    let objects = Objects::of(&opened.vault, &snapshot.file).map_err(told)?;
    let json = context.output.json();
    let (mut rows, mut lines, mut failures) = (Vec::<Value>::new(), Vec::new(), Vec::new());
    let mut closed = 0;
    if args.paths.is_empty() {
        let found = cmd::with_progress(context, None, |run| {
            objects.search(run, |key, description| {
                let fields = json.then(|| listing::fields(key, description, &policy));
                let line = (!json).then(|| listing::row(description, args.long));
                Some((fields, line))
            })
        });
        let found = found.map_err(told)?;
        closed = found.closed.len();
        for (fields, line) in found.found {
            rows.extend(fields);
            lines.extend(line);
        }
    }
    for path in &args.paths {
        let found = below(&objects, path, args.recursive).map_err(told)?;
        if found.is_empty() {
            failures.push(Failure::at(Code::NotInSnapshot, path));
        }
        for Listed { key, description } in &found {
            if json {
                rows.push(listing::fields(key, description, &policy));
            } else {
                lines.push(listing::row(description, args.long));
            }
        }
    }
    context.output.lines(&lines)?;
    if closed > 0 {
        context.output.say("objects-closed", &[("count", &closed)])?;
    }
    let done = rows.len().max(lines.len());
    let shown: Vec<Value> = failures.iter().map(|one| context.output.failure_json(one)).collect();
    let body = json!({
        "snapshot": snapshot.file.id.to_string(),
        "closed": closed,
        "objects": rows,
        "failures": shown,
    });
    context.output.document("sealkeep.ls/1", body)?;
    cmd::end(context, failures, done)
}

/// The object at a path, or what is in the folder there.
fn below(
    objects: &Objects<'_>,
    path: &Path,
    recursive: bool,
) -> sealkeep::vault::Result<Vec<Listed>> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path: Vec<&[u8]> = absolute
        .as_os_str()
        .as_bytes()
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
        .collect();
    let path = path.join(&b'/');
    let mut found: Vec<Listed> = objects.get(&path)?.into_iter().collect();
    let is_folder =
        |listed: &Listed| listed.description.attributes.kind == sealkeep::vault::Kind::Directory;
    // A folder above the sources is no object itself.
    if found.first().is_none_or(is_folder) {
        found.extend(objects.folder(&path, recursive)?);
    }
    Ok(found)
}
