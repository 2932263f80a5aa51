//! `destroy certify`: the certificate and its forms.

use std::fs;

use sealkeep::destruction::Error;
use sealkeep::destruction::certificate::{self, Papers, Program};
use sealkeep::destruction::execution::{lines, wipe_reports};
use sealkeep::destruction::request_files::Part;
use sealkeep_keystore::approval::Digest;
use serde_json::json;

use super::{Desk, failure, find};
use crate::cli::args::DestroyCertify;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, cmd};

pub(super) fn run(args: &DestroyCertify, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let record = find(&register, &args.request)?;
    let told = |error| failure(&error, context);
    let digest = &record.digest;
    let text = lines(&desk.files, digest).map_err(told)?;
    let missing = || Failure::new(Code::NotExecuted, &args.request);
    let execution = record.execution.ok_or_else(missing)?;
    let suite = register.suite();
    let read = |part, named: &Digest| desk.files.read_as(digest, part, suite, named).map_err(told);
    let papers = Papers {
        lines: text.lines().map(str::to_owned).collect(),
        execution: read(Part::Execution, &execution)?,
        wipe_reports: wipe_reports(&desk.files, digest).map_err(told)?,
        inspection: match record.inspections.last() {
            None => None,
            Some(signed) => Some(read(Part::Inspection, &signed.report)?),
        },
        cosigned: cosigned(&desk, digest).map_err(told)?,
    };
    let program =
        Program { name: "sealkeep".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    let stem = file_stem(record.request.number.as_str(), digest);
    fs::create_dir_all(&args.output).map_err(|error| Failure::io(&args.output, &error))?;
    let file = args.output.join(format!("{stem}.certificate.json"));
    let bytes = match fs::read(&file) {
        // Somebody certified it here before, and the forms may be missing.
        Ok(bytes) if is_about(&bytes, digest, register.genesis()) => bytes,
        _ => {
            let issued = desk.keys.with(|store| certificate::issue(store, digest, papers, program));
            let issued =
                issued.map_err(|error| Failure::new(Code::NotCertified, "").because(error));
            let bytes = issued?;
            desk.settle(context)?;
            super::packet::write_new(&file, &bytes)?;
            bytes
        }
    };
    let forms = cmd::certificate::render_all(&bytes, &args.output, &stem)?;
    let path = file.display().to_string();
    let genesis = register.genesis().map(|genesis| genesis.to_string()).unwrap_or_default();
    context.output.say("destroy-certified", &[("path", &path)])?;
    for form in &forms {
        context.output.say("destroy-form", &[("path", &form.display().to_string())])?;
    }
    context.output.say("destroy-genesis", &[("genesis", &genesis)])?;
    let forms: Vec<String> = forms.iter().map(|form| form.display().to_string()).collect();
    let fields = json!({ "certificate": path, "forms": forms, "genesis": genesis });
    context.output.document("sealkeep.destroy-certify/1", fields)?;
    Ok(Exit::Ok)
}

/// Whether this is a certificate of the request by this key store, and holds.
fn is_about(bytes: &[u8], request: &Digest, genesis: Option<Digest>) -> bool {
    let verdict = certificate::verify(bytes, genesis.map(|genesis| genesis.0));
    let holds = verdict.is_valid() && verdict.anchored;
    let bundle = verdict.bundle.as_ref().filter(|_| holds);
    bundle.is_some_and(|bundle| bundle.request == request.to_string())
}

/// Keeps a checkpoint that a witness has cosigned.
///
/// # Errors
/// What the system says.
pub(super) fn keep_cosigned(
    desk: &Desk,
    request: &Digest,
    note: String,
    context: &Context,
) -> Result<(), Failure> {
    let told = |error| failure(&error, context);
    let mut notes = cosigned(desk, request).map_err(told)?;
    notes.push(note);
    let bytes = serde_json::to_vec(&notes).expect("texts");
    desk.files.write(request, Part::Cosigned, &bytes).map_err(told)
}

fn cosigned(desk: &Desk, request: &Digest) -> sealkeep::destruction::Result<Vec<String>> {
    match desk.files.read(request, Part::Cosigned) {
        Err(Error::Missing(_)) => Ok(Vec::new()),
        read => serde_json::from_slice(&read?)
            .map_err(|_| Error::Altered { what: "the cosigned checkpoints" }),
    }
}

/// The number of the request as far as it can be part of a file's name, and the beginning of its digest.
fn file_stem(number: &str, digest: &Digest) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let number: String = number.chars().map(plain).collect();
    format!("{}-{}", number.trim_start_matches('.'), &digest.to_string()[..8])
}
