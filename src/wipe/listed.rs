//! Going on with a run whose targets were listed one by one.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::error::Error;
use super::evidence::was_finished;
use super::execute::{is_empty, sync_dirs};
use super::fill::Fill;
use super::identity::Identity;
use super::journal::{Begin, Listed, Past, Removing};
use super::plan::{Kind, WipePlan, open_file};
use super::remove::{clear_attributes, entry, rename, truncate, unlink};
use super::report::{Problem, Tally};
use crate::tree::{self, DirCache, path_of, split_parent};

impl WipePlan {
    /// Adds everything of a list that is still there and still is what was listed, or what this run was overwriting; what
    /// only has to lose its name is left out. What changed becomes a problem.
    pub(super) fn add_list(&mut self, past: &Past) -> Result<(), Error> {
        let mut roots = Vec::with_capacity(past.begin.roots.len());
        for root in &past.begin.roots {
            roots.push(match self.add_listed_root(&path_of(&root.0)) {
                Ok(number) => Some(number),
                Err(error) if is_gone(&error) => None,
                Err(error) => return Err(error),
            });
        }
        let going: HashSet<(u32, &[u8])> =
            past.removing.iter().map(|one| (one.root, one.path.0.as_slice())).collect();
        let mut dirs = DirCache::default();
        for one in &past.listed {
            let known = roots
                .get(one.root as usize)
                .ok_or_else(|| Error::Journal("a root that was not named".to_owned()))?;
            let Some(root) = *known else { continue };
            if going.contains(&(one.root, &one.path.0)) {
                continue;
            }
            let begun = past.begun.contains(&one.identity.id);
            match self.add_listed(root, &one.path.0, &one.identity, begun, &mut dirs) {
                Ok(()) => self.give_base(one),
                Err(error) if is_gone(&error) => {}
                Err(error) => {
                    let given = &self.roots[root].given;
                    let path = match one.path.0.as_slice() {
                        [] => given.clone(),
                        below => given.join(path_of(below)),
                    };
                    self.problems.push(Problem::new(path, error));
                }
            }
        }
        Ok(())
    }

    /// The target that was added last goes on with the streams it had.
    fn give_base(&mut self, one: &Listed) {
        if let Some(target) = self.targets.last_mut() {
            target.base = one.base;
        }
    }
}

fn is_gone(error: &Error) -> bool {
    match error {
        Error::Io { source, .. } => source.raw_os_error() == Some(Errno::NOENT.raw_os_error()),
        _ => false,
    }
}

/// Finishes the removal that a journal announced: the content of these files was overwritten and verified. What somebody
/// wrote to since, or made anew under such a name, is not ours and stays.
pub(super) fn finish_removal(
    begin: &Begin,
    removing: &[Removing],
    listed: &[Listed],
    fills: &[Fill],
    tally: &mut Tally,
    problems: &mut Vec<Problem>,
) {
    let mut known: HashMap<(u64, u64), (Identity, Vec<u64>)> = HashMap::new();
    let ids: HashSet<(u64, u64)> = removing.iter().map(|one| one.id).collect();
    for one in listed.iter().filter(|one| ids.contains(&one.identity.id)) {
        let (_, bases) = known.entry(one.identity.id).or_insert_with(|| (one.identity, Vec::new()));
        bases.push(one.base);
    }
    let mut dirs = Vec::new();
    for one in removing {
        let Some((was, bases)) = known.get(&one.id) else { continue };
        let result = place(begin, one).and_then(|place| {
            let Some((dir, name)) = place else { return Ok(true) };
            let gone = remove_either(&dir, &name, one, was, bases, fills)?;
            dirs.push(Arc::new(dir));
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
            Err(error) => {
                let root = path_of(&begin.roots[one.root as usize].0);
                problems.push(Problem::new(root.join(path_of(&one.path.0)), error));
            }
        }
    }
    let _ = sync_dirs(&dirs.iter().collect::<Vec<_>>());
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
        Err(error) if is_gone(&error) => Ok(None),
        other => other,
    }
}

/// Removes it under whichever of its two names it is found. Returns whether it is gone.
fn remove_either(
    dir: &OwnedFd,
    name: &OsStr,
    one: &Removing,
    was: &Identity,
    bases: &[u64],
    fills: &[Fill],
) -> Result<bool, Error> {
    for name in [name, OsStr::new(&one.scrubbed)] {
        if entry(dir, name)? != Some(one.id) {
            continue;
        }
        if !Identity::of_entry(dir, name)?.is_same_file(was) {
            return Err(Error::Changed);
        }
        if one.kind != Kind::File {
            let directory = one.kind == Kind::Directory;
            if directory && !is_empty(dir, name)? {
                return Ok(false);
            }
            let name = rename(dir, name, OsStr::new(&one.scrubbed), one.id)?;
            return unlink(dir, &name, directory).map(|()| true);
        }
        let file: File = open_file(dir, name.as_bytes(), OFlags::RDWR)?;
        if !was_finished(&file, bases, fills)? {
            return Err(Error::Changed);
        }
        let file: OwnedFd = file.into();
        clear_attributes(&file);
        let name = rename(dir, name, OsStr::new(&one.scrubbed), one.id)?;
        truncate(&file)?;
        return unlink(dir, &name, false).map(|()| true);
    }
    Ok(true)
}
