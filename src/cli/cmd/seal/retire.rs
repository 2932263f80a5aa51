//! `seal --retire`: seal, prove with keys read anew, wipe what was proved.

mod report;

use std::path::{Path, PathBuf};

use sealkeep::files::{SealOptions, SealTarget};
use sealkeep::keys::StoreKeys;
use sealkeep::retire::{Error, RetireOptions, Retirement, Sealed};
use sealkeep::wipe::{WipeOptions, WipePlan};
use sealkeep_keystore::KeyStore;
use serde_json::json;

use crate::cli::args::Retire;
use crate::cli::cmd::{self, wipe};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::settings::SecretSource;
use crate::cli::{Context, classify, store};

/// Where sealed files go.
struct Place {
    output: PathBuf,
    /// Whether the key store lies on the same device.
    shared: bool,
}

/// What was typed for it.
pub(super) struct Asked {
    pub(super) paths: Vec<PathBuf>,
    pub(super) output: Option<PathBuf>,
    pub(super) seal: SealOptions,
    pub(super) retire: Retire,
    pub(super) dry_run: bool,
}

pub(super) fn run(asked: Asked, context: &Context) -> Result<Exit, Failure> {
    let Asked { paths, output, seal, retire: args, dry_run } = asked;
    let device = output.clone().unwrap_or_else(|| paths[0].clone());
    let target = output.map_or(SealTarget::Beside, SealTarget::Path);
    let options = RetireOptions {
        seal,
        wipe: wipe_options(&args, dry_run, context)?,
        allow_uncopied: args.allow_uncopied,
        precious: precious(context),
    };
    if let Some(path) = &args.report {
        wipe::refuse_existing(path)?;
    }
    let refused = |error: Error| failure(&error, context);
    let retirement = Retirement::new(&paths, &target, options).map_err(refused)?;
    let plan = retirement.wipe_plan().map_err(|one| wipe::failure(&one, context))?;
    if dry_run {
        return show(retirement, &plan, context);
    }
    say_plan(&retirement, &plan, context)?;
    let given = store::given_to(context)?;
    let opened = store::open_with(&given, context)?;
    refuse_risks(&retirement, &opened, args.allow_uncopied, context)?;
    if !args.yes {
        wipe::ask("retire-confirm", context)?;
    }
    drop(plan);
    let place = Place { shared: store::warn_shared_device(context, &[&device]), output: device };
    let sealed = seal_all(retirement, opened, context);
    // The session that sealed is closed: the proof is given by keys that are read from the disk once more.
    let fresh = match sealed.refusal() {
        None => Some(store::open_with(&given, context)),
        Some(_) => None,
    };
    drop(given);
    let done = match fresh.transpose() {
        Ok(fresh) => prove_and_wipe(sealed, fresh, context),
        Err(error) => return Err(report::unproved(sealed, &place, error, context)),
    };
    report::finish(&done, &place, args.report.as_deref(), context)
}

fn seal_all(retirement: Retirement, opened: KeyStore, context: &Context) -> Sealed {
    let keys = StoreKeys::new(opened);
    let total = retirement.seal_plan().content_bytes();
    let sealed = cmd::with_progress(context, Some(total), |run| retirement.seal(&keys, run));
    cmd::warn_behind(&keys.copies(), context);
    sealed
}

fn prove_and_wipe(
    sealed: Sealed,
    fresh: Option<KeyStore>,
    context: &Context,
) -> sealkeep::retire::Report {
    let total = sealed.content_bytes();
    let proven = match fresh.map(StoreKeys::new) {
        Some(keys) => cmd::with_progress(context, Some(total), |run| sealed.prove(&keys, run)),
        None => sealed.refused(),
    };
    let total = proven.plan().map_or(0, WipePlan::work_bytes);
    cmd::with_progress(context, Some(total), |run| proven.wipe(run))
}

/// What would make it dangerous, as far as it can be known before anything is sealed.
fn refuse_risks(
    retirement: &Retirement,
    opened: &KeyStore,
    allow_uncopied: bool,
    context: &Context,
) -> Result<(), Failure> {
    let copies = opened.copies().map_err(|error| store::here(context, &error))?;
    let places = copies.iter().map(|one| &one.copy.location);
    let places: Vec<PathBuf> =
        places.flat_map(|place| [place.dir.clone(), place.cell.clone()]).collect();
    retirement.refuse_precious(&places).map_err(|error| failure(&error, context))?;
    let kept = copies.iter().any(|one| one.copy.live && !one.copy.given_up);
    if kept || allow_uncopied { Ok(()) } else { Err(Failure::new(Code::RetireUncopied, "")) }
}

/// Without these, nothing that was sealed can be opened.
fn precious(context: &Context) -> Vec<PathBuf> {
    let place = store::location(context).ok();
    let mut precious: Vec<PathBuf> =
        place.into_iter().flat_map(|place| [place.dir, place.cell]).collect();
    if let SecretSource::KeyFile(path) | SecretSource::PassphraseFile(path) =
        &context.settings.secret
    {
        precious.push(path.clone());
    }
    precious
}

fn wipe_options(args: &Retire, dry_run: bool, context: &Context) -> Result<WipeOptions, Failure> {
    let journal = wipe::journal_dir(args.journal.as_deref(), context);
    wipe::warn_unfinished(journal.as_deref(), context);
    let mut options = WipeOptions::new();
    if let Some(id) = &args.method {
        options.method = wipe::method(id, context)?;
    }
    options.verify = wipe::verify(args.verify);
    options.require = wipe::require(args.require);
    options.hard_links = args.hard_links;
    options.list = context.output.verbose();
    options.journal = journal.filter(|_| !dry_run);
    Ok(options)
}

fn say_plan(retirement: &Retirement, plan: &WipePlan, context: &Context) -> Result<(), Failure> {
    let (count, bytes) = (retirement.seal_plan().len(), retirement.seal_plan().content_bytes());
    let args: crate::cli::messages::Args<'_> = &[("count", &count), ("bytes", &bytes.to_string())];
    context.output.say("retire-plan", args)?;
    wipe::plan::show(plan, context)
}

/// Both plans, and nothing else.
fn show(retirement: Retirement, plan: &WipePlan, context: &Context) -> Result<Exit, Failure> {
    let (seal, failures, count) = super::plan_of(retirement.into_seal_plan(), context)?;
    wipe::plan::show(plan, context)?;
    let wipe = wipe::plan::document(plan, context);
    context.output.document("sealkeep.retire-plan/1", json!({ "seal": seal, "wipe": wipe }))?;
    if failures.is_empty() {
        wipe::plan::end(plan, context)
    } else {
        cmd::end(context, failures, count)
    }
}

/// What an error of the whole means.
fn failure(error: &Error, context: &Context) -> Failure {
    match error {
        Error::Seal(one) => cmd::report::failure(&one.path, &one.error, context),
        Error::Wipe(one) => wipe::failure(one, context),
        Error::Precious(path) => Failure::at(Code::RetireKeys, path),
        Error::Link(path) => Failure::at(Code::RetireLink, path),
        Error::Sync(error) | Error::Keys(error) => classify::file(Path::new(""), error),
        Error::Cancelled => context.cancel.failure(),
        _ => Failure::new(Code::Unexpected, "").because(error),
    }
}
