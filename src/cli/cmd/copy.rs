//! `copy …`: copies of the vault.

mod check;
mod repair;
mod sync;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealkeep::vault::register::{self, Medium, MediumKind, MediumState, Register};
use sealkeep::vault::{Directory, Lock, Storage};
use serde_json::{Value, json};
use sync::How;

use crate::cli::args::{Facts, VaultCopyAdd, VaultCopyCommand, VaultCopyRemove};
use crate::cli::cmd::{self, media};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::vault::{self, Found, Opened};
use crate::cli::{Context, classify};

pub(crate) fn run(command: VaultCopyCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        VaultCopyCommand::Add(args) => add(&args, context),
        VaultCopyCommand::List => list(context),
        VaultCopyCommand::Sync(args) => sync::run(&args, context),
        VaultCopyCommand::Check(args) => check::run(&args, context),
        VaultCopyCommand::Repair(args) => repair::run(&args, context),
        VaultCopyCommand::Remove(args) => remove(&args, context),
    }
}

fn add(args: &VaultCopyAdd, context: &Context) -> Result<Exit, Failure> {
    let place =
        std::path::absolute(&args.place).map_err(|error| Failure::io(&args.place, &error))?;
    // An absolute path has no two slashes in a row any more.
    let address = args.place.to_string_lossy().contains("://");
    let text = place.to_str().filter(|_| !address).ok_or_else(|| {
        Failure::new(Code::Usage, context.output.messages().text("usage-copy-place", &[]))
    })?;
    let found = vault::find(context)?;
    refuse_inside(&found.dir, &place)?;
    let opened = found.open(Lock::Shared, context)?;
    if !place.exists() {
        Directory::create(&place).map_err(|error| classify::vault(&place, &error))?;
    }
    // Whatever stands against a copy here is told before it is registered.
    sync::foresee(&opened, &place, None, context)?;
    warn_shared_device(&opened, &place, context);
    let kind = args.facts.kind.map_or(MediumKind::Disk, MediumKind::from);
    let added = update(&opened, context, |register| {
        let mut medium = Medium::copy(kind, text, cmd::now());
        apply(&mut medium, &args.facts);
        register.add(medium).cloned()
    })?;
    let (id, shown) = (added.id.clone(), added.place.clone());
    context.output.say("vault-copy-added", &[("id", &id), ("place", &shown)])?;
    if args.no_sync {
        context.output.document("sealkeep.copy-add/1", media::fields(&added))?;
        return Ok(Exit::Ok);
    }
    let how = How { anew: false, dry_run: false, schema: "sealkeep.copy-add/1" };
    sync::these(&opened, &[added], &how, context)
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let found = vault::find(context)?;
    let register = load(&found, context)?;
    let copies: Vec<&Medium> = register.media().iter().filter(|medium| medium.copy).collect();
    let due = register.due(cmd::now());
    for copy in &copies {
        media::say_row(copy, &due, context)?;
    }
    if copies.is_empty() {
        context.output.warn("W-NO-VAULT-COPY", "warn-no-vault-copy", &[]);
    }
    let rows: Vec<Value> = copies.iter().map(|copy| media::fields_with_due(copy, &due)).collect();
    context.output.document("sealkeep.copy-list/1", json!({ "copies": rows }))?;
    Ok(Exit::Ok)
}

/// A copy that was never one is taken out of the register; of others it is noted what became of them.
fn remove(args: &VaultCopyRemove, context: &Context) -> Result<Exit, Failure> {
    let found = vault::find(context)?;
    let copy = one(&load(&found, context)?, &args.copy)?;
    let state = args.state.map_or(MediumState::Retired, MediumState::from);
    let medium = if args.dry_run {
        context.output.say("vault-copy-dry-run", &[])?;
        Medium { state, ..copy }
    } else {
        let opened = found.open(Lock::Shared, context)?;
        update(&opened, context, |register| {
            if register.get(&copy.id)?.last_sync.is_none() {
                return register.remove(&copy.id);
            }
            register
                .change(&copy.id, |medium| {
                    medium.state = state;
                    Ok(())
                })
                .cloned()
        })?
    };
    let key = if medium.last_sync.is_none() { "vault-copy-removed" } else { "vault-copy-out" };
    let (id, state) = (medium.id.clone(), media::state_text(medium.state, context));
    let place = medium.place.clone();
    context.output.say(key, &[("id", &id), ("place", &place), ("state", &state)])?;
    let mut body = media::fields(&medium);
    body["dry_run"] = args.dry_run.into();
    context.output.document("sealkeep.copy-remove/1", body)?;
    Ok(Exit::Ok)
}

/// Changes the register.
pub(crate) fn update<T>(
    opened: &Opened,
    context: &Context,
    change: impl FnMut(&mut Register) -> sealkeep::vault::Result<T>,
) -> Result<T, Failure> {
    let vault = &opened.vault;
    register::update(&**vault.storage(), vault.file(), vault.keyring(), cmd::now(), change)
        .map_err(|error| opened.failure(&error, context))
}

/// The register, for which no key is needed.
pub(crate) fn load(found: &Found, context: &Context) -> Result<Register, Failure> {
    Register::load(&**found.storage(), &found.file).map_err(|error| found.failure(&error, context))
}

/// Sets what was given.
pub(crate) fn apply(medium: &mut Medium, facts: &Facts) {
    if let Some(kind) = facts.kind {
        medium.kind = kind.into();
    }
    for (field, given) in [
        (&mut medium.serial, &facts.serial),
        (&mut medium.location, &facts.location),
        (&mut medium.custodian, &facts.custodian),
        (&mut medium.residency, &facts.residency),
    ] {
        if given.is_some() {
            field.clone_from(given);
        }
    }
    for (field, given) in [
        (&mut medium.sync_days, facts.sync_days),
        (&mut medium.check_days, facts.check_days),
        (&mut medium.audit_days, facts.audit_days),
    ] {
        *field = given.unwrap_or(*field);
    }
    medium.level = facts.level.unwrap_or(medium.level);
}

/// The copies that were named, or all that are in use.
pub(crate) fn chosen(register: &Register, names: &[String]) -> Result<Vec<Medium>, Failure> {
    if names.is_empty() {
        let used = |medium: &&Medium| medium.copy && medium.state == MediumState::InUse;
        return Ok(register.media().iter().filter(used).cloned().collect());
    }
    names.iter().map(|name| one(register, name)).collect()
}

/// The copy with this id, or at this place.
pub(crate) fn one(register: &Register, name: &str) -> Result<Medium, Failure> {
    let found = register.find(name).or_else(|_| register.find(&name_of(name)));
    let found = found.ok().filter(|medium| medium.copy).cloned();
    found.ok_or_else(|| Failure::new(Code::MediumUnknown, name))
}

/// The files of the copy at a place.
pub(crate) fn storage(place: &Path) -> Result<Arc<dyn Storage>, Failure> {
    match Directory::open(place) {
        Ok(directory) => Ok(Arc::new(directory)),
        Err(error) => Err(classify::vault(place, &error)),
    }
}

/// A place as the register has it.
fn name_of(typed: &str) -> String {
    let absolute = std::path::absolute(typed);
    absolute.map_or_else(|_| typed.to_owned(), |path| path.display().to_string())
}

/// # Errors
/// `E-COPY-INSIDE` when the copy would lie in the vault, or the vault in the copy.
fn refuse_inside(vault: &Path, place: &Path) -> Result<(), Failure> {
    let (vault, real) = (real(vault)?, real(place)?);
    if real.starts_with(&vault) || vault.starts_with(&real) {
        return Err(Failure::at(Code::CopyInside, place));
    }
    Ok(())
}

/// Where a path leads, though its last folders may not be there yet.
fn real(path: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(path).map_err(|error| Failure::io(path, &error))?;
    for above in absolute.ancestors() {
        if let Ok(found) = above.canonicalize() {
            let rest = absolute.strip_prefix(above).expect("it is one of its ancestors");
            return Ok(found.join(rest));
        }
    }
    Ok(absolute)
}

/// A copy on the vault's own device is lost with it.
fn warn_shared_device(opened: &Opened, place: &Path, context: &Context) {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| path.metadata().ok().map(|found| found.dev());
    if device(&opened.dir).is_some() && device(&opened.dir) == device(place) {
        let place = place.display().to_string();
        context.output.warn("W-COPY-DEVICE", "warn-copy-device", &[("place", &place)]);
    }
}
