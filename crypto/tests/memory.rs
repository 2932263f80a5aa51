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

/// What a key is expanded to: the round keys of AES begin with the key itself, those of SM4 with
/// another word; the powers of the hash key end with the hash key times x.
#[test]
fn an_expanded_key_is_erased() {
    for suite in Suite::ALL {
        // `tests/levels.rs` names the levels that this processor lacks.
        for level in suite.levels()[1..].iter().filter(|level| level.available()) {
            let key = Secret::<32>::random();
            let key_bytes = &key.expose()[..suite.key_len()];
            let what = format!("{suite} at {level}");
            let (hash_key, twisted) = hash_key_patterns(suite, key_bytes);
            let (round_key, expected) = match suite {
                Suite::Aes256Gcm => (masked(key_bytes), 1),
                Suite::Sm4Gcm => (sm4_round_key_pattern(key_bytes), 0),
            };
            assert_eq!(occurrences(&round_key), expected, "{what}: the round key at first");
            let aead = suite.aead_at(*level, key_bytes).unwrap();
            aead.seal(&[1; 12], b"aad", &mut [2; 5000]);
            assert_eq!(occurrences(&round_key), 1 + expected, "{what}: the round key");
            assert_eq!(occurrences(&twisted), 1, "{what}: the powers of the hash key");
            drop(aead);
            assert_eq!(occurrences(&round_key), expected, "{what}: the round key at last");
            assert_eq!(occurrences(&twisted), 0, "{what}: the powers of the hash key at last");
            assert_eq!(occurrences(&hash_key), 0, "{what}: the hash key at last");

            if let Some(cipher) = BlockCipher::at(*level, suite, key_bytes) {
                cipher.encrypt(&mut [3; 16]);
                assert_eq!(occurrences(&round_key), 2, "{what}: forth and back");
                drop(cipher);
                assert_eq!(occurrences(&round_key), 0, "{what}: the round key of single blocks");
            }
        }
    }
}

/// The first round key of SM4 as the kernels keep it (`kernel/sm4.rs`): each byte multiplied by a
/// matrix, with a constant, and four times.
fn sm4_round_key_pattern(key: &[u8]) -> Vec<u8> {
    const FK: [u32; 4] = [0xA3B1_BAC6, 0x56AA_3350, 0x677D_9197, 0xB270_22DC];
    const CK_0: u32 = 0x0007_0E15;
    const PRE: [u8; 8] = 0x4C28_7DB9_1A22_505D_u64.to_be_bytes();
    let word = |i: usize| u32::from_be_bytes(key[4 * i..4 * i + 4].try_into().unwrap()) ^ FK[i];
    let bytes = (word(1) ^ word(2) ^ word(3) ^ CK_0).to_be_bytes().map(sm4_box);
    let b = u32::from_be_bytes(bytes);
    let round_key = word(0) ^ b ^ b.rotate_left(13) ^ b.rotate_left(23);
    let entered = round_key.to_be_bytes().map(|byte| {
        let bit = |(i, row): (usize, &u8)| u8::from((row & byte).count_ones() % 2 == 1) << i;
        PRE.iter().enumerate().map(bit).sum::<u8>() ^ 0x3E
    });
    entered.into_iter().flat_map(|byte| [byte ^ MASK; 4]).collect()
}

/// The S-box of SM4, from the algebra: S(x) = A · (A · x ⊕ c)⁻¹ ⊕ c.
fn sm4_box(x: u8) -> u8 {
    let times = |a: u8, b: u8| {
        let (mut a, mut product) = (u32::from(a), 0);
        for i in 0..8 {
            product ^= if b >> i & 1 == 1 { a } else { 0 };
            a = a << 1 ^ if a & 0x80 == 0 { 0 } else { 0x1F5 };
        }
        u8::try_from(product).unwrap()
    };
    let affine = |x: u8| {
        (0..8).filter(|i| x >> i & 1 == 1).fold(0xD3, |sum, i| sum ^ 0xCB_u8.rotate_left(i))
    };
    let x = affine(x);
    affine((0..254).fold(1, |power, _| times(power, x)))
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
