//! `rules …`, and the file of rules as other commands read it.

use std::path::{Path, PathBuf};

use sealkeep::backup::rules::{Explanation, Place, Rules};
use sealkeep::retention::Policy;
use sealkeep_crypto::Suite;
use serde_json::{Value, json};

use crate::cli::args::{RulesCommand, RulesExplain};
use crate::cli::cmd::{self, retention};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::messages::Args;
use crate::cli::{Context, time};

pub(crate) fn run(command: RulesCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        RulesCommand::Explain(args) => explain(&args, context),
    }
}

/// The rules that an option or the configuration names; without any, everything belongs to one scope.
///
/// # Errors
/// `E-RULES` with the line at fault.
pub(crate) fn read(
    file: Option<&Path>,
    scope: Option<&str>,
    suite: Suite,
    context: &Context,
) -> Result<Rules, Failure> {
    let defaults = &context.settings.backup;
    let scope = scope.or(defaults.scope.as_deref()).unwrap_or("default");
    let Some(path) = file.or(defaults.scope_rules.as_deref()) else {
        return Rules::builtin(scope, suite)
            .map_err(|error| Failure::new(Code::Scope, scope).because(error));
    };
    let text = std::fs::read_to_string(path).map_err(|error| Failure::io(path, &error))?;
    Rules::parse(&text, scope, suite).map_err(|error| Failure::at(Code::Rules, path).because(error))
}

/// Warns of retention classes that the rules name and the policy does not know.
///
/// # Errors
/// Those of reading the policy.
pub(crate) fn warn_unknown_classes(
    rules: &Rules,
    policy: Option<&Path>,
    context: &Context,
) -> Result<(), Failure> {
    let classes = rules.classes();
    if classes.is_empty() {
        return Ok(());
    }
    let policy = retention::policy(policy, context)?;
    for (class, line) in classes {
        if policy.class(class, 5).is_none() {
            let args: Args<'_> = &[("class", &class), ("line", &line)];
            context.output.warn("W-CLASS", "warn-class", args);
        }
    }
    Ok(())
}

fn explain(args: &RulesExplain, context: &Context) -> Result<Exit, Failure> {
    let rules =
        read(args.scope_rules.as_deref(), args.scope.as_deref(), Suite::Aes256Gcm, context)?;
    let policy = retention::policy(args.policy.as_deref(), context)?;
    warn_unknown_classes(&rules, args.policy.as_deref(), context)?;
    let mut rows = Vec::new();
    for path in &args.paths {
        let absolute = std::path::absolute(path).map_err(|error| Failure::io(path, &error))?;
        let source = args.source.as_ref().map(std::path::absolute).transpose();
        let source = source.map_err(|error| Failure::io(path, &error))?;
        let below = below(&absolute, source, path);
        let place = Place { below: bytes(&below), absolute: bytes(&absolute) };
        let now = cmd::now();
        let mtime = modified(&absolute).unwrap_or_else(|| i64::try_from(now).unwrap_or(i64::MAX));
        let found = rules.explain(place, mtime, now);
        say(path, &found, &policy, context)?;
        rows.push(fields(path, &found, &policy));
    }
    context.output.document("sealkeep.rules-explain/1", json!({ "paths": rows }))?;
    Ok(Exit::Ok)
}

/// The path below the source; without one, as it was typed, or whole if it was typed as an absolute path.
fn below(absolute: &Path, source: Option<PathBuf>, typed: &Path) -> PathBuf {
    match source {
        Some(source) => absolute.strip_prefix(source).unwrap_or(absolute).to_owned(),
        None => typed.strip_prefix("/").unwrap_or(typed).to_owned(),
    }
}

fn bytes(path: &Path) -> &[u8] {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str())
}

/// The time of modification of a path that is there.
fn modified(path: &Path) -> Option<i64> {
    use std::os::unix::fs::MetadataExt;
    path.symlink_metadata().ok().map(|found| found.mtime())
}

fn say(
    path: &Path,
    found: &Explanation,
    policy: &Policy,
    context: &Context,
) -> Result<(), Failure> {
    let messages = context.output.messages();
    let rule = match &found.rule {
        Some(rule) => {
            messages.text("rules-line", &[("line", &rule.line), ("pattern", &rule.pattern)])
        }
        None => messages.text("rules-none", &[]),
    };
    let class = &found.classified.class;
    let until = policy.period(&class.class, class.level, class.start);
    let until = until.map_or_else(|| "-".to_owned(), |period| period.last_day.to_string());
    context.output.say(
        "rules-explained",
        &[
            ("path", &path.display().to_string()),
            ("rule", &rule),
            ("scope", &class.scope),
            ("level", &u64::from(class.level)),
            ("class", &or_dash(&class.class)),
            ("subjects", &or_dash(&class.subjects.join(", "))),
            ("residency", &or_dash(&class.residency)),
            ("until", &until),
        ],
    )?;
    if found.no_date {
        let path = path.display().to_string();
        context.output.warn("W-NO-DATE", "warn-no-date", &[("path", &path)]);
    }
    Ok(())
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

fn fields(path: &Path, found: &Explanation, policy: &Policy) -> Value {
    let class = &found.classified.class;
    let until = policy.period(&class.class, class.level, class.start);
    json!({
        "path": path.display().to_string(),
        "rule": found.rule.as_ref().map(|rule| json!({
            "line": rule.line,
            "match": rule.pattern,
            "captures": rule.captures.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        })),
        "scope": class.scope,
        "level": class.level,
        "class": class.class,
        "subjects": class.subjects,
        "residency": class.residency,
        "start": u64::try_from(class.start).ok().map(time),
        "no_date": found.no_date,
        "keep_until": until.map(|period| period.last_day.to_string()),
    })
}
