//! `destroy list` and `status`: where requests stand, and whose turn it is.

use sealkeep_keystore::approval::register::{
    Awaiting, RequestRecord, RequestState, Signed, Task, Work,
};
use sealkeep_keystore::approval::{OfficerId, Register, Role};
use serde_json::{Value, json};

use super::{Desk, find, short};
use crate::cli::args::{DestroyList, DestroyStatus};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, speak, time};

pub(super) fn list(args: &DestroyList, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let (now, counted) = clock(&desk, context)?;
    let work = match &args.officer {
        None => None,
        Some(id) => Some(worklist(id, &register, now, counted)?),
    };
    let shown = |record: &&RequestRecord| match &work {
        Some(work) => work.iter().any(|work| work.about == record.digest),
        None => args.all || !is_over(record.state_at(now)),
    };
    let mut records: Vec<&RequestRecord> = register.requests().filter(shown).collect();
    records.sort_by_key(|record| record.applicant.index);
    for record in &records {
        row(record, now, context)?;
        say_next(record, now, counted, context)?;
    }
    for work in work.iter().flatten() {
        say_work(work, context)?;
    }
    if records.is_empty() && work.as_ref().is_none_or(Vec::is_empty) {
        context.output.say("destroy-none", &[])?;
    }
    warn_clock(&register, context);
    let rows: Vec<Value> = records.iter().map(|record| document(record, now, counted)).collect();
    let doubt = register.clock_in_doubt();
    let fields = json!({ "requests": rows, "work": work, "clock_in_doubt": doubt });
    context.output.document("sealkeep.destroy-list/1", fields)?;
    Ok(Exit::Ok)
}

/// What an officer can do now.
///
/// # Errors
/// `E-NOT-AN-OFFICER`.
pub(super) fn worklist(
    id: &str,
    register: &Register,
    now: u64,
    counted: u64,
) -> Result<Vec<Work>, Failure> {
    let unknown = || Failure::new(Code::NotAnOfficer, id);
    let id: OfficerId = id.parse().map_err(|_| unknown())?;
    register.officer(&id).ok_or_else(unknown)?;
    Ok(register.worklist(&id, now, counted))
}

/// One line of a list.
pub(super) fn row(record: &RequestRecord, now: u64, context: &Context) -> Result<(), Failure> {
    let arguments: crate::cli::messages::Args<'_> = &[
        ("digest", &short(&record.digest)),
        ("number", &record.request.number.to_string()),
        ("state", &state(record.state_at(now), context)),
        ("items", &record.request.inventory.items.to_string()),
    ];
    context.output.say("destroy-row", arguments)
}

/// What is not about a request.
pub(super) fn say_work(work: &Work, context: &Context) -> Result<(), Failure> {
    let about = short(&work.about);
    match &work.task {
        Task::ReviewHold => context.output.say("destroy-work-hold", &[("hold", &about)]),
        Task::Justify { due } => {
            let due = time(*due);
            context.output.say("destroy-work-justify", &[("grant", &about), ("due", &due)])
        }
        _ => Ok(()),
    }
}

/// While the clock is in doubt nothing is executed, whatever else a request has.
pub(super) fn warn_clock(register: &Register, context: &Context) {
    if let Some(since) = register.clock_in_doubt() {
        context.output.warn("W-CLOCK", "warn-clock", &[("since", &time(since))]);
    }
}

pub(super) fn status(args: &DestroyStatus, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let record = find(&register, &args.request)?;
    show(record, &register, context)?;
    for signed in &record.approvals {
        say_signed("destroy-by-approval", signed, &register, context)?;
    }
    for signed in &record.lapsed {
        say_signed("destroy-by-lapsed", signed, &register, context)?;
    }
    for signed in record.order.iter().filter(|_| record.begun.is_some()) {
        say_signed("destroy-by-executor", signed, &register, context)?;
    }
    for signed in &record.witnesses {
        say_signed("destroy-by-witness", signed, &register, context)?;
    }
    for inspected in &record.inspections {
        let key =
            if inspected.passed { "destroy-by-inspector" } else { "destroy-by-inspector-failed" };
        say_signed(key, &inspected.by, &register, context)?;
    }
    if let Some(execution) = &record.execution {
        context.output.say("destroy-record", &[("digest", &execution.to_string())])?;
    }
    next(record, &desk, context)?;
    warn_clock(&register, context);
    let mut fields = fields(record, &desk, context)?;
    fields["clock_in_doubt"] = register.clock_in_doubt().into();
    context.output.document("sealkeep.destroy-status/1", fields)?;
    Ok(Exit::Ok)
}

/// What officers see of a request before they sign.
pub(super) fn show(
    record: &RequestRecord,
    register: &Register,
    context: &Context,
) -> Result<(), Failure> {
    super::review::summary(&record.request, &record.digest, context)?;
    context.output.say("destroy-state", &[("state", &state(record.state, context))])?;
    say_signed("destroy-by-applicant", &record.applicant, register, context)
}

/// What a request waits for.
pub(super) fn next(record: &RequestRecord, desk: &Desk, context: &Context) -> Result<(), Failure> {
    let (now, counted) = clock(desk, context)?;
    say_next(record, now, counted, context)
}

/// A request as a document.
pub(super) fn fields(
    record: &RequestRecord,
    desk: &Desk,
    context: &Context,
) -> Result<Value, Failure> {
    let (now, counted) = clock(desk, context)?;
    Ok(document(record, now, counted))
}

/// The time of the ledger as it would be now, and the seconds that count.
pub(super) fn clock(desk: &Desk, context: &Context) -> Result<(u64, u64), Failure> {
    desk.ask(context, |store| store.ledger_clock())
}

fn say_next(
    record: &RequestRecord,
    now: u64,
    counted: u64,
    context: &Context,
) -> Result<(), Failure> {
    let say = |key: &str, args: crate::cli::messages::Args<'_>| context.output.say(key, args);
    let roles = |roles: &[Role]| speak::roles(roles, context.output.messages());
    for awaiting in record.awaiting(now, counted) {
        match &awaiting {
            Awaiting::Approval { step, of, roles: who, .. } => {
                let (step, of) = (step.to_string(), of.to_string());
                say(
                    "destroy-next-approval",
                    &[("step", &step), ("of", &of), ("roles", &roles(who))],
                )?;
            }
            Awaiting::Wait { left } => {
                say("destroy-next-wait", &[("left", &span(*left, context))])?;
            }
            Awaiting::Resume { roles: who, .. } => {
                say("destroy-next-resume", &[("roles", &roles(who))])?;
            }
            Awaiting::Execution { roles: who, .. } => {
                say("destroy-next-execution", &[("roles", &roles(who))])?;
            }
            Awaiting::Witness { missing, .. } => {
                say("destroy-next-witness", &[("missing", &missing.to_string())])?;
            }
            Awaiting::Inspection { .. } => say("destroy-next-inspection", &[])?,
            _ => {}
        }
    }
    match record.state_at(now) {
        RequestState::Executing => say("destroy-next-go-on", &[]),
        RequestState::Done => say("destroy-next-certify", &[]),
        _ => Ok(()),
    }
}

/// Seconds in words, by their two largest units.
fn span(seconds: u64, context: &Context) -> String {
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    let key = match (days, hours) {
        (0, 0) => "span-minutes",
        (0, _) => "span-hours",
        _ => "span-days",
    };
    let units = [days, hours, minutes, rest].map(|number| number.to_string());
    let args: crate::cli::messages::Args<'_> = &[
        ("days", &units[0]),
        ("hours", &units[1]),
        ("minutes", &units[2]),
        ("seconds", &units[3]),
    ];
    context.output.messages().text(key, args)
}

fn say_signed(
    key: &str,
    signed: &Signed,
    register: &Register,
    context: &Context,
) -> Result<(), Failure> {
    let name = register.officer(&signed.officer).map(|record| record.officer.name.to_string());
    let (id, name) = (signed.officer.to_string(), name.unwrap_or_default());
    let args: crate::cli::messages::Args<'_> =
        &[("id", &id), ("name", &name), ("time", &time(signed.time))];
    context.output.say(key, args)
}

fn state(state: RequestState, context: &Context) -> String {
    context.output.messages().word("word-request", state.name())
}

fn document(record: &RequestRecord, now: u64, counted: u64) -> Value {
    let request = &record.request;
    json!({
        "request": record.digest.to_string(),
        "number": request.number,
        "state": record.state_at(now).name(),
        "level": request.level,
        "trigger": request.trigger.name(),
        "reason": request.reason,
        "department": request.department,
        "inventory": request.inventory.root.to_string(),
        "items": request.inventory.items,
        "bytes": request.inventory.bytes,
        "applicant": record.applicant,
        "approvals": record.approvals,
        "lapsed": record.lapsed,
        "executor": record.order,
        "execution": record.execution.map(|digest| digest.to_string()),
        "witnesses": record.witnesses,
        "inspections": record.inspections,
        "paused": record.paused,
        "deadline": record.deadline(),
        "awaiting": record.awaiting(now, counted),
    })
}

fn is_over(state: RequestState) -> bool {
    use RequestState::{Cancelled, Done, Expired, Rejected, Withdrawn};
    matches!(state, Done | Rejected | Withdrawn | Cancelled | Expired)
}
