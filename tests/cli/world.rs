//! A scratch folder with a key store, and the program to run in it.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A scratch folder; `keys` is its key store, opened by `admin.key`.
pub(crate) struct World {
    dir: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Done {
    /// Its exit code; -1 when a signal ended it.
    pub(crate) code: i32,
    /// What it said.
    pub(crate) stdout: String,
    /// What else it said.
    pub(crate) stderr: String,
}

impl World {
    /// An empty folder.
    pub(crate) fn new() -> World {
        World { dir: tempfile::tempdir().expect("a scratch folder") }
    }

    /// A folder with a key store.
    pub(crate) fn with_store() -> World {
        let world = World::new();
        let done = world.run(&["init"]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        world
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is below the folder")).expect("folders");
        fs::write(&path, content).expect("a scratch file");
        path
    }

    /// The program, with nothing of the tester's own settings.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealkeep"));
        self.prepare(&mut command);
        command.args(args);
        command
    }

    /// Any program in the folder and environment of [`World::command`].
    pub(crate) fn prepare(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SEALKEEP_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.dir.path())
            .env("SEALKEEP_KEYSTORE", self.path("keys"))
            .env("SEALKEEP_KEY_FILE", self.path("admin.key"))
            .env("SEALKEEP_LANG", "en")
            .env("XDG_CONFIG_HOME", self.path("config"))
            .stdin(Stdio::null());
    }

    /// Runs the program to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Done {
        done(&mut self.command(args))
    }

    /// Runs the program, which must succeed.
    pub(crate) fn good<S: AsRef<OsStr>>(&self, args: &[S]) -> Done {
        let done = self.run(args);
        assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
        done
    }

    /// Names in a folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("the folder is there");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// Runs a command to its end.
pub(crate) fn done(command: &mut Command) -> Done {
    let output = command.output().expect("the program starts");
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Says why a test is not run here. With `SEALKEEP_REQUIRE_ALL=1` that is a failure.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("SEALKEEP_REQUIRE_ALL").is_none(), "cannot be skipped: {why}");
    // Straight to the descriptor: the test runner would swallow it otherwise.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// Content that does not compress and is easily made again.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    })
    .take(len)
    .collect()
}
