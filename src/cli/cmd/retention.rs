//! `retention …`: what must still be kept, and what could be proposed for destruction.

use std::path::Path;

use jiff::civil::Date;
use sealkeep::retention::{self, Class, Due, DueReport, OnExpiry, Policy, Warning};
use serde_json::{Value, json};

use crate::cli::args::{RetentionCommand, RetentionDue, RetentionPolicy};
use crate::cli::cmd;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::messages::{Args, Lang};
use crate::cli::{Context, vault};

pub(crate) fn run(command: RetentionCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        RetentionCommand::Due(args) => due(&args, context),
        RetentionCommand::Policy(args) => show(&args, context),
    }
}

/// The policy that an option or the configuration names, or the one that is built in.
///
/// # Errors
/// `E-POLICY` with the line at fault.
pub(crate) fn policy(file: Option<&Path>, context: &Context) -> Result<Policy, Failure> {
    match file.or(context.settings.retention.policy.as_deref()) {
        None => Ok(Policy::builtin()),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| Failure::io(path, &error))?;
            Policy::parse(&text).map_err(|error| Failure::at(Code::Policy, path).because(error))
        }
    }
}

/// The calendar day at UTC+8.
pub(crate) fn today() -> Date {
    retention::day_of(i64::try_from(cmd::now()).unwrap_or(i64::MAX))
}

/// Warns of what somebody should look at.
pub(crate) fn warn(policy: &Policy, context: &Context) {
    for warning in policy.check(today()) {
        if let Warning::ReviewOverdue(date) = warning {
            let (version, date) = (policy.version(), date.to_string());
            let args: Args<'_> = &[("version", &version), ("date", &date)];
            context.output.warn("W-POLICY-REVIEW", "warn-policy-review", args);
        }
    }
}

fn due(args: &RetentionDue, context: &Context) -> Result<Exit, Failure> {
    let policy = policy(args.policy.as_deref(), context)?;
    warn(&policy, context);
    let on = args.on.unwrap_or_else(today);
    let opened = vault::open(context)?;
    let found =
        cmd::with_progress(context, None, |run| retention::due(&opened.vault, &policy, on, run));
    let mut report = found.map_err(|error| opened.failure(&error, context))?;
    if let Some(class) = &args.class {
        report.due.retain(|due| due.class.class == *class);
    }
    say(&report, &policy, on, context)?;
    let failures: Vec<Failure> = report
        .unread
        .iter()
        .map(|(id, error)| Failure::new(Code::VaultDamaged, id.to_string()).because(error))
        .collect();
    let shown: Vec<Value> = failures.iter().map(|one| context.output.failure_json(one)).collect();
    let rows: Vec<Value> = report.due.iter().map(|due| fields(due, &policy)).collect();
    context.output.document(
        "sealkeep.retention-due/1",
        json!({
            "policy": policy.version(),
            "on": on.to_string(),
            "due": rows,
            "objects": report.objects,
            "unclassified": report.unclassified,
            "unknown_classes": report.unknown,
            "held": report.held,
            "destroyed": report.destroyed,
            "closed": report.closed,
            "failures": shown,
        }),
    )?;
    cmd::end(context, failures, usize::try_from(report.objects).unwrap_or(usize::MAX))
}

fn say(report: &DueReport, policy: &Policy, on: Date, context: &Context) -> Result<(), Failure> {
    for due in &report.due {
        let (path, last) = (cmd::absolute(&due.path), due.period.last_day.to_string());
        let action = action(due.period.on_expiry, context);
        let title = title(policy, due, context);
        let key = due.key.to_string();
        let args: Args<'_> = &[
            ("path", &path),
            ("key", &key),
            ("class", &title),
            ("last", &last),
            ("action", &action),
        ];
        context.output.say("retention-due", args)?;
    }
    for (class, count) in &report.unknown {
        let args: Args<'_> = &[("class", class), ("count", count)];
        context.output.warn("W-CLASS", "warn-class-objects", args);
    }
    context.output.say(
        "retention-counts",
        &[
            ("due", &report.due.len()),
            ("objects", &report.objects),
            ("unclassified", &report.unclassified),
            ("held", &report.held),
            ("destroyed", &report.destroyed),
            ("date", &on.to_string()),
            ("version", &policy.version()),
        ],
    )
}

fn title(policy: &Policy, due: &Due, context: &Context) -> String {
    let class = policy.class(&due.class.class, due.class.level);
    class.map_or_else(|| due.class.class.clone(), |class| localized(class, context))
}

fn localized(class: &Class, context: &Context) -> String {
    match context.output.messages().lang() {
        Lang::En => class.title.en.clone(),
        Lang::ZhCn => class.title.zh.clone(),
    }
}

fn action(action: OnExpiry, context: &Context) -> String {
    context
        .output
        .messages()
        .attribute("retention-action", action_name(action), &[])
        .unwrap_or_default()
}

fn action_name(action: OnExpiry) -> &'static str {
    match action {
        OnExpiry::Propose => "propose",
        OnExpiry::Seal => "seal",
        OnExpiry::Hold => "hold",
    }
}

fn fields(due: &Due, policy: &Policy) -> Value {
    let basis = policy.class(&due.class.class, due.class.level).map(|class| class.basis.clone());
    json!({
        "path": cmd::absolute(&due.path),
        "key": due.key.to_string(),
        "bytes": due.size,
        "scope": due.class.scope,
        "level": due.class.level,
        "class": due.class.class,
        "subjects": due.class.subjects,
        "residency": due.class.residency,
        "start": retention::day_of(due.class.start).to_string(),
        "last_day": due.period.last_day.to_string(),
        "at_most": due.period.at_most.map(|date| date.to_string()),
        "on_expiry": action_name(due.period.on_expiry),
        "basis": basis,
    })
}

fn show(args: &RetentionPolicy, context: &mut Context) -> Result<Exit, Failure> {
    if args.text {
        context.output.give_stdout_to_data()?;
        use std::io::Write;
        let text = Policy::builtin_text().as_bytes();
        std::io::stdout().write_all(text).map_err(|error| Failure::stdout(&error))?;
        return Ok(Exit::Ok);
    }
    let policy = policy(args.policy.as_deref(), context)?;
    warn(&policy, context);
    let (reviewed, review_by) = policy.review();
    let (reviewed, review_by) = (reviewed.to_string(), review_by.to_string());
    context.output.say(
        "retention-policy",
        &[("version", &policy.version()), ("reviewed", &reviewed), ("by", &review_by)],
    )?;
    for class in policy.classes() {
        let start = match context.output.messages().lang() {
            Lang::En => &class.start.en,
            Lang::ZhCn => &class.start.zh,
        };
        let args: Args<'_> = &[
            ("name", &class.name),
            ("title", &localized(class, context)),
            ("level", &u64::from(class.from_level)),
            ("period", &period(class, context)),
            ("start", start),
            ("action", &action(class.on_expiry, context)),
            ("basis", &class.basis),
        ];
        context.output.say("retention-class", args)?;
    }
    let classes: Vec<Value> = policy.classes().map(class_fields).collect();
    context.output.document(
        "sealkeep.retention-policy/1",
        json!({
            "version": policy.version(),
            "reviewed": reviewed,
            "review_by": review_by,
            "classes": classes,
        }),
    )?;
    Ok(Exit::Ok)
}

fn period(class: &Class, context: &Context) -> String {
    let messages = context.output.messages();
    match class.min_months() {
        months if months % 12 == 0 => {
            messages.text("retention-years", &[("count", &u64::from(months / 12))])
        }
        months => messages.text("retention-months", &[("count", &u64::from(months))]),
    }
}

fn class_fields(class: &Class) -> Value {
    json!({
        "name": class.name,
        "title": { "en": class.title.en, "zh": class.title.zh },
        "category": class.category,
        "from_level": class.from_level,
        "start": { "en": class.start.en, "zh": class.start.zh },
        "min_months": class.min_months(),
        "max_months": class.max_months(),
        "on_expiry": action_name(class.on_expiry),
        "basis": class.basis,
    })
}
