//! `forget`: snapshots that are no longer wanted.

use sealkeep::backup::keep::{self, Candidate, Group, GroupBy, GroupKey, Policy, Reason};
use sealkeep::vault::{Lock, SnapshotId};
use serde_json::{Value, json};

use crate::cli::Context;
use crate::cli::args::{Forget, GroupField};
use crate::cli::cmd::prune;
use crate::cli::cmd::snapshots::row;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::messages::Args;
use crate::cli::vault::{self, Snapshot};

pub(crate) fn run(args: &Forget, context: &Context) -> Result<Exit, Failure> {
    let policy = policy(args);
    if args.snapshots.is_empty() && policy.is_empty() {
        let text = context.output.messages().text("usage-no-keep", &[]);
        return Err(Failure::new(Code::Usage, text));
    }
    let lock = if args.dry_run { Lock::Shared } else { Lock::Exclusive };
    let opened = vault::find(context)?.open(lock, context)?;
    let mut snapshots = opened.snapshots(context)?;
    let plan = if args.snapshots.is_empty() {
        snapshots = vault::filter(snapshots, &args.which);
        by_policy(&snapshots, &policy, group_by(args))
    } else {
        by_name(&snapshots, args)?
    };
    for group in &plan {
        show(group, &snapshots, context)?;
    }
    let forgotten: Vec<SnapshotId> = plan
        .iter()
        .flat_map(|group| &group.forgotten)
        .map(|number| snapshots[*number].file.id)
        .collect();
    if !args.dry_run && !forgotten.is_empty() {
        opened.vault.forget(&forgotten).map_err(|error| opened.failure(&error, context))?;
    }
    let kept = plan.iter().map(|group| group.kept.len()).sum::<usize>();
    let done = if args.dry_run { "forget-plan" } else { "forget-done" };
    context.output.say(done, &[("count", &forgotten.len()), ("kept", &kept)])?;
    let pruned = match args.prune && !args.dry_run {
        true => Some(prune::prune(&opened, &args.unused, false, context)?),
        false => None,
    };
    let groups: Vec<Value> = plan.iter().map(|group| fields(group, &snapshots)).collect();
    context.output.document(
        "sealkeep.forget/1",
        json!({
            "dry_run": args.dry_run,
            "groups": groups,
            "prune": pruned.map(|report| prune::fields(&report, false)),
        }),
    )?;
    Ok(Exit::Ok)
}

fn policy(args: &Forget) -> Policy {
    let keep = &args.keep;
    Policy {
        last: keep.keep_last.unwrap_or(0),
        hourly: keep.keep_hourly.unwrap_or(0),
        daily: keep.keep_daily.unwrap_or(0),
        weekly: keep.keep_weekly.unwrap_or(0),
        monthly: keep.keep_monthly.unwrap_or(0),
        yearly: keep.keep_yearly.unwrap_or(0),
        within: keep.keep_within,
        tags: keep.keep_tag.clone(),
        may_empty: args.allow_empty,
        ..Policy::default()
    }
}

fn group_by(args: &Forget) -> GroupBy {
    match &args.group_by {
        None => GroupBy::default(),
        Some(fields) => GroupBy {
            host: fields.contains(&GroupField::Host),
            sources: fields.contains(&GroupField::Sources),
            tags: fields.contains(&GroupField::Tags),
        },
    }
}

fn by_policy(snapshots: &[Snapshot], policy: &Policy, by: GroupBy) -> Vec<Group> {
    let candidate = |snapshot: &Snapshot| Candidate {
        time: i64::try_from(snapshot.file.time).unwrap_or(i64::MAX),
        complete: snapshot.file.complete,
        host: snapshot.about.host.clone(),
        sources: snapshot.about.sources.clone(),
        tags: snapshot.about.tags.clone(),
    };
    let candidates: Vec<Candidate> = snapshots.iter().map(candidate).collect();
    keep::plan(&candidates, policy, by)
}

fn by_name(snapshots: &[Snapshot], args: &Forget) -> Result<Vec<Group>, Failure> {
    let pick = |name: &String| vault::pick(snapshots, name, &args.which);
    let mut forgotten = args.snapshots.iter().map(pick).collect::<Result<Vec<usize>, _>>()?;
    forgotten.sort_unstable();
    forgotten.dedup();
    Ok(vec![Group { key: GroupKey::default(), kept: Vec::new(), forgotten }])
}

fn show(group: &Group, snapshots: &[Snapshot], context: &Context) -> Result<(), Failure> {
    let GroupKey { host, sources, tags } = &group.key;
    let parts = [
        host.clone(),
        sources.as_ref().map(|list| list.join(" ")),
        tags.as_ref().map(|list| list.join(", ")),
    ];
    let title: Vec<String> = parts.into_iter().flatten().collect();
    if !title.is_empty() {
        context.output.line(&title.join("  "))?;
    }
    let messages = context.output.messages();
    for kept in &group.kept {
        let reasons: Vec<String> =
            kept.reasons.iter().map(|reason| reason_text(reason, context)).collect();
        let row = row(&snapshots[kept.number], context);
        let args: Args<'_> = &[("snapshot", &row), ("reasons", &reasons.join(", "))];
        context.output.line(&messages.text("forget-keep", args))?;
    }
    for number in &group.forgotten {
        let row = row(&snapshots[*number], context);
        context.output.line(&messages.text("forget-forget", &[("snapshot", &row)]))?;
    }
    Ok(())
}

fn reason_text(reason: &Reason, context: &Context) -> String {
    let text = context.output.messages().attribute("forget-reason", reason_name(reason), &[]);
    match (text, reason) {
        (Some(text), Reason::Tag(tag)) => format!("{text} {tag}"),
        (text, _) => text.unwrap_or_default(),
    }
}

/// The name of a reason in documents.
fn reason_name(reason: &Reason) -> &'static str {
    match reason {
        Reason::NoPolicy => "no-policy",
        Reason::Newest => "newest",
        Reason::Unfinished => "unfinished",
        Reason::Last => "last",
        Reason::Hourly => "hourly",
        Reason::Daily => "daily",
        Reason::Weekly => "weekly",
        Reason::Monthly => "monthly",
        Reason::Yearly => "yearly",
        Reason::Within => "within",
        Reason::Tag(_) => "tag",
        _ => "other",
    }
}

fn fields(group: &Group, snapshots: &[Snapshot]) -> Value {
    let id = |number: usize| snapshots[number].file.id.to_string();
    let kept = group.kept.iter().map(|kept| {
        let reasons: Vec<&str> = kept.reasons.iter().map(reason_name).collect();
        json!({ "snapshot": id(kept.number), "reasons": reasons })
    });
    let forgotten = group.forgotten.iter().map(|number| id(*number));
    json!({
        "host": group.key.host,
        "sources": group.key.sources,
        "tags": group.key.tags,
        "kept": kept.collect::<Vec<_>>(),
        "forgotten": forgotten.collect::<Vec<_>>(),
    })
}
