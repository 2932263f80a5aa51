//! `certificate show`: what a certificate that holds says.

use sealkeep::destruction::certificate::{Act, Dossier, Text};
use serde_json::json;

use super::{failure, verdict, warn_unanchored};
use crate::cli::args::CertificateShow;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages::Lang;
use crate::cli::{Context, time};

pub(super) fn run(args: &CertificateShow, context: &Context) -> Result<Exit, Failure> {
    let verdict = verdict(&args.certificate, context)?;
    if let Some(failure) = failure(&args.certificate.file, &verdict, context) {
        return Err(failure);
    }
    warn_unanchored(&verdict, context);
    match (&verdict.bundle, &verdict.dossier) {
        (Some(bundle), _) if args.checkpoint => say_checkpoint(&bundle.checkpoint, context)?,
        (_, Some(dossier)) => say(dossier, context)?,
        _ => {}
    }
    let bundle = verdict.bundle.as_ref().map(|bundle| {
        json!({
            "number": bundle.number,
            "request": bundle.request,
            "issued": bundle.issued,
            "store": bundle.store,
            "genesis": bundle.genesis,
            "root": bundle.inventory.root,
            "items": bundle.inventory.lines.len(),
            "claims": bundle.claims,
            "residual": bundle.residual,
            "not_covered": bundle.not_covered,
            "anchored": verdict.anchored,
            "checkpoint": bundle.checkpoint,
        })
    });
    context.output.document("sealkeep.certificate-show/1", bundle)?;
    Ok(Exit::Ok)
}

/// The note as it is, its blank line included, for `ledger check --against -`.
fn say_checkpoint(note: &str, context: &Context) -> Result<(), Failure> {
    note.lines().try_for_each(|line| context.output.line(line))
}

fn say(dossier: &Dossier, context: &Context) -> Result<(), Failure> {
    let output = &context.output;
    let (request, execution) = (&dossier.request, &dossier.execution);
    output.say("certificate-head", &[("number", &request.number), ("digest", &dossier.digest)])?;
    output.say(
        "certificate-what",
        &[
            ("items", &request.items),
            ("root", &dossier.root),
            ("owner", &request.owner),
            ("department", &request.department),
            ("reason", &request.reason),
        ],
    )?;
    let (started, ended) = (time(execution.started), time(execution.ended));
    output.say("certificate-when", &[("started", &started), ("ended", &ended)])?;
    for act in &dossier.acts {
        say_act(act, context)?;
    }
    let words = |text: &Text| match output.messages().lang() {
        Lang::En => text.en.clone(),
        Lang::ZhCn => text.zh.clone(),
    };
    for claim in &dossier.claims {
        let (text, assumes) = (words(&claim.text), claim.assumes.join(" "));
        let args: crate::cli::messages::Args<'_> = &[
            ("claim", &claim.claim),
            ("grade", &claim.grade),
            ("text", &text),
            ("assumes", &assumes),
        ];
        output.say("certificate-claim", args)?;
    }
    for one in &dossier.residual {
        let until = one.until.map_or_else(|| "?".to_owned(), time);
        let args: crate::cli::messages::Args<'_> =
            &[("what", &one.what), ("place", &one.place), ("why", &one.why), ("until", &until)];
        output.say("certificate-residual", args)?;
    }
    for text in &dossier.not_covered {
        output.say("certificate-not-covered", &[("text", text)])?;
    }
    Ok(())
}

fn say_act(act: &Act, context: &Context) -> Result<(), Failure> {
    let key = if act.counts { "certificate-act" } else { "certificate-act-void" };
    context.output.say(
        key,
        &[
            ("time", &time(act.time)),
            ("kind", &act.kind),
            ("name", &act.name),
            ("person", &act.person),
            ("opinion", &act.opinion),
        ],
    )
}
