//! `seal --retire`: what is asked, refused and said, and what is left where.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::world::{Done, World, done, noise, skip};

const RETIRE: [&str; 6] = ["seal", "--retire", "--yes", "data", "-o", "out"];

/// A key store with a live copy, and a tree to be retired.
fn world() -> World {
    let world = World::with_store();
    world.good(&["keystore", "copy", "add", "copy"]);
    tree(&world);
    world
}

fn tree(world: &World) {
    world.write("data/a", "the first");
    world.write("data/none", "");
    world.write("data/sub/病历 0042.txt", "stable");
    world.write("data/sub/large", noise(300_000));
    std::os::unix::fs::symlink("sub/large", world.path("data/link")).expect("a link");
}

/// What can be claimed depends on where the tests run; that all of it is gone does not.
fn retired(world: &World, done: &Done) {
    assert!([0, 40].contains(&done.code), "{}{}{}", done.code, done.stdout, done.stderr);
    assert!(!world.path("data").exists());
    world.good(&["open", "out", "-o", "back"]);
    assert_eq!(fs::read(world.path("back/sub/large")).expect("it is there"), noise(300_000));
    assert_eq!(world.names("back"), ["a", "link", "none", "sub"]);
    assert!(world.names("keys.wipe").is_empty());
}

fn document(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).expect("one document")
}

#[test]
fn a_folder_is_retired_and_opens_again() {
    let world = world();
    let done = world.run(&[&RETIRE[..], &["--json", "--report", "report.json"]].concat());
    retired(&world, &done);
    let body = document(&done);
    assert_eq!(body["schema"], "sealkeep.retire/1");
    assert_eq!(body["proven"]["files"], 4);
    assert_eq!(body["seal"]["files"], 4);
    assert_eq!(body["wipe"]["totals"]["removed"], 4);
    assert_eq!(body["kept"], Value::Array(Vec::new()));
    let written = fs::read(world.path("report.json")).expect("it was asked for");
    let written: Value = serde_json::from_slice(&written).expect("a document");
    assert_eq!(written["proven"], body["proven"]);
    assert_eq!(written["schema"], "sealkeep.retire/1");
}

#[test]
fn without_a_live_copy_nothing_is_begun_unless_that_is_allowed() {
    let world = World::with_store();
    tree(&world);
    let refused = world.run(&RETIRE);
    assert_eq!(refused.code, 4, "{}", refused.stderr);
    assert!(refused.stderr.contains("error[E-RETIRE-UNCOPIED]: "), "{}", refused.stderr);
    assert!(!world.path("out").exists());
    world.good(&["keystore", "copy", "add", "copy", "--manual"]);
    assert_eq!(world.run(&RETIRE).code, 4);
    let done = world.run(&[&RETIRE[..], &["--allow-uncopied"]].concat());
    retired(&world, &done);
}

/// The copy is registered, and is not there when it has to take the keys.
#[test]
fn a_copy_that_cannot_be_reached_keeps_every_source() {
    for policy in [&[][..], &["--warn-only"]] {
        let world = World::with_store();
        world.good(&[&["keystore", "copy", "add", "copy"], policy].concat());
        tree(&world);
        fs::rename(world.path("copy"), world.path("away")).expect("it is ours");
        // A file in its place, so that it cannot be made anew.
        fs::write(world.path("copy"), "").expect("a file");
        let kept = world.run(&RETIRE);
        let code = if policy.is_empty() { 24 } else { 4 };
        assert_eq!(kept.code, code, "{}", kept.stderr);
        assert_eq!(world.names("data"), ["a", "link", "none", "sub"]);
        assert!(world.names("out").contains(&"a.sealed".to_owned()));
        // No new keys are made now, and those that were are still nowhere else.
        let again = [&RETIRE[..], &["--skip-existing"]].concat();
        assert_eq!(world.run(&again).code, code);
        assert_eq!(world.names("data"), ["a", "link", "none", "sub"]);
        fs::remove_file(world.path("copy")).expect("it is ours");
        fs::rename(world.path("away"), world.path("copy")).expect("it is ours");
        retired(&world, &world.run(&again));
    }
}

#[test]
fn keys_among_the_sources_are_refused() {
    let world = world();
    for input in [".", "keys", "copy", "admin.key", "keys/cell"] {
        let target = tempfile::tempdir().expect("a folder");
        let out = target.path().join("out").display().to_string();
        let refused = world.run(&["seal", "--retire", "--yes", input, "-o", &out]);
        assert_eq!(refused.code, 4, "{input}: {}", refused.stderr);
        assert!(refused.stderr.contains("error[E-RETIRE-KEYS]: "), "{}", refused.stderr);
        assert!(!Path::new(&out).exists());
    }
    world.good(&["keystore", "check"]);
}

#[test]
fn what_cannot_be_retired_at_all_is_refused_before_anything_is_sealed() {
    let world = world();
    let before = world.names(".");
    for (args, code, said) in [
        (&["seal", "--retire", "--yes", "-", "-o", "out"][..], 2, "E-USAGE"),
        (&["seal", "--retire", "--yes", "data/a", "-o", "-"], 2, "E-USAGE"),
        (&["seal", "--yes", "data", "-o", "out"], 2, "E-USAGE"),
        (&["seal", "--retire", "--yes", "data", "-o", "data/out"], 4, "E-OUTPUT-INSIDE"),
        (&["seal", "--retire", "--yes", "data/link", "-o", "out"], 4, "E-RETIRE-LINK"),
        (&["seal", "--retire", "--yes", "data", "data/sub", "-o", "out"], 2, "E-NAMED-TWICE"),
        (&["seal", "--retire", "--yes", "data", "-o", "out", "--method", "x"], 2, "E-METHOD"),
        (
            &["seal", "--retire", "--yes", "data", "-o", "out", "--journal", "data/j"],
            4,
            "E-JOURNAL-INSIDE",
        ),
        (&["seal", "--retire", "data", "-o", "out", "--json"], 4, "E-NOT-CONFIRMED"),
    ] {
        let done = world.run(args);
        assert_eq!(done.code, code, "{args:?}: {}{}", done.stdout, done.stderr);
        let said_it = done.stderr.contains(said) || done.stdout.contains(said);
        assert!(said_it, "{args:?}: {}{}", done.stdout, done.stderr);
        assert_eq!(world.names("."), before, "{args:?}");
    }
    assert_eq!(world.names("data"), ["a", "link", "none", "sub"]);
}

#[test]
fn a_dry_run_shows_both_plans_and_changes_nothing() {
    let world = world();
    let before = world.names(".");
    let done = world.run(&[&RETIRE[..], &["--dry-run", "--json"]].concat());
    assert!([0, 40].contains(&done.code), "{}{}", done.stdout, done.stderr);
    let body = document(&done);
    assert_eq!(body["schema"], "sealkeep.retire-plan/1");
    assert_eq!(body["seal"]["objects"].as_array().map(Vec::len), Some(7));
    assert_eq!(body["wipe"]["targets"].as_array().map(Vec::len), Some(7));
    assert_eq!(world.names("."), before);
}

#[test]
fn what_is_left_out_or_has_names_elsewhere_is_kept_and_named() {
    let world = world();
    fs::hard_link(world.path("data/a"), world.path("elsewhere")).expect("a second name");
    world.write("data/sub/notes.tmp", "left out");
    let args = [&RETIRE[..], &["--exclude", "*.tmp"]].concat();
    let done = world.run(&args);
    assert_eq!(done.code, 3, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains("error[E-KEPT]: data/a was kept"), "{}", done.stderr);
    assert_eq!(fs::read(world.path("elsewhere")).expect("it is kept"), b"the first");
    assert_eq!(world.names("data"), ["a", "sub"]);
    assert_eq!(world.names("data/sub"), ["notes.tmp"]);
    let done = world.run(&[&args[..], &["--skip-existing", "--hard-links"]].concat());
    assert!([0, 40].contains(&done.code), "{}{}", done.stdout, done.stderr);
    assert_eq!(world.names("data"), ["sub"]);
}

#[test]
fn a_sealed_file_of_something_else_keeps_its_source() {
    let world = world();
    world.good(&["seal", "data", "-o", "out"]);
    world.write("data/a", "THE FIRST");
    let done = world.run(&[&RETIRE[..], &["--skip-existing"]].concat());
    assert_eq!(done.code, 3, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains("error[E-DIFFERS]: the sealed file of data/a"), "{}", done.stderr);
    assert_eq!(fs::read(world.path("data/a")).expect("it is kept"), b"THE FIRST");
    assert_eq!(world.names("data"), ["a"]);
}

#[test]
fn a_full_disk_keeps_every_source() {
    let world = world();
    let full = world.path("full");
    fs::create_dir(&full).expect("a folder");
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=200k", "tmpfs"]).arg(&full);
    if !mount.output().is_ok_and(|output| output.status.success()) {
        return skip("mounting a small file system needs root");
    }
    let done = world.run(&["seal", "--retire", "--yes", "data", "-o", "full/out"]);
    assert!(Command::new("umount").arg(&full).status().expect("umount starts").success());
    assert_eq!(done.code, 7, "{}{}", done.stdout, done.stderr);
    assert_eq!(world.names("data"), ["a", "link", "none", "sub"]);
    assert_eq!(fs::read(world.path("data/sub/large")).expect("it is kept"), noise(300_000));
    assert!(!world.path("keys.wipe").exists());
}

/// Nobody may do it too: nothing in it needs root.
#[test]
fn anybody_may_retire_what_is_theirs() {
    let world = world();
    let mut command = world.command(&RETIRE);
    if rustix::process::geteuid().is_root() {
        let given = Command::new("chown").args(["-R", "65534:65534"]).arg(world.path(".")).status();
        assert!(given.expect("chown starts").success());
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(world.path("."), open).expect("it is ours");
        let program = world.path("sealkeep");
        fs::copy(env!("CARGO_BIN_EXE_sealkeep"), &program).expect("the program can be copied");
        command = Command::new(program);
        world.prepare(&mut command);
        command.args(RETIRE).uid(65_534).gid(65_534);
    }
    let done = done(&mut command);
    retired(&world, &done);
}
