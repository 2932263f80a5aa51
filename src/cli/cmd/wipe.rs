//! `wipe`: look, show the plan, ask, overwrite, report.

pub(super) mod finding;
mod methods;
pub(super) mod plan;
pub(super) mod report;

use std::path::{Path, PathBuf};

use sealkeep::envelope::Run;
use sealkeep::wipe::{
    Error, FreeSpace, Method, Problem, Report, Require, Resume, Sanitize, Technique, Verify,
    WipeOptions, WipePlan, unfinished,
};

use crate::cli::args::{RequireReach, SanitizeHow, VerifyHow, Wipe, WipeCommand};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, classify, cmd, prompt};

pub(crate) fn run(args: Wipe, context: &Context) -> Result<Exit, Failure> {
    match args.command {
        Some(WipeCommand::Methods) => methods::run(context),
        None if args.sanitize.is_some() => sanitize(&args, context),
        None if args.resume => resume(&args, context),
        None if args.free_space => free_space(&args, context),
        None => wipe(&args, context),
    }
}

fn wipe(args: &Wipe, context: &Context) -> Result<Exit, Failure> {
    let options = options(args, context)?;
    warn_unfinished(options.journal.as_deref(), context);
    let plan = WipePlan::new(&args.paths, options).map_err(|problem| failure(&problem, context))?;
    plan::warn(&plan, context);
    if args.survey {
        return plan::survey(&plan, context);
    }
    if let Some(path) = args.report.as_deref().filter(|path| plan.holds(path)) {
        return Err(Failure::at(Code::JournalInside, path));
    }
    plan::show(&plan, context)?;
    if args.dry_run {
        return plan::dry_run(&plan, context);
    }
    if plan.classes().iter().any(|class| !class.refused) && !args.yes {
        ask("wipe-confirm", context)?;
    }
    let total = plan.work_bytes();
    carry_out(args, context, total, |run| plan.execute(run))
}

/// Fills the free space of the file systems of the folders named.
fn free_space(args: &Wipe, context: &Context) -> Result<Exit, Failure> {
    let options = WipeOptions { journal: None, ..options(args, context)? };
    let space =
        FreeSpace::new(&args.paths, options).map_err(|problem| failure(&problem, context))?;
    plan::show(space.plan(), context)?;
    if args.dry_run {
        return plan::dry_run(space.plan(), context);
    }
    if space.plan().classes().iter().any(|class| !class.refused) {
        context.output.warn("W-DISK-FULL", "warn-disk-full", &[]);
        if !args.yes {
            ask("wipe-confirm", context)?;
        }
    }
    let total = space.plan().work_bytes();
    carry_out(args, context, total, |run| space.execute(run))
}

/// Has a drive erase itself.
fn sanitize(args: &Wipe, context: &Context) -> Result<Exit, Failure> {
    let technique = match args.sanitize {
        Some(SanitizeHow::CryptoErase) => Technique::CryptoErase,
        Some(SanitizeHow::Overwrite) => Technique::Overwrite,
        Some(SanitizeHow::BlockErase) | None => Technique::BlockErase,
    };
    let [device] = args.paths.as_slice() else {
        let text = context.output.messages().text("usage-one-drive", &[]);
        return Err(Failure::new(Code::Usage, text));
    };
    let options = WipeOptions { journal: None, ..options(args, context)? };
    let sanitize = Sanitize::new(device, technique, options);
    let sanitize = sanitize.map_err(|problem| failure(&problem, context))?;
    plan::show_sanitize(sanitize.plan(), technique, context)?;
    if args.dry_run {
        return plan::dry_run(sanitize.plan(), context);
    }
    if sanitize.plan().classes().iter().any(|class| class.targets > 0 && !class.refused) {
        context.output.warn("W-UNTESTED", "warn-untested", &[]);
        if !args.yes {
            ask("wipe-confirm", context)?;
        }
    }
    let total = sanitize.plan().targets().map(|(_, _, bytes, _)| bytes).sum();
    carry_out(args, context, total, |run| sanitize.execute(run))
}

/// Goes on with the oldest run that was cut off.
fn resume(args: &Wipe, context: &Context) -> Result<Exit, Failure> {
    let dir = journal_dir(args.journal.as_deref(), context).unwrap_or_default();
    let mut busy = None;
    for path in unfinished(&dir) {
        match Resume::open(&path, context.output.verbose()) {
            Err(problem) if matches!(problem.error, Error::Busy) => {
                busy = Some(problem);
            }
            Err(problem) => return Err(failure(&problem, context)),
            Ok(resume) => return go_on(args, resume, context),
        }
    }
    Err(match busy {
        Some(problem) => failure(&problem, context),
        None => Failure::at(Code::NothingToResume, &dir),
    })
}

fn go_on(args: &Wipe, resume: Resume, context: &Context) -> Result<Exit, Failure> {
    for root in resume.roots() {
        context.output.say("wipe-resuming", &[("path", &root.display().to_string())])?;
    }
    plan::warn(resume.plan(), context);
    plan::show(resume.plan(), context)?;
    if args.dry_run {
        return plan::dry_run(resume.plan(), context);
    }
    if !args.yes {
        ask("wipe-confirm", context)?;
    }
    let total = resume.plan().work_bytes();
    carry_out(args, context, total, |run| resume.execute(run))
}

fn carry_out(
    args: &Wipe,
    context: &Context,
    total: u64,
    work: impl FnOnce(&Run<'_>) -> Report,
) -> Result<Exit, Failure> {
    if let Some(path) = &args.report {
        // A report that cannot be written is found out before anything is overwritten.
        refuse_existing(path)?;
    }
    let done = cmd::with_progress(context, Some(total), work);
    report::finish(&done, args.report.as_deref(), context)
}

/// Asks for the word; `question` is the message that does.
pub(super) fn ask(question: &str, context: &Context) -> Result<(), Failure> {
    if context.output.json() {
        return Err(Failure::new(Code::NotConfirmed, "--json"));
    }
    let question = context.output.messages().text(question, &[("word", &WORD)]);
    match prompt::confirm(&format!("{question} "), WORD, &context.cancel)? {
        true => Ok(()),
        false => Err(Failure::new(Code::NotConfirmed, "")),
    }
}

/// What has to be typed, the same in every language.
const WORD: &str = "wipe";

fn options(args: &Wipe, context: &Context) -> Result<WipeOptions, Failure> {
    let defaults = WipeOptions::new();
    let journal = journal_dir(args.journal.as_deref(), context).filter(|_| !args.no_journal);
    let resumable = !args.free_space && args.sanitize.is_none();
    if journal.is_none() && !args.no_journal && resumable {
        context.output.warn("W-NO-JOURNAL", "warn-no-journal", &[]);
    }
    Ok(WipeOptions {
        method: match &args.method {
            Some(id) => method(id, context)?,
            None => defaults.method,
        },
        verify: verify(args.verify),
        require: require(args.require),
        hard_links: args.hard_links,
        in_use: args.in_use,
        whole: args.whole,
        keep: args.keep,
        list: context.output.verbose(),
        journal: journal.filter(|_| !args.survey && !args.dry_run),
        ..defaults
    })
}

/// How much is to be read back.
pub(super) fn verify(how: Option<VerifyHow>) -> Verify {
    match how {
        None | Some(VerifyHow::Last) => Verify::Last,
        Some(VerifyHow::Every) => Verify::Every,
        Some(VerifyHow::Sample) => Verify::Sample,
    }
}

/// What must be achievable.
pub(super) fn require(reach: Option<RequireReach>) -> Require {
    match reach {
        None | Some(RequireReach::BestEffort) => Require::BestEffort,
        Some(RequireReach::InPlace) => Require::InPlace,
        Some(RequireReach::Nothing) => Require::Nothing,
    }
}

/// The method with this name, built in or configured.
pub(super) fn method(id: &str, context: &Context) -> Result<Method, Failure> {
    let own = || context.settings.wipe.methods.iter().find(|method| method.id() == id).cloned();
    Method::find(id).or_else(own).ok_or_else(|| Failure::new(Code::Method, id))
}

/// The journal lies beside the key store: on storage that is kept apart from the data.
pub(super) fn journal_dir(given: Option<&Path>, context: &Context) -> Option<PathBuf> {
    given.map(Path::to_owned).or_else(|| {
        let store = context.settings.keystore.as_ref()?;
        let mut name = store.file_name()?.to_owned();
        name.push(".wipe");
        Some(store.with_file_name(name))
    })
}

/// Says so when runs were cut off.
pub(super) fn warn_unfinished(dir: Option<&Path>, context: &Context) {
    let count = dir.map_or(0, |dir| unfinished(dir).len());
    if count > 0 {
        context.output.warn("W-UNFINISHED-WIPE", "warn-unfinished-wipe", &[("count", &count)]);
    }
}

/// A report goes to a new file, in a folder that is there.
pub(super) fn refuse_existing(path: &Path) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(_) => Err(Failure::at(Code::OutputExists, path)),
        Err(_) => {
            let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
            let found = dir.unwrap_or(Path::new(".")).metadata();
            found.map(|_| ()).map_err(|error| Failure::io(path, &error))
        }
    }
}

/// What a problem means.
pub(super) fn failure(problem: &Problem, context: &Context) -> Failure {
    error_at(&problem.path, &problem.error, context)
}

/// What an error at `path` means; a signal is told as the signal it was.
pub(super) fn error_at(path: &Path, error: &Error, context: &Context) -> Failure {
    match error {
        Error::Cancelled if context.cancel.is_asked() => context.cancel.failure(),
        _ => classify::wipe(path, error),
    }
}
