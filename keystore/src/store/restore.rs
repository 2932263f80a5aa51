//! Making a store again from a copy, without bringing back what was destroyed.

use std::path::PathBuf;
use std::time::Duration;

use sealkeep_crypto::SigningKey;

use super::fresh::Fresh;
use super::{KeyStore, Location, Session, open_root};
use crate::cell::{self, CellFile};
use crate::clearance::Intent;
use crate::copy::{Collected, Target, newest, read_intent, scan};
use crate::custody::{Unlock, identify};
use crate::db::{Db, Head};
use crate::error::{Error, Result};
use crate::feed::Tombstoned;
use crate::files::now;
use crate::pager::Pager;
use crate::root::Restore;

/// What a restore is told.
#[derive(Clone, Debug, Default)]
pub struct RestoreOptions {
    /// Other places that may know more: copies, or what is left of the main store. Newer tombstones found there
    /// are carried out before the first opening.
    pub evidence: Vec<PathBuf>,
    /// Restore even when a newer state is known, and what came after the copy is lost.
    pub accept_loss: bool,
}

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreReport {
    /// The entry now in the store's history.
    pub restore: Restore,
    /// Pages taken over.
    pub pages: usize,
    /// Destructions that the copy did not know of and that were carried out again.
    pub destroyed_again: usize,
    /// Destructions that had been announced to the copy and were finished.
    pub finished: usize,
}

/// What some other place says: its head and its tombstones.
struct Evidence {
    head: Head,
    feed: Vec<Tombstoned>,
}

impl KeyStore {
    /// Makes a new main store at `to` out of the copy at `from`: a new incarnation with a new root.
    /// Every destruction known from the copy and the evidence is carried out before anything can be opened.
    ///
    /// # Errors
    /// [`Error::CopyOutdated`] when a newer state is known and loss was not accepted, [`Error::NotACopy`],
    /// [`Error::WrongCustody`], [`Error::ForeignFeed`], [`Error::AlreadyExists`], and damage found in the copy.
    pub fn restore(
        from: &Location,
        to: &Location,
        unlock: &Unlock<'_>,
        options: &RestoreOptions,
        wait: Duration,
    ) -> Result<(Self, RestoreReport)> {
        let target = Target::at(from)?;
        let damaged = |what: &str| Error::Damaged(format!("the copy {what}"));
        let file = newest(&from.dir)?.ok_or_else(|| damaged("has no row file"))?;
        let mut copy = Collected::default();
        let tail = scan(&from.dir, &file, &target.identity, None, Some(&mut copy))?;
        let head = tail.ok_or_else(|| damaged("has no whole commit"))?.head;

        let cell = CellFile::at(&from.cell);
        let selected = cell::select(&cell, &head.store, head.epoch, head.generation)?;
        let custodian = identify(head.suite, &selected.slot.custodies, unlock)?;
        let root_key = cell::open(&selected.slot, &custodian)?;
        let mut root = open_root(&copy, &head.binding(), &root_key, head.sequence)?;
        let signer = SigningKey::from_seed(root.suite, &root.sign_seed);
        let verifier = signer.verifying_key();
        if !head.feed.verify(head.suite, &head.store, &copy.feed, &verifier) {
            return Err(Error::ForeignFeed(from.dir.clone()));
        }

        let mut known = head.sequence;
        let mut epoch = head.epoch;
        let mut feed = copy.feed.clone();
        for place in &options.evidence {
            let evidence = gather(place, &target, wait)?;
            let genuine = evidence.head.store == head.store
                && evidence.head.feed.verify(head.suite, &head.store, &evidence.feed, &verifier);
            if !genuine {
                return Err(Error::ForeignFeed(place.clone()));
            }
            known = known.max(evidence.head.sequence);
            epoch = epoch.max(evidence.head.epoch);
            if evidence.feed.len() > feed.len() {
                feed = evidence.feed;
            }
        }
        if known > head.sequence && !options.accept_loss {
            return Err(Error::CopyOutdated { copy: head.sequence, known });
        }

        let incarnation =
            root.incarnation.checked_add(1).ok_or_else(|| damaged("was restored too often"))?;
        let restore = Restore {
            incarnation,
            copy: target.identity.copy,
            copy_sequence: head.sequence,
            known_sequence: known,
            when: now(),
        };
        root.restores.push(restore);
        root.epoch = epoch + 1;
        let again = feed[copy.feed.len()..].to_vec();
        let announced = read_intent(&from.dir)?;

        let fresh = Fresh { location: to, root, incarnation, sequence: known + 1 };
        let mut report = RestoreReport {
            restore,
            pages: copy.pages.len(),
            destroyed_again: again.len(),
            finished: 0,
        };
        let mut store = fresh.build(custodian, wait, |store| {
            let mut intents = Vec::new();
            for (when, certificate, targets) in acts(&again) {
                intents.push(store.sign_intent(&Intent { targets, certificate, when }));
            }
            if let Some(signed) = &announced {
                store.verify_intent(signed)?;
                intents.push(signed.clone());
                report.finished += 1;
            }
            store.session.head.feed = head.feed.clone();
            let root_address = crate::page::Address::ROOT;
            let pages = copy.pages.iter().filter(|(at, _)| **at != root_address);
            let pages = pages.map(|(at, (version, sealed))| (*at, *version, sealed.as_slice()));
            store.db.import(pages, &copy.feed, &intents)?;
            verify_tree(&store.db, &store.session)
        })?;
        // The intents written above are carried out here, or, after a crash, by the next opening.
        store.settle()?;
        Ok((store, report))
    }
}

/// Entries of one act stand together in the feed.
fn acts(entries: &[Tombstoned]) -> Vec<(u64, [u8; 32], Vec<crate::id::KeyId>)> {
    let same = |a: &Tombstoned, b: &Tombstoned| (a.when, a.certificate) == (b.when, b.certificate);
    let groups = entries.chunk_by(same);
    groups
        .map(|group| {
            (group[0].when, group[0].certificate, group.iter().map(|dead| dead.id).collect())
        })
        .collect()
}

/// What another copy, or the remains of a main store, knows. No key is needed to read it.
fn gather(place: &std::path::Path, target: &Target, wait: Duration) -> Result<Evidence> {
    let location = Location::new(place, None);
    if location.database().is_file() {
        let db = Db::open(&location.database(), wait)?;
        return Ok(Evidence { head: db.head()?, feed: db.tombstones_since(0)? });
    }
    let other = Target::at(&location)?;
    if other.identity.store != target.identity.store {
        return Err(Error::ForeignFeed(place.to_owned()));
    }
    let nothing = || Error::NotACopy(place.to_owned());
    let file = newest(place)?.ok_or_else(nothing)?;
    let mut collected = Collected::default();
    let tail =
        scan(place, &file, &other.identity, None, Some(&mut collected))?.ok_or_else(nothing)?;
    Ok(Evidence { head: tail.head, feed: collected.feed })
}

/// Every page that came with the copy must be the one its parent names.
fn verify_tree(db: &Db, session: &Session) -> Result<()> {
    let mut pager = Pager::new(session.head.binding());
    super::check::walk(db, &mut pager, &session.root).map(drop)
}
