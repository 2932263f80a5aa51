//! `seal`: files, folders, standard input.

mod retire;

use std::path::{Path, PathBuf};

use sealkeep::files::{Report, SealOptions, SealPlan, SealTarget, seal_stream, seal_stream_to};
use sealkeep::keys::StoreKeys;
use sealkeep_crypto::Suite;
use serde_json::{Value, json};

use crate::cli::args::{Seal, is_dash};
use crate::cli::cmd::{self, report};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::input::Stdin;
use crate::cli::{Context, stdout_is_terminal, store};

pub(crate) fn run(mut args: Seal, context: &mut Context) -> Result<Exit, Failure> {
    let options = options(&mut args, context)?;
    let (paths, output) = (std::mem::take(&mut args.paths), args.output.take());
    if args.retire.retire {
        if paths.iter().chain(&output).any(|path| is_dash(path)) {
            return Err(Failure::new(Code::Usage, cmd::alone(context)));
        }
        let (retire, dry_run) = (args.retire, args.dry_run);
        return retire::run(
            retire::Asked { paths, output, seal: options, retire, dry_run },
            context,
        );
    }
    if paths.iter().any(|path| is_dash(path)) {
        if paths.len() > 1 || args.dry_run {
            return Err(Failure::new(Code::Usage, cmd::alone(context)));
        }
        let output = output.filter(|path| !is_dash(path));
        return seal_standard_input(output.as_deref(), &options, context);
    }
    match output {
        Some(output) if is_dash(&output) => seal_to_stdout(&paths, &options, args.dry_run, context),
        output => seal_paths(&paths, output, options, args.dry_run, context),
    }
}

fn options(args: &mut Seal, context: &Context) -> Result<SealOptions, Failure> {
    let defaults = &context.settings.seal;
    let suite = match (args.suite, &defaults.suite) {
        (Some(suite), _) => suite,
        (None, Some(name)) => {
            name.parse().map_err(|_| Failure::new(Code::Config, "config.toml").because(name))?
        }
        (None, None) => Suite::Aes256Gcm,
    };
    let scope = args.scope.take().or_else(|| defaults.scope.clone());
    let mut options = SealOptions::new(scope.unwrap_or_else(|| "default".to_owned()), suite);
    options.exclude = [&defaults.exclude[..], &args.exclude[..]].concat();
    options.hide_names = args.hide_names || defaults.hide_names;
    options.force = args.force;
    options.skip_existing = args.skip_existing;
    if options.skip_existing && options.hide_names {
        let text = context.output.messages().text("usage-skip-hidden", &[]);
        return Err(Failure::new(Code::Usage, text));
    }
    options.allow_nested = args.allow_nested;
    options.list = context.output.verbose();
    Ok(options)
}

fn seal_paths(
    paths: &[PathBuf],
    output: Option<PathBuf>,
    options: SealOptions,
    dry_run: bool,
    context: &Context,
) -> Result<Exit, Failure> {
    let beside = output.is_none();
    let device = if beside { paths[0].clone() } else { output.clone().unwrap_or_default() };
    let target = output.map_or(SealTarget::Beside, SealTarget::Path);
    let plan = SealPlan::new(paths, &target, options)
        .map_err(|one| report::failure(&one.path, &one.error, context))?;
    if dry_run {
        return show_plan(plan, context);
    }
    let keys = StoreKeys::new(store::open(context)?);
    let shared = store::warn_shared_device(context, &[&device]);
    let done =
        cmd::with_progress(context, Some(plan.content_bytes()), |run| plan.execute(&keys, run));
    cmd::warn_behind(&keys.copies(), context);
    let command = report::Command {
        schema: "sealkeep.seal/1",
        done: "seal-done",
        output: device,
        extra: extra(&done, shared),
    };
    report::finish(&done, command, context)
}

/// What only the document of sealing has.
fn extra(done: &Report, shared_device: bool) -> Value {
    json!({
        "uncopied_keys": done.uncopied_keys,
        "unused_keys": done.unused_keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "shared_device": shared_device,
    })
}

/// The same plan that would be executed, without the last call.
fn show_plan(plan: SealPlan, context: &Context) -> Result<Exit, Failure> {
    let (body, mut failures, count) = plan_of(plan, context)?;
    if count == 0 && failures.len() == 1 {
        failures[0].report = Some(body);
    } else {
        context.output.document("sealkeep.seal-plan/1", body)?;
    }
    cmd::end(context, failures, count)
}

/// Shows a plan; returns it as a document, with what fails already and the number of objects that will not.
fn plan_of(plan: SealPlan, context: &Context) -> Result<(Value, Vec<Failure>, usize), Failure> {
    let (objects, report) = plan.preview();
    let failures = report::failures_of(&report, context);
    report::notes(&report, context);
    let mut rows = Vec::new();
    for object in &objects {
        let input = object.input.display().to_string();
        let output = object.output.as_ref().map(|path| path.display().to_string());
        let shown = output.clone().unwrap_or_else(|| "*.sealed".to_owned());
        context.output.line(&format!("{input} → {shown}"))?;
        rows.push(json!({ "input": input, "output": output, "bytes": object.size }));
    }
    let (count, bytes) = (rows.len(), objects.iter().map(|object| object.size).sum::<u64>());
    context.output.say("seal-plan", &[("count", &count), ("bytes", &bytes.to_string())])?;
    let mut body = json!({ "objects": rows, "content_bytes": bytes });
    report::extend(&mut body, report::left_out(&report, &failures, context));
    Ok((body, failures, count))
}

fn seal_to_stdout(
    paths: &[PathBuf],
    options: &SealOptions,
    dry_run: bool,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let [path] = paths else { return Err(Failure::new(Code::Usage, cmd::alone(context))) };
    if dry_run {
        return Err(Failure::new(Code::Usage, cmd::alone(context)));
    }
    let file = std::fs::File::open(path).map_err(|error| Failure::io(path, &error))?;
    if path.is_dir() {
        return Err(Failure::at(Code::IsDirectory, path));
    }
    let length = file.metadata().ok().map(|found| found.len());
    stream(file, length, path, None, options, context)
}

fn seal_standard_input(
    output: Option<&Path>,
    options: &SealOptions,
    context: &mut Context,
) -> Result<Exit, Failure> {
    stream(Stdin::new(&context.cancel), None, Path::new("-"), output, options, context)
}

/// Seals a stream to standard output or to a file.
fn stream(
    input: impl std::io::Read + Send,
    length: Option<u64>,
    name: &Path,
    output: Option<&Path>,
    options: &SealOptions,
    context: &mut Context,
) -> Result<Exit, Failure> {
    if output.is_none() {
        if stdout_is_terminal() {
            return Err(Failure::new(Code::Terminal, "-"));
        }
        context.output.give_stdout_to_data()?;
    }
    output.map_or(Ok(()), cmd::refuse_folder)?;
    let keys = StoreKeys::new(store::open(context)?);
    let shared = output.is_some_and(|path| store::warn_shared_device(context, &[path]));
    let sealed = cmd::with_progress(context, length, |run| match output {
        Some(path) => seal_stream_to(input, path, options, &keys, run),
        None => seal_stream(input, std::io::stdout(), options, &keys, run),
    });
    cmd::warn_behind(&keys.copies(), context);
    let subject = output.unwrap_or(name);
    let sealed = sealed.map_err(|error| report::failure(subject, &error, context))?;
    if sealed.uncopied_keys > 0 {
        context.output.warn("W-UNCOPIED", "warn-uncopied", &[("count", &sealed.uncopied_keys)]);
    }
    let (bytes, id) = (sealed.lengths.content.to_string(), sealed.key_id.to_string());
    context.output.say("stream-sealed", &[("bytes", &bytes), ("key", &id)])?;
    context.output.document(
        "sealkeep.seal-stream/1",
        json!({
            "output": output.map(|path| path.display().to_string()),
            "key": id,
            "content_bytes": sealed.lengths.content,
            "sealed_bytes": sealed.lengths.sealed,
            "uncopied_keys": sealed.uncopied_keys,
            "shared_device": shared,
        }),
    )?;
    Ok(Exit::Ok)
}
