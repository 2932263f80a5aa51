//! `officer list`, `officer show`: officers, and what somebody should look at.

use sealkeep::vault::Lock;
use sealkeep::vault::register::{Medium, Register as Media};
use sealkeep_keystore::KeyStore;
use sealkeep_keystore::approval::register::{Leftover, OfficerRecord};
use sealkeep_keystore::approval::{Digest, OfficerId, OfficerState, Register};
use serde_json::{Value, json};

use crate::cli::cmd::destroy::short;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::messages::{Args, Ready};
use crate::cli::{Context, cmd, speak, store, time, vault};

pub(super) fn run(context: &Context) -> Result<Exit, Failure> {
    let register = speak::register(context)?;
    for record in register.officers() {
        context.output.line(&row(record, context))?;
        if matches!(record.state, OfficerState::Leaving { .. }) {
            let leftover = register.leftover(&record.officer.id);
            for line in leftover_lines(&leftover, &register, context) {
                context.output.line(&format!("    {line}"))?;
            }
        }
    }
    warn(&register, context);
    let rows: Vec<Value> = register.officers().map(fields).collect();
    let genesis = register.genesis().map(|digest| digest.to_string());
    let body = json!({ "genesis": genesis, "officers": rows });
    context.output.document("sealkeep.officer-list/1", body)?;
    Ok(Exit::Ok)
}

pub(super) fn show(id: &OfficerId, context: &Context) -> Result<Exit, Failure> {
    let (register, kept) = with_media(context)?;
    let record = register.officer(id);
    let record = record.ok_or_else(|| Failure::new(Code::OfficerUnknown, id.to_string()))?;
    let leftover = register.leftover(id);
    let officer = &record.officer;
    let roles = speak::roles(&officer.roles, context.output.messages());
    let qualification = officer.qualification.as_ref().map_or_else(
        || "-".to_owned(),
        |qualification| format!("{} ({})", qualification.number, time(qualification.until)),
    );
    context.output.say(
        "officer-shown",
        &[
            ("id", &officer.id.as_str()),
            ("name", &officer.name.as_str()),
            ("person", &officer.person.as_str()),
            ("state", &state(record, context)),
            ("roles", &roles),
            ("key", &officer.key.to_string()),
            ("qualification", &qualification),
            ("enrolled", &record.enrolled.to_string()),
            ("entry", &record.index),
        ],
    )?;
    for line in leftover_lines(&leftover, &register, context) {
        context.output.line(&format!("  {line}"))?;
    }
    let names = [officer.id.as_str(), officer.name.as_str(), officer.person.as_str()];
    let theirs = |medium: &&Medium| {
        medium.custodian.as_deref().is_some_and(|custodian| names.contains(&custodian))
    };
    let media: Vec<&Medium> = kept.iter().filter(theirs).collect();
    for medium in &media {
        let said: Args<'_> = &[("id", &medium.id), ("place", &medium.place)];
        context.output.say("leftover-medium", said)?;
    }
    let mut fields = fields(record);
    fields["leftover"] = json!(leftover);
    fields["media"] = media.iter().map(|medium| medium.id.as_str()).collect();
    context.output.document("sealkeep.officer-show/1", fields)?;
    Ok(Exit::Ok)
}

/// The register, and the media that the vault knows, if one is named and there.
fn with_media(context: &Context) -> Result<(Register, Vec<Medium>), Failure> {
    let Ok(found) = vault::find(context) else {
        return Ok((speak::register(context)?, Vec::new()));
    };
    let opened = found.open(Lock::Shared, context)?;
    let register = opened.keys.with(KeyStore::register);
    let register = register.map_err(|error| store::here(context, &error))?;
    let media = Media::load(&**opened.vault.storage(), opened.vault.file())
        .map_err(|error| opened.failure(&error, context))?;
    Ok((register, media.media().to_vec()))
}

/// Warns of what somebody who leaves still has a part in, and of what nobody can tell.
///
/// # Errors
/// Those of the key store.
pub(super) fn warn_leftover(
    id: &OfficerId,
    opened: &mut KeyStore,
    context: &Context,
) -> Result<(), Failure> {
    let register = opened.register().map_err(|error| store::here(context, &error))?;
    for line in leftover_lines(&register.leftover(id), &register, context) {
        context.output.warn("W-LEFTOVER", "warn-leftover", &[("what", &Ready(&line))]);
    }
    if let Some(record) = register.officer(id) {
        let (id, name) = (id.as_str(), record.officer.name.as_str());
        context.output.warn("W-LEAVER", "warn-leaver", &[("officer", &id), ("name", &name)]);
    }
    Ok(())
}

/// What somebody still has a part in, a line for each.
fn leftover_lines(leftover: &Leftover, register: &Register, context: &Context) -> Vec<String> {
    let Leftover { requests, approvals, orders, holds, grants, .. } = leftover;
    let named = [
        ("leftover-request", requests),
        ("leftover-approval", approvals),
        ("leftover-order", orders),
        ("leftover-hold", holds),
        ("leftover-grant", grants),
    ];
    let messages = context.output.messages();
    let line = |key: &str, digest: &Digest| {
        let request = register.request(digest);
        let number = request.map_or_else(String::new, |record| record.request.number.to_string());
        messages.text(key, &[("number", &number), ("digest", &short(digest))])
    };
    let lines = named
        .into_iter()
        .flat_map(|(key, digests)| digests.iter().map(move |digest| (key, digest)));
    lines.map(|(key, digest)| line(key, digest)).collect()
}

fn warn(register: &Register, context: &Context) {
    let now = cmd::now();
    for record in register.overdue_leavers(now) {
        let id = record.officer.id.as_str();
        context.output.warn("W-LEAVER-OVERDUE", "warn-leaver-overdue", &[("officer", &id)]);
    }
    for record in register.expired_qualifications(now) {
        let id = record.officer.id.as_str();
        context.output.warn("W-UNQUALIFIED", "warn-unqualified", &[("officer", &id)]);
    }
}

fn row(record: &OfficerRecord, context: &Context) -> String {
    let officer = &record.officer;
    let roles = speak::roles(&officer.roles, context.output.messages());
    let state = state(record, context);
    format!("{}  {state}  {roles}  {}  {}", officer.id, officer.person, officer.name)
}

fn state(record: &OfficerRecord, context: &Context) -> String {
    context.output.messages().word("word-officer", record.state.name())
}

fn fields(record: &OfficerRecord) -> Value {
    let officer = &record.officer;
    let qualification = officer.qualification.as_ref().map(|qualification| {
        json!({ "number": qualification.number, "until": time(qualification.until) })
    });
    let (left, compromised) = match record.state {
        OfficerState::Leaving { left } => (Some(time(left)), None),
        OfficerState::Revoked { compromised, .. } => (None, Some(compromised)),
        _ => (None, None),
    };
    json!({
        "id": officer.id,
        "name": officer.name,
        "person": officer.person,
        "roles": officer.roles,
        "key": officer.key,
        "qualification": qualification,
        "state": record.state.name(),
        "left": left,
        "compromised": compromised,
        "enrolled": record.enrolled,
        "entry": record.index,
    })
}
