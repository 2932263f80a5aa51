//! Officers say something: made, signed, and submitted to the key store or written for the others who have to sign.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sealkeep_keystore::KeyStore;
use sealkeep_keystore::approval::{Draft, OfficerId, OfficerKey, Register, Said, Statement};
use serde_json::json;

use crate::cli::args::Say;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, cmd, sign, store};

/// What follows from all statements, if there are officers.
///
/// # Errors
/// `E-NO-OFFICERS`, and those of the key store.
pub(crate) fn register(context: &Context) -> Result<Register, Failure> {
    let mut opened = store::open(context)?;
    let register = opened.register().map_err(|error| store::here(context, &error))?;
    match register.genesis() {
        Some(_) => Ok(register),
        None => Err(Failure::new(Code::NoOfficers, "")),
    }
}

/// Has the officer whose key the settings name say something, with others who sign too; `lines` is the inventory, where it is
/// about a request.
///
/// # Errors
/// `E-NOT-AN-OFFICER`, those of reading the key, and of [`submit`].
pub(crate) fn speak(
    opened: &mut KeyStore,
    said: impl Into<Said>,
    with: &[OfficerId],
    how: &Say,
    lines: Option<&str>,
    context: &Context,
) -> Result<Exit, Failure> {
    let register = opened.register().map_err(|error| store::here(context, &error))?;
    let policy = register.policy_digest().ok_or_else(|| Failure::new(Code::NoOfficers, ""))?;
    let key = sign::officer_key(context)?;
    let public = OfficerKey(key.verifying_key());
    let id = owner(&register, &public)?;
    let others = with.iter().filter(|other| **other != id).cloned();
    let by = std::iter::once(id.clone()).chain(others).collect();
    let draft = Draft::new(*register.store(), cmd::now(), Some(policy), by, said);
    finish(opened, &draft, (&id, &key), how, lines, context)
}

/// Signs a draft with one key, and submits it or writes it.
///
/// # Errors
/// As [`speak`].
pub(crate) fn finish(
    opened: &mut KeyStore,
    draft: &Draft,
    signer: (&OfficerId, &sealkeep_crypto::SigningKey),
    how: &Say,
    lines: Option<&str>,
    context: &Context,
) -> Result<Exit, Failure> {
    let envelope = draft.sign(&[signer]).map_err(not_a_statement)?;
    let statement = parse(opened.suite(), &envelope, "")?;
    if how.dry_run {
        return tell(&statement, "statement-not-sent", context);
    }
    if let Some(path) = &how.output {
        write_new(path, &envelope, 0o644)?;
        return written(&statement, path, context);
    }
    if !statement.missing().is_empty() {
        let usage = context.output.messages().text("usage-more-signers", &[]);
        return Err(Failure::new(Code::Usage, usage));
    }
    submit(opened, &envelope, lines, context)
}

/// Submits a statement and tells what became of it.
///
/// # Errors
/// `E-STATEMENT`, `E-NOT-ACCEPTED`, and those of the key store.
pub(crate) fn submit(
    opened: &mut KeyStore,
    envelope: &[u8],
    lines: Option<&str>,
    context: &Context,
) -> Result<Exit, Failure> {
    let statement = parse(opened.suite(), envelope, "")?;
    let accepted = opened.submit(envelope, lines).map_err(|error| store::here(context, &error))?;
    cmd::settle_copies(opened, context)?;
    let (kind, digest) = (statement.said.kind(), accepted.digest.to_string());
    let args: crate::cli::messages::Args<'_> =
        &[("kind", &kind), ("digest", &digest), ("entry", &accepted.index)];
    context.output.say("statement-accepted", args)?;
    let body = json!({ "kind": kind, "digest": digest, "accepted": true, "entry": accepted.index });
    context.output.document("sealkeep.statement/1", body)?;
    Ok(Exit::Ok)
}

/// Tells that a statement was written for others.
pub(crate) fn written(
    statement: &Statement,
    path: &Path,
    context: &Context,
) -> Result<Exit, Failure> {
    let (kind, shown) = (statement.said.kind(), path.display().to_string());
    context.output.say("statement-written", &[("kind", &kind), ("path", &shown)])?;
    let missing: Vec<String> = statement.missing().iter().map(ToString::to_string).collect();
    if !missing.is_empty() {
        let names = missing.join(", ");
        context.output.say("statement-missing", &[("officers", &names)])?;
    }
    let digest = statement.digest.to_string();
    let body = json!({
        "kind": kind, "digest": digest, "accepted": false, "file": shown, "missing": missing,
    });
    context.output.document("sealkeep.statement/1", body)?;
    Ok(Exit::Ok)
}

/// Shows a statement as it is signed, under a headline.
pub(crate) fn tell(
    statement: &Statement,
    headline: &str,
    context: &Context,
) -> Result<Exit, Failure> {
    let payload: serde_json::Value = serde_json::from_slice(statement.payload())
        .map_err(|error| Failure::new(Code::Unexpected, "").because(error))?;
    let missing: Vec<String> = statement.missing().iter().map(ToString::to_string).collect();
    let (kind, digest) = (statement.said.kind(), statement.digest.to_string());
    let heading: crate::cli::messages::Args<'_> = &[("kind", &kind), ("digest", &digest)];
    context.output.say(headline, heading)?;
    let members = payload.as_object().into_iter().flatten();
    for (name, value) in members {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        context.output.line(&format!("  {name}: {value}"))?;
    }
    if !missing.is_empty() {
        let names = missing.join(", ");
        context.output.say("statement-missing", &[("officers", &names)])?;
    }
    let body = json!({
        "kind": kind, "digest": digest, "accepted": false, "missing": missing, "statement": payload,
    });
    context.output.document("sealkeep.statement/1", body)?;
    Ok(Exit::Ok)
}

/// # Errors
/// `E-STATEMENT`.
pub(crate) fn parse(
    suite: sealkeep_crypto::Suite,
    bytes: &[u8],
    name: &str,
) -> Result<Statement, Failure> {
    Statement::parse(suite, bytes)
        .map_err(|error| Failure::new(Code::Statement, name).because(error))
}

/// What could not be signed is not a statement.
pub(crate) fn not_a_statement(error: impl ToString) -> Failure {
    Failure::new(Code::Statement, "").because(error)
}

/// A file of at most `most` bytes.
///
/// # Errors
/// `E-TOO-LONG`, and those of reading.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let file = File::open(path).map_err(|error| Failure::io(path, &error))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| Failure::io(path, &error))?;
    if bytes.len() as u64 > most { Err(Failure::at(Code::TooLong, path)) } else { Ok(bytes) }
}

/// Writes a file that is not there yet, durably.
///
/// # Errors
/// `E-EXISTS`, and those of writing.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let mut options = File::options();
    let file = options.write(true).create_new(true).mode(mode).open(path);
    let write = |mut file: File| file.write_all(bytes).and_then(|()| file.sync_all());
    file.and_then(write).map_err(|error| Failure::io(path, &error))
}

/// The officer who signs with this key.
fn owner(register: &Register, key: &OfficerKey) -> Result<OfficerId, Failure> {
    let record = register.officers().find(|record| record.officer.key == *key);
    let record = record.ok_or_else(|| Failure::new(Code::NotAnOfficer, key.to_string()))?;
    Ok(record.officer.id.clone())
}
