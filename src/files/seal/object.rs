//! Sealing one object of a plan to an output that has no name yet.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat};
use sealkeep_crypto::Secret;
use sealkeep_keystore::KeyId;

use super::plan::{Object, SealPlan};
use crate::envelope::{self, Kind, Metadata, Mtime, Run, Sealed, Sealer, looks_sealed};
use crate::files::error::{Error, io};
use crate::files::group::{Scratch, room};
use crate::output::Pending;
use crate::tree::{Stamp, split_parent};

/// A sealed object that waits for its name.
pub(super) struct Ready {
    pub(super) pending: Pending,
    pub(super) lengths: Sealed,
}

impl SealPlan {
    pub(super) fn seal_object(
        &self,
        object: &Object,
        (key_id, key): (&KeyId, &Secret<32>),
        scratch: &mut Scratch,
        run: &Run<'_>,
    ) -> Result<Ready, Error> {
        run.check()?;
        let input = &self.inputs[object.input];
        let (parent, name) = split_parent(&object.path);
        let dir = scratch.inputs.get(object.input, &input.dir, parent, false, |_| ())?;
        let name = OsStr::from_bytes(if object.path.is_empty() { b"." } else { name });
        let output = self.output_name(object, Some(&key_id.to_string())).ok_or(Error::NoName)?;
        let place = &self.places[input.place];
        let (out_dir, out_name) = place.locate(input.place, &output, scratch)?;
        let pending = || Pending::create(&out_dir, out_name, 0o666, self.options.force);
        let sealer = |stat: &Stat| {
            let metadata = self.metadata(object, stat)?;
            Ok::<_, Error>(Sealer::new(
                key,
                *key_id,
                self.options.suite,
                self.options.segment,
                &metadata,
            )?)
        };
        match object.kind {
            Kind::File => {
                let file = open_file(&dir, name, input.single)?;
                let before = fstat(&file).map_err(io("look at the file"))?;
                if FileType::from_raw_mode(before.st_mode) != FileType::RegularFile {
                    return Err(Error::Unsupported);
                }
                let ready =
                    self.seal_file(&file, &before, sealer(&before)?, pending()?, scratch, run)?;
                let after = fstat(&file).map_err(io("look at the file"))?;
                if Stamp::from(&before) == Stamp::from(&after) {
                    Ok(ready)
                } else {
                    Err(Error::Changed)
                }
            }
            Kind::Directory => {
                let stat = statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_err(io("look at the directory"))?;
                in_memory(sealer(&stat)?, pending()?, &mut [])
            }
            Kind::Symlink => {
                let stat = statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_err(io("look at the link"))?;
                let mut target =
                    readlinkat(&dir, name, Vec::new()).map_err(io("read the link"))?.into_bytes();
                in_memory(sealer(&stat)?, pending()?, &mut target)
            }
        }
    }

    fn seal_file(
        &self,
        mut file: &File,
        before: &Stat,
        sealer: Sealer,
        pending: Pending,
        scratch: &mut Scratch,
        run: &Run<'_>,
    ) -> Result<Ready, Error> {
        let size = u64::try_from(before.st_size).unwrap_or(0);
        if size > SMALL as u64 {
            self.refuse_sealed(&first_bytes(file)?)?;
            let lengths = sealer.seal_file(file, size, &pending.file, run)?;
            return Ok(Ready { pending, lengths });
        }
        // One byte more than expected: files of /proc and the like say 0 and have content.
        let size = usize::try_from(size).expect("small");
        let room = room(&mut scratch.buffer, size + 1);
        let len = read_up_to(&mut file, room)?;
        self.refuse_sealed(&room[..len])?;
        if len > size && size == 0 {
            let lengths =
                sealer.seal_stream((&room[..len]).chain(file), &pending.file, &run.single())?;
            return Ok(Ready { pending, lengths });
        }
        if len != size {
            return Err(Error::Changed);
        }
        let ready = in_memory(sealer, pending, &mut room[..len])?;
        (run.progress)(len as u64);
        Ok(ready)
    }

    fn refuse_sealed(&self, start: &[u8]) -> Result<(), Error> {
        if looks_sealed(start) && !self.options.allow_nested {
            Err(Error::AlreadySealed)
        } else {
            Ok(())
        }
    }

    pub(super) fn metadata(&self, object: &Object, stat: &Stat) -> Result<Metadata, Error> {
        Ok(Metadata {
            kind: object.kind,
            // A link has no mode of its own.
            mode: (object.kind != Kind::Symlink).then_some(stat.st_mode & 0o7777),
            mtime: Some(Mtime {
                seconds: stat.st_mtime,
                nanoseconds: u32::try_from(stat.st_mtime_nsec).unwrap_or(0),
            }),
            path: self.sealed_path(object)?,
        })
    }
}

fn in_memory(sealer: Sealer, pending: Pending, content: &mut [u8]) -> Result<Ready, Error> {
    let lengths = sealer.seal_memory(content, &mut &pending.file)?;
    Ok(Ready { pending, lengths })
}

fn open_file(dir: &OwnedFd, name: &OsStr, follow: bool) -> Result<File, Error> {
    // Should it have become a fifo meanwhile, opening must not wait for a writer.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = if follow { flags } else { flags | OFlags::NOFOLLOW };
    openat(dir, name, flags, Mode::empty()).map(File::from).map_err(io("open the file"))
}

fn read_up_to(file: &mut &File, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut len = 0;
    // A read that fills less than the whole buffer has come to the end of a regular file; /proc may give less.
    while len < buffer.len() {
        match file.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(envelope::Error::Read(error).into()),
        }
        if len + 1 == buffer.len() {
            break;
        }
    }
    Ok(len)
}

fn first_bytes(file: &File) -> Result<[u8; 8], Error> {
    use std::os::unix::fs::FileExt;
    let mut start = [0; 8];
    let _ = file.read_at(&mut start, 0).map_err(envelope::Error::Read)?;
    Ok(start)
}

/// Files up to this many bytes are read whole and written in one go.
const SMALL: usize = 128 * 1024;
