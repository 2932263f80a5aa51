//! Many objects at once: groups that are worked on in parallel, made durable together, then published.

use std::collections::HashSet;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustix::fs::{fstat, syncfs};
use rustix::process::{Resource, getrlimit};
use zeroize::Zeroize;

use super::beneath::DirCache;
use super::error::{Error, io};
use crate::envelope::Run;

/// What one thread keeps from object to object.
#[derive(Default)]
pub(super) struct Scratch {
    /// For small files; cleared when dropped.
    pub(super) buffer: Vec<u8>,
    pub(super) inputs: DirCache,
    pub(super) outputs: DirCache,
}

/// The first `len` bytes of a scratch buffer, whatever they hold.
pub(super) fn room(buffer: &mut Vec<u8>, len: usize) -> &mut [u8] {
    if buffer.len() < len {
        // Growing in place could leave a copy behind in the heap.
        buffer.zeroize();
        *buffer = vec![0; len];
    }
    &mut buffer[..len]
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.buffer.zeroize();
    }
}

/// Calls `work` for each index below `count` on `run.workers` threads. The results come in the order of the indices;
/// those after the first that makes `stop` true may be missing.
pub(super) fn parallel<T: Send>(
    run: &Run<'_>,
    count: usize,
    work: impl Fn(usize, &mut Scratch) -> T + Sync,
    stop: impl Fn(&T) -> bool + Sync,
) -> Vec<(usize, T)> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(count));
    let worker = || {
        let mut scratch = Scratch::default();
        let mut mine = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            let result = work(index, &mut scratch);
            if stop(&result) {
                next.store(count, Ordering::Relaxed);
            }
            mine.push((index, result));
        }
        results.lock().unwrap_or_else(PoisonError::into_inner).append(&mut mine);
    };
    thread::scope(|scope| {
        for _ in 1..run.workers.get().min(count) {
            scope.spawn(worker);
        }
        worker();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(index, _)| *index);
    results
}

/// How many objects make a group: each holds a descriptor until it is published, so a quarter of those this process may
/// open, at most 1,024.
pub(super) fn group_size() -> usize {
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(allowed / 4).unwrap_or(usize::MAX).clamp(8, 1024)
}

/// Makes everything written so far to the file systems of these directories durable.
pub(super) fn sync_file_systems<'d>(
    dirs: impl IntoIterator<Item = &'d Arc<OwnedFd>>,
) -> Result<(), Error> {
    let mut devices = HashSet::new();
    for dir in dirs {
        let stat = fstat(dir).map_err(io("sync the output"))?;
        if devices.insert(stat.st_dev) {
            syncfs(dir).map_err(io("sync the output"))?;
        }
    }
    Ok(())
}
