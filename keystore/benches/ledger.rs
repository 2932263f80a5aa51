//! What the ledger costs: `cargo bench -p sealkeep-keystore --bench ledger -- [--entries=N] [--batch=N] [--keys=N]`.
//!
//! `entries` (10,000,000) are made, `batch` (10,000) a commit, before proofs are asked for; `keys` (50,000) are opened in groups of
//! 1,024. The store is made below `SEALKEEP_BENCH_DIR` (default: the temporary folder) and taken away afterwards.
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
    let looked = Instant::now();
    for group in ids.chunks(1024) {
        assert!(store.key_states(group).expect("readable").iter().all(Result::is_ok));
    }
    row(&format!("look at {count} keys"), looked.elapsed());
    let opened = Instant::now();
    for group in ids.chunks(1024) {
        assert!(store.open_keys(group).expect("recorded").iter().all(Result::is_ok));
    }
    row(&format!("open {count} keys, with entries"), opened.elapsed());
    let single = Instant::now();
    for id in ids.iter().take(100) {
        store.open_key(id).expect("opens");
    }
    row("open one key, with its entry", single.elapsed() / 100);
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
    let begun = Instant::now();
    let mut made = 0;
    while made < count {
        let some = batch.min(count - made);
        store.log((made..made + some).map(event).collect()).expect("logged");
        made += some;
    }
    let took = begun.elapsed();
    let rate = count as f64 / took.as_secs_f64();
    row(&format!("{count} entries, {batch} a commit: {rate:.0}/s"), took);
}

fn proofs(store: &mut KeyStore) {
    let size = store.ledger_status().expect("readable").size;
    let verifier = store.verifier_key();
    let mut times = Vec::new();
    for step in 0..200 {
        let index = size / 200 * step + step % 256;
        let begun = Instant::now();
        let proof = store.prove(index.min(size - 1)).expect("proved");
        times.push(begun.elapsed());
        let proof: InclusionProof = proof.parse().expect("a proof");
        let (found, _) = store.prove_many(&[proof.index]).expect("proved");
        let leaf = found[0].0.leaf_hash(store.suite());
        assert_eq!(proof.verify(&leaf, &verifier).map(|found| found.size), Ok(size));
    }
    times.sort_unstable();
    row(&format!("prove one of {size} entries"), times[times.len() / 2]);
    row("the slowest of 200", times[times.len() - 1]);
    let begun = Instant::now();
    store.prove_consistency(size / 3, size).expect("proved");
    row("prove that it goes on from a third", begun.elapsed());
    let begun = Instant::now();
    assert!(store.check_ledger(&[]).expect("readable").faults.is_empty());
    row("check all of it", begun.elapsed());
}

fn row(what: &str, time: Duration) {
    println!("  {what:<60} {:>12.3} ms", time.as_secs_f64() * 1000.0);
}

fn number(name: &str, usual: usize) -> usize {
    let given = std::env::args().find_map(|arg| arg.strip_prefix(name).map(str::to_owned));
    given.map_or(usual, |text| text.parse().expect("a number"))
}
