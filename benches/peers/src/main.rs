//! Measures the ciphers and hashes of Sealkeep side by side with those of other libraries, in one
//! run, and prints the tables of `docs/benchmarks.md`.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml -- [--rounds N] [--slice-ms N]
//! [--suite LIST] [--threads LIST] [--clock CLOCK]`
//!
//! Needs Linux, a C compiler (for `aws-lc-rs` and `ring`), OpenSSL 3 with its headers (Debian's
//! `libssl-dev`) and libgcrypt (`libgcrypt20`, looked for when it runs). It is a crate of its own so
//! that none of this is needed by anybody who builds Sealkeep.
//!
//! Each contender has its key set up once, seals and opens in place, in messages of the sizes that
//! Sealkeep uses, with a fresh nonce for each. First all of them have to give the same ciphertext
//! and tag; if one does not, nothing is measured. How it is timed stands in [`measure`].

mod check;
mod clock;
mod contender;
mod contest;
mod crates;
mod gcrypt;
mod libcrypto;
mod machine;
mod measure;
mod options;
mod ours;
mod table;

use std::process::ExitCode;

use contest::{Contest, Subject};
use gcrypt::Gcrypt;
use measure::Plan;
use options::Request;

fn main() -> ExitCode {
    let done = Request::parse(std::env::args().skip(1)).and_then(|request| match request {
        Request::Help => {
            println!("{}", options::HELP);
            Ok(())
        }
        Request::Measure(subjects, plan) => run(&subjects, &plan),
    });
    if let Err(problem) = done {
        eprintln!("{problem}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run(subjects: &[Subject], plan: &Plan) -> Result<(), String> {
    let gcrypt = Gcrypt::load();
    let contests: Vec<_> = subjects.iter().map(|&subject| Contest::new(subject, &gcrypt)).collect();
    contests.iter().try_for_each(check::agree)?;
    let version = gcrypt.as_ref().map_or("missing".to_owned(), Gcrypt::version);
    println!("{}\n", machine::describe(&version));
    println!(
        "GB/s (10⁹ bytes a second) of {}: median of {} rounds, in each of which everybody had {} ms.\n\
         \"÷\": rate over the rate of that row, of the other size or with one thread, in the same \
         round; median; above 1 is faster.\n",
        plan.clock,
        plan.rounds,
        plan.slice.as_millis()
    );
    for contest in contests {
        eprintln!("{} …", contest.subject);
        let all = measure::measure(&contest, plan);
        let one = all.iter().find(|series| series.threads == 1);
        for series in &all {
            println!("{}", table::render(&contest, series, one));
        }
    }
    Ok(())
}
