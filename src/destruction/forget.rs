//! Names that have served: what of the files of requests is overwritten once nobody needs it any more.
//!
//! It follows from the register alone, whichever statement ended a request, and is done whenever the requests are looked at; what
//! a crash leaves undone is done the next time.

use sealkeep_keystore::approval::Register;
use sealkeep_keystore::approval::register::{RequestRecord, RequestState};

use super::error::Result;
use super::request_files::{Part, RequestFiles};

/// Overwrites names that no request needs any more: the annex and the paths of a request that ended without being executed, the paths
/// of one of which an inspection has passed.
///
/// # Errors
/// `Io`.
pub fn forget(files: &RequestFiles, register: &Register) -> Result<()> {
    register.requests().try_for_each(|record| forget_of(files, record))
}

fn forget_of(files: &RequestFiles, record: &RequestRecord) -> Result<()> {
    use RequestState::{Cancelled, Done, Executed, Expired, Partial, Rejected, Withdrawn};
    let request = &record.digest;
    let ended = matches!(record.state, Rejected | Withdrawn | Cancelled | Expired);
    let executed = matches!(record.state, Executed | Partial | Done);
    let inspected = record.inspections.last().is_some_and(|last| last.passed);
    if ended {
        files.remove(request, Part::Names)?;
    }
    if ended || executed {
        files.remove_work(request)?;
    }
    if ended || record.state == Done || executed && inspected {
        files.remove(request, Part::Targets)?;
    }
    Ok(())
}
