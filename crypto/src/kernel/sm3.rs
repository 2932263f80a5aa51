//! SM3 (GB/T 32905-2016) of many messages at a time, one in each 32-bit word of a vector.
//!
//! The standard numbers bytes of a word from the high end, so words are reversed on the way in
//! and out. All messages advance block by block together. Where one ends another one takes its
//! place, so their lengths may differ; the lengths are all that the order of work depends on.

use crate::lowlevel::cpu::{Cpu, Task};
use crate::lowlevel::vector::{MAX_LEN, Words};
use crate::{HASH_LEN, Suite};

type Block = [u8; 64];

/// Places for messages in the widest vector.
const MAX_PLACES: usize = 16;

/// The hash of each message, if this processor has the instructions.
pub(crate) fn hash_many<V: Words>(messages: &[&[u8]]) -> Option<Vec<[u8; HASH_LEN]>> {
    let cpu = V::Cpu::detect()?;
    let mut hashes = vec![[0; HASH_LEN]; messages.len()];
    cpu.run(HashMany::<V> { cpu, messages, hashes: &mut hashes });
    Some(hashes)
}

struct HashMany<'a, V: Words> {
    cpu: V::Cpu,
    messages: &'a [&'a [u8]],
    hashes: &'a mut [[u8; HASH_LEN]],
}

impl<V: Words> Task for HashMany<'_, V> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Self { cpu, messages, hashes } = self;
        let mut places = [Place::EMPTY; MAX_PLACES];
        let places = &mut places[..V::LEN / 4];
        let mut states = States::new();
        let mut begun = 0;
        loop {
            for (i, place) in places.iter_mut().enumerate() {
                if let Some(index) = place.ended() {
                    hashes[index] = states.hash(i);
                }
            }
            if places.iter().all(Place::is_empty) && !pays(&messages[begun..]) {
                for (hash, message) in hashes[begun..].iter_mut().zip(&messages[begun..]) {
                    *hash = crate::hash(Suite::Sm4Gcm, &[message]);
                }
                return;
            }
            for (i, place) in places.iter_mut().enumerate() {
                if place.is_empty() && begun < messages.len() {
                    *place = Place::new(messages[begun], begun);
                    states.start(i);
                    begun += 1;
                }
            }
            let (blocks, count) = next_blocks(places);
            states.compress::<V>(cpu, &blocks, count);
            for place in places.iter_mut() {
                place.advance(count);
            }
        }
    }
}

/// Whether it is worth while to begin with these messages, when no others are in work. As many
/// steps are needed as the longest message has blocks, and a step takes as long as a block takes
/// the `sm3` crate 1.5 (AVX-512) to 1.9 times; so the others together should have as many blocks
/// again. Two of equal length are hashed 1.1 to 1.4 times as fast, sixteen 2.2 to 10.5 times.
fn pays(messages: &[&[u8]]) -> bool {
    let (mut sum, mut longest) = (0, 0);
    for message in messages {
        let blocks = message.len() / 64 + 1;
        sum += blocks;
        longest = longest.max(blocks);
    }
    !messages.is_empty() && sum >= 2 * longest
}

/// The blocks to come for each place, and how many can be done before a place runs out of them.
/// Empty places repeat what another one does, to no effect.
fn next_blocks<'a>(places: &'a [Place<'_>]) -> ([&'a [Block]; MAX_PLACES], usize) {
    let shortest = places.iter().filter(|place| !place.is_empty()).map(Place::rest);
    let shortest = shortest.min_by_key(|rest| rest.len()).unwrap_or_default();
    let mut blocks = [shortest; MAX_PLACES];
    for (blocks, place) in blocks.iter_mut().zip(places) {
        if !place.is_empty() {
            *blocks = place.rest();
        }
    }
    (blocks, shortest.len())
}

/// A place for a message, and what there is still to hash of it.
struct Place<'a> {
    /// Which message; `None` if the place is empty.
    index: Option<usize>,
    /// The blocks to come that are whole.
    whole: &'a [Block],
    /// The end of the message, padded, in the last one or two of these.
    end: [Block; 2],
    /// How many of those are done or not needed.
    end_done: usize,
}

impl<'a> Place<'a> {
    const EMPTY: Self = Self { index: None, whole: &[], end: [[0; 64]; 2], end_done: 2 };

    /// §5.2: a one bit, zeros, and the number of bits of the message.
    fn new(message: &'a [u8], index: usize) -> Self {
        let (whole, rest) = message.as_chunks();
        let mut end = [[0; 64]; 2];
        let end_done = usize::from(rest.len() < 64 - 8);
        let padded = &mut end.as_flattened_mut()[64 * end_done..];
        padded[..rest.len()].copy_from_slice(rest);
        padded[rest.len()] = 0x80;
        end[1][64 - 8..].copy_from_slice(&(message.len() as u64 * 8).to_be_bytes());
        Self { index: Some(index), whole, end, end_done }
    }

    fn is_empty(&self) -> bool {
        self.index.is_none()
    }

    /// The blocks to come that lie one behind the other.
    fn rest(&self) -> &[Block] {
        if self.whole.is_empty() { &self.end[self.end_done..] } else { self.whole }
    }

    /// Leaves out this many of them.
    fn advance(&mut self, count: usize) {
        if self.whole.is_empty() {
            self.end_done = (self.end_done + count).min(2);
        } else {
            self.whole = &self.whole[count..];
        }
    }

    /// Makes the place empty, if its message has just ended, and says which one that was.
    fn ended(&mut self) -> Option<usize> {
        if self.rest().is_empty() { self.index.take() } else { None }
    }
}

/// The words A to H of §5.3.3 of all messages.
struct States([[u8; MAX_LEN]; 8]);

impl States {
    fn new() -> Self {
        Self([[0; MAX_LEN]; 8])
    }

    /// Begins a message.
    fn start(&mut self, place: usize) {
        for (words, iv) in self.0.iter_mut().zip(IV) {
            words[4 * place..][..4].copy_from_slice(&iv.to_le_bytes());
        }
    }

    /// §5.4: the hash of a message that has ended.
    fn hash(&self, place: usize) -> [u8; HASH_LEN] {
        let mut hash = [0; HASH_LEN];
        for (hash, words) in hash.chunks_exact_mut(4).zip(&self.0) {
            hash.copy_from_slice(&words[4 * place..][..4]);
            hash.reverse();
        }
        hash
    }

    /// §5.3.1: the first `count` blocks for each place.
    #[inline(always)]
    fn compress<V: Words>(&mut self, cpu: V::Cpu, blocks: &[&[Block]; MAX_PLACES], count: usize) {
        let [a, b, c, d, e, f, g, h] = &self.0;
        let mut state = [
            V::load(cpu, a),
            V::load(cpu, b),
            V::load(cpu, c),
            V::load(cpu, d),
            V::load(cpu, e),
            V::load(cpu, f),
            V::load(cpu, g),
            V::load(cpu, h),
        ];
        for i in 0..count {
            let before = state;
            state = rounds(state, load(cpu, blocks, i));
            for (word, before) in state.iter_mut().zip(before) {
                *word = word.xor(before);
            }
        }
        for (bytes, word) in self.0.iter_mut().zip(state) {
            word.store(bytes);
        }
    }
}

/// The words A to H.
type State<V> = [V; 8];
/// Sixteen words of the expanded message, word j at j mod 16.
type Schedule<V> = [V; 16];

/// The sixteen words of block i of each message.
#[inline(always)]
fn load<V: Words>(cpu: V::Cpu, blocks: &[&[Block]; MAX_PLACES], i: usize) -> Schedule<V> {
    let rows = [
        load_quarters(cpu, blocks, i, 0),
        load_quarters(cpu, blocks, i, 1),
        load_quarters(cpu, blocks, i, 2),
        load_quarters(cpu, blocks, i, 3),
    ];
    let [a, b, c, d] = words(rows, 0);
    let [e, f, g, h] = words(rows, 1);
    let [j, k, l, m] = words(rows, 2);
    let [n, o, p, q] = words(rows, 3);
    [a, b, c, d, e, f, g, h, j, k, l, m, n, o, p, q]
}

/// The four quarters of block i of every fourth message from `first` on, a message in each lane.
#[inline(always)]
fn load_quarters<V: Words>(
    cpu: V::Cpu,
    blocks: &[&[Block]; MAX_PLACES],
    i: usize,
    first: usize,
) -> [V; 4] {
    let mut lanes = [&blocks[first][i]; 4];
    for lane in 1..V::LEN / 16 {
        lanes[lane] = &blocks[4 * lane + first][i];
    }
    V::load_quarters(cpu, &lanes)
}

/// Exchanges rows and columns of the 4 × 4 words in each lane, for one quarter of the blocks.
#[inline(always)]
fn words<V: Words>(rows: [[V; 4]; 4], quarter: usize) -> [V; 4] {
    let a = rows[0][quarter].reverse_words();
    let b = rows[1][quarter].reverse_words();
    let c = rows[2][quarter].reverse_words();
    let d = rows[3][quarter].reverse_words();
    let ((a, c), (b, d)) = (a.interleave_words(c), b.interleave_words(d));
    let ((a, b), (c, d)) = (a.interleave_words(b), c.interleave_words(d));
    [a, b, c, d]
}

/// §5.3.2 and §5.3.3 at once, but for adding the state there was before.
#[inline(always)]
fn rounds<V: Words>(mut s: State<V>, mut w: Schedule<V>) -> State<V> {
    s = four::<V, 0, false, true>(s, &mut w, &CONSTANTS[0]);
    s = four::<V, 4, false, true>(s, &mut w, &CONSTANTS[1]);
    s = four::<V, 8, false, true>(s, &mut w, &CONSTANTS[2]);
    s = four::<V, 12, false, true>(s, &mut w, &CONSTANTS[3]);
    for constants in CONSTANTS[4..12].as_chunks::<4>().0 {
        s = four::<V, 0, true, true>(s, &mut w, &constants[0]);
        s = four::<V, 4, true, true>(s, &mut w, &constants[1]);
        s = four::<V, 8, true, true>(s, &mut w, &constants[2]);
        s = four::<V, 12, true, true>(s, &mut w, &constants[3]);
    }
    s = four::<V, 0, true, true>(s, &mut w, &CONSTANTS[12]);
    s = four::<V, 4, true, false>(s, &mut w, &CONSTANTS[13]);
    s = four::<V, 8, true, false>(s, &mut w, &CONSTANTS[14]);
    four::<V, 12, true, false>(s, &mut w, &CONSTANTS[15])
}

/// Four rounds from j on, where j mod 16 is `AT`; `LATE` if j ≥ 16. Each replaces word j by word
/// j + 16, if it will be needed (`EXPAND`).
#[inline(always)]
fn four<V: Words, const AT: usize, const LATE: bool, const EXPAND: bool>(
    mut s: State<V>,
    w: &mut Schedule<V>,
    constants: &[u32; 4],
) -> State<V> {
    s = round::<V, LATE>(s, constants[0], w[AT], w[(AT + 4) % 16]);
    if EXPAND {
        w[AT] = expand(w, AT);
    }
    s = round::<V, LATE>(s, constants[1], w[AT + 1], w[(AT + 5) % 16]);
    if EXPAND {
        w[AT + 1] = expand(w, AT + 1);
    }
    s = round::<V, LATE>(s, constants[2], w[AT + 2], w[(AT + 6) % 16]);
    if EXPAND {
        w[AT + 2] = expand(w, AT + 2);
    }
    s = round::<V, LATE>(s, constants[3], w[AT + 3], w[(AT + 7) % 16]);
    if EXPAND {
        w[AT + 3] = expand(w, AT + 3);
    }
    s
}

/// §5.3.3: one round, with W\[j\] and W\[j + 4\].
#[inline(always)]
fn round<V: Words, const LATE: bool>(s: State<V>, constant: u32, w: V, w_4: V) -> State<V> {
    let [a, b, c, d, e, f, g, h] = s;
    let constant = V::splat(a.cpu(), constant.to_le_bytes());
    let a_12 = a.rotate::<12>();
    let ss1 = e.add_words(constant).add_words(a_12).rotate::<7>();
    let ss2 = ss1.xor(a_12);
    let ff = if LATE { a.majority(b, c) } else { a.xor3(b, c) };
    let gg = if LATE { e.choose(f, g) } else { e.xor3(f, g) };
    let tt1 = ff.add_words(d).add_words(w.xor(w_4)).add_words(ss2);
    let tt2 = gg.add_words(h).add_words(w).add_words(ss1);
    // P0 of §4.4.
    let p0 = tt2.xor_rotated::<9, 17>();
    [tt1, a, b.rotate::<9>(), c, p0, e, f.rotate::<19>(), g]
}

/// §5.3.2 b): word j + 16, from the sixteen words from j on.
#[inline(always)]
fn expand<V: Words>(w: &Schedule<V>, j: usize) -> V {
    let x = w[j].xor3(w[(j + 7) % 16], w[(j + 13) % 16].rotate::<15>());
    // P1 of §4.4.
    let p1 = x.xor_rotated::<15, 23>();
    p1.xor3(w[(j + 3) % 16].rotate::<7>(), w[(j + 10) % 16])
}

/// The initial value, §4.1.
const IV: [u32; 8] = [
    0x7380_166F,
    0x4914_B2B9,
    0x1724_42D7,
    0xDA8A_0600,
    0xA96F_30BC,
    0x1631_38AA,
    0xE38D_EE4D,
    0xB0FB_0E4E,
];

/// The constants of the rounds, §4.2: T\[j\] ⋘ j.
const CONSTANTS: [[u32; 4]; 16] = {
    let mut constants = [[0; 4]; 16];
    let (mut j, mut t) = (0, 0x79CC_4519_u32);
    while j < 64 {
        if j == 16 {
            t = 0x7A87_9D8A_u32.rotate_left(16);
        }
        constants[j / 4][j % 4] = t;
        t = t.rotate_left(1);
        j += 1;
    }
    constants
};
