//! `certificate`: whether one holds, what it says, and its forms on paper.

mod render;
mod show;
mod verify;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sealkeep::destruction::certificate::{self, CheckName, Verdict};

use crate::cli::Context;
use crate::cli::args::{CertificateCommand, CertificateFile, is_dash};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::input::Stdin;

pub(crate) use render::render_all;

pub(crate) fn run(command: CertificateCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        CertificateCommand::Verify(args) => verify::run(&args, context),
        CertificateCommand::Show(args) => show::run(&args, context),
        CertificateCommand::Render(args) => render::run(&args, context),
    }
}

/// Reads a certificate and checks everything about it.
fn verdict(args: &CertificateFile, context: &Context) -> Result<Verdict, Failure> {
    let bytes = read(&args.file, context)?;
    Ok(certificate::verify(&bytes, args.trust))
}

fn read(path: &Path, context: &Context) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if is_dash(path) {
        Stdin::new(&context.cancel).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(_) if context.cancel.is_asked() => Err(context.cancel.failure()),
        Err(error) => Err(Failure::io(path, &error)),
    }
}

/// What to say of a certificate that does not hold, if it does not.
fn failure(path: &Path, verdict: &Verdict, context: &Context) -> Option<Failure> {
    let first = verdict.checks.iter().find(|check| check.failed().is_some())?;
    let trust = first.name == CheckName::Trust;
    let code = if trust { Code::OtherGenesis } else { Code::Certificate };
    let what = context.output.messages().text(verify::words_of(first.name), &[]);
    let args: crate::cli::messages::Args<'_> =
        &[("what", &what), ("why", &first.failed().unwrap_or_default())];
    let cause = context.output.messages().text("certificate-failed", args);
    Some(Failure::at(code, path).because(cause))
}

/// Warns that nobody said in what the certificate is to be anchored.
fn warn_unanchored(verdict: &Verdict, context: &Context) {
    if !verdict.anchored {
        let genesis = verdict.bundle.as_ref().map_or("", |bundle| &bundle.genesis);
        context.output.warn("W-UNANCHORED", "warn-unanchored", &[("genesis", &genesis)]);
    }
}
