//! Drives that erase themselves, everything at once, spare blocks included.
//!
//! Nothing of this was tested on hardware: the commands follow the standards and are tested byte by byte, a drive is played in
//! tests. So the claim is best effort at most. What a drive says of itself is not believed alone: markers written before
//! must be gone afterwards.

mod ata;
mod markers;
mod nvme;
mod port;
mod scsi;

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use sealkeep_medium::finding::{Code, Effect, Finding, Reach};
use sealkeep_medium::stack::LayerKind;

use super::class::accept;
use super::error::{Error, io};
use super::execute::{now, untouched};
use super::options::{Require, WipeOptions};
use super::plan::{Kind, Target, WipePlan};
use super::report::{PassReport, PlaceReport, Problem, Report, Verdict};
use crate::envelope::Run;
use markers::Markers;
use port::{Device, Port};

/// What a drive is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Technique {
    /// Erase all blocks, at the level of the cells.
    BlockErase,
    /// Exchange the key by which everything on it is encrypted.
    CryptoErase,
    /// Overwrite everything with zeros, once.
    Overwrite,
}

impl Technique {
    /// The name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BlockErase => "block-erase",
            Self::CryptoErase => "crypto-erase",
            Self::Overwrite => "overwrite",
        }
    }
}

/// Where a drive is with it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// It has not begun, and never did.
    Idle,
    /// So many 65,536ths are done.
    Running(u16),
    Done,
    Failed(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bus {
    Nvme,
    Ata,
    Scsi,
}

/// A drive that will be told to erase itself.
pub struct Sanitize {
    plan: WipePlan,
    technique: Technique,
    bus: Option<Bus>,
}

impl Sanitize {
    /// Examines a drive and asks it whether it can.
    ///
    /// # Errors
    /// `NoSanitize` if it cannot, or is no whole drive; `Unsupported` if it is no block device; `Io`.
    pub fn new(device: &Path, technique: Technique, options: WipeOptions) -> Result<Self, Problem> {
        Self::examine(device, technique, options).map_err(|error| Problem::new(device, error))
    }

    fn examine(device: &Path, technique: Technique, options: WipeOptions) -> Result<Self, Error> {
        let mut plan = WipePlan::empty(WipeOptions { journal: None, ..options })?;
        plan.passes.clear();
        // Names of drives are often links, e.g. those by serial number.
        plan.add(&device.canonicalize().map_err(io("find it"))?)?;
        let [Target { kind: Kind::Device, .. }] = plan.targets[..] else {
            return Err(Error::Unsupported);
        };
        lower(&mut plan)?;
        let refused = plan.classes.iter().any(|class| class.targets > 0 && class.refused);
        if refused {
            return Ok(Self { plan, technique, bus: None });
        }
        if !matches!(plan.places[0].layers[..], [ref disk] if is_disk(&disk.kind)) {
            return Err(Error::NoSanitize(technique.name()));
        }
        let mut port = Device(plan.roots[0].open(OFlags::RDONLY)?.into());
        let bus = find(&mut port, technique)?.ok_or(Error::NoSanitize(technique.name()))?;
        Ok(Self { plan, technique, bus: Some(bus) })
    }

    /// What will be done.
    #[must_use]
    pub fn plan(&self) -> &WipePlan {
        &self.plan
    }

    /// Has the drive erase itself and waits for it. It cannot be stopped: if we are, it goes on by itself.
    #[must_use]
    pub fn execute(mut self, run: &Run<'_>) -> Report {
        let mut report = self.plan.empty_report();
        report.problems = std::mem::take(&mut self.plan.problems);
        report.method = format!("hw-{}", self.technique.name());
        let place = |place: &Arc<_>| PlaceReport {
            place: Arc::clone(place),
            journal_emptied: None,
            trimmed: None,
        };
        report.places = self.plan.places.iter().map(place).collect();
        let target = &self.plan.targets[0];
        let mut row = untouched(&self.plan, target, Verdict::Refused, None);
        if let Some(bus) = self.bus {
            let begun = Instant::now();
            row.error = self.erase(bus, run).err();
            row.verdict = match row.error {
                None => Verdict::BestEffort,
                Some(Error::Cancelled) => Verdict::Unfinished,
                Some(_) => Verdict::Failed,
            };
            let bytes = if row.error.is_none() { target.size } else { 0 };
            let (pattern, seconds) = (report.method.clone(), begun.elapsed().as_secs_f64());
            report.passes = vec![PassReport { pattern, bytes, seconds, ..PassReport::default() }];
            report.tally.bytes = bytes;
            row.overwritten = bytes;
        }
        report.stopped = matches!(row.error, Some(Error::Cancelled)).then_some(Error::Cancelled);
        report.tally.count(row.verdict);
        report.rows.push(row);
        report.finished = now();
        report
    }

    fn erase(&self, bus: Bus, run: &Run<'_>) -> Result<(), Error> {
        let access = OFlags::RDWR | OFlags::EXCL | OFlags::DIRECT;
        let device: OwnedFd = self.plan.roots[0].open(access)?.into();
        let again = self.plan.surveyor.again_device(&self.plan.places[0], &device);
        let target = &self.plan.targets[0];
        if again.map_err(io("examine it"))?.file.len != target.size {
            return Err(Error::Changed);
        }
        let port = device.try_clone().map_err(io("hold it"))?;
        let markers = Markers::new(target.size);
        markers.write(&device)?;
        carry_out(&mut Device(port), bus, self.technique, target.size, EVERY, run)?;
        markers.are_gone(device.as_fd())
    }
}

/// How often a drive is asked.
const EVERY: Duration = Duration::from_secs(1);
/// How often in a row it may fail to answer.
const PATIENCE: u32 = 30;

fn is_disk(kind: &LayerKind) -> bool {
    matches!(kind, LayerKind::Disk { .. })
}

/// Adds what holds of every drive that erases itself, and what other namespaces go with it.
fn lower(plan: &mut WipePlan) -> Result<(), Error> {
    let mut findings = vec![Finding::new(Code::Untested, Effect::BestEffort, "")];
    let name =
        plan.roots[0].absolute.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for sibling in siblings(Path::new("/sys/block"), &name) {
        let whole = Finding::new(Code::Partitions, Effect::Refuse, sibling.as_str());
        findings.push(accept(&whole, &plan.options));
        let path = Path::new("/dev").join(&sibling);
        let device = std::fs::File::open(&path).map_err(io("examine another namespace"))?;
        let found = plan.surveyor.survey_device(&device, &path).map_err(io("examine it"))?;
        let hinders = |one: &Finding| matches!(one.code, Code::Mounted | Code::InUse);
        findings.extend(found.findings.into_iter().filter(hinders));
    }
    let in_place = plan.options.require == Require::InPlace;
    for class in plan.classes.iter_mut().filter(|class| class.targets > 0) {
        class.refused |= in_place || findings.iter().any(|one| one.effect == Effect::Refuse);
        class.reach = class.reach.max(Reach::BestEffort);
        class.findings.extend(findings.iter().cloned());
    }
    Ok(())
}

/// Other namespaces of an NVMe drive: they share its blocks, and go together.
fn siblings(sys_block: &Path, name: &str) -> Vec<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let drive = |name: &str| {
        let (number, namespace) = name.strip_prefix("nvme")?.split_once('n')?;
        (digits(number) && digits(namespace)).then(|| number.to_owned())
    };
    let Some(own) = drive(name) else { return Vec::new() };
    let entries = std::fs::read_dir(sys_block).into_iter().flatten().flatten();
    let mut found: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|other| other != name && drive(other).as_ref() == Some(&own))
        .collect();
    found.sort();
    found
}

/// By which commands it can; none if it cannot.
fn find(port: &mut dyn Port, technique: Technique) -> Result<Option<Bus>, Error> {
    for (bus, supports) in [
        (Bus::Nvme, nvme::supports as fn(&mut dyn Port, Technique) -> _),
        (Bus::Ata, ata::supports),
        (Bus::Scsi, scsi::supports),
    ] {
        if let Some(can) = supports(port, technique)? {
            return Ok(can.then_some(bus));
        }
    }
    Ok(None)
}

fn status(port: &mut dyn Port, bus: Bus, technique: Technique) -> Result<State, Error> {
    match bus {
        Bus::Nvme => nvme::status(port, technique),
        Bus::Ata => ata::status(port),
        Bus::Scsi => scsi::status(port),
    }
}

/// Starts it and waits until the drive says that it is done.
fn carry_out(
    port: &mut dyn Port,
    bus: Bus,
    technique: Technique,
    len: u64,
    every: Duration,
    run: &Run<'_>,
) -> Result<(), Error> {
    if run.cancel.load(Ordering::Relaxed) {
        return Err(Error::Cancelled);
    }
    if let State::Running(_) = status(port, bus, technique)? {
        return Err(Error::Sanitize("the drive is at it already".to_owned()));
    }
    match bus {
        Bus::Nvme => nvme::start(port, technique)?,
        Bus::Ata => ata::start(port, technique)?,
        Bus::Scsi => scsi::start(port, technique)?,
    }
    let (mut told, mut failures) = (0, 0);
    loop {
        std::thread::sleep(every);
        match status(port, bus, technique) {
            Ok(State::Done) => return Ok(()),
            Ok(State::Failed(why)) => return Err(Error::Sanitize(why)),
            Ok(State::Idle) => return Err(Error::Sanitize("it never began".to_owned())),
            Ok(State::Running(progress)) => {
                let done = len / 65536 * u64::from(progress);
                (run.progress)(done.saturating_sub(told));
                (told, failures) = (told.max(done), 0);
            }
            Err(error) if failures >= PATIENCE => return Err(error),
            Err(_) => failures += 1,
        }
        if run.cancel.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
    }
}

#[cfg(test)]
mod tests;
