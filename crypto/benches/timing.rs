//! Whether the time of an operation tells something about the key, the plaintext or the right tag.
//!
//! The method is that of Reparaz, Balasch and Verbauwhede, *Dude, is my code constant time?*
//! (ePrint 2016/1123): inputs of two classes in random order, and Welch's t for the hypothesis
//! that both take the same time on average. Interruptions are in the slow tail, so t is taken of
//! all measurements and of the fastest only, cut at a hundred places, and the largest counts.
//! Below 4.5 nothing is seen; above 10 there is a difference.
//!
//! - *key*, *seal*, *open*: always the same key and plaintext, or others each time.
//! - *refuse*: the tag is wrong in its first byte, or in its last.
//!
//! The last rows leak on purpose: if no difference is seen in them, more measurements are needed.
//!
//! ```text
//! cargo bench -p sealkeep-crypto --bench timing -- [MEASUREMENTS] [SUITE] [LEVEL]
//! ```
#![allow(clippy::print_stdout, reason = "the table is what it is for")]

use std::hint::black_box;
use std::time::Instant;

use sealkeep_crypto::{Aead, Level, NONCE_LEN, Suite, TAG_LEN, Tag, random};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if !args.iter().any(|arg| arg == "--bench") {
        return; // Not to be measured, but to be tested that it runs.
    }
    let count = args.iter().find_map(|arg| arg.parse().ok()).unwrap_or(MEASUREMENTS);
    let wanted = |names: &[&str], name: &str| {
        !args.iter().any(|arg| names.contains(&&**arg)) || args.iter().any(|arg| arg == name)
    };
    println!("| suite | level | operation | median | difference | t | measurements | seen |");
    println!("|---|---|---|---|---|---|---|---|");
    for suite in Suite::ALL.into_iter().filter(|suite| wanted(&SUITES, suite.name())) {
        for level in suite.levels().iter().filter(|level| wanted(&LEVELS, level.name())) {
            if !level.available() {
                println!("| {suite} | {level} | skipped: this processor lacks it |");
                continue;
            }
            for operation in Operation::ALL {
                println!("{}", row(suite, *level, operation, count));
            }
        }
    }
    let level = Suite::Sm4Gcm.level();
    for operation in Operation::LEAKING {
        println!("{}", row(Suite::Sm4Gcm, level, operation, count));
    }
}

/// What is measured.
#[derive(Clone, Copy, PartialEq)]
enum Operation {
    Key,
    Seal,
    Open,
    Refuse,
    /// Seals, and takes a branch for each bit of the key.
    BranchOnKey,
    /// Seals, and compares the tag up to the first difference.
    EndEarly,
}

impl Operation {
    const ALL: [Self; 4] = [Self::Key, Self::Seal, Self::Open, Self::Refuse];
    const LEAKING: [Self; 2] = [Self::BranchOnKey, Self::EndEarly];

    fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Seal => "seal",
            Self::Open => "open",
            Self::Refuse => "refuse",
            Self::BranchOnKey => "leak: seal, branch on bits of the key",
            Self::EndEarly => "leak: refuse, comparison that ends early",
        }
    }

    /// Whether the classes differ in where the tag is wrong, not in key and plaintext.
    fn has_wrong_tag(self) -> bool {
        matches!(self, Self::Refuse | Self::EndEarly)
    }

    /// Does it once, in `data`, and says how many nanoseconds it took. What comes before is the
    /// same for both classes, down to the memory it uses.
    fn time(self, suite: Suite, level: Level, input: &Input, data: &mut [u8]) -> u32 {
        let key = &input.key[..suite.key_len()];
        let make = || suite.aead_at(level, key).expect("it was there before");
        if self == Self::Key {
            return nanoseconds(make);
        }
        let aead = make();
        data.copy_from_slice(&input.data);
        match self {
            Self::Key | Self::Seal => nanoseconds(|| aead.seal(&NONCE, b"", data)),
            Self::BranchOnKey => nanoseconds(|| (aead.seal(&NONCE, b"", data), weight(key))),
            Self::EndEarly => {
                let wrong = input.spoil(aead.seal(&NONCE, b"", data));
                data.copy_from_slice(&input.data);
                nanoseconds(|| ends_early(&aead.seal(&NONCE, b"", data), &wrong))
            }
            Self::Open | Self::Refuse => {
                let tag = input.spoil(aead.seal(&NONCE, b"", data));
                nanoseconds(|| aead.open(&NONCE, b"", data, &tag))
            }
        }
    }
}

/// The bits that are set, counted one by one.
fn weight(key: &[u8]) -> u32 {
    let mut weight = 0;
    for byte in key {
        for bit in 0..8 {
            if black_box(byte >> bit & 1) == 1 {
                weight = black_box(weight + 1);
            }
        }
    }
    weight
}

fn ends_early(a: &Tag, b: &Tag) -> bool {
    a.iter().zip(b).all(|(a, b)| black_box(a) == b)
}

fn nanoseconds<T>(action: impl FnOnce() -> T) -> u32 {
    let start = Instant::now();
    let result = black_box(action());
    let time = start.elapsed();
    drop(result);
    time.as_nanos().try_into().unwrap_or(u32::MAX)
}

/// One measurement's.
#[derive(Clone)]
struct Input {
    second_class: bool,
    key: [u8; 32],
    data: Vec<u8>,
    /// The byte of the tag that will be wrong.
    wrong: Option<usize>,
}

impl Input {
    fn random(source: &mut Source) -> Self {
        let (mut key, mut data) = ([0; 32], vec![0; LEN]);
        source.fill(&mut key);
        source.fill(&mut data);
        Self { second_class: false, key, data, wrong: None }
    }

    /// Becomes one of either class by chance. Both are written with the same steps.
    fn draw(&mut self, operation: Operation, fixed: &Input, source: &mut Source) {
        let mut coin = [0];
        source.fill(&mut coin);
        source.fill(&mut self.key);
        source.fill(&mut self.data);
        self.second_class = coin[0] & 1 == 1;
        if operation.has_wrong_tag() {
            self.wrong = Some(if self.second_class { TAG_LEN - 1 } else { 0 });
        } else if !self.second_class {
            self.key = fixed.key;
            self.data.copy_from_slice(&fixed.data);
        }
    }

    fn spoil(&self, mut tag: Tag) -> Tag {
        if let Some(place) = self.wrong {
            tag[place] ^= 1;
        }
        tag
    }
}

/// Random bytes, faster than the system has them.
struct Source {
    aead: Box<dyn Aead>,
    messages: u64,
}

impl Source {
    fn new() -> Self {
        Self { aead: Suite::Aes256Gcm.aead(&random::array::<32>()), messages: 0 }
    }

    fn fill(&mut self, out: &mut [u8]) {
        let mut nonce = [0; NONCE_LEN];
        nonce[..8].copy_from_slice(&self.messages.to_le_bytes());
        self.messages += 1;
        out.fill(0);
        self.aead.seal(&nonce, b"", out);
    }
}

/// Measures, and gives a row of the table.
fn row(suite: Suite, level: Level, operation: Operation, count: usize) -> String {
    let mut source = Source::new();
    let fixed = Input::random(&mut source);
    let mut inputs = vec![fixed.clone(); POOL];
    let (mut data, mut times) = (vec![0; LEN], Vec::with_capacity(count + POOL));
    // The first pool warms up.
    while times.len() < count + POOL {
        inputs.iter_mut().for_each(|input| input.draw(operation, &fixed, &mut source));
        times.extend(
            inputs
                .iter()
                .map(|input| (operation.time(suite, level, input, &mut data), input.second_class)),
        );
    }
    let mut times = times.split_off(POOL);
    times.sort_unstable();
    let (t, difference) = largest(&times);
    let seen = match t.abs() {
        ..4.5 => "nothing",
        ..10.0 => "measure again",
        _ => "a difference",
    };
    let (median, count, name) = (times[times.len() / 2].0, times.len(), operation.name());
    format!(
        "| {suite} | {level} | {name} | {median} ns | {difference:.1} ns | {t:.1} | {count} | {seen} |"
    )
}

/// The t that is farthest from 0 among all places to cut, and the difference of the means there.
/// Equal times stay together, since among themselves they are sorted by class.
fn largest(sorted: &[(u32, bool)]) -> (f64, f64) {
    let len = sorted.len();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is below len")]
    let place = |i: i32| (len as f64 * (1.0 - 0.5_f64.powf(f64::from(i) / 10.0))) as usize;
    (1..=100)
        .map(|i| sorted.partition_point(|(time, _)| *time < sorted[place(i)].0))
        .chain([len])
        .map(|cut| welch(&sorted[..cut]))
        .filter(|(t, _)| t.is_finite())
        .max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))
        .unwrap_or_default()
}

/// Welch's t, and the difference of the means.
fn welch(times: &[(u32, bool)]) -> (f64, f64) {
    let moments = |class: bool| {
        let times =
            || times.iter().filter(|(_, is)| *is == class).map(|(time, _)| f64::from(*time));
        let count = times().count() as f64;
        let mean = times().sum::<f64>() / count;
        let variance = times().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let (first, second) = (moments(false), moments(true));
    let difference = second.0 - first.0;
    (difference / (first.1 + second.1).sqrt(), difference)
}

/// In a row, unless said otherwise.
const MEASUREMENTS: usize = 100_000;
/// Inputs made at a time.
const POOL: usize = 500;
/// Two batches of the widest kernel and something.
const LEN: usize = 4096 + 37;
const NONCE: [u8; NONCE_LEN] = *b"twelve bytes";

const SUITES: [&str; 2] = [Suite::ALL[0].name(), Suite::ALL[1].name()];
const LEVELS: [&str; 5] = [
    Level::ALL[0].name(),
    Level::ALL[1].name(),
    Level::ALL[2].name(),
    Level::ALL[3].name(),
    Level::ALL[4].name(),
];
