//! Markers: blocks written before a drive erases itself, none of which may be left. They catch a drive that says it did and
//! did not.

use std::os::fd::AsFd;

use rustix::fs::fdatasync;
use rustix::io::{Errno, pread, pwrite};
use sealkeep_crypto::random;

use crate::wipe::buffer::{ALIGN, Buffer};
use crate::wipe::error::{Error, io};

/// How many there are, one in each of as many equal parts.
const COUNT: u64 = 64;
/// The smallest piece of a block that counts as left.
const SECTOR: usize = 512;

/// Blocks of random bytes and where they lie.
pub(super) struct Markers(Vec<(u64, Vec<u8>)>);

impl Markers {
    /// Makes markers for a device of `len` bytes; at random places, so that nobody knows them.
    pub(super) fn new(len: u64) -> Self {
        let block = ALIGN as u64;
        let part = (len / COUNT / block).max(1);
        let one = |number: u64| {
            let within = u64::from_be_bytes(random::array()) % part;
            let mut content = vec![0; ALIGN];
            random::fill(&mut content);
            ((number * part + within) * block, content)
        };
        let count = COUNT.min(len / block);
        Self((0..count).map(one).collect())
    }

    /// Writes them and reads them back.
    ///
    /// # Errors
    /// `Mismatch`, `Io`.
    pub(super) fn write(&self, device: impl AsFd) -> Result<(), Error> {
        let mut buffer = Buffer::default();
        for (offset, content) in &self.0 {
            buffer.get(ALIGN).copy_from_slice(content);
            match pwrite(&device, buffer.get(ALIGN), *offset) {
                Ok(ALIGN) => {}
                Ok(_) => return Err(io("write a marker")(Errno::IO)),
                Err(errno) => return Err(io("write a marker")(errno)),
            }
        }
        fdatasync(&device).map_err(io("write the markers"))?;
        for (offset, content) in &self.0 {
            if read(&device, *offset, &mut buffer)? != content.as_slice() {
                return Err(Error::Mismatch { offset: *offset });
            }
        }
        Ok(())
    }

    /// None may be left, not even a sector of one.
    ///
    /// # Errors
    /// `StillThere`, `Io`.
    pub(super) fn are_gone(&self, device: impl AsFd) -> Result<(), Error> {
        let mut buffer = Buffer::default();
        for (offset, content) in &self.0 {
            let now = read(&device, *offset, &mut buffer)?;
            if now.chunks(SECTOR).zip(content.chunks(SECTOR)).any(|(now, before)| now == before) {
                return Err(Error::StillThere);
            }
        }
        Ok(())
    }
}

fn read(device: impl AsFd, offset: u64, buffer: &mut Buffer) -> Result<&[u8], Error> {
    match pread(device, &mut *buffer.get(ALIGN), offset) {
        Ok(ALIGN) => Ok(buffer.get(ALIGN)),
        Ok(_) => Err(io("read a marker")(Errno::IO)),
        Err(errno) => Err(io("read a marker")(errno)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    const LEN: u64 = 16 << 20;

    #[test]
    fn one_sector_of_one_marker_is_found() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(LEN).unwrap();
        let markers = Markers::new(LEN);
        assert!(matches!(markers.are_gone(&file), Ok(())), "zeros are no markers");
        markers.write(&file).unwrap();
        assert!(matches!(markers.are_gone(&file), Err(Error::StillThere)));
        file.write_all_at(&vec![0; usize::try_from(LEN).unwrap()], 0).unwrap();
        markers.are_gone(&file).unwrap();
        let (offset, content) = &markers.0[40];
        file.write_all_at(&content[1024..1536], offset + 1024).unwrap();
        assert!(matches!(markers.are_gone(&file), Err(Error::StillThere)));
    }

    #[test]
    fn they_are_spread_and_none_lies_beyond_the_end() {
        for len in [0, 4096, 5000, 40 * 4096, LEN, LEN + 512] {
            let markers = Markers::new(len).0;
            assert_eq!(markers.len() as u64, COUNT.min(len / 4096));
            assert!(markers.windows(2).all(|two| two[0].0 < two[1].0));
            assert!(markers.last().is_none_or(|(offset, _)| offset + 4096 <= len));
        }
    }
}
