//! `copy check`: copies read to the last byte, without any key.

use std::path::{Path, PathBuf};

use sealkeep::vault::Lock;
use sealkeep::vault::copy::{CopyCheck, check};
use sealkeep::vault::register::Medium;
use serde_json::{Value, json};

use super::{chosen, load, storage, update};
use crate::cli::args::VaultCopyCheck;
use crate::cli::cmd;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::settings::SecretSource;
use crate::cli::vault::{self, Found};
use crate::cli::{Context, hex};

/// A copy to be checked; its register entry, if it has one.
struct Wanted {
    place: PathBuf,
    medium: Option<Medium>,
}

pub(super) fn run(args: &VaultCopyCheck, context: &Context) -> Result<Exit, Failure> {
    let (found, wanted) = wanted(args, context)?;
    let own = found.as_ref().map(|found| found.file.fingerprint());
    let trusted = args.fingerprint.clone().or(own);
    let (mut checked, mut failures, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for copy in &wanted {
        match one(&copy.place, trusted.as_deref(), context) {
            Ok(report) => {
                say(copy, &report, context)?;
                rows.push(fields(copy, &report));
                if !report.is_whole() {
                    failures.push(damage(copy, &report));
                }
                checked.push((copy, report));
            }
            Err(failure) if context.cancel.is_asked() => return Err(failure),
            Err(failure) => failures.push(failure),
        }
    }
    if let Some(found) = found {
        // What was found is told whatever becomes of the register: no key is needed for a check.
        if let Err(failure) = note(found, &checked, context) {
            let reason = context.output.failure_json(&failure)["what"].to_string();
            context.output.warn("W-NOT-NOTED", "warn-not-noted", &[("reason", &reason)]);
        }
    }
    let whole = checked.iter().filter(|(_, report)| report.is_whole()).count();
    let shown: Vec<Value> = failures.iter().map(|one| context.output.failure_json(one)).collect();
    if !(rows.is_empty() && failures.len() == 1) {
        let body = json!({ "copies": rows, "failures": shown });
        context.output.document("sealkeep.copy-check/1", body)?;
    }
    if context.output.json() && whole == 0 && failures.len() == 1 && !rows.is_empty() {
        return Ok(failures[0].code.exit());
    }
    cmd::end(context, failures, whole)
}

/// Where the vault is lost, copies are named by their folders.
fn wanted(
    args: &VaultCopyCheck,
    context: &Context,
) -> Result<(Option<Found>, Vec<Wanted>), Failure> {
    let by_path = |name: &String| Wanted { place: PathBuf::from(name), medium: None };
    let found = match vault::find(context) {
        Ok(found) => found,
        Err(failure) if args.copies.is_empty() => return Err(failure),
        Err(_) => return Ok((None, args.copies.iter().map(by_path).collect())),
    };
    let register = load(&found, context)?;
    let registered =
        |medium: Medium| Wanted { place: PathBuf::from(&medium.place), medium: Some(medium) };
    if args.copies.is_empty() {
        let all: Vec<Wanted> = chosen(&register, &[])?.into_iter().map(registered).collect();
        if all.is_empty() {
            context.output.warn("W-NO-VAULT-COPY", "warn-no-vault-copy", &[]);
        }
        return Ok((Some(found), all));
    }
    let one = |name: &String| match super::one(&register, name) {
        Ok(medium) => Ok(registered(medium)),
        Err(_) if Path::new(name).exists() => Ok(by_path(name)),
        Err(failure) => Err(failure),
    };
    let wanted = args.copies.iter().map(one).collect::<Result<Vec<Wanted>, Failure>>()?;
    Ok((Some(found), wanted))
}

fn one(place: &Path, trusted: Option<&str>, context: &Context) -> Result<CopyCheck, Failure> {
    let storage = storage(place)?;
    let wait = context.settings.wait;
    // Only who looks at a bar needs to know how long it is.
    let files = if context.output.draws_progress() { storage.list("").ok() } else { None };
    let total = files.map(|files| files.iter().map(|(_, length)| length).sum());
    cmd::with_progress(context, total, |run| check(&*storage, trusted, wait, run))
        .map_err(|error| vault::failure(place, &error, context))
}

/// Writes down what was found, if the key store can be opened without asking anybody.
fn note(found: Found, checked: &[(&Wanted, CopyCheck)], context: &Context) -> Result<(), Failure> {
    let registered = checked.iter().filter(|(wanted, _)| wanted.medium.is_some());
    let registered: Vec<_> = registered.collect();
    if registered.is_empty() {
        return Ok(());
    }
    if context.settings.secret == SecretSource::Prompt {
        return context.output.say("vault-copy-not-noted", &[]);
    }
    let opened = found.open(Lock::Shared, context)?;
    for (wanted, report) in &registered {
        let recorded = opened.vault.record("copy-check", &fields(wanted, report));
        recorded.map_err(|error| opened.failure(&error, context))?;
    }
    update(&opened, context, |register| {
        for (wanted, report) in &registered {
            let Some(medium) = &wanted.medium else { continue };
            register.change(&medium.id, |medium| {
                medium.checked(report, cmd::now());
                Ok(())
            })?;
        }
        Ok(())
    })
}

fn damage(copy: &Wanted, report: &CopyCheck) -> Failure {
    let detail = format!("missing {}, rotten {}", report.missing.len(), report.rotten.len());
    Failure::at(Code::VaultCopyDamaged, &copy.place).because(detail)
}

fn say(copy: &Wanted, report: &CopyCheck, context: &Context) -> Result<(), Failure> {
    let place = copy.place.display().to_string();
    let head = report.head.map_or_else(|| "-".to_owned(), |(head, _)| head.to_string());
    context.output.say(
        "vault-copy-checked",
        &[
            ("place", &place),
            ("files", &report.files),
            ("bytes", &report.bytes.to_string()),
            ("head", &head),
            ("fingerprint", &report.fingerprint),
        ],
    )?;
    for name in &report.missing {
        context.output.say("vault-copy-missing", &[("name", name)])?;
    }
    for rotten in &report.rotten {
        let part = format!("{:?}", rotten.fault.part);
        context.output.say(
            "vault-copy-rotten",
            &[
                ("name", &rotten.name),
                ("part", &part),
                ("offset", &rotten.fault.offset.to_string()),
                ("length", &rotten.fault.length.to_string()),
            ],
        )?;
    }
    for name in &report.stray {
        context.output.say("vault-copy-stray", &[("name", name)])?;
    }
    Ok(())
}

fn fields(copy: &Wanted, report: &CopyCheck) -> Value {
    let rotten = report.rotten.iter().map(|rotten| {
        json!({
            "name": rotten.name,
            "part": format!("{:?}", rotten.fault.part).to_lowercase(),
            "offset": rotten.fault.offset,
            "length": rotten.fault.length,
        })
    });
    json!({
        "id": copy.medium.as_ref().map(|medium| medium.id.clone()),
        "place": copy.place.display().to_string(),
        "vault": hex(&report.vault),
        "fingerprint": report.fingerprint,
        "head": report.head.map(|(head, _)| head),
        "files": report.files,
        "bytes": report.bytes,
        "missing": report.missing,
        "rotten": rotten.collect::<Vec<_>>(),
        "stray": report.stray,
        "whole": report.is_whole(),
    })
}
