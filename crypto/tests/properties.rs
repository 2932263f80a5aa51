//! What holds for every input.
#![allow(clippy::unwrap_used)]

use proptest::collection::vec;
use proptest::prelude::*;
use sealkeep_crypto::{BlockCipher, Hasher, Kdf, Secret, Suite, af, hash, hmac, shamir};

fn suite() -> impl Strategy<Value = Suite> {
    prop_oneof![Just(Suite::Aes256Gcm), Just(Suite::Sm4Gcm)]
}

fn flip(bytes: &mut [u8], bit: usize) {
    let bit = bit % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}

proptest! {
    #[test]
    fn what_is_sealed_opens_and_nothing_else(
        suite in suite(),
        key in any::<[u8; 32]>(),
        nonce in any::<[u8; 12]>(),
        aad in vec(any::<u8>(), 1..100),
        plaintext in vec(any::<u8>(), 1..600),
        bit in any::<usize>(),
    ) {
        let aead = suite.aead(&key[..suite.key_len()]);
        let mut sealed = plaintext.clone();
        let tag = aead.seal(&nonce, &aad, &mut sealed);

        let mut data = sealed.clone();
        prop_assert!(aead.open(&nonce, &aad, &mut data, &tag).is_ok());
        prop_assert_eq!(&data, &plaintext);

        // One bit anywhere, one byte more or less: refused, and the data is zeros.
        let refused = |nonce: &[u8; 12], aad: &[u8], mut data: Vec<u8>, tag: &[u8; 16]| {
            aead.open(nonce, aad, &mut data, tag).is_err() && data.iter().all(|b| *b == 0)
        };
        let (mut n, mut a, mut d, mut t) = (nonce, aad.clone(), sealed.clone(), tag);
        flip(&mut n, bit);
        flip(&mut a, bit);
        flip(&mut d, bit);
        flip(&mut t, bit);
        prop_assert!(refused(&n, &aad, sealed.clone(), &tag));
        prop_assert!(refused(&nonce, &a, sealed.clone(), &tag));
        prop_assert!(refused(&nonce, &aad, d, &tag));
        prop_assert!(refused(&nonce, &aad, sealed.clone(), &t));
        prop_assert!(refused(&nonce, &aad, sealed[1..].to_vec(), &tag));
        let longer = [&sealed[..], &[0]].concat();
        prop_assert!(refused(&nonce, &aad, longer, &tag));

        let mut other = key;
        flip(&mut other[..suite.key_len()], bit);
        let mut data = sealed;
        let other = suite.aead(&other[..suite.key_len()]);
        prop_assert!(other.open(&nonce, &aad, &mut data, &tag).is_err());
    }

    #[test]
    fn a_hash_does_not_depend_on_the_pieces(
        suite in suite(),
        pieces in vec(vec(any::<u8>(), 0..200), 0..8),
    ) {
        let whole = pieces.concat();
        let parts: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let mut hasher = Hasher::new(suite);
        for part in &parts {
            hasher.update(part);
        }
        prop_assert_eq!(hasher.finish(), hash(suite, &[&whole]));
        prop_assert_eq!(hash(suite, &parts), hash(suite, &[&whole]));
        prop_assert_eq!(hmac(suite, b"key", &parts), hmac(suite, b"key", &[&whole]));
        let kdf = Kdf::extract(suite, b"salt", b"ikm");
        let (mut one, mut two) = ([0; 50], [0; 50]);
        kdf.expand(&parts, &mut one);
        kdf.expand(&[&whole], &mut two);
        prop_assert_eq!(one, two);
    }

    #[test]
    fn a_block_leads_back(
        suite in suite(), key in any::<[u8; 32]>(), block in any::<[u8; 16]>(),
    ) {
        let key = &key[..suite.key_len()];
        let mut encrypted = block;
        BlockCipher::new(suite, key).encrypt(&mut encrypted);
        prop_assert_ne!(encrypted, block);
        // `tests/levels.rs` names the levels that this processor lacks.
        for cipher in suite.levels().iter().filter_map(|level| BlockCipher::at(suite, *level, key)) {
            let mut data = block;
            cipher.encrypt(&mut data);
            prop_assert_eq!(data, encrypted);
            cipher.decrypt(&mut data);
            prop_assert_eq!(data, block);
        }
    }

    #[test]
    fn one_bit_of_any_stripe_loses_the_key(
        suite in suite(), key in any::<[u8; 32]>(), stripes in 1..64_usize, bit in any::<usize>(),
    ) {
        let mut material = af::split(suite, &key, stripes);
        prop_assert_eq!(material.len(), stripes * 32);
        let merged = af::merge(suite, material.expose()).unwrap();
        prop_assert_eq!(merged.expose(), &key);
        flip(material.expose_mut(), bit);
        let merged = af::merge(suite, material.expose()).unwrap();
        prop_assert_ne!(merged.expose(), &key);
    }

    #[test]
    fn enough_shares_in_any_order(
        secret in any::<[u8; 32]>(),
        (k, n) in (1..=20_u8).prop_flat_map(|n| (1..=n, Just(n))),
        order in any::<u64>(),
    ) {
        let secret = Secret::from_slice(&secret).unwrap();
        let mut shares = shamir::split(&secret, k, n);
        // A cheap shuffle: sort by a keyed value of the number.
        shares.sort_by_key(|(x, _)| (u64::from(*x) + 1).wrapping_mul(order | 1));
        let chosen: Vec<_> = shares.iter().map(|(x, y)| (*x, y)).collect();
        let enough = shamir::combine(&chosen[..usize::from(k)]).unwrap();
        prop_assert_eq!(enough.expose(), secret.expose());
        let all = shamir::combine(&chosen).unwrap();
        prop_assert_eq!(all.expose(), secret.expose());
        if k > 1 {
            let fewer = shamir::combine(&chosen[1..usize::from(k)]).unwrap();
            prop_assert_ne!(fewer.expose(), secret.expose());
        }
    }
}
