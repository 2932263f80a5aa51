//! Drills: a random sample is restored to scratch, through the real key store and from the very copy that would be needed, and
//! compared. A backup that was never restored is a hope.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sealkeep_crypto::{hash, random};
use sealkeep_keystore::{KeyId, KeyState};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::place::{Overwrite, Place};
use super::restore::{
    ChunkReader, Destroyed, Entry, Failed, Group, Object, RestoreError, RestoreFailure, Target,
    open_entries,
};
use crate::envelope::Run;
use crate::keys::Unavailable;
use crate::parallel::{groups, parallel};
use crate::tree::path_of;
use crate::vault::{Error, Extent, Kind, SegmentRef, SnapshotFile, SnapshotId, Vault, check};

/// How much of a snapshot is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// Everything.
    All,
    /// So many objects, chosen at random.
    Objects(u64),
}

/// What a drill showed.
#[derive(Debug)]
#[non_exhaustive]
pub struct DrillReport {
    /// Of which snapshot.
    pub snapshot: SnapshotId,
    /// Fingerprint of the vault's public key.
    pub fingerprint: String,
    /// Objects that the snapshot has.
    pub objects: u64,
    /// Objects that were chosen.
    pub chosen: u64,
    /// Files that were restored, read back and found to be what was backed up.
    pub files: u64,
    /// Their length in bytes.
    pub bytes: u64,
    /// Other objects whose records opened.
    pub others: u64,
    /// Objects whose keys were destroyed: they were tried, and failed as they must.
    pub destroyed: Vec<Destroyed>,
    /// Objects that nobody opens now: on hold, or waiting for their destruction.
    pub held: u64,
    /// What should have been restored and was not.
    pub failures: Vec<RestoreFailure>,
    /// How long it took.
    pub duration: Duration,
}

impl DrillReport {
    /// Whether everything was as it must be, and a file was restored at all: nothing tried is nothing shown.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty() && self.files > 0
    }

    /// The document for the vault's records (`docs/spec/vault.md` §10): objects by key, never by path.
    #[must_use]
    pub fn document(&self, copy: &str, next_due: Option<u64>) -> Value {
        let failure = |failure: &RestoreFailure| {
            let what = match &failure.what {
                Failed::Path(_) => None,
                Failed::Key(key) => Some(key.to_string()),
                Failed::Segment(segment, _) => Some(segment.to_string()),
            };
            json!({ "what": what, "error": failure.error.to_string() })
        };
        let destroyed: Vec<String> = self.destroyed.iter().map(|one| one.key.to_string()).collect();
        json!({
            "copy": copy,
            "snapshot": self.snapshot.to_string(),
            "fingerprint": self.fingerprint,
            "objects": self.objects,
            "chosen": self.chosen,
            "files": self.files,
            "bytes": self.bytes,
            "others": self.others,
            "held": self.held,
            "destroyed": destroyed,
            "failures": self.failures.iter().map(failure).collect::<Vec<_>>(),
            "seconds": self.duration.as_secs(),
            "passed": self.passed(),
            "next_due": next_due,
        })
    }
}

/// Restores a sample of a snapshot into a new folder below `scratch`, compares it, and removes it. The folder holds plain content
/// for a while: it belongs into memory, or on a disk that is encrypted.
///
/// # Errors
/// If the vault, the key store or the scratch folder cannot be used at all; `Cancelled`.
pub fn drill(
    vault: &Vault,
    snapshot: &SnapshotFile,
    sample: Sample,
    scratch: &Path,
    run: &Run<'_>,
) -> Result<DrillReport, RestoreError> {
    let begun = Instant::now();
    let segments = vault.segments(snapshot)?;
    let folder = Folder::new(scratch)?;
    let objects = segments.iter().map(|segment| u64::from(segment.entries)).sum();
    let chosen = choose(sample, &segments, objects);
    let mut drill = Drill {
        vault,
        run,
        reader: ChunkReader::new(vault)?,
        folder: &folder,
        place: Place::open(&folder.path, Overwrite::Refuse, true)?,
        number: 0,
        report: DrillReport {
            snapshot: snapshot.id,
            fingerprint: vault.file().fingerprint(),
            objects,
            chosen: chosen.iter().map(|entries| entries.len() as u64).sum(),
            files: 0,
            bytes: 0,
            others: 0,
            destroyed: Vec::new(),
            held: 0,
            failures: Vec::new(),
            duration: Duration::ZERO,
        },
    };
    for (segment, entries) in segments.iter().zip(chosen) {
        check(run)?;
        if !entries.is_empty() {
            drill.restore(segment, entries)?;
        }
    }
    drill.report.duration = begun.elapsed();
    Ok(drill.report)
}

struct Drill<'d> {
    vault: &'d Vault,
    run: &'d Run<'d>,
    reader: ChunkReader<'d>,
    folder: &'d Folder,
    place: Place,
    /// Names the files in the folder.
    number: u64,
    report: DrillReport,
}

impl Drill<'_> {
    fn restore(
        &mut self,
        segment: &SegmentRef,
        chosen: BTreeSet<usize>,
    ) -> Result<(), RestoreError> {
        let entries = match self.open(segment, chosen) {
            Err(error @ Error::Keys(_)) => return Err(error.into()),
            Err(error) => {
                self.fail(Failed::Segment(segment.id, segment.entries), error.into());
                return Ok(());
            }
            Ok(entries) => entries,
        };
        let mut files = Vec::new();
        for entry in entries {
            match entry {
                Entry::Open(object) if object.record.description.attributes.kind == Kind::File => {
                    self.number += 1;
                    files.push(Target { to: format!("{:016x}", self.number).into_bytes(), object });
                }
                Entry::Open(_) => self.report.others += 1,
                Entry::Closed { key, why: Unavailable::Destroyed(tombstone), .. } => {
                    self.report.destroyed.push(Destroyed { key, tombstone, path: None });
                }
                Entry::Closed {
                    why: Unavailable::Held | Unavailable::NotUsable(KeyState::PendingDestruction),
                    ..
                } => self.report.held += 1,
                Entry::Closed { key, why, .. } => {
                    self.fail(Failed::Key(key), RestoreError::Key(why));
                }
                Entry::Broken { key, error } => self.fail(Failed::Key(key), error.into()),
            }
        }
        let size = |target: &Target| target.object.record.description.attributes.size;
        for group in groups(&files, size) {
            check(self.run)?;
            self.restore_group(group)?;
        }
        Ok(())
    }

    /// The chosen entries of a segment, and all others whose keys were destroyed: those must fail.
    fn open(&self, place: &SegmentRef, mut chosen: BTreeSet<usize>) -> Result<Vec<Entry>, Error> {
        let segment = self.vault.segment(place)?;
        let states = self.vault.keys().states(&segment.keys()).map_err(Error::Keys)?;
        let destroyed =
            |state: &Result<_, Unavailable>| matches!(state, Err(Unavailable::Destroyed(_)));
        chosen.extend((0..states.len()).filter(|&at| destroyed(&states[at])));
        let locators = segment.locators(self.vault.keyring())?;
        open_entries(self.vault, &segment, &locators, chosen.into_iter().collect())
    }

    fn restore_group(&mut self, files: &[Target]) -> Result<(), RestoreError> {
        let Self { run, reader, place, .. } = self;
        let group = Group { reader, place, run, durable: false, files };
        let mut results = group.restore()?;
        let compare = |at: usize, _: &mut ()| match &results[at] {
            Ok(_) => self.compare(&files[at]).map(Some),
            Err(_) => Ok(None),
        };
        let compared = parallel(self.run.workers, files.len(), compare, |_| false);
        for (at, compared) in compared {
            let Target { to, object } = &files[at];
            let result = std::mem::replace(&mut results[at], Ok(true));
            match result.and(compared) {
                Ok(_) => {
                    self.report.files += 1;
                    self.report.bytes += object.record.description.attributes.size;
                }
                Err(error) => self.fail(Failed::Key(object.key), error),
            }
            // What could not be made is not there.
            let _ = fs::remove_file(self.folder.path.join(path_of(to)));
        }
        Ok(())
    }

    /// Reads a restored file back and compares it with what was recorded when it was backed up.
    fn compare(&self, Target { to, object }: &Target) -> Result<(), RestoreError> {
        let path = self.folder.path.join(path_of(to));
        let read = || -> io::Result<bool> {
            let mut file = File::open(&path)?;
            let same = self.is_same(&mut file, object)?;
            Ok(same && file.read(&mut [0])? == 0)
        };
        match read() {
            Ok(true) => Ok(()),
            Ok(false) => Err(RestoreError::Damaged("what was restored".into())),
            Err(source) => Err(failed("read what was restored", source)),
        }
    }

    fn is_same(&self, file: &mut File, object: &Object) -> io::Result<bool> {
        let mut buffer = Zeroizing::new(Vec::new());
        for extent in &object.record.extents {
            let same = match extent {
                Extent::Hole(length) => {
                    let mut left = *length;
                    let mut zeros = true;
                    while left > 0 && zeros {
                        buffer.resize(usize::try_from(left).unwrap_or(PART).min(PART), 0);
                        file.read_exact(&mut buffer)?;
                        zeros = buffer.iter().all(|&byte| byte == 0);
                        left -= buffer.len() as u64;
                    }
                    zeros
                }
                Extent::Chunk { length, digest, .. } => {
                    buffer.resize(*length as usize, 0);
                    file.read_exact(&mut buffer)?;
                    hash(self.vault.suite(), &[&buffer]) == *digest
                }
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn fail(&mut self, what: Failed, error: RestoreError) {
        self.report.failures.push(RestoreFailure { what, error });
    }
}

/// A folder that is gone when the drill is over.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new(scratch: &Path) -> Result<Self, RestoreError> {
        use std::os::unix::fs::DirBuilderExt;
        let name = KeyId(random::array()).to_string();
        let path = scratch.join(format!("drill-{name}"));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|source| failed("make the scratch folder", source))?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Whoever gave the scratch folder sees what is left in it.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn failed(action: &'static str, source: io::Error) -> RestoreError {
    super::PlaceError::Io { action, source }.into()
}

/// Which entries of each segment are restored.
fn choose(sample: Sample, segments: &[SegmentRef], objects: u64) -> Vec<BTreeSet<usize>> {
    let wanted = match sample {
        Sample::Objects(wanted) if wanted < objects => wanted,
        _ => return segments.iter().map(|one| (0..one.entries as usize).collect()).collect(),
    };
    // Each of the objects has the same chance (Floyd's algorithm).
    let mut numbers = BTreeSet::new();
    for last in objects - wanted..objects {
        let number = u64::from_be_bytes(random::array()) % (last + 1);
        if !numbers.insert(number) {
            numbers.insert(last);
        }
    }
    let mut numbers = numbers.into_iter().peekable();
    let mut first = 0;
    let of = |segment: &SegmentRef| {
        let end = first + u64::from(segment.entries);
        let mut entries = BTreeSet::new();
        while let Some(number) = numbers.next_if(|&number| number < end) {
            entries.insert(usize::try_from(number - first).expect("at most 1,024"));
        }
        first = end;
        entries
    };
    segments.iter().map(of).collect()
}

/// Bytes of a hole that are compared at once.
const PART: usize = 1 << 20;
