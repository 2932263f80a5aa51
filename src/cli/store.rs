//! Opening the key store that the settings name, with the secret that they name.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sealkeep_crypto::SecretVec;
use sealkeep_keystore::{KeyFile, KeyStore, Location, Peek, Unlock};
use zeroize::Zeroize;

use crate::cli::exit::Code;
use crate::cli::failure::Failure;
use crate::cli::settings::SecretSource;
use crate::cli::{Context, classify, cmd, prompt, refusals};

/// What a person or a file gave to open the store with.
pub(crate) enum Given {
    /// A passphrase.
    Passphrase(SecretVec),
    /// A key file's content.
    KeyFile(KeyFile),
}

impl Given {
    /// The same in the key store's words.
    pub(crate) fn unlock(&self) -> Unlock<'_> {
        match self {
            Given::Passphrase(secret) => Unlock::Passphrase(secret.expose()),
            Given::KeyFile(file) => Unlock::KeyFile(file),
        }
    }
}

/// Where the key store lies.
///
/// # Errors
/// `E-STORE-MISSING` when nothing names it, not even a home directory.
pub(crate) fn location(context: &Context) -> Result<Location, Failure> {
    let settings = &context.settings;
    let missing = || Failure::new(Code::StoreMissing, "SEALKEEP_KEYSTORE");
    let dir = settings.keystore.clone().ok_or_else(missing)?;
    Ok(Location::new(dir, settings.cell.clone()))
}

/// What can be said of the store without opening it; also tells early that there is none, before
/// anybody is asked for a passphrase.
pub(crate) fn peek(context: &Context) -> Result<Peek, Failure> {
    KeyStore::peek(&location(context)?, context.settings.wait)
        .map_err(|error| here(context, &error))
}

/// Opens the store.
pub(crate) fn open(context: &Context) -> Result<KeyStore, Failure> {
    open_with(&given_to(context)?, context)
}

/// What opens the store, asked for only if there is one.
pub(crate) fn given_to(context: &Context) -> Result<Given, Failure> {
    peek(context)?;
    given(context)
}

/// Opens the store with what was given.
pub(crate) fn open_with(given: &Given, context: &Context) -> Result<KeyStore, Failure> {
    let mut opened = KeyStore::open(&location(context)?, &given.unlock(), context.settings.wait)
        .map_err(|error| here(context, &error))?;
    introduce(&mut opened, context);
    tell_leftovers(&opened, context);
    Ok(opened)
}

/// Tells an opened store who works with it, and listens for its alarms.
pub(crate) fn introduce(opened: &mut KeyStore, context: &Context) {
    opened.act_as(context.settings.actor.clone());
    context.bells.borrow_mut().push(opened.alarm_bell());
}

/// What a crash had left: finished by this opening, or still to be finished.
fn tell_leftovers(opened: &KeyStore, context: &Context) {
    for receipt in opened.finished() {
        context.output.warn("W-FINISHED", "warn-finished", &[("count", &receipt.targets.len())]);
        cmd::warn_behind(&receipt.copies, context);
    }
    if let Some(reason) = opened.unsettled() {
        context.output.warn("W-UNSETTLED", "warn-unsettled", &[("reason", &reason)]);
    }
}

/// The secret that the settings name, or one that is asked for.
pub(crate) fn given(context: &Context) -> Result<Given, Failure> {
    Ok(match &context.settings.secret {
        SecretSource::KeyFile(path) => Given::KeyFile(read_key_file(path)?),
        SecretSource::PassphraseFile(path) => Given::Passphrase(prompt::from_file(path)?),
        SecretSource::PassphraseFd(fd) => Given::Passphrase(prompt::from_descriptor(*fd)?),
        SecretSource::Prompt => {
            Given::Passphrase(prompt::ask(context.output.messages(), &context.cancel)?)
        }
    })
}

/// Reads a key file.
pub(crate) fn read_key_file(path: &Path) -> Result<KeyFile, Failure> {
    let mut text = read_small(path)?;
    let parsed = KeyFile::parse(&text);
    text.zeroize();
    parsed.map_err(|_| Failure::at(Code::NotKeyFile, path))
}

/// An error of the key store; those that are about the whole of it name its directory.
pub(crate) fn here(context: &Context, error: &sealkeep_keystore::Error) -> Failure {
    let mut failure = classify::store(error);
    if let sealkeep_keystore::Error::Refused(refusal) = error {
        failure.subject = refusals::text(refusal, context.output.messages());
    }
    // There is no such error without a store.
    let dir = context.settings.keystore.as_deref().unwrap_or(Path::new(""));
    if failure.subject.is_empty() && !ABOUT_SOMETHING_ELSE.contains(&failure.code) {
        failure.subject = dir.display().to_string();
    }
    // SQLite calls it an I/O error when there is no room for its index of the log.
    if failure.code == Code::Io && is_full(dir) {
        failure.code = Code::NoSpace;
    }
    failure
}

/// What is not about the whole store.
const ABOUT_SOMETHING_ELSE: [Code; 3] = [Code::SharesRefused, Code::NotAStatement, Code::Statement];

/// A file that cannot be large: key files and shares are a line or a page of text.
pub(crate) fn read_small(path: &Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    let mut text = Vec::with_capacity(SMALL);
    let file = std::fs::File::open(path).map_err(|error| Failure::io(path, &error))?;
    file.take(SMALL as u64).read_to_end(&mut text).map_err(|error| Failure::io(path, &error))?;
    Ok(text)
}

/// Warns when one of `data` lies on the device of the key store or its cell: a fire, a thief or a
/// failed disk then takes both. Returns whether that is so, for the report.
pub(crate) fn warn_shared_device(context: &Context, data: &[&Path]) -> bool {
    let Ok(location) = location(context) else { return false };
    let store = [device(&location.dir), device(&location.cell)];
    let shared = data.iter().find(|path| {
        let here = device(path);
        here.is_some() && store.contains(&here)
    });
    if let Some(path) = shared {
        let (data, keys) = (path.display().to_string(), location.dir.display().to_string());
        context.output.warn(
            "W-SHARED-DEVICE",
            "warn-shared-device",
            &[("data", &data), ("keys", &keys)],
        );
    }
    shared.is_some()
}

/// The device of `path`, or of the nearest folder above it that exists.
fn device(path: &Path) -> Option<u64> {
    let absolute: PathBuf = std::path::absolute(path).ok()?;
    absolute.ancestors().find_map(|path| std::fs::metadata(path).ok()).map(|found| found.dev())
}

fn is_full(path: &Path) -> bool {
    rustix::fs::statvfs(path).is_ok_and(|disk| disk.f_bavail * disk.f_frsize < SMALL as u64)
}

const SMALL: usize = 64 * 1024;
