//! The steps of the tour, in the order in which an administrator would meet them.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sealkeep::envelope::{MAGIC, looks_sealed};

use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;

use super::backup;
use super::compare;
use super::destruction;
use super::guide::Guide;

/// Walks all of them; `data` is only read.
pub(super) fn walk(guide: &mut Guide<'_>, data: &Path) -> Result<(), Failure> {
    let data = data.to_string_lossy().into_owned();
    make_store(guide)?;
    seal_and_look(guide, &data)?;
    open_and_compare(guide, &data)?;
    pipes_and_ranges(guide)?;
    a_changed_byte(guide)?;
    wipe_plaintext(guide)?;
    key_states(guide)?;
    backup::walk(guide)?;
    destruction::walk(guide)?;
    lose_the_store(guide, &data)?;
    lose_the_passphrase(guide)
}

fn make_store(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-init")?;
    guide.export("SEALKEEP_KEYSTORE", "keys/store")?;
    guide.export("SEALKEEP_KEY_FILE", "keys/admin.key")?;
    guide.by_hand("mkdir keys other-building", || {
        fs::create_dir(guide.dir().join("keys"))?;
        fs::create_dir(guide.dir().join("other-building"))
    })?;
    guide.run(&["init", "--shares", "2/3", "--kit", "kit"], Exit::Ok)?;
    guide.notice("tour-init-notice", &[])?;
    guide.title("tour-copy")?;
    guide.run(&["keystore", "copy", "add", "other-building/keys"], Exit::Ok)?;
    guide.notice("tour-copy-notice", &[])
}

fn seal_and_look(guide: &mut Guide<'_>, data: &str) -> Result<(), Failure> {
    guide.title("tour-seal")?;
    // Files that are sealed already, such as the test vectors in our documentation, are refused
    // unless asked for.
    let nested = if has_sealed(Path::new(data))? { &["--allow-nested"][..] } else { &[] };
    let args = ["seal", data, "-o", "sealed", "--scope", "tour/2026"];
    guide.run(&[&args[..], nested].concat(), Exit::Ok)?;
    guide.notice("tour-seal-notice", &[])?;
    guide.title("tour-sm4")?;
    let args = ["seal", data, "-o", "sealed-sm4", "--suite", "sm4-gcm", "--hide-names"];
    guide.run(&[&args[..], nested].concat(), Exit::Ok)?;
    guide.notice("tour-sm4-notice", &[])?;
    guide.title("tour-inspect")?;
    let sealed = relative(guide, &largest(&guide.dir().join("sealed"))?);
    guide.run(&["inspect", &sealed], Exit::Ok)?;
    guide.notice("tour-inspect-notice", &[])
}

fn open_and_compare(guide: &mut Guide<'_>, data: &str) -> Result<(), Failure> {
    guide.title("tour-open")?;
    for (sealed, back) in [("sealed", "back"), ("sealed-sm4", "back-sm4")] {
        guide.run(&["check", sealed], Exit::Ok)?;
        guide.run(&["open", sealed, "-o", back], Exit::Ok)?;
        compare_with(guide, data, back)?;
    }
    Ok(())
}

fn pipes_and_ranges(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-pipe")?;
    let note = b"patient 0042: stable\n";
    guide.run_with(&["seal", "-", "-o", "note.sealed"], Some(note), Exit::Ok)?;
    let opened = guide.run(&["open", "note.sealed", "-o", "-"], Exit::Ok)?;
    must(opened == note, "note.sealed")?;
    let part = guide.run(&["open", "note.sealed", "-o", "-", "--range", "8-12"], Exit::Ok)?;
    must(part == b"0042", "note.sealed --range")?;
    guide.notice("tour-pipe-notice", &[])
}

fn a_changed_byte(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-damage")?;
    let good = largest(&guide.dir().join("sealed"))?;
    let bad = guide.dir().join("bad.sealed");
    let copy = format!("cp {} bad.sealed", relative(guide, &good));
    guide.by_hand(&copy, || fs::copy(&good, &bad))?;
    let middle = fs::metadata(&bad).map_err(|error| Failure::io(&bad, &error))?.len() / 2;
    let byte = byte_at(&bad, middle).map_err(|error| Failure::io(&bad, &error))?;
    let shown = format!(
        "printf '\\x{:02x}' | dd of=bad.sealed bs=1 seek={middle} conv=notrunc status=none",
        byte ^ 1
    );
    guide.by_hand(&shown, || {
        let mut file = fs::File::options().write(true).open(&bad)?;
        file.seek(SeekFrom::Start(middle))?;
        file.write_all(&[byte ^ 1])
    })?;
    guide.run(&["open", "bad.sealed", "-o", "bad.out"], Code::Damaged.exit())?;
    must(!guide.dir().join("bad.out").exists(), "bad.out")?;
    guide.notice("tour-damage-notice", &[])
}

/// What an overwrite achieves is for the machine to say: the tour takes every honest answer.
fn wipe_plaintext(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-wipe")?;
    let honest = [Exit::Ok, Exit::BestEffort, Exit::Refused];
    let found = guide.run_any(&["wipe", "--survey", "back-sm4"], &honest)?;
    guide.notice("tour-wipe-survey-notice", &[])?;
    let wipe = ["wipe", "back-sm4", "--yes", "--report", "wipe.json"];
    let done = guide.run_any(&wipe, &honest)?;
    must(done == found, "wipe --survey")?;
    must(guide.dir().join("back-sm4").exists() == (done == Exit::Refused as i32), "back-sm4")?;
    must(guide.dir().join("wipe.json").exists(), "wipe.json")?;
    guide.notice("tour-wipe-notice", &[])
}

fn key_states(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-keys")?;
    guide.run(&["key", "list", "--scope", "tour/2026", "--limit", "3"], Exit::Ok)?;
    guide.run(&["key", "suspend", "note.sealed"], Exit::Ok)?;
    guide.run(&["open", "note.sealed", "-o", "-"], Code::KeyUnusable.exit())?;
    guide.run(&["key", "resume", "note.sealed"], Exit::Ok)?;
    guide.run(&["open", "note.sealed", "-o", "-"], Exit::Ok)?;
    guide.run(&["key", "rotate"], Exit::Ok)?;
    guide.notice("tour-keys-notice", &[])
}

fn lose_the_store(guide: &mut Guide<'_>, data: &str) -> Result<(), Failure> {
    guide.title("tour-loss")?;
    let store = guide.dir().join("keys/store");
    guide.by_hand("rm -r keys/store", || fs::remove_dir_all(&store))?;
    guide.run(&["open", "note.sealed", "-o", "-"], Code::StoreMissing.exit())?;
    guide.run(&["keystore", "restore", "--from", "other-building/keys"], Exit::Ok)?;
    guide.run(&["open", "sealed", "-o", "back-after-loss"], Exit::Ok)?;
    compare_with(guide, data, "back-after-loss")?;
    guide.run(&["keystore", "check"], Exit::Ok)?;
    guide.notice("tour-loss-notice", &[])
}

fn lose_the_passphrase(guide: &mut Guide<'_>) -> Result<(), Failure> {
    guide.title("tour-shares")?;
    let shares = ["kit/share-1-of-3.txt", "kit/share-3-of-3.txt"];
    guide.run(&["keystore", "drill-shares", shares[0], shares[1]], Exit::Ok)?;
    guide.run(&["keystore", "drill-shares", shares[0]], Code::SharesRefused.exit())?;
    guide.by_hand("rm keys/admin.key", || fs::remove_file(guide.dir().join("keys/admin.key")))?;
    let recover = ["keystore", "recover", shares[0], shares[1], "--new-key-file", "keys/new.key"];
    guide.run(&recover, Exit::Ok)?;
    guide.export("SEALKEEP_KEY_FILE", "keys/new.key")?;
    guide.run(&["open", "note.sealed", "-o", "-"], Exit::Ok)?;
    guide.run(&["keystore", "status"], Exit::Ok)?;
    guide.notice("tour-shares-notice", &[])
}

/// Compares two folders, as paths in the folder of the tour; they must be the same.
pub(super) fn compare_with(guide: &Guide<'_>, data: &str, back: &str) -> Result<(), Failure> {
    let compared = guide
        .by_hand(&format!("diff -r {data} {back}"), || Ok(()))
        .and_then(|()| compare::trees(&guide.dir().join(data), &guide.dir().join(back)))?;
    if let Some(path) = compared.different.first() {
        return Err(Failure::at(Code::Unexpected, path));
    }
    guide.notice("tour-same", &[("files", &compared.files), ("bytes", &compared.bytes.to_string())])
}

/// The largest file below `dir`: the one with most to look at.
fn largest(dir: &Path) -> Result<PathBuf, Failure> {
    let files = compare::files(dir)?;
    let size = |path: &PathBuf| fs::metadata(path).map_or(0, |found| found.len());
    files.into_iter().max_by_key(size).ok_or_else(|| Failure::at(Code::NotFound, dir))
}

/// Whether some file below `dir` begins like a sealed file.
fn has_sealed(dir: &Path) -> Result<bool, Failure> {
    let begins_sealed = |path: &PathBuf| {
        let mut start = Vec::new();
        let file = fs::File::open(path);
        let read = file.and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start));
        read.is_ok() && looks_sealed(&start)
    };
    Ok(compare::files(dir)?.iter().any(begins_sealed))
}

fn relative(guide: &Guide<'_>, path: &Path) -> String {
    path.strip_prefix(guide.dir()).unwrap_or(path).to_string_lossy().into_owned()
}

fn byte_at(path: &Path, at: u64) -> std::io::Result<u8> {
    use std::os::unix::fs::FileExt;
    let mut byte = [0];
    fs::File::open(path)?.read_exact_at(&mut byte, at)?;
    Ok(byte[0])
}

/// A result that the tour promises.
pub(super) fn must(holds: bool, what: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(Code::Unexpected, what)) }
}
