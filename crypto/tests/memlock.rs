//! Secrets go on working when the system refuses to lock more memory. In a process of its own,
//! because the limit belongs to the process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use rustix::process::{Resource, Rlimit, setrlimit};
use sealkeep_crypto::{Secret, SecretVec, locked_memory};

#[test]
fn secrets_work_beyond_the_limit() {
    let limit = Rlimit { current: Some(64 * 1024), maximum: Some(64 * 1024) };
    setrlimit(Resource::Memlock, limit).unwrap();

    let mut secrets: Vec<_> = (0..3000_u32)
        .map(|i| Secret::<32>::init_with(|out| out[..4].copy_from_slice(&i.to_le_bytes())))
        .collect();
    let large = SecretVec::from_vec(vec![7; 1 << 20]);
    for (i, secret) in (0_u32..).zip(&secrets) {
        assert_eq!(secret.expose()[..4], i.to_le_bytes());
    }
    assert!(large.expose().iter().all(|b| *b == 7));

    let memory = locked_memory();
    assert!(memory.locked + memory.refused >= 3000 * 64 + (1 << 20), "{memory:?}");
    if !may_lock_without_limit() {
        assert!(memory.refused >= 1 << 20, "{memory:?}");
        assert!(memory.locked <= 64 * 1024, "{memory:?}");
    }

    drop(large);
    let after = locked_memory();
    assert_eq!(after.locked + after.refused + (1 << 20), memory.locked + memory.refused);
    secrets.clear();
    assert_eq!(locked_memory(), after, "chunks stay for the next secrets");
}

/// CAP_IPC_LOCK, which the superuser has, lifts the limit.
fn may_lock_without_limit() -> bool {
    const CAP_IPC_LOCK: u64 = 1 << 14;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap();
    u64::from_str_radix(line.trim(), 16).unwrap() & CAP_IPC_LOCK != 0
}
