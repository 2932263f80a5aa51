//! The free space of a file system: filled to the last block, given back whatever happens.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::claim::Said;
use crate::image::{Image, Recipe, needs, run};
use crate::scenes::{self, Scene};
use crate::world::{World, noise};

/// A process that is nobody.
const NOBODY: u32 = 65534;

fn free_blocks(root: &Path) -> u64 {
    rustix::fs::statvfs(root).expect("it is mounted").f_bfree
}

/// What the file system keeps from users, and from itself.
fn kept_blocks(root: &Path) -> u64 {
    let found = rustix::fs::statvfs(root).expect("it is mounted");
    found.f_bfree - found.f_bavail
}

/// Fills the free space of a scene on which an earlier version of the file lies there. The result must be `result`,
/// nothing of that version may be left, and nothing else may have changed.
fn filled(mut scene: Scene, more: &[&str], result: &str) -> Said {
    let kept = scene.image.path("kept");
    fs::write(&kept, noise(50_000)).expect("there is room");
    scene.image.sync();
    let found = scene.search();
    // A file written since may lie in some of its blocks.
    let there = scene.earlier(&found);
    assert!(there > scenes::BLOCKS as usize / 2, "the version before is there: {there}");
    let content = fs::read(&scene.file).expect("it is there");
    let before = free_blocks(&scene.image.root());
    let reserve = kept_blocks(&scene.image.root());

    let args = [&["--yes", "--free-space"], more].concat();
    let said = Said::by(&World::new(), &scene.image.root(), &args);
    assert_eq!(said.result(), result, "{:#}", said.document);
    assert_eq!(said.code, if result == "verified" { 0 } else { 40 });
    let target = &said.document["targets"][0];
    assert_eq!((&target["kind"], &target["result"]), (&"free-space".into(), &result.into()));
    assert_eq!(target["read_back"], "direct");
    assert!(said.residual("outside-free-space"), "what is never reached is named");

    assert!(fs::read(&kept).expect("it is there") == noise(50_000), "files are untouched");
    assert!(fs::read(&scene.file).expect("it is there") == content, "files are untouched");
    scene.image.sync();
    assert_eq!(kept_blocks(&scene.image.root()), reserve, "what was kept is kept again");
    let after = free_blocks(&scene.image.root());
    assert!(after + before / 50 >= before, "it is free again: {after} of {before} blocks");
    scene.image.unmount();
    let found = scene.search();
    assert_eq!(scene.current(&found), scene.written, "the file of now is there");
    assert_eq!(scene.earlier(&found), 0, "nothing is left of the version before: {found:?}");
    said
}

impl Said {
    /// Whether the report names this as something that may be left.
    fn residual(&self, code: &str) -> bool {
        let residual = self.document["residual"].as_array().expect("a list");
        residual.iter().any(|one| one["code"] == code)
    }
}

#[test]
#[ignore = "needs root and loop devices"]
fn free_space_of_ext4_is_filled_to_the_last_block() {
    let Some(scene) = scenes::ext4_saved_by_rename() else { return };
    let said = filled(scene, &[], "verified");
    assert_eq!(said.document["places"][0]["journal_emptied"], true);
    assert!(!said.residual("reserved-blocks"), "{:#}", said.document);
}

#[test]
#[ignore = "needs root and loop devices"]
fn free_space_takes_every_pass_of_a_method() {
    let Some(scene) = scenes::ext4_saved_by_rename() else { return };
    let said = filled(scene, &["--method", "dod-5220.22-m", "--verify", "every"], "verified");
    let passes = said.document["passes"].as_array().expect("a list");
    assert_eq!(passes.len(), 3);
    for pass in passes {
        assert!(pass["bytes"].as_u64() > Some(100 << 20), "{pass}");
        assert_eq!(pass["bytes"], pass["read_back_bytes"]);
    }
}

#[test]
#[ignore = "needs root and loop devices"]
fn free_space_of_ext4_with_data_in_the_journal() {
    let Some(scene) = scenes::ext4_saved_by_rename_data_journal() else { return };
    let said = filled(scene, &[], "verified");
    assert!(said.document["places"][0]["journal_emptied"] == true);
}

#[test]
#[ignore = "needs root and loop devices"]
fn free_space_of_xfs_is_best_effort() {
    let Some(scene) = scenes::xfs_saved_by_rename() else { return };
    assert!(filled(scene, &[], "best-effort").residual("reserved-blocks"));
}

#[test]
#[ignore = "needs root and loop devices"]
fn free_space_of_btrfs_is_best_effort() {
    let Some(scene) = scenes::btrfs_saved_by_rename() else { return };
    assert!(filled(scene, &[], "best-effort").residual("copy-on-write"));
}

#[test]
#[ignore = "needs root and loop devices"]
fn free_space_of_memory_is_refused() {
    if needs("mount").is_none() {
        return;
    }
    let said = Said::by(&World::new(), Path::new("/dev/shm"), &["--yes", "--free-space"]);
    assert_eq!((said.code, said.result()), (4, "refused"), "{said:?}");
}

/// 256 MiB of ext4, which every user may write to.
fn image() -> Option<Image> {
    let image = Image::new(&Recipe {
        mkfs: &["mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "5"],
        options: "",
        mib: 256,
    })?;
    run(std::process::Command::new("chmod").arg("1777").arg(image.root()));
    Some(image)
}

#[test]
#[ignore = "needs root and loop devices"]
fn free_space_is_back_after_a_kill() {
    let Some(image) = image() else { return };
    image.sync();
    let before = free_blocks(&image.root());
    let world = World::new();
    let mut command = world.command(&["wipe", "--yes", "--free-space", "--method", "pfitzner-33"]);
    let mut child = command.arg(image.root()).stdout(Stdio::null()).spawn().expect("it starts");
    let begun = Instant::now();
    while free_blocks(&image.root()) > before / 2 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it fills");
        sleep(Duration::from_millis(1));
    }
    assert_eq!(fs::read_dir(image.root()).expect("it is mounted").count(), 1, "only lost+found");
    child.kill().expect("it is ours");
    child.wait().expect("it is ours");
    image.sync();
    assert_eq!(free_blocks(&image.root()), before, "all of it is free again");
}

#[test]
#[ignore = "needs root and loop devices"]
fn free_space_that_is_interrupted_is_back_and_the_report_says_so() {
    let Some(image) = image() else { return };
    image.sync();
    let before = free_blocks(&image.root());
    let world = World::new();
    let mut command =
        world.command(&["wipe", "--yes", "--free-space", "--json", "--method", "pfitzner-33"]);
    command.arg(image.root()).stdout(Stdio::piped());
    let child = command.spawn().expect("it starts");
    while free_blocks(&image.root()) > before / 2 {
        sleep(Duration::from_millis(1));
    }
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("it is ours");
    let output = child.wait_with_output().expect("it is ours");
    assert_eq!(output.status.code(), Some(130));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert_eq!(document["result"], "interrupted", "{document:#}");
    assert_eq!(document["targets"][0]["result"], "unfinished", "{document:#}");
    image.sync();
    assert_eq!(free_blocks(&image.root()), before, "all of it is free again");
}

#[test]
#[ignore = "needs root and loop devices"]
fn free_space_filled_by_a_user_is_best_effort() {
    let Some(image) = image() else { return };
    let world = World::new();
    // The program lies where a user may not look.
    let program = image.beside("sealkeep");
    fs::copy(env!("CARGO_BIN_EXE_sealkeep"), &program).expect("there is room in memory");
    let mut command = std::process::Command::new(program);
    world.prepare(&mut command);
    command.current_dir("/").uid(NOBODY).gid(NOBODY);
    command.args(["wipe", "--yes", "--free-space", "--json"]).arg(image.root());
    let done = crate::world::done(&mut command);
    let said = Said::read(&done);
    assert_eq!((said.code, said.result()), (40, "best-effort"), "{:#}", said.document);
    assert!(said.residual("reserved-blocks"), "{:#}", said.document);
}
