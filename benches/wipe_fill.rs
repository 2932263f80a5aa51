//! What a pass of a wipe costs the processor, in memory and on one core: writing it and comparing it, beside `memset` and
//! `memcmp`. One buffer of 1 MiB, as a run uses them.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sealkeep::wipe::{Fill, Pass, Seed};

const LEN: usize = 1 << 20;

fn passes() -> [(&'static str, Pass); 3] {
    [
        ("one byte", Pass::Fixed([0xA5].into())),
        ("three bytes", Pass::Fixed([0x92, 0x49, 0x24].into())),
        ("random", Pass::Random),
    ]
}

fn write(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("write 1 MiB");
    group.throughput(Throughput::Bytes(LEN as u64));
    let mut out = vec![0; LEN];
    group.bench_function("memset", |bench| bench.iter(|| black_box(&mut out[..]).fill(0xA5)));
    for (name, pass) in passes() {
        let fill = Fill::new(&pass, 1, &Seed::random());
        group.bench_function(name, |bench| bench.iter(|| fill.write(7, 0, black_box(&mut out))));
    }
    let fill = Fill::new(&Pass::Random, 1, &Seed::random());
    group.bench_function("random, not from the beginning of a unit", |bench| {
        bench.iter(|| fill.write(7, 4096, black_box(&mut out)));
    });
}

fn compare(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compare 1 MiB");
    group.throughput(Throughput::Bytes(LEN as u64));
    let (mut data, same, mut scratch) = (vec![0; LEN], vec![0; LEN], Vec::new());
    group.bench_function("memcmp", |bench| bench.iter(|| black_box(&data) == black_box(&same)));
    for (name, pass) in passes() {
        let fill = Fill::new(&pass, 1, &Seed::random());
        fill.write(7, 0, &mut data);
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let found = fill.first_difference(7, 0, black_box(&data), &mut scratch);
                assert_eq!(found, None);
            });
        });
    }
}

criterion_group!(benches, write, compare);
criterion_main!(benches);
