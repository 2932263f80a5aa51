//! Every implementation of every suite gives what the portable one gives. Levels that this
//! processor lacks are named as skipped.
#![allow(clippy::unwrap_used)]

use std::io::{self, Write};

use sealkeep_crypto::{
    Aead, BlockCipher, Level, OpenJob, SealJob, Suite, Tag, hash_many_at, random,
};

/// Two implementations of one suite with the same key.
struct Match {
    name: String,
    portable: Box<dyn Aead>,
    other: Box<dyn Aead>,
}

/// The portable implementation against every other one that this processor can run.
fn matches() -> Vec<Match> {
    let mut all = Vec::new();
    for suite in Suite::ALL {
        let key: [u8; 32] = random::array();
        let key = &key[..suite.key_len()];
        for level in &suite.levels()[1..] {
            let name = format!("{suite} at {level}");
            match suite.aead_at(*level, key) {
                Some(other) => {
                    let portable = suite.aead_at(Level::Portable, key).unwrap();
                    all.push(Match { name, portable, other });
                }
                // Straight to the descriptor: the test runner would swallow it otherwise.
                None => {
                    let _ = writeln!(io::stderr(), "skipped: {name}, which this processor lacks");
                }
            }
        }
    }
    all
}

/// What the kernel says of the processor, against what the library found out by itself. Otherwise
/// all tests here would pass where detection fails, for nothing would be compared.
#[test]
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn every_level_of_this_processor_is_found() {
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap();
    let flags = about.lines().find(|line| line.starts_with("flags")).unwrap();
    let has = |names: &str| names.split(' ').all(|name| flags.split(' ').any(|flag| flag == name));
    let expected = |level| match level {
        Level::Portable => true,
        Level::SsseAes => has("ssse3 aes pclmulqdq"),
        Level::Avx2Aes => has("ssse3 aes pclmulqdq avx2"),
        Level::Avx2Gfni => has("ssse3 aes pclmulqdq avx2 gfni vpclmulqdq"),
        Level::Avx512 => {
            has("ssse3 aes pclmulqdq avx2 gfni vpclmulqdq vaes")
                && has("avx512f avx512bw avx512dq avx512vl")
        }
        other => panic!("what does {other} need?"),
    };
    for level in Level::ALL.iter().copied() {
        let here = expected(level);
        assert_eq!(level.available(), here, "{level}");
        for suite in Suite::ALL {
            let key = &[1; 32][..suite.key_len()];
            let written = suite.levels().contains(&level);
            assert_eq!(suite.aead_at(level, key).is_some(), written && here, "{suite} at {level}");
        }
        assert_eq!(BlockCipher::at(Suite::Sm4Gcm, level, &[1; 16]).is_some(), here, "{level}");
        let hashes = hash_many_at(Suite::Sm4Gcm, level, &[]).is_some();
        assert_eq!(hashes, here && level != Level::Avx2Gfni, "{level}");
    }
    for suite in Suite::ALL {
        let fastest = suite.levels().iter().rfind(|level| expected(**level));
        assert_eq!(Some(&suite.level()), fastest, "{suite}");
    }
}

fn filled(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    random::fill(&mut bytes);
    bytes
}

impl Match {
    /// Seals and opens `data` in place.
    fn check(&self, aad: &[u8], data: &mut [u8]) {
        let what = || format!("{}, {} bytes, {} of AAD", self.name, data.len(), aad.len());
        let what = what();
        let nonce = random::array();
        let plaintext = data.to_vec();
        let mut expected = plaintext.clone();
        let expected_tag = self.portable.seal(&nonce, aad, &mut expected);

        let tag = self.other.seal(&nonce, aad, data);
        assert!(data == expected, "{what}: the ciphertext differs");
        assert_eq!(tag, expected_tag, "{what}");
        assert!(self.other.open(&nonce, aad, data, &tag).is_ok(), "{what}: does not open");
        assert!(data == plaintext, "{what}: the plaintext differs");
    }
}

#[test]
fn all_lengths_to_4200() {
    let all = filled(4200);
    for pair in matches() {
        for len in 0..=all.len() {
            pair.check(&all[..len % 67], &mut all[..len].to_vec());
        }
    }
}

#[test]
fn random_lengths_to_4_mib() {
    let all = filled(4 << 20);
    for pair in matches() {
        for _ in 0..6 {
            let len = u32::from_le_bytes(random::array()) as usize % all.len();
            pair.check(&all[..len % 100], &mut all[..len].to_vec());
        }
    }
}

#[test]
fn key_streams_are_what_zeros_become() {
    let lens = (0..=2100).chain([65_536, 65_537, 1 << 20]);
    let pairs = matches();
    for len in lens {
        for pair in &pairs {
            let nonce = random::array();
            let mut expected = vec![0; len];
            pair.portable.seal(&nonce, &[], &mut expected);
            for aead in [&pair.portable, &pair.other] {
                let mut stream = filled(len);
                aead.key_stream(&nonce, &mut stream);
                assert!(stream == expected, "{}, {len} bytes", pair.name);
            }
        }
    }
}

#[test]
fn all_alignments() {
    let mut buffer = filled(5000);
    for pair in matches() {
        for start in 0..=128 {
            for len in [1, 16, 63, 1024, 2048, 4097] {
                // The AAD lies behind the data, and so as crooked.
                let (data, aad) = buffer[start..].split_at_mut(len);
                pair.check(&aad[..33], data);
            }
        }
    }
}

/// Around blocks, vectors and batches; with and without data.
#[test]
fn lengths_of_aad() {
    let aad = filled(9000);
    let data = filled(100);
    for pair in matches() {
        for len in (0..=130).chain([511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049, 9000]) {
            pair.check(&aad[..len], &mut []);
            pair.check(&aad[..len], &mut data.clone());
        }
    }
}

/// A wrong bit anywhere, in the tag, the data, the AAD or the nonce, is refused, and leaves zeros.
#[test]
fn every_wrong_bit_is_refused() {
    for pair in matches() {
        for len in [0, 1, 300, 2100] {
            let (nonce, aad): ([u8; 12], [u8; 20]) = (random::array(), random::array());
            let mut sealed = filled(len);
            let tag = pair.other.seal(&nonce, &aad, &mut sealed);
            let refused = |nonce: &[u8; 12], aad: &[u8], sealed: &[u8], tag: &Tag| {
                let mut data = sealed.to_vec();
                assert!(pair.other.open(nonce, aad, &mut data, tag).is_err(), "{}", pair.name);
                assert!(data.iter().all(|byte| *byte == 0), "{}", pair.name);
            };
            for bit in 0..128 {
                let mut wrong = tag;
                wrong[bit / 8] ^= 1 << (bit % 8);
                refused(&nonce, &aad, &sealed, &wrong);
            }
            for bit in 0..8 * aad.len() {
                let mut wrong = aad;
                wrong[bit / 8] ^= 1 << (bit % 8);
                refused(&nonce, &wrong, &sealed, &tag);
            }
            for bit in 0..96 {
                let mut wrong = nonce;
                wrong[bit / 8] ^= 1 << (bit % 8);
                refused(&wrong, &aad, &sealed, &tag);
            }
            for bit in 0..8 * len {
                let mut wrong = sealed.clone();
                wrong[bit / 8] ^= 1 << (bit % 8);
                refused(&nonce, &aad, &wrong, &tag);
            }
        }
    }
}

/// Batches of any size, of messages of different lengths, give what single calls give.
#[test]
fn batches() {
    for pair in matches() {
        for count in [0, 1, 2, 63, 64, 65, 130] {
            let plain: Vec<_> = (0..count).map(|i| filled(i * 37 % 3000)).collect();
            let nonces: Vec<[u8; 12]> = (0..count).map(|_| random::array()).collect();
            let mut sealed = plain.clone();
            let mut jobs: Vec<_> = sealed.iter_mut().zip(&nonces).collect();
            let mut jobs: Vec<_> = jobs
                .iter_mut()
                .map(|(data, nonce)| SealJob { nonce: **nonce, aad: b"aad", data, tag: [0; 16] })
                .collect();
            pair.other.seal_many(&mut jobs);
            let tags: Vec<_> = jobs.iter().map(|job| job.tag).collect();
            for ((plain, nonce), (sealed, tag)) in
                plain.iter().zip(&nonces).zip(sealed.iter().zip(&tags))
            {
                let mut expected = plain.clone();
                assert_eq!(pair.portable.seal(nonce, b"aad", &mut expected), *tag, "{}", pair.name);
                assert_eq!(expected, *sealed, "{}", pair.name);
            }
            // With a second one that is wrong after it, if there is room.
            for wrong in [None, Some(0), Some(count / 2), Some(62), count.checked_sub(1)] {
                let wrong = wrong.filter(|wrong| *wrong < count);
                let mut data = sealed.clone();
                let mut jobs: Vec<_> = Vec::new();
                for (i, ((data, nonce), tag)) in data.iter_mut().zip(&nonces).zip(&tags).enumerate()
                {
                    let mut tag = *tag;
                    tag[3] ^= u8::from(Some(i) == wrong || i.checked_sub(3) == wrong && i > 2);
                    jobs.push(OpenJob { nonce: *nonce, aad: b"aad", data, tag });
                }
                let opened = pair.other.open_many(&mut jobs);
                assert_eq!(opened.err(), wrong, "{}", pair.name);
                let good = wrong.unwrap_or(count);
                assert_eq!(data[..good], plain[..good], "{}", pair.name);
                if let Some(wrong) = wrong {
                    assert!(data[wrong].iter().all(|byte| *byte == 0), "{}", pair.name);
                }
            }
        }
    }
}
