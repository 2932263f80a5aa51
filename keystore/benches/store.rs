//! What the key store costs, against its targets: `cargo bench -p sealkeep-keystore --bench store -- [SIZES]`.
//!
//! Sizes, as `--name=number`: `keys` of the large scope (1,000,000), `small` (10,000) keys of the store that the cost
//! of destroying is compared with, `batch` (10,000) keys a commit, `scope` (100,000) keys of the scope destroyed in
//! one act, `scopes` (20,000) with one key each. The stores are made below `SEALKEEP_BENCH_DIR` (default: the
//! temporary folder) and taken away afterwards. On a memory file system the flushes cost nothing; on a disk they
//! are most of a small commit.
//!
//! "CPU" is the time for which the calling thread really ran: it says the same on a busy machine.
#![allow(clippy::print_stdout, reason = "a table is what this program is for")]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use sealkeep_crypto::Suite;
use sealkeep_keystore::{
    Clearance, InitOptions, KeyFile, KeyFilter, KeyId, KeyStore, Location, NewCustody, OnFailure,
    Unlock,
};

fn main() {
    let sizes = Sizes::from_arguments();
    let folder = match std::env::var_os("SEALKEEP_BENCH_DIR") {
        Some(dir) => tempfile::tempdir_in(dir),
        None => tempfile::tempdir(),
    };
    let folder = folder.expect("a folder to work in");
    println!("{sizes:?} in {}", folder.path().display());
    println!("{:<52} {:>12} {:>12}  target", "operation", "time", "CPU");

    let small = small_store(folder.path(), &sizes);
    large_store(folder.path(), &sizes, small);
    whole_scope(folder.path(), &sizes);
    many_keys(folder.path(), &sizes);
    many_scopes(folder.path(), &sizes);
}

/// The store that destroying in a large one is compared with. Returns what destroying one key costs.
fn small_store(folder: &Path, sizes: &Sizes) -> Cost {
    let mut bench = Bench::new(folder, "small");
    let ids = bench.fill("archive", sizes.small, sizes.batch);
    let cost = bench.destroy_single_keys(&ids);
    row(&format!("destroy one of {} keys", sizes.small), cost, "");
    cost
}

fn large_store(folder: &Path, sizes: &Sizes, small: Cost) {
    let count = sizes.keys;
    let mut bench = Bench::new(folder, "large");
    let (mut ids, cost) = once(|| bench.fill("archive", count, sizes.batch));
    let rate = per_second(count, cost.wall);
    row(&format!("create {count} keys, {} a commit: {rate}", sizes.batch), cost, "200,000/s");

    let mut more = Vec::new();
    let cost = median(51, || more.extend(bench.fill("archive", 1, 1)));
    row("create one key (one commit)", cost, "");
    ids.append(&mut more);

    bench.store = bench.reopen();
    let bytes = size_of_folder(&bench.place.dir) / ids.len() as u64;
    println!("{:<52} {bytes:>12} {:>12}  150", "bytes on disk a key, cell and all", "");

    let mut random = Random(7);
    let mut open = |bench: &mut Bench| {
        let id = random.pick(&ids);
        bench.store.open_key(id).expect("a live key");
    };
    (0..ROUND).for_each(|_| open(&mut bench));
    row("open_key, random ids", each(|| open(&mut bench)), "20 µs");

    let cost = median(5, || {
        let mut seen = 0;
        let listed = bench.store.keys(&KeyFilter::default(), |_| {
            seen += 1;
            ControlFlow::Continue(())
        });
        listed.expect("readable");
        assert_eq!(seen, ids.len());
    });
    row(&format!("list every key: {}", per_second(ids.len(), cost.wall)), cost, "");

    let cost = median(21, || drop(bench.reopen()));
    row("open the store with a key file", cost, "");

    let cost = median(3, || {
        let unlock = Unlock::KeyFile(&bench.key_file);
        let report = KeyStore::check(&bench.place, Some(&unlock), WAIT).expect("a report");
        assert!(report.problems.is_empty(), "{:?}", report.problems);
    });
    row(&format!("check everything: {}", per_second(ids.len(), cost.wall)), cost, "");

    let cost = bench.destroy_single_keys(&ids);
    let factor = cost.cpu.as_secs_f64() / small.cpu.as_secs_f64();
    let target = format!("20 ms; CPU {factor:.2} of 2 times {}", sizes.small);
    row(&format!("destroy one of {} keys", ids.len()), cost, &target);

    live_copy(folder, &mut bench, &ids);
}

/// A live copy must cost what changed, not what there is.
fn live_copy(folder: &Path, bench: &mut Bench, ids: &[KeyId]) {
    let copy = Location::new(folder.join("copy"), None);
    let add = || bench.store.add_copy(&copy, true, OnFailure::Refuse, Duration::from_secs(300));
    let (outcome, cost) = once(add);
    outcome.expect("a copy");
    row("add a live copy", cost, "");
    let mut costs = Vec::new();
    for _ in 0..21 {
        bench.fill("archive", 1, 1);
        let (outcome, cost) = once(|| bench.store.sync_live_copies());
        outcome.expect("the copy is there");
        costs.push(cost);
    }
    row("bring it up to date after one key", middle(costs), "");
    let cost = bench.destroy_single_keys(&ids[1..]);
    row("destroy one key, there too", cost, "");
}

fn whole_scope(folder: &Path, sizes: &Sizes) {
    let mut costs = Vec::new();
    for round in 0..5 {
        let mut bench = Bench::new(folder, &format!("scope-{round}"));
        bench.fill("other", sizes.small, sizes.batch);
        bench.fill("patient", sizes.scope, sizes.batch);
        let scope = bench.store.scope_id("patient").expect("the scope");
        costs.push(once(|| bench.destroy(scope)).1);
    }
    row(&format!("destroy a scope of {} keys", sizes.scope), middle(costs), "50 ms");
}

/// Keys listed one by one, over four scopes, in one act.
fn many_keys(folder: &Path, sizes: &Sizes) {
    let mut bench = Bench::new(folder, "listed");
    let scopes = ["a", "b", "c", "d"];
    let fill = |name| bench.fill(name, sizes.scope / scopes.len(), sizes.batch);
    let targets: Vec<KeyId> = scopes.into_iter().flat_map(fill).collect();
    let (count, clearance) = (targets.len(), Clearance::destroy_for_test(targets, [7; 32]));
    let cost = once(|| bench.store.destroy(clearance).expect("destroyed")).1;
    row(&format!("destroy {count} listed keys in one act"), cost, "2 s");
}

fn many_scopes(folder: &Path, sizes: &Sizes) {
    let count = sizes.scopes;
    let mut bench = Bench::new(folder, "scopes");
    let name = |number: usize| format!("radiology/2019/patient-{number:06}");
    let ((), cost) = once(|| {
        for number in 0..count {
            bench.fill(&name(number), 1, 1);
        }
    });
    row(&format!("create {count} scopes of one key, a commit each"), cost.part(count), "");
    let bytes = size_of_folder(&bench.place.dir) / count as u64;
    println!("{:<52} {bytes:>12}", "bytes on disk a scope");

    let mut random = Random(11);
    let mut find = || {
        let name = name(random.below(count));
        bench.store.scope_id(&name).expect("the scope");
    };
    (0..ROUND).for_each(|_| find());
    row("find a scope by name", each(find), "");

    let keys = bench.fill(&name(0), 41, 41);
    let cost = bench.destroy_single_keys(&keys);
    row(&format!("destroy one key, {count} scopes"), cost, "");
}

/// A store in a folder of its own.
struct Bench {
    place: Location,
    key_file: KeyFile,
    store: KeyStore,
}

impl Bench {
    fn new(folder: &Path, name: &str) -> Self {
        let place = Location::new(folder.join(name), None);
        let key_file = KeyFile::generate();
        let options = InitOptions {
            suite: Suite::Aes256Gcm,
            custody: &[NewCustody::KeyFile(&key_file)],
            shares: None,
        };
        let (store, _) = KeyStore::init(&place, &options, WAIT).expect("a new store");
        Self { place, key_file, store }
    }

    fn reopen(&self) -> KeyStore {
        KeyStore::open(&self.place, &Unlock::KeyFile(&self.key_file), WAIT).expect("opens")
    }

    fn fill(&mut self, scope: &str, count: usize, batch: usize) -> Vec<KeyId> {
        let labels: Vec<String> = (0..count).map(|number| format!("{number:08}")).collect();
        let labels: Vec<&[u8]> = labels.iter().map(String::as_bytes).collect();
        let mut ids = Vec::with_capacity(count);
        for labels in labels.chunks(batch) {
            let made = self.store.create_keys(scope, Suite::Aes256Gcm, labels).expect("keys");
            ids.extend(made.into_iter().map(|key| key.id));
        }
        ids
    }

    fn destroy(&mut self, target: KeyId) {
        let clearance = Clearance::destroy_for_test(vec![target], [9; 32]);
        self.store.destroy(clearance).expect("destroyed");
    }

    /// Keys from all over the list, one in each act.
    fn destroy_single_keys(&mut self, ids: &[KeyId]) -> Cost {
        let mut targets = ids.iter().step_by(ids.len().div_ceil(41)).copied();
        let acts = targets.len();
        median(acts, || self.destroy(targets.next().expect("one for each act")))
    }
}

#[derive(Debug)]
struct Sizes {
    keys: usize,
    small: usize,
    batch: usize,
    scope: usize,
    scopes: usize,
}

impl Sizes {
    fn from_arguments() -> Self {
        let mut sizes =
            Self { keys: 1_000_000, small: 10_000, batch: 10_000, scope: 100_000, scopes: 20_000 };
        // Cargo adds `--bench`.
        for argument in std::env::args().skip(1).filter(|argument| argument != "--bench") {
            let parts = argument.strip_prefix("--").and_then(|rest| rest.split_once('='));
            let parsed = parts.and_then(|(name, number)| Some((name, number.parse().ok()?)));
            match parsed.filter(|(_, number)| *number > 0) {
                Some(("keys", number)) => sizes.keys = number,
                Some(("small", number)) => sizes.small = number,
                Some(("batch", number)) => sizes.batch = number,
                Some(("scope", number)) => sizes.scope = number,
                Some(("scopes", number)) => sizes.scopes = number,
                _ => {
                    panic!("{argument}: expected --keys=, --small=, --batch=, --scope=, --scopes=")
                }
            }
        }
        sizes
    }
}

/// What something took: on the clock, and of the processor.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

impl Cost {
    fn part(self, of: usize) -> Self {
        let of = u32::try_from(of).expect("sizes are small");
        Self { wall: self.wall / of, cpu: self.cpu / of }
    }
}

fn once<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    let (start, ran) = (Instant::now(), running_time());
    let value = work();
    (value, Cost { wall: start.elapsed(), cpu: running_time() - ran })
}

fn median(times: usize, mut work: impl FnMut()) -> Cost {
    middle((0..times).map(|_| once(&mut work).1).collect())
}

/// For work of microseconds: the median over rounds of the mean of a round.
fn each(mut work: impl FnMut()) -> Cost {
    median(7, || (0..ROUND).for_each(|_| work())).part(ROUND)
}

fn middle(costs: Vec<Cost>) -> Cost {
    let of = |time: fn(&Cost) -> Duration| {
        let mut times: Vec<Duration> = costs.iter().map(time).collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    Cost { wall: of(|cost| cost.wall), cpu: of(|cost| cost.cpu) }
}

/// Time for which this thread ran so far.
fn running_time() -> Duration {
    let clock = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    clock.try_into().expect("a clock that counts up from zero")
}

fn row(operation: &str, cost: Cost, target: &str) {
    let [wall, cpu] = [cost.wall, cost.cpu].map(|time| format!("{time:.1?}"));
    println!("{operation:<52} {wall:>12} {cpu:>12}  {target}");
}

fn per_second(count: usize, time: Duration) -> String {
    format!("{:.0}/s", count as f64 / time.as_secs_f64())
}

fn size_of_folder(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).expect("readable");
    entries.map(|entry| entry.and_then(|entry| entry.metadata()).expect("readable").len()).sum()
}

/// A small generator (xorshift64) that gives the same ids in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).expect("64 bits") % bound
    }

    fn pick<'a>(&mut self, from: &'a [KeyId]) -> &'a KeyId {
        &from[self.below(from.len())]
    }
}

const WAIT: Duration = Duration::from_secs(30);
const ROUND: usize = 20_000;
