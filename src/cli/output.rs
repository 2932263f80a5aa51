//! Where results, notes and errors go, in words or in JSON.
//!
//! Results go to standard output; notes, warnings, progress and errors to standard error. With
//! `--json` standard output holds exactly one document, errors included.

use std::io::{self, IsTerminal, Write};

use sealkeep::shown::harmless;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::messages::{Args, Messages, Ready, one_line};

/// How much and in what form to say things.
pub(crate) struct Output {
    messages: Messages,
    json: bool,
    quiet: bool,
    verbose: bool,
    /// Standard output carries data: results in words go to standard error.
    data_on_stdout: bool,
    warnings: std::cell::RefCell<Vec<Value>>,
}

impl Output {
    /// An output in the language of `messages`.
    pub(crate) fn new(messages: Messages, json: bool, quiet: bool, verbose: bool) -> Self {
        let warnings = std::cell::RefCell::new(Vec::new());
        Output { messages, json, quiet, verbose, data_on_stdout: false, warnings }
    }

    /// The catalogue.
    pub(crate) fn messages(&self) -> &Messages {
        &self.messages
    }

    /// Speaks another language from here on.
    pub(crate) fn set_messages(&mut self, messages: Messages) {
        self.messages = messages;
    }

    /// Whether the result is a JSON document.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Whether every object is to be listed.
    pub(crate) fn verbose(&self) -> bool {
        self.verbose
    }

    /// Whether progress may be drawn: a person is looking and did not ask for silence.
    pub(crate) fn draws_progress(&self) -> bool {
        !self.json && !self.quiet && io::stderr().is_terminal()
    }

    /// Gives standard output to data.
    ///
    /// # Errors
    /// `E-USAGE` with `--json`, which needs standard output for itself.
    pub(crate) fn give_stdout_to_data(&mut self) -> Result<(), Failure> {
        if self.json {
            return Err(Failure::new(Code::Usage, self.messages.text("usage-json-and-data", &[])));
        }
        self.data_on_stdout = true;
        Ok(())
    }

    /// A line of the result; none with `--json` or `--quiet`.
    pub(crate) fn say(&self, key: &str, args: Args<'_>) -> Result<(), Failure> {
        self.print(&self.messages.text(key, args))
    }

    /// A ready line of the result; none with `--json` or `--quiet`.
    pub(crate) fn line(&self, line: &str) -> Result<(), Failure> {
        self.print(&one_line(line))
    }

    /// Ready lines of the result, of which there may be a million; none with `--json` or `--quiet`.
    pub(crate) fn lines(&self, lines: &[String]) -> Result<(), Failure> {
        if self.json || self.quiet {
            return Ok(());
        }
        let mut out = io::BufWriter::new(io::stdout().lock());
        let written =
            lines.iter().try_for_each(|line| writeln!(out, "{}", harmless(&one_line(line))));
        written.and_then(|()| out.flush()).map_err(|error| Failure::stdout(&error))
    }

    fn print(&self, line: &str) -> Result<(), Failure> {
        if self.json || self.quiet {
            Ok(())
        } else if self.data_on_stdout {
            self.to_stderr(line);
            Ok(())
        } else {
            writeln!(io::stdout(), "{}", harmless(line)).map_err(|error| Failure::stdout(&error))
        }
    }

    /// Something only the curious want.
    pub(crate) fn detail(&self, key: &str, args: Args<'_>) {
        if self.verbose && !self.json {
            self.to_stderr(&self.messages.text(key, args));
        }
    }

    /// Something that is not as it should be but stops nothing. It is part of the JSON document.
    pub(crate) fn warn(&self, code: &'static str, key: &str, args: Args<'_>) {
        let text = self.messages.text(key, args);
        if !self.json {
            let args: Args<'_> = &[("code", &code), ("what", &Ready(&text))];
            self.to_stderr(&self.messages.text("label-warning", args));
        }
        self.warnings.borrow_mut().push(json!({ "code": code, "text": text }));
    }

    /// The document of a command, `schema` first in meaning if not in order.
    pub(crate) fn document(&self, schema: &str, body: impl Serialize) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let mut value = serde_json::to_value(body).map_err(unexpected)?;
        if let Value::Object(fields) = &mut value {
            fields.insert("schema".to_owned(), schema.into());
            fields.insert("warnings".to_owned(), self.warnings.take().into());
        }
        let text = serde_json::to_string_pretty(&value).map_err(unexpected)?;
        writeln!(io::stdout(), "{text}").map_err(|error| Failure::stdout(&error))
    }

    /// Shows the failure that ends the run and gives the exit code for it, or that of an alarm.
    pub(crate) fn fail(&self, failure: &Failure, alarm: bool) -> Exit {
        let exit = failure.code.exit().or_alarm(alarm);
        if failure.code == Code::PipeClosed {
            return exit;
        }
        if self.json {
            let mut fields = self.failure_json(failure);
            fields["exit"] = (exit as u8).into();
            if let Some(report) = &failure.report {
                fields["report"] = report.clone();
            }
            // If standard output is gone as well, the exit code is all that is left.
            let _ = self.document("sealkeep.error/1", fields);
        } else {
            self.explain(failure);
        }
        exit
    }

    /// Shows a failure in words: what happened, what it means, what to do.
    pub(crate) fn explain(&self, failure: &Failure) {
        let (what, means, todo) = self.texts(failure);
        self.to_stderr(&self.headline(failure, &what));
        let detail = one_line(&failure.detail);
        let rows = [("label-detail", &*detail), ("label-means", &means), ("label-todo", &todo)];
        for (label, text) in rows.into_iter().filter(|(_, text)| !text.is_empty()) {
            self.to_stderr(&format!("  {}", self.messages.text(label, &[("text", &Ready(text))])));
        }
    }

    /// Shows one of many failures on a line of its own; the remedy follows once per code.
    pub(crate) fn mention(&self, failure: &Failure) {
        if self.json {
            return;
        }
        let (mut what, _, _) = self.texts(failure);
        if !failure.detail.is_empty() {
            what = format!("{what} ({})", one_line(&failure.detail));
        }
        self.to_stderr(&self.headline(failure, &what));
    }

    /// A failure as fields of a document.
    pub(crate) fn failure_json(&self, failure: &Failure) -> Value {
        let (what, means, todo) = self.texts(failure);
        json!({
            "code": failure.code.text(),
            "subject": failure.subject,
            "detail": failure.detail,
            "what": what,
            "means": means,
            "todo": todo,
        })
    }

    fn headline(&self, failure: &Failure, what: &str) -> String {
        let code = failure.code.text();
        self.messages.text("label-error", &[("code", &code), ("what", &Ready(what))])
    }

    fn texts(&self, failure: &Failure) -> (String, String, String) {
        let args: Args<'_> = &[("subject", &failure.subject)];
        let key = failure.code.text();
        let attribute = |name| self.messages.attribute(key, name, args).unwrap_or_default();
        // A message may end with a subject that is not there.
        let what = self.messages.text(key, args).trim_end().to_owned();
        (what, attribute("means"), attribute("todo"))
    }

    /// Standard error may be closed; there is nobody left to tell.
    fn to_stderr(&self, line: &str) {
        let _ = writeln!(io::stderr(), "{}", harmless(line));
    }
}

fn unexpected(error: serde_json::Error) -> Failure {
    Failure::new(Code::Unexpected, "JSON").because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_not_obeyed() {
        assert_eq!(harmless("a\u{1b}[2Jb\r"), "a\\u{1b}[2Jb\\r");
        assert_eq!(harmless("fdp.\u{202e}txt\u{2069}"), "fdp.\\u{202e}txt\\u{2069}");
        assert_eq!(harmless("病历\nx"), "病历\nx");
    }
}
