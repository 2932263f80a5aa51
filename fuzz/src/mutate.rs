//! Changes to well-formed inputs that find what parsers overlook.

/// A source of changed inputs; the same seed gives the same inputs.
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// Starts the sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Mutator { state: seed ^ 0x9E37_79B9_7F4A_7C15 }
    }

    /// One of `seeds` with one to eight changes, now and then pure noise.
    pub fn next(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        if self.below(64) == 0 {
            let len = self.below(512);
            return (0..len).map(|_| self.byte()).collect();
        }
        let mut input = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(8) {
            let other = &seeds[self.below(seeds.len())];
            self.change(&mut input, other);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(input.len().max(1));
        let len = 1 + self.below(16);
        let end = (at + len).min(input.len());
        match self.below(9) {
            0 if !input.is_empty() => input[at] ^= 1 << self.below(8),
            1 if !input.is_empty() => input[at] = self.byte(),
            2 if !input.is_empty() => input[at] = [0, 1, 0x7F, 0x80, 0xFF][self.below(5)],
            3 => input.truncate(at),
            4 if end > at => drop(input.drain(at..end)),
            5 if end > at => {
                let piece = input[at..end].to_vec();
                input.splice(at..at, piece);
            }
            6 if !other.is_empty() => {
                let from = self.below(other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            7 => input.extend((0..len).map(|_| self.byte())),
            // Lengths and counts: big-endian numbers a little or a lot off.
            _ if end > at + 1 => {
                let number = u16::from_be_bytes([input[at], input[at + 1]]);
                let off = [1, 2, 16, 255, 4096][self.below(5)];
                let changed = if self.below(2) == 0 {
                    number.wrapping_add(off)
                } else {
                    number.wrapping_sub(off)
                };
                input[at..at + 2].copy_from_slice(&changed.to_be_bytes());
            }
            _ => input.push(self.byte()),
        }
    }

    fn byte(&mut self) -> u8 {
        self.word().to_be_bytes()[0]
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("lengths fit 64 bits");
        usize::try_from(self.word() % end.max(1)).expect("it is below a usize")
    }

    /// splitmix64: well mixed, and a dependency less.
    fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }
}
