//! What the key store itself has of chosen scopes.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use sealkeep_keystore::{self as keystore, KeyFilter, KeyId, ScopeInfo};

use crate::destruction::choice::{Choice, Options};
use crate::destruction::error::{Error, Result};
use crate::keys::StoreKeys;

/// Scopes that were chosen, and the keys in them.
#[derive(Default)]
pub(in crate::destruction) struct Scoped {
    /// By id: name, and level.
    pub(super) chosen: BTreeMap<KeyId, ScopeInfo>,
    /// The label of each key that is not destroyed.
    pub(super) keys: HashMap<KeyId, Vec<u8>>,
    /// Names of all scopes that live, by id.
    pub(super) names: HashMap<KeyId, String>,
}

/// Looks up the scopes.
///
/// # Errors
/// `Reserved`; `KeyStore` if there is no such scope.
pub(super) fn scopes(keys: &StoreKeys, options: &Options) -> Result<Scoped> {
    let scopes = keys.with(|store| store.scopes())?;
    let mut found = Scoped::default();
    for scope in &scopes {
        if let Some(name) = &scope.name {
            found.names.insert(scope.id, name.clone());
        }
    }
    for choice in &options.choices {
        let Choice::Scope(wanted) = choice else { continue };
        if is_within(wanted, "sealkeep") {
            return Err(Error::Reserved(wanted.clone()));
        }
        let of =
            |scope: &&ScopeInfo| scope.name.as_ref().is_some_and(|name| is_within(name, wanted));
        let before = found.chosen.len();
        found.chosen.extend(scopes.iter().filter(of).map(|scope| (scope.id, scope.clone())));
        if found.chosen.len() == before {
            return Err(keystore::Error::NoSuchScope(wanted.clone()).into());
        }
        let filter = KeyFilter { scope: Some(wanted.clone()), ..KeyFilter::default() };
        keys.with(|store| {
            store.keys(&filter, |key| {
                if !key.state.is_destroyed() {
                    found.keys.insert(key.id, key.label);
                }
                ControlFlow::Continue(())
            })
        })?;
    }
    Ok(found)
}

/// Whether a scope is this one or one below it.
fn is_within(name: &str, wanted: &str) -> bool {
    name.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
