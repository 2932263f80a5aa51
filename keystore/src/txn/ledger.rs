//! The ledger as one transaction sees it: entries are collected, and appended when the transaction is sealed.

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};

use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use sealkeep_crypto::{SecretVec, Suite, hash_many, random};
use serde_json::Map;

use super::{Txn, leaf};
use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::ledger::{
    Alarm, AlarmKind, Body, Entry, Event, Hash, MAX_BODY, Nodes, StoreEvent, commitment, leaf_hash,
    leaf_hashes, nodes_above,
};
use crate::page::{Address, BODIES, ChildRef, ENTRIES, FAN_OUT, HASHES, REGISTERED, Tree, low};
use crate::pager::PageSource;
use crate::records::{RecordWriter, list};
use crate::root::{LedgerHead, Top};

/// Entries that wait for the transaction to be sealed.
#[derive(Default)]
pub(crate) struct Log {
    drafts: Vec<Event>,
    /// Keys handed out.
    opened: u64,
    /// Whether the time of the ledger was brought to now, and whether the clock had jumped.
    advanced: Option<bool>,
    /// Alarms among the entries, once they are sealed.
    pub(crate) alarms: Vec<Alarm>,
}

/// Number and times of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) index: u64,
    /// Unix seconds.
    pub(crate) time: u64,
    /// Seconds that passed beyond doubt.
    pub(crate) counted: u64,
}

/// An entry's record in tree 3.
struct Record {
    salt: [u8; 16],
    place: BodyPlace,
}

enum BodyPlace {
    /// In the record.
    Here(Vec<u8>),
    /// In a page of its own, with the commitment beside it so that proofs need not read it.
    Apart(Hash, ChildRef),
}

impl<S: PageSource> Txn<'_, S> {
    /// Adds an entry and returns its number. It is there when the transaction is.
    pub(crate) fn log(&mut self, event: Event) -> u64 {
        self.begin_log();
        self.log.drafts.push(event);
        self.ledger_size() + self.log.drafts.len() as u64 - 1
    }

    /// Counts keys that are handed out when the transaction is committed.
    pub(crate) fn count_opened(&mut self, keys: u64) {
        self.log.opened += keys;
    }

    /// Sets how many keys handed out within an hour are an alarm; 0: none.
    pub(crate) fn set_alarm_limit(&mut self, limit: u64) {
        self.ledger_head().volume.limit = limit;
    }

    /// Sets what the policy says of opening.
    pub(crate) fn set_access_rules(&mut self, purpose: bool, restricted_from: u8) {
        let rules = &mut self.ledger_head().rules;
        (rules.purpose, rules.restricted_from) = (purpose, restricted_from);
    }

    /// Notes until when the glass is broken.
    pub(crate) fn break_glass(&mut self, until: u64) {
        let rules = &mut self.ledger_head().rules;
        rules.glass_until = rules.glass_until.max(until);
    }

    /// What the next entry will be.
    pub(crate) fn stamp(&mut self) -> Stamp {
        self.advance();
        let index = self.ledger_size() + self.log.drafts.len() as u64;
        let time = &self.ledger_head().time;
        Stamp { index, time: time.time, counted: time.counted }
    }

    /// Whether the clock strayed before this transaction: then the entry that says so is the last one before the first stamp.
    pub(crate) fn clock_jumped(&self) -> bool {
        self.log.advanced == Some(true)
    }

    /// Brings the time of the ledger to now, once. If the clock jumped, that is entered before what follows.
    fn advance(&mut self) {
        if self.log.advanced.is_some() {
            return;
        }
        self.begin_log();
        let moment = self.moment();
        let jump = self.ledger_head().time.advance(moment);
        self.log.advanced = Some(jump.is_some());
        if let Some(jump) = jump {
            self.log.drafts.push(alarm(AlarmKind::Clock, [("seconds", jump.into())]));
        }
    }

    /// Entries that the ledger has without this transaction.
    pub(crate) fn ledger_size(&self) -> u64 {
        self.root.ledger.as_ref().map_or(0, LedgerHead::size)
    }

    /// Appends the collected entries to the trees. Called once, after all changes.
    pub(crate) fn seal_log(&mut self) -> Result<()> {
        self.advance();
        let (opened, mut events) = (self.log.opened, std::mem::take(&mut self.log.drafts));
        let head = self.ledger_head();
        let (time, counted) = (head.time.time, head.time.counted);
        if let Some(count) = head.volume.count(time, opened) {
            let limit = head.volume.limit;
            events.push(alarm(
                AlarmKind::Volume,
                [("opened", count.into()), ("limit", limit.into())],
            ));
        }
        if head.size() + events.len() as u64 > MOST_ENTRIES {
            return Err(Error::Unrecorded("the ledger is full".into()));
        }
        for some in events.chunks(FAN_OUT as usize) {
            let bodies: Vec<Vec<u8>> = some
                .iter()
                .map(|event| Body { time, counted, event: event.clone() }.to_bytes())
                .collect();
            if bodies.iter().any(|body| body.len() > MAX_BODY) {
                return Err(Error::Unrecorded("an entry is too long".into()));
            }
            self.append_entries(bodies, some)?;
        }
        self.log.alarms.extend(events.into_iter().filter_map(|event| match event {
            Event::Alarm(alarm) => Some(alarm),
            _ => None,
        }));
        Ok(())
    }

    /// The entries of one leaf page of tree 3.
    pub(crate) fn entries_in_page(&mut self, page: u32) -> Result<Vec<Entry>> {
        let first = u64::from(page) * u64::from(FAN_OUT);
        let mut entries = Vec::new();
        for (index, record) in (first..).zip(self.entry_records(page)?) {
            entries.push(self.entry_of(index, record)?);
        }
        Ok(entries)
    }

    /// One entry, if there is one with this number.
    pub(crate) fn entry(&mut self, index: u64) -> Result<Option<Entry>> {
        if index >= self.ledger_size() {
            return Ok(None);
        }
        Ok(self.entries_at(&[index])?.pop())
    }

    /// The entries of these numbers, which rise. Each leaf page is opened once.
    pub(crate) fn entries_at(&mut self, numbers: &[u64]) -> Result<Vec<Entry>> {
        let mut entries = Vec::with_capacity(numbers.len());
        let fan_out = u64::from(FAN_OUT);
        for some in numbers.chunk_by(|a, b| a / fan_out == b / fan_out) {
            let page = u32::try_from(some[0] / fan_out).map_err(|_| super::missing("entry"))?;
            let records: Vec<Record> = self.skim(Address::new(ENTRIES, 0, page), |page| {
                let all = list::all(page)?;
                let one = |number: &u64| {
                    let at = usize::try_from(number % fan_out).expect("below 256");
                    let record = all.get(at).ok_or_else(|| super::missing("entry"))?;
                    Ok(Record::decode(record)?)
                };
                some.iter().map(one).collect()
            })?;
            for (number, record) in some.iter().zip(records) {
                entries.push(self.entry_of(*number, record)?);
            }
        }
        Ok(entries)
    }

    /// The pages of long bodies, each read once.
    pub(crate) fn body_pages(&mut self) -> Result<Vec<Address>> {
        let count = self.root.ledger.as_ref().map_or(0, |head| head.tree(ENTRIES).count);
        let mut pages = Vec::new();
        for page in 0..count.div_ceil(FAN_OUT) {
            for (index, record) in (page * FAN_OUT..).zip(self.entry_records(page)?) {
                if matches!(record.place, BodyPlace::Apart(..)) {
                    self.entry_of(index.into(), record)?;
                    pages.push(Address::new(BODIES, 0, index));
                }
            }
        }
        Ok(pages)
    }

    /// How many entries the register of officers and requests is made from.
    pub(crate) fn registered_count(&self) -> u32 {
        self.root.ledger.as_ref().map_or(0, |head| head.tree(REGISTERED).count)
    }

    /// Their numbers, without the first `known` ones.
    pub(crate) fn registered_after(&mut self, known: u32) -> Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for page in known / FAN_OUT..self.registered_count().div_ceil(FAN_OUT) {
            let skip = known.saturating_sub(page * FAN_OUT) as usize;
            self.skim(Address::new(REGISTERED, 0, page), |page| {
                for record in list::all(page)?.into_iter().skip(skip) {
                    numbers.push(number(record)?);
                }
                Ok(())
            })?;
        }
        Ok(numbers)
    }

    /// Hashes of complete subtrees from the pages, for roots and proofs.
    pub(crate) fn stored_nodes(&mut self, suite: Suite) -> StoredNodes<'_, Self> {
        StoredNodes { source: self, suite, known: HashMap::new() }
    }

    /// The records of one leaf page of tree 4, 5 or 6.
    pub(crate) fn hashes_in_page(&mut self, tree: Tree, page: u32) -> Result<Vec<Hash>> {
        self.skim(Address::new(tree, 0, page), |page| {
            let hash = |record: &[u8]| Ok(record.try_into().map_err(|_| Malformed("hash"))?);
            list::all(page)?.into_iter().map(hash).collect()
        })
    }

    /// How tree 3 names the page that holds a long body.
    pub(super) fn body_reference(&mut self, index: u32) -> Result<ChildRef> {
        let record = self.read(leaf(ENTRIES, index), |page| {
            let record = list::get(page, low(index))?.ok_or_else(|| super::missing("entry"))?;
            Ok(Record::decode(record)?)
        })?;
        match record.place {
            BodyPlace::Apart(_, child) => Ok(child),
            BodyPlace::Here(_) => Err(super::missing("body in a page of its own")),
        }
    }

    /// Enters the sealed page of a long body into its record.
    pub(super) fn set_body_reference(&mut self, index: u32, child: &ChildRef) -> Result<()> {
        let at = leaf(ENTRIES, index);
        let mut record = self.read(at, |page| {
            let record = list::get(page, low(index))?.ok_or_else(|| super::missing("entry"))?;
            Ok(Record::decode(record)?)
        })?;
        match &mut record.place {
            BodyPlace::Apart(_, old) => *old = child.duplicate(),
            BodyPlace::Here(_) => return Err(super::missing("body in a page of its own")),
        }
        self.replace(at, &[(low(index), record.encode())])
    }

    /// The first entry of a ledger says so.
    fn begin_log(&mut self) {
        if self.ledger_size() == 0 && self.log.drafts.is_empty() {
            let root = &self.root;
            let detail = Map::from_iter([
                ("suite".to_owned(), root.suite.to_string().into()),
                ("incarnation".to_owned(), root.incarnation.into()),
            ]);
            let operation = "begin".to_owned();
            self.log.drafts.push(Event::Store(StoreEvent { operation, detail, request: None }));
        }
    }

    fn moment(&self) -> Moment {
        self.moment.expect("what changes anything knows when it began")
    }

    fn ledger_head(&mut self) -> &mut LedgerHead {
        let (suite, moment) = (self.root.suite, self.moment());
        self.root.ledger.get_or_insert_with(|| LedgerHead::new(suite, moment))
    }

    fn append_entries(&mut self, bodies: Vec<Vec<u8>>, events: &[Event]) -> Result<()> {
        let suite = self.root.suite;
        let salts = salts(bodies.len());
        let commitments = commitments(suite, &salts, &bodies);
        let Some(head) = self.root.ledger.as_mut() else { return Err(super::missing("ledger")) };
        let first = head.size();
        let mut complete: [Vec<SecretVec>; 3] = Default::default();
        for leaf in leaf_hashes(suite, &commitments) {
            head.frontier.push_and_tell(leaf, |level, hash| {
                if let Some(records) =
                    HASH_LEVELS.iter().position(|of| *of == level).map(|at| &mut complete[at])
                {
                    records.push(SecretVec::from_vec(hash.to_vec()));
                }
            });
        }
        let mut records = Vec::with_capacity(bodies.len());
        let mut registered = Vec::new();
        for (at, body) in bodies.into_iter().enumerate() {
            let index = first + at as u64;
            if events[at].is_registered() {
                registered.push(SecretVec::from_vec(index.to_be_bytes().to_vec()));
            }
            let place = if body.len() <= LONGEST_IN_RECORD {
                BodyPlace::Here(body)
            } else {
                let slot = u32::try_from(index).expect("bounded by the caller");
                self.insert(Address::new(BODIES, 0, slot), SecretVec::from_vec(body));
                BodyPlace::Apart(commitments[at], ChildRef::placeholder())
            };
            records.push(Record { salt: salts[at], place }.encode());
        }
        self.append_records(ENTRIES, &records)?;
        for (tree, records) in HASHES.into_iter().zip(complete) {
            self.append_records(tree, &records)?;
        }
        self.append_records(REGISTERED, &registered)
    }

    fn append_records(&mut self, tree: Tree, records: &[SecretVec]) -> Result<()> {
        let Some(head) = self.root.ledger.as_mut() else { return Err(super::missing("ledger")) };
        if records.is_empty() {
            return Ok(());
        }
        let count = head.tree(tree).count;
        let own = &mut head.tree_mut(tree).top;
        let mut top = Top { height: own.height, page: own.page.take() };
        let appended = self.append(tree, count, &mut top, records);
        let Some(head) = self.root.ledger.as_mut() else { return Err(super::missing("ledger")) };
        let own = head.tree_mut(tree);
        own.top = top;
        own.count += u32::try_from(records.len()).expect("at most 256");
        appended
    }

    fn entry_records(&mut self, page: u32) -> Result<Vec<Record>> {
        self.skim(Address::new(ENTRIES, 0, page), |page| {
            let records = list::all(page)?.into_iter().map(Record::decode);
            Ok(records.collect::<std::result::Result<_, _>>()?)
        })
    }

    fn entry_of(&mut self, index: u64, record: Record) -> Result<Entry> {
        let salt = record.salt;
        let body = match record.place {
            BodyPlace::Here(body) => body,
            BodyPlace::Apart(commitment_there, child) => {
                let slot = u32::try_from(index).map_err(|_| super::missing("entry"))?;
                let at = Address::new(BODIES, 0, slot);
                let body = match self.changes.get(at) {
                    Some(dirty) => dirty.page.expose().to_vec(),
                    None => self.pager.peruse(self.source, at, &child, |page| Ok(page.to_vec()))?,
                };
                if commitment(self.root.suite, &salt, &body) != commitment_there {
                    return Err(Error::Damaged(format!(
                        "entry {index} is not what was committed to"
                    )));
                }
                body
            }
        };
        Ok(Entry { index, salt, body })
    }

    /// Hashes of the leaves in one page of tree 3; long bodies are not read.
    fn leaf_hashes_in_page(&mut self, page: u32) -> Result<Vec<Hash>> {
        let suite = self.root.suite;
        let commitment = |record: Record| match record.place {
            BodyPlace::Here(body) => commitment(suite, &record.salt, &body),
            BodyPlace::Apart(commitment, _) => commitment,
        };
        let records = self.entry_records(page)?;
        Ok(records.into_iter().map(|record| leaf_hash(suite, &commitment(record))).collect())
    }

    /// Reads a page of the ledger in passing.
    fn skim<R>(&mut self, at: Address, read: impl FnOnce(&[u8]) -> Result<R>) -> Result<R> {
        if let Some(dirty) = self.changes.get(at) {
            return read(dirty.page.expose());
        }
        let child = self.reference(at)?;
        self.pager.peruse(self.source, at, &child, read)
    }
}

/// Hashes of complete subtrees, out of the pages: of 256 at a time, and computed between.
pub(crate) struct StoredNodes<'t, T> {
    source: &'t mut T,
    suite: Suite,
    /// Hashes of pages that were read, by tree and page.
    known: HashMap<(Tree, u32), Vec<Hash>>,
}

impl<S: PageSource> Nodes for StoredNodes<'_, Txn<'_, S>> {
    type Error = Error;

    fn node(&mut self, level: u32, index: u64) -> Result<Hash> {
        let (tier, above) = ((level / LEVELS) as usize, level % LEVELS);
        let tree = [ENTRIES, HASHES[0], HASHES[1], HASHES[2]][tier];
        let first = index << above;
        let page = u32::try_from(first / u64::from(FAN_OUT)).map_err(|_| super::missing("page"))?;
        let start = usize::try_from(first % u64::from(FAN_OUT)).expect("below 256");
        let hashes = self.page(tree, page)?;
        let mut hashes =
            hashes.get(start..start + (1 << above)).ok_or_else(|| super::missing("hash"))?.to_vec();
        while hashes.len() > 1 {
            hashes = nodes_above(self.suite, &hashes);
        }
        Ok(hashes[0])
    }
}

impl<S: PageSource> StoredNodes<'_, Txn<'_, S>> {
    fn page(&mut self, tree: Tree, page: u32) -> Result<&[Hash]> {
        Ok(match self.known.entry((tree, page)) {
            Occupied(known) => known.into_mut(),
            Vacant(vacant) => vacant.insert(match tree {
                ENTRIES => self.source.leaf_hashes_in_page(page)?,
                _ => self.source.hashes_in_page(tree, page)?,
            }),
        })
    }
}

impl Record {
    fn encode(&self) -> SecretVec {
        let body = match &self.place {
            BodyPlace::Here(body) => body.len(),
            BodyPlace::Apart(..) => 32 + ChildRef::LEN,
        };
        let mut out = RecordWriter::new(1 + 16 + body);
        out.put_u8(matches!(self.place, BodyPlace::Apart(..)).into());
        out.put(&self.salt);
        match &self.place {
            BodyPlace::Here(body) => out.put(body),
            BodyPlace::Apart(commitment, child) => {
                out.put(commitment);
                child.encode(&mut out);
            }
        }
        out.finish()
    }

    fn decode(record: &[u8]) -> std::result::Result<Self, Malformed> {
        let mut reader = Reader::new(record, "ledger record");
        let (apart, salt) = (reader.u8()?, reader.array()?);
        let place = match apart {
            0 => BodyPlace::Here(reader.rest().to_vec()),
            1 => BodyPlace::Apart(reader.array()?, ChildRef::decode(&mut reader)?),
            _ => return Err(reader.malformed()),
        };
        reader.end()?;
        Ok(Self { salt, place })
    }
}

/// The pages that a record of tree 3 names; for whoever follows all of them.
#[cfg(test)]
pub(crate) fn child_of_record(record: &[u8]) -> Option<ChildRef> {
    match Record::decode(record).expect("a record").place {
        BodyPlace::Here(_) => None,
        BodyPlace::Apart(_, child) => Some(child),
    }
}

/// Reads a record of tree 3, which is written back as it was.
#[cfg(feature = "fuzzing")]
pub(crate) fn read_record(bytes: &[u8]) {
    if let Ok(record) = Record::decode(bytes) {
        assert_eq!(record.encode().expose(), bytes, "the ledger record has a second form");
    }
}

fn number(record: &[u8]) -> std::result::Result<u64, Malformed> {
    Ok(u64::from_be_bytes(record.try_into().map_err(|_| Malformed("entry number"))?))
}

fn alarm<const N: usize>(kind: AlarmKind, detail: [(&str, serde_json::Value); N]) -> Event {
    let detail = detail.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Event::Alarm(Alarm { alarm: kind, detail })
}

fn salts(count: usize) -> Vec<[u8; 16]> {
    let mut bytes = vec![0; 16 * count];
    random::fill(&mut bytes);
    bytes.chunks_exact(16).map(|salt| salt.try_into().expect("16 bytes")).collect()
}

fn commitments(suite: Suite, salts: &[[u8; 16]], bodies: &[Vec<u8>]) -> Vec<Hash> {
    let label = crate::ledger::COMMITMENT_LABEL;
    let messages: Vec<Vec<u8>> =
        salts.iter().zip(bodies).map(|(salt, body)| [label, salt, body].concat()).collect();
    hash_many(suite, &messages.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Bodies up to this many bytes stand in the entry's record; with longer ones, every entry that is appended would
/// have a large page sealed anew.
const LONGEST_IN_RECORD: usize = 400;
/// The page of a long body has the entry's number for an index, which has 28 bits.
const MOST_ENTRIES: u64 = 1 << 28;
/// Levels of the Merkle tree between one tree of hashes and the next: 2⁸ are 256.
const LEVELS: u32 = 8;
/// The levels of which trees 4, 5 and 6 hold the hashes.
const HASH_LEVELS: [u32; 3] = [LEVELS, 2 * LEVELS, 3 * LEVELS];
