//! `destroy export` and `import`: deciding on another machine.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sealkeep::destruction::annex;
use sealkeep::destruction::packet::{Packet, PacketParts};
use sealkeep_keystore::approval::register::{Entered, Excerpt, Touched, What};
use sealkeep_keystore::approval::statement::Statement;
use sealkeep_keystore::approval::{Digest, Item, Register};
use sealkeep_keystore::{KeyStore, ledger};
use serde_json::json;

use super::{Desk, failure, find};
use crate::cli::args::{DestroyExport, DestroyImport};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, cmd};

pub(super) fn export(args: &DestroyExport, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let record = find(&register, &args.request)?;
    let told = |error| failure(&error, context);
    let suite = register.suite();
    let summary = &record.request.inventory;
    let (items, _) = desk.files.read_inventory(&record.digest, suite, summary).map_err(told)?;
    let names = match args.names {
        false => None,
        true => Some(
            annex::read(
                desk.keys.as_ref(),
                suite,
                &desk.files,
                &record.digest,
                &summary.root,
                &items,
            )
            .map_err(told)?,
        ),
    };
    let (request, entries) = excerpt(&desk, &record.digest, &items, context)?;
    let parts = PacketParts {
        suite,
        request: &request,
        policy_text: register.policy_text().unwrap_or_default(),
        entries: &entries,
        items: &items,
        names: names.as_ref().map(|(names, key)| (names.as_slice(), key)),
    };
    write_new(&args.output, &parts.encode().map_err(told)?)?;
    let path = args.output.display().to_string();
    if args.names {
        context.output.warn("W-PACKET-NAMES", "warn-packet-names", &[("path", &path)]);
    }
    context.output.say("destroy-exported", &[("path", &path)])?;
    let fields = json!({ "out": path, "items": items.len(), "names": args.names });
    context.output.document("sealkeep.destroy-export/1", fields)?;
    Ok(Exit::Ok)
}

pub(super) fn import(args: &DestroyImport, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let suite = desk.keys.with(|store| store.suite());
    let (mut accepted, mut failures) = (Vec::new(), Vec::new());
    for path in &args.files {
        match hand_in(&desk, path, suite, context) {
            Ok(digest) => accepted.push(digest.to_string()),
            Err(failure) => failures.push(failure),
        }
    }
    context.output.say("destroy-imported", &[("count", &accepted.len())])?;
    let rows: Vec<_> = failures.iter().map(|one| context.output.failure_json(one)).collect();
    let exit = cmd::end(context, failures, accepted.len())?;
    let fields = json!({ "accepted": accepted, "failures": rows });
    context.output.document("sealkeep.destroy-import/1", fields)?;
    Ok(exit)
}

fn hand_in(
    desk: &Desk,
    path: &Path,
    suite: sealkeep_crypto::Suite,
    context: &Context,
) -> Result<Digest, Failure> {
    let bytes = crate::cli::store::read_small(path)?;
    let statement = Statement::parse(suite, &bytes)
        .map_err(|error| Failure::at(Code::NotAStatement, path).because(error))?;
    let about = statement.said.about();
    desk.submit(&bytes, about.as_ref(), context).map_err(|failure| Failure {
        subject: format!("{}: {}", path.display(), failure.subject),
        ..failure
    })?;
    Ok(statement.digest)
}

/// Reads a packet.
///
/// # Errors
/// `E-PACKET` naming the part that does not fit.
pub(super) fn read(path: &Path) -> Result<Packet, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::io(path, &error))?;
    Packet::read(&bytes).map_err(|error| Failure::at(Code::Packet, path).because(error))
}

/// Writes a file that must not be there yet, readable for its owner alone.
///
/// # Errors
/// `E-OUTPUT-EXISTS`, and what the system says; then nothing is left of it.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut new = fs::File::options();
    let mut file = new.write(true).create_new(true).mode(0o600).open(path).map_err(|error| {
        let failure = Failure::io(path, &error);
        if failure.code == Code::Exists { Failure::at(Code::OutputExists, path) } else { failure }
    })?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| {
        let _ = fs::remove_file(path);
        Failure::io(path, &error)
    })
}

/// The register of a packet, and the digest of its request. The key store will check what is signed against its own.
///
/// # Errors
/// `E-PACKET` naming the part that does not fit.
pub(super) fn read_register(path: &Path) -> Result<(Register, Digest), Failure> {
    let packet = read(path)?;
    let register = packet.register();
    let register = register.map_err(|error| Failure::at(Code::Packet, path).because(error))?;
    Ok((register, packet.request.digest))
}

/// The envelope of a request, and the entries of the ledger that show how far it has come.
fn excerpt(
    desk: &Desk,
    request: &Digest,
    items: &[Item],
    context: &Context,
) -> Result<(Vec<u8>, Vec<ledger::Entry>), Failure> {
    let suite = desk.keys.with(|store| store.suite());
    let entries = desk.ask(context, KeyStore::registered_entries)?;
    let read = |entry: &ledger::Entry| Entered::read(suite, entry.index, &entry.body).ok()?;
    let mut touched = Touched::default();
    touched.insert(*request, items);
    let mut excerpt = Excerpt::new(*request);
    entries.iter().filter_map(read).for_each(|entered| excerpt.take(entered, &touched));
    let envelope = excerpt.entries.iter().find_map(|entered| match &entered.what {
        What::Statement(statement) if statement.digest == *request => Some(statement.to_bytes()),
        _ => None,
    });
    let needed: HashSet<u64> = excerpt.entries.iter().map(|entered| entered.index).collect();
    let entries = entries.into_iter().filter(|entry| needed.contains(&entry.index)).collect();
    Ok((envelope.unwrap_or_default(), entries))
}
