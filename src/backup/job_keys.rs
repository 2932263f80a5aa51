//! Under which key each new version is sealed.

use sealkeep_crypto::Secret;
use sealkeep_keystore::{KeyId, KeyState};

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
            // What may not be opened stays as it is classified.
            Some(Err(why)) if matches!(job.input, Input::Known(_)) => Some(why),
            Some(Ok(state)) if matches!(job.input, Input::Known(_)) => {
                Some(Unavailable::NotUsable(state))
            }
            Some(other) => {
                // A new generation; of a held object, one that is held too.
                job.born_held = matches!(other, Err(Unavailable::Held));
                (job.reuse, job.first) = (None, started);
                None
            }
        });
    }
    let old: Vec<KeyId> = jobs.iter().filter_map(|job| job.reuse).collect();
    let mut old = keys.open_many(&old).map_err(Error::Keys)?.into_iter();
    let fresh: Vec<(&str, &[u8])> = jobs
        .iter()
        .filter(|job| job.reuse.is_none())
        .map(|job| (job.class.scope.as_str(), LABEL))
        .collect();
    let made = keys.create_in(vault.suite(), &fresh).map_err(Error::Keys)?;
    let mut made = made.into_iter();
    let mut all = Vec::with_capacity(jobs.len());
    let mut held = Vec::new();
    for (job, refused) in jobs.iter().zip(refused) {
        let key = match job.reuse {
            Some(id) => old.next().expect("one for each").map(|(_, key)| (id, key)),
            None => Ok(made.next().expect("one for each")),
        };
        if job.born_held
            && let Ok((id, _)) = &key
        {
            held.push(*id);
        }
        all.push(match refused {
            Some(why) => Err(why),
            None => key,
        });
    }
    if !held.is_empty() {
        keys.hold(&held).map_err(Error::Keys)?;
    }
    Ok(all)
}

/// Every key that a backup makes is called so in the key store.
const LABEL: &[u8] = b"vault";
