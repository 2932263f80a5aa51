//! Making a store again from a copy, without bringing back what was destroyed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use sealkeep_crypto::SigningKey;

use super::access::{Actor, detail};
use super::fresh::Fresh;
use super::{KeyStore, Location, Session, open_root};
use crate::cell::{self, CellFile};
use crate::clearance::Intent;
use crate::copy::{Collected, Target, newest, read_intent, scan, with_timeout};
use crate::custody::{Unlock, identify};
use crate::db::{Db, Head};
use crate::error::{Error, Result};
use crate::feed::Tombstoned;
use crate::files::now;
use crate::id::KeyId;
use crate::ledger::{Event, StoreEvent};
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
    /// Who does it.
    pub actor: Actor,
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
    /// Destructions that had been announced, and were finished.
    pub finished: usize,
    /// Registered copies that could not be asked what they know.
    pub unreached: Vec<PathBuf>,
}

/// What some other place says: its head, its tombstones, destructions announced to it.
struct Evidence {
    head: Head,
    feed: Vec<Tombstoned>,
    intents: Vec<Vec<u8>>,
}

impl KeyStore {
    /// Makes a new main store at `to` out of the copy at `from`: a new incarnation with a new root.
    /// Every destruction known from the copy, the evidence, and the copies registered in it that can be reached, is carried
    /// out before anything can be opened.
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
        let mut root = open_root(&copy, &head, &root_key)?;
        let signer = SigningKey::from_seed(root.suite, &root.sign_seed);
        let verifier = signer.verifying_key();
        if !head.feed.verify(head.suite, &head.store, &copy.feed, &verifier) {
            return Err(Error::ForeignFeed(from.dir.clone()));
        }

        let (mut known, mut epoch) = (head.sequence, head.epoch);
        let mut incarnation = root.incarnation;
        let mut again: Vec<Tombstoned> = Vec::new();
        let mut seen: BTreeSet<KeyId> = copy.feed.iter().map(|dead| dead.id).collect();
        let mut announced: Vec<Vec<u8>> = read_intent(&from.dir)?.into_iter().collect();
        let mut unreached = Vec::new();
        let asked = options.evidence.iter().map(|place| (place.clone(), None));
        let others = root.copies.iter().filter(|other| other.id != target.identity.copy);
        let others = others.map(|other| (other.location.dir.clone(), Some(other.timeout)));
        for (place, timeout) in asked.chain(others) {
            let found = match timeout {
                None => gather(&place, &target, wait),
                Some(timeout) => {
                    let (there, target) = (place.clone(), target.clone());
                    match with_timeout(timeout, move || gather(&there, &target, wait))() {
                        Ok(found) => Ok(found),
                        Err(_) => {
                            unreached.push(place);
                            continue;
                        }
                    }
                }
            };
            let evidence = found?;
            let genuine = evidence.head.store == head.store
                && evidence.head.feed.verify(head.suite, &head.store, &evidence.feed, &verifier);
            if !genuine {
                return Err(Error::ForeignFeed(place));
            }
            known = known.max(evidence.head.sequence);
            epoch = epoch.max(evidence.head.epoch);
            incarnation = incarnation.max(evidence.head.incarnation);
            // Feeds fork when a store was restored before: every entry counts, wherever it stands.
            again.extend(evidence.feed.into_iter().filter(|dead| seen.insert(dead.id)));
            announced.extend(evidence.intents);
        }
        announced.sort();
        announced.dedup();
        if known > head.sequence && !options.accept_loss {
            return Err(Error::CopyOutdated { copy: head.sequence, known });
        }

        let incarnation =
            incarnation.checked_add(1).ok_or_else(|| damaged("was restored too often"))?;
        let restore = Restore {
            incarnation,
            copy: target.identity.copy,
            copy_sequence: head.sequence,
            known_sequence: known,
            when: now(),
        };
        root.restores.push(restore);
        root.epoch = epoch + 1;

        let fresh = Fresh { location: to, root, incarnation, sequence: known + 1 };
        let report = RestoreReport {
            restore,
            pages: copy.pages.len(),
            destroyed_again: again.len(),
            finished: announced.len(),
            unreached,
        };
        let mut store = fresh.build(custodian, wait, |store| {
            let mut intents = Vec::new();
            for (when, certificate, targets) in acts(&again) {
                intents.push(store.sign_intent(&Intent { targets, certificate, when }));
            }
            for signed in announced {
                store.verify_intent(&signed)?;
                intents.push(signed);
            }
            store.session.head.feed = head.feed.clone();
            let root_address = crate::page::Address::ROOT;
            let pages = copy.pages.iter().filter(|(at, _)| **at != root_address);
            let pages = pages.map(|(at, (version, sealed))| (*at, *version, sealed.as_slice()));
            store.db.import(pages, &copy.feed, &intents)?;
            verify_tree(&store.db, &store.session)?;
            store.act_as(options.actor.clone());
            Ok(entries(store.actor(), &restore))
        })?;
        // The intents written above are carried out here, or, after a crash, by the next opening.
        store.settle()?;
        Ok((store, report))
    }
}

/// What the ledger says of a restore.
fn entries(actor: &Actor, restore: &Restore) -> Vec<Event> {
    let copy = || data_encoding::HEXLOWER.encode(&restore.copy).into();
    let about = [
        ("incarnation", restore.incarnation.into()),
        ("copy", copy()),
        ("copy_sequence", restore.copy_sequence.into()),
        ("known_sequence", restore.known_sequence.into()),
    ];
    let operation = "restored".to_owned();
    let restored = StoreEvent { operation, detail: detail(about), request: None };
    vec![Event::Store(restored), actor.act("restore", [("copy", copy())])]
}

/// Entries of one act stand together in the feed.
fn acts(entries: &[Tombstoned]) -> Vec<(u64, [u8; 32], Vec<KeyId>)> {
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
        let db = Db::open_to_read(&location.database(), wait)?;
        let intents = db.intents()?.into_iter().map(|(_, signed)| signed).collect();
        return Ok(Evidence { head: db.head()?, feed: db.tombstones_since(0)?, intents });
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
    let intents = read_intent(place)?.into_iter().collect();
    Ok(Evidence { head: tail.head, feed: collected.feed, intents })
}

/// Every page that came with the copy must be the one its parent names.
fn verify_tree(db: &Db, session: &Session) -> Result<()> {
    let mut pager = Pager::new(session.head.binding());
    super::check::walk(db, &mut pager, &session.root).map(drop)
}
