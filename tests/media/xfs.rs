//! XFS: in place unless blocks are shared. Its log keeps names.

use crate::claim::Outcome;
use crate::scenes;

#[test]
#[ignore = "needs root and loop devices"]
fn xfs_plain() {
    let Some(mut scene) = scenes::xfs() else { return };
    Outcome::of(&mut scene, &[]).is(&["verified"]).named(&["earlier-versions"]).all_gone();
}

#[test]
#[ignore = "needs root and loop devices"]
fn xfs_blocks_shared_with_a_copy_are_refused() {
    let Some(mut scene) = scenes::xfs_reflink() else { return };
    let outcome = Outcome::of(&mut scene, &[]).is(&["refused"]).named(&["shared"]);
    assert_eq!(outcome.current, scene.written, "and untouched");
}

#[test]
#[ignore = "needs root and loop devices"]
fn xfs_blocks_shared_with_a_copy_are_never_verified() {
    let Some(mut scene) = scenes::xfs_reflink() else { return };
    let outcome = Outcome::of(&mut scene, &["--require", "nothing"]);
    let outcome = outcome.is(&["best-effort", "not-in-place"]).named(&["shared"]);
    assert_eq!(outcome.current, scene.written, "the copy has it all");
}

/// The copy's blocks are given back in the background, so any of these can be; what each of them claims is checked.
#[test]
#[ignore = "needs root and loop devices"]
fn xfs_blocks_shared_until_a_moment_ago() {
    let Some(mut scene) = scenes::xfs_reflink_removed() else { return };
    Outcome::of(&mut scene, &[]).is(&["verified", "best-effort", "not-in-place", "refused"]);
}

#[test]
#[ignore = "needs root and loop devices"]
fn xfs_version_before_a_rewrite_under_a_copy_is_warned_of() {
    let Some(mut scene) = scenes::xfs_rewritten_under_reflink() else { return };
    let found = scene.search();
    assert_eq!(scene.earlier(&found), scenes::BLOCKS as usize, "the version before is there");
    Outcome::of(&mut scene, &[]).is(&["verified"]).named(&["earlier-versions"]);
}
