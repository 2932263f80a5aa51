//! Pages on their way in and out: a cache of opened pages, and the set of changed ones.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sealkeep_crypto::{Secret, SecretVec};

use crate::error::{Error, Result};
use crate::page::{Address, Binding, ChildRef, DIRECTORY, NAMES};

/// Where sealed pages come from: the database, or a copy's row files.
pub(crate) trait PageSource {
    /// The version and the sealed bytes of a page.
    fn load(&self, at: Address) -> Result<Option<(u64, Vec<u8>)>>;
}

/// Opens pages as their parents name them and keeps the ones used last.
///
/// A cached page is found by the hash its parent gives, so the cache can never be stale: another
/// process's change shows in the parent.
pub(crate) struct Pager {
    pub(crate) binding: Binding,
    cache: HashMap<Address, Cached>,
    bytes: usize,
    clock: u64,
}

struct Cached {
    hash: [u8; 32],
    page: Arc<SecretVec>,
    used: u64,
}

/// Opened pages are kept up to this many bytes: they hold keys, so not more than helps.
const CACHE_BYTES: usize = 4 << 20;

impl Pager {
    pub(crate) fn new(binding: Binding) -> Self {
        Self { binding, cache: HashMap::new(), bytes: 0, clock: 0 }
    }

    /// Opens the page that `child` names.
    pub(crate) fn open(
        &mut self,
        source: &impl PageSource,
        at: Address,
        child: &ChildRef,
    ) -> Result<Arc<SecretVec>> {
        self.clock += 1;
        if let Some(cached) = self.cache.get_mut(&at)
            && cached.hash == child.hash
        {
            cached.used = self.clock;
            return Ok(Arc::clone(&cached.page));
        }
        let page = Arc::new(open_page(&self.binding, source, at, child)?);
        self.keep(at, child.hash, Arc::clone(&page));
        Ok(page)
    }

    pub(crate) fn keep(&mut self, at: Address, hash: [u8; 32], page: Arc<SecretVec>) {
        self.bytes += page.len();
        if let Some(old) = self.cache.insert(at, Cached { hash, page, used: self.clock }) {
            self.bytes -= old.page.len();
        }
        if self.bytes > CACHE_BYTES {
            self.evict();
        }
    }

    /// Forgets every opened page; the memory is zeroed.
    pub(crate) fn clear(&mut self) {
        self.cache.clear();
        self.bytes = 0;
    }

    /// Drops the half of the pages that was used longest ago.
    fn evict(&mut self) {
        let mut ages: Vec<u64> = self.cache.values().map(|cached| cached.used).collect();
        let (_, median, _) = {
            let middle = ages.len() / 2;
            ages.select_nth_unstable(middle)
        };
        let median = *median;
        self.cache.retain(|_, cached| cached.used > median);
        self.bytes = self.cache.values().map(|cached| cached.page.len()).sum();
    }
}

/// Opens a page without any cache and checks it against what its parent says.
pub(crate) fn open_page(
    binding: &Binding,
    source: &impl PageSource,
    at: Address,
    child: &ChildRef,
) -> Result<SecretVec> {
    let damaged = |what: &str| Error::Damaged(format!("page {:#x}: {what}", at.to_u64()));
    let (version, sealed) = source.load(at)?.ok_or_else(|| damaged("missing"))?;
    if version != child.version {
        return Err(damaged(&format!("version {version}, its parent names {}", child.version)));
    }
    if binding.hash(&sealed) != child.hash {
        return Err(damaged("not the bytes its parent names"));
    }
    binding.open(&child.key, at, version, &sealed).ok_or_else(|| damaged("does not open"))
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

/// Scopes' trees by height, then the name tree from its deepest level up, then the directory by height.
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
