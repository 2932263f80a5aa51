//! Checking a vault: whether every byte that snapshots need is there, and what is concerned where one is not.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};

use sealkeep_crypto::{hash, random};
use sealkeep_keystore::KeyId;

use super::copy::is_local;
use super::error::{Error, Result, check};
use super::head::{self, Head};
use super::listing::IndexKey;
use super::pack::{PackFault, PackId, PackInfo, PackPart, verify_pack};
use super::segment::{Locator, Segment, SegmentId, open_record};
use super::session::Vault;
use super::snapshot::{SegmentRef, SnapshotFile, SnapshotId};
use crate::envelope::Run;
use crate::keys::Unavailable;
use crate::parallel::parallel;

/// How much of the packs is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadData {
    /// Nothing: packs must be there and have the right length.
    #[default]
    None,
    /// So many of a hundred packs, chosen at random.
    Sample(u8),
    /// Every byte.
    All,
}

/// What a check found.
#[derive(Debug, Default)]
pub struct VaultCheck {
    /// Number of the newest head.
    pub head: Option<u64>,
    /// Snapshots, checkpoints among them.
    pub snapshots: u64,
    /// Segments that they have.
    pub segments: u64,
    /// Entries of these segments.
    pub entries: u64,
    /// Different objects among them.
    pub objects: u64,
    /// Objects whose keys were destroyed; nothing is wrong with that.
    pub destroyed: u64,
    /// Objects on hold.
    pub held: u64,
    /// Packs.
    pub packs: u64,
    /// Bytes of packs.
    pub bytes: u64,
    /// Bytes of packs that were read and compared.
    pub read: u64,
    /// Packs that no index names, of a backup that is running or did not come to its end; and files of others.
    pub unused: Vec<String>,
    /// What is wrong.
    pub problems: Vec<VaultProblem>,
}

/// Something wrong with a vault.
#[derive(Debug)]
#[non_exhaustive]
pub enum VaultProblem {
    /// There is no head that can be believed.
    NoHead,
    /// The head names a file that is not there.
    Missing(String),
    /// A file is not what it was when the head was written, or is not believed for another reason.
    Wrong(String, String),
    /// Part of a pack is missing or wrong.
    Pack {
        /// The pack's file.
        name: String,
        /// What is wrong, and where.
        fault: PackFault,
        /// What cannot be restored because of it.
        concerned: Concerned,
    },
    /// A segment cannot be read: what it lists cannot be restored.
    Segment {
        /// Which.
        id: SegmentId,
        /// How many entries it has.
        entries: u32,
        /// Why not.
        why: String,
        /// The snapshots that have it.
        snapshots: Vec<SnapshotId>,
    },
    /// Objects whose keys are not in the key store, and were not destroyed.
    Keys {
        /// What became of the keys.
        why: Unavailable,
        /// The keys.
        keys: Vec<KeyId>,
    },
    /// A chunk of these objects lies in no pack.
    Nowhere(Concerned),
}

/// Objects that something concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concerned {
    /// Their keys and, where they open, their paths.
    pub objects: BTreeMap<KeyId, Option<Vec<u8>>>,
    /// Segments that lie there.
    pub segments: BTreeSet<SegmentId>,
    /// The snapshots that have any of it.
    pub snapshots: BTreeSet<SnapshotId>,
}

/// Checks a vault.
///
/// # Errors
/// If the key store or the storage cannot be read at all, or the caller asked to stop. What is missing or wrong is reported.
pub fn check_vault(vault: &Vault, read: ReadData, run: &Run<'_>) -> Result<VaultCheck> {
    let mut all = VaultCheck::default();
    check_head(vault, &mut all)?;
    // Each snapshot comes after the index files that it needs: those that come while we look are not looked at.
    let snapshots = vault.snapshots()?;
    vault.forget_packs();
    let packs = vault.packs()?;
    packs.refused().iter().for_each(|(name, reason)| all.wrong(name, reason));
    let there: HashMap<String, u64> = vault.storage().list("")?.into_iter().collect();
    let mut faults = Vec::new();
    for pack in packs.packs() {
        all.packs += 1;
        all.bytes += pack.length;
        let fault = |part, length| PackFault { part, offset: 0, length };
        match there.get(&pack.id.name()) {
            None => faults.push((pack.id, fault(PackPart::Missing, pack.length))),
            Some(length) if *length != pack.length => {
                faults.push((pack.id, fault(PackPart::Length, *length)));
            }
            Some(_) => {}
        }
    }
    let unused = |name: &&String| match PackId::from_name(name) {
        Some(id) => packs.pack(id).is_none(),
        None => !head::is_named(name) && Head::number(name).is_none() && !is_local(name),
    };
    all.unused = there.keys().filter(unused).cloned().collect();
    all.unused.sort_unstable();
    let bad: BTreeSet<PackId> = faults.iter().map(|(pack, _)| *pack).collect();
    let sound = packs.packs().filter(|pack| !bad.contains(&pack.id)).copied();
    read_packs(vault, &chosen(sound.collect(), read), &mut all, &mut faults, run)?;
    let mut survey = Survey::new(vault, &faults);
    survey.look(snapshots, &mut all, run)?;
    survey.report(&mut all, faults);
    Ok(all)
}

impl VaultCheck {
    /// Notes that a file is not believed, unless it was noted before.
    fn wrong(&mut self, name: &str, why: impl ToString) {
        let noted =
            |one: &VaultProblem| matches!(one, VaultProblem::Wrong(other, _) if other == name);
        if !self.problems.iter().any(noted) {
            self.problems.push(VaultProblem::Wrong(name.to_owned(), why.to_string()));
        }
    }
}

fn check_head(vault: &Vault, all: &mut VaultCheck) -> Result<()> {
    let storage = &**vault.storage();
    loop {
        let head = head::newest(storage, vault.file())?.head;
        let problems = match &head {
            Some(head) => compare(vault, head)?,
            None => vec![VaultProblem::NoHead],
        };
        let number = head.map(|head| head.sequence);
        let now = || head::newest(storage, vault.file()).map(|now| now.head.map(|it| it.sequence));
        // What a newer head does not name is not missing: somebody has forgotten it meanwhile.
        if problems.is_empty() || now()? == number {
            (all.head, all.problems) = (number, problems);
            break;
        }
    }
    for (name, reason) in head::refused(storage, vault.file())? {
        all.wrong(&name, reason);
    }
    Ok(())
}

/// Compares all files that a head names.
fn compare(vault: &Vault, head: &Head) -> Result<Vec<VaultProblem>> {
    let mut problems = Vec::new();
    for file in &head.files {
        let mut wrong = |why: &str| {
            problems.push(VaultProblem::Wrong(file.name.clone(), why.to_owned()));
        };
        match vault.storage().read(&file.name, file.length) {
            Err(Error::Missing(name)) => problems.push(VaultProblem::Missing(name)),
            Err(Error::TooLarge(_)) => wrong("it is longer than it was"),
            Err(error) if error.is_unreadable() => wrong(&error.to_string()),
            Err(error) => return Err(error),
            Ok(bytes) if hash(vault.suite(), &[&bytes]) != file.digest => {
                wrong("it is not what it was");
            }
            Ok(_) => {}
        }
    }
    Ok(problems)
}

/// The packs to be read.
fn chosen(mut packs: Vec<PackInfo>, read: ReadData) -> Vec<PackInfo> {
    let part = match read {
        ReadData::None => return Vec::new(),
        ReadData::All => return packs,
        ReadData::Sample(part) => usize::from(part.min(100)),
    };
    let wanted = (packs.len() * part).div_ceil(100);
    for at in 0..wanted {
        let left = (packs.len() - at) as u64;
        let other = u64::from_be_bytes(random::array()) % left;
        packs.swap(at, at + usize::try_from(other).expect("less than there are"));
    }
    packs.truncate(wanted);
    packs
}

fn read_packs(
    vault: &Vault,
    packs: &[PackInfo],
    all: &mut VaultCheck,
    faults: &mut Vec<(PackId, PackFault)>,
    run: &Run<'_>,
) -> Result<()> {
    let read = AtomicU64::new(0);
    let verify = |at: usize, (): &mut ()| {
        let pack = &packs[at];
        let found = verify_pack(&**vault.storage(), vault.suite(), vault.id(), pack, run)?;
        read.fetch_add(pack.length, Ordering::Relaxed);
        Ok::<_, Error>((pack.id, found))
    };
    for (_, found) in parallel(run.workers, packs.len(), verify, Result::is_err) {
        let (pack, found) = found?;
        faults.extend(found.into_iter().map(|fault| (pack, fault)));
    }
    all.read = read.into_inner();
    Ok(())
}

/// Goes through all segments and finds out whom the faults concern.
struct Survey<'v> {
    vault: &'v Vault,
    /// The faults of each pack, by their place in the list.
    faults: HashMap<PackId, Vec<(usize, PackFault)>>,
    concerned: Vec<Concerned>,
    nowhere: Concerned,
    keys: BTreeSet<KeyId>,
    /// Asked for once, when it is needed.
    index: Option<IndexKey>,
}

impl<'v> Survey<'v> {
    fn new(vault: &'v Vault, faults: &[(PackId, PackFault)]) -> Self {
        let mut by_pack: HashMap<PackId, Vec<(usize, PackFault)>> = HashMap::new();
        for (at, (pack, fault)) in faults.iter().enumerate() {
            by_pack.entry(*pack).or_default().push((at, *fault));
        }
        Self {
            vault,
            faults: by_pack,
            concerned: vec![Concerned::default(); faults.len()],
            nowhere: Concerned::default(),
            keys: BTreeSet::new(),
            index: None,
        }
    }

    fn look(
        &mut self,
        (snapshots, bad): (Vec<SnapshotFile>, Vec<(String, Error)>),
        all: &mut VaultCheck,
        run: &Run<'_>,
    ) -> Result<()> {
        bad.iter().for_each(|(name, error)| all.wrong(name, error));
        all.snapshots = snapshots.len() as u64;
        let mut segments: BTreeMap<SegmentId, (SegmentRef, Vec<SnapshotId>)> = BTreeMap::new();
        for snapshot in &snapshots {
            match self.vault.segments(snapshot) {
                Ok(list) => {
                    for place in list {
                        let one = segments.entry(place.id).or_insert_with(|| (place, Vec::new()));
                        one.1.push(snapshot.id);
                    }
                }
                Err(error) => {
                    all.wrong(&format!("snapshots/{}", snapshot.id), error);
                }
            }
        }
        all.segments = segments.len() as u64;
        for (place, snapshots) in segments.values() {
            check(run)?;
            all.entries += u64::from(place.entries);
            if let Err(error) = self.look_at(place, snapshots) {
                let why = match error {
                    Error::Keys(_) | Error::Cancelled => return Err(error),
                    error => error.to_string(),
                };
                let (id, entries) = (place.id, place.entries);
                let snapshots = snapshots.clone();
                all.problems.push(VaultProblem::Segment { id, entries, why, snapshots });
            }
        }
        self.look_at_keys(all)
    }

    fn look_at(&mut self, place: &SegmentRef, snapshots: &[SnapshotId]) -> Result<()> {
        let faults = self.faults_at(&place.at)?.unwrap_or_default();
        for &at in &faults {
            self.concerned[at].segments.insert(place.id);
            self.concerned[at].snapshots.extend(snapshots);
        }
        let opened = self.vault.segment(place).and_then(|segment| {
            let locators = segment.locators(self.vault.keyring())?;
            Ok((segment, locators))
        });
        if !faults.is_empty() {
            self.note_broken(place, opened.as_ref().ok().map(|(segment, _)| &**segment), &faults)?;
        }
        let (segment, locators) = opened?;
        self.keys.extend(segment.keys());
        let mut touched: Vec<(usize, Option<usize>)> = Vec::new();
        for entry in 0..segment.len() {
            for chunk in locators.chunks(entry) {
                match self.faults_at(chunk)? {
                    None => touched.push((entry, None)),
                    Some(found) => touched.extend(found.into_iter().map(|at| (entry, Some(at)))),
                }
            }
        }
        // What a destroyed object needed may be gone.
        let keys: Vec<KeyId> = touched.iter().map(|(at, _)| segment.entry(*at).0).collect();
        let states = self.vault.keys().states(&keys).map_err(Error::Keys)?;
        let mut states = states.into_iter();
        touched.retain(|_| !matches!(states.next(), Some(Err(Unavailable::Destroyed(_)))));
        if touched.is_empty() {
            return Ok(());
        }
        // Of a segment that is damaged itself, there may be no listing.
        let vault = self.vault;
        let rows = vault.listing(self.index()?, place).or_else(|error| match error {
            Error::Keys(_) => Err(error),
            _ => Ok(Vec::new()),
        })?;
        for (entry, fault) in touched {
            let open = rows.get(entry).and_then(|row| row.open.as_ref());
            let path = open.map(|(description, _)| description.path.clone());
            let concerned = match fault {
                Some(at) => &mut self.concerned[at],
                None => &mut self.nowhere,
            };
            concerned.objects.insert(segment.entry(entry).0, path);
            concerned.snapshots.extend(snapshots);
        }
        Ok(())
    }

    /// Notes which objects of a damaged segment cannot be read. What they are called only a listing of before can tell.
    fn note_broken(
        &mut self,
        place: &SegmentRef,
        segment: Option<&Segment>,
        faults: &[usize],
    ) -> Result<()> {
        let vault = self.vault;
        let rows = vault.kept_listing(self.index()?, place).unwrap_or_default();
        let broken = match segment {
            Some(segment) => self.broken(segment)?,
            None => rows.iter().enumerate().map(|(at, row)| (at, row.key)).collect(),
        };
        for (at, key) in broken {
            let open = rows.get(at).and_then(|row| row.open.as_ref());
            let path = open.map(|(description, _)| description.path.clone());
            for &fault in faults {
                self.concerned[fault].objects.insert(key, path.clone());
            }
        }
        Ok(())
    }

    fn index(&mut self) -> Result<&IndexKey> {
        if self.index.is_none() {
            self.index = Some(self.vault.index_key()?);
        }
        Ok(self.index.as_ref().expect("was just asked for"))
    }

    /// The entries whose records do not open, though nobody has destroyed or held their keys.
    fn broken(&self, segment: &Segment) -> Result<Vec<(usize, KeyId)>> {
        let keys = self.vault.keys().open_many(&segment.keys()).map_err(Error::Keys)?;
        let is_broken = |(at, key): &(usize, std::result::Result<_, Unavailable>)| match key {
            Ok((suite, secret)) => {
                open_record(*suite, &self.vault.id(), secret, segment.entry(*at).1).is_err()
            }
            Err(why) => matches!(why, Unavailable::Foreign | Unavailable::Lost),
        };
        let broken = keys.into_iter().enumerate().filter(is_broken);
        Ok(broken.map(|(at, _)| (at, segment.entry(at).0)).collect())
    }

    /// The faults that a range touches; none if no pack has it.
    fn faults_at(&self, at: &Locator) -> Result<Option<Vec<usize>>> {
        let packs = self.vault.packs()?;
        let (pack, offset) = packs.locate(at.pack, at.offset, at.length);
        let (start, end) = (u64::from(offset), u64::from(offset) + u64::from(at.length));
        let Some(info) = packs.pack(pack).filter(|info| end <= info.length) else {
            return Ok(None);
        };
        debug_assert!(info.length > 0);
        let touches = |fault: &PackFault| match fault.part {
            PackPart::Missing | PackPart::Length => true,
            _ => fault.offset < end && start < fault.offset + fault.length,
        };
        let found = self.faults.get(&pack).map_or(&[][..], Vec::as_slice);
        Ok(Some(found.iter().filter(|(_, fault)| touches(fault)).map(|(at, _)| *at).collect()))
    }

    fn look_at_keys(&self, all: &mut VaultCheck) -> Result<()> {
        let keys: Vec<KeyId> = self.keys.iter().copied().collect();
        all.objects = keys.len() as u64;
        let (mut lost, mut foreign) = (Vec::new(), Vec::new());
        for part in keys.chunks(KEYS_AT_ONCE) {
            let states = self.vault.keys().states(part).map_err(Error::Keys)?;
            for (key, state) in part.iter().zip(states) {
                match state {
                    Ok(_) | Err(Unavailable::NotUsable(_) | Unavailable::Restricted) => {}
                    Err(Unavailable::Destroyed(_)) => all.destroyed += 1,
                    Err(Unavailable::Held) => all.held += 1,
                    Err(Unavailable::Lost) => lost.push(*key),
                    Err(Unavailable::Foreign) => foreign.push(*key),
                }
            }
        }
        for (why, keys) in [(Unavailable::Lost, lost), (Unavailable::Foreign, foreign)] {
            if !keys.is_empty() {
                all.problems.push(VaultProblem::Keys { why, keys });
            }
        }
        Ok(())
    }

    fn report(self, all: &mut VaultCheck, faults: Vec<(PackId, PackFault)>) {
        for ((pack, fault), concerned) in faults.into_iter().zip(self.concerned) {
            all.problems.push(VaultProblem::Pack { name: pack.name(), fault, concerned });
        }
        if !self.nowhere.objects.is_empty() {
            all.problems.push(VaultProblem::Nowhere(self.nowhere));
        }
    }
}

const KEYS_AT_ONCE: usize = 4_096;
