//! Files and trees through `sealkeep::files`, with keys in memory.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

#[path = "support/keys.rs"]
mod keys;
#[path = "support/tree.rs"]
mod tree;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use keys::MemoryKeys;
use sealkeep::envelope::{self, Run};
use sealkeep::files::{
    Error, OpenOptions, OpenPlan, OpenTarget, Report, SealOptions, SealPlan, SealTarget,
    SkipReason, inspect, open_range, open_range_to, open_stream_to, seal_stream, seal_stream_to,
};
use sealkeep_crypto::Suite;
use tree::{make_odd_tree, names, same_trees};

fn options() -> SealOptions {
    SealOptions::new("test", Suite::Aes256Gcm)
}

fn seal_with(keys: &MemoryKeys, input: &Path, out: &Path, options: SealOptions) -> Report {
    let target = SealTarget::Path(out.to_owned());
    SealPlan::new(&[input.to_owned()], &target, options).unwrap().execute(keys, &Run::quiet())
}

fn seal(keys: &MemoryKeys, input: &Path, out: &Path) -> Report {
    seal_with(keys, input, out, options())
}

fn open_to(keys: &MemoryKeys, sealed: &Path, target: &OpenTarget) -> Report {
    OpenPlan::new(&[sealed.to_owned()], target, OpenOptions::default())
        .unwrap()
        .execute(keys, &Run::quiet())
}

fn open(keys: &MemoryKeys, sealed: &Path, out: &Path) -> Report {
    open_to(keys, sealed, &OpenTarget::Directory(out.to_owned()))
}

fn clean(report: &Report) {
    assert!(report.is_complete(), "{:?} {:?}", report.failures, report.stopped);
}

#[test]
fn a_tree_with_everything_odd_comes_back_as_it_was() {
    for (suite, hide_names) in [(Suite::Aes256Gcm, false), (Suite::Sm4Gcm, true)] {
        let scratch = tempfile::tempdir().unwrap();
        let (tree, sealed, opened) =
            (scratch.path().join("t"), scratch.path().join("s"), scratch.path().join("o"));
        make_odd_tree(&tree);
        let keys = MemoryKeys::default();
        let options = SealOptions { suite, hide_names, list: true, ..options() };
        let report = seal_with(&keys, &tree, &sealed, options);
        clean(&report);
        assert_eq!(report.hard_links.len(), 2);
        assert_eq!(report.items.len() as u64, report.done());
        assert_eq!(keys.len() as u64, report.done());
        assert_eq!(report.uncopied_keys, report.done());
        let fifo = [(tree.join("fifo"), SkipReason::Special)];
        assert!(
            report.skipped.iter().map(|skipped| (skipped.path.clone(), skipped.reason)).eq(fifo)
        );

        let checked = open_to(&keys, &sealed, &OpenTarget::Check);
        clean(&checked);
        assert_eq!(checked.done(), report.done());
        assert!(!opened.exists());

        let back = open(&keys, &sealed, &opened);
        clean(&back);
        assert_eq!(
            (back.files, back.directories, back.symlinks),
            (report.files, report.directories, report.symlinks)
        );
        assert!(back.moved.is_empty(), "{:?}", back.moved);
        same_trees(&tree, &opened);
    }
}

#[test]
fn hidden_names_show_nothing_of_the_tree() {
    let scratch = tempfile::tempdir().unwrap();
    let tree = scratch.path().join("t");
    make_odd_tree(&tree);
    let sealed = scratch.path().join("s");
    seal_with(
        &MemoryKeys::default(),
        &tree,
        &sealed,
        SealOptions { hide_names: true, ..options() },
    );
    for name in names(&sealed) {
        let name = name.to_str().unwrap().strip_suffix(".sealed").unwrap();
        assert!(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}

#[test]
fn a_single_file_beside_itself_under_a_name_and_into_a_directory() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    let keys = MemoryKeys::default();
    fs::write(at("a.txt"), "content").unwrap();
    let plan = SealPlan::new(&[at("a.txt")], &SealTarget::Beside, options()).unwrap();
    assert_eq!(plan.objects().next().unwrap().output, Some(at("a.txt.sealed")));
    clean(&plan.execute(&keys, &Run::quiet()));
    clean(&seal(&keys, &at("a.txt"), &at("other")));
    fs::create_dir(at("dir")).unwrap();
    clean(&seal(&keys, &at("a.txt"), &at("dir")));
    assert_eq!(names(&at("dir")), ["a.txt.sealed"]);

    fs::remove_file(at("a.txt")).unwrap();
    let report = open_to(&keys, &at("other"), &OpenTarget::Beside);
    clean(&report);
    assert_eq!(fs::read(at("a.txt")).unwrap(), b"content");
    clean(&open_to(&keys, &at("other"), &OpenTarget::File(at("b"))));
    assert_eq!(fs::read(at("b")).unwrap(), b"content");
    assert_eq!(inspect(&at("other")).unwrap().content_len, Some(7));
    let mut part = Vec::new();
    open_range(&at("other"), 2, Some(5), &mut part, &keys, &Run::quiet()).unwrap();
    assert_eq!(part, b"nte");
}

#[test]
fn nothing_existing_is_overwritten_unless_forced() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    let keys = MemoryKeys::default();
    fs::create_dir(at("t")).unwrap();
    fs::write(at("t/a"), "1").unwrap();
    clean(&seal(&keys, &at("t"), &at("s")));
    let before = fs::read(at("s/a.sealed")).unwrap();
    let made = keys.len();
    let again = seal(&keys, &at("t"), &at("s"));
    assert!(again.failures.iter().all(|failure| matches!(failure.error, Error::Exists)));
    assert_eq!((again.failures.len(), again.done(), keys.len()), (2, 0, made));
    assert_eq!(fs::read(at("s/a.sealed")).unwrap(), before);
    clean(&seal_with(&keys, &at("t"), &at("s"), SealOptions { force: true, ..options() }));
    assert_ne!(fs::read(at("s/a.sealed")).unwrap(), before);

    fs::create_dir(at("o")).unwrap();
    fs::write(at("o/a"), "mine").unwrap();
    let report = open(&keys, &at("s"), &at("o"));
    assert!(matches!(report.failures[..], [ref failure] if matches!(failure.error, Error::Exists)));
    assert_eq!(fs::read(at("o/a")).unwrap(), b"mine");
    let forced = OpenOptions { force: true, ..OpenOptions::default() };
    let plan = OpenPlan::new(&[at("s")], &OpenTarget::Directory(at("o")), forced).unwrap();
    clean(&plan.execute(&keys, &Run::quiet()));
    assert_eq!(fs::read(at("o/a")).unwrap(), b"1");
    assert_eq!(names(&at("o")), ["a"]);
}

#[test]
fn sealed_files_are_not_sealed_again_by_accident() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    let keys = MemoryKeys::default();
    fs::write(at("a"), "x").unwrap();
    fs::write(at("big"), vec![1; 9 << 20]).unwrap();
    for name in ["a", "big"] {
        let plan = SealPlan::new(&[at(name)], &SealTarget::Beside, options()).unwrap();
        clean(&plan.execute(&keys, &Run::quiet()));
        let sealed = at(&format!("{name}.sealed"));
        let report = seal(&keys, &sealed, &at("twice"));
        assert!(matches!(report.failures[0].error, Error::AlreadySealed));
        assert_eq!(report.unused_keys.len(), 1);
        assert!(!at("twice").exists());
        let made = keys.len();
        let stream = seal_stream(
            fs::File::open(&sealed).unwrap(),
            std::io::sink(),
            &options(),
            &keys,
            &Run::quiet(),
        );
        assert!(matches!(stream, Err(Error::AlreadySealed)));
        assert_eq!(keys.len(), made);
        let nested = SealOptions { allow_nested: true, ..options() };
        clean(&seal_with(&keys, &sealed, &at(&format!("{name}.twice")), nested));
    }
}

#[test]
fn output_inside_the_input_and_inputs_of_one_name_are_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::create_dir_all(at("t/sub")).unwrap();
    fs::create_dir_all(at("u/t")).unwrap();
    symlink(at("t"), at("link")).unwrap();
    for out in ["t", "t/sub", "t/new/er", "link/x", "t/sub/../y"] {
        let refused = SealPlan::new(&[at("t")], &SealTarget::Path(at(out)), options());
        assert!(
            refused.is_err_and(|failure| matches!(failure.error, Error::OutputInsideInput)),
            "{out}"
        );
    }
    assert!(SealPlan::new(&[at("t")], &SealTarget::Path(at("t2")), options()).is_ok());
    let refused = SealPlan::new(&[at("t"), at("u/t")], &SealTarget::Path(at("out")), options());
    assert!(refused.is_err_and(|failure| matches!(failure.error, Error::SameName)));
    let missing = SealPlan::new(&[at("nothing")], &SealTarget::Beside, options());
    assert!(missing.is_err_and(|failure| matches!(failure.error, Error::Io { .. })));
}

#[test]
fn several_inputs_go_under_their_names() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::create_dir(at("d")).unwrap();
    fs::write(at("d/f"), "1").unwrap();
    fs::write(at("g"), "2").unwrap();
    let keys = MemoryKeys::default();
    let plan = SealPlan::new(&[at("d"), at("g")], &SealTarget::Path(at("s")), options()).unwrap();
    clean(&plan.execute(&keys, &Run::quiet()));
    assert_eq!(names(&at("s")), ["d", "g.sealed"]);
    let report = open(&keys, &at("s"), &at("o"));
    clean(&report);
    assert_eq!(fs::read(at("o/d/f")).unwrap(), b"1");
    assert_eq!(fs::read(at("o/g")).unwrap(), b"2");
    // A part of the tree opened by itself keeps its whole path, and is not taken for moved.
    let part = open(&keys, &at("s/d"), &at("p"));
    assert!(part.moved.is_empty());
    assert_eq!(fs::read(at("p/d/f")).unwrap(), b"1");
}

#[test]
fn exclusions() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    for dir in ["t/cache/deep", "t/src/cache", "t/src/keep"] {
        fs::create_dir_all(at(dir)).unwrap();
        fs::write(at(dir).join("x.tmp"), "").unwrap();
        fs::write(at(dir).join("x.txt"), "").unwrap();
    }
    let sealed_names = |globs: &[&str]| {
        let options =
            SealOptions { exclude: globs.iter().map(ToString::to_string).collect(), ..options() };
        let plan = SealPlan::new(&[at("t")], &SealTarget::Path(at("s")), options).unwrap();
        let names =
            plan.objects().map(|object| object.input.strip_prefix(at("t")).unwrap().to_owned());
        names.filter(|name| name.extension().is_some()).collect::<Vec<_>>()
    };
    assert_eq!(sealed_names(&["*.tmp", "cache"]), [PathBuf::from("src/keep/x.txt")]);
    assert_eq!(sealed_names(&["src/*"]).len(), 2);
    assert_eq!(sealed_names(&["/cache/", "*/keep"]).len(), 2);
    let malformed = SealOptions { exclude: vec!["a[".into()], ..options() };
    let refused = SealPlan::new(&[at("t")], &SealTarget::Path(at("s")), malformed);
    assert!(refused.is_err_and(|failure| matches!(failure.error, Error::Pattern(_))));
}

#[test]
fn swapped_sealed_files_open_to_their_own_names_and_are_reported() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::create_dir(at("t")).unwrap();
    fs::write(at("t/a"), "a").unwrap();
    fs::write(at("t/b"), "b").unwrap();
    let keys = MemoryKeys::default();
    clean(&seal(&keys, &at("t"), &at("s")));
    fs::rename(at("s/a.sealed"), at("s/x")).unwrap();
    fs::rename(at("s/b.sealed"), at("s/a.sealed")).unwrap();
    fs::rename(at("s/x"), at("s/b.sealed")).unwrap();
    let report = open(&keys, &at("s"), &at("o"));
    assert_eq!(report.moved.len(), 2);
    assert_eq!(fs::read(at("o/a")).unwrap(), b"a");
    assert_eq!(fs::read(at("o/b")).unwrap(), b"b");
}

#[test]
fn links_in_the_output_are_not_followed() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::create_dir_all(at("t/sub")).unwrap();
    fs::create_dir(at("elsewhere")).unwrap();
    fs::write(at("t/sub/f"), "1").unwrap();
    let keys = MemoryKeys::default();
    clean(&seal(&keys, &at("t"), &at("s")));
    fs::create_dir(at("o")).unwrap();
    symlink(at("elsewhere"), at("o/sub")).unwrap();
    let report = open(&keys, &at("s"), &at("o"));
    assert!(report.failures.iter().all(|failure| matches!(failure.error, Error::NotADirectory(_))));
    assert_eq!(report.failures.len(), 2);
    assert!(names(&at("elsewhere")).is_empty());
}

#[test]
fn damage_is_confined_to_its_file_and_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::create_dir(at("t")).unwrap();
    for name in ["a", "b", "c", "key gone"] {
        fs::write(at("t").join(name), name.repeat(100_000)).unwrap();
    }
    let keys = MemoryKeys::default();
    let report = seal_with(&keys, &at("t"), &at("s"), SealOptions { list: true, ..options() });
    let gone = report.items.iter().find(|item| item.input.ends_with("key gone")).unwrap();
    keys.destroy(&gone.key_id);
    let mut bytes = fs::read(at("s/b.sealed")).unwrap();
    bytes[80_000] ^= 1;
    fs::write(at("s/b.sealed"), bytes).unwrap();
    fs::write(at("s/README"), "not sealed").unwrap();
    let report = open(&keys, &at("s"), &at("o"));
    assert_eq!(report.files, 2);
    assert_eq!(report.skipped.len(), 1);
    let mut errors: Vec<_> =
        report.failures.iter().map(|failure| failure.error.to_string()).collect();
    errors.sort();
    assert_eq!(errors, ["no such key", "segment 1 is damaged"]);
    assert_eq!(names(&at("o")), ["a", "c"]);
}

#[test]
fn a_file_that_grows_while_being_read_is_not_sealed() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::write(at("log"), vec![0; 8 << 20]).unwrap();
    let grow = |_: u64| {
        let mut log = fs::OpenOptions::new().append(true).open(at("log")).unwrap();
        std::io::Write::write_all(&mut log, b"more").unwrap();
    };
    let keys = MemoryKeys::default();
    let plan = SealPlan::new(&[at("log")], &SealTarget::Beside, options()).unwrap();
    let report = plan.execute(&keys, &Run { progress: &grow, ..Run::quiet() });
    assert!(matches!(report.failures[0].error, Error::Changed));
    assert_eq!(names(scratch.path()), ["log"]);
}

#[test]
fn a_key_store_that_refuses_stops_before_anything_is_written() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::write(at("a"), "x").unwrap();
    let keys = MemoryKeys::refusing();
    let report = seal(&keys, &at("a"), &at("s"));
    assert!(matches!(report.stopped, Some(Error::Keys(_))));
    assert_eq!(names(scratch.path()), ["a"]);
}

#[test]
fn cancelling_leaves_no_part_of_a_file() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::write(at("big"), vec![0; 30 << 20]).unwrap();
    let cancel = std::sync::atomic::AtomicBool::new(false);
    let progress = |_: u64| cancel.store(true, std::sync::atomic::Ordering::Relaxed);
    let keys = MemoryKeys::default();
    let run = Run { cancel: &cancel, progress: &progress, ..Run::quiet() };
    let report =
        SealPlan::new(&[at("big")], &SealTarget::Beside, options()).unwrap().execute(&keys, &run);
    assert!(matches!(report.stopped, Some(Error::Envelope(envelope::Error::Cancelled))));
    assert_eq!(names(scratch.path()), ["big"]);
}

#[test]
fn many_small_files_take_few_groups_of_keys() {
    let scratch = tempfile::tempdir().unwrap();
    let tree = scratch.path().join("t");
    fs::create_dir(&tree).unwrap();
    for index in 0..1500 {
        fs::write(tree.join(index.to_string()), index.to_string()).unwrap();
    }
    let keys = MemoryKeys::default();
    let report = seal(&keys, &tree, &scratch.path().join("s"));
    clean(&report);
    assert_eq!(report.done(), 1501);
    assert!(keys.groups.into_inner() <= 1501usize.div_ceil(8));
}

#[test]
fn streams_of_unknown_length_to_files_and_back() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    let keys = MemoryKeys::default();
    let content: Vec<u8> = (0..3_000_000u32).map(|at| at as u8).collect();
    seal_stream_to(&content[..], &at("s"), &options(), &keys, &Run::quiet()).unwrap();
    assert!(matches!(
        seal_stream_to(&content[..], &at("s"), &options(), &keys, &Run::quiet()),
        Err(Error::Exists)
    ));
    let sealed = fs::read(at("s")).unwrap();
    let open = |bytes: &[u8], name: &str| {
        open_stream_to(bytes, &at(name), &OpenOptions::default(), &keys, &Run::quiet())
            .map(|opened| opened.content)
    };
    assert_eq!(open(&sealed, "o").unwrap(), 3_000_000);
    assert!(fs::read(at("o")).unwrap() == content);
    assert_eq!(fs::metadata(at("o")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(open(&sealed[..2_000_000], "cut").is_err());
    assert!(!at("cut").exists());
    let report = open_to(&keys, &at("s"), &OpenTarget::Beside);
    assert!(matches!(report.failures[0].error, Error::NoName));
}

#[test]
fn setuid_is_not_restored_unless_asked() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::write(at("tool"), "x").unwrap();
    fs::set_permissions(at("tool"), fs::Permissions::from_mode(0o4755)).unwrap();
    let keys = MemoryKeys::default();
    clean(&seal(&keys, &at("tool"), &at("s")));
    let report = open_to(&keys, &at("s"), &OpenTarget::File(at("plain")));
    assert_eq!(report.special_bits_dropped, [at("plain")]);
    let keep = OpenOptions { keep_special_bits: true, ..OpenOptions::default() };
    clean(
        &OpenPlan::new(&[at("s")], &OpenTarget::File(at("kept")), keep)
            .unwrap()
            .execute(&keys, &Run::quiet()),
    );
    let mode = |name: &str| fs::metadata(at(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("plain"), mode("kept")), (0o755, 0o4755));
}

#[test]
fn names_too_long_to_mirror_fail_alone_and_fit_when_hidden() {
    let scratch = tempfile::tempdir().unwrap();
    let tree = scratch.path().join("t");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("n".repeat(255)), "x").unwrap();
    fs::write(tree.join(OsStr::from_bytes(b"\xff\xfe")), "y").unwrap();
    let keys = MemoryKeys::default();
    let report = seal(&keys, &tree, &scratch.path().join("s"));
    assert_eq!((report.files, report.failures.len()), (1, 1));
    let hidden = SealOptions { hide_names: true, ..options() };
    clean(&seal_with(&keys, &tree, &scratch.path().join("h"), hidden));
    clean(&open(&keys, &scratch.path().join("h"), &scratch.path().join("o")));
    same_trees(&tree, &scratch.path().join("o"));
}

#[test]
fn what_is_called_like_a_sealed_file_and_is_none_fails() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::create_dir(at("t")).unwrap();
    for name in ["cut", "bent", "swapped", "good"] {
        fs::write(at("t").join(name), name).unwrap();
    }
    let keys = MemoryKeys::default();
    clean(&seal(&keys, &at("t"), &at("s")));
    fs::write(at("s/cut.sealed"), "").unwrap();
    let mut bytes = fs::read(at("s/bent.sealed")).unwrap();
    bytes[0] ^= 1;
    fs::write(at("s/bent.sealed"), bytes).unwrap();
    fs::remove_file(at("s/swapped.sealed")).unwrap();
    symlink("good.sealed", at("s/swapped.sealed")).unwrap();
    fs::write(at("s/README"), "no sealed file, by right").unwrap();
    let report = open_to(&keys, &at("s"), &OpenTarget::Check);
    let mut failed: Vec<_> = report.failures.iter().map(|failure| failure.path.clone()).collect();
    failed.sort();
    assert_eq!(failed, [at("s/bent.sealed"), at("s/cut.sealed"), at("s/swapped.sealed")]);
    assert_eq!((report.files, report.skipped.len()), (1, 1));
}

#[test]
fn a_directory_without_a_sealed_file_is_not_called_good() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::create_dir(at("t")).unwrap();
    let keys = MemoryKeys::default();
    clean(&seal(&keys, &at("t"), &at("s")));
    fs::create_dir(at("empty")).unwrap();
    fs::write(at("empty/notes"), "not sealed").unwrap();
    let plan = OpenPlan::new(&[at("s"), at("empty")], &OpenTarget::Check, OpenOptions::default());
    let report = plan.unwrap().execute(&keys, &Run::quiet());
    assert!(
        matches!(&report.failures[..], [one] if one.path == at("empty") && matches!(one.error, Error::NothingSealed))
    );
}

#[test]
fn an_interrupted_run_is_finished_by_skipping_what_exists() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::create_dir(at("t")).unwrap();
    for name in ["a", "b", "c"] {
        fs::write(at("t").join(name), name).unwrap();
    }
    let keys = MemoryKeys::default();
    clean(&seal(&keys, &at("t"), &at("s")));
    fs::remove_file(at("s/b.sealed")).unwrap();
    fs::remove_file(at("s/c.sealed")).unwrap();
    fs::create_dir(at("s/c.sealed")).unwrap();
    let resume = SealOptions { skip_existing: true, ..options() };
    let report = seal_with(&keys, &at("t"), &at("s"), resume.clone());
    assert_eq!((report.files, report.existing), (1, 2));
    assert!(matches!(report.failures[..], [ref one] if matches!(one.error, Error::NotReplaceable)));
    fs::remove_dir(at("s/c.sealed")).unwrap();
    clean(&seal_with(&keys, &at("t"), &at("s"), resume));

    clean(&open(&keys, &at("s"), &at("o")));
    fs::remove_file(at("o/b")).unwrap();
    fs::write(at("o/a"), "mine").unwrap();
    let options = OpenOptions { skip_existing: true, ..OpenOptions::default() };
    let plan = OpenPlan::new(&[at("s")], &OpenTarget::Directory(at("o")), options).unwrap();
    let report = plan.execute(&keys, &Run::quiet());
    clean(&report);
    assert_eq!((report.files, report.existing), (1, 2));
    assert_eq!(fs::read(at("o/a")).unwrap(), b"mine");
    assert_eq!(fs::read(at("o/b")).unwrap(), b"b");
}

#[test]
fn mirrors_that_would_take_the_place_of_a_sealed_file_fail_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    for dir in ["t/.sealed/below", "t/a.sealed", "t/free.sealed"] {
        fs::create_dir_all(at(dir)).unwrap();
        fs::write(at(dir).join("f"), "1").unwrap();
    }
    fs::write(at("t/a"), "a").unwrap();
    let keys = MemoryKeys::default();
    let report = seal(&keys, &at("t"), &at("s"));
    let mut failed: Vec<_> = report.failures.iter().map(|failure| failure.path.clone()).collect();
    failed.sort();
    assert_eq!(failed, [at("t/.sealed"), at("t/a.sealed")]);
    assert!(report.failures.iter().all(|one| matches!(one.error, Error::MirrorTaken)));
    let back = open(&keys, &at("s"), &at("o"));
    clean(&back);
    assert_eq!(names(&at("o")), ["a", "free.sealed"]);
    let hidden = SealOptions { hide_names: true, ..options() };
    clean(&seal_with(&keys, &at("t"), &at("h"), hidden));
}

#[test]
fn patterns_that_name_nothing_are_refused() {
    let scratch = tempfile::tempdir().unwrap();
    for glob in ["", "/", "//"] {
        let options = SealOptions { exclude: vec![glob.into()], ..options() };
        let refused = SealPlan::new(&[scratch.path().to_owned()], &SealTarget::Beside, options);
        assert!(refused.is_err_and(|failure| matches!(failure.error, Error::EmptyPattern(_))));
    }
}

#[test]
fn a_file_that_vanishes_after_the_plan_is_reported() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::create_dir(at("t")).unwrap();
    fs::write(at("t/stays"), "1").unwrap();
    fs::write(at("t/goes"), "2").unwrap();
    let plan = SealPlan::new(&[at("t")], &SealTarget::Path(at("s")), options()).unwrap();
    fs::remove_file(at("t/goes")).unwrap();
    let report = plan.execute(&MemoryKeys::default(), &Run::quiet());
    assert!(matches!(&report.failures[..], [one] if one.path == at("t/goes")));
    assert_eq!((report.files, report.unused_keys.len()), (1, 1));
}

#[test]
fn parts_of_files_appear_whole_and_replace_nothing_but_files() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::write(at("a"), "content").unwrap();
    let keys = MemoryKeys::default();
    clean(&seal(&keys, &at("a"), &at("s")));
    fs::create_dir(at("o")).unwrap();
    fs::write(at("o/.sealkeep-0123456789abcdef.tmp"), "left by a killed run").unwrap();
    let part = |range, name: &str, force| {
        let options = OpenOptions { force, ..OpenOptions::default() };
        open_range_to(&at("s"), range, &at(name), &options, &keys, &Run::quiet())
    };
    assert_eq!(part((2, Some(5)), "o/part", false).unwrap(), 3);
    assert_eq!(fs::read(at("o/part")).unwrap(), b"nte");
    assert!(matches!(part((0, None), "o/part", false), Err(Error::Exists)));
    assert_eq!(part((0, None), "o/part", true).unwrap(), 7);
    assert!(part((0, Some(8)), "o/beyond", false).is_err());
    assert_eq!(names(&at("o")), ["part"]);
    assert!(matches!(part((0, None), "o", true), Err(Error::NotReplaceable)));
}

#[test]
fn an_output_that_ends_in_a_slash_is_a_directory() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::write(at("a"), "content").unwrap();
    clean(&seal(&MemoryKeys::default(), &at("a"), &at("new/")));
    assert_eq!(names(&at("new")), ["a.sealed"]);
}
