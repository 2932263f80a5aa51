//! `vault check`: whether everything that snapshots need is there.

use sealkeep::vault::check::{
    Concerned, ReadData, VaultCheck as Report, VaultProblem, check_vault,
};
use serde_json::{Value, json};

use crate::cli::args::VaultCheck;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, cmd, vault};

pub(super) fn run(args: &VaultCheck, context: &Context) -> Result<Exit, Failure> {
    let read = match args.sample {
        Some(part) => ReadData::Sample(part),
        None if args.read_data => ReadData::All,
        None => ReadData::None,
    };
    let opened = vault::open(context)?;
    let report = cmd::with_progress(context, None, |run| check_vault(&opened.vault, read, run))
        .map_err(|error| opened.failure(&error, context))?;
    say(&report, context)?;
    let problems: Vec<Value> = report.problems.iter().map(fields).collect();
    context.output.document(
        "sealkeep.vault-check/1",
        json!({
            "head": report.head,
            "snapshots": report.snapshots,
            "segments": report.segments,
            "entries": report.entries,
            "objects": report.objects,
            "destroyed": report.destroyed,
            "held": report.held,
            "packs": report.packs,
            "pack_bytes": report.bytes,
            "read_bytes": report.read,
            "unused": report.unused,
            "problems": problems,
        }),
    )?;
    match report.problems.first() {
        None => context.output.say("vault-check-good", &[]).map(|()| Exit::Ok),
        Some(_) if context.output.json() => Ok(Code::VaultDamaged.exit()),
        Some(first) => Err(Failure::at(Code::VaultDamaged, &opened.dir).because(headline(first))),
    }
}

fn say(report: &Report, context: &Context) -> Result<(), Failure> {
    context.output.say(
        "vault-check-counts",
        &[
            ("snapshots", &report.snapshots),
            ("objects", &report.objects),
            ("destroyed", &report.destroyed),
            ("held", &report.held),
            ("packs", &report.packs),
            ("bytes", &report.bytes.to_string()),
            ("read", &report.read.to_string()),
        ],
    )?;
    if !report.unused.is_empty() {
        context.output.say("vault-check-unused", &[("count", &report.unused.len())])?;
    }
    for problem in &report.problems {
        context.output.say("check-problem", &[("problem", &headline(problem))])?;
        if let VaultProblem::Pack { concerned, .. } | VaultProblem::Nowhere(concerned) = problem {
            for path in paths(concerned) {
                context.output.line(&format!("  {path}"))?;
            }
        }
    }
    Ok(())
}

/// What is wrong, in one line. Names of files and numbers; not translated, as everything that support is asked about.
fn headline(problem: &VaultProblem) -> String {
    match problem {
        VaultProblem::NoHead => "no head".to_owned(),
        VaultProblem::Missing(name) => format!("{name}: missing"),
        VaultProblem::Wrong(name, why) => format!("{name}: {why}"),
        VaultProblem::Pack { name, fault, concerned } => format!(
            "{name}: {:?}, offset {}, length {}; objects {}, segments {}, snapshots {}",
            fault.part,
            fault.offset,
            fault.length,
            concerned.objects.len(),
            concerned.segments.len(),
            concerned.snapshots.len()
        ),
        VaultProblem::Segment { id, entries, why, snapshots } => {
            format!("segment {id}: {why}; entries {entries}, snapshots {}", snapshots.len())
        }
        VaultProblem::Keys { why, keys } => format!("{} keys: {why}", keys.len()),
        VaultProblem::Nowhere(concerned) => {
            format!("chunks in no pack; objects {}", concerned.objects.len())
        }
        other => format!("{other:?}"),
    }
}

/// The objects concerned, by path where it can be told.
fn paths(concerned: &Concerned) -> impl Iterator<Item = String> {
    concerned.objects.iter().map(|(key, path)| match path {
        Some(path) => cmd::absolute(path),
        None => key.to_string(),
    })
}

fn fields(problem: &VaultProblem) -> Value {
    let mut body = json!({ "text": headline(problem) });
    let more = match problem {
        VaultProblem::Pack { name, fault, concerned } => json!({
            "file": name,
            "part": format!("{:?}", fault.part).to_lowercase(),
            "offset": fault.offset,
            "length": fault.length,
            "concerned": concerned_fields(concerned),
        }),
        VaultProblem::Nowhere(concerned) => json!({ "concerned": concerned_fields(concerned) }),
        VaultProblem::Missing(name) | VaultProblem::Wrong(name, _) => json!({ "file": name }),
        VaultProblem::Segment { id, entries, snapshots, .. } => json!({
            "segment": id.to_string(),
            "entries": entries,
            "snapshots": snapshots.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        VaultProblem::Keys { keys, .. } => {
            json!({ "keys": keys.iter().map(ToString::to_string).collect::<Vec<_>>() })
        }
        _ => Value::Null,
    };
    cmd::report::extend(&mut body, more);
    body
}

fn concerned_fields(concerned: &Concerned) -> Value {
    let objects = concerned.objects.iter().map(|(key, path)| {
        json!({ "key": key.to_string(), "path": path.as_ref().map(|path| cmd::absolute(path)) })
    });
    json!({
        "objects": objects.collect::<Vec<_>>(),
        "segments": concerned.segments.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "snapshots": concerned.snapshots.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
