//! What the documents say is so.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sealkeep_medium::finding::Code;
use shown::commands;

#[path = "support/shown.rs"]
mod shown;

/// Each row of the threat model names the test that shows it, and that test exists.
#[test]
fn every_test_that_the_threat_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources: Vec<PathBuf> = ["src", "tests", "crypto", "keystore", "medium"]
        .iter()
        .flat_map(|dir| rust_files(&root.join(dir)))
        .collect();
    let code: String = sources.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let model = fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let mut named = 0;
    for row in model.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() == 4)
    {
        let shown = row.rsplit('|').nth(1).unwrap();
        for name in shown.split('`').skip(1).step_by(2) {
            let a_test = code.contains(&format!("fn {name}("));
            let a_file = sources.iter().any(|path| path.ends_with(format!("tests/{name}.rs")));
            assert!(a_test || a_file, "the threat model names a test that is not there: {name}");
            named += 1;
        }
    }
    assert!(named > 20, "the rows were found: {named}");
}

/// Each code that a survey can find has its row where reports are described.
#[test]
fn every_finding_is_described() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/spec/wipe-report.md");
    let spec = fs::read_to_string(path).unwrap();
    for code in Code::ALL {
        let row = format!("| `{}` |", code.name());
        assert!(spec.contains(&row), "docs/spec/wipe-report.md has no row: {}", code.name());
    }
}

/// Who reads the other language is told to type the same.
#[test]
fn both_languages_show_the_same_commands() {
    for page in guides("en") {
        let other = root().join("docs/guide/zh-CN").join(page.file_name().unwrap());
        let shown = |page: &Path| commands(page).into_iter().map(outline).collect::<Vec<_>>();
        assert_eq!(shown(&page), shown(&other), "{}", page.display());
    }
}

/// The units run what the program understands, with the configuration beside them; there is only no vault here.
#[test]
fn the_units_run_commands_that_are_understood() {
    let etc = root().join("packaging/etc");
    let set = fs::read_to_string(etc.join("sealkeep.env")).unwrap();
    let set: Vec<(&str, &str)> = set.lines().filter_map(|line| line.split_once('=')).collect();
    let scratch = tempfile::tempdir().unwrap();
    let nowhere = scratch.path().join("vault").display().to_string();
    let mut tried = 0;
    for line in lines_of_units("ExecStart=/usr/bin/sealkeep ") {
        let mut words = Vec::new();
        for word in line.split_whitespace() {
            match word.strip_prefix('$') {
                // systemd makes several words of it.
                Some(name) => {
                    let (_, value) = set.iter().find(|(set, _)| *set == name).unwrap();
                    words.extend(value.split_whitespace().map(str::to_owned));
                }
                None => words.push(word.replace("/etc/sealkeep", etc.to_str().unwrap())),
            }
        }
        let done = sealkeep(&words, &[("SEALKEEP_VAULT", &nowhere)]);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(25), "vault-missing, nothing else: {line}: {said}");
        tried += 1;
    }
    assert_eq!(tried, 7);
    let rules = etc.join("rules.toml").display().to_string();
    let of = ["rules", "explain", "/srv/his/patients/0042/ct.dcm", "--source", "/srv/his"];
    let args: Vec<String> =
        of.iter().chain(&["--json", "--scope-rules", &rules]).map(ToString::to_string).collect();
    let explained = String::from_utf8(sealkeep(&args, &[]).stdout).unwrap();
    assert!(explained.contains("\"patient/0042\""), "{explained}");
}

/// A unit whose failure nobody hears is how backups stop for a year.
#[test]
fn every_unit_that_works_has_an_alarm_and_a_timer() {
    for path in units().filter(|path| path.to_string_lossy().ends_with(".service")) {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            name == "sealkeep-alarm@.service"
                || text.contains("OnFailure=sealkeep-alarm@%n.service\n"),
            "{name}"
        );
        if text.contains("/usr/bin/sealkeep ") {
            assert!(path.with_extension("timer").is_file(), "{name} has no timer");
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn guides(lang: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs/guide").join(lang)).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn units() -> impl Iterator<Item = PathBuf> {
    fs::read_dir(root().join("packaging/systemd")).unwrap().map(|entry| entry.unwrap().path())
}

fn lines_of_units(prefix: &str) -> Vec<String> {
    let texts = units().map(|path| fs::read_to_string(path).unwrap());
    let lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    lines.filter_map(|line| line.strip_prefix(prefix).map(str::to_owned)).collect()
}

/// The program, with nothing of the tester's own settings.
fn sealkeep(args: &[String], set: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealkeep"));
    command.env_clear().env("SEALKEEP_LANG", "en").envs(set.iter().copied()).args(args);
    command.output().unwrap()
}

/// What is the same in all languages: everything but names that people give.
fn outline(command: Vec<String>) -> Vec<String> {
    command.into_iter().filter(|word| word.is_ascii() && !word.contains([' ', ','])).collect()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}
