//! Prints titles, runs commands, shows what they say, and holds them to what was expected.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::cli::Context;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::messages::Args;

/// Leads through the steps.
pub(super) struct Guide<'c> {
    context: &'c Context,
    program: PathBuf,
    dir: PathBuf,
    environment: Vec<(&'static str, String)>,
    number: usize,
    record: Vec<Value>,
}

impl<'c> Guide<'c> {
    /// A guide whose commands run in `dir`.
    pub(super) fn new(dir: &Path, context: &'c Context) -> Result<Guide<'c>, Failure> {
        let program =
            std::env::current_exe().map_err(|error| Failure::io(Path::new("sealkeep"), &error))?;
        let guide = Guide {
            context,
            program,
            dir: dir.to_owned(),
            environment: Vec::new(),
            number: 0,
            record: Vec::new(),
        };
        context.output.line(&format!("$ cd {}", quoted(&dir.display().to_string())))?;
        Ok(guide)
    }

    /// The folder that commands run in.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// What was run and how it ended, for the report.
    pub(super) fn into_record(self) -> Vec<Value> {
        self.record
    }

    /// A new step.
    pub(super) fn title(&mut self, key: &str) -> Result<(), Failure> {
        self.number += 1;
        let title = self.context.output.messages().text(key, &[]);
        self.context.output.line("")?;
        self.context.output.line(&format!("== {}. {title}", self.number))
    }

    /// What to notice in what was just shown.
    pub(super) fn notice(&self, key: &str, args: Args<'_>) -> Result<(), Failure> {
        let text = self.context.output.messages().text(key, args);
        self.context.output.line(&format!("  → {text}"))
    }

    /// Sets an environment variable for all commands that follow.
    pub(super) fn export(&mut self, name: &'static str, value: &str) -> Result<(), Failure> {
        self.environment.push((name, value.to_owned()));
        self.context.output.line(&format!("$ export {name}={}", quoted(value)))
    }

    /// Something that an ordinary tool would do: printed as a command, done by `act`.
    pub(super) fn by_hand<T>(
        &self,
        shown: &str,
        act: impl FnOnce() -> std::io::Result<T>,
    ) -> Result<T, Failure> {
        self.context.output.line(&format!("$ {shown}"))?;
        act().map_err(|error| Failure::io(&self.dir, &error))
    }

    /// Runs `sealkeep` with `args`, which must end as expected. Returns its standard output.
    pub(super) fn run(&mut self, args: &[&str], expected: Exit) -> Result<Vec<u8>, Failure> {
        self.run_with(args, None, expected)
    }

    /// The same where the machine decides which of several ends it comes to. Returns which.
    pub(super) fn run_any(&mut self, args: &[&str], expected: &[Exit]) -> Result<i32, Failure> {
        self.run_checked(args, None, expected).map(|(code, _)| code)
    }

    /// The same with standard input.
    pub(super) fn run_with(
        &mut self,
        args: &[&str],
        input: Option<&[u8]>,
        expected: Exit,
    ) -> Result<Vec<u8>, Failure> {
        self.run_checked(args, input, &[expected]).map(|(_, stdout)| stdout)
    }

    fn run_checked(
        &mut self,
        args: &[&str],
        input: Option<&[u8]>,
        expected: &[Exit],
    ) -> Result<(i32, Vec<u8>), Failure> {
        if self.context.cancel.is_asked() {
            return Err(self.context.cancel.failure());
        }
        let line = command_line(args, input);
        self.context.output.line(&format!("$ {line}"))?;
        let (code, stdout, stderr) = self.execute(args, input)?;
        for stream in [&stdout, &stderr] {
            self.show(stream)?;
        }
        if code != 0 {
            self.context.output.say("tour-exit", &[("code", &code.to_string())])?;
        }
        self.record.push(json!({ "command": line, "exit": code }));
        let expected: Vec<i32> = expected.iter().map(|exit| *exit as i32).collect();
        if !expected.contains(&code) {
            let detail = format!("exit code {code}, expected {expected:?}");
            return Err(Failure::new(Code::Unexpected, line).because(detail));
        }
        Ok((code, stdout))
    }

    fn execute(
        &self,
        args: &[&str],
        input: Option<&[u8]>,
    ) -> Result<(i32, Vec<u8>, Vec<u8>), Failure> {
        let failed = |error: std::io::Error| Failure::io(&self.program, &error);
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            // The user's own settings must not leak into the tour.
            if name.to_string_lossy().starts_with("SEALKEEP_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(args)
            .current_dir(&self.dir)
            .env("XDG_CONFIG_HOME", &self.dir)
            .env("SEALKEEP_LANG", self.context.output.messages().lang().tag())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), input) {
            // Inputs of the tour are shorter than a pipe's buffer, so this does not block.
            pipe.write_all(bytes).map_err(failed)?;
        }
        let output = child.wait_with_output().map_err(failed)?;
        Ok((output.status.code().unwrap_or(-1), output.stdout, output.stderr))
    }

    /// The first lines of what a command said, indented.
    fn show(&self, bytes: &[u8]) -> Result<(), Failure> {
        const SHOWN: usize = 14;
        let Ok(text) = std::str::from_utf8(bytes) else {
            return self.context.output.line(&format!("  <{} B>", bytes.len()));
        };
        for line in text.lines().take(SHOWN) {
            self.context.output.line(&format!("  {line}"))?;
        }
        match text.lines().count() {
            more if more > SHOWN => self.context.output.line(&format!("  … (+{})", more - SHOWN)),
            _ => Ok(()),
        }
    }
}

fn command_line(args: &[&str], input: Option<&[u8]>) -> String {
    let line = args.iter().fold("sealkeep".to_owned(), |line, arg| line + " " + &quoted(arg));
    match input {
        Some(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            format!("printf {} | {line}", quoted(&text.replace('\n', "\\n")))
        }
        None => line,
    }
}

/// The argument as a shell would need it.
fn quoted(arg: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !arg.is_empty() && arg.chars().all(plain) {
        arg.to_owned()
    } else {
        format!("'{}'", arg.replace('\'', "'\\''"))
    }
}
