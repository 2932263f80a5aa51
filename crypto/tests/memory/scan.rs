//! Looks for byte strings in the memory of this process.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};

/// So that looking for a secret does not mean having it: the pattern is kept masked.
pub(crate) const MASK: u8 = 0xA5;

/// A secret as it may be kept for looking.
pub(crate) fn masked(secret: &[u8]) -> Vec<u8> {
    secret.iter().map(|byte| byte ^ MASK).collect()
}

/// How often the pattern occurs in the writable memory of this process.
pub(crate) fn occurrences(masked: &[u8]) -> usize {
    all_occurrences(&[masked.to_vec()])[0]
}

/// How often each of the patterns, of two bytes at least, occurs in the writable memory of this
/// process.
pub(crate) fn all_occurrences(patterns: &[Vec<u8>]) -> Vec<usize> {
    // One at a time: scans would look through each other's buffers.
    static SCAN: Mutex<()> = Mutex::new(());
    let _alone = SCAN.lock().unwrap_or_else(PoisonError::into_inner);
    // Most places are ruled out by their first two bytes.
    let mut possible = vec![false; 1 << 16];
    for pattern in patterns {
        possible[first_two(pattern, MASK)] = true;
    }
    let memory = File::open("/proc/self/mem").unwrap();
    let overlap = patterns.iter().map(Vec::len).max().unwrap_or(0);
    let mut buffer = vec![0; PIECE + overlap];
    let mut counts = vec![0; patterns.len()];
    for (start, end) in writable_mappings() {
        for piece in (start..end).step_by(PIECE) {
            // What begins in this piece may end in the next.
            let length = buffer.len().min(usize::try_from(end - piece).unwrap());
            // What was read before is not to be found again where the buffer itself lies.
            buffer.fill(0);
            // Some mappings (device pages) cannot be read this way; they hold no secrets either.
            if memory.read_exact_at(&mut buffer[..length], piece).is_err() {
                continue;
            }
            for at in 0..PIECE.min(length - 1) {
                if possible[first_two(&buffer[at..], 0)] {
                    for (count, pattern) in counts.iter_mut().zip(patterns) {
                        *count += usize::from(matches(&buffer[at..length], pattern));
                    }
                }
            }
        }
    }
    // The copy would be found by the next scan.
    buffer.fill(0);
    std::hint::black_box(&buffer);
    counts
}

/// How much memory is looked through at a time. The copy is itself writable memory.
const PIECE: usize = 1 << 20;

fn first_two(bytes: &[u8], mask: u8) -> usize {
    usize::from(u16::from_le_bytes([bytes[0] ^ mask, bytes[1] ^ mask]))
}

fn matches(bytes: &[u8], masked: &[u8]) -> bool {
    bytes.len() >= masked.len()
        && bytes.iter().zip(masked).all(|(byte, masked)| *byte == masked ^ MASK)
}

fn writable_mappings() -> Vec<(u64, u64)> {
    let maps = BufReader::new(File::open("/proc/self/maps").unwrap());
    maps.lines()
        .map(Result::unwrap)
        .filter(|line| line.split(' ').nth(1).unwrap().starts_with("rw"))
        .map(|line| range(&line))
        .collect()
}

/// The addresses at the beginning of a line about a mapping.
pub(crate) fn range(line: &str) -> (u64, u64) {
    let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
    (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap())
}
