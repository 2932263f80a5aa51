//! `destroy review`: the list before a decision, in summary, by sample, by search.

use sealkeep::destruction;
use sealkeep::destruction::annex::{self, by_scope, sample};
use sealkeep::wipe;
use sealkeep_keystore::approval::register::RequestState;
use sealkeep_keystore::approval::{Digest, Item, Policy, Request};
use serde_json::json;

use super::{Desk, failure, find, short};
use crate::cli::Context;
use crate::cli::args::DestroyReview;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

pub(super) fn run(args: &DestroyReview, context: &Context) -> Result<Exit, Failure> {
    let (request, digest, items, names, policy) = match &args.packet {
        Some(path) => {
            let packet = super::packet::read(path)?;
            let request = packet.request().clone();
            let policy = Policy::parse(&packet.policy_text).ok();
            (request, packet.request.digest, packet.items, packet.names, policy)
        }
        None => of_store(args.request.as_deref().unwrap_or_default(), context)?,
    };
    summary(&request, &digest, context)?;
    limits(&request, context)?;
    if let Some(policy) = policy {
        warn_weaker(&items, &policy.level(request.level).wipe, context);
    }
    for (scope, of) in by_scope(&items) {
        let (items, bytes) = (of.items.to_string(), of.bytes.to_string());
        let args: crate::cli::messages::Args<'_> = &[
            ("scope", &scope.to_string()),
            ("items", &items),
            ("bytes", &bytes),
            ("level", &of.level.to_string()),
        ];
        context.output.say("destroy-scope", args)?;
    }
    let chosen = match &args.search {
        Some(text) => searched(&items, names.as_deref(), text),
        None => sample(items.len(), args.sample),
    };
    let rows: Vec<String> = chosen
        .iter()
        .map(|&at| match &names {
            Some(names) => {
                let kind = context.output.messages().word("word-item", items[at].kind.name());
                format!("  {at}  {kind}  {}", names[at])
            }
            None => format!("  {}", items[at].line()),
        })
        .collect();
    context.output.say("destroy-shown", &[("count", &rows.len()), ("of", &items.len())])?;
    context.output.lines(&rows)?;
    if names.is_none() {
        context.output.warn("W-NO-NAMES", "warn-no-names", &[]);
    }
    let shown: Vec<_> = chosen
        .iter()
        .map(|&at| json!({ "line": items[at].line(), "name": names.as_ref().map(|names| &names[at]) }))
        .collect();
    context.output.document(
        "sealkeep.destroy-review/1",
        json!({ "request": digest.to_string(), "items": items.len(), "shown": shown }),
    )?;
    Ok(Exit::Ok)
}

/// What a request says, in a few lines.
pub(super) fn summary(
    request: &Request,
    digest: &Digest,
    context: &Context,
) -> Result<(), Failure> {
    let inventory = &request.inventory;
    let args: crate::cli::messages::Args<'_> = &[
        ("number", &request.number.to_string()),
        ("digest", &short(digest)),
        ("trigger", &context.output.messages().word("word-trigger", request.trigger.name())),
        ("reason", &request.reason.to_string()),
        ("level", &request.level.to_string()),
        ("items", &inventory.items.to_string()),
        ("bytes", &inventory.bytes.to_string()),
        ("root", &inventory.root.to_string()),
    ];
    context.output.say("destroy-summary", args)
}

/// What stays behind, and what is not destroyed.
pub(super) fn limits(request: &Request, context: &Context) -> Result<(), Failure> {
    for text in &request.residual {
        context.output.say("destroy-residual", &[("text", &text.to_string())])?;
    }
    for text in &request.not_covered {
        context.output.say("destroy-not-covered", &[("text", &text.to_string())])?;
    }
    Ok(())
}

/// Warns of items that are to be overwritten in fewer passes than is usual for the level of the request.
fn warn_weaker(items: &[Item], usual: &str, context: &Context) {
    let passes = |method: &str| wipe::Method::find(method).map(|found| found.steps().len());
    let weaker =
        |item: &&Item| item.method.wipe().is_some_and(|method| passes(method) < passes(usual));
    let count = items.iter().filter(weaker).count();
    if count > 0 {
        let args: crate::cli::messages::Args<'_> = &[("count", &count), ("usual", &usual)];
        context.output.warn("W-WEAKER-METHOD", "warn-weaker-method", args);
    }
}

type Reviewed = (Request, Digest, Vec<Item>, Option<Vec<String>>, Option<Policy>);

fn of_store(name: &str, context: &Context) -> Result<Reviewed, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let record = find(&register, name)?;
    let told = |error| failure(&error, context);
    let suite = desk.keys.with(|store| store.suite());
    let summary = &record.request.inventory;
    let (items, _) = desk.files.read_inventory(&record.digest, suite, summary).map_err(told)?;
    let names =
        annex::read(desk.keys.as_ref(), suite, &desk.files, &record.digest, &summary.root, &items);
    let names = match names {
        Ok((names, _)) => Some(names),
        Err(error) if cannot_be_opened(&error) => None,
        // They were overwritten when the request ended.
        Err(destruction::Error::Missing(_)) if has_ended(record.state) => None,
        // Nobody is to approve blind because names were lost or changed.
        Err(error) => return Err(told(error)),
    };
    let policy = register.policy().cloned();
    Ok((record.request.clone(), record.digest, items, names, policy))
}

fn has_ended(state: RequestState) -> bool {
    use RequestState::{Cancelled, Expired, Rejected, Withdrawn};
    matches!(state, Cancelled | Expired | Rejected | Withdrawn)
}

/// While the keys wait, are on hold or are gone, names cannot be shown any more.
fn cannot_be_opened(error: &destruction::Error) -> bool {
    use sealkeep_keystore::Error as E;
    let destruction::Error::Keys(keys) = error else { return false };
    let why = keys.downcast_ref();
    matches!(why, Some(E::NotUsable { .. } | E::Destroyed { .. } | E::Held(_)))
}

fn searched(items: &[Item], names: Option<&[String]>, text: &str) -> Vec<usize> {
    let mut found = names.map(|names| annex::search(names, text)).unwrap_or_default();
    let lines = items.iter().enumerate().filter(|(_, item)| item.line().contains(text));
    found.extend(lines.map(|(at, _)| at));
    found.sort_unstable();
    found.dedup();
    found
}
