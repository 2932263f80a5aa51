//! Timing, fair to everybody on a machine whose clock wanders.
//!
//! Contenders take turns in slices of some milliseconds, at each size; a contender's turn is one
//! slice for each number of threads. A round is one turn of everybody at every size, and each round
//! begins with another contender. What slows the machine for a second slows all of a round, so that
//! ratios within a round hold.
//!
//! **Opening.** It works in place, so that each opening needs a ciphertext of its own, and a copy
//! made for it would be a good part of what is timed. Here a thread has a buffer of 1 MiB full of
//! messages. One pass seals all of them, the next opens all of them with the tags that the first
//! one gave: each leaves behind what the other needs, nothing is copied, and every opening verifies
//! and succeeds. The clock is read between passes, not between messages. The buffer is the same
//! memory for all contenders and for all sizes, and fits into the second-level cache of current
//! processors. Hashing goes over the same buffer.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::Duration;

use crate::clock::Clock;
use crate::contender::{Nonce, Tag, Worker};
use crate::contest::Contest;

/// The sizes of messages.
pub const SIZES: [(&str, usize); 3] =
    [("16 KiB", 16 << 10), ("64 KiB", 64 << 10), ("1 MiB", 1 << 20)];

/// Bytes that one pass goes over.
const BUFFER: usize = 1 << 20;
/// Messages begin at a line of the cache, and not all at the same place of a page.
const LINE: usize = 64;
const AAD: &[u8] = b"sixteen bytes...";

/// 10⁹ bytes a second, of each operation in the order of [`Subject::operations`].
///
/// [`Subject::operations`]: crate::contest::Subject::operations
pub type Rates = [f64; 2];

/// How long, how often, how many at once.
#[derive(Debug)]
pub struct Plan {
    /// Slices of every contender in every case.
    pub rounds: usize,
    /// What a slice takes at least.
    pub slice: Duration,
    /// Numbers of threads, one case each.
    pub threads: Vec<usize>,
    /// Which time is taken.
    pub clock: Clock,
}

/// What came out at one number of threads.
pub struct Series {
    /// How many threads worked at once.
    pub threads: usize,
    /// By size, by contender, by round.
    pub rates: Vec<Vec<Vec<Rates>>>,
}

/// Measures all contenders of a contest.
pub fn measure(contest: &Contest, plan: &Plan) -> Vec<Series> {
    let count = contest.contenders.len();
    let most = plan.threads.iter().copied().max().unwrap_or(0);
    let mut lanes: Vec<Lane> = (0..most).map(|_| Lane::new(plan.clock)).collect();
    let mut workers = workers(contest, most);
    let empty = || vec![vec![Vec::new(); count]; SIZES.len()];
    let series = |&threads| Series { threads, rates: empty() };
    let mut all: Vec<Series> = plan.threads.iter().map(series).collect();
    for round in 0..plan.rounds {
        for (size, (_, len)) in SIZES.into_iter().enumerate() {
            for index in (0..count).map(|turn| (round + turn) % count) {
                for series in &mut all {
                    let workers = &mut workers[index][..series.threads];
                    let rates = slice(workers, &mut lanes, len, plan.slice);
                    series.rates[size][index].push(rates);
                }
            }
        }
    }
    all
}

/// By contender, by thread: each thread has a key of its own.
fn workers(contest: &Contest, threads: usize) -> Vec<Vec<Worker>> {
    let keys: Vec<Vec<u8>> =
        (1..).map(|thread| vec![thread; contest.subject.key_len()]).take(threads).collect();
    let of = |key: &Vec<u8>, index: usize| contest.contenders[index].worker(key);
    (0..contest.contenders.len())
        .map(|index| keys.iter().map(|key| of(key, index)).collect())
        .collect()
}

/// Lets every worker run in its thread, all at once; the sum of their rates.
fn slice(workers: &mut [Worker], lanes: &mut [Lane], len: usize, budget: Duration) -> Rates {
    let barrier = &Barrier::new(workers.len());
    std::thread::scope(|scope| {
        let run = |(worker, lane): (&'_ mut Worker, &'_ mut Lane)| {
            barrier.wait();
            lane.pass(worker, len); // not counted: it warms up
            lane.run(worker, len, budget)
        };
        let threads: Vec<_> =
            workers.iter_mut().zip(lanes).map(|pair| scope.spawn(move || run(pair))).collect();
        threads.into_iter().fold([0.0; 2], |sum, thread| {
            let rates = thread.join().expect("a contender fails at what it did before");
            [sum[0] + rates[0], sum[1] + rates[1]]
        })
    })
}

/// The memory of one thread.
struct Lane {
    buffer: Vec<u8>,
    tags: Vec<Tag>,
    messages: u64,
    clock: Clock,
}

impl Lane {
    fn new(clock: Clock) -> Self {
        let most = BUFFER / SIZES[0].1;
        let buffer = vec![0x5e; BUFFER + (most + 1) * LINE];
        Self { buffer, tags: vec![Tag::default(); most], messages: 0, clock }
    }

    /// Passes until the slice is over.
    fn run(&mut self, worker: &mut Worker, len: usize, budget: Duration) -> Rates {
        let (mut spent, mut bytes) = ([Duration::ZERO; 2], 0.0);
        while spent[0] + spent[1] < budget {
            let times = self.pass(worker, len);
            spent = [spent[0] + times[0], spent[1] + times[1]];
            bytes += BUFFER as f64;
        }
        spent.map(|time| bytes / time.as_secs_f64() / 1e9)
    }

    /// Seals everything, then opens everything; or hashes everything.
    fn pass(&mut self, worker: &mut Worker, len: usize) -> [Duration; 2] {
        let start = self.buffer.as_ptr().align_offset(LINE);
        let messages = BUFFER / len;
        let buffer = &mut self.buffer[start..][..messages * (len + LINE)];
        let first = self.messages;
        self.messages += messages as u64;
        let begun = self.clock.now();
        match worker {
            Worker::Hash(hash) => {
                for message in buffer.chunks_exact(len + LINE) {
                    black_box(hash(&message[..len]));
                }
                [self.clock.now() - begun, Duration::ZERO]
            }
            Worker::HashParts(hash) => {
                for message in buffer.chunks_exact(len + LINE) {
                    black_box(hash(&message[..len]));
                }
                [self.clock.now() - begun, Duration::ZERO]
            }
            Worker::Aead(aead) => {
                let data = buffer.chunks_exact_mut(len + LINE).zip(first..);
                for ((message, number), tag) in data.zip(&mut self.tags) {
                    *tag = aead.seal(&nonce(number), AAD, &mut message[..len]);
                }
                let sealed = self.clock.now();
                let data = buffer.chunks_exact_mut(len + LINE).zip(first..);
                for ((message, number), tag) in data.zip(&self.tags) {
                    assert!(aead.open(&nonce(number), AAD, &mut message[..len], tag));
                }
                [sealed - begun, self.clock.now() - sealed]
            }
        }
    }
}

/// A nonce for each message of a lane, whoever seals it.
fn nonce(number: u64) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    nonce
}
