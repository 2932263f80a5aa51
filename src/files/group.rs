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

/// Objects from this size on, in bytes, are worked on by all threads together.
const LARGE: u64 = 4 * 1024 * 1024;

/// Works on every object of a group: small ones side by side, large ones one after the other, each with all threads.
/// Results come with the object's place in the group; those after one that stops everything may be missing.
pub(super) fn work_on<O: Sync, T: Send>(
    group: &[O],
    size: impl Fn(&O) -> u64,
    run: &Run<'_>,
    work: impl Fn(usize, &mut Scratch, &Run<'_>) -> Result<T, Error> + Sync,
) -> Vec<(usize, Result<T, Error>)> {
    let stops = |result: &Result<T, Error>| result.as_ref().is_err_and(Error::stops_everything);
    let (large, small): (Vec<usize>, Vec<usize>) =
        (0..group.len()).partition(|&at| size(&group[at]) > LARGE);
    let mut results =
        parallel(run, small.len(), |at, scratch| work(small[at], scratch, &run.single()), stops);
    for (at, _) in &mut results {
        *at = small[*at];
    }
    let mut scratch = Scratch::default();
    for at in large {
        if results.iter().any(|(_, result)| stops(result)) {
            break;
        }
        results.push((at, work(at, &mut scratch, run)));
    }
    results
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

/// Cuts a list into groups: each object holds a descriptor until it is published, so a quarter of those this process may open,
/// at most 1,024; and so many bytes that a crash costs little and the file system is not asked to sync all at the end.
pub(super) fn groups<T>(mut items: &[T], size: impl Fn(&T) -> u64) -> impl Iterator<Item = &[T]> {
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let most = usize::try_from(allowed / 4).unwrap_or(usize::MAX).clamp(8, 1024);
    std::iter::from_fn(move || {
        let mut bytes = 0_u64;
        let fits = |item: &&T| {
            let first = bytes == 0;
            bytes = bytes.saturating_add(size(item));
            first || bytes <= GROUP_BYTES
        };
        let count = items.iter().take(most).take_while(fits).count();
        let (group, rest) = items.split_at(count);
        items = rest;
        (count > 0).then_some(group)
    })
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

const GROUP_BYTES: u64 = 1 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_cover_everything_in_order_and_stay_within_bounds() {
        let sizes: Vec<u64> =
            (0..5000).map(|at| if at % 700 == 0 { 3 << 30 } else { at * 1000 }).collect();
        let cut: Vec<&[u64]> = groups(&sizes, |size| *size).collect();
        assert_eq!(cut.concat(), sizes);
        for group in cut {
            assert!(
                group.len() <= 1024
                    && (group.len() == 1 || group.iter().sum::<u64>() <= GROUP_BYTES)
            );
        }
        assert_eq!(groups(&[0_u64; 0], |size| *size).count(), 0);
    }
}
