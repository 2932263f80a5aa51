//! What the rest of the process can still see of a secret. Linux only: it reads `/proc/self`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;

use sealkeep_crypto::{BlockCipher, Secret, SecretVec, Suite};

/// So that looking for a secret does not mean having it: the pattern is kept masked.
const MASK: u8 = 0xA5;

fn masked(secret: &[u8]) -> Vec<u8> {
    secret.iter().map(|byte| byte ^ MASK).collect()
}

/// How often the pattern occurs in the writable memory of this process.
fn occurrences(masked: &[u8]) -> usize {
    let memory = File::open("/proc/self/mem").unwrap();
    let mut buffer = Vec::new();
    let mut count = 0;
    for (start, end) in writable_mappings() {
        let length = usize::try_from(end - start).unwrap();
        buffer.clear();
        buffer.resize(length, 0);
        // Some mappings (device pages) cannot be read this way; they hold no secrets either.
        if memory.read_exact_at(&mut buffer, start).is_ok() {
            count += buffer.windows(masked.len()).filter(|window| matches(window, masked)).count();
        }
        // The copy would be found by the next scan.
        buffer.fill(0);
    }
    std::hint::black_box(&buffer);
    count
}

fn matches(window: &[u8], masked: &[u8]) -> bool {
    window.iter().zip(masked).all(|(byte, masked)| *byte == masked ^ MASK)
}

fn writable_mappings() -> Vec<(u64, u64)> {
    let maps = BufReader::new(File::open("/proc/self/maps").unwrap());
    maps.lines()
        .map(Result::unwrap)
        .filter(|line| line.split(' ').nth(1).unwrap().starts_with("rw"))
        .map(|line| range(&line))
        .collect()
}

fn range(line: &str) -> (u64, u64) {
    let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
    (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap())
}

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

/// What a key is expanded to: the round keys of AES begin with the key itself; the powers of the
/// hash key end with the hash key times x.
#[test]
fn an_expanded_key_is_erased() {
    for suite in Suite::ALL {
        for level in &suite.levels()[1..] {
            let key = Secret::<32>::random();
            let key_bytes = &key.expose()[..suite.key_len()];
            let key_pattern = masked(key_bytes);
            let (hash_key, twisted) = hash_key_patterns(suite, key_bytes);
            let Some(aead) = suite.aead_at(*level, key_bytes) else {
                println!("skipped: {suite} at {level}, which this processor lacks");
                continue;
            };
            aead.seal(&[1; 12], b"aad", &mut [2; 5000]);
            let round_keys = usize::from(suite == Suite::Aes256Gcm);
            let what = format!("{suite} at {level}");
            assert_eq!(occurrences(&key_pattern), 1 + round_keys, "{what}: the key");
            assert_eq!(occurrences(&twisted), 1, "{what}: the powers of the hash key");
            drop(aead);
            assert_eq!(occurrences(&key_pattern), 1, "{what}: the key");
            assert_eq!(occurrences(&twisted), 0, "{what}: the powers of the hash key");
            assert_eq!(occurrences(&hash_key), 0, "{what}: the hash key");
        }
    }
}

/// H (SP 800-38D §7.1 step 1), and H · x as the kernels keep it.
fn hash_key_patterns(suite: Suite, key: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut block = [0; 16];
    BlockCipher::new(suite, key).encrypt(&mut block);
    let mut h = u128::from_be_bytes(block);
    let carry = h >> 127;
    let mut twisted = (h << 1 ^ carry.wrapping_neg() & (0xC2 << 120 | 1)).to_le_bytes();
    let patterns = (masked(&block), masked(&twisted));
    block.fill(0);
    twisted.fill(0);
    h = 0;
    std::hint::black_box((&block, &twisted, h));
    patterns
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
