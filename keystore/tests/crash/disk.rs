//! What a disk may hold after a power cut: everything that was flushed, and any part of what was not.
//!
//! The model is at least as harsh as the file systems in use. A file that was not flushed keeps, block by block, any of
//! the contents the block has had since the last flush. Names made, moved or removed since the directory was flushed
//! are there or not, in order. Flushing a file does not flush its name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A call that was seen to succeed.
#[derive(Debug)]
pub(crate) enum Event {
    /// A file is opened that is made when it is not there.
    Make(PathBuf),
    Write(PathBuf, usize, Vec<u8>),
    Resize(PathBuf, usize),
    /// Of a file or a directory.
    Flush(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    /// The driver has reported something.
    Report(String),
}

/// Choices made along the way: how much of what was not flushed has arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arrived {
    Nothing,
    Everything,
    /// Every name, no content.
    Names,
    /// Every content, no name.
    Contents,
    /// By chance, from this seed.
    Some(u64),
}

/// Files and names, as they are and as they are sure to survive.
pub(crate) struct Disk {
    files: Vec<File>,
    names: BTreeMap<PathBuf, usize>,
    sure_names: BTreeMap<PathBuf, usize>,
    pending: Vec<NameChange>,
}

/// A medium writes this many bytes together; the page cache too.
const BLOCK: usize = 4096;

#[derive(Default)]
struct File {
    now: Vec<u8>,
    sure: Vec<u8>,
    /// Sizes since the last flush.
    sizes: Vec<usize>,
    /// Contents of each block since the last flush, oldest first.
    blocks: BTreeMap<usize, Vec<Vec<u8>>>,
}

#[derive(Clone)]
enum NameChange {
    Add(PathBuf, usize),
    Move(PathBuf, PathBuf),
    Remove(PathBuf),
}

impl Disk {
    /// A disk that has held these files for long.
    pub(crate) fn of(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut disk = Self {
            files: Vec::new(),
            names: BTreeMap::new(),
            sure_names: BTreeMap::new(),
            pending: Vec::new(),
        };
        for path in files {
            let bytes = fs::read(&path).expect("readable");
            disk.names.insert(path, disk.files.len());
            disk.files.push(File { now: bytes.clone(), sure: bytes, ..File::default() });
        }
        disk.sure_names = disk.names.clone();
        disk
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::Make(path) => {
                if !self.names.contains_key(path) {
                    let file = self.files.len();
                    self.files.push(File::default());
                    self.names.insert(path.clone(), file);
                    self.pending.push(NameChange::Add(path.clone(), file));
                }
            }
            Event::Write(path, at, bytes) => self.file(path).write(*at, bytes),
            Event::Resize(path, size) => self.file(path).resize(*size),
            Event::Flush(path) => match self.names.get(path) {
                Some(file) => self.files[*file].flush(),
                None => self.flush_names(path),
            },
            Event::Rename(from, to) => {
                let file = self.names.remove(from).expect("a file that is renamed is there");
                self.names.insert(to.clone(), file);
                self.pending.push(NameChange::Move(from.clone(), to.clone()));
            }
            Event::Remove(path) => {
                self.names.remove(path);
                self.pending.push(NameChange::Remove(path.clone()));
            }
            Event::Report(_) => {}
        }
    }

    /// The files after a power cut now.
    pub(crate) fn image(&self, arrived: Arrived) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut chance = Chance(match arrived {
            Arrived::Some(seed) => seed,
            _ => 0,
        });
        let mut names = self.sure_names.clone();
        let kept = match arrived {
            Arrived::Nothing | Arrived::Contents => 0,
            Arrived::Everything | Arrived::Names => self.pending.len(),
            Arrived::Some(_) => chance.below(self.pending.len() + 1),
        };
        self.pending[..kept].iter().for_each(|change| change.apply(&mut names));
        names
            .into_iter()
            .map(|(path, file)| {
                let file = &self.files[file];
                let bytes = match arrived {
                    Arrived::Nothing | Arrived::Names => file.sure.clone(),
                    Arrived::Everything | Arrived::Contents => file.now.clone(),
                    Arrived::Some(_) => file.some(&mut chance),
                };
                (path, bytes)
            })
            .collect()
    }

    fn file(&mut self, path: &Path) -> &mut File {
        let file = self.names.get(path).unwrap_or_else(|| panic!("{} is there", path.display()));
        &mut self.files[*file]
    }

    fn flush_names(&mut self, dir: &Path) {
        let pending = std::mem::take(&mut self.pending);
        for change in pending {
            if change.dir() == Some(dir) {
                change.apply(&mut self.sure_names);
            } else {
                self.pending.push(change);
            }
        }
    }
}

impl NameChange {
    fn dir(&self) -> Option<&Path> {
        match self {
            Self::Add(path, _) | Self::Move(_, path) | Self::Remove(path) => path.parent(),
        }
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Add(path, file) => drop(names.insert(path.clone(), *file)),
            Self::Remove(path) => drop(names.remove(path)),
            Self::Move(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}

impl File {
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        if self.now.len() < end {
            self.now.resize(end, 0);
            self.sizes.push(end);
        }
        self.now[at..end].copy_from_slice(bytes);
        for block in at / BLOCK..end.div_ceil(BLOCK) {
            let content = self.now[block * BLOCK..].iter().take(BLOCK).copied().collect();
            self.blocks.entry(block).or_default().push(content);
        }
    }

    fn resize(&mut self, size: usize) {
        self.now.resize(size, 0);
        self.sizes.push(size);
    }

    fn flush(&mut self) {
        self.sure.clone_from(&self.now);
        self.sizes.clear();
        self.blocks.clear();
    }

    /// Each block as it was last flushed or at any time since; any of the sizes since.
    fn some(&self, chance: &mut Chance) -> Vec<u8> {
        let mut bytes = self.sure.clone();
        match chance.below(self.sizes.len() + 1) {
            0 => {}
            later => bytes.resize(self.sizes[later - 1], 0),
        }
        for (block, contents) in &self.blocks {
            let later = chance.below(contents.len() + 1);
            let start = block * BLOCK;
            if later > 0 && start < bytes.len() {
                let content = &contents[later - 1];
                let end = bytes.len().min(start + content.len());
                bytes[start..end].copy_from_slice(&content[..end - start]);
            }
        }
        bytes
    }
}

/// Numbers that look random and are the same every time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % bound as u64).expect("below the bound")
    }
}
