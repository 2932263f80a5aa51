//! Feeds every parser, and every implementation of the ciphers, with damaged and random input for a
//! fixed time, on a stock toolchain.
//!
//! `cargo run --release --manifest-path fuzz/Cargo.toml -- [--seconds N] [--seed N] [TARGET…]`
//!
//! Each target starts from well-formed inputs and changes them: bits, bytes, lengths, pieces moved
//! and repeated. A panic, an overflow or a rule broken ends the run; the input is then in
//! `fuzz/artifacts/` and its replay is `-- --replay FILE TARGET`.

mod certificate;
mod keystore;
mod ledger;
mod levels;
mod mutate;
mod targets;
mod vault;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mutate::Mutator;
use targets::Target;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    if let Some(file) = &options.replay {
        let input = std::fs::read(file).expect("the file to replay can be read");
        options.targets.iter().for_each(|target| (target.run)(&input));
        return ExitCode::SUCCESS;
    }
    let good = options.targets.iter().all(|target| fuzz(target, &options));
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs one target until its time is over; false when an input broke it.
fn fuzz(target: &Target, options: &Options) -> bool {
    let seeds = (target.seeds)();
    let mut mutator = Mutator::new(options.seed);
    let (start, mut runs) = (Instant::now(), 0_u64);
    while start.elapsed() < options.each {
        for _ in 0..256 {
            let input = mutator.next(&seeds);
            if catch_unwind(AssertUnwindSafe(|| (target.run)(&input))).is_err() {
                keep(target, &input);
                return false;
            }
            runs += 1;
        }
    }
    println!("{:12} {runs} inputs, seed {}", target.name, options.seed);
    true
}

fn keep(target: &Target, input: &[u8]) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts");
    let file = dir.join(format!("{}-{}", target.name, input.len()));
    let kept = std::fs::create_dir_all(&dir).and_then(|()| std::fs::write(&file, input));
    eprintln!("{} broke; input {}: {kept:?}", target.name, file.display());
}

fn all_targets() -> impl Iterator<Item = &'static Target> {
    [targets::TARGETS, keystore::TARGETS, ledger::TARGETS, vault::TARGETS, levels::TARGETS]
        .into_iter()
        .flatten()
    [targets::TARGETS, keystore::TARGETS, vault::TARGETS, certificate::TARGETS, levels::TARGETS].into_iter().flatten()
    [
        targets::TARGETS,
        keystore::TARGETS,
        ledger::TARGETS,
        vault::TARGETS,
        certificate::TARGETS,
        levels::TARGETS,
    ]
    .into_iter()
    .flatten()
}

struct Options {
    each: Duration,
    seed: u64,
    replay: Option<String>,
    targets: Vec<&'static Target>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
        let since_epoch = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        let mut options = Options {
            each: Duration::from_secs(10),
            seed: since_epoch.as_secs(),
            replay: None,
            targets: Vec::new(),
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                "--seconds" => {
                    options.each = Duration::from_secs(value()?.parse().map_err(|_| "a number")?);
                }
                "--seed" => options.seed = value()?.parse().map_err(|_| "a number")?,
                "--replay" => options.replay = Some(value()?),
                name => options.targets.push(
                    all_targets().find(|target| target.name == name).ok_or_else(|| {
                        let names: Vec<_> = all_targets().map(|target| target.name).collect();
                        format!("no target {name}; there are {}", names.join(", "))
                    })?,
                ),
            }
        }
        if options.targets.is_empty() {
            options.targets = all_targets().collect();
        }
        Ok(options)
    }
}
