//! The search itself: that it finds everything before anything is wiped, and what it finds after `shred`, which every machine has.
//! What a search cannot see it would never miss.

use std::process::Command;

use crate::image::run;
use crate::scenes::{self, Scene};

/// What a search finds.
#[derive(Debug, PartialEq)]
struct Left {
    current: usize,
    earlier: usize,
    name: bool,
}

/// Wipes with `shred` and takes the image down.
fn shred(scene: &mut Scene, args: &[&str]) -> Left {
    let before = scene.search();
    assert!(scene.current(&before) == scene.written, "all of it is found: {before:?}");
    assert!(before.names > 0, "its name is found");
    run(Command::new("shred").arg("-u").args(args).arg(&scene.file));
    scene.image.unmount();
    let found = scene.search();
    Left { current: scene.current(&found), earlier: scene.earlier(&found), name: found.names > 0 }
}

fn left(scene: Option<Scene>, args: &[&str]) -> Option<Left> {
    scene.map(|mut scene| shred(&mut scene, args))
}

/// One pass of `shred` leaves this much of the content now and before; `None` where there is nothing to test.
fn leaves(scene: Option<Scene>, current: usize, earlier: usize) {
    if let Some(left) = left(scene, &["-n1"]) {
        assert_eq!((left.current, left.earlier), (current, earlier));
    }
}

#[test]
#[ignore = "needs root and loop devices"]
fn nothing_is_found_where_shred_writes_in_place() {
    leaves(scenes::ext4(), 0, 0);
    leaves(scenes::ext4_no_journal(), 0, 0);
    leaves(scenes::xfs(), 0, 0);
    leaves(scenes::btrfs_nodatacow(), 0, 0);
    leaves(scenes::ext4_sparse(), 0, 0);
    leaves(scenes::ext4_with_slack(), 0, 0);
    leaves(scenes::overlay(false), 0, 0);
}

#[test]
#[ignore = "needs root and loop devices"]
fn what_the_journal_and_the_inode_keep_is_found() {
    leaves(scenes::ext4_data_journal(4 << 20), 1024, 0);
    leaves(scenes::ext4_data_journal(8 << 10), 2, 0);
    leaves(scenes::ext4_inline(), 1, 0);
}

#[test]
#[ignore = "needs root and loop devices"]
fn earlier_versions_are_found() {
    leaves(scenes::ext4_saved_by_rename(), 0, 1024);
    leaves(scenes::ext4_truncated(), 0, 768);
    leaves(scenes::xfs_rewritten_under_reflink(), 0, 1024);
}

#[test]
#[ignore = "needs root and loop devices"]
fn what_copy_on_write_keeps_is_found() {
    leaves(scenes::xfs_reflink(), 1024, 0);
    leaves(scenes::btrfs(), 1024, 0);
    leaves(scenes::btrfs_inline(), 1, 0);
    leaves(scenes::btrfs_compressed(), 128, 0);
    leaves(scenes::btrfs_snapshot(false), 1024, 0);
    leaves(scenes::btrfs_snapshot(true), 1024, 0);
    leaves(scenes::overlay(true), 1024, 0);
}

#[test]
#[ignore = "needs root and loop devices"]
fn the_name_is_found_after_the_file_is_gone() {
    let left = left(scenes::ext4(), &["-n3", "-z"]);
    assert!(left.is_none_or(|left| left == Left { current: 0, earlier: 0, name: true }));
}
