//! Retiring through `sealkeep::retire`, with keys in memory. Between any two of its steps, anything may happen.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/keys.rs"]
mod keys;
#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use keys::MemoryKeys;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
use sealkeep::envelope::Run;
use sealkeep::files::{OpenOptions, OpenPlan, OpenTarget, SealOptions, SealTarget};
use sealkeep::retire::{
    Conclusion, Error, Proven, Reason, Refusal, Report, RetireOptions, Retirement, Sealed,
};
use sealkeep::wipe::{self, Resume, WipeOptions, unfinished};
use sealkeep_crypto::Suite;
use tree::{make_odd_tree, names, same_trees};

/// A scratch folder with a tree `t`, to be sealed to `s`; the journal lies in `j`.
struct Scene {
    dir: tempfile::TempDir,
    keys: MemoryKeys,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { dir: tempfile::tempdir().unwrap(), keys: MemoryKeys::default() };
        fs::create_dir_all(scene.at("t/sub")).unwrap();
        fs::write(scene.at("t/a"), "a, the first").unwrap();
        fs::write(scene.at("t/sub/b"), "b, the other").unwrap();
        fs::write(scene.at("t/none"), "").unwrap();
        fs::write(scene.at("t/large"), vec![7; 9_000_001]).unwrap();
        symlink("sub/b", scene.at("t/link")).unwrap();
        scene
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn options(&self) -> RetireOptions {
        RetireOptions {
            seal: SealOptions::new("test", Suite::Aes256Gcm),
            wipe: WipeOptions {
                journal: Some(self.at("j")),
                list: true,
                require: wipe::Require::Nothing,
                ..WipeOptions::new()
            },
            allow_uncopied: true,
            precious: Vec::new(),
        }
    }

    fn plan_with(&self, inputs: &[&str], options: RetireOptions) -> Result<Retirement, Error> {
        let inputs: Vec<PathBuf> = inputs.iter().map(|name| self.at(name)).collect();
        Retirement::new(&inputs, &SealTarget::Path(self.at("s")), options)
    }

    fn seal(&self) -> Sealed {
        self.plan_with(&["t"], self.options()).unwrap().seal(&self.keys, &Run::quiet())
    }

    fn prove(&self) -> Proven {
        self.seal().prove(&self.keys, &Run::quiet())
    }

    fn wipe(&self, proven: Proven) -> Report {
        proven.wipe(&Run::quiet())
    }

    /// Seals again what is left, with what is sealed already left as it is.
    fn again(&self) -> Report {
        let mut options = self.options();
        options.seal.skip_existing = true;
        let sealed = self.plan_with(&["t"], options).unwrap().seal(&self.keys, &Run::quiet());
        self.wipe(sealed.prove(&self.keys, &Run::quiet()))
    }

    fn open_to(&self, name: &str) {
        let target = OpenTarget::Directory(self.at(name));
        let plan = OpenPlan::new(&[self.at("s")], &target, OpenOptions::default()).unwrap();
        let report = plan.execute(&self.keys, &Run::quiet());
        assert!(report.is_complete(), "{:?} {:?}", report.failures, report.stopped);
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.at(name)).unwrap()
    }
}

/// Which sources were kept, by the ends of their paths.
fn kept(report: &Report) -> Vec<String> {
    let mut kept: Vec<String> = report
        .kept
        .iter()
        .map(|one| one.path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    kept.sort();
    kept
}

fn copy(from: &Path, to: &Path) {
    let done = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

#[test]
fn a_tree_with_everything_odd_is_retired_and_opens_as_it_was() {
    let scene = Scene::new();
    fs::remove_dir_all(scene.at("t")).unwrap();
    make_odd_tree(&scene.at("t"));
    copy(&scene.at("t"), &scene.at("was"));
    let report = scene.wipe(scene.prove());
    assert!(report.kept.is_empty(), "{:?}", report.kept);
    let wiped = report.wipe.as_ref().unwrap();
    assert!(wiped.problems.is_empty(), "{:?}", wiped.problems);
    assert_eq!(wiped.tally.removed, report.proven.files);
    // The fifo was not sealed, so it stays, and with it the folder.
    assert_eq!(report.conclusion(), Conclusion::Partial);
    assert_eq!(names(&scene.at("t")), ["fifo"]);
    scene.open_to("back");
    fs::remove_file(scene.at("was/fifo")).unwrap();
    let times = fs::metadata(scene.at("back")).unwrap();
    let time = Timespec { tv_sec: times.mtime(), tv_nsec: times.mtime_nsec() };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, scene.at("was"), &times, AtFlags::empty()).unwrap();
    same_trees(&scene.at("was"), &scene.at("back"));
    assert!(unfinished(&scene.at("j")).is_empty());
}

#[test]
fn a_whole_tree_is_gone_with_its_names() {
    for hide_names in [false, true] {
        let scene = Scene::new();
        copy(&scene.at("t"), &scene.at("was"));
        let mut options = scene.options();
        options.seal.hide_names = hide_names;
        let sealed = scene.plan_with(&["t"], options).unwrap().seal(&scene.keys, &Run::quiet());
        let report = scene.wipe(sealed.prove(&scene.keys, &Run::quiet()));
        assert!(
            matches!(report.conclusion(), Conclusion::Retired | Conclusion::BestEffort),
            "{report:?}"
        );
        assert_eq!((report.proven.files, report.proven.directories), (4, 2));
        assert!(!scene.at("t").exists());
        scene.open_to("back");
        same_trees(&scene.at("was"), &scene.at("back"));
    }
}

#[test]
fn what_changed_after_it_was_sealed_is_kept() {
    let scene = Scene::new();
    let sealed = scene.seal();
    fs::write(scene.at("t/a"), "A, the first").unwrap();
    fs::OpenOptions::new().append(true).open(scene.at("t/none")).unwrap().write_all(b"x").unwrap();
    fs::set_permissions(scene.at("t/large"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::remove_file(scene.at("t/link")).unwrap();
    symlink("elsewhere", scene.at("t/link")).unwrap();
    let report = scene.wipe(sealed.prove(&scene.keys, &Run::quiet()));
    assert_eq!(kept(&report), ["a", "large", "link", "none"]);
    assert_eq!(report.conclusion(), Conclusion::Partial);
    assert_eq!(scene.read("t/a"), b"A, the first");
    assert_eq!(scene.read("t/none"), b"x");
    assert_eq!(scene.read("t/large"), vec![7; 9_000_001]);
    assert_eq!(fs::read_link(scene.at("t/link")).unwrap(), Path::new("elsewhere"));
    assert!(!scene.at("t/sub").exists());
}

/// Also where length and time of modification are put back: the time of change is not to be put back.
#[test]
fn what_changed_after_it_was_proved_is_kept() {
    let scene = Scene::new();
    let proven = scene.prove();
    assert_eq!(proven.report().proven.files, 4);
    for (name, content) in [("t/a", "A, THE FIRST"), ("t/sub/b", "B, THE OTHER")] {
        let was = fs::metadata(scene.at(name)).unwrap();
        let file = fs::OpenOptions::new().write(true).open(scene.at(name)).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, content.as_bytes(), 0).unwrap();
        file.set_modified(was.modified().unwrap()).unwrap();
    }
    fs::write(scene.at("t/none"), "no longer").unwrap();
    fs::remove_file(scene.at("t/link")).unwrap();
    symlink("sub/b", scene.at("t/link")).unwrap();
    fs::write(scene.at("t/new"), "was not there").unwrap();
    let report = scene.wipe(proven);
    let wiped = report.wipe.as_ref().unwrap();
    assert_eq!((wiped.tally.failed, wiped.tally.removed), (4, 1));
    assert_eq!(report.conclusion(), Conclusion::Partial);
    assert_eq!(scene.read("t/a"), b"A, THE FIRST");
    assert_eq!(scene.read("t/sub/b"), b"B, THE OTHER");
    assert_eq!(scene.read("t/none"), b"no longer");
    assert_eq!(names(&scene.at("t")), ["a", "link", "new", "none", "sub"]);
    // Put back as it was, it is not the file that was proved, but its sealed file still is good.
    fs::write(scene.at("t/a"), "a, the first").unwrap();
    assert_eq!(kept(&scene.again()), ["a", "b", "link", "none"]);
}

#[test]
fn a_sealed_file_that_was_spoilt_keeps_its_source() {
    let scene = Scene::new();
    let many = ["flipped", "cut", "long", "gone", "linked", "swapped1", "swapped2", "good"];
    for name in many {
        fs::write(scene.at("t").join(name), name.repeat(100)).unwrap();
    }
    let sealed = scene.seal();
    let out = |name: &str| scene.at("s").join(format!("{name}.sealed"));
    for (name, at) in [("flipped", 300), ("large", 8_000_000)] {
        let mut bytes = fs::read(out(name)).unwrap();
        bytes[at] ^= 1;
        fs::write(out(name), bytes).unwrap();
    }
    let file = fs::OpenOptions::new().write(true).open(out("cut")).unwrap();
    file.set_len(file.metadata().unwrap().len() - 1).unwrap();
    fs::OpenOptions::new().append(true).open(out("long")).unwrap().write_all(b"x").unwrap();
    fs::remove_file(out("gone")).unwrap();
    fs::rename(out("linked"), scene.at("elsewhere")).unwrap();
    symlink(scene.at("elsewhere"), out("linked")).unwrap();
    fs::rename(out("swapped1"), scene.at("x")).unwrap();
    fs::rename(out("swapped2"), out("swapped1")).unwrap();
    fs::rename(scene.at("x"), out("swapped2")).unwrap();
    let report = scene.wipe(sealed.prove(&scene.keys, &Run::quiet()));
    let expected = ["cut", "flipped", "gone", "large", "linked", "long", "swapped1", "swapped2"];
    assert_eq!(kept(&report), expected);
    assert!(report.kept.iter().all(|one| matches!(one.reason, Reason::Sealed(_))));
    for name in expected.into_iter().filter(|name| *name != "large") {
        assert_eq!(scene.read(&format!("t/{name}")), name.repeat(100).as_bytes());
    }
    assert!(!scene.at("t/good").exists());
}

#[test]
fn a_key_that_is_not_there_any_more_keeps_everything() {
    let scene = Scene::new();
    copy(&scene.at("t"), &scene.at("was"));
    let report = scene.wipe(scene.seal().prove(&MemoryKeys::default(), &Run::quiet()));
    assert_eq!(report.conclusion(), Conclusion::Kept);
    assert_eq!(report.kept.len(), 7);
    assert!(report.wipe.is_none());
    same_trees(&scene.at("was"), &scene.at("t"));
}

#[test]
fn keys_that_exist_only_once_keep_everything_unless_that_is_allowed() {
    let scene = Scene::new();
    let mut options = scene.options();
    options.allow_uncopied = false;
    let sealed = scene.plan_with(&["t"], options).unwrap().seal(&scene.keys, &Run::quiet());
    assert_eq!(sealed.refusal(), Some(Refusal::Uncopied));
    let report = scene.wipe(sealed.prove(&scene.keys, &Run::quiet()));
    assert_eq!((report.conclusion(), report.proven.objects()), (Conclusion::Kept, 0));
    assert_eq!(scene.read("t/a"), b"a, the first");
}

#[test]
fn what_is_sealed_already_is_proved_and_retired_too() {
    let scene = Scene::new();
    assert!(scene.seal().report().is_complete());
    // Nothing is left but what an interrupted run would leave: all sealed, nothing wiped.
    fs::write(scene.at("t/sub/b"), "b, ANOTHER ONE").unwrap();
    fs::write(scene.at("t/new"), "not sealed before").unwrap();
    let report = scene.again();
    assert_eq!((report.seal.existing, report.seal.files), (7, 1));
    assert_eq!(kept(&report), ["b"]);
    assert_eq!(names(&scene.at("t")), ["sub"]);
    assert_eq!(scene.read("t/sub/b"), b"b, ANOTHER ONE");
    scene.open_to("back");
    assert_eq!(scene.read("back/sub/b"), b"b, the other");
    assert_eq!(scene.read("back/new"), b"not sealed before");
}

#[test]
fn an_output_that_was_there_is_not_taken_for_the_sealed_file_unasked() {
    let scene = Scene::new();
    fs::create_dir(scene.at("s")).unwrap();
    fs::write(scene.at("s/a.sealed"), "something").unwrap();
    let report = scene.wipe(scene.prove());
    assert_eq!(report.seal.failures.len(), 1);
    assert_eq!((report.conclusion(), report.kept.len()), (Conclusion::Partial, 0));
    assert_eq!(scene.read("t/a"), b"a, the first");
    assert_eq!(names(&scene.at("t")), ["a"]);
}

#[test]
fn a_file_with_names_elsewhere_is_kept_unless_that_is_allowed() {
    let scene = Scene::new();
    fs::hard_link(scene.at("t/a"), scene.at("elsewhere")).unwrap();
    fs::hard_link(scene.at("t/large"), scene.at("t/sub/second name")).unwrap();
    let report = scene.wipe(scene.prove());
    let wiped = report.wipe.as_ref().unwrap();
    assert_eq!((wiped.tally.refused, report.conclusion()), (1, Conclusion::Partial));
    assert_eq!(scene.read("elsewhere"), b"a, the first");
    assert_eq!(names(&scene.at("t")), ["a"]);
    let mut options = scene.options();
    options.wipe.hard_links = true;
    options.seal.skip_existing = true;
    let sealed = scene.plan_with(&["t"], options).unwrap().seal(&scene.keys, &Run::quiet());
    let report = scene.wipe(sealed.prove(&scene.keys, &Run::quiet()));
    assert_eq!(report.wipe.as_ref().unwrap().tally.removed, 1, "{report:?}");
    assert_ne!(scene.read("elsewhere"), b"a, the first");
}

#[test]
fn keys_links_and_inputs_in_each_other_are_refused_before_anything_is_sealed() {
    let scene = Scene::new();
    let with =
        |precious: &str| RetireOptions { precious: vec![scene.at(precious)], ..scene.options() };
    let refused = |inputs: &[&str], options| scene.plan_with(inputs, options).err();
    assert!(matches!(refused(&["t"], with("t/sub")), Some(Error::Precious(_))));
    assert!(matches!(refused(&["t/sub"], with("t")), Some(Error::Precious(_))));
    symlink("t", scene.at("link")).unwrap();
    assert!(matches!(refused(&["link"], scene.options()), Some(Error::Link(_))));
    assert!(matches!(refused(&["t/link"], scene.options()), Some(Error::Link(_))));
    assert!(matches!(refused(&["t", "t/sub"], scene.options()), Some(Error::Wipe(_))));
    let mut inside = scene.options();
    inside.wipe.journal = Some(scene.at("t/j"));
    assert!(matches!(refused(&["t"], inside), Some(Error::Wipe(_))));
    assert!(!scene.at("s").exists());
}

#[test]
fn a_stop_at_any_step_keeps_what_was_not_begun() {
    let scene = Scene::new();
    copy(&scene.at("t"), &scene.at("was"));
    let stop = AtomicBool::new(true);
    let run = Run { cancel: &stop, ..Run::quiet() };
    let sealed = scene.seal();
    let report = sealed.prove(&scene.keys, &run).wipe(&run);
    assert_eq!((report.conclusion(), report.proven.objects()), (Conclusion::Interrupted, 0));
    same_trees(&scene.at("was"), &scene.at("t"));
    stop.store(false, Ordering::Relaxed);
    assert_eq!(kept(&scene.again()), [""; 0]);
    assert!(!scene.at("t").exists());
}

/// A run that is cut off in the middle of the wipe, and what somebody does before it goes on.
#[test]
fn a_resumed_run_touches_only_what_was_proved_and_did_not_change() {
    let scene = Scene::new();
    for number in 0..40 {
        fs::write(scene.at(&format!("t/f{number:02}")), vec![number; 5_000]).unwrap();
    }
    let proven = scene.prove();
    let stop = AtomicBool::new(false);
    let after = |bytes: u64| {
        if bytes > 0 {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let run = Run { cancel: &stop, progress: &after, workers: std::num::NonZeroUsize::MIN };
    let report = proven.wipe(&run);
    assert_eq!(report.conclusion(), Conclusion::Interrupted);
    // One of those announced that was not begun is written to; one gets a new file under its name; one is new.
    let whole = |name: &str| scene.read(name) == vec![39; 5_000];
    assert!(whole("t/f39"), "it was not begun");
    let file = fs::OpenOptions::new().write(true).open(scene.at("t/f39")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"written since", 100).unwrap();
    drop(file);
    fs::remove_file(scene.at("t/f38")).unwrap();
    fs::write(scene.at("t/f38"), "made since").unwrap();
    fs::write(scene.at("t/new"), "new").unwrap();
    let journal = unfinished(&scene.at("j")).remove(0);
    let resumed = Resume::open(&journal, true).unwrap().execute(&Run::quiet());
    assert_eq!(names(&scene.at("t")), ["f38", "f39", "new"], "{resumed:?}");
    assert_eq!(&scene.read("t/f39")[100..113], b"written since");
    assert_eq!(scene.read("t/f38"), b"made since");
    assert_eq!(resumed.tally.removed, 42, "{:?}", resumed.tally);
    assert!(unfinished(&scene.at("j")).is_empty());
    scene.open_to("back");
    assert_eq!(scene.read("back/f39"), vec![39; 5_000]);
}
