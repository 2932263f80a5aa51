//! One file or device being wiped: opened, overwritten, read back, judged.

use std::collections::HashSet;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rustix::fs::{OFlags, SeekFrom, fdatasync, seek};
use sealkeep_medium::extents::{ExtentFlags, Extents};
use sealkeep_medium::finding::{Code, Effect, Reach};
use sealkeep_medium::place::{Family, Journal};
use sealkeep_medium::survey::Survey;
use zeroize::Zeroizing;

use super::buffer::Scratch;
use super::class::{Class, accept};
use super::error::{Error, io};
use super::fill::Fill;
use super::identity::Identity;
use super::overwrite::{Bad, Pass, write_pass};
use super::plan::{Kind, Target, WipePlan};
use super::readback::{ReadBack, Source, read_back};
use super::report::{Row, Verdict};
use super::root::open_file;
use super::sample;
use crate::envelope::Run;
use crate::tree::{DirCache, split_parent};

/// A target at work.
pub(super) struct Job<'p> {
    pub(super) target: &'p Target,
    pub(super) class: &'p Class,
    /// The directory that holds it.
    pub(super) dir: Arc<OwnedFd>,
    pub(super) file: File,
    pub(super) survey: Survey,
    /// What is overwritten, as (offset, length).
    pub(super) ranges: Vec<(u64, u64)>,
    /// Content that stands among metadata, to look for afterwards.
    inline: Option<Zeroizing<Vec<u8>>>,
    bad: Bad,
    /// What it must still be when its first byte is overwritten.
    pub(super) expected: Option<Identity>,
    pub(super) error: Option<Error>,
    read_back: Option<ReadBack>,
    after: Option<Extents>,
    /// Whether it lies where it lay; not known before it was examined again.
    same_place: Option<bool>,
    written: u64,
    compared: u64,
    /// Another name of a file that is wiped under its first name: what became of that.
    pub(super) twin: Option<Verdict>,
    /// Its name is gone.
    pub(super) removed: bool,
    /// First unit in random streams of what was written to it.
    pub(super) base: u64,
}

impl<'p> Job<'p> {
    /// Opens the target and examines it once more: it must be what the plan was made for. `another_name`: it was wiped, and
    /// cut, under another name already.
    ///
    /// # Errors
    /// `Changed`, `Io`.
    pub(super) fn open(
        plan: &'p WipePlan,
        target: &'p Target,
        dirs: &mut DirCache,
        another_name: bool,
    ) -> Result<Self, Error> {
        let root = &plan.roots[target.root as usize];
        let class = &plan.classes[target.class as usize];
        let (dir, file) = match &root.dir {
            Some(top) => {
                let (parent, name) = split_parent(&target.path);
                let dir = dirs.get(target.root as usize, top, parent, false, |_| ())?;
                let file = open_file(&dir, name, OFlags::RDWR)?;
                (dir, file)
            }
            // A device is opened for us alone: the kernel refuses if anything else uses it. It is written past the cache,
            // so that blocks which take no writes are known one by one.
            None if target.kind == Kind::Device => {
                let access = OFlags::RDWR | OFlags::EXCL | OFlags::DIRECT;
                (Arc::clone(&root.parent), root.open(access)?)
            }
            None => (Arc::clone(&root.parent), root.open(OFlags::RDWR)?),
        };
        let survey = match target.kind {
            Kind::Device => plan.surveyor.again_device(&plan.places[class.place], &file),
            _ => plan.surveyor.again(&plan.places[class.place], &file),
        };
        let survey = survey.map_err(io("examine it"))?;
        let mut job = Self {
            ranges: ranges_of(&survey, &file)?,
            inline: None,
            bad: Bad::default(),
            expected: None,
            error: None,
            read_back: None,
            after: None,
            same_place: None,
            written: 0,
            compared: 0,
            twin: None,
            removed: false,
            base: target.base,
            target,
            class,
            dir,
            file,
            survey,
        };
        job.check_unchanged(plan, another_name)?;
        if job.is_inline() && !another_name {
            let mut old = Zeroizing::new(vec![0; usize::try_from(target.size).unwrap_or(0)]);
            job.file.read_exact_at(&mut old, 0).map_err(io("read it"))?;
            job.inline = Some(old);
        }
        Ok(job)
    }

    fn check_unchanged(&self, plan: &WipePlan, another_name: bool) -> Result<(), Error> {
        let file = &self.survey.file;
        if (file.device, file.inode) != self.target.id
            || (file.len != self.target.size && !another_name)
        {
            return Err(Error::Changed);
        }
        let worse = |effect: Effect| effect > Effect::Note && effect > self.worst();
        let found = self.survey.findings.iter().map(|finding| accept(finding, &plan.options));
        // Another name that is gone by now makes no difference; one that is new does.
        let known = self.class.findings.iter().find(|one| one.code == Code::HardLinks);
        let known: Option<u32> = known.and_then(|one| one.detail.parse().ok());
        let links =
            |code| code == Code::HardLinks && known.is_some_and(|known| file.links <= known);
        if found.into_iter().any(|one| worse(one.effect) && !links(one.code)) {
            return Err(Error::Changed);
        }
        Ok(())
    }

    fn worst(&self) -> Effect {
        self.class.findings.iter().map(|finding| finding.effect).max().unwrap_or(Effect::Note)
    }

    /// Whether the content stands among metadata.
    fn is_inline(&self) -> bool {
        let inline = |extents: &Extents| extents.any(ExtentFlags::INLINE);
        self.survey.extents.as_ref().is_some_and(inline)
    }

    /// Whether what is written reaches its place only when the journal of the file system is emptied.
    pub(super) fn goes_through_journal(&self) -> bool {
        let through = |code| matches!(code, Code::DataJournal | Code::Inline);
        self.survey.place.journal == Journal::CanBeEmptied
            && self.class.findings.iter().any(|finding| through(finding.code))
    }

    /// Another name of this file is wiped already, or at the same time; only the name is left to do.
    pub(super) fn leave_to(&mut self, (first, base): (Verdict, u64)) {
        self.base = base;
        self.ranges.clear();
        self.expected = None;
        self.twin = Some(first);
    }

    /// Bytes that each pass writes.
    pub(super) fn bytes(&self) -> u64 {
        self.ranges.iter().map(|(_, length)| length).sum()
    }

    /// Writes one pass from a chunk on. Errors are kept: passes that follow are not written then.
    pub(super) fn write(
        &mut self,
        fill: &Fill,
        from: u64,
        scratch: &mut Scratch,
        run: &Run<'_>,
        reached: impl FnMut(&File, u64) -> Result<(), Error>,
    ) {
        if self.error.is_none() && !self.ranges.is_empty() {
            self.error = self.check_expected().err();
            self.expected = None;
        }
        if self.error.is_some() {
            return;
        }
        let mut reached = reached;
        let pass = Pass { fill, base: self.target.base, ranges: &self.ranges };
        let file = &self.file;
        match write_pass(file, pass, from, scratch, run, |chunk| reached(file, chunk)) {
            Ok((bad, written)) => {
                self.bad.join(bad);
                self.written += written;
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// Bytes written since this was asked last.
    pub(super) fn take_written(&mut self) -> u64 {
        std::mem::take(&mut self.written)
    }

    /// Bytes read back since this was asked last.
    pub(super) fn take_compared(&mut self) -> u64 {
        std::mem::take(&mut self.compared)
    }

    /// # Errors
    /// `Changed` if it must be what it was, and is not.
    pub(super) fn check_expected(&self) -> Result<(), Error> {
        match &self.expected {
            Some(was) if Identity::of(&self.file)? != *was => Err(Error::Changed),
            _ => Ok(()),
        }
    }

    /// Whether somebody made it longer since it was opened; not asked where nothing was overwritten.
    pub(super) fn has_grown(&self) -> Result<bool, Error> {
        let end = self.ranges.iter().map(|(start, length)| start + length).max();
        let Some(end) = end else { return Ok(false) };
        Ok(Identity::of(&self.file)?.len > end.max(self.target.size))
    }

    /// Makes what was written durable.
    pub(super) fn sync(&mut self) {
        if self.error.is_none() {
            self.error = fdatasync(&self.file).map_err(io("flush it")).err();
        }
    }

    /// Reads a pass back, past the cache if there is a way.
    pub(super) fn read_back(
        &mut self,
        fill: &Fill,
        sampled: bool,
        scratch: &mut Scratch,
        run: &Run<'_>,
    ) {
        if self.error.is_some() || self.ranges.is_empty() {
            return;
        }
        if let Err(error) = self.try_read_back(fill, sampled, scratch, run) {
            self.error = Some(error);
        }
    }

    fn try_read_back(
        &mut self,
        fill: &Fill,
        sampled: bool,
        scratch: &mut Scratch,
        run: &Run<'_>,
    ) -> Result<(), Error> {
        let source = self.source()?;
        self.read_back = Some(source.how());
        let sample = sampled.then(|| sample::pick(&self.ranges));
        // What took no writes is not read: it is known not to be what was written.
        let ranges = self.bad.cut_from(sample.as_ref().unwrap_or(&self.ranges));
        let pass = Pass { fill, base: self.target.base, ranges: &ranges };
        let bad = read_back(&source, pass, scratch, run)?;
        self.bad.join(bad);
        self.compared += ranges.iter().map(|(_, length)| length).sum::<u64>();
        Ok(())
    }

    /// The strongest way to read it back.
    fn source(&self) -> Result<Source, Error> {
        let survey = &self.survey;
        let family = survey.place.family;
        if family == Family::Memory {
            return Source::cached(&self.file, true).map_err(io("read it back"));
        }
        if survey.direct.is_some()
            && !self.is_cached_anyway()
            && let Ok(source) = Source::direct(&self.file)
        {
            return Ok(source);
        }
        if let (Some(node), Some(extents)) = (&survey.place.node, &survey.extents)
            && matches!(family, Family::Ext | Family::Xfs)
            && !extents.any(UNPLACED)
            && !self.has(Code::Compressed)
            && let Ok(source) = Source::device(node, extents.clone())
        {
            return Ok(source);
        }
        Source::cached(&self.file, false).map_err(io("read it back"))
    }

    /// Whether the file system goes through its cache whatever it is asked for: older kernels do not say so.
    fn is_cached_anyway(&self) -> bool {
        self.has(Code::DataJournal) || self.has(Code::Inline) || self.has(Code::Compressed)
    }

    /// Whether it was known beforehand that changes go elsewhere.
    fn moves(&self) -> bool {
        self.has(Code::CopyOnWrite) || self.has(Code::Compressed)
    }

    fn has(&self, code: Code) -> bool {
        self.class.findings.iter().any(|finding| finding.code == code)
    }

    /// Looks where the file lies now, and for content that stood among metadata.
    pub(super) fn examine_again(&mut self) {
        if self.error.is_some() {
            return;
        }
        match self.try_examine_again() {
            Ok(same) => self.same_place = Some(same),
            Err(error) => self.error = Some(error),
        }
    }

    fn try_examine_again(&mut self) -> Result<bool, Error> {
        if self.target.kind == Kind::Device {
            return Ok(true);
        }
        if self.has_grown()? {
            return Err(Error::Changed);
        }
        self.after = Extents::of(&self.file).map_err(io("examine it"))?;
        let (before, after) = match (&self.survey.extents, &self.after) {
            (Some(before), Some(after)) => (before, after),
            // Where nothing is told, the survey has lowered the claim, or it lies in memory.
            (before, after) => return Ok(before.is_none() && after.is_none()),
        };
        if let Some(old) = &self.inline
            && let Some(extent) = before.0.first()
            && self.survey.place.family == Family::Ext
            && let Some(node) = &self.survey.place.node
            && let Ok(node) = File::open(node)
        {
            // The device is read past its cache: blocks of metadata may be kept there.
            match holds(&node, extent.physical, old)? {
                Some(true) => return Err(Error::StillThere),
                Some(false) => self.read_back = Some(ReadBack::Device),
                // Too little, or too even, to be told from other metadata.
                None => {}
            }
            return Ok(true);
        }
        Ok(after.still_where(before) && !after.any(ExtentFlags::SHARED))
    }

    /// What can be claimed.
    pub(super) fn verdict(&self) -> Verdict {
        let past_cache =
            matches!(self.read_back, Some(ReadBack::Direct | ReadBack::Device | ReadBack::Memory));
        if let (Some(twin), None) = (self.twin, &self.error) {
            return twin;
        }
        match (&self.error, self.class.reach) {
            (Some(Error::Cancelled), _) => Verdict::Unfinished,
            (Some(_), _) => Verdict::Failed,
            (None, Reach::Impossible) => Verdict::NotInPlace,
            (None, Reach::BestEffort) if self.same_place == Some(false) && !self.moves() => {
                Verdict::NotInPlace
            }
            (None, Reach::BestEffort) => Verdict::BestEffort,
            (None, Reach::InPlace) => match self.same_place {
                // Something must have been looked at for a claim to be made.
                None => Verdict::Unfinished,
                Some(false) => Verdict::NotInPlace,
                Some(true) if past_cache || self.ranges.is_empty() => Verdict::Verified,
                Some(true) => Verdict::BestEffort,
            },
        }
    }

    /// It is not done, because the run was asked to stop.
    pub(super) fn stop(&mut self) {
        self.error.get_or_insert(Error::Cancelled);
    }

    /// Whether every block took what was written so far.
    pub(super) fn is_clean(&self) -> bool {
        self.bad.bytes == 0
    }

    /// Bad blocks become the error, if there is no other.
    pub(super) fn settle(&mut self) {
        if self.error.is_none() {
            self.error = self.bad.error();
        }
    }

    /// The row of the report.
    pub(super) fn into_row(self, plan: &WipePlan) -> Row {
        let verdict = self.verdict();
        Row {
            path: plan.path(self.target),
            kind: self.target.kind,
            verdict,
            class: self.target.class as usize,
            size: self.target.size,
            overwritten: self.bytes(),
            read_back: self.read_back,
            error: match self.error {
                None if verdict == Verdict::NotInPlace => Some(Error::NotInPlace),
                error => error,
            },
            before: self.survey.extents,
            after: self.after,
            bad: self.bad.places,
        }
    }
}

/// Extents whose place is not a place on the device.
const UNPLACED: ExtentFlags = ExtentFlags::UNKNOWN
    .and(ExtentFlags::DELAYED)
    .and(ExtentFlags::ENCODED)
    .and(ExtentFlags::INLINE)
    .and(ExtentFlags::NOT_ALIGNED);

/// What is overwritten: everything that has room on the device, to the end of the last block, and no holes.
fn ranges_of(survey: &Survey, file: &File) -> Result<Vec<(u64, u64)>, Error> {
    let (len, allocated) = (survey.file.len, survey.file.allocated);
    if let Some(extents) = &survey.extents {
        let inline = extents.any(ExtentFlags::INLINE);
        return Ok(if inline { vec![(0, len)] } else { extents.ranges() });
    }
    match survey.place.family {
        Family::Device => Ok(vec![(0, len)]),
        _ if len == 0 => Ok(Vec::new()),
        Family::Memory => data_ranges(file, len),
        // Where the room is not known to be block by block, at most one block beyond the end is.
        _ => Ok(vec![(0, allocated.clamp(len, len.next_multiple_of(BLOCK)))]),
    }
}

const BLOCK: u64 = 4096;

/// The parts of a file that are not holes.
fn data_ranges(file: &File, len: u64) -> Result<Vec<(u64, u64)>, Error> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < len {
        let start = match seek(file, SeekFrom::Data(at)) {
            Ok(start) => start,
            Err(rustix::io::Errno::NXIO) => break,
            Err(errno) => return Err(io("find its content")(errno)),
        };
        let end = seek(file, SeekFrom::Hole(start)).map_err(io("find its content"))?;
        ranges.push((start, end.next_multiple_of(BLOCK) - start));
        at = end;
    }
    Ok(ranges)
}

/// Whether pieces of `old` still stand in the block of metadata at `place` of a device; none if that cannot be told.
fn holds(node: &File, place: u64, old: &[u8]) -> Result<Option<bool>, Error> {
    let start = place / BLOCK * BLOCK;
    let source = Source::direct(node).map_err(io("read the device"))?;
    let block = source.block(start).map_err(io("read the device"))?;
    let size = WINDOW.min(old.len());
    if size < 4 {
        return Ok(None);
    }
    // A run of one byte says nothing: metadata is full of zeros.
    let telling = |window: &&[u8]| window.iter().any(|byte| *byte != window[0]);
    let windows: HashSet<&[u8]> = old.windows(size).filter(telling).collect();
    if windows.is_empty() {
        return Ok(None);
    }
    Ok(Some(block.windows(size).any(|window| windows.contains(window))))
}

const WINDOW: usize = 16;
