//! What the ledger costs: `cargo bench -p sealkeep-keystore --bench ledger -- [--entries=N] [--batch=N] [--keys=N]`.
//!
//! `entries` (10,000,000) are made, `batch` (10,000) a commit, before proofs are asked for; `keys` (50,000) are opened in groups of
//! 1,024. "CPU" is the time for which the calling thread really ran. The store is made below `SEALKEEP_BENCH_DIR` (default: the temporary folder) and taken away afterwards.
#![allow(clippy::print_stdout, reason = "a table is what this program is for")]

use std::time::{Duration, Instant};

use sealkeep_crypto::Suite;
use sealkeep_keystore::ledger::{Access, Event, InclusionProof};
use sealkeep_keystore::{InitOptions, KeyFile, KeyId, KeyStore, Location, NewCustody};

fn main() {
    let folder = match std::env::var_os("SEALKEEP_BENCH_DIR") {
        Some(dir) => tempfile::tempdir_in(dir),
        None => tempfile::tempdir(),
    };
    let folder = folder.expect("a folder to work in");
    println!("in {}", folder.path().display());
    for suite in Suite::ALL {
        let key_file = KeyFile::generate();
        let place = Location::new(folder.path().join(suite.name()), None);
        let custody = [NewCustody::KeyFile(&key_file)];
        let options = InitOptions { suite, custody: &custody, shares: None };
        let wait = Duration::from_secs(60);
        let (mut store, _) = KeyStore::init(&place, &options, wait).expect("a new store");
        println!("{suite}");
        keys(&mut store, number("--keys=", 50_000));
        // The second suite shows its rate; the size of the first shows what proofs cost.
        let entries = number("--entries=", 10_000_000);
        let entries = if suite == Suite::Aes256Gcm { entries } else { entries.min(1_000_000) };
        fill(&mut store, entries, number("--batch=", 10_000));
        proofs(&mut store);
        drop(store);
        std::fs::remove_dir_all(&place.dir).expect("taken away");
    }
}

/// Opening keys beside looking at them, which is the same without an entry.
fn keys(store: &mut KeyStore, count: usize) {
    let labels = vec![&b"radiology/2019/patient-0042/scan.dcm"[..]; count];
    let suite = store.suite();
    let made = store.create_keys("archive", suite, &labels).expect("keys");
    let ids: Vec<KeyId> = made.iter().map(|key| key.id).collect();
    let looked = Started::now();
    for group in ids.chunks(1024) {
        assert!(store.key_states(group).expect("readable").iter().all(Result::is_ok));
    }
    row(&format!("look at {count} keys"), looked.elapsed());
    let opened = Started::now();
    for group in ids.chunks(1024) {
        assert!(store.open_keys(group).expect("recorded").iter().all(Result::is_ok));
    }
    row(&format!("open {count} keys, with entries"), opened.elapsed());
    let single = Started::now();
    for id in ids.iter().take(100) {
        store.open_key(id).expect("opens");
    }
    let Cost { wall, cpu } = single.elapsed();
    row("open one key, with its entry", Cost { wall: wall / 100, cpu: cpu / 100 });
}

fn fill(store: &mut KeyStore, count: usize, batch: usize) {
    let event = |number: usize| {
        Event::Access(Access {
            operation: "open".into(),
            who: "li.na".into(),
            source: "192.0.2.7".into(),
            purpose: "ward round".into(),
            keys: vec![KeyId((number as u128).to_be_bytes())],
            ..Access::default()
        })
    };
    let begun = Started::now();
    let mut made = 0;
    while made < count {
        let some = batch.min(count - made);
        store.log_for_test((made..made + some).map(event).collect()).expect("logged");
        made += some;
    }
    let took = begun.elapsed();
    let rate = |time: Duration| count as f64 / time.as_secs_f64();
    let rates = format!("{:.0}/s, CPU {:.0}/s", rate(took.wall), rate(took.cpu));
    row(&format!("{count} entries, {batch} a commit: {rates}"), took);
}

fn proofs(store: &mut KeyStore) {
    let size = store.ledger_status().expect("readable").size;
    let verifier = store.verifier_key();
    let mut times = Vec::new();
    for step in 0..200 {
        let index = size / 200 * step + step % 256;
        let begun = Started::now();
        let proof = store.prove(index.min(size - 1)).expect("proved");
        times.push(begun.elapsed());
        let proof: InclusionProof = proof.parse().expect("a proof");
        let (found, _) = store.prove_many(&[proof.index]).expect("proved");
        let leaf = found[0].0.leaf_hash(store.suite());
        assert_eq!(proof.verify(&leaf, &verifier).map(|found| found.size), Ok(size));
    }
    times.sort_unstable_by_key(|cost: &Cost| cost.cpu);
    row(&format!("prove one of {size} entries"), times[times.len() / 2]);
    row("the slowest of 200", times[times.len() - 1]);
    let begun = Started::now();
    store.prove_consistency(size / 3, size).expect("proved");
    row("prove that it goes on from a third", begun.elapsed());
    let begun = Started::now();
    assert!(store.check_ledger(&[]).expect("readable").faults.is_empty());
    row("check all of it", begun.elapsed());
}

/// How long something took, and for how much of that this thread ran.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

struct Started {
    wall: Instant,
    cpu: Duration,
}

impl Started {
    fn now() -> Self {
        Self { wall: Instant::now(), cpu: running_time() }
    }

    fn elapsed(&self) -> Cost {
        Cost { wall: self.wall.elapsed(), cpu: running_time() - self.cpu }
    }
}

fn running_time() -> Duration {
    let clock = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    clock.try_into().expect("a clock that counts up from zero")
}

fn row(what: &str, cost: Cost) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let (wall, cpu) = (milliseconds(cost.wall), milliseconds(cost.cpu));
    println!("  {what:<72} {wall:>12.3} ms  CPU {cpu:>12.3} ms");
}

fn number(name: &str, usual: usize) -> usize {
    let given = std::env::args().find_map(|arg| arg.strip_prefix(name).map(str::to_owned));
    given.map_or(usual, |text| text.parse().expect("a number"))
}
