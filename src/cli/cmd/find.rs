//! `find`: objects by name, subject, scope, level, class, residency or the end of their retention.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use sealkeep::backup::browse::Objects;
use sealkeep::retention::Policy;
use sealkeep::vault::Description;
use serde_json::{Value, json};

use crate::cli::Context;
use crate::cli::args::Find;
use crate::cli::cmd::{self, listing, retention};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::vault::{self, Snapshot};

pub(crate) fn run(args: &Find, context: &Context) -> Result<Exit, Failure> {
    let policy = retention::policy(args.policy.as_deref(), context)?;
    let query = Query { names: names(&args.patterns)?, args, policy: &policy };
    let opened = vault::open(context)?;
    let told = |error| opened.failure(&error, context);
    let snapshots = chosen(opened.snapshots(context)?, args)?;
    let json = context.output.json();
    let (mut rows, mut count, mut closed) = (Vec::new(), 0, 0);
    for snapshot in &snapshots {
        let objects = Objects::of(&opened.vault, &snapshot.file).map_err(told)?;
        let found = cmd::with_progress(context, None, |run| {
            objects.search(run, |key, description| {
                query.matches(description).then(|| {
                    let fields = json.then(|| listing::fields(key, description, &policy));
                    let line = (!json).then(|| listing::row(description, args.long));
                    (fields, line)
                })
            })
        });
        let found = found.map_err(told)?;
        closed += found.closed.len();
        count += found.found.len();
        let (short, id) = (snapshot.short(), snapshot.file.id.to_string());
        let mut lines = Vec::new();
        for (fields, line) in found.found {
            lines.extend(line.map(|line| format!("{short}  {line}")));
            rows.extend(fields.map(|mut fields: Value| {
                fields["snapshot"] = id.as_str().into();
                fields
            }));
        }
        context.output.lines(&lines)?;
    }
    context.output.say("find-done", &[("count", &count), ("snapshots", &snapshots.len())])?;
    if closed > 0 {
        context.output.say("objects-closed", &[("count", &closed)])?;
    }
    let body = json!({
        "snapshots": snapshots.iter().map(|one| one.file.id.to_string()).collect::<Vec<_>>(),
        "closed": closed,
        "objects": rows,
    });
    context.output.document("sealkeep.find/1", body)?;
    Ok(Exit::Ok)
}

/// The snapshots that are searched: those that were named, all, or the newest of each host and sources.
fn chosen(snapshots: Vec<Snapshot>, args: &Find) -> Result<Vec<Snapshot>, Failure> {
    if !args.snapshot.is_empty() {
        let pick = |name: &String| vault::pick(&snapshots, name, &args.which);
        let wanted = args.snapshot.iter().map(pick).collect::<Result<Vec<usize>, _>>()?;
        let kept = snapshots.into_iter().enumerate().filter(|(at, _)| wanted.contains(at));
        return Ok(kept.map(|(_, snapshot)| snapshot).collect());
    }
    let mut snapshots = vault::filter(snapshots, &args.which);
    if !args.all {
        snapshots.retain(|snapshot| snapshot.file.complete);
        let newest: BTreeMap<_, _> = snapshots
            .iter()
            .map(|snapshot| {
                let about = &snapshot.about;
                ((about.host.clone(), about.sources.clone()), snapshot.file.id)
            })
            .collect();
        snapshots.retain(|snapshot| newest.values().any(|id| *id == snapshot.file.id));
    }
    Ok(snapshots)
}

struct Query<'q> {
    /// None when any name will do.
    names: Option<GlobSet>,
    args: &'q Find,
    policy: &'q Policy,
}

impl Query<'_> {
    fn matches(&self, description: &Description) -> bool {
        let (args, class) = (self.args, &description.class);
        let is =
            |wanted: &Option<String>, text: &String| wanted.as_ref().is_none_or(|one| one == text);
        let within = |scope: &String| {
            let rest = class.scope.strip_prefix(scope.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        is(&args.class, &class.class)
            && is(&args.residency, &class.residency)
            && args.scope.as_ref().is_none_or(within)
            && args.level.is_none_or(|range| range.has(class.level))
            && (args.subject.is_empty()
                || args.subject.iter().any(|subject| class.subjects.contains(subject)))
            && args.expires_before.is_none_or(|date| {
                let period = self.policy.period(&class.class, class.level, class.start);
                period.is_some_and(|period| period.last_day < date)
            })
            && self.names.as_ref().is_none_or(|names| {
                names.is_match(Path::new(std::ffi::OsStr::from_bytes(&description.path)))
            })
    }
}

/// A pattern without a slash is a name on any level, one with a slash an absolute path.
fn names(patterns: &[String]) -> Result<Option<GlobSet>, Failure> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let wrong =
            |error: globset::Error| Failure::new(Code::Pattern, pattern).because(error.kind());
        let name = pattern.trim_matches('/');
        if name.is_empty() {
            return Err(Failure::new(Code::Pattern, pattern));
        }
        let anywhere = if pattern.trim_end_matches('/').contains('/') { "" } else { "**/" };
        let glob = format!("{anywhere}{name}");
        set.add(GlobBuilder::new(&glob).literal_separator(true).build().map_err(wrong)?);
    }
    let set = set.build().map_err(|error| Failure::new(Code::Pattern, "").because(error))?;
    Ok(Some(set))
}
