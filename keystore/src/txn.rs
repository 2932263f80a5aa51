//! The key tree as one transaction sees it: reads through changed pages, collects changes, seals them.

mod ledger;

pub(crate) use ledger::Stamp;

use std::sync::Arc;

use sealkeep_crypto::{Secret, SecretVec};

use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::leaf::KeyRecord;
use crate::page::{
    Address, BODIES, ChildRef, DIRECTORY, FAN_OUT, FIRST_SCOPE, LEDGER_TREES, NAMES, Tree, low,
};
use crate::pager::{Changes, Dirty, PageSource, Pager};
use crate::records::{children, list};
use crate::root::{RootPage, Top};
use crate::scope::{ScopeBody, ScopeRecord};
use crate::state::KeyState;

pub(crate) use ledger::Log;
#[cfg(test)]
pub(crate) use ledger::child_of_record;
#[cfg(feature = "fuzzing")]
pub(crate) use ledger::read_record;

/// How a commit seals the pages it changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Creates: pages keep their keys, the root cell is not touched.
    Append,
    /// Everything restrictive: each changed page up to the root gets a fresh key, and the root cell a new epoch.
    Epoch,
}

/// A transaction over the key tree.
pub(crate) struct Txn<'a, S: PageSource> {
    source: &'a S,
    pager: &'a mut Pager,
    pub(crate) root: RootPage,
    changes: Changes,
    pub(crate) log: Log,
    /// When it began, if it is to change anything.
    pub(crate) moment: Option<Moment>,
}

/// Sealed pages of a transaction, the root page last, and the key it was sealed under.
pub(crate) struct SealedChanges {
    pub(crate) rows: Vec<(Address, Vec<u8>)>,
    pub(crate) dropped: Vec<Tree>,
    pub(crate) root: RootPage,
    pub(crate) root_key: Secret<32>,
}

impl<'a, S: PageSource> Txn<'a, S> {
    pub(crate) fn new(source: &'a S, pager: &'a mut Pager, root: &RootPage) -> Self {
        let (changes, log) = (Changes::default(), Log::default());
        Self { source, pager, root: root.duplicate(), changes, log, moment: None }
    }

    /// Where its pages come from.
    pub(crate) fn source(&self) -> &'a S {
        self.source
    }

    /// The record of a scope by number.
    pub(crate) fn scope(&mut self, number: u32) -> Result<Option<ScopeRecord>> {
        let Some(slot) = number.checked_sub(FIRST_SCOPE).filter(|slot| *slot < self.root.scopes)
        else {
            return Ok(None);
        };
        self.read(leaf(DIRECTORY, slot), |page| {
            let record = list::get(page, low(slot))?.ok_or_else(|| missing("scope record"))?;
            Ok(Some(ScopeRecord::decode(record)?))
        })
    }

    /// Replaces the record of a scope.
    pub(crate) fn put_scope(&mut self, number: u32, record: &ScopeRecord) -> Result<()> {
        let slot = number - FIRST_SCOPE;
        self.replace(leaf(DIRECTORY, slot), &[(low(slot), record.encode())])
    }

    /// Appends a scope and returns its number.
    pub(crate) fn add_scope(&mut self, record: &ScopeRecord) -> Result<u32> {
        let slot = self.root.scopes;
        let mut top = Top {
            height: self.root.directory.height,
            page: self.root.directory.page.as_ref().map(ChildRef::duplicate),
        };
        self.append(DIRECTORY, slot, &mut top, &[record.encode()])?;
        self.root.directory = top;
        self.root.scopes += 1;
        Ok(FIRST_SCOPE + slot)
    }

    /// The record of a key, if its slot was ever used.
    pub(crate) fn key(
        &mut self,
        scope: u32,
        record: &ScopeRecord,
        slot: u32,
    ) -> Result<Option<KeyRecord>> {
        if slot >= record.count || record.tombstone().is_some() {
            return Ok(None);
        }
        self.read_in(leaf(scope, slot), record, |page| {
            let bytes = list::get(page, low(slot))?.ok_or_else(|| missing("key record"))?;
            Ok(Some(KeyRecord::decode(bytes)?))
        })
    }

    /// Records of keys that stand in one leaf page of a scope, by slot; none where no key was ever made.
    pub(crate) fn keys_at(
        &mut self,
        scope: u32,
        record: &ScopeRecord,
        slots: &[u32],
    ) -> Result<Vec<Option<KeyRecord>>> {
        let made = |slot: &u32| *slot < record.count && record.tombstone().is_none();
        let Some(first) = slots.iter().find(|slot| made(slot)) else {
            return Ok(slots.iter().map(|_| None).collect());
        };
        self.read_in(leaf(scope, *first), record, |page| {
            let records = list::all(page)?;
            let one = |slot: &u32| match records.get(usize::from(low(*slot))) {
                _ if !made(slot) => Ok(None),
                Some(bytes) => Ok(Some(KeyRecord::decode(bytes)?)),
                None => Err(missing("key record")),
            };
            slots.iter().map(one).collect()
        })
    }

    /// Replaces the record of a key.
    pub(crate) fn put_key(&mut self, scope: u32, slot: u32, record: &KeyRecord) -> Result<()> {
        self.replace(leaf(scope, slot), &[(low(slot), record.encode())])
    }

    /// Replaces records of keys that stand in one leaf page, by slot.
    pub(crate) fn put_keys(&mut self, scope: u32, keys: &[(u32, KeyRecord)]) -> Result<()> {
        let Some((first, _)) = keys.first() else { return Ok(()) };
        let new: Vec<_> = keys.iter().map(|(slot, key)| (low(*slot), key.encode())).collect();
        self.replace(leaf(scope, *first), &new)
    }

    /// All key records of one leaf page of a scope, `page` counting from 0.
    pub(crate) fn keys_in_page(
        &mut self,
        scope: u32,
        record: &ScopeRecord,
        page: u32,
    ) -> Result<(u64, Vec<KeyRecord>)> {
        let at = Address::new(scope, 0, page);
        let version = self.reference_in(at, record)?.version;
        self.read_in(at, record, |page| {
            let records = list::all(page)?.into_iter().map(KeyRecord::decode);
            Ok((version, records.collect::<std::result::Result<_, _>>()?))
        })
    }

    /// The keys in one leaf page of a scope that are pending destruction, by slot. Of the others only the state is looked at.
    pub(crate) fn waiting_in_page(
        &mut self,
        scope: u32,
        record: &ScopeRecord,
        page: u32,
    ) -> Result<Vec<(u32, KeyRecord)>> {
        self.read_in(Address::new(scope, 0, page), record, |bytes| {
            let mut waiting = Vec::new();
            for (slot, bytes) in (page * FAN_OUT..).zip(list::all(bytes)?) {
                if KeyRecord::state_of(bytes)? == KeyState::PendingDestruction {
                    waiting.push((slot, KeyRecord::decode(bytes)?));
                }
            }
            Ok(waiting)
        })
    }

    /// Whether any key of a scope is on hold itself. Looks at the flags alone: no key is taken out of its page.
    pub(crate) fn holds_a_key(&mut self, scope: u32, record: &ScopeRecord) -> Result<bool> {
        for page in 0..record.count.div_ceil(FAN_OUT) {
            let held = self.read_in(Address::new(scope, 0, page), record, |page| {
                list::all(page)?
                    .into_iter()
                    .try_fold(false, |held, bytes| Ok(held | KeyRecord::is_held(bytes)?))
            })?;
            if held {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How many keys of a scope are not destroyed. Looks at the states alone.
    pub(crate) fn living_keys(&mut self, scope: u32, record: &ScopeRecord) -> Result<u32> {
        let mut living = 0;
        for page in 0..record.count.div_ceil(FAN_OUT) {
            living += self.read_in(Address::new(scope, 0, page), record, |page| {
                let mut living = 0;
                for bytes in list::all(page)? {
                    living += u32::from(!KeyRecord::state_of(bytes)?.is_destroyed());
                }
                Ok(living)
            })?;
        }
        Ok(living)
    }

    /// Appends keys to a scope; `record` is brought up to date and put back.
    pub(crate) fn add_keys(
        &mut self,
        scope: u32,
        record: &mut ScopeRecord,
        keys: &[SecretVec],
    ) -> Result<()> {
        let ScopeBody::Live { height, top, .. } = &mut record.body else {
            return Err(missing("live scope"));
        };
        let mut tree = Top { height: *height, page: top.take() };
        let appended = self.append(scope, record.count, &mut tree, keys);
        (*height, *top) = (tree.height, tree.page);
        appended?;
        record.count += u32::try_from(keys.len()).map_err(|_| missing("room in the scope"))?;
        self.put_scope(scope, record)
    }

    /// Gives every page of a scope's tree a fresh key at the next commit of [`Kind::Epoch`].
    pub(crate) fn touch_tree(&mut self, scope: u32, record: &ScopeRecord) -> Result<u32> {
        let mut pages = record.count.div_ceil(FAN_OUT);
        let mut touched = 0;
        for level in 0..=height(record) {
            for index in 0..pages {
                self.edit(Address::new(scope, level, index))?;
                touched += 1;
            }
            pages = pages.div_ceil(FAN_OUT);
        }
        Ok(touched)
    }

    /// Drops a scope's whole tree.
    pub(crate) fn drop_tree(&mut self, scope: u32) {
        self.changes.drop_tree(scope);
    }

    /// Seals every changed page and the root page. `version` is the number of this commit.
    pub(crate) fn seal(
        mut self,
        kind: Kind,
        version: u64,
        root_key: &Secret<32>,
    ) -> Result<SealedChanges> {
        let mut rows = Vec::new();
        while let Some((at, dirty)) = self.changes.pop_first() {
            let key = match (kind, dirty.key) {
                (Kind::Append, Some(key)) => key,
                _ => Secret::random(),
            };
            let sealed = self.pager.binding.seal(&key, at, version, dirty.page.expose());
            let hash = self.pager.binding.hash(&sealed);
            self.pager.keep(at, hash, Arc::new(dirty.page));
            rows.push((at, sealed));
            self.set_reference(at, &ChildRef { key, version, hash })?;
        }
        let root_key = match kind {
            Kind::Append => root_key.duplicate(),
            Kind::Epoch => {
                self.root.epoch += 1;
                Secret::random()
            }
        };
        let plain = self.root.encode();
        rows.push((
            Address::ROOT,
            self.pager.binding.seal(&root_key, Address::ROOT, version, plain.expose()),
        ));
        Ok(SealedChanges { rows, dropped: self.changes.dropped, root: self.root, root_key })
    }

    /// Reads a page as this transaction sees it.
    pub(crate) fn read<R>(
        &mut self,
        at: Address,
        read: impl FnOnce(&[u8]) -> Result<R>,
    ) -> Result<R> {
        if let Some(dirty) = self.changes.get(at) {
            return read(dirty.page.expose());
        }
        let child = self.reference(at)?;
        read(self.pager.open(self.source, at, &child)?.expose())
    }

    /// Whether this transaction changed the page.
    pub(crate) fn is_changed(&self, at: Address) -> bool {
        self.changes.get(at).is_some()
    }

    /// Marks a page as changed and hands it out.
    pub(crate) fn edit(&mut self, at: Address) -> Result<&mut Dirty> {
        if self.changes.get(at).is_none() {
            let child = self.reference(at)?;
            let page = duplicate(self.pager.open(self.source, at, &child)?.as_ref());
            self.changes.insert(at, Dirty { page, key: Some(child.key) });
        }
        Ok(self.changes.get_mut(at).expect("was just inserted"))
    }

    /// Puts a new page into the tree.
    pub(crate) fn insert(&mut self, at: Address, page: SecretVec) {
        self.changes.insert(at, Dirty { page, key: None });
    }

    fn replace(&mut self, at: Address, new: &[(u8, SecretVec)]) -> Result<()> {
        let dirty = self.edit(at)?;
        dirty.page = list::replaced(dirty.page.expose(), new)?;
        Ok(())
    }

    /// Appends records at the end of a radix tree that holds `count` of them.
    fn append(
        &mut self,
        tree: Tree,
        mut count: u32,
        top: &mut Top,
        mut records: &[SecretVec],
    ) -> Result<()> {
        while !records.is_empty() {
            let at = leaf(tree, count);
            let room = (FAN_OUT - count % FAN_OUT) as usize;
            let (now, later) = records.split_at(room.min(records.len()));
            if count.is_multiple_of(FAN_OUT) {
                self.grow(tree, at.index, top)?;
                self.insert(at, list::extended(list::empty().expose(), now)?);
            } else {
                let dirty = self.edit_in(at, top)?;
                dirty.page = list::extended(dirty.page.expose(), now)?;
            }
            count += u32::try_from(now.len()).expect("at most 256");
            records = later;
        }
        // A tree with records has a top; until it is sealed, a placeholder stands for it.
        top.page.get_or_insert_with(ChildRef::placeholder);
        Ok(())
    }

    /// Adds the interior pages that leaf page `index` needs above it.
    fn grow(&mut self, tree: Tree, index: u32, top: &mut Top) -> Result<()> {
        if index > 0 && index == FAN_OUT.pow(top.height.into()) {
            let page = match top.page.take() {
                // The old top is sealed already: the new one starts with it.
                Some(old) if self.changes.get(Address::new(tree, top.height, 0)).is_none() => {
                    children::set(children::empty(), 0, &old)?
                }
                // It was changed in this transaction: sealing will set it.
                _ => children::empty(),
            };
            top.height += 1;
            self.insert(Address::new(tree, top.height, 0), page);
        }
        for level in 1..top.height {
            let at = Address::new(tree, level, index / FAN_OUT.pow(level.into()));
            if index.is_multiple_of(FAN_OUT.pow(level.into())) && self.changes.get(at).is_none() {
                self.insert(at, children::empty());
            }
        }
        Ok(())
    }

    fn edit_in(&mut self, at: Address, top: &Top) -> Result<&mut Dirty> {
        if self.changes.get(at).is_none() {
            let child = self.descend(at, top.height, top.page.as_ref())?;
            let page = duplicate(self.pager.open(self.source, at, &child)?.as_ref());
            self.changes.insert(at, Dirty { page, key: Some(child.key) });
        }
        Ok(self.changes.get_mut(at).expect("was just inserted"))
    }

    /// [`Txn::read`] of a page in a scope's tree whose record is at hand.
    fn read_in<R>(
        &mut self,
        at: Address,
        record: &ScopeRecord,
        read: impl FnOnce(&[u8]) -> Result<R>,
    ) -> Result<R> {
        if let Some(dirty) = self.changes.get(at) {
            return read(dirty.page.expose());
        }
        let child = self.reference_in(at, record)?;
        self.pager.peruse(self.source, at, &child, read)
    }

    fn reference_in(&mut self, at: Address, record: &ScopeRecord) -> Result<ChildRef> {
        match &record.body {
            ScopeBody::Live { height, top, .. } => self.descend(at, *height, top.as_ref()),
            ScopeBody::Dead(_) => Err(missing("live scope")),
        }
    }

    /// How the parent of a page names it.
    pub(crate) fn reference(&mut self, at: Address) -> Result<ChildRef> {
        match at.tree {
            NAMES => self.name_reference(at),
            DIRECTORY => {
                let top = self.root.directory.page.as_ref().map(ChildRef::duplicate);
                self.descend(at, self.root.directory.height, top.as_ref())
            }
            BODIES => self.body_reference(at.index),
            tree if LEDGER_TREES.contains(&tree) => {
                let head = self.root.ledger.as_ref().ok_or_else(|| missing("ledger"))?;
                let Top { height, page } = &head.tree(tree).top;
                let (height, top) = (*height, page.as_ref().map(ChildRef::duplicate));
                self.descend(at, height, top.as_ref())
            }
            scope => {
                let record = self.scope(scope)?.ok_or_else(|| missing("scope"))?;
                self.reference_in(at, &record)
            }
        }
    }

    /// Walks from the top of a radix tree down to the parent of `at`.
    fn descend(&mut self, at: Address, height: u8, top: Option<&ChildRef>) -> Result<ChildRef> {
        let mut child = top.ok_or_else(|| missing("tree"))?.duplicate();
        for level in (at.level + 1..=height).rev() {
            let above = Address::new(at.tree, level, index_above(at, level));
            let slot = low(index_above(at, level - 1));
            let next = match self.changes.get(above) {
                Some(dirty) => children::get(dirty.page.expose(), slot)?,
                None => children::get(self.pager.open(self.source, above, &child)?.expose(), slot)?,
            };
            child = next.ok_or_else(|| missing("child page"))?;
        }
        Ok(child)
    }

    /// Enters a sealed page into its parent.
    fn set_reference(&mut self, at: Address, child: &ChildRef) -> Result<()> {
        match at.tree {
            NAMES if at.level == 0 => self.root.names = Some(child.duplicate()),
            NAMES => {
                self.set_child(Address::new(NAMES, at.level - 1, at.index / FAN_OUT), at, child)?
            }
            DIRECTORY if at.level == self.root.directory.height => {
                self.root.directory.page = Some(child.duplicate());
            }
            DIRECTORY => self.set_child(at.parent(), at, child)?,
            BODIES => self.set_body_reference(at.index, child)?,
            tree if LEDGER_TREES.contains(&tree) => {
                let head = self.root.ledger.as_mut().ok_or_else(|| missing("ledger"))?;
                let top = &mut head.tree_mut(tree).top;
                if at.level == top.height {
                    top.page = Some(child.duplicate());
                } else {
                    self.set_child(at.parent(), at, child)?;
                }
            }
            scope => {
                let mut record = self.scope(scope)?.ok_or_else(|| missing("scope"))?;
                match &mut record.body {
                    ScopeBody::Live { height, top, .. } if at.level == *height => {
                        *top = Some(child.duplicate());
                        self.put_scope(scope, &record)?;
                    }
                    _ => self.set_child(at.parent(), at, child)?,
                }
            }
        }
        Ok(())
    }

    fn set_child(&mut self, parent: Address, at: Address, child: &ChildRef) -> Result<()> {
        let dirty = self.edit(parent)?;
        let page = std::mem::replace(&mut dirty.page, SecretVec::zeroed(0));
        dirty.page = children::set(page, at.child_slot(), child)?;
        Ok(())
    }
}

fn leaf(tree: Tree, slot: u32) -> Address {
    Address::new(tree, 0, slot / FAN_OUT)
}

fn index_above(at: Address, level: u8) -> u32 {
    at.index >> (8 * (level - at.level))
}

fn height(record: &ScopeRecord) -> u8 {
    match record.body {
        ScopeBody::Live { height, .. } => height,
        ScopeBody::Dead(_) => 0,
    }
}

fn missing(what: &str) -> Error {
    Error::Damaged(format!("no {what} where there must be one"))
}

/// A second copy of an opened page, to change.
pub(crate) fn duplicate(page: &SecretVec) -> SecretVec {
    let mut copy = SecretVec::zeroed(page.len());
    copy.expose_mut().copy_from_slice(page.expose());
    copy
}
