//! `open`: sealed files back to what they were.

pub(super) mod text;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sealkeep::files::{
    OpenOptions, OpenPlan, OpenTarget, open_range, open_range_to, open_stream, open_stream_to,
};
use sealkeep::keys::StoreKeys;
use serde_json::{Value, json};

use crate::cli::args::{Open, is_dash};
use crate::cli::cmd::{self, report};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::input::Stdin;
use crate::cli::{Context, stdout_is_terminal, store};

use text::TextOnly;

pub(crate) fn run(mut args: Open, context: &mut Context) -> Result<Exit, Failure> {
    let range = args.range.as_deref().map(range).transpose()?;
    let (paths, output) = (std::mem::take(&mut args.paths), args.output.take());
    let from_stdin = paths.iter().any(|path| is_dash(path));
    let to_stdout = output.as_deref().map_or(from_stdin, is_dash);
    if (from_stdin || to_stdout || range.is_some()) && paths.len() > 1 {
        return Err(Failure::new(Code::Usage, cmd::alone(context)));
    }
    let options = OpenOptions {
        force: args.force,
        skip_existing: args.skip_existing,
        list: context.output.verbose(),
        ..OpenOptions::default()
    };
    let file = output.as_deref().filter(|path| !is_dash(path));
    if let Some(range) = range {
        return one_range(&paths[0], range, file, &options, context);
    }
    if from_stdin {
        return stream(Stdin::new(&context.cancel), None, Path::new("-"), file, &options, context);
    }
    if to_stdout {
        let path = &paths[0];
        if path.is_dir() {
            return Err(Failure::at(Code::IsDirectory, path));
        }
        let input = std::fs::File::open(path).map_err(|error| Failure::io(path, &error))?;
        let length = input.metadata().ok().map(|found| found.len());
        return stream(input, length, path, None, &options, context);
    }
    open_paths(&paths, output, options, context)
}

fn open_paths(
    paths: &[PathBuf],
    output: Option<PathBuf>,
    options: OpenOptions,
    context: &Context,
) -> Result<Exit, Failure> {
    let single_file = paths.len() == 1 && !paths[0].is_dir();
    let place = output.clone().unwrap_or_else(|| paths[0].clone());
    let target = match output {
        None => OpenTarget::Beside,
        Some(output) if single_file && !cmd::names_folder(&output) => OpenTarget::File(output),
        Some(output) => OpenTarget::Directory(output),
    };
    let plan = OpenPlan::new(paths, &target, options)
        .map_err(|one| report::failure(&one.path, &one.error, context))?;
    let keys = StoreKeys::new(store::open(context)?);
    let done =
        cmd::with_progress(context, Some(plan.sealed_bytes()), |run| plan.execute(&keys, run));
    let command = report::Command {
        schema: "sealkeep.open/1",
        done: "open-done",
        output: place,
        extra: Value::Null,
    };
    report::finish(&done, command, context)
}

/// Opens a stream to standard output or to a file.
fn stream(
    input: impl Read + Send,
    length: Option<u64>,
    name: &Path,
    output: Option<&Path>,
    options: &OpenOptions,
    context: &mut Context,
) -> Result<Exit, Failure> {
    match output {
        Some(output) => cmd::refuse_folder(output)?,
        None => context.output.give_stdout_to_data()?,
    }
    let keys = StoreKeys::new(store::open(context)?);
    let opened = cmd::with_progress(context, length, |run| match output {
        Some(path) => open_stream_to(input, path, options, &keys, run),
        None if stdout_is_terminal() => {
            open_stream(input, TextOnly::new(std::io::stdout()), &keys, run)
        }
        None => open_stream(input, std::io::stdout(), &keys, run),
    });
    let opened = opened.map_err(|error| told(name, &error, context))?;
    finish(output, opened.content, context)
}

fn one_range(
    path: &Path,
    (start, end): (u64, Option<u64>),
    output: Option<&Path>,
    options: &OpenOptions,
    context: &mut Context,
) -> Result<Exit, Failure> {
    if is_dash(path) {
        return Err(Failure::at(Code::NotSeekable, path));
    }
    match output {
        Some(output) => cmd::refuse_folder(output)?,
        None => context.output.give_stdout_to_data()?,
    }
    let keys = StoreKeys::new(store::open(context)?);
    let length = end.map(|end| end - start);
    let opened = cmd::with_progress(context, length, |run| match output {
        Some(file) => open_range_to(path, (start, end), file, options, &keys, run),
        None if stdout_is_terminal() => {
            open_range(path, start, end, &mut TextOnly::new(std::io::stdout()), &keys, run)
        }
        None => open_range(path, start, end, &mut std::io::stdout(), &keys, run),
    });
    let bytes = opened.map_err(|error| told(path, &error, context))?;
    finish(output, bytes, context)
}

fn finish(output: Option<&Path>, bytes: u64, context: &Context) -> Result<Exit, Failure> {
    std::io::stdout().flush().map_err(|error| Failure::stdout(&error))?;
    if let Some(path) = output {
        let path = path.display().to_string();
        context.output.say("stream-opened", &[("path", &path), ("bytes", &bytes.to_string())])?;
    }
    let body = json!({
        "output": output.map(|path| path.display().to_string()),
        "content_bytes": bytes,
    });
    context.output.document("sealkeep.open-stream/1", body)?;
    Ok(Exit::Ok)
}

/// As [`report::failure`], except for binary data that was kept from the terminal.
fn told(path: &Path, error: &sealkeep::files::Error, context: &Context) -> Failure {
    match error {
        sealkeep::files::Error::Envelope(sealkeep::envelope::Error::Write(source))
            if text::is_refusal(source) =>
        {
            Failure::at(Code::Terminal, path)
        }
        _ => report::failure(path, error, context),
    }
}

/// Reads `A-B`, `A-` or `-B`, bytes from 0, B not included.
fn range(text: &str) -> Result<(u64, Option<u64>), Failure> {
    let bad = || Failure::new(Code::Range, text);
    let (start, end) = text.split_once('-').ok_or_else(bad)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| bad());
    let start = if start.is_empty() { 0 } else { number(start)? };
    let end = if end.is_empty() { None } else { Some(number(end)?) };
    if end.is_some_and(|end| end < start) { Err(bad()) } else { Ok((start, end)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (text, meant) in [
            ("0-0", (0, Some(0))),
            ("8-12", (8, Some(12))),
            ("8-", (8, None)),
            ("-12", (0, Some(12))),
        ] {
            assert_eq!(range(text).expect("it is a range"), meant, "{text}");
        }
        for text in ["", "8", "12-8", "a-b", "1-2-3", "18446744073709551616-"] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
