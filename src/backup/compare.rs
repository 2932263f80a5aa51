//! The side of a backup that reads: the walk is compared with the snapshot before, what is new or changed is read, and everything is
//! sent on in walk order.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, RwLock};
use std::time::Instant;

use rustix::fs::FileType;
use sealkeep_crypto::Secret;
use sealkeep_keystore::KeyId;

use super::attributes::is_unchanged;
use super::job_keys::keys_for;
use super::known::Known;
use super::plan::BackupPlan;
use super::prepare::{Input, Job, Outcome, Preparer, ReadObject};
use super::previous::{Closed, Earlier, Previous, Seat};
use super::report::{BackupFailure, BackupReport, ObjectError};
use super::rules::{Classified, Place};
use super::walk::{Limits, Listing, walk};
use super::writer::{Content, Item, New, Piece};
use crate::envelope::Run;
use crate::keys::Unavailable;
use crate::tree::{Found, path_of};
use crate::vault::{About, Class, Error, IndexKey, Kind, Mark, Result};

/// To the thread that writes.
pub(super) enum Message {
    Items(Vec<Item>),
    Checkpoint(Box<About>),
}

/// The side that reads.
pub(super) struct Walker<'w> {
    plan: &'w BackupPlan<'w>,
    preparer: Preparer<'w>,
    index: &'w IndexKey,
    previous: Previous<'w>,
    known: Arc<RwLock<Known>>,
    known_loaded: bool,
    send: SyncSender<Message>,
    report: &'w mut BackupReport,
    /// Objects to be read, in walk order, and where unchanged ones lie between them.
    jobs: Vec<Next>,
    /// Bytes that they take in memory.
    room: u64,
    reclassified: Vec<Reclassified>,
    /// Marks of paths that are taken up again though what was there was destroyed.
    renewed: HashSet<Mark>,
    started: u64,
    checkpoint: Instant,
    error: Option<Error>,
}

/// An object that is classified otherwise than before.
pub(super) struct Reclassified {
    pub(super) key: KeyId,
    pub(super) before: Class,
    pub(super) after: Class,
}

/// What comes next in walk order.
enum Next {
    Kept(Earlier),
    Closed(Seat, KeyId),
    Read(Box<Job>),
}

impl<'w> Walker<'w> {
    /// Begins with nothing found; what is to be written goes to `send`.
    pub(super) fn new(
        plan: &'w BackupPlan<'w>,
        index: &'w IndexKey,
        previous: Previous<'w>,
        known: Arc<RwLock<Known>>,
        send: SyncSender<Message>,
        report: &'w mut BackupReport,
        started: u64,
    ) -> Self {
        Self {
            plan,
            preparer: Preparer::new(plan.vault, index, Arc::clone(&known)),
            index,
            previous,
            known,
            known_loaded: false,
            send,
            report,
            jobs: Vec::new(),
            room: 0,
            reclassified: Vec::new(),
            renewed: HashSet::new(),
            started,
            checkpoint: Instant::now(),
            error: None,
        }
    }

    /// Which objects are classified otherwise than before, at the end; nothing more is sent.
    pub(super) fn finish(self) -> Vec<Reclassified> {
        self.reclassified
    }

    /// Goes through the sources, and sends on what is found.
    ///
    /// # Errors
    /// If the vault or the key store fails, or the caller asked to stop; `Cancelled` if the other side takes nothing more.
    pub(super) fn walk(&mut self, run: &Run<'_>) -> Result<()> {
        let plan = self.plan;
        let sources = &plan.sources;
        let below = |path: &[u8]| {
            let of = |source: &[u8]| {
                let rest = path.strip_prefix(source)?;
                if source.is_empty() { Some(rest.len()) } else { below_len(rest) }
            };
            let lengths = sources.iter().filter_map(|source| of(source.path()));
            path.len() - lengths.min().unwrap_or(0)
        };
        let own = RefCell::new(Vec::new());
        let skips = |path: &[u8], _: FileType| {
            if plan.own.iter().any(|own| own == path) {
                own.borrow_mut().push(absolute(path));
                return true;
            }
            plan.filter.leaves_out(&path[below(path)..], None).is_some()
        };
        let limits = Limits {
            skips: &skips,
            one_file_system: plan.options.filter.other_file_systems,
            caches: plan.options.filter.caches,
        };
        let mut failures = Vec::new();
        let listed = |listing: Listing| match self.take(listing, &below, run) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.error = Some(error);
                ControlFlow::Break(())
            }
        };
        walk(sources, &limits, listed, |path, error| {
            failures.push(BackupFailure { path: absolute(&path), error: error.into() });
        });
        self.report.failures.extend(failures);
        self.report.own = own.into_inner();
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        // That something was destroyed is carried on for good, whether anything is at its path now or not.
        for (seat, key) in self.previous.carried(&self.renewed)? {
            self.next(Next::Closed(seat, key), run)?;
        }
        self.flush(run)
    }

    fn take(
        &mut self,
        listing: Listing,
        below: &impl Fn(&[u8]) -> usize,
        run: &Run<'_>,
    ) -> Result<()> {
        crate::vault::check(run)?;
        for found in listing.entries {
            let start = below(&found.path);
            let size = (found.kind == FileType::RegularFile).then_some(found.size);
            if self.plan.filter.leaves_out(&found.path[start..], size).is_none() {
                self.compare(found, start, &listing.dir, run)?;
            }
        }
        Ok(())
    }

    /// Decides whether an object is as it was.
    fn compare(
        &mut self,
        found: Found,
        below: usize,
        dir: &Arc<OwnedFd>,
        run: &Run<'_>,
    ) -> Result<()> {
        let earlier = self.previous.find(&found.path)?;
        let is_file = found.kind == FileType::RegularFile;
        let size = if is_file { found.size } else { 0 };
        let place = Place { below: &found.path[below..], absolute: &found.path };
        let first = earlier.as_ref().map_or(self.started, |earlier| earlier.description.first);
        let ruled = self.plan.options.rules.classify(place, found.mtime.seconds, first);
        let Some(earlier) = earlier else {
            let closed = self.closed(&found.path);
            if let Some(Closed { why, .. }) = closed.as_ref().filter(|closed| closed.is_pending()) {
                return self.refuse(&found.path, ObjectError::Key(why.clone()));
            }
            let destroyed = matches!(closed, Some(Closed { why: Unavailable::Destroyed(_), .. }));
            if destroyed && !self.plan.options.renew_destroyed {
                return self.refuse(&found.path, ObjectError::Destroyed);
            }
            if destroyed {
                self.renewed.insert(self.plan.vault.keyring().mark(&found.path));
            }
            self.report.new.count(is_file, size);
            let held = closed.filter(|closed| matches!(closed.why, Unavailable::Held));
            let held = held.map(|closed| closed.key);
            return self.read((found, dir), ruled, None, (first, held), run);
        };
        let same = !self.plan.options.reread && is_same(&found, &earlier);
        if !same || ruled.class.scope != earlier.description.class.scope {
            self.report.changed.count(is_file, size);
            self.note_class(&earlier, &ruled);
            return self.read((found, dir), ruled, Some(earlier), (first, None), run);
        }
        self.report.total.count(is_file, size);
        self.report.unchanged.count(is_file, size);
        if ruled.class != earlier.description.class {
            self.report.reclassified += 1;
            return self.reclassify(earlier, ruled, run);
        }
        (run.progress)(size);
        self.next(Next::Kept(earlier), run)
    }

    /// The object that was at this path and cannot be opened.
    fn closed(&self, path: &[u8]) -> Option<Closed> {
        if !self.previous.has_closed() {
            return None;
        }
        self.previous.closed(&self.plan.vault.keyring().mark(path)).cloned()
    }

    fn refuse(&mut self, path: &[u8], error: ObjectError) -> Result<()> {
        self.report.failures.push(BackupFailure { path: absolute(path), error });
        Ok(())
    }

    /// Notes that an object is to be read. `held` is the key of the version before, if that is on hold.
    fn read(
        &mut self,
        (found, dir): (Found, &Arc<OwnedFd>),
        ruled: Classified,
        earlier: Option<Earlier>,
        (first, held): (u64, Option<KeyId>),
        run: &Run<'_>,
    ) -> Result<()> {
        if self.plan.options.dry_run {
            self.report.total.count(found.kind == FileType::RegularFile, found.size);
            (run.progress)(found.size);
            return Ok(());
        }
        self.load_known()?;
        let began = ruled.generation.begins(first, self.started);
        let same_scope = |earlier: &Earlier| earlier.description.class.scope == ruled.class.scope;
        let job = Job {
            may_reuse: !began && earlier.as_ref().is_some_and(same_scope),
            reuse: earlier.as_ref().map(|earlier| earlier.key),
            before: earlier,
            heir_of: held,
            first: if began { self.started } else { first },
            class: ruled.class,
            compress: ruled.compress,
            input: Input::Read(found, Arc::clone(dir)),
        };
        self.next(Next::Read(Box::new(job)), run)
    }

    fn reclassify(&mut self, earlier: Earlier, ruled: Classified, run: &Run<'_>) -> Result<()> {
        if self.plan.options.dry_run {
            return Ok(());
        }
        self.note_class(&earlier, &ruled);
        let job = Job {
            may_reuse: true,
            reuse: Some(earlier.key),
            before: None,
            heir_of: None,
            first: earlier.description.first,
            class: ruled.class,
            compress: false,
            input: Input::Known(earlier),
        };
        self.next(Next::Read(Box::new(job)), run)
    }

    /// Notes that the rules say something else of an object than before. When its period began is not noted: that follows what
    /// is in it.
    fn note_class(&mut self, earlier: &Earlier, ruled: &Classified) {
        let before = &earlier.description.class;
        let after = Class { start: before.start, ..ruled.class.clone() };
        if *before != after && !self.plan.options.dry_run {
            let (key, before) = (earlier.key, before.clone());
            self.reclassified.push(Reclassified { key, before, after });
        }
    }

    fn next(&mut self, next: Next, run: &Run<'_>) -> Result<()> {
        if self.plan.options.dry_run {
            return Ok(());
        }
        self.room += match &next {
            Next::Kept(_) | Next::Closed(..) => 0,
            Next::Read(job) => job.room(),
        };
        self.jobs.push(next);
        if self.jobs.len() >= MOST_JOBS || self.room >= MOST_ROOM {
            self.flush(run)?;
        }
        if self.checkpoint.elapsed() >= self.plan.options.checkpoint {
            self.flush(run)?;
            self.checkpoint = Instant::now();
            let about = self.plan.about(self.report, self.started);
            self.send(Message::Checkpoint(Box::new(about)))?;
        }
        Ok(())
    }

    /// Reads what was noted and sends it on, in walk order.
    fn flush(&mut self, run: &Run<'_>) -> Result<()> {
        self.room = 0;
        let next = std::mem::take(&mut self.jobs);
        let mut order = Vec::with_capacity(next.len());
        let mut jobs = Vec::new();
        for one in next {
            match one {
                Next::Kept(earlier) => order.push(Some(Item::Kept(earlier))),
                Next::Closed(seat, key) => order.push(Some(Item::Closed(seat, key))),
                Next::Read(job) => {
                    order.push(None);
                    jobs.push(*job);
                }
            }
        }
        if jobs.is_empty() {
            return self.send(Message::Items(order.into_iter().flatten().collect()));
        }
        let keys = keys_for(self.plan.vault, &mut jobs, self.started)?;
        let small = self.preparer.prepare(&jobs, run);
        let mut items = Vec::with_capacity(order.len());
        let mut prepared = jobs.into_iter().zip(keys).zip(small);
        for one in order {
            let Some(((job, key), outcome)) = (match one {
                Some(item) => {
                    items.push(item);
                    continue;
                }
                None => prepared.next(),
            }) else {
                continue;
            };
            let (key_id, key) = match key {
                Ok(key) => key,
                Err(why) => {
                    self.refuse_key(job, why, &mut items)?;
                    continue;
                }
            };
            let outcome = match outcome {
                Outcome::Large => {
                    self.send(Message::Items(std::mem::take(&mut items)))?;
                    let take = |pieces: Option<Vec<Piece>>| {
                        let item = pieces.map_or(Item::Discard, Item::Pieces);
                        gone(self.send.send(Message::Items(vec![item])))
                    };
                    self.preparer.prepare_large(&job, take, run)?
                }
                outcome => outcome,
            };
            self.settle(job, outcome, (key_id, key), &mut items)?;
        }
        self.send(Message::Items(items))
    }

    /// An object for which there is no key. If only its class was to change, it stays as it was.
    fn refuse_key(&mut self, job: Job, why: Unavailable, items: &mut Vec<Item>) -> Result<()> {
        match job.input {
            Input::Known(earlier) if !matches!(why, Unavailable::Destroyed(_)) => {
                self.reclassified.retain(|one| one.key != earlier.key);
                self.report.reclassified -= 1;
                items.push(Item::Kept(earlier));
                Ok(())
            }
            Input::Known(earlier) => self.refuse(&earlier.description.path, ObjectError::Key(why)),
            Input::Read(found, _) => {
                items.extend(job.before.map(Item::Kept));
                self.refuse(&found.path, ObjectError::Key(why))
            }
        }
    }

    /// Counts what became of an object.
    fn settle(
        &mut self,
        job: Job,
        outcome: Outcome,
        (key_id, key): (KeyId, Secret<32>),
        items: &mut Vec<Item>,
    ) -> Result<()> {
        let path = absolute(job.path());
        match outcome {
            Outcome::Vanished => items.push(Item::Discard),
            Outcome::Failed(error) => {
                items.push(Item::Discard);
                self.report.failures.push(BackupFailure { path, error });
            }
            Outcome::Large => unreachable!("a large file was read by now"),
            Outcome::Read(read) => {
                let ReadObject { description, pieces, unread } = *read;
                if description.changed_while_read {
                    self.report.changed_while_read.push(path.clone());
                }
                self.report.unread.extend(unread.into_iter().map(|one| (path.clone(), one)));
                let content = match job.input {
                    Input::Known(earlier) => Content::Of(earlier.seat),
                    Input::Read(..) => {
                        let attributes = &description.attributes;
                        self.report.total.count(attributes.kind == Kind::File, attributes.size);
                        Content::Pieces(pieces)
                    }
                };
                items.push(Item::New(Box::new(New { key_id, key, description, content })));
            }
        }
        Ok(())
    }

    /// Tags of what is there are needed from the first object on that is to be stored.
    fn load_known(&mut self) -> Result<()> {
        if !std::mem::replace(&mut self.known_loaded, true) {
            let segments = self.previous.segments();
            let known = Known::load(self.plan.vault, self.index, segments, self.previous.lost())?;
            *self.known.write().expect("nobody panics with it") = known;
        }
        Ok(())
    }

    fn send(&self, message: Message) -> Result<()> {
        gone(self.send.send(message))
    }
}

/// Nobody takes what is sent when the writer has failed; its error is reported.
fn gone<T>(sent: std::result::Result<(), T>) -> Result<()> {
    sent.map_err(|_| Error::Cancelled)
}

/// Whether nothing suggests that an object is another than it was.
fn is_same(found: &Found, earlier: &Earlier) -> bool {
    !earlier.description.changed_while_read && is_unchanged(found, &earlier.description.attributes)
}

fn below_len(rest: &[u8]) -> Option<usize> {
    if rest.is_empty() { Some(0) } else { rest.strip_prefix(b"/").map(<[u8]>::len) }
}

fn absolute(path: &[u8]) -> std::path::PathBuf {
    path_of(&[b"/", path].concat())
}

/// So many objects are read at a time,
const MOST_JOBS: usize = 1_024;
/// or so many bytes.
const MOST_ROOM: u64 = 16 << 20;
