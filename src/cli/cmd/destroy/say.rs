//! What officers say about a request: approvals, refusals, witness.

use sealkeep::destruction::overwrite;
use sealkeep::destruction::packet::Packet;
use sealkeep_keystore::approval::register::{RequestRecord, RequestState};
use sealkeep_keystore::approval::statement::{Approve, Cancel, Reject, Resume, Withdraw, Witness};
use sealkeep_keystore::approval::{Draft, Register, Said};
use sealkeep_keystore::ledger;
use serde_json::json;

use super::{Desk, confirm, find, short, text};
use crate::cli::args::{DestroyApprove, DestroySay};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::sign::Signer;
use crate::cli::{Context, cmd, sign};

pub(super) fn approve(args: &DestroyApprove, context: &Context) -> Result<Exit, Failure> {
    if let Some(path) = &args.packet {
        return approve_packet(path, args, context);
    }
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let name = args.request.as_deref().unwrap_or_default();
    let record = find(&register, name)?;
    let said = Approve {
        request: record.digest,
        inventory: record.request.inventory.root,
        step: record.next_step().unwrap_or(1),
        opinion: text("--opinion", &args.opinion)?,
    };
    super::list::show(record, &register, context)?;
    super::review::limits(&record.request, context)?;
    let signer = Signer::of(&register, context)?;
    confirm("destroy-confirm-sign", record.request.number.as_str(), args.yes, context)?;
    let signed = signer.say(&register, said)?;
    if let Some(out) = &args.out {
        return write(out, &signed, context);
    }
    hand_in(&desk, &signed, record, "destroy-approved", context)
}

/// Signs over a packet, on a machine without the key store. Who the officer is, the packet says; the key store checks.
fn approve_packet(
    path: &std::path::Path,
    args: &DestroyApprove,
    context: &Context,
) -> Result<Exit, Failure> {
    let packet = super::packet::read(path)?;
    let request = packet.request();
    super::review::summary(request, &packet.request.digest, context)?;
    super::review::limits(request, context)?;
    let (id, policy, step) = place_in(&packet, context)?;
    let key = sign::officer_key(context)?;
    confirm("destroy-confirm-sign", request.number.as_str(), args.yes, context)?;
    let said = Approve {
        request: packet.request.digest,
        inventory: request.inventory.root,
        step,
        opinion: text("--opinion", &args.opinion)?,
    };
    let draft = Draft::new(packet.request.store, cmd::now(), policy, vec![id.clone()], said);
    let signed = draft.sign(&[(&id, &key)]);
    let signed = signed.map_err(|error| Failure::new(Code::Statement, error.to_string()))?;
    let out = args.out.as_deref().ok_or_else(|| Failure::new(Code::Usage, "--out"))?;
    write(out, &signed, context)
}

/// Which officer of the packet holds the key that is named, under which policy, and which step is next.
fn place_in(
    packet: &Packet,
    context: &Context,
) -> Result<
    (sealkeep_keystore::approval::OfficerId, Option<sealkeep_keystore::approval::Digest>, u32),
    Failure,
> {
    let register = super::packet::register(packet)?;
    let signer = Signer::of(&register, context)?;
    let approvals =
        packet.statements.iter().filter(|one| matches!(one.said, Said::Approve(_))).count();
    let step = u32::try_from(approvals).unwrap_or(u32::MAX).saturating_add(1);
    Ok((signer.id, packet.request.policy, step))
}

pub(super) fn reject(args: &DestroySay, context: &Context) -> Result<Exit, Failure> {
    say(args, "destroy-rejected", context, |record, opinion| {
        let (request, inventory) = (record.digest, record.request.inventory.root);
        Ok(Reject { request, inventory, opinion }.into())
    })
}

pub(super) fn withdraw(args: &DestroySay, context: &Context) -> Result<Exit, Failure> {
    say(args, "destroy-withdrawn", context, |record, opinion| {
        Ok(Withdraw { request: record.digest, opinion }.into())
    })
}

/// A request whose time is over takes nobody's word any more: it is only put away.
pub(super) fn cancel(args: &DestroySay, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let record = find(&register, &args.request)?;
    let (now, _) = desk.ask(context, |store| store.ledger_clock())?;
    let open = matches!(record.state, RequestState::Requested | RequestState::Waiting);
    if open && record.state_at(now) == RequestState::Expired {
        desk.ask(context, |store| store.expire(record.digest))?;
        desk.settle(context)?;
        forget(&desk, record, context)?;
        return told(&desk, record, "destroy-expired", context);
    }
    drop(desk);
    say(args, "destroy-cancelled", context, |record, opinion| {
        Ok(Cancel { request: record.digest, opinion }.into())
    })
}

pub(super) fn resume(args: &DestroySay, context: &Context) -> Result<Exit, Failure> {
    say(args, "destroy-resumed", context, |record, opinion| {
        Ok(Resume { request: record.digest, opinion }.into())
    })
}

/// A witness signs the record of execution, and then the head of the ledger in which that stands; who has signed the record already,
/// only the head: a run that was killed in between lost it.
pub(super) fn witness(args: &DestroySay, context: &Context) -> Result<Exit, Failure> {
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
    // An execution that was killed at its very end has not come to that.
    forget(&desk, record, context)?;
    let note = desk.ask(context, |store| store.checkpoint())?;
    let cosigned = ledger::cosign(&note, signer.id.as_str(), &signer.key, cmd::now());
    let cosigned = cosigned.map_err(|error| Failure::new(Code::Unexpected, "").because(error))?;
    super::certify::keep_cosigned(&desk, &record.digest, cosigned, context)?;
    let done = if again { "destroy-cosigned" } else { "destroy-witnessed" };
    told(&desk, record, done, context)
}

fn say(
    args: &DestroySay,
    done: &str,
    context: &Context,
    said: impl FnOnce(&RequestRecord, sealkeep_keystore::approval::Text) -> Result<Said, Failure>,
) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let record = find(&register, &args.request)?;
    super::list::show(record, &register, context)?;
    let said = said(record, text("--opinion", &args.opinion)?)?;
    let signer = Signer::of(&register, context)?;
    confirm("destroy-confirm-sign", record.request.number.as_str(), args.yes, context)?;
    let signed = signer.say(&register, said)?;
    hand_in(&desk, &signed, record, done, context)
}

fn hand_in(
    desk: &Desk,
    signed: &[u8],
    record: &RequestRecord,
    done: &str,
    context: &Context,
) -> Result<Exit, Failure> {
    desk.submit(signed, Some(&record.digest), context)?;
    let register = desk.register(context)?;
    let now = register.request(&record.digest).unwrap_or(record);
    if !matches!(now.state, RequestState::Requested | RequestState::Waiting) {
        forget(desk, now, context)?;
    }
    told(desk, record, done, context)
}

/// What was kept to find targets again has their names, which shall not outlive the request.
fn forget(desk: &Desk, record: &RequestRecord, context: &Context) -> Result<(), Failure> {
    let forgotten = overwrite::forget(&desk.files, &record.digest);
    forgotten.map_err(|error| super::failure(&error, context))
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
