//! How long it takes to verify a certificate of 100,000 items, from its bytes.
//!
//! `cargo bench --bench certificate`
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../tests/support/certificate.rs"]
mod support;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sealkeep::destruction::certificate::verify;
use sealkeep_crypto::Suite;
use support::{Scene, Wanted};

fn verify_all(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("certificate-verify");
    group.sample_size(10);
    for suite in Suite::ALL {
        for objects in [1_000, 100_000] {
            let scene = Scene::new(Wanted { objects, ..Wanted::small(suite) });
            let file = scene.file();
            let id = BenchmarkId::new(suite.name(), objects);
            group.bench_with_input(id, &file, |bencher, file| {
                bencher.iter(|| assert!(verify(file, Some(scene.genesis)).is_valid()));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, verify_all);
criterion_main!(benches);
