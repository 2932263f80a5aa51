//! `keystore restore`: a working key store out of a copy.

use sealkeep::destruction::mirror;
use sealkeep::destruction::request_files::RequestFiles;
use sealkeep_keystore::{KeyStore, Location, Restore, RestoreOptions};
use serde_json::{Value, json};

use crate::cli::args;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, cmd, hex, store, time};

pub(super) fn run(args: args::Restore, context: &Context) -> Result<Exit, Failure> {
    let to = store::location(context)?;
    if to.dir.join("store.db").symlink_metadata().is_ok() {
        return Err(Failure::at(Code::StoreExists, &to.dir));
    }
    if !args.from.is_dir() {
        return Err(Failure::at(Code::NotACopy, &args.from));
    }
    let from = Location::new(args.from, args.from_cell);
    let given = store::given(context)?;
    let options = RestoreOptions {
        evidence: args.evidence,
        accept_loss: args.accept_loss,
        actor: context.settings.actor.clone(),
    };
    let (mut opened, report) =
        KeyStore::restore(&from, &to, &given.unlock(), &options, context.settings.wait).map_err(
            |error| {
                let mut failure = store::here(context, &error);
                if matches!(failure.code, Code::CopyOutdated | Code::StoreDamaged) {
                    failure.subject = from.dir.display().to_string();
                }
                failure
            },
        )?;
    let (dir, source) = (to.dir.display().to_string(), from.dir.display().to_string());
    let again = report.destroyed_again + report.finished;
    context.output.say(
        "restore-done",
        &[
            ("dir", &dir),
            ("from", &source),
            ("incarnation", &u64::from(report.restore.incarnation)),
            ("pages", &report.pages),
            ("again", &again),
        ],
    )?;
    // What waits or is to be certified is in the copies, each of which may lack something.
    let files = RequestFiles::of(&to);
    let known = opened.copies().map_err(|error| store::here(context, &error))?;
    let others = known.iter().map(|status| &status.copy.location);
    for copy in std::iter::once(&from).chain(others.filter(|copy| copy.dir != from.dir)) {
        cmd::warn_requests(copy, mirror::from_copy(&files, copy), context);
    }
    // The copies follow the new incarnation, and lose their old roots.
    let copies =
        opened.sync_copies(|copy| copy.live).map_err(|error| store::here(context, &error))?;
    cmd::warn_behind(&copies, context);
    let register = opened.register().map_err(|error| store::here(context, &error))?;
    cmd::mirror_requests(&copies, &files, &register, context);
    let missing = report.restore.known_sequence.saturating_sub(report.restore.copy_sequence);
    if missing > 0 {
        context.output.warn("W-LOST", "warn-lost", &[("commits", &missing)]);
    }
    if !report.spared.is_empty() {
        context.output.warn("W-SPARED", "warn-spared", &[("scopes", &report.spared.len())]);
    }
    let spared: Vec<String> = report.spared.iter().map(ToString::to_string).collect();
    let unreached: Vec<String> =
        report.unreached.iter().map(|path| path.display().to_string()).collect();
    context.output.document(
        "sealkeep.keystore-restore/1",
        json!({
            "keystore": dir,
            "from": source,
            "restore": fields(&report.restore),
            "pages": report.pages,
            "destroyed_again": report.destroyed_again,
            "destructions_finished": report.finished,
            "unreached_copies": unreached,
            "spared_scopes": spared,
        }),
    )?;
    Ok(Exit::Ok)
}

/// A restore in a document.
pub(super) fn fields(restore: &Restore) -> Value {
    json!({
        "incarnation": restore.incarnation,
        "copy": hex(&restore.copy),
        "copy_sequence": restore.copy_sequence,
        "known_sequence": restore.known_sequence,
        "when": time(restore.when),
    })
}
