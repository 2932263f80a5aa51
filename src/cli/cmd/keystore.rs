//! `keystore …`: the store as a whole.

mod copies;
mod custody;
mod restore;

use sealkeep_keystore::{CopyStatus, CustodyKind, KeyStore, Peek, Status};
use serde_json::{Value, json};

use crate::cli::args::KeystoreCommand;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::settings::SecretSource;
use crate::cli::{Context, hex, store, time};

pub(crate) fn run(command: KeystoreCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        KeystoreCommand::Status => status(context),
        KeystoreCommand::Check => check(context),
        KeystoreCommand::Passwd(args) => custody::passwd(&args, context),
        KeystoreCommand::Recover(args) => custody::recover(&args, context),
        KeystoreCommand::DrillShares(args) => custody::drill(&args, context),
        KeystoreCommand::Restore(args) => restore::run(args, context),
        KeystoreCommand::Copy { command } => copies::run(command, context),
    }
}

/// Without a secret at hand only what needs none is told: nobody is asked for a passphrase here.
fn status(context: &Context) -> Result<Exit, Failure> {
    let peek = store::peek(context)?;
    let status = if context.settings.secret == SecretSource::Prompt {
        None
    } else {
        let mut store = store::open(context)?;
        Some(store.status().map_err(|error| store::here(context, &error))?)
    };
    say_peek(&peek, context)?;
    match &status {
        Some(status) => say_status(status, context)?,
        None => context.output.say("status-locked", &[])?,
    }
    context.output.document(
        "sealkeep.keystore-status/1",
        json!({
            "keystore": store::location(context)?.dir,
            "store": hex(&peek.store),
            "suite": peek.suite.name(),
            "incarnation": peek.incarnation,
            "epoch": peek.epoch,
            "sequence": peek.sequence,
            "cell_medium": medium(&peek.medium),
            "custodies": peek.custodies.iter().map(|(id, kind)| custody_fields(id, kind)).collect::<Vec<_>>(),
            "unlocked": status.as_ref().map(unlocked_fields),
        }),
    )?;
    Ok(Exit::Ok)
}

fn check(context: &Context) -> Result<Exit, Failure> {
    // Before anybody is asked for a passphrase. Damage is what this command is for, so it goes on.
    if let Err(failure) = store::peek(context)
        && failure.code == Code::StoreMissing
    {
        return Err(failure);
    }
    let given = store::given(context)?;
    let location = store::location(context)?;
    let report = KeyStore::check(&location, Some(&given.unlock()), context.settings.wait)
        .map_err(|error| store::here(context, &error))?;
    context.output.say(
        "check-counts",
        &[
            ("pages", &report.pages),
            ("scopes", &report.scopes),
            ("keys", &report.keys),
            ("destroyed", &report.destroyed),
        ],
    )?;
    let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    for problem in &problems {
        context.output.say("check-problem", &[("problem", problem)])?;
    }
    if context.output.json() {
        context.output.document(
            "sealkeep.keystore-check/1",
            json!({
                "pages": report.pages,
                "scopes": report.scopes,
                "keys": report.keys,
                "destroyed": report.destroyed,
                "problems": problems,
            }),
        )?;
        return Ok(if problems.is_empty() { Exit::Ok } else { Code::StoreDamaged.exit() });
    }
    match problems.first() {
        None => context.output.say("check-good", &[]).map(|()| Exit::Ok),
        Some(first) => Err(Failure::at(Code::StoreDamaged, &location.dir).because(first)),
    }
}

fn say_peek(peek: &Peek, context: &Context) -> Result<(), Failure> {
    let dir = store::location(context)?.dir.display().to_string();
    let kinds: Vec<String> = peek.custodies.iter().map(|(_, kind)| kind_text(kind)).collect();
    context.output.say(
        "status-peek",
        &[
            ("dir", &dir),
            ("id", &hex(&peek.store)),
            ("suite", &peek.suite.name()),
            ("incarnation", &u64::from(peek.incarnation)),
            ("epoch", &peek.epoch),
            ("custodies", &kinds.join(", ")),
            ("filesystem", &peek.medium.file_system),
            ("overwrite", &peek.medium.overwrite.name()),
        ],
    )
}

fn say_status(status: &Status, context: &Context) -> Result<(), Failure> {
    context.output.say(
        "status-unlocked",
        &[
            ("created", &time(status.created)),
            ("scopes", &u64::from(status.scopes)),
            ("tombstones", &status.tombstones),
            ("restores", &status.restores.len()),
            ("copies", &status.copies.len()),
        ],
    )?;
    for copy in &status.copies {
        context.output.line(&copies::row(copy, context))?;
    }
    if status.copies.is_empty() {
        context.output.warn("W-NO-COPY", "warn-no-copy", &[]);
    }
    Ok(())
}

fn unlocked_fields(status: &Status) -> Value {
    json!({
        "created": time(status.created),
        "scopes": status.scopes,
        "tombstones": status.tombstones,
        "restores": status.restores.iter().map(restore::fields).collect::<Vec<_>>(),
        "copies": status.copies.iter().map(copy_fields).collect::<Vec<_>>(),
    })
}

/// A registered copy in a document.
fn copy_fields(status: &CopyStatus) -> Value {
    json!({
        "dir": status.copy.location.dir,
        "cell": status.copy.location.cell,
        "live": status.copy.live,
        "on_failure": copies::policy_name(status.copy.on_failure),
        "timeout_seconds": status.copy.timeout.as_secs(),
        "current": status.current,
        "sequence": status.sequence,
        "when": status.when.map(time),
    })
}

fn custody_fields(id: &[u8; 16], kind: &CustodyKind) -> Value {
    json!({ "id": hex(id), "kind": kind.name(), "text": kind_text(kind) })
}

/// `shares 2/3` says more than `shares`; the words are those of `--json`, not to be translated.
fn kind_text(kind: &CustodyKind) -> String {
    match kind {
        CustodyKind::Shares { threshold, commitments } => {
            format!("{} {threshold}/{}", kind.name(), commitments.len())
        }
        _ => kind.name().to_owned(),
    }
}

fn medium(medium: &sealkeep_keystore::Medium) -> Value {
    json!({
        "device": medium.device,
        "file_system": medium.file_system,
        "source": medium.source,
        "overwrite": medium.overwrite.name(),
        "residual": medium.overwrite.is_residual(),
    })
}
