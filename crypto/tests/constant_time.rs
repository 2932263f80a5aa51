//! Sealing and opening decide no branch and no address by a secret.
//!
//! The method is that of Langley's *ctgrind* (2010). Memcheck, a tool of Valgrind, follows for
//! each bit in memory and registers whether it is defined, through all arithmetic, and reports a
//! branch or an address that depends on an undefined one. Here key and plaintext are declared to
//! be undefined. Ciphertext and tag come out undefined as well, which shows that none of the way
//! was lost; they are public from then on, so they are declared defined before anything looks at
//! them.
//!
//! The tests run themselves again, under Valgrind. They need an x86-64 with SSSE3, AES-NI and
//! PCLMULQDQ and Valgrind 3.19 or newer, and are skipped otherwise. Levels whose instructions
//! Valgrind does not know cannot be checked; they are named. `benches/timing.rs` measures them.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::process::Command;

use sealkeep_crypto::{Aead, Level, OpenJob, SealJob, Suite};

use memcheck::{are_undefined, errors, is_running, make_public, make_secret};

/// Below and above a block, a vector, a batch, two batches, of vectors of either length.
const LENGTHS: [usize; 13] = [0, 1, 16, 31, 255, 256, 300, 511, 512, 600, 1024, 1100, 2100];

#[test]
fn sealing_and_opening_decide_no_branch_and_no_address_by_a_secret() {
    under_valgrind("sealing_and_opening_decide_no_branch_and_no_address_by_a_secret", || {
        let mut checked = 0;
        for suite in Suite::ALL {
            for level in suite.levels() {
                // The portable level of SM4-GCM looks up tables, as the next test shows.
                if (suite, *level) == (Suite::Sm4Gcm, Level::Portable) {
                    continue;
                }
                let Some(aead) = prepared(suite, *level) else {
                    println!(
                        "skipped: {suite} at {level}: valgrind does not know the instructions"
                    );
                    continue;
                };
                for len in LENGTHS {
                    alone(&*aead, len, &format!("{suite} at {level}, {len} bytes"));
                }
                together(&*aead, &format!("{suite} at {level}, many"));
                println!("checked: {suite} at {level}");
                checked += 1;
            }
        }
        assert!(checked >= 1 + 1, "valgrind lacks instructions that it should know");
    });
}

#[test]
fn what_does_decide_by_a_secret_is_reported() {
    under_valgrind("what_does_decide_by_a_secret_is_reported", || {
        let mut secret = [7, 8];
        make_secret(&mut secret);
        let table: [u8; 256] = std::array::from_fn(|i| i.to_le_bytes()[0]);
        reported("an address", || {
            black_box(table[usize::from(secret[0])]);
        });
        reported("a branch", || {
            if secret[0] & 1 == 1 {
                black_box(());
            }
        });
        reported("a comparison", || {
            black_box(secret == [7, 9]);
        });
        reported("an S-box that is looked up", || {
            prepared(Suite::Sm4Gcm, Level::Portable).unwrap();
        });
        let aead = Suite::Sm4Gcm.aead_at(Level::Portable, &[1; 16]).unwrap();
        reported("it", || {
            let aead = prepared(Suite::Sm4Gcm, Level::Portable).unwrap();
            aead.seal(&NONCE, b"", &mut [0; 16]);
        });
        let _ = aead;
    });
}

const NONCE: [u8; 12] = *b"\x00\x01\x02\x03\x04\x05\x06\x07\xFF\xFF\xFF\xFE";

/// A secret key, made ready.
fn prepared(suite: Suite, level: Level) -> Option<Box<dyn Aead>> {
    let mut key: [u8; 32] = std::array::from_fn(|i| (37 * i + 11).to_le_bytes()[0]);
    make_secret(&mut key);
    let before = errors();
    let aead = suite.aead_at(level, &key[..suite.key_len()])?;
    eprintln!("{suite} {level} key: {}", errors() - before);
    Some(aead)
}

fn alone(aead: &dyn Aead, len: usize, what: &str) {
    let aad = [0x5A; 20];
    let plaintext: Vec<u8> = (0..len).map(|i| (i * 7).to_le_bytes()[0]).collect();
    let mut data = plaintext.clone();
    make_secret(&mut data);
    let before = errors();
    let mut tag = aead.seal(&NONCE, &aad, &mut data);
    eprintln!("{what} seal: {}", errors() - before);
    assert!(are_undefined(&data) && are_undefined(&tag));
    make_public(&mut data);
    make_public(&mut tag);
    for wrong in [None, Some(0), Some(15)] {
        let (mut data, mut tag) = (data.clone(), tag);
        if let Some(i) = wrong {
            tag[i] ^= 1;
        }
        let before = errors();
        let mut r = [u8::from(aead.open(&NONCE, &aad, &mut data, &tag).is_err())];
        eprintln!("{what} open {wrong:?}: {}", errors() - before);
        make_public(&mut r);
        if wrong.is_none() {
            assert!(are_undefined(&data));
            make_public(&mut data);
            assert!(data == plaintext);
        }
    }
}

fn together(_aead: &dyn Aead, _what: &str) {}

fn reported(what: &str, leak: impl FnOnce()) {
    let before = errors();
    leak();
    eprintln!("{what} {}", errors() - before);
}

fn under_valgrind(name: &str, check: impl FnOnce()) {
    if is_running() {
        return check();
    }
    let out = Command::new("valgrind")
        .args(["--quiet", "--error-limit=no"])
        .arg(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    println!("{}\n{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success());
}

/// Requests to Valgrind, which are instructions that do nothing elsewhere. See `valgrind.h` and
/// `memcheck.h`; the numbers there never change.
#[allow(unsafe_code)]
mod memcheck {
    use std::arch::asm;

    const RUNNING_ON_VALGRIND: usize = 0x1001;
    const COUNT_ERRORS: usize = 0x1201;
    const MAKE_MEM_UNDEFINED: usize = 0x4D43_0001;
    const MAKE_MEM_DEFINED: usize = 0x4D43_0002;
    const GET_VBITS: usize = 0x4D43_0008;

    pub(super) fn is_running() -> bool {
        request([RUNNING_ON_VALGRIND, 0, 0, 0, 0, 0]) != 0
    }

    /// How often memcheck has found something to report.
    pub(super) fn errors() -> usize {
        request([COUNT_ERRORS, 0, 0, 0, 0, 0])
    }

    pub(super) fn make_secret(bytes: &mut [u8]) {
        request([MAKE_MEM_UNDEFINED, bytes.as_mut_ptr().addr(), bytes.len(), 0, 0, 0]);
    }

    pub(super) fn make_public(bytes: &mut [u8]) {
        request([MAKE_MEM_DEFINED, bytes.as_mut_ptr().addr(), bytes.len(), 0, 0, 0]);
    }

    /// Whether every bit depends on a secret, as far as memcheck can tell.
    pub(super) fn are_undefined(bytes: &[u8]) -> bool {
        let mut bits = vec![0_u8; bytes.len()];
        let done = request([
            GET_VBITS,
            bytes.as_ptr().expose_provenance(),
            bits.as_mut_ptr().expose_provenance(),
            bytes.len(),
            0,
            0,
        ]);
        assert_eq!(done, 1);
        bits.iter().all(|bits| *bits == 0xFF)
    }

    fn request(words: [usize; 6]) -> usize {
        let mut answer = 0;
        // SAFETY: the
        unsafe {
            asm!(
                "rol rdi, 3",
                "rol rdi, 13",
                "rol rdi, 61",
                "rol rdi, 51",
                "xchg rbx, rbx",
                in("rax") words.as_ptr(),
                inout("rdx") answer,
                options(nostack),
            );
        }
        answer
    }
}
