//! What is to be wiped, and what can be said of it beforehand.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobSet;
use rustix::fs::{FileType, OFlags};
use sealkeep_medium::finding::{Code, Effect, Finding};
use sealkeep_medium::place::{Family, Place};
use sealkeep_medium::survey::{Survey, Surveyor, of_name};
use serde::{Deserialize, Serialize};

use super::class::{Class, accept};
use super::error::{Error, io};
use super::fill::Seed;
use super::list::Expected;
use super::method::Pass;
use super::options::{Verify, WipeOptions};
use super::report::Problem;
use super::resume::device_of;
use super::root::{Root, open_below, open_root, settled};
use crate::tree::{self, Found, open_dir, path_of, walk};

/// A thing to wipe.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) root: u32,
    pub(super) class: u32,
    pub(super) kind: Kind,
    /// Below the root; empty for the root itself.
    pub(super) path: Box<[u8]>,
    /// Length in bytes.
    pub(super) size: u64,
    /// Device and inode number.
    pub(super) id: (u64, u64),
    /// First unit in random streams.
    pub(super) base: u64,
}

/// What a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory: its name goes, after all in it.
    Directory,
    /// A symbolic link: its name goes, what it points to is left.
    Symlink,
    /// A fifo, socket or device node in a tree: its name goes.
    Special,
    /// A block device.
    Device,
    /// The free space of a file system.
    FreeSpace,
}

impl Kind {
    /// The name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Symlink => "symlink",
            Self::Special => "special",
            Self::Device => "device",
            Self::FreeSpace => "free-space",
        }
    }

    /// Whether there is content to overwrite.
    #[must_use]
    pub fn has_content(self) -> bool {
        matches!(self, Self::File | Self::Device | Self::FreeSpace)
    }
}

/// What will be wiped. Made by looking; nothing has been changed yet.
pub struct WipePlan {
    pub(super) options: WipeOptions,
    pub(super) passes: Vec<Pass>,
    pub(super) seed: Seed,
    pub(super) roots: Vec<Root>,
    pub(super) targets: Vec<Target>,
    pub(super) classes: Vec<Class>,
    pub(super) places: Vec<Arc<Place>>,
    pub(super) problems: Vec<Problem>,
    pub(super) surveyor: Surveyor,
    /// What each target must be, where they were listed one by one.
    pub(super) expected: Option<Expected>,
    /// Whether the journal stays when the run has come to its end.
    pub(super) keeps_journal: bool,
    numbers: HashMap<(usize, Kind, Vec<Finding>), u32>,
    next_unit: u64,
}

impl WipePlan {
    /// Examines everything named and all below it. Symbolic links are not followed, other mounts not entered.
    ///
    /// # Errors
    /// A path that cannot be examined is an error of the whole: with it, the plan would not be what was asked for.
    pub fn new(paths: &[PathBuf], options: WipeOptions) -> Result<Self, Problem> {
        let mut plan = Self::empty(options).map_err(|error| Problem::new("/proc", error))?;
        for path in paths {
            plan.add(path).map_err(|error| Problem::new(path, error))?;
        }
        plan.settle_links();
        plan.refuse_journal_inside()?;
        Ok(plan)
    }

    pub(super) fn empty(options: WipeOptions) -> Result<Self, Error> {
        let surveyor = Surveyor::new().map_err(io("look at what is mounted"))?;
        Ok(Self {
            passes: options.method.expand(),
            seed: Seed::random(),
            roots: Vec::new(),
            targets: Vec::new(),
            classes: Vec::new(),
            places: Vec::new(),
            problems: Vec::new(),
            numbers: HashMap::new(),
            next_unit: 0,
            surveyor,
            expected: None,
            keeps_journal: false,
            options,
        })
    }

    /// Leaves the journal where it is when the run has come to its end, for [`end_journal`](super::end_journal) when the report is
    /// durable: until then whoever goes on with it learns what the run had come to.
    pub(crate) fn keeping_journal(mut self) -> Self {
        self.keeps_journal = true;
        self
    }

    /// Targets that cannot be wiped as things are, absolute, each with what stands against it.
    pub(crate) fn refused(&self) -> Vec<(PathBuf, String)> {
        let refused = |target: &&Target| self.classes[target.class as usize].refused;
        let why = |target: &Target| {
            let class = &self.classes[target.class as usize];
            let found = class.findings.iter().chain(&self.places[class.place].findings);
            let against = found.filter(|one| one.effect >= Effect::Impossible);
            let told = |one: &Finding| format!("{} {}", one.code.name(), one.detail);
            against.map(told).collect::<Vec<_>>().join("; ")
        };
        let refused = self.targets.iter().filter(refused);
        refused
            .map(|target| (self.absolute(target.root as usize, &target.path), why(target)))
            .collect()
    }

    /// The classes of targets, each with what can be achieved.
    #[must_use]
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The file systems and devices that the targets lie on.
    #[must_use]
    pub fn places(&self) -> &[Arc<Place>] {
        &self.places
    }

    /// Whether every process of this machine could be asked what it has open.
    #[must_use]
    pub fn sees_all_users(&self) -> bool {
        self.surveyor.users().complete()
    }

    /// The passes that will be written.
    #[must_use]
    pub fn passes(&self) -> &[Pass] {
        &self.passes
    }

    /// What could not be examined, or lies on another mount.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Every target: path, what it is, length in bytes, number of its class.
    pub fn targets(&self) -> impl Iterator<Item = (PathBuf, Kind, u64, usize)> {
        self.targets
            .iter()
            .map(|target| (self.path(target), target.kind, target.size, target.class as usize))
    }

    /// Bytes that will be written and read back.
    #[must_use]
    pub fn work_bytes(&self) -> u64 {
        let bytes: u64 = self
            .classes
            .iter()
            .filter(|class| !class.refused && class.kind.has_content())
            .map(|class| class.bytes)
            .sum();
        let (passes, tenth) = (self.passes.len() as u64, bytes / 10);
        bytes * passes
            + match self.options.verify {
                Verify::Last => bytes,
                Verify::Every => bytes * passes,
                Verify::Sample => tenth,
            }
    }

    /// What tells the device that was named as this root from others.
    pub(crate) fn device(&self, root: usize) -> String {
        device_of(self, root)
    }

    /// The path of a target as the user would write it.
    pub(super) fn path(&self, target: &Target) -> PathBuf {
        let given = &self.roots[target.root as usize].given;
        if target.path.is_empty() { given.clone() } else { given.join(path_of(&target.path)) }
    }

    /// Where a target lies, absolute.
    pub(super) fn absolute(&self, root: usize, below: &[u8]) -> PathBuf {
        let root = &self.roots[root].absolute;
        if below.is_empty() { root.clone() } else { root.join(path_of(below)) }
    }

    /// Remembers something that was named.
    pub(super) fn add_root(&mut self, given: &Path) -> Result<(usize, Found), Error> {
        let root = Root { number: number(self.roots.len()), ..open_root(given)? };
        let found = root.found()?;
        let overlaps = |other: &Root| {
            root.absolute.starts_with(&other.absolute) || other.absolute.starts_with(&root.absolute)
        };
        if self.roots.iter().any(overlaps) {
            return Err(Error::Twice);
        }
        self.roots.push(root);
        Ok((self.roots.len() - 1, found))
    }

    pub(super) fn add(&mut self, given: &Path) -> Result<(), Error> {
        let (number, found) = self.add_root(given)?;
        let Some(dir) = self.roots[number].dir.clone() else {
            return self.add_single(number, found);
        };
        let (mount, mut failed) = (found.mount, Vec::new());
        let around = tree::look(&self.roots[number].parent, OsStr::new("."))?;
        let mounted_there = around.mount != mount;
        let mut dirs = tree::DirCache::default();
        walk(
            &dir,
            &GlobSet::empty(),
            |found| {
                let here = found.mount == mount;
                if here && found.path.is_empty() && mounted_there {
                    // The root of a file system cannot be removed, and has no name to scrub.
                } else if here {
                    self.add_found(number, &dir, &mut dirs, found);
                } else {
                    let path = self.roots[number].given.join(path_of(&found.path));
                    self.problems.push(Problem::new(path, Error::OtherMount));
                }
                here
            },
            |below, error| failed.push((below, error)),
        );
        for (below, error) in failed {
            let path = self.roots[number].given.join(path_of(&below));
            self.problems.push(Problem::new(path, error.into()));
        }
        Ok(())
    }

    /// A file, link or device named by itself.
    fn add_single(&mut self, root: usize, found: Found) -> Result<(), Error> {
        let path = self.absolute(root, &[]);
        match found.kind {
            FileType::RegularFile => {
                let file = self.roots[root].open(OFlags::RDONLY)?;
                let survey = self.survey(&file, &path)?;
                self.push(root, found, Kind::File, survey);
            }
            FileType::BlockDevice => {
                let device = self.roots[root].open(OFlags::RDONLY)?;
                let survey =
                    self.surveyor.survey_device(&device, &path).map_err(io("examine it"))?;
                let found = Found { size: survey.file.len, ..found };
                self.push(root, found, Kind::Device, survey);
            }
            FileType::Symlink => {
                let target = std::fs::read_link(&path).map_err(io("look at it"))?;
                return Err(Error::Link(target));
            }
            _ => return Err(Error::Unsupported),
        }
        Ok(())
    }

    fn add_found(
        &mut self,
        root: usize,
        top: &Arc<OwnedFd>,
        dirs: &mut tree::DirCache,
        found: Found,
    ) {
        let path: Vec<u8> = found.path.to_vec();
        let result = match found.kind {
            FileType::RegularFile => open_below(top, dirs, &found, OFlags::RDONLY)
                .and_then(|file| self.survey(&file, &self.absolute(root, &path)))
                .map(|survey| self.push(root, found, Kind::File, survey)),
            FileType::Directory => self.push_name(root, found, Kind::Directory),
            FileType::Symlink => self.push_name(root, found, Kind::Symlink),
            _ => self.push_name(root, found, Kind::Special),
        };
        if let Err(error) = result {
            let path = self.roots[root].given.join(path_of(&path));
            self.problems.push(Problem::new(path, error));
        }
    }

    pub(super) fn survey(&mut self, file: impl AsFd, path: &Path) -> Result<Survey, Error> {
        self.surveyor.survey(file, path).map_err(io("examine it"))
    }

    pub(super) fn push(&mut self, root: usize, found: Found, kind: Kind, survey: Survey) {
        let room = survey.file.len.max(survey.file.allocated);
        let mut findings = survey.findings;
        findings.extend(self.of_directory(root, &found, &survey.place));
        let class = self.class_of(kind, &survey.place, findings, found.size);
        let base = self.next_unit;
        self.next_unit += room.div_ceil(super::UNIT_LEN as u64) + 1;
        let (root, path, size, id) = (number(root), found.path, found.size, found.id);
        self.targets.push(Target { root, class, kind, path, size, id, base });
    }

    /// Something that has a name to scrub and no content.
    pub(super) fn push_name(&mut self, root: usize, found: Found, kind: Kind) -> Result<(), Error> {
        let dir = self.roots[root].dir.clone().unwrap_or(Arc::clone(&self.roots[root].parent));
        let place = self
            .surveyor
            .place_of(&dir, &self.roots[root].absolute)
            .map_err(io("examine the directory"))?;
        let mut findings: Vec<Finding> = of_name(&place).into_iter().collect();
        findings.extend(self.of_directory(root, &found, &place));
        if kind == Kind::Symlink && found.size >= LONG_LINK {
            // What it points to stands in a block of its own, which is freed as it is.
            findings.push(Finding::new(Code::EarlierVersions, Effect::Note, "symlink"));
        }
        let class = self.class_of(kind, &place, findings, 0);
        let (root, path, id) = (number(root), found.path, found.id);
        self.targets.push(Target { root, class, kind, path, size: 0, id, base: 0 });
        Ok(())
    }

    /// A directory of several blocks that stays keeps copies of entries where ext4 cut it in two while it grew.
    fn of_directory(&self, root: usize, found: &Found, place: &Place) -> Option<Finding> {
        let is_root = found.path.is_empty() && place.family == Family::Ext;
        let stat = is_root.then(|| rustix::fs::fstat(&self.roots[root].parent).ok())??;
        let large = stat.st_size > stat.st_blksize;
        large.then(|| Finding::new(Code::NameInJournal, Effect::Note, "directory"))
    }

    /// The class of targets with these findings, made if it is new.
    pub(super) fn class_of(
        &mut self,
        kind: Kind,
        place: &Arc<Place>,
        findings: Vec<Finding>,
        bytes: u64,
    ) -> u32 {
        let known = self.places.iter().position(|known| Arc::ptr_eq(known, place));
        let place_number = known.unwrap_or_else(|| {
            self.places.push(Arc::clone(place));
            self.places.len() - 1
        });
        let key = (place_number, kind, findings);
        let class = *self.numbers.entry(key).or_insert_with_key(|(_, _, findings)| {
            let findings: Vec<Finding> =
                findings.iter().map(|finding| accept(finding, &self.options)).collect();
            self.classes.push(Class::new(place_number, kind, findings, place, &self.options));
            number(self.classes.len() - 1)
        });
        let totals = &mut self.classes[class as usize];
        totals.targets += 1;
        totals.bytes += bytes;
        class
    }

    /// Units of random streams that earlier parts of this run did not use: each part that goes on has a range of its own,
    /// of 16 TiB, drawn among four thousand million.
    pub(super) fn continue_units(&mut self) {
        let part = u64::from(u32::from_be_bytes(sealkeep_crypto::random::array()));
        self.next_unit = 1 << 60 | part << 28;
    }

    /// The units that a target was given by an earlier part of this run.
    pub(super) fn reuse_units(&mut self, id: (u64, u64), base: u64) {
        self.targets.iter_mut().filter(|one| one.id == id).for_each(|one| one.base = base);
    }

    /// Leaves files out that need no overwriting any more.
    pub(super) fn forget(&mut self, names: &HashSet<(u32, Vec<u8>)>) {
        let done = |target: &Target| {
            let name = (target.root, target.path.to_vec());
            target.kind == Kind::File && names.contains(&name)
        };
        for target in self.targets.iter().filter(|target| done(target)) {
            let class = &mut self.classes[target.class as usize];
            class.targets -= 1;
            class.bytes -= target.size;
        }
        self.targets.retain(|target| !done(target));
    }

    /// Takes the root that was added last out again, with all its targets.
    pub(super) fn drop_last_root(&mut self) {
        let last = number(self.roots.len() - 1);
        for target in self.targets.iter().filter(|target| target.root == last) {
            let class = &mut self.classes[target.class as usize];
            class.targets -= 1;
            class.bytes -= target.size;
        }
        self.targets.retain(|target| target.root != last);
        self.roots.pop();
    }

    /// Examines the file system of a directory, so that it has a number in the plan.
    pub(super) fn know_place_of(&mut self, path: &Path) {
        let place = open_dir(path).ok().and_then(|dir| self.surveyor.place_of(&dir, path).ok());
        if let Some(place) = place
            && !self.places.iter().any(|known| Arc::ptr_eq(known, &place))
        {
            self.places.push(place);
        }
    }

    /// Whether a path lies in something that is to be wiped, or is it.
    #[must_use]
    pub fn holds(&self, path: &Path) -> bool {
        let path = settled(path);
        self.roots.iter().any(|root| path.starts_with(&root.absolute))
    }

    /// A file all names of which are targets is no reason to refuse.
    pub(super) fn settle_links(&mut self) {
        let linked =
            |class: &Class| class.findings.iter().position(|one| one.code == Code::HardLinks);
        let mut names: HashMap<(u64, u64), u64> = HashMap::new();
        for target in &self.targets {
            if linked(&self.classes[target.class as usize]).is_some() {
                *names.entry(target.id).or_default() += 1;
            }
        }
        for at in 0..self.targets.len() {
            let target = &self.targets[at];
            let (class, size) = (&self.classes[target.class as usize], target.size);
            let Some(found) = linked(class) else { continue };
            let all = class.findings[found].detail.parse() == Ok(names[&target.id]);
            if !all {
                continue;
            }
            let (old, kind) = (target.class as usize, target.kind);
            let mut findings = class.findings.clone();
            findings[found].effect = Effect::Note;
            let place = Arc::clone(&self.places[class.place]);
            self.classes[old].targets -= 1;
            self.classes[old].bytes -= size;
            self.targets[at].class = self.class_of(kind, &place, findings, size);
        }
    }

    pub(super) fn refuse_journal_inside(&self) -> Result<(), Problem> {
        let Some(journal) = &self.options.journal else { return Ok(()) };
        match self.holds(journal) {
            true => Err(Problem::new(journal, Error::JournalInside)),
            false => Ok(()),
        }
    }
}

/// From this length on, in bytes, ext4 keeps the target of a link in a block (the inode has room for 59).
const LONG_LINK: u64 = 60;

fn number(at: usize) -> u32 {
    u32::try_from(at).expect("four thousand million roots or classes do not fit in memory")
}
