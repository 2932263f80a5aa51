//! Running the driver under strace: killed at a chosen call, or watched.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::acts::{ACT, Act, FIELD, REPORT};
use crate::ground::Field;

/// What became of a driver.
pub(crate) struct Ended {
    /// It was killed on the way.
    pub(crate) killed: bool,
    /// What it had reported until then.
    pub(crate) reports: Vec<String>,
}

/// Calls that change what is on disk, or make it durable. `?`: not every machine has every one.
const CHANGES: &str = "?write,?pwrite64,?pwritev,?fsync,?fdatasync,?rename,?renameat,?renameat2,?unlink,?unlinkat,\
    ?ftruncate,?mkdir,?mkdirat";

/// Does an act and dies when some thread enters its `number`th changing call, which is not carried out; calls are
/// counted from 1. With a path, only calls on that file count.
pub(crate) fn kill_at(act: Act, field: &Field, number: usize, path: Option<&Path>) -> Ended {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null"]);
    strace.args(["-e", &format!("trace={CHANGES}")]);
    strace.args(["-e", &format!("inject={CHANGES}:signal=SIGKILL:when={number}")]);
    if let Some(path) = path {
        strace.arg("-P").arg(path);
    }
    run(strace, act, field)
}

/// Does an act untouched and writes every call to `prefix.THREAD`, bytes included.
pub(crate) fn watch(act: Act, field: &Field, prefix: &Path) -> Ended {
    let mut strace = Command::new("strace");
    strace.args(["-ff", "-ttt", "-y", "-xx", "-qq", "-s", "100000000"]);
    strace.args(["-e", &format!("trace={CHANGES},?open,?openat,?lseek")]).arg("-o").arg(prefix);
    run(strace, act, field)
}

/// Does an act untouched and unwatched.
pub(crate) fn leave(act: Act, field: &Field) -> Ended {
    run(Command::new("env"), act, field)
}

/// Whether this machine lets us look into a process with strace. Where it must, a no is a failure.
pub(crate) fn at_hand() -> bool {
    let killed = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=?openat,?open:signal=SIGKILL", "true"])
        .stderr(Stdio::null())
        .status();
    let works = killed.is_ok_and(|status| status.signal() == Some(9));
    assert!(
        works || !thorough(),
        "strace is not there, or may not trace, and SEALKEEP_REQUIRE_ALL is set"
    );
    if !works {
        // Not the macro: a skip is to be seen whether or not output is captured.
        let _ = writeln!(std::io::stderr(), "skipped: strace is not there, or may not trace");
    }
    works
}

/// Whether every point is tried, however long it takes, and nothing may be skipped.
pub(crate) fn thorough() -> bool {
    std::env::var_os("SEALKEEP_REQUIRE_ALL").is_some_and(|value| value == "1")
}

fn run(mut command: Command, act: Act, field: &Field) -> Ended {
    command.arg(this_program());
    command.args(["driver", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(ACT, format!("{act:?}")).env(FIELD, &field.0).env("RUST_BACKTRACE", "0");
    let Output { status, stdout, stderr } = command.output().expect("started");
    let killed = status.signal() == Some(9);
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(killed || status.success(), "{act:?}: the driver failed by itself: {stderr}");
    let stdout = String::from_utf8_lossy(&stdout);
    let reports = stdout.split(REPORT).skip(1);
    // What is not ended by a line break was not written whole.
    let reports = reports.filter_map(|text| Some(text.split_once('\n')?.0.to_owned())).collect();
    Ended { killed, reports }
}

fn this_program() -> PathBuf {
    std::env::current_exe().expect("this test's own program")
}
