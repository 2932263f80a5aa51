//! Inspection (销毁安全检测): opening is attempted at every place that can be reached, through the real path. Everything must fail
//! because it was destroyed, and what was not destroyed must open (`docs/spec/approval.md` §9).

mod count;
mod stores;
mod vaults;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use sealkeep_keystore::approval::{CopyOf, Digest, Item, ItemKind};
use sealkeep_keystore::record::{Inspection, Others, Place};
use sealkeep_keystore::{Actor, KeyId, Location, Unlock};

use super::error::{Error, Result};
use super::overwrite::{Left, Overwriting, is_overwritten};
use super::places;
use super::resolve::Sources;
use crate::envelope::Run;
use crate::files;
use crate::vault::now;
use count::Counts;

/// What is inspected.
pub struct InspectOptions<'o> {
    /// Digest of the request.
    pub request: Digest,
    /// Digest of the record of execution.
    pub execution: Digest,
    /// The items of its inventory.
    pub items: &'o [Item],
    /// Where to find what was overwritten; without it, items that were count as not reached.
    pub overwriting: Option<&'o Overwriting>,
    /// A custody, for copies of the key store; without one they count as not reached.
    pub unlock: Option<&'o Unlock<'o>>,
    /// Older or unregistered copies and backups of the key store.
    pub more_stores: Vec<Location>,
    /// Unregistered copies of the vault.
    pub more_vaults: Vec<PathBuf>,
    /// Sealed files that somebody has found.
    pub sealed: Vec<PathBuf>,
    /// How many other objects are tried at each place.
    pub sample: usize,
    /// How long to wait for locks.
    pub wait: Duration,
}

const DESTROYED: &str = "destroyed";

/// Tries to open every item everywhere.
///
/// # Errors
/// If the vault or the key store itself cannot be read, or what is tried cannot be recorded; `Cancelled`. Places that cannot be
/// reached stand in the report.
pub fn inspect(
    sources: &Sources<'_>,
    options: &InspectOptions<'_>,
    run: &Run<'_>,
) -> Result<Inspection> {
    let before = sources.keys.with(|store| {
        let actor = store.actor().clone();
        store.act_as(Actor { operation: OPERATION.to_owned(), ..actor.clone() });
        actor
    });
    let inspected = inspect_all(sources, options, run);
    sources.keys.with(|store| store.act_as(before));
    inspected
}

fn inspect_all(
    sources: &Sources<'_>,
    options: &InspectOptions<'_>,
    run: &Run<'_>,
) -> Result<Inspection> {
    let started = now();
    let keys: Vec<KeyId> = options.items.iter().filter_map(|item| item.key).collect();
    let copies = places::copies(sources.keys, sources.vault)?;
    let mut all = Vec::new();
    if let Some(vault) = sources.vault {
        let id = data_encoding::HEXLOWER.encode(&vault.id());
        let found = vaults::inspect(vault, &keys, options.sample, run)?;
        all.push(found.place("vault", &id, &vault.storage().describe()));
        let registered = copies.iter().filter(|copy| copy.registered.what == CopyOf::VaultCopy);
        for copy in registered {
            let (id, place) = (copy.registered.id.as_str(), copy.registered.place.as_str());
            let found = vaults::inspect_copy(vault, place, &keys, options, run)?;
            let residual = found.is_none().then_some(copy.due).flatten();
            let place = found.unwrap_or_default().place(VAULT_COPY, id, place);
            all.push(Place { residual_until: residual, ..place });
        }
        for path in &options.more_vaults {
            let place = path.to_string_lossy();
            let found = vaults::inspect_copy(vault, &place, &keys, options, run)?;
            all.push(found.unwrap_or_default().place(VAULT_COPY, "-", &place));
        }
    }
    all.push(stores::inspect(sources.keys, &keys, options.sample)?);
    for copy in &copies {
        let Some(status) = &copy.status else { continue };
        let (id, place) = (copy.registered.id.as_str(), copy.registered.place.as_str());
        let reachable = copy.registered.reachable;
        let found = reachable.then(|| stores::inspect_copy(&status.copy.location, &keys, options));
        all.push(found.flatten().unwrap_or_default().place(KEYSTORE_COPY, id, place));
    }
    for location in &options.more_stores {
        let found = stores::inspect_copy(location, &keys, options).unwrap_or_default();
        all.push(found.place(KEYSTORE_COPY, "-", &location.dir.to_string_lossy()));
    }
    all.extend(sealed_files(sources, options, &keys)?);
    all.extend(overwritten(options));
    run.check().map_err(|_| Error::Cancelled)?;
    Ok(Inspection {
        schema: SCHEMA.to_owned(),
        request: options.request.to_string(),
        execution: options.execution.to_string(),
        started,
        ended: now(),
        program: concat!("sealkeep ", env!("CARGO_PKG_VERSION")).to_owned(),
        passed: all.iter().all(passed),
        places: all,
    })
}

/// Whether nothing opened here, everything was refused because it was destroyed, and what must open does.
#[must_use]
pub fn passed(place: &Place) -> bool {
    let destroyed = place.refused.get(DESTROYED).copied().unwrap_or(0);
    let only = place.refused.keys().all(|reason| reason == DESTROYED);
    let Others { tried, opened } = place.others;
    place.opened == 0 && only && destroyed == place.items && tried == opened
}

/// Sealed files that somebody has found: of each, whether its key opens it.
fn sealed_files(
    sources: &Sources<'_>,
    options: &InspectOptions<'_>,
    keys: &[KeyId],
) -> Result<Option<Place>> {
    let mut ids = Vec::new();
    for path in &options.sealed {
        let inspection =
            files::inspect(path).map_err(|source| Error::Sealed { path: path.clone(), source })?;
        ids.push(inspection.header.key_id);
    }
    ids.retain(|id| keys.contains(id));
    if ids.is_empty() {
        return Ok(None);
    }
    let mut counts = Counts::reached();
    stores::try_keys(sources.keys, &ids, &mut counts)?;
    Ok(Some(counts.place(FILE, "sealed", "-")))
}

/// Files and devices that were to be overwritten: for each kind those that were looked at, and the others. Names died with the review
/// key, so there are none here.
fn overwritten(options: &InspectOptions<'_>) -> Vec<Place> {
    let found: HashMap<u64, Left> =
        options.overwriting.into_iter().flat_map(Overwriting::look).collect();
    let mut places = Vec::new();
    for (what, device) in [(FILE, false), (DEVICE, true)] {
        let (mut looked_at, mut not_reached) = (Counts::reached(), Vec::new());
        let of_kind =
            |item: &&Item| is_overwritten(item) && (item.kind == ItemKind::Device) == device;
        for item in options.items.iter().filter(of_kind) {
            match found.get(&item.item) {
                Some(Left::Gone) => looked_at.refused(DESTROYED),
                Some(Left::There) => looked_at.opened(),
                Some(Left::Unknown) | None => not_reached.push(item.item.to_string()),
            }
        }
        places.extend(looked_at.is_any().then(|| looked_at.place(what, OVERWRITTEN, "-")));
        if !not_reached.is_empty() {
            let (shown, more) = not_reached.split_at(not_reached.len().min(NAMED));
            let more = if more.is_empty() { String::new() } else { format!(" (+{})", more.len()) };
            let place = format!("item={}{more}", shown.join(","));
            places.push(Counts::default().place(what, OVERWRITTEN, &place));
        }
    }
    places
}

const SCHEMA: &str = "sealkeep/inspection/v1";
const OPERATION: &str = "inspect";
const VAULT_COPY: &str = "vault-copy";
const KEYSTORE_COPY: &str = "keystore-copy";
const FILE: &str = "file";
const DEVICE: &str = "device";
const OVERWRITTEN: &str = "overwritten";
/// So many items that were not reached are named.
const NAMED: usize = 20;
