//! What a program does once at its start so that the system leaks none of its secrets.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

/// What [`harden_process`] could not do; `None` means that it was done.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Hardening {
    /// Why the size of core dumps could not be limited to zero (`RLIMIT_CORE`).
    pub core_limit_error: Option<io::Error>,
    /// Why the process could not be made undumpable (`PR_SET_DUMPABLE`, Linux), which also
    /// keeps other processes of the same user from attaching to it.
    pub dumpable_error: Option<io::Error>,
}

impl Hardening {
    /// Whether everything was done.
    pub fn is_complete(&self) -> bool {
        self.core_limit_error.is_none() && self.dumpable_error.is_none()
    }
}

/// Forbids core dumps of this process and attaching to it.
///
/// For the program to call, first thing in `main`; a library must not, because the settings
/// belong to the whole process and cannot be taken back. A failure is reported, not fatal.
pub fn harden_process() -> Hardening {
    let no_core = Rlimit { current: Some(0), maximum: Some(0) };
    Hardening {
        core_limit_error: setrlimit(Resource::Core, no_core).err().map(io::Error::from),
        dumpable_error: make_undumpable().err(),
    }
}

#[cfg(target_os = "linux")]
fn make_undumpable() -> io::Result<()> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

#[cfg(not(target_os = "linux"))]
fn make_undumpable() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
