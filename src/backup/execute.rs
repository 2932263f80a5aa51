//! Carrying out a backup: the walk is compared with the snapshot before, what is new or changed is read by several threads, and
//! one thread writes, in walk order.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, RwLock};
use std::thread;

use serde_json::json;

use super::compare::{Message, Reclassified, Walker};
use super::known::Known;
use super::plan::BackupPlan;
use super::previous::Previous;
use super::report::BackupReport;
use super::writer::Writer;
use crate::envelope::Run;
use crate::vault::{About, Class, Error, Result, now};

impl BackupPlan<'_> {
    /// Backs up. What goes wrong with single objects is reported and does not hinder the rest.
    ///
    /// # Errors
    /// If the vault cannot be read or written, the key store makes no keys, or the caller asked to stop; then a checkpoint
    /// is left if it can be, and no snapshot.
    pub fn execute(self, run: &Run<'_>) -> Result<BackupReport> {
        let started = self.started(now());
        let index = Arc::new(self.vault.index_key()?);
        let mut lists = Vec::new();
        for file in self.checkpoints.iter().rev().chain(self.parent.as_ref().map(|(file, _)| file))
        {
            lists.push(self.vault.segments(file)?);
        }
        let previous = Previous::new(self.vault, &index, lists, self.vault.lost_packs()?);
        let known = Arc::new(RwLock::new(Known::default()));
        let segments = previous.segments().to_vec();
        let mut writer = Writer::new(self.vault, Arc::clone(&index), Arc::clone(&known), segments);
        let mut report = BackupReport { parent: self.parent(), ..BackupReport::default() };
        let mut checkpointed = Vec::new();
        let result = thread::scope(|scope| {
            let (send, receive) = sync_channel::<Message>(WAITING);
            let writing = scope.spawn(|| {
                let done = receive.iter().try_for_each(|message| match message {
                    Message::Items(items) => {
                        items.into_iter().try_for_each(|item| writer.take(item))
                    }
                    Message::Checkpoint(about) => {
                        writer.publish(*about, false).map(|id| checkpointed.push(id))
                    }
                });
                drop(receive);
                done
            });
            let known = Arc::clone(&known);
            let mut walker =
                Walker::new(&self, &index, previous, known, send, &mut report, started);
            let walked = walker.walk(run);
            let reclassified = walker.finish();
            // The writer's error is the cause if both have one: the walk stops when nobody takes what it sends.
            let written = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            written.and(walked).map(|()| reclassified)
        });
        report.written = writer.written();
        let reclassified = match result {
            Ok(reclassified) => reclassified,
            Err(error) => {
                let worth = matches!(error, Error::Cancelled) && !self.options.dry_run;
                // Whatever goes wrong now matters less than why we stop.
                let about = || self.about(&report, started);
                let kept =
                    worth && report.written.chunks > 0 && writer.publish(about(), false).is_ok();
                if !kept {
                    writer.abandon();
                }
                return Err(error);
            }
        };
        if !self.options.dry_run {
            let id = writer.publish(self.about(&report, started), true);
            let id = id.inspect_err(|_| writer.abandon())?;
            // Only what has happened is written down.
            if !reclassified.is_empty() {
                self.record(&reclassified)?;
            }
            report.snapshot = Some(id);
            report.written = writer.written();
            report.settled = self.vault.keys().settle().map_err(Error::Keys)?;
            let old = self.checkpoints.iter().map(|file| file.id).chain(checkpointed);
            let old: Vec<_> = old.collect();
            if !old.is_empty() {
                self.vault.forget(&old)?;
            }
        }
        Ok(report)
    }

    /// The time of the snapshot: now, but after the snapshot before if that is of this very moment. Otherwise it would be chance which
    /// of the two is the latest. A clock that is far off is not followed.
    fn started(&self, now: u64) -> u64 {
        match &self.parent {
            Some((file, _)) if (now..now + MOMENT).contains(&file.time) => file.time + 1,
            _ => now,
        }
    }

    /// Writes down which objects the rules classify otherwise than before.
    fn record(&self, reclassified: &[Reclassified]) -> Result<()> {
        let class = |class: &Class| {
            json!({
                "level": class.level,
                "class": class.class,
                "residency": class.residency,
                "start": class.start,
            })
        };
        let one = |one: &Reclassified| {
            let (before, after) = (class(&one.before), class(&one.after));
            json!({ "key": one.key.to_string(), "before": before, "after": after })
        };
        let objects: Vec<_> = reclassified.iter().map(one).collect();
        let rules = self.rules_used();
        let what = json!({ "rules": rules, "objects": objects });
        self.vault.record("reclassification", &what).map(drop)
    }

    /// What people need to know of a snapshot of what was found so far.
    pub(super) fn about(&self, report: &BackupReport, started: u64) -> About {
        About {
            host: self.options.host.clone(),
            user: self.options.user.clone(),
            sources: self.names.clone(),
            tags: self.options.tags.clone(),
            started,
            ended: now(),
            program: concat!("sealkeep ", env!("CARGO_PKG_VERSION")).into(),
            rules: self.rules_used(),
            objects: report.total.objects,
            files: report.total.files,
            bytes: report.total.bytes,
            added_bytes: 0,
            failed: report.failures.len() as u64,
            changed: report.changed_while_read.len() as u64,
        }
    }
}

/// Groups that may wait for the writer.
const WAITING: usize = 1;
/// Seconds by which backups that follow each other at once may run ahead of the clock.
const MOMENT: u64 = 60;
