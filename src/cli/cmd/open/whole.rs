//! A part of a file, written so that it appears whole or not at all.
//!
//! The same order as in the library's outputs: content → fsync → name → fsync of the folder. While it
//! is written its name is `.sealkeep-<random>.tmp`, locked, so that what a killed run leaves is
//! removed by the next run that comes to the folder.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};

use crate::cli::exit::Code;
use crate::cli::failure::Failure;
use crate::cli::hex;

/// A file on its way to its name. Dropped without [`Whole::publish`], it is gone.
pub(super) struct Whole {
    /// What to write to.
    pub(super) file: File,
    temporary: PathBuf,
    path: PathBuf,
    force: bool,
}

impl Whole {
    /// An empty file that will become `path`.
    pub(super) fn create(path: &Path, force: bool) -> Result<Whole, Failure> {
        match path.symlink_metadata() {
            Ok(found) if found.is_dir() => return Err(Failure::at(Code::IsDirectory, path)),
            Ok(_) if !force => return Err(Failure::at(Code::Exists, path)),
            _ => {}
        }
        let random: [u8; 8] = sealkeep_crypto::random::array();
        let temporary = folder(path).join(format!(".sealkeep-{}.tmp", hex(&random)));
        let failed = |error: io::Error| Failure::io(path, &error);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(failed)?;
        let whole = Whole { file, temporary, path: path.to_owned(), force };
        flock(&whole.file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|error| failed(error.into()))?;
        Ok(whole)
    }

    /// Gives the file its name, durably.
    pub(super) fn publish(self) -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::io(&self.path, &error);
        self.file.sync_all().map_err(failed)?;
        let flags = if self.force { RenameFlags::empty() } else { RenameFlags::NOREPLACE };
        renameat_with(CWD, &self.temporary, CWD, &self.path, flags)
            .map_err(|error| failed(error.into()))?;
        File::open(folder(&self.path)).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        // After publishing there is nothing of this name; before, a failure leaves a stale file at worst.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn whole_or_not_at_all() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let path = dir.path().join("part");
        drop(Whole::create(&path, false).expect("the name is free"));
        assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 0);

        let mut whole = Whole::create(&path, false).expect("the name is free");
        whole.file.write_all(b"part").expect("it can be written");
        assert!(!path.exists());
        whole.publish().expect("the name is still free");
        assert_eq!(std::fs::read(&path).expect("it is there"), b"part");

        let refused = Whole::create(&path, false).err().expect("the name is taken");
        assert_eq!(refused.code, Code::Exists);
        Whole::create(&path, true).expect("forced").publish().expect("forced");
        assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 1);
    }
}
