//! Block devices: whole disks, partitions, and what must not be touched.

use std::fs::{self, File, OpenOptions};
use std::num::NonZeroUsize;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rustix::fs::OFlags;
use sealkeep::envelope::Run;
use sealkeep::wipe::{
    Conclusion, Method, Problem, Report, Resume, Verify, WipeOptions, WipePlan, unfinished,
};

use crate::claim::Said;
use crate::image::{ONE_AT_A_TIME, needs, run, scratch};
use crate::pattern::{BLOCK, Pattern};
use crate::scenes::NOW;
use crate::world::World;

/// A loop device over a file in memory, full of content that is recognised.
struct Disk {
    dir: PathBuf,
    node: PathBuf,
    pattern: Pattern,
    len: usize,
    /// Where it is mounted.
    above: Option<PathBuf>,
    /// What its file lies on.
    beneath: Option<PathBuf>,
}

impl Disk {
    fn new(mib: usize) -> Option<Disk> {
        Disk::with(mib, &[])
    }

    /// A disk set up with more options of `losetup`.
    fn with(mib: usize, options: &[&str]) -> Option<Disk> {
        needs("losetup")?;
        let dir = scratch();
        let disk = Disk::over(dir.join("image"), dir, mib);
        let content = disk.pattern.content(NOW, disk.len);
        fs::write(disk.backing(), content).expect("there is room in memory");
        Some(disk.attached(options))
    }

    fn over(backing: PathBuf, dir: PathBuf, mib: usize) -> Disk {
        let (pattern, len) = (Pattern::new(), mib << 20);
        let disk = Disk { dir, node: backing, pattern, len, above: None, beneath: None };
        File::create(disk.backing()).and_then(|file| file.set_len(disk.len as u64)).expect("room");
        disk
    }

    /// Before it has a node, the file takes its place.
    fn attached(mut self, options: &[&str]) -> Disk {
        self.node = attach(&self.node, options);
        self
    }

    fn backing(&self) -> PathBuf {
        if self.node.starts_with("/dev/shm") { self.node.clone() } else { self.dir.join("image") }
    }

    fn partition(&self, number: u32) -> PathBuf {
        let mut name = self.node.clone().into_os_string();
        name.push(format!("p{number}"));
        name.into()
    }

    /// Blocks of content in a part of the disk.
    fn blocks(&self, part: std::ops::Range<u32>) -> usize {
        self.pattern.search(&self.backing()).within(NOW.version, part)
    }

    fn all(&self) -> usize {
        self.blocks(0..u32::MAX)
    }

    fn wipe(&self, node: &Path, more: &[&str]) -> Said {
        Said::by(&World::new(), node, &[&["--yes"], more].concat())
    }

    /// What must not be touched.
    fn refused(&self, node: &Path, finding: &str) {
        let before = fs::read(self.backing()).expect("it is there");
        for more in [&[][..], &["--require", "nothing"]] {
            let said = self.wipe(node, more);
            assert_eq!((said.code, said.result()), (4, "refused"), "{:#}", said.document);
            assert!(said.targets(node)[0].names(&[finding]), "{:#}", said.document);
        }
        assert!(fs::read(self.backing()).expect("it is there") == before, "it is untouched");
    }

    /// Writes a table of two partitions: from 1 MiB to 3 MiB, and all after it.
    fn partitioned(&self) {
        let table = |file: &File| {
            let mut sector = [0; 512];
            let rest = u32::try_from(self.len / 512).expect("it is small") - 6144;
            for (number, (start, len)) in [(2048_u32, 4096_u32), (6144, rest)].iter().enumerate() {
                let entry = &mut sector[446 + 16 * number..][..16];
                entry[4] = 0x83;
                entry[8..12].copy_from_slice(&start.to_le_bytes());
                entry[12..].copy_from_slice(&len.to_le_bytes());
            }
            sector[510..].copy_from_slice(&[0x55, 0xaa]);
            file.write_all_at(&sector, 0)?;
            file.sync_all()
        };
        let file = OpenOptions::new().write(true).open(&self.node).expect("it is ours");
        table(&file).expect("it takes writes");
        drop(file);
        // Kernels differ in which tables they know; told of the parts, all do.
        let _ = Command::new("blockdev").arg("--rereadpt").arg(&self.node).output();
        let rest = (self.len / 512 - 6144).to_string();
        for (number, start, len) in [("1", "2048", "4096"), ("2", "6144", rest.as_str())] {
            let mut add = Command::new("addpart");
            let _ = add.arg(&self.node).args([number, start, len]).output();
        }
        let name = self.node.file_name().expect("it has one");
        let listed = |number: u32| {
            let part = self.partition(number);
            let sys = Path::new("/sys/block").join(name).join(part.file_name().expect("a name"));
            let device = fs::read_to_string(sys.join("dev")).expect("the kernel knows it");
            // Where nobody makes nodes for new devices.
            if !part.exists() {
                let (major, minor) = device.trim().split_once(':').expect("two numbers");
                run(Command::new("mknod").arg(part).args(["b", major, minor]));
            }
        };
        (1..=2).for_each(listed);
    }
}

/// Makes a loop device of a file.
fn attach(file: &Path, options: &[&str]) -> PathBuf {
    let _guard = ONE_AT_A_TIME.lock();
    let said = run(Command::new("losetup").args(["--find", "--show"]).args(options).arg(file));
    PathBuf::from(said.trim())
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmount = |mount: &mut Option<PathBuf>| {
            mount.take().map(|mount| Command::new("umount").arg("-l").arg(mount).output())
        };
        unmount(&mut self.above);
        let _ = Command::new("losetup").arg("-d").arg(&self.node).output();
        unmount(&mut self.beneath);
        let _ = fs::remove_dir_all(&self.dir);
    }
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_whole_device_is_wiped() {
    for more in [&[][..], &["--method", "dod-5220.22-m", "--verify", "every"]] {
        let Some(disk) = Disk::new(16) else { return };
        assert_eq!(disk.all(), disk.len / BLOCK, "all of it is found before");
        let said = disk.wipe(&disk.node, more);
        assert_eq!((said.code, said.result()), (0, "verified"), "{:#}", said.document);
        let target = &said.document["targets"][0];
        assert_eq!((&target["kind"], &target["read_back"]), (&"device".into(), &"direct".into()));
        assert_eq!(target["overwritten_bytes"], disk.len);
        assert!(disk.node.exists(), "a device keeps its name");
        assert!(disk.pattern.search(&disk.backing()).no_content(), "nothing is left");
    }
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_device_that_ends_within_a_chunk_is_wiped_to_its_last_sector() {
    let Some(disk) = Disk::with(3, &["--sizelimit", "2621952"]) else { return };
    let said = disk.wipe(&disk.node, &["--method", "zero"]);
    assert_eq!((said.code, said.result()), (0, "verified"), "{:#}", said.document);
    let backing = fs::read(disk.backing()).expect("it is there");
    assert!(backing[..2_621_952].iter().all(|byte| *byte == 0));
    assert!(backing[2_621_952..] == disk.pattern.content(NOW, disk.len)[2_621_952..]);
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_mounted_device_is_refused() {
    let Some(mut disk) = Disk::new(16) else { return };
    run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&disk.node));
    let root = disk.dir.join("root");
    fs::create_dir(&root).expect("a scratch folder");
    run(Command::new("mount").args(["-o", "ro,noload"]).arg(&disk.node).arg(&root));
    disk.above = Some(root);
    disk.refused(&disk.node.clone(), "mounted");
}

#[test]
#[ignore = "needs root and loop devices"]
fn partitions_are_wiped_only_together_with_their_table_if_asked() {
    let Some(disk) = Disk::with(16, &["-P"]) else { return };
    disk.partitioned();
    disk.refused(&disk.node, "partitions");
    let said = disk.wipe(&disk.node, &["--whole"]);
    assert_eq!((said.code, said.result()), (0, "verified"), "{:#}", said.document);
    assert!(disk.pattern.search(&disk.backing()).no_content(), "nothing is left");
    let backing = fs::read(disk.backing()).expect("it is there");
    assert_ne!(backing[510..512], [0x55, 0xaa], "the table is gone");
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_partition_is_wiped_alone() {
    let Some(disk) = Disk::with(16, &["-P"]) else { return };
    disk.partitioned();
    let (before, part) = (disk.all(), 256..768);
    assert_eq!(disk.blocks(part.clone()), 512, "it is found before");
    let said = disk.wipe(&disk.partition(1), &[]);
    assert_eq!((said.code, said.result()), (0, "verified"), "{:#}", said.document);
    assert_eq!(disk.blocks(part), 0, "nothing is left of it");
    assert_eq!(disk.all(), before - 512, "nothing else is touched");
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_disk_with_a_mounted_partition_is_refused() {
    let Some(mut disk) = Disk::with(16, &["-P"]) else { return };
    disk.partitioned();
    run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(disk.partition(2)));
    let root = disk.dir.join("root");
    fs::create_dir(&root).expect("a scratch folder");
    run(Command::new("mount").args(["-o", "ro,noload"]).arg(disk.partition(2)).arg(&root));
    disk.above = Some(root);
    let before = disk.all();
    let said = disk.wipe(&disk.node, &["--whole"]);
    assert_eq!((said.code, said.result()), (4, "refused"), "{:#}", said.document);
    assert_eq!(disk.all(), before, "it is untouched");
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_device_that_is_held_is_refused() {
    let Some(disk) = Disk::new(16) else { return };
    let mut hold = OpenOptions::new();
    hold.read(true).custom_flags(OFlags::EXCL.bits().cast_signed());
    let held = hold.open(&disk.node).expect("it is ours");
    disk.refused(&disk.node, "in-use");
    // Who says it may be in use does not get past the kernel.
    let said = disk.wipe(&disk.node, &["--in-use"]);
    assert_eq!((said.code, said.result()), (3, "partial"), "{:#}", said.document);
    assert_eq!(disk.all(), disk.len / BLOCK, "it is untouched");
    drop(held);
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_device_that_another_is_made_of_is_refused() {
    let Some(disk) = Disk::new(16) else { return };
    let above = attach(&disk.node, &[]);
    disk.refused(&disk.node, "in-use");
    run(Command::new("losetup").arg("-d").arg(above));
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_read_only_device_is_refused() {
    let Some(disk) = Disk::with(16, &["-r"]) else { return };
    disk.refused(&disk.node, "read-only");
}

/// The file under the device is longer than the memory there is for it: writes beyond fail.
#[test]
#[ignore = "needs root and loop devices"]
fn bad_blocks_are_named_and_the_rest_is_wiped() {
    if needs("losetup").is_none() {
        return;
    }
    let dir = scratch();
    let root = dir.join("root");
    fs::create_dir(&root).expect("a scratch folder");
    run(Command::new("mount").args(["-t", "tmpfs", "-o", "size=9m", "none"]).arg(&root));
    let mut disk = Disk::over(root.join("image"), dir, 16);
    disk.beneath = Some(root.clone());
    let backing = root.join("image");
    let content = disk.pattern.content(NOW, 4 << 20);
    OpenOptions::new()
        .write(true)
        .open(&backing)
        .and_then(|file| file.write_all_at(&content, 0))
        .expect("there is room for it");
    disk = disk.attached(&[]);
    for more in [&[][..], &["--method", "dod-5220.22-m", "--verify", "every"]] {
        let said = disk.wipe(&disk.node, more);
        assert_eq!((said.code, said.result()), (3, "partial"), "{:#}", said.document);
        let target = &said.document["targets"][0];
        assert_eq!(target["result"], "failed");
        let bad = target["bad"].as_array().expect("a list");
        let sum: u64 = bad.iter().map(|part| part[1].as_u64().expect("a length")).sum();
        assert!((6 << 20..=8 << 20).contains(&sum), "{sum} bytes: {target:#}");
        assert_eq!(target["error"]["code"], "E-WIPE-FAILED", "{target:#}");
    }
    assert!(disk.pattern.search(&backing).no_content(), "what takes writes is wiped");
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_device_that_cannot_erase_itself_is_left_alone() {
    let Some(mut disk) = Disk::new(16) else { return };
    let sanitize = |disk: &Disk, node: &Path, how: &str| {
        let mut command = World::new().command(&["wipe", "--yes", "--json", "--sanitize", how]);
        crate::world::done(command.arg(node).current_dir(&disk.dir))
    };
    for how in ["block-erase", "crypto-erase", "overwrite"] {
        let done = sanitize(&disk, &disk.node, how);
        let said = Said::read(&done);
        assert_eq!((done.code, &said.document["code"]), (4, &"E-NO-SANITIZE".into()), "{done:?}");
    }
    assert_eq!(disk.all(), disk.len / BLOCK, "it is untouched");
    let file = disk.dir.join("file");
    fs::write(&file, "not a drive").expect("there is room");
    assert_eq!(sanitize(&disk, &file, "block-erase").code, 4);
    assert_eq!(fs::read_to_string(file).expect("it is there"), "not a drive");

    run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&disk.node));
    let root = disk.dir.join("root");
    fs::create_dir(&root).expect("a scratch folder");
    run(Command::new("mount").args(["-o", "ro,noload"]).arg(&disk.node).arg(&root));
    disk.above = Some(root);
    let said = Said::read(&sanitize(&disk, &disk.node, "block-erase"));
    assert_eq!((said.code, said.result()), (4, "refused"), "{:#}", said.document);
    let target = &said.targets(&disk.node)[0];
    assert!(target.names(&["mounted"]) && target.names(&["untested"]), "{target:?}");
}

/// Wipes until so many bytes were written and read, then is asked to stop. What was done, and how many bytes.
fn until(limit: u64, work: impl FnOnce(&Run<'_>) -> Report) -> (Report, u64) {
    let (cancel, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let progress = |bytes| {
        if done.fetch_add(bytes, Ordering::Relaxed) + bytes >= limit {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let two = NonZeroUsize::new(2).expect("it is two");
    let report = work(&Run { workers: two, cancel: &cancel, progress: &progress });
    (report, done.into_inner())
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_device_goes_on_in_the_pass_that_it_was_in() {
    for verify in [Verify::Last, Verify::Every] {
        let Some(disk) = Disk::new(32) else { return };
        let world = World::new();
        let options = WipeOptions {
            method: Method::find("pfitzner-7").expect("it is built in"),
            verify,
            journal: Some(world.path("journal")),
            checkpoint: Duration::ZERO,
            ..WipeOptions::new()
        };
        let plan =
            WipePlan::new(std::slice::from_ref(&disk.node), options).expect("it can be examined");
        let total = plan.work_bytes();
        let (report, before) = until(total / 2, |run| plan.execute(run));
        assert_eq!(report.conclusion(), Conclusion::Interrupted);
        let journal = unfinished(&world.path("journal")).remove(0);
        let resume = Resume::open(&journal, false).expect("it is a journal");
        let (report, after) = until(u64::MAX, |run| resume.execute(run));
        assert_eq!(
            (report.conclusion(), report.resumed),
            (Conclusion::Verified, true),
            "{report:?}"
        );
        // What is read back within a pass is not remembered: at most one pass of it is done again.
        let again = if verify == Verify::Every { disk.len as u64 } else { 0 };
        assert!(before + after <= total + again + (4 << 20), "{before} + {after} of {total}");
        assert!(disk.pattern.search(&disk.backing()).no_content(), "nothing is left");
        assert!(unfinished(&world.path("journal")).is_empty(), "nothing is left to resume");
    }
}

/// After a restart another disk may have the name.
#[test]
#[ignore = "needs root and loop devices"]
fn another_device_under_the_name_is_not_resumed() {
    let Some(disk) = Disk::new(32) else { return };
    let world = World::new();
    let options = WipeOptions { journal: Some(world.path("journal")), ..WipeOptions::new() };
    let plan = WipePlan::new(std::slice::from_ref(&disk.node), options).expect("it is there");
    let (report, _) = until(8 << 20, |run| plan.execute(run));
    assert_eq!(report.conclusion(), Conclusion::Interrupted);
    let other = disk.dir.join("other");
    fs::write(&other, disk.pattern.content(NOW, disk.len)).expect("there is room in memory");
    let guard = ONE_AT_A_TIME.lock();
    run(Command::new("losetup").arg("-d").arg(&disk.node));
    run(Command::new("losetup").arg(&disk.node).arg(&other));
    drop(guard);
    let journal = unfinished(&world.path("journal")).remove(0);
    let resume = Resume::open(&journal, false).expect("it is a journal");
    let (report, written) = until(u64::MAX, |run| resume.execute(run));
    let refused = |one: &Problem| matches!(one.error, sealkeep::wipe::Error::Missing);
    assert!(report.problems.iter().any(refused) && written == 0, "{report:?}");
    let untouched = fs::read(&other).expect("it is there") == disk.pattern.content(NOW, disk.len);
    assert!(untouched, "the other disk is as it was");
    assert!(journal.exists(), "it can be resumed when the disk is back");
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_killed_wipe_of_a_device_is_resumed() {
    // On a busy machine it may have ended before it is killed; then once more.
    for _ in 0..10 {
        let Some(disk) = Disk::new(256) else { return };
        let world = World::new();
        let journal = world.path("journal");
        let mut command = world.command(&["wipe", "--yes", "--method", "pfitzner-7", "--journal"]);
        let mut child = command.arg(&journal).arg(&disk.node).spawn().expect("it starts");
        let ended = |child: &mut std::process::Child| child.try_wait().expect("ours").is_some();
        while unfinished(&journal).is_empty() && !ended(&mut child) {
            std::thread::sleep(Duration::from_millis(1));
        }
        while disk.blocks(0..64) > 0 && !ended(&mut child) {
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("it is ours");
        if child.wait().expect("it is ours").success() {
            continue;
        }
        let mut resume = world.command(&["wipe", "--yes", "--json", "--resume", "--journal"]);
        let said = Said::read(&crate::world::done(resume.arg(&journal)));
        assert_eq!((said.code, said.result()), (0, "verified"), "{:#}", said.document);
        assert_eq!(said.document["resumed"], true);
        assert!(disk.pattern.search(&disk.backing()).no_content(), "nothing is left");
        return;
    }
    panic!("it always ended before it was killed");
}
