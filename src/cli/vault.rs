//! Opening the vault that the settings name, with the key store that they name; finding snapshots in it.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealkeep::backup::restore::RestoreError;
use sealkeep::keys::StoreKeys;
use sealkeep::vault::{
    About, Access, CATALOGUE, Directory, Lock, SnapshotFile, SnapshotId, Storage, Vault, VaultFile,
};

use crate::cli::args::Which;
use crate::cli::exit::Code;
use crate::cli::failure::Failure;
use crate::cli::messages::Args;
use crate::cli::{Context, classify, cmd, store};

/// A vault that was found, not opened yet: nobody was asked for a passphrase.
pub(crate) struct Found {
    /// Where it lies.
    pub(crate) dir: PathBuf,
    /// What it is.
    pub(crate) file: VaultFile,
    storage: Arc<dyn Storage>,
}

/// A vault that is open.
pub(crate) struct Opened {
    /// Where it lies.
    pub(crate) dir: PathBuf,
    /// The vault.
    pub(crate) vault: Vault,
    /// Its source of keys, to ask what became of the copies of the key store.
    pub(crate) keys: Arc<StoreKeys>,
}

/// A snapshot and what is known of it.
pub(crate) struct Snapshot {
    /// Its file.
    pub(crate) file: SnapshotFile,
    /// What its maker said.
    pub(crate) about: About,
}

/// Where the vault lies.
///
/// # Errors
/// `E-NO-VAULT` when nothing names it.
pub(crate) fn location(context: &Context) -> Result<PathBuf, Failure> {
    context.settings.vault.clone().ok_or_else(|| Failure::new(Code::NoVault, ""))
}

/// Finds the vault.
///
/// # Errors
/// `E-NO-VAULT`, `E-VAULT-MISSING`, `E-NOT-A-VAULT`, and what reading it can end with.
pub(crate) fn find(context: &Context) -> Result<Found, Failure> {
    let dir = location(context)?;
    let told = |error: sealkeep::vault::Error| classify::vault(&dir, &error);
    if !dir.exists() {
        return Err(Failure::at(Code::VaultMissing, &dir));
    }
    let storage: Arc<dyn Storage> = Arc::new(Directory::open(&dir).map_err(told)?);
    let file = VaultFile::read(&*storage).map_err(told)?;
    Ok(Found { dir, file, storage })
}

impl Found {
    /// Its files.
    pub(crate) fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// What an error of the vault means here.
    pub(crate) fn failure(&self, error: &sealkeep::vault::Error, context: &Context) -> Failure {
        failure(&self.dir, error, context)
    }

    /// Opens it, with the key store.
    ///
    /// # Errors
    /// Those of opening the key store; `E-VAULT-BUSY` and others of the vault.
    pub(crate) fn open(self, lock: Lock, context: &Context) -> Result<Opened, Failure> {
        let keys = Arc::new(StoreKeys::new(store::open(context)?));
        let shared = Arc::clone(&keys);
        let access = access(&self.dir, lock, context);
        let vault = Vault::open(self.storage, shared, access)
            .map_err(|error| classify::vault(&self.dir, &error))?;
        Ok(Opened { dir: self.dir, vault, keys })
    }
}

/// Finds the vault and opens it together with others.
///
/// # Errors
/// As [`find`] and [`Found::open`].
pub(crate) fn open(context: &Context) -> Result<Opened, Failure> {
    find(context)?.open(Lock::Shared, context)
}

/// How the vault in this folder is opened. A copy has no folder of listings, and is given none: it would be foreign there.
pub(crate) fn access(dir: &Path, lock: Lock, context: &Context) -> Access {
    let catalogue = Some(dir.join(CATALOGUE)).filter(|path| path.is_dir());
    Access { lock, wait: context.settings.wait, catalogue }
}

/// Makes the folder of listings of a new vault.
///
/// # Errors
/// What the system says.
pub(crate) fn make_catalogue(dir: &Path) -> Result<(), Failure> {
    let path = dir.join(CATALOGUE);
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path);
    made.map_err(|error| Failure::io(&path, &error))
}

impl Opened {
    /// What an error of the vault means here.
    pub(crate) fn failure(&self, error: &sealkeep::vault::Error, context: &Context) -> Failure {
        failure(&self.dir, error, context)
    }

    /// The snapshots, oldest first; those that are damaged, or whose key does not open, are warned of.
    ///
    /// # Errors
    /// When the vault or the key store cannot be read.
    pub(crate) fn snapshots(&self, context: &Context) -> Result<Vec<Snapshot>, Failure> {
        let told = |error| self.failure(&error, context);
        let (files, bad) = self.vault.snapshots().map_err(told)?;
        for (name, error) in &bad {
            let reason = error.to_string();
            let args: Args<'_> = &[("name", name), ("reason", &reason)];
            context.output.warn("W-SNAPSHOT", "warn-snapshot", args);
        }
        let about = self.vault.about(&files).map_err(told)?;
        let mut snapshots = Vec::with_capacity(files.len());
        for (file, about) in files.into_iter().zip(about) {
            match about {
                Ok(about) => snapshots.push(Snapshot { file, about }),
                Err(why) => {
                    let (name, reason) = (file.id.to_string(), why.to_string());
                    let args: Args<'_> = &[("name", &name), ("reason", &reason)];
                    context.output.warn("W-SNAPSHOT", "warn-snapshot", args);
                }
            }
        }
        Ok(snapshots)
    }

    /// Warns of live copies of the key store that could not be brought up to date.
    pub(crate) fn warn_behind(&self, context: &Context) {
        cmd::warn_behind(&self.keys.copies(), context);
    }
}

/// What an error of the vault or copy at `dir` means; a signal is told as the signal it was.
pub(crate) fn failure(dir: &Path, error: &sealkeep::vault::Error, context: &Context) -> Failure {
    match error {
        sealkeep::vault::Error::Cancelled if context.cancel.is_asked() => context.cancel.failure(),
        _ => classify::vault(dir, error),
    }
}

/// What it means that `path` could not be restored from the vault at `dir`.
pub(crate) fn restore_failure(
    path: &Path,
    dir: &Path,
    error: &RestoreError,
    context: &Context,
) -> Failure {
    match error {
        RestoreError::Place(error) => classify::place(path, error),
        RestoreError::Vault(error) => match failure(dir, error, context) {
            // What is damaged is the vault; what is concerned is this.
            damaged if damaged.code == Code::VaultDamaged => {
                Failure::at(Code::RestoreDamaged, path).because(error)
            }
            failure => failure,
        },
        RestoreError::Damaged(_) => Failure::at(Code::RestoreDamaged, path).because(error),
        RestoreError::Key(why) => classify::unavailable(path, why),
        RestoreError::Outside => Failure::at(Code::NotInSnapshot, path).because(error),
        _ => Failure::at(Code::Unexpected, path).because(error),
    }
}

impl Snapshot {
    /// The first digits of the id, as people type it.
    pub(crate) fn short(&self) -> String {
        short(self.file.id)
    }

    /// The sources on a line; of very many, the first ones.
    pub(crate) fn sources(&self) -> String {
        let all = &self.about.sources;
        let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(" ");
        if all.len() > SHOWN { format!("{shown} … (+{})", all.len() - SHOWN) } else { shown }
    }

    fn is(&self, which: &Which) -> bool {
        let tags = which.tag.iter().all(|tag| self.about.tags.contains(tag));
        let sources = which.source.iter().all(|source| {
            let source = std::path::absolute(source).unwrap_or_else(|_| source.clone());
            self.about.sources.iter().any(|one| Path::new(one) == source)
        });
        tags && sources && which.host.as_ref().is_none_or(|host| *host == self.about.host)
    }
}

/// The first digits of a snapshot's id.
pub(crate) fn short(id: SnapshotId) -> String {
    id.to_string()[..SHORT].to_owned()
}

/// Those of the snapshots that were asked for, in their order.
pub(crate) fn filter(mut snapshots: Vec<Snapshot>, which: &Which) -> Vec<Snapshot> {
    snapshots.retain(|snapshot| snapshot.is(which));
    snapshots
}

/// The place of the snapshot that `name` means: `latest`, or the beginning of an id.
///
/// # Errors
/// `E-SNAPSHOT-UNKNOWN`, `E-SNAPSHOT-AMBIGUOUS`.
pub(crate) fn pick(snapshots: &[Snapshot], name: &str, which: &Which) -> Result<usize, Failure> {
    let unknown = || Failure::new(Code::SnapshotUnknown, name);
    if name == LATEST {
        let newest = |snapshot: &Snapshot| snapshot.file.complete && snapshot.is(which);
        return snapshots.iter().rposition(newest).ok_or_else(unknown);
    }
    let meant = |snapshot: &Snapshot| snapshot.file.id.to_string().starts_with(name);
    let mut found = snapshots.iter().enumerate().filter(|(_, snapshot)| meant(snapshot));
    match (name.is_empty(), found.next(), found.next()) {
        (false, Some((at, _)), None) => Ok(at),
        (false, Some(_), Some(_)) => Err(Failure::new(Code::SnapshotAmbiguous, name)),
        _ => Err(unknown()),
    }
}

const LATEST: &str = "latest";
const SHORT: usize = 8;
/// Sources on a line.
const SHOWN: usize = 3;
