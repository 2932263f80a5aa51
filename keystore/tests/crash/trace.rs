//! Reads what strace wrote (`-ff -ttt -y -xx`): one file for each thread, one line for each call, every string in hex.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::acts::REPORT;
use crate::disk::Event;

/// What was done to files below `field`, in order of time.
pub(crate) fn read(prefix: &Path, field: &Path) -> Vec<Event> {
    let dir = prefix.parent().expect("a folder");
    let name = prefix.file_name().expect("a name").to_str().expect("text");
    let mut lines: Vec<(f64, String)> = Vec::new();
    for entry in fs::read_dir(dir).expect("readable") {
        let entry = entry.expect("an entry");
        if !entry.file_name().to_string_lossy().starts_with(name) {
            continue;
        }
        for line in fs::read_to_string(entry.path()).expect("text").lines() {
            let Some((time, call)) = line.split_once(' ') else { continue };
            lines.push((time.parse().expect("a time"), call.to_owned()));
        }
    }
    // Stable: lines of one thread stay in order. Threads wait for each other, so that times suffice between them.
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut reader = Reader { field, at: HashMap::new(), events: Vec::new() };
    lines.iter().for_each(|(_, call)| reader.call(call));
    reader.events
}

struct Reader<'a> {
    field: &'a Path,
    /// Where the next plain `write` to a descriptor goes.
    at: HashMap<String, usize>,
    events: Vec<Event>,
}

impl Reader<'_> {
    fn call(&mut self, call: &str) {
        let Some((name, rest)) = call.split_once('(') else { return };
        let Some((arguments, result)) = rest.rsplit_once(") = ") else { return };
        if result.starts_with('-') || result.starts_with('?') {
            return;
        }
        let arguments: Vec<&str> = arguments.split(", ").collect();
        let number = |text: &str| {
            text.split(['<', ' ']).next().and_then(|text| text.parse().ok()).unwrap_or(0)
        };
        match name {
            "open" | "openat" => {
                let flags = arguments.iter().find(|text| text.starts_with("O_")).expect("flags");
                let Some((descriptor, path)) = self.file(result) else { return };
                self.at.insert(descriptor, 0);
                if flags.contains("O_CREAT") {
                    self.events.push(Event::Make(path.clone()));
                }
                if flags.contains("O_TRUNC") {
                    self.events.push(Event::Resize(path, 0));
                }
            }
            "write" if arguments[0].starts_with("1<") => {
                let text = String::from_utf8_lossy(&bytes(arguments[1])).into_owned();
                if let Some(line) = text.strip_prefix(REPORT) {
                    self.events.push(Event::Report(line.trim_end().to_owned()));
                }
            }
            "write" => {
                let Some((descriptor, path)) = self.file(arguments[0]) else { return };
                let bytes = written(arguments[1], number(result));
                let at = self.at.entry(descriptor).or_default();
                self.events.push(Event::Write(path, *at, bytes.clone()));
                *at += bytes.len();
            }
            "pwrite64" => {
                let Some((_, path)) = self.file(arguments[0]) else { return };
                let bytes = written(arguments[1], number(result));
                self.events.push(Event::Write(path, number(arguments[3]), bytes));
            }
            "lseek" => {
                let Some((descriptor, _)) = self.file(arguments[0]) else { return };
                self.at.insert(descriptor, number(result));
            }
            "ftruncate" => {
                let Some((_, path)) = self.file(arguments[0]) else { return };
                self.events.push(Event::Resize(path, number(arguments[1])));
            }
            "fsync" | "fdatasync" => {
                let Some((_, path)) = self.file(arguments[0]) else { return };
                self.events.push(Event::Flush(path));
            }
            "rename" | "renameat" | "renameat2" => {
                let mut names = self.names(&arguments);
                if let (Some(to), Some(from)) = (names.pop(), names.pop()) {
                    self.events.push(Event::Rename(from, to));
                }
            }
            "unlink" | "unlinkat" => {
                self.events.extend(self.names(&arguments).pop().map(Event::Remove));
            }
            // A folder is laid out with what lies in it.
            "mkdir" | "mkdirat" => {}
            _ => panic!("a call that this model does not know: {name}"),
        }
    }

    /// Descriptor and path of `7<PATH>`, when it lies in the field and is kept on disk.
    fn file(&self, text: &str) -> Option<(String, PathBuf)> {
        let (number, rest) = text.split_once('<')?;
        let path = path(rest.split_once('>')?.0);
        self.concerns(&path).then(|| (number.to_owned(), path))
    }

    fn names(&self, arguments: &[&str]) -> Vec<PathBuf> {
        let quoted = arguments.iter().filter(|text| text.starts_with('"'));
        quoted.map(|text| path(text)).filter(|path| self.concerns(path)).collect()
    }

    /// SQLite makes its shared memory anew from the log.
    fn concerns(&self, path: &Path) -> bool {
        path.starts_with(self.field) && !path.to_string_lossy().ends_with("-shm")
    }
}

fn written(text: &str, count: usize) -> Vec<u8> {
    let mut bytes = bytes(text);
    assert!(count <= bytes.len(), "strace has not cut the bytes short");
    bytes.truncate(count);
    bytes
}

fn path(text: &str) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes(text)))
}

/// The bytes of `"\x61\x62"`.
fn bytes(text: &str) -> Vec<u8> {
    let pairs = text.trim_matches('"').split("\\x").skip(1);
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("two hex digits")).collect()
}
