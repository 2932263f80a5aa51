//! The catalogues hold the same keys, all of them are used, and all that is used is there.

use std::collections::BTreeSet;
use std::path::Path;

use clap::{Command, CommandFactory, ValueEnum};
use fluent_bundle::FluentResource;
use sealkeep_keystore::approval::Role;

use super::*;
use crate::cli::args::{Cli, TriggerArg};
use crate::cli::exit::Code;
use crate::cli::help;

/// `key` and `key.attribute` of every message, in order.
fn keys(lang: Lang) -> Vec<String> {
    let mut keys = Vec::new();
    let mut last = "";
    for line in lang.source().lines() {
        let Some((name, _)) = line.split_once(" =") else { continue };
        if let Some(attribute) = name.strip_prefix("    .") {
            keys.push(format!("{last}.{attribute}"));
        } else if name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            last = name;
            keys.push(name.to_owned());
        }
    }
    keys
}

/// The placeholders `{ $name }` in the lines of each key.
fn placeholders(lang: Lang) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut key = String::new();
    for line in lang.source().lines() {
        if let Some((name, _)) = line.split_once(" =")
            && !name.starts_with([' ', '#'])
        {
            key = name.to_owned();
        }
        for part in line.split("{ $").skip(1) {
            let name: String = part.chars().take_while(char::is_ascii_alphanumeric).collect();
            found.insert((key.clone(), name));
        }
    }
    found
}

fn help_keys(command: &Command, path: &str, keys: &mut BTreeSet<String>) {
    keys.insert(path.to_owned());
    keys.extend(command.get_arguments().map(|arg| help::arg_key(path, arg)));
    for child in command.get_subcommands() {
        help_keys(child, &format!("{path}-{}", child.get_name()), keys);
    }
}

fn sources(dir: &Path, text: &mut String) {
    for entry in std::fs::read_dir(dir).expect("the sources are there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, text);
        } else if !path.ends_with("messages/tests.rs") {
            text.push_str(&std::fs::read_to_string(&path).expect("sources are UTF-8"));
        }
    }
}

fn all_sources() -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut text = std::fs::read_to_string(src.join("cli.rs")).expect("sources are UTF-8");
    sources(&src.join("cli"), &mut text);
    text
}

#[test]
fn the_catalogues_parse() {
    for lang in Lang::ALL {
        if let Err((_, errors)) = FluentResource::try_new(lang.source().to_owned()) {
            panic!("{lang:?}: {errors:?}");
        }
    }
}

#[test]
fn both_have_the_same_keys_in_the_same_order() {
    assert_eq!(keys(Lang::En), keys(Lang::ZhCn));
    assert_eq!(placeholders(Lang::En), placeholders(Lang::ZhCn));
    let unique: BTreeSet<_> = keys(Lang::En).into_iter().collect();
    assert_eq!(unique.len(), keys(Lang::En).len(), "a key stands there twice");
}

#[test]
fn every_command_and_argument_has_a_help_text() {
    let mut wanted = BTreeSet::new();
    help_keys(&Cli::command(), "cmd", &mut wanted);
    let there: BTreeSet<_> = keys(Lang::En)
        .into_iter()
        .filter(|key| (key == "cmd" || key.starts_with("cmd-")) && !key.contains('.'))
        .collect();
    assert_eq!(there, wanted);
}

#[test]
fn every_code_says_what_it_means_and_what_to_do() {
    let messages = Messages::new(Lang::En);
    let subject = "x";
    for code in Code::ALL {
        let key = code.text();
        assert!(messages.has(key), "{key}");
        for attribute in ["means", "todo"] {
            let text = messages.attribute(key, attribute, &[("subject", &subject)]);
            assert!(text.is_some(), "{key}.{attribute}");
        }
    }
    let codes: BTreeSet<_> = Code::ALL.iter().map(|code| code.text().to_owned()).collect();
    let there =
        keys(Lang::En).into_iter().filter(|key| key.starts_with("E-") && !key.contains('.'));
    assert_eq!(there.collect::<BTreeSet<_>>(), codes);
}

#[test]
fn every_other_message_is_used() {
    let sources = all_sources();
    for key in keys(Lang::En) {
        let by_table = key.starts_with("E-") || key.starts_with("cmd") || key.contains('.');
        assert!(by_table || sources.contains(&format!("\"{key}\"")), "nothing uses {key}");
    }
}

#[test]
fn every_message_that_is_used_is_there() {
    let messages = Messages::new(Lang::En);
    let sources = all_sources();
    let calls = [".text(", ".say(", ".detail(", ".warn("];
    for call in calls {
        for rest in sources.split(call).skip(1) {
            let mut literals = rest.trim_start().split('"');
            if literals.next() != Some("") {
                continue;
            }
            let first = literals.next().unwrap_or_default();
            // A warning has its code first and its key second.
            let key = if call == ".warn(" { literals.nth(1).unwrap_or_default() } else { first };
            assert!(messages.has(key), "no message {key}");
        }
    }
}

#[test]
fn locales_are_understood() {
    for (tag, lang) in [
        ("zh_CN.UTF-8", Some(Lang::ZhCn)),
        ("zh", Some(Lang::ZhCn)),
        ("en_GB", Some(Lang::En)),
        ("C.UTF-8", Some(Lang::En)),
        ("fr_FR", None),
        ("", None),
    ] {
        assert_eq!(Lang::parse(tag), lang, "{tag}");
    }
}

#[test]
fn the_typed_language_wins() {
    let env = |name: &str| (name == "LANG").then(|| "zh_CN.UTF-8".to_owned());
    let args = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
    assert_eq!(Lang::guess(&args("sealkeep init"), env), Lang::ZhCn);
    assert_eq!(Lang::guess(&args("sealkeep --lang en init"), env), Lang::En);
    assert_eq!(Lang::guess(&args("sealkeep init --lang=en"), env), Lang::En);
    assert_eq!(Lang::guess(&args("sealkeep seal -- --lang=en"), env), Lang::ZhCn);
}

/// What the library calls by a code, people read as a word.
#[test]
fn every_role_and_trigger_has_a_word() {
    let triggers = TriggerArg::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let triggers: Vec<String> = triggers.map(|value| value.get_name().to_owned()).collect();
    for lang in Lang::ALL {
        let messages = Messages::new(lang);
        for role in Role::ALL {
            let word = messages.attribute("word-role", role.name(), &[]);
            assert!(word.is_some(), "{lang:?}: {role}");
        }
        for trigger in &triggers {
            assert!(
                messages.attribute("word-trigger", trigger, &[]).is_some(),
                "{lang:?}: {trigger}"
            );
        }
    }
}
