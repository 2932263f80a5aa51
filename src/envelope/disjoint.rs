//! Works on disjoint ranges of two files at once: for input and output that can seek.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::batch::Batch;
use super::error::Error;
use super::run::Run;

/// Calls `work` once for each index below `count`, with a batch that the thread reuses.
///
/// # Errors
/// The error with the lowest index. Indices are handed out in order and each begun one is finished, so no lower one
/// could have failed.
pub(super) fn run(
    run: &Run<'_>,
    count: u64,
    new_batch: impl Fn() -> Batch + Sync,
    work: impl Fn(u64, &mut Batch) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    let next = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let failed: Mutex<Option<(u64, Error)>> = Mutex::new(None);
    let worker = || {
        let mut batch = new_batch();
        while !stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            if let Err(error) = run.check().and_then(|()| work(index, &mut batch)) {
                stop.store(true, Ordering::Relaxed);
                let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                if failed.as_ref().is_none_or(|(lowest, _)| index < *lowest) {
                    *failed = Some((index, error));
                }
            }
        }
    };
    let threads =
        usize::try_from(count).map_or(run.workers.get(), |count| run.workers.get().min(count));
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(worker);
        }
        worker();
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.map_or(Ok(()), |(_, error)| Err(error))
}
