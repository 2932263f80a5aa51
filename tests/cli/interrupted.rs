//! Signals, kills and closed pipes: nothing half-done under a final name, no plaintext left.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::world::{World, noise};

/// Starts a command that reads standard input, gives it half of `input`, and waits until it took that.
fn half_way(world: &World, args: &[&str], input: &[u8]) -> (Child, ChildStdin) {
    let mut command = world.command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut pipe = child.stdin.take().expect("it is piped");
    pipe.write_all(&input[..input.len() / 2]).expect("it reads");
    (child, pipe)
}

fn send(child: &Child, signal: Signal) {
    let id = i32::try_from(child.id()).expect("process ids fit");
    kill_process(Pid::from_raw(id).expect("it is not zero"), signal).expect("it runs");
}

fn ends(mut child: Child) -> (Option<i32>, String) {
    let start = Instant::now();
    while child.try_wait().expect("it is our child").is_none() {
        assert!(start.elapsed() < Duration::from_secs(8), "it does not end");
        sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().expect("it ended");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn signals_stop_sealing_and_opening_cleanly() {
    let world = World::with_store();
    let content = noise(8 << 20);
    world.write("big", &content);
    world.good(&["seal", "big", "-o", "big.sealed"]);
    let sealed = std::fs::read(world.path("big.sealed")).expect("it was sealed");
    let before = world.names(".");
    for (signal, exit, code) in [
        (Signal::INT, 130, "E-INTERRUPTED"),
        (Signal::TERM, 143, "E-TERMINATED"),
        (Signal::HUP, 129, "E-HANGUP"),
    ] {
        for (args, input) in
            [(["seal", "-", "-o", "half"], &content), (["open", "-", "-o", "half"], &sealed)]
        {
            let (child, pipe) = half_way(&world, &args, input);
            send(&child, signal);
            let (ended, said) = ends(child);
            drop(pipe);
            assert_eq!(ended, Some(exit), "{args:?}: {said}");
            assert!(said.contains(code), "{said}");
            assert_eq!(world.names("."), before, "{args:?}");
        }
    }
}

#[test]
fn a_signal_that_is_ignored_at_the_start_stays_ignored() {
    let world = World::with_store();
    let mut command = std::process::Command::new("sh");
    world.prepare(&mut command);
    let script = "trap '' HUP INT; exec \"$0\" seal - -o kept.sealed";
    command.args(["-c", script, env!("CARGO_BIN_EXE_sealkeep")]);
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("there is a shell");
    let mut pipe = child.stdin.take().expect("it is piped");
    pipe.write_all(&noise(8 << 20)).expect("it reads");
    send(&child, Signal::HUP);
    send(&child, Signal::INT);
    pipe.write_all(b"the rest").expect("it goes on");
    drop(pipe);
    let (ended, said) = ends(child);
    assert_eq!(ended, Some(0), "{said}");
    world.good(&["check", "kept.sealed"]);
}

#[test]
fn a_kill_leaves_nothing_under_the_final_name_and_no_plaintext() {
    let world = World::with_store();
    let content = noise(8 << 20);
    world.write("big", &content);
    world.good(&["seal", "big", "-o", "big.sealed"]);
    let sealed = std::fs::read(world.path("big.sealed")).expect("it was sealed");
    for (args, input) in
        [(["seal", "-", "-o", "out/half"], &content), (["open", "-", "-o", "out/half"], &sealed)]
    {
        std::fs::create_dir_all(world.path("out")).expect("a folder");
        let (child, pipe) = half_way(&world, &args, input);
        send(&child, Signal::KILL);
        let (ended, _) = ends(child);
        drop(pipe);
        assert_eq!(ended, None, "a signal ended it");
        // The next run clears what a file system without unnamed files may have kept.
        world.good(&["open", "big.sealed", "-o", "out/again"]);
        assert_eq!(world.names("out"), ["again"]);
        std::fs::remove_dir_all(world.path("out")).expect("it is ours");
    }
    world.good(&["keystore", "check"]);
}

#[test]
fn a_reader_that_goes_away_is_not_an_error_to_talk_about() {
    let world = World::with_store();
    world.write("big", noise(8 << 20));
    world.good(&["seal", "big", "-o", "big.sealed"]);
    let mut command = world.command(&["open", "big.sealed", "-o", "-"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut pipe = child.stdout.take().expect("it is piped");
    let mut start = [0; 16];
    pipe.read_exact(&mut start).expect("it writes");
    drop(pipe);
    let (ended, said) = ends(child);
    assert_eq!((ended, said.as_str()), (Some(141), ""));
}

#[test]
fn a_cut_stream_fails_though_its_beginning_was_given_out() {
    let world = World::with_store();
    world.write("big", noise(1 << 20));
    world.good(&["seal", "big", "-o", "big.sealed"]);
    let sealed = std::fs::read(world.path("big.sealed")).expect("it was sealed");
    let (child, pipe) = half_way(&world, &["open", "-", "-o", "-"], &sealed);
    drop(pipe);
    let (ended, said) = ends(child);
    assert_eq!(ended, Some(11), "{said}");
    let (child, pipe) = half_way(&world, &["open", "-", "-o", "half"], &sealed);
    drop(pipe);
    let (ended, said) = ends(child);
    assert_eq!(ended, Some(11), "{said}");
    assert!(!world.path("half").exists());
}
