//! The parsers of the key store: what lies on disk, and what comes out of a sealed page.

use std::path::PathBuf;

use sealkeep_keystore::fuzzing;

use crate::targets::Target;

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "rows", seeds: row_files, run: rows },
    Target { name: "cell", seeds: cells, run: fuzzing::cell_slot },
    Target { name: "root", seeds: roots, run: fuzzing::root_page },
    Target { name: "key", seeds: key_records, run: fuzzing::key_record },
    Target { name: "scope", seeds: scope_records, run: fuzzing::scope_record },
    Target { name: "page", seeds: pages, run: fuzzing::page },
    Target { name: "intent", seeds: intents, run: fuzzing::intent },
];

fn rows(input: &[u8]) {
    let commits = fuzzing::row_file(input);
    assert!(commits * COMMIT_LEN <= input.len(), "commits out of nothing");
}

const ROWS_HEADER: usize = 41;
const COMMIT_LEN: usize = 5 + 194;

/// Records of the vectors' copies, cut to what a mutator reaches.
fn row_files() -> Vec<Vec<u8>> {
    let tombstone = [&[3, 0, 0, 0, 56][..], &[7; 56]].concat();
    let dropped = [2, 0, 0, 0, 4, 0, 0, 0, 16];
    let commit = [&[4, 0, 0, 0, 194][..], &[0; 194]].concat();
    let page = [&[1, 0, 0, 0, 20][..], &[0; 20]].concat();
    let all = [&page[..], &dropped, &tombstone, &commit, &page, &commit].concat();
    let mut seeds: Vec<Vec<u8>> = vectors("rows-")
        .into_iter()
        .map(|rows| {
            let from = rows.len().saturating_sub(4 << 10).max(ROWS_HEADER);
            rows[ROWS_HEADER..rows.len().min(ROWS_HEADER + (4 << 10))]
                .iter()
                .chain(&rows[from..])
                .copied()
                .collect()
        })
        .collect();
    seeds.push(all);
    seeds
}

/// The clear parts of the vectors' slots, as far as there are custodies.
fn cells() -> Vec<Vec<u8>> {
    let cells = vectors("cell").into_iter();
    let slots = cells.flat_map(|cell| [cell[..2_000].to_vec(), cell[135_168..][..2_000].to_vec()]);
    slots.filter(|slot| slot.starts_with(b"SKCELL1\n")).collect()
}

/// Files of the stores in `docs/spec/vectors/keystore` whose names begin so.
fn vectors(prefix: &str) -> Vec<Vec<u8>> {
    let mut folders =
        vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/spec/vectors/keystore")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the vectors are there").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if entry.file_name().to_string_lossy().starts_with(prefix) {
                found.push(std::fs::read(entry.path()).expect("readable"));
            }
        }
    }
    assert!(!found.is_empty(), "no vector is called {prefix}…");
    found
}

const REFERENCE: [u8; 72] = [5; 72];

/// Each custody kind, a copy and a restore, after docs/spec/keystore.md §4.
fn roots() -> Vec<Vec<u8>> {
    let head =
        [&[1][..], &[9; 16], &[2, 0, 1], &[0; 16], &[6; 96], &[0; 96], &[0, 0, 0, 3, 0]].concat();
    let empty = [&head[..], &[0; 144], &[0; 5]].concat();
    let custody = |kind: &[u8]| [&[8; 24][..], &[0, 2, 1, 1], kind].concat();
    let passphrase = custody(&[&[1, 0, 0, 184, 0, 0, 0, 0, 3, 0, 0, 0, 1][..], &[7; 16]].concat());
    let shares = custody(&[&[3, 2, 3][..], &[4; 48]].concat());
    let copy = [&[3; 16][..], b"\0\x02/c\0\x02/d", &[1, 0, 0, 0, 39, 16], &[0; 8]].concat();
    let full = [
        &head[..],
        &REFERENCE,
        &REFERENCE,
        &[3],
        &passphrase,
        &custody(&[2]),
        &shares,
        &[0, 1],
        &copy,
        &[0, 1],
        &[2; 42],
    ];
    vec![empty, full.concat()]
}

fn key_records() -> Vec<Vec<u8>> {
    let live = [&[2, 1, 1, 0, 1][..], &[0; 16], &[7; 32], b"scan.dcm"].concat();
    let dead = [&[7, 0, 2, 0, 1][..], &[0; 16], &[1; 56]].concat();
    vec![live, dead]
}

fn scope_records() -> Vec<Vec<u8>> {
    let live = [&[1, 4][..], &[0; 16], &[0, 0, 0, 9, 0, 4], b"ward", &[1], &REFERENCE].concat();
    let new = [&[0, 0][..], &[0; 20], &[0, 4], b"ward", &[0; 73]].concat();
    let dead = [&[2, 4][..], &[0; 20], &[1; 40]].concat();
    vec![live, new, dead]
}

fn pages() -> Vec<Vec<u8>> {
    let leaf = [&[0, 2, 0, 20][..], &[3; 20], &[0, 20], &[4; 20]].concat();
    let interior = [&[0, 2][..], &REFERENCE, &REFERENCE].concat();
    let sparse = [&[1, 0][..], &[0; 256 * 72]].concat();
    vec![leaf, interior, sparse]
}

fn intents() -> Vec<Vec<u8>> {
    let front = [&b"sealkeep/v1/intent"[..], &[9; 16], &[5; 32], &[0; 8]].concat();
    vec![[&front[..], &[1; 16], &[2; 16]].concat(), front]
}
