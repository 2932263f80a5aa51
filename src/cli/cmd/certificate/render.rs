//! `certificate render`: the forms of a certificate that holds, as files. None is overwritten.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use sealkeep::destruction::certificate::{self, html, pdf, xlsx};
use serde_json::json;

use super::{failure, verdict, warn_unanchored};
use crate::cli::Context;
use crate::cli::args::CertificateRender;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;

pub(super) fn run(args: &CertificateRender, context: &Context) -> Result<Exit, Failure> {
    let verdict = verdict(&args.certificate, context)?;
    if let Some(failure) = failure(&args.certificate.file, &verdict, context) {
        return Err(failure);
    }
    warn_unanchored(&verdict, context);
    let dossier = verdict.dossier.as_ref();
    let dossier = dossier.ok_or_else(|| Failure::at(Code::Certificate, &args.certificate.file))?;
    let mut written = Vec::new();
    if let Some(out) = &args.html {
        write(out, html(dossier).as_bytes(), context)?;
        written.push(out.display().to_string());
    }
    if let Some(out) = &args.pdf {
        write(out, &pdf(dossier), context)?;
        written.push(out.display().to_string());
    }
    if let Some(out) = &args.xlsx {
        let book = xlsx(dossier);
        let book = book.map_err(|error| Failure::at(Code::Unexpected, out).because(error))?;
        write(out, &book, context)?;
        written.push(out.display().to_string());
    }
    context.output.document("sealkeep.certificate-render/1", json!({ "written": written }))?;
    Ok(Exit::Ok)
}

/// Writes all forms of a certificate that was just issued into a folder, as `STEM.html` and so on.
///
/// # Errors
/// What the system says; none is overwritten, and one that is there already as it should be is left so.
pub(crate) fn render_all(bytes: &[u8], dir: &Path, stem: &str) -> Result<Vec<PathBuf>, Failure> {
    let verdict = certificate::verify(bytes, None);
    let dossier = verdict.dossier.ok_or_else(|| Failure::new(Code::Certificate, stem))?;
    let book = xlsx(&dossier);
    let book = book.map_err(|error| Failure::new(Code::Unexpected, stem).because(error))?;
    let forms = [("html", html(&dossier).into_bytes()), ("pdf", pdf(&dossier)), ("xlsx", book)];
    let mut written = Vec::new();
    for (kind, bytes) in forms {
        let path = dir.join(format!("{stem}.{kind}"));
        if std::fs::read(&path).ok().as_ref() != Some(&bytes) {
            create(&path, &bytes)?;
        }
        written.push(path);
    }
    Ok(written)
}

fn write(path: &Path, bytes: &[u8], context: &Context) -> Result<(), Failure> {
    create(path, bytes)?;
    context.output.say("certificate-written", &[("path", &path.display().to_string())])
}

fn create(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = File::create_new(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| Failure::io(path, &error))
}
