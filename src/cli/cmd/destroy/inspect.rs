//! `destroy inspect`: opening attempted everywhere, and the inspector's signature under what came of it.

use sealkeep::destruction::Error;
use sealkeep::destruction::inspection::{InspectOptions, inspect, passed};
use sealkeep::destruction::overwrite::Overwriting;
use sealkeep::destruction::request_files::Part;
use sealkeep_keystore::Location;
use sealkeep_keystore::approval::Role;
use sealkeep_keystore::approval::statement::Inspect;
use sealkeep_keystore::record::{Inspection, Place};
use serde_json::json;

use super::{Desk, confirm, failure, find};
use crate::cli::args::DestroyInspect;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::sign::Signer;
use crate::cli::{Context, cmd, store, time};

pub(super) fn run(args: &DestroyInspect, context: &Context) -> Result<Exit, Failure> {
    let given = store::given_to(context)?;
    let desk = Desk::open(context)?;
    let register = desk.register(context)?;
    let record = find(&register, &args.request)?;
    let number = record.request.number.to_string();
    let missing = || Failure::new(Code::NotExecuted, &args.request);
    let execution = record.execution.ok_or_else(missing)?;
    let signer = Signer::of(&register, context)?;
    signer.must_be(Role::Inspector, &register, context)?;
    let told = |error| failure(&error, context);
    let suite = register.suite();
    let summary = &record.request.inventory;
    let (items, _) = desk.files.read_inventory(&record.digest, suite, summary).map_err(told)?;
    let overwriting = match Overwriting::load(&desk.files, &record.digest, &items, suite) {
        // Lost, or not what was signed: then nobody can look, and the report says so.
        Err(Error::Missing(_) | Error::Altered { .. }) => None,
        loaded => loaded.map_err(told)?,
    };
    let unlock = given.unlock();
    let options = InspectOptions {
        request: record.digest,
        execution,
        items: &items,
        overwriting: overwriting.as_ref(),
        unlock: Some(&unlock),
        more_stores: args.backup.iter().map(|dir| Location::new(dir, None)).collect(),
        more_vaults: Vec::new(),
        sealed: Vec::new(),
        sample: args.others,
        wait: context.settings.wait,
    };
    let report = cmd::with_progress(context, None, |run| inspect(&desk.sources(), &options, run));
    let report = report.map_err(told)?;
    show(&report, context)?;
    confirm("destroy-confirm-inspect", &number, args.yes, context)?;
    let bytes = serde_json::to_vec(&report).expect("texts and numbers");
    let kept = desk.files.write_as(&record.digest, Part::Inspection, suite, &bytes);
    let digest = kept.map_err(told)?;
    let said = Inspect {
        request: record.digest,
        inventory: summary.root,
        execution,
        report: digest,
        passed: report.passed,
    };
    let signed = signer.say(&register, said)?;
    desk.submit(&signed, Some(&record.digest), context)?;
    let fields = json!({
        "request": record.digest.to_string(),
        "report": digest.to_string(),
        "passed": report.passed,
        "places": report.places,
    });
    if !report.passed {
        let mut failure = Failure::new(Code::Inspection, number);
        failure.report = Some(fields);
        return Err(failure);
    }
    context.output.say("destroy-inspected", &[("number", &number)])?;
    let after = desk.register(context)?;
    super::list::next(after.request(&record.digest).unwrap_or(record), &desk, context)?;
    context.output.document("sealkeep.destroy-inspect/1", fields)?;
    Ok(Exit::Ok)
}

fn show(report: &Inspection, context: &Context) -> Result<(), Failure> {
    for place in &report.places {
        let args: crate::cli::messages::Args<'_> = &[
            ("what", &place.what),
            ("place", &place.place),
            ("items", &place.items.to_string()),
            ("opened", &place.opened.to_string()),
            ("others", &format!("{}/{}", place.others.opened, place.others.tried)),
        ];
        context.output.say(key(place), args)?;
        if let Some(until) = place.residual_until {
            context.output.say("destroy-place-until", &[("until", &time(until))])?;
        }
    }
    Ok(())
}

fn key(place: &Place) -> &'static str {
    match (place.reachable, passed(place)) {
        (false, _) => "destroy-place-away",
        (true, true) => "destroy-place",
        (true, false) => "destroy-place-failed",
    }
}
