//! Looking at keys and scopes.

use std::ops::ControlFlow;

use sealkeep_crypto::Suite;

use super::KeyStore;
use super::keys::find;
use crate::error::{Error, Result};
use crate::id::{KeyId, Position, WHOLE_SCOPE};
use crate::leaf::{Body, KeyRecord, Tombstone};
use crate::page::{FAN_OUT, FIRST_SCOPE};
use crate::scope::{ScopeRecord, ScopeTombstone};
use crate::state::KeyState;

/// Everything about a key but the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its id.
    pub id: KeyId,
    /// Name of its scope.
    pub scope: String,
    /// Number within the scope, from 0.
    pub slot: u32,
    /// The suite it was made for.
    pub suite: Suite,
    /// Its state.
    pub state: KeyState,
    /// Whether it or its scope is on hold.
    pub held: bool,
    /// Level of its scope, GB/T 39725 1–5; 0 when not classified.
    pub level: u8,
    /// Unix seconds.
    pub created: u64,
    /// Last change of state or hold, Unix seconds.
    pub changed: u64,
    /// What the caller noted when the key was made, such as a file name. Gone with the key.
    pub label: Vec<u8>,
    /// What is left of a destroyed key.
    pub tombstone: Option<Tombstone>,
    /// Whether a registered copy is known to hold it.
    pub copied: bool,
}

/// Everything about a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeInfo {
    /// Its opaque id, as tombstones name it.
    pub id: KeyId,
    /// Its name; `None` once it is destroyed.
    pub name: Option<String>,
    /// GB/T 39725 level 1–5; 0 when not classified.
    pub level: u8,
    /// Whether it is on hold.
    pub held: bool,
    /// Keys ever made in it.
    pub keys: u32,
    /// Unix seconds.
    pub created: u64,
    /// When its key was last replaced, Unix seconds.
    pub rotated: u64,
    /// What is left of a scope destroyed as a whole.
    pub tombstone: Option<ScopeTombstone>,
}

/// Which keys to list; the default is all.
#[derive(Clone, Debug, Default)]
pub struct KeyFilter {
    /// Only this scope and those below it.
    pub scope: Option<String>,
    /// Only keys in this state.
    pub state: Option<KeyState>,
    /// Only keys made for this suite.
    pub suite: Option<Suite>,
    /// Only keys on hold, or not on hold.
    pub held: Option<bool>,
    /// Only keys whose label contains these bytes.
    pub label: Option<Vec<u8>>,
    /// Only keys that no copy is known to hold.
    pub uncopied: bool,
}

impl KeyStore {
    /// Everything about one key but the key; works for destroyed keys too.
    ///
    /// # Errors
    /// [`Error::NotOfThisStore`], [`Error::Lost`]; [`Error::Destroyed`] only when the whole scope was destroyed
    /// and nothing about the single key is left.
    pub fn key(&mut self, id: &KeyId) -> Result<KeyInfo> {
        let copied = self.copied_up_to()?;
        self.read(|txn, ids| {
            let position = match find(txn, ids, id) {
                Ok(found) => found.position,
                Err(Error::Destroyed { tombstone: Some(tombstone), .. })
                    if tombstone.fingerprint != [0; 16] =>
                {
                    ids.position(id).ok_or(Error::NotOfThisStore(*id))?
                }
                Err(error) => return Err(error),
            };
            let scope = txn.scope(position.scope)?.ok_or(Error::Lost(*id))?;
            let (version, mut records) =
                txn.keys_in_page(position.scope, &scope, position.slot / FAN_OUT)?;
            let record = records.swap_remove((position.slot % FAN_OUT) as usize);
            let name = scope.name().unwrap_or_default();
            Ok(info(*id, name, position.slot, &scope, record, version <= copied))
        })
        .map_err(|error| self.lost_or_destroyed(error))
    }

    /// Calls `each` with every key that passes the filter, by scope and slot, until it breaks.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub fn keys(
        &mut self,
        filter: &KeyFilter,
        mut each: impl FnMut(KeyInfo) -> ControlFlow<()>,
    ) -> Result<()> {
        let copied = self.copied_up_to()?;
        self.read(|txn, ids| {
            for number in FIRST_SCOPE..FIRST_SCOPE + txn.root.scopes {
                let Some(scope) = txn.scope(number)? else { continue };
                let Some(name) = scope.name() else { continue };
                if filter.scope.as_deref().is_some_and(|wanted| !is_below(name, wanted)) {
                    continue;
                }
                for page in 0..scope.count.div_ceil(FAN_OUT) {
                    let (version, records) = txn.keys_in_page(number, &scope, page)?;
                    for (slot, record) in (page * FAN_OUT..).zip(records) {
                        let incarnation = record.incarnation;
                        let id = ids.id(Position { scope: number, slot, incarnation });
                        let info = info(id, name, slot, &scope, record, version <= copied);
                        if filter.passes(&info) && each(info).is_break() {
                            return Ok(());
                        }
                    }
                }
            }
            Ok(())
        })
    }

    /// Every scope, destroyed ones too, in the order in which they were made.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub fn scopes(&mut self) -> Result<Vec<ScopeInfo>> {
        self.read(|txn, ids| {
            let mut scopes = Vec::new();
            for number in FIRST_SCOPE..FIRST_SCOPE + txn.root.scopes {
                let Some(record) = txn.scope(number)? else { continue };
                scopes.push(ScopeInfo {
                    id: ids.id(Position {
                        scope: number,
                        slot: WHOLE_SCOPE,
                        incarnation: record.incarnation,
                    }),
                    name: record.name().map(str::to_owned),
                    level: record.level,
                    held: record.held,
                    keys: record.count,
                    created: record.created,
                    rotated: record.rotated,
                    tombstone: record.tombstone(),
                });
            }
            Ok(scopes)
        })
    }

    /// The opaque id that stands for a whole scope in a list to destroy.
    ///
    /// # Errors
    /// [`Error::NoSuchScope`].
    pub fn scope_id(&mut self, name: &str) -> Result<KeyId> {
        self.read(|txn, ids| {
            let (scope, record) = super::keys::existing_scope(txn, name)?;
            Ok(ids.id(Position { scope, slot: WHOLE_SCOPE, incarnation: record.incarnation }))
        })
    }

    /// The opaque ids of a scope and of all below it that are not destroyed, in the order in which they were made.
    ///
    /// # Errors
    /// [`Error::NoSuchScope`] when there is none.
    pub fn scope_ids(&mut self, name: &str) -> Result<Vec<KeyId>> {
        let is_meant =
            |scope: &ScopeInfo| scope.name.as_ref().is_some_and(|scope| is_below(scope, name));
        let scopes = self.scopes()?.into_iter().filter(is_meant);
        let found: Vec<KeyId> = scopes.map(|scope| scope.id).collect();
        if found.is_empty() { Err(Error::NoSuchScope(name.to_owned())) } else { Ok(found) }
    }
}

impl KeyFilter {
    fn passes(&self, key: &KeyInfo) -> bool {
        let label = |wanted: &Vec<u8>| {
            wanted.is_empty() || key.label.windows(wanted.len()).any(|window| window == wanted)
        };
        self.state.is_none_or(|state| state == key.state)
            && self.suite.is_none_or(|suite| suite == key.suite)
            && self.held.is_none_or(|held| held == key.held)
            && self.label.as_ref().is_none_or(label)
            && !(self.uncopied && (key.copied || key.state.is_destroyed()))
    }
}

fn is_below(name: &str, wanted: &str) -> bool {
    name.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn info(
    id: KeyId,
    scope: &str,
    slot: u32,
    of: &ScopeRecord,
    record: KeyRecord,
    copied: bool,
) -> KeyInfo {
    let label = match &record.body {
        Body::Live { label, .. } => label.expose().to_vec(),
        Body::Dead(_) => Vec::new(),
    };
    KeyInfo {
        id,
        scope: scope.to_owned(),
        slot,
        suite: record.suite,
        state: if of.pending.is_some() { KeyState::PendingDestruction } else { record.state },
        held: record.held || of.held,
        level: of.level,
        created: record.created,
        changed: record.changed,
        label,
        tombstone: record.tombstone(),
        copied,
    }
}
