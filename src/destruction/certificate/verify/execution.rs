//! What was done, and what was tried afterwards: the records, held against the statements that name them.

use std::collections::{BTreeSet, HashSet};

use sealkeep_keystore::approval::register::RequestRecord;
use sealkeep_keystore::dsse::Envelope;
use sealkeep_keystore::record::{Execution, Inspection};

use super::ground::Ground;
use super::inventory::List;
use super::replay::Noted;
use crate::destruction::certificate::STORE_KEY_ID;
use crate::destruction::certificate::bundle::Bundle;
use crate::destruction::certificate::claims::is_wiped;
use crate::destruction::inspection::passed;

/// The inspector's clock may be ahead of the ledger's by so many seconds, as a signer's may (`docs/spec/approval.md` §3).
const AHEAD: u64 = 600;

/// A record of execution that fits.
pub(super) struct Done {
    pub(super) execution: Execution,
    /// Items of kind `medium`.
    pub(super) media: u64,
}

/// The record of execution, if the store signed it and it is of this request, this list and this order.
pub(super) fn read(
    bundle: &Bundle,
    ground: &Ground,
    record: &RequestRecord,
    noted: &Noted,
    list: &List,
) -> Result<Done, String> {
    let envelope =
        Envelope::parse("execution", &bundle.execution.0).map_err(|error| error.to_string())?;
    match envelope.signatures() {
        [one] if one.key_id == STORE_KEY_ID => {
            envelope.check(one, &ground.key).map_err(|error| error.to_string())?;
        }
        _ => return Err("there is not exactly one signature, by the store".to_owned()),
    }
    if record.execution != Some(ground.digest(envelope.payload())) {
        return Err("it is not the one that the ledger and the witnesses name".to_owned());
    }
    let execution = Execution::read(envelope.payload())?;
    check_names(&execution, bundle, record)?;
    check_ledger(&execution, noted)?;
    check_keys(&execution, list)?;
    check_wipes(&execution, list)?;
    Ok(Done { execution, media: list.media() })
}

fn check_names(
    execution: &Execution,
    bundle: &Bundle,
    record: &RequestRecord,
) -> Result<(), String> {
    let order = record.order.as_ref().ok_or("nobody ordered it")?;
    let same = [
        ("schema", execution.schema == "sealkeep/execution/v1"),
        ("store", execution.store == bundle.store.id),
        ("request", execution.request == bundle.request),
        ("inventory", execution.inventory == bundle.inventory.root),
        ("order", execution.order == order.statement.to_string()),
        ("executor", execution.executor.officer == order.officer.as_str()),
        ("executor", execution.executor.person == order.person.as_str()),
        ("begun", Some(execution.begun) == record.begun),
        ("destroyed", execution.destroyed == record.destroyed),
        ("state", execution.state == "executed"),
        ("failed", execution.failed.is_empty()),
    ];
    all(&same)
}

/// Times and qualification, as the ledger has them.
fn check_ledger(execution: &Execution, noted: &Noted) -> Result<(), String> {
    let ended = execution.started..=noted.finished;
    all(&[
        ("started", execution.started == noted.begun),
        ("ended", ended.contains(&execution.ended)),
        ("qualification", execution.executor.qualification == noted.qualification),
    ])
}

fn all(same: &[(&str, bool)]) -> Result<(), String> {
    match same.iter().find(|(_, same)| !same) {
        Some((member, _)) => Err(format!("`{member}` is not what it should be")),
        None => Ok(()),
    }
}

/// That exactly the targets of the list were destroyed.
fn check_keys(execution: &Execution, list: &List) -> Result<(), String> {
    let targets = list.inventory.targets.len() as u64;
    let Some(keys) = &execution.keys else {
        return if targets == 0 { Ok(()) } else { Err("no key was destroyed".to_owned()) };
    };
    let digest = list.inventory.summary.targets.to_string();
    if keys.targets != targets || keys.digest != digest || execution.destroyed.is_none() {
        return Err("other keys were destroyed than those in the list".to_owned());
    }
    let current = keys.copies.iter().filter(|copy| copy.state == "current").count();
    if keys.cells.len() != current + 1 {
        return Err("the root cells are not those of the store and its current copies".to_owned());
    }
    Ok(())
}

/// That exactly the items that were to be overwritten were.
fn check_wipes(execution: &Execution, list: &List) -> Result<(), String> {
    let mut wiped = BTreeSet::new();
    for wipe in &execution.wipes {
        if !is_wiped(&wipe.verdict) {
            return Err(format!("item {} is `{}`", wipe.item, wipe.verdict));
        }
        if !wiped.insert(wipe.item) {
            return Err(format!("item {} was overwritten twice", wipe.item));
        }
    }
    if wiped.into_iter().eq(list.wiped()) {
        Ok(())
    } else {
        Err("what was overwritten is not what was to be".to_owned())
    }
}

/// That every wipe's report is there, and none more.
pub(super) fn wipe_reports(bundle: &Bundle, ground: &Ground, done: &Done) -> Result<(), String> {
    let reports: Vec<String> =
        bundle.wipe_reports.iter().map(|report| ground.digest(&report.0).to_string()).collect();
    let named: HashSet<&String> = done.execution.wipes.iter().map(|wipe| &wipe.report).collect();
    let there: HashSet<&String> = reports.iter().collect();
    if let Some(missing) = named.difference(&there).next() {
        return Err(format!("the report {missing} is missing"));
    }
    if reports.len() != named.len() {
        return Err("there are reports that nothing names".to_owned());
    }
    Ok(())
}

/// The report of inspection, if there was one: the last that was signed, and passed.
pub(super) fn inspection(
    bundle: &Bundle,
    ground: &Ground,
    record: &RequestRecord,
) -> Result<Option<Inspection>, String> {
    let (bytes, signed) = match (&bundle.inspection, record.inspections.last()) {
        (None, None) => return Ok(None),
        (Some(bytes), Some(signed)) => (&bytes.0, signed),
        (None, Some(_)) => return Err("it is missing".to_owned()),
        (Some(_), None) => return Err("nobody signed it".to_owned()),
    };
    if ground.digest(bytes) != signed.report {
        return Err("it is not the one that was signed".to_owned());
    }
    let report = Inspection::read(bytes)?;
    let execution = record.execution.map(|digest| digest.to_string());
    let latest = signed.by.time.saturating_add(AHEAD);
    all(&[
        ("schema", report.schema == "sealkeep/inspection/v1"),
        ("request", report.request == bundle.request),
        ("execution", Some(&report.execution) == execution.as_ref()),
        ("passed", report.passed && signed.passed),
        ("ended", (report.started..=latest).contains(&report.ended)),
    ])?;
    match report.places.iter().find(|place| !passed(place)) {
        Some(place) => Err(format!("what was tried at `{}` does not pass", place.place)),
        None => Ok(Some(report)),
    }
}
