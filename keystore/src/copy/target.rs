//! One copy as it is reached: looked at, then brought up to date, each within its time.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::Path;
use std::time::Duration;

use super::progress::Progress;
use super::rows::{COMMIT_RECORD_LEN, RowFile, Tail, Update as RowUpdate, commit_head, newest};
use super::scan::scan;
use crate::approval::inventory::MAX_ITEMS;
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Probe {
    /// Its row file and how long that is, whole or not.
    rows: Option<(String, u64)>,
    /// Its last whole commit, if it has one.
    pub(crate) tail: Option<Tail>,
    /// The cell's id and the slot in use; `None` when the cell holds nothing that fits.
    pub(crate) cell: Option<([u8; 16], usize)>,
    /// The other slot still holds something.
    pub(crate) unsettled: bool,
}

/// What is to be written to a copy.
pub(crate) struct Update {
    /// What the copy held when this was made: it is for that and nothing else.
    pub(crate) probed: Probe,
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
    pub(crate) fn probe(&self, ack: Option<&Ack>, progress: &Progress) -> Result<Probe> {
        self.is_here()?;
        let _lock = self.lock(progress)?;
        let rows = self.rows()?;
        let tail = match &rows {
            Some((file, _)) => self.tail(file, ack, progress)?,
            None => None,
        };
        self.with_cell(rows, tail)
    }

    /// Refuses to write to a copy that is not what it was when it was looked at. Work that hung may go on when others have
    /// brought the copy up to date since: it would cut off newer rows and erase the root that they are under.
    fn is_still(&self, probed: &Probe) -> Result<()> {
        self.is_here()?;
        let rows = self.rows()?;
        let tail = match &probed.tail {
            Some(tail) if rows == probed.rows => {
                self.last_commit(&tail.file, tail.length, tail.running)?
            }
            _ => None,
        };
        if self.with_cell(rows, tail)? != *probed {
            return Err(Error::CopyChanged(self.location.dir.clone()));
        }
        Ok(())
    }

    fn is_here(&self) -> Result<()> {
        if Self::at(&self.location)?.identity != self.identity {
            return Err(Error::NotACopy(self.location.dir.clone()));
        }
        Ok(())
    }

    fn rows(&self) -> Result<Option<(String, u64)>> {
        let Some(file) = newest(&self.location.dir)? else { return Ok(None) };
        let path = self.location.dir.join(&file);
        let size = fs::metadata(&path).map_err(Error::io(&path))?.len();
        Ok(Some((file, size)))
    }

    fn with_cell(&self, rows: Option<(String, u64)>, tail: Option<Tail>) -> Result<Probe> {
        let cell = CellFile::at(&self.location.cell);
        let (epoch, generation) =
            tail.as_ref().map_or((0, 0), |tail| (tail.head.epoch, tail.head.generation));
        let (cell, unsettled) = match cell::select(&cell, &self.identity.store, epoch, generation) {
            Ok(selected) => {
                (Some((selected.slot.identity.cell, selected.index)), selected.unsettled)
            }
            // Ours, but not of that commit, or not there: it may be written anew. Whatever else is wrong, such as
            // another store's cell on the stick that is plugged in, is left alone.
            Err(Error::CellRolledBack(_) | Error::DatabaseRolledBack { .. }) => (None, true),
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                (None, true)
            }
            Err(error) => return Err(error),
        };
        Ok(Probe { rows, tail, cell, unsettled })
    }

    /// Brings the copy up to date. The same order as in the main store: new slot, rows, read back, old slot.
    pub(crate) fn apply(&self, update: Update, progress: &Progress) -> Result<Applied> {
        let _lock = self.lock(progress)?;
        self.is_still(&update.probed)?;
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
            (Some(rows), Some(tail)) => Some(rows.append(dir, &tail, progress)?),
            (Some(rows), None) => Some(rows.replace(dir, &self.identity, progress)?),
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

    fn tail(&self, file: &str, ack: Option<&Ack>, progress: &Progress) -> Result<Option<Tail>> {
        let dir = &self.location.dir;
        let known = ack.filter(|ack| ack.file == file).map(|ack| (ack.length, ack.running));
        if let Some((length, running)) = known
            && let Some(tail) = self.last_commit(file, length, running)?
        {
            let from = Some((length, running));
            let further = scan(dir, file, &self.identity, from, progress)?;
            return Ok(Some(further.unwrap_or(tail)));
        }
        scan(dir, file, &self.identity, None, progress)
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
    pub(crate) fn write_intent(&self, signed: &[u8], progress: &Progress) -> Result<()> {
        let _lock = self.lock(progress)?;
        replace(&self.location.dir.join(INTENT), signed)
    }

    /// Takes an announcement back.
    pub(crate) fn take_back_intent(&self, progress: &Progress) -> Result<()> {
        let _lock = self.lock(progress)?;
        clear_intent(&self.location.dir)
    }

    /// Erases both slots of a copy that is given up, after seeing that it is this copy and this store's cell.
    pub(crate) fn erase_cell(&self, progress: &Progress) -> Result<ReadBack> {
        self.is_here()?;
        let _lock = self.lock(progress)?;
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
    fn lock(&self, progress: &Progress) -> Result<Option<WriteLock>> {
        let path = self.location.dir.join("lock");
        let taken = WriteLock::take(&path, LOCK_WAIT);
        progress.step().map_err(Error::io(path))?;
        match taken {
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

/// The longest announcement: one of everything that an inventory has room for, and the scope of the index key.
pub(crate) const MAX_INTENT: u64 = 138 + 16 * (MAX_ITEMS + 1);

/// The destruction announced to a copy, if one was and is not through.
pub(crate) fn read_intent(dir: &Path) -> Result<Option<Vec<u8>>> {
    let path = dir.join(INTENT);
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(MAX_INTENT + 1).read_to_end(&mut bytes));
    match read {
        Ok(length) if length as u64 > MAX_INTENT => Err(Error::ForeignIntent(dir.to_owned())),
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path)(error)),
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

#[cfg(test)]
mod tests {
    use sealkeep_crypto::Suite;

    use super::*;
    use crate::db::Head;
    use crate::feed::FeedHead;
    use crate::page::Address;

    fn head(sequence: u64) -> Head {
        Head {
            store: [1; 16],
            suite: Suite::Aes256Gcm,
            incarnation: 1,
            epoch: 1,
            generation: 1,
            sequence,
            chain: [0; 32],
            feed: FeedHead { count: 0, chain: [0; 32], signature: [0; 64] },
        }
    }

    /// What brings a copy from `probed` to a commit.
    fn update(probed: &Probe, sequence: u64) -> Update {
        let mut rows = RowUpdate::new(&head(sequence));
        rows.page(Address::new(16, 0, 0), sequence, b"sealed");
        Update {
            probed: probed.clone(),
            slot: None,
            erase: None,
            rows: Some(rows),
            tail: probed.tail.clone(),
            root: (1, 1),
            clear_intent: true,
        }
    }

    #[test]
    fn work_that_hung_does_not_undo_what_came_after_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let identity = RowFile { suite: Suite::Aes256Gcm, store: [1; 16], copy: [2; 16] };
        let location = Location::new(dir.path().join("copy"), None);
        let (target, progress) = (Target { location, identity }, Progress::new());
        target.create().expect("made");
        let probe = || target.probe(None, &progress).expect("readable");
        let empty = probe();
        target.apply(update(&empty, 7), &progress).expect("filled");

        // Two are made for the same state; the second wakes up after the first, or after an announcement of another act.
        let seven = probe();
        target.apply(update(&seven, 9), &progress).expect("brought up to date");
        target.write_intent(b"announced since", &progress).expect("written");
        for late in [update(&seven, 8), update(&empty, 8)] {
            assert!(matches!(target.apply(late, &progress), Err(Error::CopyChanged(_))));
        }
        assert_eq!(probe().tail.expect("a commit").head.sequence, 9);
        assert!(target.location.dir.join(INTENT).exists());
    }
}
