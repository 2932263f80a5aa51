//! `destroy execute`: the order, and everything that follows from it.

use sealkeep::destruction::execution::Execution;
use sealkeep_keystore::approval::register::RequestState;
use sealkeep_keystore::approval::statement::Execute;
use serde_json::json;

use super::{Desk, confirm, failure, find};
use crate::cli::args::DestroyExecute;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::sign::Signer;
use crate::cli::{Context, cmd};

pub(super) fn run(args: &DestroyExecute, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let record = find(&register, &args.request)?;
    let number = record.request.number.to_string();
    if args.dry_run {
        return super::rehearse::run(record, &register, &desk, context);
    }
    use RequestState::{Done, Executed, Executing, Partial};
    let order = if matches!(record.state, Executing | Executed | Partial | Done) {
        context.output.say("destroy-going-on", &[("number", &number)])?;
        None
    } else {
        super::list::show(record, &register, context)?;
        let signer = Signer::of(&register, context)?;
        confirm("destroy-confirm-execute", &number, args.yes, context)?;
        let (request, inventory) = (record.digest, record.request.inventory.root);
        Some(signer.say(&register, Execute { request, inventory })?)
    };
    let execution = Execution {
        keys: &desk.keys,
        files: &desk.files,
        catalogue: context.settings.vault.as_deref(),
        program: program(),
        host: host(),
    };
    let total = Some(record.request.inventory.bytes);
    let done = cmd::with_progress(context, total, |run| {
        execution.carry_out(record.digest, order.as_deref(), run)
    });
    let done = done.map_err(|error| failure(&error, context))?;
    cmd::warn_behind(&desk.keys.copies(), context);
    desk.mirror(context)?;
    let digest = done.execution.to_string();
    context.output.say("destroy-executed", &[("number", &number), ("digest", &digest)])?;
    let after = desk.register(context)?;
    let record = after.request(&record.digest).unwrap_or(record);
    super::list::next(record, &desk, context)?;
    let fields = json!({
        "request": record.digest.to_string(),
        "number": number,
        "execution": digest,
        "partial": done.partial,
        "resumed": done.resumed,
    });
    if done.partial {
        let mut failure = Failure::new(Code::DestroyPartial, number);
        failure.report = Some(fields);
        return Err(failure);
    }
    context.output.document("sealkeep.destroy-execute/1", fields)?;
    Ok(Exit::Ok)
}

/// Name and version of this program.
pub(super) fn program() -> String {
    concat!("sealkeep ", env!("CARGO_PKG_VERSION")).to_owned()
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
