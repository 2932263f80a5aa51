//! What was done, in words and as a document (`docs/spec/wipe-report.md`).

use std::io::Write;
use std::path::Path;

use sealkeep::wipe::{Conclusion, Problem, Report, Row, Verdict};
use serde_json::{Value, json};

use super::{failure, finding, plan};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, classify, hex, time};

/// Shows the report, writes it to `file` if asked, and gives the exit code.
pub(super) fn finish(
    report: &Report,
    file: Option<&Path>,
    context: &Context,
) -> Result<Exit, Failure> {
    let failures = failures(report, context);
    let body = document(report, &failures, context);
    if let Some(path) = file {
        write(path, &body)?;
    }
    say(report, context)?;
    for failure in &failures {
        context.output.mention(failure);
    }
    let exit = match report.conclusion() {
        Conclusion::Verified => Exit::Ok,
        Conclusion::BestEffort => Exit::BestEffort,
        Conclusion::Partial => Exit::Partial,
        Conclusion::Refused => Exit::Refused,
        Conclusion::Interrupted => context.cancel.failure().code.exit(),
    };
    if let Some(error) = &report.stopped {
        let path = report.journal.clone().unwrap_or_default();
        let mut stop = failure(&Problem { path, error: again(error) }, context);
        stop.report = Some(body);
        return Err(stop);
    }
    context.output.document(SCHEMA, body)?;
    Ok(exit)
}
const SCHEMA: &str = "sealkeep.wipe/1";
