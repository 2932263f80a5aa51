//! What the rest of the process can still see of a secret. Linux only: it reads `/proc/self`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod keys;
mod scan;
mod schedule;

use std::fs::File;
use std::io::{BufRead, BufReader};

use sealkeep_crypto::{Secret, SecretVec};

use scan::{MASK, masked, occurrences, range};

/// The `VmFlags` of the mapping that holds this address (`proc_pid_smaps(5)`).
fn flags_at(address: u64) -> Vec<String> {
    let smaps = BufReader::new(File::open("/proc/self/smaps").unwrap());
    let mut inside = false;
    for line in smaps.lines().map(Result::unwrap) {
        if let Some(flags) = line.strip_prefix("VmFlags:") {
            if inside {
                return flags.split_whitespace().map(String::from).collect();
            }
        } else if line.split(' ').next().unwrap().contains('-') {
            let (start, end) = range(&line);
            inside = (start..end).contains(&address);
        }
    }
    panic!("no mapping holds {address:x}");
}

#[test]
fn a_secret_is_in_memory_once_and_then_no_more() {
    let secret = Secret::<32>::random();
    let pattern = masked(secret.expose());
    assert_eq!(occurrences(&pattern), 1, "moved or copied");

    let moved = Box::new(secret);
    let copy = moved.duplicate();
    assert_eq!(occurrences(&pattern), 2);
    drop(moved);
    assert_eq!(occurrences(&pattern), 1);
    drop(copy);
    assert_eq!(occurrences(&pattern), 0);

    for len in [100, 5000] {
        let pattern = masked(&sealkeep_crypto::random::array::<64>());
        let source: Vec<u8> = pattern.iter().map(|b| b ^ MASK).cycle().take(len).collect();
        let secret = SecretVec::from_vec(source);
        assert_eq!(occurrences(&pattern), len / 64, "the source was not erased");
        drop(secret);
        assert_eq!(occurrences(&pattern), 0);
    }
}

#[test]
fn secrets_are_locked_and_left_out_of_core_dumps() {
    let small = Secret::<32>::random();
    let large = SecretVec::zeroed(100_000);
    for address in [small.expose().as_ptr(), large.expose().as_ptr()] {
        let flags = flags_at(address as u64);
        assert!(flags.iter().any(|flag| flag == "dd"), "no MADV_DONTDUMP: {flags:?}");
        let locked = flags.iter().any(|flag| flag == "lo");
        assert!(locked || sealkeep_crypto::locked_memory().refused > 0, "{flags:?}");
    }
}
