//! Writing until nothing more goes in, to the last block.

use rustix::io::Errno;

use crate::wipe::error::{Error, io};
use crate::wipe::overwrite::{Bad, is_medium};

/// What was written to one file, and why no more.
#[derive(Debug, Default)]
pub(super) struct Grown {
    /// As (offset, length); bad blocks are left out.
    pub(super) ranges: Vec<(u64, u64)>,
    /// Blocks that took no writes.
    pub(super) bad: Bad,
    /// Why it ended, if it did: no space, no quota, or the longest file there can be.
    pub(super) full: Option<Errno>,
}

impl Grown {
    /// Bytes that were written.
    pub(super) fn bytes(&self) -> u64 {
        self.ranges.iter().map(|(_, length)| length).sum()
    }

    /// Writes `data` from `start` on, in pieces that get smaller down to a block before the file counts as full.
    ///
    /// # Errors
    /// `Io`. Blocks that take no writes are passed over.
    pub(super) fn append(
        &mut self,
        mut write: impl FnMut(&[u8], u64) -> Result<usize, Errno>,
        start: u64,
        data: &[u8],
        block: usize,
    ) -> Result<(), Error> {
        let (mut done, mut piece) = (0, data.len());
        while done < data.len() {
            let (at, end) = (start + done as u64, data.len().min(done + piece));
            // What is less than a block is written again with the rest of it.
            let written = write(&data[done..end], at).map(|written| written - written % block);
            match written {
                Err(Errno::INTR) => {}
                Ok(written) if written > 0 => {
                    self.push(at, written as u64);
                    done += written;
                }
                Ok(_) | Err(Errno::NOSPC | Errno::DQUOT) if piece > block => {
                    piece = (piece / 2).next_multiple_of(block).max(block);
                }
                Ok(_) => return self.end(Errno::NOSPC),
                Err(errno @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => return self.end(errno),
                Err(errno) if is_medium(errno) && piece > block => piece = block,
                Err(errno) if is_medium(errno) && !self.bad.is_hopeless() => {
                    self.bad.add(at, block as u64, errno.into());
                    done += block;
                }
                Err(errno) => return Err(io("fill the free space")(errno)),
            }
        }
        Ok(())
    }

    fn end(&mut self, errno: Errno) -> Result<(), Error> {
        self.full = Some(errno);
        Ok(())
    }

    fn push(&mut self, offset: u64, length: u64) {
        match self.ranges.last_mut() {
            Some((start, long)) if *start + *long == offset => *long += length,
            _ => self.ranges.push((offset, length)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: usize = 512;

    /// A medium with room for so many blocks, which takes part of a write as file systems do.
    fn medium(room: usize) -> impl FnMut(&[u8], u64) -> Result<usize, Errno> {
        move |data, at| {
            let left = (room * BLOCK).saturating_sub(usize::try_from(at).unwrap());
            if left == 0 { Err(Errno::NOSPC) } else { Ok(data.len().min(left)) }
        }
    }

    #[test]
    fn every_block_is_taken_and_then_it_is_full() {
        for room in 0..20 {
            let mut grown = Grown::default();
            grown.append(medium(room), 0, &[7; 16 * BLOCK], BLOCK).unwrap();
            assert_eq!(grown.bytes(), (room.min(16) * BLOCK) as u64);
            assert_eq!(grown.full, (room < 16).then_some(Errno::NOSPC), "{room}");
        }
    }

    #[test]
    fn all_or_nothing_writes_fill_it_too() {
        // As with delayed allocation: a write that does not fit is refused whole.
        let whole = |data: &[u8], at: u64| {
            if at + data.len() as u64 > 13 * BLOCK as u64 {
                Err(Errno::DQUOT)
            } else {
                Ok(data.len())
            }
        };
        let mut grown = Grown::default();
        grown.append(whole, 0, &[7; 16 * BLOCK], BLOCK).unwrap();
        assert_eq!((grown.bytes(), grown.full), (13 * BLOCK as u64, Some(Errno::DQUOT)));
    }

    #[test]
    fn bad_blocks_are_passed_over_and_named() {
        let bad = |at: u64| at == 3 * BLOCK as u64;
        let spoilt = |data: &[u8], at: u64| {
            let hit = (at..at + data.len() as u64).step_by(BLOCK).any(bad);
            if hit { Err(Errno::IO) } else { Ok(data.len()) }
        };
        let mut grown = Grown::default();
        grown.append(spoilt, 0, &[7; 8 * BLOCK], BLOCK).unwrap();
        assert_eq!(grown.bad.places, [(3 * BLOCK as u64, BLOCK as u64)]);
        let block = BLOCK as u64;
        assert_eq!(grown.ranges, [(0, 3 * block), (4 * block, 4 * block)]);
        assert_eq!(grown.full, None);
    }

    #[test]
    fn pieces_of_blocks_are_written_again() {
        let mut first = true;
        let torn = |data: &[u8], _: u64| {
            let part = if std::mem::take(&mut first) { 3 * BLOCK + 100 } else { data.len() };
            Ok(part)
        };
        let mut grown = Grown::default();
        grown.append(torn, 0, &[7; 8 * BLOCK], BLOCK).unwrap();
        assert_eq!(grown.ranges, [(0, 8 * BLOCK as u64)]);
    }
}
