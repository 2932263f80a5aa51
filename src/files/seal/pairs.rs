//! What was sealed and the sealed file, side by side, to be compared.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{Advice, Mode, OFlags, fadvise, fstat, openat, readlinkat};
use sealkeep_keystore::KeyId;

use super::plan::{Object, SealPlan};
use crate::envelope::{self, Kind, Metadata, Opener, Preamble, Run};
use crate::files::error::{Error, io};
use crate::files::group::{Scratch, room, sync_file_systems};
use crate::files::open::unlock;
use crate::files::place::Place;
use crate::keys::Keys;
use crate::tree::split_parent;

/// An object whose sealed file is there.
pub(super) struct Pair {
    object: Object,
    /// The key it was sealed under; none if the sealed file was there before.
    key: Option<KeyId>,
}

/// What a plan sealed or found sealed.
pub(crate) struct Pairs {
    plan: SealPlan,
    pairs: Vec<Pair>,
    /// Every file system that sealed files were found on.
    devices: Mutex<BTreeMap<u64, Arc<OwnedFd>>>,
}

impl SealPlan {
    /// Remembers that the sealed file of an object is there.
    pub(super) fn pair(&self, object: &Object, key: Option<KeyId>) {
        if let Some(pairs) = &self.pairs {
            let pair = Pair { object: object.clone(), key };
            pairs.lock().unwrap_or_else(PoisonError::into_inner).push(pair);
        }
    }
}

impl Pairs {
    /// Takes them from a plan that was carried out.
    pub(super) fn new(mut plan: SealPlan) -> Self {
        let pairs = plan.pairs.take().unwrap_or_default();
        let pairs = pairs.into_inner().unwrap_or_else(PoisonError::into_inner);
        plan.objects = Vec::new();
        Self { plan, pairs, devices: Mutex::default() }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Number of the input that was named, the path below it, and what it is.
    pub(crate) fn part(&self, at: usize) -> (usize, &[u8], Kind) {
        let object = &self.pairs[at].object;
        (object.input, self.plan.below(object), object.kind)
    }

    /// Length of the content in bytes when it was found.
    pub(crate) fn size(&self, at: usize) -> u64 {
        self.pairs[at].object.size
    }

    /// The key that the sealed file names: the one it was sealed under, or, if it was there before, what it says. None if it
    /// cannot be read, which [`Pairs::compare`] tells.
    pub(crate) fn key(&self, at: usize, scratch: &mut Scratch) -> Option<KeyId> {
        let pair = &self.pairs[at];
        pair.key.or_else(|| {
            let sealed = self.open_sealed(pair, scratch).ok()?;
            Some(Preamble::read(&mut &sealed).ok()?.header().key_id)
        })
    }

    /// The source, as the user would write it.
    pub(crate) fn source(&self, at: usize) -> PathBuf {
        self.plan.input_path(&self.pairs[at].object)
    }

    /// Makes all sealed files and their names durable, those of an earlier run too.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        let places: Vec<Arc<OwnedFd>> =
            self.plan.places.iter().filter_map(Place::if_open).collect();
        let devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        sync_file_systems(places.iter().chain(devices.values()))
    }

    /// Opens the sealed file from where it lies, past the cache as far as it can be emptied, and compares everything in it with
    /// the source: content, kind, path, mode and time. `source` may be opened as a mere handle unless it is a file. Of
    /// a directory the time does not count: it changes with what is in it.
    ///
    /// # Errors
    /// `Differs`; those of opening it.
    pub(crate) fn compare(
        &self,
        at: usize,
        source: &OwnedFd,
        keys: &dyn Keys,
        scratch: &mut Scratch,
        run: &Run<'_>,
    ) -> Result<(), Error> {
        run.check()?;
        let pair = &self.pairs[at];
        let stat = fstat(source).map_err(io("look at the source"))?;
        let expected = self.plan.metadata(&pair.object, &stat)?;
        let sealed = self.open_sealed(pair, scratch)?;
        let len = sealed.metadata().map_err(io("look at the sealed file"))?.len();
        if len > SMALL {
            let opener = unlock(Preamble::read(&mut &sealed)?, keys)?;
            same_but_content(pair, &opener, &expected)?;
            if pair.object.kind != Kind::File {
                return Err(Error::Differs("content"));
            }
            let source = source.try_clone().map_err(io("hold the source"))?;
            opener.compare_file(&sealed, len, &File::from(source), run)?;
            return Ok(());
        }
        let mut buffer = std::mem::take(&mut scratch.buffer);
        let compared = compare_small(pair, &sealed, source, keys, &expected, &mut buffer);
        scratch.buffer = buffer;
        (run.progress)(compared?);
        Ok(())
    }

    fn open_sealed(&self, pair: &Pair, scratch: &mut Scratch) -> Result<File, Error> {
        let key = pair.key.map(|id| id.to_string());
        let name = self.plan.output_name(&pair.object, key.as_deref()).ok_or(Error::NoName)?;
        let number = self.plan.inputs[pair.object.input].place;
        let top = self.plan.places[number].open()?;
        let (parent, name) = split_parent(&name);
        let dir = scratch.outputs.get(number, &top, parent, false, |_| ())?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&dir, OsStr::from_bytes(name), flags, Mode::empty());
        let file = File::from(file.map_err(io("open the sealed file"))?);
        let found = file.metadata().map_err(io("look at the sealed file"))?;
        if !found.is_file() {
            return Err(Error::Unsupported);
        }
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        devices.entry(found.dev()).or_insert(dir);
        // What is not on the medium stays in the cache: it was synced before, or this is weaker.
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
        Ok(file)
    }
}

/// Compares what fits into memory; returns the length of the content.
fn compare_small(
    pair: &Pair,
    mut sealed: &File,
    source: &OwnedFd,
    keys: &dyn Keys,
    expected: &Metadata,
    buffer: &mut Vec<u8>,
) -> Result<u64, Error> {
    let most = usize::try_from(SMALL).expect("small");
    let (sealed_room, source_room) = room(buffer, 2 * (most + 1)).split_at_mut(most + 1);
    let len = envelope::read_full(&mut sealed, sealed_room)?;
    let preamble = Preamble::parse(&sealed_room[..len])?;
    let start = preamble.header().preamble_len();
    let opener = unlock(preamble, keys)?;
    same_but_content(pair, &opener, expected)?;
    let content: &[u8] = opener.open_memory(&mut sealed_room[start..len])?;
    let same = match pair.object.kind {
        Kind::Directory => content.is_empty(),
        Kind::Symlink => {
            let target = readlinkat(source, c"", Vec::new()).map_err(io("read the link"))?;
            content == target.as_bytes()
        }
        Kind::File => content == read_from_start(source.as_fd(), source_room)?,
    };
    if same { Ok(content.len() as u64) } else { Err(Error::Differs("content")) }
}

/// The first bytes of a file, as many as there is room for.
fn read_from_start(file: impl AsFd, room: &mut [u8]) -> Result<&[u8], Error> {
    let mut len = 0;
    while len < room.len() {
        match rustix::io::pread(file.as_fd(), &mut room[len..], len as u64) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(io("read the source")(errno)),
        }
    }
    Ok(&room[..len])
}

fn same_but_content(pair: &Pair, opener: &Opener, expected: &Metadata) -> Result<(), Error> {
    let there = opener.metadata();
    if pair.key.is_some_and(|key| key != opener.header().key_id) {
        return Err(Error::Differs("key"));
    }
    if (there.kind, &there.path) != (expected.kind, &expected.path) {
        return Err(Error::Differs("name"));
    }
    let time = there.kind == Kind::Directory || there.mtime == expected.mtime;
    if there.mode != expected.mode || !time {
        return Err(Error::Differs("mode or time"));
    }
    Ok(())
}

/// Sealed files up to this many bytes are read whole.
const SMALL: u64 = 160 * 1024;
