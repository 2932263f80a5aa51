//! What making and using a key leaves behind: nothing, of the round keys, of the powers of the hash
//! key, of the masks of tags and of key streams.

use sealkeep_crypto::{BlockCipher, Level, Secret, Suite};

use super::scan::{MASK, all_occurrences, masked};
use super::schedule;

/// Every piece of sixteen bytes that an expanded key has, as somebody keeps them, or that gives it
/// away: round keys, and powers of the hash key whose exponent is a power of two.
struct Patterns {
    names: Vec<String>,
    masked: Vec<Vec<u8>>,
}

impl Patterns {
    fn add(&mut self, name: String, secret: &[u8; 16]) {
        self.names.push(name);
        self.masked.push(masked(secret));
    }

    /// The names of all that are found.
    fn found(&self) -> Vec<&str> {
        let counts = all_occurrences(&self.masked);
        let found = self.names.iter().zip(counts).filter(|(_, count)| *count > 0);
        found.map(|(name, _)| name.as_str()).collect()
    }
}

#[inline(never)]
fn patterns(suite: Suite, key: &[u8; 32]) -> Patterns {
    let mut patterns = Patterns { names: Vec::new(), masked: Vec::new() };
    match suite {
        Suite::Aes256Gcm => {
            // The first two are the key itself, which the test has.
            for (i, round_key) in schedule::aes_256(key).iter().enumerate().skip(2) {
                patterns.add(format!("round key {i}"), round_key);
            }
        }
        Suite::Sm4Gcm => {
            let round_keys = schedule::sm4(key.first_chunk().unwrap());
            for (i, round_key) in round_keys.iter().enumerate() {
                patterns.add(format!("round key {i}"), &schedule::sm4_entered(*round_key));
            }
            for (i, four) in round_keys.as_chunks::<4>().0.iter().enumerate() {
                let four = four.map(u32::to_le_bytes);
                patterns.add(
                    format!("round keys from {}", 4 * i),
                    four.as_flattened().try_into().unwrap(),
                );
            }
        }
    }
    let mut block = [0; 16];
    BlockCipher::new(suite, &key[..suite.key_len()]).encrypt(&mut block);
    let mut h = u128::from_be_bytes(block);
    for exponent in [1, 2, 4, 8, 16, 32, 64, 128] {
        patterns.add(format!("H^{exponent}"), &h.to_be_bytes());
        patterns.add(format!("H^{exponent} of a kernel"), &schedule::ghash_entered(h));
        h = schedule::ghash_times(h, h);
    }
    patterns
}

/// The test's own arithmetic leaves traces too.
#[inline(never)]
fn wipe_own_stack() {
    let mut below = [0_u8; 64 * 1024];
    std::hint::black_box(&mut below);
}

#[test]
fn an_expanded_key_is_erased() {
    for suite in Suite::ALL {
        // `tests/levels.rs` names the levels that this processor lacks.
        for level in suite.levels().iter().filter(|level| level.available()) {
            let key = Secret::<32>::random();
            let patterns = patterns(suite, key.expose());
            wipe_own_stack();
            let what = format!("{suite} at {level}");
            assert_eq!(patterns.found(), [""; 0], "{what}: at first");

            let key = &key.expose()[..suite.key_len()];
            let aead = suite.aead_at(*level, key).unwrap();
            assert!(patterns.found().len() > 8, "{what}: the patterns are not those of this level");
            drop(aead);
            assert_eq!(patterns.found(), [""; 0], "{what}: making a key");

            let aead = suite.aead_at(*level, key).unwrap();
            let mut data = [2; 5000];
            let tag = aead.seal(&[1; 12], b"aad", &mut data);
            aead.open(&[1; 12], b"aad", &mut data, &tag).unwrap();
            drop(aead);
            assert_eq!(patterns.found(), [""; 0], "{what}: using a key");

            if let Some(cipher) = BlockCipher::at(suite, *level, key) {
                let mut block = [3; 16];
                cipher.encrypt(&mut block);
                cipher.decrypt(&mut block);
                drop(cipher);
                assert_eq!(patterns.found(), [""; 0], "{what}: single blocks");
            }
        }
    }
}

/// Key stream and ciphertext give plaintext; a tag and its mask give an equation for the hash key.
#[test]
fn no_key_stream_and_no_mask_is_left() {
    for suite in Suite::ALL {
        let kernels = suite.levels().iter().filter(|level| **level != Level::Portable);
        for level in kernels.filter(|level| level.available()) {
            for len in [33, 3000] {
                let key = Secret::<32>::random();
                let key = &key.expose()[..suite.key_len()];
                let nonce = sealkeep_crypto::random::array::<12>();
                let aead = suite.aead_at(*level, key).unwrap();
                let mut plaintext = vec![0; len];
                sealkeep_crypto::random::fill(&mut plaintext);
                let mut data = plaintext.clone();
                let tag = aead.seal(&nonce, b"aad", &mut data);

                let mut patterns = Patterns { names: Vec::new(), masked: Vec::new() };
                for (i, (plain, sealed)) in plaintext.chunks(16).zip(data.chunks(16)).enumerate() {
                    patterns.names.push(format!("key stream {i}"));
                    patterns
                        .masked
                        .push(plain.iter().zip(sealed).map(|(p, c)| p ^ c ^ MASK).collect());
                }
                // A few bytes may turn up by chance.
                patterns.masked.retain(|pattern| pattern.len() == 16);
                let mut mask = [0; 16];
                mask[..12].copy_from_slice(&nonce);
                mask[15] = 1;
                BlockCipher::new(suite, key).encrypt(&mut mask);
                patterns.names.truncate(patterns.masked.len());
                patterns.add("mask".to_owned(), &mask);
                mask.fill(0);
                std::hint::black_box(&mask);
                wipe_own_stack();
                let what = format!("{suite} at {level}, {len} bytes");
                assert_eq!(patterns.found(), [""; 0], "{what}: at first");

                aead.open(&nonce, b"aad", &mut data, &tag).unwrap();
                assert_eq!(patterns.found(), [""; 0], "{what}: opened");
                aead.seal(&nonce, b"aad", &mut data);
                assert_eq!(patterns.found(), [""; 0], "{what}: sealed");
            }
        }
    }
}
