//! Which parts are read back when a tenth is to be enough (SP 800-88 r1 §4.7).

use sealkeep_crypto::random;

const BLOCK: u64 = 4096;
const SECTIONS: u64 = 1000;

/// Two random samples in each of 1,000 equal sections, each a twentieth of the section and not overlapping, and the first
/// and the last block. Other places every time. Where sections would be less than 40 blocks, everything.
pub(super) fn pick(ranges: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let total: u64 = ranges.iter().map(|(_, length)| length).sum();
    let section = total / SECTIONS / BLOCK * BLOCK;
    if section < 40 * BLOCK {
        return ranges.to_vec();
    }
    let sample = (section / 20).next_multiple_of(BLOCK);
    let mut picked = vec![(0, BLOCK)];
    for number in 0..total.div_ceil(section) {
        let start = number * section;
        let half = (section.min(total - start) / 2) / BLOCK * BLOCK;
        for start in [start, start + half] {
            let room = half.saturating_sub(sample) / BLOCK + 1;
            let at = start + below(room) * BLOCK;
            picked.push((at, sample.min(total - at)));
        }
    }
    picked.push((total - 1 - (total - 1) % BLOCK, 1 + (total - 1) % BLOCK));
    picked.sort_unstable();
    spread(ranges, &merged(&picked))
}

/// A random number below `limit`; which one is no secret, so the slight preference of small ones does not matter.
fn below(limit: u64) -> u64 {
    u64::from_be_bytes(random::array()) % limit
}

/// Joins what overlaps.
fn merged(sorted: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for &(start, length) in sorted {
        match merged.last_mut() {
            Some((first, long)) if start <= *first + *long => {
                *long = (*long).max(start + length - *first);
            }
            _ => merged.push((start, length)),
        }
    }
    merged
}

/// Offsets in all ranges together → offsets in the file.
fn spread(ranges: &[(u64, u64)], picked: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut spread = Vec::new();
    let mut before = 0;
    for &(offset, length) in ranges {
        let from = picked.partition_point(|&(start, long)| start + long <= before);
        for &(start, long) in &picked[from..] {
            let (first, end) = (start.max(before), (start + long).min(before + length));
            if first >= before + length {
                break;
            }
            spread.push((offset + (first - before), end - first));
        }
        before += length;
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(ranges: &[(u64, u64)], byte: u64) -> bool {
        ranges.iter().any(|&(start, length)| (start..start + length).contains(&byte))
    }

    #[test]
    fn a_tenth_of_every_section_and_both_ends_are_picked() {
        let gib = 1 << 30;
        let ranges = [(0, gib), (3 * gib, 7 * gib + 5)];
        let total = 8 * gib + 5;
        let picked = pick(&ranges);
        let sum: u64 = picked.iter().map(|(_, length)| length).sum();
        assert!(sum >= total / 10 && sum < total / 8, "{sum}");
        assert!(covered(&picked, 0) && covered(&picked, 10 * gib + 4));
        for &(start, length) in &picked {
            assert!(
                ranges.iter().any(|&(from, long)| from <= start && start + length <= from + long)
            );
        }
        let section = total / 1000;
        for number in 0..1000 {
            let (from, to) = (number * section, (number + 1) * section);
            let place = |byte: u64| if byte < gib { byte } else { byte + 2 * gib };
            assert!((from..to).step_by(4096).any(|byte| covered(&picked, place(byte))), "{number}");
        }
        assert_ne!(pick(&ranges), picked);
    }

    #[test]
    fn small_targets_are_read_whole() {
        assert_eq!(pick(&[(0, 4096), (8192, 100)]), [(0, 4096), (8192, 100)]);
    }
}
