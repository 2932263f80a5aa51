//! Speed of hashing chunks: all at once at every level, and one by one.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sealkeep_crypto::{Level, Suite, hash_many_at};

const SIZES: [(&str, usize); 2] = [("16 x 16 KiB", 16 << 10), ("16 x 64 KiB", 64 << 10)];
const COUNT: usize = 16;

fn hash(criterion: &mut Criterion) {
    for suite in Suite::ALL {
        let mut group = criterion.benchmark_group(format!("hash/{suite}"));
        for (name, size) in SIZES {
            let data = vec![0x5A; COUNT * size];
            let chunks: Vec<&[u8]> = data.chunks(size).collect();
            group.throughput(Throughput::Bytes((COUNT * size) as u64));
            for level in Level::ALL.iter().copied() {
                if hash_many_at(suite, level, &[]).is_none() {
                    continue;
                }
                group.bench_function(BenchmarkId::new(level.name(), name), |bencher| {
                    bencher.iter(|| hash_many_at(suite, level, black_box(&chunks)));
                });
            }
        }
    }
}

criterion_group!(benches, hash);
criterion_main!(benches);
