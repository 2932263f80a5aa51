//! `certificate verify`: every check, by name.

use sealkeep::destruction::certificate::{Check, CheckName, Verdict};
use serde_json::{Value, json};

use super::{failure, verdict, warn_unanchored};
use crate::cli::args::CertificateFile;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{Context, hex};

pub(super) fn run(args: &CertificateFile, context: &Context) -> Result<Exit, Failure> {
    let verdict = verdict(args, context)?;
    for check in &verdict.checks {
        say(check, context)?;
    }
    if let Some(mut failure) = failure(&args.file, &verdict, context) {
        failure.report = Some(document(&verdict));
        return Err(failure);
    }
    warn_unanchored(&verdict, context);
    let key = if verdict.anchored { "certificate-anchored" } else { "certificate-unanchored" };
    context.output.say(key, &[("digest", &hex(&verdict.digest))])?;
    context.output.document("sealkeep.certificate-verify/1", document(&verdict))?;
    Ok(Exit::Ok)
}

fn say(check: &Check, context: &Context) -> Result<(), Failure> {
    let messages = context.output.messages();
    let what = messages.text(words_of(check.name), &[]);
    let (key, why) = match (check.passed(), check.failed()) {
        (true, _) => ("certificate-passed", ""),
        (false, Some(why)) => ("certificate-failed", why),
        (false, None) => ("certificate-not-done", ""),
    };
    context.output.say(key, &[("what", &what), ("why", &why)])
}

/// The message that says what a check looks at.
pub(super) fn words_of(name: CheckName) -> &'static str {
    match name {
        CheckName::File => "certificate-check-file",
        CheckName::Payload => "certificate-check-payload",
        CheckName::Signature => "certificate-check-signature",
        CheckName::Checkpoint => "certificate-check-checkpoint",
        CheckName::Entries => "certificate-check-entries",
        CheckName::Proof => "certificate-check-proof",
        CheckName::Statements => "certificate-check-statements",
        CheckName::Store => "certificate-check-store",
        CheckName::Request => "certificate-check-request",
        CheckName::Inventory => "certificate-check-inventory",
        CheckName::Execution => "certificate-check-execution",
        CheckName::WipeReports => "certificate-check-wipe-reports",
        CheckName::Inspection => "certificate-check-inspection",
        CheckName::Cosigned => "certificate-check-cosigned",
        CheckName::Claims => "certificate-check-claims",
        CheckName::Residual => "certificate-check-residual",
        CheckName::Trust => "certificate-check-trust",
    }
}

fn document(verdict: &Verdict) -> Value {
    let checks = verdict.checks.iter().map(|check| {
        let passed = (check.passed() || check.failed().is_some()).then(|| check.passed());
        json!({ "check": check.name.word(), "passed": passed, "why": check.failed() })
    });
    let bundle = verdict.bundle.as_ref();
    json!({
        "valid": verdict.is_valid(),
        "anchored": verdict.anchored,
        "digest": hex(&verdict.digest),
        "number": bundle.map(|bundle| &bundle.number),
        "request": bundle.map(|bundle| &bundle.request),
        "genesis": bundle.map(|bundle| &bundle.genesis),
        "store": bundle.map(|bundle| &bundle.store.id),
        "checks": checks.collect::<Vec<_>>(),
        "claims": bundle.map(|bundle| &bundle.claims),
        "residual": bundle.map(|bundle| &bundle.residual),
        "not_covered": bundle.map(|bundle| &bundle.not_covered),
    })
}
