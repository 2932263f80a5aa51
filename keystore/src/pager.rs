//! Pages on their way in and out: a cache of opened pages, and the set of changed ones.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sealkeep_crypto::{Secret, SecretVec};

use crate::error::{Error, Result};
use crate::page::{Address, Binding, ChildRef, DIRECTORY, LEDGER_TREES, NAMES, OVERHEAD};

/// Where sealed pages come from: the database, or a copy's row files.
pub(crate) trait PageSource {
    /// The version and the sealed bytes of a page.
    fn load(&self, at: Address) -> Result<Option<(u64, Vec<u8>)>>;
}

/// Opens pages as their parents name them and keeps the ones used last: opened, and more of them sealed.
///
/// A kept page is found by the hash its parent gives, so what is kept can never be stale: another
/// process's change shows in the parent.
pub(crate) struct Pager {
    pub(crate) binding: Binding,
    opened: Kept<Arc<SecretVec>>,
    sealed: Kept<Vec<u8>>,
    last: Last,
}

/// The page that was read in passing, in memory that is used again and again.
struct Last {
    page: Option<(Address, [u8; 32], usize)>,
    buffer: SecretVec,
}

/// Opened pages hold keys and need locked memory, of which there is little (8 MiB is a usual limit).
const OPENED_BYTES: usize = 4 << 20;
/// Sealed pages hold no secret. One whose hash was compared when it was read opens in a third of the time; this is
/// enough for a million keys with labels of 70 bytes.
const SEALED_BYTES: usize = 128 << 20;

impl Pager {
    pub(crate) fn new(binding: Binding) -> Self {
        Self {
            binding,
            opened: Kept::new(OPENED_BYTES),
            sealed: Kept::new(SEALED_BYTES),
            last: Last::none(),
        }
    }

    /// Opens the page that `child` names.
    pub(crate) fn open(
        &mut self,
        source: &impl PageSource,
        at: Address,
        child: &ChildRef,
    ) -> Result<Arc<SecretVec>> {
        if let Some(page) = self.opened.get(at, &child.hash) {
            return Ok(Arc::clone(page));
        }
        let sealed = self.sealed.get_or_load(&self.binding, source, at, child)?;
        let page = self.binding.open(&child.key, at, child.version, sealed);
        let page = page.ok_or_else(|| does_not_open(at))?;
        let page = Arc::new(page);
        self.keep(at, child.hash, Arc::clone(&page));
        Ok(page)
    }

    /// Reads a page in passing: it is forgotten with the next one. For pages of keys, which are many and seldom read
    /// twice; to get locked memory for one and to wipe it costs more than to open it.
    pub(crate) fn peruse<R>(
        &mut self,
        source: &impl PageSource,
        at: Address,
        child: &ChildRef,
        read: impl FnOnce(&[u8]) -> Result<R>,
    ) -> Result<R> {
        if let Some(page) = self.opened.get(at, &child.hash) {
            return read(page.expose());
        }
        if let Some(page) = self.last.get(at, &child.hash) {
            return read(page);
        }
        let sealed = self.sealed.get_or_load(&self.binding, source, at, child)?;
        let page = self.last.room(sealed.len().saturating_sub(OVERHEAD));
        if !self.binding.open_into(&child.key, at, child.version, sealed, page) {
            return Err(does_not_open(at));
        }
        self.last.page = Some((at, child.hash, page.len()));
        read(self.last.get(at, &child.hash).expect("was just opened"))
    }

    /// Keeps an opened page, as it was just sealed with this hash.
    pub(crate) fn keep(&mut self, at: Address, hash: [u8; 32], page: Arc<SecretVec>) {
        let len = page.len();
        self.opened.keep(at, hash, page, len);
    }

    /// Forgets every opened page; the memory is zeroed.
    pub(crate) fn clear(&mut self) {
        self.opened.clear();
        self.last = Last::none();
    }
}

impl Last {
    fn none() -> Self {
        Self { page: None, buffer: SecretVec::zeroed(0) }
    }

    fn get(&self, at: Address, hash: &[u8; 32]) -> Option<&[u8]> {
        let (_, _, len) = self.page.filter(|page| (page.0, page.1) == (at, *hash))?;
        Some(&self.buffer.expose()[..len])
    }

    /// Room for another page; the last one is forgotten.
    fn room(&mut self, len: usize) -> &mut [u8] {
        self.page = None;
        if self.buffer.len() < len {
            self.buffer = SecretVec::zeroed(len.next_power_of_two());
        }
        &mut self.buffer.expose_mut()[..len]
    }
}

/// Pages by address, up to a number of bytes; the ones not used for longest go first.
struct Kept<T> {
    pages: HashMap<Address, Entry<T>>,
    bytes: usize,
    limit: usize,
    clock: u64,
}

struct Entry<T> {
    hash: [u8; 32],
    page: T,
    len: usize,
    used: u64,
}

impl<T> Kept<T> {
    fn new(limit: usize) -> Self {
        Self { pages: HashMap::new(), bytes: 0, limit, clock: 0 }
    }

    fn get(&mut self, at: Address, hash: &[u8; 32]) -> Option<&T> {
        self.clock += 1;
        let entry = self.pages.get_mut(&at).filter(|entry| entry.hash == *hash)?;
        entry.used = self.clock;
        Some(&entry.page)
    }

    fn keep(&mut self, at: Address, hash: [u8; 32], page: T, len: usize) {
        self.clock += 1;
        self.bytes += len;
        if let Some(old) = self.pages.insert(at, Entry { hash, page, len, used: self.clock }) {
            self.bytes -= old.len;
        }
        if self.bytes > self.limit {
            self.evict();
        }
    }

    fn clear(&mut self) {
        self.pages.clear();
        self.bytes = 0;
    }

    /// Drops the half of the pages that was used longest ago.
    fn evict(&mut self) {
        let mut ages: Vec<u64> = self.pages.values().map(|entry| entry.used).collect();
        let middle = ages.len() / 2;
        let (_, median, _) = ages.select_nth_unstable(middle);
        let median = *median;
        self.pages.retain(|_, entry| entry.used > median);
        self.bytes = self.pages.values().map(|entry| entry.len).sum();
    }
}

impl Kept<Vec<u8>> {
    /// The sealed bytes of a page, which are what its parent names.
    fn get_or_load(
        &mut self,
        binding: &Binding,
        source: &impl PageSource,
        at: Address,
        child: &ChildRef,
    ) -> Result<&[u8]> {
        if self.get(at, &child.hash).is_none() {
            let sealed = load(binding, source, at, child)?;
            let len = sealed.len();
            self.keep(at, child.hash, sealed, len);
        }
        self.get(at, &child.hash).map(Vec::as_slice).ok_or_else(|| damaged(at, "too large"))
    }
}

/// Opens a page without any cache and checks it against what its parent says.
pub(crate) fn open_page(
    binding: &Binding,
    source: &impl PageSource,
    at: Address,
    child: &ChildRef,
) -> Result<SecretVec> {
    let sealed = load(binding, source, at, child)?;
    binding.open(&child.key, at, child.version, &sealed).ok_or_else(|| does_not_open(at))
}

/// The sealed bytes of a page, if they are what its parent names.
fn load(
    binding: &Binding,
    source: &impl PageSource,
    at: Address,
    child: &ChildRef,
) -> Result<Vec<u8>> {
    let (version, sealed) = source.load(at)?.ok_or_else(|| damaged(at, "missing"))?;
    if version != child.version {
        let what = format!("version {version}, its parent names {}", child.version);
        return Err(damaged(at, &what));
    }
    if binding.hash(&sealed) != child.hash {
        return Err(damaged(at, "not the bytes its parent names"));
    }
    Ok(sealed)
}

fn does_not_open(at: Address) -> Error {
    damaged(at, "does not open")
}

fn damaged(at: Address, what: &str) -> Error {
    Error::Damaged(format!("page {:#x}: {what}", at.to_u64()))
}

/// A page that a transaction changed.
pub(crate) struct Dirty {
    pub(crate) page: SecretVec,
    /// The key it has had; `None` for a new page.
    pub(crate) key: Option<Secret<32>>,
}

/// Changed pages in the order in which they must be sealed: every child before its parent.
#[derive(Default)]
pub(crate) struct Changes {
    pages: BTreeMap<Order, Dirty>,
    /// Trees dropped whole.
    pub(crate) dropped: Vec<u32>,
}

/// Scopes' trees by height and long bodies of entries, then the name tree from its deepest level up and the ledger's trees by
/// height, then the directory by height.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Order {
    class: u8,
    rank: u8,
    address: Address,
}

impl Order {
    fn of(address: Address) -> Self {
        let (class, rank) = match address.tree {
            NAMES => (1, 15 - address.level),
            DIRECTORY => (2, address.level),
            tree if LEDGER_TREES.contains(&tree) => (1, address.level),
            _ => (0, address.level),
        };
        Self { class, rank, address }
    }
}

impl Changes {
    pub(crate) fn get(&self, at: Address) -> Option<&Dirty> {
        self.pages.get(&Order::of(at))
    }

    pub(crate) fn get_mut(&mut self, at: Address) -> Option<&mut Dirty> {
        self.pages.get_mut(&Order::of(at))
    }

    pub(crate) fn insert(&mut self, at: Address, dirty: Dirty) {
        self.pages.insert(Order::of(at), dirty);
    }

    pub(crate) fn pop_first(&mut self) -> Option<(Address, Dirty)> {
        self.pages.pop_first().map(|(order, dirty)| (order.address, dirty))
    }

    /// Drops a whole tree; its changed pages with it.
    pub(crate) fn drop_tree(&mut self, tree: u32) {
        self.pages.retain(|order, _| order.address.tree != tree);
        self.dropped.push(tree);
    }
}
