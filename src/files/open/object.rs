//! Opening one sealed file of a plan to an output that has no name yet.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use rustix::fs::{Mode, OFlags, Timespec, Timestamps, fchmod, futimens, openat};
use sealkeep_keystore::KeyId;

use super::plan::{Object, OpenPlan, Output};
use super::{OpenOptions, unlock};
use crate::envelope::{self, Kind, Metadata, Mtime, Opener, Preamble, Run, SealedPath};
use crate::files::error::{Error, io};
use crate::files::group::Scratch;
use crate::files::place::Place;
use crate::keys::Keys;
use crate::output::{self, Pending, check_free, check_replaceable};
use crate::tree::{path_of, split_parent};

/// An object that has been verified, and where it goes.
pub(super) struct Ready {
    pub(super) key_id: KeyId,
    pub(super) metadata: Metadata,
    pub(super) content: u64,
    pub(super) sealed: u64,
    pub(super) what: What,
}

/// What is left to be done for a verified object.
pub(super) enum What {
    /// It was only to be checked.
    Checked,
    /// Give the file its name.
    File { pending: Pending, place: usize, path: Vec<u8> },
    /// Make this link.
    Symlink { dir: Arc<OwnedFd>, name: OsString, target: Vec<u8>, place: usize, path: Vec<u8> },
    /// Set mode and time of this directory when everything is in it. No path: the place itself.
    Directory { place: usize, path: Option<Vec<u8>> },
}

/// The beginning of a sealed file, and the file, which stands behind it.
pub(super) struct Head {
    file: File,
    preamble: Preamble,
}

impl Head {
    /// The key that it names.
    pub(super) fn key_id(&self) -> KeyId {
        self.preamble.header().key_id
    }
}

impl OpenPlan {
    pub(super) fn head(
        &self,
        object: &Object,
        scratch: &mut Scratch,
        run: &Run<'_>,
    ) -> Result<Head, Error> {
        run.check()?;
        let input = &self.inputs[object.input];
        let (parent, name) = split_parent(&object.path);
        let dir = scratch.inputs.get(object.input, &input.dir, parent, false, |_| ())?;
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let flags = if input.single { flags } else { flags | OFlags::NOFOLLOW };
        let file = openat(&dir, OsStr::from_bytes(name), flags, Mode::empty())
            .map_err(io("open the sealed file"))?;
        let file = File::from(file);
        let preamble = Preamble::read(&mut &file)?;
        Ok(Head { file, preamble })
    }

    pub(super) fn open_object(
        &self,
        object: &Object,
        head: Head,
        keys: &dyn Keys,
        scratch: &mut Scratch,
        run: &Run<'_>,
    ) -> Result<Ready, Error> {
        run.check()?;
        if object.size > SMALL as u64 {
            let sealed = head.file.metadata().map_err(io("look at the sealed file"))?.len();
            let opener = unlock(head.preamble, keys)?;
            return self.open_large(object, opener, &head.file, sealed, scratch, run);
        }
        let mut buffer = std::mem::take(&mut scratch.buffer);
        let result = self.open_small(object, head, &mut buffer, keys, scratch);
        scratch.buffer = buffer;
        let ready = result?;
        (run.progress)(ready.content);
        Ok(ready)
    }

    fn open_small(
        &self,
        object: &Object,
        head: Head,
        buffer: &mut Vec<u8>,
        keys: &dyn Keys,
        scratch: &mut Scratch,
    ) -> Result<Ready, Error> {
        let start = head.preamble.header().preamble_len();
        let size = usize::try_from(object.size).expect("small");
        let left = size.checked_sub(start).ok_or(Error::Changed)?;
        // A byte more, to see whether it has grown.
        let room = crate::files::group::room(buffer, left + 1);
        let len = envelope::read_full(&mut &head.file, room)?;
        if len > left {
            return Err(Error::Changed);
        }
        let opener = unlock(head.preamble, keys)?;
        let content = opener.open_memory(&mut room[..len])?;
        let ready = |what, content: usize| Ready {
            key_id: opener.header().key_id,
            metadata: opener.metadata().clone(),
            content: content as u64,
            sealed: (start + len) as u64,
            what,
        };
        let Some((place, path)) = self.destination(object, opener.metadata())? else {
            return Ok(ready(What::Checked, content.len()));
        };
        let what = match opener.metadata().kind {
            Kind::File => {
                let (dir, name) = self.free_name(place, &path, scratch)?;
                let pending = Pending::create(&dir, name, 0o600, self.options.force)?;
                std::io::Write::write_all(&mut &pending.file, content)
                    .map_err(envelope::Error::Write)?;
                restore(&pending.file, opener.metadata(), &self.options)?;
                What::File { pending, place, path }
            }
            Kind::Symlink => {
                let (dir, name) = self.free_name(place, &path, scratch)?;
                let name = name.to_owned();
                What::Symlink { dir, name, target: content.to_vec(), place, path }
            }
            Kind::Directory => self.make_directory(place, path)?,
        };
        Ok(ready(what, content.len()))
    }

    fn open_large(
        &self,
        object: &Object,
        opener: Opener,
        file: &File,
        sealed: u64,
        scratch: &mut Scratch,
        run: &Run<'_>,
    ) -> Result<Ready, Error> {
        if opener.metadata().kind != Kind::File {
            // Links and directories have little content or none.
            return Err(envelope::Error::Metadata("kind does not fit the content").into());
        }
        let (what, content) = match self.destination(object, opener.metadata())? {
            None => (What::Checked, opener.check_file(file, sealed, run)?),
            Some((place, path)) => {
                let (dir, name) = self.free_name(place, &path, scratch)?;
                let pending = Pending::create(&dir, name, 0o600, self.options.force)?;
                let content = opener.open_file(file, sealed, &pending.file, run)?;
                restore(&pending.file, opener.metadata(), &self.options)?;
                (What::File { pending, place, path }, content)
            }
        };
        let key_id = opener.header().key_id;
        Ok(Ready { key_id, metadata: opener.metadata().clone(), content, sealed, what })
    }

    /// The place and the path below it; an empty path is the place itself.
    fn destination(
        &self,
        object: &Object,
        metadata: &Metadata,
    ) -> Result<Option<(usize, Vec<u8>)>, Error> {
        let own = |path: &SealedPath| path.as_bytes().to_vec();
        let last = |path: &SealedPath| path.file_name().to_vec();
        match (&self.inputs[object.input].output, &metadata.path) {
            (Output::None, _) => Ok(None),
            (Output::Exact(place, name), _) => Ok(Some((*place, name.as_bytes().to_vec()))),
            (Output::Path(place), Some(path)) => Ok(Some((*place, own(path)))),
            (Output::Name(place), Some(path)) => Ok(Some((*place, last(path)))),
            (Output::Path(place), None) if metadata.kind == Kind::Directory => {
                Ok(Some((*place, Vec::new())))
            }
            (Output::Path(place) | Output::Name(place), None) => {
                Ok(Some((*place, name_without_suffix(&object.path).ok_or(Error::NoName)?.to_vec())))
            }
        }
    }

    fn free_name<'p>(
        &self,
        place: usize,
        path: &'p [u8],
        scratch: &mut Scratch,
    ) -> Result<(Arc<OwnedFd>, &'p OsStr), Error> {
        let target: &Place = &self.places[place];
        let (dir, name) = target.locate(place, path, scratch)?;
        if target.is_new() {
            return Ok((dir, name));
        }
        match check_free(&dir, name, self.options.force) {
            Err(output::Error::Exists) if self.options.skip_existing => {
                check_replaceable(&dir, name)?;
                Err(Error::Exists)
            }
            other => Ok(other.map(|()| (dir, name))?),
        }
    }

    fn make_directory(&self, place: usize, path: Vec<u8>) -> Result<What, Error> {
        let root = self.places[place].open()?;
        if path.is_empty() {
            return Ok(What::Directory { place, path: None });
        }
        crate::tree::descend(&root, &path, true)?;
        Ok(What::Directory { place, path: Some(path) })
    }

    /// The name under which a mirrored tree would hold this object, if it is another than where it lay.
    pub(super) fn moved_from(
        &self,
        object: &Object,
        metadata: &Metadata,
    ) -> Option<std::path::PathBuf> {
        let sealed_as = metadata.path.as_ref()?;
        let lies_at = name_without_suffix(&object.path)?;
        let (_, name) = split_parent(lies_at);
        let hidden = name.len() == 32 && name.iter().all(u8::is_ascii_hexdigit);
        let expected = if self.inputs[object.input].single {
            sealed_as.file_name()
        } else {
            sealed_as.as_bytes()
        };
        // A part of a mirrored tree may be opened by itself: then it lies at the end of its authenticated path.
        let fits = expected == lies_at
            || lies_at.is_empty()
            || expected.strip_suffix(lies_at).is_some_and(|rest| rest.ends_with(b"/"));
        (!hidden && !fits).then(|| path_of(sealed_as.as_bytes()))
    }
}

/// Sets mode and time of an opened file as they were sealed.
pub(super) fn restore(
    file: &File,
    metadata: &Metadata,
    options: &OpenOptions,
) -> Result<(), Error> {
    if let Some(mode) = metadata.mode {
        let mode = if options.keep_special_bits { mode } else { mode & !SPECIAL_BITS };
        fchmod(file, Mode::from_raw_mode(mode)).map_err(io("set the mode"))?;
    }
    if let Some(mtime) = metadata.mtime {
        futimens(file, &timestamps(mtime)).map_err(io("set the modification time"))?;
    }
    Ok(())
}

/// For setting the modification time and leaving the other.
pub(super) fn timestamps(mtime: Mtime) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
        last_modification: Timespec { tv_sec: mtime.seconds, tv_nsec: mtime.nanoseconds.into() },
    }
}

/// The path without `.sealed`; for a directory's own object, the directory, empty for the top.
fn name_without_suffix(path: &[u8]) -> Option<&[u8]> {
    let rest = path.strip_suffix(crate::files::seal::SUFFIX.as_bytes())?;
    Some(rest.strip_suffix(b"/").unwrap_or(rest))
}

/// setuid and setgid.
pub(super) const SPECIAL_BITS: u32 = 0o6000;

/// Sealed files up to this many bytes are read whole.
const SMALL: usize = 160 * 1024;
