//! `destroy execute`, killed at any moment: the request waits and nothing is destroyed, or it is gone on with to the end.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::scene::{EXECUTE, GROUND, NUMBER, Scene, thorough};

#[test]
fn killed_at_any_moment_it_is_destroyed_or_pending() {
    Mill::new(false).turn(rounds() * 7 / 10);
}

#[test]
fn killed_at_any_moment_with_a_live_copy_of_the_key_store_too() {
    Mill::new(true).turn(rounds() * 3 / 10);
}

/// How often it is killed in all.
fn rounds() -> usize {
    match env::var("SEALKEEP_KILLS") {
        Ok(number) => number.parse().unwrap(),
        Err(_) if thorough() => 500,
        Err(_) => 40,
    }
}

/// A request that is executed again and again.
struct Mill {
    scene: Scene,
    /// How long an execution takes, and how often it makes each call; with a file to overwrite, and without.
    usual: [(Duration, Vec<(&'static str, usize)>); 2],
    /// How often a killed one was found in each state.
    found: BTreeMap<String, usize>,
}

/// When it is killed.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// After this time.
    After(Duration),
    /// In place of this call.
    Call(&'static str, usize),
}

impl Mill {
    fn new(live: bool) -> Self {
        let scene = Scene::new(live);
        scene.keep(&GROUND, "founded");
        scene.approved(None);
        scene.keep(&GROUND, "approved");
        let mut mill = Self { scene, usual: Default::default(), found: BTreeMap::new() };
        for plain in [false, true] {
            mill.prepare(plain);
            let start = Instant::now();
            assert_eq!(mill.scene.execute().code, 0);
            let took = start.elapsed();
            mill.prepare(plain);
            mill.usual[usize::from(plain)] = (took, mill.count_calls());
        }
        mill
    }

    fn turn(mut self, rounds: usize) {
        let start = Instant::now();
        let mut killed = 0;
        let mut certified = 0;
        for round in 0.. {
            if killed == rounds {
                break;
            }
            // A request for a file has to be made anew each time: a file is known by more than its content.
            let plain = round % 4 == 0;
            let point = self.point(plain, round % 2 == 1);
            self.prepare(plain);
            if !self.kill(point) {
                continue;
            }
            killed += 1;
            println!("{point:?}{}", if plain { " with a file" } else { "" });
            self.judge(plain, round);
            if killed % 10 == 1 && self.scene.state() == "executed" {
                self.scene.certify();
                certified += 1;
                assert_eq!(self.scene.part("targets"), None, "names are left");
            }
        }
        let found = &self.found;
        println!("{killed} kills in {:?}: {found:?}, {certified} certified", start.elapsed());
        assert!(found.len() > 1, "it was always killed in the same state: {found:?}");
    }

    /// A request that is approved, as if nothing had happened before.
    fn prepare(&self, plain: bool) {
        if plain {
            self.scene.put_back(&GROUND, "founded");
            self.scene.write("plain", PLAIN);
            self.scene.approved(Some("plain"));
        } else {
            self.scene.put_back(&GROUND, "approved");
        }
    }

    fn point(&self, plain: bool, call: bool) -> Point {
        let (took, calls) = &self.usual[usize::from(plain)];
        if call && !calls.is_empty() {
            let (call, count) = calls[below(calls.len())];
            return Point::Call(call, 1 + below(count));
        }
        Point::After(took.mul_f64(below(1_050) as f64 / 1_000.0))
    }

    /// Executes, and kills it. Returns false if it was quicker.
    fn kill(&self, point: Point) -> bool {
        match point {
            Point::After(after) => {
                let mut command = self.scene.command("sun", &EXECUTE);
                command.stdout(Stdio::null()).stderr(Stdio::null());
                let mut child = command.spawn().unwrap();
                sleep(after);
                child.kill().unwrap();
                !child.wait().unwrap().success()
            }
            Point::Call(call, number) => kill_at(&self.scene, call, number),
        }
    }

    /// How often each call that changes something is made; nothing where nothing can be traced.
    fn count_calls(&self) -> Vec<(&'static str, usize)> {
        let log = self.scene.path("calls");
        let trace = format!("trace={}", CALLS.map(|call| format!("?{call}")).join(","));
        if !can_trace() {
            return Vec::new();
        }
        let status = traced(&self.scene, &["-e", &trace, "-o", log.to_str().unwrap()]);
        assert!(status.is_some_and(|status| status.success()));
        let log = fs::read_to_string(log).unwrap();
        let count = |call: &str| {
            let begins = format!(" {call}(");
            log.lines().filter(|line| line.contains(&begins)).count()
        };
        CALLS.map(|call| (call, count(call))).into_iter().filter(|(_, count)| *count > 0).collect()
    }

    fn judge(&mut self, plain: bool, round: usize) {
        let state = self.scene.state();
        let scene = &self.scene;
        scene.assert_not_certified();
        match &*state {
            "waiting" if round.is_multiple_of(3) => {
                scene.good("zhang", &["destroy", "cancel", NUMBER, "--yes"]);
                scene.assert_all_opens("vault");
                assert!(!plain || fs::read(scene.path("plain")).unwrap() == PLAIN.as_bytes());
                scene.assert_not_certified();
            }
            "waiting" | "executing" => {
                let done = scene.execute();
                assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
                self.judge_executed(plain);
            }
            "executed" => self.judge_executed(plain),
            other => panic!("{other}"),
        }
        *self.found.entry(state).or_default() += 1;
    }

    fn judge_executed(&self, plain: bool) {
        let scene = &self.scene;
        assert_eq!(scene.state(), "executed");
        scene.assert_not_certified();
        scene.assert_destroyed("vault");
        assert!(!plain || !scene.path("plain").exists());
    }
}

/// Executes, and kills it in place of a call. Returns false if it was over before.
pub(crate) fn kill_at(scene: &Scene, call: &str, number: usize) -> bool {
    let inject = format!("inject={call}:signal=SIGKILL:when={number}");
    let status = traced(scene, &["-e", &format!("trace={call}"), "-e", &inject]);
    !status.expect("strace was there").success()
}

/// Executes under the eyes of strace, if there is such a program.
fn traced(scene: &Scene, options: &[&str]) -> Option<ExitStatus> {
    let mut command = Command::new("strace");
    scene.prepare("sun", &mut command);
    command.args(["-f", "-qq"]).args(options).arg(env!("CARGO_BIN_EXE_sealkeep")).args(EXECUTE);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().ok()
}

/// Whether this machine lets strace look into a process.
pub(crate) fn can_trace() -> bool {
    let mut command = Command::new("strace");
    command.args(["-qq", "-e", "trace=fsync", "true"]).stderr(Stdio::null());
    let can = command.status().is_ok_and(|status| status.success());
    assert!(can || !thorough(), "strace is not there, or may not trace");
    can
}

/// A random number below `limit`.
fn below(limit: usize) -> usize {
    let mut bytes = [0; 8];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes))
        .unwrap();
    usize::try_from(u64::from_le_bytes(bytes) % limit as u64).unwrap()
}

const PLAIN: &str = "what was written about the patient outside of the vault";

/// Calls that change what is on disk, or make it durable. Not every machine has every one.
const CALLS: [&str; 14] = [
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "ftruncate",
    "mkdir",
    "mkdirat",
];
