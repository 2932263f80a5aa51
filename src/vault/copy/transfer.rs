//! One file from one place to another: verified on the way, durable, read back.

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
    let sent = match item {
        Item::File(file) => send_file(from, vault, file, &mut *put, run)?,
        Item::Pack(pack) => send_pack(from, vault, pack, &mut *put, run)?,
    };
    let Some(sent) = sent else { return Ok(Moved::BadSource) };
    if replace {
        to.delete(&name)?;
    }
    let moved = match put.finish() {
        Err(Error::Exists(_)) => Moved::Already,
        other => other.map(|_| Moved::Done)?,
    };
    to.uncache(&name)?;
    if is_kept(to, vault, item, &sent, run)? {
        return Ok(moved);
    }
    if moved == Moved::Done {
        to.delete(&name)?;
    }
    Err(Error::NotKept(name))
}

/// What was sent, as far as it is still in memory.
enum Sent {
    All(Vec<u8>),
    /// Too large for that; its digests were right.
    Passed,
}

/// Whether what was sent is what is read back.
///
/// # Errors
/// `Io`, `Cancelled`.
fn is_kept(
    storage: &dyn Storage,
    vault: &VaultFile,
    item: &Item,
    sent: &Sent,
    run: &Run<'_>,
) -> Result<bool> {
    match (item, sent) {
        (_, Sent::All(bytes)) => is_same(storage, &item.name(), bytes),
        (Item::Pack(pack), Sent::Passed) => {
            let run = Run { progress: &|_| (), ..*run };
            Ok(verify_pack(storage, vault.suite(), vault.vault, pack, &run)?.is_empty())
        }
        (Item::File(file), Sent::Passed) => Ok(read_listed(storage, vault, file)?.is_ok()),
    }
}

fn is_same(storage: &dyn Storage, name: &str, bytes: &[u8]) -> Result<bool> {
    if storage.length(name)? != bytes.len() as u64 {
        return Ok(false);
    }
    let mut buf = vec![0; bytes.len().min(PIECE)];
    let mut offset = 0;
    for piece in bytes.chunks(PIECE) {
        let found = &mut buf[..piece.len()];
        match storage.read_range(name, offset, found) {
            Err(error) if error.is_unreadable() => return Ok(false),
            other => other?,
        }
        if found != piece {
            return Ok(false);
        }
        offset += piece.len() as u64;
    }
    Ok(true)
}

/// A head from one place to another.
///
/// # Errors
/// As [`transfer`].
pub(super) fn put_head(to: &dyn Storage, name: &str, bytes: &[u8]) -> Result<()> {
    match to.put_bytes(name, bytes) {
        Err(Error::Exists(_)) => {}
        other => other?,
    }
    to.uncache(name)?;
    if is_same(to, name, bytes)? { Ok(()) } else { Err(Error::NotKept(name.to_owned())) }
}

fn send_file(
    from: &dyn Storage,
    vault: &VaultFile,
    file: &Listed,
    put: &mut dyn Put,
    run: &Run<'_>,
) -> Result<Option<Sent>> {
    let Ok(bytes) = read_listed(from, vault, file)? else { return Ok(None) };
    put.write_all(&bytes).map_err(Error::io("write", &file.name))?;
    (run.progress)(bytes.len() as u64);
    Ok(Some(Sent::All(bytes)))
}

fn send_pack(
    from: &dyn Storage,
    vault: &VaultFile,
    pack: &PackInfo,
    put: &mut dyn Put,
    run: &Run<'_>,
) -> Result<Option<Sent>> {
    let name = pack.id.name();
    let Some(mut digester) = PackDigester::new(vault.suite(), vault.vault, pack) else {
        return Ok(None);
    };
    match from.length(&name) {
        Ok(length) if length == pack.length => {}
        Ok(_) | Err(Error::Missing(_)) => return Ok(None),
        Err(error) if error.is_unreadable() => return Ok(None),
        Err(error) => return Err(error),
    }
    let keep = pack.length <= KEPT;
    let mut bytes = Vec::new();
    let mut offset = 0;
    while let Some(now) = digester.next() {
        check(run)?;
        let start = if keep { bytes.len() } else { 0 };
        bytes.resize(start + now, 0);
        let piece = &mut bytes[start..];
        match from.read_range(&name, offset, piece) {
            Err(error) if error.is_unreadable() => return Ok(None),
            other => other?,
        }
        digester.update(piece);
        put.write_all(piece).map_err(Error::io("write", &name))?;
        offset += now as u64;
        (run.progress)(now as u64);
    }
    Ok(digester.fits().then_some(if keep { Sent::All(bytes) } else { Sent::Passed }))
}

/// Longest pack that stays in memory until it was read back: comparing is faster than hashing once more.
const KEPT: u64 = 64 << 20;
const PIECE: usize = 1 << 20;
