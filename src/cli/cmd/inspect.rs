//! `inspect`: what a sealed file tells without its key.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sealkeep::envelope::{HEADER_LEN, Header, Layout};
use serde_json::json;

use crate::cli::args::{Inspect, is_dash};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::input::Stdin;
use crate::cli::{Context, classify, cmd};

/// Header, sealed length in bytes, and layout if the length is one that some content gives.
type Inspected = (Header, u64, Option<Layout>);

pub(crate) fn run(args: Inspect, context: &mut Context) -> Result<Exit, Failure> {
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    for path in &args.paths {
        match inspect(path, context) {
            Ok((header, size, layout)) => {
                let name = path.display().to_string();
                let id = header.key_id.to_string();
                let content = layout.as_ref().map(Layout::content_len);
                let content_text =
                    content.map_or_else(|| "?".to_owned(), |bytes| bytes.to_string());
                context.output.say(
                    "inspect-file",
                    &[
                        ("path", &name),
                        ("suite", &header.suite.name()),
                        ("id", &id),
                        ("sealed", &size.to_string()),
                        ("content", &content_text),
                    ],
                )?;
                if layout.is_none() {
                    context.output.warn("W-LENGTH", "warn-length", &[("path", &name)]);
                }
                rows.push(json!({
                    "path": name,
                    "version": 1,
                    "suite": header.suite.name(),
                    "key": id,
                    "segment_bytes": header.segment.bytes(),
                    "sealed_bytes": size,
                    "content_bytes": content,
                }));
            }
            Err(failure) => failures.push(failure),
        }
    }
    let shown: Vec<_> = failures.iter().map(|one| context.output.failure_json(one)).collect();
    if context.output.json() && !(rows.is_empty() && failures.len() == 1) {
        let body = json!({ "files": rows, "failures": shown });
        context.output.document("sealkeep.inspect/1", body)?;
    }
    cmd::end(context, failures, rows.len())
}

/// The header of the sealed file at `path`; nothing in it is authentic yet.
pub(crate) fn header(path: &Path) -> Result<Header, Failure> {
    inspect_file(path).map(|(header, _, _)| header)
}

fn inspect(path: &Path, context: &Context) -> Result<Inspected, Failure> {
    if is_dash(path) {
        inspect_stream(Stdin::new(&context.cancel), context)
    } else {
        inspect_file(path)
    }
}

/// Read to its end, because only then is its length known.
fn inspect_stream(mut input: impl Read, context: &Context) -> Result<Inspected, Failure> {
    let path = Path::new("-");
    let failed = |error: std::io::Error| {
        if context.cancel.is_asked() { context.cancel.failure() } else { Failure::io(path, &error) }
    };
    let mut start = Vec::with_capacity(HEADER_LEN);
    input.by_ref().take(HEADER_LEN as u64).read_to_end(&mut start).map_err(failed)?;
    let header = Header::parse(&start).map_err(|error| classify::envelope(path, &error))?;
    let rest = std::io::copy(&mut input, &mut std::io::sink()).map_err(failed)?;
    let size = start.len() as u64 + rest;
    let layout = Layout::of_sealed(&header, size).ok();
    Ok((header, size, layout))
}

fn inspect_file(path: &Path) -> Result<Inspected, Failure> {
    let failed = |error: std::io::Error| Failure::io(path, &error);
    let file = File::open(path).map_err(failed)?;
    let found = file.metadata().map_err(failed)?;
    if found.is_dir() {
        return Err(Failure::at(Code::IsDirectory, path));
    }
    let mut start = Vec::with_capacity(HEADER_LEN);
    file.take(HEADER_LEN as u64).read_to_end(&mut start).map_err(failed)?;
    let header = Header::parse(&start).map_err(|error| classify::envelope(path, &error))?;
    // A length that no content gives is told, but it is still a sealed file with a key id.
    let layout = Layout::of_sealed(&header, found.len()).ok();
    Ok((header, found.len(), layout))
}
