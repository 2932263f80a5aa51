//! A file system in an image file in memory: made, mounted, cut off from power, taken down again whatever happens.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, Once};
use std::thread::sleep;
use std::time::Duration;

use crate::world::skip;

/// In memory, so that nothing below the image keeps what the image lost.
const BASE: &str = "/dev/shm";
const PREFIX: &str = "sealkeep-media";

/// Two at once may be given the same loop device.
pub(crate) static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// How an image is made and mounted.
#[derive(Clone, Copy)]
pub(crate) struct Recipe {
    /// The program that makes it, and its arguments.
    pub(crate) mkfs: &'static [&'static str],
    /// Mount options.
    pub(crate) options: &'static str,
    /// Size in MiB.
    pub(crate) mib: u64,
}

/// A mounted image.
pub(crate) struct Image {
    dir: PathBuf,
    options: &'static str,
    /// Mounts within it, the last one first to go.
    above: Vec<PathBuf>,
}

impl Image {
    /// Makes and mounts an image; none, and the reason is said, where that cannot be done.
    pub(crate) fn new(recipe: &Recipe) -> Option<Image> {
        needs(recipe.mkfs[0])?;
        let dir = scratch();
        let image = Image { dir, options: recipe.options, above: Vec::new() };
        let file = fs::File::create(image.file()).expect("there is room in memory");
        file.set_len(recipe.mib << 20).expect("there is room in memory");
        fs::create_dir(image.root()).expect("a scratch folder");
        let (program, args) = recipe.mkfs.split_first().expect("a program");
        run(Command::new(program).args(args).arg(image.file()));
        if let Err(why) = image.try_mount() {
            skip(&why);
            return None;
        }
        Some(image)
    }

    /// The raw image.
    pub(crate) fn file(&self) -> PathBuf {
        self.dir.join("image")
    }

    /// Where it is mounted.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.join("root")
    }

    /// A path beside the image, not in it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Brings everything into the image.
    pub(crate) fn sync(&self) {
        run(Command::new("sync").arg("-f").arg(self.root()));
    }

    /// Mounts it again.
    pub(crate) fn mount(&self) {
        self.try_mount().expect("what was mounted before can be mounted again");
    }

    /// Mounts `what` over `at` for as long as the image is mounted.
    pub(crate) fn mount_above(&mut self, at: PathBuf, args: &[&str]) {
        run(Command::new("mount").args(args).arg(&at));
        self.above.push(at);
    }

    /// Takes it down in good order: everything is in the image file then.
    pub(crate) fn unmount(&mut self) {
        for mount in self.above.drain(..).rev() {
            unmount(&mount);
        }
        unmount(&self.root());
    }

    /// Copies what has reached the image up to one moment. Whoever writes to it must be stopped before; what is under way is
    /// waited for, what is only in memory is not in the copy.
    pub(crate) fn copy_at_one_moment(&self) -> PathBuf {
        let copy = self.beside("copy");
        for _ in 0..100 {
            let before = self.written();
            run(Command::new("cp").arg("--sparse=always").arg(self.file()).arg(&copy));
            if before.is_some() && before == self.written() {
                return copy;
            }
        }
        panic!("the image does not come to rest");
    }

    /// Exchanges the image for its copy: the power was cut when that was made.
    pub(crate) fn cut_power(&mut self, copy: &Path) {
        self.unmount();
        fs::rename(copy, self.file()).expect("both lie in one folder");
        self.mount();
    }

    /// What the loop device has written so far; none while a write is under way.
    fn written(&self) -> Option<Vec<u64>> {
        let mounts = fs::read_to_string("/proc/self/mounts").expect("it is readable");
        let root = self.root();
        let source = mounts.lines().find_map(|line| {
            let (source, rest) = line.split_once(' ')?;
            (rest.split(' ').next() == root.to_str()).then_some(source)
        });
        let device = Path::new(source.expect("it is mounted")).file_name().expect("a device");
        let stat = Path::new("/sys/block").join(device).join("stat");
        let numbers = fs::read_to_string(stat).expect("a loop device has figures");
        let numbers: Vec<u64> =
            numbers.split_whitespace().map(|n| n.parse().expect("they are numbers")).collect();
        // Documentation/block/stat.rst: writes, merged, sectors; in flight; discards; flushes.
        let at_rest = numbers[8] == 0;
        at_rest.then(|| [4, 5, 6, 11, 13, 15].map(|at| numbers[at]).to_vec())
    }

    fn try_mount(&self) -> Result<(), String> {
        let guard = ONE_AT_A_TIME.lock();
        let options = ["loop", self.options].join(",");
        let mut mount = Command::new("mount");
        let done =
            mount.args(["-o", options.trim_end_matches(',')]).arg(self.file()).arg(self.root());
        let output = done.output().expect("there is a mount program");
        drop(guard);
        match output.status.success() {
            true => Ok(()),
            false => Err(format!("no mount: {}", String::from_utf8_lossy(&output.stderr).trim())),
        }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        take_down(&self.dir, &self.above);
    }
}

/// Whether images can be made here: by root, with this program among others. If not the reason is said.
pub(crate) fn needs(program: &str) -> Option<()> {
    if !rustix::process::geteuid().is_root() {
        skip("loop devices and mounts need root");
        return None;
    }
    if !Path::new("/dev/loop-control").exists() {
        skip("there are no loop devices");
        return None;
    }
    if Command::new(program).arg("-V").output().is_err() {
        skip(&format!("there is no {program}"));
        return None;
    }
    Some(())
}

/// Runs a helper, which must succeed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The kernel may still be closing the files of a process that was killed.
fn unmount(mount: &Path) {
    let try_once = || Command::new("umount").arg(mount).output().expect("there is umount");
    for _ in 0..100 {
        if try_once().status.success() {
            return;
        }
        sleep(Duration::from_millis(20));
    }
    panic!("{}", String::from_utf8_lossy(&try_once().stderr));
}

/// A folder of our own in memory. What a run that was killed left there is taken down first.
pub(crate) fn scratch() -> PathBuf {
    static SWEPT: Once = Once::new();
    SWEPT.call_once(sweep);
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let dir = Path::new(BASE).join(format!("{PREFIX}.{}.{number}", std::process::id()));
    fs::create_dir(&dir).expect("a scratch folder in memory");
    dir
}

fn sweep() {
    for entry in fs::read_dir(BASE).expect("it is readable").flatten() {
        let name = entry.file_name();
        let mut parts = name.to_str().unwrap_or_default().split('.');
        let (prefix, process) = (parts.next(), parts.next());
        if let (Some(PREFIX), Some(process)) = (prefix, process)
            && !Path::new("/proc").join(process).exists()
        {
            take_down(&entry.path(), &[]);
        }
    }
}

/// Unmounts, which also frees the loop device, and removes. Nothing here may panic: it runs after panics too.
fn take_down(dir: &Path, above: &[PathBuf]) {
    let root = dir.join("root");
    for mount in above.iter().rev().map(PathBuf::as_path).chain([root.as_path()]) {
        let quiet = |args: &[&str]| Command::new("umount").args(args).arg(mount).output();
        if quiet(&["-q"]).is_ok_and(|output| !output.status.success()) {
            let _ = quiet(&["-q", "-l"]);
        }
    }
    let mounted = fs::read_to_string("/proc/self/mounts").is_ok_and(|all| {
        dir.to_str().is_some_and(|dir| all.lines().any(|line| line.contains(&format!("{dir}/"))))
    });
    if !mounted {
        let _ = fs::remove_dir_all(dir);
    }
}
