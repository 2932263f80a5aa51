//! Questions to a person at a terminal, where scripts have options; and what an officer can do next.

use std::io::IsTerminal;

use clap::ValueEnum;
use sealkeep_keystore::approval::Register;
use sealkeep_keystore::approval::register::{Task, Work};
use serde_json::json;

use super::{Desk, execute, inspect, list, say};
use crate::cli::args::{
    DestroyExecute, DestroyInspect, DestroyRequest, DestroySay, DestroyWitness, TriggerArg,
};
use crate::cli::cmd::retention::today;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::messages::Args;
use crate::cli::sign::Signer;
use crate::cli::{Context, prompt};

/// What stands on the form of a request.
pub(super) struct Form {
    pub(super) number: String,
    pub(super) trigger: TriggerArg,
    pub(super) reason: String,
    pub(super) basis: String,
    pub(super) department: String,
}

/// Where nobody can be asked, everything must have been said.
///
/// # Errors
/// `E-USAGE` naming the options.
pub(super) fn refuse_incomplete(args: &DestroyRequest, context: &Context) -> Result<(), Failure> {
    let needed = [
        (args.what.is_empty(), "--scope|--subject|--query|--path|…"),
        (args.number.is_none(), "--number <TEXT>"),
        (args.trigger.is_none(), "--trigger <CODE>"),
        (args.reason.is_none(), "--reason <TEXT>"),
    ];
    let missing: Vec<&str> =
        needed.into_iter().filter_map(|(missing, option)| missing.then_some(option)).collect();
    if missing.is_empty() || is_asked(context) { Ok(()) } else { Err(lacks(&missing, context)) }
}

/// Asks for what the command line does not say.
///
/// # Errors
/// `E-USAGE` if there is no answer to what must be said.
pub(super) fn fill(
    args: &mut DestroyRequest,
    register: &Register,
    context: &Context,
) -> Result<Form, Failure> {
    let guided = args.what.is_empty()
        || args.number.is_none()
        || args.trigger.is_none()
        || args.reason.is_none();
    if args.what.is_empty() {
        args.what.scope.extend(answer("ask-scope", &[], context)?);
    }
    if args.what.is_empty() {
        args.what.subject.extend(answer("ask-subject", &[], context)?);
    }
    if args.what.is_empty() {
        return Err(lacks(&["--scope|--subject|--query|--path|…"], context));
    }
    let number = match args.number.take() {
        Some(number) => number,
        None => {
            let next = next_number(register);
            answer("ask-number", &[("next", &next)], context)?.unwrap_or(next)
        }
    };
    let trigger = match args.trigger {
        Some(trigger) => trigger,
        None => ask_trigger(context)?,
    };
    let reason = match args.reason.take() {
        Some(reason) => reason,
        None => answer("ask-reason", &[], context)?
            .ok_or_else(|| lacks(&["--reason <TEXT>"], context))?,
    };
    let optional = |given: Option<String>, key: &str| match given {
        None if guided => Ok(answer(key, &[], context)?.unwrap_or_default()),
        given => Ok(given.unwrap_or_default()),
    };
    let basis = optional(args.basis.take(), "ask-basis")?;
    let department = optional(args.department.take(), "ask-department")?;
    Ok(Form { number, trigger, reason, basis, department })
}

/// Shows what the officer whose key the settings name can do now, and does it if they choose.
pub(super) fn next(context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::without_vault(context)?;
    let register = desk.register(context)?;
    let (now, counted) = list::clock(&desk, context)?;
    let officer = Signer::of(&register, context)?.id;
    let work = list::worklist(officer.as_str(), &register, now, counted)?;
    for (place, work) in (1_usize..).zip(&work) {
        let task = context.output.messages().text(name(&work.task), &[]);
        context.output.line(&format!("{place}  {task}"))?;
        match register.request(&work.about) {
            Some(record) => list::row(record, now, context)?,
            None => list::say_work(work, context)?,
        }
    }
    if work.is_empty() {
        context.output.say("destroy-nothing-to-do", &[])?;
    }
    list::warn_clock(&register, context);
    let fields = json!({ "officer": officer, "work": work });
    context.output.document("sealkeep.destroy-next/1", fields)?;
    drop(desk);
    if work.is_empty() || !is_asked(context) {
        return Ok(Exit::Ok);
    }
    let chosen = answer("ask-task", &[], context)?.and_then(|typed| typed.parse::<usize>().ok());
    match chosen.and_then(|place| work.get(place.checked_sub(1)?)) {
        Some(work) => begin(work, context),
        None => Ok(Exit::Ok),
    }
}

/// The command that the task is.
fn begin(work: &Work, context: &Context) -> Result<Exit, Failure> {
    let request = work.about.to_string();
    let opinion = || Ok::<_, Failure>(answer("ask-opinion", &[], context)?.unwrap_or_default());
    let said = |opinion| {
        let request = Some(request.clone());
        DestroySay { request, packet: None, opinion, out: None, yes: false }
    };
    match work.task {
        Task::Approve { .. } if is_no(context)? => say::reject(&said(opinion()?), context),
        Task::Approve { .. } => say::approve(&said(opinion()?), context),
        Task::Resume => say::resume(&said(opinion()?), context),
        Task::Execute => {
            execute::run(&DestroyExecute { request, dry_run: false, yes: false }, context)
        }
        Task::Witness => {
            say::witness(&DestroyWitness { request, opinion: opinion()?, yes: false }, context)
        }
        Task::Inspect => {
            let (backup, others) = (Vec::new(), DestroyInspect::OTHERS);
            inspect::run(&DestroyInspect { request, backup, others, yes: false }, context)
        }
        // Their line tells the command: they need more than an opinion.
        _ => Ok(Exit::Ok),
    }
}

fn is_no(context: &Context) -> Result<bool, Failure> {
    let typed = answer("ask-approve", &[], context)?.unwrap_or_default();
    match typed.as_str() {
        "y" | "yes" => Ok(false),
        "n" | "no" => Ok(true),
        _ => Err(Failure::new(Code::NotConfirmed, "")),
    }
}

fn name(task: &Task) -> &'static str {
    match task {
        Task::Approve { .. } => "task-approve",
        Task::Resume => "task-resume",
        Task::Execute => "task-execute",
        Task::Witness => "task-witness",
        Task::Inspect => "task-inspect",
        Task::ReviewHold => "task-review-hold",
        _ => "task-justify",
    }
}

fn ask_trigger(context: &Context) -> Result<TriggerArg, Failure> {
    let code = |trigger: &TriggerArg| {
        let value = trigger.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    };
    let all = TriggerArg::value_variants();
    for (place, trigger) in (1_usize..).zip(all) {
        let word = context.output.messages().word("word-trigger", &code(trigger));
        context.output.line(&format!("  {place}  {word}"))?;
    }
    let typed = answer("ask-trigger", &[], context)?.unwrap_or_default();
    let place = typed.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
    let chosen = all.iter().find(|trigger| code(trigger) == typed);
    let chosen = chosen.or_else(|| all.get(place?));
    chosen.copied().ok_or_else(|| lacks(&["--trigger <CODE>"], context))
}

/// The number that follows the last one, or the first of the year.
fn next_number(register: &Register) -> String {
    let last = register.requests().max_by_key(|record| record.applicant.index);
    let after = last.and_then(|record| {
        let number = record.request.number.as_str();
        let head = number.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = &number[head.len()..];
        let next = digits.parse::<u64>().ok()?.checked_add(1)?;
        Some(format!("{head}{next:0width$}", width = digits.len()))
    });
    after.unwrap_or_else(|| format!("{}-001", today().year()))
}

/// An answer; none if the line is empty.
fn answer(key: &str, args: Args<'_>, context: &Context) -> Result<Option<String>, Failure> {
    let typed = prompt::line(&context.output.messages().text(key, args), &context.cancel)?;
    Ok(Some(typed).filter(|typed| !typed.is_empty()))
}

/// Whether there is a person to ask.
fn is_asked(context: &Context) -> bool {
    !context.output.json() && std::io::stdin().is_terminal()
}

fn lacks(options: &[&str], context: &Context) -> Failure {
    let options = options.join(", ");
    let usage = context.output.messages().text("usage-missing-argument", &[("arg", &options)]);
    Failure::new(Code::Usage, usage)
}
