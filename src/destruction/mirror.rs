//! What is kept of requests, in the folders of copies of the key store too: who loses the key store and restores it from a copy can
//! go on with what waits, and certify what was done.
//!
//! A copy needs no trust: all of it is held against the ledger when it is read. Each file is written whole or not at all, and after
//! the one beside the key store; where that was not done (the copy was away, the power went) the next command does it.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use sealkeep_keystore::Location;
use sealkeep_keystore::approval::Register;

use super::error::{Error, Result};
use super::forget::forget;
use super::places::{REACH, within};
use super::request_files::{RequestFiles, make_dir, replace};

/// Gives a copy of the key store what it lacks of requests, and overwrites names there that nobody needs any more.
///
/// # Errors
/// `Io`, also when the place does not answer in time.
pub fn to_copy(files: &RequestFiles, register: &Register, copy: &Location) -> Result<()> {
    let (from, to, register) = (files.clone(), RequestFiles::of(copy), register.clone());
    let place = to.dir().to_owned();
    let done = within(REACH, move || {
        bring(&from, &to, Have::Replace)?;
        forget(&to, &register)
    });
    done.unwrap_or_else(|| Err(Error::io(&place)(ErrorKind::TimedOut)))
}

/// Takes from a copy of the key store what is missing beside a restored one.
///
/// # Errors
/// `Io`, also when the place does not answer in time.
pub fn from_copy(files: &RequestFiles, copy: &Location) -> Result<()> {
    let (from, to) = (RequestFiles::of(copy), files.clone());
    let place = from.dir().to_owned();
    let done = within(REACH, move || bring(&from, &to, Have::Keep));
    done.unwrap_or_else(|| Err(Error::io(&place)(ErrorKind::TimedOut)))
}

/// What becomes of a file that is there with another content.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Have {
    Keep,
    Replace,
}

fn bring(from: &RequestFiles, to: &RequestFiles, have: Have) -> Result<()> {
    let entries = match fs::read_dir(from.dir()) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(Error::io(from.dir()))?,
    };
    for entry in entries {
        let name = entry.map_err(Error::io(from.dir()))?.file_name();
        let Some(kind) = name.to_str().and_then(kind) else { continue };
        let (source, target) = (from.dir().join(&name), to.dir().join(&name));
        let bytes = fs::read(&source).map_err(Error::io(&source))?;
        let there = read_if_there(&target)?;
        let wanted = match there.as_deref() {
            None => bytes,
            Some(there) if kind == COSIGNED => united(there, &bytes),
            Some(_) if have == Have::Keep => continue,
            Some(_) => bytes,
        };
        if there.as_deref() != Some(&wanted[..]) {
            make_dir(to.dir())?;
            replace(&target, &wanted)?;
        }
    }
    Ok(())
}

/// The kind of a file that copies have too. Paths that are to be overwritten are in clear, and stay where the key store is.
fn kind(name: &str) -> Option<&str> {
    let (request, part) = name.split_once('.')?;
    let (kind, digest) = part.split_once('-').unwrap_or((part, ""));
    let is_hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let known = match digest {
        "" => WHOLE.contains(&kind),
        digest => SEVERAL.contains(&kind) && is_hex(digest, 16),
    };
    (known && is_hex(request, 64)).then_some(kind)
}

/// All notes of both lists: each has a cosignature that the other may lack. What is no list of notes gives way.
fn united(there: &[u8], more: &[u8]) -> Vec<u8> {
    let notes = |bytes| serde_json::from_slice::<Vec<String>>(bytes).unwrap_or_default();
    let mut all = notes(there);
    let mut seen: BTreeSet<String> = all.iter().cloned().collect();
    all.extend(notes(more).into_iter().filter(|note| seen.insert(note.clone())));
    serde_json::to_vec(&all).expect("texts")
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(Error::io(path)),
    }
}

const COSIGNED: &str = "cosigned";
/// Parts of which a request has one, and those of which it may have several.
const WHOLE: [&str; 4] = ["inventory", "names", "wipes", COSIGNED];
const SEVERAL: [&str; 2] = ["execution", "inspection"];

#[cfg(test)]
mod tests {
    use super::*;

    fn files(dir: &Path) -> RequestFiles {
        RequestFiles::of(&Location::new(dir.to_owned(), None))
    }

    #[test]
    fn copies_get_what_is_missing_and_no_paths_in_clear() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, copy) = (files(&dir.path().join("ours")), files(&dir.path().join("copy")));
        let request = "ab".repeat(32);
        fs::create_dir_all(ours.dir().join(format!("{request}.wiping"))).unwrap();
        let write = |name: &str, text: &str| fs::write(ours.dir().join(name), text).unwrap();
        let kept = ["inventory", "names", "wipes", "execution-0123456789abcdef"];
        kept.iter().for_each(|part| write(&format!("{request}.{part}"), part));
        for other in ["targets", "lock", "inventory.tmp", "execution-x", "names-0123456789abcdef"] {
            write(&format!("{request}.{other}"), "not for others");
        }
        write(&format!("{request}.cosigned"), r#"["a","b"]"#);
        write("of somebody else", "text");
        bring(&ours, &copy, Have::Replace).unwrap();
        let mut names: Vec<String> = fs::read_dir(copy.dir())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        let mut wanted: Vec<String> =
            kept.iter().chain([&"cosigned"]).map(|part| format!("{request}.{part}")).collect();
        wanted.sort_unstable();
        assert_eq!(names, wanted);

        let there = copy.dir().join(format!("{request}.inventory"));
        fs::write(&there, "rotten").unwrap();
        fs::write(copy.dir().join(format!("{request}.cosigned")), r#"["b","c"]"#).unwrap();
        bring(&ours, &copy, Have::Replace).unwrap();
        assert_eq!(fs::read(&there).unwrap(), b"inventory");

        let restored = files(&dir.path().join("restored"));
        fs::create_dir_all(restored.dir()).unwrap();
        fs::write(restored.dir().join(format!("{request}.names")), "newer").unwrap();
        bring(&copy, &restored, Have::Keep).unwrap();
        let read = |part: &str| {
            fs::read_to_string(restored.dir().join(format!("{request}.{part}"))).unwrap()
        };
        assert_eq!((&*read("names"), &*read("wipes")), ("newer", "wipes"));
        assert_eq!(read("cosigned"), r#"["b","c","a"]"#);
    }
}
