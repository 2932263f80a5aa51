//! Content of which every piece is recognised wherever it lies, and the search for it in a raw image.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use memchr::memmem::Finder;
use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;

/// A block of content.
pub(crate) const BLOCK: usize = 4096;
/// The tag, four numbers: a sector of 512 bytes holds sixteen of them, and 60 bytes of an inode still hold one.
const RECORD: usize = 32;
const TAG: usize = 16;
/// Read at once. What begins in one piece is looked at to its end.
const PIECE: usize = 4 << 20;

/// The marks of one image; no other has them.
pub(crate) struct Pattern {
    tag: [u8; TAG],
    name: String,
}

/// One state of the content of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) file: u32,
    pub(crate) version: u32,
}

/// What a search found.
#[derive(Default)]
pub(crate) struct Found {
    /// Blocks of which at least one record is there.
    pub(crate) blocks: BTreeMap<Version, BTreeSet<u32>>,
    /// Tags without a whole record.
    pub(crate) torn: usize,
    /// Places where the name stands.
    pub(crate) names: usize,
}

impl Pattern {
    /// Marks made by chance.
    pub(crate) fn new() -> Pattern {
        let mut tag = [0; TAG];
        let mut random = File::open("/dev/urandom").expect("there is randomness");
        random.read_exact(&mut tag).expect("there is randomness");
        let name = tag.iter().map(|byte| format!("{:02x}", byte.wrapping_mul(167))).collect();
        Pattern { tag, name }
    }

    /// What every name of a file contains, and nothing else does.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Content of `len` bytes: one record after another, each with the number of its block.
    pub(crate) fn content(&self, of: Version, len: usize) -> Vec<u8> {
        let mut content = Vec::with_capacity(len + BLOCK);
        let mut block = 0;
        while content.len() < len {
            content.extend(self.record(of, block).repeat(BLOCK / RECORD));
            block += 1;
        }
        content.truncate(len);
        content
    }

    /// Content that a file system compresses. Each block begins with bytes that do not get smaller, so that a compressed extent
    /// holds them as they are; the rest of the block cannot be found in it by anybody who does not decompress it.
    pub(crate) fn compressible(&self, of: Version, blocks: u32) -> Vec<u8> {
        let mut content = Vec::new();
        for block in 0..blocks {
            content.extend(self.marker(of, block));
            content.resize((block as usize + 1) * BLOCK, b' ');
        }
        content
    }

    /// Looks through an image, or any file, for content and names.
    pub(crate) fn search(&self, image: &Path) -> Found {
        let mut found = Found::default();
        each_place(image, &self.tag, |at| match self.read(at) {
            Some((version, block)) => {
                found.blocks.entry(version).or_default().insert(block);
            }
            None => found.torn += 1,
        });
        each_place(image, self.name.as_bytes(), |_| found.names += 1);
        found
    }

    /// Looks for [`Pattern::compressible`] content, which has other marks.
    pub(crate) fn search_compressed(&self, image: &Path, of: Version, blocks: u32) -> Found {
        let mut found = self.search(image);
        for block in 0..blocks {
            // From the middle: the ends may have been taken for a match with something before.
            each_place(image, &self.marker(of, block)[64..80], |_| {
                found.blocks.entry(of).or_default().insert(block);
            });
        }
        found
    }

    fn record(&self, of: Version, block: u32) -> [u8; RECORD] {
        let mut record = [0; RECORD];
        record[..TAG].copy_from_slice(&self.tag);
        let numbers = [of.file, of.version, block, check(of, block)];
        for (place, number) in record[TAG..].chunks_exact_mut(4).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        record
    }

    /// The record that begins with the tag found here, if all of it is there.
    fn read(&self, at: &[u8]) -> Option<(Version, u32)> {
        let number = |i: usize| {
            let bytes = at.get(TAG + 4 * i..TAG + 4 * i + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().expect("they are four")))
        };
        let (of, block) = (Version { file: number(0)?, version: number(1)? }, number(2)?);
        (number(3)? == check(of, block)).then_some((of, block))
    }

    /// 256 bytes that no compressor makes smaller, other ones for each block.
    fn marker(&self, of: Version, block: u32) -> Vec<u8> {
        let seed = self.record(of, block);
        let mut state = seed.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        std::iter::repeat_with(next).take(32).flatten().collect()
    }
}

impl Found {
    /// Blocks within a range, of this version of any file.
    pub(crate) fn within(&self, version: u32, range: Range<u32>) -> usize {
        let of_it = self.blocks.iter().filter(|(of, _)| of.version == version);
        of_it.map(|(_, blocks)| blocks.range(range.clone()).count()).sum()
    }

    /// All blocks.
    pub(crate) fn all(&self) -> usize {
        self.blocks.values().map(BTreeSet::len).sum()
    }

    /// Whether there is nothing of any content, not even a piece of a record.
    pub(crate) fn no_content(&self) -> bool {
        self.all() == 0 && self.torn == 0
    }
}

/// Short: the numbers of a thousand blocks say less than how many they are.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (of, blocks) in &self.blocks {
            let range = (blocks.first(), blocks.last());
            write!(f, "{} blocks {range:?} of {of:?}, ", blocks.len())?;
        }
        write!(f, "{} torn records, {} names", self.torn, self.names)
    }
}

fn check(of: Version, block: u32) -> u32 {
    of.file ^ of.version.rotate_left(8) ^ block.rotate_left(16) ^ 0x5EA1_4EE9
}

/// Calls `each` with what follows every place where `needle` stands. Holes are not read.
fn each_place(image: &Path, needle: &[u8], mut each: impl FnMut(&[u8])) {
    let file = File::open(image).expect("the image is there");
    let finder = Finder::new(needle);
    let mut buffer = Vec::new();
    for region in regions(&file) {
        let mut at = region.start;
        while at < region.end {
            let left = usize::try_from(region.end - at).expect("images fit into memory");
            buffer.resize(left.min(PIECE + RECORD), 0);
            file.read_exact_at(&mut buffer, at).expect("the image can be read");
            for place in finder.find_iter(&buffer).filter(|place| *place < PIECE) {
                each(&buffer[place..]);
            }
            at += PIECE as u64;
        }
    }
}

/// Where a file has data.
fn regions(file: &File) -> Vec<Range<u64>> {
    let mut regions = Vec::new();
    let mut at = 0;
    loop {
        match seek(file, SeekFrom::Data(at)) {
            Ok(start) => {
                at = seek(file, SeekFrom::Hole(start)).expect("there is a hole at the end");
                regions.push(start..at);
            }
            Err(Errno::NXIO) => return regions,
            Err(e) => panic!("the image cannot be searched: {e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: Version = Version { file: 7, version: 3 };

    #[test]
    fn any_sector_of_a_block_is_recognised_and_holes_are_passed_over() {
        let pattern = Pattern::new();
        let content = pattern.content(VERSION, 3 * BLOCK);
        let file = tempfile::NamedTempFile::new().expect("a scratch file");
        let image = file.as_file();
        image.set_len(64 << 20).expect("it grows");
        // One sector of block 2 across the border of two pieces, one of block 0 at an odd place, the last record cut.
        image.write_all_at(&content[2 * BLOCK + 512..][..512], PIECE as u64 - 500).expect("room");
        image.write_all_at(&content[1024..1536 + 20], (33 << 20) + 77).expect("room");
        let found = pattern.search(file.path());
        assert_eq!(found.blocks[&VERSION], BTreeSet::from([0, 2]));
        assert_eq!((found.all(), found.torn, found.names), (2, 1, 0));
        assert_eq!(
            (found.within(3, 0..2), found.within(3, 1..2), found.within(2, 0..3)),
            (1, 0, 0)
        );
        assert!(Pattern::new().search(file.path()).no_content());
    }

    #[test]
    fn names_are_found_anywhere() {
        let pattern = Pattern::new();
        let file = tempfile::NamedTempFile::new().expect("a scratch file");
        let name = format!("patient-{}.dcm", pattern.name());
        for at in [0, 4095, PIECE as u64 - 16, 12 << 20] {
            file.as_file().write_all_at(name.as_bytes(), at).expect("room");
        }
        assert_eq!(pattern.search(file.path()).names, 4);
    }
}
