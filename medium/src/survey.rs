//! Examining a file: its own properties and those of everything under it.

mod blocks;
mod overlay;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, OFlags, Statx, StatxFlags, major, makedev, minor, statx};

use crate::extents::Extents;
use crate::finding::{Code, Effect, Finding, Reach};
use crate::mounts::{Mount, Mounts};
use crate::place::{Family, Place};
use crate::stack;
use crate::users::{User, Users, swaps};
use blocks::{of_blocks, of_names};

pub use blocks::of_name;

mod space;

pub use space::Space;

/// What a file lies on, and what an overwrite can achieve there.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The file system and all under it.
    pub place: Arc<Place>,
    /// What was found about the file itself.
    pub findings: Vec<Finding>,
    /// Where it lies, if the file system says so.
    pub extents: Option<Extents>,
    /// What it is.
    pub file: Identity,
    /// Whether reading can go past the cache (`STATX_DIOALIGN`), and with what alignment in bytes.
    pub direct: Option<u32>,
}

/// What tells one file from another, and from itself after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Length in bytes.
    pub len: u64,
    /// Number of names.
    pub links: u32,
    /// Room on the device, in bytes.
    pub allocated: u64,
    /// Size of a block of the file system, in bytes.
    pub block: u32,
}

impl Survey {
    /// Everything found, about the file and about what lies under it.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(&self.place.findings)
    }

    /// What an overwrite can achieve.
    #[must_use]
    pub fn reach(&self) -> Reach {
        Reach::of(self.all_findings())
    }
}

/// Examines files; remembers what holds for all files of a file system.
pub struct Surveyor {
    sys: PathBuf,
    proc: PathBuf,
    mounts: Mounts,
    users: Users,
    /// Files that loop devices are made of, and files that the system swaps to.
    taken: Vec<(Taken, (u64, u64))>,
    swaps: Vec<PathBuf>,
    swapping: bool,
    places: HashMap<u64, Arc<Place>>,
    depth: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    Loop,
    Swap,
}

/// How many file systems may lie in files of each other.
const MAX_DEPTH: u32 = 8;

impl Surveyor {
    /// Reads what the kernel says of mounts, open files, swap and loop devices now.
    ///
    /// # Errors
    /// If `/proc` cannot be read.
    pub fn new() -> io::Result<Self> {
        let (sys, proc) = (PathBuf::from("/sys"), PathBuf::from("/proc"));
        let swaps = swaps(&proc)?;
        let swapping = swaps.iter().any(|swap| !is_zram(swap));
        let taken = swaps
            .iter()
            .map(|path| (Taken::Swap, path.clone()))
            .chain(stack::loop_backing(&sys).into_iter().map(|(_, path)| (Taken::Loop, path)))
            .filter_map(|(how, path)| {
                fs::metadata(path).ok().map(|found| (how, (found.dev(), found.ino())))
            })
            .collect();
        Ok(Self {
            mounts: Mounts::read()?,
            users: Users::scan(&proc, std::process::id(), None),
            taken,
            swaps,
            swapping,
            places: HashMap::new(),
            depth: 0,
            sys,
            proc,
        })
    }

    /// Who has which files open.
    #[must_use]
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// Looks again who has which files open: time may have passed since.
    pub fn look_at_users_again(&mut self) {
        self.users = Users::scan(&self.proc, std::process::id(), None);
    }

    /// The mounts.
    #[must_use]
    pub fn mounts(&self) -> &Mounts {
        &self.mounts
    }

    /// Examines an open file; `path` is where it lies, absolute.
    ///
    /// # Errors
    /// Those of looking at it.
    pub fn survey(&mut self, file: impl AsFd, path: &Path) -> io::Result<Survey> {
        let file = file.as_fd();
        let mut findings = Vec::new();
        let mut place = self.place_of(file, path)?;
        if place.family == Family::Overlay {
            place = self.beneath_overlay(&place, path, &mut findings)?;
        }
        let mut survey = self.again(&place, file)?;
        survey.findings.extend(findings);
        Ok(survey)
    }

    /// The file system that an open file or directory at `path` lies on.
    ///
    /// # Errors
    /// Those of looking at it.
    pub fn place_of(&mut self, file: impl AsFd, path: &Path) -> io::Result<Arc<Place>> {
        let stat = stat(file.as_fd())?;
        let mount = self.mount(&stat, path).cloned();
        self.place(mount.ok_or_else(|| io::Error::other("no mount holds it"))?, file.as_fd())
    }

    /// Before Linux 5.8 the number of the mount is not told; then the path decides.
    fn mount(&self, stat: &Statx, path: &Path) -> Option<&Mount> {
        let told = StatxFlags::from_bits_retain(stat.stx_mask).contains(StatxFlags::MNT_ID);
        let mount = if told { self.mounts.by_id(stat.stx_mnt_id) } else { None };
        mount.or_else(|| self.mounts.of(path))
    }

    /// The same without looking: only if it was examined before.
    #[must_use]
    pub fn place_again(&self, file: impl AsFd, path: &Path) -> Option<Arc<Place>> {
        let stat = stat(file.as_fd()).ok()?;
        self.places.get(&self.mount(&stat, path)?.id).map(Arc::clone)
    }

    /// Examines a file again, of which is known where it lies; copies that lie elsewhere are not looked for.
    ///
    /// # Errors
    /// Those of looking at it.
    pub fn again(&self, place: &Arc<Place>, file: impl AsFd) -> io::Result<Survey> {
        let (file, place) = (file.as_fd(), Arc::clone(place));
        let stat = stat(file)?;
        let identity = identity(&stat);
        let mut findings = Vec::new();
        self.of_users(&identity, &mut findings);
        if identity.links > 1 && FileType::from_raw_mode(stat.stx_mode.into()).is_file() {
            let links = identity.links.to_string();
            findings.push(Finding::new(Code::HardLinks, Effect::Refuse, links));
        }
        let extents = Extents::of(file)?;
        of_blocks(&place, file, &stat, extents.as_ref(), &identity, &mut findings);
        of_names(&place, file, &mut findings);
        let direct = direct_alignment(&stat);
        Ok(Survey { place, findings, extents, file: identity, direct })
    }

    /// Examines a block device, opened as `device` under the name `path`.
    ///
    /// # Errors
    /// Those of looking at it.
    pub fn survey_device(&mut self, device: impl AsFd, path: &Path) -> io::Result<Survey> {
        let device = device.as_fd();
        let stat = stat(device)?;
        let number = (stat.stx_rdev_major, stat.stx_rdev_minor);
        let mut place = Place::of_device(&self.sys, path, number);
        let backing: Vec<PathBuf> = place.backing_files().map(Path::to_owned).collect();
        for file in backing {
            place.findings.extend(self.of_backing(&file));
        }
        let mut findings = self.of_mounted(number, path);
        let mut refuse = |code, detail: Vec<String>| {
            if !detail.is_empty() {
                findings.push(Finding::new(code, Effect::Refuse, detail.join(", ")));
            }
        };
        refuse(Code::InUse, stack::held_by(&self.sys, number));
        refuse(Code::InUse, loops_over(&self.sys, number));
        refuse(Code::Partitions, stack::partitions(&self.sys, number));
        let mut survey = self.again_device(&Arc::new(place), device)?;
        survey.findings.extend(findings);
        Ok(survey)
    }

    /// Examines a device again.
    ///
    /// # Errors
    /// Those of looking at it.
    pub fn again_device(&self, place: &Arc<Place>, device: impl AsFd) -> io::Result<Survey> {
        let device = device.as_fd();
        let len = crate::ioctl::device_len(device)?;
        let stat = stat(device)?;
        let file = Identity { len, allocated: len, ..identity(&stat) };
        let mut findings = Vec::new();
        let users = self.users.of_device((stat.stx_rdev_major, stat.stx_rdev_minor));
        in_use(users, &mut findings);
        let place = Arc::clone(place);
        Ok(Survey { place, findings, extents: None, file, direct: Some(PAGE) })
    }

    /// File systems that are mounted from a device or its partitions, and swap on it.
    fn of_mounted(&self, number: (u32, u32), path: &Path) -> Vec<Finding> {
        let mut points: Vec<String> = Vec::new();
        let nodes = stack::partitions(&self.sys, number).into_iter();
        let nodes = nodes.map(|name| Path::new("/dev").join(name)).chain([path.to_owned()]);
        for node in nodes {
            let device = fs::metadata(&node).map(|found| found.rdev()).unwrap_or(0);
            let device = (major(device), minor(device));
            let mounted = self
                .mounts
                .iter()
                .filter(|mount| mount.device == device || Path::new(&mount.source) == node);
            points.extend(mounted.map(|mount| mount.point.display().to_string()));
            let swap = self.swaps.contains(&node);
            points.extend(swap.then(|| "swap".to_owned()));
        }
        points.sort();
        points.dedup();
        let found = |point| Finding::new(Code::Mounted, Effect::Refuse, point);
        points.into_iter().map(found).collect()
    }

    /// What is known of a mount, examined if it was not yet.
    fn place(&mut self, mount: Mount, file: BorrowedFd<'_>) -> io::Result<Arc<Place>> {
        let id = mount.id;
        if let Some(place) = self.places.get(&id) {
            return Ok(Arc::clone(place));
        }
        let mut place = Place::of(&self.sys, &self.proc, mount, file, self.swapping);
        let backing: Vec<PathBuf> = place.backing_files().map(Path::to_owned).collect();
        for file in backing {
            place.findings.extend(self.of_backing(&file));
        }
        let place = Arc::new(place);
        self.places.insert(id, Arc::clone(&place));
        Ok(place)
    }

    /// What a loop device inherits from the file that it is made of.
    fn of_backing(&mut self, path: &Path) -> Vec<Finding> {
        let name = path.display().to_string();
        let unknown = || vec![Finding::new(Code::UnknownMedium, Effect::BestEffort, name.clone())];
        if self.depth >= MAX_DEPTH {
            return unknown();
        }
        self.depth += 1;
        let flags = OFlags::NOFOLLOW.bits() | OFlags::NONBLOCK.bits();
        let opened = fs::OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path);
        let found = opened.and_then(|file| self.survey(&file, path));
        self.depth -= 1;
        let Ok(survey) = found else { return unknown() };
        let inherited = |finding: &&Finding| {
            let own = matches!(finding.code, Code::InUse | Code::HardLinks | Code::Mounted);
            !own && (finding.effect >= Effect::BestEffort || of_note(finding.code).is_some())
        };
        survey
            .all_findings()
            .filter(inherited)
            .map(|finding| {
                let detail = format!("{name}: {}", finding.detail);
                let effect = of_note(finding.code).unwrap_or(finding.effect);
                Finding::new(finding.code, effect, detail.trim_end_matches([':', ' ']))
            })
            .collect()
    }

    fn of_users(&self, file: &Identity, findings: &mut Vec<Finding>) {
        let id = (file.device, file.inode);
        in_use(self.users.of(id), findings);
        for (how, taken) in &self.taken {
            if *taken == id {
                findings.push(match how {
                    Taken::Swap => Finding::new(Code::SwapFile, Effect::Refuse, ""),
                    Taken::Loop => Finding::new(Code::Mounted, Effect::Refuse, "loop"),
                });
            }
        }
    }
}

/// What a note about the file under a loop device means above. Nobody empties the journal down there.
fn of_note(code: Code) -> Option<Effect> {
    match code {
        Code::Memory => Some(Effect::Note),
        Code::DataJournal | Code::Inline => Some(Effect::BestEffort),
        _ => None,
    }
}

/// Loop devices that are made of a device: they do not hold it as others do.
fn loops_over(sys: &Path, number: (u32, u32)) -> Vec<String> {
    let over = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|found| {
            let device = (major(found.rdev()), minor(found.rdev()));
            FileType::from_raw_mode(found.mode()) == FileType::BlockDevice && device == number
        })
    };
    stack::loop_backing(sys)
        .into_iter()
        .filter(|(_, path)| over(path))
        .map(|(name, _)| name)
        .collect()
}

fn in_use(users: &[User], findings: &mut Vec<Finding>) {
    let mut named: Vec<String> =
        users.iter().map(|user| format!("{} ({})", user.command, user.pid)).collect();
    named.dedup();
    named.truncate(5);
    if !named.is_empty() {
        findings.push(Finding::new(Code::InUse, Effect::Refuse, named.join(", ")));
    }
}

fn stat(file: BorrowedFd<'_>) -> io::Result<Statx> {
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID | StatxFlags::DIOALIGN;
    Ok(statx(file, "", AtFlags::EMPTY_PATH, wanted)?)
}

/// What reading past the cache must be aligned to. Where the kernel does not say, a page; trying it tells the rest.
fn direct_alignment(stat: &Statx) -> Option<u32> {
    let told = StatxFlags::from_bits_retain(stat.stx_mask).contains(StatxFlags::DIOALIGN);
    Some(if told { stat.stx_dio_offset_align } else { PAGE }).filter(|&align| align > 0)
}

const PAGE: u32 = 4096;

fn identity(stat: &Statx) -> Identity {
    Identity {
        device: makedev(stat.stx_dev_major, stat.stx_dev_minor),
        inode: stat.stx_ino,
        len: stat.stx_size,
        links: stat.stx_nlink,
        allocated: stat.stx_blocks * 512,
        block: stat.stx_blksize,
    }
}

fn is_zram(swap: &Path) -> bool {
    swap.file_name().is_some_and(|name| name.to_string_lossy().starts_with("zram"))
}
