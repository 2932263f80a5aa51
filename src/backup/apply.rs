//! Gives a restored object its owner, mode, extended attributes and time. What this system or user cannot give is noted; the object
//! is restored all the same.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{
    AtFlags, CWD, Gid, Mode, Timespec, Timestamps, Uid, XattrFlags, chmod, chownat, fchmod, fchown,
    fsetxattr, futimens, setxattr, utimensat,
};
use rustix::io::Errno;

use super::attributes::{Names, link_to};
use crate::tree::path_of;
use crate::vault::{Attributes, Kind, Time};

/// What of an object could not be restored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Omitted {
    /// Owner and group: only the superuser may give files away.
    Owner,
    /// The set-user-id and set-group-id bits: they would mean another user than they did.
    SetId,
    /// The permission bits.
    Mode,
    /// The time of the last change.
    Time,
    /// This extended attribute, or access control list.
    Xattr(String),
    /// A socket: only the program that listens on it can make it.
    Socket,
    /// A device: only the superuser may make one.
    Device,
}

/// Something that could not be restored, for one or many objects.
#[derive(Debug)]
pub struct Note {
    /// What.
    pub what: Omitted,
    /// The first object that lacks it, in the place it was restored to.
    pub path: PathBuf,
    /// What the operating system said of the first, if it was asked.
    pub reason: Option<io::Error>,
    /// How many objects lack it.
    pub count: u64,
}

/// What was noted so far, by many threads.
#[derive(Default)]
pub(crate) struct Notes(Mutex<BTreeMap<Omitted, Note>>);

impl Notes {
    pub(crate) fn add(&self, what: Omitted, path: &[u8], reason: Option<Errno>) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Note {
            what: what.clone(),
            path: path_of(path),
            reason: reason.map(io::Error::from),
            count: 0,
        };
        notes.entry(what.clone()).or_insert_with(new).count += 1;
    }

    pub(crate) fn into_vec(self) -> Vec<Note> {
        let notes = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        notes.into_values().collect()
    }
}

/// Where attributes go.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'s> {
    /// To a file or directory that is open.
    Open(BorrowedFd<'s>),
    /// To something that is open by path alone, a link itself perhaps.
    Path(BorrowedFd<'s>),
}

/// Gives attributes to objects.
pub(crate) struct Applier {
    /// Owners by number, although they may have another name here.
    numeric: bool,
    /// Who this process is, if it is not the superuser.
    user: Option<u32>,
    names: Names,
    pub(super) notes: Notes,
}

impl Applier {
    pub(crate) fn new(numeric: bool) -> Self {
        let user = rustix::process::geteuid();
        let user = (!user.is_root()).then(|| user.as_raw());
        Self { numeric, user, names: Names::default(), notes: Notes::default() }
    }

    /// Gives everything that can be given; `path` is for the notes. The object must belong to this process still, and nobody
    /// else be able to write to it.
    pub(crate) fn apply(&self, subject: Subject<'_>, path: &[u8], attributes: &Attributes) {
        // In this order: a new owner takes away set-id bits and capabilities, and a mode may take away the right to the rest.
        let owned = self.own(subject, path, attributes);
        for (name, value) in &attributes.xattrs {
            if let Err(errno) = set_xattr(subject, OsStr::from_bytes(name), value) {
                let name = String::from_utf8_lossy(name).into_owned();
                self.notes.add(Omitted::Xattr(name), path, Some(errno));
            }
        }
        // A link has no mode of its own.
        if attributes.kind != Kind::Symlink {
            let set_id = attributes.mode & SET_ID;
            if set_id != 0 && !owned {
                self.notes.add(Omitted::SetId, path, None);
            }
            let mode = if owned { attributes.mode } else { attributes.mode & !SET_ID };
            self.check(Omitted::Mode, path, set_mode(subject, Mode::from_raw_mode(mode)));
        }
        self.check(Omitted::Time, path, set_time(subject, attributes.mtime));
    }

    /// Whether the object belongs to whom it did.
    fn own(&self, subject: Subject<'_>, path: &[u8], attributes: &Attributes) -> bool {
        let (uid, gid) = self.owner(attributes);
        // Others may at most choose among their own groups.
        if self.user.is_some_and(|user| user != uid) {
            self.notes.add(Omitted::Owner, path, None);
            return false;
        }
        let (uid, gid) = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
        let done = match subject {
            Subject::Open(fd) => fchown(fd, uid, gid),
            Subject::Path(fd) => chownat(fd, c"", uid, gid, AtFlags::EMPTY_PATH),
        };
        self.check(Omitted::Owner, path, done)
    }

    /// The numbers that the recorded names have here, or those recorded.
    fn owner(&self, attributes: &Attributes) -> (u32, u32) {
        let Attributes { uid, gid, user, group, .. } = attributes;
        if self.numeric {
            return (*uid, *gid);
        }
        let named_uid = (!user.is_empty()).then(|| self.names.uid(user)).flatten();
        let named_gid = (!group.is_empty()).then(|| self.names.gid(group)).flatten();
        (named_uid.unwrap_or(*uid), named_gid.unwrap_or(*gid))
    }

    fn check(&self, what: Omitted, path: &[u8], done: Result<(), Errno>) -> bool {
        done.map_err(|errno| self.notes.add(what, path, Some(errno))).is_ok()
    }
}

fn set_xattr(subject: Subject<'_>, name: &OsStr, value: &[u8]) -> Result<(), Errno> {
    match subject {
        Subject::Open(fd) => fsetxattr(fd, name, value, XattrFlags::empty()),
        Subject::Path(fd) => setxattr(link_to(fd), name, value, XattrFlags::empty()),
    }
}

fn set_mode(subject: Subject<'_>, mode: Mode) -> Result<(), Errno> {
    match subject {
        Subject::Open(fd) => fchmod(fd, mode),
        Subject::Path(fd) => chmod(link_to(fd), mode),
    }
}

fn set_time(subject: Subject<'_>, mtime: Time) -> Result<(), Errno> {
    let times = Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
        last_modification: Timespec { tv_sec: mtime.seconds, tv_nsec: mtime.nanoseconds.into() },
    };
    match subject {
        Subject::Open(fd) => futimens(fd, &times),
        Subject::Path(fd) => utimensat(CWD, link_to(fd), &times, AtFlags::empty()),
    }
}

/// setuid and setgid.
const SET_ID: u32 = 0o6000;
