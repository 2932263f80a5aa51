//! `destroy execute --dry-run`: what an execution would do, with nothing done and nothing signed.

use sealkeep::destruction::overwrite::Overwriting;
use sealkeep_keystore::CopyStatus;
use sealkeep_keystore::approval::register::{Refusal, RequestRecord, Touched};
use sealkeep_keystore::approval::{Item, Register};
use serde_json::json;

use super::{Desk, failure};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages::Args;
use crate::cli::{Context, refusals, store};

pub(super) fn run(
    record: &RequestRecord,
    register: &Register,
    desk: &Desk,
    context: &Context,
) -> Result<Exit, Failure> {
    let told = |error| failure(&error, context);
    let (digest, suite) = (&record.digest, register.suite());
    let (items, _) =
        desk.files.read_inventory(digest, suite, &record.request.inventory).map_err(told)?;
    let overwriting = Overwriting::load(&desk.files, digest, &items, suite).map_err(told)?;
    let copies = desk.keys.copy_status().map_err(|error| store::here(context, &error))?;
    let refusal = refusal(record, register, &items, desk, context)?;
    super::list::show(record, register, context)?;
    super::review::limits(&record.request, context)?;
    let keys = items.iter().filter(|item| item.key.is_some()).count();
    context.output.say("destroy-would-keys", &[("keys", &keys)])?;
    let mut wiped = Vec::new();
    for (path, method) in overwriting.iter().flat_map(Overwriting::paths) {
        let path = path.display().to_string();
        context.output.say("destroy-would-wipe", &[("path", &path), ("method", &method)])?;
        wiped.push(json!({ "path": path, "method": method }));
    }
    for copy in &copies {
        say_copy(copy, context)?;
    }
    let why = refusal.as_ref().map(|refusal| refusals::text(refusal, context.output.messages()));
    // What an execution looks at before it begins.
    if let (None, Some(overwriting)) = (&refusal, &overwriting) {
        overwriting.check(&items).pop().map_or(Ok(()), Err).map_err(told)?;
        overwriting.survey(&desk.files).map_err(told)?;
    }
    match &why {
        None => context.output.say("destroy-would-now", &[])?,
        Some(why) => context.output.say("destroy-would-not", &[("why", why)])?,
    }
    super::list::warn_clock(register, context);
    let copies: Vec<_> = copies
        .iter()
        .map(|copy| json!({ "dir": copy.copy.location.dir, "current": copy.current }))
        .collect();
    let fields = json!({
        "request": digest.to_string(),
        "number": record.request.number,
        "dry_run": true,
        "keys": keys,
        "overwritten": wiped,
        "copies": copies,
        "refused": refusal.map(|refusal| refusal.code()),
    });
    context.output.document("sealkeep.destroy-execute/1", fields)?;
    Ok(Exit::Ok)
}

/// Why it would not be executed now, whoever ordered it.
fn refusal(
    record: &RequestRecord,
    register: &Register,
    items: &[Item],
    desk: &Desk,
    context: &Context,
) -> Result<Option<Refusal>, Failure> {
    let (now, counted) = desk.ask(context, |store| store.ledger_clock())?;
    let mut touched = Touched::default();
    touched.insert(record.digest, items);
    Ok(register.ready_to_execute(&record.digest, now, counted, &touched).err())
}

fn say_copy(copy: &CopyStatus, context: &Context) -> Result<(), Failure> {
    let dir = copy.copy.location.dir.display().to_string();
    let key = match (copy.copy.live, copy.copy.location.dir.exists()) {
        (true, true) => "destroy-would-copy",
        (true, false) => "destroy-would-copy-away",
        (false, _) => "destroy-would-copy-later",
    };
    let args: Args<'_> = &[("dir", &dir)];
    context.output.say(key, args)
}
