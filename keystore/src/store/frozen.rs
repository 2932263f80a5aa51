//! The frozen list of a request, held against what the store itself knows of its keys.

use std::collections::HashMap;

use sealkeep_crypto::Suite;

use super::batch::Batch;
use super::facts::{KeyFacts, facts_of};
use super::govern::is_wiped;
use crate::approval::inventory::{ItemKind, Reader};
use crate::approval::{Item, Summary};
use crate::error::{Error, Result};
use crate::id::{IdCipher, KeyId};
use crate::pager::PageSource;
use crate::state::KeyState;
use crate::txn::Txn;

/// How far the request of a list has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its destruction has not begun.
    Open,
    /// It has: that is durable.
    Begun,
}

/// An inventory whose lines were read: nothing in it is believed before it was [checked](Frozen::check).
pub(super) struct Frozen {
    pub(super) summary: Summary,
    /// Keys and scopes that the store destroys, in order.
    pub(super) targets: Vec<KeyId>,
    /// Every key that is listed, those of listed scopes too.
    pub(super) keys: Vec<KeyId>,
    /// Numbers of the items that are overwritten.
    pub(super) wiped: Vec<u64>,
    level: u8,
    /// Items that are keys, and scopes.
    items: Vec<Item>,
}

impl Frozen {
    /// Reads the lines of an inventory, each ended by a line feed or by the end.
    ///
    /// # Errors
    /// [`Error::Inventory`].
    pub(super) fn read(suite: Suite, lines: &str) -> Result<Self> {
        let mut reader = Reader::new(suite);
        let (mut items, mut wiped) = (Vec::new(), Vec::new());
        for line in lines.lines() {
            let item = reader.push(line)?;
            if is_wiped(&item) {
                wiped.push(item.item);
            }
            if item.key.is_some() || item.kind == ItemKind::Scope {
                items.push(item);
            }
        }
        let inventory = reader.finish()?;
        let keys = items.iter().filter_map(|item| item.key).collect();
        let (summary, targets, level) = (inventory.summary, inventory.targets, inventory.level);
        Ok(Self { summary, targets, keys, wiped, level, items })
    }

    /// Items that are keys, and scopes.
    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    /// Whether this is the list that a request names: root, targets, counts and level.
    ///
    /// # Errors
    /// [`Error::OtherInventory`].
    pub(super) fn belongs_to(&self, summary: &Summary, level: u8) -> Result<()> {
        if self.summary == *summary && self.level == level {
            Ok(())
        } else {
            Err(Error::OtherInventory)
        }
    }

    /// Holds every line against the store's own pages: each key and scope must be there, not on hold, and what its line
    /// says; a scope must have no keys but those that are listed. Once the destruction has begun, a key must only be there and
    /// be the same.
    ///
    /// # Errors
    /// [`Error::Stale`] for the first item that is not what its line says.
    pub(super) fn check<S: PageSource>(
        &self,
        txn: &mut Txn<'_, S>,
        ids: &IdCipher,
        request: [u8; 32],
        stage: Stage,
    ) -> Result<()> {
        let mut listed: HashMap<KeyId, u32> = HashMap::new();
        let found = facts_of(txn, ids, &self.keys)?;
        let keys = self.items.iter().filter(|item| item.key.is_some());
        for (item, facts) in keys.zip(found) {
            let stale = |why: &str| Error::Stale { item: item.item, why: why.to_owned() };
            let facts = facts.map_err(|error| stale(&error.to_string()))?;
            if facts.waits_for.is_some_and(|other| other != request) {
                return Err(stale("another request is about to destroy it"));
            }
            is_same(item, &facts).map_err(stale)?;
            if stage == Stage::Open {
                fits(item, &facts).map_err(stale)?;
            }
            *listed.entry(facts.scope).or_default() += 1;
        }
        let scopes = self.items.iter().filter(|item| item.kind == ItemKind::Scope);
        for item in scopes {
            let stale = |why: &str| Error::Stale { item: item.item, why: why.to_owned() };
            let id = item.scope.ok_or_else(|| stale("names no scope"))?;
            let batch = Batch::of(ids, &[id]);
            let [(_, at)] = batch.scopes[..] else { return Err(stale("names no scope")) };
            let scope = txn.scope(at.scope)?.filter(|scope| scope.incarnation == at.incarnation);
            let scope = scope.ok_or_else(|| stale("its scope is lost"))?;
            if scope.tombstone().is_some() {
                return Err(stale("its scope is destroyed"));
            }
            if stage == Stage::Open {
                if scope.held || txn.holds_a_key(at.scope, &scope)? {
                    return Err(stale("its scope is on hold"));
                }
                if item.level < Some(scope.level) {
                    return Err(stale("its scope is not what the line says"));
                }
            }
            if scope.pending.is_some_and(|other| other != request) {
                return Err(stale("another request is about to destroy its scope"));
            }
            let living = txn.living_keys(at.scope, &scope)?;
            if living != listed.get(&id).copied().unwrap_or(0) {
                return Err(stale("its scope has other keys than are listed"));
            }
        }
        Ok(())
    }
}

/// Whether a key is the one of its line.
fn is_same(item: &Item, facts: &KeyFacts) -> std::result::Result<(), &'static str> {
    let same = item.scope == Some(facts.scope)
        && item.suite == Some(facts.suite)
        && item.created == Some(facts.created);
    if same { Ok(()) } else { Err("its key is not what the line says") }
}

/// Whether a key is as its line says. Freezing and waiting may have changed its state since.
fn fits(item: &Item, facts: &KeyFacts) -> std::result::Result<(), &'static str> {
    if facts.held || item.held {
        return Err("it is on hold");
    }
    let was = facts.before.unwrap_or(facts.state);
    let frozen = item.state == Some(KeyState::Active) && was == KeyState::Deactivated;
    if item.state != Some(was) && !frozen {
        return Err("its state is another one");
    }
    if item.level < Some(facts.level) {
        return Err("its scope is classified higher than the line says");
    }
    Ok(())
}
