//! How the program talks: arguments → options → library → report → exit code.
//!
//! - `args`, `config`, `settings`: what was typed and what it means;
//! - `messages`, `help`, `output`, `progress`, `prompt`: words, both ways;
//! - `exit`, `failure`, `classify`: what can go wrong, under stable names;
//! - `cmd`: one short file a command.

mod args;
mod classify;
mod cmd;
mod config;
mod custody;
mod exit;
mod failure;
mod help;
mod input;
mod messages;
mod output;
mod progress;
mod prompt;
mod refusals;
mod settings;
mod sign;
mod signal;
mod speak;
mod store;
mod vault;

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

use clap::error::ErrorKind;
use clap::{ArgMatches, FromArgMatches};
use sealkeep_crypto::Suite;
use sealkeep_keystore::AlarmBell;
use sealkeep_keystore::ledger::AlarmKind;

use args::{Cli, Command};
use exit::{Code, Exit};
use failure::Failure;
use messages::{Lang, Messages};
use output::Output;
use settings::Settings;
use signal::Cancel;

/// What every command gets.
pub(crate) struct Context {
    /// Options, environment and configuration file, put together.
    pub(crate) settings: Settings,
    /// Results, notes, warnings.
    pub(crate) output: Output,
    /// Whether to stop.
    pub(crate) cancel: Cancel,
    /// Tell of alarms that key stores raise; one for each that was opened.
    pub(crate) bells: RefCell<Vec<AlarmBell>>,
}

/// Runs the program with these arguments, the program's name first.
pub(crate) fn run(args: Vec<OsString>) -> ExitCode {
    let lang = Lang::guess(&args, |name| std::env::var(name).ok());
    let messages = Messages::new(lang);
    let typed = help::command(&messages).try_get_matches_from(&args).and_then(|mut matches| {
        let operation = operation(&matches);
        Ok((Cli::from_arg_matches_mut(&mut matches)?, operation))
    });
    let exit = match typed {
        Ok((cli, operation)) => run_typed(cli, operation, messages),
        Err(error) => show_parse_result(&error, messages, &args),
    };
    exit.into()
}

/// The command's name, as the ledger shall say it: `open`, `keystore copy add`.
fn operation(matches: &ArgMatches) -> String {
    let mut names = Vec::new();
    let mut next = matches.subcommand();
    while let Some((name, below)) = next {
        names.push(name);
        next = below.subcommand();
    }
    names.join(" ")
}

fn run_typed(cli: Cli, operation: String, messages: Messages) -> Exit {
    let global = &cli.global;
    let mut output = Output::new(messages, global.json, global.quiet, global.verbose);
    let mut settings = match Settings::resolve(global, |name| std::env::var_os(name)) {
        Ok(settings) => settings,
        Err(failure) => return output.fail(&failure, false),
    };
    if let Some(lang) = settings.lang.filter(|lang| *lang != output.messages().lang()) {
        output.set_messages(Messages::new(lang));
    }
    settings.actor.operation = operation;
    harden(&output);
    let bells = RefCell::default();
    let mut context = Context { settings, output, cancel: Cancel::listen(), bells };
    let ended = run_command(cli.command, &mut context);
    let alarms = alarms(&context);
    let exit = match ended {
        Ok(exit) => exit,
        Err(failure) => context.output.fail(&failure, !alarms.is_empty()),
    };
    for alarm in &alarms {
        context.output.explain(alarm);
    }
    exit.or_alarm(!alarms.is_empty())
}

/// Alarms that this command has raised and that somebody must look at now.
fn alarms(context: &Context) -> Vec<Failure> {
    let bells = context.bells.borrow();
    let rung = bells.iter().flat_map(AlarmBell::rung);
    let told =
        rung.filter(|alarm| matches!(alarm.alarm, AlarmKind::Volume | AlarmKind::PendingUse));
    told.map(|alarm| {
        let detail = serde_json::Value::Object(alarm.detail);
        Failure::new(Code::Alarm, alarm.alarm.name()).because(detail)
    })
    .collect()
}

fn run_command(command: Command, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        Command::Init(args) => cmd::init::run(args, context),
        Command::Seal(args) => cmd::seal::run(args, context),
        Command::Open(args) => cmd::open::run(args, context),
        Command::Inspect(args) => cmd::inspect::run(args, context),
        Command::Check(args) => cmd::check::run(args, context),
        Command::Wipe(args) => cmd::wipe::run(args, context),
        Command::Backup(args) => cmd::backup::run(args, context),
        Command::Snapshots(args) => cmd::snapshots::run(&args, context),
        Command::Ls(args) => cmd::ls::run(&args, context),
        Command::Find(args) => cmd::find::run(&args, context),
        Command::Diff(args) => cmd::diff::run(&args, context),
        Command::Restore(args) => cmd::restore::run(&args, context),
        Command::Dump(args) => cmd::dump::run(&args, context),
        Command::Prune(args) => cmd::prune::run(&args, context),
        Command::Drill(args) => cmd::drill::run(&args, context),
        Command::Copy { command } => cmd::copy::run(command, context),
        Command::Media { command } => cmd::media::run(command, context),
        Command::Forget(args) => cmd::forget::run(&args, context),
        Command::Retention { command } => cmd::retention::run(command, context),
        Command::Rules { command } => cmd::rules::run(command, context),
        Command::Status(args) => cmd::status::run(&args, context),
        Command::Destroy { command } => cmd::destroy::run(command, context),
        Command::Hold { command } => cmd::hold::run(command, context),
        Command::BreakGlass { command } => cmd::break_glass::run(command, context),
        Command::Vault { command } => cmd::vault::run(command, context),
        Command::Key { command } => cmd::key::run(command, context),
        Command::Keystore { command } => cmd::keystore::run(command, context),
        Command::Officer { command } => cmd::officer::run(command, context),
        Command::Policy { command } => cmd::policy::run(command, context),
        Command::Statement { command } => cmd::statement::run(command, context),
        Command::Certificate { command } => cmd::certificate::run(command, context),
        Command::Ledger { command } => cmd::ledger::run(command, context),
        Command::Tour(args) => cmd::tour::run(args, context),
        Command::Completions(args) => cmd::completions::run(&args, context),
        Command::Man(args) => cmd::man::run(&args, context),
    }
}

/// Help and version are results; everything else that parsing ends with is a mistake.
fn show_parse_result(error: &clap::Error, messages: Messages, args: &[OsString]) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return match std::io::stdout().write_all(error.render().to_string().as_bytes()) {
            Ok(()) => Exit::Ok,
            Err(_) => Exit::PipeClosed,
        };
    }
    let json = args.iter().any(|arg| arg == "--json");
    let failure = help::usage_failure(error, &messages);
    Output::new(messages, json, false, false).fail(&failure, false)
}

/// Keeps secrets out of core dumps and other processes, and allows many open files.
fn harden(output: &Output) {
    let hardening = sealkeep_crypto::harden_process();
    output.detail("note-hardening", &[("state", &format!("{hardening:?}"))]);
    let levels = Suite::ALL.map(|suite| format!("{suite} {}", suite.level())).join(", ");
    output.detail("note-levels", &[("levels", &levels)]);
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Sealing a tree keeps many outputs open between two syncs. A lower limit only makes it slower.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Whether standard output is a terminal, where binary data does harm.
pub(crate) fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Bytes in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Unix seconds as `2026-11-21T22:46:00Z` (RFC 3339), the same in every language.
pub(crate) fn time(seconds: u64) -> String {
    // Beyond the year 9999 the format ends; a damaged date must not end the program.
    let seconds = seconds.min(253_402_300_799);
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}
