//! Where the bytes of a file lie on its device (FIEMAP).

use std::os::fd::AsFd;

use rustix::io::Errno;
use serde::Serialize;

use crate::ioctl::{FIEMAP_BATCH, fiemap};

/// A run of bytes of a file that lies in one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Extent {
    /// Where it begins in the file, in bytes.
    pub logical: u64,
    /// Where it begins on the device, in bytes; without meaning where the flags say so.
    pub physical: u64,
    /// Length in bytes.
    pub length: u64,
    /// What FIEMAP says of it.
    pub flags: ExtentFlags,
}

/// The flags of an extent (include/uapi/linux/fiemap.h).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ExtentFlags(u32);

impl ExtentFlags {
    /// Where it lies is not known.
    pub const UNKNOWN: Self = Self(0x2);
    /// Not allocated yet.
    pub const DELAYED: Self = Self(0x4);
    /// Compressed or encrypted on the device.
    pub const ENCODED: Self = Self(0x8);
    /// Does not begin or end on a block.
    pub const NOT_ALIGNED: Self = Self(0x100);
    /// Stands among metadata.
    pub const INLINE: Self = Self(0x200);
    /// Shares its block with other files.
    pub const TAIL: Self = Self(0x400);
    /// Allocated, and reads as zeros.
    pub const UNWRITTEN: Self = Self(0x800);
    /// Other files, or snapshots, hold it too.
    pub const SHARED: Self = Self(0x2000);

    /// Whether any of `other` is set.
    #[must_use]
    pub fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// All extents of a file, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Extents(pub Vec<Extent>);

impl Extents {
    /// Asks the file system, after everything that is only in its cache was written out. `None` if it has no answer.
    ///
    /// # Errors
    /// Those of reading.
    pub fn of(file: impl AsFd) -> rustix::io::Result<Option<Self>> {
        let mut all: Vec<Extent> = Vec::new();
        let mut start = 0;
        loop {
            let batch = match fiemap(file.as_fd(), start) {
                Ok(batch) => batch,
                Err(Errno::OPNOTSUPP | Errno::NOTTY | Errno::INVAL | Errno::NOSYS) => {
                    return Ok(None);
                }
                Err(errno) => return Err(errno),
            };
            all.extend(batch.iter().map(|one| Extent {
                logical: one.logical,
                physical: one.physical,
                length: one.length,
                flags: ExtentFlags(one.flags & !LAST_OR_MERGED),
            }));
            let Some(last) = batch.last() else { break };
            let end = last.logical.saturating_add(last.length);
            if batch.len() < FIEMAP_BATCH || last.flags & LAST != 0 || end <= start {
                break;
            }
            start = end;
        }
        Ok(Some(Self(all)))
    }

    /// Whether any extent has any of these flags.
    #[must_use]
    pub fn any(&self, flags: ExtentFlags) -> bool {
        self.0.iter().any(|extent| extent.flags.any(flags))
    }

    /// The parts of the file that have room on the device, as (offset, length), neighbours joined.
    #[must_use]
    pub fn ranges(&self) -> Vec<(u64, u64)> {
        joined(self.0.iter().map(|one| (one.logical, one.length, None)))
            .map(|(start, length, _)| (start, length))
            .collect()
    }

    /// Whether everything that had room before lies, now, where it lay.
    #[must_use]
    pub fn still_where(&self, before: &Self) -> bool {
        let places = |extents: &Self| -> Vec<(u64, u64, Option<u64>)> {
            joined(extents.0.iter().map(|one| (one.logical, one.length, Some(one.physical))))
                .collect()
        };
        let now = places(self);
        places(before).iter().all(|&(start, length, physical)| {
            let at = now.partition_point(|&(here, ..)| here <= start);
            at.checked_sub(1).map(|at| now[at]).is_some_and(|(here, long, place)| {
                start + length <= here + long && place.map(|at| at + (start - here)) == physical
            })
        })
    }
}

/// Joins runs that follow each other in the file and, where places are given, on the device.
fn joined(
    runs: impl Iterator<Item = (u64, u64, Option<u64>)>,
) -> impl Iterator<Item = (u64, u64, Option<u64>)> {
    let mut joined: Vec<(u64, u64, Option<u64>)> = Vec::new();
    for (start, length, place) in runs {
        match joined.last_mut() {
            Some((first, long, at))
                if *first + *long == start && at.map(|at| at + *long) == place =>
            {
                *long += length;
            }
            _ => joined.push((start, length, place)),
        }
    }
    joined.into_iter()
}

const LAST: u32 = 0x1;
const MERGED: u32 = 0x1000;
const LAST_OR_MERGED: u32 = LAST | MERGED;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(places: &[(u64, u64, u64)]) -> Extents {
        let extent = |&(logical, length, physical): &(u64, u64, u64)| Extent {
            logical,
            physical,
            length,
            flags: ExtentFlags::default(),
        };
        Extents(places.iter().map(extent).collect())
    }

    #[test]
    fn extents_may_be_cut_and_joined_but_not_moved() {
        let before = at(&[(0, 8192, 4096), (8192, 4096, 12288), (20480, 4096, 90112)]);
        assert_eq!(before.ranges(), [(0, 12288), (20480, 4096)]);
        assert!(before.still_where(&before));
        let cut = at(&[(0, 4096, 4096), (4096, 8192, 8192), (20480, 8192, 90112)]);
        assert!(cut.still_where(&before));
        let moved = at(&[(0, 8192, 4096), (8192, 4096, 40960), (20480, 4096, 90112)]);
        assert!(!moved.still_where(&before));
        let gone = at(&[(0, 12288, 4096)]);
        assert!(!gone.still_where(&before));
        assert!(gone.still_where(&Extents::default()));
    }

    #[test]
    fn a_file_on_a_disk_has_extents() {
        let mut file = tempfile::tempfile_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        std::io::Write::write_all(&mut file, &[1; 10_000]).unwrap();
        if let Some(extents) = Extents::of(&file).unwrap() {
            let length: u64 = extents.ranges().iter().map(|(_, length)| length).sum();
            assert!(length >= 10_000, "{extents:?}");
        }
    }
}
