//! A look at one process.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, OFlags, StatxFlags, makedev, statx};
use rustix::io::Errno;

use super::maps::{Mapping, mappings};
use super::{Access, FileId};

/// What a process uses, and how.
#[derive(Default)]
pub(super) struct Visit {
    pub(super) files: BTreeSet<(FileId, Access)>,
    pub(super) devices: BTreeSet<((u32, u32), Access)>,
    /// Whether nothing was refused.
    pub(super) complete: bool,
    /// Whether it has any descriptor.
    has_files: bool,
}

/// What a link in `/proc` leads to.
#[derive(Clone, Copy)]
struct Found {
    file: FileId,
    /// Number of a block device.
    device: Option<(u32, u32)>,
}

impl Visit {
    /// Looks at the process of a directory in `/proc`.
    pub(super) fn of(dir: &Path, wanted: Option<&HashSet<FileId>>) -> Self {
        let mut visit = Self { complete: true, ..Self::default() };
        visit.look(dir, wanted);
        if !visit.has_files {
            // Where only the first thread has ended, the others go on.
            let tasks = entries(&dir.join("task")).unwrap_or_default();
            for task in tasks.iter().filter(|_| tasks.len() > 1) {
                visit.look(&dir.join("task").join(task), wanted);
            }
        }
        visit
    }

    fn look(&mut self, dir: &Path, wanted: Option<&HashSet<FileId>>) {
        for (link, access) in
            [("cwd", Access::Holds), ("root", Access::Holds), ("exe", Access::MapsPrivately)]
        {
            if let Some(found) = self.follow(&dir.join(link)) {
                self.note(found, wanted, || access);
            }
        }
        self.look_at_descriptors(dir, wanted);
        self.look_at_mappings(dir, wanted);
    }

    fn look_at_descriptors(&mut self, dir: &Path, wanted: Option<&HashSet<FileId>>) {
        let names = entries(&dir.join("fd"));
        for name in self.unless_refused(names).unwrap_or_default() {
            self.has_files = true;
            if let Some(found) = self.follow(&dir.join("fd").join(&name)) {
                self.note(found, wanted, || access(&dir.join("fdinfo").join(&name)));
            }
        }
    }

    fn look_at_mappings(&mut self, dir: &Path, wanted: Option<&HashSet<FileId>>) {
        let maps = fs::read(dir.join("maps"));
        let Some(maps) = self.unless_refused(maps) else { return };
        let links = dir.join("map_files");
        let mut known = HashMap::new();
        for mapping in mappings(&maps) {
            let link = links.join(&mapping.range);
            let found =
                *known.entry(mapping.rest).or_insert_with(|| self.mapped(&mapping, &link, &links));
            if let Some(found) = found {
                self.note(found, wanted, || access_by_mapping(&mapping, &link));
            }
        }
    }

    /// The file of a mapping. Without privileges `map_files` cannot be followed: what `maps` says must do, which on file
    /// systems without a device is not what `stat(2)` says.
    fn mapped(&mut self, mapping: &Mapping<'_>, link: &Path, links: &Path) -> Option<Found> {
        match identify(link) {
            Ok(found) => found,
            Err(Errno::NOENT) if links.exists() => None,
            Err(_) => {
                self.complete &= rustix::fs::major(mapping.file.0) != 0;
                Some(Found { file: mapping.file, device: None })
            }
        }
    }

    /// The file a link leads to. If that cannot be told it is refused, or it was closed; or the link may be read, and
    /// only its file system answers nobody but its user (FUSE) or not at all: then it is none that is asked for.
    fn follow(&mut self, link: &Path) -> Option<Found> {
        match identify(link) {
            Ok(found) => found,
            Err(_) => {
                let target = fs::read_link(link);
                self.unless_refused(target);
                None
            }
        }
    }

    /// Takes note if something is not there for other reasons than that the process, or its use, has ended.
    fn unless_refused<T>(&mut self, result: io::Result<T>) -> Option<T> {
        if let Err(error) = &result {
            let ended = [Errno::NOENT, Errno::SRCH].map(Errno::raw_os_error);
            self.complete &= error.raw_os_error().is_some_and(|errno| ended.contains(&errno));
        }
        result.ok()
    }

    fn note(
        &mut self,
        found: Found,
        wanted: Option<&HashSet<FileId>>,
        access: impl FnOnce() -> Access,
    ) {
        let is_wanted = wanted.is_none_or(|wanted| wanted.contains(&found.file));
        if !is_wanted && found.device.is_none() {
            return;
        }
        let access = access();
        if is_wanted {
            self.files.insert((found.file, access));
        }
        if let Some(device) = found.device {
            self.devices.insert((device, access));
        }
    }
}

/// Files, directories and block devices; `None` for pipes and the like. No server is asked: what the kernel knows is
/// enough.
fn identify(link: &Path) -> rustix::io::Result<Option<Found>> {
    let asked = StatxFlags::TYPE | StatxFlags::INO;
    let meta = statx(CWD, link, AtFlags::STATX_DONT_SYNC, asked)?;
    let file = (makedev(meta.stx_dev_major, meta.stx_dev_minor), meta.stx_ino);
    Ok(match FileType::from_raw_mode(meta.stx_mode.into()) {
        FileType::RegularFile | FileType::Directory => Some(Found { file, device: None }),
        FileType::BlockDevice => {
            Some(Found { file, device: Some((meta.stx_rdev_major, meta.stx_rdev_minor)) })
        }
        _ => None,
    })
}

/// What `flags` in `fdinfo`, in octal, says. Where it is not to be had, the worst.
fn access(info: &Path) -> Access {
    let text = fs::read_to_string(info).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    let Some(flags) = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok()) else {
        return Access::Writes;
    };
    let flags = OFlags::from_bits_retain(flags);
    match flags & OFlags::RWMODE {
        _ if flags.contains(OFlags::PATH) => Access::Holds,
        OFlags::RDONLY => Access::Reads,
        _ => Access::Writes,
    }
}

/// A shared mapping that is only readable now can be made writable if its file was opened for that, which the mode of
/// the link in `map_files` tells (fs/proc/base.c); what cannot be told is taken for the worse.
fn access_by_mapping(mapping: &Mapping<'_>, link: &Path) -> Access {
    let read_only = || {
        let meta = fs::symlink_metadata(link);
        meta.is_ok_and(|meta| meta.permissions().mode() & 0o200 == 0)
    };
    match (mapping.shared, mapping.writable) {
        (false, _) => Access::MapsPrivately,
        (true, false) if read_only() => Access::Reads,
        (true, _) => Access::MapsShared,
    }
}

fn entries(dir: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
}
