//! Speed of sealing and opening in both suites, at the sizes of segments.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sealkeep_crypto::{Secret, Suite};

const SIZES: [(&str, usize); 3] = [("16 KiB", 16 << 10), ("64 KiB", 64 << 10), ("1 MiB", 1 << 20)];

fn aead(criterion: &mut Criterion) {
    for suite in Suite::ALL {
        let key = Secret::<32>::random();
        let aead = suite.aead(&key.expose()[..suite.key_len()]);
        let mut group = criterion.benchmark_group(suite.name());
        for (name, size) in SIZES {
            group.throughput(Throughput::Bytes(size as u64));
            let mut data = vec![0; size];
            group.bench_function(BenchmarkId::new("seal", name), |bencher| {
                bencher.iter(|| aead.seal(&[0; 12], b"aad", black_box(&mut data)));
            });
            let tag = aead.seal(&[0; 12], b"aad", &mut data);
            let sealed = data.clone();
            group.bench_function(BenchmarkId::new("open", name), |bencher| {
                bencher.iter(|| {
                    // Opening works in place, so each round needs the ciphertext again; the copy
                    // is a small part of what is measured.
                    data.copy_from_slice(&sealed);
                    aead.open(&[0; 12], b"aad", black_box(&mut data), &tag)
                });
            });
        }
    }
}

criterion_group!(benches, aead);
criterion_main!(benches);
