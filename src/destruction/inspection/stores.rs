//! The key store itself, its copies, and older states of it.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::ops::ControlFlow;

use sealkeep_keystore::record::Place;
use sealkeep_keystore::{self as keystore, KeyFilter, KeyId, KeyState, KeyStore, Location};

use super::count::Counts;
use super::{DESTROYED, InspectOptions};
use crate::destruction::error::{Error, Result};
use crate::keys::{StoreKeys, Unavailable, VaultKeys};

/// Asks the key store for every key.
///
/// # Errors
/// If it cannot be read.
pub(super) fn inspect(keys: &StoreKeys, wanted: &[KeyId], sample: usize) -> Result<Place> {
    let mut counts = Counts::reached();
    try_keys(keys, wanted, &mut counts)?;
    let (dead, mut others): (HashSet<&KeyId>, _) = (wanted.iter().collect(), Vec::new());
    let filter =
        KeyFilter { state: Some(KeyState::Active), held: Some(false), ..KeyFilter::default() };
    keys.with(|store| {
        store.keys(&filter, |key| {
            others.extend(Some(key.id).filter(|id| !dead.contains(id)));
            if others.len() < sample { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    })?;
    for one in keys.open_many(&others).map_err(Error::Keys)? {
        // What the policy restricts is closed by right.
        if !matches!(one, Err(Unavailable::Restricted)) {
            counts.other(one.is_ok());
        }
    }
    let (id, dir) = keys.with(|store| {
        let id = store.status().map(|status| status.peek.store);
        (id, store.location().dir.to_string_lossy().into_owned())
    });
    Ok(counts.place("keystore", &data_encoding::HEXLOWER.encode(&id?), &dir))
}

/// Asks for keys, so many at a time that recording it does not count.
///
/// # Errors
/// If the key store cannot be read, or that keys were asked for cannot be recorded.
pub(super) fn try_keys(keys: &StoreKeys, wanted: &[KeyId], counts: &mut Counts) -> Result<()> {
    for some in wanted.chunks(AT_ONCE) {
        for one in keys.open_many(some).map_err(Error::Keys)? {
            counts.key(&one);
        }
    }
    Ok(())
}

/// Looks into a copy, or an older state, as it lies there. Nothing if that could not be done.
pub(super) fn inspect_copy(
    location: &Location,
    wanted: &[KeyId],
    options: &InspectOptions<'_>,
) -> Option<Counts> {
    let mut counts = Counts::reached();
    let mut all = |reason: &str| wanted.iter().for_each(|_| counts.refused(reason));
    match KeyStore::examine(location, options.unlock?, wanted, options.wait) {
        // What was there before may be read with the root that is still in the cell.
        Ok(examined) if examined.unsettled => all("unsettled"),
        Ok(examined) => {
            for key in examined.keys {
                match key {
                    Ok(_) => counts.opened(),
                    Err(keystore::Error::Destroyed { .. }) => counts.refused(DESTROYED),
                    // Made after this state: it was never there, so there is nothing to try.
                    Err(keystore::Error::Lost(_)) => {}
                    Err(_) => counts.refused("foreign"),
                }
            }
        }
        // The root of this state was erased from the cell, and with it every key was destroyed that this state holds.
        Err(keystore::Error::DatabaseRolledBack { .. }) => all(DESTROYED),
        Err(keystore::Error::WrongCustody) => all("wrong-custody"),
        Err(keystore::Error::NotAStore(_) | keystore::Error::NotACopy(_)) => return None,
        Err(keystore::Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
            return None;
        }
        Err(_) => all("damaged"),
    }
    Some(counts)
}

/// Keys that are asked for in one act.
pub(super) const AT_ONCE: usize = 16_384;
