//! `harden_process`, in a process of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
use sealkeep_crypto::harden_process;

#[test]
fn no_core_dumps_afterwards() {
    let hardening = harden_process();
    assert!(hardening.is_complete(), "{hardening:?}");
    assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    let core = getrlimit(Resource::Core);
    assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
    assert!(harden_process().is_complete(), "a second time does no harm");
}
