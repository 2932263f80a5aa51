//! `policy …`: the rules of deciding.

use std::path::Path;

use jiff::civil::Date;
use jiff::tz::Offset;
use sealkeep_keystore::approval::policy::{Explanation, MAX_POLICY, Problem, Severity};
use sealkeep_keystore::approval::statement::SetPolicy;
use sealkeep_keystore::approval::{Policy, Role, policy};
use serde_json::json;

use crate::cli::args::{PolicyCheck, PolicyCommand, PolicyExplain, PolicySet};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::messages::Args;
use crate::cli::{Context, cmd, refusals, speak, store};

pub(crate) fn run(command: PolicyCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        PolicyCommand::Show => show(context),
        PolicyCommand::Check(args) => check(&args, context),
        PolicyCommand::Explain(args) => explain(&args, context),
        PolicyCommand::Default => default(context),
        PolicyCommand::Set(args) => set(&args, context),
    }
}

/// The calendar day at UTC+8.
pub(crate) fn today() -> Date {
    cmd::retention::today()
}

/// Unix seconds at which a calendar day begins at UTC+8.
pub(crate) fn midnight(day: Date) -> u64 {
    let begin = Offset::constant(8).to_timestamp(day.to_datetime(jiff::civil::Time::midnight()));
    begin.ok().and_then(|begin| u64::try_from(begin.as_second()).ok()).unwrap_or(0)
}

/// A text of the size of a policy.
///
/// # Errors
/// Those of reading.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let bytes = speak::read(path, 4 * MAX_POLICY as u64)?;
    String::from_utf8(bytes).map_err(|error| Failure::at(Code::BadPolicy, path).because(error))
}

fn show(context: &Context) -> Result<Exit, Failure> {
    let register = speak::register(context)?;
    let text = register.policy_text().unwrap_or_default();
    text.lines().try_for_each(|line| context.output.line(line))?;
    let digest = register.policy_digest().map(|digest| digest.to_string());
    if register.policy().is_some_and(|policy| policy.is_overdue(cmd::now())) {
        context.output.warn("W-POLICY-OVERDUE", "warn-policy-overdue", &[]);
    }
    let body = json!({ "digest": digest, "text": text });
    context.output.document("sealkeep.policy-show/1", body)?;
    Ok(Exit::Ok)
}

fn check(args: &PolicyCheck, context: &Context) -> Result<Exit, Failure> {
    let text = read(&args.file)?;
    let problems = policy::check(&text);
    for problem in &problems {
        let shown = refusals::problem(problem, context.output.messages());
        let key = match problem.severity {
            Severity::Error => "policy-error",
            Severity::Warning => "policy-weak",
        };
        let said: Args<'_> = &[("problem", &shown)];
        context.output.line(&context.output.messages().text(key, said))?;
    }
    let error = problems.iter().find(|problem| problem.severity == Severity::Error);
    match error {
        Some(first) if !context.output.json() => Err(bad(&args.file, first, context)),
        _ => {
            context.output.say("policy-checked", &[("count", &problems.len())])?;
            context.output.document("sealkeep.policy-check/1", json!({ "problems": problems }))?;
            Ok(if error.is_some() { Code::BadPolicy.exit() } else { Exit::Ok })
        }
    }
}

fn explain(args: &PolicyExplain, context: &Context) -> Result<Exit, Failure> {
    let explained = match &args.file {
        Some(path) => {
            let parsed = Policy::parse(&read(path)?);
            parsed.map_err(|problem| bad(path, &problem, context))?.explain(args.level)
        }
        None => {
            let register = speak::register(context)?;
            let policy = register.policy().ok_or_else(|| Failure::new(Code::NoOfficers, ""))?;
            policy.explain(args.level)
        }
    };
    tell(&explained, context)?;
    context.output.document("sealkeep.policy-explain/1", &explained)?;
    Ok(Exit::Ok)
}

fn tell(explained: &Explanation, context: &Context) -> Result<(), Failure> {
    let names = |roles: &[Role]| speak::roles(roles, context.output.messages());
    let rules = &explained.rules;
    let heading: Args<'_> =
        &[("level", &u64::from(explained.level)), ("section", &explained.section)];
    context.output.say("policy-level", heading)?;
    context.output.say("policy-applicant", &[("roles", &names(&rules.applicant))])?;
    for (step, roles) in (1..).zip(&rules.approvals) {
        let step: u64 = step;
        let said: Args<'_> = &[("step", &step), ("roles", &names(roles))];
        context.output.say("policy-step", said)?;
    }
    context.output.say("policy-wait", &[("wait", &rules.wait.to_string())])?;
    let executor = if rules.qualified { "policy-executor-qualified" } else { "policy-executor" };
    let text = context.output.messages().text(executor, &[("roles", &names(&rules.executor))]);
    context.output.line(&text)?;
    context.output.say("policy-witnesses", &[("count", &u64::from(rules.witnesses))])?;
    if rules.inspection {
        context.output.say("policy-inspection", &[])?;
    }
    context.output.say("policy-wipe", &[("method", &rules.wipe)])?;
    context.output.say("policy-persons", &[("count", &u64::from(explained.persons))])
}

fn default(context: &Context) -> Result<Exit, Failure> {
    let text = policy::default_text(today());
    text.lines().try_for_each(|line| context.output.line(line))?;
    context.output.document("sealkeep.policy-default/1", json!({ "text": text }))?;
    Ok(Exit::Ok)
}

fn set(args: &PolicySet, context: &Context) -> Result<Exit, Failure> {
    let policy_text = read(&args.file)?;
    Policy::parse(&policy_text).map_err(|problem| bad(&args.file, &problem, context))?;
    let mut opened = store::open(context)?;
    let together = &args.together;
    let said = SetPolicy { policy_text };
    speak::speak(&mut opened, said, &together.with, &together.say, context)
}

fn bad(path: &Path, problem: &Problem, context: &Context) -> Failure {
    let problem = refusals::problem(problem, context.output.messages());
    Failure::at(Code::BadPolicy, path).because(problem)
}
