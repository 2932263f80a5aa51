//! What a backup will do: options, sources, and the snapshots that it is compared with.

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use crate::tree::path_of;
use crate::vault::{About, Result, RulesUsed, SnapshotFile, SnapshotId, Vault};

use super::filter::{Filter, FilterOptions};
use super::report::{BackupFailure, ObjectError};
use super::rules::Rules;
use super::walk::Source;

/// How a backup is made.
#[derive(Debug)]
pub struct BackupOptions {
    /// What the administrator calls the snapshot.
    pub tags: Vec<String>,
    /// Name of this machine.
    pub host: String,
    /// Name of the account.
    pub user: String,
    /// Scopes, levels and what else follows from a path.
    pub rules: Rules,
    /// What to leave out.
    pub filter: FilterOptions,
    /// Folders and files that are never backed up, whatever is asked for: the vault itself, the key store and its root cell.
    pub own: Vec<PathBuf>,
    /// Reads everything, even what seems unchanged.
    pub reread: bool,
    /// Takes up again what is at the path of a destroyed object, under a new key.
    pub renew_destroyed: bool,
    /// A checkpoint is left each time that so long has passed.
    pub checkpoint: Duration,
    /// Compares and counts, and writes nothing.
    pub dry_run: bool,
}

impl BackupOptions {
    /// Options by which everything is taken, with these rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            tags: Vec::new(),
            host: String::new(),
            user: String::new(),
            rules,
            filter: FilterOptions { caches: false, ..FilterOptions::default() },
            own: Vec::new(),
            reread: false,
            renew_destroyed: false,
            checkpoint: Duration::from_secs(600),
            dry_run: false,
        }
    }
}

/// A backup that can be carried out. Nothing has been written.
pub struct BackupPlan<'v> {
    pub(super) vault: &'v Vault,
    pub(super) options: BackupOptions,
    pub(super) filter: Filter,
    pub(super) sources: Vec<Source>,
    pub(super) names: Vec<String>,
    /// Paths of what is never backed up, as objects have them.
    pub(super) own: Vec<Vec<u8>>,
    /// The snapshot before of the same sources.
    pub(super) parent: Option<(SnapshotFile, About)>,
    /// What an interrupted backup of the same sources left since.
    pub(super) checkpoints: Vec<SnapshotFile>,
}

/// Why a backup was not begun.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A source cannot be looked at.
    #[error("{}: {}", .0.path.display(), .0.error)]
    Source(BackupFailure),
    /// The filter is malformed.
    #[error(transparent)]
    Filter(#[from] super::filter::Error),
    /// The vault says no.
    #[error(transparent)]
    Vault(#[from] crate::vault::Error),
}

impl<'v> BackupPlan<'v> {
    /// Looks at the sources and finds what they are to be compared with.
    ///
    /// # Errors
    /// `PlanError`.
    pub fn new(
        vault: &'v Vault,
        sources: &[PathBuf],
        options: BackupOptions,
    ) -> std::result::Result<Self, PlanError> {
        let filter = Filter::new(&options.filter)?;
        let open = |path: &PathBuf| {
            Source::open(path).map_err(|error| {
                let error = ObjectError::from(error);
                PlanError::Source(BackupFailure { path: path.clone(), error })
            })
        };
        let sources: Vec<Source> =
            sources.iter().map(open).collect::<std::result::Result<_, _>>()?;
        let mut names: Vec<String> = sources.iter().map(name).collect();
        names.sort_unstable();
        names.dedup();
        let own = options.own.iter().filter_map(|path| path.canonicalize().ok());
        let own: Vec<Vec<u8>> = own.map(|path| path.as_os_str().as_bytes()[1..].to_vec()).collect();
        if let Some(source) =
            sources.iter().find(|source| own.iter().any(|own| own == source.path()))
        {
            let path = path_of(&[b"/", source.path()].concat());
            return Err(PlanError::Source(BackupFailure { path, error: ObjectError::Own }));
        }
        let (parent, checkpoints) = earlier(vault, &options.host, &names)?;
        Ok(Self { vault, options, filter, sources, names, own, parent, checkpoints })
    }

    /// The snapshot that it will be compared with.
    #[must_use]
    pub fn parent(&self) -> Option<SnapshotId> {
        self.parent.as_ref().map(|(file, _)| file.id)
    }

    /// How many bytes of files there probably are: as many as last time.
    #[must_use]
    pub fn expected_bytes(&self) -> Option<u64> {
        self.parent.as_ref().map(|(_, about)| about.bytes)
    }

    /// The rules, as a snapshot remembers them.
    pub(super) fn rules_used(&self) -> Option<RulesUsed> {
        let version = self.options.rules.version()?;
        let digest = version.digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(RulesUsed { version: version.name.clone(), digest })
    }
}

type Earlier = (Option<(SnapshotFile, About)>, Vec<SnapshotFile>);

/// The newest complete snapshot of these sources, and the checkpoints after it.
fn earlier(vault: &Vault, host: &str, sources: &[String]) -> Result<Earlier> {
    let (files, _) = vault.snapshots()?;
    let about = vault.about(&files)?;
    let (mut parent, mut checkpoints) = (None, Vec::new());
    for (file, about) in files.into_iter().zip(about) {
        let Ok(about) = about else { continue };
        if about.host != host || about.sources != sources {
            continue;
        }
        if file.complete {
            parent = Some((file, about));
            checkpoints.clear();
        } else {
            checkpoints.push(file);
        }
    }
    Ok((parent, checkpoints))
}

fn name(source: &Source) -> String {
    format!("/{}", String::from_utf8_lossy(source.path()))
}
