//! Finishing, in a run that goes on, the removal that its journal had announced.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::fs::OFlags;

use super::error::Error;
use super::evidence::was_finished;
use super::execute::{is_empty, sync_dirs};
use super::fill::Fill;
use super::identity::Identity;
use super::journal::{Begin, Removing};
use super::plan::Kind;
use super::remove::{clear_attributes, rename, truncate, unlink};
use super::report::{Problem, Tally};
use super::root::open_file;
use crate::tree::{self, path_of, split_parent};

/// The content of these files was overwritten and verified. What somebody wrote to since, or made anew under such a name, is
/// not ours and stays.
pub(super) fn finish_removal(
    begin: &Begin,
    removing: &[Removing],
    fills: &[Fill],
    tally: &mut Tally,
    problems: &mut Vec<Problem>,
) {
    let mut dirs: Vec<Arc<OwnedFd>> = Vec::new();
    for one in removing {
        let result = place(begin, one).and_then(|place| {
            let Some((dir, name)) = place else { return Ok(true) };
            let gone = remove_either(&dir, &name, one, fills)?;
            dirs.push(Arc::new(dir));
            if dirs.len() >= MOST_DIRS {
                sync_dirs(&std::mem::take(&mut dirs).iter().collect::<Vec<_>>())?;
            }
            Ok(gone)
        });
        match result {
            Ok(true) if one.kind == Kind::File => {
                tally.count(one.verdict);
                tally.bytes += one.size;
                tally.removed += 1;
            }
            Ok(true) => tally.names += 1,
            // A directory that something was put into again.
            Ok(false) => {}
            Err(error) => problems.push(Problem::new(path(begin, one), error)),
        }
    }
    if let Err(error) = sync_dirs(&dirs.iter().collect::<Vec<_>>()) {
        problems.push(Problem::new("", error));
    }
}

/// Directories held open at a time.
const MOST_DIRS: usize = 256;

fn path(begin: &Begin, one: &Removing) -> PathBuf {
    let root = path_of(&begin.roots[one.root as usize].0);
    if one.path.0.is_empty() { root } else { root.join(path_of(&one.path.0)) }
}

/// The directory that holds something, and its name there; none if the directory is gone.
fn place(begin: &Begin, one: &Removing) -> Result<Option<(OwnedFd, OsString)>, Error> {
    let found = || -> Result<Option<(OwnedFd, OsString)>, Error> {
        let root = path_of(&begin.roots[one.root as usize].0);
        let (Some(parent), Some(name)) = (root.parent(), root.file_name()) else {
            return Ok(None);
        };
        let above = tree::open_dir(parent)?;
        if one.path.0.is_empty() {
            return Ok(Some((above, name.to_owned())));
        }
        let top = tree::descend(&above, name.as_bytes(), false)?;
        let (parent, name) = split_parent(&one.path.0);
        let dir = match parent {
            Some(parent) => tree::descend(&top, parent, false)?,
            None => top,
        };
        Ok(Some((dir, OsStr::from_bytes(name).to_owned())))
    };
    match found() {
        Err(error) if error.is_not_found() => Ok(None),
        other => other,
    }
}

/// Removes it under whichever of its two names it is found. Returns whether it is gone.
fn remove_either(
    dir: &OwnedFd,
    name: &OsStr,
    one: &Removing,
    fills: &[Fill],
) -> Result<bool, Error> {
    for name in [name, OsStr::new(&one.scrubbed)] {
        let is = match Identity::of_entry(dir, name) {
            Err(error) if error.is_not_found() => continue,
            other => other?,
        };
        // The number of a device may be another after a restart.
        if is.id.1 != one.id.1 || is.born != one.born {
            if name == OsStr::new(&one.scrubbed) || one.kind == Kind::Directory {
                continue;
            }
            return Err(Error::Changed);
        }
        if one.kind != Kind::File {
            let directory = one.kind == Kind::Directory;
            if directory && !is_empty(dir, name)? {
                return Ok(false);
            }
            let name = rename(dir, name, OsStr::new(&one.scrubbed), is.id)?;
            return unlink(dir, &name, directory).map(|()| true);
        }
        let file: File = open_file(dir, name.as_bytes(), OFlags::RDWR)?;
        if !was_finished(&file, &[one.base], fills)? {
            return Err(Error::Changed);
        }
        let file: OwnedFd = file.into();
        clear_attributes(&file);
        let name = rename(dir, name, OsStr::new(&one.scrubbed), is.id)?;
        truncate(&file)?;
        return unlink(dir, &name, false).map(|()| true);
    }
    Ok(true)
}
