//! Neither sealing nor opening takes a branch or an address from a secret.
//!
//! The method is that of Langley's *ctgrind* (2010). Memcheck, the tool of Valgrind, follows for
//! each bit in memory and registers whether it is defined, through all arithmetic, and reports
//! branches and addresses that depend on a bit that is not. Here keys and plaintexts are declared
//! undefined. Ciphertext and tag come out undefined too, so nothing was lost on the way; they are
//! public from then on, and declared defined before anything looks at them.
//!
//! Each test runs itself again, under Valgrind: 3.19 knows the instructions of `ssse3-aes` and
//! `avx2-aes`, but neither GFNI nor AVX-512. Levels that cannot be checked are named as skipped;
//! `benches/timing.rs` measures them.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::print_stdout, reason = "says what is checked and what is not")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::hint::black_box;
use std::io::Write;
use std::process::Command;

use sealkeep_crypto::{Aead, BlockCipher, Level, OpenJob, SealJob, Suite, TAG_LEN, Tag};

use memcheck::{are_secret, is_running, make_public, make_secret, reports};

#[test]
fn kernels_take_no_branch_and_no_address_from_a_secret() {
    under_valgrind("kernels_take_no_branch_and_no_address_from_a_secret", || {
        for suite in Suite::ALL {
            for level in suite.levels() {
                if (suite, *level) == (Suite::Sm4Gcm, Level::Portable) {
                    println!("skipped: {suite} at {level}, which looks up a table");
                } else if let Some(aead) = check_key(suite, *level) {
                    check_lengths(&*aead, &format!("{suite} at {level}"));
                    check_tags(&*aead, &format!("{suite} at {level}"));
                    check_batches(&*aead, &format!("{suite} at {level}"));
                    check_block(suite, *level);
                    println!("checked: {suite} at {level}");
                } else {
                    assert_ne!(*level, Level::SsseAes, "valgrind knows these instructions");
                    println!("skipped: {suite} at {level}, which valgrind or the processor lacks");
                }
            }
        }
    });
}

/// The instrument sees what it should.
#[test]
fn what_is_not_constant_time_is_found_out() {
    under_valgrind("what_is_not_constant_time_is_found_out", || {
        let table: [u8; 256] = std::array::from_fn(|i| i.to_le_bytes()[0]);
        let mut secret = [7];
        make_secret(&mut secret);
        let looked_up = count(|| {
            black_box(table[usize::from(secret[0])]);
        });
        assert_ne!(looked_up, 0, "a table");
        let branched = count(|| {
            if secret[0] > 5 {
                black_box(&table);
            }
        });
        assert_ne!(branched, 0, "a branch");
        let compared = [0, TAG_LEN - 1].map(|place| {
            let mut tag = [1; TAG_LEN];
            make_secret(&mut tag);
            let wrong = black_box(tag_wrong_at([1; TAG_LEN], place));
            count(|| {
                black_box(tag.iter().zip(&wrong).all(|(a, b)| black_box(a) == b));
            })
        });
        assert_ne!(compared[0], compared[1], "a comparison that ends early");
    });
}

/// The portable level of SM4-GCM looks its S-box up in a table.
#[test]
fn the_portable_sm4_is_found_out() {
    under_valgrind("the_portable_sm4_is_found_out", || {
        let mut key = [7; 16];
        make_secret(&mut key);
        let mut aead = None;
        let expanding = count(|| aead = Suite::Sm4Gcm.aead_at(Level::Portable, &key));
        assert_ne!(expanding, 0, "expanding a key");
        let sealing = count(|| {
            aead.unwrap().seal(&NONCE, AAD, &mut message(40));
        });
        assert_ne!(sealing, 0, "sealing");
    });
}

/// Expands a secret key. It stays secret for all that is done with it.
fn check_key(suite: Suite, level: Level) -> Option<Box<dyn Aead>> {
    let mut key = vec![0x3C; suite.key_len()];
    make_secret(&mut key);
    let mut aead = None;
    assert_eq!(count(|| aead = suite.aead_at(level, &key)), 0, "{suite} at {level}: a key");
    aead
}

/// Opening ends in a decision that everybody may see, and in branches on that: just as many
/// whatever was decrypted before.
fn check_lengths(aead: &dyn Aead, what: &str) {
    let decision = check_message(aead, 0, what);
    for len in LENGTHS {
        assert_eq!(check_message(aead, len, what), decision, "{what}: opening {len} bytes");
    }
}

/// Seals and opens a secret message, and counts the reports of opening it.
fn check_message(aead: &dyn Aead, len: usize, what: &str) -> usize {
    let mut data = message(len);
    make_secret(&mut data);
    let mut tag = Tag::default();
    let sealing = count(|| tag = aead.seal(&NONCE, AAD, &mut data));
    assert_eq!(sealing, 0, "{what}: sealing {len} bytes");
    publish(&mut data, &mut tag, what);

    let mut opened = false;
    let opening = count(|| opened = aead.open(&NONCE, AAD, &mut data, &tag).is_ok());
    make_public(std::slice::from_mut(&mut opened));
    assert!(opened && are_secret(&data), "{what}: {len} bytes lost their mark");
    make_public(&mut data);
    assert!(data == message(len), "{what}: {len} bytes");
    opening
}

/// A wrong tag is refused in as many branches wherever it differs. A comparison that ends early
/// takes more of them the later that is.
fn check_tags(aead: &dyn Aead, what: &str) {
    let mut sealed = message(40);
    let mut tag = aead.seal(&NONCE, AAD, &mut sealed);
    publish(&mut sealed, &mut tag, what);
    let refusals = std::array::from_fn::<_, TAG_LEN, _>(|place| {
        let (mut data, wrong) = (sealed.clone(), tag_wrong_at(tag, place));
        let mut opened = true;
        let opening = count(|| opened = aead.open(&NONCE, AAD, &mut data, &wrong).is_ok());
        make_public(std::slice::from_mut(&mut opened));
        assert!(!opened, "{what}: a wrong tag");
        opening
    });
    assert_eq!(refusals, [refusals[0]; TAG_LEN], "{what}: comparing tags");
}

/// The same with several messages at a time.
fn check_batches(aead: &dyn Aead, what: &str) {
    let decisions = check_batch(aead, [0; 4], what);
    assert_eq!(check_batch(aead, [4096, 0, 77, 1030], what), decisions, "{what}: opening four");
}

fn check_batch(aead: &dyn Aead, lengths: [usize; 4], what: &str) -> usize {
    let mut messages = lengths.map(message);
    let mut jobs = messages.each_mut().map(|data| {
        make_secret(data);
        SealJob { nonce: NONCE, aad: AAD, data, tag: Tag::default() }
    });
    assert_eq!(count(|| aead.seal_many(&mut jobs)), 0, "{what}: sealing {lengths:?} bytes");
    let mut jobs = jobs.map(|SealJob { nonce, aad, data, mut tag }| {
        publish(data, &mut tag, what);
        OpenJob { nonce, aad, data, tag }
    });
    let mut opened = false;
    let opening = count(|| opened = aead.open_many(&mut jobs).is_ok());
    make_public(std::slice::from_mut(&mut opened));
    assert!(opened, "{what}: {lengths:?} bytes");
    opening
}

/// A single block, to and fro.
fn check_block(suite: Suite, level: Level) {
    let (mut key, mut block) = (vec![0x3C; suite.key_len()], *b"a block of bytes");
    make_secret(&mut key);
    make_secret(&mut block);
    let found = count(|| {
        let Some(cipher) = BlockCipher::at(suite, level, &key) else { return };
        cipher.encrypt(&mut block);
        cipher.decrypt(&mut block);
    });
    assert_eq!(found, 0, "{suite} at {level}: a single block");
    assert!(are_secret(&block), "{suite} at {level}: a single block lost its mark");
}

/// What was sealed still has the mark of a secret, and then no more.
fn publish(data: &mut [u8], tag: &mut Tag, what: &str) {
    assert!(are_secret(data) && are_secret(tag), "{what}: {} bytes lost their mark", data.len());
    make_public(data);
    make_public(tag);
}

fn message(len: usize) -> Vec<u8> {
    (0..len).map(|i| (7 * i).to_le_bytes()[0]).collect()
}

fn tag_wrong_at(mut tag: Tag, place: usize) -> Tag {
    tag[place] ^= 1;
    tag
}

/// How many reports there are of what this does.
fn count(action: impl FnOnce()) -> usize {
    let before = reports();
    action();
    reports() - before
}

/// Runs a check if this process is under Valgrind already, else the test with this name there.
fn under_valgrind(test: &str, check: impl FnOnce()) {
    if is_running() {
        return check();
    }
    if Suite::Sm4Gcm.aead_at(Level::SsseAes, &[0; 16]).is_none() {
        return tell(&format!("skipped: {test}: this processor has no level to check"));
    }
    if !Command::new("valgrind").arg("--version").output().is_ok_and(|out| out.status.success()) {
        let required = std::env::var_os("SEALKEEP_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!required, "valgrind is required");
        return tell(&format!("skipped: {test}: there is no valgrind"));
    }
    let output = Command::new("valgrind")
        .args(["--quiet", "--error-limit=no", "--read-inline-info=yes"])
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success() && out.contains("1 passed"),
        "{out}\nWhat was reported, decisions to accept or refuse among it:\n{err}"
    );
    for line in out.lines() {
        if let Some(start) = line.find("checked: ").or_else(|| line.find("skipped: ")) {
            tell(&line[start..]);
        }
    }
}

/// Straight to the descriptor: the test runner would swallow it otherwise.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Around a block, a vector, a batch and two, at either length of vectors.
const LENGTHS: [usize; 12] = [1, 16, 31, 255, 256, 300, 511, 512, 600, 1024, 1100, 2100];

const AAD: &[u8; 20] = b"twenty bytes of data";

const NONCE: [u8; 12] = *b"twelve bytes";

/// Requests to Valgrind: instructions that otherwise do nothing. The numbers, which never change,
/// are in its `valgrind.h` and `memcheck.h`.
#[allow(unsafe_code)]
mod memcheck {
    use std::arch::asm;

    const RUNNING_ON_VALGRIND: usize = 0x1001;
    const COUNT_ERRORS: usize = 0x1201;
    const MAKE_MEM_UNDEFINED: usize = 0x4D43_0001;
    const MAKE_MEM_DEFINED: usize = 0x4D43_0002;
    const GET_VBITS: usize = 0x4D43_0008;

    pub(super) fn is_running() -> bool {
        request(RUNNING_ON_VALGRIND, [0; 3]) != 0
    }

    /// How many reports there were so far, the same ones again included.
    pub(super) fn reports() -> usize {
        request(COUNT_ERRORS, [0; 3])
    }

    pub(super) fn make_secret(bytes: &mut [u8]) {
        request(MAKE_MEM_UNDEFINED, [bytes.as_mut_ptr().expose_provenance(), bytes.len(), 0]);
    }

    pub(super) fn make_public<T>(data: &mut [T]) {
        let address = data.as_mut_ptr().expose_provenance();
        request(MAKE_MEM_DEFINED, [address, size_of_val(data), 0]);
    }

    /// Whether every bit depends on a secret, as far as memcheck can follow.
    pub(super) fn are_secret(bytes: &[u8]) -> bool {
        let mut marks = vec![0_u8; bytes.len()];
        let address = bytes.as_ptr().expose_provenance();
        request(GET_VBITS, [address, marks.as_mut_ptr().expose_provenance(), marks.len()]);
        marks.iter().all(|marks| *marks == 0xFF)
    }

    fn request(number: usize, [a, b, c]: [usize; 3]) -> usize {
        let words = [number, a, b, c, 0, 0];
        let mut answer = 0;
        // SAFETY: rdi is turned by 128 bits in all and rbx exchanged with itself, so the processor
        // changes nothing but flags. Valgrind reads the six words and writes rdx, and the only
        // memory it writes is what `GET_VBITS` is given: a vector as long as it is told.
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
