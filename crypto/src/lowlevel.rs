//! Everything that needs `unsafe`: memory that is locked, kept out of core dumps and zeroed, and
//! vector instructions.
//!
//! The rest of the crate sees safe types only: [`LockedBytes`], a byte buffer; [`Wiped`], a box
//! for any value whose own crate does not erase it; and on x86-64 the vectors, which exist only
//! where the processor has the instructions for them.
#![allow(unsafe_code)]

mod arena;
#[cfg(target_arch = "x86_64")]
pub(crate) mod cpu;
#[cfg(target_arch = "x86_64")]
pub(crate) mod vector;

use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

use zeroize::Zeroize;

use arena::{Home, SLOT_ALIGN};
pub use arena::{LockedMemory, locked_memory};

/// A buffer of zero bytes at first, in locked memory, zeroed again when dropped.
pub(crate) struct LockedBytes {
    start: NonNull<u8>,
    len: usize,
    home: Home,
}

// SAFETY: the buffer is owned by exactly one `LockedBytes` (the arena hands out each slot once,
// a mapping belongs to one buffer), so it may move between threads like a `Box<[u8]>`.
unsafe impl Send for LockedBytes {}
// SAFETY: through `&LockedBytes` the bytes can only be read.
unsafe impl Sync for LockedBytes {}

impl LockedBytes {
    /// `len` zero bytes.
    ///
    /// Aborts, as `Box` does, when the system has no more memory.
    pub(crate) fn zeroed(len: usize) -> Self {
        let (start, home) = arena::take(len);
        Self { start, len, home }
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: `arena::take(len)` gave at least `len` readable, initialised bytes that stay
        // ours until `drop`; the borrow of `self` keeps writers away.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `&mut self` makes this the only access.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Drop for LockedBytes {
    fn drop(&mut self) {
        self.as_mut_slice().zeroize();
        #[cfg(test)]
        door::record(self.as_slice());
        // SAFETY: `start` and `home` came from one `take`; the bytes are zero again and nothing
        // refers to them after this.
        unsafe { arena::give_back(self.start, self.home) };
    }
}

/// Overwrites the stack below the caller, where functions that it called left their variables and
/// the registers they had no room for.
#[inline(never)]
pub(crate) fn wipe_stack() {
    let mut below = [0_u8; DEPTH];
    std::hint::black_box(&mut below);
}

/// More than any of those functions uses, which a test checks by looking for keys. Not much more:
/// it is done after every call, and memory that is not in the cache takes time.
const DEPTH: usize = if cfg!(debug_assertions) { 16 * 1024 } else { 8 * 1024 };

/// A value in locked memory whose bytes are overwritten after it is dropped.
///
/// For key schedules of crates that leave them behind (`ring`), and as a second layer around
/// those that erase their own.
pub(crate) struct Wiped<T> {
    bytes: LockedBytes,
    value: PhantomData<T>,
}

impl<T> Wiped<T> {
    pub(crate) fn new(value: T) -> Self {
        const { assert!(align_of::<T>() <= SLOT_ALIGN) };
        let bytes = LockedBytes::zeroed(size_of::<T>());
        // SAFETY: the buffer has room for a `T` and every slot or mapping is aligned to
        // `SLOT_ALIGN` or better, checked above at compile time.
        unsafe { bytes.start.cast::<T>().write(value) };
        Self { bytes, value: PhantomData }
    }
}

impl<T> Deref for Wiped<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `new` wrote a valid `T` there; it is dropped only in `drop`, and no `&mut` to
        // it is ever made before that.
        unsafe { self.bytes.start.cast::<T>().as_ref() }
    }
}

impl<T> Drop for Wiped<T> {
    fn drop(&mut self) {
        // SAFETY: the value is valid and never used again; the buffer is zeroed and given back
        // by the drop of `bytes`, which follows.
        unsafe { self.bytes.start.cast::<T>().drop_in_place() };
    }
}

// `Send` and `Sync` follow from `LockedBytes` and `PhantomData<T>`.

/// Lets a test see what a buffer held at the moment it went back to the arena.
#[cfg(test)]
pub(crate) mod door {
    use std::cell::RefCell;

    thread_local! {
        static LAST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn record(bytes: &[u8]) {
        LAST.with(|last| *last.borrow_mut() = bytes.to_vec());
    }

    /// The contents of the buffer this thread dropped last, after its erasure.
    pub(crate) fn last_returned() -> Vec<u8> {
        LAST.with(|last| last.borrow().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_start_and_end_as_zeros() {
        for len in [0, 1, 32, 64, 65, 1024, 4096, 4097, 200_000] {
            let mut bytes = LockedBytes::zeroed(len);
            assert!(bytes.as_slice().iter().all(|b| *b == 0), "{len}");
            bytes.as_mut_slice().fill(0xA5);
            drop(bytes);
            assert_eq!(door::last_returned(), vec![0; len]);
        }
    }

    #[test]
    fn a_value_is_dropped_once_then_overwritten() {
        use std::sync::Arc;
        let shared = Arc::new(());
        let wiped = Wiped::new(([0x5A_u8; 300], Arc::clone(&shared)));
        assert_eq!(wiped.0[299], 0x5A);
        assert_eq!(Arc::strong_count(&shared), 2);
        drop(wiped);
        assert_eq!(Arc::strong_count(&shared), 1);
        assert!(door::last_returned().iter().all(|b| *b == 0));
    }

    #[test]
    fn buffers_do_not_overlap() {
        let mut all: Vec<_> = (0..5000_u32).map(|_| LockedBytes::zeroed(40)).collect();
        for (i, bytes) in (0_u32..).zip(&mut all) {
            bytes.as_mut_slice()[..4].copy_from_slice(&i.to_le_bytes());
        }
        for (i, bytes) in (0_u32..).zip(&all) {
            assert_eq!(bytes.as_slice()[..4], i.to_le_bytes());
        }
    }
}
