//! ext4: in place, and whatever of it went elsewhere is gone too, the name included.

use std::fs;
use std::path::Path;

use crate::claim::{Outcome, Said};
use crate::pattern::BLOCK;
use crate::scenes::{self, Scene};
use crate::world::{World, noise};

/// What holds of every plain file on ext4.
fn verified(scene: &mut Scene) -> Outcome {
    Outcome::of(scene, &[]).is(&["verified"]).named(&["earlier-versions"]).nameless()
}

/// Fills the free space, which changes nothing else.
fn wipe_free_space(scene: &mut Scene) {
    let world = World::new();
    let kept = scene.image.path("kept");
    fs::write(&kept, noise(50_000)).expect("there is room");
    scene.image.sync();
    let before = free_blocks(&scene.image.root());
    let said = Said::by(&world, &scene.image.root(), &["--yes", "--free-space"]);
    assert!([0, 40].contains(&said.code), "{said:?}");
    assert_eq!(said.document["targets"][0]["kind"], "free-space");
    assert!(fs::read(kept).expect("it is there") == noise(50_000), "files are untouched");
    let after = free_blocks(&scene.image.root());
    assert!(after + 16 >= before, "free space is free again: {after} of {before} blocks");
    scene.image.unmount();
    assert!(scene.search().no_content(), "earlier versions are gone: {:?}", scene.search());
}

fn free_blocks(root: &Path) -> u64 {
    rustix::fs::statvfs(root).expect("it is mounted").f_bfree
}

#[test]
#[ignore = "needs root and loop devices"]
fn ext4_ordered() {
    let Some(mut scene) = scenes::ext4() else { return };
    verified(&mut scene).all_gone();
}

#[test]
#[ignore = "needs root and loop devices"]
fn ext4_without_journal() {
    let Some(mut scene) = scenes::ext4_no_journal() else { return };
    verified(&mut scene).all_gone();
}

#[test]
#[ignore = "needs root and loop devices"]
fn ext4_with_data_in_the_journal() {
    for len in [4 << 20, 8 << 10] {
        let Some(mut scene) = scenes::ext4_data_journal(len) else { return };
        verified(&mut scene).named(&["data-journal"]).all_gone();
    }
}

#[test]
#[ignore = "needs root and loop devices"]
fn ext4_with_data_in_the_inode() {
    let Some(mut scene) = scenes::ext4_inline() else { return };
    verified(&mut scene).named(&["inline"]).all_gone();
}

#[test]
#[ignore = "needs root and loop devices"]
fn ext4_sparse_file() {
    let Some(mut scene) = scenes::ext4_sparse() else { return };
    verified(&mut scene).named(&["sparse"]).all_gone();
}

#[test]
#[ignore = "needs root and loop devices"]
fn ext4_rest_of_the_last_block() {
    let Some(mut scene) = scenes::ext4_with_slack() else { return };
    let found = scene.search();
    assert_eq!(scene.earlier(&found), 1, "there is something behind the end");
    verified(&mut scene).all_gone();
}

#[test]
#[ignore = "needs root and loop devices"]
fn ext4_empty_file_and_one_byte() {
    for len in [0, 1] {
        let Some(mut scene) = scenes::ext4_of(len) else { return };
        // Less than a record cannot be found; the name can.
        scene.written = 0;
        verified(&mut scene);
    }
}

#[test]
#[ignore = "needs root and loop devices"]
fn ext4_version_before_a_save_goes_with_the_free_space() {
    let Some(mut scene) = scenes::ext4_saved_by_rename() else { return };
    let found = scene.search();
    assert_eq!(scene.earlier(&found), scenes::BLOCKS as usize, "the version before is there");
    verified(&mut scene);
    wipe_free_space(&mut scene);
}

#[test]
#[ignore = "needs root and loop devices"]
fn ext4_what_was_cut_off_goes_with_the_free_space() {
    let Some(mut scene) = scenes::ext4_truncated() else { return };
    let found = scene.search();
    assert_eq!(scene.earlier(&found), 768, "what was cut off is there");
    verified(&mut scene);
    wipe_free_space(&mut scene);
}

#[test]
#[ignore = "needs root and loop devices"]
fn ext4_tree_of_small_files() {
    const FILES: u32 = 300;
    let Some(mut scene) = scenes::ext4_tree(FILES) else { return };
    let found = scene.search();
    assert_eq!(scene.current(&found), scene.written, "all of it is found before");
    assert!(found.names >= FILES as usize, "the names are found before");
    let said = Said::by(&World::new(), &scene.file, &["--yes", "--verbose"]);
    assert_eq!((said.code, said.result()), (0, "verified"), "{said:?}");
    let targets = said.targets(&scene.file);
    assert!(targets.len() >= FILES as usize, "each file is reported: {}", targets.len());
    assert!(targets.iter().all(|target| matches!(&*target.result, "verified" | "removed")));
    assert!(!scene.file.exists(), "the folder is gone too");
    scene.image.unmount();
    let found = scene.search();
    assert!(found.no_content(), "{found:?}");
    // A folder that is removed before the change of its blocks reached the medium would leave them as they were.
    assert_eq!(found.names, 0, "no name is left");
}

#[test]
#[ignore = "needs root and loop devices"]
fn ext4_every_method_ends_with_nothing_left() {
    for method in ["zero", "nist-clear", "random", "dod-5220.22-m", "gutmann"] {
        let Some(mut scene) = scenes::ext4_of(16 * BLOCK + 1) else { return };
        // One byte in the last block is less than a record.
        scene.written -= 1;
        let outcome = Outcome::of(&mut scene, &["--method", method, "--verify", "every"]);
        outcome.is(&["verified"]).nameless().all_gone();
    }
}
