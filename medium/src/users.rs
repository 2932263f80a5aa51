//! Who has files open or mapped, and what memory is swapped to, through `/proc`.
//!
//! Follows Documentation/filesystems/proc.rst §1.1 (`maps`, `exe`), §3.8 (`fdinfo`) and §3.9 (`map_files`), `proc_pid_fd(5)` and
//! `proc_swaps(5)`. Not to be seen there: files that only the kernel has open (behind a loop device, a network export or
//! a swap area), those on their way between processes or registered with an `io_uring`, and those of a thread that does
//! not share the descriptors of its process.

mod maps;
#[cfg(test)]
mod tests;
mod visit;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::text;
use visit::Visit;

/// A process that uses a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct User {
    /// Its number.
    pub pid: u32,
    /// What it calls itself (`comm`), at most 15 bytes; control characters are replaced.
    pub command: String,
    /// How it uses the file. A process that does so in several ways is listed with each.
    pub access: Access,
}

/// How a process uses a file, by what it means for a wipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Access {
    /// Keeps it from being freed and no more: working or root directory, or a handle (`O_PATH`) that cannot even read.
    Holds,
    /// Can read it, and may have.
    Reads,
    /// Mapped `MAP_PRIVATE`, as programs are: pages it has changed are copies, in memory or in swap, that no overwrite
    /// reaches.
    MapsPrivately,
    /// Mapped `MAP_SHARED`, writable or able to become so: what it changes in memory is written to the file at any time.
    MapsShared,
    /// Open for writing: can write old content back, or make it longer.
    Writes,
}

impl Access {
    /// Whether the process can put content into the file after it was overwritten.
    #[must_use]
    pub fn can_write(self) -> bool {
        matches!(self, Self::Writes | Self::MapsShared)
    }
}

/// A file, by `st_dev` and `st_ino`.
pub type FileId = (u64, u64);

/// Who uses which files, as of one pass over `/proc`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users {
    files: HashMap<FileId, Vec<User>>,
    devices: HashMap<(u32, u32), Vec<User>>,
    complete: bool,
}

impl Users {
    /// Looks at every process but `own_pid`. `proc` is where procfs is mounted. Only files in `wanted` are noted, or all;
    /// block devices always.
    ///
    /// A process that ends meanwhile is passed over. What could not be looked at shows in [`Users::complete`]; there is
    /// no error.
    #[must_use]
    pub fn scan(proc: &Path, own_pid: u32, wanted: Option<&HashSet<FileId>>) -> Self {
        let mut users = Self::default();
        let Ok(entries) = fs::read_dir(proc) else { return users };
        let mut everyone = sees_all(proc);
        for entry in entries {
            let Ok(entry) = entry else {
                everyone = false;
                continue;
            };
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            if pid != own_pid {
                let visit = Visit::of(&entry.path(), wanted);
                everyone &= visit.complete;
                users.note(pid, &entry.path(), &visit);
            }
        }
        users.complete = everyone;
        users
    }

    /// Who uses the file with this `st_dev` and `st_ino`.
    #[must_use]
    pub fn of(&self, file: FileId) -> &[User] {
        self.files.get(&file).map_or(&[], Vec::as_slice)
    }

    /// Who has the block device of this major and minor number open, through whatever node.
    #[must_use]
    pub fn of_device(&self, device: (u32, u32)) -> &[User] {
        self.devices.get(&device).map_or(&[], Vec::as_slice)
    }

    /// Whether every process of this machine could be looked at: not without privileges, nor in a container.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.complete
    }

    fn note(&mut self, pid: u32, dir: &Path, visit: &Visit) {
        if visit.files.is_empty() && visit.devices.is_empty() {
            return;
        }
        let command = command(dir);
        let user = |access: Access| User { pid, command: command.clone(), access };
        for (file, access) in &visit.files {
            self.files.entry(*file).or_default().push(user(*access));
        }
        for (device, access) in &visit.devices {
            self.devices.entry(*device).or_default().push(user(*access));
        }
    }
}

/// The files and devices that memory is swapped to (`proc_swaps(5)`), compressed memory among them. ` (deleted)` stands
/// after a name that is gone.
///
/// # Errors
/// Those of reading. A kernel without swap has none.
pub fn swaps(proc: &Path) -> io::Result<Vec<PathBuf>> {
    let table = match fs::read(proc.join("swaps")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        table => table?,
    };
    let lines = table.split(|byte| *byte == b'\n').skip(1);
    let names = lines.filter_map(|line| line.split(u8::is_ascii_whitespace).next());
    Ok(names.filter(|name| !name.is_empty()).map(text::path).collect())
}

/// Whether `/proc` shows every process: the first one at least (`hidepid=`), and those of the whole machine rather than
/// of a container. The number is `PROC_PID_INIT_INO` (include/linux/proc_ns.h).
fn sees_all(proc: &Path) -> bool {
    let namespace = fs::read_link(proc.join("self/ns/pid"));
    proc.join("1").exists() && namespace.is_ok_and(|name| name == Path::new("pid:[4026531836]"))
}

/// The command of a process; it chose it, so nothing in it may reach a terminal as it is.
fn command(dir: &Path) -> String {
    let comm = fs::read(dir.join("comm")).unwrap_or_default();
    let comm = comm.strip_suffix(b"\n").unwrap_or(&comm);
    String::from_utf8_lossy(comm).replace(char::is_control, "\u{fffd}")
}
