//! One copy as it is reached: looked at, then brought up to date, each within its time.

use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::rows::{
    COMMIT_RECORD_LEN, RowFile, Tail, Update as RowUpdate, commit_head, newest, scan,
};
use crate::cell::{self, CellFile, ReadBack, SlotState};
use crate::db::Ack;
use crate::error::{Error, Result};
use crate::files::{replace, sync_parent};
use crate::lock::WriteLock;
use crate::store::Location;

const IDENTITY: &str = "copy";
const INTENT: &str = "intent";
const MAGIC: &[u8; 8] = b"SKCOPY1\n";

/// A copy to look at or to write.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) location: Location,
    pub(crate) identity: RowFile,
}

/// What a copy holds.
pub(crate) struct Probe {
    /// Its last whole commit, if it has one.
    pub(crate) tail: Option<Tail>,
    /// The cell's id and the slot in use; `None` when the cell holds nothing that fits.
    pub(crate) cell: Option<([u8; 16], usize)>,
    /// The other slot still holds something.
    pub(crate) unsettled: bool,
}

/// What is to be written to a copy.
pub(crate) struct Update {
    /// A new cell slot, and the slot that holds the current one.
    pub(crate) slot: Option<(Vec<u8>, usize)>,
    /// Slot to erase once everything else is on disk.
    pub(crate) erase: Option<usize>,
    /// Rows that the copy lacks; `None` when it is up to date.
    pub(crate) rows: Option<RowUpdate>,
    /// Where its row file ends; `None` to begin a new one.
    pub(crate) tail: Option<Tail>,
    /// Epoch and generation of the root that the copy has afterwards.
    pub(crate) root: (u64, u64),
    /// A destruction that was announced here is through.
    pub(crate) clear_intent: bool,
}

/// What was done to a copy.
pub(crate) struct Applied {
    pub(crate) tail: Option<Tail>,
    pub(crate) erased: Option<ReadBack>,
    pub(crate) bytes: usize,
}

impl Target {
    /// Makes the directory, the identity file and an empty cell, where there are none. What a registration that was
    /// cut short left, an identity of this store and an erased cell and nothing else, is taken over.
    pub(crate) fn create(&self) -> Result<()> {
        let Location { dir, cell } = &self.location;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(Error::io(dir))?;
        let taken = match Self::at(&self.location) {
            Ok(there) => there.identity.store != self.identity.store,
            Err(Error::NotACopy(_)) => dir.join(IDENTITY).exists(),
            Err(error) => return Err(error),
        };
        if taken || newest(dir)?.is_some() || dir.join("store.db").exists() {
            return Err(Error::AlreadyExists(dir.clone()));
        }
        match fs::read(cell) {
            Ok(bytes) if bytes.iter().all(|byte| *byte == 0) => {
                fs::remove_file(cell).map_err(Error::io(cell))?;
            }
            Ok(_) => return Err(Error::AlreadyExists(cell.clone())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io(cell)(error)),
        }
        replace(&dir.join(IDENTITY), &self.identity())?;
        CellFile::create(cell)?;
        sync_parent(dir)
    }

    /// Reads which copy of which store lies at a place.
    pub(crate) fn at(location: &Location) -> Result<Self> {
        let path = location.dir.join(IDENTITY);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::NotACopy(location.dir.clone()));
            }
            read => read.map_err(Error::io(&path))?,
        };
        let parts = bytes.split_first_chunk::<8>().filter(|(magic, _)| *magic == MAGIC);
        let identity = parts.and_then(|(_, rest)| {
            let (suite, rest) = rest.split_first()?;
            let (store, copy) = rest.split_first_chunk::<16>()?;
            let suite = sealkeep_crypto::Suite::from_id(*suite)?;
            Some(RowFile { suite, store: *store, copy: copy.try_into().ok()? })
        });
        let identity = identity.ok_or_else(|| Error::NotACopy(location.dir.clone()))?;
        Ok(Self { location: location.clone(), identity })
    }

    /// Looks at a copy. What `ack` says is whole is not read again.
    pub(crate) fn probe(&self, ack: Option<&Ack>) -> Result<Probe> {
        if Self::at(&self.location)?.identity != self.identity {
            return Err(Error::NotACopy(self.location.dir.clone()));
        }
        let _lock = self.lock()?;
        let tail = self.tail(ack)?;
        let cell = CellFile::at(&self.location.cell);
        let (epoch, generation) =
            tail.as_ref().map_or((0, 0), |tail| (tail.head.epoch, tail.head.generation));
        match cell::select(&cell, &self.identity.store, epoch, generation) {
            Ok(selected) => Ok(Probe {
                tail,
                cell: Some((selected.slot.identity.cell, selected.index)),
                unsettled: selected.unsettled,
            }),
            // Ours, but not of that commit, or not there: it may be written anew. Whatever else is wrong, such as
            // another store's cell on the stick that is plugged in, is left alone.
            Err(Error::CellRolledBack(_) | Error::DatabaseRolledBack { .. }) => {
                Ok(Probe { tail, cell: None, unsettled: true })
            }
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Ok(Probe { tail, cell: None, unsettled: true })
            }
            Err(error) => Err(error),
        }
    }

    /// Brings the copy up to date. The same order as in the main store: new slot, rows, read back, old slot.
    pub(crate) fn apply(&self, update: Update) -> Result<Applied> {
        let _lock = self.lock()?;
        let dir = &self.location.dir;
        let cell = CellFile::at(&self.location.cell);
        if let Some((bytes, current)) = &update.slot {
            if !self.location.cell.exists() {
                CellFile::create(&self.location.cell)?;
            }
            cell.write(1 - current, bytes)?;
        }
        let mut applied = Applied { tail: None, erased: None, bytes: 0 };
        applied.bytes = update.rows.as_ref().map_or(0, RowUpdate::len);
        applied.tail = match (update.rows, update.tail) {
            (None, tail) => tail,
            (Some(rows), Some(tail)) => Some(rows.append(dir, &tail)?),
            (Some(rows), None) => Some(rows.replace(dir, &self.identity)?),
        };
        if let Some(index) = update.erase {
            // Never erase a slot unless the other holds the root that the rows name.
            let (epoch, generation) = update.root;
            let selected = cell::select(&cell, &self.identity.store, epoch, generation)?;
            if selected.index == index {
                return Err(Error::NotErased(self.location.cell.clone()));
            }
            applied.erased = Some(cell.erase(index)?);
        }
        if update.clear_intent {
            clear_intent(dir)?;
        }
        Ok(applied)
    }

    fn tail(&self, ack: Option<&Ack>) -> Result<Option<Tail>> {
        let dir = &self.location.dir;
        let Some(file) = newest(dir)? else { return Ok(None) };
        let known = ack.filter(|ack| ack.file == file).map(|ack| (ack.length, ack.running));
        if let Some((length, running)) = known
            && let Some(tail) = self.last_commit(&file, length, running)?
        {
            let further = scan(dir, &file, &self.identity, Some((length, running)), None)?;
            return Ok(Some(further.unwrap_or(tail)));
        }
        scan(dir, &file, &self.identity, None, None)
    }

    /// The tail at a commit that was acknowledged before; `None` when the file is not what it was then.
    fn last_commit(&self, file: &str, length: u64, running: [u8; 32]) -> Result<Option<Tail>> {
        let path = self.location.dir.join(file);
        let opened = File::open(&path).map_err(Error::io(&path))?;
        let size = opened.metadata().map_err(Error::io(&path))?.len();
        let Some(start) = length.checked_sub(COMMIT_RECORD_LEN as u64).filter(|_| length <= size)
        else {
            return Ok(None);
        };
        let mut record = [0; COMMIT_RECORD_LEN];
        opened.read_exact_at(&mut record, start).map_err(Error::io(&path))?;
        let head = commit_head(&record, &running, &self.identity);
        Ok(head.map(|head| Tail {
            file: file.to_owned(),
            length,
            running,
            head,
            torn: size - length,
        }))
    }

    /// Announces a destruction: `body ‖ signature`. Durable when it returns.
    pub(crate) fn write_intent(&self, signed: &[u8]) -> Result<()> {
        let _lock = self.lock()?;
        replace(&self.location.dir.join(INTENT), signed)
    }

    /// Takes an announcement back.
    pub(crate) fn take_back_intent(&self) -> Result<()> {
        let _lock = self.lock()?;
        clear_intent(&self.location.dir)
    }

    /// Erases both slots of a copy that is given up, after seeing that it is this copy and this store's cell.
    pub(crate) fn erase_cell(&self) -> Result<ReadBack> {
        if Self::at(&self.location)?.identity != self.identity {
            return Err(Error::NotACopy(self.location.dir.clone()));
        }
        let _lock = self.lock()?;
        let cell = CellFile::at(&self.location.cell);
        for state in cell.read()? {
            if matches!(state, SlotState::Valid(slot) if slot.identity.store != self.identity.store)
            {
                return Err(Error::ForeignCell(self.location.cell.clone()));
            }
        }
        cell.erase(0)?;
        cell.erase(1)
    }

    /// Keeps out work on this copy that hung and goes on: a thread left behind, or another process. `None` where the
    /// file system has no locks.
    fn lock(&self) -> Result<Option<WriteLock>> {
        match WriteLock::take(&self.location.dir.join("lock"), LOCK_WAIT) {
            Ok(lock) => Ok(Some(lock)),
            Err(Error::Io { source, .. })
                if source.kind() == std::io::ErrorKind::Unsupported
                    || source.raw_os_error() == Some(rustix::io::Errno::NOLCK.raw_os_error()) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn identity(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(self.identity.suite.id());
        bytes.extend_from_slice(&self.identity.store);
        bytes.extend_from_slice(&self.identity.copy);
        bytes
    }
}

/// A process that was killed may take a moment to let go; work that hung is not waited for.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// The destruction announced to a copy, if one was and is not through.
pub(crate) fn read_intent(dir: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(dir.join(INTENT)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(dir.join(INTENT))(error)),
    }
}

fn clear_intent(dir: &Path) -> Result<()> {
    let path = dir.join(INTENT);
    match fs::remove_file(&path) {
        Ok(()) => sync_parent(&path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io(path)(error)),
    }
}

/// Starts work on a medium that may hang. A medium that hangs costs `timeout` from now, not the program.
pub(crate) fn with_timeout<T: Send + 'static>(
    timeout: Duration,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> impl FnOnce() -> std::result::Result<T, String> {
    let (sender, receiver): (_, Receiver<Result<T>>) = channel();
    // Detached: a thread stuck in the kernel cannot be ended, only left behind.
    thread::spawn(move || sender.send(work()).ok());
    let deadline = Instant::now() + timeout;
    move || match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(RecvTimeoutError::Timeout) => Err(format!("no answer within {timeout:?}")),
        Err(RecvTimeoutError::Disconnected) => Err("its thread ended".to_owned()),
    }
}
