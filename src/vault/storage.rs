//! Where the files of a vault lie: put, read, list, delete, and nothing else.
//!
//! Files never change: there is no appending, renaming or overwriting, so that a folder, a disk, a tape behind a file system
//! and an object store can all do it. A file is there whole or not at all, and once [`Put::finish`] has returned it outlives a
//! power failure.

mod directory;
mod lock;

use std::io::Write;
use std::time::Duration;

pub use directory::Directory;
pub use lock::{Lock, VaultLock};

use super::error::{Error, Result};

/// A place that holds the files of a vault, or of a copy of one.
///
/// Names are those of `docs/spec/vault.md` §2: components of lower-case letters, digits, `-` and `.`, divided by `/`,
/// none beginning with `.`; [`check_name`] says so.
pub trait Storage: Send + Sync {
    /// Begins a file, which appears under its name when it is finished.
    ///
    /// # Errors
    /// `BadName`, `Exists` (perhaps only when finished), `Io`.
    fn put(&self, name: &str) -> Result<Box<dyn Put>>;

    /// The whole of a file that has at most `most` bytes.
    ///
    /// # Errors
    /// `BadName`, `Missing`, `TooLarge`, `Io`.
    fn read(&self, name: &str, most: u64) -> Result<Vec<u8>>;

    /// Fills `buf` with what lies at `offset`.
    ///
    /// # Errors
    /// `BadName`, `Missing`, `TooShort` if the file ends before `buf` is full, `Io`.
    fn read_range(&self, name: &str, offset: u64, buf: &mut [u8]) -> Result<()>;

    /// The length of a file.
    ///
    /// # Errors
    /// `BadName`, `Missing`, `Io`.
    fn length(&self, name: &str) -> Result<u64>;

    /// The names that begin with `prefix`, which is empty or ends with `/`, and the lengths of the files; sorted. Files that are
    /// not whole yet are left out. Names that no vault would give are listed as well, for they are strays.
    ///
    /// # Errors
    /// `Io`.
    fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>>;

    /// Removes a file; one that is not there is removed already.
    ///
    /// # Errors
    /// `BadName`, `Io`.
    fn delete(&self, name: &str) -> Result<()>;

    /// Waits up to `wait` for the right to read and add, or to remove. A place that cannot be written to has nothing to lock.
    ///
    /// # Errors
    /// `Busy`, `Io`.
    fn lock(&self, lock: Lock, wait: Duration) -> Result<VaultLock>;

    /// Sees to it that what is read of a file next comes from where it lies, and not from memory, as far as that can be
    /// had. For reading back what was just written.
    ///
    /// # Errors
    /// `Missing`, `Io`.
    fn uncache(&self, name: &str) -> Result<()>;

    /// What a person calls this place: a path, an address.
    fn describe(&self) -> String;

    /// A whole file at once.
    ///
    /// # Errors
    /// `BadName`, `Exists`, `Io`.
    fn put_bytes(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut put = self.put(name)?;
        put.write_all(bytes).map_err(Error::io("write", name))?;
        put.finish().map(|_| ())
    }
}

/// A file that is being written. Dropped before it is finished, it never was.
pub trait Put: Write + Send {
    /// Makes the file durable and gives it its name; returns its length.
    ///
    /// # Errors
    /// `Exists`, `Io`; there is no file then, unless it was there before.
    fn finish(self: Box<Self>) -> Result<u64>;
}

/// Whether a vault may have a file of this name.
///
/// # Errors
/// `BadName`.
pub fn check_name(name: &str) -> Result<()> {
    let component = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'.' | b'-'))
    };
    if name.len() <= LONGEST && name.split('/').all(component) {
        Ok(())
    } else {
        Err(Error::BadName(name.to_owned()))
    }
}

const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_the_vault() {
        for good in ["vault", "packs/0a/0a12", "records/20261122t091200-copy-check-1", "a.json"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        let bad = [
            "",
            "/",
            "/vault",
            "vault/",
            "packs//a",
            "..",
            "packs/../x",
            ".hidden",
            "A",
            "a b",
            "a\0",
        ];
        for bad in bad {
            assert!(matches!(check_name(bad), Err(Error::BadName(_))), "{bad}");
        }
    }
}
