//! What is kept of a request beside the key store: `requests/DIGEST.…` (`docs/spec/certificate.md` §3).
//!
//! None of it is trusted when it is read: it is held against digests in the ledger by whoever reads it.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::inventory::{self, Inventory, Reader};
use sealkeep_keystore::approval::{Digest, Item, Summary};
use sealkeep_keystore::dsse::Envelope;
use sealkeep_keystore::{EXECUTION, Location};

use super::error::{Error, Result};

/// The folder of requests of a key store.
#[derive(Clone, Debug)]
pub struct RequestFiles {
    dir: PathBuf,
}

/// What is kept of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The lines.
    Inventory,
    /// The names, sealed.
    Names,
    /// What is to be overwritten; gone once an inspection has passed.
    Targets,
    /// The record of execution.
    Execution,
    /// The reports of what was overwritten, a list of base64.
    Wipes,
    /// The report of inspection.
    Inspection,
    /// Checkpoints with cosignatures of witnesses, a list of notes.
    Cosigned,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Names => "names",
            Self::Targets => "targets",
            Self::Execution => "execution",
            Self::Wipes => "wipes",
            Self::Inspection => "inspection",
            Self::Cosigned => "cosigned",
        }
    }

    /// By what the ledger knows it.
    fn digest_of(self, suite: Suite, bytes: &[u8]) -> Result<Digest> {
        if self != Self::Execution {
            return Ok(Digest::of(suite, bytes));
        }
        let envelope = Envelope::parse(EXECUTION, bytes).map_err(|_| self.altered())?;
        Ok(Digest::of(suite, envelope.payload()))
    }

    fn altered(self) -> Error {
        let what = match self {
            Self::Execution => "the record of execution",
            Self::Inspection => "the report of inspection",
            _ => "a part of the request",
        };
        Error::Altered { what }
    }
}

impl RequestFiles {
    /// Those of the key store at this place.
    #[must_use]
    pub fn of(store: &Location) -> Self {
        Self { dir: store.dir.join("requests") }
    }

    /// Writes a part, whole or not at all; one that is there is replaced.
    ///
    /// # Errors
    /// `Io`.
    pub fn write(&self, request: &Digest, part: Part, bytes: &[u8]) -> Result<()> {
        make_dir(&self.dir)?;
        replace(&self.path(request, part), bytes)
    }

    /// Reads a part as it is.
    ///
    /// # Errors
    /// `Missing`, `Io`.
    pub fn read(&self, request: &Digest, part: Part) -> Result<Vec<u8>> {
        read(self.path(request, part))
    }

    /// Writes a part of which there may be several, under a name with its digest, so that none takes the place of one that was
    /// signed. Returns the digest: of a record of execution, that of what is signed in it.
    ///
    /// # Errors
    /// `Altered` if it is no record of execution and should be one; `Io`.
    pub fn write_as(
        &self,
        request: &Digest,
        part: Part,
        suite: Suite,
        bytes: &[u8],
    ) -> Result<Digest> {
        let digest = part.digest_of(suite, bytes)?;
        make_dir(&self.dir)?;
        replace(&self.path_as(request, part, &digest), bytes)?;
        Ok(digest)
    }

    /// Reads what [`write_as`](Self::write_as) wrote, which must have this digest.
    ///
    /// # Errors
    /// `Missing`, `Altered`, `Io`.
    pub fn read_as(
        &self,
        request: &Digest,
        part: Part,
        suite: Suite,
        digest: &Digest,
    ) -> Result<Vec<u8>> {
        let bytes = read(self.path_as(request, part, digest))?;
        if part.digest_of(suite, &bytes)? == *digest { Ok(bytes) } else { Err(part.altered()) }
    }

    /// Reads the lines, which must be those that the request names.
    ///
    /// # Errors
    /// `Missing`, `Altered`, `Io`.
    pub fn read_inventory(
        &self,
        request: &Digest,
        suite: Suite,
        summary: &Summary,
    ) -> Result<(Vec<Item>, Inventory)> {
        let bytes = self.read(request, Part::Inventory)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| altered())?;
        check_lines(suite, text.lines(), summary)
    }

    /// Removes a part, after its content was overwritten as well as that can be done here.
    ///
    /// # Errors
    /// `Io`.
    pub fn remove(&self, request: &Digest, part: Part) -> Result<()> {
        let path = self.path(request, part);
        match erase(&path).and_then(|()| File::open(&self.dir)?.sync_all()) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(&path)(error)),
            _ => Ok(()),
        }
    }

    /// Removes what an overwriting kept to go on after a crash: reasons in it may have names.
    ///
    /// # Errors
    /// `Io`.
    pub fn remove_work(&self, request: &Digest) -> Result<()> {
        let dir = self.work(request);
        match erase_dir(&dir).and_then(|()| File::open(&self.dir)?.sync_all()) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(&dir)(error)),
            _ => Ok(()),
        }
    }

    /// The folder itself.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Keeps others from carrying the request out until the file is closed, whatever becomes of us.
    pub(super) fn lock(&self, request: &Digest) -> Result<File> {
        make_dir(&self.dir)?;
        let path = self.dir.join(format!("{request}.lock"));
        let mut options = File::options();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(Error::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Error::Busy),
            Err(TryLockError::Error(error)) => Err(Error::io(&path)(error)),
        }
    }

    /// The folder in which an overwriting keeps what it needs to go on after a crash.
    pub(super) fn work(&self, request: &Digest) -> PathBuf {
        self.dir.join(format!("{request}.wiping"))
    }

    pub(super) fn write_work(&self, request: &Digest, name: &str, bytes: &[u8]) -> Result<()> {
        let dir = self.work(request);
        make_dir(&dir)?;
        replace(&dir.join(name), bytes)
    }

    pub(super) fn read_work(&self, request: &Digest, name: &str) -> Result<Option<Vec<u8>>> {
        let path = self.work(request).join(name);
        match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => read.map(Some).map_err(Error::io(&path)),
        }
    }

    fn path(&self, request: &Digest, part: Part) -> PathBuf {
        self.dir.join(format!("{request}.{}", part.name()))
    }

    fn path_as(&self, request: &Digest, part: Part, digest: &Digest) -> PathBuf {
        self.dir.join(format!("{request}.{}-{}", part.name(), &digest.to_string()[..16]))
    }
}

/// Reads lines, which must be those that the request names.
///
/// # Errors
/// `Altered`.
pub(super) fn check_lines<'l>(
    suite: Suite,
    lines: impl IntoIterator<Item = &'l str>,
    summary: &Summary,
) -> Result<(Vec<Item>, Inventory)> {
    let mut reader = Reader::new(suite);
    let mut items = Vec::new();
    for line in lines {
        items.push(reader.push(line).map_err(|_| altered())?);
    }
    let inventory: inventory::Inventory = reader.finish().map_err(|_| altered())?;
    if inventory.summary == *summary { Ok((items, inventory)) } else { Err(altered()) }
}

fn altered() -> Error {
    Error::Altered { what: "the inventory" }
}

fn read(path: PathBuf) -> Result<Vec<u8>> {
    match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::Missing(path)),
        read => read.map_err(Error::io(&path)),
    }
}

/// Overwrites a file, as well as that can be done here, and removes it.
fn erase(path: &Path) -> std::io::Result<()> {
    let mut file = File::options().write(true).open(path)?;
    let length = file.metadata()?.len();
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), length), &mut file)?;
    file.sync_all()?;
    fs::remove_file(path)
}

fn erase_dir(dir: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let is_dir = entry.file_type()?.is_dir();
        if is_dir { erase_dir(&entry.path())? } else { erase(&entry.path())? }
    }
    fs::remove_dir(dir)
}

pub(super) fn make_dir(dir: &Path) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(Error::io(dir))
}

/// Temporary file → fsync → rename → fsync of the folder.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    let dir = path.parent().unwrap_or(Path::new("."));
    let write = || {
        let mut options = File::options();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        File::open(dir)?.sync_all()
    };
    write().map_err(Error::io(path))
}
