//! Carrying out an approved request.
//!
//! Order of persistence: the order and `destroy-begun`, in one commit → the keys and `destroyed`, in one commit, roots erased → caches
//! dropped → overwriting, from a journal → the reports of it → the record of execution, signed → `finished`, with its digest → live copies.
//! Each step asks the ledger and the files what was done before, so whoever calls again after a crash goes on where it ended; before
//! the first commit nothing has begun, and whatever can be foreseen to fail is refused. What was overwritten stays listed for the
//! inspection.

use std::path::Path;

use data_encoding::BASE64;
use sealkeep_keystore::approval::register::RequestState;
use sealkeep_keystore::approval::{Digest, Item};
use sealkeep_keystore::{Ran, Wiping, base64};

use super::error::{Error, Result};
use super::overwrite::{Overwriting, Overwritten};
use super::request_files::{Part, RequestFiles};
use crate::envelope::Run;
use crate::keys::{Keys, StoreKeys};
use crate::vault;

/// What carries out, and who says so.
pub struct Execution<'e> {
    /// The key store.
    pub keys: &'e StoreKeys,
    /// The files of requests beside it.
    pub files: &'e RequestFiles,
    /// The folder of the vault whose listings on this machine are dropped.
    pub catalogue: Option<&'e Path>,
    /// Name and version of the program.
    pub program: String,
    /// The machine.
    pub host: String,
}

/// How an execution ended.
#[derive(Clone, Debug)]
pub struct Executed {
    /// Digest of the record of execution: what witnesses and the inspector sign.
    pub execution: Digest,
    /// The record, as the store signed it.
    pub record: Vec<u8>,
    /// Whether something that was to be overwritten was not.
    pub partial: bool,
    /// Whether an earlier run had begun it.
    pub resumed: bool,
}

impl Execution<'_> {
    /// Carries a request out, or goes on. `order` is the `execute` statement; it is not needed to go on. Of one that was executed
    /// before, live copies of the key store that were away are brought up to date.
    ///
    /// # Errors
    /// What the key store says: the order was refused, or nothing was begun; `Changed` when what is to be overwritten is not what was
    /// listed, `NotOverwritable` when it cannot be as things are: then nothing was begun; `Busy` while another program is at it; `Cancelled` in the middle of overwriting: then it can be gone on with.
    pub fn carry_out(
        &self,
        request: Digest,
        order: Option<&[u8]>,
        run: &Run<'_>,
    ) -> Result<Executed> {
        let _alone = self.files.lock(&request)?;
        let register = self.keys.with(|store| store.register())?;
        let record = register.request(&request).ok_or(Error::NoRequest(request))?;
        let suite = self.keys.with(|store| store.suite());
        if let Some(execution) = record.execution {
            let partial = record.state == RequestState::Partial;
            let record = self.files.read_as(&request, Part::Execution, suite, &execution)?;
            self.keys.settle().map_err(Error::Keys)?;
            return Ok(Executed { execution, record, partial, resumed: true });
        }
        let summary = &record.request.inventory;
        let (items, _) = self.files.read_inventory(&request, suite, summary)?;
        let lines = lines(self.files, &request)?;
        let overwriting = match record.state {
            RequestState::Waiting | RequestState::Executing => {
                Overwriting::load(self.files, &request, &items, suite)?
            }
            // It is refused for its state, and what this would be read from may be gone.
            _ => None,
        };
        let resumed = record.state == RequestState::Executing;
        if !resumed {
            if let Some(overwriting) = &overwriting {
                overwriting.check(&items).pop().map_or(Ok(()), Err)?;
                overwriting.survey(self.files)?;
            }
            let order = order.ok_or(Error::NotOrdered)?;
            self.keys.with(|store| store.submit(order, Some(&lines)))?;
        }
        self.keys.with(|store| store.execute(request, &lines))?;
        if let Some(vault) = self.catalogue {
            vault::forget_listings(vault);
        }
        let overwritten = self.overwrite(&request, overwriting.as_ref(), &items, run)?;
        let partial = !overwritten.failed.is_empty();
        let wiping = Wiping { done: overwritten.wipes, failed: overwritten.failed };
        let ran = Ran { program: self.program.clone(), host: self.host.clone(), wiping };
        let record = self.keys.with(|store| store.record_execution(request, &lines, ran))?;
        self.files.write_as(&request, Part::Execution, suite, &record)?;
        let execution = self.keys.with(|store| store.finish_execution(&record))?;
        self.files.remove_work(&request)?;
        self.keys.settle().map_err(Error::Keys)?;
        Ok(Executed { execution, record, partial, resumed })
    }

    fn overwrite(
        &self,
        request: &Digest,
        overwriting: Option<&Overwriting>,
        items: &[Item],
        run: &Run<'_>,
    ) -> Result<Overwritten> {
        let Some(overwriting) = overwriting else { return Ok(Overwritten::default()) };
        let done = overwriting.execute(self.files, request, items, run)?;
        let reports: Vec<String> = done.reports.iter().map(|one| BASE64.encode(one)).collect();
        let reports = serde_json::to_vec(&reports).expect("strings can be written as JSON");
        self.files.write(request, Part::Wipes, &reports)?;
        Ok(done)
    }
}

/// The text of the lines of a request, as it is kept.
///
/// # Errors
/// `Missing`, `Altered`, `Io`.
pub fn lines(files: &RequestFiles, request: &Digest) -> Result<String> {
    let bytes = files.read(request, Part::Inventory)?;
    String::from_utf8(bytes).map_err(|_| Error::Altered { what: "the inventory" })
}

/// The reports of what was overwritten for a request; none if nothing was.
///
/// # Errors
/// `Altered`, `Io`.
pub fn wipe_reports(files: &RequestFiles, request: &Digest) -> Result<Vec<Vec<u8>>> {
    let altered = || Error::Altered { what: "the reports of what was overwritten" };
    let bytes = match files.read(request, Part::Wipes) {
        Err(Error::Missing(_)) => return Ok(Vec::new()),
        read => read?,
    };
    let texts: Vec<String> = serde_json::from_slice(&bytes).map_err(|_| altered())?;
    let decode = |text: String| base64::decode(&text).ok_or_else(altered);
    texts.into_iter().map(decode).collect()
}
