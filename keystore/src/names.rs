//! The name tree: from a scope's name to its number.
//!
//! A trie over the keyed hash of the name, a byte a level. A leaf page holds at most 255 entries and then
//! becomes an interior page; a names page whose count is 256 is therefore an interior page.

use sealkeep_crypto::codec::{Reader, Writer};
use sealkeep_crypto::{SecretVec, hmac};

use crate::error::{Error, Result};
use crate::page::{Address, ChildRef, FAN_OUT, NAMES};
use crate::pager::PageSource;
use crate::records::{RecordWriter, children, list};
use crate::txn::Txn;

const TOP: Address = Address { tree: NAMES, level: 0, index: 0 };
/// Prefixes are at most three bytes, so that an address can hold them.
const DEEPEST: u8 = 3;
const FULL: u16 = 255;

type NameHash = [u8; 16];

impl<S: PageSource> Txn<'_, S> {
    /// The number of the live scope with this name.
    pub(crate) fn find_name(&mut self, name: &str) -> Result<Option<u32>> {
        let hash = self.name_hash(name);
        let Some(leaf) = self.name_leaf(&hash)? else { return Ok(None) };
        self.read(leaf, |page| {
            for record in list::all(page)? {
                let entry = decode(record)?;
                if entry.0 == hash {
                    return Ok(Some(entry.1));
                }
            }
            Ok(None)
        })
    }

    /// Enters a scope's name.
    pub(crate) fn add_name(&mut self, name: &str, scope: u32) -> Result<()> {
        let hash = self.name_hash(name);
        self.add_entry(&hash, &encode(&hash, scope))
    }

    /// Removes a scope's name; its page gets a fresh key at the next commit of a new epoch.
    pub(crate) fn remove_name(&mut self, name: &str) -> Result<()> {
        let hash = self.name_hash(name);
        let Some(leaf) = self.name_leaf(&hash)? else { return Ok(()) };
        let dirty = self.edit(leaf)?;
        let mut kept = Vec::new();
        for record in list::all(dirty.page.expose())? {
            if decode(record)?.0 != hash {
                kept.push(SecretVec::from_vec(record.to_vec()));
            }
        }
        dirty.page = list::extended(list::empty().expose(), &kept)?;
        Ok(())
    }

    fn add_entry(&mut self, hash: &NameHash, entry: &SecretVec) -> Result<()> {
        let Some(leaf) = self.name_leaf(hash)? else {
            let at = self.name_gap(hash)?;
            self.insert(at, list::extended(list::empty().expose(), std::slice::from_ref(entry))?);
            return Ok(());
        };
        let dirty = self.edit(leaf)?;
        if list::count(dirty.page.expose())? < FULL {
            dirty.page = list::extended(dirty.page.expose(), std::slice::from_ref(entry))?;
            return Ok(());
        }
        if leaf.level == DEEPEST {
            return Err(Error::Damaged("255 scope names share 24 bits of their keyed hash".into()));
        }
        let full = std::mem::replace(&mut dirty.page, children::sparse());
        for record in list::all(full.expose())? {
            let (hash, _) = decode(record)?;
            self.add_entry(&hash, &SecretVec::from_vec(record.to_vec()))?;
        }
        self.add_entry(hash, entry)
    }

    /// The leaf page where a hash belongs, if there is one yet.
    fn name_leaf(&mut self, hash: &NameHash) -> Result<Option<Address>> {
        let mut at = TOP;
        loop {
            if !self.is_changed(at) && self.name_child(at)?.is_none() {
                return Ok(None);
            }
            if !self.read(at, is_interior)? {
                return Ok(Some(at));
            }
            at = below(at, hash[usize::from(at.level)]);
        }
    }

    /// The place of the leaf page that is not there yet.
    fn name_gap(&mut self, hash: &NameHash) -> Result<Address> {
        let mut at = TOP;
        while self.is_changed(at) || self.name_child(at)?.is_some() {
            at = below(at, hash[usize::from(at.level)]);
        }
        Ok(at)
    }

    /// How the parent of a names page names it.
    pub(crate) fn name_reference(&mut self, at: Address) -> Result<ChildRef> {
        self.name_child(at)?
            .ok_or_else(|| Error::Damaged("no names page where there must be one".into()))
    }

    fn name_child(&mut self, at: Address) -> Result<Option<ChildRef>> {
        if at.level == 0 {
            return Ok(self.root.names.as_ref().map(ChildRef::duplicate));
        }
        let above = Address::new(NAMES, at.level - 1, at.index / FAN_OUT);
        if !self.is_changed(above) && self.name_child(above)?.is_none() {
            return Ok(None);
        }
        self.read(above, |page| Ok(children::get(page, at.child_slot())?))
    }

    fn name_hash(&self, name: &str) -> NameHash {
        let mac = hmac(self.root.suite, self.root.name_key.expose(), &[name.as_bytes()]);
        mac[..16].try_into().expect("a hash is longer")
    }
}

/// Whether a names page holds children, not entries.
pub(crate) fn is_interior(page: &[u8]) -> Result<bool> {
    Ok(list::count(page)? > FULL)
}

pub(crate) fn below(at: Address, byte: u8) -> Address {
    Address::new(NAMES, at.level + 1, at.index * FAN_OUT + u32::from(byte))
}

fn encode(hash: &NameHash, scope: u32) -> SecretVec {
    let mut out = RecordWriter::new(20);
    out.put(hash);
    out.put_u32(scope);
    out.finish()
}

/// The hash and the scope number of an entry.
pub(crate) fn decode(record: &[u8]) -> Result<(NameHash, u32)> {
    let mut reader = Reader::new(record, "name entry");
    let entry = (reader.array()?, reader.u32()?);
    reader.end()?;
    Ok(entry)
}
