//! The wait: what is to be destroyed cannot be used, and comes back if somebody says so.

use super::scene::{NUMBER, Scene};

#[test]
fn an_attempt_to_use_what_waits_pauses_the_request() {
    let scene = Scene::new(false);
    scene.approved(None);
    assert!(scene.status()["paused"].is_null());
    let file = scene.path("ward/patients/0042/scan2");
    let dump = ["dump", "latest", file.to_str().unwrap()];
    let done = scene.ends(43, "", &dump);
    assert!(done.stdout.is_empty() && done.stderr.contains("pending-use"), "{}", done.stderr);
    assert!(scene.status()["paused"].is_u64());
    let done = scene.execute();
    assert_eq!(done.code, 4, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains("paused"), "{}", done.stderr);
    assert_eq!(scene.state(), "waiting");
    // The applicant does not decide that nothing was the matter.
    scene.ends(4, "wang", &["destroy", "resume", NUMBER, "--yes"]);
    assert_eq!(scene.execute().code, 4);
    scene.good("zhang", &["destroy", "resume", NUMBER, "--yes"]);
    assert!(scene.status()["paused"].is_null());
    assert_eq!(scene.execute().code, 0);
    scene.assert_destroyed("vault");
    scene.certify();
}

/// Whoever restores something else asks for no key that waits, nor for that of a folder beside.
#[test]
fn restoring_what_lies_beside_disturbs_nothing() {
    let scene = Scene::new(false);
    scene.approved(None);
    let other = scene.path("ward/patients/0043");
    scene.good("", &["restore", "latest", other.to_str().unwrap(), "-o", "beside"]);
    let file = other.join("scan1");
    let dumped = scene.good("", &["dump", "latest", file.to_str().unwrap()]).stdout;
    assert_eq!(dumped.as_bytes(), std::fs::read(file).unwrap());
    assert!(scene.status()["paused"].is_null());
    assert_eq!(scene.execute().code, 0);
}

#[test]
fn cancelled_everything_comes_back() {
    let scene = Scene::new(true);
    scene.approved(Some("ward/patients/0043/scan3"));
    scene.good("li", &["destroy", "cancel", NUMBER, "--yes"]);
    assert_eq!(scene.state(), "cancelled");
    for vault in ["vault", "copy"] {
        scene.assert_all_opens(vault);
    }
    assert_eq!(scene.execute().code, 4);
    scene.assert_not_certified();
    scene.assert_all_opens("vault");
    assert_eq!((scene.part("names"), scene.part("targets")), (None, None), "names are left");
}
