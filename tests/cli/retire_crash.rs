//! `seal --retire`, killed at calls that change something: every source is whole, or its sealed file opens to it; and
//! what was begun is finished by `wipe --resume` and the same command with `--skip-existing`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::world::{World, noise, skip};

/// Calls that change what is on disk, or make it durable. Not every machine has every one. Each is counted by itself.
const CHANGES: [&str; 18] = [
    "write",
    "pwrite64",
    "pwritev",
    "writev",
    "fsync",
    "fdatasync",
    "syncfs",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "ftruncate",
    "mkdir",
    "mkdirat",
    "utimensat",
];

const RETIRE: [&str; 6] = ["seal", "--retire", "--yes", "data", "-o", "out"];

/// What is put back before each run.
const GROUND: [&str; 3] = ["keys", "copy", "data"];

#[test]
fn killed_at_any_call_every_source_is_whole_or_its_sealed_file_opens() {
    if !strace_at_hand() {
        return skip("strace is not there, or may not trace");
    }
    let world = prepare();
    let was = content(&world.path("data"));
    let (mut kills, mut begun) = (0, 0);
    for call in CHANGES {
        for number in points(if thorough() { 3 } else { 12 }) {
            put_back(&world);
            if !kill(&world, &RETIRE, (call, number)) {
                break;
            }
            let point = format!("killed at {call} {number}");
            begun += u32::from(judge(&world, &was, &point));
            finish(&world, &was, &point);
            kills += 1;
        }
    }
    println!("{kills} kills, {begun} of them in the wipe");
    assert!(kills > 8 && begun > 0, "{kills} kills, {begun} of them in the wipe");
}

/// Killed twice: in the wipe, and again while it is being resumed.
#[test]
fn killed_again_while_it_is_resumed_it_is_finished_all_the_same() {
    if !strace_at_hand() {
        return skip("strace is not there, or may not trace");
    }
    let world = prepare();
    let was = content(&world.path("data"));
    let mut kills = 0;
    for first in ["pwrite64", "ftruncate", "unlinkat"] {
        // From the first such call on that leaves a wipe to be gone on with: some are those of the key store.
        let begun = (1..).find(|&number| {
            put_back(&world);
            assert!(kill(&world, &RETIRE, (first, number)), "{first} is not called in the wipe");
            !journals(&world).is_empty()
        });
        let first = (first, begun.expect("one of them") + 1);
        for call in CHANGES {
            for second in points(if thorough() { 4 } else { 12 }) {
                put_back(&world);
                if !kill(&world, &RETIRE, first) || journals(&world).is_empty() {
                    break;
                }
                let killed = kill(&world, &["wipe", "--resume", "--yes"], (call, second));
                let point = format!("killed at {first:?}, then at {call} {second} of going on");
                judge(&world, &was, &point);
                finish(&world, &was, &point);
                if !killed {
                    break;
                }
                kills += 1;
            }
        }
    }
    println!("{kills} kills");
    assert!(kills > 2, "{kills} kills");
}

/// Every so many'th call, from one of the first three on: another run tries others.
fn points(step: usize) -> impl Iterator<Item = usize> {
    (1 + std::process::id() as usize % 3..).step_by(step)
}

/// Whether more points are tried, though it takes long.
fn thorough() -> bool {
    std::env::var_os("SEALKEEP_REQUIRE_ALL").is_some_and(|value| value == "1")
}

fn prepare() -> World {
    let world = World::with_store();
    world.good(&["keystore", "copy", "add", "copy"]);
    world.write("data/a", "the first");
    world.write("data/none", "");
    world.write("data/sub/deep/病历 0042.txt", "stable");
    world.write("data/sub/large", noise(300_000));
    std::os::unix::fs::symlink("sub/large", world.path("data/link")).expect("a link");
    fs::hard_link(world.path("data/a"), world.path("data/sub/second name")).expect("a link");
    for name in GROUND {
        cp(&world.path(name), &world.path(format!("{name}.was")));
    }
    world
}

fn put_back(world: &World) {
    for name in ["out", "judged", "back", "keys.wipe"].iter().chain(&GROUND) {
        if world.path(name).exists() {
            fs::remove_dir_all(world.path(name)).expect("it is ours");
        }
    }
    for name in GROUND {
        cp(&world.path(format!("{name}.was")), &world.path(name));
    }
}

fn cp(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().expect("cp starts").success());
}

/// Every file and link below a folder, with its content or target.
fn content(top: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![top.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(&dir).expect("a folder") {
            let path = entry.expect("readable").path();
            let kind = path.symlink_metadata().expect("it is there").file_type();
            let below = path.strip_prefix(top).expect("below").to_owned();
            if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_symlink() {
                let target = fs::read_link(&path).expect("a link");
                found.insert(below, target.into_os_string().into_encoded_bytes());
            } else {
                found.insert(below, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

/// Whether something is no longer whole; then its sealed file must open to what it was.
fn judge(world: &World, was: &BTreeMap<PathBuf, Vec<u8>>, point: &str) -> bool {
    let data = world.path("data");
    let is = if data.exists() { content(&data) } else { BTreeMap::new() };
    let lost: Vec<&PathBuf> = was.keys().filter(|path| is.get(*path) != was.get(*path)).collect();
    if lost.is_empty() {
        return false;
    }
    let opened = world.run(&["open", "out", "-o", "judged"]);
    assert_eq!(opened.code, 0, "{point}: {}", opened.stderr);
    let sealed = content(&world.path("judged"));
    for path in lost {
        assert!(sealed.get(path) == was.get(path), "{point}: {} is lost", path.display());
    }
    true
}

/// What was begun is finished, and nothing stands in the way of the rest.
fn finish(world: &World, was: &BTreeMap<PathBuf, Vec<u8>>, point: &str) {
    if !journals(world).is_empty() {
        let resumed = world.run(&["wipe", "--resume", "--yes"]);
        let well = [0, 40].contains(&resumed.code);
        assert!(well, "{point}: {}{}", resumed.stdout, resumed.stderr);
    }
    assert!(journals(world).is_empty(), "{point}");
    if world.path("data").exists() {
        let again = world.run(&[&RETIRE[..], &["--skip-existing"]].concat());
        let well = [0, 40].contains(&again.code);
        assert!(well, "{point}: {}{}", again.stdout, again.stderr);
    }
    assert!(!world.path("data").exists(), "{point}: {:?}", content(&world.path("data")).keys());
    world.good(&["open", "out", "-o", "back"]);
    let back = content(&world.path("back"));
    assert!(back == *was, "{point}: {:?}", back.keys());
    world.good(&["keystore", "check"]);
}

fn journals(world: &World) -> Vec<String> {
    if !world.path("keys.wipe").exists() {
        return Vec::new();
    }
    world.names("keys.wipe").into_iter().filter(|name| name.ends_with(".wipe")).collect()
}

/// Runs a command that dies when some thread enters a changing call for the `number`th time; that call is not carried
/// out. Returns whether it came to that. On one processor the work is all on one thread, but for that of the key store.
fn kill(world: &World, args: &[&str], (call, number): (&str, usize)) -> bool {
    let mut strace = Command::new("strace");
    world.prepare(&mut strace);
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace=?{call}")]);
    strace.args(["-e", &format!("inject=?{call}:signal=SIGKILL:when={number}")]);
    strace.args(["taskset", "--cpu-list", &one_cpu(), env!("CARGO_BIN_EXE_sealkeep")]).args(args);
    let ended = strace.output().expect("strace starts");
    let killed = ended.status.signal() == Some(9);
    let well = ended.status.code().is_some_and(|code| [0, 40].contains(&code));
    assert!(killed || well, "{args:?}: {}", String::from_utf8_lossy(&ended.stderr));
    killed
}

/// A processor that this process may run on.
fn one_cpu() -> String {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let list = list.expect("Linux tells").trim();
    list.split([',', '-']).next().expect("one at least").to_owned()
}

/// Whether this machine lets us look into a process with strace, and bind it to a processor.
fn strace_at_hand() -> bool {
    let killed = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=?openat,?open:signal=SIGKILL"])
        .args(["taskset", "--cpu-list", &one_cpu(), "true"])
        .stderr(Stdio::null())
        .status();
    killed.is_ok_and(|status| status.signal() == Some(9))
}
