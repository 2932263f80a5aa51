//! Examining the free space of a file system: what filling it reaches, and what it does not.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{StatVfs, fstatvfs};

use super::blocks::through;
use super::{Surveyor, identity, stat};
use crate::finding::{Code, Effect, Finding};
use crate::place::{Family, Place};

/// The free space of a file system.
#[derive(Clone, Debug)]
pub struct Space {
    /// The file system and all under it.
    pub place: Arc<Place>,
    /// What was found about its free space.
    pub findings: Vec<Finding>,
    /// Free bytes that we may take.
    pub bytes: u64,
    /// Device and inode number of the directory.
    pub id: (u64, u64),
}

impl Surveyor {
    /// Examines the free space of the file system that an open directory at `path` lies on.
    ///
    /// # Errors
    /// Those of looking at it.
    pub fn survey_space(&mut self, dir: impl AsFd, path: &Path) -> io::Result<Space> {
        let dir = dir.as_fd();
        let place = self.place_of(dir, path)?;
        let identity = identity(&stat(dir)?);
        let free = fstatvfs(dir)?;
        let all = rustix::process::geteuid().is_root();
        let mut findings = of_family(&place);
        if place.data_journal {
            findings.push(Finding::new(Code::DataJournal, through(place.journal), ""));
        }
        let kept = free.f_bfree.saturating_sub(free.f_bavail) * free.f_frsize;
        if kept > 0 && !all {
            findings.push(Finding::new(Code::ReservedBlocks, Effect::BestEffort, kept.to_string()));
        }
        findings.push(Finding::new(Code::OutsideFreeSpace, Effect::Note, ""));
        let bytes = free_bytes(&free, all);
        Ok(Space { place, findings, bytes, id: (identity.device, identity.inode) })
    }
}

/// What filling achieves depends on how the file system gives out blocks, not on how it changes them.
fn of_family(place: &Place) -> Vec<Finding> {
    let name = place.file_system();
    let found = |code, effect| vec![Finding::new(code, effect, name)];
    match place.family {
        // There is nothing to reach: memory that was given back belongs to the whole system.
        Family::Memory => found(Code::Memory, Effect::Refuse),
        Family::Btrfs => found(Code::CopyOnWrite, Effect::BestEffort),
        // It keeps free blocks for its own use, and does not tell how many.
        Family::Xfs => found(Code::ReservedBlocks, Effect::BestEffort),
        // The layer that takes the writes is not examined by itself.
        Family::Overlay => found(Code::UnknownFileSystem, Effect::BestEffort),
        _ => Vec::new(),
    }
}

fn free_bytes(free: &StatVfs, all: bool) -> u64 {
    free.f_frsize * if all { free.f_bfree } else { free.f_bavail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_space_in_memory_is_refused() {
        let dir = std::fs::File::open("/dev/shm").unwrap();
        let mut surveyor = Surveyor::new().unwrap();
        let space = surveyor.survey_space(&dir, Path::new("/dev/shm")).unwrap();
        let refused = |one: &Finding| one.code == Code::Memory && one.effect == Effect::Refuse;
        assert!(space.findings.iter().any(refused), "{:?}", space.findings);
    }

    #[test]
    fn what_is_not_reached_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let opened = std::fs::File::open(dir.path()).unwrap();
        let space = Surveyor::new().unwrap().survey_space(&opened, dir.path()).unwrap();
        assert!(space.findings.iter().any(|one| one.code == Code::OutsideFreeSpace));
        let free = fstatvfs(&opened).unwrap();
        assert!(space.bytes <= free.f_blocks * free.f_frsize);
    }
}
