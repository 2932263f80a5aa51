//! `statement …`: what officers said, signed on whichever machine.

use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::Text;
use sealkeep_keystore::approval::statement::{Clock, MAX_STATEMENT, add_signature};

use crate::cli::args::{
    StatementClock, StatementCommand, StatementShow, StatementSign, StatementSubmit,
};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, sign, speak, store};

pub(crate) fn run(command: StatementCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        StatementCommand::Show(args) => show(&args, context),
        StatementCommand::Sign(args) => sign(&args, context),
        StatementCommand::Submit(args) => submit(&args, context),
        StatementCommand::Clock(args) => clock(&args, context),
    }
}

/// Shows what is signed. Without a key store at hand nobody can tell whose the keys are, so signatures are not judged.
fn show(args: &StatementShow, context: &Context) -> Result<Exit, Failure> {
    let suite = args.suite.or_else(|| store::peek(context).ok().map(|peek| peek.suite));
    let bytes = speak::read(&args.file, MAX_STATEMENT as u64)?;
    let name = args.file.display().to_string();
    let statement = speak::parse(suite.unwrap_or(Suite::Aes256Gcm), &bytes, &name)?;
    speak::tell(&statement, "statement-shown", context)
}

fn sign(args: &StatementSign, context: &Context) -> Result<Exit, Failure> {
    let bytes = speak::read(&args.file, MAX_STATEMENT as u64)?;
    let key = sign::officer_key(context)?;
    let signed = add_signature(&bytes, &args.id, &key)
        .map_err(|error| Failure::at(Code::NotAStatement, &args.file).because(error))?;
    let statement = speak::parse(key.suite(), &signed, "")?;
    speak::write_new(&args.output, &signed, 0o644)?;
    speak::written(&statement, &args.output, context)
}

fn submit(args: &StatementSubmit, context: &Context) -> Result<Exit, Failure> {
    let bytes = speak::read(&args.file, MAX_STATEMENT as u64)?;
    let mut opened = store::open(context)?;
    let name = args.file.display().to_string();
    let statement = speak::parse(opened.suite(), &bytes, &name)?;
    let lines = match (&args.inventory, statement.said.about()) {
        (Some(path), _) => {
            Some(std::fs::read_to_string(path).map_err(|error| Failure::io(path, &error))?)
        }
        (None, Some(request)) => Some(speak::lines(&request, context)?),
        (None, None) => None,
    };
    speak::submit(&mut opened, &bytes, lines.as_deref(), context)
}

/// Two with authority say that the time of the ledger is right, after an alarm of the clock.
fn clock(args: &StatementClock, context: &Context) -> Result<Exit, Failure> {
    let opinion = Text::try_from(args.opinion.as_str()).map_err(speak::not_a_statement)?;
    let together = &args.together;
    let mut opened = store::open(context)?;
    speak::speak(&mut opened, Clock { opinion }, &together.with, &together.say, context)
}
