//! `check`: sealed files verified to the last byte, nothing written.

use std::path::{Path, PathBuf};

use sealkeep::files::{OpenOptions, OpenPlan, OpenTarget, check_stream};
use sealkeep::keys::StoreKeys;
use serde_json::{Value, json};

use crate::cli::args::{Check, is_dash};
use crate::cli::cmd::{self, report};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::input::Stdin;
use crate::cli::{Context, store};

pub(crate) fn run(args: Check, context: &mut Context) -> Result<Exit, Failure> {
    if args.paths.iter().any(|path| is_dash(path)) {
        if args.paths.len() > 1 {
            return Err(Failure::new(Code::Usage, cmd::alone(context)));
        }
        return check_standard_input(context);
    }
    let options = OpenOptions { list: context.output.verbose(), ..OpenOptions::default() };
    let plan = OpenPlan::new(&args.paths, &OpenTarget::Check, options)
        .map_err(|one| report::failure(&one.path, &one.error, context))?;
    let keys = StoreKeys::new(store::open(context)?);
    let done =
        cmd::with_progress(context, Some(plan.sealed_bytes()), |run| plan.execute(&keys, run));
    let command = report::Command {
        schema: "sealkeep.check/1",
        done: "check-done",
        output: PathBuf::new(),
        extra: Value::Null,
    };
    report::finish(&done, command, context)
}

fn check_standard_input(context: &Context) -> Result<Exit, Failure> {
    let keys = StoreKeys::new(store::open(context)?);
    let checked = cmd::with_progress(context, None, |run| {
        check_stream(Stdin::new(&context.cancel), &keys, run)
    })
    .map_err(|error| report::failure(Path::new("-"), &error, context))?;
    context.output.say("stream-checked", &[("bytes", &checked.content.to_string())])?;
    let body = json!({ "content_bytes": checked.content });
    context.output.document("sealkeep.check-stream/1", body)?;
    Ok(Exit::Ok)
}
