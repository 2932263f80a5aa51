//! Hashes of many messages at once are those of the messages one by one, at every level. Levels
//! that this processor lacks are named as skipped.
#![allow(clippy::unwrap_used)]

use std::io::{self, Write};

use hex_literal::hex;
use sealkeep_crypto::{HASH_LEN, Level, Suite, hash, hash_many, hash_many_at, random};

/// The levels at which there is an implementation of SM3 of its own.
const LEVELS: [Level; 3] = [Level::SsseAes, Level::Avx2Aes, Level::Avx512];

/// Compares every implementation with the `sm3` crate, one message after the other.
fn check(messages: &[&[u8]]) {
    let one_by_one: Vec<_> = messages.iter().map(|m| hash(Suite::Sm4Gcm, &[m])).collect();
    each_level(messages, |name, hashes| {
        let what = || format!("{name}, {} messages", messages.len());
        assert_eq!(hashes.len(), one_by_one.len(), "{}", what());
        for (i, (hash, expected)) in hashes.iter().zip(&one_by_one).enumerate() {
            assert_eq!(hash, expected, "{}, number {i} of {} bytes", what(), messages[i].len());
        }
    });
}

fn each_level(messages: &[&[u8]], check: impl Fn(&str, &[[u8; HASH_LEN]])) {
    check("by itself", &hash_many(Suite::Sm4Gcm, messages));
    for level in LEVELS {
        if let Some(hashes) = hash_many_at(Suite::Sm4Gcm, level, messages) {
            check(level.name(), &hashes);
        }
    }
}

fn filled(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    random::fill(&mut bytes);
    bytes
}

fn random_below(end: usize) -> usize {
    u32::from_le_bytes(random::array()) as usize % end
}

#[test]
fn levels() {
    assert!(hash_many_at(Suite::Sm4Gcm, Level::Portable, &[]).is_some());
    for level in LEVELS {
        if hash_many_at(Suite::Sm4Gcm, level, &[]).is_none() {
            // Straight to the descriptor: the test runner would swallow it otherwise.
            let _ = writeln!(
                io::stderr(),
                "skipped: SM3 of many messages at {level}, which this processor lacks"
            );
        }
    }
}

/// GB/T 32905-2016 annex A, in every place of every vector.
#[test]
fn gbt_32905() {
    let long = b"abcd".repeat(16);
    for count in 1..=33 {
        let messages: Vec<&[u8]> =
            (0..count).map(|i| if i % 2 == 0 { &b"abc"[..] } else { &long }).collect();
        each_level(&messages, |name, hashes| {
            for (i, hash) in hashes.iter().enumerate() {
                let expected = if i % 2 == 0 {
                    hex!("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
                } else {
                    hex!("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732")
                };
                assert_eq!(*hash, expected, "{name}, number {i} of {count}");
            }
        });
    }
}

/// In batches of equal lengths, of different contents and at different alignments.
#[test]
fn all_lengths_to_300() {
    let all = filled(400);
    for len in 0..=300 {
        let messages: Vec<&[u8]> = (0..18).map(|i| &all[i * 5..][..len]).collect();
        check(&messages);
    }
}

/// The usual case: many of equal length, and a shorter one.
#[test]
fn all_counts_to_40() {
    let all = filled(1100);
    for count in 0..=40 {
        for len in [55, 56, 64, 1000] {
            let mut messages: Vec<&[u8]> = (0..count).map(|i| &all[i..][..len]).collect();
            check(&messages);
            messages.push(&all[..len / 3]);
            check(&messages);
        }
    }
}

#[test]
fn mixed_lengths() {
    let all = filled(700);
    for count in 0..=40 {
        for _ in 0..8 {
            let messages: Vec<&[u8]> =
                (0..count).map(|i| &all[i..][..random_below(1 + (i * 67 % 650))]).collect();
            check(&messages);
        }
    }
    let messages: Vec<&[u8]> = (0..=300).map(|len| &all[len..][..len]).collect();
    check(&messages);
}

#[test]
fn random_lengths_to_100_kib() {
    let all = filled(100 << 10);
    for count in [1, 2, 3, 16, 20, 37] {
        let messages: Vec<&[u8]> = (0..count).map(|_| &all[random_below(all.len())..]).collect();
        check(&messages);
    }
}

#[test]
fn sha_256() {
    let all = filled(300);
    let messages: Vec<&[u8]> = (0..=300).map(|len| &all[..len]).collect();
    let one_by_one: Vec<_> = messages.iter().map(|m| hash(Suite::Aes256Gcm, &[m])).collect();
    assert_eq!(hash_many(Suite::Aes256Gcm, &messages), one_by_one);
    let portable = hash_many_at(Suite::Aes256Gcm, Level::Portable, &messages);
    assert_eq!(portable, Some(one_by_one));
}
