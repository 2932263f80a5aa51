//! What officers say about a request: approvals, refusals, witness.

use sealkeep_keystore::approval::register::{RequestRecord, RequestState};
use sealkeep_keystore::approval::statement::{Approve, Cancel, Reject, Resume, Withdraw, Witness};
use sealkeep_keystore::approval::{Register, Said, Text};
use sealkeep_keystore::ledger;
use serde_json::json;

use super::{Desk, confirm, find, short, text};
use crate::cli::args::{DestroySay, DestroyWitness};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::sign::Signer;
use crate::cli::{Context, cmd};

pub(super) fn approve(args: &DestroySay, context: &Context) -> Result<Exit, Failure> {
    say(args, "destroy-approved", context, |record, opinion| {
        let (request, inventory) = (record.digest, record.request.inventory.root);
        let step = record.next_step().unwrap_or(1);
        Approve { request, inventory, step, opinion }.into()
    })
}

pub(super) fn reject(args: &DestroySay, context: &Context) -> Result<Exit, Failure> {
    say(args, "destroy-rejected", context, |record, opinion| {
        let (request, inventory) = (record.digest, record.request.inventory.root);
        Reject { request, inventory, opinion }.into()
    })
}

pub(super) fn withdraw(args: &DestroySay, context: &Context) -> Result<Exit, Failure> {
    say(args, "destroy-withdrawn", context, |record, opinion| {
        Withdraw { request: record.digest, opinion }.into()
    })
}

/// A request whose time is over takes nobody's word any more: it is only put away.
pub(super) fn cancel(args: &DestroySay, context: &Context) -> Result<Exit, Failure> {
    if let Some(name) = &args.request {
        let desk = Desk::without_vault(context)?;
        let register = desk.register(context)?;
        let record = find(&register, name)?;
        let (now, _) = desk.ask(context, |store| store.ledger_clock())?;
        let open = matches!(record.state, RequestState::Requested | RequestState::Waiting);
        if open && record.state_at(now) == RequestState::Expired {
            desk.ask(context, |store| store.expire(record.digest))?;
            desk.settle(context)?;
            return told(&desk, record, "destroy-expired", context);
        }
    }
    say(args, "destroy-cancelled", context, |record, opinion| {
        Cancel { request: record.digest, opinion }.into()
    })
}

pub(super) fn resume(args: &DestroySay, context: &Context) -> Result<Exit, Failure> {
    say(args, "destroy-resumed", context, |record, opinion| {
        Resume { request: record.digest, opinion }.into()
    })
}

/// A witness signs the record of execution, and then the head of the ledger in which that stands; who has signed the record already,
/// only the head: a run that was killed in between lost it.
pub(super) fn witness(args: &DestroyWitness, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let record = find(&register, &args.request)?;
    let execution = record.execution;
    let execution = execution.ok_or_else(|| Failure::new(Code::NotExecuted, &args.request))?;
    super::list::show(record, &register, context)?;
    let signer = Signer::of(&register, context)?;
    confirm("destroy-confirm-witness", record.request.number.as_str(), args.yes, context)?;
    let again = record.witnesses.iter().any(|signed| signed.officer == signer.id);
    if !again {
        let said = Witness {
            request: record.digest,
            inventory: record.request.inventory.root,
            execution,
            opinion: text("--opinion", &args.opinion)?,
        };
        let signed = signer.say(&register, said)?;
        desk.submit(&signed, Some(&record.digest), context)?;
    }
    let note = desk.ask(context, |store| store.checkpoint())?;
    let cosigned = ledger::cosign(&note, signer.id.as_str(), &signer.key, cmd::now());
    let cosigned = cosigned.map_err(|error| Failure::new(Code::Unexpected, "").because(error))?;
    super::certify::keep_cosigned(&desk, &record.digest, cosigned, context)?;
    desk.mirror(context)?;
    let done = if again { "destroy-cosigned" } else { "destroy-witnessed" };
    told(&desk, record, done, context)
}

/// Signs what is said of a request: over the register of the key store, or over that of a packet, where there is no key store.
fn say(
    args: &DestroySay,
    done: &str,
    context: &Context,
    said: impl FnOnce(&RequestRecord, Text) -> Said,
) -> Result<Exit, Failure> {
    if let Some(path) = &args.packet {
        let (register, request) = super::packet::read_register(path)?;
        let record = find(&register, &request.to_string())?;
        let signed = sign(args, record, &register, context, said)?;
        let out = args.out.as_deref().ok_or_else(|| Failure::new(Code::Usage, "--out"))?;
        return write(out, &signed, context);
    }
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let record = find(&register, args.request.as_deref().unwrap_or_default())?;
    let signed = sign(args, record, &register, context, said)?;
    match &args.out {
        Some(out) => write(out, &signed, context),
        None => hand_in(&desk, &signed, record, done, context),
    }
}

/// Shows the request, asks, and signs.
fn sign(
    args: &DestroySay,
    record: &RequestRecord,
    register: &Register,
    context: &Context,
    said: impl FnOnce(&RequestRecord, Text) -> Said,
) -> Result<Vec<u8>, Failure> {
    super::list::show(record, register, context)?;
    super::review::limits(&record.request, context)?;
    let said = said(record, text("--opinion", &args.opinion)?);
    let signer = Signer::of(register, context)?;
    confirm("destroy-confirm-sign", record.request.number.as_str(), args.yes, context)?;
    signer.say(register, said)
}

fn hand_in(
    desk: &Desk,
    signed: &[u8],
    record: &RequestRecord,
    done: &str,
    context: &Context,
) -> Result<Exit, Failure> {
    desk.submit(signed, Some(&record.digest), context)?;
    told(desk, record, done, context)
}

/// Says what was done, and what is next.
fn told(
    desk: &Desk,
    record: &RequestRecord,
    done: &str,
    context: &Context,
) -> Result<Exit, Failure> {
    let register: Register = desk.register(context)?;
    let number = record.request.number.to_string();
    context.output.say(done, &[("number", &number), ("digest", &short(&record.digest))])?;
    let now = register.request(&record.digest).unwrap_or(record);
    super::list::next(now, desk, context)?;
    let fields = super::list::fields(now, desk, context)?;
    context.output.document("sealkeep.destroy-statement/1", fields)?;
    Ok(Exit::Ok)
}

/// Writes a statement for somebody who will hand it in.
fn write(out: &std::path::Path, signed: &[u8], context: &Context) -> Result<Exit, Failure> {
    super::packet::write_new(out, signed)?;
    context.output.say("destroy-statement-written", &[("path", &out.display().to_string())])?;
    let path = out.display().to_string();
    context.output.document("sealkeep.destroy-statement/1", json!({ "out": path }))?;
    Ok(Exit::Ok)
}
