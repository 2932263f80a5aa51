//! `copy repair`: a copy healed from another, or the vault from a copy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealkeep::envelope::Run;
use sealkeep::vault::Storage;
use sealkeep::vault::copy::{RepairReport, Unhealed, check, repair};
use sealkeep::vault::register::Register;
use serde_json::json;

use super::{load, storage};
use crate::cli::args::VaultCopyRepair;
use crate::cli::cmd;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, vault};

pub(super) fn run(args: &VaultCopyRepair, context: &Context) -> Result<Exit, Failure> {
    // The vault itself may be what is to be healed: then its register may not be there to ask.
    let found = vault::find(context).ok();
    let register = match &found {
        Some(found) => load(found, context).unwrap_or_default(),
        None => Register::default(),
    };
    let own = found.as_ref().map(|found| found.file.fingerprint());
    let trusted = args.fingerprint.clone().or(own);
    let (to, from) =
        (place(&args.copy, &register, context)?, place(&args.from, &register, context)?);
    let (target, source) = (storage(&to)?, storage(&from)?);
    let wait = context.settings.wait;
    if args.dry_run {
        context.output.say("vault-copy-dry-run", &[])?;
    }
    let report = cmd::with_progress(context, None, |run| match args.dry_run {
        true => foresee(&*target, &*source, trusted.as_deref(), wait, run),
        false => repair(&*target, &*source, trusted.as_deref(), wait, run),
    });
    let report = report.map_err(|error| vault::failure(&to, &error, context))?;
    for name in &report.healed {
        context.output.say("vault-copy-healed", &[("name", name)])?;
    }
    for unhealed in &report.unhealed {
        context.output.say("vault-copy-unhealed", &[("name", &unhealed.name)])?;
    }
    let shown = to.display().to_string();
    let counts: crate::cli::messages::Args<'_> = &[
        ("place", &shown),
        ("healed", &report.healed.len()),
        ("unhealed", &report.unhealed.len()),
    ];
    context.output.say("vault-copy-repaired", counts)?;
    let unhealed = report.unhealed.iter();
    let unhealed = unhealed.map(|one| json!({ "name": one.name, "missing": one.missing }));
    context.output.document(
        "sealkeep.copy-repair/1",
        json!({
            "place": to,
            "from": from,
            "dry_run": args.dry_run,
            "healed": report.healed,
            "unhealed": unhealed.collect::<Vec<_>>(),
        }),
    )?;
    if report.unhealed.is_empty() {
        return Ok(Exit::Ok);
    }
    let failure = Failure::at(Code::VaultCopyDamaged, &to);
    if context.output.json() { Ok(failure.code.exit()) } else { Err(failure) }
}

/// What a repair would heal: both are read, and nothing is changed.
fn foresee(
    target: &dyn Storage,
    source: &dyn Storage,
    trusted: Option<&str>,
    wait: Duration,
    run: &Run<'_>,
) -> sealkeep::vault::Result<RepairReport> {
    let bad = check(target, trusted, wait, run)?;
    let good = check(source, Some(&bad.fingerprint), wait, run)?;
    let missing = bad.missing.iter().map(|name| (name, true));
    let rotten = bad.rotten.iter().map(|rotten| (&rotten.name, false));
    // A file may be rotten in several places.
    let names: BTreeMap<&String, bool> = missing.chain(rotten).collect();
    let mut report = RepairReport::default();
    for (name, missing) in names {
        let rotten = good.rotten.iter().any(|rotten| rotten.name == *name);
        if rotten || source.length(name).is_err() {
            report.unhealed.push(Unhealed { name: name.clone(), missing });
        } else {
            report.healed.push(name.clone());
        }
    }
    Ok(report)
}

/// The folder that is meant: a registered copy, `vault` for the vault itself, or a path.
fn place(name: &str, register: &Register, context: &Context) -> Result<PathBuf, Failure> {
    if let Ok(medium) = super::one(register, name) {
        return Ok(PathBuf::from(medium.place));
    }
    if name == "vault" {
        return vault::location(context);
    }
    let path = Path::new(name);
    if path.exists() { Ok(path.to_owned()) } else { Err(Failure::new(Code::MediumUnknown, name)) }
}
