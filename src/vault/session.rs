//! An open vault: its files, its keys, and what is read from both.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sealkeep_crypto::{Suite, VerifyingKey, random};
use sealkeep_keystore::{KeyId, dsse};
use serde_json::json;

use super::description::VaultFile;
use super::error::{Error, Refused, Result};
use super::head;
use super::index::{IndexFile, PackIndex};
use super::keyring::Keyring;
use super::listing::{Catalogue, IndexKey, Row, Taggers};
use super::pack::{PackId, PackInfo, PackKind, PackWriter, read_blob};
use super::segment::{self, Entry, Locator, Segment, SegmentId, open_record};
use super::signed::SignedFile;
use super::snapshot::{self, About, SegmentRef, SnapshotFile, SnapshotId};
use super::storage::{Lock, Storage, VaultLock};
use crate::keys::{Unavailable, VaultKeys};

/// Where data keys come from, shared by everything that works on a vault.
pub type SharedKeys = Arc<dyn VaultKeys + Send>;

/// A vault that is open. As long as it lives, nobody removes files that it may need; or, opened exclusively, nobody else works
/// on it.
pub struct Vault {
    storage: Arc<dyn Storage>,
    keys: SharedKeys,
    file: VaultFile,
    keyring: Keyring,
    catalogue: Catalogue,
    packs: Mutex<Option<Arc<PackIndex>>>,
    /// Whether nobody else works on it.
    alone: bool,
    _lock: VaultLock,
}

/// The name of a file that is not believed, and why.
pub type BadFile = (String, Error);

/// How a vault is opened.
#[derive(Clone, Debug)]
pub struct Access {
    /// Alone, or together with others.
    pub lock: Lock,
    /// How long to wait for it.
    pub wait: Duration,
    /// The folder of listings; none to make them anew each time.
    pub catalogue: Option<PathBuf>,
}

impl Vault {
    /// Makes a vault in storage that holds none, with its own keys in the key store, and opens it.
    ///
    /// # Errors
    /// `Exists`, `Keys`, `Io`.
    pub fn init(
        storage: Arc<dyn Storage>,
        keys: SharedKeys,
        suite: Suite,
        pack_size: u32,
        access: Access,
    ) -> Result<Self> {
        let lock = storage.lock(Lock::Exclusive, access.wait)?;
        if storage.list("")?.iter().any(|(name, _)| name != "lock") {
            return Err(Error::NotEmpty(storage.describe()));
        }
        let vault = random::array();
        let scope = own_scope(&vault);
        let wanted: [(&str, &[u8]); 2] = [(&scope, b"maintenance"), (&scope, b"signing")];
        let made = keys.create_in(suite, &wanted).map_err(Error::Keys)?;
        let [(maintenance_id, maintenance), (signing_id, signing)] =
            <[_; 2]>::try_from(made).expect("as many as were asked for");
        let keyring = Keyring::new(suite, vault, maintenance, &signing);
        let file = VaultFile {
            vault,
            created: now(),
            pack_size,
            maintenance: maintenance_id,
            signing: signing_id,
            public: keyring.public(),
        };
        file.write(&*storage, keyring.signer())?;
        head::write_next(&*storage, &file, &keyring, now(), &[])?;
        keys.settle().map_err(Error::Keys)?;
        let catalogue = Catalogue::new(access.catalogue, vault);
        let packs = Mutex::new(None);
        Ok(Self { storage, keys, file, keyring, catalogue, packs, alone: true, _lock: lock })
    }

    /// Opens a vault, or a copy of one.
    ///
    /// # Errors
    /// `NotAVault`, `Busy`, `Keys` if the vault's own keys do not open, `Refused`, `Io`.
    pub fn open(storage: Arc<dyn Storage>, keys: SharedKeys, access: Access) -> Result<Self> {
        let file = VaultFile::read(&*storage)?;
        let lock = storage.lock(access.lock, access.wait)?;
        let opened = keys.open_many(&[file.maintenance, file.signing]).map_err(Error::Keys)?;
        let mut own = opened.into_iter().map(|key| key.map_err(Error::OwnKey));
        let mut next = || own.next().expect("as many as were asked for");
        let ((_, maintenance), (_, signing)) = (next()?, next()?);
        let keyring = Keyring::new(file.suite(), file.vault, maintenance, &signing);
        if keyring.public() != file.public {
            return Err(Error::refused("vault")(Refused::Unauthentic));
        }
        let catalogue = Catalogue::new(access.catalogue, file.vault);
        let (packs, alone) = (Mutex::new(None), access.lock == Lock::Exclusive);
        Ok(Self { storage, keys, file, keyring, catalogue, packs, alone, _lock: lock })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.file.vault
    }

    /// Its suite.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.file.suite()
    }

    /// What it is.
    #[must_use]
    pub fn file(&self) -> &VaultFile {
        &self.file
    }

    /// Its files.
    #[must_use]
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// Where its data keys come from.
    #[must_use]
    pub fn keys(&self) -> &SharedKeys {
        &self.keys
    }

    /// Its own keys.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The index key of now.
    pub(crate) fn index_key(&self) -> Result<IndexKey> {
        let key = self.keys.index(self.suite()).map_err(Error::Keys)?;
        Ok(IndexKey::new(self.suite(), key))
    }

    /// The packs that there are, as the index files say that can be read.
    ///
    /// # Errors
    /// `Io`.
    pub fn packs(&self) -> Result<Arc<PackIndex>> {
        let mut packs = self.packs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(packs) = &*packs {
            return Ok(Arc::clone(packs));
        }
        let loaded = Arc::new(PackIndex::load_readable(&*self.storage, &self.keyring)?);
        Ok(Arc::clone(packs.insert(loaded)))
    }

    /// Packs that the index names and that are not there, or not as long as they were.
    ///
    /// # Errors
    /// `Refused`, `Io`.
    pub(crate) fn lost_packs(&self) -> Result<HashSet<PackId>> {
        let there: HashMap<String, u64> = self.storage.list("packs/")?.into_iter().collect();
        let packs = self.packs()?;
        let lost = packs.packs().filter(|pack| there.get(&pack.id.name()) != Some(&pack.length));
        Ok(lost.map(|pack| pack.id).collect())
    }

    /// All snapshots, oldest first, and the names of files that are none.
    ///
    /// # Errors
    /// `Io`.
    pub fn snapshots(&self) -> Result<(Vec<SnapshotFile>, Vec<BadFile>)> {
        let (mut snapshots, mut bad) = (Vec::new(), Vec::new());
        for (name, _) in self.storage.list("snapshots/")? {
            if !head::is_named(&name) {
                continue;
            }
            match self.read_snapshot(&name) {
                Ok(snapshot) => snapshots.push(snapshot),
                // Forgotten meanwhile.
                Err(Error::Missing(_)) => {}
                Err(error) => bad.push((name, error)),
            }
        }
        snapshots.sort_by_key(|snapshot| (snapshot.time, snapshot.id));
        Ok((snapshots, bad))
    }

    fn read_snapshot(&self, name: &str) -> Result<SnapshotFile> {
        let bytes = self.storage.read(name, MOST_SNAPSHOT)?;
        let read = decode_snapshot(&bytes, self.id(), &self.file.public);
        read.ok()
            .filter(|read| name == snapshot_name(read.id))
            .ok_or_else(|| Error::refused(name)(Refused::Unauthentic))
    }

    /// Which segments a snapshot has, in walk order.
    ///
    /// # Errors
    /// `Refused`.
    pub fn segments(&self, snapshot: &SnapshotFile) -> Result<Vec<SegmentRef>> {
        snapshot.segments(&self.keyring)
    }

    /// What people need to know of these snapshots, in their order; why not, where a key does not open.
    ///
    /// # Errors
    /// `Keys`, `Refused`.
    pub fn about(
        &self,
        snapshots: &[SnapshotFile],
    ) -> Result<Vec<std::result::Result<About, Unavailable>>> {
        let ids: Vec<KeyId> = snapshots.iter().map(|snapshot| snapshot.key).collect();
        let keys = self.keys.open_many(&ids).map_err(Error::Keys)?;
        let told = snapshots.iter().zip(keys).map(|(snapshot, key)| match key {
            Ok((suite, key)) => snapshot.about(suite, &self.id(), &key).map(Ok),
            Err(why) => Ok(Err(why)),
        });
        told.collect()
    }

    /// Bytes that a locator names, from wherever they lie now.
    ///
    /// # Errors
    /// `Missing`, `TooShort`, `Io`.
    pub(crate) fn read_at(&self, at: &Locator, out: &mut [u8]) -> Result<()> {
        let (pack, offset) = self.packs()?.locate(at.pack, at.offset, at.length);
        read_blob(&*self.storage, pack, offset, out)
    }

    /// A segment.
    ///
    /// # Errors
    /// `Missing`, `TooShort`, `Refused`, `Io`.
    pub(crate) fn segment(&self, place: &SegmentRef) -> Result<Arc<Segment>> {
        let mut bytes = vec![0; place.at.length as usize];
        self.read_at(&place.at, &mut bytes)?;
        let name = || format!("{} at {}", place.at.pack.name(), place.at.offset);
        let segment = Segment::parse(bytes).map_err(|error| Error::refused(name())(error))?;
        if segment.id != place.id || segment.len() != place.entries as usize {
            return Err(Error::refused(name())(Refused::Malformed));
        }
        Ok(Arc::new(segment))
    }

    /// What the entries of a segment are, from the catalogue, or else from the records, of which the catalogue then learns.
    ///
    /// # Errors
    /// As [`Vault::segment`]; `Keys`.
    pub(crate) fn listing(&self, index: &IndexKey, place: &SegmentRef) -> Result<Vec<Row>> {
        if let Some(rows) = self.catalogue.load(index, place.id, place.entries as usize) {
            return Ok(rows);
        }
        let segment = self.segment(place)?;
        let keys = self.keys.open_many(&segment.keys()).map_err(Error::Keys)?;
        let (mut rows, mut taggers) = (Vec::with_capacity(segment.len()), Taggers::default());
        for (at, key) in keys.into_iter().enumerate() {
            let (id, sealed) = segment.entry(at);
            rows.push(match key {
                Err(_) => Row::closed(id),
                Ok((suite, key)) => {
                    let record = open_record(suite, &self.id(), &key, sealed)
                        .map_err(Error::refused(format!("record of {id}")))?;
                    let tagger = taggers.get(index, &record.description.class.scope);
                    Row::of(id, &record, tagger)
                }
            });
        }
        self.catalogue.keep(index, place.id, &rows);
        Ok(rows)
    }

    /// What the catalogue has of a segment, if it has anything.
    pub(crate) fn kept_listing(&self, index: &IndexKey, place: &SegmentRef) -> Option<Vec<Row>> {
        self.catalogue.load(index, place.id, place.entries as usize)
    }

    /// Keeps the listing of a segment that was just written.
    pub(crate) fn keep_listing(&self, index: &IndexKey, segment: SegmentId, rows: &[Row]) {
        self.catalogue.keep(index, segment, rows);
    }

    /// Removes listings of segments that no snapshot has any more.
    pub(crate) fn clean_catalogue(&self, keep: impl Fn(SegmentId) -> bool) {
        self.catalogue.retain(keep);
    }

    /// The bytes of a new segment.
    pub(crate) fn seal_segment(&self, entries: &[Entry]) -> (SegmentId, Vec<u8>) {
        let id = SegmentId::random();
        (id, segment::encode(&self.keyring, id, entries))
    }

    /// A pack to write to.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn new_pack(&self, kind: PackKind) -> Result<PackWriter> {
        PackWriter::create(&*self.storage, self.suite(), kind, self.id())
    }

    /// Whether a pack that was begun is to take so many bytes more.
    pub(crate) fn fits(&self, pack: &PackWriter, room: usize) -> bool {
        pack.len() + room as u64 <= u64::from(self.file.pack_size)
    }

    /// The bytes of a new snapshot, with a key of its own.
    ///
    /// # Errors
    /// `Keys`.
    pub(crate) fn seal_snapshot(
        &self,
        segments: &[SegmentRef],
        about: &About,
        complete: bool,
    ) -> Result<(SnapshotId, Vec<u8>)> {
        let scope = own_scope(&self.id());
        let made = self.keys.create_in(self.suite(), &[(&scope, b"snapshot")]);
        let (key_id, key) = made.map_err(Error::Keys)?.pop().expect("one for one");
        let id = SnapshotId::random();
        let sealed =
            SnapshotFile::seal(&self.keyring, id, (key_id, &key), complete, segments, about);
        let signer = self.keyring.signer();
        Ok((id, SignedFile::seal(snapshot::MAGIC, self.id(), &sealed.encode(), signer)))
    }

    /// Has the index read anew when it is needed next.
    pub(crate) fn forget_packs(&self) {
        *self.packs.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Makes packs that were written part of the vault, and a snapshot of them: index file, snapshot, head, in this order.
    ///
    /// # Errors
    /// `Io`. Packs that did not become part of it are removed.
    pub(crate) fn publish(
        &self,
        packs: &[PackInfo],
        snapshot: SnapshotId,
        bytes: &[u8],
    ) -> Result<()> {
        let index = IndexFile::new(Vec::new(), packs.to_vec(), Vec::new());
        let placed = self.place(&index, &snapshot_name(snapshot), bytes);
        if placed.is_err() {
            self.remove_unnamed(&index.id.name(), packs);
        }
        placed?;
        head::write_next(&*self.storage, &self.file, &self.keyring, now(), &[])?;
        Ok(())
    }

    /// Both files are written before the first gets its name: where there is no room for the second, there is neither.
    fn place(&self, index: &IndexFile, snapshot: &str, bytes: &[u8]) -> Result<()> {
        let name = index.id.name();
        let mut first = self.storage.put(&name)?;
        first.write_all(&index.encode(&self.keyring)).map_err(Error::io("write", &name))?;
        let mut second = self.storage.put(snapshot)?;
        second.write_all(bytes).map_err(Error::io("write", snapshot))?;
        first.finish()?;
        self.forget_packs();
        second.finish().map(drop)
    }

    /// Removes new packs, unless the index file that names them is there.
    pub(crate) fn remove_unnamed(&self, index: &str, packs: &[PackInfo]) {
        if matches!(self.storage.length(index), Err(Error::Missing(_))) {
            self.remove_packs(packs);
        }
    }

    /// Removes packs that nobody names. Prune finds one that cannot be removed now.
    pub(crate) fn remove_packs(&self, packs: &[PackInfo]) {
        for pack in packs {
            let _ = self.storage.delete(&pack.id.name());
        }
    }

    /// Writes down something that happened, signed, has a head name it, and says under which name.
    ///
    /// # Errors
    /// `Io`.
    pub fn record(&self, kind: &str, what: &serde_json::Value) -> Result<String> {
        // Of records of one second, nobody could tell which was the last.
        let of = |(name, _): (String, u64)| {
            name.strip_prefix("records/")?.split_once('-')?.0.parse::<u64>().ok()
        };
        let last = self.storage.list("records/")?.into_iter().filter_map(of).max();
        let now = last.map_or(now(), |last| now().max((last + 1).min(now() + MOST_AHEAD)));
        let mut document = json!({ "vault": self.file.fingerprint(), "time": now });
        if let (Some(all), Some(what)) = (document.as_object_mut(), what.as_object()) {
            all.extend(what.clone());
        }
        let payload = serde_json::to_vec(&document).expect("it has string keys only");
        let signed = dsse::sign(kind, &payload, self.keyring.signer(), &self.file.fingerprint());
        let id = SnapshotId::random();
        let name = format!("records/{now}-{kind}-{id}");
        self.storage.put_bytes(&name, &signed)?;
        head::write_next(&*self.storage, &self.file, &self.keyring, now, &[])?;
        Ok(name)
    }

    /// Forgets snapshots: first the head without them, then the files. Somebody else may have looked before the files went, and
    /// have written a head since that names them; so, unless we are alone, another head says that they are gone.
    ///
    /// # Errors
    /// `Io`.
    pub fn forget(&self, snapshots: &[SnapshotId]) -> Result<()> {
        let names: Vec<String> = snapshots.iter().copied().map(snapshot_name).collect();
        head::write_next(&*self.storage, &self.file, &self.keyring, now(), &names)?;
        names.iter().try_for_each(|name| self.storage.delete(name))?;
        if !self.alone {
            head::write_next(&*self.storage, &self.file, &self.keyring, now(), &names)?;
        }
        Ok(())
    }
}

/// Reads the bytes of a snapshot file.
///
/// # Errors
/// Why they are not believed.
pub(crate) fn decode_snapshot(
    bytes: &[u8],
    vault: [u8; 16],
    public: &VerifyingKey,
) -> std::result::Result<SnapshotFile, Refused> {
    let payload = SignedFile::open(snapshot::MAGIC, bytes, vault, public)?;
    Ok(SnapshotFile::decode(payload)?)
}

/// The scope of a vault's own keys.
pub(crate) fn own_scope(vault: &[u8; 16]) -> String {
    format!("vault/{}", SnapshotId(*vault))
}

pub(crate) fn snapshot_name(id: SnapshotId) -> String {
    format!("snapshots/{id}")
}

/// Unix seconds.
pub(crate) fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// How far ahead of the clock a record may be, in seconds, so that it comes after the one before.
const MOST_AHEAD: u64 = 60;
/// Segments of a hundred million objects.
const MOST_SNAPSHOT: u64 = 256 << 20;
