//! Files that are not there, not ours, not files; disks that are full.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::world::{World, done, noise, skip};

#[test]
fn a_missing_input_is_named_and_nothing_is_made() {
    let world = World::with_store();
    let done = world.run(&["seal", "absent", "-o", "out"]);
    assert_eq!(done.code, 5, "{}", done.stderr);
    assert!(
        done.stderr.starts_with("error[E-NOT-FOUND]: absent does not exist\n"),
        "{}",
        done.stderr
    );
    assert!(!world.path("out").exists());
}

#[test]
fn a_folder_where_a_file_is_needed() {
    let world = World::with_store();
    fs::create_dir(world.path("folder")).expect("a folder");
    for args in [&["open", "folder", "-o", "-"][..], &["inspect", "folder"]] {
        let done = world.run(args);
        assert_eq!(done.code, 2, "{}", done.stderr);
        assert!(done.stderr.contains("E-IS-DIRECTORY"), "{}", done.stderr);
    }
}

#[test]
fn one_bad_file_among_many_is_named_and_the_others_are_opened() {
    let world = World::with_store();
    for name in ["a", "b", "c"] {
        world.write(&format!("data/{name}"), name);
    }
    world.good(&["seal", "data", "-o", "sealed"]);
    let bad = world.path("sealed/b.sealed");
    let mut bytes = fs::read(&bad).expect("it was sealed");
    *bytes.last_mut().expect("it is not empty") ^= 1;
    fs::write(&bad, bytes).expect("it can be changed");

    let done = world.run(&["open", "sealed", "-o", "back"]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    assert!(done.stderr.contains("error[E-DAMAGED]: "), "{}", done.stderr);
    assert!(done.stderr.contains("b.sealed"), "{}", done.stderr);
    assert_eq!(world.names("back"), ["a", "c"]);
}

#[test]
fn permission_denied_is_told_as_such() {
    let world = World::with_store();
    let secret = world.write("secret", "x");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).expect("it is ours");
    let mut command = world.command(&["--json", "inspect", "secret"]);
    if rustix::process::geteuid().is_root() {
        // Root reads everything; nobody does not. The folder must let nobody in.
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(world.path("."), open).expect("it is ours");
        let program = world.path("sealkeep");
        fs::copy(env!("CARGO_BIN_EXE_sealkeep"), &program).expect("the program can be copied");
        command = Command::new(program);
        world.prepare(&mut command);
        command.args(["inspect", "secret"]).uid(65_534).gid(65_534);
    }
    let done = done(&mut command);
    assert_eq!(done.code, 6, "{}{}", done.stdout, done.stderr);
}

#[test]
fn a_link_in_the_output_does_not_lead_out_of_it() {
    let world = World::with_store();
    world.write("data/sub/file", "content");
    world.good(&["seal", "data", "-o", "sealed"]);
    fs::create_dir_all(world.path("outside")).expect("a folder");
    fs::create_dir_all(world.path("back")).expect("a folder");
    symlink(world.path("outside"), world.path("back/sub")).expect("a link");
    let done = world.run(&["open", "sealed", "-o", "back"]);
    assert_ne!(done.code, 0);
    assert!(done.stderr.contains("E-ESCAPES"), "{}", done.stderr);
    assert!(world.names("outside").is_empty());
}

/// The report of a dry run is that of the run: what would fail fails already, with the same exit code.
#[test]
fn a_dry_run_ends_as_the_run_would() {
    let world = World::with_store();
    world.write("data/.sealed/file", "in a folder that cannot be mirrored");
    world.write("data/file", "content");
    let seal = ["seal", "data", "-o", "sealed"];
    let dry = world.run(&[&seal[..], &["--dry-run"]].concat());
    assert!(!world.path("sealed").exists());
    let wet = world.run(&seal);
    assert_eq!((dry.code, wet.code), (3, 3), "{}{}", dry.stderr, wet.stderr);
    assert!(dry.stderr.contains("error[E-MIRROR-TAKEN]: "), "{}", dry.stderr);
    let again = world.run(&[&seal[..], &["--dry-run"]].concat());
    assert!(again.stderr.contains("error[E-OUTPUT-EXISTS]: "), "{}", again.stderr);
    let resumed = world.run(&[&seal[..], &["--skip-existing", "--exclude", ".sealed"]].concat());
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert!(resumed.stderr.contains("warning[W-EXISTING]: 2 outputs exist already"));
}

#[test]
fn a_folder_without_sealed_files_is_not_called_good() {
    let world = World::with_store();
    world.write("data/file", "not sealed");
    let done = world.run(&["check", "data"]);
    assert_eq!(done.code, 10, "{}", done.stderr);
    assert!(done.stderr.contains("error[E-NOTHING-SEALED]: "), "{}", done.stderr);
}

#[test]
fn a_full_disk_leaves_nothing() {
    let world = World::with_store();
    let full = world.path("full");
    fs::create_dir(&full).expect("a folder");
    if !mount(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"], &full) {
        return skip("mounting a small file system needs root");
    }
    world.write("big", noise(4 << 20));
    let sealed = world.run(&["seal", "big", "-o", "full/big.sealed"]);
    let left = world.names("full");
    world.good(&["seal", "big", "-o", "big.sealed"]);
    let opened = world.run(&["open", "big.sealed", "-o", "full/back"]);
    let left_again = world.names("full");
    assert!(Command::new("umount").arg(&full).status().expect("umount starts").success());
    assert_eq!((sealed.code, opened.code), (7, 7), "{}{}", sealed.stderr, opened.stderr);
    assert!(sealed.stderr.contains("E-NO-SPACE"), "{}", sealed.stderr);
    assert!(left.is_empty() && left_again.is_empty(), "{left:?} {left_again:?}");
}

/// A key store on a full disk refuses, and is whole.
#[test]
fn a_key_store_on_a_full_disk_stays_whole() {
    let world = World::new();
    let small = world.path("small");
    fs::create_dir(&small).expect("a folder");
    if !mount(&["-t", "tmpfs", "-o", "size=2m", "tmpfs"], &small) {
        return skip("mounting a small file system needs root");
    }
    let store = ["--keystore", "small/keys"];
    let made = world.run(&[&store[..], &["init"]].concat());
    fs::write(small.join("filler"), vec![0; 4 << 20]).expect_err("the disk is full now");
    for number in 0..600 {
        world.write(&format!("many/{number}"), "x");
    }
    let refused = world.run(&[&store[..], &["seal", "many", "-o", "sealed"]].concat());
    fs::remove_file(small.join("filler")).expect("it is there");
    let checked = world.run(&[&store[..], &["keystore", "check"]].concat());
    let sealed = world.run(&[&store[..], &["seal", "many", "-o", "sealed-2"]].concat());
    assert!(Command::new("umount").arg(&small).status().expect("umount starts").success());
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert_eq!(refused.code, 7, "{}", refused.stderr);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    assert_eq!(sealed.code, 0, "{}", sealed.stderr);
}

fn mount(args: &[&str], at: &std::path::Path) -> bool {
    let mounted = Command::new("mount").args(args).arg(at).output();
    mounted.is_ok_and(|output| output.status.success())
}
