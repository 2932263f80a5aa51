//! Carrying out a restore: one thread opens segments ahead, the others read, verify and write.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread;

use super::content::ChunkReader;
use super::group::{Group, Step, Target};
use super::objects::{Entry, Object, load};
use super::report::{Destroyed, Failed, RestoreError, RestoreFailure, RestoreReport, Restored};
use super::{RestorePlan, ancestors};
use crate::backup::place::{Near, Place};
use crate::envelope::Run;
use crate::keys::Unavailable;
use crate::parallel::groups;
use crate::tree::path_of;
use crate::vault::{Attributes, Error, Extent, IndexKey, Kind, Mark, Result, SegmentRef, check};

impl RestorePlan<'_> {
    /// Restores below the folder `output`, made if it is missing.
    ///
    /// # Errors
    /// If the folder cannot be made or opened, or the vault or the key store cannot be read at all. What becomes of the objects
    /// is in the report.
    pub fn execute(
        self,
        output: &Path,
        run: &Run<'_>,
    ) -> std::result::Result<RestoreReport, RestoreError> {
        let place = Place::open(output, self.options.overwrite, self.options.numeric_owner)?;
        let result = self.restore(Some(&place), run);
        let (notes, failures) = place.close();
        let mut report = result?;
        report.notes = notes;
        for (path, error) in failures {
            let what = Failed::Path(output.join(path_of(&path)));
            report.failures.push(RestoreFailure { what, error: error.into() });
        }
        Ok(report)
    }

    /// Counts what would be restored, and finds what cannot be. No content is read.
    ///
    /// # Errors
    /// If the vault or the key store cannot be read at all.
    pub fn rehearse(self, run: &Run<'_>) -> std::result::Result<RestoreReport, RestoreError> {
        self.restore(None, run)
    }

    fn restore(
        &self,
        place: Option<&Place>,
        run: &Run<'_>,
    ) -> std::result::Result<RestoreReport, RestoreError> {
        let reader = ChunkReader::new(self.vault)?;
        let index = match self.selection.is_everything() {
            true => None,
            false => Some(self.vault.index_key()?),
        };
        let marks = self.selection.paths().iter().map(|path| {
            let mark = self.vault.keyring().mark(path);
            (mark, path.clone())
        });
        let mut restoration = Restoration {
            plan: self,
            place,
            reader,
            run,
            marks: marks.collect(),
            not_found: self.selection.paths().iter().cloned().collect(),
            folders: HashMap::new(),
            twins: HashMap::new(),
            files: Vec::new(),
            near: Near::default(),
            report: self.empty_report(),
        };
        let stopped = thread::scope(|scope| {
            let (send, receive) = sync_channel(AHEAD);
            let index = index.as_ref();
            scope.spawn(move || {
                for segment in &self.segments {
                    let entries = self.load(index, segment);
                    if send.send((segment, entries)).is_err() {
                        break;
                    }
                }
            });
            receive.iter().try_for_each(|(segment, entries)| restoration.take(segment, entries))
        });
        let stopped = stopped.and_then(|()| restoration.finish());
        let mut report = restoration.report;
        report.not_found = restoration.not_found.iter().map(|path| absolute(path)).collect();
        report.not_found.sort();
        report.stopped = stopped.err();
        Ok(report)
    }

    fn load(&self, index: Option<&IndexKey>, segment: &SegmentRef) -> Result<Vec<Entry>> {
        load(self.vault, index, segment, &self.selection)
    }

    fn empty_report(&self) -> RestoreReport {
        RestoreReport {
            snapshot: self.snapshot,
            restored: Restored::default(),
            destroyed: Vec::new(),
            failures: Vec::new(),
            notes: Vec::new(),
            changed_while_read: Vec::new(),
            not_found: Vec::new(),
            stopped: None,
        }
    }
}

/// A restore that goes on.
struct Restoration<'r> {
    plan: &'r RestorePlan<'r>,
    /// None when nothing is to be written.
    place: Option<&'r Place>,
    reader: ChunkReader<'r>,
    run: &'r Run<'r>,
    /// Paths that were named, by their marks.
    marks: HashMap<Mark, Vec<u8>>,
    not_found: HashSet<Vec<u8>>,
    /// Folders that are made if something in them is wanted.
    folders: HashMap<Vec<u8>, Attributes>,
    /// Files with several names, by device and inode.
    twins: HashMap<(u64, u64), Twin>,
    /// Files that wait until there are enough.
    files: Vec<Target>,
    near: Near,
    report: RestoreReport,
}

/// The first name of a file with several.
struct Twin {
    path: Vec<u8>,
    content: Vec<(u64, Option<[u8; 32]>)>,
    restored: bool,
}

impl Restoration<'_> {
    fn take(&mut self, segment: &SegmentRef, entries: Result<Vec<Entry>>) -> Step {
        check(self.run)?;
        let entries = match entries {
            Ok(entries) => entries,
            Err(error @ Error::Keys(_)) => return Err(error.into()),
            Err(error) => {
                let what = Failed::Segment(segment.id, segment.entries);
                self.report.failures.push(RestoreFailure { what, error: error.into() });
                return Ok(());
            }
        };
        for entry in entries {
            match entry {
                Entry::Open(object) => self.take_object(object)?,
                Entry::Closed { key, mark, why: Unavailable::Destroyed(tombstone) } => {
                    let path = self.named(&mark).map(|path| absolute(&path));
                    self.report.destroyed.push(Destroyed { key, tombstone, path });
                }
                Entry::Closed { key, mark, why } => {
                    let named = self.named(&mark);
                    let what = named.map_or(Failed::Key(key), |path| Failed::Path(absolute(&path)));
                    let error = RestoreError::Key(why);
                    self.report.failures.push(RestoreFailure { what, error });
                }
                Entry::Broken { key, error } => {
                    let what = Failed::Key(key);
                    self.report.failures.push(RestoreFailure { what, error: error.into() });
                }
            }
        }
        let bytes: u64 = self.files.iter().map(|target| size(&target.object)).sum();
        if self.files.len() >= ENOUGH || bytes >= ENOUGH_BYTES {
            self.restore_files()
        } else {
            Ok(())
        }
    }

    /// Restores what still waits.
    fn finish(&mut self) -> Step {
        // Names of files whose first name could not be restored wait once more.
        while !self.files.is_empty() {
            self.restore_files()?;
        }
        Ok(())
    }

    /// The path that was asked for, if this is its mark.
    fn named(&mut self, mark: &Mark) -> Option<Vec<u8>> {
        let path = self.marks.get(mark)?.clone();
        self.not_found.remove(&path);
        Some(path)
    }

    fn take_object(&mut self, object: Box<Object>) -> Step {
        let description = &object.record.description;
        let (path, attributes) = (&description.path, &description.attributes);
        if !self.plan.selection.takes(path) {
            if attributes.kind == Kind::Directory {
                self.folders.insert(path.clone(), attributes.clone());
            }
            return Ok(());
        }
        self.not_found.remove(path);
        if !self.not_found.is_empty() {
            for above in ancestors(path) {
                self.not_found.remove(above);
            }
        }
        if description.changed_while_read {
            self.report.changed_while_read.push(absolute(path));
        }
        if attributes.kind == Kind::File {
            match self.prepare(path) {
                Ok(to) => self.files.push(Target { to, object }),
                Err(error) => return self.fail(&object.record.description.path, error),
            }
            return Ok(());
        }
        match self.make(path, attributes) {
            Ok(true) if attributes.kind == Kind::Directory => self.report.restored.directories += 1,
            Ok(true) => self.report.restored.others += 1,
            Ok(false) => self.report.restored.kept += 1,
            Err(error) => return self.fail(path, error),
        }
        Ok(())
    }

    /// Makes what has no content. Says whether it did.
    fn make(&mut self, path: &[u8], attributes: &Attributes) -> Step<bool> {
        let to = self.prepare(path)?;
        let Some(place) = self.place else { return Ok(true) };
        if attributes.kind == Kind::Directory {
            place.directory(&to, attributes, &mut self.near)?;
            return Ok(true);
        }
        Ok(place.node(&to, attributes, &mut self.near)?)
    }

    /// Where an object goes; the folders on the way are there then.
    fn prepare(&mut self, path: &[u8]) -> Step<Vec<u8>> {
        let to = self.plan.destination(path)?.to_vec();
        self.make_way(path)?;
        Ok(to)
    }

    /// Makes the folders on the way that are not wanted for their own sake.
    fn make_way(&mut self, path: &[u8]) -> Step {
        if self.folders.is_empty() {
            return Ok(());
        }
        let way: Vec<&[u8]> = ancestors(path).collect();
        for above in way.into_iter().rev() {
            let Some(attributes) = self.folders.remove(above) else { continue };
            if let (Ok(to), Some(place)) = (self.plan.destination(above), self.place) {
                place.directory(to, &attributes, &mut self.near)?;
            }
        }
        Ok(())
    }

    /// Restores the files that wait, but for names of files that are restored now: those wait until it is known how that went.
    fn restore_files(&mut self) -> Step {
        let mut later = Vec::new();
        let mut now = Vec::new();
        for target in std::mem::take(&mut self.files) {
            match self.twin(&target.object) {
                None => now.push(target),
                Some((_, false)) => later.push(target),
                Some((first, true)) => match self.link(&first, &target) {
                    Ok(made) => self.count(&target.object, made),
                    Err(error) => self.fail(&target.object.record.description.path, error)?,
                },
            }
        }
        self.files = later;
        for group in groups(&now, |target| size(&target.object)) {
            check(self.run)?;
            self.restore_group(group)?;
        }
        Ok(())
    }

    /// The first name of the same file, and whether it was restored; none if this is the first.
    fn twin(&mut self, object: &Object) -> Option<(Vec<u8>, bool)> {
        let attributes = &object.record.description.attributes;
        if attributes.links < 2 {
            return None;
        }
        let id = (attributes.device, attributes.inode);
        let content = content_of(object);
        match self.twins.get(&id) {
            Some(twin) if twin.content == content => Some((twin.path.clone(), twin.restored)),
            Some(_) => None,
            None => {
                let path = object.record.description.path.clone();
                self.twins.insert(id, Twin { path, content, restored: false });
                None
            }
        }
    }

    fn link(&mut self, first: &[u8], Target { to, object }: &Target) -> Step<bool> {
        let from = self.plan.destination(first)?;
        let Some(place) = self.place else { return Ok(true) };
        Ok(place.link(from, to, &object.record.description.attributes, &mut self.near)?)
    }

    fn restore_group(&mut self, group: &[Target]) -> Step {
        let results: Vec<Step<bool>> = match self.place {
            None => group.iter().map(|_| Ok(true)).collect(),
            Some(place) => {
                let durable = !self.plan.options.not_durable;
                let (reader, run) = (&self.reader, self.run);
                Group { reader, place, run, durable, files: group }.restore()?
            }
        };
        for (Target { object, .. }, result) in group.iter().zip(results) {
            let description = &object.record.description;
            let id = (description.attributes.device, description.attributes.inode);
            let is_first = |twin: &Twin| twin.path == description.path;
            let first = self.twins.get_mut(&id).filter(|twin| is_first(twin));
            match result {
                Ok(true) => {
                    if let Some(twin) = first {
                        twin.restored = true;
                    }
                    self.count(object, true);
                }
                // What was there and stayed may be another file: the next name is the first then.
                other => {
                    if first.is_some() {
                        self.twins.remove(&id);
                    }
                    match other {
                        Ok(made) => self.count(object, made),
                        Err(error) => self.fail(&description.path, error)?,
                    }
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, object: &Object, made: bool) {
        if made {
            self.report.restored.files += 1;
            self.report.restored.bytes += size(object);
        } else {
            self.report.restored.kept += 1;
        }
    }

    fn fail(&mut self, path: &[u8], error: RestoreError) -> Step {
        if error.stops_everything() {
            return Err(error);
        }
        let what = Failed::Path(absolute(path));
        self.report.failures.push(RestoreFailure { what, error });
        Ok(())
    }
}

fn size(object: &Object) -> u64 {
    object.record.description.attributes.size
}

/// What tells whether two files have the same content.
fn content_of(object: &Object) -> Vec<(u64, Option<[u8; 32]>)> {
    let told = |extent: &Extent| match extent {
        Extent::Hole(length) => (*length, None),
        Extent::Chunk { length, digest, .. } => (u64::from(*length), Some(*digest)),
    };
    object.record.extents.iter().map(told).collect()
}

fn absolute(path: &[u8]) -> PathBuf {
    path_of(&[b"/", path].concat())
}

/// Segments that are opened ahead.
const AHEAD: usize = 2;
/// Files are restored together from so many on,
const ENOUGH: usize = 1_024;
/// or so many bytes: what waits for its name is made durable at once.
const ENOUGH_BYTES: u64 = 256 << 20;
