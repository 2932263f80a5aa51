//! Wiping files and trees through the library, as any user may: what goes, what stays, what is said of it. What is left
//! on the medium is another question: `tests/media.rs`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::os::unix::fs::{FileExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sealkeep::envelope::Run;
use sealkeep::wipe::{
    Conclusion, Error, Method, Report, Resume, Row, Verdict, Verify, WipeOptions, WipePlan,
    unfinished,
};
use tempfile::TempDir;

fn wipe(paths: &[PathBuf], options: WipeOptions) -> Report {
    let report = WipePlan::new(paths, options).unwrap().execute(&Run::quiet());
    assert!(report.stopped.is_none(), "{:?}", report.stopped);
    report
}

/// Everything was wiped; with what claim depends on the machine that runs the test.
fn is_done(report: &Report) -> bool {
    matches!(report.conclusion(), Conclusion::Verified | Conclusion::BestEffort)
}

fn method(id: &str) -> WipeOptions {
    WipeOptions { method: Method::find(id).unwrap(), list: true, ..WipeOptions::new() }
}

fn scratch() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().canonicalize().unwrap();
    (dir, path)
}

#[test]
fn a_kept_file_holds_the_last_pass_and_its_length() {
    let (_dir, dir) = scratch();
    for (id, expected) in [("zero", 0), ("one", 0xff)] {
        for len in [0, 1, 4095, 4096, 4097, 3_000_001] {
            let path = dir.join("f");
            fs::write(&path, vec![7; len]).unwrap();
            let report =
                wipe(std::slice::from_ref(&path), WipeOptions { keep: true, ..method(id) });
            assert!(is_done(&report), "{id}, {len}: {report:?}");
            assert_eq!(fs::read(&path).unwrap(), vec![expected; len], "{id}, {len}");
            let row = &report.rows[0];
            assert!(row.overwritten >= len as u64 && row.size == len as u64, "{row:?}");
        }
    }
}

#[test]
fn every_pass_of_a_list_is_written_and_read_back() {
    let (_dir, dir) = scratch();
    let path = dir.join("f");
    fs::write(&path, vec![7; 100_000]).unwrap();
    let options = WipeOptions { verify: Verify::Every, ..method("dod-5220.22-m-ece") };
    let report = wipe(std::slice::from_ref(&path), options);
    assert!(is_done(&report) && !path.exists(), "{report:?}");
    assert_eq!(report.passes.len(), 7);
    for pass in &report.passes {
        assert!(pass.bytes >= 100_000 && pass.read_back_bytes == pass.bytes, "{pass:?}");
    }
}

#[test]
fn a_tree_goes_and_what_its_links_point_to_stays() {
    let (_dir, dir) = scratch();
    let outside = dir.join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "kept").unwrap();
    let tree = dir.join("tree");
    fs::create_dir_all(tree.join("a/b/病历")).unwrap();
    symlink(&outside, tree.join("a/dir")).unwrap();
    symlink(outside.join("kept"), tree.join("file")).unwrap();
    symlink("nowhere", tree.join("dangling")).unwrap();
    fs::write(tree.join("empty"), "").unwrap();
    fs::write(tree.join("a/b/病历/张三 \n.txt"), "record").unwrap();
    fs::write(tree.join("x".repeat(255)), "long").unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        tree.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let report = wipe(std::slice::from_ref(&tree), method("random"));
    assert!(is_done(&report), "{report:?}");
    assert!(!tree.exists());
    assert_eq!(fs::read(outside.join("kept")).unwrap(), b"kept");
    assert_eq!((report.tally.removed, report.tally.names), (3, 4 + 4));
}

#[test]
fn a_link_that_is_named_is_refused() {
    let (_dir, dir) = scratch();
    fs::write(dir.join("file"), "kept").unwrap();
    symlink("file", dir.join("link")).unwrap();
    let refused = WipePlan::new(&[dir.join("link")], WipeOptions::new()).err().unwrap();
    assert!(matches!(refused.error, Error::Link(target) if target == Path::new("file")));
    assert_eq!(fs::read(dir.join("link")).unwrap(), b"kept");
}

#[test]
fn a_run_that_finds_nothing_of_what_was_named_claims_nothing() {
    let (_dir, dir) = scratch();
    let (path, aside, journal) = (dir.join("large"), dir.join("aside"), dir.join("journal"));
    fs::write(&path, vec![7; 16 << 20]).unwrap();
    let options = WipeOptions { journal: Some(journal.clone()), ..method("random") };
    let plan = WipePlan::new(std::slice::from_ref(&path), options).unwrap();
    stop_after(plan, 4 << 20);
    fs::rename(&path, &aside).unwrap();
    let again = || Resume::open(&unfinished(&journal)[0], true).unwrap().execute(&Run::quiet());
    let report = again();
    assert_ne!(report.conclusion(), Conclusion::Verified);
    assert!(matches!(report.problems[0].error, Error::Missing), "{report:?}");
    // Another file under the name is not what was named.
    fs::write(&path, "new").unwrap();
    let report = again();
    assert!(matches!(report.problems[0].error, Error::Missing), "{report:?}");
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn what_was_appended_to_a_kept_file_meanwhile_stays() {
    let (_dir, dir) = scratch();
    let path = dir.join("log");
    fs::write(&path, vec![7; 16 << 20]).unwrap();
    let options = WipeOptions { keep: true, ..method("zero") };
    let plan = WipePlan::new(std::slice::from_ref(&path), options).unwrap();
    let appended = AtomicBool::new(false);
    let progress = |_| {
        if !appended.swap(true, Ordering::Relaxed) {
            let mut file = File::options().append(true).open(&path).unwrap();
            std::io::Write::write_all(&mut file, &[9; 10_000]).unwrap();
        }
    };
    let never = AtomicBool::new(false);
    let workers = NonZeroUsize::new(2).unwrap();
    let report = plan.execute(&Run { workers, cancel: &never, progress: &progress });
    assert!(matches!(report.rows[0].error, Some(Error::Changed)), "{report:?}");
    let left = fs::read(&path).unwrap();
    assert!(left.ends_with(&[9; 10_000]), "what another program wrote is there");
}

#[test]
fn a_second_run_that_goes_on_knows_the_roots_by_their_numbers() {
    let (_dir, dir) = scratch();
    let journal = dir.join("journal");
    let roots: Vec<PathBuf> = ["a", "b", "c"].iter().map(|name| dir.join(name)).collect();
    for root in &roots {
        fs::write(root, vec![7; 8 << 20]).unwrap();
    }
    let options = WipeOptions { journal: Some(journal.clone()), ..method("random") };
    let plan = WipePlan::new(&roots, options).unwrap();
    // All three are one group: stop in the second, then in the third.
    stop_after(plan, 12 << 20);
    fs::remove_file(&roots[0]).unwrap();
    let again = Resume::open(&unfinished(&journal)[0], true).unwrap();
    let report = again.execute(&Run::quiet());
    // Somebody removed the first one: that is said, the others are done.
    assert_eq!(report.problems.len(), 1, "{report:?}");
    assert!(!roots[1].exists() && !roots[2].exists());
    let report = Resume::open(&unfinished(&journal)[0], true).unwrap().execute(&Run::quiet());
    assert!(matches!(report.problems[0].error, Error::Missing), "{report:?}");
    assert_eq!(report.problems.len(), 1, "the others are known to have gone: {report:?}");
    assert_eq!(report.tally.removed, 2);
}

#[test]
fn names_of_one_file_may_lie_in_different_groups() {
    let (_dir, dir) = scratch();
    let tree = dir.join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("a"), vec![7; 5000]).unwrap();
    fs::hard_link(tree.join("a"), tree.join("z")).unwrap();
    for number in 0..1500 {
        fs::write(tree.join(format!("m{number}")), vec![7; 100]).unwrap();
    }
    let report = wipe(std::slice::from_ref(&tree), method("random"));
    assert!(is_done(&report) && !tree.exists(), "{:?}", report.tally);
    assert_eq!(report.tally.removed, 1502);
}

#[test]
fn a_file_that_comes_into_a_folder_meanwhile_is_no_success() {
    let (_dir, dir) = scratch();
    let tree = dir.join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("old"), "old").unwrap();
    let plan = WipePlan::new(std::slice::from_ref(&tree), method("random")).unwrap();
    fs::write(tree.join("new"), "new").unwrap();
    let report = plan.execute(&Run::quiet());
    assert_eq!(report.conclusion(), Conclusion::Partial);
    let kept = |row: &sealkeep::wipe::Row| matches!(row.error, Some(Error::NotEmpty));
    assert!(report.rows.iter().any(kept), "{report:?}");
    assert_eq!(fs::read(tree.join("new")).unwrap(), b"new");
}

#[test]
fn a_journal_that_cannot_be_written_stops_the_run_before_it_begins() {
    let (_dir, dir) = scratch();
    let path = dir.join("f");
    fs::write(&path, "kept").unwrap();
    fs::write(dir.join("file"), "").unwrap();
    let options = WipeOptions { journal: Some(dir.join("file/journal")), ..method("random") };
    let report =
        WipePlan::new(std::slice::from_ref(&path), options).unwrap().execute(&Run::quiet());
    assert!(report.stopped.is_some() && !report.places.is_empty(), "{report:?}");
    assert_eq!(fs::read(&path).unwrap(), b"kept");
}

#[test]
fn a_file_with_another_name_is_left_alone_unless_both_are_meant() {
    let (_dir, dir) = scratch();
    let (first, second) = (dir.join("first"), dir.join("second"));
    let make = || {
        fs::write(&first, vec![7; 10_000]).unwrap();
        fs::hard_link(&first, &second).unwrap();
    };
    make();
    let plan = WipePlan::new(std::slice::from_ref(&first), WipeOptions::new()).unwrap();
    let names = plan.other_names();
    // On a large file system not everything is looked at; what is said is right all the same.
    let found = names.paths == [second.clone()] && names.missing == 0;
    assert!(found || (names.paths.is_empty() && names.missing == 1), "{names:?}");
    let report = plan.execute(&Run::quiet());
    assert_eq!(report.conclusion(), Conclusion::Refused);
    assert_eq!(fs::read(&first).unwrap(), vec![7; 10_000]);

    let report = wipe(&[first.clone(), second.clone()], method("random"));
    assert!(is_done(&report), "{report:?}");
    assert!(!first.exists() && !second.exists());
    assert_eq!(report.rows[0].verdict, report.rows[1].verdict);

    make();
    let options = WipeOptions { hard_links: true, ..method("zero") };
    let report = wipe(std::slice::from_ref(&first), options);
    assert!(is_done(&report), "{report:?}");
    assert!(!first.exists());
    // Cut as well: the length tells something too.
    assert_eq!(fs::read(&second).unwrap(), b"");
}

#[test]
fn holes_stay_holes() {
    let (_dir, dir) = scratch();
    let path = dir.join("sparse");
    let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    file.write_all_at(&[7; 4096], 0).unwrap();
    file.write_all_at(&[7; 4096], 1 << 30).unwrap();
    file.sync_all().unwrap();
    let room = file.metadata().unwrap().blocks();
    let report = wipe(std::slice::from_ref(&path), WipeOptions { keep: true, ..method("one") });
    assert!(is_done(&report), "{report:?}");
    assert_eq!(file.metadata().unwrap().blocks(), room);
    assert!(report.rows[0].overwritten < 1 << 20, "{:?}", report.rows[0]);
    let mut end = [0; 4096];
    file.read_exact_at(&mut end, 1 << 30).unwrap();
    assert_eq!(end, [0xff; 4096]);
}

#[test]
fn another_file_under_the_name_is_not_touched() {
    let (_dir, dir) = scratch();
    let (path, aside) = (dir.join("f"), dir.join("aside"));
    fs::write(&path, "old").unwrap();
    let plan = WipePlan::new(std::slice::from_ref(&path), WipeOptions::new()).unwrap();
    fs::rename(&path, &aside).unwrap();
    fs::write(&path, "new").unwrap();
    let report = plan.execute(&Run::quiet());
    assert_eq!(report.conclusion(), Conclusion::Partial);
    assert!(matches!(report.rows[0].error, Some(Error::Changed)), "{report:?}");
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::read(&aside).unwrap(), b"old");
}

#[test]
fn what_became_a_link_since_it_was_examined_is_not_followed() {
    let (_dir, dir) = scratch();
    for folder in ["tree/sub", "outside"] {
        fs::create_dir_all(dir.join(folder)).unwrap();
        fs::write(dir.join(folder).join("f"), folder).unwrap();
    }
    let file = dir.join("file");
    fs::write(&file, "a file").unwrap();
    let plan = WipePlan::new(&[dir.join("tree"), file.clone()], method("zero")).unwrap();
    fs::rename(dir.join("tree/sub"), dir.join("away")).unwrap();
    symlink(dir.join("outside"), dir.join("tree/sub")).unwrap();
    fs::remove_file(&file).unwrap();
    symlink(dir.join("outside/f"), &file).unwrap();
    let report = plan.execute(&Run::quiet());
    let failed = |row: &&Row| row.verdict == Verdict::Failed;
    assert!(report.rows.iter().filter(failed).count() >= 2, "{report:?}");
    assert_eq!(fs::read(dir.join("outside/f")).unwrap(), b"outside");
    assert_eq!(fs::read(dir.join("away/f")).unwrap(), b"tree/sub");
}

#[test]
fn a_file_that_grew_since_it_was_examined_is_not_touched() {
    let (_dir, dir) = scratch();
    let path = dir.join("f");
    fs::write(&path, "old").unwrap();
    let plan = WipePlan::new(std::slice::from_ref(&path), WipeOptions::new()).unwrap();
    fs::write(&path, "old and more").unwrap();
    let report = plan.execute(&Run::quiet());
    assert!(matches!(report.rows[0].error, Some(Error::Changed)), "{report:?}");
    assert_eq!(fs::read(&path).unwrap(), b"old and more");
}

#[test]
fn a_file_that_another_program_has_open_is_refused() {
    let (_dir, dir) = scratch();
    let path = dir.join("f");
    fs::write(&path, "in use").unwrap();
    let mut holder = std::process::Command::new("sleep")
        .arg("60")
        .stdin(File::open(&path).unwrap())
        .spawn()
        .unwrap();
    let refused = wipe(std::slice::from_ref(&path), WipeOptions::new());
    let forced = wipe(std::slice::from_ref(&path), WipeOptions { in_use: true, ..method("zero") });
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(refused.conclusion(), Conclusion::Refused, "{refused:?}");
    assert_eq!(forced.rows[0].verdict, Verdict::BestEffort);
    assert!(!path.exists());
}

#[test]
fn nothing_is_named_twice_and_the_journal_is_not_among_it() {
    let (_dir, dir) = scratch();
    fs::create_dir_all(dir.join("tree/journal")).unwrap();
    let twice = WipePlan::new(&[dir.join("tree"), dir.join("tree/journal")], WipeOptions::new());
    assert!(matches!(twice.err().unwrap().error, Error::Twice));
    let options =
        WipeOptions { journal: Some(dir.join("tree/journal/deep")), ..WipeOptions::new() };
    let inside = WipePlan::new(&[dir.join("tree")], options);
    assert!(matches!(inside.err().unwrap().error, Error::JournalInside));
}

/// Wipes until so many bytes are written, then stops as if a signal had come.
fn stop_after(plan: WipePlan, bytes: u64) -> Report {
    let (cancel, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let progress = |more| {
        if done.fetch_add(more, Ordering::Relaxed) + more >= bytes {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let workers = NonZeroUsize::new(2).unwrap();
    plan.execute(&Run { workers, cancel: &cancel, progress: &progress })
}

fn resume(journal: &Path) -> Report {
    let left = unfinished(journal);
    assert_eq!(left.len(), 1, "one run is unfinished");
    let report = Resume::open(&left[0], true).unwrap().execute(&Run::quiet());
    assert!(report.resumed && report.stopped.is_none(), "{report:?}");
    assert!(unfinished(journal).is_empty(), "the journal is gone when the run is done");
    report
}

#[test]
fn a_large_file_goes_on_where_it_was_stopped() {
    const LEN: u64 = 64 << 20;
    let (_dir, dir) = scratch();
    let (path, journal) = (dir.join("large"), dir.join("journal"));
    // In the middle of the first, of the second and of the last of three passes.
    for stop in [LEN / 2, LEN + LEN / 2, 2 * LEN + LEN / 2] {
        fs::write(&path, vec![7; usize::try_from(LEN).unwrap()]).unwrap();
        let options = WipeOptions {
            journal: Some(journal.clone()),
            checkpoint: Duration::ZERO,
            ..method("dod-5220.22-m")
        };
        let plan = WipePlan::new(std::slice::from_ref(&path), options).unwrap();
        let stopped = stop_after(plan, stop);
        assert_eq!(stopped.conclusion(), Conclusion::Interrupted);
        assert_eq!(stopped.rows[0].verdict, Verdict::Unfinished);
        assert_eq!(fs::metadata(&path).unwrap().len(), LEN, "it keeps its name and length");
        let report = resume(&journal);
        assert!(is_done(&report) && !path.exists(), "{report:?}");
        let written: u64 = report.passes.iter().map(|pass| pass.bytes).sum();
        let left = 3 * LEN - stop;
        assert!(written <= left && written + (16 << 20) >= left, "{written} of {left}");
        assert_eq!(report.passes[2].read_back_bytes, LEN, "the whole last pass is read back");
        assert_eq!(
            (report.tally.verified + report.tally.best_effort, report.tally.removed),
            (1, 1)
        );
    }
}

/// Nothing is wrong with a file at that moment, and nothing is done either.
#[test]
fn a_run_that_is_stopped_between_two_passes_removes_nothing() {
    let (_dir, dir) = scratch();
    for len in [8192, 8 << 20] {
        let path = dir.join("f");
        fs::write(&path, vec![7; len]).unwrap();
        let plan = WipePlan::new(std::slice::from_ref(&path), method("pfitzner-7")).unwrap();
        let stopped = stop_after(plan, 3 * len as u64);
        assert_eq!(stopped.conclusion(), Conclusion::Interrupted, "{stopped:?}");
        assert_eq!(stopped.rows[0].verdict, Verdict::Unfinished, "{stopped:?}");
        assert_eq!(path.metadata().unwrap().len(), len as u64);
    }
}

#[test]
fn a_tree_goes_on_where_it_was_stopped_and_counts_everything() {
    let (_dir, dir) = scratch();
    let (tree, journal) = (dir.join("tree"), dir.join("journal"));
    fs::create_dir_all(tree.join("sub")).unwrap();
    for number in 0..3000 {
        fs::write(tree.join(format!("sub/{number}")), vec![7; 5000]).unwrap();
    }
    let options = WipeOptions { journal: Some(journal.clone()), ..WipeOptions::new() };
    let plan = WipePlan::new(std::slice::from_ref(&tree), options).unwrap();
    let stopped = stop_after(plan, 2000 * 2 * 8192);
    assert_eq!(stopped.conclusion(), Conclusion::Interrupted);
    let left = fs::read_dir(tree.join("sub")).unwrap().count() as u64;
    assert!((1..3000).contains(&left), "some are gone: {left}");
    fs::write(tree.join("sub/new"), "came since").unwrap();
    let report = resume(&journal);
    assert!(is_done(&report) && !tree.exists(), "{report:?}");
    assert_eq!(report.tally.verified + report.tally.best_effort, 3001);
    assert_eq!(report.tally.removed, 3001);
}

#[test]
fn a_sample_is_enough_if_it_is_asked_for() {
    let (_dir, dir) = scratch();
    let path = dir.join("f");
    fs::write(&path, vec![7; 200 << 20]).unwrap();
    let report =
        wipe(std::slice::from_ref(&path), WipeOptions { verify: Verify::Sample, ..method("zero") });
    assert!(is_done(&report), "{report:?}");
    let read = report.passes[0].read_back_bytes;
    assert!((20 << 20..40 << 20).contains(&read), "{read}");
}
