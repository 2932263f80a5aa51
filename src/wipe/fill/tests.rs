//! Fills against models that are slow and plain.
#![allow(clippy::cast_possible_truncation, reason = "the numbers are small")]

use proptest::prelude::*;

use super::*;

const UNIT: u64 = UNIT_LEN as u64;

fn seed() -> Seed {
    Seed::from_bytes(&std::array::from_fn::<u8, 32, _>(|at| at as u8)).unwrap()
}

fn written(fill: &Fill, base: u64, offset: u64, len: usize) -> Vec<u8> {
    // Not zeros: what a buffer holds before must not matter.
    let mut out = vec![0xC3; len];
    fill.write(base, offset, &mut out);
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The numbers of `docs/spec/wipe.md`; `tests/interop/sealkeep_wipe.py` computes them again.
#[test]
fn the_vector_of_the_specification() {
    let spec = include_str!("../../../docs/spec/wipe.md");
    let stream = written(&Fill::new(&Pass::Random, 1, &seed()), 5, 65_530, 16);
    for value in [hex(&stream), hex(seed().pass_key(1).expose()), hex(&seed().commitment())] {
        assert!(spec.contains(&format!("`{value}`")), "{value} is not there");
    }
}

#[test]
fn a_pass_is_sent_between_threads_and_shared() {
    fn check<T: Send + Sync>() {}
    check::<Fill>();
    check::<Seed>();
}

#[test]
fn streams_differ_by_seed_by_pass_and_by_unit() {
    let fill = Fill::new(&Pass::Random, 1, &seed());
    let first = written(&fill, 0, 0, 64);
    assert_ne!(first, written(&Fill::new(&Pass::Random, 2, &seed()), 0, 0, 64));
    assert_ne!(first, written(&Fill::new(&Pass::Random, 1, &Seed::random()), 0, 0, 64));
    assert_ne!(first, written(&fill, 1, 0, 64));
    assert_ne!(first, written(&fill, 1 << 32, 0, 64));
    assert_ne!(hex(&seed().commitment()), hex(&Seed::random().commitment()));
}

#[test]
fn a_seed_comes_back_from_its_bytes() {
    let seed = Seed::random();
    let again = Seed::from_bytes(seed.expose()).unwrap();
    assert_eq!(seed.commitment(), again.commitment());
    assert!(Seed::from_bytes(&[0; 31]).is_none());
}

#[test]
fn a_target_goes_on_where_its_base_says() {
    let fill = Fill::new(&Pass::Random, 7, &seed());
    assert_eq!(written(&fill, 3, 2 * UNIT + 9, 100), written(&fill, 5, 9, 100));
    let last = written(&fill, u64::MAX, 1, UNIT_LEN - 1);
    assert_eq!(last[..], written(&fill, u64::MAX - 1, UNIT, UNIT_LEN)[1..]);
    assert_eq!(fill.first_difference(u64::MAX, 1, &last, &mut Vec::new()), None);
}

#[test]
#[should_panic(expected = "2^64 units")]
fn units_do_not_begin_anew() {
    written(&Fill::new(&Pass::Random, 1, &seed()), u64::MAX, 1, UNIT_LEN);
}

#[test]
#[should_panic(expected = "less than 2^64 bytes")]
fn a_target_ends_somewhere() {
    written(&Fill::new(&Pass::Fixed([0].into()), 1, &seed()), 0, u64::MAX, 1);
}

#[test]
#[should_panic(expected = "a pattern has bytes")]
fn a_pattern_without_bytes_writes_nothing() {
    Fill::new(&Pass::Fixed([].into()), 1, &seed());
}

#[test]
fn nothing_is_no_difference() {
    for pass in [Pass::Random, Pass::Fixed([1, 2].into())] {
        let fill = Fill::new(&pass, 1, &seed());
        assert_eq!(fill.first_difference(0, 77, &[], &mut Vec::new()), None);
        fill.write(0, 77, &mut []);
    }
}

/// All of a pass up to `len`, byte by byte.
fn model(pass: &Pass, base: u64, len: u64) -> Vec<u8> {
    match pass {
        Pass::Fixed(pattern) => pattern.iter().copied().cycle().take(len as usize).collect(),
        Pass::Random => {
            let aead = Suite::Aes256Gcm.aead(seed().pass_key(2).expose());
            let unit = |unit: u64| {
                let mut data = vec![0; UNIT_LEN];
                let mut nonce = [0; 12];
                nonce[4..].copy_from_slice(&unit.to_be_bytes());
                aead.seal(&nonce, &[], &mut data);
                data
            };
            let mut all: Vec<u8> = (base..=base + len / UNIT).flat_map(unit).collect();
            all.truncate(len as usize);
            all
        }
    }
}

fn passes() -> impl Strategy<Value = Pass> {
    prop_oneof![
        Just(Pass::Random),
        prop::collection::vec(any::<u8>(), 1..=64).prop_map(|bytes| Pass::Fixed(bytes.into())),
    ]
}

/// Offsets near the ends of units and groups, and anywhere.
fn offsets() -> impl Strategy<Value = u64> {
    let near =
        (0..=6_u64, -3..=3_i64).prop_map(|(unit, by)| (unit * UNIT).saturating_add_signed(by));
    prop_oneof![near, 0..6 * UNIT]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the borders of the buffers are.
    #[test]
    fn every_part_is_the_part_of_the_whole(pass in passes(), from in offsets(), to in offsets()) {
        let (from, to) = (from.min(to), from.max(to));
        let fill = Fill::new(&pass, 2, &seed());
        let whole = &model(&pass, 9, to)[from as usize..];
        prop_assert!(written(&fill, 9, from, whole.len()) == whole);
        prop_assert_eq!(fill.first_difference(9, from, whole, &mut vec![7; 5]), None);
    }

    #[test]
    fn the_first_wrong_byte_is_found(
        pass in passes(),
        from in offsets(),
        len in 1..=5 * UNIT_LEN,
        wrong: prop::sample::Index,
        later: prop::sample::Index,
        bit in 0..8_u32,
    ) {
        let fill = Fill::new(&pass, 2, &seed());
        let mut data = written(&fill, 4, from, len);
        let (wrong, later) = (wrong.index(len), later.index(len));
        data[wrong] ^= 1_u8 << bit;
        if later > wrong {
            data[later] ^= 0xFF;
        }
        let found = fill.first_difference(4, from, &data, &mut Vec::new());
        prop_assert_eq!(found, Some(from + wrong as u64));
    }
}
