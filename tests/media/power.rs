//! Wipes that are stopped at some moment, by a kill, by a signal, by the power, and resumed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::claim::Said;
use crate::scenes::{self, Scene};
use crate::world::{World, done};

/// Seven random passes: time enough to be stopped in.
const METHOD: &str = "pfitzner-7";

/// One wipe that is to be stopped.
struct Run {
    world: World,
    scene: Scene,
    /// Where the program keeps what it needs to go on.
    journal: PathBuf,
    content: Vec<u8>,
}

impl Run {
    fn new(len: usize) -> Option<Run> {
        let scene = scenes::ext4_of(len)?;
        let world = World::new();
        let journal = world.path("journal");
        let content = fs::read(&scene.file).expect("it is there");
        Some(Run { world, scene, journal, content })
    }

    /// The journal is on the image too, and goes back in time with it.
    fn with_journal_inside(self) -> Run {
        Run { journal: self.scene.image.path("journal"), ..self }
    }

    fn command(&self, more: &[&str]) -> std::process::Command {
        let mut command = self.world.command(&["wipe", "--yes", "--json"]);
        command.arg("--journal").arg(&self.journal).args(more);
        command
    }

    fn spawn(&self) -> Child {
        let mut command = self.command(&["--method", METHOD]);
        command.arg(&self.scene.file).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the program starts")
    }

    /// Starts it and waits until it has written down what it is about to do, or has ended.
    fn start(&self) -> Child {
        let mut child = self.spawn();
        let is_empty = || fs::read_dir(&self.journal).map_or(true, |mut dir| dir.next().is_none());
        while is_empty() && child.try_wait().expect("it is our child").is_none() {
            sleep(Duration::from_micros(200));
        }
        child
    }

    /// Goes on, and searches the image. Whether there was anything to go on with.
    ///
    /// If there was not, the file must be whole, or have been wiped already.
    fn resume(mut self) -> bool {
        let resumed = done(&mut self.command(&["--resume"]));
        let document: Value = serde_json::from_str(&resumed.stdout).unwrap_or_default();
        let is_resumed = document["resumed"] == true;
        if is_resumed {
            let ended = (resumed.code, document["result"].as_str());
            assert_eq!(ended, (0, Some("verified")), "{document:#}{}", resumed.stderr);
        } else if self.scene.file.exists() {
            let now = fs::read(&self.scene.file).expect("it is there");
            assert!(now == self.content, "not begun, yet changed: {resumed:?}");
            let said = Said::read(&done(self.command(&[]).arg(&self.scene.file)));
            assert_eq!((said.code, said.result()), (0, "verified"), "{said:?}");
        }
        let names = names(&self.scene.image.root());
        assert!(names.is_empty(), "something is left in the folder: {names:?} {document:#}");
        self.scene.image.unmount();
        let found = self.scene.search();
        assert!(found.no_content(), "something is left: {found:?} {document:#}");
        // A journal on the image names the file there.
        let inside = self.journal.starts_with(self.scene.image.root());
        assert!(inside || found.names == 0, "the name is left: {document:#}");
        is_resumed
    }
}

/// How long a wipe goes on that is left alone.
fn duration(len: usize) -> Option<Duration> {
    let run = Run::new(len)?;
    let child = run.start();
    let start = Instant::now();
    let output = child.wait_with_output().expect("it is our child");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(start.elapsed())
}

/// What lies in a folder, but for what belongs there.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it is mounted").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name != "lost+found" && name != "journal").collect()
}

fn send(child: &Child, signal: Signal) {
    let id = i32::try_from(child.id()).expect("process ids fit");
    kill_process(Pid::from_raw(id).expect("it is not zero"), signal).expect("it is ours");
}

fn kill(mut child: Child) {
    child.kill().expect("it is ours");
    child.wait().expect("it is ours");
}

/// Stops wipes at moments spread over their duration, the first while it starts. Enough of them must have been under way.
fn stopped(rounds: u32, len: usize, stop: impl Fn(u32, Run, Child) -> Run) {
    let Some(whole) = duration(len) else { return };
    let mut resumed = 0;
    // On a busy machine many end before they are stopped; then there are more of them.
    for round in 0..rounds * 5 {
        if round >= rounds && resumed * 3 >= rounds {
            break;
        }
        let run = Run::new(len).expect("as before");
        let run = if round % 2 == 1 { run.with_journal_inside() } else { run };
        let child = if round == 0 { run.spawn() } else { run.start() };
        sleep(whole * (round % rounds) / rounds);
        resumed += u32::from(stop(round, run, child).resume());
    }
    assert!(resumed * 3 >= rounds, "only {resumed} of {rounds} wipes were under way");
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_killed_wipe_is_resumed() {
    stopped(10, 4 << 20, |round, mut run, child| {
        kill(child);
        // Every other pair of times the machine stays up.
        if round % 4 < 2 {
            run.scene.image.unmount();
            run.scene.image.mount();
        }
        run
    });
}

/// The image is put back to what had reached it at one moment; what was only in memory is lost, and the file system's own
/// journal is replayed when it is mounted.
#[test]
#[ignore = "needs root and loop devices"]
fn a_wipe_that_lost_power_is_resumed() {
    stopped(6, 64 << 20, |_, mut run, child| {
        send(&child, Signal::STOP);
        let copy = run.scene.image.copy_at_one_moment();
        kill(child);
        run.scene.image.cut_power(&copy);
        run
    });
}

#[test]
#[ignore = "needs root and loop devices"]
fn an_interrupted_wipe_says_so_and_is_resumed() {
    let len = 64 << 20;
    let Some(whole) = duration(len) else { return };
    let run = Run::new(len).expect("as before");
    let child = run.start();
    sleep(whole / 2);
    send(&child, Signal::INT);
    let output = child.wait_with_output().expect("it is our child");
    assert_eq!(output.status.code(), Some(130));
    let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!(document["result"], "interrupted");
    assert!(run.resume(), "there was something to resume");
}
