//! Files that are not what was listed, lists that are not what was approved, two executions side by side.

use std::fs;
use std::process::Stdio;

use super::kill::{can_trace, kill_at};
use super::scene::{EXECUTE, NUMBER, Scene};

const PLAIN: &str = "a file outside of the vault";

fn with_file() -> Scene {
    let scene = Scene::new(false);
    scene.write("plain", PLAIN);
    scene.approved(Some("plain"));
    scene
}

/// Nothing was destroyed, and what was approved can still be executed or cancelled.
fn assert_nothing_happened(scene: &Scene) {
    assert_eq!(scene.state(), "waiting");
    scene.assert_not_certified();
    scene.good("zhang", &["destroy", "cancel", NUMBER, "--yes"]);
    scene.assert_all_opens("vault");
}

#[test]
fn a_file_that_is_not_what_was_listed_stops_all_before_anything_is_destroyed() {
    for change in [remove, rewrite, replace] {
        let scene = with_file();
        change(&scene);
        let done = scene.execute();
        assert_ne!(done.code, 0, "{}", done.stdout);
        assert_nothing_happened(&scene);
    }
}

/// Killed as soon as the keys are gone, with the file changed before it is gone on with.
#[test]
fn a_file_that_vanishes_in_the_middle_makes_it_partial_and_never_certified() {
    if !can_trace() {
        return;
    }
    for change in [remove, rewrite, replace] {
        let scene = with_file();
        let begun =
            (1..100).find(|at| kill_at(&scene, "fsync", *at) && scene.state() == "executing");
        assert!(begun.is_some(), "it never began");
        change(&scene);
        let done = scene.execute();
        assert_eq!(done.code, 44, "{}{}", done.stdout, done.stderr);
        assert_eq!(scene.state(), "partial");
        scene.assert_destroyed("vault");
        for witness in ["zhou", "wu"] {
            scene.run(witness, &["destroy", "witness", NUMBER, "--yes"]);
        }
        scene.run("zheng", &["destroy", "inspect", NUMBER, "--yes"]);
        assert_eq!(scene.state(), "partial");
        scene.assert_not_certified();
    }
}

fn remove(scene: &Scene) {
    fs::remove_file(scene.path("plain")).unwrap();
}

fn rewrite(scene: &Scene) {
    scene.write("plain", "another content");
}

fn replace(scene: &Scene) {
    scene.write("other", PLAIN);
    fs::rename(scene.path("other"), scene.path("plain")).unwrap();
}

#[test]
fn a_lost_or_edited_list_destroys_nothing_until_it_is_there_again() {
    let scene = with_file();
    for part in ["inventory", "targets"] {
        let path = scene.part(part).unwrap();
        let was = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_ne!(scene.execute().code, 0, "{part} is lost");
        for at in (0..was.len()).step_by(was.len() / 9 + 1) {
            let mut edited = was.clone();
            edited[at] ^= 1;
            fs::write(&path, edited).unwrap();
            assert_ne!(scene.execute().code, 0, "{part}, byte {at}");
        }
        fs::write(&path, [&was[..was.len() / 2]].concat()).unwrap();
        assert_ne!(scene.execute().code, 0, "{part} is cut off");
        assert_eq!(scene.state(), "waiting");
        fs::write(&path, was).unwrap();
    }
    assert_eq!(scene.execute().code, 0);
    scene.assert_destroyed("vault");
    scene.certify();
}

#[test]
fn of_two_executions_side_by_side_one_destroys() {
    for _ in 0..3 {
        let scene = with_file();
        let start = || {
            let mut command = scene.command("sun", &EXECUTE);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let both = [start(), start(), start()].map(|child| child.wait_with_output().unwrap());
        let well = both.iter().filter(|output| output.status.success()).count();
        assert!(well >= 1, "{both:#?}");
        assert!(
            both.iter().all(|output| output.status.code().is_some_and(|code| code != 44)),
            "{both:#?}"
        );
        assert_eq!(scene.state(), "executed");
        scene.assert_destroyed("vault");
        scene.certify();
    }
}
