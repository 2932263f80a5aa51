//! What it costs to make and drop a secret, and to make a key ready.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use sealkeep_crypto::{Kdf, Secret, SecretVec, Suite};

fn secret(criterion: &mut Criterion) {
    criterion.bench_function("Secret<32> zeroed and dropped", |bencher| {
        bencher.iter(|| black_box(Secret::<32>::zeroed()));
    });
    criterion.bench_function("SecretVec of 4 KiB zeroed and dropped", |bencher| {
        bencher.iter(|| black_box(SecretVec::zeroed(4096)));
    });
    for suite in Suite::ALL {
        let key = Secret::<32>::random();
        criterion.bench_function(&format!("{suite} key made ready"), |bencher| {
            bencher.iter(|| suite.aead(&key.expose()[..suite.key_len()]));
        });
        criterion.bench_function(&format!("{suite} extract and expand"), |bencher| {
            bencher.iter(|| {
                let kdf = Kdf::extract(suite, b"salt", key.expose());
                Secret::<32>::init_with(|out| kdf.expand(&[b"info"], out))
            });
        });
    }
}

criterion_group!(benches, secret);
criterion_main!(benches);
