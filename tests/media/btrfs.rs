//! btrfs: nothing is overwritten in place, unless the file was made so and no snapshot holds it.

use crate::claim::Outcome;
use crate::scenes::{self, Scene};

/// Wiped or refused, but never called verified, and the reason is given. `--require nothing` does not change that.
fn never_verified(scene: fn() -> Option<Scene>, reasons: &[&str]) {
    for more in [&[][..], &["--require", "nothing"]] {
        let Some(mut scene) = scene() else { return };
        let outcome = Outcome::of(&mut scene, more);
        outcome.is(&["best-effort", "not-in-place", "refused"]).named(reasons);
    }
}

#[test]
#[ignore = "needs root and loop devices"]
fn btrfs_is_never_verified() {
    never_verified(scenes::btrfs, &["copy-on-write"]);
}

#[test]
#[ignore = "needs root and loop devices"]
fn btrfs_small_file_is_never_verified() {
    never_verified(scenes::btrfs_inline, &["inline", "copy-on-write"]);
}

#[test]
#[ignore = "needs root and loop devices"]
fn btrfs_compressed_is_never_verified() {
    never_verified(scenes::btrfs_compressed, &["compressed"]);
}

#[test]
#[ignore = "needs root and loop devices"]
fn btrfs_nodatacow() {
    let Some(mut scene) = scenes::btrfs_nodatacow() else { return };
    Outcome::of(&mut scene, &[]).is(&["verified"]).all_gone();
}

#[test]
#[ignore = "needs root and loop devices"]
fn btrfs_with_a_snapshot_is_refused() {
    for nodatacow in [false, true] {
        let Some(mut scene) = scenes::btrfs_snapshot(nodatacow) else { return };
        let outcome = Outcome::of(&mut scene, &[]).is(&["refused"]);
        let outcome = outcome.named(&["snapshot", "shared"]);
        assert_eq!(outcome.current, scene.written, "and untouched");
    }
}

#[test]
#[ignore = "needs root and loop devices"]
fn btrfs_with_a_snapshot_is_never_verified() {
    for nodatacow in [false, true] {
        let Some(mut scene) = scenes::btrfs_snapshot(nodatacow) else { return };
        let outcome = Outcome::of(&mut scene, &["--require", "nothing"]);
        let outcome = outcome.is(&["best-effort", "not-in-place"]);
        assert_eq!(outcome.current, scene.written, "the snapshot has it all");
    }
}
