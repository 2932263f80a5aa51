//! The sealed-file format from outside: what opens, and that everything changed is refused with the right error.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

#[path = "support/envelope.rs"]
mod support;

use proptest::prelude::*;
use sealkeep::envelope::{Error, Preamble, Run, SegmentSize};
use sealkeep_crypto::{Secret, Suite};
use support::{Content, HEADER, S, content, key, open_all_ways, seal, seal_salted, stride};

#[test]
fn every_length_around_the_boundaries_opens_in_every_way() {
    for suite in Suite::ALL {
        for len in
            [0, 1, 15, 16, 17, S - 1, S, S + 1, 2 * S - 1, 2 * S, 2 * S + 1, 70 * S, 70 * S + 5]
        {
            let plain = content(len);
            let sealed = seal(suite, &plain);
            for (way, result) in open_all_ways(&sealed, &key()) {
                assert!(result.unwrap() == plain, "{suite} {len} {way}");
            }
        }
    }
}

#[test]
fn sealing_in_memory_from_a_stream_and_from_a_file_give_files_of_one_length() {
    for len in [0, 1, S, S + 1, 65 * S, 130 * S + 7] {
        let lens: Vec<usize> = Content::ALL
            .iter()
            .map(|way| support::seal_way(*way, Suite::Aes256Gcm, &content(len)).len())
            .collect();
        assert_eq!(lens[0], lens[1], "{len}");
        assert_eq!(lens[0], lens[2], "{len}");
    }
}

#[test]
fn every_single_changed_byte_is_refused() {
    for suite in Suite::ALL {
        for len in [0, 1, 100] {
            let sealed = seal(suite, &content(len));
            let metadata_end = HEADER + 80;
            for at in 0..sealed.len() {
                for bit in [0x01, 0x80] {
                    let mut changed = sealed.clone();
                    changed[at] ^= bit;
                    for (way, result) in open_all_ways(&changed, &key()) {
                        let error = result.expect_err(way);
                        let right = match at {
                            0..8 => matches!(error, Error::NotSealed | Error::Header(_)),
                            8 => matches!(error, Error::Version(_)),
                            9 => matches!(error, Error::Suite(_) | Error::WrongKeyOrHeader),
                            10..12 => matches!(error, Error::Flags(_)),
                            12 => matches!(error, Error::Header(_) | Error::WrongKeyOrHeader),
                            13 => matches!(error, Error::Header(_)),
                            14..16 => matches!(
                                error,
                                Error::Header(_) | Error::WrongKeyOrHeader | Error::Truncated
                            ),
                            16..HEADER => matches!(error, Error::WrongKeyOrHeader),
                            _ if at < metadata_end => matches!(error, Error::Metadata(_)),
                            _ => matches!(error, Error::Damaged { segment: 0 }),
                        };
                        assert!(right, "{suite} {len} {way} byte {at}: {error:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_truncation_is_refused_and_told_from_damage_at_boundaries() {
    let sealed = seal(Suite::Aes256Gcm, &content(3 * S + 40));
    let start = HEADER + 80;
    for len in 0..sealed.len() {
        // Every length around the boundaries, some in between.
        let off = len.saturating_sub(start) % stride();
        if off > 40 && off < stride() - 5 && len % 97 != 0 && len > start {
            continue;
        }
        for (way, result) in open_all_ways(&sealed[..len], &key()) {
            let error = result.expect_err(way);
            let right = match len {
                0..8 => matches!(error, Error::NotSealed),
                _ if len < start => matches!(error, Error::Truncated),
                // Exactly one tag looks like empty content.
                _ if len == start + 16 => matches!(error, Error::Damaged { segment: 0 }),
                _ if off <= 16 => matches!(error, Error::Truncated),
                _ => matches!(error, Error::Damaged { .. }),
            };
            assert!(right, "{way} {len}: {error:?}");
        }
    }
}

#[test]
fn appended_bytes_are_refused() {
    for len in [0, 10, S, S + 1] {
        for more in [1, 16, 17, stride(), stride() + 1] {
            let mut sealed = seal(Suite::Sm4Gcm, &content(len));
            sealed.resize(sealed.len() + more, 0);
            for (way, result) in open_all_ways(&sealed, &key()) {
                let error = result.expect_err(way);
                assert!(
                    matches!(error, Error::Damaged { .. } | Error::Truncated),
                    "{way} {len} {more}: {error:?}"
                );
            }
        }
    }
}

#[test]
fn swapped_repeated_dropped_and_spliced_segments_are_refused() {
    let start = HEADER + 80;
    let segment =
        |sealed: &[u8], index: usize| sealed[start + index * stride()..][..stride()].to_vec();
    let original = seal(Suite::Aes256Gcm, &content(4 * S));
    let of_same_key = seal(Suite::Aes256Gcm, &content(4 * S));
    let replaced = |index: usize, by: Vec<u8>| {
        let mut changed = original.clone();
        changed[start + index * stride()..][..stride()].copy_from_slice(&by);
        changed
    };
    let mut swapped = replaced(1, segment(&original, 2));
    swapped[start + 2 * stride()..][..stride()].copy_from_slice(&segment(&original, 1));
    let dropped = [&original[..start + stride()], &original[start + 2 * stride()..]].concat();
    let doubled = [&original[..start + 2 * stride()], &original[start + stride()..]].concat();
    let cases = [
        ("swapped", swapped, 1),
        ("repeated", replaced(2, segment(&original, 1)), 2),
        ("spliced from another file of the key", replaced(1, segment(&of_same_key, 1)), 1),
        ("last one from another file of the key", replaced(3, segment(&of_same_key, 3)), 3),
        ("dropped", dropped, 1),
        ("doubled", doubled, 2),
    ];
    for (name, changed, expected) in cases {
        for (way, result) in open_all_ways(&changed, &key()) {
            let error = result.expect_err(way);
            assert!(
                matches!(error, Error::Damaged { segment } if segment == expected),
                "{name} {way}: {error:?}"
            );
        }
    }
}

#[test]
fn another_key_or_another_files_preamble_is_refused_at_the_commitment() {
    let sealed = seal(Suite::Sm4Gcm, &content(10));
    for (way, result) in open_all_ways(&sealed, &Secret::from_slice(&[8; 32]).unwrap()) {
        assert!(matches!(result.expect_err(way), Error::WrongKeyOrHeader), "{way}");
    }
    let other = seal(Suite::Sm4Gcm, &content(10));
    let mixed = [&other[..HEADER], &sealed[HEADER..]].concat();
    for (way, result) in open_all_ways(&mixed, &key()) {
        assert!(matches!(result.expect_err(way), Error::Metadata(_)), "{way}");
    }
}

#[test]
fn a_damaged_stream_releases_only_what_was_verified_before() {
    let plain = content(200 * S);
    let mut sealed = seal(Suite::Aes256Gcm, &plain);
    let damaged = HEADER + 80 + 150 * stride() + 9;
    sealed[damaged] ^= 1;
    let mut input = &sealed[..];
    let opener = Preamble::read(&mut input).unwrap().unlock(&key()).unwrap();
    let mut output = Vec::new();
    let error = opener.open_stream(input, &mut output, &Run::quiet()).unwrap_err();
    assert!(matches!(error, Error::Damaged { segment: 150 }));
    assert!(output.len() <= 150 * S && plain.starts_with(&output));
}

#[test]
fn failing_inputs_and_outputs_are_reported_and_nothing_hangs() {
    struct Broken(usize);
    impl std::io::Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0 == 0 {
                return Err(std::io::ErrorKind::ConnectionReset.into());
            }
            let len = buffer.len().min(self.0);
            self.0 -= len;
            Ok(len)
        }
    }
    impl std::io::Write for Broken {
        fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
            if self.0 == 0 {
                return Err(std::io::ErrorKind::BrokenPipe.into());
            }
            let len = data.len().min(self.0);
            self.0 -= len;
            Ok(len)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let sealer = || seal_salted(Suite::Aes256Gcm);
    let read = sealer().seal_stream(Broken(1_000_000), std::io::sink(), &Run::quiet());
    assert!(matches!(read, Err(Error::Read(_))));
    let written = sealer().seal_stream(std::io::repeat(0), Broken(1_000_000), &Run::quiet());
    assert!(
        matches!(written, Err(Error::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe)
    );
    let cancel = std::sync::atomic::AtomicBool::new(true);
    let cancelled = sealer().seal_stream(
        std::io::repeat(0),
        std::io::sink(),
        &Run { cancel: &cancel, ..Run::quiet() },
    );
    assert!(matches!(cancelled, Err(Error::Cancelled)));
}

#[test]
fn a_panicking_output_comes_out_as_a_panic() {
    struct Panics;
    impl std::io::Write for Panics {
        fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
            assert!(data.len() < 10_000, "on purpose");
            Ok(data.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let workers = std::num::NonZeroUsize::new(4).unwrap();
    let sealer = seal_salted(Suite::Aes256Gcm);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        sealer.seal_stream(std::io::repeat(0), Panics, &Run { workers, ..Run::quiet() })
    }));
    assert!(result.is_err());
}

#[test]
fn progress_adds_up_to_the_content() {
    let total = std::sync::atomic::AtomicU64::new(0);
    let progress = |bytes| {
        total.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
    };
    let plain = content(300 * S + 1);
    let mut out = Vec::new();
    seal_salted(Suite::Aes256Gcm)
        .seal_stream(&plain[..], &mut out, &Run { progress: &progress, ..Run::quiet() })
        .unwrap();
    assert_eq!(total.into_inner(), plain.len() as u64);
}

#[test]
fn large_segments_and_many_workers() {
    let segment = SegmentSize::from_log2(20).unwrap();
    let plain = content(5 << 20);
    let sealed = support::seal_sized(Suite::Aes256Gcm, segment, &plain);
    for (way, result) in open_all_ways(&sealed, &key()) {
        assert!(result.unwrap() == plain, "{way}");
    }
}

#[test]
fn a_range_verifies_the_end_of_the_file_first() {
    let plain = content(10 * S);
    let sealed = seal(Suite::Aes256Gcm, &plain);
    for len in [sealed.len() - 1, sealed.len() - stride()] {
        let error = support::range(&sealed[..len], 0, Some(1)).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. } | Error::Truncated), "{error:?}");
    }
    let error = support::range(&sealed, 5, Some(10 * S as u64 + 1)).unwrap_err();
    assert!(matches!(error, Error::Range { length } if length == 10 * S as u64));
    assert_eq!(support::range(&seal(Suite::Sm4Gcm, b""), 0, None).unwrap(), b"");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn ranges_are_slices(len in 0..5 * S, a in 0..5 * S, b in 0..5 * S) {
        let plain = content(len);
        let (start, end) = (a.min(b).min(len), a.max(b).min(len));
        let read = support::range(&seal(Suite::Aes256Gcm, &plain), start as u64, Some(end as u64)).unwrap();
        prop_assert!(read == plain[start..end]);
    }

    #[test]
    fn changes_anywhere_in_large_files_are_refused(at: prop::sample::Index, mask in 1u8.., len in 1..40 * S) {
        let mut sealed = seal(Suite::Aes256Gcm, &content(len));
        let at = at.index(sealed.len());
        sealed[at] ^= mask;
        for (way, result) in open_all_ways(&sealed, &key()) {
            prop_assert!(result.is_err(), "{} {}", way, at);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for (_, result) in open_all_ways(&bytes, &key()) {
            prop_assert!(result.is_err());
        }
    }

    #[test]
    fn arbitrary_bytes_after_a_header_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let sealed = seal(Suite::Sm4Gcm, b"");
        for keep in [16, HEADER, HEADER + 80] {
            for (_, result) in open_all_ways(&[&sealed[..keep], &bytes].concat(), &key()) {
                prop_assert!(result.is_err());
            }
        }
    }
}
