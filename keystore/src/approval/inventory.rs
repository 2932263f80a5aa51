//! Inventories: the frozen list of what is to be destroyed (`docs/spec/approval.md` §6).

mod line;
#[cfg(test)]
mod tests;

pub(super) use line::is_method;
pub use line::{Extra, ItemDigest, ItemKind, Method, NotALine};

use std::collections::{BTreeMap, HashSet};

use sealkeep_crypto::{Suite, hash};

use super::digest::Digest;
use super::request::Summary;
use crate::id::KeyId;
use crate::ledger::{Frontier, leaf_hash};
use crate::state::KeyState;

/// One item of an inventory, as its line says it.
///
/// What is `None` is written `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its place in the list, from 0.
    pub item: u64,
    /// What it is.
    pub kind: ItemKind,
    /// The key that dies.
    pub key: Option<KeyId>,
    /// The scope that it is in, or that dies.
    pub scope: Option<KeyId>,
    /// The key's state.
    pub state: Option<KeyState>,
    /// Whether it is on hold.
    pub held: bool,
    /// Its level, 0 to 5.
    pub level: Option<u8>,
    /// The suite of its key.
    pub suite: Option<Suite>,
    /// When the key was made, Unix seconds.
    pub created: Option<u64>,
    /// Bytes of ciphertext, or of the file.
    pub size: Option<u64>,
    /// Digest of the ciphertext.
    pub digest: Option<ItemDigest>,
    /// Keyed digest of the name.
    pub tag: Option<[u8; 16]>,
    /// How it is destroyed.
    pub method: Method,
    /// Places in the request's `copies`, ascending.
    pub copies: Vec<u32>,
    /// The class of its record in the retention policy, for `object`.
    pub class: Option<Extra>,
    /// From when on it need not be kept any more by that policy, Unix seconds; for `object` with a class.
    pub due: Option<u64>,
    /// What else is known, for `medium`.
    pub extra: Option<Extra>,
}

/// Bytes that a line may have.
pub const MAX_LINE: usize = 4096;

/// Items that an inventory may have.
pub const MAX_ITEMS: u64 = 10_000_000;

/// Why a list is not an inventory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAnInventory {
    /// A line cannot be read.
    #[error("item {item}: {why}")]
    Line {
        /// Its place.
        item: u64,
        /// What is wrong.
        why: NotALine,
    },
    /// An item does not stand where its number says.
    #[error("item {0} is not in its place")]
    Order(u64),
    /// There are none.
    #[error("an inventory without items")]
    Empty,
    /// There are more than [`MAX_ITEMS`].
    #[error("an inventory has at most {MAX_ITEMS} items")]
    TooLong,
    /// The sizes do not fit into a number.
    #[error("the sizes are too large")]
    Sizes,
}

/// Reads an inventory item by item and keeps what a request says of it.
#[derive(Clone, Debug)]
pub struct Reader {
    suite: Suite,
    frontier: Frontier,
    bytes: u64,
    level: u8,
    held: bool,
    kinds: BTreeMap<ItemKind, u64>,
    targets: Targets,
}

/// What is found by reading a whole inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// What the request repeats.
    pub summary: Summary,
    /// The highest level.
    pub level: u8,
    /// Whether an item is on hold.
    pub held: bool,
    /// The ids that the key store destroys, in order.
    pub targets: Vec<KeyId>,
}

impl Reader {
    /// Nothing read yet.
    #[must_use]
    pub fn new(suite: Suite) -> Self {
        Self {
            suite,
            frontier: Frontier::new(suite),
            bytes: 0,
            level: 0,
            held: false,
            kinds: BTreeMap::new(),
            targets: Targets::default(),
        }
    }

    /// Takes the next line, without its line feed.
    ///
    /// # Errors
    /// [`NotAnInventory`].
    pub fn push(&mut self, line: &str) -> Result<Item, NotAnInventory> {
        let number = self.frontier.size();
        let item = Item::parse(line).map_err(|why| NotAnInventory::Line { item: number, why })?;
        if number >= MAX_ITEMS {
            return Err(NotAnInventory::TooLong);
        }
        if item.item != number {
            return Err(NotAnInventory::Order(number));
        }
        let bytes = self.bytes.checked_add(item.size.unwrap_or(0)).ok_or(NotAnInventory::Sizes)?;
        self.bytes = bytes;
        self.level = self.level.max(item.level.unwrap_or(0));
        self.held |= item.held;
        *self.kinds.entry(item.kind).or_default() += 1;
        self.targets.take(&item);
        self.frontier.push(leaf_hash(self.suite, line.as_bytes()));
        Ok(item)
    }

    /// What all lines together are.
    ///
    /// # Errors
    /// `Empty`.
    pub fn finish(self) -> Result<Inventory, NotAnInventory> {
        if self.frontier.size() == 0 {
            return Err(NotAnInventory::Empty);
        }
        let targets = self.targets.finish();
        let summary = Summary {
            root: Digest(self.frontier.root()),
            items: self.frontier.size(),
            bytes: self.bytes,
            targets: targets_digest(self.suite, &targets),
            kinds: self.kinds,
        };
        Ok(Inventory { summary, level: self.level, held: self.held, targets })
    }
}

/// Reads a whole inventory.
///
/// # Errors
/// [`NotAnInventory`].
pub fn read<'l>(
    suite: Suite,
    lines: impl IntoIterator<Item = &'l str>,
) -> Result<Inventory, NotAnInventory> {
    let mut reader = Reader::new(suite);
    for line in lines {
        reader.push(line)?;
    }
    reader.finish()
}

/// The root of the tree over these lines.
#[must_use]
pub fn root<'l>(suite: Suite, lines: impl IntoIterator<Item = &'l str>) -> Digest {
    let mut frontier = Frontier::new(suite);
    for line in lines {
        frontier.push(leaf_hash(suite, line.as_bytes()));
    }
    Digest(frontier.root())
}

/// The ids that the key store destroys for these items, each once, in the order of the items: scopes that are items, and
/// keys whose scopes are not.
#[must_use]
pub fn targets<'i>(items: impl IntoIterator<Item = &'i Item>) -> Vec<KeyId> {
    let mut targets = Targets::default();
    items.into_iter().for_each(|item| targets.take(item));
    targets.finish()
}

/// H over the ids in order.
#[must_use]
pub fn targets_digest(suite: Suite, targets: &[KeyId]) -> Digest {
    let parts: Vec<&[u8]> = targets.iter().map(|id| &id.0[..]).collect();
    Digest(hash(suite, &parts))
}

/// Candidates for targets: the id, and for keys the scope that may make them unnecessary.
#[derive(Clone, Debug, Default)]
struct Targets {
    candidates: Vec<(KeyId, Option<KeyId>)>,
    scopes: HashSet<KeyId>,
}

impl Targets {
    fn take(&mut self, item: &Item) {
        match (item.kind, item.key, item.scope) {
            (ItemKind::Scope, _, Some(scope)) => {
                self.scopes.insert(scope);
                self.candidates.push((scope, None));
            }
            (ItemKind::Object | ItemKind::Sealed | ItemKind::Key, Some(key), scope) => {
                self.candidates.push((key, scope));
            }
            _ => {}
        }
    }

    fn finish(self) -> Vec<KeyId> {
        let mut seen = HashSet::with_capacity(self.candidates.len());
        let covered = |scope: &Option<KeyId>| scope.is_some_and(|id| self.scopes.contains(&id));
        let left = self.candidates.iter().filter(|(_, scope)| !covered(scope));
        left.map(|(id, _)| *id).filter(|id| seen.insert(*id)).collect()
    }
}
