//! Every implementation of every suite gives what the portable one gives. Levels that this
//! processor lacks are named as skipped.
#![allow(clippy::unwrap_used)]

use sealkeep_crypto::{Aead, Level, OpenJob, SealJob, Suite, random};

/// Runs a check with the portable implementation and every other one that this processor has.
fn each(check: impl Fn(Suite, Level, &dyn Aead, &dyn Aead)) {
    for suite in Suite::ALL {
        let key: [u8; 32] = random::array();
        let key = &key[..suite.key_len()];
        let portable = suite.aead_at(Level::Portable, key).unwrap();
        for level in &suite.levels()[1..] {
            match suite.aead_at(*level, key) {
                Some(aead) => check(suite, *level, &*portable, &*aead),
                None => println!("skipped: {suite} at {level}, which this processor lacks"),
            }
        }
    }
}

fn same(portable: &dyn Aead, aead: &dyn Aead, aad: &[u8], data: &mut [u8], what: &str) {
    let nonce = random::array();
    let plaintext = data.to_vec();
    let mut expected = plaintext.clone();
    let expected_tag = portable.seal(&nonce, aad, &mut expected);

    let tag = aead.seal(&nonce, aad, data);
    assert!(data == expected, "{what}: the ciphertext differs");
    assert_eq!(tag, expected_tag, "{what}");
    aead.open(&nonce, aad, data, &tag).unwrap_or_else(|_| panic!("{what}: does not open"));
    assert!(data == plaintext, "{what}: the plaintext differs");
}

#[test]
fn all_lengths() {
    let mut all = vec![0; 4200];
    random::fill(&mut all);
    each(|suite, level, portable, aead| {
        for len in 0..=4200 {
            let aad = &all[..len % 67];
            same(portable, aead, aad, &mut all.clone()[..len], &format!("{suite} {level} {len}"));
        }
    });
}
