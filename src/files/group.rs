//! The objects of a group, worked on in parallel: small ones side by side, large ones one after the other.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use zeroize::Zeroize;

use super::error::{Error, io};
use crate::envelope::Run;
use crate::parallel::{self, parallel};
use crate::tree::DirCache;

/// What one thread keeps from object to object.
#[derive(Default)]
pub(crate) struct Scratch {
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
    let mut results = parallel(
        run.workers,
        small.len(),
        |at, scratch: &mut Scratch| work(small[at], scratch, &run.single()),
        stops,
    );
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

/// Makes everything written so far to the file systems of these directories durable.
pub(super) fn sync_file_systems<'d>(
    dirs: impl IntoIterator<Item = &'d Arc<OwnedFd>>,
) -> Result<(), Error> {
    parallel::sync_file_systems(dirs).map_err(io("sync the output"))
}
