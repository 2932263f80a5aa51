//! Vectors printed in the standards, through the public interface.
#![allow(clippy::unwrap_used)]

use hex_literal::hex;
use sealkeep_crypto::{BlockCipher, Hasher, Kdf, Suite, hash, hmac};

const SM4_KEY: [u8; 16] = hex!("0123456789ABCDEFFEDCBA9876543210");

/// Seals, compares, opens again, and opens with one bit of the tag changed.
fn check_aead(
    suite: Suite,
    key: &[u8],
    nonce: [u8; 12],
    aad: &[u8],
    plaintext: &[u8],
    ciphertext: &[u8],
    tag: [u8; 16],
) {
    for aead in suite.levels().iter().filter_map(|level| suite.aead_at(*level, key)) {
        let mut data = plaintext.to_vec();
        assert_eq!(aead.seal(&nonce, aad, &mut data), tag);
        assert_eq!(data, ciphertext);
        aead.open(&nonce, aad, &mut data, &tag).unwrap();
        assert_eq!(data, plaintext);

        let mut wrong = tag;
        wrong[0] ^= 1;
        let mut data = ciphertext.to_vec();
        assert!(aead.open(&nonce, aad, &mut data, &wrong).is_err());
        assert!(data.iter().all(|b| *b == 0));
    }
}

#[test]
fn rfc_8998_a1_sm4_gcm() {
    check_aead(
        Suite::Sm4Gcm,
        &SM4_KEY,
        hex!("00001234567800000000ABCD"),
        &hex!("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"),
        &hex!(
            "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
            "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
        ),
        &hex!(
            "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
            "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
        ),
        hex!("83DE3541E4C2B58177E065A9BF7B62EC"),
    );
}

/// McGrew and Viega, *The Galois/Counter Mode of Operation*, test cases 13 and 14.
#[test]
fn gcm_proposal_aes_256() {
    let tag = hex!("530f8afbc74536b9a963b4f1c4cb738b");
    check_aead(Suite::Aes256Gcm, &[0; 32], [0; 12], b"", b"", b"", tag);
    check_aead(
        Suite::Aes256Gcm,
        &[0; 32],
        [0; 12],
        b"",
        &[0; 16],
        &hex!("cea7403d4d606b6e074ec5d3baf39d18"),
        hex!("d0d1c8a799996bf0265b98b5d48ab919"),
    );
}

#[test]
fn fips_197_c3_aes_256() {
    let key: Vec<u8> = (0..32).collect();
    let cipher = BlockCipher::new(Suite::Aes256Gcm, &key);
    let mut block = hex!("00112233445566778899aabbccddeeff");
    cipher.encrypt(&mut block);
    assert_eq!(block, hex!("8ea2b7ca516745bfeafc49904b496089"));
    cipher.decrypt(&mut block);
    assert_eq!(block, hex!("00112233445566778899aabbccddeeff"));
}

/// GB/T 32907-2016 annex A: once, and a million times over.
#[test]
fn gbt_32907_sm4() {
    let cipher = BlockCipher::new(Suite::Sm4Gcm, &SM4_KEY);
    let mut block = SM4_KEY;
    cipher.encrypt(&mut block);
    assert_eq!(block, hex!("681EDF34D206965E86B3E94F536E4246"));
    for _ in 1..1_000_000 {
        cipher.encrypt(&mut block);
    }
    assert_eq!(block, hex!("595298C7C6FD271F0402F804C33D3F66"));
    for _ in 0..1_000_000 {
        cipher.decrypt(&mut block);
    }
    assert_eq!(block, SM4_KEY);
}

/// GB/T 32905-2016 annex A.
#[test]
fn gbt_32905_sm3() {
    let short = hash(Suite::Sm4Gcm, &[b"abc"]);
    assert_eq!(short, hex!("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
    let long = hash(Suite::Sm4Gcm, &[b"abcd"; 16].map(|part| part.as_slice()));
    assert_eq!(long, hex!("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"));
}

/// FIPS 180-2 annex B.1 and B.3.
#[test]
fn fips_180_sha_256() {
    let short = hash(Suite::Aes256Gcm, &[b"abc"]);
    assert_eq!(short, hex!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    let mut hasher = Hasher::new(Suite::Aes256Gcm);
    for _ in 0..1000 {
        hasher.update(&[b'a'; 1000]);
    }
    assert_eq!(
        hasher.finish(),
        hex!("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    );
}

/// RFC 4231 §4.2 and its inputs with SM3.
#[test]
fn hmac_hi_there() {
    let sha = hmac(Suite::Aes256Gcm, &[0x0b; 20], &[b"Hi ", b"There"]);
    assert_eq!(sha, hex!("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
    let sm3 = hmac(Suite::Sm4Gcm, &[0x0b; 20], &[b"Hi ", b"There"]);
    assert_eq!(sm3, hex!("51b00d1fb49832bfb01c3ce27848e59f871d9ba938dc563b338ca964755cce70"));
}

/// RFC 5869 A.1 and its inputs with SM3, the info in two parts.
#[test]
fn hkdf_case_1() {
    let salt = hex!("000102030405060708090a0b0c");
    let info: [&[u8]; 2] = [&hex!("f0f1f2f3f4"), &hex!("f5f6f7f8f9")];
    let expected = [
        hex!(
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        hex!(
            "c69fe91b7aaee2dd5718d72dcaee0cce93f1b8e41f792da51261b6a517e68b36ed2c595572b01dfa359b"
        ),
    ];
    for (suite, expected) in Suite::ALL.into_iter().zip(expected) {
        let mut okm = [0; 42];
        Kdf::extract(suite, &salt, &[0x0b; 22]).expand(&info, &mut okm);
        assert_eq!(okm, expected);
    }
}

/// RFC 5869 A.3: neither salt nor info.
#[test]
fn hkdf_case_3() {
    let mut okm = [0; 42];
    Kdf::extract(Suite::Aes256Gcm, b"", &[0x0b; 22]).expand(&[], &mut okm);
    assert_eq!(
        okm,
        hex!(
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        )
    );
}

#[test]
#[should_panic(expected = "at most 8160 bytes")]
fn hkdf_has_an_end() {
    Kdf::extract(Suite::Sm4Gcm, b"", b"ikm").expand(&[], &mut [0; 8161]);
}

#[test]
#[should_panic(expected = "a key of sm4-gcm has 16 bytes, not 32")]
fn keys_have_one_length() {
    Suite::Sm4Gcm.aead(&[0; 32]);
}
