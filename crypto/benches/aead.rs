//! Speed of sealing and opening at every level that this processor has, at the sizes of segments,
//! on one core and on two. `cargo bench -p sealkeep-crypto --bench aead -- sm4-gcm/avx512`

#![allow(clippy::print_stderr)]

use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sealkeep_crypto::{Aead, Secret, Suite};

const SIZES: [(&str, usize); 3] = [("16 KiB", 16 << 10), ("64 KiB", 64 << 10), ("1 MiB", 1 << 20)];

/// What each core works on, all of it once an iteration.
const BUFFER: usize = 1 << 20;

fn aead(criterion: &mut Criterion) {
    for suite in Suite::ALL {
        let key = Secret::<32>::random();
        for level in suite.levels() {
            let Some(aead) = suite.aead_at(*level, &key.expose()[..suite.key_len()]) else {
                eprintln!("skipped: {suite} at {level}, which this processor lacks");
                continue;
            };
            let mut group = criterion.benchmark_group(format!("{suite}/{level}"));
            for cores in [1, 2] {
                group.throughput(Throughput::Bytes((BUFFER * cores) as u64));
                for (name, size) in SIZES {
                    let id = |what| BenchmarkId::new(format!("{what} × {cores}"), name);
                    group.bench_function(id("seal"), |bencher| {
                        bencher.iter_custom(|rounds| run(&*aead, size, cores, rounds).0);
                    });
                    group.bench_function(id("open"), |bencher| {
                        bencher.iter_custom(|rounds| run(&*aead, size, cores, rounds).1);
                    });
                }
            }
        }
    }
}

/// Seals a buffer in messages of `size` bytes and opens them again, so many times on so many cores
/// at once, and returns the times for the one and for the other.
fn run(aead: &dyn Aead, size: usize, cores: usize, rounds: u64) -> (Duration, Duration) {
    let barrier = Barrier::new(cores);
    let work = || {
        let mut data = vec![0x5A; BUFFER];
        let mut tags = vec![[0; 16]; BUFFER / size];
        let mut spent = (Duration::ZERO, Duration::ZERO);
        for _ in 0..rounds {
            barrier.wait();
            let start = Instant::now();
            for (data, tag) in data.chunks_exact_mut(size).zip(&mut tags) {
                *tag = aead.seal(&[0; 12], b"aad", black_box(data));
            }
            spent.0 += start.elapsed();
            barrier.wait();
            let start = Instant::now();
            for (data, tag) in data.chunks_exact_mut(size).zip(&tags) {
                aead.open(&[0; 12], b"aad", black_box(data), tag).expect("it was just sealed");
            }
            spent.1 += start.elapsed();
        }
        spent
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(work)).collect();
        let mine = work();
        others
            .into_iter()
            .map(|other| other.join().expect("no panic"))
            .fold(mine, |sum, other| (sum.0.max(other.0), sum.1.max(other.1)))
    })
}

criterion_group!(benches, aead);
criterion_main!(benches);
