//! `destroy list` and `status`: where requests stand, and whose turn it is.

use sealkeep_keystore::approval::register::{Awaiting, RequestRecord, RequestState, Signed};
use sealkeep_keystore::approval::{OfficerId, Register, Role};
use serde_json::{Value, json};

use super::{Desk, find, short};
use crate::cli::args::{DestroyList, DestroyStatus};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, time};

pub(super) fn list(args: &DestroyList, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let (now, counted) = clock(&desk, context)?;
    let mine = match &args.officer {
        None => None,
        Some(id) => {
            let unknown = || Failure::new(Code::NotAnOfficer, id);
            let id: OfficerId = id.parse().map_err(|_| unknown())?;
            register.officer(&id).ok_or_else(unknown)?;
            let work = register.worklist(&id, now, counted);
            Some(work.into_iter().map(|work| work.about).collect::<Vec<_>>())
        }
    };
    let shown = |record: &&RequestRecord| match &mine {
        Some(mine) => mine.contains(&record.digest),
        None => args.all || !is_over(record.state_at(now)),
    };
    let mut records: Vec<&RequestRecord> = register.requests().filter(shown).collect();
    records.sort_by_key(|record| record.applicant.index);
    for record in &records {
        let state = record.state_at(now).name();
        let (number, digest) = (record.request.number.to_string(), short(&record.digest));
        let items = record.request.inventory.items;
        let arguments: crate::cli::messages::Args<'_> = &[
            ("digest", &digest),
            ("number", &number),
            ("state", &state),
            ("items", &items.to_string()),
        ];
        context.output.say("destroy-row", arguments)?;
        say_next(record, now, counted, context)?;
    }
    if records.is_empty() {
        context.output.say("destroy-none", &[])?;
    }
    let rows: Vec<Value> = records.iter().map(|record| document(record, now, counted)).collect();
    context.output.document("sealkeep.destroy-list/1", json!({ "requests": rows }))?;
    Ok(Exit::Ok)
}

pub(super) fn status(args: &DestroyStatus, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let record = find(&register, &args.request)?;
    show(record, &register, context)?;
    for signed in &record.approvals {
        say_signed("destroy-by-approval", signed, &register, context)?;
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
    context.output.document("sealkeep.destroy-status/1", fields(record, &desk, context)?)?;
    Ok(Exit::Ok)
}

/// What officers see of a request before they sign.
pub(super) fn show(
    record: &RequestRecord,
    register: &Register,
    context: &Context,
) -> Result<(), Failure> {
    super::review::summary(&record.request, &record.digest, context)?;
    context.output.say("destroy-state", &[("state", &record.state.name())])?;
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
fn clock(desk: &Desk, context: &Context) -> Result<(u64, u64), Failure> {
    desk.ask(context, |store| store.ledger_clock())
}

fn say_next(
    record: &RequestRecord,
    now: u64,
    counted: u64,
    context: &Context,
) -> Result<(), Failure> {
    let say = |key: &str, args: crate::cli::messages::Args<'_>| context.output.say(key, args);
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

fn roles(roles: &[Role]) -> String {
    roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ")
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
