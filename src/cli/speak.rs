//! Officers say something: made, signed, and submitted to the key store or written for the others who have to sign.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sealkeep::destruction::execution;
use sealkeep::destruction::request_files::RequestFiles;
use sealkeep_keystore::KeyStore;
use sealkeep_keystore::approval::{Digest, OfficerId, Register, Role, Said, Statement};
use serde_json::json;

use crate::cli::args::Say;
use crate::cli::cmd::destroy;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::messages::Messages;
use crate::cli::sign::Signer;
use crate::cli::{Context, cmd, store};

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

/// Has the officer whose key the settings name say something, with others who sign too.
///
/// # Errors
/// `E-NO-OFFICERS`, `E-NOT-AN-OFFICER`, those of reading the key, and of [`submit`].
pub(crate) fn speak(
    opened: &mut KeyStore,
    said: impl Into<Said>,
    with: &[OfficerId],
    how: &Say,
    context: &Context,
) -> Result<Exit, Failure> {
    let register = opened.register().map_err(|error| store::here(context, &error))?;
    if register.genesis().is_none() {
        return Err(Failure::new(Code::NoOfficers, ""));
    }
    let signer = Signer::of(&register, context)?;
    let others: Vec<OfficerId> = with.iter().filter(|id| **id != signer.id).cloned().collect();
    let envelope = signer.say_with(&register, &others, said)?;
    finish(opened, &envelope, how, context)
}

/// Submits what one officer has signed, or writes it for the others.
///
/// # Errors
/// As [`speak`].
pub(crate) fn finish(
    opened: &mut KeyStore,
    envelope: &[u8],
    how: &Say,
    context: &Context,
) -> Result<Exit, Failure> {
    let statement = parse(opened.suite(), envelope, "")?;
    if how.dry_run {
        return tell(&statement, "statement-not-sent", context);
    }
    if let Some(path) = &how.output {
        write_new(path, envelope, 0o644)?;
        return written(&statement, path, context);
    }
    if !statement.missing().is_empty() {
        let usage = context.output.messages().text("usage-more-signers", &[]);
        return Err(Failure::new(Code::Usage, usage));
    }
    submit(opened, envelope, None, context)
}

/// Submits a statement and tells what became of it.
///
/// # Errors
/// `E-NOT-A-STATEMENT`, `E-STATEMENT`, and those of the key store.
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
/// `E-NOT-A-STATEMENT`.
pub(crate) fn parse(
    suite: sealkeep_crypto::Suite,
    bytes: &[u8],
    name: &str,
) -> Result<Statement, Failure> {
    Statement::parse(suite, bytes)
        .map_err(|error| Failure::new(Code::NotAStatement, name).because(error))
}

/// Roles, in words.
pub(crate) fn roles(roles: &[Role], messages: &Messages) -> String {
    let words: Vec<String> =
        roles.iter().map(|role| messages.word("word-role", role.name())).collect();
    words.join(", ")
}

/// What could not be signed is not a statement.
pub(crate) fn not_a_statement(error: impl ToString) -> Failure {
    Failure::new(Code::NotAStatement, "").because(error)
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

/// The inventory of a request, as it lies beside the key store.
///
/// # Errors
/// `E-INVENTORY` and those of reading.
pub(crate) fn lines(request: &Digest, context: &Context) -> Result<String, Failure> {
    let files = RequestFiles::of(&store::location(context)?);
    execution::lines(&files, request).map_err(|error| destroy::failure(&error, context))
}
