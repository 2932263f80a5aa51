//! Where locked memory comes from: pools of equal slots for small secrets, mappings for large.
//!
//! Locking is a system call, and `RLIMIT_MEMLOCK` counts whole pages, so small secrets share
//! 64 KiB chunks that are mapped, locked and marked `MADV_DONTDUMP` once. A chunk is never given
//! back to the system: a process keeps the high-water mark of its secrets. Where locking is
//! refused (limit reached, no privilege) the memory is used all the same and counted.

use std::alloc::{Layout, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::mm::{self, MapFlags, ProtFlags};

/// The alignment every buffer has at least.
pub(super) const SLOT_ALIGN: usize = SLOT_SIZES[0];

/// Sizes of slots; each pool has one. A multiple of the first, a divisor of [`CHUNK`].
const SLOT_SIZES: [usize; 4] = [64, 256, 1024, 4096];
const CHUNK: usize = 64 * 1024;

/// How much memory for secrets could be locked, in bytes, over the whole process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockedMemory {
    /// Bytes locked: they are never written to swap.
    pub locked: usize,
    /// Bytes in use for secrets that the system refused to lock (see `ulimit -l`). They are
    /// still zeroed after use and, on Linux, left out of core dumps.
    pub refused: usize,
}

/// Reports how much memory for secrets is locked at this moment.
///
/// The numbers include free room in chunks that later secrets will use.
pub fn locked_memory() -> LockedMemory {
    LockedMemory {
        locked: LOCKED.load(Ordering::Relaxed),
        refused: REFUSED.load(Ordering::Relaxed),
    }
}

/// Where a buffer has to go when it is dropped.
#[derive(Clone, Copy)]
pub(super) enum Home {
    /// The pool with this index.
    Pool(usize),
    /// Its own mapping, `len` bytes long.
    Mapping { len: usize, locked: bool },
}

/// Hands out at least `len` zero bytes, aligned to [`SLOT_ALIGN`], to be used by the caller only.
pub(super) fn take(len: usize) -> (NonNull<u8>, Home) {
    match SLOT_SIZES.iter().position(|size| len <= *size) {
        Some(pool) => (lock(pool).take(SLOT_SIZES[pool]), Home::Pool(pool)),
        None => {
            let page = rustix::param::page_size();
            let len = len.checked_next_multiple_of(page).unwrap_or(usize::MAX);
            let (start, locked) = map(len);
            (start, Home::Mapping { len, locked })
        }
    }
}

/// Takes a buffer back.
///
/// # Safety
/// `start` and `home` come from one call of [`take`], are given back once, the bytes are zero, and
/// nothing refers to them any more.
pub(super) unsafe fn give_back(start: NonNull<u8>, home: Home) {
    match home {
        Home::Pool(pool) => lock(pool).free.push(Slot(start)),
        Home::Mapping { len, locked } => {
            // SAFETY: by the contract, the mapping of `len` bytes at `start` is ours and unused.
            // Unmapping also unlocks. It cannot fail for a mapping that exists.
            let _ = unsafe { mm::munmap(start.as_ptr().cast(), len) };
            counter(locked).fetch_sub(len, Ordering::Relaxed);
        }
    }
}

static POOLS: [Mutex<Pool>; SLOT_SIZES.len()] =
    [const { Mutex::new(Pool { free: Vec::new(), slots: 0 }) }; SLOT_SIZES.len()];
static LOCKED: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

struct Pool {
    free: Vec<Slot>,
    /// Slots in all chunks of this pool, free or not.
    slots: usize,
}

/// A free slot, all zeros.
struct Slot(NonNull<u8>);

// SAFETY: a free slot is referred to by the pool alone.
unsafe impl Send for Slot {}

impl Pool {
    fn take(&mut self, size: usize) -> NonNull<u8> {
        if self.free.is_empty() {
            self.grow(size);
        }
        self.free.pop().expect("a pool that has just grown has a free slot").0
    }

    fn grow(&mut self, size: usize) {
        let (start, _) = map(CHUNK);
        self.slots += CHUNK / size;
        // Room for every slot now, so that giving one back, in a destructor, never allocates.
        self.free.reserve(self.slots);
        for offset in (0..CHUNK).step_by(size).rev() {
            // SAFETY: `offset` is less than the length of the mapping.
            self.free.push(Slot(unsafe { start.add(offset) }));
        }
    }
}

/// The lock of a pool. A panic while it is held leaves the list of free slots consistent (at
/// worst shorter), so poisoning is ignored.
fn lock(pool: usize) -> MutexGuard<'static, Pool> {
    POOLS[pool].lock().unwrap_or_else(PoisonError::into_inner)
}

/// Maps `len` zero bytes (whole pages), tries to lock them, keeps them out of core dumps.
fn map(len: usize) -> (NonNull<u8>, bool) {
    // SAFETY: a new private mapping at an address of the kernel's choice touches no other memory.
    let mapped = unsafe {
        mm::mmap_anonymous(
            std::ptr::null_mut(),
            len,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::PRIVATE,
        )
    };
    let Some(start) = mapped.ok().and_then(|start| NonNull::new(start.cast::<u8>())) else {
        let layout = Layout::from_size_align(len, SLOT_ALIGN);
        handle_alloc_error(layout.unwrap_or(Layout::new::<u8>()))
    };
    // SAFETY: the range is exactly the mapping made above.
    let locked = unsafe { mm::mlock(start.as_ptr().cast(), len) }.is_ok();
    counter(locked).fetch_add(len, Ordering::Relaxed);
    #[cfg(target_os = "linux")]
    // SAFETY: the same range; this advice does not change contents. Kernels too old for it still
    // have the process-wide switch of `harden_process`.
    let _ = unsafe { mm::madvise(start.as_ptr().cast(), len, mm::Advice::LinuxDontDump) };
    (start, locked)
}

fn counter(locked: bool) -> &'static AtomicUsize {
    if locked { &LOCKED } else { &REFUSED }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_sizes_fit_chunks() {
        for size in SLOT_SIZES {
            assert!(CHUNK.is_multiple_of(size) && size.is_multiple_of(SLOT_ALIGN));
        }
        assert!(SLOT_SIZES.is_sorted());
    }

    #[test]
    fn a_slot_is_used_again() {
        let before = locked_memory();
        for _ in 0..100_000 {
            let (start, home) = take(32);
            // SAFETY: just taken, still zero, not used.
            unsafe { give_back(start, home) };
        }
        let after = locked_memory();
        let grown = (after.locked + after.refused) - (before.locked + before.refused);
        // Other tests run beside this one; 100,000 slots of 64 bytes would be 6.4 MB.
        assert!(grown < 3_000_000, "{grown}");
    }
}
