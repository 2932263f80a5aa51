//! File systems without a medium of their own.

use std::fs;

use crate::claim::{Outcome, Said};
use crate::image::{needs, scratch};
use crate::scenes;
use crate::world::{World, noise};

/// There is no image to search: memory that was given back is out of reach.
#[test]
#[ignore = "needs root and loop devices"]
fn tmpfs_is_verified_unless_it_may_be_swapped_out() {
    if needs("mount").is_none() {
        return;
    }
    let folder = scratch();
    let file = folder.join("patient.dcm");
    fs::write(&file, noise(100_000)).expect("there is room");
    let said = Said::by(&World::new(), &file, &["--yes"]);
    let gone = !file.exists();
    fs::remove_dir_all(folder).expect("it is ours");

    let target = &said.targets(&file)[0];
    let swaps = fs::read_to_string("/proc/swaps").is_ok_and(|swaps| swaps.lines().count() > 1);
    let expected = if swaps { ("best-effort", "swap") } else { ("verified", "memory") };
    assert_eq!(target.result, expected.0, "{said:?}");
    assert!(target.names(&[expected.1]), "{said:?}");
    assert!(gone, "it is gone");
}

#[test]
#[ignore = "needs root and loop devices"]
fn overlay_file_that_is_only_in_the_upper_folder() {
    let Some(mut scene) = scenes::overlay(false) else { return };
    Outcome::of(&mut scene, &[]).is(&["verified"]).all_gone();
}

#[test]
#[ignore = "needs root and loop devices"]
fn overlay_file_with_a_copy_below_is_refused() {
    let Some(mut scene) = scenes::overlay(true) else { return };
    let outcome = Outcome::of(&mut scene, &[]).is(&["refused"]).named(&["lower-copy"]);
    assert_eq!(outcome.current, scene.written, "and untouched");
}
