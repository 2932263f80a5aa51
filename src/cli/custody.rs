//! Setting up how a store is opened: new passphrases, new key files, recovery shares on paper.

mod kit;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealkeep_crypto::{Argon2Params, SecretVec};
use sealkeep_keystore::{KeyFile, NewCustody, Share, Unlock};
use zeroize::Zeroize;

use crate::cli::exit::Code;
use crate::cli::failure::Failure;
use crate::cli::settings::SecretSource;
use crate::cli::{Context, args, prompt, store};

pub(crate) use kit::Kit;

/// How long one attempt at a passphrase should take on this machine.
const ATTEMPT: Duration = Duration::from_secs(1);

/// A new way to open a store, before it is set up.
pub(crate) enum New {
    /// A passphrase and how hard guessing it is to be made.
    Passphrase(SecretVec, Argon2Params),
    /// A key file.
    KeyFile(KeyFile),
}

impl New {
    /// The same in the key store's words.
    pub(crate) fn custody(&self) -> NewCustody<'_> {
        match self {
            New::Passphrase(secret, params) => {
                NewCustody::Passphrase { secret: secret.expose(), params: *params }
            }
            New::KeyFile(file) => NewCustody::KeyFile(file),
        }
    }

    /// What opens the store once it is set up.
    pub(crate) fn unlock(&self) -> Unlock<'_> {
        match self {
            New::Passphrase(secret, _) => Unlock::Passphrase(secret.expose()),
            New::KeyFile(file) => Unlock::KeyFile(file),
        }
    }

    /// The name of its kind, as `CustodyKind::name` has it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            New::Passphrase(..) => "passphrase",
            New::KeyFile(_) => "key-file",
        }
    }
}

/// What the arguments of `keystore passwd` and `keystore recover` ask for. Key files are written
/// before the store knows them, so that no store ever depends on a file that is not there.
pub(crate) fn new(args: &args::NewCustody, context: &Context) -> Result<New, Failure> {
    if let Some(path) = &args.new_key_file {
        return make_key_file(path);
    }
    let secret = match &args.new_passphrase_file {
        Some(path) => prompt::from_file(path)?,
        None => prompt::ask_new(context.output.messages(), &context.cancel)?,
    };
    Ok(passphrase(secret))
}

/// The same for `init`, where the secret that the settings name is the new one: what opens the
/// store tomorrow is written in one place. A key file that does not exist yet is made.
pub(crate) fn first(args: &args::NewCustody, context: &Context) -> Result<New, Failure> {
    if args.new_key_file.is_some() || args.new_passphrase_file.is_some() {
        return new(args, context);
    }
    match &context.settings.secret {
        SecretSource::Prompt => new(args, context),
        SecretSource::KeyFile(path) if !path.exists() => make_key_file(path),
        _ => Ok(match store::given(context)? {
            store::Given::Passphrase(secret) => passphrase(secret),
            store::Given::KeyFile(file) => New::KeyFile(file),
        }),
    }
}

/// Reads files with a recovery share each.
pub(crate) fn read_shares(files: &[PathBuf]) -> Result<Vec<Share>, Failure> {
    files.iter().map(|path| read_share(path)).collect()
}

fn passphrase(secret: SecretVec) -> New {
    New::Passphrase(secret, Argon2Params::calibrate(ATTEMPT))
}

fn make_key_file(path: &Path) -> Result<New, Failure> {
    let file = KeyFile::generate();
    write_secret(path, file.to_text().expose())?;
    Ok(New::KeyFile(file))
}

fn read_share(path: &Path) -> Result<Share, Failure> {
    let mut bytes = store::read_small(path)?;
    let parsed = match std::str::from_utf8(&bytes) {
        Ok(text) => Share::parse(text).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    bytes.zeroize();
    parsed.map_err(|error| {
        Failure::new(Code::SharesRefused, "").because(format!("{}: {error}", path.display()))
    })
}

/// A new file that only its owner reads, on disk when this returns. Never replaces anything.
fn write_secret(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::io(path, &error);
    let mut file = create(path)?;
    file.write_all(content).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync_folder(folder.unwrap_or(Path::new(".")))
}

/// A new, empty file that only its owner reads. Never replaces anything.
fn create(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o600);
    options.open(path).map_err(|error| Failure::io(path, &error))
}

/// Makes the names in a folder last.
fn sync_folder(folder: &Path) -> Result<(), Failure> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| Failure::io(folder, &error))
}
