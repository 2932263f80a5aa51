//! Files and devices as they lie there: sealed files, and what is to be overwritten.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use sealkeep_crypto::{Hasher, Suite};
use sealkeep_keystore::KeyId;

use super::error::{Error, Result};
use crate::envelope::{HEADER_LEN, Run, looks_sealed};
use crate::files;
use crate::wipe::{Identity, WipeOptions, WipePlan};

/// A sealed file.
#[derive(Clone, Debug)]
pub(super) struct SealedFile {
    /// The file or folder that was named.
    pub(super) root: PathBuf,
    pub(super) path: PathBuf,
    pub(super) key: KeyId,
    pub(super) size: u64,
    pub(super) digest: [u8; 32],
    pub(super) identity: Identity,
}

/// A file or device that is to be overwritten.
#[derive(Clone, Debug)]
pub(super) struct PlainFile {
    /// The file or folder that was named.
    pub(super) root: PathBuf,
    pub(super) path: PathBuf,
    pub(super) device: bool,
    pub(super) size: u64,
    pub(super) identity: Identity,
    pub(super) links: u64,
    /// What lies under a device.
    pub(super) disk: String,
}

/// The sealed files at a path: the file, or those in the folder.
///
/// # Errors
/// `Io`; `Sealed` if the path is a file that is not sealed, or a sealed file is damaged.
pub(super) fn sealed(path: &Path, suite: Suite, run: &Run<'_>) -> Result<Vec<SealedFile>> {
    let root = &absolute(path)?;
    let (found, _) = files_at(root)?;
    let single = found.len() == 1 && found[0] == *root;
    let mut sealed = Vec::new();
    for path in found {
        run.check().map_err(|_| Error::Cancelled)?;
        if single || begins_sealed(&path)? {
            sealed.push(sealed_file(root, path, suite)?);
        }
    }
    Ok(sealed)
}

/// The files at a path, or the device, and how many folders, links and special files are left out.
///
/// # Errors
/// `Io`.
pub(super) fn plain(path: &Path) -> Result<(Vec<PlainFile>, usize)> {
    let root = &absolute(path)?;
    let meta = std::fs::symlink_metadata(root).map_err(Error::io(root))?;
    if meta.file_type().is_block_device() {
        let file = File::open(root).map_err(Error::io(root))?;
        let identity = identity(&file, root)?;
        let size = device_size(&file).map_err(Error::io(root))?;
        let disk = disk_of(root).map_err(|error| Error::io(root)(std::io::Error::other(error)))?;
        let (root, path) = (root.clone(), root.clone());
        return Ok((
            vec![PlainFile { root, path, device: true, size, identity, links: 1, disk }],
            0,
        ));
    }
    let (found, others) = files_at(root)?;
    let mut files = Vec::with_capacity(found.len());
    for path in found {
        let file = File::open(&path).map_err(Error::io(&path))?;
        let meta = file.metadata().map_err(Error::io(&path))?;
        let identity = identity(&file, &path)?;
        let (size, links) = (meta.len(), meta.nlink());
        let (root, disk) = (root.clone(), String::new());
        files.push(PlainFile { root, path, device: false, size, identity, links, disk });
    }
    Ok((files, others))
}

/// The length of a block device.
pub(super) fn device_size(mut device: &File) -> std::io::Result<u64> {
    std::io::Seek::seek(&mut device, std::io::SeekFrom::End(0))
}

/// What tells the device at this path from others.
///
/// # Errors
/// Why it cannot be looked at.
pub(super) fn disk_of(path: &Path) -> std::result::Result<String, String> {
    let options = WipeOptions { whole: true, ..WipeOptions::new() };
    let plan = WipePlan::new(&[path.to_owned()], options).map_err(|problem| problem.to_string())?;
    Ok(plan.device(0))
}

/// H of a whole file, and its length.
pub(super) fn digest_of(file: &mut File, suite: Suite) -> std::io::Result<([u8; 32], u64)> {
    let mut hasher = Hasher::new(suite);
    let (mut buffer, mut size) = (vec![0; 1 << 18], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hasher.finish(), size));
        }
        hasher.update(&buffer[..read]);
        size += read as u64;
    }
}

fn identity(file: &File, path: &Path) -> Result<Identity> {
    Identity::settled(file)
        .map_err(|error| Error::Io { path: path.to_owned(), source: std::io::Error::other(error) })
}

fn sealed_file(root: &Path, path: PathBuf, suite: Suite) -> Result<SealedFile> {
    let inspection =
        files::inspect(&path).map_err(|source| Error::Sealed { path: path.clone(), source })?;
    let mut file = File::open(&path).map_err(Error::io(&path))?;
    let identity = identity(&file, &path)?;
    let (digest, size) = digest_of(&mut file, suite).map_err(Error::io(&path))?;
    let (root, key) = (root.to_owned(), inspection.header.key_id);
    Ok(SealedFile { root, path, key, size, digest, identity })
}

fn begins_sealed(path: &Path) -> Result<bool> {
    let mut begin = Vec::with_capacity(HEADER_LEN);
    let file = File::open(path).map_err(Error::io(path))?;
    file.take(HEADER_LEN as u64).read_to_end(&mut begin).map_err(Error::io(path))?;
    Ok(looks_sealed(&begin))
}

/// The regular file at a path, or all below a folder, by name; links are not followed. And how many other things there are.
fn files_at(path: &Path) -> Result<(Vec<PathBuf>, usize)> {
    let meta = std::fs::symlink_metadata(path).map_err(Error::io(path))?;
    if meta.is_file() {
        return Ok((vec![path.to_owned()], 0));
    }
    if !meta.is_dir() {
        let source = std::io::ErrorKind::InvalidInput.into();
        return Err(Error::Io { path: path.to_owned(), source });
    }
    let (mut files, mut others, mut folders) = (Vec::new(), 1, vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let entry = entry.map_err(Error::io(&folder))?;
            let meta = entry.metadata().map_err(Error::io(&entry.path()))?;
            if meta.is_file() {
                files.push(entry.path());
                continue;
            }
            others += 1;
            if meta.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    files.sort();
    Ok((files, others))
}

fn absolute(path: &Path) -> Result<PathBuf> {
    // The names on the way may be links; the last one is not followed.
    let whole = std::path::absolute(path).map_err(Error::io(path))?;
    match (whole.parent(), whole.file_name()) {
        (Some(parent), Some(name)) => {
            Ok(parent.canonicalize().map_err(Error::io(parent))?.join(name))
        }
        _ => Ok(whole),
    }
}
