//! The annex of names: nobody approves blind because it was lost or changed.

use std::fs;

use super::scene::{NUMBER, Scene};

#[test]
fn lost_or_changed_names_are_not_passed_over() {
    let scene = Scene::new(false);
    let request = ["destroy", "request", "--number", NUMBER, "--subject", "0042", "--reason", "x"];
    scene.good("wang", &[&request[..], &["--trigger", "unlawful", "--yes"]].concat());
    let review = ["destroy", "review", NUMBER];
    assert!(scene.good("li", &review).stdout.contains("patients/0042/scan1"));
    let path = scene.part("names").unwrap();
    let was = fs::read(&path).unwrap();
    let mut edited = was.clone();
    edited[40] ^= 1;
    fs::write(&path, edited).unwrap();
    let done = scene.ends(4, "li", &review);
    assert!(done.stderr.contains("E-INVENTORY") && done.stdout.is_empty(), "{}", done.stderr);
    fs::remove_file(&path).unwrap();
    let done = scene.ends(5, "li", &review);
    assert!(done.stderr.contains("E-REQUEST-FILE"), "{}", done.stderr);
    let done = scene.ends(5, "li", &[&["--lang", "zh-CN"][..], &review].concat());
    assert!(done.stderr.contains("缺少申请的文件"), "{}", done.stderr);
    // While the keys wait, names do not open, and that is said.
    fs::write(&path, was).unwrap();
    for officer in ["li", "zhang"] {
        scene.good(officer, &["destroy", "approve", NUMBER, "--yes"]);
    }
    assert!(scene.good("sun", &review).stderr.contains("W-NO-NAMES"));
}
