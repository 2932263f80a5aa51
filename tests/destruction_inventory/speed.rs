//! How long it takes in a large vault:
//! `SEALKEEP_BENCH_FILES=100000 SEALKEEP_NIGHTS=10 cargo test --release --test destruction_inventory -- --ignored --nocapture one_subject`.

use std::fs;
use std::time::{Duration, Instant};

use sealkeep::destruction::inspection::{InspectOptions, inspect};
use sealkeep::destruction::{Choice, Sources, resolve};
use sealkeep::envelope::Run;
use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::Digest;

use super::scene::{REQUEST, WAIT, backup, options, sync};
use crate::support::World;

/// A number from the environment.
fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
#[ignore = "takes minutes: run it in release"]
fn one_subject_and_then_everything() {
    let (files, nights) = (number("SEALKEEP_BENCH_FILES", 2_000), number("SEALKEEP_NIGHTS", 4));
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..files {
        world.write(&format!("patients/{:05}/{}", at / 5, at % 5), format!("record {at}"));
    }
    for night in 0..nights {
        // One file in a hundred changes each night.
        for at in (night % 100..files).step_by(100) {
            let name = format!("patients/{:05}/{}", at / 5, at % 5);
            world.write(&name, format!("record {at}, night {night}"));
        }
        backup(&world);
    }
    sync(&world, "copy");
    let timed = |what: &str, choice: Choice| {
        let (keys, vault) = world.opened();
        let sources = Sources { keys: &keys, vault: Some(&vault) };
        let begun = Instant::now();
        let found = resolve(&sources, &options([choice]), &Run::quiet()).unwrap();
        let resolved = begun.elapsed();
        let frozen = found.freeze(&keys).unwrap();
        let count = frozen.items.len();
        println!(
            "{what}: {count} items resolved in {resolved:?}, frozen in {:?}",
            begun.elapsed() - resolved
        );
        frozen
    };
    timed("one subject", Choice::Subject("00042".into()));
    fs::remove_dir_all(world.path("catalogue")).unwrap();
    fs::create_dir(world.path("catalogue")).unwrap();
    timed("one subject, listings lost", Choice::Subject("00042".into()));
    let frozen = timed("everything", Choice::Scope("patient".into()));
    world.destroy(frozen.targets.clone());
    let (keys, vault) = world.opened();
    let inspected = |items| {
        let options = InspectOptions {
            request: REQUEST,
            execution: Digest([1; 32]),
            items,
            overwriting: None,
            unlock: None,
            more_stores: Vec::new(),
            more_vaults: Vec::new(),
            sealed: Vec::new(),
            sample: 100,
            wait: WAIT,
        };
        let sources = Sources { keys: &keys, vault: Some(&vault) };
        let begun = Instant::now();
        let report = inspect(&sources, &options, &Run::quiet()).unwrap();
        assert!(report.passed, "{:#?}", report.places);
        (begun.elapsed(), report.places.iter().map(|place| place.items).sum::<u64>())
    };
    let (took, tried): (Duration, u64) = inspected(&frozen.items);
    let rate = u128::from(tried) * 1_000 / took.as_millis().max(1);
    println!(
        "inspection: {tried} objects at vault, copy and key store in {took:?}: {rate} a second"
    );
}
