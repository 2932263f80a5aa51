//! One file from one place to another: verified on the way, durable, read back.

use sealkeep_crypto::hash;

use super::contents::{Item, read_listed};
use crate::envelope::Run;
use crate::vault::description::VaultFile;
use crate::vault::error::{Error, Result, check};
use crate::vault::head::Listed;
use crate::vault::pack::{PackDigester, PackInfo, verify_pack};
use crate::vault::storage::{Put, Storage};

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    /// It is there now.
    Done,
    /// It was there already, brought by somebody else meanwhile.
    Already,
    /// Where it should come from, it is missing or wrong.
    BadSource,
}

/// Brings one file from `from` to `to`. With `replace`, a file of its name in `to` is removed just before.
///
/// # Errors
/// `NotKept` if it cannot be read back as it was written: it is removed again. `Io`, `Cancelled`.
pub(super) fn transfer(
    (from, to): (&dyn Storage, &dyn Storage),
    vault: &VaultFile,
    item: &Item,
    replace: bool,
    run: &Run<'_>,
) -> Result<Moved> {
    check(run)?;
    let name = item.name();
    let mut put = to.put(&name)?;
    let whole = match item {
        Item::File(file) => send_file(from, vault, file, &mut *put, run)?,
        Item::Pack(pack) => send_pack(from, vault, pack, &mut *put, run)?,
    };
    if !whole {
        return Ok(Moved::BadSource);
    }
    if replace {
        to.delete(&name)?;
    }
    let moved = match put.finish() {
        Err(Error::Exists(_)) => Moved::Already,
        other => other.map(|_| Moved::Done)?,
    };
    to.uncache(&name)?;
    if is_sound(to, vault, item, run)? {
        return Ok(moved);
    }
    if moved == Moved::Done {
        to.delete(&name)?;
    }
    Err(Error::NotKept(name))
}

/// Whether a file is there as it should be.
///
/// # Errors
/// `Io`, `Cancelled`.
fn is_sound(storage: &dyn Storage, vault: &VaultFile, item: &Item, run: &Run<'_>) -> Result<bool> {
    match item {
        Item::File(file) => Ok(read_listed(storage, vault, file)?.is_ok()),
        Item::Pack(pack) => {
            let run = Run { progress: &|_| (), ..*run };
            Ok(verify_pack(storage, vault.suite(), vault.vault, pack, &run)?.is_empty())
        }
    }
}

/// A head from one place to another.
///
/// # Errors
/// As [`transfer`].
pub(super) fn put_head(
    to: &dyn Storage,
    vault: &VaultFile,
    name: &str,
    bytes: &[u8],
) -> Result<()> {
    match to.put_bytes(name, bytes) {
        Err(Error::Exists(_)) => {}
        other => other?,
    }
    let digest = hash(vault.suite(), &[bytes]);
    let listed = Listed { name: name.to_owned(), length: bytes.len() as u64, digest };
    to.uncache(name)?;
    match read_listed(to, vault, &listed)? {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::NotKept(name.to_owned())),
    }
}

fn send_file(
    from: &dyn Storage,
    vault: &VaultFile,
    file: &Listed,
    put: &mut dyn Put,
    run: &Run<'_>,
) -> Result<bool> {
    let bytes = match read_listed(from, vault, file)? {
        Ok(bytes) => bytes,
        Err(_) => return Ok(false),
    };
    put.write_all(&bytes).map_err(Error::io("write", &file.name))?;
    (run.progress)(bytes.len() as u64);
    Ok(true)
}

fn send_pack(
    from: &dyn Storage,
    vault: &VaultFile,
    pack: &PackInfo,
    put: &mut dyn Put,
    run: &Run<'_>,
) -> Result<bool> {
    let name = pack.id.name();
    let Some(mut digester) = PackDigester::new(vault.suite(), vault.vault, pack) else {
        return Ok(false);
    };
    match from.length(&name) {
        Ok(length) if length == pack.length => {}
        Ok(_) | Err(Error::Missing(_)) => return Ok(false),
        Err(error) if error.is_unreadable() => return Ok(false),
        Err(error) => return Err(error),
    }
    let mut buf = Vec::new();
    let mut offset = 0;
    while let Some(now) = digester.next() {
        check(run)?;
        buf.resize(now, 0);
        match from.read_range(&name, offset, &mut buf) {
            Err(error) if error.is_unreadable() => return Ok(false),
            other => other?,
        }
        digester.update(&buf);
        put.write_all(&buf).map_err(Error::io("write", &name))?;
        offset += now as u64;
        (run.progress)(now as u64);
    }
    Ok(digester.fits())
}
