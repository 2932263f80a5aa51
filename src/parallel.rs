//! Many things at once: threads that share a list, groups that are made durable together.

use std::collections::HashSet;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustix::fs::{fstat, syncfs};
use rustix::process::{Resource, getrlimit};

/// Calls `work` for each index below `count` on so many threads, each with a scratch of its own. The results come in the
/// order of the indices; those after the first that makes `stop` true may be missing.
pub(crate) fn parallel<S: Default, T: Send>(
    workers: NonZeroUsize,
    count: usize,
    work: impl Fn(usize, &mut S) -> T + Sync,
    stop: impl Fn(&T) -> bool + Sync,
) -> Vec<(usize, T)> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(count));
    let worker = || {
        let mut scratch = S::default();
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
        for _ in 1..workers.get().min(count) {
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
pub(crate) fn groups<T>(mut items: &[T], size: impl Fn(&T) -> u64) -> impl Iterator<Item = &[T]> {
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
pub(crate) fn sync_file_systems<'d>(
    dirs: impl IntoIterator<Item = &'d Arc<OwnedFd>>,
) -> io::Result<()> {
    let mut devices = HashSet::new();
    for dir in dirs {
        let stat = fstat(dir)?;
        if devices.insert(stat.st_dev) {
            syncfs(dir)?;
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
