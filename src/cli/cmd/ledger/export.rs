//! `ledger export`: entries with their proofs, one JSON object on each line, for a log server or an auditor.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;

use data_encoding::BASE64;
use sealkeep_keystore::ledger::{Entry, Hash};
use serde_json::{Map, Value, json};

use crate::cli::args::LedgerExport;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, store};

pub(super) fn run(args: &LedgerExport, context: &Context) -> Result<Exit, Failure> {
    let mut store = store::open(context)?;
    let told = |error| store::here(context, &error);
    let path = &args.output;
    let file = File::create_new(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::at(Code::OutputExists, path),
        _ => Failure::io(path, &error),
    })?;
    let from = args.from.unwrap_or(0);
    // That it was given out is part of what is given out.
    let about = Map::from_iter([("from".to_owned(), from.into())]);
    store.log_act("export", about).map_err(told)?;
    let mut out = BufWriter::new(file);
    let (mut count, mut problem) = (0_u64, None);
    let checkpoint = store.prove_range(from..u64::MAX, |entry, proof| {
        if context.cancel.is_asked() {
            return ControlFlow::Break(());
        }
        count += 1;
        match writeln!(out, "{}", line(entry, proof)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                problem = Some(Failure::io(path, &error));
                ControlFlow::Break(())
            }
        }
    });
    let checkpoint = checkpoint.map_err(told)?;
    if let Some(failure) = problem {
        return Err(failure);
    }
    if context.cancel.is_asked() {
        return Err(context.cancel.failure());
    }
    let verifier = store.verifier_key().to_string();
    let end = json!({ "checkpoint": checkpoint, "verifier": verifier });
    let written = writeln!(out, "{end}").and_then(|()| out.flush());
    let written = written.and_then(|()| out.get_ref().sync_all());
    written.map_err(|error| Failure::io(path, &error))?;
    let shown = path.display().to_string();
    context.output.say("ledger-exported", &[("count", &count), ("path", &shown)])?;
    context.output.document(
        "sealkeep.ledger-export/1",
        json!({ "entries": count, "path": path, "checkpoint": checkpoint, "verifier": verifier }),
    )?;
    Ok(Exit::Ok)
}

fn line(entry: &Entry, proof: &[Hash]) -> Value {
    let mut fields = fields(entry);
    fields["proof"] = proof.iter().map(|hash| BASE64.encode(hash)).collect();
    fields
}

/// An entry in a document: what it says, and what the proof is for.
pub(super) fn fields(entry: &Entry) -> Value {
    json!({
        "index": entry.index,
        "salt": BASE64.encode(&entry.salt),
        "body": BASE64.encode(&entry.body),
        // A body of a later version that does not parse is still there as bytes.
        "entry": serde_json::from_slice(&entry.body).unwrap_or(Value::Null),
    })
}
