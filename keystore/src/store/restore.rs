//! Making a store again from a copy, without bringing back what was destroyed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealkeep_crypto::{SigningKey, VerifyingKey};

use super::access::{Actor, detail};
use super::destroy::index_scope;
use super::fresh::Fresh;
use super::{KeyStore, Location, Session, open_root};
use crate::cell::{self, CellFile};
use crate::clearance::Intent;
use crate::copy::{Collected, Progress, Target, read, read_intent, with_timeout};
use crate::custody::{Custodian, Unlock, identify};
use crate::db::{Db, Head};
use crate::error::{Error, Result};
use crate::feed::Tombstoned;
use crate::files::now;
use crate::id::{IdCipher, KeyId, Position, WHOLE_SCOPE};
use crate::ledger::{Event, StoreEvent};
use crate::page::{Address, FAN_OUT};
use crate::pager::{PageSource, Pager};
use crate::root::{Restore, RootPage};
use crate::txn::Txn;

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
    /// Registered copies that could not be asked what they know, or said what cannot be.
    pub unreached: Vec<PathBuf>,
    /// Scopes that another line of this store destroyed as a whole, and that hold keys which that line could not know. Those
    /// keys live on, and with them the scope; the others are destroyed.
    pub spared: Vec<KeyId>,
}

/// How much later, in commits or epochs, other evidence may be than what the copy vouches for. Their numbers are not
/// authenticated: one who can write to a copy must not use up all that a store can count to.
const MAX_AHEAD: u64 = 1 << 40;
/// How many more restores it may have seen.
const MAX_RESTORES_AHEAD: u16 = 256;

/// What some other place says: its head, its tombstones, destructions announced to it.
struct Evidence {
    head: Head,
    feed: Vec<Tombstoned>,
    intents: Vec<Vec<u8>>,
}

/// The copy that a store is made from, opened.
struct Source {
    target: Target,
    head: Head,
    copy: Collected,
    custodian: Custodian,
    root: RootPage,
    signer: SigningKey,
}

/// All that is known from the copy and the evidence together.
struct Known {
    sequence: u64,
    epoch: u64,
    incarnation: u16,
    /// Tombstones that the copy lacks.
    again: Vec<Tombstoned>,
    /// The newest incarnation in whose feed each of them stands.
    lines: BTreeMap<KeyId, u16>,
    /// Intents, and the newest incarnation that each was found with.
    announced: BTreeMap<Vec<u8>, u16>,
    unreached: Vec<PathBuf>,
}

impl KeyStore {
    /// Makes a new main store at `to` out of the copy at `from`: a new incarnation with a new root.
    /// Every destruction known from the copy, the evidence, and the copies registered in it that can be reached, is carried
    /// out before anything can be opened.
    ///
    /// # Errors
    /// [`Error::CopyOutdated`] when a newer state is known and loss was not accepted, [`Error::NotACopy`],
    /// [`Error::WrongCustody`], [`Error::ForeignFeed`], [`Error::ForeignIntent`] or [`Error::Implausible`] for the copy or
    /// evidence that was named, [`Error::AlreadyExists`], and damage found in the copy.
    pub fn restore(
        from: &Location,
        to: &Location,
        unlock: &Unlock<'_>,
        options: &RestoreOptions,
        wait: Duration,
    ) -> Result<(Self, RestoreReport)> {
        let mut source = Source::open(from, unlock)?;
        let mut known = Known::of(&source, from)?;
        known.ask(&source, options, wait)?;
        let head = source.head.clone();
        if known.sequence > head.sequence && !options.accept_loss {
            return Err(Error::CopyOutdated { copy: head.sequence, known: known.sequence });
        }
        let (intents, spared) = known.intents(&source)?;
        let incarnation = known
            .incarnation
            .checked_add(1)
            .ok_or_else(|| Error::Damaged("the copy was restored too often".into()))?;
        let restore = Restore {
            incarnation,
            copy: source.target.identity.copy,
            copy_sequence: head.sequence,
            known_sequence: known.sequence,
            when: now(),
        };
        source.root.restores.push(restore);
        source.root.epoch = known.epoch + 1;
        let report = RestoreReport {
            restore,
            pages: source.copy.pages(),
            destroyed_again: known.again.len(),
            finished: known.announced.len(),
            unreached: known.unreached,
            spared,
        };

        let Source { root, custodian, copy, .. } = source;
        let fresh = Fresh { location: to, root, incarnation, sequence: known.sequence + 1 };
        let mut store = fresh.build(custodian, wait, |store| {
            store.session.head.feed = head.feed;
            store.db.import(pages(&copy), copy.feed(), &intents)?;
            verify_tree(&store.db, &store.session)?;
            store.act_as(options.actor.clone());
            Ok(entries(store.actor(), &restore))
        })?;
        // The intents written above are carried out here, or, after a crash, by the next opening.
        store.settle()?;
        Ok((store, report))
    }
}

impl Source {
    fn open(from: &Location, unlock: &Unlock<'_>) -> Result<Self> {
        let target = Target::at(from)?;
        let (tail, copy) = read(&from.dir, &target.identity, &Progress::new())?
            .ok_or_else(|| Error::Damaged("the copy has no whole commit".into()))?;
        let head = tail.head;
        let cell = CellFile::at(&from.cell);
        let selected = cell::select(&cell, &head.store, head.epoch, head.generation)?;
        let custodian = identify(head.suite, &selected.slot.custodies, unlock)?;
        let root_key = cell::open(&selected.slot, &custodian)?;
        let root = open_root(&copy, &head, &root_key)?;
        let signer = SigningKey::from_seed(root.suite, &root.sign_seed);
        if !head.feed.verify(head.suite, &head.store, copy.feed(), &signer.verifying_key()) {
            return Err(Error::ForeignFeed(from.dir.clone()));
        }
        Ok(Self { target, head, copy, custodian, root, signer })
    }

    /// Whether evidence is of this store, signed by it, and no further on than it can be.
    fn believe(&self, evidence: &Evidence, place: &Path) -> Result<()> {
        let (head, key) = (&self.head, self.signer.verifying_key());
        let Evidence { head: other, feed, intents } = evidence;
        if other.store != head.store || !other.feed.verify(head.suite, &head.store, feed, &key) {
            return Err(Error::ForeignFeed(place.to_owned()));
        }
        let plausible = other.sequence <= head.sequence + MAX_AHEAD
            && other.epoch <= head.epoch + MAX_AHEAD
            && other.incarnation <= head.incarnation.saturating_add(MAX_RESTORES_AHEAD);
        if !plausible {
            return Err(Error::Implausible(place.to_owned()));
        }
        are_ours(intents, &head.store, &key, place)
    }
}

impl Known {
    /// What the copy itself knows.
    fn of(source: &Source, from: &Location) -> Result<Self> {
        let head = &source.head;
        let announced: Vec<_> = read_intent(&from.dir)?.into_iter().collect();
        are_ours(&announced, &head.store, &source.signer.verifying_key(), &from.dir)?;
        Ok(Self {
            sequence: head.sequence,
            epoch: head.epoch,
            incarnation: head.incarnation,
            again: Vec::new(),
            lines: BTreeMap::new(),
            announced: announced.into_iter().map(|one| (one, head.incarnation)).collect(),
            unreached: Vec::new(),
        })
    }

    /// Asks the places that were named, and every other copy that is registered in this one.
    fn ask(&mut self, source: &Source, options: &RestoreOptions, wait: Duration) -> Result<()> {
        let mut seen: BTreeSet<KeyId> = source.copy.feed().iter().map(|dead| dead.id).collect();
        for place in &options.evidence {
            let evidence = gather(place, &source.target, wait, &Progress::new())?;
            source.believe(&evidence, place)?;
            self.learn(evidence, &mut seen);
        }
        for other in &source.root.copies {
            if other.id == source.target.identity.copy {
                continue;
            }
            let place = other.location.dir.clone();
            let (there, target) = (place.clone(), source.target.clone());
            let asked = with_timeout(other.timeout, move |progress| {
                gather(&there, &target, wait, progress)
            });
            match asked() {
                Ok(evidence) if source.believe(&evidence, &place).is_ok() => {
                    self.learn(evidence, &mut seen);
                }
                // Whoever can write to one copy must not keep the store from being restored from another.
                _ => self.unreached.push(place),
            }
        }
        Ok(())
    }

    fn learn(&mut self, evidence: Evidence, seen: &mut BTreeSet<KeyId>) {
        let Evidence { head, feed, intents } = evidence;
        self.sequence = self.sequence.max(head.sequence);
        self.epoch = self.epoch.max(head.epoch);
        self.incarnation = self.incarnation.max(head.incarnation);
        for dead in &feed {
            let newest = self.lines.entry(dead.id).or_default();
            *newest = head.incarnation.max(*newest);
        }
        // Feeds fork when a store was restored before: every entry counts, wherever it stands.
        self.again.extend(feed.into_iter().filter(|dead| seen.insert(dead.id)));
        for intent in intents {
            let newest = self.announced.entry(intent).or_default();
            *newest = head.incarnation.max(*newest);
        }
    }

    /// What is to be carried out in the new store, signed, and the scopes that it does not destroy as a whole.
    fn intents(&self, source: &Source) -> Result<(Vec<Vec<u8>>, Vec<KeyId>)> {
        let (head, signer) = (&source.head, &source.signer);
        let mut pager = Pager::new(head.binding());
        let mut narrow = Narrow {
            txn: Txn::new(&source.copy, &mut pager, &source.root),
            ids: IdCipher::new(source.root.suite, source.root.id_key.expose()),
            spared: BTreeSet::new(),
        };
        let mut intents = Vec::new();
        for act in acts(&self.again) {
            let line = |id: &KeyId| self.lines.get(id).copied().unwrap_or(head.incarnation);
            intents.push(narrow.intent(&act, line)?);
        }
        for (signed, incarnation) in &self.announced {
            let intent = Intent::verified(signed, &head.store, &signer.verifying_key())
                .ok_or_else(|| Error::Damaged("an intent that was just verified".into()))?;
            intents.push(narrow.intent(&intent, |_| *incarnation)?);
        }
        let intents = intents.iter().filter(|intent| !intent.targets.is_empty());
        let intents = intents.map(|intent| intent.signed(&head.store, signer)).collect();
        Ok((intents, narrow.spared.into_iter().collect()))
    }
}

/// Fits destructions of other lines of the store to what is in the copy.
struct Narrow<'a> {
    txn: Txn<'a, Collected>,
    ids: IdCipher,
    spared: BTreeSet<KeyId>,
}

impl Narrow<'_> {
    /// A scope that a line destroyed as a whole may hold keys here that were made in a later incarnation, which that line never
    /// was: nobody listed those. In its place stand the keys that the line could know; `line` is the newest incarnation
    /// of the line that destroyed a target. The scope of the index key goes with every destruction.
    fn intent(&mut self, act: &Intent, line: impl Fn(&KeyId) -> u16) -> Result<Intent> {
        let mut targets = Vec::with_capacity(act.targets.len() + 1);
        for target in &act.targets {
            match self.known_in(target, line(target))? {
                Some(keys) => {
                    self.spared.insert(*target);
                    targets.extend(keys);
                }
                None => targets.push(*target),
            }
        }
        targets.extend(index_scope(&mut self.txn, &self.ids)?);
        let mut seen = BTreeSet::new();
        targets.retain(|target| seen.insert(*target));
        Ok(Intent { targets, ..act.clone() })
    }

    /// The living keys of incarnations up to `line` in a living scope, if there are later ones beside them.
    fn known_in(&mut self, target: &KeyId, line: u16) -> Result<Option<Vec<KeyId>>> {
        let Some(at) = self.ids.position(target).filter(|at| at.slot == WHOLE_SCOPE) else {
            return Ok(None);
        };
        let living = self
            .txn
            .scope(at.scope)?
            .filter(|scope| scope.incarnation == at.incarnation && scope.tombstone().is_none());
        let Some(scope) = living else { return Ok(None) };
        let (mut known, mut later) = (Vec::new(), false);
        for page in 0..scope.count.div_ceil(FAN_OUT) {
            let (_, records) = self.txn.keys_in_page(at.scope, &scope, page)?;
            for (slot, record) in (page * FAN_OUT..).zip(records) {
                let Position { scope, .. } = at;
                let incarnation = record.incarnation;
                match record.tombstone() {
                    Some(_) => {}
                    None if incarnation > line => later = true,
                    None => known.push(self.ids.id(Position { scope, slot, incarnation })),
                }
            }
        }
        Ok(later.then_some(known))
    }
}

/// Every intent must be signed by this store.
fn are_ours(intents: &[Vec<u8>], store: &[u8; 16], key: &VerifyingKey, place: &Path) -> Result<()> {
    if intents.iter().any(|signed| Intent::verified(signed, store, key).is_none()) {
        return Err(Error::ForeignIntent(place.to_owned()));
    }
    Ok(())
}

/// Every page of a copy but the root page, which a new root takes the place of.
fn pages(copy: &Collected) -> impl Iterator<Item = Result<(Address, u64, Vec<u8>)>> {
    let others = copy.addresses().filter(|at| *at != Address::ROOT);
    others.map(|at| {
        let page = copy.load(at)?.ok_or_else(|| Error::Damaged("a page of the copy".into()))?;
        Ok((at, page.0, page.1))
    })
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
fn acts(entries: &[Tombstoned]) -> Vec<Intent> {
    let same = |a: &Tombstoned, b: &Tombstoned| (a.when, a.certificate) == (b.when, b.certificate);
    let act = |group: &[Tombstoned]| Intent {
        targets: group.iter().map(|dead| dead.id).collect(),
        certificate: group[0].certificate,
        when: group[0].when,
    };
    entries.chunk_by(same).map(act).collect()
}

/// What another copy, or the remains of a main store, knows. No key is needed to read it.
fn gather(place: &Path, target: &Target, wait: Duration, progress: &Progress) -> Result<Evidence> {
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
    let (tail, collected) =
        read(place, &other.identity, progress)?.ok_or_else(|| Error::NotACopy(place.to_owned()))?;
    let intents = read_intent(place)?.into_iter().collect();
    Ok(Evidence { head: tail.head, feed: collected.feed().to_vec(), intents })
}

/// Every page that came with the copy must be the one its parent names.
fn verify_tree(db: &Db, session: &Session) -> Result<()> {
    let mut pager = Pager::new(session.head.binding());
    super::check::walk(db, &mut pager, &session.root).map(drop)
}
