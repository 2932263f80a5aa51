//! Sealing and opening in memory and from file to file, both suites. Whole commands against other programs:
//! `benches/compare.sh`.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sealkeep::envelope::{Metadata, Preamble, Run, Sealer, SegmentSize};
use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::KeyId;

fn sealer(suite: Suite, key: &Secret<32>) -> Sealer {
    Sealer::new(key, KeyId([1; 16]), suite, SegmentSize::default(), &Metadata::stream())
        .expect("a stream has no bounds")
}

/// A file of 8 KiB: mostly the derivation of its keys.
fn small(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("8 KiB in memory");
    group.throughput(Throughput::Bytes(8192));
    let key = Secret::random();
    for suite in Suite::ALL {
        group.bench_function(format!("seal {suite}"), |bench| {
            bench.iter_batched_ref(
                || (vec![5; 8192], Vec::with_capacity(9000)),
                |(content, out)| sealer(suite, &key).seal_memory(content, out),
                BatchSize::SmallInput,
            );
        });
        let mut sealed = Vec::new();
        sealer(suite, &key).seal_memory(&mut [5; 8192], &mut sealed).expect("memory takes it");
        group.bench_function(format!("open {suite}"), |bench| {
            bench.iter_batched_ref(
                || sealed.clone(),
                |sealed| {
                    let preamble = Preamble::parse(sealed).expect("just sealed");
                    let start = preamble.header().preamble_len();
                    let opener = preamble.unlock(&key).expect("the same key");
                    black_box(opener.open_memory(&mut sealed[start..]).expect("unchanged"));
                },
                BatchSize::SmallInput,
            );
        });
    }
}

/// 256 MiB from file to file, all cores.
fn large(criterion: &mut Criterion) {
    const LEN: u64 = 256 << 20;
    let mut group = criterion.benchmark_group("256 MiB from file to file");
    group.throughput(Throughput::Bytes(LEN)).sample_size(10);
    let scratch = tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a scratch directory");
    let path = scratch.path().join("content");
    let mut file = File::create(&path).expect("the scratch directory takes files");
    let block: Vec<u8> =
        (0..1 << 20).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    (0..LEN >> 20).for_each(|_| file.write_all(&block).expect("room for 256 MiB"));
    let input = File::open(&path).expect("just written");
    let key = Secret::random();
    for suite in Suite::ALL {
        let create =
            || File::create_new(scratch.path().join("out")).expect("removed after each round");
        let remove = || std::fs::remove_file(scratch.path().join("out")).expect("just made");
        group.bench_function(format!("seal {suite}"), |bench| {
            bench.iter(|| {
                let out = create();
                sealer(suite, &key)
                    .seal_file(&input, LEN, &out, &Run::quiet())
                    .expect("room for as much again");
                remove();
            });
        });
        let sealed_path = scratch.path().join("sealed");
        let sealed = File::create(&sealed_path).expect("the scratch directory takes files");
        let lengths = sealer(suite, &key)
            .seal_file(&input, LEN, &sealed, &Run::quiet())
            .expect("room for as much again");
        let sealed = File::open(&sealed_path).expect("just written");
        group.bench_function(format!("open {suite}"), |bench| {
            bench.iter(|| {
                let opener = Preamble::read(&mut File::open(&sealed_path).expect("still there"))
                    .and_then(|preamble| preamble.unlock(&key))
                    .expect("just sealed");
                opener
                    .open_file(&sealed, lengths.sealed, &create(), &Run::quiet())
                    .expect("unchanged");
                remove();
            });
        });
    }
}

criterion_group!(benches, small, large);
criterion_main!(benches);
