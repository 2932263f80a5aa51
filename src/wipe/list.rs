//! A plan for exactly the files that are named one by one, each as it was when it was examined: nothing is found by walking,
//! and what changed since is left alone, by the run itself and by one that goes on with it.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags, openat};

use super::error::{Error, io};
use super::evidence::was_begun;
use super::fill::Fill;
use super::identity::Identity;
use super::job::Job;
use super::journal::{Hex, Listed};
use super::options::WipeOptions;
use super::plan::{Kind, Target, WipePlan};
use super::report::Problem;
use super::root::open_file;
use crate::tree::{self, DirCache, Found, split_parent};

/// What each file was when it was listed.
#[derive(Default)]
pub(super) struct Expected {
    identities: HashMap<(u64, u64), Identity>,
    /// The mount of each root.
    mounts: Vec<u64>,
}

/// A plan in the making.
pub(crate) struct WipeList {
    plan: WipePlan,
    dirs: DirCache,
}

impl WipeList {
    /// An empty list of files below these roots; a root may itself be a file. They are held open from here on.
    ///
    /// # Errors
    /// A root that cannot be looked at, is a link, or lies inside another one; `JournalInside`.
    pub(crate) fn new(roots: &[PathBuf], options: WipeOptions) -> Result<Self, Problem> {
        let mut plan = WipePlan::empty(options).map_err(|error| Problem::new("/proc", error))?;
        plan.expected = Some(Expected::default());
        for path in roots {
            plan.add_listed_root(path).map_err(|error| Problem::new(path, error))?;
        }
        plan.refuse_journal_inside()?;
        Ok(Self { plan, dirs: DirCache::default() })
    }

    /// Opens something below a root without following links: a file for reading, anything else as a handle.
    ///
    /// # Errors
    /// `Io`, `NotADirectory`.
    pub(crate) fn open(
        &self,
        root: usize,
        below: &[u8],
        file: bool,
        dirs: &mut DirCache,
    ) -> Result<OwnedFd, Error> {
        let (dir, name) = self.plan.place_below(root, below, dirs)?;
        let access = if file { OFlags::RDONLY | OFlags::NONBLOCK } else { OFlags::PATH };
        let flags = access | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(&dir, &name, flags, Mode::empty()).map_err(io("open it"))
    }

    /// Lists what lies below a root, if it is still what it was.
    ///
    /// # Errors
    /// `Changed`, `OtherMount`, `Unsupported`, `Io`.
    pub(crate) fn add(&mut self, root: usize, below: &[u8], was: &Identity) -> Result<(), Error> {
        self.plan.add_listed(root, below, was, false, &mut self.dirs)
    }

    /// The same, whatever it is now: for a look at what could be done.
    ///
    /// # Errors
    /// As [`WipeList::add`].
    pub(crate) fn add_as_it_is(&mut self, root: usize, below: &[u8]) -> Result<(), Error> {
        let (dir, name) = self.plan.place_below(root, below, &mut self.dirs)?;
        let was = Identity::of_entry(&dir, &name)?;
        self.add(root, below, &was)
    }

    /// The plan.
    pub(crate) fn finish(mut self) -> WipePlan {
        self.plan.settle_links();
        self.bring_names_together();
        self.plan
    }

    /// Names of one file come one after the other, so that they are overwritten and go together.
    fn bring_names_together(&mut self) {
        let mut first: HashMap<(u64, u64), usize> = HashMap::new();
        for (at, target) in self.plan.targets.iter().enumerate() {
            first.entry(target.id).or_insert(at);
        }
        if first.len() < self.plan.targets.len() {
            self.plan.targets.sort_by_key(|target| first[&target.id]);
        }
    }
}

impl WipePlan {
    /// Remembers a root without looking at what is below it.
    pub(super) fn add_listed_root(&mut self, path: &Path) -> Result<usize, Error> {
        let (number, found) = self.add_root(path)?;
        if !matches!(found.kind, FileType::RegularFile | FileType::Directory) {
            return Err(Error::Unsupported);
        }
        if let Some(expected) = &mut self.expected {
            expected.mounts.push(found.mount);
        }
        Ok(number)
    }

    /// Adds a target that is what it was. Of one that is `begun`, only that it is the same file is asked: its content
    /// is looked at when it is opened to be overwritten.
    pub(super) fn add_listed(
        &mut self,
        root: usize,
        below: &[u8],
        was: &Identity,
        begun: bool,
        dirs: &mut DirCache,
    ) -> Result<(), Error> {
        let (dir, name) = self.place_below(root, below, dirs)?;
        let found = Found { path: below.into(), ..tree::look(&dir, &name)? };
        let mount = self.expected.as_ref().and_then(|expected| expected.mounts.get(root));
        if mount.is_some_and(|&mount| mount != found.mount) {
            return Err(Error::OtherMount);
        }
        let is = Identity::of_entry(&dir, &name)?;
        let directory = found.kind == FileType::Directory;
        let fits = if directory || begun { is.is_same_file(was) } else { is == *was };
        if !fits {
            return Err(Error::Changed);
        }
        match found.kind {
            FileType::RegularFile => {
                let file = open_file(&dir, name.as_bytes(), OFlags::RDONLY)?;
                let path = self.absolute(root, below);
                let survey = self.survey(&file, &path)?;
                self.push(root, found, Kind::File, survey);
            }
            FileType::Directory => self.push_name(root, found, Kind::Directory)?,
            FileType::Symlink => self.push_name(root, found, Kind::Symlink)?,
            _ => return Err(Error::Unsupported),
        }
        if let Some(expected) = &mut self.expected {
            expected.identities.insert(was.id, *was);
        }
        Ok(())
    }

    /// The directory that holds something, and its name there.
    pub(super) fn place_below(
        &self,
        root: usize,
        below: &[u8],
        dirs: &mut DirCache,
    ) -> Result<(Arc<OwnedFd>, OsString), Error> {
        let number = root;
        let root = &self.roots[number];
        match &root.dir {
            Some(top) if !below.is_empty() => {
                let (parent, name) = split_parent(below);
                let dir = dirs.get(number, top, parent, false, |_| ())?;
                Ok((dir, OsStr::from_bytes(name).to_owned()))
            }
            _ => {
                let name = root.absolute.file_name().ok_or(Error::Unsupported)?;
                Ok((Arc::clone(&root.parent), name.to_owned()))
            }
        }
    }

    /// Every target as the journal tells it; none unless they were listed one by one.
    pub(super) fn listed(&self) -> impl Iterator<Item = Listed> {
        let identity = |target: &Target| self.expected.as_ref()?.identities.get(&target.id);
        self.targets.iter().filter_map(move |target| {
            Some(Listed {
                root: target.root,
                path: Hex(target.path.to_vec()),
                kind: target.kind,
                identity: *identity(target)?,
                base: target.base,
            })
        })
    }

    /// What a file that was opened to be overwritten must still be when the first byte is. None if that was not asked
    /// for, or if this run overwrote it before and it holds nothing else.
    ///
    /// # Errors
    /// `Changed` if it is not what was listed.
    pub(super) fn expect(
        &self,
        job: &Job<'_>,
        begun: &HashSet<(u64, u64)>,
        fills: &[Fill],
    ) -> Result<Option<Identity>, Error> {
        let Some(expected) = &self.expected else { return Ok(None) };
        let was = expected.identities.get(&job.target.id).ok_or(Error::Changed)?;
        let is = Identity::of(&job.file)?;
        if is == *was {
            return Ok(Some(*was));
        }
        let ours = is.is_same_file(was)
            && begun.contains(&is.id)
            && (is.len == 0 || was_begun(&job.file, &self.bases(is.id), fills)?);
        if ours { Ok(None) } else { Err(Error::Changed) }
    }

    /// Where the streams of a file may begin: each of its names has a place of its own.
    fn bases(&self, id: (u64, u64)) -> Vec<u64> {
        self.targets.iter().filter(|target| target.id == id).map(|target| target.base).collect()
    }

    /// Whether a name that is about to go still stands for what was listed.
    ///
    /// # Errors
    /// `Changed`, `Io`.
    pub(super) fn check_name(
        &self,
        dir: &OwnedFd,
        name: &OsStr,
        target: &Target,
    ) -> Result<(), Error> {
        let Some(expected) = &self.expected else { return Ok(()) };
        let is = Identity::of_entry(dir, name)?;
        let fits = |was: &Identity| match target.kind {
            Kind::Directory => is.is_same_file(was),
            _ => is == *was,
        };
        let was = expected.identities.get(&target.id);
        if was.is_some_and(fits) { Ok(()) } else { Err(Error::Changed) }
    }
}
