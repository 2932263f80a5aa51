//! A `/proc` that is made up, and the one of this machine with a process that uses a file.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::process::{Child, Command, Stdio};

use super::*;

fn id(path: impl AsRef<Path>) -> FileId {
    let meta = fs::metadata(path).unwrap();
    (meta.dev(), meta.ino())
}

/// A `/proc` with process 1, and processes that a test adds.
struct Proc(tempfile::TempDir);

impl Proc {
    fn new() -> Self {
        let proc = Self(tempfile::tempdir().unwrap());
        proc.put("self/ns/.keep", "").put("swaps", "Filename Type\n").process("1", "init\n");
        symlink("pid:[4026531836]", proc.path("self/ns/pid")).unwrap();
        proc
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn process(&self, pid: &str, command: &str) -> &Self {
        fs::create_dir_all(self.path(&format!("{pid}/fd"))).unwrap();
        self.put(&format!("{pid}/comm"), command).put(&format!("{pid}/maps"), "")
    }

    /// Descriptor `number` with the given flags.
    fn open(&self, pid: &str, number: u32, file: &Path, flags: &str) -> &Self {
        symlink(file, self.path(&format!("{pid}/fd/{number}"))).unwrap();
        let text = format!("pos:\t0\nflags:\t{flags}\nmnt_id:\t27\n");
        self.put(&format!("{pid}/fdinfo/{number}"), text)
    }

    fn scan(&self) -> Users {
        Users::scan(self.0.path(), 99, None)
    }
}

fn accesses(users: &[User]) -> Vec<(u32, Access)> {
    users.iter().map(|user| (user.pid, user.access)).collect()
}

#[test]
fn descriptors_tell_how_they_were_opened() {
    let proc = Proc::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path();
    proc.process("42", "bad\u{1b}[31m\n").process("43", "ed").process("99", "self");
    proc.open("42", 3, path, "0100000").open("42", 4, path, "0102002").open("42", 5, path, "0");
    proc.open("43", 0, path, "012000000").open("43", 1, &proc.path("gone"), "02");
    proc.open("99", 3, path, "02");
    let users = proc.scan();
    let mut all = accesses(users.of(id(path)));
    all.sort();
    assert_eq!(all, [(42, Access::Reads), (42, Access::Writes), (43, Access::Holds)]);
    let command =
        |pid| users.of(id(path)).iter().find(|user| user.pid == pid).unwrap().command.clone();
    assert_eq!((&*command(42), &*command(43)), ("bad\u{fffd}[31m", "ed"));
    assert!(users.complete());
    assert!(users.of((1, 1)).is_empty());
}

#[test]
fn what_cannot_be_told_is_the_worst() {
    let proc = Proc::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    proc.process("42", "a").open("42", 3, file.path(), "nonsense");
    assert_eq!(accesses(proc.scan().of(id(file.path()))), [(42, Access::Writes)]);
}

#[test]
fn mappings_without_links_are_told_by_their_numbers() {
    let proc = Proc::new();
    let maps = "00400000-0040b000 r-xp 00000000 08:01 13 /usr/bin/cat\n\
        7f000000-7f001000 r--s 00000000 08:01 14 /srv/a\n\
        7f001000-7f002000 rw-p 00001000 08:01 14 /srv/a\n\
        7f002000-7f003000 rw-s 00000000 08:01 15 /srv/b\n";
    proc.process("42", "cat\n").put("42/maps", maps);
    let users = proc.scan();
    let of = |inode| accesses(users.of((rustix::fs::makedev(8, 1), inode)));
    assert_eq!(of(13), [(42, Access::MapsPrivately)]);
    assert_eq!(of(14), [(42, Access::MapsPrivately), (42, Access::MapsShared)]);
    assert_eq!(of(15), [(42, Access::MapsShared)]);
    assert!(users.complete());
    proc.put("42/maps", "7f000000-7f001000 r--s 00000000 00:2c 14 /btrfs/a\n");
    assert!(!proc.scan().complete());
}

#[test]
fn mappings_with_links_are_told_by_these() {
    let proc = Proc::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    let maps = "00400000-0040b000 rw-s 00000000 00:2c 13 /srv/a\n\
        7f000000-7f001000 r--s 00000000 00:2c 14 /srv/unmapped-meanwhile\n";
    proc.process("42", "cat\n").put("42/maps", maps).put("42/map_files/.keep", "");
    symlink(file.path(), proc.path("42/map_files/400000-40b000")).unwrap();
    let users = proc.scan();
    assert_eq!(accesses(users.of(id(file.path()))), [(42, Access::MapsShared)]);
    assert!(users.complete());
}

#[test]
fn threads_go_on_where_the_first_has_ended() {
    let proc = Proc::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    proc.process("42", "db\n").process("42/task/42", "db\n").process("42/task/57", "db\n");
    proc.open("42/task/57", 3, file.path(), "01");
    assert_eq!(accesses(proc.scan().of(id(file.path()))), [(42, Access::Writes)]);
}

#[test]
fn what_is_refused_or_hidden_is_told() {
    let proc = Proc::new();
    assert!(proc.scan().complete());
    fs::create_dir(proc.path("42")).unwrap();
    assert!(proc.scan().complete(), "a process that has ended");
    proc.put("42/fd", "not a directory");
    assert!(!proc.scan().complete());
    fs::remove_dir_all(proc.path("42")).unwrap();
    fs::remove_file(proc.path("self/ns/pid")).unwrap();
    symlink("pid:[4026532281]", proc.path("self/ns/pid")).unwrap();
    assert!(!proc.scan().complete(), "a container");
    let proc = Proc::new();
    fs::remove_dir_all(proc.path("1")).unwrap();
    assert!(!proc.scan().complete(), "hidepid");
    assert!(!Users::scan(&proc.path("nowhere"), 99, None).complete());
}

#[test]
fn a_block_device_is_known_by_its_number() {
    let proc = Proc::new();
    let nodes = fs::read_dir("/dev").unwrap().flatten();
    let is_block =
        |path: &PathBuf| fs::metadata(path).is_ok_and(|meta| meta.file_type().is_block_device());
    // A container has none.
    let Some(node) = nodes.map(|node| node.path()).find(is_block) else { return };
    proc.process("42", "mkfs\n").open("42", 3, &node, "0100002");
    let number = fs::metadata(&node).unwrap().rdev();
    let number = (rustix::fs::major(number), rustix::fs::minor(number));
    let users = Users::scan(proc.0.path(), 99, Some(&HashSet::new()));
    assert_eq!(accesses(users.of_device(number)), [(42, Access::Writes)]);
    assert!(users.of(id(&node)).is_empty());
}

#[test]
fn swaps_are_listed() {
    let proc = Proc::new();
    assert!(swaps(proc.0.path()).unwrap().is_empty());
    let table = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n\
        /dev/dm-1                               partition\t8388604\t\t0\t\t-2\n\
        /srv/swap\\040file\\040(deleted)          file\t\t1024\t0\t-3\n\
        /dev/zram0 partition\t1\t1\t100\n";
    proc.put("swaps", table);
    let names = ["/dev/dm-1", "/srv/swap file (deleted)", "/dev/zram0"].map(PathBuf::from);
    assert_eq!(swaps(proc.0.path()).unwrap(), names);
    fs::remove_file(proc.path("swaps")).unwrap();
    assert!(swaps(proc.0.path()).unwrap().is_empty());
    fs::create_dir(proc.path("swaps")).unwrap();
    assert!(swaps(proc.0.path()).is_err());
}

/// Ends a process at the end of a test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A shell that has done `script` and now waits.
fn shell(script: &str, dir: &Path) -> Running {
    let script = format!("{script}; echo ready; read -r end");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(dir).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut shell = Running(shell.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(shell.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    shell
}

#[test]
fn a_process_that_uses_a_file_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("read"), "old").unwrap();
    let child = shell("exec 3>>written 4<read", dir.path());
    let pid = child.0.id();
    let program = fs::canonicalize(format!("/proc/{pid}/exe")).unwrap();
    let wanted = [id(path("written")), id(path("read")), id(dir.path()), id(&program)];
    let wanted = HashSet::from(wanted);
    let users = Users::scan(Path::new("/proc"), std::process::id(), Some(&wanted));
    let of = |path: &Path| {
        let all = users.of(id(path)).iter();
        all.filter(|user| user.pid == pid).map(|user| user.access).collect::<Vec<_>>()
    };
    assert_eq!(of(&path("written")), [Access::Writes]);
    assert_eq!(of(&path("read")), [Access::Reads]);
    assert_eq!(of(dir.path()), [Access::Holds]);
    assert_eq!(of(&program), [Access::MapsPrivately]);
    assert_eq!(users.of(id(path("written")))[0].command, "sh");
    assert!(users.files.keys().all(|file| wanted.contains(file)));
}

#[test]
fn the_own_process_is_left_out() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let wanted = HashSet::from([id(file.path())]);
    let scan = |skipped| {
        let users = Users::scan(Path::new("/proc"), skipped, Some(&wanted));
        accesses(users.of(id(file.path())))
    };
    let own = std::process::id();
    assert!(scan(0).contains(&(own, Access::Writes)));
    // A child of another test, not yet what it is to be, may have the file too.
    assert!(scan(own).iter().all(|(pid, _)| *pid != own));
}

#[test]
fn what_can_write_and_how_it_is_called() {
    let all = [
        (Access::Holds, "holds", false),
        (Access::Reads, "reads", false),
        (Access::MapsPrivately, "maps-privately", false),
        (Access::MapsShared, "maps-shared", true),
        (Access::Writes, "writes", true),
    ];
    for (access, name, can_write) in all {
        let user = User { pid: 7, command: "sh".to_owned(), access };
        let json = serde_json::json!({"pid": 7, "command": "sh", "access": name});
        assert_eq!(serde_json::to_value(user).unwrap(), json);
        assert_eq!(access.can_write(), can_write);
    }
}
