//! What is found about a file itself: its flags, its extents, what it leaves besides its content.

use std::os::fd::BorrowedFd;

use rustix::fs::{IFlags, Statx, StatxAttributes, flistxattr, ioctl_getflags};
use rustix::io::Errno;

use super::Identity;
use crate::extents::{ExtentFlags, Extents};
use crate::finding::{Code, Effect, Finding};
use crate::place::{Family, Journal, Place};

/// Flags of the file and of its extents.
pub(super) fn of_blocks(
    place: &Place,
    file: BorrowedFd<'_>,
    stat: &Statx,
    extents: Option<&Extents>,
    identity: &Identity,
    findings: &mut Vec<Finding>,
) {
    let mut add = |code, effect| findings.push(Finding::new(code, effect, ""));
    let flags = ioctl_getflags(file).unwrap_or(IFlags::empty());
    if flags.intersects(IFlags::IMMUTABLE | IFlags::APPEND) {
        add(Code::Immutable, Effect::Refuse);
    }
    if place.data_journal || (place.family == Family::Ext && flags.contains(IFlags::JOURNALING)) {
        add(Code::DataJournal, through(place.journal));
    }
    if place.family == Family::Btrfs {
        of_btrfs(place, flags, extents, &mut add);
    }
    let encoded = StatxAttributes::ENCRYPTED | StatxAttributes::COMPRESSED;
    let encoded = stat.stx_attributes.intersects(encoded);
    if encoded || extents.is_some_and(|extents| extents.any(ExtentFlags::ENCODED)) {
        add(Code::Compressed, Effect::BestEffort);
    }
    match extents {
        Some(extents) => of_extents(place, extents, identity, &mut add),
        None if matches!(place.family, Family::Memory | Family::Network) => {}
        None if identity.len == 0 => {}
        None => add(Code::NoExtents, Effect::BestEffort),
    }
}

fn of_extents(
    place: &Place,
    extents: &Extents,
    identity: &Identity,
    add: &mut impl FnMut(Code, Effect),
) {
    let unknown = ExtentFlags::UNKNOWN.and(ExtentFlags::DELAYED).and(ExtentFlags::TAIL);
    let inline = extents.any(ExtentFlags::INLINE);
    if extents.any(ExtentFlags::SHARED) {
        add(Code::Shared, Effect::Impossible);
    }
    if inline && place.family == Family::Ext {
        add(Code::Inline, through(place.journal));
    } else if inline {
        add(Code::Inline, Effect::BestEffort);
    } else if extents.any(unknown) {
        add(Code::UnknownExtents, Effect::BestEffort);
    }
    if extents.any(ExtentFlags::UNWRITTEN) {
        add(Code::Unwritten, Effect::Note);
    }
    let room: u64 = extents.ranges().iter().map(|(_, length)| length).sum();
    if !inline && room < identity.len {
        add(Code::Sparse, Effect::Note);
    }
}

/// A journal that content went through is no obstacle if it can be emptied.
pub(super) fn through(journal: Journal) -> Effect {
    match journal {
        Journal::None | Journal::CanBeEmptied => Effect::Note,
        Journal::Stays => Effect::BestEffort,
    }
}

fn of_btrfs(
    place: &Place,
    flags: IFlags,
    extents: Option<&Extents>,
    add: &mut impl FnMut(Code, Effect),
) {
    let inline = extents.is_some_and(|extents| extents.any(ExtentFlags::INLINE));
    if inline || !(flags.contains(IFlags::NOCOW) || place.option("nodatacow").is_some()) {
        let trims = place.discards() && rustix::process::geteuid().is_root();
        add(Code::CopyOnWrite, if trims { Effect::BestEffort } else { Effect::Impossible });
    }
}

/// Names, attributes, earlier versions: what is left of a file besides its content.
pub(super) fn of_names(place: &Place, file: BorrowedFd<'_>, findings: &mut Vec<Finding>) {
    let mut names = [0_u8; 1024];
    let own = |name: &[u8]| !name.is_empty() && !name.starts_with(b"security.");
    let has_attributes = match flistxattr(file, &mut names[..]) {
        Ok(len) => names[..len].split(|&byte| byte == 0).any(own),
        Err(errno) => errno == Errno::RANGE,
    };
    if has_attributes {
        findings.push(Finding::new(Code::Attributes, Effect::Note, ""));
    }
    if place.family != Family::Memory {
        findings.push(Finding::new(Code::EarlierVersions, Effect::Note, ""));
    }
    findings.extend(of_name(place));
}

/// Whether the name of anything on a file system may stay after it was taken away.
#[must_use]
pub fn of_name(place: &Place) -> Option<Finding> {
    let stays = match place.family {
        Family::Memory | Family::Device => false,
        // ext2 and FAT mark an entry and leave the name; ext4 has cleared it since Linux 5.13.
        Family::Plain => true,
        Family::Ext if place.file_system() == "ext2" => true,
        _ => place.journal == Journal::Stays,
    };
    stays.then(|| Finding::new(Code::NameInJournal, Effect::Note, place.file_system()))
}
