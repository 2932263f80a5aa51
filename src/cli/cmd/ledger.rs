//! `ledger …`: what happened to keys, and the proof of it.

mod export;
mod log;

use std::io::Read;
use std::path::{Path, PathBuf};

use sealkeep_keystore::ledger::{Checkpoint, Note};
use serde_json::json;

use crate::cli::args::{LedgerCheck, LedgerCheckpoint, LedgerCommand, LedgerProve, is_dash};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::input::Stdin;
use crate::cli::{Context, classify, hex, store};

pub(crate) fn run(command: LedgerCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        LedgerCommand::Log(args) => log::run(&args, context),
        LedgerCommand::Check(args) => check(&args, context),
        LedgerCommand::Checkpoint(args) => checkpoint(&args, context),
        LedgerCommand::Prove(args) => prove(&args, context),
        LedgerCommand::Export(args) => export::run(&args, context),
    }
}

fn check(args: &LedgerCheck, context: &Context) -> Result<Exit, Failure> {
    let read = |path: &PathBuf| read(path, context);
    let against = args.against.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut store = store::open(context)?;
    let report = store.check_ledger(&against).map_err(|error| store::here(context, &error))?;
    let root = hex(&report.root);
    context.output.say("ledger-checked", &[("entries", &report.entries), ("root", &root)])?;
    if !against.is_empty() {
        context.output.say("ledger-contains", &[("count", &report.consistent)])?;
    }
    let faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    for fault in &faults {
        context.output.say("check-problem", &[("problem", fault)])?;
    }
    context.output.document(
        "sealkeep.ledger-check/1",
        json!({
            "entries": report.entries,
            "root": root,
            "consistent": report.consistent,
            "against": args.against,
            "faults": faults,
        }),
    )?;
    match faults.first() {
        None => Ok(Exit::Ok),
        Some(_) if context.output.json() => Ok(Code::Ledger.exit()),
        Some(first) => {
            let dir = store::location(context)?.dir;
            Err(Failure::at(Code::Ledger, &dir).because(first))
        }
    }
}

fn checkpoint(args: &LedgerCheckpoint, context: &mut Context) -> Result<Exit, Failure> {
    let mut store = store::open(context)?;
    let note = store.checkpoint().map_err(|error| store::here(context, &error))?;
    let verifier = store.verifier_key().to_string();
    match &args.output {
        Some(path) => write_new(path, &note)?,
        None => show(&note, context)?,
    }
    context.output.detail("ledger-verifier", &[("key", &verifier)]);
    let read = note.parse::<Note>().and_then(|note| Checkpoint::from_text(&note.text));
    let read = read.map_err(|error| Failure::new(Code::Unexpected, "").because(error))?;
    context.output.document(
        "sealkeep.ledger-checkpoint/1",
        json!({
            "origin": read.origin,
            "size": read.size,
            "root": hex(&read.root),
            "note": note,
            "verifier": verifier,
        }),
    )?;
    Ok(Exit::Ok)
}

fn prove(args: &LedgerProve, context: &mut Context) -> Result<Exit, Failure> {
    let mut store = store::open(context)?;
    let proof = store.prove(args.entry).map_err(|error| classify::store(&error))?;
    let (mut entries, _) =
        store.prove_many(&[args.entry]).map_err(|error| classify::store(&error))?;
    let (entry, _) = entries.remove(0);
    match &args.output {
        Some(path) => write_new(path, &proof)?,
        None => show(&proof, context)?,
    }
    context.output.document(
        "sealkeep.ledger-proof/1",
        json!({
            "entry": export::fields(&entry),
            "proof": proof,
            "verifier": store.verifier_key().to_string(),
        }),
    )?;
    Ok(Exit::Ok)
}

/// Text that is the result itself, its blank lines included.
fn show(text: &str, context: &Context) -> Result<(), Failure> {
    text.lines().try_for_each(|line| context.output.line(line))
}

fn read(path: &Path, context: &Context) -> Result<String, Failure> {
    let bytes = if is_dash(path) {
        let mut bytes = Vec::new();
        let read = Stdin::new(&context.cancel).read_to_end(&mut bytes);
        read.map_err(|error| Failure::io(path, &error))?;
        bytes
    } else {
        store::read_small(path)?
    };
    // What is no text is no checkpoint either, which the check tells.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let file = std::fs::File::create_new(path);
    let written = file.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::at(Code::OutputExists, path),
        _ => Failure::io(path, &error),
    })
}
