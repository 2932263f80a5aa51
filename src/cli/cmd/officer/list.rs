//! `officer list`, `officer show`: officers, and what somebody should look at.

use sealkeep_keystore::approval::register::OfficerRecord;
use sealkeep_keystore::approval::{OfficerId, OfficerState, Register};
use serde_json::{Value, json};

use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, cmd, speak, time};

pub(super) fn run(context: &Context) -> Result<Exit, Failure> {
    let register = speak::register(context)?;
    for record in register.officers() {
        context.output.line(&row(record))?;
    }
    warn(&register, context);
    let rows: Vec<Value> = register.officers().map(fields).collect();
    let genesis = register.genesis().map(|digest| digest.to_string());
    let body = json!({ "genesis": genesis, "officers": rows });
    context.output.document("sealkeep.officer-list/1", body)?;
    Ok(Exit::Ok)
}

pub(super) fn show(id: &OfficerId, context: &Context) -> Result<Exit, Failure> {
    let register = speak::register(context)?;
    let record = register.officer(id);
    let record = record.ok_or_else(|| Failure::new(Code::OfficerUnknown, id.to_string()))?;
    let officer = &record.officer;
    let roles = roles(record);
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
            ("state", &record.state.name()),
            ("roles", &roles),
            ("key", &officer.key.to_string()),
            ("qualification", &qualification),
            ("enrolled", &record.enrolled.to_string()),
            ("entry", &record.index),
        ],
    )?;
    context.output.document("sealkeep.officer-show/1", fields(record))?;
    Ok(Exit::Ok)
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

fn row(record: &OfficerRecord) -> String {
    let officer = &record.officer;
    let (state, roles) = (record.state.name(), roles(record));
    format!("{}  {state}  {roles}  {}  {}", officer.id, officer.person, officer.name)
}

fn roles(record: &OfficerRecord) -> String {
    record.officer.roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(",")
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
