//! What a wipe leaves alone: other names of a file, what links point to, what was exchanged after the plan was made.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use sealkeep::envelope::Run;
use sealkeep::wipe::{Report, Require, Verdict, WipeOptions, WipePlan};

/// Whatever the scratch folder lies on, a wipe is to be tried.
fn options() -> WipeOptions {
    WipeOptions { require: Require::Nothing, list: true, ..WipeOptions::new() }
}

fn plan(paths: &[&Path], options: WipeOptions) -> WipePlan {
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
    WipePlan::new(&paths, options).unwrap()
}

fn wipe(paths: &[&Path], options: WipeOptions) -> Report {
    plan(paths, options).execute(&Run::quiet())
}

fn verdicts(report: &Report) -> Vec<Verdict> {
    report.rows.iter().map(|row| row.verdict).collect()
}

#[test]
fn a_file_with_other_names_is_refused_unless_all_are_named() {
    let scratch = tempfile::tempdir().unwrap();
    let (one, other) = (scratch.path().join("one"), scratch.path().join("other"));
    fs::write(&one, "results").unwrap();
    fs::hard_link(&one, &other).unwrap();

    assert_eq!(verdicts(&wipe(&[&one], options())), [Verdict::Refused]);
    assert_eq!(fs::read(&one).unwrap(), b"results");

    let report = wipe(&[&one, &other], options());
    assert!(!verdicts(&report).contains(&Verdict::Refused), "{report:?}");
    assert!(!one.exists() && !other.exists());
}

#[test]
fn the_content_goes_for_all_names_if_that_is_allowed() {
    let scratch = tempfile::tempdir().unwrap();
    let (one, other) = (scratch.path().join("one"), scratch.path().join("other"));
    fs::write(&one, "results").unwrap();
    fs::hard_link(&one, &other).unwrap();
    let report = wipe(&[&one], WipeOptions { hard_links: true, ..options() });
    assert!(!one.exists(), "{report:?}");
    assert_ne!(fs::read(&other).unwrap(), b"results", "it was the same file");
}

#[test]
fn links_in_a_tree_go_and_what_they_point_to_stays() {
    let scratch = tempfile::tempdir().unwrap();
    let (tree, outside) = (scratch.path().join("tree"), scratch.path().join("outside"));
    fs::create_dir_all(tree.join("sub")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("f"), "kept").unwrap();
    symlink(&outside, tree.join("sub/folder")).unwrap();
    symlink(outside.join("f"), tree.join("file")).unwrap();
    let report = wipe(&[&tree], options());
    assert!(!tree.exists(), "{report:?}");
    assert_eq!(fs::read(outside.join("f")).unwrap(), b"kept");
}

#[test]
fn what_was_exchanged_after_the_plan_is_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    for name in ["renamed", "linked", "new", "outside"] {
        fs::write(path(name), name).unwrap();
    }
    let (renamed, linked) = (path("renamed"), path("linked"));
    let plan = plan(&[&renamed, &linked], options());
    fs::rename(path("new"), &renamed).unwrap();
    fs::remove_file(&linked).unwrap();
    symlink(path("outside"), &linked).unwrap();

    let report = plan.execute(&Run::quiet());
    assert_eq!(verdicts(&report), [Verdict::Failed, Verdict::Failed], "{report:?}");
    assert_eq!(fs::read(&renamed).unwrap(), b"new");
    assert_eq!(fs::read(path("outside")).unwrap(), b"outside");
}

#[test]
fn a_folder_that_became_a_link_is_not_entered() {
    let scratch = tempfile::tempdir().unwrap();
    let (tree, outside) = (scratch.path().join("tree"), scratch.path().join("outside"));
    for folder in [tree.join("sub"), outside.clone()] {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("f"), "kept").unwrap();
    }
    let plan = plan(&[&tree], options());
    fs::rename(tree.join("sub"), scratch.path().join("away")).unwrap();
    symlink(&outside, tree.join("sub")).unwrap();

    let report = plan.execute(&Run::quiet());
    assert!(verdicts(&report).contains(&Verdict::Failed), "{report:?}");
    assert_eq!(fs::read(outside.join("f")).unwrap(), b"kept");
    assert_eq!(fs::read(scratch.path().join("away/f")).unwrap(), b"kept");
}
