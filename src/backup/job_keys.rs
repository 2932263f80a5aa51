//! Under which key each new version is sealed.

use std::collections::BTreeMap;

use sealkeep_crypto::Secret;
use sealkeep_keystore::{self as keystore, KeyId, KeyState};

use super::prepare::{Input, Job};
use crate::keys::Unavailable;
use crate::vault::{Error, Result, Vault};

/// The key for each job: that of the version before where it may be used, a new one otherwise. `started` is when the backup began.
///
/// # Errors
/// If the key store cannot be read, or makes no keys.
pub(super) fn keys_for(
    vault: &Vault,
    jobs: &mut [Job],
    started: u64,
) -> Result<Vec<std::result::Result<(KeyId, Secret<32>), Unavailable>>> {
    let keys = vault.keys();
    let wanted: Vec<KeyId> = jobs.iter().filter_map(|job| job.reuse).collect();
    let mut states = keys.states(&wanted).map_err(Error::Keys)?.into_iter();
    let mut refused: Vec<Option<Unavailable>> = Vec::with_capacity(jobs.len());
    for job in jobs.iter_mut() {
        let state = job.reuse.map(|_| states.next().expect("one for each"));
        refused.push(match state {
            Some(Ok(KeyState::Active)) if job.may_reuse => None,
            None | Some(Ok(KeyState::Active)) => {
                job.reuse = None;
                None
            }
            Some(Err(why @ Unavailable::Destroyed(_))) => Some(why),
            Some(Ok(state @ KeyState::PendingDestruction)) => Some(Unavailable::NotUsable(state)),
            // What may not be opened stays as it is classified.
            Some(Err(why)) if matches!(job.input, Input::Known(_)) => Some(why),
            Some(Ok(state)) if matches!(job.input, Input::Known(_)) => {
                Some(Unavailable::NotUsable(state))
            }
            Some(other) => {
                // A new generation; of a held object, one under the same holds.
                job.heir_of = job.reuse.filter(|_| matches!(other, Err(Unavailable::Held)));
                (job.reuse, job.first) = (None, started);
                None
            }
        });
    }
    let made = make(vault, jobs, &mut refused)?;
    classify(vault, jobs, &refused)?;
    let open = jobs.iter().zip(&refused).filter(|(_, refused)| refused.is_none());
    let old: Vec<KeyId> = open.filter_map(|(job, _)| job.reuse).collect();
    let mut old = keys.open_many(&old).map_err(Error::Keys)?.into_iter();
    let mut made = made.into_iter();
    let mut all = Vec::with_capacity(jobs.len());
    let mut heirs = Vec::new();
    for (job, refused) in jobs.iter().zip(refused) {
        let key = match (refused, job.reuse) {
            (Some(why), _) => Err(why),
            (None, Some(id)) => old.next().expect("one for each").map(|(_, key)| (id, key)),
            (None, None) => Ok(made.next().expect("one for each")),
        };
        if let (Some(old), Ok((new, _))) = (job.heir_of, &key) {
            heirs.push((old, *new));
        }
        all.push(key);
    }
    if !heirs.is_empty() {
        keys.inherit_holds(&heirs).map_err(Error::Keys)?;
    }
    Ok(all)
}

/// New keys for those that need one. What belongs into a scope that is to be destroyed as a whole is refused.
fn make(
    vault: &Vault,
    jobs: &[Job],
    refused: &mut [Option<Unavailable>],
) -> Result<Vec<(KeyId, Secret<32>)>> {
    loop {
        let open = jobs.iter().zip(refused.iter()).filter(|(_, refused)| refused.is_none());
        let fresh: Vec<(&str, &[u8])> = open
            .filter(|(job, _)| job.reuse.is_none())
            .map(|(job, _)| (job.class.scope.as_str(), LABEL))
            .collect();
        let error = match vault.keys().create_in(vault.suite(), &fresh) {
            Ok(made) => return Ok(made),
            Err(error) => error,
        };
        let Some(keystore::Error::ScopePending(scope)) = error.downcast_ref() else {
            return Err(Error::Keys(error));
        };
        for (job, refused) in jobs.iter().zip(refused.iter_mut()) {
            if job.class.scope == *scope && job.reuse.is_none() {
                let pending = Unavailable::NotUsable(KeyState::PendingDestruction);
                refused.get_or_insert(pending);
            }
        }
    }
}

/// A scope is at least of the level of what is in it: who must approve its destruction, and who may open it, depends on that.
fn classify(vault: &Vault, jobs: &[Job], refused: &[Option<Unavailable>]) -> Result<()> {
    let mut levels: BTreeMap<&str, u8> = BTreeMap::new();
    // What was refused comes into no scope, so it says nothing of one.
    let taken = jobs.iter().zip(refused).filter(|(_, refused)| refused.is_none());
    for class in taken.map(|(job, _)| &job.class).filter(|class| class.level > 0) {
        let level = levels.entry(&class.scope).or_default();
        *level = class.level.max(*level);
    }
    let levels: Vec<(&str, u8)> = levels.into_iter().collect();
    vault.keys().raise_levels(&levels).map_err(Error::Keys)
}

/// Every key that a backup makes is called so in the key store.
pub(crate) const LABEL: &[u8] = b"vault";
