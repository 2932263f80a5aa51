//! The resurrection test: an adversary who keeps every file after every step, and today's custody.
//!
//! It computes what the key disclosure graph allows (Reardon, Ritzdorf, Basin, Čapkun 2013): starting from a root page
//! key, open every page ever written, under every key ever seen, take the keys found there, and go on until nothing
//! new opens. A destroyed key must not be reachable from today's root.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use sealkeep_crypto::{Argon2Params, Secret, Suite};

use crate::cell::{self, CellFile};
use crate::custody::identify;
use crate::page::{Address, Binding, ChildRef, DIRECTORY, ENTRIES, NAMES};
use crate::records::{children, list};
use crate::root::RootPage;
use crate::scope::{ScopeBody, ScopeRecord};
use crate::txn::child_of_record;
use crate::{
    Actor, Clearance, Error, InitOptions, KeyFile, KeyId, KeyState, KeyStore, Location, NewCustody,
    Unlock,
};

const WAIT: Duration = Duration::from_secs(5);
/// What every access leaves in the ledger.
const WHO: &str = "somebody@ward-7";
const PURPOSE: &str = "a second opinion";

/// A sealed page as some file once held it.
type SealedPage = (Address, u64, Vec<u8>);

/// What the adversary has opened.
#[derive(Default)]
struct Loot {
    keys: BTreeSet<[u8; 32]>,
    plain: Vec<Vec<u8>>,
}

impl Loot {
    fn contains(&self, key: &[u8; 32]) -> bool {
        self.plain.iter().any(|page| page.windows(32).any(|window| window == key))
    }
}

/// Everything that follows from the given root keys and all pages ever written.
fn plunder(binding: &Binding, pages: &BTreeSet<SealedPage>, roots: &[[u8; 32]]) -> Loot {
    let mut loot = Loot::default();
    let mut fresh: Vec<[u8; 32]> = roots.to_vec();
    let mut closed: Vec<&SealedPage> = pages.iter().collect();
    while !fresh.is_empty() {
        let tried: Vec<Secret<32>> =
            fresh.drain(..).filter(|key| loot.keys.insert(*key)).map(|key| secret(&key)).collect();
        closed.retain(|(at, version, sealed)| {
            let opened = tried.iter().find_map(|key| binding.open(key, *at, *version, sealed));
            if let Some(page) = &opened {
                fresh.extend(keys_in(*at, page.expose()));
                loot.plain.push(page.expose().to_vec());
            }
            opened.is_none()
        });
    }
    loot
}

/// Page keys that an opened page gives away.
fn keys_in(at: Address, page: &[u8]) -> Vec<[u8; 32]> {
    let key = |child: &ChildRef| *child.key.expose();
    if at == Address::ROOT {
        let root = RootPage::decode(page).expect("a root page");
        let ledger = root.ledger.iter().flat_map(|ledger| &ledger.trees);
        let ledger = ledger.filter_map(|records| records.top.page.as_ref());
        return root.directory.page.iter().chain(&root.names).chain(ledger).map(key).collect();
    }
    let interior = match at.tree {
        NAMES => crate::names::is_interior(page).expect("a page"),
        _ => at.level > 0,
    };
    if interior {
        let count = children::count(page).expect("a page");
        let slots = (0..=u8::MAX).take(count.into());
        return slots
            .filter_map(|slot| children::get(page, slot).expect("a page"))
            .map(|c| key(&c))
            .collect();
    }
    if at.tree == ENTRIES {
        let records = list::all(page).expect("a page").into_iter();
        return records.filter_map(child_of_record).map(|child| key(&child)).collect();
    }
    if at.tree != DIRECTORY {
        return Vec::new();
    }
    let records = list::all(page).expect("a page").into_iter();
    let tops =
        records.filter_map(|record| match ScopeRecord::decode(record).expect("a scope").body {
            ScopeBody::Live { top, .. } => top,
            ScopeBody::Dead(_) => None,
        });
    tops.map(|top| key(&top)).collect()
}

/// Every page in a byte copy of the database and its log.
fn pages_of(snapshot: &Path) -> Vec<SealedPage> {
    let database = Connection::open(snapshot.join("store.db")).expect("a database");
    let mut statement =
        database.prepare("SELECT address, version, sealed FROM page").expect("a table");
    let rows = statement
        .query_map([], |row| Ok((Address::from_u64(row.get(0)?), row.get(1)?, row.get(2)?)));
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

/// The root page key in a cell, for whoever has a custody of it.
fn root_key(cell: &Path, epoch: u64, store: &KeyStore, unlock: &Unlock<'_>) -> Option<[u8; 32]> {
    let peek = KeyStore::peek(store.location(), WAIT).expect("readable");
    let selected = cell::select(&CellFile::at(cell), &peek.store, epoch, epoch).ok()?;
    let custodian = identify(peek.suite, &selected.slot.custodies, unlock).ok()?;
    Some(*cell::open(&selected.slot, &custodian).ok()?.expose())
}

/// A random life of a store, with a byte copy of every file after every step.
struct History {
    _dir: tempfile::TempDir,
    store: KeyStore,
    snapshots: Vec<PathBuf>,
    live: BTreeMap<KeyId, ([u8; 32], String)>,
    destroyed: Vec<(KeyId, [u8; 32])>,
    epochs: Vec<u64>,
    custody: Vec<KeyFile>,
}

impl History {
    fn run(suite: Suite, steps: usize) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let place = Location::new(dir.path().join("keys"), None);
        let custody = vec![KeyFile::generate()];
        let options =
            InitOptions { suite, custody: &[NewCustody::KeyFile(&custody[0])], shares: None };
        let (mut store, _) = KeyStore::init(&place, &options, WAIT).expect("a new store");
        let (who, purpose) = (WHO.to_owned(), PURPOSE.to_owned());
        store.act_as(Actor { who, purpose, ..Actor::default() });
        let mut history = Self {
            store,
            snapshots: Vec::new(),
            live: BTreeMap::new(),
            destroyed: Vec::new(),
            epochs: Vec::new(),
            custody,
            _dir: dir,
        };
        let mut dice = Dice(1);
        for _ in 0..steps {
            history.step(&mut dice);
            history.snapshot();
        }
        history
    }

    fn step(&mut self, dice: &mut Dice) {
        let scope = format!("scope-{}", dice.roll(6));
        match dice.roll(10) {
            0..4 => self.create(&scope, 1 + dice.roll(90)),
            4..7 => {
                let picked: Vec<KeyId> =
                    self.live.keys().filter(|_| dice.roll(40) == 0).copied().collect();
                self.destroy(picked, &[]);
            }
            7 => {
                if let Ok(id) = self.store.scope_id(&scope) {
                    let inside: Vec<KeyId> = self
                        .live
                        .iter()
                        .filter(|(_, key)| key.1 == scope)
                        .map(|(id, _)| *id)
                        .collect();
                    self.destroy(inside, &[id]);
                }
            }
            8 => match self.store.rotate_scope(&scope) {
                Ok(_) | Err(Error::NoSuchScope(_)) => {}
                Err(error) => panic!("{error}"),
            },
            _ => {
                if let Some(id) = self.live.keys().next().copied() {
                    let state = self.store.key(&id).expect("there").state;
                    let next = if state == KeyState::Active {
                        KeyState::Suspended
                    } else {
                        KeyState::Active
                    };
                    self.store.set_state(&[id], next).expect("may move");
                }
            }
        }
    }

    fn create(&mut self, scope: &str, count: usize) {
        let labels = vec![&b"patient name"[..]; count];
        for key in self.store.create_keys(scope, Suite::Aes256Gcm, &labels).expect("keys") {
            self.live.insert(key.id, (*key.secret.expose(), scope.to_owned()));
        }
    }

    fn destroy(&mut self, keys: Vec<KeyId>, scopes: &[KeyId]) {
        let targets = if scopes.is_empty() { keys.clone() } else { scopes.to_vec() };
        if targets.is_empty() {
            return;
        }
        self.store.destroy(Clearance::destroy_for_test(targets, [1; 32])).expect("destroyed");
        for id in keys {
            let (secret, _) = self.live.remove(&id).expect("was alive");
            self.destroyed.push((id, secret));
        }
    }

    fn snapshot(&mut self) {
        let dir = &self.store.location().dir;
        let to = dir.with_file_name(format!("step-{}", self.snapshots.len()));
        fs::create_dir(&to).expect("a folder");
        for entry in fs::read_dir(dir).expect("readable") {
            let entry = entry.expect("an entry");
            fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
        }
        self.epochs.push(KeyStore::peek(self.store.location(), WAIT).expect("readable").epoch);
        self.snapshots.push(to);
    }

    fn binding(&self) -> Binding {
        let peek = KeyStore::peek(self.store.location(), WAIT).expect("readable");
        Binding { suite: peek.suite, store: peek.store }
    }

    fn today(&self) -> Unlock<'_> {
        Unlock::KeyFile(self.custody.last().expect("one"))
    }
}

#[test]
fn a_destroyed_key_stays_destroyed() {
    for (suite, steps) in [(Suite::Aes256Gcm, 60), (Suite::Sm4Gcm, 30)] {
        let history = History::run(suite, steps);
        assert!(history.destroyed.len() > 9, "the history destroyed {}", history.destroyed.len());
        let pages: BTreeSet<SealedPage> =
            history.snapshots.iter().flat_map(|snapshot| pages_of(snapshot)).collect();

        // Today's cell and custody, every page that was ever written.
        let epoch = *history.epochs.last().expect("steps");
        let cell = &history.store.location().cell;
        let root = root_key(cell, epoch, &history.store, &history.today()).expect("today's root");
        let loot = plunder(&history.binding(), &pages, &[root]);
        for (id, (secret, _)) in &history.live {
            assert!(loot.contains(secret), "the attack finds live keys: {id}");
        }
        for (id, secret) in &history.destroyed {
            assert!(!loot.contains(secret), "{id} came back");
        }

        // No key, no label, no scope name, and nothing of who used keys for what lies in any file in clear. Some of the snapshots show it: a log
        // only grows between them.
        let needles = [
            &b"patient name"[..],
            b"scope-",
            WHO.as_bytes(),
            PURPOSE.as_bytes(),
            &history.destroyed[0].1,
            &history.destroyed[9].1,
        ];
        for dir in history.snapshots.iter().rev().step_by(15) {
            for file in fs::read_dir(dir).expect("readable") {
                let bytes = fs::read(file.expect("an entry").path()).expect("readable");
                assert!(!needles.iter().any(|needle| contains(&bytes, needle)));
            }
        }

        // Put an old database beside today's cell: refused, not opened.
        for (snapshot, old) in history.snapshots.iter().zip(&history.epochs) {
            let place = Location { dir: snapshot.clone(), cell: cell.clone() };
            let opened = KeyStore::open(&place, &history.today(), WAIT);
            assert_eq!(opened.is_ok(), *old == epoch, "epoch {old} of {epoch}");
        }

        // Not stopped: whoever kept an old *cell* and can open it has the old root, and with the pages everything
        // of that time. This is what "old cell copies are residual" means, and shows that the attack above is real.
        let roots: Vec<[u8; 32]> = history
            .snapshots
            .iter()
            .zip(&history.epochs)
            .filter_map(|(dir, old)| {
                root_key(&dir.join("cell"), *old, &history.store, &history.today())
            })
            .collect();
        let loot = plunder(&history.binding(), &pages, &roots);
        assert!(history.destroyed.iter().all(|(_, secret)| loot.contains(secret)));
    }
}

#[test]
fn an_old_cell_opens_with_the_old_passphrase_and_not_with_the_new_one() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = Location::new(dir.path().join("keys"), None);
    let params = Argon2Params::FLOOR;
    let old = NewCustody::Passphrase { secret: b"old", params };
    let options = InitOptions { suite: Suite::Aes256Gcm, custody: &[old], shares: None };
    let (mut store, _) = KeyStore::init(&place, &options, WAIT).expect("a new store");
    let kept = dir.path().join("kept");
    fs::copy(&place.cell, &kept).expect("copied");
    store.set_custody(&NewCustody::Passphrase { secret: b"new", params }).expect("set");
    assert!(root_key(&kept, 1, &store, &Unlock::Passphrase(b"new")).is_none());
    assert!(root_key(&kept, 1, &store, &Unlock::Passphrase(b"old")).is_some(), "not stopped");
    assert!(root_key(&place.cell, 2, &store, &Unlock::Passphrase(b"old")).is_none());
}

/// Steele and Vigna's SplitMix64: a history that is the same at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from(mixed >> 33).expect("31 bits") % sides
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let mut rest = haystack;
    while let Some(at) = rest.iter().position(|byte| *byte == needle[0]) {
        rest = &rest[at..];
        if rest.starts_with(needle) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

fn secret(bytes: &[u8; 32]) -> Secret<32> {
    Secret::from_slice(bytes).expect("32 bytes")
}
