//! `destroy request`: what is found, the frozen list, the signature.

use std::path::PathBuf;

use sealkeep::destruction::request_files::Part;
use sealkeep::destruction::{Choice, Options, Physical, Query, Resolution, Why, resolve};
use sealkeep_keystore::approval::statement::Statement;
use sealkeep_keystore::approval::{Digest, Request, Trigger};
use serde_json::json;

use super::{Desk, confirm, failure, guided, short, text};
use crate::cli::args::{DestroyRequest, TriggerArg, What};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::sign::Signer;
use crate::cli::vault::Opened;
use crate::cli::{Context, cmd};

pub(super) fn run(mut args: DestroyRequest, context: &Context) -> Result<Exit, Failure> {
    guided::refuse_incomplete(&args, context)?;
    let desk = Desk::open(context)?;
    let register = desk.register(context)?;
    // Before anybody is asked for anything: who cannot sign need not answer.
    let signer = match args.dry_run {
        true => None,
        false => Some(Signer::of(&register, context)?),
    };
    let form = guided::fill(&mut args, &register, context)?;
    let options = options(&args, &desk, context)?;
    let found = cmd::with_progress(context, None, |run| resolve(&desk.sources(), &options, run));
    let mut found = found.map_err(|error| failure(&error, context))?;
    // Of all levels, the highest decides, and only now is it known.
    let usual = register.policy().map(|policy| policy.level(found.level()).wipe.clone());
    if let Some(usual) = usual.filter(|_| args.what.method.is_none()) {
        found.overwrite_by(&usual).map_err(|error| failure(&error, context))?;
    }
    show(&found, &form.number, context)?;
    refuse_blocked(&found, context)?;
    found.survey(&desk.files).map_err(|error| failure(&error, context))?;
    let Some(signer) = signer else {
        context.output.say("destroy-dry-run", &[])?;
        context.output.document("sealkeep.destroy-request/1", document(&found, &form.number))?;
        return Ok(Exit::Ok);
    };
    confirm("destroy-confirm-request", &form.number, args.yes, context)?;
    let mut fields = document(&found, &form.number);
    let frozen = found.freeze(&desk.keys).map_err(|error| failure(&error, context))?;
    let request = Request {
        number: text("--number", &form.number)?,
        trigger: form.trigger.into(),
        reason: text("--reason", &form.reason)?,
        basis: text("--basis", &form.basis)?,
        owner: text("--owner", &args.owner)?,
        department: text("--department", &form.department)?,
        level: frozen.level,
        remark: text("--remark", &args.remark)?,
        inventory: frozen.summary.clone(),
        copies: frozen.copies.clone(),
        residual: frozen.residual.clone(),
        not_covered: frozen.not_covered.clone(),
    };
    let signed = signer.say(&register, request)?;
    let suite = desk.keys.with(|store| store.suite());
    let digest = Statement::parse(suite, &signed).map(|statement| statement.digest);
    let digest = digest.map_err(|error| Failure::new(Code::Statement, error.to_string()))?;
    // Before the statement is accepted: a request without its list could not go on.
    frozen.keep(&desk.files, &digest).map_err(|error| failure(&error, context))?;
    if let Err(refused) = desk.submit(&signed, Some(&digest), context) {
        // Why it was refused is what counts; names that could not be overwritten now go with the next command.
        let _ = withdraw_names(&desk, &digest, context);
        return Err(refused);
    }
    let root = frozen.summary.root.to_string();
    let arguments: crate::cli::messages::Args<'_> =
        &[("number", &form.number), ("digest", &short(&digest)), ("root", &root)];
    context.output.say("destroy-requested", arguments)?;
    fields["request"] = digest.to_string().into();
    fields["inventory"] = root.into();
    context.output.document("sealkeep.destroy-request/1", fields)?;
    Ok(Exit::Ok)
}

/// Overwrites the names of a request that was not accepted.
fn withdraw_names(desk: &Desk, request: &Digest, context: &Context) -> Result<(), Failure> {
    let accepted = desk.register(context)?.request(request).is_some();
    for part in [Part::Names, Part::Targets].into_iter().filter(|_| !accepted) {
        desk.files.remove(request, part).map_err(|error| failure(&error, context))?;
    }
    Ok(())
}

fn options(args: &DestroyRequest, desk: &Desk, context: &Context) -> Result<Options, Failure> {
    let retention = cmd::retention::policy(None, context)?;
    let method = args.what.method.clone().unwrap_or_else(|| "zero".to_owned());
    let choices = choices(&args.what, desk.vault.as_ref(), context)?;
    let today = cmd::retention::today();
    let unclassified = args.what.unclassified;
    Ok(Options { choices, retention, today, method, overwrite_sealed: None, unclassified })
}

fn choices(what: &What, vault: Option<&Opened>, context: &Context) -> Result<Vec<Choice>, Failure> {
    let mut choices: Vec<Choice> = Vec::new();
    choices.extend(what.scope.iter().cloned().map(Choice::Scope));
    choices.extend(what.subject.iter().cloned().map(Choice::Subject));
    let query = |pattern: &String| {
        Choice::Query(Query { names: vec![pattern.clone()], ..Query::default() })
    };
    choices.extend(what.query.iter().map(query));
    for name in &what.snapshot {
        let opened = vault.ok_or_else(|| Failure::new(Code::NoVault, ""))?;
        let snapshots = opened.snapshots(context)?;
        let at = crate::cli::vault::pick(&snapshots, name, &crate::cli::args::Which::default())?;
        choices.push(Choice::Snapshot(snapshots[at].file.id));
    }
    for path in &what.path {
        let path = std::path::absolute(path).map_err(|error| Failure::io(path.as_ref(), &error))?;
        choices.push(Choice::Path(path));
    }
    choices.extend(what.retention_due.then_some(Choice::Due(None)));
    choices.extend(what.sealed.iter().cloned().map(Choice::Sealed));
    choices.extend(what.wipe.iter().chain(&what.device).cloned().map(Choice::Plain));
    choices.extend(what.medium.iter().map(|medium| medium_choice(medium, what, vault)));
    Ok(choices)
}

/// A medium of the register, or one that is only described.
fn medium_choice(medium: &str, what: &What, vault: Option<&Opened>) -> Choice {
    let physical = Physical {
        medium: medium.to_owned(),
        vendor: what.vendor.clone().unwrap_or_default(),
        how: what.particle.clone().unwrap_or_default(),
        evidence: what.evidence.iter().map(PathBuf::from).collect(),
    };
    let is_id = medium.len() == 8 && medium.bytes().all(|digit| digit.is_ascii_hexdigit());
    match vault {
        Some(_) if is_id => Choice::Medium(medium.to_owned(), physical),
        _ => Choice::Unregistered(physical),
    }
}

fn show(found: &Resolution, number: &str, context: &Context) -> Result<(), Failure> {
    let say = |key: &str, args: crate::cli::messages::Args<'_>| context.output.say(key, args);
    let bytes: u64 = found.found.iter().filter_map(|one| one.size).sum();
    let (items, level) = (found.found.len(), found.level());
    say(
        "destroy-found",
        &[
            ("number", &number),
            ("items", &items),
            ("bytes", &bytes.to_string()),
            ("level", &level.to_string()),
        ],
    )?;
    for one in found.found.iter().take(SHOWN) {
        let kind = context.output.messages().word("word-item", one.kind.name());
        context.output.line(&format!("  {kind}  {}", one.name))?;
    }
    if items > SHOWN {
        say("destroy-more", &[("count", &(items - SHOWN))])?;
    }
    for copy in &found.copies {
        let key = if copy.registered.reachable { "destroy-copy" } else { "destroy-copy-away" };
        say(key, &[("place", &copy.registered.place.to_string())])?;
    }
    for text in &found.residual {
        say("destroy-residual", &[("text", &text.to_string())])?;
    }
    for text in &found.not_covered {
        say("destroy-not-covered", &[("text", &text.to_string())])?;
    }
    Ok(())
}

fn refuse_blocked(found: &Resolution, context: &Context) -> Result<(), Failure> {
    let Some(first) = found.blocked.first() else { return Ok(()) };
    for one in found.blocked.iter().take(SHOWN) {
        let why = match &one.why {
            Why::Retention { last_day, class, .. } => format!("{class}: {last_day}"),
            Why::Held => context.output.messages().text("destroy-held", &[]),
            Why::Pending => context.output.messages().text("destroy-pending", &[]),
            Why::Unclassified => context.output.messages().text("destroy-unclassified", &[]),
            _ => String::new(),
        };
        context.output.warn(
            "W-MUST-BE-KEPT",
            "warn-must-be-kept",
            &[("name", &one.name), ("why", &why)],
        );
    }
    let more = format!("{} ({})", first.name, found.blocked.len());
    Err(Failure::new(Code::MustBeKept, more))
}

fn document(found: &Resolution, number: &str) -> serde_json::Value {
    let kinds: serde_json::Map<String, serde_json::Value> = found
        .kinds()
        .into_iter()
        .map(|(kind, count)| (kind.name().to_owned(), count.into()))
        .collect();
    json!({
        "number": number,
        "items": found.found.len(),
        "level": found.level(),
        "kinds": kinds,
        "residual": found.residual,
        "not_covered": found.not_covered,
        "blocked": found.blocked.len(),
    })
}

impl From<TriggerArg> for Trigger {
    fn from(trigger: TriggerArg) -> Self {
        match trigger {
            TriggerArg::RetentionExpired => Self::RetentionExpired,
            TriggerArg::ServiceEnded => Self::ServiceEnded,
            TriggerArg::PurposeMet => Self::PurposeMet,
            TriggerArg::PurposeImpossible => Self::PurposeImpossible,
            TriggerArg::ConsentWithdrawn => Self::ConsentWithdrawn,
            TriggerArg::Unlawful => Self::Unlawful,
            TriggerArg::Other => Self::Other,
        }
    }
}

/// Rows that are listed before it is only said how many more there are.
const SHOWN: usize = 20;
