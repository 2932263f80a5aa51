//! Hangs the help texts from the catalogue on the command tree, and tells what was mistyped.
//!
//! Keys: `cmd` for the program, `cmd-seal` for a command (its attribute `.long` is what `--help`
//! adds), `cmd-seal--exclude` for an argument of it, named by its id. Options of every command
//! have their text once, at `cmd--keystore` and so on.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory};

use crate::cli::args::Cli;
use crate::cli::exit::Code;
use crate::cli::failure::Failure;
use crate::cli::messages::Messages;

/// The command tree with help texts in the language of `messages`.
pub(crate) fn command(messages: &Messages) -> Command {
    describe(Cli::command(), "cmd", messages)
}

/// What clap found wrong with the command line, in our words.
pub(crate) fn usage_failure(error: &clap::Error, messages: &Messages) -> Failure {
    let value = |kind| error.get(kind).map(context_text).unwrap_or_default();
    let arg = value(ContextKind::InvalidArg);
    let problem = match error.kind() {
        ErrorKind::UnknownArgument => messages.text("usage-unknown-argument", &[("arg", &arg)]),
        ErrorKind::InvalidSubcommand => {
            let command = value(ContextKind::InvalidSubcommand);
            messages.text("usage-unknown-command", &[("command", &command)])
        }
        ErrorKind::MissingSubcommand => messages.text("usage-missing-command", &[]),
        ErrorKind::MissingRequiredArgument => {
            messages.text("usage-missing-argument", &[("arg", &arg)])
        }
        ErrorKind::ArgumentConflict => {
            let other = value(ContextKind::PriorArg);
            messages.text("usage-conflict", &[("arg", &arg), ("other", &other)])
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            invalid_value(error, &arg, messages)
        }
        _ => messages.text("usage-other", &[("problem", &error.kind().to_string())]),
    };
    Failure::new(Code::Usage, with_suggestion(problem, error, messages))
}

/// The catalogue key of an argument of the command with key `path`.
pub(crate) fn arg_key(path: &str, arg: &Arg) -> String {
    let path = if arg.is_global_set() { "cmd" } else { path };
    format!("{path}--{}", arg.get_id().as_str().replace('_', "-"))
}

fn describe(command: Command, path: &str, messages: &Messages) -> Command {
    let mut command = command
        .about(messages.text(path, &[]))
        .help_template(template(messages))
        .subcommand_help_heading(messages.text("help-commands", &[]))
        .mut_args(|arg| {
            let help = messages.text(&arg_key(path, &arg), &[]);
            let heading = heading_of(&arg);
            arg.help(help).help_heading(messages.text(heading, &[])).hide_possible_values(false)
        });
    if let Some(long) = messages.attribute(path, "long", &[]) {
        let about = messages.text(path, &[]);
        command = command.long_about(format!("{about}\n\n{long}"));
    }
    let names: Vec<String> =
        command.get_subcommands().map(|child| child.get_name().to_owned()).collect();
    for name in names {
        let child_path = format!("{path}-{name}");
        command = command.mut_subcommand(name, |child| describe(child, &child_path, messages));
    }
    command
}

fn heading_of(arg: &Arg) -> &'static str {
    if arg.is_positional() {
        "help-arguments"
    } else if arg.is_global_set() {
        "help-global-options"
    } else {
        "help-options"
    }
}

/// clap's own layout with the one heading that it does not let us translate otherwise.
fn template(messages: &Messages) -> String {
    let usage = messages.text("help-usage", &[]);
    format!("{{before-help}}{{about-with-newline}}\n{usage}{{usage}}\n\n{{all-args}}{{after-help}}")
}

fn invalid_value(error: &clap::Error, arg: &str, messages: &Messages) -> String {
    let value = error.get(ContextKind::InvalidValue).map(context_text).unwrap_or_default();
    let allowed = match error.get(ContextKind::ValidValue) {
        Some(values) => context_text(values),
        None => std::error::Error::source(error).map(ToString::to_string).unwrap_or_default(),
    };
    if value.is_empty() {
        messages.text("usage-missing-value", &[("arg", &arg)])
    } else {
        messages
            .text("usage-invalid-value", &[("arg", &arg), ("value", &value), ("allowed", &allowed)])
    }
}

fn with_suggestion(problem: String, error: &clap::Error, messages: &Messages) -> String {
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand];
    match kinds.into_iter().find_map(|kind| error.get(kind)) {
        Some(value) => {
            let suggestion = messages.text("usage-suggestion", &[("it", &context_text(value))]);
            format!("{problem} {suggestion}")
        }
        None => problem,
    }
}

fn context_text(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[path = "../../tests/support/shown.rs"]
mod shown;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::cli::messages::Lang;

    /// What the guides, the README and the notes on packaging tell people to type is understood: no option is unknown, none
    /// that must be there is missing.
    #[test]
    fn every_command_that_is_shown_is_understood() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tree = command(&Messages::new(Lang::En));
        let guide = ["destruction.md", "auditing.md", "configuration.md"];
        let mut pages = guide.map(|page| root.join("docs/guide").join(page)).to_vec();
        pages.extend(["README.md", "packaging/README.md"].map(|page| root.join(page)));
        for lang in ["en", "zh-CN"] {
            let found = fs::read_dir(root.join("docs/guide").join(lang)).expect("guides");
            pages.extend(
                found.map(|entry| entry.expect("readable").path()).collect::<Vec<PathBuf>>(),
            );
        }
        let mut tried = 0;
        for page in &pages {
            for typed in shown::commands(page) {
                let words = std::iter::once("sealkeep".to_owned()).chain(typed.clone());
                let error = tree.clone().try_get_matches_from(words).err();
                let shown = |error: &clap::Error| {
                    matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
                };
                let wrong = error.filter(|error| !shown(error));
                assert!(wrong.is_none(), "{}: {typed:?}: {wrong:?}", page.display());
                tried += 1;
            }
        }
        assert!(tried > 100, "the commands were found: {tried}");
    }
}
