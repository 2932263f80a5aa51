//! The journal by which a run that was cut off goes on. Lines of JSON, appended, each durable before what it announces.
//!
//! Order of persistence: `begin`, with the roots and the seed, before the first byte is overwritten → where targets were
//! listed one by one: all of them, and `overwriting` before each group is → `reached`, after what
//! it tells is on the medium → `removing`, after the files of a group are overwritten and verified and before the first
//! of them loses its name → `done`, after they are gone → at the very end the journal itself is overwritten and removed.
//! If we crash anywhere, what is left under the roots is examined anew and wiped; what `removing` names and is still
//! there is only removed, under whichever of its two names it is found. With a list nothing is found by walking: only what is
//! listed is wiped, and only if it is as it was listed, or this run was overwriting it.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use sealkeep_crypto::random;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::{Error, io};
use super::identity::Identity;
use super::method::Pass;
use super::options::{Require, Verify};
use super::plan::Kind;
use super::report::{Tally, Verdict};
use crate::tree::path_of;

/// An open journal, locked as long as it is open.
pub(super) struct Journal {
    file: File,
    path: PathBuf,
}

/// What stands in the first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begin {
    /// Always [`SCHEMA`].
    pub(super) schema: String,
    /// When the run began, in seconds since 1970.
    pub(super) started: u64,
    /// Absolute paths, as hexadecimal digits: names need not be text.
    pub(super) roots: Vec<Hex>,
    /// What tells the device of each root from others that may get its name; empty for what is none.
    #[serde(default)]
    pub(super) devices: Vec<String>,
    /// Inode number of each root, and when it was made.
    #[serde(default)]
    pub(super) made: Vec<(u64, Option<(i64, u32)>)>,
    pub(super) method: String,
    pub(super) passes: Vec<Pass>,
    pub(super) verify: Verify,
    pub(super) require: Require,
    pub(super) hard_links: bool,
    pub(super) in_use: bool,
    pub(super) whole: bool,
    pub(super) keep: bool,
    /// Whether targets are listed one by one.
    #[serde(default)]
    pub(super) listed: bool,
    /// 32 bytes.
    pub(super) seed: Hex,
}

impl Begin {
    /// What lies below a root, absolute.
    pub(super) fn path_of(&self, root: u32, below: &Hex) -> Option<PathBuf> {
        let root = path_of(&self.roots.get(root as usize)?.0);
        Some(if below.0.is_empty() { root } else { root.join(path_of(&below.0)) })
    }
}

/// How far a large target is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reached {
    pub(super) id: (u64, u64),
    /// First unit in random streams.
    pub(super) base: u64,
    /// Pass that is being written, counted from 0.
    pub(super) pass: usize,
    /// Chunks of it that are on the medium.
    pub(super) chunk: u64,
    /// The parts that are being overwritten, as (offset, length).
    pub(super) ranges: Vec<(u64, u64)>,
}

/// A target that was listed by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) root: u32,
    /// Below the root.
    pub(super) path: Hex,
    pub(super) kind: Kind,
    pub(super) identity: Identity,
    /// First unit in random streams.
    pub(super) base: u64,
}

/// Something that is about to lose its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Removing {
    pub(super) root: u32,
    /// Below the root.
    pub(super) path: Hex,
    /// The name it gets before it goes.
    pub(super) scrubbed: String,
    pub(super) id: (u64, u64),
    /// When it was made, if the file system tells: inode numbers are used again.
    pub(super) born: Option<(i64, u32)>,
    pub(super) kind: Kind,
    /// First unit in random streams.
    pub(super) base: u64,
    /// What became of its content, and how long it was.
    pub(super) verdict: Verdict,
    pub(super) size: u64,
}

impl Removing {
    /// Of a file: what became of it.
    fn settled(&self, begin: &Begin) -> Option<Settled> {
        let path = begin.path_of(self.root, &self.path)?;
        let (inode, born, verdict) = (self.id.1, self.born, self.verdict);
        (self.kind == Kind::File).then_some(Settled { path, inode, born, verdict })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Begin(Begin),
    Listed(Vec<Listed>),
    Overwriting(Vec<(u64, u64)>),
    Reached(Reached),
    Removing(Vec<Removing>),
    Done(Tally),
}

/// What a journal says of the run that was cut off.
pub(super) struct Past {
    pub(super) begin: Begin,
    /// Of the group before the last `done`.
    pub(super) tally: Tally,
    pub(super) reached: Option<Reached>,
    pub(super) removing: Vec<Removing>,
    /// Every listed file that was overwritten before it lost its name, or was about to.
    pub(super) settled: Vec<Settled>,
    /// Roots that have lost their own names, or were about to.
    pub(super) gone: HashSet<u32>,
    /// Every target, where they were listed.
    pub(super) listed: Vec<Listed>,
    /// Those of them that may have been overwritten, in part at least.
    pub(super) begun: HashSet<(u64, u64)>,
}

/// A listed file whose overwriting had come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Absolute: disks that were cloned have the same inodes.
    pub(crate) path: PathBuf,
    /// Number of the inode.
    pub(crate) inode: u64,
    /// When it was made, if the file system tells.
    pub(crate) born: Option<(i64, u32)>,
    /// What became of its content.
    pub(crate) verdict: Verdict,
}

/// Bytes as hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Hex(pub(super) Vec<u8>);

impl std::fmt::Debug for Hex {
    /// Not the bytes: they may be the seed.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Hex({} bytes)", self.0.len())
    }
}

impl Drop for Hex {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

impl From<Hex> for String {
    fn from(hex: Hex) -> String {
        hex.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl TryFrom<String> for Hex {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digit =
            |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pair = |pair: &[u8]| match *pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(pair).collect();
        bytes.map(Hex).ok_or("not hexadecimal digits")
    }
}

pub(super) const SCHEMA: &str = "sealkeep.wipe-journal/1";
const SUFFIX: &str = "wipe";
/// What a journal is called that has no beginning yet, or is being erased.
const NAMELESS: &str = "tmp";
const STALE: std::time::Duration = std::time::Duration::from_secs(3600);

impl Journal {
    /// Begins a journal in a directory, which is made if it is missing, with every target if they are listed one by one.
    /// It gets its name when it is whole: one without a beginning could not be gone on with, and would stand in the way.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn begin(
        dir: &Path,
        begin: Begin,
        listed: impl Iterator<Item = Listed>,
    ) -> Result<Self, Error> {
        let make = || -> std::io::Result<Self> {
            fs::create_dir_all(dir)?;
            remove_stale(dir);
            let number = u64::from_be_bytes(random::array());
            let path = dir.join(format!("{}-{number:016x}.{SUFFIX}", begin.started));
            let new = path.with_extension(NAMELESS);
            let mut options = OpenOptions::new();
            let file = options.read(true).append(true).create_new(true).mode(0o600).open(&new)?;
            file.try_lock().map_err(std::io::Error::other)?;
            let mut journal = Self { file, path };
            journal.write(&Line::Begin(begin))?;
            let mut listed = listed.peekable();
            while listed.peek().is_some() {
                journal.write(&Line::Listed(listed.by_ref().take(LINE).collect()))?;
            }
            journal.file.sync_data()?;
            fs::rename(new, &journal.path)?;
            // The name of the directory too: it may be new.
            File::open(dir)?.sync_all()?;
            File::open(dir.join(".."))?.sync_all()?;
            Ok(journal)
        };
        make().map_err(io("write the journal"))
    }

    /// The journals of unfinished runs in a directory, the oldest first.
    pub(super) fn unfinished(dir: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut found: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|end| end == SUFFIX)).collect();
        found.sort();
        found
    }

    /// Opens the journal of a run that was cut off.
    ///
    /// # Errors
    /// `Busy` if that run is still going on; `Journal` if it cannot be understood; `Io`.
    pub(super) fn open(path: &Path) -> Result<(Self, Past), Error> {
        let wrap = || io("read the journal");
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).open(path).map_err(wrap())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy),
            Err(TryLockError::Error(error)) => return Err(wrap()(error)),
        }
        let (past, whole) = read(&file)?;
        // What is appended must not be joined to a line that was cut.
        file.set_len(whole).map_err(wrap())?;
        Ok((Self { file, path: path.to_owned() }, past))
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Announces which of the listed files are about to be overwritten.
    pub(super) fn overwriting(&mut self, ids: Vec<(u64, u64)>) -> Result<(), Error> {
        self.append(&Line::Overwriting(ids)).map_err(io("write the journal"))
    }

    /// Tells how far a large target is; what is told must be on the medium.
    pub(super) fn reached(&mut self, reached: &Reached) -> Result<(), Error> {
        self.append(&Line::Reached(reached.clone())).map_err(io("write the journal"))
    }

    /// Announces which files are about to lose their names.
    pub(super) fn removing(&mut self, files: Vec<Removing>) -> Result<(), Error> {
        self.append(&Line::Removing(files)).map_err(io("write the journal"))
    }

    /// Tells that everything before is finished, and what it came to.
    pub(super) fn done(&mut self, tally: &Tally) -> Result<(), Error> {
        self.append(&Line::Done(tally.clone())).map_err(io("write the journal"))
    }

    /// The run is finished: overwrites the journal, which holds names and the seed, and removes it.
    pub(super) fn end(self) -> Result<(), Error> {
        let erase = || -> std::io::Result<()> {
            let old = self.path.with_extension(NAMELESS);
            fs::rename(&self.path, &old)?;
            erase(&old)?;
            self.path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
        };
        erase().map_err(io("remove the journal"))
    }

    fn append(&mut self, line: &Line) -> std::io::Result<()> {
        self.write(line)?;
        self.file.sync_data()
    }

    fn write(&mut self, line: &Line) -> std::io::Result<()> {
        let mut text = Zeroizing::new(serde_json::to_vec(line)?);
        text.push(b'\n');
        self.file.write_all(&text)
    }
}

/// Overwrites a journal, which holds names and the seed, and removes it.
fn erase(path: &Path) -> std::io::Result<()> {
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    let mut in_place = OpenOptions::new().write(true).custom_flags(flags).open(path)?;
    let len = in_place.metadata()?.len();
    std::io::copy(&mut std::io::repeat(0).take(len), &mut in_place)?;
    in_place.sync_all()?;
    fs::remove_file(path)
}

/// Removes what runs left that were killed while they began or ended a journal.
fn remove_stale(dir: &Path) {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let stale = || {
            let found = path.symlink_metadata().ok()?;
            let age = found.modified().ok()?.elapsed().ok()?;
            let own = found.is_file() && found.nlink() == 1 && found.mode() & 0o777 == 0o600;
            Some(own && age > STALE)
        };
        if is_nameless(&path) && stale() == Some(true) {
            // Left for the next run if it does not go.
            let _ = erase(&path);
        }
    }
}

/// Whether a file is called as only an unfinished journal is: other people's temporary files may lie here too.
fn is_nameless(path: &Path) -> bool {
    let parts = || path.file_stem()?.to_str()?.split_once('-');
    path.extension().is_some_and(|end| end == NAMELESS)
        && parts().is_some_and(|(started, number)| {
            !started.is_empty()
                && started.bytes().all(|byte| byte.is_ascii_digit())
                && number.len() == 16
                && number.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

/// What stands in a journal, and the length of its whole lines: the last one may be cut, what it announced had not begun.
fn read(mut file: &File) -> Result<(Past, u64), Error> {
    let damaged = |what: String| Error::Journal(what);
    file.rewind().map_err(io("read the journal"))?;
    let (mut lines, mut whole) = (BufReader::new(file.take(MOST)), 0);
    let mut next = || -> Result<Option<Line>, Error> {
        let mut line = Zeroizing::new(Vec::new());
        lines.read_until(b'\n', &mut line).map_err(io("read the journal"))?;
        if line.pop() != Some(b'\n') {
            return Ok(None);
        }
        whole += line.len() as u64 + 1;
        let parsed = serde_json::from_slice(&line);
        parsed.map(Some).map_err(|error| damaged(error.to_string()))
    };
    let Some(Line::Begin(begin)) = next()? else { return Err(damaged("no beginning".to_owned())) };
    if begin.schema != SCHEMA {
        return Err(damaged(format!("schema {}", begin.schema)));
    }
    let (mut tally, mut reached, mut removing) = (Tally::default(), None, Vec::new());
    let (mut listed, mut begun, mut gone) = (Vec::new(), HashSet::new(), HashSet::new());
    let mut settled = Vec::new();
    while let Some(line) = next()? {
        match line {
            Line::Begin(_) => return Err(damaged("two beginnings".to_owned())),
            Line::Listed(some) => listed.extend(some),
            Line::Overwriting(ids) => begun.extend(ids),
            Line::Reached(one) => reached = Some(one),
            Line::Removing(files) => {
                gone.extend(files.iter().filter(|one| one.path.0.is_empty()).map(|one| one.root));
                if begin.listed {
                    settled.extend(files.iter().filter_map(|one| one.settled(&begin)));
                }
                removing = files;
            }
            Line::Done(sum) => (tally, reached, removing) = (sum, None, Vec::new()),
        }
    }
    Ok((Past { begin, tally, reached, removing, settled, gone, listed, begun }, whole))
}

/// Targets on a line of the list.
const LINE: usize = 1000;

/// Longer journals were not written by us: a group is a thousand names.
const MOST: u64 = 1 << 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn begin() -> Begin {
        Begin {
            schema: SCHEMA.to_owned(),
            started: 7,
            roots: vec![Hex(b"/data/\xff".to_vec())],
            devices: vec![String::new()],
            made: vec![(2, Some((3, 4)))],
            method: "schneier".to_owned(),
            passes: vec![Pass::Fixed([0xff].into()), Pass::Random],
            verify: Verify::Last,
            require: Require::BestEffort,
            hard_links: false,
            in_use: false,
            whole: false,
            keep: false,
            listed: true,
            seed: Hex(vec![9; 32]),
        }
    }

    #[test]
    fn only_what_a_journal_leaves_is_taken_for_one() {
        let is = |name: &str| is_nameless(Path::new(name));
        assert!(is("/k.wipe/1795300000-0123456789abcdef.tmp"));
        for name in ["a.tmp", "1-2.tmp", "-0123456789abcdef.tmp", "7-0123456789abcdeg.tmp"] {
            assert!(!is(name), "{name}");
        }
        assert!(!is("1795300000-0123456789abcdef.wipe"));
    }

    #[test]
    fn what_was_written_is_read_again_even_if_the_end_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let identity =
            Identity { id: (1, 2), born: None, len: 5, modified: (1, 2), changed: (-3, 4) };
        let path = || Hex(b"a/\xfe".to_vec());
        let one = |base| Listed { root: 0, path: path(), kind: Kind::File, identity, base };
        let listed: Vec<Listed> = (0..2_500).map(one).collect();
        let mut journal = Journal::begin(dir.path(), begin(), listed.iter().cloned()).unwrap();
        let reached = Reached { id: (1, 2), base: 3, pass: 1, chunk: 5, ranges: vec![(0, 4096)] };
        let removing = Removing {
            root: 0,
            path: Hex(b"a".to_vec()),
            scrubbed: "x".to_owned(),
            id: (1, 2),
            born: Some((7, 8)),
            kind: Kind::File,
            base: 9,
            verdict: Verdict::Verified,
            size: 5,
        };
        journal.overwriting(vec![(1, 2), (1, 3)]).unwrap();
        journal.reached(&reached).unwrap();
        let tally = Tally { verified: 3, ..Tally::default() };
        journal.done(&tally).unwrap();
        journal.reached(&reached).unwrap();
        journal.removing(vec![removing.clone()]).unwrap();
        let path = Journal::unfinished(dir.path()).remove(0);
        assert!(matches!(Journal::open(&path), Err(Error::Busy)));
        drop(journal);
        let whole = fs::read(&path).unwrap();
        for cut in (0..whole.len()).filter(|cut| cut % 997 == 0 || whole.len() - cut < 500) {
            fs::write(&path, &whole[..cut]).unwrap();
            match Journal::open(&path) {
                Ok((_, past)) => assert_eq!(past.begin, begin()),
                Err(error) => assert!(matches!(error, Error::Journal(_)), "{error}"),
            }
        }
        fs::write(&path, &whole).unwrap();
        let (journal, past) = Journal::open(&path).unwrap();
        assert_eq!((past.tally, past.reached), (tally, Some(reached)));
        assert_eq!(past.removing, [removing]);
        assert_eq!((past.listed, past.begun), (listed, [(1, 2), (1, 3)].into()));
        journal.end().unwrap();
        assert!(Journal::unfinished(dir.path()).is_empty());
    }
}
