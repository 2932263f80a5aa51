//! Content of any length takes the same memory.

use std::fs;
use std::io::Write;
use std::process::{Child, Stdio};

use crate::world::World;

/// Bytes of content: enough that holding them would show.
const CONTENT: usize = if cfg!(debug_assertions) { 256 << 20 } else { 1 << 30 };

/// Most resident memory, in KiB.
const MOST: u64 = 64 << 10;

#[test]
fn streams_take_little_memory_however_long() {
    let world = World::with_store();
    let mut seal = world.command(&["seal", "-", "-o", "-"]);
    let seal = seal.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut seal = seal.spawn().expect("it starts");
    let sealed = seal.stdout.take().expect("it is a pipe");
    let mut open = world.command(&["open", "-", "-o", "-"]);
    let open = open.stdin(sealed).stdout(Stdio::null()).stderr(Stdio::null());
    let mut open = open.spawn().expect("it starts");
    let mut input = seal.stdin.take().expect("it is a pipe");
    let zeros = vec![0; 1 << 20];
    for _ in 0..CONTENT / zeros.len() {
        input.write_all(&zeros).expect("it reads");
    }
    // Both still wait for the end of the content.
    let peaks = [peak(&seal), peak(&open)];
    drop(input);
    assert!(seal.wait().expect("it ends").success());
    assert!(open.wait().expect("it ends").success());
    assert!(peaks.iter().all(|peak| (1..=MOST).contains(peak)), "{peaks:?} KiB");
}

/// Most memory that a process has had resident so far, in KiB.
fn peak(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
